"""The settings of a push server, with Centrifugo's defaults."""

from __future__ import annotations

from dataclasses import dataclass

PUSH_PATH = "/centrifugo/connection/websocket"
"""Path of the WebSocket, as in production."""


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
