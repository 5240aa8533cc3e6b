"""Serves one client's connection to the push server, from its connect command to its close.

The rules are those of centrifuge ``client.go`` and centrifugo ``internal/client/handler.go`` (v5.4.9, v6.9.1). They say
which mistakes are answered with an error, which close the connection and which are ignored, and what ends when a token
is not refreshed.
"""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Callable

from . import push_protocol as codes
from .push_hub import ClientSocket, Hub, push_text
from .push_protocol import ClientCommand, CloseConnection, Code, ReplyWithError, compact
from .push_streams import StreamPosition
from .signing import CheckedToken, ExpiredToken, InvalidToken

SERVER_VERSION = "0.0.0 sandbox"
_WITH_THE_REST = -1
_CUT_AFTER_REFUSAL = 5.0
"""Seconds between the error that answers a connect command and the end of the connection."""


class ClientConnection:
    """The server's side of one connection."""

    def __init__(self, hub: Hub, socket: ClientSocket) -> None:
        self.id = str(uuid.uuid4())
        self.user_id: str | None = None
        """None before a good connect command."""
        self.ended = False
        """Whether it is closing or closed: nothing more is heard or said."""
        self.subscriptions: dict[str, int] = {}
        """By channel, when its token ends, in Unix seconds; 0 for never. -1 if it came in ``connect.subs``: then it
        ends with the connection."""
        self._hub = hub
        self._socket = socket
        self._connect_refused = False
        self._ping_unanswered: bool | None = None
        """None before the first ping, then whether the last one still waits for its pong."""
        self._timers: dict[str, asyncio.TimerHandle] = {}
        known = (self._connect, self._subscribe, self._unsubscribe, self._refresh, self._sub_refresh)
        self._methods = {method.__name__.removeprefix("_"): method for method in known}

    async def serve(self) -> None:
        """Read frames until the connection ends."""
        self._after("stale", self._hub.settings.stale_close_delay, lambda: self.close(codes.CLOSE_STALE))
        try:
            while (frame := await self._socket.receive()) is not None:
                self._handle_frame(frame)
                if self._connect_refused:
                    await asyncio.sleep(_CUT_AFTER_REFUSAL)
                    self._socket.cut()
                    return
                if self.ended:
                    break
        finally:
            self._release()
            await self._socket.finish()

    def close(self, code: Code, *, flush: bool = True) -> None:
        """End the connection with a close code; 3000 means to cut it, without a close frame."""
        if code.number == codes.CLOSE_WITHOUT_FRAME.number:
            self.cut()
            return
        if self._socket.close(code, flush=flush):
            self._hub.traffic.closes[code.number] += 1
        self._release()

    def cut(self) -> None:
        """End the connection as a power cut does."""
        self._release()
        self._socket.cut()

    def push(self, text: str) -> None:
        """Queue one push or reply; a client that does not read is closed with 3008."""
        if not self._socket.send(text):
            self.close(codes.CLOSE_SLOW, flush=False)

    def drop_subscription(self, channel: str, code: Code) -> None:
        """End one subscription from the server's side and tell the client."""
        if self.subscriptions.pop(channel, None) is None:
            return
        self._hub.unsubscribe(channel, self.push)
        self.push(push_text(channel, "unsubscribe", {"code": code.number, "reason": code.reason}))

    def _release(self) -> None:
        self.ended = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for channel in self.subscriptions:
            self._hub.unsubscribe(channel, self.push)
        self.subscriptions.clear()

    def _after(self, name: str, delay: float, action: Callable[[], None]) -> None:
        """Set or reset the timer of that name, unless the connection has ended."""
        if name in self._timers:
            self._timers[name].cancel()
        if not self.ended:
            self._timers[name] = asyncio.get_running_loop().call_later(max(0.0, delay), action)

    def _handle_frame(self, text: str) -> None:
        try:
            for line in codes.split_frame(text):
                command = codes.parse_command(line)
                self._hub.traffic.command(self.id, command.raw)
                self._dispatch(command)
                if self.ended or self._connect_refused:
                    return
        except CloseConnection as end:
            self.close(end.code)

    def _dispatch(self, command: ClientCommand) -> None:
        if self.user_id is None and command.method != "connect":
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        if command.id == 0:  # it is a pong, whatever else it holds
            self._pong()
            return
        if not command.method:
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        try:
            self._methods[command.method](command)
        except ReplyWithError as error:
            body = {"code": error.code.number, "message": error.code.reason}
            self.push(compact({"id": command.id, "error": body}))
            self._connect_refused = command.method == "connect"

    @staticmethod
    def _needed(command: ClientCommand, key: str) -> str:
        """A field without which a command ends the connection."""
        if not (value := command.text(key)):
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        return value

    def _reply(self, command: ClientCommand, result: dict[str, object]) -> None:
        self.push(compact({"id": command.id, command.method: result}))

    def _lifetime(self, token: CheckedToken) -> dict[str, object]:
        """The fields of a result that tell when a token ends."""
        if not token.expires_at:
            return {}
        ttl = token.expires_at - self._hub.clock.unix()
        if ttl <= 0:
            raise ReplyWithError(codes.EXPIRED)
        return {"expires": True, "ttl": ttl}

    def _checked(
        self,
        check: Callable[[str], CheckedToken],
        command: ClientCommand,
        expired: Exception,
        invalid: Exception | None = None,
    ) -> CheckedToken:
        """A command's token, checked; raises ``expired`` or ``invalid`` (by default: close) if it is not good."""
        try:
            return check(command.text("token"))
        except ExpiredToken:
            raise expired from None
        except InvalidToken:
            raise invalid or CloseConnection(codes.CLOSE_INVALID_TOKEN) from None

    def _check_claims(self, token: CheckedToken, channel: str) -> None:
        """A good token for somebody or something else takes the whole connection down."""
        if token.channel != channel or token.user_id != self.user_id or token.client not in ("", self.id):
            raise CloseConnection(codes.CLOSE_INVALID_TOKEN)

    def _connect(self, command: ClientCommand) -> None:
        if self.user_id is not None:
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        self._hub.traffic.connect(self.id)
        self._needed(command, "token")
        token = self._checked(self._hub.signer.check_connection, command, ReplyWithError(codes.TOKEN_EXPIRED))
        subs = command.request.get("subs")
        wanted: dict[str, dict[str, object]] = dict(subs) if isinstance(subs, dict) else {}
        if any(":" in channel for channel in wanted):
            # An unknown namespace; in a subscribe command it is only error 102.
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        result: dict[str, object] = {"client": self.id, "version": SERVER_VERSION, **self._lifetime(token)}
        settings = self._hub.settings
        self.user_id = token.user_id
        self._timers.pop("stale").cancel()
        if settings.honour_subs and (granted := self._server_side(wanted)):
            result["subs"] = granted
        if int(settings.ping_interval):
            result["ping"] = int(settings.ping_interval)
        if settings.ping_interval > 0:
            result["pong"] = True
        self._reply(command, result)
        self._expire_connection(token.expires_at)
        self._after("presence", settings.presence_interval * random.uniform(0.5, 1.0), self._presence_tick)
        if settings.ping_interval > 0:
            self._after("ping", settings.ping_interval * random.uniform(0.5, 1.0), self.ping)

    def _server_side(self, wanted: dict[str, dict[str, object]]) -> dict[str, object]:
        """Subscribe those channels of ``connect.subs`` that have a good token (only with ``honour_subs``)."""
        granted: dict[str, object] = {}
        for channel, value in wanted.items():
            entry = value or {}
            try:
                token = self._hub.signer.check_subscription(str(entry.get("token") or ""))
            except (InvalidToken, ExpiredToken):
                continue
            if token.channel != channel or token.user_id != self.user_id:
                continue
            self.subscriptions[channel] = _WITH_THE_REST
            self._hub.subscribe(channel, self.push)
            granted[channel] = self._position(channel, ClientCommand(0, "subscribe", entry, entry))
        return granted

    def _refresh(self, command: ClientCommand) -> None:
        self._needed(command, "token")
        token = self._checked(self._hub.signer.check_connection, command, CloseConnection(codes.CLOSE_EXPIRED))
        if token.user_id != self.user_id:
            raise CloseConnection(codes.CLOSE_INVALID_TOKEN)
        result = self._lifetime(token)
        self._expire_connection(token.expires_at)
        self._reply(command, result)

    def _expire_connection(self, expires_at: int) -> None:
        if expires_at:
            delay = expires_at - self._hub.clock.unix() + self._hub.settings.expired_close_delay
            self._after("expire", delay, lambda: self.close(codes.CLOSE_EXPIRED))

    def _subscribe(self, command: ClientCommand) -> None:
        channel, settings = self._needed(command, "channel"), self._hub.settings
        for refused, code in (
            (len(channel.encode("utf-8", "replace")) > settings.channel_max_length, codes.BAD_REQUEST),
            (channel in self.subscriptions, codes.ALREADY_SUBSCRIBED),
            (len(self.subscriptions) >= settings.channel_limit, codes.LIMIT_EXCEEDED),
            (":" in channel, codes.UNKNOWN_CHANNEL),
            (not channel.isascii(), codes.BAD_REQUEST),
            (not command.text("token"), codes.PERMISSION_DENIED),
        ):
            if refused:
                raise ReplyWithError(code)
        errors = ReplyWithError(codes.TOKEN_EXPIRED), ReplyWithError(codes.PERMISSION_DENIED)
        token = self._checked(self._hub.signer.check_subscription, command, *errors)
        self._check_claims(token, channel)
        result = self._lifetime(token)
        self.subscriptions[channel] = token.expires_at
        self._hub.subscribe(channel, self.push)
        self._reply(command, result | self._position(channel, command))

    def _position(self, channel: str, command: ClientCommand) -> dict[str, object]:
        """The fields of a subscribe result about history; zero values are left out."""
        streams = self._hub.streams
        recovering = bool(command.request.get("recover"))
        result: dict[str, object] = {"was_recovering": True} if recovering else {}
        if not streams.enabled:
            return result
        top = streams.top(channel)
        result |= {"recoverable": True, "positioned": True, "epoch": top.epoch}
        offset = top.offset
        if recovering:
            missed = streams.recover(channel, StreamPosition(command.offset, command.text("epoch")))
            if missed is not None:
                result["recovered"] = True
                # The client's own offset comes back; the publications lead on from there.
                offset = command.offset
            if missed:
                result["publications"] = [json.loads(publication) for publication in missed]
        if offset:
            result["offset"] = offset
        return result

    def _unsubscribe(self, command: ClientCommand) -> None:
        channel = self._needed(command, "channel")
        if self.subscriptions.pop(channel, None) is not None:
            self._hub.unsubscribe(channel, self.push)
        self._reply(command, {})

    def _sub_refresh(self, command: ClientCommand) -> None:
        channel = self._needed(command, "channel")
        if channel not in self.subscriptions:
            raise ReplyWithError(codes.PERMISSION_DENIED)
        if self.subscriptions[channel] == _WITH_THE_REST:
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        if not command.text("token"):
            raise ReplyWithError(codes.BAD_REQUEST)
        try:
            token = self._checked(self._hub.signer.check_subscription, command, ExpiredToken())
        except ExpiredToken:
            # Centrifugo overlooks this: it answers with success and drops the subscription's expiry.
            self.subscriptions[channel] = 0
            self._reply(command, {})
            return
        self._check_claims(token, channel)
        result = self._lifetime(token)
        self.subscriptions[channel] = token.expires_at
        self._reply(command, result)

    def _presence_tick(self) -> None:
        deadline = self._hub.clock.unix() - int(self._hub.settings.expired_close_delay)
        for channel, expires_at in list(self.subscriptions.items()):
            if expires_at > 0 and deadline > expires_at:
                self.drop_subscription(channel, codes.UNSUBSCRIBED_EXPIRED)
        self._after("presence", self._hub.settings.presence_interval, self._presence_tick)

    def ping(self) -> None:
        """Send a ping and expect its pong in time."""
        if self.user_id is None or self.ended:
            return
        settings = self._hub.settings
        self._ping_unanswered = True
        self.push("{}")
        self._after("pong", settings.pong_timeout, self._check_pong)
        self._after("ping", settings.ping_interval, self.ping)

    def _pong(self) -> None:
        if not self._ping_unanswered:
            raise CloseConnection(codes.CLOSE_BAD_REQUEST)
        self._ping_unanswered = False
        self._hub.traffic.pongs += 1

    def _check_pong(self) -> None:
        if self._ping_unanswered:
            self.close(codes.CLOSE_NO_PONG)
