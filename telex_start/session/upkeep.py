"""Keeps a connection useful: renews tokens, subscribes channels (not all may have room), fetches the organisations.

On the session thread. It names one call to Telex at a time as due; that call may block as long as one call may take.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import NamedTuple

from ..errors import NO_ROOM, ROOM_FOR_ALL, NoNetwork, RateLimited, Refused, Temporary
from ..events import ChannelAnswered, Notice
from ..net.dialling import Dialler
from ..push.channel import Backoff, Channel, Phase, spread
from ..push.protocol import PushClient
from . import telex_api
from .pace import Shared
from .poller import Poller
from .state import Organisations
from .telex_api import TelexApi
from .tokens import Token

log = logging.getLogger(__name__)

_NAMES = 3
"""Organisations without room that the toast names; the log names all."""


class Parts(NamedTuple):
    """The session's parts that a connection works with. For the session thread alone."""

    shared: Shared
    api: TelexApi
    dialler: Dialler
    organisations: Organisations
    poller: Poller
    wait_interruptibly: Callable[[float], None]
    """Waits that many seconds or until a command comes; with 0 it only looks whether one has come.

    Raises :class:`~.state.ReconnectAsked` and :class:`~.state.LeaveAsked`.
    """
    wait_for_pacer: Callable[[], None]
    """Waits until a call to Telex may be made, or a command comes; raises the same."""
    figures_changed: Callable[[], None]
    """To be called when a channel has become live or refused, or is so no longer."""


class Upkeep:
    """Decides what one connection needs next, and does it.

    Tokens for the push server are fetched one at a time, no faster than Telex likes, and checked before they get into
    the store; if there is none for a channel, that is noted on the channel.
    """

    def __init__(self, parts: Parts, client: PushClient, *, just_fetched: bool) -> None:
        """
        Args:
            parts: The session's parts that it works with.
            client: The connection's protocol state.
            just_fetched: Whether the organisations have just been fetched; if not, a fetch is due in some seconds.
        """
        self._parts = parts
        self._store = parts.shared.store
        self._organisations = parts.organisations
        self._channels = parts.organisations.channels
        self._client = client
        self._now = parts.shared.now
        self._chance = parts.shared.chance
        self._timings = parts.shared.timings
        self._backoff = Backoff(self._chance, self._timings.unanswered_minimum, self._timings.backoff_maximum)
        self._unanswered = 0
        self._not_before = float("-inf")
        if just_fetched:
            self._organisations_at = self._now() + spread(self._timings.organisations_every, self._chance())
        else:
            after = self._timings.organisations_after
            self._organisations_at = max(self._now() + after * self._chance(), self._organisations.fetched_at + after)

    def prepare(self) -> None:
        """Fetch the tokens a connection begins with: its own and one subscription token (none if all are refused).

        Raises:
            Temporary, Refused: a token could not be fetched, for now.
            SessionOver: the session has ended.
            ReconnectAsked, LeaveAsked: a command came.
        """
        now = self._now()
        if self._store.connection is None or not self._store.connection.usable(now):
            self._store.connection = self._connection_token()
            self._parts.wait_interruptibly(0.0)
        wanted = [channel for channel in self._channels.values() if not (channel.refused and channel.try_at > now)]
        if any(self._usable(channel, now) for channel in wanted):
            return
        troubles = 0
        for channel in wanted:
            self._parts.wait_for_pacer()
            trouble = self._fetch_for_subscribe(channel)
            self._parts.wait_interruptibly(0.0)
            if channel.name in self._store.subscriptions:
                return
            if trouble is not None:
                troubles += 1
                if troubles >= 3 or troubles == len(wanted):
                    raise trouble
        # All were refused: connect anyway, so that the person sees that Telex is there.

    def tokens(self) -> dict[str, str]:
        """The subscription tokens at hand, by channel."""
        now = self._now()
        channels = [channel for channel in self._channels.values() if not channel.refused]
        return {channel.name: token for channel in channels if (token := self._usable(channel, now))}

    def _connection_token(self) -> Token:
        """Fetch it. All other calls wait for it, so a rate limit is waited out here, up to three times."""
        for _ in range(3):
            self._parts.wait_for_pacer()
            with contextlib.suppress(RateLimited):
                return self._parts.api.connection_token()
        self._parts.wait_for_pacer()
        return self._parts.api.connection_token()

    def due(self, now: float) -> tuple[Callable[[], object] | None, float]:
        """Subscribe the channels that have a token, and find out what else is due. For a connection that is online.

        Returns:
            The most pressing call to Telex, to be made at once, or ``None``; and when to ask again, in seconds.
            The call may raise SessionOver.
        """
        self._leave_out()
        for channel in self._channels.values():
            if channel.phase is Phase.IDLE and channel.try_at <= now and (token := self._usable(channel, now)):
                self._client.subscribe(channel, token, now)
        call = self._most_pressing(now)
        self._parts.shared.pacer.tokens_first(call is not None)
        if call is None:
            return None, min(self._next_due(), self._parts.poller.go_on())
        # If Telex does not answer at all, calls are rare: each may take 5 s, which the push server needs.
        if (wait := max(self._parts.shared.pacer.wait(), self._not_before - now)) > 0:
            return None, now + wait
        return call, now

    def refuse(self, channel: Channel, why: str) -> None:
        """Give up a channel for some minutes, as there is no token for it that can be used."""
        name, minutes = self._organisations.name_of(channel.name), self._timings.refused_for / 60
        log.warning("organisation %s: %s; next try in about %g minutes", name, why, minutes)
        channel.refuse(self._now(), self._chance())
        self.report_no_history(channel)
        self._parts.figures_changed()

    def report_no_history(self, channel: Channel) -> None:
        """Tell the main thread, which may be waiting for this channel's history, that none will come soon."""
        if not channel.answered:
            self._parts.shared.dispatch(ChannelAnswered(channel.name))

    def _most_pressing(self, now: float) -> Callable[[], object] | None:
        if self._client.refresh_at <= now:
            return self._refresh_connection
        live = [channel for channel in self._channels.values() if channel.refresh_at <= now]
        soonest = min(live, key=lambda channel: channel.refresh_at, default=None)
        if soonest is not None and now - soonest.refresh_at > 0.1 * soonest.ttl:
            return lambda: self._refresh_channel(soonest)  # many wait for a first token, but this channel's runs out
        idle = [channel for channel in self._channels.values() if self._may_fetch(channel) and channel.try_at <= now]
        if idle:
            first = min(idle, key=lambda channel: channel.try_at)
            return lambda: self._fetch_for_subscribe(first)  # the next turn subscribes it
        if soonest is not None:
            return lambda: self._refresh_channel(soonest)
        if self._organisations_at <= now:
            return self._fetch_organisations
        return None

    def _may_fetch(self, channel: Channel) -> bool:
        """Whether to fetch a first token for it. Not if Telex may be slow and the push server's answers are awaited."""
        return channel.phase is Phase.IDLE and not (channel.token_can_wait and self._client.awaiting)

    def _next_due(self) -> float:
        due = min(self._client.refresh_at, self._organisations_at)
        for channel in self._channels.values():
            due = min(due, channel.try_at if self._may_fetch(channel) else channel.refresh_at)
        return due

    def _usable(self, channel: Channel, now: float) -> str | None:
        """The channel's token in the store, if it is worth sending."""
        token = self._store.subscriptions.get(channel.name)
        return token.value if token is not None and token.usable(now) else None

    def _fetch_for_subscribe(self, channel: Channel) -> Temporary | None:
        """Fetch a token for a channel that is not subscribed.

        Returns:
            The error, if it will pass; ``None`` if there is a token, or the channel has been refused.

        Raises:
            SessionOver: the session has ended.
        """
        self._store.subscriptions.pop(channel.name, None)
        others = any(
            other is not channel and other.phase is Phase.IDLE and not other.refused
            for other in self._channels.values()
        )
        first = others and not channel.token_can_wait
        seconds = self._timings.first_token_within if first else self._timings.call_within
        try:
            self._fetch(channel, seconds)
        except RateLimited as error:
            channel.try_at = self._now()  # after the channels that have not been tried yet; the pacer decides when
            return error
        except Temporary as error:
            channel.token_can_wait = isinstance(error, NoNetwork)
            channel.retry(self._now())
            self._log(channel, error)
            return error
        except Refused as error:
            self.refuse(channel, error.message)
            return None
        channel.token_can_wait = False
        return None

    def _fetch(self, channel: Channel, seconds: float) -> Token:
        """Fetch a token, check it, and put it into the store.

        Raises:
            Temporary: there is none, for now.
            Refused: Telex gives none, or one that would do harm.
            SessionOver: the session has ended.
        """
        try:
            token = self._parts.api.subscription_token(channel.name, seconds)
        except (Temporary, Refused) as error:
            self._note(error)
            raise
        self._note(None)
        connection = self._store.connection
        if connection and (why := telex_api.why_unusable(token.value, channel.name, connection.value)):
            raise Refused(f"its token cannot be used: {why}", 200)
        self._store.subscriptions[channel.name] = token
        return token

    def _note(self, error: Temporary | Refused | None) -> None:
        """Note a call's error, or ``None`` if it went well: after two unanswered calls, calls are spaced out."""
        if isinstance(error, NoNetwork):
            self._unanswered += 1
            if self._unanswered >= 2:
                self._not_before = self._now() + self._backoff.next()
        else:
            self._unanswered = 0
            self._backoff.reset()
            self._not_before = float("-inf")

    def _log(self, channel: Channel, error: Temporary | Refused) -> None:
        log.info("subscription token for %s: %s", self._organisations.name_of(channel.name), error.message)

    def _refresh_connection(self) -> None:
        try:
            token = self._parts.api.connection_token()
        except (Temporary, Refused) as error:
            self._note(error)
            log.info("connection token: %s", error.message)
            self._client.refresh_later(self._now())
            return
        self._note(None)
        self._store.connection = token
        self._client.refresh(token.value, self._now())

    def _refresh_channel(self, channel: Channel) -> None:
        """Bring a fresh token for a live channel. If that fails, the channel stays live while the server lets it."""
        channel.refresh_at = float("inf")
        try:
            token = self._fetch(channel, self._timings.call_within)
        except (Temporary, Refused) as error:
            self._log(channel, error)
            channel.refresh_later(self._now(), self._chance())
            return
        unreadable = telex_api.claims(token.value) is None
        bring = self._client.resubscribe if channel.suspect or unreadable else self._client.sub_refresh
        bring(channel, token.value, self._now())

    def _fetch_organisations(self) -> None:
        timings, chance = self._timings, self._chance
        again = spread(timings.organisations_every, chance())
        try:
            added, dropped = self._organisations.fetch(self._parts.api, self._now())
        except RateLimited:
            # Of all calls this one can wait, and a server with too many of them is not asked for it every second.
            again = timings.organisations_after * (1.0 + chance())
        except (Temporary, Refused) as error:
            self._note(error)
            log.info("looking up organisations: %s", error.message)
            if isinstance(error, Temporary):
                again = spread(timings.organisations_again, chance())
        else:
            for channel in dropped:
                self._store.subscriptions.pop(channel.name, None)
                if channel.phase is not Phase.IDLE:
                    self._client.unsubscribe(channel, self._now())
            self._parts.poller.keep([*self._channels])
            if added or dropped:
                log.info("organisations: %d joined, %d left", len(added), len(dropped))
        self._organisations_at = self._now() + again
        self._parts.figures_changed()

    def _leave_out(self) -> None:
        """If the push server takes fewer channels than there are, leave out the last ones, without fetching tokens for
        them; let channels in again when there is room. A server refuses one too many (106); usually it takes 128."""
        if self._client.most == float("inf"):
            return
        self._organisations.most = most = int(self._client.most)
        channels = self._channels.values()
        claiming = [channel for channel in channels if not channel.refused]
        waiting = [channel for channel in claiming if channel.phase is Phase.IDLE]
        if (over := len(claiming) - most) > 0:
            for channel in waiting[-over:]:
                channel.leave_out()
                self.report_no_history(channel)
            if waiting:
                self._parts.figures_changed()
        else:
            for channel in [channel for channel in channels if channel.left_out][:-over]:
                channel.let_in()
        if all(channel.phase is Phase.LIVE or channel.refused for channel in channels):
            self._tell_left_out([channel.name for channel in channels if channel.left_out])

    def _tell_left_out(self, names: list[str]) -> None:
        told = self._organisations.left_out_told
        if frozenset(names) == (told or frozenset()):
            return
        self._organisations.left_out_told = frozenset(names)
        if not names:
            log.warning(ROOM_FOR_ALL)
            return
        readable = [self._organisations.name_of(name) for name in names]
        log.warning("%s %d organisations: %s", NO_ROOM, len(readable), ", ".join(readable))
        if told is not None:
            return
        there_are = len(self._channels)
        rest = len(readable) - _NAMES
        which = ", ".join(readable[:_NAMES]) + (f" and {rest} more, which the log names" if rest > 0 else "")
        self._parts.shared.dispatch(
            Notice(
                f"Notifications from {there_are - len(readable)} of {there_are} organisations",
                f"Telex takes no more on one connection. Nothing comes from {which}.",
            )
        )
