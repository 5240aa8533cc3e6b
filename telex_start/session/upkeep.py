"""What keeps a connection useful: which token, subscription or look-up is due when.

On the session thread. Nothing here waits; what is due is one call at a time, and that may block for as long as one call
to Telex may take.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..errors import RateLimited, Refused, Temporary
from ..net.pacing import spread
from ..push.channel import Channel, Phase
from ..push.protocol import PushClient
from . import tokens
from .collaborators import Collaborators
from .room import Room
from .token_fetcher import TokenFetcher

log = logging.getLogger(__name__)


class Upkeep:
    """Decides what one connection needs next, and does it."""

    def __init__(
        self, parts: Collaborators, client: PushClient, fetcher: TokenFetcher, *, just_looked_up: bool
    ) -> None:
        """
        Args:
            parts: What it works with.
            client: The connection's protocol state.
            fetcher: Fetches the connection's tokens.
            just_looked_up: The organisations have just been looked up; otherwise that is due in a moment.
        """
        self._parts = parts
        self._channels = parts.organisations.channels
        self._client = client
        self._fetcher = fetcher
        self._now = parts.now
        self._room = Room(parts, client, fetcher)
        if just_looked_up:
            self._look_up_at = self._now() + spread(parts.timings.look_up_every, parts.chance())
        else:
            after = parts.timings.look_up_after
            self._look_up_at = max(self._now() + after * parts.chance(), parts.organisations.looked_up_at + after)

    def due(self, now: float) -> tuple[Callable[[], object] | None, float]:
        """Subscribe the channels that have a token, and look what is due besides. For a connection that is online.

        Returns:
            The most pressing call to Telex, to be made at once, or ``None``; and when to ask again, in seconds.
            The call may raise SessionOver.
        """
        self._room.share()
        self._subscribe_those_with_tokens(now)
        call = self._most_pressing(now)
        self._parts.pacer.tokens_first(call is not None)
        if call is None:
            return None, min(self._next_due(), self._parts.look_ups.go_on())
        if (wait := self._fetcher.wait(now)) > 0:
            return None, now + wait
        return call, now

    def refresh_failed(self, channel: Channel | None, now: float) -> None:
        """A refresh of a channel, or of the connection itself (``None``), failed for a reason that passes."""
        if channel is None:
            self._client.refresh_later(now)
        else:
            channel.refresh_later(now, self._parts.chance())

    def _subscribe_those_with_tokens(self, now: float) -> None:
        for channel in self._channels.values():
            if channel.phase is Phase.IDLE and channel.try_at <= now and (token := self._fetcher.usable(channel, now)):
                self._client.subscribe(channel, token, now)

    def _most_pressing(self, now: float) -> Callable[[], object] | None:
        if self._client.refresh_at <= now:
            return self._refresh_connection
        live = [channel for channel in self._channels.values() if channel.refresh_at <= now]
        soonest = min(live, key=lambda channel: channel.refresh_at, default=None)
        if soonest is not None and now - soonest.refresh_at > 0.1 * soonest.ttl:
            return lambda: self._refresh_channel(soonest)  # many wait for a first token, but this one runs out
        idle = [channel for channel in self._channels.values() if self._may_fetch(channel) and channel.try_at <= now]
        if idle:
            first = min(idle, key=lambda channel: channel.try_at)
            return lambda: self._fetcher.fetch_for_subscribe(first)  # the next turn subscribes it
        if soonest is not None:
            return lambda: self._refresh_channel(soonest)
        if self._look_up_at <= now:
            return self._look_up
        return None

    def _may_fetch(self, channel: Channel) -> bool:
        """Whether a token is wanted for it; not while the push server's answers are awaited if that may take long."""
        return channel.phase is Phase.IDLE and not (channel.slow and self._client.awaiting)

    def _next_due(self) -> float:
        due = min(self._client.refresh_at, self._look_up_at)
        for channel in self._channels.values():
            due = min(due, channel.try_at if self._may_fetch(channel) else channel.refresh_at)
        return due

    def _refresh_connection(self) -> None:
        token = self._fetcher.renew_connection()
        now = self._now()
        if token is not None:
            self._client.refresh(token.value, now)
        else:
            self.refresh_failed(None, now)

    def _refresh_channel(self, channel: Channel) -> None:
        """A fresh token for a live channel. Whatever goes wrong, the channel stays live while the server lets it."""
        channel.refresh_begun()
        token = self._fetcher.renew(channel)
        now = self._now()
        if token is None:
            self.refresh_failed(channel, now)
        elif channel.suspect or tokens.claims(token.value) is None:
            self._client.resubscribe(channel, token.value, now)
        else:
            self._client.sub_refresh(channel, token.value, now)

    def _look_up(self) -> None:
        timings, organisations, chance = self._parts.timings, self._parts.organisations, self._parts.chance
        try:
            added, dropped = organisations.look_up(self._parts.api, self._now())
        except RateLimited:
            # Of all calls this one can wait, and a server with too many of them is not asked for it every second.
            self._look_up_at = self._now() + timings.look_up_after * (1.0 + chance())
            return
        except (Temporary, Refused) as error:
            self._fetcher.note(error)
            log.info("looking up organisations: %s", error.message)
            again = timings.look_up_again if isinstance(error, Temporary) else timings.look_up_every
            self._look_up_at = self._now() + spread(again, chance())
            self._parts.figures_changed()
            return
        self._look_up_at = self._now() + spread(timings.look_up_every, chance())
        now = self._now()
        for channel in dropped:
            self._parts.store.subscriptions.pop(channel.name, None)
            if channel.phase is not Phase.IDLE:
                self._client.unsubscribe(channel, now)
        self._parts.look_ups.keep([*self._channels])
        if added or dropped:
            log.info("organisations: %d joined, %d left", len(added), len(dropped))
        self._parts.figures_changed()
