"""What is shown of what comes, with time as an argument."""

from __future__ import annotations

import tracemalloc

from telex_start.events import How
from telex_start.news.unread import Counts
from tests.ground.desk import Desk, change


def test_the_organisation_is_named_only_where_there_are_several() -> None:
    one, two = Desk(1), Desk(2)
    one.receive(change("General", 1))
    two.receive(change("General", 1))
    assert (one.titles, two.titles) == (["General"], ["General · Org 0"])


def test_counts_are_told_at_each_change_and_only_then() -> None:
    desk = Desk()
    desk.receive(change("a", 2, 1), change("a", 2, 1), change("b", 1))
    desk.receive(change("b", 0))
    desk.receive(change("b", 0))
    assert desk.counts == [Counts(2, 1, 1), Counts(3, 1, 2), Counts(2, 1, 1)]


def test_a_read_conversation_takes_its_toast_away() -> None:
    desk = Desk()
    desk.receive(change("a", 1), change("b", 1))
    desk.receive(change("a", 0))
    assert desk.read == ["a"]


def test_a_read_conversation_takes_its_toast_away_where_as_much_comes_elsewhere_with_it() -> None:
    """The counts together were the same before and after, and the toast stayed."""
    desk = Desk()
    desk.receive(change("a", 1))
    desk.receive(change("a", 0), change("b", 1), now=1.0)
    assert desk.read == ["a"]
    assert desk.titles == ["a", "b"]


def test_a_conversation_that_was_read_and_written_to_again_keeps_its_newest_toast() -> None:
    desk = Desk()
    desk.receive(change("a", 1))
    desk.receive(change("a", 0), change("a", 1), now=1.0)
    assert (desk.read, desk.titles) == ([], ["a", "a"])


def test_recovered_messages_that_were_read_meanwhile_are_not_shown() -> None:
    desk = Desk()
    desk.receive(change("a", 1), change("b", 1), change("a", 0), change("a", 1), how=How.RECOVERED)
    assert desk.titles == ["b", "a"]


def test_the_past_is_one_summary_when_all_have_answered() -> None:
    desk = Desk(2)
    desk.receive(change("a", 5), change("b", 1), how=How.CAUGHT_UP, now=0.0)
    desk.notifier.answered("o0/u", 0.1)
    assert desk.toasts == []
    desk.receive(change("c", 6), how=How.CAUGHT_UP, now=0.2, organisation=1)
    desk.notifier.answered("o1/u", 0.3)
    assert (desk.titles, desk.bodies) == (["While you were away"], ["12 unread in 3 conversations"])
    assert desk.notifier.deadline() is None


def test_the_past_waits_ten_seconds_for_a_late_organisation_and_no_longer() -> None:
    desk = Desk(2)
    desk.receive(change("a", 5), how=How.CAUGHT_UP, now=0.0)
    desk.notifier.answered("o0/u", 0.0)
    assert desk.notifier.deadline() == 10.0
    desk.notifier.tick(9.9)
    assert desk.toasts == []
    desk.notifier.tick(10.0)
    assert desk.bodies == ["5 unread in 1 conversation"]
    desk.receive(change("b", 2), how=How.CAUGHT_UP, now=60.0, organisation=1)
    desk.notifier.answered("o1/u", 60.0)
    assert desk.bodies[1:] == ["2 unread in 1 conversation"]


def test_forty_slow_organisations_tell_the_past_in_two_summaries() -> None:
    """There were up to four, one each ten seconds."""
    desk = Desk(40)
    for number in range(40):
        now = number * 1.0
        deadline = desk.notifier.deadline()
        if deadline is not None and deadline <= now:
            desk.notifier.tick(now)
        desk.receive(change("General", 2), how=How.CAUGHT_UP, now=now, organisation=number)
        desk.notifier.answered(f"o{number}/u", now)
    assert desk.titles == ["While you were away"] * 2
    assert desk.bodies == ["20 unread in 10 conversations", "60 unread in 30 conversations"]
    assert desk.notifier.deadline() is None


def test_an_organisation_that_answers_later_still_is_told_like_any_other() -> None:
    desk = Desk(2)
    desk.notifier.answered("o0/u", 0.0)
    desk.notifier.tick(10.0)
    desk.notifier.tick(60.0)
    desk.receive(*(change(name, 1) for name in "abcde"), how=How.CAUGHT_UP, now=300.0, organisation=1)
    assert desk.titles == ["a · Org 1", "b · Org 1", "c · Org 1"]
    desk.notifier.tick(306.0)
    assert desk.bodies[3:] == ["2 more in 2 conversations"]


def test_the_past_leaves_out_what_is_read_or_told_by_then() -> None:
    desk = Desk(2)
    desk.receive(change("a", 5), change("b", 1), how=How.CAUGHT_UP, now=0.0)
    desk.notifier.answered("o0/u", 0.0)
    desk.receive(change("a", 0), now=1.0)
    desk.receive(change("b", 2), now=2.0)  # one more, live: shown by itself
    desk.notifier.tick(10.0)
    assert desk.bodies == ["about b\n2 unread", "1 unread in 1 conversation"]


def test_nothing_unread_in_the_past_is_no_summary() -> None:
    desk = Desk()
    desk.receive(change("a", 5), change("a", 0), how=How.CAUGHT_UP)
    desk.notifier.answered("o0/u", 0.0)
    assert desk.toasts == []


def test_a_summary_counts_as_one_of_the_three() -> None:
    desk = Desk()
    desk.receive(change("past", 1), how=How.CAUGHT_UP, now=0.0)
    desk.notifier.answered("o0/u", 0.0)
    desk.receive(*(change(name, 1) for name in "abc"), now=1.0)
    assert desk.titles == ["While you were away", "a", "b"]
    deadline = desk.notifier.deadline()
    assert deadline is not None
    desk.notifier.tick(deadline)
    assert desk.bodies[-1] == "1 more in 1 conversation"


def test_a_flood_that_is_read_before_its_summary_has_none() -> None:
    desk = Desk()
    desk.receive(*(change(name, 1) for name in "abcdef"))
    desk.receive(*(change(name, 0) for name in "abcdef"))
    desk.notifier.tick(60.0)
    assert desk.titles == ["a", "b", "c"]


def test_an_organisation_that_was_left_takes_its_counts_along() -> None:
    desk = Desk(2)
    desk.receive(change("a", 3))
    desk.receive(change("b", 4), organisation=1)
    desk.look_up(1)
    assert desk.counts[-1] == Counts(3, 0, 1)
    desk.receive(change("late", 1), organisation=1)
    assert desk.notifier.counts == Counts(3, 0, 1)


def test_lost_publications_make_the_next_count_news() -> None:
    desk = Desk()
    desk.receive(change("a", 3))
    desk.notifier.unknown("o0/u")
    desk.receive(change("a", 2))
    assert desk.bodies == ["about a\n3 unread", "about a\n2 unread"]


def test_look_ups_that_are_broken_off_again_and_again_keep_nothing_that_grows() -> None:
    desk = Desk(2)

    def go_on(first: int) -> int:
        for number in range(first, first + 12_000):
            desk.receive(change(f"{number:0100}", 0), organisation=number % 2)
        return tracemalloc.get_traced_memory()[0]

    for channel in ("o0/u", "o1/u"):
        desk.notifier.look_up_began(channel)
    tracemalloc.start()
    try:
        before = go_on(0)
        assert go_on(12_000) - before < 1_000_000, "bytes"
    finally:
        tracemalloc.stop()
    desk.receive(change("a", 2))
    desk.rows({"channels_id": "a", "thread_count": 5})
    assert desk.counts[-1] == Counts(2, 0, 1), "what was published meanwhile is newer"


def test_signing_out_forgets_everything() -> None:
    desk = Desk()
    desk.receive(change("a", 3))
    desk.notifier.clear()
    assert desk.counts[-1] == Counts(0, 0, 0)
    assert desk.read == ["a"]
    desk.look_up(1)
    desk.receive(change("a", 3), now=100.0)
    assert len(desk.toasts) == 2


def test_a_message_without_usable_data_is_titled_with_the_organisation() -> None:
    desk = Desk()
    desk.receive({"notification_type": "unread_thread_change", "section": "channels_section", "data": None})
    assert (desk.titles, desk.bodies) == (["Org 0"], ["New unread message"])
