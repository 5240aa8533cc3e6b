"""What the program itself says, and takes back when it holds no more. Used by the main thread alone."""

from __future__ import annotations

from ..events import Trouble
from ..toast import Toast
from .ports import Surface, ToastsPort


class OwnWords:
    """Says things by a toast; on a terminal as a trouble, because they are no notification."""

    def __init__(self, surface: Surface, toasts: ToastsPort) -> None:
        self._surface = surface
        self._toasts = toasts
        self._standing: set[str] = set()

    def say(self, toast: Toast) -> None:
        """Say it, in place of what was said under the same key."""
        self._standing.add(toast.key)
        self._toasts.show(toast)
        self._surface.trouble(Trouble(toast.title, toast.body))

    def take_back(self, key: str) -> None:
        """It holds no more: its toast goes."""
        if key in self._standing:
            self._standing.remove(key)
            self._toasts.close(key)
