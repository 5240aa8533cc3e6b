"""The tokens for the push server: fetched one at a time and no faster than Telex likes, and checked before use.

Blocking, on the session thread.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable

from .. import clock
from ..errors import NoNetwork, RateLimited, Refused, Temporary
from ..events import ChannelAnswered, Event
from ..net.pacing import Backoff, Pacer
from ..push.channel import Channel, Phase
from . import tokens
from .organisations import Organisations
from .telex_api import CALL_WITHIN, TelexApi
from .tokens import Token, TokenStore

log = logging.getLogger(__name__)

PATIENCE = 1.5
"""Seconds that a first try for a subscription token may take while other organisations wait for theirs."""


class PushTokens:
    """Brings tokens into the store, and notes on a channel why there is none."""

    def __init__(
        self,
        *,
        api: TelexApi,
        store: TokenStore,
        pacer: Pacer,
        organisations: Organisations,
        random: Callable[[], float],
        heed: Callable[[float], None],
        dispatch: Callable[[Event], None],
        refused: Callable[[], None],
    ) -> None:
        """
        Args:
            heed: Waits that many seconds for a command, and raises when one asks to leave.
            refused: Called when an organisation has been refused.
        """
        self._api = api
        self._store = store
        self._pacer = pacer
        self._organisations = organisations
        self._channels = organisations.channels
        self._heed = heed
        self._dispatch = dispatch
        self._refused = refused
        self._backoff = Backoff(random, 1.0)
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
                self._not_before = clock.now() + self._backoff.next()
        else:
            self._unanswered = 0
            self._backoff.reset()
            self._not_before = float("-inf")

    # --- before the connection --------------------------------------------------------------------------------------

    def to_start(self) -> None:
        """A connection token and one subscription token, or nothing to subscribe to.

        Raises:
            Temporary, Refused: they are not to be had, for now.
            SessionOver
        """
        now = clock.now()
        if self._store.connection is None or not self._store.connection.usable(now):
            self._store.connection = self._patiently(self._api.connection_token)
            self._heed(0.0)
        wanted = [channel for channel in self._channels.values() if not (channel.refused and channel.try_at > now)]
        if any(self.usable(channel, now) for channel in wanted):
            return
        troubles = 0
        for channel in wanted:
            self._wait_for_leave()
            trouble = self.bring(channel)
            self._heed(0.0)
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
            self._wait_for_leave()
            with contextlib.suppress(RateLimited):
                return call()
        self._wait_for_leave()
        return call()

    def _wait_for_leave(self) -> None:
        while (wait := self._pacer.wait(clock.now())) > 0:
            self._heed(wait)

    # --- subscription tokens ----------------------------------------------------------------------------------------

    def usable(self, channel: Channel, now: float) -> str | None:
        """The channel's token in the store, if it is worth sending."""
        token = self._store.subscriptions.get(channel.name)
        return token.value if token is not None and token.usable(now) else None

    def bring(self, channel: Channel) -> Temporary | None:
        """Fetch a token for a channel that is not subscribed; gives what went wrong if that will pass."""
        self._store.subscriptions.pop(channel.name, None)
        others = any(
            other is not channel and other.phase is Phase.IDLE and not other.refused
            for other in self._channels.values()
        )
        try:
            token = self._fetch(channel, PATIENCE if others and not channel.slow else CALL_WITHIN)
        except RateLimited as error:
            channel.try_at = clock.now()  # behind those that have not been tried yet; the pacer says when
            return error
        except Temporary as error:
            channel.slow = isinstance(error, NoNetwork)
            channel.retry(clock.now())
            log.info("subscription token for %s: %s", self._organisations.name_of(channel.name), error.message)
            return error
        except Refused as error:
            self.refuse(channel, error.message)
            return None
        channel.slow = False
        self._store.subscriptions[channel.name] = token
        return None

    def renew(self, channel: Channel) -> Token | None:
        """Fetch a fresh token for a live channel; ``None`` where there is none for now."""
        try:
            token = self._fetch(channel, CALL_WITHIN)
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
            SessionOver
        """
        try:
            token = self._api.subscription_token(channel.name, seconds)
        except (Temporary, Refused) as error:
            self.note(error)
            raise
        self.note(None)
        connection = self._store.connection
        if connection and (why := tokens.misfit(token.value, channel.name, connection.value)):
            raise Refused(f"its token cannot be used: {why}", 200)
        if not token.usable(clock.now()):
            raise Temporary("Telex gave a token that had run out already.")
        return token

    def refuse(self, channel: Channel, why: str) -> None:
        """Not again for some minutes."""
        name = self._organisations.name_of(channel.name)
        log.warning("organisation %s: %s; next try in 5 minutes", name, why)
        self._store.subscriptions.pop(channel.name, None)
        channel.refuse(clock.now())
        self.nothing_to_come(channel)
        self._refused()

    def nothing_to_come(self, channel: Channel) -> None:
        """Tell the main thread, which may wait for this channel's past, that nothing of it will come soon."""
        if not channel.answered:
            self._dispatch(ChannelAnswered(channel.name))

    # --- the connection's -------------------------------------------------------------------------------------------

    def renew_connection(self) -> Token | None:
        """Fetch a fresh connection token; ``None`` where there is none for now.

        Raises:
            SessionOver
        """
        try:
            token = self._api.connection_token()
        except (Temporary, Refused) as error:
            self.note(error)
            log.info("connection token: %s", error.message)
            return None
        self.note(None)
        self._store.connection = token
        return token if token.usable(clock.now()) else None
