"""The flood rule: news beyond a few toasts, and news held by a pause, come as one summary of what is still unread."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from typing import Any

import pytest

from tests.ground.desk import Desk, call, change, direct, message

WINDOW = 5.1
"""Seconds after the first of three toasts until the summary of what followed them, its slack included."""
WIDE = 30.1
APART = 4096
"""The most held conversations that are kept one by one; all further ones count as one more."""


class Flood(Desk):
    """A desk whose conversations get unread messages."""

    def __init__(self, *types: str) -> None:
        super().__init__(1, *types)
        self.threads: Counter[str] = Counter()

    def grow(self, name: str, now: float, by: int = 1) -> bool:
        """Let ``by`` messages come to a conversation; gives whether a toast shows them at once."""
        self.threads[name] += by
        before = len(self.toasts)
        self.receive(change(name, self.threads[name]), now=now)
        return len(self.toasts) > before

    def reads(self, name: str, now: float, left: int = 0) -> None:
        self.threads[name] = left
        self.receive(change(name, left), now=now)

    def burst(self, now: float, count: int, conversations: int = 1) -> int:
        """Let ``count`` messages come at once; gives how many of them have a toast."""
        return sum(self.grow(f"c{number % conversations}", now) for number in range(count))

    def ends(self) -> float:
        deadline = self.notifier.deadline()
        assert deadline is not None
        return deadline

    def due(self, now: float) -> str | None:
        """The text of the summary that comes at that time, if any."""
        before = len(self.toasts)
        self.notifier.tick(now)
        told = self.toasts[before:]
        assert len(told) <= 1
        return told[0].body if told else None


@pytest.fixture
def flood() -> Flood:
    return Flood()


def told(count: int, conversations: int) -> str:
    return f"{count} more in {conversations} conversation{'s' if conversations > 1 else ''}"


def test_a_thousand_are_three_and_one_summary_when_the_window_ends(flood: Flood) -> None:
    assert flood.burst(100.0, 1000, 12) == 3
    assert flood.ends() == pytest.approx(100.0 + WINDOW)
    assert flood.due(flood.ends() - 0.001) is None
    assert flood.due(flood.ends()) == told(997, 12)
    summary = flood.toasts[-1]
    assert (summary.title, summary.unread, summary.summary) == ("Telex", 997, True)
    assert summary.place is not None
    assert summary.place.channel == "o0/u", "all of it is of one organisation"
    assert flood.notifier.deadline() is None
    assert flood.due(1000.0) is None


def test_the_window_slides(flood: Flood) -> None:
    assert [flood.grow("c", now) for now in (0.0, 2.0, 4.0, 4.5)] == [True, True, True, False]
    assert flood.ends() == WINDOW
    assert flood.due(WINDOW) == told(1, 1)
    # The window now holds three toasts: of 2.0, of 4.0 and the summary. That of 2.0 leaves it first.
    assert not flood.grow("c", 6.0)
    assert flood.ends() == pytest.approx(2.0 + WIDE)


def test_of_what_was_read_there_is_no_summary_which_takes_no_place(flood: Flood) -> None:
    flood.burst(0.0, 10)
    flood.reads("c0", 1.0, left=2)
    assert flood.due(6.0) == told(2, 1)
    flood.burst(100.0, 10)
    flood.reads("c0", 101.0)
    assert flood.due(106.0) is None
    assert flood.notifier.deadline() is None
    assert flood.burst(106.0, 4) == 3


def test_what_the_counts_do_not_hold_is_summarised_all_the_same() -> None:
    desk = Flood("channel_mention")
    desk.burst(0.0, 3)
    desk.receive(*({**change("", 1), "data": None} for _ in range(5)))
    desk.receive(message(kind="channel_mention", channel="uncounted"))
    assert desk.due(WINDOW) == told(6, 2)
    desk.receive(*(message(kind="channel_mention", channel=f"u{n}", thread=f"u{n}") for n in range(3)), now=100.0)
    desk.receive(message(kind="channel_mention", channel="read", thread="t9"), change("read", 0), now=100.0)
    assert desk.due(200.0) is None, "it was read elsewhere"


def test_a_second_full_window_in_a_row_is_wide_and_stays_so_until_one_passes_without_holding(flood: Flood) -> None:
    flood.burst(0.0, 10)
    first = flood.ends()
    assert flood.due(first) == told(7, 1)
    assert flood.burst(first, 10) == 2, "the summary was the first of three"
    second = flood.ends()
    assert second == pytest.approx(first + WIDE)
    assert flood.due(second) == told(8, 1)
    assert flood.burst(second, 10) == 2
    third = flood.ends()
    assert third == pytest.approx(second + WIDE)
    assert flood.due(third) is not None
    assert flood.burst(third + 30.0, 10) == 3
    assert flood.ends() == pytest.approx(third + 30.0 + WINDOW)


def test_calls_do_not_wait_and_each_takes_a_place() -> None:
    desk = Flood("direct_call_initiated")
    desk.receive(call())
    assert desk.burst(0.0, 10) == 2
    assert desk.ends() == WINDOW
    for number, now in enumerate((4.0, 4.1, 4.2)):
        desk.receive(call(buzz=f"c{number}"), now=now)
    assert len(desk.toasts) == 6
    assert desk.due(WINDOW) is None
    assert desk.ends() == 4.0 + WINDOW
    assert desk.due(4.0 + WINDOW) == told(8, 1)


def test_signing_out_forgets_what_is_held_but_not_what_was_shown(flood: Flood) -> None:
    flood.burst(0.0, 10)
    flood.notifier.clear()
    flood.know(1)
    assert flood.notifier.deadline() is None
    flood.threads.clear()
    assert not flood.grow("c0", 1.0)
    assert flood.due(WINDOW) == told(1, 1)


def test_memory_is_bounded_and_nothing_is_lost_for_it(flood: Flood) -> None:
    flood.burst(0.0, 3)
    for number in range(APART + 100):
        flood.grow(f"n{number}", 0.0)
    assert flood.due(6.0) == told(APART + 100, APART + 1)


# What is held by a pause.


def test_what_is_held_is_bounded_too_and_holds_no_words(flood: Flood) -> None:
    flood.pause(True)
    tracemalloc.start()
    try:
        for number in range(500):
            flood.receive(
                direct(1, channel_id=f"d{number}", preview_message=f"{number}" + "x" * 7000, preview_thread=[])
            )
        assert tracemalloc.get_traced_memory()[0] < 2_000_000, "bytes"
    finally:
        tracemalloc.stop()
    for number in range(APART - 400):
        flood.grow(f"n{number}", 0.0)
    flood.pause(False)
    assert flood.bodies == [f"{APART + 100} unread in {APART + 1} conversations"]


@pytest.mark.parametrize(
    ("before", "came", "body"),
    [
        (0, [("a", 2), ("a", 5), ("b", 1), ("c", 4), ("a", 3), ("b", 0), ("c", 9)], "12 unread in 2 conversations"),
        (4, [("a", 5), ("a", 7)], "3 unread in 1 conversation"),
        (4, [("a", 5), ("a", 9), ("a", 2)], "2 unread in 1 conversation"),
        (4, [("a", 5), ("a", 0), ("a", 2)], "2 unread in 1 conversation"),
        (3, [("a", (3, 1))], "1 unread in 1 conversation"),
        (3, [(None, 1)] * 4, "4 unread in 1 conversation"),
    ],
    ids=["once each", "not what was told before", "mostly read", "read and back", "a mention", "what is not counted"],
)
def test_what_came_and_is_unread_is_told_once(desk: Desk, before: int, came: list[tuple[Any, Any]], body: str) -> None:
    desk.receive(change("a", before))
    desk.pause(True)
    for name, threads in came:
        counts = threads if isinstance(threads, tuple) else (threads,)
        desk.receive(change(name, *counts) if name else {**change("", 1), "data": None}, now=10.0)
    desk.pause(False, now=20.0)
    assert desk.bodies[-1] == body
    assert desk.titles.count("While paused") == 1
