"""The tray and the login window as the surface of the program. For the main thread, but for what says otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...errors import TelexStartError
from ...face import SIGNED_OUT, Face
from ..bus.buses import Buses
from .tray import Tray

if TYPE_CHECKING:
    from pathlib import Path

    from ...app.ports import Window
    from ...events import Event, StateChanged, Trouble
    from ...news.unread import Counts
    from ...toast import Toast
    from ..macos import Application

SILENT_AT_LOGIN = 60.0
"""Seconds after a start at log-in in which a missing tray is no news."""
STOP_WITHIN = 0.7
"""Seconds that Exit waits for the icon to be gone."""


_NO_X = (
    "The login window needs an X display, which a Wayland desktop has with XWayland. Install that, or start "
    "telex-start with --email NAME --password-stdin."
)


class TraySurface:
    """Shows faces in the tray; words, counts and troubles are part of the face, or of the open window."""

    def __init__(
        self, dispatch: Callable[[Event], None], buses: Buses, cache: str | Path, at_login: bool = False
    ) -> None:
        """
        Args:
            dispatch: Where events go.
            buses: Not started yet: :meth:`start` does that.
            cache: The folder of the drawn icons.
            at_login: The desktop is starting too.
        """
        self._dispatch = dispatch
        self._buses = buses
        silent_for = SILENT_AT_LOGIN if at_login else 0.0
        self._tray = Tray(dispatch, SIGNED_OUT, bus=buses.session, cache=cache, silent_for=silent_for)

    def start(self) -> None:
        """Connect to the desktop and show the icon.

        Raises:
            NoPlaceForIcon: there is nowhere to put an icon with a menu.
        """
        self._tray.start(self._buses.start)

    @property
    def main_loop(self) -> Application | None:
        """On macOS, once it was started: where the main thread waits, so that the icon lives."""
        return self._tray.main_loop

    def stop(self) -> None:
        """Take the icon away."""
        self._tray.stop(STOP_WITHIN)

    def notify(self, title: str, body: str, without_sound: bool = False) -> None:
        """Show a toast at the icon, on Windows; the icon is waited for. From any thread but main.

        Raises:
            RuntimeError: it cannot be shown.
        """
        self._tray.notify(title, body, without_sound)

    def face(self, face: Face) -> None:
        """Renew icon, title and menu."""
        self._tray.show(face)

    def renew_every(self) -> float:
        """Seconds between two faces that differ in numbers alone."""
        from ...app.renewal import OFTEN, SELDOM

        return OFTEN if self._tray.keeps_menu_open else SELDOM

    opens_windows = True

    def end_startup(self, token: str) -> None:
        """End the desktop's waiting, a busy pointer for example, for what a click was to bring."""
        if token:  # or it would bring modules
            from .. import x11

            x11.end_startup(token)

    def may_open_unasked(self) -> bool:
        """Whether the window manager leaves the focus where it is."""
        from ..tk import toolkit

        return toolkit.can_spare_the_focus()

    def open_window(self, email: str, take_focus: bool, message: str) -> Window:
        """A login window.

        Raises:
            TelexStartError: there is no display, or on macOS no Tk; elsewhere that is raised when it runs.
        """
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            raise TelexStartError(_NO_X, "No login window")
        if self._tray.main_loop is None:
            from ..tk.login import LoginProcess

            return LoginProcess(self._dispatch, email, take_focus=take_focus, message=message)
        from ..tk.login_window import LoginWindow

        if take_focus:
            self._tray.main_loop.come_forward()
        return LoginWindow(self._dispatch, email, take_focus=take_focus, message=message)

    def ask(self, email: str) -> None:
        """Nothing is asked here: a window does that."""

    def state(self, event: StateChanged) -> None:
        """Nothing: the face tells."""

    def unread(self, counts: Counts) -> None:
        """Nothing: the face tells."""

    def toast(self, toast: Toast) -> None:
        """Nothing: toasts are shown by the desktop."""

    def trouble(self, trouble: Trouble) -> None:
        """Nothing: the face's status line tells."""
