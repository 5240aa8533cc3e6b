"""The token bucket."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from telex_start.sandbox.deployment import RateLimiter


class Watch:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_burst_then_rate() -> None:
    watch = Watch()
    limiter = RateLimiter(2, 3, watch)
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]
    watch.now += 0.5
    assert [limiter.allow("a") for _ in range(2)] == [True, False]
    watch.now += 60
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]


def test_clients_have_buckets_of_their_own() -> None:
    limiter = RateLimiter(1, 1, Watch())
    assert [limiter.allow("a"), limiter.allow("b"), limiter.allow("a")] == [True, True, False]


def test_off() -> None:
    limiter = RateLimiter(0, 1, Watch())
    assert all(limiter.allow("a") for _ in range(100))


@given(st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_the_limits_allow(pauses: list[float]) -> None:
    watch = Watch()
    limiter = RateLimiter(2, 4, watch)
    allowed = 0
    for pause in pauses:
        watch.now += pause
        allowed += limiter.allow("a")
    assert allowed <= 4 + 2 * (watch.now - 100) + 1e-6
