"""A session ends quickly in every state, and survives commands in the wrong moment, sleep and unexpected exceptions."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from telex_start import clock, events
from telex_start.push.websocket import WebSocket
from telex_start.session.connection import PushConnection
from telex_start.session.telex_api import TelexApi
from telex_start.session.upkeep import Upkeep
from telex_start.states import State
from tests.process import Stopwatch
from tests.servers import Sandbox
from tests.session.agent import Agent
from tests.session.conftest import Start, Telex

ONE = ("--organisations", "1")


def stops_at_once(session: Agent) -> None:
    spent = Stopwatch()
    assert session.session.stop(20.0), "the session thread is still alive"
    assert spent.seconds() < 0.5


# Stopping


def test_before_anything_happened(own: Telex, agent: Start) -> None:
    session = agent(own(*ONE))
    stops_at_once(session)
    assert session.events == []


@pytest.mark.parametrize("path", ["login", "subscription", "handshake"])
def test_during_a_slow_call(own: Telex, agent: Start, path: str) -> None:
    sandbox = own(*ONE)
    if path == "handshake":
        sandbox.silent()
    else:
        sandbox.fault(path, delay=3)
    session = agent(sandbox).sign_in()
    session.await_state(State.SIGNING_IN if path == "login" else State.CONNECTING)
    time.sleep(0.1)
    stops_at_once(session)
    assert session.all(events.SignInFailed) == []


def test_during_a_slow_sign_out(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    sandbox.fault("logout", times=1, delay=3)
    session.send(events.SignOut())
    session.await_state(State.SIGNED_OUT)
    stops_at_once(session)


def test_nothing_is_left_behind(own: Telex) -> None:
    sandbox = own(*ONE)
    threads, files = set(threading.enumerate()), psutil.Process().num_fds()
    for _ in range(2):
        with Agent(sandbox) as session:
            session.online()
            session.mark()
            sandbox.kick(3001)
            session.await_state(State.ONLINE)
    assert set(threading.enumerate()) == threads
    assert psutil.Process().num_fds() == files


# Other commands in every moment


def test_a_sign_out_right_after_a_sign_in_ends_signed_out(own: Telex, agent: Start) -> None:
    session = agent(own(*ONE)).sign_in()
    session.send(events.SignOut())
    session.await_true(lambda: session.state is State.SIGNED_OUT and len(session.states()) > 1)
    session.mark()
    session.sign_in()
    session.await_subscribed(1)


def test_an_abort_that_comes_too_late_says_nothing(own: Telex, agent: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    # As if the session had already obeyed a command when the abort that goes with it comes.
    opened: list[WebSocket] = []
    open_it = WebSocket.open

    def note(websocket: WebSocket) -> None:
        opened.append(websocket)
        open_it(websocket)

    monkeypatch.setattr(WebSocket, "open", note)
    sandbox = own(*ONE)
    session = agent(sandbox).online()
    session.mark()
    opened[-1].abort()
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    sandbox.silent()
    session.send(events.ReconnectNow())
    session.await_true(lambda: session.state is State.CONNECTING)
    time.sleep(0.1)  # the handshake is under way
    opened[-1].abort()
    sandbox.silent(False)
    session.await_subscribed(1)
    assert session.troubles == []


# Sleep


class Machine:
    """A machine that can sleep: its clock, which counts sleep, jumps ahead."""

    def __init__(self) -> None:
        self._slept = 0.0

    def now(self) -> float:
        return clock.now() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


def test_after_sleep_the_connection_is_made_anew_at_once(telex: Telex, agent: Start) -> None:
    machine = Machine()
    sandbox = telex(*ONE)
    session = agent(sandbox, now=machine.now).online()
    sandbox.publish(0, "before")
    session.await_received(1)
    session.mark()
    machine.sleep(60.0)
    sandbox.publish(0, "after")  # wakes the thread
    since_waking = Stopwatch()
    session.await_state(State.ONLINE)
    assert since_waking.seconds() < 0.5, "without a backoff"
    session.await_subscribed(1)
    sandbox.publish(0, "later")
    session.await_all(["before", "after", "later"], missed=1)
    assert session.states() == [State.RECONNECTING, State.CONNECTING, State.ONLINE]
    assert session.troubles == []


# What nobody expected


@contextmanager
def troubled(telex: Sandbox) -> Iterator[Agent]:
    """An agent in which exceptions may come up; every other agent of the tests fails by them. It must end in time."""
    session = Agent(telex)
    try:
        yield session
    finally:
        spent = Stopwatch()
        assert session.session.stop(20.0), "the session thread is still alive"
        assert spent.seconds() < 1.0


def test_an_unexpected_exception_in_a_connection_is_survived_and_told_once(
    own: Telex, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with troubled(own(*ONE)) as session:
        session.online()
        broken = 0

        def due(self: Upkeep, now: float) -> None:
            nonlocal broken
            broken += 1
            raise KeyError("nobody expected this")

        with monkeypatch.context() as patch:
            patch.setattr(Upkeep, "due", due)
            session.telex.publish(0, "wakes it")
            session.await_true(lambda: broken >= 3 or session.told.state is State.RECONNECTING)
            session.await_event(events.ThreadFailed)
            session.mark()
            session.await_state(State.RECONNECTING)
            session.await_state(State.CONNECTING)
        session.await_subscribed(1)
        session.telex.publish(0, "again")
        session.await_true(lambda: session.received()[-1:] == ["again"])
        assert [failed.error for failed in session.all(events.ThreadFailed)] == ["KeyError"]
        assert "nobody expected this" in caplog.text


@pytest.mark.parametrize("call", ["login", "logout"])
def test_a_defect_in_signing_in_or_out_is_survived(own: Telex, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    with troubled(own(*ONE)) as session:
        if call == "logout":
            session.online()
        session.mark()
        with monkeypatch.context() as patch:
            patch.setattr(TelexApi, call, lambda *_: 1 / 0)
            session.send(events.SignOut()) if call == "logout" else session.sign_in()
            session.await_event(events.SignInFailed)
            session.await_state(State.SIGNED_OUT)
            session.await_event(events.ThreadFailed, lambda failed: failed.error == "ZeroDivisionError")
        session.mark()
        session.sign_in()
        session.await_event(events.OrganisationsChanged)
        session.await_subscribed(1)


class Unexpected(BaseException):
    """An exception that no handler catches."""


@pytest.mark.parametrize("times", [1, 2])
def test_a_thread_that_dies_is_begun_anew_once(own: Telex, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    deaths = 0
    run = PushConnection.run

    def dies(connection: PushConnection) -> object:
        nonlocal deaths
        if deaths == times:
            return run(connection)
        deaths += 1
        raise Unexpected

    with troubled(own(*ONE)) as session:
        session.online()
        session.mark()
        monkeypatch.setattr(PushConnection, "run", dies)
        session.send(events.ReconnectNow())
        session.await_event(events.ThreadFailed)
        if times == 1:
            session.await_state(State.ONLINE)  # without being asked for the password
            session.await_subscribed(1)
            session.telex.publish(0, "again")
            session.await_received(1)
        else:
            session.await_state(State.STOPPED)
            assert session.store.access is None


def test_once_updated_it_asks_at_the_sign_in_to_be_started_anew(own: Telex, monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules that the first sign-in imports would be of another version than those imported before."""
    with troubled(own(*ONE)) as session:
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "telex_start.session.session_thread", None)  # importing it fails
            failure = session.sign_in().await_failure()
            assert (failure.title, failure.kind) == ("Telex Start was updated", events.SignInFailure.TELEX)
            session.await_state(State.SIGNED_OUT)
            session.sign_in(persist=True)
            session.await_state(State.STOPPED)
        session.online()
