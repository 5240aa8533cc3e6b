"""Look-ups of the unread, as the notifier tells them: the past, what was missed, and agents."""

from __future__ import annotations

from typing import Any

from telex_start.events import How
from telex_start.news.unread import Counts
from tests.ground.desk import Desk, agent, change


def row(ident: str, threads: int, mentions: int = 0, **more: Any) -> dict[str, Any]:
    return {"channels_id": ident, "name": ident, "thread_count": threads, "mention_count": mentions, **more}


def look_up(desk: Desk, *rows: dict[str, Any], now: float = 0.0, organisation: int = 0) -> None:
    """A whole look-up of an organisation's channels."""
    desk.notifier.look_up_began(f"o{organisation}/u")
    desk.rows(*rows, now=now, organisation=organisation)
    desk.notifier.look_up_ended(f"o{organisation}/u", now)


def test_the_past_is_history_and_look_up_together() -> None:
    desk = Desk(2)
    for number in (0, 1):
        desk.receive(change("a", 2), how=How.CAUGHT_UP, now=0.0, organisation=number)
        desk.notifier.answered(f"o{number}/u", 0.0, look_up_follows=True)
    look_up(desk, row("a", 5), row("b", 3), now=1.0)
    assert desk.toasts == []
    look_up(desk, row("a", 2), row("c", 2), now=2.0, organisation=1)
    assert (desk.titles, desk.bodies) == (["While you were away"], ["12 unread in 4 conversations"])
    assert desk.notifier.counts == Counts(12, 0, 4)
    assert desk.notifier.deadline() is None


def test_a_night_without_history_is_told_by_the_look_up_alone() -> None:
    desk = Desk()
    desk.notifier.answered("o0/u", 0.0, look_up_follows=True)
    look_up(desk, row("a", 12), now=1.0)
    assert desk.bodies == ["12 unread in 1 conversation"]


def test_look_ups_that_take_long_are_two_summaries() -> None:
    desk = Desk(3)
    for number in range(3):
        desk.notifier.answered(f"o{number}/u", 0.0, look_up_follows=True)
    look_up(desk, row("a", 1), now=1.0)
    desk.until(10.0)
    look_up(desk, row("a", 1), now=20.0, organisation=1)
    look_up(desk, row("a", 1), now=30.0, organisation=2)
    assert desk.bodies == ["1 unread in 1 conversation", "2 unread in 2 conversations"]


def test_a_deployment_without_look_ups_says_so_and_nobody_waits() -> None:
    desk = Desk()
    desk.receive(change("a", 1), how=How.CAUGHT_UP)
    desk.notifier.answered("o0/u", 0.0, look_up_follows=True)
    desk.notifier.look_up_ended("o0/u", 0.1)
    assert desk.bodies == ["1 unread in 1 conversation"]


def test_what_was_missed_during_an_outage_is_news() -> None:
    desk = Desk()
    desk.notifier.answered("o0/u", 0.0)
    desk.receive(change("a", 1), change("b", 1), now=1.0)
    desk.notifier.unknown("o0/u")
    author = {"user_id": "u-ben", "full_name": "Ben Okri", "message": "<p>the build is green</p>"}
    look_up(desk, row("a", 1), row("b", 2, preview_thread=[author]), row("c", 0), now=60.0)
    assert desk.titles == ["a", "b", "b"]
    assert desk.bodies[2:] == ["Ben Okri: the build is green\n2 unread"]


def test_what_was_missed_is_under_the_flood_rule() -> None:
    desk = Desk()
    desk.notifier.answered("o0/u", 0.0)
    look_up(desk, *(row(name, 1) for name in "abcde"), now=60.0)
    desk.until(70.0)
    assert desk.titles == ["a", "b", "c", "Telex"]
    assert desk.bodies[3] == "2 more in 2 conversations"


def test_what_was_read_elsewhere_loses_count_and_toast() -> None:
    desk = Desk()
    desk.notifier.answered("o0/u", 0.0)
    desk.receive(change("a", 1), change("b", 1), now=1.0)
    look_up(desk, row("b", 1), now=60.0)
    assert (desk.read, desk.counts[-1]) == (["a"], Counts(1, 0, 1))


def test_a_message_that_comes_while_it_is_looked_up_is_told_once() -> None:
    desk = Desk()
    desk.notifier.answered("o0/u", 0.0)
    desk.notifier.look_up_began("o0/u")
    desk.receive(change("a", 1), now=1.0)
    desk.rows(row("a", 1), now=2.0)
    desk.rows(section="dm_channels_section", now=2.0)
    desk.notifier.look_up_ended("o0/u", 2.0)
    desk.receive(change("a", 1), now=3.0)
    assert desk.titles == ["a"]


def test_where_an_agents_conversation_is_unread_it_is_watched_until_a_look_up_says_otherwise() -> None:
    desk = Desk(2)
    desk.receive(agent(1), now=0.0)
    desk.receive(agent(2), now=1.0)
    assert desk.agents == [frozenset({"o0/u"})]
    desk.notifier.look_up_began("o0/u")
    desk.rows({"id": "a1", "name": "Robo", "thread_count": 0}, section="agent_channels_section", now=2.0)
    desk.notifier.look_up_ended("o0/u", 2.0)
    assert desk.agents[1:] == [frozenset()]
    assert desk.read == ["a1"]


def test_an_answer_for_an_organisation_that_was_left_is_nothing() -> None:
    desk = Desk(1)
    look_up(desk, row("a", 3), organisation=7)
    assert (desk.toasts, desk.notifier.counts) == ([], Counts(0, 0, 0))


def test_where_counts_are_no_news_a_look_up_counts_and_tells_nothing() -> None:
    desk = Desk()
    desk.notifier._types = frozenset()
    desk.notifier.answered("o0/u", 0.0)
    look_up(desk, row("a", 3), now=1.0)
    assert (desk.toasts, desk.notifier.counts.unread) == ([], 3)
