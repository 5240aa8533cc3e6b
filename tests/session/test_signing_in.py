"""Signing in until the channels are live; and how it fails, is retried, cancelled or replaced. Also signing out."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start import events
from telex_start.agent import DispatchQueue
from telex_start.config import Config
from telex_start.errors import NO_THREAD, NobodyToAsk
from telex_start.menu import MenuItem
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from tests.conftest import Threads
from tests.ground.app_scene import Surface, app_of
from tests.session.conftest import Start, Telex


class Desk(Surface):
    """A surface that gives its credentials when asked, twice at most, and exits once a channel is live."""

    def __init__(self, queue: DispatchQueue, sign_in: events.SignIn) -> None:
        super().__init__()
        self._events = queue
        self.answers = [sign_in, sign_in, NobodyToAsk]

    def state(self, event: events.StateChanged) -> None:
        super().state(event)
        if event.subscribed:
            self._events.put(events.MenuClicked(MenuItem.EXIT))


def test_a_sign_in_without_a_thread_has_failed_and_the_next_works(telex: Telex, threads: Threads) -> None:
    """After that failure nobody could sign in until the program was restarted."""
    sandbox, queue = telex(), DispatchQueue()
    config = Config(api_url=sandbox.api_url, push_url=sandbox.push_url, ca_file=sandbox.ca_file)
    desk = Desk(queue, events.SignIn(sandbox.email, sandbox.password))
    app = app_of(config, events=queue, session=Session(config, TokenStore(), queue.put), surface=desk)
    threads.refused = {0}
    assert app.run([], open_window=False) == 0
    assert [trouble.message for trouble in desk.troubles] == [NO_THREAD]
    assert desk.states[-1].state is State.STOPPED


def test_from_signing_in_to_live(telex: Telex, agent: Start) -> None:
    sandbox = telex()
    session = agent(sandbox).online(3)
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]
    (organisations,) = session.all(events.OrganisationsChanged)
    assert [each.name for each in organisations.organisations] == [
        "Northwind Ops",
        "Blue Harbour Labs",
        "Fernhill Analytics",
    ]
    assert sorted(session.answered()) == sorted(each.channel for each in organisations.organisations)
    sandbox.publish(1, {"n": 1})
    assert session.await_received(1, 1) == [{"n": 1}]
    assert session.received(1, events.How.LIVE) == [{"n": 1}]
    assert session.troubles == []


def test_where_a_login_brings_no_notification_token_the_access_token_serves(own: Telex, agent: Start) -> None:
    sandbox = own("--no-notification-token")
    session = agent(sandbox).online(3)
    sandbox.publish(1, "x")
    assert session.await_received(1, 1) == ["x"]
    assert not sandbox.calls("/centrifugo/"), "they would be refused"
    assert session.troubles == []


def test_a_server_that_honours_subs_needs_no_subscribes_and_gets_no_refreshes(own: Telex, agent: Start) -> None:
    options = ("--honour-subs", "--connection-ttl", "2", "--subscription-ttl", "2", "--expired-close-delay", "2")
    sandbox = own(*options)
    session = agent(sandbox).online(3)
    session.mark()
    sandbox.kick(3001)  # the second connection has all tokens at hand
    session.await_state(State.ONLINE)
    session.await_subscribed(3)
    connection = sandbox.status()["connects"][-1]["connection"]
    refreshed = sandbox.wait_until(lambda status: "refresh" in _kinds(status, connection), 10)
    assert _kinds(refreshed, connection) <= {"connect", "refresh", "pong"}
    sandbox.publish(2, "x")
    session.await_received(1, 2)
    assert session.reconnects == 1


def _kinds(status: dict, connection: str) -> set[str]:  # type: ignore[type-arg]
    commands = [entry["command"] for entry in status["commands"] if entry["connection"] == connection]
    return {next((key for key in command if key != "id"), "pong") for command in commands}


def test_nobody_is_in_no_organisation(own: Telex, agent: Start) -> None:
    session = agent(own("--organisations", "0")).sign_in()
    told = session.await_state(State.ONLINE)
    assert (told.organisations, told.subscribed, told.refused) == (0, 0, 0)
    assert session.all(events.OrganisationsChanged)[0].organisations == ()


FORM = {"email": "no address"}
UNREACHABLE = {"api_url": "https://127.0.0.1:9/api/v1"}


@pytest.mark.parametrize(
    ("fault", "form", "config", "kind", "state"),
    [
        ({}, {"password": "wrong"}, {}, events.SignInFailure.CREDENTIALS, State.SIGN_IN_NEEDED),
        ({}, FORM, {}, events.SignInFailure.FORM, State.SIGN_IN_NEEDED),
        ({"status": 403, "message": "account suspended"}, {}, {}, events.SignInFailure.REFUSED, State.SIGN_IN_NEEDED),
        ({"status": 503}, {}, {}, events.SignInFailure.TELEX, State.SIGNED_OUT),
        ({"status": 429, "message": "Limit exceed"}, {}, {}, events.SignInFailure.RATE_LIMIT, State.SIGNED_OUT),
        ({"truncate": True}, {}, {}, events.SignInFailure.NETWORK, State.SIGNED_OUT),
        ({}, {}, UNREACHABLE, events.SignInFailure.NETWORK, State.SIGNED_OUT),
    ],
)
def test_a_sign_in_that_fails_says_why_also_in_the_log_and_the_next_try_works(
    own: Telex,
    agent: Start,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    form: dict[str, str],
    config: dict[str, str],
    kind: events.SignInFailure,
    state: State,
) -> None:
    sandbox = own()
    if fault:
        sandbox.fault("login", times=1, **fault)
    session = agent(sandbox, **config).sign_in(**form, persist=state is State.SIGN_IN_NEEDED)
    failure = session.await_failure()
    assert failure.kind is kind
    assert f"signing in failed: {failure.message}" in caplog.text
    assert kind is not events.SignInFailure.REFUSED or failure.message == "Telex says: account suspended."
    session.await_state(state)
    if not config:
        session.sign_in()
        session.await_subscribed(3)


def test_persisting_retries_until_it_works_and_tells_the_trouble_once(own: Telex, agent: Start) -> None:
    sandbox = own()
    sandbox.fault("login", times=3, status=503)
    session = agent(sandbox).sign_in(persist=True)
    session.await_subscribed(3)
    assert session.all(events.SignInFailed) == []
    assert len(session.troubles) == 1
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]


@pytest.mark.parametrize("fault", [{}, {"status": 503}])
def test_cancel_logs_out_what_comes_late_and_says_nothing(own: Telex, agent: Start, fault: dict[str, int]) -> None:
    sandbox = own()
    sandbox.fault("login", times=1, delay=1.0, **fault)
    logouts = sandbox.status()["logouts"] + (not fault)
    session = agent(sandbox).sign_in()
    sandbox.wait_until(lambda status: status["under_way"] == 1)  # the login was sent, so Telex may carry it out
    session.send(events.CancelSignIn())
    session.await_state(State.SIGNED_OUT)
    sandbox.wait_until(lambda status: status["logouts"] == logouts)
    assert session.states() == [State.SIGNING_IN, State.SIGNED_OUT]
    assert session.all(events.SignInFailed) == []


def test_cancel_while_connecting_ends_the_sign_in(own: Telex, agent: Start) -> None:
    sandbox = own()
    sandbox.refuse_push(503)
    session = agent(sandbox).sign_in()
    session.await_state(State.RECONNECTING)
    session.send(events.CancelSignIn())
    session.await_state(State.SIGNED_OUT)
    session.mark()
    sandbox.refuse_push(0)
    session.sign_in()
    session.await_subscribed(3)


def test_another_sign_in_takes_the_place_of_the_one_under_way(own: Telex, agent: Start) -> None:
    sandbox = own()
    sandbox.fault("login", times=1, delay=0.5)
    session = agent(sandbox)
    session.sign_in()
    session.await_state(State.SIGNING_IN)
    session.send(events.SignIn("grace@example.org", sandbox.password))
    session.await_subscribed(3)
    grace = sandbox.status(user="grace@example.org")["organisations"][0]["channel"]
    assert session.channel(0) == grace


def test_commands_that_make_no_sense_now_are_ignored(own: Telex, agent: Start) -> None:
    sandbox = own()
    sandbox.fault("login", times=1, delay=0.3)
    session = agent(sandbox)
    for command in (events.CancelSignIn(), events.SignOut(), events.ReconnectNow()):
        session.send(command)
    session.sign_in()
    session.await_state(State.SIGNING_IN)
    session.send(events.ReconnectNow())  # the machine woke
    session.await_subscribed(3)
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]


def test_a_second_sign_in_while_online_is_ignored(own: Telex, agent: Start) -> None:
    session = agent(own()).online(3)
    session.mark()
    session.sign_in("grace@example.org")
    session.telex.publish(0, "still here")
    session.await_received(1)
    assert session.states() == []


def test_signing_out_logs_out_and_forgets_everything(telex: Telex, agent: Start) -> None:
    sandbox = telex()
    logouts = sandbox.status()["logouts"]
    session = agent(sandbox).online(3)
    session.send(events.SignOut())
    told = session.await_state(State.SIGNED_OUT)
    assert (told.organisations, told.subscribed) == (0, 0)
    sandbox.wait_until(lambda status: status["logouts"] == logouts + 1)
    sandbox.publish(0, "missed")
    session.mark()
    session.sign_in()
    session.await_subscribed(3)
    # Not recovered: the positions are forgotten.
    assert session.received() == session.received(0, events.How.CAUGHT_UP) == ["missed"] * sandbox.keeps_history
    session.await_polled(0)
