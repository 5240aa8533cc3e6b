"""The notifier: which publications and polled rows are news, what counts as unread, and the summary after a sign-in."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.events import How
from telex_start.news import unread
from telex_start.news.unread import Counts
from tests.ground.desk import Desk, agent, change, direct, row

NOTHING = Counts(0, 0, 0)
MOST_COUNT = 999_999


@pytest.fixture
def online(desk: Desk) -> Desk:
    """A desk that has told what was unread before the sign-in: whatever comes is live."""
    desk.notifier.answered("o0/u", 0.0)
    return desk


def bare(section: str = "channels_section", **fields: Any) -> dict[str, Any]:
    return {"notification_type": "unread_thread_change", "section": section, "data": fields}


# What is news.


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.integers(0, 4)), max_size=30))
def test_news_is_exactly_growth_over_the_last_known_counts(updates: list[tuple[str, int, int]]) -> None:
    desk = Desk()
    known: dict[str, tuple[int, int]] = {}
    for name, threads, mentions in updates:
        before = known.get(name, (0, 0))
        expected = threads > 0 and (threads > before[0] or mentions > before[1])
        assert desk.news(change(name, threads, mentions)) == [expected]
        known[name] = (threads, mentions) if threads else (0, 0)
    assert desk.notifier.counts.unread == sum(threads for threads, _ in known.values())
    assert desk.notifier.counts.mentions == sum(mentions for _, mentions in known.values())


def test_counts_are_told_at_each_change_and_only_then(desk: Desk) -> None:
    desk.receive(change("a", 2, 1), change("a", 2, 1), change("b", 1))
    desk.receive(change("b", 0))
    desk.receive(change("b", 0))
    assert desk.counts == [Counts(2, 1, 1), Counts(3, 1, 2), Counts(2, 1, 1)]


def test_conversations_are_told_apart_by_organisation_section_and_id_or_name(two: Desk) -> None:
    assert two.news(change("x", 1), direct(channel_id="x")) == [True, True]
    assert two.news(change("x", 1), organisation=1) == [True]
    assert two.news(*(bare(name=name, thread_count=1) for name in ("a", "b", "a"))) == [True, True, False]
    assert two.news(bare(username="c", thread_count=1)) == [True]
    assert two.notifier.counts == Counts(6, 0, 6)
    agents = [agent(1, ident, channel_id="r1") for ident in ("a1", "a2")]
    assert two.news(*agents) == [True, True], "an agent is known by its own id"


@pytest.mark.parametrize("absent", [{}, *({"thread_count": count} for count in (None, "3", True, 1.5))])
def test_without_an_integer_count_it_is_news_and_counts_one_more(desk: Desk, absent: dict[str, Any]) -> None:
    assert desk.news(bare(channels_id="a", **absent), bare(channels_id="a", **absent)) == [True, True]
    assert desk.notifier.counts == Counts(2, 0, 1)
    assert desk.news(*(change("a", threads) for threads in (2, 3, 0))) == [False, True, False]


def test_the_same_notification_id_twice_is_one_event(desk: Desk) -> None:
    once, another = (change("a", count) | {"notification_id": "n1"} for count in (1, 9))
    assert desk.news(once, another) == [True, False]
    assert desk.notifier.counts.unread == 1
    assert desk.news(another | {"notification_id": "n2"}, another | {"notification_id": 5}) == [True, False]


def test_notification_ids_are_remembered_up_to_a_bound_those_that_came_last(desk: Desk) -> None:

    def comes(*idents: str) -> int:
        desk.receive(*(change(ident, 1) | {"notification_id": ident} for ident in idents))
        before = desk.notifier.counts.unread
        desk.receive(change(idents[-1], 3) | {"notification_id": idents[0]})
        return desk.notifier.counts.unread - before

    assert comes("first", *(f"n{number}" for number in range(unread.MOST_EVENTS - 1))) == 0, "still known"
    assert comes("first", *(f"m{number}" for number in range(unread.MOST_EVENTS - 1))) == 0, "it is the latest again"
    assert comes("n9", *(f"k{number}" for number in range(unread.MOST_EVENTS))) == 2


def test_a_negative_count_is_none(desk: Desk) -> None:
    assert desk.news(change("a", 2, -5), change("b", 1, 1), change("a", -1)) == [True, True, False]
    assert desk.notifier.counts == Counts(1, 1, 1)


@pytest.mark.parametrize("data", [None, [], "x", 7, {}, {"thread_count": 2}, {"name": ""}, {"channels_id": None}])
def test_no_usable_data_is_news_and_never_stuck_in_the_counts(desk: Desk, data: Any) -> None:
    assert desk.news(bare() | {"data": data}) == [True]
    assert (desk.titles, desk.bodies) == (["Org 0"], ["New unread message"])
    assert (desk.toasts[0].unread, desk.toasts[0].conversation) == (0, None)
    assert desk.notifier.counts == NOTHING


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], "x", 3, {}, {"notification_type": None}, {"notification_type": ["unread_thread_change"]}),
        *(
            {"notification_type": "reaction_event", "data": {"channels_id": "a", "thread_count": 1}},
            bare(thread_count=0),
        ),
    ],
)
def test_what_is_no_publication_or_a_read_of_nothing_is_nothing(desk: Desk, data: Any) -> None:
    desk.receive(data)
    assert (desk.toasts, desk.counts) == ([], [])


def test_lost_publications_make_the_next_count_above_0_news(two: Desk) -> None:
    two.news(change("a", 5), change("b", 2))
    two.news(change("a", 5), organisation=1)
    two.notifier.unknown("o0/u")
    assert two.news(*(change(name, threads) for name, threads in (("a", 3), ("a", 3), ("b", 0)))) == [
        True,
        False,
        False,
    ]
    assert two.news(change("a", 5), organisation=1) == [False]
    assert two.notifier.counts == Counts(8, 0, 2)
    two.notifier.unknown("o0/u")
    assert two.news(bare(channels_id="a"), change("a", 4), change("a", 4)) == [True, True, False]


# Toasts, and what ends them.


def test_a_read_conversation_takes_its_toast_away_whatever_comes_elsewhere_with_it(desk: Desk) -> None:
    """The total was the same before and after, so the toast of the read conversation stayed."""
    desk.receive(change("a", 1), change("b", 1))
    desk.receive(change("a", 0))
    assert desk.read == ["a"]
    desk.receive(change("b", 0), change("c", 1), now=1.0)
    assert (desk.read, desk.titles) == (["a", "b"], ["a", "b", "c"])


def test_a_conversation_that_was_read_and_written_to_again_keeps_its_newest_toast(desk: Desk) -> None:
    desk.receive(change("a", 1))
    desk.receive(change("a", 0), change("a", 1), now=1.0)
    assert (desk.read, desk.titles) == ([], ["a", "a"])


def test_so_many_toasts_are_remembered_and_no_more(desk: Desk) -> None:
    desk.news(*(change(f"c{number}", 1) for number in range(4097)))
    desk.receive(change("c0", 0), change("c1", 0))
    assert desk.read == ["c1"]


def test_recovered_messages_that_were_read_meanwhile_are_not_shown(desk: Desk) -> None:
    missed = (change("a", 1), change("b", 1), bare() | {"data": None}, change("a", 0), change("a", 1))
    desk.receive(*missed, how=How.RECOVERED)
    assert desk.titles == ["b", "Org 0", "a"]


def test_an_organisation_that_was_left_takes_its_counts_along(two: Desk) -> None:
    two.receive(change("a", 3, 1))
    two.receive(change("b", 4, 1), organisation=1)
    two.know(1)
    assert two.counts[-1] == Counts(3, 1, 1)
    assert two.read == ["b"]
    two.receive(change("late", 1), organisation=1)
    assert two.notifier.counts == Counts(3, 1, 1)
    assert [one.name for one in two.notifier.known_organisations()] == ["Org 0"]


def test_of_an_organisation_that_was_left_nothing_that_a_flood_held_is_told() -> None:
    desk = Desk(2, "of_tomorrow")
    for number in range(5):
        desk.receive({"notification_type": "of_tomorrow", "data": {"name": f"Robo {number}"}}, organisation=1)
    assert len(desk.toasts) == 3
    desk.know(1)
    desk.until(100.0)
    assert len(desk.toasts) == 3


def test_signing_out_forgets_everything(desk: Desk) -> None:
    once = change("a", 3) | {"notification_id": "n"}
    desk.receive(once)
    desk.notifier.clear()
    assert (desk.counts[-1], desk.read) == (NOTHING, ["a"])
    desk.know(1)
    desk.receive(once, now=100.0)
    assert len(desk.toasts) == 2


def test_a_defect_in_one_publication_costs_the_others_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Defect(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError("planted")

    for how in (How.LIVE, How.RECOVERED):
        desk = Desk()
        with pytest.raises(RuntimeError, match="planted"):
            desk.receive(change("a", 1), Defect(), bare() | {"data": Defect()}, change("b", 2), how=how)
        assert (desk.titles, desk.counts[-1]) == (["a", "b"], Counts(3, 0, 2))


# Polls.


def test_a_poll_that_says_what_is_known_is_no_news_also_after_lost_publications(online: Desk) -> None:
    online.receive(change("a", 1), change("b", 1), now=1.0)
    online.notifier.unknown("o0/u")
    author = {"user_id": "u-ben", "full_name": "Ben Okri", "message": "<p>the build is green</p>"}
    online.asks(row("a", 1), row("b", 2, preview_thread=[author]), row("c", 0), now=60.0)
    assert online.titles == ["a", "b", "b"]
    assert online.bodies[2:] == ["Ben Okri: the build is green\n2 unread"]
    assert online.news(change("a", 1)) == [False]


def test_what_is_absent_or_0_in_a_section_that_was_answered_whole_has_been_read(two: Desk) -> None:
    two.news(change("a", 1), change("b", 1), change("c", 1), direct(channel_id="a"), bare(name="d", thread_count=1))
    two.news(change("a", 1), organisation=1)
    # A conversation that came without an id is known by its name; the poll names it with its id, too.
    two.asks(row("b", 0), row("c", 1), row("id", 1, 0, name="d"))
    assert sorted(two.read) == ["a", "b"]
    two.asks(row("c", 0), whole=False)
    assert two.notifier.counts == Counts(4, 0, 4), "of an answer in part, only what it says"


def test_a_publication_after_the_request_wins_over_the_row(online: Desk) -> None:
    """A message came, and another was read, while the poll's answer was on its way."""
    online.receive(change("read", 2), change("older", 1), now=1.0)
    online.notifier.poll_began("o0/u")
    online.receive(change("read", 0), change("new", 1), change("older", 5), now=60.0)
    shown = len(online.toasts)
    online.rows(row("read", 2), row("older", 1), now=61.0)
    online.rows(section="dm_channels_section", now=61.0)
    online.notifier.poll_ended("o0/u", 61.0)
    assert (len(online.toasts), online.notifier.counts) == (shown, Counts(6, 0, 2))
    assert online.news(change("new", 1)) == [False]
    online.asks(now=200.0)
    assert online.notifier.counts == NOTHING, "the next poll is newer than those"


def test_rows_that_say_nothing_change_nothing(online: Desk) -> None:
    online.receive(change("a", 2))
    online.asks(row("a", None), row("b", "3"), {"thread_count": 4}, {})
    assert online.notifier.counts == Counts(2, 0, 1)


def test_where_an_agents_conversation_is_unread_it_is_watched_until_a_poll_says_otherwise(two: Desk) -> None:
    two.receive(agent(1), agent(1, "a2"), agent(2))
    assert two.agents == [frozenset({"o0/u"})]
    two.asks({"id": "a1", "name": "Robo", "thread_count": 0}, section="agent_channels_section", whole=False)
    assert (two.agents[1:], two.read) == ([], ["a1"])
    two.asks(section="agent_channels_section")
    assert (two.agents[1:], two.read) == ([frozenset()], ["a1", "a2"])


def test_where_counts_are_no_news_a_poll_counts_and_tells_nothing(online: Desk) -> None:
    online.tells()
    online.asks(row("a", 3), now=1.0)
    assert (online.toasts, online.notifier.counts.unread) == ([], 3)


# The past: what was unread before the sign-in.


def test_the_past_is_history_and_poll_together(two: Desk) -> None:
    for number in (0, 1):
        two.receive(change("a", 2), how=How.CAUGHT_UP, organisation=number)
        two.notifier.answered(f"o{number}/u", 0.0, poll_follows=True)
    two.asks(row("a", 5), row("b", 3), now=1.0)
    assert two.toasts == []
    two.asks(row("a", 2), row("c", 2), now=2.0, organisation=1)
    assert two.bodies == ["12 unread in 4 conversations"]
    assert (two.notifier.counts, two.notifier.deadline()) == (Counts(12, 0, 4), None)


def test_the_past_may_be_told_by_the_history_alone(desk: Desk) -> None:
    """As in a deployment where polls bring nothing."""
    desk.receive(change("a", 12), how=How.CAUGHT_UP)
    desk.notifier.answered("o0/u", 0.0, poll_follows=True)
    desk.notifier.poll_ended("o0/u", 0.1)
    assert desk.bodies == ["12 unread in 1 conversation"]


def test_the_past_waits_ten_seconds_for_a_late_organisation_and_then_a_minute_for_all() -> None:
    desk = Desk(3)
    desk.receive(change("a", 5), how=How.CAUGHT_UP)
    desk.notifier.answered("o0/u", 0.0)
    assert desk.notifier.deadline() == 10.0
    desk.notifier.tick(9.9)
    assert desk.toasts == []
    desk.notifier.tick(10.0)
    assert desk.bodies == ["5 unread in 1 conversation"]
    assert desk.notifier.deadline() == 60.0
    desk.receive(change("b", 2), how=How.CAUGHT_UP, now=60.0, organisation=1)
    desk.notifier.answered("o1/u", 59.0)
    assert len(desk.bodies) == 1
    desk.notifier.tick(60.0)
    assert desk.bodies[1:] == ["2 unread in 1 conversation"]
    assert desk.notifier.deadline() is None
    # An organisation that answers even later, or is joined later, has toasts like any other news.
    desk.receive(*(change(name, 1) for name in "abcde"), how=How.CAUGHT_UP, now=300.0, organisation=2)
    desk.know(4)
    desk.notifier.answered("o3/u", 301.0, poll_follows=True)
    desk.asks(row("f", 1), now=302.0, organisation=3)
    assert desk.titles[2:] == ["a · Org 2", "b · Org 2", "c · Org 2"]
    desk.notifier.tick(306.0)
    assert desk.bodies[5:] == ["3 more in 3 conversations"]


def test_an_organisation_that_was_left_is_not_waited_for_and_not_told() -> None:
    desk = Desk(3)
    desk.receive(change("a", 1), how=How.CAUGHT_UP)
    desk.receive(change("a", 7), how=How.CAUGHT_UP, organisation=2)
    desk.notifier.answered("o0/u", 1.0)
    desk.notifier.answered("o1/u", 1.0, poll_follows=True)
    desk.know(1)
    desk.until(2.0)
    assert desk.bodies == ["1 unread in 1 conversation"]


def test_the_past_leaves_out_what_is_read_or_told_by_then(two: Desk) -> None:
    two.receive(change("a", 5), change("b", 1), change("c", 1), change("c", 0), how=How.CAUGHT_UP)
    two.notifier.answered("o0/u", 0.0)
    two.receive(change("a", 0), now=1.0)
    two.receive(change("b", 2), now=2.0)  # one more, live: shown by itself
    two.notifier.tick(10.0)
    assert two.bodies == ["about b\n2 unread", "1 unread in 1 conversation"]


# Bounds.


def test_conversations_are_bounded_the_longest_quiet_goes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "MOST_CONVERSATIONS", 10)
    desk.receive(change("keep", 1))
    for number in range(50):
        desk.receive(change(f"c{number}", 2, 1), change("keep", 1))
    assert desk.notifier.counts == Counts(19, 9, 10)
    assert desk.news(change("keep", 1)) == [False]


def test_polls_that_are_broken_off_again_and_again_keep_nothing_that_grows(two: Desk) -> None:

    def go_on(first: int) -> int:
        for number in range(first, first + 12_000):
            two.receive(change(f"{number:0100}", 0), organisation=number % 2)
        return tracemalloc.get_traced_memory()[0]

    for channel in ("o0/u", "o1/u"):
        two.notifier.poll_began(channel)
    tracemalloc.start()
    try:
        before = go_on(0)
        assert go_on(12_000) - before < 1_000_000, "bytes"
    finally:
        tracemalloc.stop()
    two.receive(change("a", 2))
    two.rows(row("a", 5))
    assert two.counts[-1] == Counts(2, 0, 1), "what was published meanwhile is newer"


def test_hostile_numbers_and_long_names_do_not_grow_it(desk: Desk) -> None:
    huge = 10**5000
    desk.receive(change("a", huge, huge), bare("s" * 100_000, channels_id="i" * 100_000, name="n" * 100_000))
    desk.receive(bare(channels_id="a"))
    assert desk.notifier.counts == Counts(MOST_COUNT + 1, MOST_COUNT, 2)
    told = [toast.conversation for toast in desk.toasts]
    assert [len(one.ident + one.section) for one in told if one is not None] == [1 + 16, 256 + 256, 1 + 16]


def test_ids_are_words_of_bounded_length_or_numbers(desk: Desk) -> None:
    idents: tuple[Any, ...] = ("i" * 128, "i" * 129, (1 << 64) - 1, 1 << 64, 0, -1, True, 1.5, [])
    desk.news(*(bare(channels_id=ident, name=str(number), thread_count=1) for number, ident in enumerate(idents)))
    told = [toast.conversation.ident for toast in desk.toasts if toast.conversation is not None]
    assert told == ["i" * 128, "1", str((1 << 64) - 1), "3", "0", "5", "6", "7", "8"]


def test_deeply_nested_data_is_taken_like_any_other(desk: Desk) -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert desk.news(bare(channels_id="a", name=deep, description={"a": deep}) | {"notification_id": deep}) == [True]
    while isinstance(deep, list):  # from outside in, as freeing it all at once would recurse too deeply
        deep = deep.pop()
