"""Fetches the tokens for the push server: one at a time, no faster than Telex likes, and checked before use.

Blocking, on the session thread.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from ..errors import NoNetwork, RateLimited, Refused, Temporary
from ..events import ChannelAnswered
from ..net.pacing import Backoff
from ..push.channel import Channel, Phase
from . import tokens
from .collaborators import Collaborators
from .tokens import Token

log = logging.getLogger(__name__)


class TokenFetcher:
    """Puts fresh tokens into the store, or notes on the channel why there is none."""

    def __init__(self, parts: Collaborators) -> None:
        self._api = parts.api
        self._store = parts.store
        self._pacer = parts.pacer
        self._organisations = parts.organisations
        self._channels = parts.organisations.channels
        self._timings = parts.timings
        self._now = parts.now
        self._chance = parts.chance
        self._wait_interruptibly = parts.wait_interruptibly
        self._dispatch = parts.dispatch
        self._figures_changed = parts.figures_changed
        self._backoff = Backoff(parts.chance, parts.timings.unanswered_minimum, parts.timings.backoff_maximum)
        self._unanswered = 0
        self._not_before = float("-inf")

    def wait(self, now: float) -> float:
        """Seconds until the next call to Telex may be made; 0 when it may be made now.

        Where Telex does not answer at all, most of the time is left to the push server: a call may take 5 s.
        """
        return max(self._pacer.wait(now), self._not_before - now, 0.0)

    def note(self, error: Temporary | Refused | None) -> None:
        """What became of a call, by which to judge Telex as a whole; ``None`` where it was answered well."""
        if isinstance(error, NoNetwork):
            self._unanswered += 1
            if self._unanswered >= 2:
                self._not_before = self._now() + self._backoff.next()
        else:
            self._unanswered = 0
            self._backoff.reset()
            self._not_before = float("-inf")

    # --- before the connection --------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Fetch what a connection begins with: its token and one subscription token (none where all are refused).

        Raises:
            Temporary, Refused: they are not to be had, for now.
            SessionOver: the session has ended.
            ReconnectAsked, LeaveAsked: a command came.
        """
        now = self._now()
        if self._store.connection is None or not self._store.connection.usable(now):
            self._store.connection = self._patiently(self._api.connection_token)
            self._wait_interruptibly(0.0)
        wanted = [channel for channel in self._channels.values() if not (channel.refused and channel.try_at > now)]
        if any(self.usable(channel, now) for channel in wanted):
            return
        troubles = 0
        for channel in wanted:
            self._wait_for_pacer()
            trouble = self.fetch_for_subscribe(channel)
            self._wait_interruptibly(0.0)
            if channel.name in self._store.subscriptions:
                return
            if trouble is not None:
                troubles += 1
                if troubles >= 3 or troubles == len(wanted):
                    raise trouble
        # All were refused: connect anyway, so that the person sees that Telex is there.

    def _patiently(self, call: Callable[[], Token]) -> Token:
        """A call that the others wait for: a rate limit is waited out here, a few times."""
        for _ in range(3):
            self._wait_for_pacer()
            with contextlib.suppress(RateLimited):
                return call()
        self._wait_for_pacer()
        return call()

    def _wait_for_pacer(self) -> None:
        while (wait := self._pacer.wait(self._now())) > 0:
            self._wait_interruptibly(wait)

    # --- subscription tokens ----------------------------------------------------------------------------------------

    def usable(self, channel: Channel, now: float) -> str | None:
        """The channel's token in the store, if it is worth sending."""
        token = self._store.subscriptions.get(channel.name)
        return token.value if token is not None and token.usable(now) else None

    def fetch_for_subscribe(self, channel: Channel) -> Temporary | None:
        """Fetch a token for a channel that is not subscribed.

        Returns:
            What went wrong, if that will pass; ``None`` where there is a token, or the channel has been refused.

        Raises:
            SessionOver: the session has ended.
        """
        self._store.subscriptions.pop(channel.name, None)
        others = any(
            other is not channel and other.phase is Phase.IDLE and not other.refused
            for other in self._channels.values()
        )
        timings = self._timings
        try:
            token = self._fetch(
                channel, timings.first_token_within if others and not channel.slow else timings.call_within
            )
        except RateLimited as error:
            channel.try_after_others(self._now())  # the pacer says when
            return error
        except Temporary as error:
            channel.slow = isinstance(error, NoNetwork)
            channel.retry(self._now())
            log.info("subscription token for %s: %s", self._organisations.name_of(channel.name), error.message)
            return error
        except Refused as error:
            self.refuse(channel, error.message)
            return None
        channel.slow = False
        self._store.subscriptions[channel.name] = token
        return None

    def renew(self, channel: Channel) -> Token | None:
        """Fetch a fresh token for a live channel; ``None`` where there is none for now.

        Raises:
            SessionOver: the session has ended.
        """
        try:
            token = self._fetch(channel, self._timings.call_within)
        except (Temporary, Refused) as error:
            log.info("subscription token for %s: %s", self._organisations.name_of(channel.name), error.message)
            return None
        self._store.subscriptions[channel.name] = token
        return token

    def _fetch(self, channel: Channel, seconds: float) -> Token:
        """A token that may be sent.

        Raises:
            Temporary: not now.
            Refused: Telex gives none, or one that would do harm.
            SessionOver: the session has ended.
        """
        try:
            token = self._api.subscription_token(channel.name, seconds)
        except (Temporary, Refused) as error:
            self.note(error)
            raise
        self.note(None)
        connection = self._store.connection
        if connection and (why := tokens.why_unusable(token.value, channel.name, connection.value)):
            raise Refused(f"its token cannot be used: {why}", 200)
        return token

    def refuse(self, channel: Channel, why: str) -> None:
        """There is no token for this channel that can be used: not again for some minutes."""
        name = self._organisations.name_of(channel.name)
        log.warning("organisation %s: %s; next try in about %g minutes", name, why, self._timings.refused_for / 60)
        self._store.subscriptions.pop(channel.name, None)
        channel.refuse(self._now(), self._chance())
        self.report_no_history(channel)
        self._figures_changed()

    def report_no_history(self, channel: Channel) -> None:
        """Tell the main thread, which may wait for this channel's past, that nothing of it will come soon."""
        if not channel.answered:
            self._dispatch(ChannelAnswered(channel.name))

    # --- the connection's -------------------------------------------------------------------------------------------

    def renew_connection(self) -> Token | None:
        """Fetch a fresh connection token; ``None`` where there is none for now.

        Raises:
            SessionOver: the session has ended.
        """
        try:
            token = self._api.connection_token()
        except (Temporary, Refused) as error:
            self.note(error)
            log.info("connection token: %s", error.message)
            return None
        self.note(None)
        self._store.connection = token
        return token
