"""A message and the change of counts that it causes are one thing: only the first of them is told. Pure.

Time is an argument, in seconds on any clock that does not run backwards. Which of the two comes first is not fixed, and
both may come several times a second.
"""

from __future__ import annotations

from collections import deque

from .messages import Cause

WITHIN = 10.0
"""Seconds in which the other one comes."""
MOST = 256
"""So many are remembered at most, the latest."""


class Pairs:
    """Owned by one thread."""

    def __init__(self) -> None:
        self._messages: deque[tuple[Cause, float]] = deque(maxlen=MOST)
        self._changes: deque[tuple[Cause, float]] = deque(maxlen=MOST)
        self._used: dict[tuple[str, str], float] = {}

    def message_is_told(self, message: Cause, now: float) -> bool:
        """Whether this message's change was told already; that stands for one message."""
        return _take(self._changes, message, now)

    def change_is_told(self, change: Cause, now: float) -> bool:
        """Whether this change's message was told already; that stands for one change."""
        return _take(self._messages, change, now)

    def told_message(self, message: Cause, now: float) -> None:
        """A message was told."""
        self._messages.append((message, now))

    def told_change(self, change: Cause, now: float) -> None:
        """A change was told."""
        self._changes.append((change, now))

    def used(self, channel: str, ident: str, now: float) -> bool:
        """Whether the text of a message was used before: the same one comes under several types.

        Args:
            channel: The push channel.
            ident: The message's id; empty for none, which was never used.
            now: The time, in seconds.
        """
        return bool(ident) and self._used.get((channel, ident), float("-inf")) >= now - WITHIN

    def use(self, channel: str, ident: str, now: float) -> None:
        """The text of this message is used."""
        if ident:
            self._used.pop((channel, ident), None)
            if len(self._used) >= MOST:
                del self._used[next(iter(self._used))]
            self._used[channel, ident] = now

    def clear(self) -> None:
        """Forget everything."""
        self._messages.clear()
        self._changes.clear()
        self._used.clear()


def _take(told: deque[tuple[Cause, float]], cause: Cause, now: float) -> bool:
    while told and told[0][1] < now - WITHIN:
        told.popleft()
    for place, (other, _) in enumerate(told):
        if other.is_of(cause):
            del told[place]
            return True
    return False
