"""What the program itself says, and takes back when it holds no more. Used by the main thread alone."""

from __future__ import annotations

from collections.abc import Callable

from ..events import Trouble
from ..toast import Toast
from .ports import Surface, ToastsPort


class OwnWords:
    """Says things by a toast; on a terminal as a trouble, because they are no notification."""

    def __init__(self, surface: Surface, toasts: ToastsPort, is_quiet: Callable[[], bool] = lambda: False) -> None:
        """
        Args:
            is_quiet: Whether nothing is to pop up now that needs no answer.
        """
        self._surface = surface
        self._toasts = toasts
        self._is_quiet = is_quiet
        self._standing: set[str] = set()
        self._later: dict[str, Toast] = {}

    def say(self, toast: Toast, *, needs_person: bool = True) -> None:
        """Say it, in place of what was said under the same key.

        Args:
            needs_person: The person is to do something, or waits for an answer. Anything else can wait for the end of
                a pause or of quiet hours; on a terminal, where nothing pops up, it is said at once.
        """
        self._standing.add(toast.key)
        if needs_person or not self._is_quiet():
            self._later.pop(toast.key, None)
            self._toasts.show(toast)
        else:
            self._later[toast.key] = toast
        self._surface.trouble(Trouble(toast.title, toast.body))

    def quiet_changed(self) -> None:
        """Say by toast what has waited, if it may pop up now."""
        if self._later and not self._is_quiet():
            later, self._later = self._later, {}
            for toast in later.values():
                self._toasts.show(toast)

    def take_back(self, key: str) -> None:
        """It holds no more: its toast goes."""
        if key in self._standing:
            self._standing.remove(key)
            if self._later.pop(key, None) is None:
                self._toasts.close(key)
