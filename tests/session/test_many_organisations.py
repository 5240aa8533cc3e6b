"""Many organisations: under Telex's rate limiter, and more than the push server takes on one connection (128)."""

from __future__ import annotations

import logging

import pytest

from telex_start.errors import ROOM_FOR_ALL
from telex_start.events import Notice, PollBegan, ReconnectNow, SignOut, UnreadPolled, UnreadSection
from telex_start.session.pace import USUAL
from telex_start.states import State
from tests.session.agent import Agent, quick
from tests.session.conftest import Start, Telex

MOST = 128
THERE_ARE = 140
MANY = ("--organisations", str(THERE_ARE))
WHILE = 60.0
"""Seconds that 128 subscriptions may take on a machine that does other things, too."""


def full(session: Agent, there_are: int = THERE_ARE) -> None:
    """Wait until as many organisations as have room are live, and the others are left out."""
    session.await_true(
        lambda: (
            session.told.state is State.ONLINE
            and (session.told.organisations, session.told.subscribed) == (there_are, MOST)
            and session.told.left_out == there_are - MOST
        ),
        WHILE,
    )


def test_who_has_no_room_is_left_out_and_named(telex: Telex, agent: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    sandbox = telex(*MANY)
    session = agent(sandbox).sign_in()
    full(session)
    notice = session.await_event(Notice)
    assert notice.title == "Notifications from 128 of 140 organisations"
    assert notice.message.startswith("Telex takes no more on one connection. Nothing comes from ")
    assert notice.message.endswith(" and 9 more, which the log names.")
    names = [each["name"] for each in sandbox.status()["organisations"]]
    (line,) = [record.message for record in caplog.records if "no room on the connection" in record.message]
    assert sum(f"{name}," in f"{line}," for name in names) == THERE_ARE - MOST
    assert session.reconnects == 0
    assert len(session.answered()) == THERE_ARE, "nobody waits for the past of those left out"
    issued = sandbox.status()["tokens_issued"]["subscription"]
    sandbox.publish(0, "x")
    session.await_received(1)
    session.mark()
    session.send(ReconnectNow())
    session.await_state(State.ONLINE)
    full(session)
    assert session.all(Notice) == [notice], "once, not once a connection"
    assert sandbox.status()["tokens_issued"]["subscription"] <= issued + 5, "no tokens for those left out"
    session.send(SignOut())
    session.await_state(State.SIGNED_OUT)
    session.sign_in()
    session.await_true(lambda: session.all(Notice) == [notice, notice], WHILE)


def test_who_matters_more_goes_first_on_the_next_connection(own: Telex, agent: Start) -> None:
    sandbox = own(*MANY)
    session = agent(sandbox).sign_in()
    full(session)
    last = THERE_ARE - 1
    session.session.prefer(frozenset({session.channel(last), session.channel(last - 1)}))
    session.mark()
    session.send(ReconnectNow())
    session.await_state(State.ONLINE)
    full(session)
    sandbox.publish(last, "for one who had no room")
    assert session.await_received(1, last) == ["for one who had no room"]
    assert session.lost(last) == 0


def test_where_one_leaves_another_gets_its_place(own: Telex, agent: Start, caplog: pytest.LogCaptureFixture) -> None:
    sandbox = own(*MANY, "--ping", "20")  # a sandbox of its own, as its organisations change
    session = agent(sandbox, timings=quick(organisations_every=0.4)).sign_in()
    full(session)
    sandbox.remove_organisation(0)
    full(session, THERE_ARE - 1)
    assert session.reconnects == 0
    sandbox.add_organisation("Latecomers")
    full(session, THERE_ARE)
    for _ in range(THERE_ARE - MOST):
        sandbox.remove_organisation(0)
    session.await_true(lambda: (session.told.organisations, session.told.subscribed) == (MOST, MOST), WHILE)
    session.await_true(lambda: session.told.left_out == 0)
    sandbox.publish(0, "x")  # so that the session's loop takes another turn
    session.await_received(1)
    assert ROOM_FOR_ALL in caplog.messages


def test_12_organisations_under_six_requests_a_second(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "12", "--rate", "6", "--burst", "4")
    session = agent(sandbox, timings=USUAL).sign_in()
    session.await_subscribed(12, 6.0)
    assert sandbox.status()["rate_limited"]["count"] <= 3
    assert session.all(PollBegan) == [], "tokens first"
    session.await_true(lambda: len({event.channel for event in session.all(UnreadPolled)}) == 12, 15.0)
    assert len(session.all(UnreadSection)) == 36
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]
    assert session.troubles == []
    # At a reconnect all tokens are there: only the organisations are asked for.
    session.mark()
    sandbox.kick(3001)
    session.await_state(State.ONLINE)
    session.await_subscribed(12, 3.0)
