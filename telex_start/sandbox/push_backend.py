"""What the control API asks of a push server, be it the sandbox's own or a real Centrifugo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from telex_start.sandbox.streams import Position


class NotOffered(Exception):
    """This push server cannot do that; the message says why."""


@dataclass(frozen=True)
class PushFigures:
    """What a push server knows about its clients; None where it cannot know."""

    open_connections: int | None
    listening: bool
    subscriptions: dict[str, int] = field(default_factory=dict)
    """Subscribers by channel."""
    log_known: bool = True
    """Whether commands, connects, pongs, closes and handshakes are in the record."""


class PushBackend(Protocol):
    """A push server that clients reach at `port`."""

    port: int

    @property
    def name(self) -> str:
        """What `status` calls it."""

    async def start(self) -> None:
        """Listens, or raises OSError."""

    async def stop(self) -> None:
        """Closes every connection with 3001 and stops listening."""

    async def publish(self, channel: str, texts: Sequence[str]) -> Position:
        """Publishes JSON texts in order and gives the stream's top after the last."""

    async def disconnect(self, user_id: str, code: int, reason: str) -> None:
        """Closes the user's connections with a close code."""

    async def unsubscribe(self, user_id: str, channel: str, code: int, reason: str) -> None:
        """Ends the user's subscription to a channel with an `unsubscribe` push."""

    async def remove_history(self, channel: str) -> None:
        """Drops what is kept of a channel."""

    async def position(self, channel: str) -> Position:
        """The top of a channel's stream."""

    async def restart(self, down_for: float, *, new_epoch: bool, kill: bool, wait: bool) -> None:
        """Goes away for `down_for` seconds and comes back on the same port.

        Args:
            new_epoch: forget the history, as the memory engine does.
            kill: cut the connections instead of closing them with 3001.
            wait: return when it is back, not when it is gone.
        """

    async def set_silent(self, on: bool) -> None:
        """While on, connections stay open but nothing is read, answered or sent."""

    async def expire_tokens(self, *, connections: bool, subscriptions: bool) -> None:
        """Treats every token issued so far as expired; optionally ends what lives on them at once."""

    async def raw_frame(self, text: str) -> None:
        """Sends a text frame as it is to every connection."""

    async def refuse_push(self, status: int) -> None:
        """Answers handshakes with that HTTP status; 0 accepts them again."""

    async def ping_now(self) -> None:
        """Sends a ping to every connection."""

    async def figures(self) -> PushFigures:
        """What is open now."""
