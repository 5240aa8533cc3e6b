"""The icon as a StatusNotifierItem of our own, on the shared bus connection: no GTK, and no thread for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...face import Face
from ...states import State
from .. import statusnotifier
from ..bus.bus import Bus
from ..pixmaps import pixmaps
from .menu import make_menu, tell_middle_click

if TYPE_CHECKING:
    from pathlib import Path

    from ...events import Event


class StatusNotifierTray:
    """One icon.

    Args:
        bus: The session bus, not started yet.
        face: What is shown first.
        tell: Gets the clicks, on the bus's thread.
        on_host: Told, on the bus's thread, whether a panel shows icons: once that is known, and at every change.
        on_open: Told there when the person opens the menu.
        cache: The folder of the drawn icons.
    """

    def __init__(
        self,
        bus: Bus,
        face: Face,
        tell: Callable[[Event], object],
        on_host: Callable[[bool], object],
        on_open: Callable[[], object],
        cache: str | Path,
    ) -> None:
        self._face = face
        self._cache = cache
        self._connected = threading.Event()
        self._known = threading.Event()
        self._tell_host = on_host
        bus.on_connect(self._connected.set)
        self._icon = statusnotifier.Icon(
            "telex-start",
            self._pictures(face),
            face.title,
            make_menu(statusnotifier, lambda: self._face, tell, self._token),
            connection=bus,
            on_host=self._host,
            on_menu_open=on_open,
            on_middle_click=lambda: tell_middle_click(tell, self._token()),
            category="Communications",
        )

    def start(self) -> None:
        """Show the icon as soon as the bus is there and a panel takes it. Does not wait."""
        self._icon.run_detached()

    def wait(self, seconds: float) -> bool:
        """Wait until the bus has let us in; where there is a panel, a moment longer, until it has read the icon.

        A caller that goes on sooner competes with the bus's thread for the interpreter, and the icon comes later.

        Args:
            seconds: The most to wait for the bus.

        Returns:
            Whether the bus has let us in.
        """
        if not self._connected.wait(seconds):
            return False
        if self._known.wait(0.1) and self._icon.host:
            self._icon.wait_until_read(0.1)
        return True

    def show(self, face: Face) -> None:
        """Show this face. An open menu stays open. From any thread."""
        old, self._face = self._face, face
        if (old.state, old.unread, old.quiet) != (face.state, face.unread, face.quiet):
            self._icon.icon = self._pictures(face)
        self._icon.title = face.title
        self._icon.attention = face.state is State.SIGN_IN_NEEDED
        self._icon.update_menu()

    def stop(self) -> None:
        """Take the icon away; it is gone for good when the bus's thread comes to it."""
        self._icon.stop()

    def _pictures(self, face: Face) -> list[tuple[int, int, bytes]]:
        return pixmaps(face.state, face.unread, self._cache, face.quiet)

    def _token(self) -> str:
        return self._icon.take_activation_token()

    def _host(self, there: bool) -> None:
        self._known.set()
        self._tell_host(there)
