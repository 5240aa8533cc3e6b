"""Incoming calls: which ones ring, and until when."""

from __future__ import annotations

from typing import Any

import pytest

from telex_start.events import How
from telex_start.toast import Action, Place
from tests.ground.desk import ME, Desk, call, direct, message

RINGS = 300.0
MOST_RINGING = 8
MOST = 512
BEGUN, ANSWERED, CANCELLED = "direct_call_initiated", "direct_call_response", "direct_call_canceled"


@pytest.fixture
def desk() -> Desk:
    desk = Desk(1, BEGUN)
    desk.sign_in()
    return desk


def test_a_call_rings_and_can_be_joined(desk: Desk) -> None:
    desk.receive(call())
    [toast] = desk.toasts
    assert (toast.title, toast.sender, toast.urgent) == ("Ben Okri is calling", "Ben Okri", True)
    assert (toast.actions, toast.place) == ((Action.JOIN, Action.DECLINE), Place("o0/u", ("buzz", "b1")))
    assert toast.handle == "call o0/u b1"
    assert toast.body == "Click to join the call."
    assert desk.notifier.counts.unread == 0
    several = Desk(2, BEGUN)
    several.receive(call(caller_name=None))
    assert (several.titles, several.bodies) == (["Somebody is calling"], ["Org 0"])


@pytest.mark.parametrize(
    "end",
    [
        call(CANCELLED),
        call(ANSWERED, user_joined=ME["id"]),
        call(ANSWERED, user_rejected={"id": ME["id"]}),
        call(ANSWERED, user_timeout=[{"user_id": ME["id"]}]),
        call(ANSWERED, user_joined=True, user_id=ME["id"]),
    ],
)
def test_it_ends_when_it_is_cancelled_or_oneself_answers_anywhere(desk: Desk, end: dict[str, Any]) -> None:
    desk.receive(call(), call(buzz="b2"), end)
    assert desk.read == ["call o0/u b1"]


def test_it_goes_on_when_somebody_else_answers(desk: Desk) -> None:
    desk.receive(call(), call(ANSWERED, user_joined="u-cy"), call(ANSWERED, user_rejected=True, user_id="u-cy"))
    assert desk.read == []


def test_it_rings_five_minutes(desk: Desk) -> None:
    desk.receive(call(), now=1.0)
    assert desk.notifier.deadline() == 1.0 + RINGS
    desk.until(1.0 + RINGS)
    assert (desk.read, desk.notifier.deadline()) == (["call o0/u b1"], None)


def test_neither_ones_own_call_nor_one_that_was_cancelled_before_it_came_rings(desk: Desk) -> None:
    desk.receive(call(caller_id=ME["id"]), call(caller_id=None, caller_name=ME["full_name"]))
    desk.receive(call(CANCELLED, buzz="b2"), call(buzz="b2"))
    assert desk.toasts == []


@pytest.mark.parametrize("again", [call(), call(caller_name="Somebody else")])
def test_it_is_told_once(desk: Desk, again: dict[str, Any]) -> None:
    desk.receive(call(), again, call(CANCELLED), again)
    assert len(desk.toasts) == 1


@pytest.mark.parametrize("how", [How.RECOVERED, How.CAUGHT_UP])
def test_a_call_of_the_past_does_not_ring(desk: Desk, how: How) -> None:
    desk.receive(call(), how=how)
    assert desk.toasts == []


def test_signing_out_and_leaving_end_what_rings(desk: Desk) -> None:
    desk.receive(call())
    desk.know(0)
    assert desk.read == ["call o0/u b1"]
    desk.know(1)
    desk.receive(call(buzz="b2"))
    desk.notifier.clear()
    assert desk.read == ["call o0/u b1", "call o0/u b2"]


def test_not_more_than_a_few_ring_at_once(desk: Desk) -> None:
    desk.receive(*(call(buzz=f"b{number}") for number in range(100)))
    assert len(desk.toasts) == MOST_RINGING


@pytest.mark.parametrize("settings", [{"notify_about": "nothing"}, {"time_range": "01:00 AM - 02:00 AM"}])
def test_who_wants_none_just_now_is_not_called(desk: Desk, settings: dict[str, Any]) -> None:
    desk.settings(**settings)
    desk.receive(call())
    assert desk.toasts == []


def test_who_wants_mentions_alone_is_called(desk: Desk) -> None:
    desk.settings(notify_about="mentions")
    desk.receive(call())
    assert len(desk.toasts) == 1


@pytest.mark.parametrize("met", [message(), direct()])
def test_who_has_been_met_calls_by_their_full_name(desk: Desk, met: dict[str, Any]) -> None:
    """Telex gives the caller's user name alone."""
    desk.receive(met, call(caller_name="ben"))
    assert desk.titles[-1] == "Ben Okri is calling"


def test_whom_a_poll_tells_of_is_met(desk: Desk) -> None:
    desk.rows(direct()["data"], section="dm_channels_section")
    desk.receive(call(caller_name="ben"), call(buzz="b2", caller_id="u-cy", caller_name="cy"))
    assert desk.titles[-2:] == ["Ben Okri is calling", "cy is calling"]


def test_so_many_are_remembered_and_nobody_after_signing_out(desk: Desk) -> None:
    desk.receive(message())
    for n in range(MOST):
        desk.receive(message(by=(f"u-{n}", f"Person {n}")))
    desk.receive(call(caller_name="ben"), call(buzz="b2", caller_id="u-1", caller_name="p1"))
    assert desk.titles[-2:] == ["ben is calling", "Person 1 is calling"]
    desk.notifier.clear()
    desk.know(1)
    desk.receive(call(caller_id="u-1", caller_name="p1"))
    assert desk.titles[-1] == "p1 is calling"
