"""When the tray's face is renewed."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from telex_start.app.renewal import SELDOM, SETTLE, Renewal
from telex_start.events import StateChanged
from telex_start.states import State


def online(subscribed: int = 2, organisations: int = 2) -> StateChanged:
    return StateChanged(State.ONLINE, organisations=organisations, subscribed=subscribed)


def test_new_words_are_shown_at_once() -> None:
    renewal = Renewal(StateChanged(State.SIGNED_OUT), lambda: SELDOM)
    face = renewal.change(0.0, session=online())
    assert face is not None
    assert (face.status, face.title) == ("Online: 2 organisations", "Telex: Online: 2 organisations")


def test_nothing_new_renews_nothing() -> None:
    renewal = Renewal(online(), lambda: SELDOM)
    assert renewal.change(0.0, session=online()) is None
    assert renewal.deadline() is None


def test_numbers_settle_and_then_are_shown_together() -> None:
    """Three organisations come online within a moment: one renewal, not three."""
    renewal = Renewal(StateChanged(State.CONNECTING), lambda: SELDOM)
    renewal.change(0.0, session=online(0, 3))
    assert [renewal.change(0.01 * n, session=online(n, 3)) for n in (1, 2, 3)] == [None] * 3
    due = renewal.deadline()
    assert due == 0.01 + SETTLE
    face = renewal.tick(due)
    assert face is not None
    assert face.status == "Online: 3 organisations"


def test_a_number_that_went_back_needs_no_renewal() -> None:
    renewal = Renewal(online(), lambda: SELDOM)
    renewal.change(0.0, unread=1)
    renewal.change(0.1, unread=0)
    assert renewal.deadline() is None


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(0, 100)), max_size=60))
def test_numbers_alone_renew_at_most_once_in_five_seconds(steps: list[tuple[float, int]]) -> None:
    renewal = Renewal(online(), lambda: SELDOM)
    now, shown = 0.0, []
    for pause, unread in steps:
        end = now + pause
        while (due := renewal.deadline()) is not None and due <= end:
            if renewal.tick(due) is not None:
                shown.append(due)
        now = end
        assert renewal.change(now, unread=unread) is None
    assert all(later - earlier >= SELDOM - 1e-9 for earlier, later in pairwise(shown))
    if (due := renewal.deadline()) is not None:
        renewal.tick(due)
    assert renewal.shown.unread == (steps[-1][1] if steps else 0)


def test_retries_look_like_one_reconnecting() -> None:
    """connecting after a failure is not shown as a new word: the menu would blink at each retry."""
    renewal = Renewal(online(), lambda: SELDOM)
    first = renewal.change(0.0, session=StateChanged(State.RECONNECTING, "no connection to Telex", 2))
    assert first is not None
    assert first.status == "Reconnecting: no connection to Telex"
    assert renewal.change(1.0, session=StateChanged(State.CONNECTING, "no connection to Telex", 2)) is None
    assert renewal.deadline() is None
