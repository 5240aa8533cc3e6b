"""Messages that came before the change of counts that they belong to: they wait for it a little. Pure.

Time is an argument, in seconds.
"""

from __future__ import annotations

from .messages import Cause, Message

KEPT = 10.0
"""Seconds that a message waits for its change."""
MOST = 256
"""So many wait at most, the latest."""
FLOWING = 600.0
"""Seconds after a message of an organisation in which its next ones are expected to come with their text too."""


class Texts:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Message, float]] = []
        """In the order in which they came, with the second until which each waits."""
        self._flow: dict[str, float] = {}

    def came(self, channel: str, now: float) -> None:
        """A message of this organisation came with its text."""
        self._flow[channel] = now

    def flows(self, channel: str, now: float) -> bool:
        """Whether messages of this organisation come with their text."""
        return now - self._flow.get(channel, float("-inf")) <= FLOWING

    def put(self, message: Message, now: float) -> None:
        """Keep a message for its change; it takes the place of an older one with the same cause."""
        cause = message.cause
        self._waiting = [one for one in self._waiting[-MOST:] if one[0].cause != cause][1 - MOST :]
        self._waiting.append((message, now + KEPT))

    def take(self, change: Cause, now: float) -> Message | None:
        """The message that belongs to a change of counts, the newest one; it is forgotten here."""
        if not self._waiting:
            return None
        self._waiting = [one for one in self._waiting if one[1] >= now]
        for place in range(len(self._waiting) - 1, -1, -1):
            message = self._waiting[place][0]
            if message.cause.is_of(change):
                del self._waiting[place]
                if message.ident:  # the same message under another type
                    self._waiting = [one for one in self._waiting if one[0].ident != message.ident]
                return message
        return None

    def left(self, channel: str) -> None:
        """The user left this organisation."""
        self._flow.pop(channel, None)
        self._waiting = [one for one in self._waiting if one[0].conversation.channel != channel]

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self._flow.clear()
