"""Adds a screen to the Windows machine: Wine's windows and icons on Xvfb, openbox and tint2, to be seen and clicked."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from PIL import Image
from Xlib import X
from Xlib.display import Display
from Xlib.error import XError

from tests import x_windows
from tests.fake_bus import Xvfb
from tests.process import end, quietly
from tests.servers import Sandbox

from .machine import WITHIN, Program, Windows

_ICON = 20
"""Pixels of an icon in tint2's tray: the size that Wine 8 itself gives it, 16 with a margin of 2 on each side.

tint2 17 resizes an icon of any other size, and sends it a ConfigureNotify with the position 0, 0. By X's conventions
that is a position on the screen, and Wine takes it as such: if it comes after the icon was embedded, Wine moves the
icon to the screen's corner at the next change of its picture, and the tray still shows the old picture. (trayer leaves
Wine's icons blank when they move.)"""
_TINT2 = f"""
panel_items = S
panel_size = 300 30
panel_position = top right horizontal
systray_padding = 4 2 4
systray_icon_size = {_ICON}
"""
_LINE = 40
"""A height in pixels: every menu is higher, and no tip is."""
RED = (217, 26, 46)
"""The colour of the badge."""


class Desktop(Windows):
    """The machine with a screen.

    Args:
        folder: The folder of the panel's configuration.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.environ |= stack.enter_context(Xvfb()).environ
            self._screen = Display(self.environ["DISPLAY"])
            stack.callback(self._screen.close)
            (self._folder / "tint2rc").write_text(_TINT2)
            for command in (["openbox"], ["tint2", "-c", str(self._folder / "tint2rc")]):
                stack.callback(end, quietly(command, self._x_environ()))
            tray = self._screen.intern_atom("_NET_SYSTEM_TRAY_S0")
            self.wait_for(lambda: self._screen.get_selection_owner(tray) != X.NONE, "a tray")
            super().__enter__()
            stack.push(super().__exit__)
            self._desktop = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._desktop.close()

    def _x_environ(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self._folder), "DISPLAY": self.environ["DISPLAY"]}

    @contextmanager
    def online(self, telex: Sandbox) -> Iterator[Program]:
        """Run an agent until it is signed in and has its icon."""
        with self.agent(telex) as agent:
            self.wait_for(self.icons, "the icon")
            agent.logs("session.state: online")
            yield agent

    # What is on the screen.

    def icons(self) -> list[tuple[int, int]]:
        """The middles of the icons in the tray."""
        found = []
        for window in self._windows(self._screen.screen().root):
            try:
                box = window.get_geometry()
                seen = window.get_attributes().map_state == X.IsViewable
                theirs = window.get_wm_class() == ("explorer.exe", "explorer.exe")
                place = window.translate_coords(self._screen.screen().root, 0, 0)
            except XError:
                continue  # it is gone
            if seen and theirs and box.width == box.height == _ICON:
                found.append((-place.x + _ICON // 2, -place.y + _ICON // 2))
        return found

    def popups(self) -> list[int]:
        """The visible windows that no window manager manages, such as menus and balloons, at least 40 pixels wide."""
        found = []
        for window in self._screen.screen().root.query_tree().children:
            try:
                attributes, box = window.get_attributes(), window.get_geometry()
            except XError:
                continue
            if attributes.map_state == X.IsViewable and attributes.override_redirect and box.width >= 40:
                found.append(window.id)
        return found

    def titled(self, words: str) -> list[int]:
        """The windows with these words in their title."""
        return [window.id for window in x_windows.titled(self._screen, words)]

    def active_title(self) -> str:
        """The title of the window that has the focus."""
        return x_windows.active(self._screen)

    def badge(self) -> bool:
        """Whether the (only) icon has a badge."""
        [(x, y)] = self.icons()
        data = _picture(self._screen.screen().root, x - _ICON // 2, y - _ICON // 2, _ICON, _ICON).tobytes()
        pixels = zip(data[0::3], data[1::3], data[2::3], strict=True)
        return any(all(abs(a - b) < 40 for a, b in zip(pixel, RED, strict=True)) for pixel in pixels)

    # What a person does.

    def xdotool(self, *arguments: str) -> None:
        """Move, click or type."""
        subprocess.run(["xdotool", *arguments], env=self._x_environ(), check=True, timeout=WITHIN)

    def open_menu(self) -> int:
        """Right-click the (only) icon; gives the window of its menu, once that has the mouse."""
        before = self.popups()
        deadline = time.monotonic() + WITHIN
        while time.monotonic() < deadline:
            [(x, y)] = self.icons()
            # A balloon may cover its lower half.
            self.xdotool("mousemove", str(x), str(y - 7), "click", "3")
            # tint2 may have moved the icon: try again, but late, as a click would close a menu that is just opening.
            again = time.monotonic() + WITHIN / 3
            while time.monotonic() < again:
                if (found := self._menu(before)) and self._mouse_is_taken():
                    return found
                time.sleep(0.05)
        raise AssertionError("no menu")

    def _menu(self, before: list[int]) -> int:
        """The highest new window, which is the menu; 0 without one. A tip may be new, too; it is a line high."""
        highest, found = _LINE, 0
        for window in self.popups():
            with suppress(XError):
                height = self._screen.create_resource_object("window", window).get_geometry().height
                if window not in before and height > highest:
                    highest, found = height, window
        return found

    def choose(self, menu: int, line: int) -> list[int]:
        """Click a line of an open menu, given as the index of a list; gives the windows that were there before.

        (By mouse, as Wine 8 gives a menu no keys if none of the program's windows is mapped.)
        """
        window = self._screen.create_resource_object("window", menu)
        box = window.get_geometry()
        picture = _picture(window, 0, 0, box.width, box.height)
        before = self.popups()
        self.xdotool("mousemove", str(box.x + 40), str(box.y + _lines(picture)[line]), "click", "1")
        return before

    def choose_in(self, menu: int, line: int, inner: int) -> None:
        """Click a line of an open menu, and then a line of the submenu that it opens."""
        before = self.choose(menu, line)
        self.choose(self.wait_for(lambda: self._menu(before), "the menu beside it"), inner)

    def _mouse_is_taken(self) -> bool:
        root = self._screen.screen().root
        mode = X.GrabModeAsync
        taken = bool(root.grab_pointer(False, 0, mode, mode, X.NONE, X.NONE, X.CurrentTime) != X.GrabSuccess)
        if not taken:
            self._screen.ungrab_pointer(X.CurrentTime)
            self._screen.sync()
        return taken

    def _windows(self, window: Any) -> list[Any]:
        try:
            children = window.query_tree().children
        except XError:
            return []
        return [found for child in children for found in (child, *self._windows(child))]


def _picture(window: Any, left: int, top: int, width: int, height: int) -> Image.Image:
    """A picture of a part of a window."""
    data = window.get_image(left, top, width, height, X.ZPixmap, 0xFFFFFFFF).data
    return Image.frombytes("RGB", (width, height), data, "raw", "BGRX")


def _lines(menu: Image.Image) -> list[int]:
    """The heights of a menu's lines of text, from its top: rows with several colours between the menu's edges."""
    inner = menu.crop((16, 0, menu.width - 16, menu.height))
    rows = [inner.crop((0, row, inner.width, row + 1)).getcolors(inner.width) or [] for row in range(inner.height)]
    lines: list[int] = []
    began = None
    for row, colours in enumerate([*rows, []]):
        if len(colours) > 1 and began is None:
            began = row
        elif len(colours) <= 1 and began is not None:
            if row - began >= 6:  # a separator is lower
                lines.append((began + row) // 2)
            began = None
    return lines
