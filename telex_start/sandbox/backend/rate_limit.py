"""The rate limiter of the Telex API: a token bucket per client."""

from __future__ import annotations

from collections.abc import Callable


class RateLimiter:
    """Lets ``burst`` calls through at once and ``rate`` a second after that, for each client on its own.

    Args:
        rate: Calls a second; 0 lets every call through.
        burst: How many calls may come at once, at least 1.
        monotonic: The clock, in seconds.
    """

    def __init__(self, rate: float, burst: int, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: dict[str, tuple[float, float]] = {}
        self.set(rate, burst)

    def set(self, rate: float, burst: int) -> None:
        """Change the limits and fill every client's bucket."""
        self.rate = rate
        self.burst = max(1, burst)
        self._buckets.clear()

    def allow(self, client: str) -> bool:
        """Take one call from the client's bucket; False when it is empty, which is a 429."""
        if self.rate <= 0:
            return True
        now = self._monotonic()
        level, filled_at = self._buckets.get(client, (float(self.burst), now))
        level = min(float(self.burst), level + (now - filled_at) * self.rate)
        allowed = level >= 1
        self._buckets[client] = (level - 1 if allowed else level, now)
        return allowed
