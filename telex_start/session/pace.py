"""How long the session waits for what, how often it asks, and the one pace of all its requests to Telex."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import NamedTuple

from ..net import dialling, pacing
from ..net.pacing import Backoff, Pacer, Waits
from ..push import channel, protocol, websocket

_LIMITED = (1.0, 300.0)
"""Seconds, at least and at most, that polls rest after Telex has refused one with a rate limit, beyond the pace.

That limit may be one for everybody: then the calls that nobody can do without need what there is.
"""


class Timings(NamedTuple):
    """All in seconds, but for :attr:`requests_at_once`.

    What a lower layer waits for has its default, and the reason for it, there.
    """

    call_within: float = 5.0
    """For one call to Telex, or all calls for one token: less than the push server's pong time-out of 8 s."""
    dns_within: float = dialling.DNS_WITHIN
    logout_within: float = 2.0
    """For the call that signs out."""
    first_token_within: float = 1.5
    """For a channel's first subscription token while other organisations wait for theirs."""
    organisations_every: float = 900.0
    """Between two fetches of the user's organisations, on average (see :func:`~telex_start.net.pacing.spread`)."""
    organisations_again: float = 60.0
    """Until the next fetch after one that failed for a reason that passes, on average."""
    organisations_after: float = 10.0
    """A connection made anew fetches the organisations within this, and never twice in it: a server that restarts is
    not asked by all its users in the second in which they are back, nor by each of them a second while it falters."""
    organisations_refused_for: float = 3600.0
    """After so long with nothing but refused fetches the person is asked to sign in again."""
    unread_every: float = 3600.0
    """Between two polls of an organisation's unread, about (see :mod:`.poll_schedule`)."""
    agents_every: float = 600.0
    """Between two polls of agents' conversations where one counts as unread: its reading is never published."""
    unread_after: float = 15.0
    """A connection made anew begins to poll the unread within this, by chance, where nobody has asked for it."""
    unread_apart: float = 15.0
    """Between the beginnings of two polls of an organisation's unread, at least."""
    settings_every: float = 900.0
    """Between two polls of how the person set an organisation, about."""
    profile_every: float = 300.0
    """Between two looks at whether the person wants no notifications just now, about."""
    not_there_for: float = 3600.0
    """Until a call that this deployment does not have is tried again."""
    failed_again: float = 60.0
    """Until a poll that failed for a reason that passes is made again; doubled with each failure, up to an hour."""
    slow_call_within: float = 30.0
    """For one call that has a thread of its own."""
    open_within: float = websocket.OPEN_WITHIN
    reply_within: float = protocol.REPLY_WITHIN
    ping_slack: float = protocol.PING_SLACK
    refused_for: float = channel.REFUSED_FOR
    terminal: tuple[float, float] = Waits.TERMINAL
    busy: float = Waits.BUSY
    stood: float = Waits.STOOD
    backoff_minimum: float = pacing.BACKOFF_MINIMUM
    backoff_maximum: float = pacing.BACKOFF_MAXIMUM
    unanswered_minimum: float = 1.0
    """The shortest pause between two calls while Telex does not answer at all."""
    requests_at_once: int = Pacer.FREE
    """How many requests may go out together after a pause."""

    def backoff(self, chance: Callable[[], float]) -> Backoff:
        """A backoff with these bounds."""
        return Backoff(chance, self.backoff_minimum, self.backoff_maximum)

    def waits(self, chance: Callable[[], float]) -> Waits:
        """The waits between two connections."""
        return Waits(chance, self.backoff(chance), terminal=self.terminal, busy=self.busy, stood=self.stood)


USUAL = Timings()


class SharedPacer:
    """A :class:`~telex_start.net.pacing.Pacer` that two threads use.

    The session thread asks and tells as it would a plain pacer, and never waits here for the other thread. While it
    has something of its own to ask Telex for (:meth:`tokens_first`), no poll goes out.
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

    def tokens_first(self, wait: bool) -> None:
        """Whether a token, a refresh or another call of the session thread is due, for which polls wait."""
        if wait is not self._tokens_wait:  # it alone writes it
            with self._changed:
                self._tokens_wait = wait
                self._changed.notify_all()

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
