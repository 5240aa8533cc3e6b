"""What all ways of showing toasts share: what is told of them, the queue of those that wait, texts fit for any desktop.

The queue is short, because a toast of long ago is no news.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from ...events import Event, ToastFailed
from ...news.text import clean, cut, one_line
from ...news.wording import LONGEST_BODY, LONGEST_TITLE
from ...process.lazylog import Log
from ...toast import Handle, Toast

if TYPE_CHECKING:
    from ...config import Config

log = Log(__name__)

APP_NAME = "Telex Start"
EXPIRE = 10_000
"""Milliseconds after which a toast goes by itself."""
MESSAGE_SOUND, CALL_SOUND = "message-new-instant", "phone-incoming-call"
"""Names of the Sound Naming Specification 0.8 (freedesktop.org)."""
MOST_WAITING = 20
"""Toasts; beyond, the oldest is dropped."""


class Toasts:
    """A way to show toasts, from any thread: no call blocks or raises, whatever the desktop has.

    Where toasts cannot be shown, that is dispatched once (:class:`ToastFailed`), not for each toast; and once more when
    it happens again after one was shown.

    Args:
        dispatch: Where events go, on the thread that shows toasts.
        on_shown: The desktop has taken this toast, as far as it tells; called on that thread.

    Attributes:
        sound: As :attr:`telex_start.config.Config.sound`; counts for the next toast.
    """

    def __init__(
        self, dispatch: Callable[[Event], object], on_shown: Callable[[Toast], object] = lambda toast: None
    ) -> None:
        self.sound = "desktop"
        self._queue = ToastQueue()
        self._dispatch = dispatch
        self._on_shown = on_shown
        self._failing = False

    def configure(self, config: Config) -> None:
        """Take up how toasts sound."""
        self.sound = config.sound

    def show(self, toast: Toast) -> None:
        """Show it soon."""
        raise NotImplementedError

    def close(self, handle: Handle) -> None:
        """Take a toast away where the desktop can do that: its conversation was read elsewhere, or it holds no more."""
        raise NotImplementedError

    def stop(self, timeout: float = 0.2) -> None:
        """Stop showing; what waits is dropped, and what the program itself says is taken away where that can be.

        Args:
            timeout: Seconds to wait for the desktop. A thread that it blocks is left behind, as a daemon thread.
        """
        if self._queue.dropped:
            log.info("toasts: %d were dropped because too many waited", self._queue.dropped)

    def _shown(self, toast: Toast) -> None:
        self._failing = False
        self._on_shown(toast)

    def _failed(self, message: str) -> None:
        """A toast was not shown, for this reason (a sentence)."""
        if not self._failing:
            self._failing = True
            log.warning("toasts: %s", message)
            self._dispatch(ToastFailed(message))


class ToastQueue:
    """A bounded queue of toasts, of which one at a time is taken out to be shown. For any thread; never blocks.

    What is to be taken off the screen goes through it too, so that a toast is not hit by what was meant for the one
    before it.

    Attributes:
        dropped: How many toasts were dropped because too many waited.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._lock = Lock()
        # Toasts, each with the second of the monotonic clock since which it waits.
        self._waiting: deque[tuple[Toast, float]] = deque()
        self._taken: tuple[Toast, float] | None = None
        self._dropped_before = 0
        self._closing: list[Handle] = []

    def put(self, toast: Toast) -> None:
        """Add a toast, in the place of the oldest if too many wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append((toast, time.monotonic()))

    def put_in_place(self, toast: Toast) -> bool:
        """Put a toast in the place of the one that it is to replace, if that still waits; whether it does."""
        with self._lock:
            for place, (other, since) in enumerate(self._waiting):
                if other.handle == toast.handle:
                    self._waiting[place] = toast._replace(silent=other.silent), since
                    return True
            return False

    def take(self) -> Toast | None:
        """Take the next toast out; ``None`` if none waits, or if something is to be taken off the screen first.

        :meth:`done` or :meth:`put_back` follows.
        """
        with self._lock:
            self._taken = self._waiting.popleft() if self._waiting and not self._closing else None
            return self._taken[0] if self._taken is not None else None

    def take_closing(self) -> list[Handle]:
        """What is to be taken off the screen, which is forgotten here."""
        with self._lock:
            closing, self._closing = self._closing, []
            return closing

    def put_back(self) -> None:
        """Let the toast that was taken out wait again, as the next one and as old as it is, if it is still wanted."""
        with self._lock:
            if self._taken is not None:
                self._waiting.appendleft(self._taken)
                self._taken = None

    def done(self) -> bool:
        """The toast that was taken out is dealt with.

        Returns:
            Whether it is still wanted: not where it was removed meanwhile.
        """
        with self._lock:
            wanted, self._taken = self._taken is not None, None
            return wanted

    def drop_while(self, old: Callable[[float], bool]) -> bool:
        """Drop the next toast, and the ones after it, as long as it has waited too long.

        Args:
            old: Tells it by the second of the monotonic clock since which one waits.

        Returns:
            Whether any was dropped.
        """
        with self._lock:
            before = len(self._waiting)
            while self._waiting and old(self._waiting[0][1]):
                self._waiting.popleft()
            return len(self._waiting) < before

    def clear(self) -> None:
        """Drop all that waits; what is taken out is not wanted any more if the program itself says it."""
        with self._lock:
            self._waiting.clear()
            if self._taken is not None and self._taken[0].key:
                self._taken = None

    def oldest(self) -> float | None:
        """Since when the next toast waits, on the monotonic clock (seconds); ``None`` if none waits."""
        with self._lock:
            return self._waiting[0][1] if self._waiting else None

    def remove(self, handle: Handle) -> None:
        """Drop what waits of it; what is taken out of it is not wanted any more, and what is shown is to be closed."""
        with self._lock:
            self._waiting = deque(one for one in self._waiting if one[0].handle != handle)
            if self._taken is not None and self._taken[0].handle == handle:
                self._taken = None
            self._closing.append(handle)

    def newly_dropped(self) -> bool:
        """Whether a toast was dropped since this was last asked."""
        with self._lock:
            before, self._dropped_before = self._dropped_before, self.dropped
            return self.dropped > before

    def __len__(self) -> int:
        return len(self._waiting)


def safe_texts(toast: Toast) -> tuple[str, str]:
    """Title and body, fit for any desktop.

    Texts that come from :mod:`telex_start.news.text` are clean already. They are cleaned once more because a single NUL
    would make the bus close the connection.
    """
    title = cut(one_line(toast.title), LONGEST_TITLE) or APP_NAME
    return title, cut(clean(toast.body), LONGEST_BODY)


def escaped(text: str) -> str:
    """The text with its markup characters escaped, for a daemon that reads markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
