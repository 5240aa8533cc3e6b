"""The sandbox's parts that need no server: the token bucket, a channel's history, tokens, and reading commands."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from telex_start.sandbox.deployment import RateLimiter
from telex_start.sandbox.push_streams import RECOVERY_LIMIT, StreamPosition, Streams


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_calls_than_the_limits_allow(pauses: list[float]) -> None:
    now = 100.0
    limiter = RateLimiter(2, 4, lambda: now)
    assert [limiter.allow("b") for _ in range(5)] == [True] * 4 + [False]
    allowed = 0
    for pause in pauses:
        now += pause
        allowed += limiter.allow("a")
    assert allowed <= 4 + 2 * (now - 100) + 1e-6


# History and recovery.


def test_history_is_dropped_a_while_after_the_last_publication() -> None:
    now = 0.0
    streams = Streams(10, ttl=5, monotonic=lambda: now)
    streams.add("c", "1")
    epoch = streams.top("c").epoch
    now = 4
    streams.add("c", "2")
    now = 8
    assert len(streams.recover("c", StreamPosition(0, epoch)) or ()) == 2
    now = 9
    assert streams.recover("c", StreamPosition(0, epoch)) is None
    assert streams.top("c") == StreamPosition(2, epoch)
    assert streams.recover("c", StreamPosition(2, epoch)) == []


@given(st.integers(1, 400), st.integers(0, 420), st.integers(0, 430))
def test_a_recovery_is_whole_or_nothing(size: int, publications: int, since: int) -> None:
    streams = Streams(size)
    for number in range(publications):
        streams.add("c", str(number))
    recovered = streams.recover("c", StreamPosition(since, streams.top("c").epoch))
    missed = publications - since
    assert (recovered is not None) == (0 <= missed <= min(size, RECOVERY_LIMIT))
    if recovered is not None:
        assert [json.loads(each)["offset"] for each in recovered] == list(range(since + 1, publications + 1))


# Tokens.


# Commands.
