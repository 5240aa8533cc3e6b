"""When to try again, and how fast requests may go. Pure: time comes in as seconds, chance as a function."""

from __future__ import annotations

from collections.abc import Callable

BACKOFF_MINIMUM = 0.5
"""Seconds before the second try, at least."""
BACKOFF_MAXIMUM = 20.0
"""Seconds between two tries, at most."""


def spread(seconds: float, chance: float) -> float:
    """A long wait that many agents may begin at the same moment, so that they do not end it at the same moment.

    Args:
        seconds: How long it is on average.
        chance: In [0, 1).

    Returns:
        Half to one and a half of it.
    """
    return seconds * (0.5 + chance)


class Backoff:
    """Full-jitter backoff as the Centrifugo client specification has it.

    ``delay = min(max, min + random * min(max, min * 2**step))``; see "Reconnect backoff" in Centrifugal's client API
    specification, https://centrifugal.dev/docs/transports/client_api.
    """

    def __init__(
        self, chance: Callable[[], float], minimum: float = BACKOFF_MINIMUM, maximum: float = BACKOFF_MAXIMUM
    ) -> None:
        """``chance`` gives numbers in [0, 1); ``minimum`` and ``maximum`` are seconds."""
        self._chance = chance
        self.minimum = minimum
        self.maximum = maximum
        self._step = 0

    def next(self) -> float:
        """Seconds to wait before the next try."""
        span = min(self.maximum, self.minimum * 2.0 ** min(self._step, 31))
        self._step += 1
        return min(self.maximum, self.minimum + self._chance() * span)

    def reset(self) -> None:
        """It worked: the next failure begins again at the minimum."""
        self._step = 0


class Pacer:
    """Finds the rate of a limiter that never says what it is.

    Telex's limiter allows about 1 to 6 requests a second with a burst of about 4 and answers 429 without a
    ``Retry-After``. The pace halves at a 429 and rises with every other answer, soon towards a ceiling a little below
    the rate that was refused. With time the ceiling rises, by 1.5 % a second: a slow limiter is not tested again every
    few requests, and one that was slow for a while (others behind the same address) is not taken for slow for ever.
    """

    FASTEST = 8.0
    """Requests a second, at most."""
    SLOWEST = 0.7
    """Requests a second, at least."""
    FREE = 4
    """Requests that may go at once after a pause: a sign-in's first calls."""

    def __init__(self, free: int = FREE, chance: Callable[[], float] = lambda: 0.0) -> None:
        """
        Args:
            free: How many requests may go at once after a pause.
            chance: Gives numbers in [0, 1), by which a 429 is waited out up to twice as long as need be: agents that
                were refused together do not ask again together.
        """
        self._free = float(free)
        self._chance = chance
        self._rate = 5.0
        self._ceiling = self.FASTEST
        self._not_before = float("-inf")
        self._credit = self._free
        self._credited_at: float | None = None

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0 when it may go now."""
        self._earn(now)
        lacking = (1.0 - self._credit) / self._rate if self._credit < 1.0 else 0.0
        wait = max(0.0, self._not_before - now, lacking)
        return wait if wait > 1e-6 else 0.0  # below what adding to a clock can express

    def sent(self, now: float) -> None:
        """A request goes out."""
        self._earn(now)
        self._credit = max(0.0, self._credit - 1.0)

    def accepted(self, now: float) -> None:
        """A request was answered with anything but 429."""
        self._rate = min(self._rate + max(0.05, 0.1 * (self._ceiling - self._rate)), self._ceiling)

    def refused(self, now: float) -> None:
        """A request was answered 429."""
        self._ceiling = max(self.SLOWEST, 0.85 * self._rate)
        self._rate = max(self.SLOWEST, self._rate / 2.0)
        self._credit = 0.0
        self._not_before = now + (1.0 + self._chance()) / self._rate

    def _earn(self, now: float) -> None:
        if self._credited_at is not None:
            passed = max(0.0, now - self._credited_at)
            self._ceiling = min(self.FASTEST, self._ceiling * 1.015 ** min(passed, 600.0))
            # Credit beyond one request is what a limiter's own burst gives back; after a 429 it grows only as fast as
            # the pace that the limiter has shown to allow.
            self._credit = min(self._free, self._credit + passed * self._rate)
        self._credited_at = now


class Waits:
    """How long to wait before the next connection."""

    TERMINAL = (300.0, 900.0)
    """Seconds before the next try after the server has closed for good: the first time, and every time after that.

    On average: see :func:`spread`. A server that sends all its clients away does not get them back in one second.
    """
    STEADY = 60.0
    """Seconds that a connection must have stood for the next terminal close to count as a first one."""
    STOOD = 30.0
    """Seconds that a connection must have stood for the backoff to begin again.

    Otherwise a server that takes connections and drops them gets one a second from each agent, for ever.
    """
    REFUSED = 300.0
    """Seconds between two tries, at most, where Telex refuses what a connection needs: that rarely passes soon."""
    BUSY = 20.0
    """Seconds, at least, after the server has closed for too many requests."""

    def __init__(
        self,
        chance: Callable[[], float],
        backoff: Backoff | None = None,
        *,
        terminal: tuple[float, float] = TERMINAL,
        busy: float = BUSY,
        stood: float = STOOD,
    ) -> None:
        """
        Args:
            chance: Gives numbers in [0, 1).
            backoff: For the waits after ordinary failures; ``None``: one with the usual bounds.
            terminal: In the place of :attr:`TERMINAL`.
            busy: In the place of :attr:`BUSY`.
            stood: In the place of :attr:`STOOD`.
        """
        self._chance = chance
        self._backoff = backoff or Backoff(chance)
        self._terminal = terminal
        self._busy = busy
        self._stood = stood
        self._refused = Backoff(chance, self._backoff.minimum, max(self.REFUSED, self._backoff.maximum))
        self._terminal_before = False

    def asked(self) -> None:
        """The person asked to reconnect now: begin again."""
        self._backoff.reset()
        self._refused.reset()

    def failed(self) -> float:
        """Seconds to wait after no connection could be made."""
        return self._backoff.next()

    def refused(self) -> float:
        """Seconds to wait after Telex has refused what a connection needs: the first tries alone are quick."""
        return self._refused.next()

    def ended(self, stood: float | None, *, terminal: bool, at_once: bool, busy: bool) -> float:
        """Seconds to wait after a connection has ended.

        Args:
            stood: How long it stood, in seconds; ``None`` where its connect reply never came.
            terminal: The server does not want it made anew.
            at_once: It is to be made anew without backoff.
            busy: The server has too much to do.
        """
        if stood is not None:
            self._refused.reset()
            if stood >= self._stood:
                self._backoff.reset()
            if stood > self.STEADY:
                self._terminal_before = False
        if terminal:
            wait = self._terminal[self._terminal_before]
            self._terminal_before = True
            return spread(wait, self._chance())
        if at_once:
            return 0.0
        if busy:
            return self._busy + self._busy * self._chance()
        return self._backoff.next()
