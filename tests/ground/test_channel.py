"""One organisation's channel: when it subscribes again, refreshes its token, or counts as refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.push.channel import REFUSED_FOR, STEADY, Backoff, Channel, Phase, Position, early
from telex_start.push.frames import Subscribed

NOW = 1000.0


def channel() -> Channel:
    return Channel("o/u", Backoff(lambda: 0.5))


def live(since: float = NOW) -> Channel:
    made = channel()
    made.begin().answered(Subscribed(recoverable=True, recovered=True, was_recovering=True, epoch="e", offset=5))
    made.settle(since)
    return made


@given(st.floats(1, 1e6), st.floats(0, 1, exclude_max=True))
def test_a_token_is_renewed_early_but_not_all_the_time(ttl: float, chance: float) -> None:
    wait = early(ttl, chance)
    assert wait >= 1.0
    assert wait <= max(1.0, 0.8 * ttl)
    assert wait >= 0.72 * ttl - 1e-9 * ttl


def test_a_refresh_that_failed_is_not_tried_again_where_the_channel_is_live_no_longer() -> None:
    made = live()
    made.retry(NOW)
    made.refresh_later(NOW, 0.0)
    assert made.refresh_at == float("inf")


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


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.75])
def test_a_refused_channel_waits_over_reconnects_and_is_well_again_once_live(chance: float) -> None:
    made = live()
    made.refuse(NOW, chance)
    made.disconnected()
    assert made.refused
    assert made.try_at == NOW + REFUSED_FOR * (0.5 + chance), "not with all the others"
    made.signed_in_anew()
    assert not made.refused and made.try_at < 0, "a new session may do more"
    assert made.position == Position("e", 5), "what was missed meanwhile is asked for"
    made.refuse(NOW, chance)
    made.begin().answered(Subscribed())
    made.settle(NOW + REFUSED_FOR)
    assert not made.refused


def test_a_channel_without_room_waits_for_room_and_for_the_next_connection() -> None:
    made = live()
    made.leave_out()
    assert (made.phase, made.refused, made.left_out, made.try_at) == (Phase.IDLE, True, True, float("inf"))
    made.disconnected()
    assert (made.refused, made.left_out) == (False, False)
    assert made.try_at < NOW
