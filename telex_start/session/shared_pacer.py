"""One pace for all requests of a session: the session thread's, and those of the look-ups, which give way to them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from ..net.pacing import Backoff, Pacer

_LIMITED = (1.0, 300.0)
"""Seconds, at least and at most, that look-ups rest after Telex has refused one with a rate limit, beyond the pace.

That limit may be one for everybody: then the calls that nobody can do without need what there is.
"""


class SharedPacer:
    """A :class:`~telex_start.net.pacing.Pacer` that two threads use.

    The session thread asks and tells as it would a plain pacer, and never waits here for the other thread. While it
    has something of its own to ask Telex for (:meth:`tokens_first`), no look-up goes out.
    """

    def __init__(self, pacer: Pacer, now: Callable[[], float], chance: Callable[[], float] = random.random) -> None:
        """
        Args:
            pacer: Knows the pace.
            now: Seconds on the clock of the times below.
            chance: Gives numbers in [0, 1).
        """
        self._pacer = pacer
        self._now = now
        self._changed = threading.Condition()
        self._tokens_wait = True
        self._rest = Backoff(chance, *_LIMITED)
        self._rests_until = float("-inf")

    # --- the session thread -----------------------------------------------------------------------------------------

    def tokens_first(self, wait: bool) -> None:
        """Whether a token, a refresh or another call of the session thread is due, for which look-ups wait."""
        if wait is not self._tokens_wait:  # it alone writes it
            with self._changed:
                self._tokens_wait = wait
                self._changed.notify_all()

    # --- any thread -------------------------------------------------------------------------------------------------

    def wait(self, now: float) -> float:
        """Seconds until the next request may go; 0 when it may go now."""
        with self._changed:
            return self._pacer.wait(now)

    def sent(self, now: float) -> None:
        """A request goes out."""
        with self._changed:
            self._pacer.sent(now)

    def accepted(self, now: float) -> None:
        """A request was answered with anything but 429."""
        with self._changed:
            self._pacer.accepted(now)

    def refused(self, now: float) -> None:
        """A request was answered 429."""
        with self._changed:
            self._pacer.refused(now)

    # --- the look-ups -----------------------------------------------------------------------------------------------

    def take(self, given_up: Callable[[], bool], *, before_tokens: bool = False) -> bool:
        """Wait until a request may go out, which the caller then sends.

        Args:
            given_up: Whether it is not wanted any more; looked at again after :meth:`wake`.
            before_tokens: A person waits for this one: it keeps the pace, and gives way to nothing.

        Returns:
            ``False`` where it was given up.
        """
        with self._changed:
            while not given_up():
                now = self._now()
                wait = self._pacer.wait(now) if before_tokens else max(self._pacer.wait(now), self._rests_until - now)
                if self._tokens_wait and not before_tokens:
                    self._changed.wait()
                elif wait > 0:
                    self._changed.wait(wait)
                else:
                    self._pacer.sent(now)
                    return True
            return False

    def taken(self, accepted: bool) -> None:
        """A request that went out by :meth:`take` was answered; not ``accepted``: with 429."""
        with self._changed:
            now = self._now()
            if accepted:
                self._pacer.accepted(now)
                self._rest.reset()
            else:
                self._pacer.refused(now)
                self._rests_until = now + self._rest.next()

    def wake(self) -> None:
        """Whoever waits in :meth:`take` looks again whether it is given up."""
        with self._changed:
            self._changed.notify_all()
