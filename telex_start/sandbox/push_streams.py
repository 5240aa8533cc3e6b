"""What is asked of a push server, be it the sandbox's own or a real Centrifugo; its settings, and what it keeps.

The history of a channel follows Centrifugo's memory engine (centrifuge ``internal/memstream``, ``broker_memory.go``)
and the way it decides whether a recovery is complete (``client.go`` isStreamRecovered).
"""

from __future__ import annotations

import random
import string
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

PUSH_PATH = "/centrifugo/connection/websocket"
"""Path of the WebSocket, as in production."""
RECOVERY_LIMIT = 300
"""Publications one recovery may bring (``recovery_max_publication_limit``)."""


@dataclass(frozen=True)
class PushSettings:
    """What a push server is told at its start. Delays are seconds."""

    ping_interval: float = 25.0
    stale_close_delay: float = 10.0
    expired_close_delay: float = 25.0
    """Grace after a token's ``exp``, for connections and for subscriptions alike."""
    history_size: int = 100
    history_ttl: float = 300.0
    channel_limit: int = 128
    channel_max_length: int = 255
    message_size_limit: int = 65536
    queue_max_size: int = 1048576
    """Bytes that may wait for a slow client."""
    honour_subs: bool = False
    """Subscribe the channels of ``connect.subs`` by their tokens, which no Centrifugo does."""
    any_origin: bool = False
    """Let in who sends an ``Origin``, which a Centrifugo does by its ``allowed_origins`` alone."""

    @property
    def pong_timeout(self) -> float:
        """8 s, or less where pings come closer together: Centrifugo wants it below the ping interval."""
        return min(8.0, self.ping_interval / 2)

    @property
    def presence_interval(self) -> float:
        """How often expired subscriptions are looked for: 27 s, more often where the grace is short."""
        return 27.0 if self.expired_close_delay >= 25 else max(1.0, self.expired_close_delay)


@dataclass(frozen=True)
class StreamPosition:
    """A place in a stream."""

    offset: int
    """Number of the last publication; 0 before the first."""
    epoch: str
    """Identity of the stream; another one means that offsets cannot be compared."""


NOWHERE = StreamPosition(0, "")
"""Before the first publication, and where there is no history."""


class NotPossible(Exception):
    """This push server cannot do that; the message says why."""


@dataclass(frozen=True)
class PushServerFigures:
    """What a push server knows about its clients; None where it cannot know."""

    open_connections: int | None
    listening: bool
    subscriptions: dict[str, int] = field(default_factory=dict)
    """Subscribers by channel."""
    log_known: bool = True
    """Whether commands, connects, pongs, closes and handshakes are in the traffic log."""


class PushServer(Protocol):
    """A push server that clients reach at ``port``.

    Raises (every order):
        NotPossible: this push server cannot do it, or not while it is down.
    """

    name: str
    """What ``status`` calls it."""
    port: int

    async def start(self) -> None:
        """Start to listen.

        Raises:
            OSError: the port is taken, or the server does not start.
        """

    async def stop(self) -> None:
        """Close every connection with 3001 and stop listening."""

    async def publish(self, channel: str, texts: Sequence[str]) -> StreamPosition:
        """Publish JSON texts in order and give the stream's top after the last."""

    async def disconnect(self, user_id: str, code: int, reason: str) -> None:
        """Close the user's connections with a close code."""

    async def unsubscribe(self, user_id: str, channel: str, code: int, reason: str) -> None:
        """End the user's subscription to a channel with an ``unsubscribe`` push."""

    async def remove_history(self, channel: str) -> None:
        """Drop what is kept of a channel."""

    async def position(self, channel: str) -> StreamPosition:
        """The top of a channel's stream."""

    async def restart(self, down_for: float, *, new_epoch: bool, kill: bool, wait: bool) -> None:
        """Go away for ``down_for`` seconds and come back on the same port.

        Args:
            new_epoch: Forget the history, as the memory engine does.
            kill: Cut the connections instead of closing them with 3001.
            wait: Return when it is back, not when it is gone.
        """

    async def set_silent(self, on: bool) -> None:
        """Go silent or speak again: while silent, connections stay open but nothing is read, answered or sent."""

    async def expire_tokens(self, *, connections: bool, subscriptions: bool) -> None:
        """Treat every token issued so far as expired; optionally end what lives on them at once."""

    async def raw_frame(self, text: str) -> None:
        """Send a text frame as it is to every connection."""

    async def refuse_push(self, status: int) -> None:
        """Answer handshakes with that HTTP status; 0 accepts them again."""

    async def ping_now(self) -> None:
        """Send a ping to every connection."""

    async def figures(self) -> PushServerFigures:
        """What is open now."""


# --- what is kept of each channel ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class StoredPublication:
    """One kept publication."""

    offset: int
    data: str
    """JSON text, passed on as it came."""
    epoch: str = ""
    """Set in the first publication of a stream only, as Centrifugo v6.9 does."""

    def to_json(self) -> str:
        """The publication as it stands in a push or in a recovery, zero values left out."""
        offset = f',"offset":{self.offset}' if self.offset else ""
        epoch = f',"epoch":"{self.epoch}"' if self.epoch else ""
        return f'{{"data":{self.data}{offset}{epoch}}}'


@dataclass(frozen=True)
class RecoveryResult:
    """What a subscription that asked to recover gets."""

    recovered: bool
    publications: tuple[StoredPublication, ...]
    top: StreamPosition


class Stream:
    """One channel: its kept publications and where it is."""

    def __init__(self) -> None:
        self.epoch = "".join(random.choices(string.ascii_letters, k=8))
        self.top = 0
        self.kept: deque[StoredPublication] = deque()
        self.expires_at: float | None = None

    @property
    def position(self) -> StreamPosition:
        """The stream's top."""
        return StreamPosition(self.top, self.epoch)


class Streams:
    """The streams of all channels.

    Args:
        size: Publications kept per channel (``history_size``); 0 keeps none, and then there are no offsets either.
        ttl: Seconds after the *last* publication when a channel's history is dropped (``history_ttl``). Its offset and
            epoch stay.
        monotonic: The clock, in seconds.
    """

    def __init__(self, size: int, ttl: float = 300.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.size = size
        self.ttl = ttl
        self._monotonic = monotonic
        self._streams: dict[str, Stream] = {}

    @property
    def enabled(self) -> bool:
        """Whether channels have a history, and with it offsets and recovery."""
        return self.size > 0

    def _stream(self, channel: str) -> Stream:
        stream = self._streams.setdefault(channel, Stream())
        if stream.expires_at is not None and self._monotonic() >= stream.expires_at:
            stream.kept.clear()
        return stream

    def add(self, channel: str, data: str) -> StoredPublication:
        """Append one publication, dropping the oldest when the history is full."""
        if not self.enabled:
            return StoredPublication(0, data)
        stream = self._stream(channel)
        stream.top += 1
        publication = StoredPublication(stream.top, data, stream.epoch if stream.top == 1 else "")
        stream.kept.append(publication)
        while len(stream.kept) > self.size:
            stream.kept.popleft()
        stream.expires_at = self._monotonic() + self.ttl
        return publication

    def top(self, channel: str) -> StreamPosition:
        """Where the channel's stream is now; makes the stream if there is none, as the memory engine does."""
        return self._stream(channel).position if self.enabled else NOWHERE

    def recover(self, channel: str, since: StreamPosition) -> RecoveryResult:
        """What a client gets that saw everything up to ``since``: all it missed, or nothing."""
        stream = self._stream(channel)
        missed = [publication for publication in stream.kept if publication.offset > since.offset][:RECOVERY_LIMIT]
        if since.epoch and since.epoch != stream.epoch:
            whole = False
        elif missed:
            whole = missed[0].offset == since.offset + 1 and missed[-1].offset == stream.top
        else:
            whole = since.offset == stream.top
        return RecoveryResult(whole, tuple(missed) if whole else (), stream.position)

    def remove_history(self, channel: str) -> None:
        """Drop what is kept of a channel; offset and epoch stay."""
        self._stream(channel).kept.clear()

    def restart(self) -> None:
        """Forget everything, as a restart of a server with the memory engine does: every epoch will be new."""
        self._streams.clear()
