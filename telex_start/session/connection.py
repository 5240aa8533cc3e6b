"""Runs one connection to the push server (Centrifugo): opens it, carries its frames, and says why it ended.

Blocking, on the session thread. Each turn of its loop makes at most one call to Telex, so pings are answered in time
and pushes wait little. :mod:`.upkeep` decides what is due apart from sending and receiving.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from .. import clock
from ..events import CountsUnknown, Event
from ..push import frames
from ..push import protocol as push
from ..push.channel import Channel
from ..push.protocol import PushClient
from ..push.websocket import Closed, WebSocket
from .upkeep import Parts, Upkeep

log = logging.getLogger(__name__)

_FRAMES_IN_A_ROW = 500
"""Frames that are taken before the loop looks again for commands and for due calls."""


class PushConnection:
    """Opens a WebSocket, carries frames between it and the protocol, and acts on the events that result."""

    def __init__(self, parts: Parts, websocket: WebSocket, online: Callable[[], None], *, just_fetched: bool) -> None:
        """
        Args:
            parts: The session's parts that it works with.
            websocket: Not opened yet; closed by :meth:`run`.
            online: Called when the push server has accepted the connection.
            just_fetched: Whether the organisations have just been fetched.
        """
        self._parts = parts
        self._websocket = websocket
        self._online = online
        self._shared = parts.shared
        self._now = parts.shared.now
        self._channels = parts.organisations.channels
        self._client = PushClient(
            self._channels,
            parts.shared.chance,
            reply_within=parts.shared.timings.reply_within,
            ping_slack=parts.shared.timings.ping_slack,
        )
        self._upkeep = Upkeep(parts, self._client, just_fetched=just_fetched)
        self._sleep = clock.SleepWatch(self._now(), clock.awake())
        self._ending: push.Ended | None = None
        self._heard_at = self._now()
        """When the push server was last heard of, in seconds."""

    def run(self) -> push.Ended:
        """Connect and stay until the connection ends.

        Raises:
            Temporary, Refused: no connection could be made.
            SessionOver: the session has ended.
            ReconnectAsked, LeaveAsked: a command came.
        """
        self._shared.pacer.tokens_first(True)
        try:
            self._parts.wait_interruptibly(0.0)  # from here on a command aborts the WebSocket: none is overlooked
            self._upkeep.prepare()
            self._websocket.open()
            self._parts.wait_interruptibly(0.0)
            connection_token = self._shared.store.connection
            assert connection_token is not None
            self._client.connect(connection_token.value, self._upkeep.tokens(), self._now())
            self._parts.dialler.hurried = True  # the push server waits for answers to its pings
            return self._stay()
        except Closed as closed:
            return self._closed(closed)
        finally:
            self._parts.dialler.hurried = False
            self._websocket.close()
            self._parts.poller.disconnected(self._heard_at)
            for channel in self._channels.values():
                channel.disconnected()

    def _stay(self) -> push.Ended:
        while self._ending is None:
            self._parts.wait_interruptibly(0.0)
            now = self._now()
            if self._sleep.slept(now, clock.awake()):
                log.info("the machine has slept: connecting anew")
                return push.Ended(frames.NO_CLOSE_FRAME, "the machine has slept", at_once=True)
            due_at = float("inf")
            if self._client.connected:
                call, due_at = self._upkeep.due(now)
                if call is not None:
                    self._send()  # the call may take seconds, and the server's answers are awaited from now on
                    call()
            self._send()
            if not self._receive(min(due_at, self._client.deadline())):
                # Only with nothing left to read: frames that came in time may have waited there during a slow call.
                self._happened(self._client.tick(self._now()))
        return self._ending

    def _send(self) -> None:
        for frame in self._client.outgoing():
            self._websocket.send(frame)

    def _receive(self, until: float) -> bool:
        """Wait for a frame until ``until``, and take all frames that are there already; ``False`` if nothing came."""
        seconds = max(0.0, until - self._now()) if until != float("inf") else None
        for taken in range(_FRAMES_IN_A_ROW):
            # A frame within a millisecond of the one before is taken without a look at what is due.
            frame = self._websocket.receive(0.0 if taken else seconds)
            if frame is None:
                return taken > 0
            self._heard_at = self._now()
            happenings = self._client.receive(frame, self._heard_at)
            self._happened(happenings)
            self._send()
            # After a ping nothing is likely to follow, and to wait for it would be one more wake-up.
            if not happenings or self._ending is not None:
                break
        return True

    def _happened(self, happenings: list[push.Happening]) -> None:
        for happening in happenings:
            match happening:
                case Event():
                    self._shared.dispatch(happening)
                case push.Live():
                    self._parts.poller.live(happening.channel.name, happening.whole)
                    self._parts.figures_changed()
                case push.Unsubscribed():
                    self._unsubscribed(happening)
                case push.Online():
                    self._online()
                case push.Ended():
                    log.info("connection given up: %s", happening.why)
                    self._forget_tokens(happening.code, happening.terminal)
                    self._ending = happening

    def _unsubscribed(self, happening: push.Unsubscribed) -> None:
        channel = happening.channel
        log.warning("organisation %s: %s", self._parts.organisations.name_of(channel.name), happening.why)
        if happening.token_is_dead:
            self._shared.store.subscriptions.pop(channel.name, None)
        if happening.position_is_dead:
            self._forget_position(channel)
        if channel.refused:
            self._upkeep.report_no_history(channel)
        self._parts.figures_changed()

    def _forget_position(self, channel: Channel) -> None:
        channel.forget_position()
        self._shared.dispatch(CountsUnknown(channel.name))

    def _closed(self, closed: Closed) -> push.Ended:
        log.info("connection closed: %s %.120r", closed.code, closed.reason)
        if closed.code == frames.INVALID_TOKEN and (checked := self._client.token_being_checked()):
            return self._closed_over(*checked)
        terminal = frames.terminal(closed.code)
        self._forget_tokens(closed.code, terminal)
        return push.Ended(closed.code, frames.reason(closed.code), terminal)

    def _closed_over(self, command: str, channel: Channel) -> push.Ended:
        """One organisation's token has closed the connection: act on that one, and spare the others a long wait.

        The first time, it gets a fresh token, as something else may have caused the close; after that it is refused.
        """
        self._shared.store.subscriptions.pop(channel.name, None)
        log.warning("organisation %s: its token closed the connection", self._parts.organisations.name_of(channel.name))
        if command == "subscribe" and channel.suspect:
            self._upkeep.refuse(channel, "its tokens close the connection")
        channel.suspect = True
        return push.Ended(frames.INVALID_TOKEN, frames.reason(frames.INVALID_TOKEN))

    def _forget_tokens(self, code: int, terminal: bool) -> None:
        """Drop the tokens that a close code, or an error code of the connect command, says are of no use."""
        if code in (frames.CONNECTION_EXPIRED, frames.TOKEN_EXPIRED, frames.EXPIRED):
            self._shared.store.connection = None
        if code == frames.STATE_INVALIDATED or terminal:
            self._shared.store.drop_push_tokens()
        if code == frames.STATE_INVALIDATED:
            for channel in self._channels.values():
                self._forget_position(channel)
