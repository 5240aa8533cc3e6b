"""Times of the session (time-outs, pauses, periods), and the :class:`Pacer` for all its requests to Telex."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from ..events import Event
from ..push import channel, protocol, websocket
from ..push.channel import Backoff, spread
from .tokens import TokenStore

_LIMITED = (1.0, 300.0)
"""Seconds, at least and at most, that polls rest after Telex has refused one with a rate limit, beyond the pace.

That limit may be one for everybody: then the calls that nobody can do without need all of it.
"""


class Timings(NamedTuple):
    """All in seconds, except :attr:`requests_at_once`.

    A time that a lower layer uses has its default, and the reason for it, in that layer.
    """

    call_within: float = 5.0
    """For one call to Telex, or all calls for one token: less than the push server's pong time-out of 8 s."""
    logout_within: float = 2.0
    """For the call that signs out."""
    first_token_within: float = 1.5
    """For a channel's first subscription token while other organisations wait for theirs."""
    organisations_every: float = 900.0
    """Between two fetches of the user's organisations, on average (see :func:`~telex_start.push.channel.spread`)."""
    organisations_again: float = 60.0
    """Until the next fetch after one that failed for a reason that passes, on average."""
    organisations_after: float = 10.0
    """A new connection fetches the organisations within this time, and never twice in it: a server that restarts is not
    asked by all users in the second in which they are back, nor by each of them every second while it falters."""
    organisations_refused_for: float = 3600.0
    """After so long with nothing but refused fetches the person is asked to sign in again."""
    unread_every: float = 3600.0
    """Between two polls of an organisation's unread, about (see :mod:`.poll_schedule`)."""
    agents_every: float = 600.0
    """Between two polls of agents' conversations if one counts as unread: that it was read is never published."""
    unread_after: float = 15.0
    """A new connection begins to poll the unread at a random moment within this time, unless it is wanted at once."""
    unread_apart: float = 15.0
    """Between the beginnings of two polls of an organisation's unread, at least."""
    settings_every: float = 900.0
    """Between two polls of the person's settings for an organisation, about."""
    profile_every: float = 300.0
    """Between two looks at whether the person wants no notifications just now, about."""
    not_there_for: float = 3600.0
    """Until a call that this deployment does not have is tried again."""
    failed_again: float = 60.0
    """Until a poll that failed for a reason that passes is made again; doubled with each failure, up to an hour."""
    slow_call_within: float = 30.0
    """For one call on the thread of the polls."""
    open_within: float = websocket.OPEN_WITHIN
    reply_within: float = protocol.REPLY_WITHIN
    ping_slack: float = protocol.PING_SLACK
    refused_for: float = channel.REFUSED_FOR
    terminal: tuple[float, float] = (300.0, 900.0)
    """Before the next try after the server has closed for good: the first time, and every time after that, on average.
    A server that sends all its clients away does not get them back in one second."""
    busy: float = 20.0
    """At least, after the server has closed for too many requests."""
    stood: float = 30.0
    """That a connection must have stood for the backoff to begin again. Otherwise a server that accepts and drops
    connections gets one a second from each agent, for ever."""
    backoff_minimum: float = channel.BACKOFF_MINIMUM
    backoff_maximum: float = channel.BACKOFF_MAXIMUM
    unanswered_minimum: float = 1.0
    """The shortest pause between two calls while Telex does not answer at all."""
    requests_at_once: int = 4
    """How many requests may go out together after a pause: a sign-in's first calls."""

    def backoff(self, chance: Callable[[], float]) -> Backoff:
        """A backoff with these bounds."""
        return Backoff(chance, self.backoff_minimum, self.backoff_maximum)


USUAL = Timings()


class Pacer:
    """The pace of all requests, which finds out the rate of a limiter that never tells its rate. Any thread.

    Telex's limiter allows about 1 to 6 requests a second with a burst of about 4 and answers 429 without a
    ``Retry-After``. The pace halves at a 429 and rises with every other answer, soon towards a ceiling a little below
    the rate that was refused. With time the ceiling rises, by 1.5 % a second: a slow limiter is not tested again every
    few requests, and one that was slow for a while (others behind the same address) is not taken for slow for ever.

    The session thread never waits here for the other thread. While it has something of its own to ask Telex for
    (:meth:`tokens_first`), no poll goes out.
    """

    FASTEST = 8.0
    """Requests a second, at most."""
    SLOWEST = 0.7
    """Requests a second, at least."""

    def __init__(
        self, now: Callable[[], float], chance: Callable[[], float] = lambda: 0.0, free: int = USUAL.requests_at_once
    ) -> None:
        """
        Args:
            now: A clock, in seconds.
            chance: Gives numbers in [0, 1). By them the wait after a 429 is up to twice as long as needed: agents that
                were refused together do not ask again together.
            free: How many requests may go at once after a pause.
        """
        self._now = now
        self._chance = chance
        self._free = float(free)
        self._changed = threading.Condition()
        """Guards all that follows."""
        self._rate = 5.0
        self._ceiling = self.FASTEST
        self._not_before = float("-inf")
        self._credit = self._free
        self._credited_at = now()
        self._tokens_wait = True
        self._rest = Backoff(chance, *_LIMITED)
        self._rests_until = float("-inf")

    def tokens_first(self, wait: bool) -> None:
        """Note whether a token, a refresh or another call of the session thread is due, for which polls wait."""
        if wait is not self._tokens_wait:  # only the session thread writes it
            with self._changed:
                self._tokens_wait = wait
                self._changed.notify_all()

    def wait(self) -> float:
        """Seconds until the next request may go; 0 when it may go now."""
        with self._changed:
            return self._lacking(self._now())

    def sent(self) -> None:
        """A request of the session thread goes out."""
        with self._changed:
            self._spend(self._now())

    def take(self, given_up: Callable[[], bool], *, before_tokens: bool = False) -> bool:
        """Wait until a poll may go out, which the caller then sends.

        Args:
            given_up: Whether the poll is not wanted any more; called again after :meth:`wake`.
            before_tokens: A person waits for this call: it keeps the pace, but gives way to nothing.

        Returns:
            ``False`` if the poll was given up.
        """
        with self._changed:
            while not given_up():
                now = self._now()
                wait = self._lacking(now) if before_tokens else max(self._lacking(now), self._rests_until - now)
                if self._tokens_wait and not before_tokens:
                    self._changed.wait()
                elif wait > 0:
                    self._changed.wait(wait)
                else:
                    self._spend(now)
                    return True
            return False

    def answered(self, *, limited: bool, poll: bool = False) -> None:
        """Note that a request was answered: ``limited`` by 429; a ``poll`` is one that went out after :meth:`take`."""
        with self._changed:
            now = self._now()
            if limited:
                self._ceiling = max(self.SLOWEST, 0.85 * self._rate)
                self._rate = max(self.SLOWEST, self._rate / 2.0)
                self._credit = 0.0
                self._not_before = now + (1.0 + self._chance()) / self._rate
                if poll:
                    self._rests_until = now + self._rest.next()
                return
            self._rate = min(self._rate + max(0.05, 0.1 * (self._ceiling - self._rate)), self._ceiling)
            if poll:
                self._rest.reset()

    def wake(self) -> None:
        """Have everybody who waits in :meth:`take` call its ``given_up`` again."""
        with self._changed:
            self._changed.notify_all()

    def _lacking(self, now: float) -> float:
        self._earn(now)
        lacking = (1.0 - self._credit) / self._rate if self._credit < 1.0 else 0.0
        wait = max(0.0, self._not_before - now, lacking)
        return wait if wait > 1e-6 else 0.0  # below what adding to a clock can express

    def _spend(self, now: float) -> None:
        self._earn(now)
        self._credit = max(0.0, self._credit - 1.0)

    def _earn(self, now: float) -> None:
        passed = max(0.0, now - self._credited_at)
        self._ceiling = min(self.FASTEST, self._ceiling * 1.015 ** min(passed, 600.0))
        # Credit beyond one request is for the burst that a limiter allows; after a 429 it grows only as fast as the
        # pace that the limiter has shown to allow.
        self._credit = min(self._free, self._credit + passed * self._rate)
        self._credited_at = now


class Shared(NamedTuple):
    """The objects that all parts of a session use."""

    store: TokenStore
    pacer: Pacer
    dispatch: Callable[[Event], None]
    """Gives an event to the main thread."""
    now: Callable[[], float]
    """Seconds on a clock that counts sleep."""
    chance: Callable[[], float]
    """Gives numbers in [0, 1)."""
    timings: Timings = USUAL


class Waits:
    """How long to wait before the next connection."""

    STEADY = 60.0
    """Seconds that a connection must have stood for the next terminal close to count as a first one."""
    REFUSED = 300.0
    """Seconds between two tries, at most, if Telex refuses what a connection needs: that rarely passes soon."""

    def __init__(self, chance: Callable[[], float], timings: Timings = USUAL) -> None:
        """``chance`` gives numbers in [0, 1)."""
        self._chance = chance
        self._timings = timings
        self.failed = timings.backoff(chance)
        """The backoff if no connection could be made, or one has ended."""
        self.refused = Backoff(chance, timings.backoff_minimum, max(self.REFUSED, timings.backoff_maximum))
        """The backoff if Telex refuses what a connection needs: only the first tries are quick."""
        self._terminal_before = False

    def asked(self) -> None:
        """The person asked to reconnect now: begin again."""
        self.failed.reset()
        self.refused.reset()

    def ended(self, stood: float | None, *, terminal: bool = False, at_once: bool = False, busy: bool = False) -> float:
        """Seconds to wait after a connection has ended.

        Args:
            stood: How long it stood, in seconds; ``None`` if its connect reply never came.
            terminal: The server does not want a new connection.
            at_once: Make the next one without backoff.
            busy: The server has too much to do.
        """
        if stood is not None:
            self.refused.reset()
            if stood >= self._timings.stood:
                self.failed.reset()
            if stood > self.STEADY:
                self._terminal_before = False
        if terminal:
            wait = self._timings.terminal[self._terminal_before]
            self._terminal_before = True
            return spread(wait, self._chance())
        if at_once:
            return 0.0
        if busy:
            return self._timings.busy * (1.0 + self._chance())
        return self.failed.next()
