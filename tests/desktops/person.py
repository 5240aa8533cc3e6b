"""Somebody with a mouse and a keyboard at a desktop: opens the icon's menu, chooses in it, clicks and types."""

from __future__ import annotations

import time

from PIL import Image

from tests.fake_bus import BusClient, PrivateBus
from tests.panel_item import MenuEntry, PanelItem

from .check import so
from .pictures import Box, lines_of_text
from .session import A_MENU, Session

_WATCHER = "org.kde.StatusNotifierWatcher"


class Person:
    """Who sits at the desktop."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- mouse and keyboard -----------------------------------------------------------------------------------------

    def click(self, at: tuple[int, int], button: int = 1) -> None:
        """Click with the mouse; the button is held as a hand holds it."""
        self.point(at)
        time.sleep(1.0)  # Cinnamon takes no click from a pointer that has only just arrived
        self._session.run("xdotool", "mousedown", str(button), "sleep", "0.15", "mouseup", str(button))

    def point(self, at: tuple[int, int]) -> None:
        """Put the pointer there."""
        self._session.run("xdotool", "mousemove", str(at[0]), str(at[1]))

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, at a person's pace."""
        for key in keys:
            self._session.run("xdotool", "key", key)
            time.sleep(0.1)

    def type(self, text: str) -> None:
        """Type a text."""
        self._session.run("xdotool", "type", "--delay", "30", text)

    # --- the icon's menu --------------------------------------------------------------------------------------------

    def entries(self, *into: str) -> list[MenuEntry]:
        """The entries of the icon's menu, or of a submenu, without separators, as the agent offers them."""
        with self._bus() as client:
            item = self._item(client)
            for number, label in enumerate(into):
                if label not in item.labels(*into[:number]):
                    return []  # an empty submenu is not there
            return [entry for entry in item.menu(*into) if not entry.separator]

    def choose_by_bus(self, *labels: str) -> None:
        """Choose as a panel does (``com.canonical.dbusmenu``), without mouse and keyboard."""
        with self._bus() as client:
            self._item(client).click(*labels)

    def open_menu(self) -> Box:
        """Open the icon's menu with the mouse; where it is."""
        session = self._session
        icon = session.wait_for_icon_place()
        so(icon is not None, "no icon")
        assert icon is not None
        before = session.screen()
        self.click(icon, 3)
        return self._opened(before, "the menu does not open")

    def choose(self, *labels: str) -> str:
        """Open the icon's menu, go into submenus, and choose; how that was done, in words."""
        *into, label = labels
        box = self.open_menu()
        for number, submenu in enumerate(into):
            box = self._open_submenu(submenu, box, *into[:number])
        if self._session.desktop.menus_get_keys:
            self._go_to(label, *into)
            self.press("Return")
            return "by keyboard"
        self._click_line(label, box, *into)
        return "by mouse"

    def choose_in_open_menu(self, label: str, box: Box) -> None:
        """Choose an entry of the menu that is open, in that box."""
        if self._session.desktop.menus_get_keys:
            self._go_to(label)
            self.press("Return")
        else:
            self._click_line(label, box)

    def open_submenu(self, label: str) -> Box:
        """Open the icon's menu, and a submenu in it; where that is."""
        return self._open_submenu(label, self.open_menu())

    def close_menu(self) -> None:
        """Close whatever menus are open."""
        self.press("Escape", "Escape")

    def _open_submenu(self, label: str, box: Box, *into: str) -> Box:
        session = self._session
        before = session.screen()
        if session.desktop.menus_get_keys:
            self._go_to(label, *into)
            before = session.screen()
            self.press("Right")
        else:
            self._click_line(label, box, *into)
        # A submenu has three lines at least.
        return self._opened(before, f"{label} does not open", A_MENU // 2)

    def _go_to(self, label: str, *into: str) -> None:
        """Move the mark of the open menu to an entry. In a submenu that a key has opened it is on the first one."""
        usable = [entry.label for entry in self.entries(*into) if entry.enabled]
        so(label in usable, f"{label} is not among {usable}")
        self.press(*["Down"] * (usable.index(label) + (not into)))

    def _click_line(self, label: str, box: Box, *into: str) -> None:
        entries = [entry.label for entry in self.entries(*into)]
        lines = lines_of_text(self._session.screen().crop(box))
        so(len(lines) == len(entries), f"{len(lines)} lines in the menu, which has {len(entries)} entries")
        self.click(((box[0] + box[2]) // 2, box[1] + lines[entries.index(label)]), 1)

    def _opened(self, before: Image.Image, otherwise: str, pixels: int = A_MENU) -> Box:
        box, count = self._session.wait_for_change(before, pixels)
        so(box is not None and count >= pixels, f"{otherwise}: {count} pixels")
        assert box is not None
        return box

    def _bus(self) -> BusClient:
        bus = PrivateBus()
        bus.address = self._session.environ["DBUS_SESSION_BUS_ADDRESS"]
        return BusClient(bus)

    @staticmethod
    def _item(client: BusClient) -> PanelItem:
        items = client.property(_WATCHER, "/StatusNotifierWatcher", _WATCHER, "RegisteredStatusNotifierItems")
        # GNOME's extension puts an @ between the owner's name and the path.
        name, slash, path = items[-1].replace("@", "").partition("/")
        return PanelItem(client, name, slash + path)
