"""Tokens are refreshed before they expire, without a reconnect; and what happens if that is not possible."""

from __future__ import annotations

import time

import pytest

from telex_start.states import State
from tests.session.conftest import Start, Telex
from tests.session.test_staying_online import stream

SHORT = ("--connection-ttl", "2", "--subscription-ttl", "2", "--expired-close-delay", "1")


def test_tokens_are_refreshed_neither_late_nor_all_the_time(telex: Telex, agent: Start) -> None:
    seconds = 3.5
    sandbox = telex("--organisations", "2", *SHORT)
    session = agent(sandbox).online(2)
    issued = sandbox.status()["tokens_issued"]
    time.sleep(seconds)  # two lives of a token
    assert session.states() == [State.SIGNING_IN, State.CONNECTING, State.ONLINE]
    assert session.told.subscribed == 2
    assert session.lost() == 0
    after = sandbox.status()["tokens_issued"]
    assert seconds / 2 <= after["connection"] - issued["connection"] + 1 <= seconds + 1
    assert seconds / 2 <= (after["subscription"] - issued["subscription"]) / 2 + 1 <= seconds + 1


def test_a_connection_that_cannot_be_refreshed_in_time_is_made_anew(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "2", *SHORT)
    session = agent(sandbox).online(2)
    session.mark()
    sandbox.fault("connection", status=503)
    with stream(sandbox, 0.05) as published:
        told = session.await_state(State.RECONNECTING)  # 3005
        assert "ran out" in told.reason
        sandbox.clear_faults()
        session.await_subscribed(2)
    session.await_all(published, missed=len(published))


def test_a_subscription_that_cannot_be_refreshed_in_time_comes_back_by_itself(telex: Telex, agent: Start) -> None:
    sandbox = telex("--organisations", "2", *SHORT)
    session = agent(sandbox).online(2)
    session.mark()
    sandbox.fault("subscription", organisation=0, status=503)
    with stream(sandbox, 0.05) as published:
        session.await_true(lambda: session.told.subscribed == 1, 15.0)  # 2501
        sandbox.publish(1, "the other one lives on")
        session.await_received(1, 1)
        sandbox.clear_faults()
        session.await_subscribed(2)
    session.await_all(published, missed=len(published))
    assert set(session.states()) == {State.ONLINE}


@pytest.mark.parametrize("unnoticed", [False, True])
def test_expired_tokens_are_replaced_at_a_reconnect(own: Telex, agent: Start, unnoticed: bool) -> None:
    sandbox = own("--organisations", "2")
    session = agent(sandbox).online(2)
    session.mark()
    sandbox.publish(0, "before")
    session.await_received(1)
    if unnoticed:  # as those of a server whose clock jumped: the commands are answered with 109
        sandbox.expire_tokens(connections=False, subscriptions=False)
        sandbox.kick(3001)
    else:
        sandbox.expire_tokens()  # 3005 and 2501 at once
    sandbox.publish(0, "after")
    session.await_state(State.RECONNECTING)
    session.await_subscribed(2)
    session.await_all(["before", "after"], missed=1)
