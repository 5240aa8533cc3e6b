"""A start by the desktop at log-in: nobody waits for it, and tokens are never kept, so somebody has to sign in.

The login window opens once a tray has come, so that the person sees where the program is, or after a while without one.
Pure. Used by the main thread alone.
"""

from __future__ import annotations

from collections.abc import Callable

TRAY_WITHIN = 15.0
"""Seconds that the window waits for a tray."""


class AtLogin:
    """The wait for a tray.

    Args:
        now: The time, in seconds.
        open_window: Opens the login window where nobody is signed in; called once at most.
    """

    def __init__(self, now: float, open_window: Callable[[], object]) -> None:
        self._due: float | None = now + TRAY_WITHIN
        self._open_window = open_window

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._due

    def tick(self, now: float) -> None:
        """Open the window where it has waited long enough."""
        if self._due is not None and now >= self._due:
            self.tray_appeared()

    def tray_appeared(self) -> None:
        """The icon is on the screen."""
        if self._due is not None:
            self._due = None
            self._open_window()
