"""The client side of one connection to Centrifugo, without I/O.

Frames go in by :meth:`PushClient.receive`, time by :meth:`PushClient.tick`; what is to be sent comes out of
:meth:`PushClient.outgoing`. What happened is returned as small frozen values: what the main thread is to be told, as
the event that it gets, and all else as a class from here. One instance serves one connection; the :class:`Channel`\\ s
outlive it.

Source: Centrifugal's client protocol and client API specification (https://centrifugal.dev/docs/transports/client_api).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .. import __version__
from ..events import ChannelAnswered, CountsUnknown, How, PublicationsReceived
from . import frames
from .channel import LOST, Channel, Phase, Recovery, early
from .frames import Connected, Refreshed, Reply, Subscribed

log = logging.getLogger(__name__)

REPLY_WITHIN = 5.0
"""Seconds in which a command must be answered (the SDKs' default)."""
PING_SLACK = 10.0
"""Seconds that a ping may be late before the link counts as dead (the SDKs' default)."""
_SUBS_LIMIT = 32 * 1024
"""Bytes of ``connect.subs`` at most: half of what a server takes in one frame."""


@dataclass(frozen=True)
class Online:
    """The connect reply came: the connection stands."""


class Live(NamedTuple):
    """The channel is subscribed."""

    channel: Channel
    whole: bool
    """Everything since it was live before has come. Not so at the first time, nor where no history is kept."""


class Unsubscribed(NamedTuple):
    """The channel is not subscribed (any more); its ``try_at`` and ``refused`` say what is next."""

    channel: Channel
    why: str
    token_is_dead: bool
    position_is_dead: bool = False


class Ended(NamedTuple):
    """The connection is of no use any more: close it."""

    code: int
    """A Centrifugo close code, or one of the error codes of the connect command (below 1000)."""
    why: str
    terminal: bool = False
    at_once: bool = False
    """Make it anew without backoff: the machine has slept."""


Happening = PublicationsReceived | CountsUnknown | ChannelAnswered | Online | Live | Unsubscribed | Ended


class _Sent(NamedTuple):
    kind: str
    channel: Channel | None
    due: float
    recovery: Recovery | None = None
    """What a subscribe is a step of: its answer counts for nothing once the channel has begun another one."""


class PushClient:
    """One connection's protocol state."""

    def __init__(
        self,
        channels: dict[str, Channel],
        chance: Callable[[], float],
        *,
        reply_within: float = REPLY_WITHIN,
        ping_slack: float = PING_SLACK,
    ) -> None:
        """
        Args:
            channels: By name; they may come and go meanwhile.
            chance: Gives numbers in [0, 1).
            reply_within: Seconds in which a command must be answered.
            ping_slack: Seconds that a ping may be late.
        """
        self._channels = channels
        self._chance = chance
        self._reply_within = reply_within
        self._ping_slack = ping_slack
        self._ids = 0
        self._sent: dict[int, _Sent] = {}
        self._tokens: dict[str, str] = {}
        self._outgoing: list[str] = []
        self._ping = 0.0
        self._pong = False
        self._heard_by = float("inf")
        self._kept = 0
        """Publications that the server seems to keep of a channel; 0 where nothing is known of that."""
        self.most = float("inf")
        """How many channels the server takes on this connection, as far as it has said so."""
        self.connected = False
        self.ttl = 0
        """Seconds that the connection was last said to be good for; 0 where it does not expire."""
        self.refresh_at = float("inf")
        """When a fresh connection token is due; seconds."""

    def outgoing(self) -> Iterator[str]:
        """Frames to send now; each is given once."""
        commands, self._outgoing = self._outgoing, []
        return frames.batches(commands)

    def connect(self, token: str, subscriptions: dict[str, str], now: float) -> None:
        """Send the connect command: first, and once.

        Args:
            token: The connection token.
            subscriptions: Channel name to subscription token, carried in ``subs`` as Telex documents it. A Centrifugo
                ignores those tokens, and closes everything for a name in an unknown namespace, so only plain names go.
            now: Seconds.
        """
        subs: dict[str, Any] = {}
        room = _SUBS_LIMIT
        for name, value in subscriptions.items():
            if any(mark in name for mark in ":#$*&") or not name.isascii():
                continue
            room -= len(name) + len(value) + 120
            if room < 0:
                break
            subs[name] = {"token": value, **Recovery(self._channels[name].position).ask.fields()}
            self._tokens[name] = value
        body: dict[str, Any] = {"token": token, "name": "telex-start", "version": __version__}
        if subs:
            body["subs"] = subs
        self._command("connect", body, None, now)

    def subscribe(self, channel: Channel, token: str, now: float) -> None:
        """Subscribe a channel that the server has not."""
        self._tokens[channel.name] = token
        self._ask(channel, channel.begin(self._kept).ask.fields(), now)

    def refresh(self, token: str, now: float) -> None:
        """Bring a fresh connection token. Only where the connect reply said that the connection expires."""
        self.refresh_at = float("inf")
        self._command("refresh", {"token": token}, None, now)

    def refresh_later(self, now: float) -> None:
        """A refresh of the connection failed: again in 5 to 10 s, sooner where its token is good for seconds only."""
        self.refresh_at = now + min(5.0 + 5.0 * self._chance(), max(0.5, 0.1 * self.ttl))

    def sub_refresh(self, channel: Channel, token: str, now: float) -> None:
        """Bring a fresh subscription token."""
        channel.refresh_at = float("inf")
        self._tokens[channel.name] = token
        self._command("sub_refresh", {"channel": channel.name, "token": token}, channel, now)

    def resubscribe(self, channel: Channel, token: str, now: float) -> None:
        """Bring a fresh subscription token by subscribing anew: one that the server refuses then ends just this."""
        channel.refresh_at = float("inf")
        self._tokens[channel.name] = token
        channel.begin(self._kept)
        self._ask_again(channel, now)

    def unsubscribe(self, channel: Channel, now: float) -> None:
        """Leave a channel: the person is not in that organisation any more."""
        channel.leave()
        self._command("unsubscribe", {"channel": channel.name}, None, now)

    def _ask(self, channel: Channel, fields: dict[str, object], now: float) -> None:
        body = {"channel": channel.name, "token": self._tokens[channel.name], **fields}
        self._command("subscribe", body, channel, now)

    def _ask_again(self, channel: Channel, now: float) -> None:
        """Subscribe anew, for the next step of a recovery. Both commands go in one frame."""
        assert channel.recovery is not None
        self._command("unsubscribe", {"channel": channel.name}, None, now)
        self._ask(channel, channel.recovery.ask.fields(), now)

    def _command(self, kind: str, body: dict[str, Any], channel: Channel | None, now: float) -> None:
        self._ids += 1
        self._sent[self._ids] = _Sent(kind, channel, now + self._reply_within, channel.recovery if channel else None)
        self._outgoing.append(frames.encode(self._ids, kind, body))

    @property
    def awaiting(self) -> bool:
        """Whether commands wait for their answers."""
        return bool(self._sent)

    def token_being_checked(self) -> tuple[str, Channel] | None:
        """The subscribe or sub_refresh, and its channel, whose token the server was checking last.

        It handles commands in order, so when it closes over a token it is that of the first one without an answer.
        ``None`` if that is a connection token, or no token at all.
        """
        first = next((sent for sent in self._sent.values() if sent.kind != "unsubscribe"), None)
        return (first.kind, first.channel) if first is not None and first.channel is not None else None

    def deadline(self) -> float:
        """When :meth:`tick` must be called at the latest; seconds, infinite where nothing is awaited."""
        return min(self._heard_by, min((sent.due for sent in self._sent.values()), default=float("inf")))

    def tick(self, now: float) -> list[Happening]:
        """Look at the clock: a silent link and unanswered commands end the connection."""
        if now >= self._heard_by:
            return [Ended(frames.NO_CLOSE_FRAME, "no sign of life from Telex")]
        for sent in self._sent.values():
            if now >= sent.due:
                return [Ended(frames.NO_CLOSE_FRAME, f"no answer to {sent.kind}")]
        return []

    def receive(self, frame: bytes, now: float) -> list[Happening]:
        """A frame arrived."""
        if self._ping:
            self._heard_by = now + self._ping + self._ping_slack
        return [happening for message in frames.decode(frame) for happening in self._message(message, now)]

    def _message(self, message: frames.Message, now: float) -> list[Happening]:
        match message:
            case frames.PublicationPush():
                return self._publication(message)
            case frames.Ping():
                # One for all pings of a frame: a pong too many closes the connection for good.
                if self._pong and self.connected and frames.PONG not in self._outgoing:
                    self._outgoing.append(frames.PONG)
            case Reply():
                return self._reply(message, now)
            case frames.UnsubscribePush():
                return self._unsubscribed(message, now)
            case frames.SubscribePush():
                channel = self._channels.get(message.channel)
                if channel is not None and channel.phase is not Phase.LIVE:
                    return self._server_side(channel, message.subscribed, now)
            case Refreshed():
                self._schedule_refresh(message, now)
            case frames.DisconnectPush():
                return [Ended(message.code, frames.reason(message.code), frames.terminal(message.code))]
            case frames.Gibberish():
                return [Ended(frames.NO_CLOSE_FRAME, "what came cannot be read")]
            case frames.Unreadable():
                log.warning("a publication could not be read (channel %s)", message.channel or "unknown")
                if channel := self._channels.get(message.channel or ""):
                    return [CountsUnknown(channel.name)]
        return []

    def _publication(self, push: frames.PublicationPush) -> list[Happening]:
        channel = self._channels.get(push.channel)
        if channel is None:
            return []
        if channel.recovery is not None:
            channel.recovery.published(push.publication)
        elif channel.phase is Phase.IDLE and push.publication.offset:
            pass  # of a subscription that we gave up: the next one brings it
        elif channel.accepts(push.publication):
            return [PublicationsReceived(channel.name, (push.publication.data,), How.LIVE)]
        return []

    def _unsubscribed(self, push: frames.UnsubscribePush, now: float) -> list[Happening]:
        channel = self._channels.get(push.channel)
        if channel is None:
            return []
        why = f"unsubscribed by Telex ({push.code})"
        if push.code < frames.UNSUBSCRIBED_TOKEN_EXPIRED - 1:
            channel.refuse(now, self._chance())
            return [Unsubscribed(channel, why, token_is_dead=True)]
        channel.retry(now, welcome=True)
        invalidated = push.code == frames.UNSUBSCRIBED_STATE_INVALIDATED
        dead = invalidated or push.code == frames.UNSUBSCRIBED_TOKEN_EXPIRED
        return [Unsubscribed(channel, why, token_is_dead=dead, position_is_dead=invalidated)]

    def _reply(self, reply: Reply, now: float) -> list[Happening]:
        sent = self._sent.pop(reply.id, None)
        match sent:
            case _Sent("connect"):
                return self._connect_reply(reply, now)
            case _Sent("refresh"):
                return self._refresh_reply(reply, now)
            case _Sent("sub_refresh", Channel() as channel):
                return self._sub_refresh_reply(channel, reply, now)
            case _Sent("subscribe", Channel() as channel):
                # Otherwise it was left, unsubscribed by the server, or subscribed anew meanwhile.
                return self._subscribe_reply(channel, reply, now) if sent.recovery is channel.recovery else []
            case _Sent(kind) if reply.error is not None:
                return [Ended(frames.NO_CLOSE_FRAME, f"{kind} failed ({reply.error.code})")]
        return []

    def _connect_reply(self, reply: Reply, now: float) -> list[Happening]:
        if reply.connect is None:
            error = reply.error or frames.ReplyError(frames.UNREADABLE)
            return [Ended(error.code, f"connecting was refused ({error.code})", terminal=not error.passes)]
        result = reply.connect
        self.connected = True
        self._pong = result.pong
        if result.ping:
            self._ping = float(result.ping)
            self._heard_by = now + self._ping + self._ping_slack
        self._schedule_refresh(result, now)
        happenings: list[Happening] = [Online()]
        for name, subscribed in result.subs.items():
            if channel := self._channels.get(name):
                happenings += self._server_side(channel, subscribed, now)
        return happenings

    def _server_side(self, channel: Channel, subscribed: Subscribed, now: float) -> list[Happening]:
        channel.begin(self._kept)
        channel.server_side = True
        return self._answered(channel, subscribed, now)

    def _subscribe_reply(self, channel: Channel, reply: Reply, now: float) -> list[Happening]:
        assert channel.recovery is not None
        error = reply.error
        if error is None:
            channel.server_side = False
            return self._answered(channel, reply.subscribe, now)
        if error.code == frames.UNREADABLE:
            channel.recovery.unreadable()
            return self._next_step(channel, Subscribed(), now)
        if error.code == frames.ALREADY_SUBSCRIBED and not channel.server_side:
            channel.server_side = True  # once: a second 105 right after an unsubscribe is refused like any other error
            self._ask_again(channel, now)
            return []
        return [self._failed(channel, error, now)]

    def _failed(self, channel: Channel, error: frames.ReplyError, now: float) -> Unsubscribed:
        if error.code == frames.LIMIT_EXCEEDED:
            channel.phase = Phase.IDLE
            if taken := sum(each.phase is not Phase.IDLE for each in self._channels.values()):
                self.most = min(self.most, taken)
                channel.leave_out()
                return Unsubscribed(channel, "there is no room for it on the connection", token_is_dead=False)
        if error.passes:
            channel.retry(now)
        else:
            channel.refuse(now, self._chance())
        dead = error.code in (frames.TOKEN_EXPIRED, frames.EXPIRED, frames.PERMISSION_DENIED)
        return Unsubscribed(channel, f"subscribing failed: {error.code} {error.message[:80]!r}", token_is_dead=dead)

    def _answered(self, channel: Channel, subscribed: Subscribed, now: float) -> list[Happening]:
        assert channel.recovery is not None
        channel.phase = Phase.ASKING
        channel.recovery.answered(subscribed)
        if not channel.recovery.done and channel.name not in self._tokens:
            # Subscribed by the server alone, without a token of ours to ask again with: live as it is.
            channel.recovery.finish(subscribed, complete=False)
        return self._next_step(channel, subscribed, now)

    def _next_step(self, channel: Channel, subscribed: Subscribed, now: float) -> list[Happening]:
        assert channel.recovery is not None
        if not channel.recovery.done:
            self._ask_again(channel, now)
            return []
        self._kept, continues = channel.recovery.kept, channel.recovery.continues
        pieces, first = channel.settle(now)
        if not channel.server_side:
            channel.schedule_refresh(subscribed, now, self._chance())
        how = How.CAUGHT_UP if first else How.RECOVERED
        happenings: list[Happening] = []
        for piece in pieces:
            if piece is LOST:
                happenings.append(CountsUnknown(channel.name))
            else:
                data = tuple(publication.data for publication in piece)
                happenings.append(PublicationsReceived(channel.name, data, how))
        if first:
            happenings.append(ChannelAnswered(channel.name, poll_follows=True))
        happenings.append(Live(channel, whole=continues and LOST not in pieces))
        return happenings

    def _refresh_reply(self, reply: Reply, now: float) -> list[Happening]:
        if reply.error is None:
            self._schedule_refresh(reply.refresh, now)
            return []
        if not reply.error.passes:
            return [Ended(frames.CONNECTION_EXPIRED, f"refreshing was refused ({reply.error.code})")]
        self.refresh_later(now)
        return []

    def _sub_refresh_reply(self, channel: Channel, reply: Reply, now: float) -> list[Happening]:
        if reply.error is None:
            if channel.phase is Phase.LIVE:
                channel.schedule_refresh(reply.refresh, now, self._chance())
            return []
        if reply.error.passes:
            channel.refresh_later(now, self._chance())
            return []
        # 103: the server does not know this subscription any more. Others: it will not have this token.
        channel.retry(now)
        return [Unsubscribed(channel, f"refreshing was refused ({reply.error.code})", token_is_dead=True)]

    def _schedule_refresh(self, told: Connected | Refreshed, now: float) -> None:
        self.ttl = max(told.ttl, 1) if told.expires else 0
        self.refresh_at = now + early(self.ttl, self._chance()) if told.expires else float("inf")
