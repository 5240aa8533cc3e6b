"""What waits to be shown: short, because a toast of long ago is no news, and the same for every way of showing it."""

from __future__ import annotations

import time
from collections import deque
from threading import Lock
from typing import NamedTuple

from ...news.text import clean, cut, one_line
from ...news.toast import Conversation, Toast
from ...news.wording import LONGEST_BODY, LONGEST_TITLE

APP_NAME = "Telex Start"
EXPIRE = 10_000
"""Milliseconds after which a toast goes by itself."""
MOST_WAITING = 20
"""Toasts; beyond, the oldest is dropped."""


class Waiting(NamedTuple):
    """A toast that waits, and since when on the monotonic clock (seconds)."""

    toast: Toast
    since: float


class ToastQueue:
    """A bounded queue of toasts. For any thread; never blocks.

    Attributes:
        dropped: How many toasts were dropped because too many waited.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._lock = Lock()
        self._waiting: deque[Waiting] = deque()
        self._dropped_before = 0

    def put(self, toast: Toast) -> None:
        """Add a toast, in the place of the oldest if too many wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(Waiting(toast, time.monotonic()))

    def put_back(self, waiting: Waiting) -> None:
        """Put what was taken first again."""
        with self._lock:
            self._waiting.appendleft(waiting)

    def take(self) -> Waiting | None:
        """The next one; ``None`` if none waits."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def oldest(self) -> float | None:
        """Since when the next one waits."""
        with self._lock:
            return self._waiting[0].since if self._waiting else None

    def remove(self, conversation: Conversation) -> None:
        """Drop what waits of this conversation."""
        with self._lock:
            self._waiting = deque(one for one in self._waiting if one.toast.conversation != conversation)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._waiting.clear()

    def newly_dropped(self) -> bool:
        """Whether a toast was dropped since this was last asked."""
        with self._lock:
            before, self._dropped_before = self._dropped_before, self.dropped
            return self.dropped > before

    def __len__(self) -> int:
        return len(self._waiting)


def safe_texts(toast: Toast) -> tuple[str, str]:
    """Title and body, fit for any desktop.

    The words are clean already where they come from :mod:`telex_start.news.text`; but a single NUL would make the
    bus close the connection, so it is not left to trust.
    """
    title = cut(one_line(toast.title), LONGEST_TITLE) or APP_NAME
    return title, cut(clean(toast.body), LONGEST_BODY)


def escaped(text: str) -> str:
    """The text for who reads markup, so that it shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
