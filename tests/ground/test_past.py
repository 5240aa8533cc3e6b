"""What was unread before the sign-in: two summaries at most, with time as an argument."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from telex_start.news.gathering import Total, total
from telex_start.news.item import News
from telex_start.news.past import ALL_WITHIN, FIRST_WITHIN, Past
from telex_start.toast import Conversation


def news(channel: str, unread: int = 1) -> News:
    return News(Conversation(channel, "channels_section", "general"), "General", unread=unread)


def all_unread(_: Conversation) -> int:
    return 1000


def past_of(organisations: int) -> Past:
    past = Past()
    past.expect([f"o{number}" for number in range(organisations)])
    return past


def test_it_waits_for_all_and_no_longer() -> None:
    past = past_of(2)
    assert past.deadline() is None, "nobody has answered"
    past.gather(news("o0", 5))
    past.answered("o0", 1.0)
    assert past.deadline() == 1.0 + FIRST_WITHIN
    assert past.due(2.0, all_unread) == []
    past.gather(news("o1", 7))
    past.answered("o1", 2.0)
    assert total(past.due(2.0, all_unread)) == Total(12, 2)
    assert (past.over, past.deadline()) == (True, None)


def test_the_late_ones_have_one_summary_together() -> None:
    past = past_of(3)
    past.gather(news("o0"))
    past.answered("o0", 1.0)
    assert total(past.due(11.0, all_unread)) == Total(1, 1)
    assert past.deadline() == 1.0 + ALL_WITHIN
    past.gather(news("o1"))
    past.answered("o1", 30.0)
    assert past.due(30.0, all_unread) == []
    past.gather(news("o2"))
    past.answered("o2", 45.0)
    assert total(past.due(45.0, all_unread)) == Total(2, 2)
    assert past.over


def test_after_a_minute_it_is_over_whoever_is_missing() -> None:
    past = past_of(2)
    past.answered("o0", 1.0)
    assert past.due(11.0, all_unread) == []
    assert not past.over
    assert past.due(61.0, all_unread) == []
    assert (past.over, past.deadline()) == (True, None)
    past.expect(["o9"])
    past.answered("o9", 70.0)
    assert past.deadline() is None


def test_an_organisation_that_was_left_is_not_waited_for() -> None:
    past = past_of(2)
    past.gather(news("o0"))
    past.answered("o0", 1.0)
    past.left("o1")
    assert past.deadline() == 1.0
    assert total(past.due(3.0, all_unread)) == Total(1, 1)


def test_what_was_read_meanwhile_is_not_told_and_the_next_sign_in_begins_anew() -> None:
    past = past_of(1)
    past.gather(news("o0", 5))
    past.answered("o0", 1.0)
    assert past.due(1.0, lambda _: 0) == []
    past.clear()
    past.expect(["o0"])
    past.gather(news("o0", 5))
    past.answered("o0", 1.0)
    assert total(past.due(1.0, lambda _: 3)) == Total(3, 1)


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), min_size=1, max_size=60), st.data())
def test_there_are_never_more_than_two_and_nothing_is_lost(
    answers: list[tuple[float, bool]], data: st.DataObject
) -> None:
    past = past_of(len(answers))
    order = data.draw(st.permutations(range(len(answers))))
    now, told, by_themselves, summaries = 0.0, 0, 0, 0

    def until(end: float) -> None:
        nonlocal told, summaries
        for _ in itertools.repeat(None):
            deadline = past.deadline()
            if deadline is None or deadline > end:
                return
            assert not past.over
            gathered = past.due(max(deadline, now), all_unread)
            if gathered:
                summaries += 1
                told += total(gathered).conversations

    for number in order:
        pause, has_news = answers[number]
        until(now + pause)
        now += pause
        if has_news and past.over:
            by_themselves += 1
        elif has_news:
            past.gather(news(f"o{number}"))
        past.answered(f"o{number}", now)
    until(now + ALL_WITHIN)
    assert past.over
    assert summaries <= 2
    assert told + by_themselves == sum(has_news for _, has_news in answers)
