"""History and recovery, as plain calls."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telex_start.sandbox.push_streams import RECOVERY_LIMIT, StreamPosition, Streams


def filled(size: int, publications: int) -> Streams:
    streams = Streams(size)
    for number in range(publications):
        streams.add("c", str(number))
    return streams


def test_history_is_dropped_a_while_after_the_last_publication() -> None:
    now = 0.0
    streams = Streams(10, ttl=5, monotonic=lambda: now)
    streams.add("c", "1")
    epoch = streams.top("c").epoch
    now = 4
    streams.add("c", "2")
    now = 8
    assert len(streams.recover("c", StreamPosition(0, epoch)).publications) == 2
    now = 9
    assert not streams.recover("c", StreamPosition(0, epoch)).recovered
    assert streams.top("c") == StreamPosition(2, epoch)
    assert streams.recover("c", StreamPosition(2, epoch)).recovered


def test_a_restart_makes_new_epochs() -> None:
    streams = filled(10, 3)
    epoch = streams.top("c").epoch
    streams.restart()
    assert streams.top("c").offset == 0
    assert streams.top("c").epoch != epoch
    assert not streams.recover("c", StreamPosition(3, epoch)).recovered


def test_no_history() -> None:
    streams = filled(0, 3)
    assert not streams.enabled
    assert streams.top("c") == StreamPosition(0, "")


@given(st.integers(1, 400), st.integers(0, 420), st.integers(0, 430))
def test_a_recovery_is_whole_or_nothing(size: int, publications: int, since: int) -> None:
    streams = filled(size, publications)
    top = streams.top("c")
    recovery = streams.recover("c", StreamPosition(since, top.epoch))
    missed = publications - since
    assert recovery.recovered == (0 <= missed <= min(size, RECOVERY_LIMIT))
    expected = range(since + 1, publications + 1) if recovery.recovered else ()
    assert [publication.offset for publication in recovery.publications] == list(expected)
    assert recovery.top == top
