"""The history that is kept of each channel, and what a client recovers from it.

Follows Centrifugo's memory engine (centrifuge ``internal/memstream``, ``broker_memory.go``) and the way it decides
whether a recovery is complete (``client.go`` isStreamRecovered).
"""

from __future__ import annotations

import random
import string
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

RECOVERY_LIMIT = 300
"""Publications one recovery may bring (``recovery_max_publication_limit``)."""

_EPOCH_ALPHABET = string.ascii_letters


@dataclass(frozen=True)
class StreamPosition:
    """A place in a stream."""

    offset: int
    """Number of the last publication; 0 before the first."""
    epoch: str
    """Identity of the stream; another one means that offsets cannot be compared."""


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
        self.epoch = "".join(random.choices(_EPOCH_ALPHABET, k=8))
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
        return self._stream(channel).position if self.enabled else StreamPosition(0, "")

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
