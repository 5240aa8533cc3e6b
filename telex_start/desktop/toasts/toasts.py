"""The base class of all ways to show toasts: its queue and its events. Also makes texts fit for any desktop.

Only a few toasts may wait, because an old toast is no news.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...events import Event, ToastFailed
from ...news.text import clean, cut, one_line
from ...news.wording import LONGEST_BODY, LONGEST_TITLE
from ...toast import Handle, Toast

if TYPE_CHECKING:
    from ...config import Config


APP_NAME = "Telex Start"
EXPIRE = 10_000
"""Milliseconds after which a toast goes by itself."""
MESSAGE_SOUND, CALL_SOUND = "message-new-instant", "phone-incoming-call"
"""Names of the Sound Naming Specification 0.8 (freedesktop.org)."""
MOST_WAITING = 20
"""Toasts that may wait; when one more comes, the oldest is dropped."""


class Toasts:
    """A way to show toasts, from any thread: no call blocks or raises, whatever the desktop has.

    If toasts cannot be shown, :class:`ToastFailed` is dispatched once, not for each toast; and once more if it happens
    again after a toast was shown.

    Args:
        dispatch: Where events go, on the thread that shows toasts.
        on_shown: Called on that thread with each toast that the desktop has taken, as far as the desktop tells.

    Attributes:
        sound: As :attr:`telex_start.config.Config.sound`; counts for the next toast.
    """

    def __init__(self, dispatch: Callable[[Event], object], on_shown: Callable[[Toast], object]) -> None:
        self.sound = "desktop"
        self._waiting: deque[tuple[Toast, float]] = deque()
        """The toasts that wait, each with the time (monotonic clock) since which it waits. For one thread at a time."""
        self._dispatch = dispatch
        self._on_shown = on_shown
        self._failing = False

    def configure(self, config: Config) -> None:
        """Take the setting of the sound."""
        self.sound = config.sound

    def show(self, toast: Toast) -> None:
        """Show a toast soon."""
        raise NotImplementedError

    def close(self, handle: Handle) -> None:
        """Take a toast away if the desktop can: its conversation was read elsewhere, or what it says is out of date."""
        raise NotImplementedError

    def stop(self, timeout: float = 0.2) -> None:
        """Stop showing toasts; those that wait are dropped, and those with a key are taken away if the desktop can.

        Args:
            timeout: Seconds to wait for the desktop. A thread that the desktop blocks is left behind (a daemon thread).
        """
        raise NotImplementedError

    def _add(self, toast: Toast, slow: str) -> None:
        """Let a toast wait; if too many wait, the oldest is dropped, and ``slow`` names what may be too slow."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._failed(f"Too many toasts at once, or {slow} is too slow: the oldest were dropped.")
        self._waiting.append((toast, time.monotonic()))

    def _put_in_place(self, toast: Toast) -> bool:
        """Put a toast in the place of a waiting one with the same handle; returns whether there is one."""
        for place, (other, since) in enumerate(self._waiting):
            if other.handle == toast.handle:
                self._waiting[place] = toast._replace(silent=other.silent), since
                return True
        return False

    def _drop(self, handle: Handle) -> None:
        """Drop the waiting toasts with this handle."""
        self._waiting = deque(one for one in self._waiting if one[0].handle != handle)

    def _shown(self, toast: Toast) -> None:
        self._failing = False
        self._on_shown(toast)

    def _failed(self, message: str) -> None:
        """A toast was not shown, for this reason (a sentence)."""
        if not self._failing:
            self._failing = True
            self._dispatch(ToastFailed(message))


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
