"""What is to be seen on a real desktop, waited for by the X server's own word that something was drawn."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import Any, Self

from Xlib import X, display
from Xlib.error import BadDrawable, BadWindow
from Xlib.ext import damage

from tests.fake_desktop import TIMEOUT, RealDesktop

Colour = tuple[int, int, int]


class Screen:
    """The screen of a desktop."""

    def __init__(self, desktop: RealDesktop) -> None:
        self._environ = desktop.environ

    def __enter__(self) -> Self:
        self._display = display.Display(self._environ["DISPLAY"])
        self._root = self._display.screen().root
        self._display.damage_query_version()
        self._damage = self._root.damage_create(damage.DamageReportRawRectangles)
        self._root.change_attributes(event_mask=X.SubstructureNotifyMask)
        self._display.sync()
        return self

    def __exit__(self, *_: object) -> None:
        self._display.close()

    def pixel(self, x: int, y: int) -> Colour:
        """The colour of a point."""
        data = self._root.get_image(x, y, 1, 1, X.ZPixmap, 0xFFFFFFFF).data
        return data[2], data[1], data[0]

    def picture(self, x: int, y: int, width: int, height: int) -> bytes:
        """A part of the screen."""
        return bytes(self._root.get_image(x, y, width, height, X.ZPixmap, 0xFFFFFFFF).data)

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until the condition holds; it is asked again whenever something was drawn."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            while self._display.pending_events():
                self._display.next_event()
            if condition():
                return
            if not self._display.pending_events():
                ready, _, _ = select.select([self._display], [], [], max(0.0, deadline - time.monotonic()))
                assert ready, f"waited {TIMEOUT} s for {what}"

    def changed(self, before: bytes, area: tuple[int, int, int, int]) -> None:
        """Wait until a part of the screen looks otherwise than before."""
        self.wait_until(lambda: self.picture(*area) != before, "another picture")

    def popups(self) -> dict[int, Any]:
        """The geometry of each window that is shown past the window manager, by its id: menus and tooltips."""
        found = {}
        for window in self._root.query_tree().children:
            try:
                attributes = window.get_attributes()
                geometry = window.get_geometry()
            except (BadWindow, BadDrawable):
                continue  # it has gone meanwhile
            if attributes.override_redirect and attributes.map_state == X.IsViewable and geometry.width > 20:
                found[window.id] = geometry
        return found
