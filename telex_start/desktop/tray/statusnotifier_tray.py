"""The icon as a StatusNotifierItem of our own, on the shared bus connection: no GTK, and no thread for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ...face import Face
from ...states import State
from ..bus.bus import Bus
from ..pixmaps import Pixmap, pixmaps
from ..statusnotifier.item import Item

if TYPE_CHECKING:
    from pathlib import Path

    from ...events import Event
    from ..statusnotifier.icon import Icon


class StatusNotifierTray:
    """One icon. It comes to the screen as soon as the bus is there and a panel takes it.

    Args:
        bus: The session bus, not started yet.
        face: What is shown first.
        tell: Gets the clicks and the openings of the menu, on the bus's thread.
        on_host: Told, on the bus's thread, whether a panel shows icons: once that is known, and at every change.
        cache: The folder of the drawn icons.
    """

    def __init__(
        self,
        bus: Bus,
        face: Face,
        tell: Callable[[Event], object],
        on_host: Callable[[bool], object],
        cache: str | Path,
    ) -> None:
        self._face = face
        self._tell = tell
        self._tell_host = on_host
        self._cache = cache
        self._connected = threading.Event()
        self._known = threading.Event()
        bus.on_connect(self._connected.set)
        self._item = Item(
            bus,
            name="telex-start",
            title=face.title,
            pictures=self._pictures(face),
            on_host=self._host,
            on_activate=self._clicked,
            on_middle_click=self._middle_clicked,
        )
        self._icon: Icon | None = None

    def wait(self, seconds: float) -> bool:
        """Wait until the bus has let us in; where there is a panel, a moment longer, until it has read the picture.

        A caller that goes on sooner competes with the bus's thread for the interpreter, and the icon comes later.

        Args:
            seconds: The most to wait for the bus.

        Returns:
            Whether the bus has let us in.
        """
        if not self._connected.wait(seconds):
            return False
        if self._known.wait(0.1) and self._item.host:
            self._item.wait_until_read(0.1)
        return True

    def add_menu(self) -> None:
        """Give the icon its menu, for which panels wait. It needs pystray, whose import takes a fifth of the time from
        ``exec`` to the icon: so it comes while the panel draws."""
        from ..statusnotifier.icon import Icon, pystray
        from .menu import make_menu, tell_opened

        menu = make_menu(pystray, lambda: self._face, self._tell, self._item.take_activation_token)
        self._icon = Icon(self._item, menu, partial(tell_opened, self._tell))
        self._icon.visible = True

    def show(self, face: Face) -> None:
        """Show this face; once there is the menu. An open menu stays open. From any thread."""
        assert self._icon is not None
        old, self._face = self._face, face
        self._icon.attention = face.state is State.SIGN_IN_NEEDED
        if (old.state, old.unread, old.quiet) != (face.state, face.unread, face.quiet):
            self._icon.icon = self._pictures(face)
        self._icon.title = face.title
        self._icon.update_menu()

    def stop(self) -> None:
        """Take the icon away; it is gone for good when the bus's thread comes to it."""
        self._item.stop()

    def _pictures(self, face: Face) -> list[Pixmap]:
        return pixmaps(face.state, face.unread, self._cache, face.quiet)

    # --- on the bus's thread ----------------------------------------------------------------------------------------

    def _host(self, there: bool) -> None:
        self._known.set()
        self._tell_host(there)

    def _clicked(self) -> None:
        from .menu import tell_click

        tell_click(self._tell, self._item.take_activation_token())

    def _middle_clicked(self) -> None:
        from .menu import tell_middle_click

        tell_middle_click(self._tell, self._item.take_activation_token())
