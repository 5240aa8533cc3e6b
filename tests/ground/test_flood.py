"""The flood rule, by its story and by its invariants."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.news import flood
from telex_start.news.flood import SLACK, WIDE, WINDOW, FloodRule, Held
from telex_start.news.item import News
from telex_start.news.unread import UnreadState
from telex_start.toast import Conversation


def conversation(ident: str) -> Conversation:
    return Conversation("org/user", "channels_section", ident)


def news(ident: str = "c", *, counted: bool = True) -> News:
    return News(conversation(ident), ident, unread=1, counted=counted)


def many(_: Conversation) -> int:
    return 1_000_000


def none(_: Conversation) -> int:
    return 0


def told(count: int, conversations: int) -> Held:
    """What a summary of the one organisation tells."""
    return Held(count, conversations, "org/user")


def burst(rule: FloodRule, now: float, count: int, conversations: int = 1) -> int:
    """Offer so many at once; return how many were shown."""
    return sum(rule.offer(now, news(f"c{number % conversations}")) for number in range(count))


def end_of(rule: FloodRule) -> float:
    deadline = rule.deadline()
    assert deadline is not None
    return deadline


def test_three_are_shown_and_no_summary_follows() -> None:
    rule = FloodRule()
    assert burst(rule, 100.0, 3) == 3
    assert rule.deadline() is None
    assert rule.due(200.0, many) is None


def test_a_thousand_are_three_and_one_summary_when_the_window_ends() -> None:
    rule = FloodRule()
    assert burst(rule, 100.0, 1000, 12) == 3
    assert end_of(rule) == 100.0 + WINDOW + SLACK
    assert rule.due(end_of(rule) - 0.001, many) is None
    assert rule.due(end_of(rule), many) == told(997, 12)
    assert rule.deadline() is None
    assert rule.due(1000.0, many) is None


def test_the_window_slides() -> None:
    rule = FloodRule()
    assert [rule.offer(now, news()) for now in (0.0, 2.0, 4.0)] == [True] * 3
    assert not rule.offer(4.5, news())
    assert end_of(rule) == WINDOW + SLACK
    assert rule.due(5.1, many) == told(1, 1)
    # 2.0, 4.0 and the summary at 5.1 are three; 2.0 leaves first.
    assert not rule.offer(6.0, news())
    assert [rule.offer(now, news()) for now in (0.0, 2.0)] == [False, False]


def test_slow_news_is_never_held() -> None:
    rule = FloodRule()
    assert all(rule.offer(number * 2.6, news()) for number in range(100))


def test_only_what_is_still_unread_is_summarised() -> None:
    rule = FloodRule()
    state = {conversation("c0"): 1, conversation("c1"): 0, conversation("c2"): 50}
    burst(rule, 0.0, 3)
    burst(rule, 1.0, 30, 3)
    assert rule.due(6.0, state.__getitem__) == told(1 + 10, 2)


def test_no_summary_when_all_was_read() -> None:
    rule = FloodRule()
    burst(rule, 0.0, 10)
    assert rule.due(6.0, none) is None
    assert rule.deadline() is None
    assert burst(rule, 6.0, 4) == 3  # no summary took a place


def test_a_read_forgets_what_was_held_even_when_the_conversation_grows_again() -> None:
    rule = FloodRule()
    burst(rule, 0.0, 10, 2)
    rule.read(conversation("c0"))
    assert not rule.offer(1.0, news("c0"))
    assert rule.due(6.0, many) == told(1 + 4, 2)


def test_news_that_the_unread_state_does_not_count_is_summarised_all_the_same() -> None:
    rule = FloodRule()
    burst(rule, 0.0, 3)
    for _ in range(5):
        assert not rule.offer(0.0, news("", counted=False))
    assert rule.due(6.0, none) == told(5, 1)


def test_a_second_full_window_in_a_row_is_wide_and_stays_so_until_one_passes_without_holding() -> None:
    rule = FloodRule()
    burst(rule, 0.0, 10)
    first = end_of(rule)
    assert rule.due(first, many) == told(7, 1)
    assert burst(rule, first, 10) == 2  # the summary was the first of three
    second = end_of(rule)
    assert second == first + WIDE + SLACK
    assert rule.due(second, many) == told(8, 1)
    assert burst(rule, second, 10) == 2
    third = end_of(rule)
    assert third == second + WIDE + SLACK
    assert rule.due(third, many) is not None
    assert burst(rule, third + WIDE, 10) == 3
    assert end_of(rule) == third + WIDE + WINDOW + SLACK


def test_full_windows_far_apart_stay_narrow() -> None:
    rule = FloodRule()
    for start in (0.0, 20.0, 40.0, 60.0):
        assert burst(rule, start, 10) == 3
        assert end_of(rule) == start + WINDOW + SLACK
        assert rule.due(end_of(rule), many) == told(7, 1)


def test_a_late_caller_gets_its_summary() -> None:
    rule = FloodRule()
    burst(rule, 0.0, 10)
    assert rule.due(50_000.0, many) == told(7, 1)
    assert rule.offer(50_000.0, news())


def test_what_was_shown_without_asking_takes_a_place() -> None:
    rule = FloodRule()
    rule.shown(0.0)
    assert burst(rule, 0.0, 10) == 2
    assert end_of(rule) == WINDOW + SLACK
    for now in (4.0, 4.1, 4.2):
        rule.shown(now)
    assert rule.due(end_of(rule), many) is None
    assert end_of(rule) == 4.0 + WINDOW + SLACK
    assert rule.due(end_of(rule), many) == told(8, 1)


def test_clear_forgets_what_is_held_but_not_what_was_shown() -> None:
    rule = FloodRule()
    burst(rule, 0.0, 10)
    rule.clear()
    assert rule.deadline() is None
    assert rule.due(100.0, many) is None
    again = FloodRule()
    burst(again, 0.0, 3)
    again.clear()
    assert not again.offer(1.0, news())


def test_memory_is_bounded_and_nothing_is_lost_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST_CONVERSATIONS", 10)
    rule = FloodRule()
    burst(rule, 0.0, 3)
    for number in range(100):
        rule.offer(0.0, news(f"n{number}"))
    assert len(rule._held) + len(rule._forgettable) == 11
    assert rule.due(6.0, many) == Held(100, 11)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("offer", "offer", "offer", "due", "read")),
        st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(0, 8), st.floats(0, 40)),
        st.sampled_from("abcd"),
    ),
    max_size=120,
)


@given(STEPS)
def test_never_more_than_three_in_five_seconds_and_nothing_is_lost(steps: list[tuple[str, float, str]]) -> None:
    rule, now = FloodRule(), 0.0
    shows: list[float] = []
    held: dict[str, int] = {}  # what a model knows to be neither shown, summarised nor read

    def close() -> None:
        summary = rule.due(now, many)
        if rule.deadline() is None:
            expected = {ident: count for ident, count in held.items() if count}
            assert summary == (told(sum(expected.values()), len(expected)) if expected else None)
            held.clear()
        if summary is not None:
            shows.append(now)

    for what, wait, ident in steps:
        deadline = rule.deadline()
        if deadline is not None and deadline < now + wait and what != "due":
            now = max(now, deadline)
            close()
        now += wait
        if what == "offer":
            if rule.offer(now, news(ident)):
                shows.append(now)
                assert not held  # what came first is not overtaken
            else:
                held[ident] = held.get(ident, 0) + 1
                assert rule.deadline() is not None
                assert end_of(rule) <= now + WIDE + SLACK
        elif what == "read":
            rule.read(conversation(ident))
            held.pop(ident, None)
        elif rule.deadline() is not None and now >= end_of(rule):
            close()
    now += WIDE + SLACK
    if rule.deadline() is not None:
        close()
    assert not any(held.values())
    for index, start in enumerate(shows):
        assert bisect_left(shows, start + WINDOW) - index <= 3


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from("abc"), st.integers(0, 9)), min_size=1, max_size=60))
def test_with_the_unread_state_a_summary_never_tells_more_than_is_unread(
    updates: list[tuple[float, str, int]],
) -> None:
    rule, state, now = FloodRule(), UnreadState(), 0.0
    for wait, ident, threads in updates:
        now += wait
        summary = rule.due(now, state.unread_of)
        if summary is not None:
            assert 0 < summary.threads <= state.counts().unread
            assert 0 < summary.conversations <= state.counts().conversations
        data = {"channels_id": ident, "thread_count": threads}
        growth = state.count(conversation(ident), data)
        if growth is not None:
            rule.offer(now, News(conversation(ident), unread=growth.unread))
        elif not threads:
            rule.read(conversation(ident))
