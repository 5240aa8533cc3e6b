"""What is asked of a push server, be it the sandbox's own or a real Centrifugo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .streams import StreamPosition


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

    port: int

    @property
    def name(self) -> str:
        """What ``status`` calls it."""

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
