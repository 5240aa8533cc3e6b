"""One connection's life: tokens in time, every organisation subscribed, until the connection ends.

Blocking, on the session thread. Each turn of the loop does one piece of work, at most one HTTP call among it, so pings
are answered in time and pushes wait little.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec import Struct

from .. import __version__, clock
from ..errors import RateLimited, Refused, Temporary
from ..events import ChannelAnswered, CountsUnknown, Event, How, PublicationsReceived
from ..net.pacing import Pacer
from ..push import codes
from ..push import protocol as push
from ..push.channel import Channel, Phase
from ..push.protocol import PushClient
from ..push.websocket import Closed, Connection
from . import tokens
from .organisations import Organisations
from .telex_api import TelexApi
from .token_fetcher import PushTokens
from .tokens import TokenStore

log = logging.getLogger(__name__)

LOOK_UP_EVERY = 900.0
"""Seconds between two look-ups of the user's organisations."""
_FRAMES_IN_A_ROW = 500


class Ending(Struct, frozen=True):
    """Why a connection ended."""

    code: int
    why: str
    terminal: bool = False
    at_once: bool = False
    """Make it anew without backoff: the machine has slept."""


class Link:
    """One connection to the push server and what keeps it useful."""

    def __init__(
        self,
        *,
        api: TelexApi,
        store: TokenStore,
        pacer: Pacer,
        organisations: Organisations,
        connection: Connection,
        random: Callable[[], float],
        heed: Callable[[float], None],
        dispatch: Callable[[Event], None],
        figures_changed: Callable[[bool], None],
        first: bool,
    ) -> None:
        """
        Args:
            heed: Waits that many seconds for a command, and raises when one asks to leave.
            figures_changed: Called with whether the connection is up, at each change of that and of what is subscribed.
            first: The organisations have just been looked up.
        """
        self._api = api
        self._store = store
        self._organisations = organisations
        self._channels = organisations.channels
        self._connection = connection
        self._random = random
        self._heed = heed
        self._dispatch = dispatch
        self._tell_figures = figures_changed
        self._client = PushClient(self._channels, random, __version__)
        self._tokens = PushTokens(
            api=api,
            store=store,
            pacer=pacer,
            organisations=organisations,
            random=random,
            heed=heed,
            dispatch=dispatch,
            refused=lambda: figures_changed(self._client.connected),
        )
        self._sleep = clock.SleepWatch(clock.now(), clock.awake())
        self._look_up_at = clock.now() + (LOOK_UP_EVERY if first else 0.0)
        self._ending: Ending | None = None

    def run(self) -> Ending:
        """Connect and stay until the connection ends.

        Raises:
            Temporary: no connection could be made.
            SessionOver: the session has ended.
        """
        try:
            self._heed(0.0)  # from here on a command aborts the connection, so none is overlooked
            self._tokens.to_start()
            self._connection.open()
            self._heed(0.0)
            connection_token = self._store.connection
            assert connection_token is not None
            now = clock.now()
            usable = {
                channel.name: token
                for channel in self._channels.values()
                if not channel.refused and (token := self._tokens.usable(channel, now))
            }
            self._client.connect(connection_token.value, usable, now)
            return self._stay()
        except Closed as closed:
            return self._closed(closed)
        finally:
            self._connection.close()
            for channel in self._channels.values():
                channel.disconnected()

    def _closed(self, closed: Closed) -> Ending:
        log.info("connection closed: %s %.120r", closed.code, closed.reason)
        if closed.code == codes.INVALID_TOKEN and (examined := self._client.under_examination()):
            return self._closed_over(*examined)
        terminal = codes.terminal(closed.code)
        self._forget_tokens(closed.code, terminal)
        return Ending(closed.code, codes.reason(closed.code), terminal)

    def _closed_over(self, command: str, channel: Channel) -> Ending:
        """One organisation's token has closed the connection: see to that one, and let the others go on at once.

        The first time it gets a fresh token, as the close may have been meant for something else; then it is left out.
        """
        self._store.subscriptions.pop(channel.name, None)
        log.warning("organisation %s: its token closed the connection", self._organisations.name_of(channel.name))
        if command == "subscribe" and channel.suspect:
            self._tokens.refuse(channel, "its tokens close the connection")
        channel.suspect = True
        return Ending(codes.INVALID_TOKEN, codes.reason(codes.INVALID_TOKEN))

    def _forget_tokens(self, code: int, terminal: bool) -> None:
        """What a close code, or an error code of the connect command, says of the tokens at hand."""
        if code in (codes.CONNECTION_EXPIRED, codes.TOKEN_EXPIRED, codes.EXPIRED):
            self._store.connection = None
        if code == codes.STATE_INVALIDATED or terminal:
            self._store.drop_push_tokens()
        if code == codes.STATE_INVALIDATED:
            for channel in self._channels.values():
                channel.position = None
                self._dispatch(CountsUnknown(channel.name))

    # --- the connection ---------------------------------------------------------------------------------------------

    def _stay(self) -> Ending:
        while self._ending is None:
            self._heed(0.0)
            now = clock.now()
            if self._sleep.slept(now, clock.awake()):
                log.info("the machine has slept: connecting anew")
                return Ending(codes.NO_CLOSE_FRAME, "the machine has slept", at_once=True)
            work_at = self._work(now) if self._client.connected else float("inf")
            self._send()
            if not self._receive(min(work_at, self._client.deadline())):
                # Only with nothing left to read: what had to come in time may have lain there behind a slow call.
                self._happened(self._client.tick(clock.now()), clock.now())
        return self._ending

    def _send(self) -> None:
        for frame in self._client.outgoing():
            self._connection.send(frame)

    def _receive(self, until: float) -> bool:
        """Wait for a frame until then, and take whatever else is there already; ``False`` if nothing came."""
        seconds = max(0.0, until - clock.now()) if until != float("inf") else None
        for number in range(_FRAMES_IN_A_ROW):
            frame = self._connection.receive(seconds)
            if frame is None:
                return number > 0
            now = clock.now()
            self._happened(self._client.receive(frame.text, now), now)
            self._send()
            if self._ending is not None or not self._connection.pending():
                break
            seconds = 0.0
        return True

    def _happened(self, happenings: list[push.Happening], now: float) -> None:
        for happening in happenings:
            match happening:
                case push.Published():
                    how = How.LIVE if happening.live else How.CAUGHT_UP if happening.first else How.RECOVERED
                    data = tuple(publication.data for publication in happening.publications)
                    self._dispatch(PublicationsReceived(happening.channel.name, data, how))
                case push.Lost():
                    self._dispatch(CountsUnknown(happening.channel.name))
                case push.Live():
                    if happening.first:
                        self._dispatch(ChannelAnswered(happening.channel.name))
                    self._tell_figures(self._client.connected)
                case push.Unsubscribed():
                    self._unsubscribed(happening)
                case push.RefreshFailed():
                    self._refresh_later(happening.channel, now)
                case push.Online():
                    self._tell_figures(self._client.connected)
                case push.Ended():
                    log.info("connection given up: %s", happening.why)
                    self._forget_tokens(happening.code, happening.terminal)
                    self._ending = Ending(happening.code, happening.why, happening.terminal)

    def _unsubscribed(self, happening: push.Unsubscribed) -> None:
        channel = happening.channel
        log.warning("organisation %s: %s", self._organisations.name_of(channel.name), happening.why)
        if happening.token_is_dead:
            self._store.subscriptions.pop(channel.name, None)
        if happening.position_is_dead:
            channel.position = None
            self._dispatch(CountsUnknown(channel.name))
        if channel.refused:
            self._tokens.nothing_to_come(channel)
        self._tell_figures(self._client.connected)

    # --- work -------------------------------------------------------------------------------------------------------

    def _work(self, now: float) -> float:
        """Do one piece of work that is due, and say when the next one is; seconds."""
        self._subscribe_those_with_tokens(now)
        due = self._due(now)
        if due is None:
            return self._next_due()
        if (wait := self._tokens.wait(now)) > 0:
            return now + wait
        self._send()  # the call may take seconds, and the server's answers are awaited from now on
        due()
        return now

    def _subscribe_those_with_tokens(self, now: float) -> None:
        for channel in self._channels.values():
            if channel.phase is Phase.IDLE and channel.try_at <= now and (token := self._tokens.usable(channel, now)):
                self._client.subscribe(channel, token, now)

    def _due(self, now: float) -> Callable[[], None] | None:
        """The most pressing HTTP call that is due."""
        if self._client.refresh_at <= now:
            return self._refresh_connection
        live = [channel for channel in self._channels.values() if channel.refresh_at <= now]
        soonest = min(live, key=lambda channel: channel.refresh_at, default=None)
        if soonest is not None and now - soonest.refresh_at > 0.1 * soonest.ttl:
            return lambda: self._refresh_channel(soonest)  # many wait for a first token, but this one runs out
        idle = [channel for channel in self._channels.values() if self._may_fetch(channel) and channel.try_at <= now]
        if idle:
            first = min(idle, key=lambda channel: channel.try_at)
            return lambda: self._bring(first)
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

    def _bring(self, channel: Channel) -> None:
        """A token for a channel that is not subscribed; the next turn subscribes it."""
        self._tokens.bring(channel)

    def _refresh_connection(self) -> None:
        token = self._tokens.renew_connection()
        now = clock.now()
        if token is not None:
            self._client.refresh(token.value, now)
        else:
            self._refresh_later(None, now)

    def _refresh_channel(self, channel: Channel) -> None:
        """A fresh token for a live channel. Whatever goes wrong, the channel stays live while the server lets it."""
        channel.refresh_at = float("inf")
        token = self._tokens.renew(channel)
        now = clock.now()
        if token is None:
            self._refresh_later(channel, now)
        elif channel.suspect or tokens.claims(token.value) is None:
            self._client.resubscribe(channel, token.value, now)
        else:
            self._client.sub_refresh(channel, token.value, now)

    def _refresh_later(self, channel: Channel | None, now: float) -> None:
        """A refresh failed: again in 5 to 10 s (a channel: 10 to 20), sooner where tokens live but for seconds."""
        if channel is None:
            self._client.refresh_at = now + min(5.0 + 5.0 * self._random(), max(0.5, 0.1 * self._client.ttl))
        elif channel.phase is Phase.LIVE:
            channel.refresh_at = now + min(10.0 + 10.0 * self._random(), max(0.5, 0.1 * channel.ttl))

    def _look_up(self) -> None:
        self._look_up_at = clock.now() + LOOK_UP_EVERY
        try:
            added, dropped = self._organisations.look_up(self._api)
        except RateLimited:
            self._look_up_at = clock.now()
            return
        except (Temporary, Refused) as error:
            self._tokens.note(error)
            log.info("looking up organisations: %s", error.message)
            self._look_up_at = clock.now() + (60.0 if isinstance(error, Temporary) else LOOK_UP_EVERY)
            return
        now = clock.now()
        for channel in dropped:
            self._store.subscriptions.pop(channel.name, None)
            if channel.phase is not Phase.IDLE:
                self._client.unsubscribe(channel, now)
        if added or dropped:
            log.info("organisations: %d joined, %d left", len(added), len(dropped))
            self._tell_figures(self._client.connected)
