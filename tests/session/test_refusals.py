"""Organisations whose token is late, wrong or refused harm no other organisation. Also when a session is over."""

from __future__ import annotations

import pytest

from telex_start import events
from telex_start.states import State
from tests.session.agent import quick
from tests.session.conftest import Start, Telex

TWO = ("--organisations", "2")
SHORT = ("--connection-ttl", "2", "--subscription-ttl", "2", "--expired-close-delay", "1")


# One organisation's token


@pytest.mark.parametrize("kind", ["other_channel", "bad_signature", "expired"])
def test_a_wrong_token_takes_nobody_else_down(telex: Telex, agent: Start, kind: str) -> None:
    sandbox = telex(*TWO)
    sandbox.wrong_token(0, kind)
    session = agent(sandbox).sign_in()
    session.await_subscribed(1)
    if kind == "expired":
        session.await_true(lambda: session.told.subscribed == 1)
    else:
        session.await_true(lambda: session.told.refused == 1)
        session.await_event(events.ChannelAnswered, lambda event: event.channel == session.channel(0))
    sandbox.publish(1, "x")
    session.await_received(1, 1)
    assert session.reconnects == 0
    assert session.troubles == []


@pytest.mark.parametrize(("kind", "reconnects"), [("other_channel", 0), ("garbage", 0), ("bad_signature", 1)])
def test_a_wrong_token_at_a_refresh_harms_nobody_else(telex: Telex, agent: Start, kind: str, reconnects: int) -> None:
    """A token that looks wrong is not sent; a bad signature cannot be seen from here, which costs a reconnect."""
    sandbox = telex(*TWO, *SHORT)
    session = agent(sandbox).online(2)
    sandbox.wrong_token(0, kind)
    session.await_true(lambda: session.told.refused == 1)
    session.await_subscribed(1)
    sandbox.publish(1, "x")
    session.await_received(1, 1)
    assert session.reconnects == reconnects
    assert session.troubles == []


@pytest.mark.history
def test_an_unreadable_token_costs_a_reconnect(own: Telex, agent: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telex_start.session.telex_api.why_unusable", lambda *_: None)  # as if it looked good
    sandbox = own(*TWO)
    sandbox.wrong_token(0, "other_channel")
    session = agent(sandbox).sign_in()
    session.await_true(lambda: (session.told.subscribed, session.told.refused) == (1, 1))
    sandbox.publish(1, "x")
    session.await_received(1, 1)
    assert session.reconnects == 2  # after the first close it is not clear yet that the token was the cause
    assert session.troubles == []


def test_when_all_are_refused_it_is_online_and_says_so(own: Telex, agent: Start) -> None:
    sandbox = own(*TWO)
    sandbox.fault("subscription", status=403)
    session = agent(sandbox).sign_in()
    session.await_state(State.ONLINE)
    session.await_true(lambda: session.told.state is State.ONLINE and session.told.refused == 2)
    assert session.told.organisations == 2
    assert sorted(session.answered()) == sorted([session.channel(0), session.channel(1)])


def test_an_answer_that_lies_unread_behind_a_slow_call_is_not_missing(own: Telex, agent: Start) -> None:
    sandbox = own("--organisations", "3")
    sandbox.fault("subscription", organisation=1, times=1, delay=30)
    session = agent(sandbox, timings=quick(reply_within=0.4, first_token_within=1.0)).sign_in()
    session.await_subscribed(3)
    assert session.reconnects == 0


# The session itself


def test_organisations_refused_at_first_are_no_end_of_the_session_and_it_says_why(own: Telex, agent: Start) -> None:
    sandbox = own(*TWO)
    sandbox.fault("organisations", times=2, status=401, message="User is deactivated from organisation")
    session = agent(sandbox).sign_in()
    told = session.await_state(State.RECONNECTING)
    assert told.reason == "Telex says: User is deactivated from organisation"
    session.await_subscribed(2)
    assert State.SIGN_IN_NEEDED not in session.states()
    (trouble,) = session.troubles
    assert "User is deactivated from organisation" in trouble.message


def test_the_end_of_a_session_asks_to_sign_in_and_the_same_user_misses_nothing(telex: Telex, agent: Start) -> None:
    sandbox = telex(*TWO, *SHORT)
    session = agent(sandbox).online(2)
    sandbox.publish(0, "before")
    session.await_received(1)
    sandbox.revoke_session()
    told = session.await_state(State.SIGN_IN_NEEDED, 6.0)
    assert told.subscribed == 0
    assert session.troubles == [], "the state says it; whoever shows that speaks of it once"
    sandbox.publish(0, "meanwhile")
    assert session.store.access is None
    session.sign_in(password="wrong")
    session.await_failure()
    sandbox.fault("login", times=1, status=503)
    session.mark()
    session.sign_in()
    session.await_failure()
    session.await_state(State.SIGN_IN_NEEDED)
    session.sign_in()
    session.await_subscribed(2)
    session.await_all(["before", "meanwhile"], missed=1)
    assert not sandbox.keeps_history or session.received(0, events.How.RECOVERED) == ["meanwhile"]
    session.await_polled(0)
    assert len(session.all(events.OrganisationsChanged)) == 1, "they are still the same"


@pytest.mark.parametrize("path", ["connection", "subscription"])
@pytest.mark.parametrize(("fault", "times"), [({"truncate": True}, 3), ({"status": 429}, 1)])
def test_a_temporary_failure_asks_for_no_password_and_loses_no_organisation(
    own: Telex, agent: Start, path: str, fault: dict[str, object], times: int
) -> None:
    sandbox = own(*TWO)
    sandbox.fault(path, times=times, **fault)
    session = agent(sandbox).sign_in()
    session.await_subscribed(2)
    assert set(session.states()) <= {State.SIGNING_IN, State.CONNECTING, State.RECONNECTING, State.ONLINE}
    assert session.told.organisations == 2
    assert len(session.all(events.Trouble)) <= 1


def test_what_ends_in_signed_out_tells_the_organisations_again_after_the_next_login(own: Telex, agent: Start) -> None:
    """Each message was dropped: the main thread had forgotten the organisations, and was not told them again."""
    sandbox = own(*TWO)
    sandbox.fault("subscription", status=503)  # the organisations are known, and none is ever live
    session = agent(sandbox).sign_in()
    session.await_event(events.OrganisationsChanged)
    sandbox.revoke_session()
    session.send(events.ReconnectNow())
    sandbox.clear_faults()
    session.await_state(State.SIGN_IN_NEEDED)
    sandbox.fault("login", times=1, status=503)
    session.sign_in()
    session.await_failure()
    session.await_state(State.SIGNED_OUT)
    session.mark()
    session.sign_in()
    session.await_event(events.OrganisationsChanged)
    session.await_subscribed(2)
