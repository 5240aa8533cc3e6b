"""Somebody with a mouse and a keyboard at a desktop: opens the icon's menu, chooses in it, clicks and types."""

from __future__ import annotations

import time

from PIL import Image

from tests.fake_bus import BusClient, PrivateBus
from tests.panel_item import MenuEntry, PanelItem

from .known import SCREEN
from .pictures import Box, difference, is_read, likeness, lines_of
from .screen import A_MENU, APPEARS_WITHIN, IN_PLACE_WITHIN
from .session import Session

A_SUBMENU = A_MENU // 4
"""Pixels of the screen that a submenu changes at least; some have one line, and in GNOME, which opens them all in one
menu, that is lower still where the menu is as high as the screen: it scrolls."""
HOVERED_WITHIN = 4.0
"""Seconds in which a submenu opens below the pointer, where it does so."""
_WATCHER = "org.kde.StatusNotifierWatcher"


class Person:
    """Who sits at the desktop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pointer = 0, 0

    # --- mouse and keyboard -----------------------------------------------------------------------------------------

    def click(self, at: tuple[int, int], button: int = 1) -> None:
        """Click with the mouse; the button is held as a hand holds it."""
        self.point(at)
        time.sleep(1.0)  # Cinnamon takes no click from a pointer that has only just arrived
        self._session.run("xdotool", "mousedown", str(button), "sleep", "0.15", "mouseup", str(button))

    def click_on(self, text: str, box: Box) -> None:
        """Click on a line that is to be read in that box."""
        lines = lines_of(self._session.screen().crop(box))
        best = max(lines, key=lambda line: likeness(text, line.text), default=None)
        assert best is not None and is_read(text, best.text), f"{text!r} is not to be read among {lines}"
        self.click((box[0] + best.across, box[1] + best.down))

    def point(self, at: tuple[int, int]) -> None:
        """Move the pointer there, in steps as a hand does: GTK takes a jump into a menu for no motion."""
        (left, top), steps = self._pointer, 8
        words: list[str] = []
        for step in range(1, steps + 1):
            across, down = left + (at[0] - left) * step // steps, top + (at[1] - top) * step // steps
            words += ["mousemove", str(across), str(down), "sleep", "0.02"]
        self._session.run("xdotool", *words)
        self._pointer = at

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
        with self.bus() as client:
            item = self._item(client)
            for number, label in enumerate(into):
                if label not in item.labels(*into[:number]):
                    return []  # an empty submenu is not there
            return [entry for entry in item.menu(*into) if not entry.separator]

    def choose_by_bus(self, *labels: str) -> None:
        """Choose as a panel does (``com.canonical.dbusmenu``), without mouse and keyboard."""
        with self.bus() as client:
            self._item(client).click(*labels)

    def open_menu(self) -> Box:
        """Open the icon's menu with the mouse; where it is."""
        session = self._session
        icon = session.wait_for_icon_place()
        assert icon is not None, "no icon"
        before = session.screen()
        self.click(icon, 3)
        box = self._opened(before, "the menu does not open")
        if session.desktop.menus_get_keys_at_once:
            return box
        opened = session.screen().crop(box)
        self.close_menu()
        assert self._closes(box, opened), "Escape does not close the menu"
        session.withdraw_pointer()
        session.settle(IN_PLACE_WITHIN)
        before = session.screen()
        self.click(icon, 3)
        return self._opened(before, "the menu does not open again")

    def choose(self, *labels: str) -> str:
        """Open the icon's menu, go into submenus, and choose; how that was done, in words."""
        *into, label = labels
        if len(labels) > self._session.desktop.menu_levels:
            self.choose_by_bus(*labels)
            return "by dbusmenu"
        box = menu = self.open_menu()
        for number, submenu in enumerate(into):
            box = self._open_submenu(submenu, box, *into[:number])
        if by_keyboard := self._session.desktop.menus_get_keys:
            self._go_to(label, *into)
        look = self._session.screen().crop(menu)
        if by_keyboard:
            self.press("Return")
        else:
            self._click_line(label, box, *into)
        self._closes(menu, look)
        return "by keyboard" if by_keyboard else "by mouse"

    def choose_in_open_menu(self, label: str, box: Box) -> None:
        """Choose an entry of the menu that is open, in that box."""
        if self._session.desktop.menus_get_keys:
            self._go_to(label)
            self.press("Return")
        else:
            self._click_line(label, box)

    def close_menu(self) -> None:
        """Close whatever menus are open."""
        if self._session.desktop.menus_get_keys:
            self.press("Escape", "Escape")
        else:
            self.click((SCREEN[0] // 2, SCREEN[1] // 2))

    def _closes(self, box: Box, look: Image.Image) -> bool:
        """Wait until a menu in that box, with that look, has gone; whether it has."""
        session = self._session
        return session.wait_until(lambda: difference(look, session.screen().crop(box))[1] >= A_MENU, APPEARS_WITHIN)

    def _open_submenu(self, label: str, box: Box, *into: str) -> Box:
        session = self._session
        if session.desktop.menus_get_keys:
            self._go_to(label, *into)
            before = session.screen()
            self.press("Right")
            return self._opened(before, f"{label} does not open", A_SUBMENU)
        before = session.screen()
        at = self._line(label, box, *into)
        self._go_across(at, box)
        # It opens below the pointer; where it does not, a click opens it. A click on one that is open may close it.
        # What is looked for is beside the menu, in which the line itself is marked.
        beside, count = session.wait_for_change(before, A_SUBMENU, HOVERED_WITHIN, beside=box)
        if count < A_SUBMENU:
            self.click(at)
            beside, count = session.wait_for_change(before, A_SUBMENU, beside=box)
        assert beside is not None and count >= A_SUBMENU, f"{label} does not open: {count} pixels beside {box}"
        return beside

    def _go_to(self, label: str, *into: str) -> None:
        """Move the mark of the open menu to an entry. In a submenu that a key has opened it is on the first one."""
        usable = [entry.label for entry in self.entries(*into) if entry.enabled]
        assert label in usable, f"{label} is not among {usable}"
        self.press(*["Down"] * (usable.index(label) + (not into)))

    def _click_line(self, label: str, box: Box, *into: str) -> None:
        at = self._line(label, box, *into)
        self._go_across(at, box)
        self.click(at)

    def _go_across(self, at: tuple[int, int], box: Box) -> None:
        """Put the pointer there; into a submenu from its entry as a hand goes: straight across, then down."""
        if box[1] <= self._pointer[1] < box[3]:
            self.point((at[0], self._pointer[1]))
            time.sleep(0.3)
        self.point(at)

    def _line(self, label: str, box: Box, *into: str) -> tuple[int, int]:
        """Where the open menu in that box has the entry with this label."""
        labels = [entry.label for entry in self.entries(*into)]
        lines = lines_of(self._session.screen().crop(box))
        # The line that is most like this label, and less like any other.
        fit = [
            line
            for line in lines
            if is_read(label, line.text) and max(labels, key=lambda other: likeness(other, line.text)) == label
        ]
        assert fit, f"{label} is not in the menu; read: {[line.text for line in lines]}"
        best = max(fit, key=lambda line: likeness(line.text, label))
        return box[0] + best.across, box[1] + best.down

    def _opened(self, before: Image.Image, otherwise: str, pixels: int = A_MENU) -> Box:
        box, count = self._session.wait_for_change(before, pixels)
        assert box is not None and count >= pixels, f"{otherwise}: {count} pixels"
        return box

    def bus(self) -> BusClient:
        """A connection of its own to the session's bus, not made yet."""
        bus = PrivateBus()
        bus.address = self._session.environ["DBUS_SESSION_BUS_ADDRESS"]
        return BusClient(bus)

    @staticmethod
    def _item(client: BusClient) -> PanelItem:
        items = client.property(_WATCHER, "/StatusNotifierWatcher", _WATCHER, "RegisteredStatusNotifierItems")
        # GNOME's extension puts an @ between the owner's name and the path.
        name, slash, path = items[-1].replace("@", "").partition("/")
        return PanelItem(client, name, slash + path)
