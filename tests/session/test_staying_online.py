"""Staying online: messages, pings, and recovery after each way in which a server ends a connection or subscription."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from telex_start.events import How, ReconnectNow
from telex_start.push.websocket import WebSocket
from telex_start.session.pace import USUAL
from telex_start.states import State
from tests.process import Stopwatch
from tests.servers import Sandbox
from tests.session.agent import quick
from tests.session.conftest import Start, Telex

ONE = ("--organisations", "1")


@contextmanager
def stream(sandbox: Sandbox, pause: float = 0.005) -> Iterator[list[int]]:
    """Publishes numbered messages to the first organisation meanwhile; gives the numbers that the server accepted."""
    taken: list[int] = []
    ending = threading.Event()

    def publish() -> None:
        number = 0
        while not ending.wait(pause):
            number += 1
            try:
                sandbox.publish(0, number)
            except Exception:  # the server is down, so this message is nowhere
                continue
            taken.append(number)

    thread = threading.Thread(target=publish, name="stream")
    thread.start()
    try:
        yield taken
    finally:
        ending.set()
        thread.join()


# Messages


def test_after_a_ping_nothing_is_waited_for_at_once(own: Telex, agent: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ping woke the agent twice, the second time a millisecond later for nothing."""
    sandbox = own(*ONE)
    session = agent(sandbox, timings=USUAL).online()
    session.await_polled()
    waits: list[float | None] = []
    receive = WebSocket.receive

    def note(websocket: WebSocket, seconds: float | None) -> bytes | None:
        waits.append(seconds)
        return receive(websocket, seconds)

    monkeypatch.setattr(WebSocket, "receive", note)
    for _ in range(3):
        pongs = sandbox.status()["pongs"]
        sandbox.ping_now()
        sandbox.wait_until(lambda status, pongs=pongs: status["pongs"] == pongs + 1)  # type: ignore[misc]
    assert 0.0 not in waits


# Pings


def test_a_silent_link_is_found_within_ping_and_ten_seconds(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE, "--ping", "1")
    session = agent(sandbox, timings=quick(ping_slack=1.0)).online()
    session.mark()
    sandbox.silent()
    since_silence = Stopwatch()
    told = session.await_state(State.RECONNECTING)
    assert since_silence.seconds() < 1.0 + 1.0 + 0.5
    assert "no sign of life" in told.reason
    sandbox.silent(False)
    sandbox.publish(0, "x")
    session.await_all(["x"], missed=1, limit=15.0)


def test_a_server_that_is_silent_from_the_handshake_on_is_given_up_in_time(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    sandbox.silent()
    session = agent(sandbox, timings=quick(open_within=1.0)).sign_in()
    session.await_state(State.RECONNECTING, 3.0)
    sandbox.silent(False)
    session.await_subscribed(1)
    assert len(session.troubles) == 1


# Closed by the server


@pytest.mark.parametrize("code", [1000, 3001, 4000])
def test_codes_after_which_it_reconnects_and_recovers(telex: Telex, agent: Start, code: int) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish(0, "before")
    session.await_received(1)
    session.mark()
    sandbox.kick(code)
    told = session.await_state(State.RECONNECTING)
    assert told.subscribed == 0 and told.organisations == 1 and told.reason
    sandbox.publish(0, "meanwhile")
    session.await_state(State.ONLINE)
    session.await_all(["before", "meanwhile"], missed=1)
    assert not sandbox.keeps_history or session.received(0, How.RECOVERED) == ["meanwhile"]
    assert session.troubles == []


@pytest.mark.parametrize("code", [3500, 4500])
def test_terminal_codes_wait_and_reconnect_now_ends_the_wait(telex: Telex, agent: Start, code: int) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    tokens = sandbox.status()["tokens_issued"]
    session.mark()
    sandbox.kick(code)
    told = session.await_state(State.RECONNECTING)
    assert str(code) in told.reason
    assert len(session.troubles) == 1
    sandbox.publish(0, "meanwhile")
    time.sleep(0.3)  # longer than any backoff here
    assert session.state is State.RECONNECTING
    session.send(ReconnectNow())
    session.await_state(State.ONLINE)
    session.await_all(["meanwhile"], missed=1)
    issued = sandbox.status()["tokens_issued"]
    assert all(issued[kind] == tokens[kind] + 1 for kind in ("connection", "subscription")), "with fresh tokens"


def test_state_invalidated_forgets_tokens_and_positions(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    tokens = sandbox.status()["tokens_issued"]
    session.mark()
    sandbox.kick(3014)
    session.await_state(State.ONLINE)
    session.await_subscribed(1)
    issued = sandbox.status()["tokens_issued"]
    assert all(issued[kind] == tokens[kind] + 1 for kind in ("connection", "subscription"))
    assert session.lost() >= 1


@pytest.mark.parametrize("status", [302, 503])
def test_a_handshake_that_is_refused_is_tried_again_and_told_once(own: Telex, agent: Start, status: int) -> None:
    sandbox = own(*ONE)
    sandbox.refuse_push(status)
    refused = sandbox.status()["handshakes"].get(str(status), 0)
    session = agent(sandbox).sign_in()
    sandbox.wait_until(lambda told: told["handshakes"].get(str(status), 0) >= refused + 3)
    assert [trouble.title for trouble in session.troubles] == ["Telex has a problem"]
    connects = len(sandbox.status()["connects"])
    sandbox.refuse_push(0)
    session.await_subscribed(1)
    assert len(sandbox.status()["connects"]) == connects + 1


# Unsubscribed by the server


@pytest.mark.parametrize("code", [2500, 2501])
def test_an_unsubscribed_channel_comes_back_with_what_it_missed(own: Telex, agent: Start, code: int) -> None:
    sandbox = own("--organisations", "2")
    session = agent(sandbox).online(2)
    tokens = sandbox.status()["tokens_issued"]["subscription"]
    session.mark()
    sandbox.unsubscribe(0, code)
    session.await_true(lambda: session.told.subscribed == 1)
    sandbox.publish(0, "meanwhile")
    sandbox.publish(1, "the others live on")
    session.await_received(1, 1)
    session.await_subscribed(2)
    session.await_all(["meanwhile"], missed=1)
    assert session.states() == [State.ONLINE]
    assert sandbox.status()["tokens_issued"]["subscription"] == tokens + (code == 2501)


def test_an_organisation_taken_away_by_the_server_is_refused_and_tried_again(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "2")
    session = agent(sandbox, timings=quick(refused_for=0.5)).online(2)
    session.mark()
    sandbox.unsubscribe(0, 2000)
    session.await_true(lambda: (session.told.subscribed, session.told.refused) == (1, 1))
    sandbox.publish(0, "meanwhile")
    session.await_subscribed(2)
    assert session.told.refused == 0
    session.await_all(["meanwhile"], missed=1)
    assert session.states() == [State.ONLINE]


# Restarts and recovery


@pytest.mark.history
@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_under_load_loses_nothing_that_the_server_held(telex: Telex, agent: Start, kill: bool) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    with stream(sandbox) as published:
        session.await_received(20)
        sandbox.restart(kill=kill)
        restarted = published[-1]
        session.await_true(lambda: max(session.received(), default=0) > restarted + 20)
    session.await_true(lambda: session.received()[-1] == published[-1])
    assert session.received() == sorted(set(session.received())), "in order and once"
    # Only messages that the old server accepted, but had not sent when it ended, can be lost.
    missing = sorted(set(published) - set(session.received()))
    assert not missing or (restarted - 5 <= missing[0] and missing[-1] <= restarted + 1)
    assert len(missing) <= 2
    assert session.lost() == 1


@pytest.mark.history
@pytest.mark.parametrize(("missed", "kept"), [(150, 100), (20, 0)])
def test_what_is_kept_comes_and_the_rest_is_told_as_lost(telex: Telex, agent: Start, missed: int, kept: int) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox, timings=quick(busy=0.4)).online()
    session.mark()
    sandbox.kick(3013)
    session.await_state(State.RECONNECTING)
    sandbox.publish_many(0, list(range(missed)))
    if not kept:
        sandbox.trim_history(0)
    session.await_state(State.ONLINE)
    session.await_true(lambda: session.lost() == 1)
    sandbox.publish(0, "next")
    assert session.await_received(kept + 1) == [*range(missed - kept, missed), "next"]


@pytest.mark.history
def test_what_came_does_not_come_again_where_telex_gives_up_its_state(telex: Telex, agent: Start) -> None:
    sandbox = telex(*ONE)
    session = agent(sandbox).online()
    sandbox.publish_many(0, list(range(20)))
    session.await_received(20)
    session.mark()
    sandbox.kick(3014)
    session.await_state(State.RECONNECTING)
    sandbox.publish(0, "missed")
    assert session.await_received(21) == [*range(20), "missed"]
    assert session.lost() == 1


@pytest.mark.history
def test_the_first_catch_up_brings_what_is_kept(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "2")
    sandbox.publish_many(0, list(range(130)))
    session = agent(sandbox).online(2)
    assert session.received(0, How.CAUGHT_UP) == list(range(30, 130))
    assert session.received(1) == []
    assert sorted(session.answered()) == sorted([session.channel(0), session.channel(1)])
    assert (session.lost(0), session.lost(1)) == (1, 0), "what is kept no more"
