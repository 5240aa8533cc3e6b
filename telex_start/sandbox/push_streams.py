"""Values that the own push server and a real Centrifugo share (settings, figures), and the own one's channel history.

The history of a channel follows Centrifugo's memory engine (centrifuge ``internal/memstream``, ``broker_memory.go``)
and the way it decides whether a recovery is complete (``client.go`` isStreamRecovered).
"""

from __future__ import annotations

import random
import string
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

PUSH_PATH = "/centrifugo/connection/websocket"
"""Path of the WebSocket, as in production."""
RECOVERY_LIMIT = 300
"""Publications one recovery may bring (``recovery_max_publication_limit``)."""


@dataclass(frozen=True)
class PushSettings:
    """The settings that a push server gets at its start. Delays are seconds."""

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
    """Accept clients that send an ``Origin``; a Centrifugo accepts only those in its ``allowed_origins``."""

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
"""The position if nothing was published, or if there is no history."""


class NotPossible(Exception):
    """This push server cannot do that; the message says why."""


@dataclass(frozen=True)
class PushServerFigures:
    """What a push server knows about its clients; None for a figure that it cannot know."""

    open_connections: int | None
    listening: bool
    subscriptions: dict[str, int] = field(default_factory=dict)
    """Subscribers by channel."""
    log_known: bool = True
    """Whether commands, connects, pongs, closes and handshakes are in the traffic log."""


@dataclass
class Stream:
    """One channel's stream: its kept publications and its position."""

    epoch: str = field(default_factory=lambda: "".join(random.choices(string.ascii_letters, k=8)))
    top: int = 0
    kept: deque[tuple[int, str]] = field(default_factory=deque)
    """The offset of each publication, and its JSON text as in a push or in a recovery."""
    expires_at: float | None = None

    @property
    def position(self) -> StreamPosition:
        """The stream's top."""
        return StreamPosition(self.top, self.epoch)


@dataclass
class Streams:
    """The streams of all channels."""

    size: int
    """Publications kept per channel (``history_size``); 0 keeps none, and then there are no offsets either."""
    ttl: float = 300.0
    """Seconds after the *last* publication when a channel's history is dropped (``history_ttl``). Its offset and epoch
    stay."""
    monotonic: Callable[[], float] = time.monotonic
    _streams: dict[str, Stream] = field(default_factory=dict)

    @property
    def enabled(self) -> bool:
        """Whether channels have a history, and with it offsets and recovery."""
        return self.size > 0

    def _stream(self, channel: str) -> Stream:
        stream = self._streams.setdefault(channel, Stream())
        if stream.expires_at is not None and self.monotonic() >= stream.expires_at:
            stream.kept.clear()
        return stream

    def add(self, channel: str, data: str) -> str:
        """Append one publication, dropping the oldest when the history is full.

        Args:
            data: JSON text, passed on as it came.

        Returns:
            The publication as it stands in a push. The first one of a stream has its epoch, as in Centrifugo v6.9.
        """
        if not self.enabled:
            return f'{{"data":{data}}}'
        stream = self._stream(channel)
        stream.top += 1
        epoch = f',"epoch":"{stream.epoch}"' if stream.top == 1 else ""
        publication = f'{{"data":{data},"offset":{stream.top}{epoch}}}'
        stream.kept.append((stream.top, publication))
        while len(stream.kept) > self.size:
            stream.kept.popleft()
        stream.expires_at = self.monotonic() + self.ttl
        return publication

    def top(self, channel: str) -> StreamPosition:
        """The position of the channel's stream; makes the stream if there is none, as the memory engine does."""
        return self._stream(channel).position if self.enabled else NOWHERE

    def recover(self, channel: str, since: StreamPosition) -> list[str] | None:
        """All publications after ``since``, for a client that saw those before; ``None`` if it cannot get them all."""
        stream = self._stream(channel)
        missed = [offset for offset, _ in stream.kept if offset > since.offset][:RECOVERY_LIMIT]
        whole = [*range(since.offset + 1, stream.top + 1)]
        if since.offset > stream.top or missed != whole or since.epoch not in ("", stream.epoch):
            return None
        return [publication for offset, publication in stream.kept if offset > since.offset]

    def remove_history(self, channel: str) -> None:
        """Drop what is kept of a channel; offset and epoch stay."""
        self._stream(channel).kept.clear()

    def restart(self) -> None:
        """Forget everything, as a restart of a server with the memory engine does: every epoch will be new."""
        self._streams.clear()
