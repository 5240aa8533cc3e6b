"""One organisation's channel: when it is tried again, refreshed and refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.net.pacing import Backoff
from telex_start.push.channel import LOST, REFUSED_FOR, STEADY, Channel, Phase, Position, early
from telex_start.push.frames import Publication, Subscribed

NOW = 1000.0


def channel() -> Channel:
    return Channel("o/u", Backoff(lambda: 0.5))


def live(since: float = NOW) -> Channel:
    made = channel()
    made.begin().answered(Subscribed(recoverable=True, recovered=True, was_recovering=True, epoch="e", offset=5))
    made.settle(since)
    return made


def test_a_new_channel_is_to_be_subscribed_at_once() -> None:
    made = channel()
    assert made.phase is Phase.IDLE
    assert made.try_at < 0


def test_the_first_answer_is_the_first_over_any_number_of_connections() -> None:
    made = channel()
    firsts = []
    for _ in range(3):
        made.begin().answered(Subscribed())
        firsts.append(made.settle(NOW)[1])
        made.disconnected()
    assert firsts == [True, False, False]


def test_a_disconnect_in_the_middle_of_a_recovery_asks_again_from_where_it_was() -> None:
    made = live()
    made.disconnected()
    first = made.begin()
    first.answered(Subscribed(recoverable=True, was_recovering=True, epoch="e", offset=90))
    assert not first.done
    made.disconnected()
    assert made.phase is Phase.IDLE
    assert made.begin().ask == (True, "e", 5)


def test_without_history_something_may_be_lost_at_every_reconnect_but_not_at_the_first_subscribe() -> None:
    made = channel()
    lost = []
    for _ in range(2):
        made.begin().answered(Subscribed(was_recovering=True))
        lost.append(LOST in made.settle(NOW)[0])
        made.disconnected()
    assert lost == [False, True]


@given(st.floats(1, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_token_is_renewed_early_but_not_all_the_time(ttl: float, chance: float) -> None:
    wait = early(ttl, chance)
    assert wait >= 1.0
    assert wait <= max(1.0, 0.8 * ttl)
    assert wait >= 0.72 * ttl - 1e-9 * ttl


def test_a_refresh_answered_without_a_ttl_keeps_the_life_known_before() -> None:
    made = live()
    made.schedule_refresh(True, 300, NOW, 0.0)
    assert made.refresh_at == NOW + 240
    made.schedule_refresh(False, 0, NOW + 100, 0.0)
    assert made.refresh_at == NOW + 340


def test_what_never_expires_is_never_refreshed() -> None:
    made = live()
    made.schedule_refresh(False, 0, NOW, 0.0)
    assert made.refresh_at == float("inf")


@pytest.mark.parametrize(("ttl", "chance", "wait"), [(300, 0.0, 10.0), (300, 0.5, 15.0), (60, 0.5, 6.0), (2, 0.5, 0.5)])
def test_a_refresh_that_failed_is_tried_again_while_there_is_time(ttl: int, chance: float, wait: float) -> None:
    made = live()
    made.schedule_refresh(True, ttl, NOW, 0.0)
    made.refresh_begun()
    assert made.refresh_at == float("inf")
    made.refresh_later(NOW, chance)
    assert made.refresh_at == NOW + wait


def test_a_refresh_that_failed_is_not_tried_again_where_the_channel_is_live_no_longer() -> None:
    made = live()
    made.retry(NOW)
    made.refresh_later(NOW, 0.0)
    assert made.refresh_at == float("inf")


def test_a_refused_channel_gets_another_chance_in_a_new_session() -> None:
    made = live()
    made.refuse(NOW, 0.5)
    made.signed_in_anew()
    assert not made.refused
    assert made.try_at < 0
    assert made.position == Position("e", 5), "what was missed meanwhile is asked for"


def test_failures_back_off_until_it_was_live_for_a_while() -> None:
    made = channel()
    waits = []
    for _ in range(4):
        made.retry(NOW)
        waits.append(made.try_at - NOW)
    assert waits == [0.75, 1.0, 1.5, 2.5]
    made.begin().answered(Subscribed())
    made.settle(NOW)
    made.retry(NOW + 1)
    assert made.try_at - NOW - 1 == 4.5, "it was live for a moment only"
    made.begin().answered(Subscribed())
    made.settle(NOW)
    made.retry(NOW + STEADY + 1)
    assert made.try_at - NOW - STEADY - 1 == 0.75


def test_at_once_is_at_once_only_where_it_was_live_for_a_while() -> None:
    steady, shaky = live(NOW), live(NOW)
    steady.retry_at_once(NOW + STEADY + 1)
    assert steady.try_at == NOW + STEADY + 1
    shaky.retry_at_once(NOW + 1)
    assert shaky.try_at > NOW + 1.4


def test_a_refused_channel_waits_over_reconnects_and_is_well_again_once_live() -> None:
    made = live()
    made.refuse(NOW, 0.5)
    made.disconnected()
    assert made.refused
    assert made.try_at == NOW + REFUSED_FOR
    made.begin().answered(Subscribed())
    made.settle(NOW + REFUSED_FOR)
    assert not made.refused


def test_channels_that_were_refused_at_the_same_moment_are_not_all_tried_again_at_the_same_moment() -> None:
    tried = []
    for chance in (0.0, 0.5, 0.999):
        made = live()
        made.refuse(NOW, chance)
        tried.append(made.try_at - NOW)
    assert tried[0] == REFUSED_FOR / 2
    assert tried[1] == REFUSED_FOR
    assert 1.49 * REFUSED_FOR < tried[2] < 1.5 * REFUSED_FOR


def test_a_channel_without_room_waits_for_room_and_for_the_next_connection() -> None:
    made = live()
    made.leave_out()
    assert (made.phase, made.refused, made.left_out, made.try_at) == (Phase.IDLE, True, True, float("inf"))
    made.disconnected()
    assert (made.refused, made.left_out) == (False, False)
    assert made.try_at < NOW


@pytest.mark.parametrize(("offset", "new"), [(5, False), (4, False), (6, True), (9, True), (0, True)])
def test_which_live_publications_are_new(offset: int, new: bool) -> None:
    made = live()
    assert made.accepts(Publication("x", offset)) is new
    assert made.position == Position("e", max(5, offset))
