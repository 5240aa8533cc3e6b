"""Shows by toasts what the program itself has to say, closes them when they are out of date, logs unexpected errors.

Used only by the main thread.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from ..events import Trouble
from ..news import wording
from ..toast import Toast
from .ports import Ports

log = logging.getLogger(__name__)


class AppToasts:
    """Says things by a toast, and to the surface as a trouble: a terminal prints that, as it is no notification."""

    def __init__(self, ports: Ports, is_quiet: Callable[[], bool]) -> None:
        """
        Args:
            is_quiet: Whether nothing may pop up now (a pause, or quiet hours).
        """
        self._surface = ports.surface
        self._toasts = ports.toasts
        self._is_quiet = is_quiet
        self._standing: dict[str, Toast] = {}
        self._later: dict[str, Toast] = {}
        self._causes: set[tuple[str, str, int]] = set()
        """The causes of the unexpected errors so far (see :func:`_cause`)."""

    def say(self, toast: Toast, *, needs_person: bool = True, again: bool = True) -> bool:
        """Say it, in place of an earlier toast with the same key.

        Args:
            needs_person: The person has to do something, or waits for an answer. Any other toast waits for the end of a
                pause or of quiet hours; on a terminal, where nothing pops up, it is said at once.
            again: Say it also if the same toast was said before and still holds.

        Returns:
            Whether it was said.
        """
        if not again and self._standing.get(toast.key) == toast:
            return False
        self._standing[toast.key] = toast
        if needs_person or not self._is_quiet():
            self._later.pop(toast.key, None)
            self._toasts.show(toast)
        else:
            self._later[toast.key] = toast
        self._surface.trouble(Trouble(toast.title, toast.body))
        return True

    def tell(self, title: str, message: str, *, needs_person: bool = True) -> None:
        """Say these words, under their title as the key."""
        self.say(wording.said(title, message), needs_person=needs_person)

    def quiet_changed(self) -> None:
        """Show the toasts that have waited, if they may pop up now."""
        if self._later and not self._is_quiet():
            later, self._later = self._later, {}
            for toast in later.values():
                self._toasts.show(toast)

    def take_back(self, key: str) -> None:
        """What was said under this key does not hold any more: close its toast."""
        if self._standing.pop(key, None) is not None and self._later.pop(key, None) is None:
            self._toasts.close(key)

    def unexpected(self, error: Exception) -> None:
        """Log an unexpected error, and say so by a toast. The same cause again is only logged, in one line."""
        cause = _cause(error)
        if cause in self._causes:
            log.error("unexpected error once more: %s in %s, line %d", *cause)
            return
        self._causes.add(cause)
        log.error("unexpected error", exc_info=error)
        try:
            words = f"{type(error).__name__}; the log tells more."
            self.tell("Telex Start had a problem", words, needs_person=False)
        except Exception as another:
            log.error("unexpected error, which could not be shown", exc_info=another)


def _cause(error: Exception) -> tuple[str, str, int]:
    """What makes two errors one and the same: the type, and the file and line that raised it."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return type(error).__name__, *((last[0].filename, last[0].lineno or 0) if last else ("", 0))
