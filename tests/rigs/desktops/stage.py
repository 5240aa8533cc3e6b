"""Somebody with a mouse and a keyboard at a desktop; and what all checks on it share: the desktop, the person, a Telex,
and an agent that is signed in to it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from PIL import Image

from tests.fake_bus import BusClient, PrivateBus
from tests.panel_item import MenuEntry, PanelItem
from tests.process import Process
from tests.servers import Sandbox

from .known import SCREEN, WATCHER, Desktop
from .screen import A_MENU, APPEARS_WITHIN, IN_PLACE_WITHIN, Box, difference, is_read, likeness, lines_of
from .session import OPENED, Session

A_SUBMENU = A_MENU // 4
"""Pixels of the screen that a submenu changes at least; some have one line, and in GNOME, which opens them all in one
menu, that is lower still where the menu is as high as the screen: it scrolls."""
HOVERED_WITHIN = 4.0
"""Seconds in which a submenu opens below the pointer, where it does so."""


class Person(Session):
    """A desktop with somebody at it."""

    _pointer = 0, 0

    # Mouse and keyboard.

    def click(self, at: tuple[int, int], button: int = 1) -> None:
        """Click with the mouse; the button is held as a hand holds it."""
        self.point(at)
        time.sleep(1.0)  # Cinnamon takes no click from a pointer that has only just arrived
        self.run("xdotool", "mousedown", str(button), "sleep", "0.15", "mouseup", str(button))

    def click_on(self, text: str, box: Box) -> None:
        """Click on a line that is to be read in that box."""
        lines = lines_of(self.screen().crop(box))
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
        self.run("xdotool", *words)
        self._pointer = at

    def press(self, *keys: str) -> None:
        """Press keys, one after the other, at a person's pace."""
        for key in keys:
            self.run("xdotool", "key", key)
            time.sleep(0.1)

    def type(self, text: str) -> None:
        """Type a text."""
        self.run("xdotool", "type", "--delay", "30", text)

    # The icon's menu.

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
        icon = self.wait_for_icon_place()
        assert icon is not None, "no icon"
        before = self.screen()
        self.click(icon, 3)
        box = self._opened(before, "the menu does not open")
        if self.desktop.menus_get_keys_at_once:
            return box
        opened = self.screen().crop(box)
        self.close_menu()
        assert self._closes(box, opened), "Escape does not close the menu"
        self.withdraw_pointer()
        self.settle(IN_PLACE_WITHIN)
        before = self.screen()
        self.click(icon, 3)
        return self._opened(before, "the menu does not open again")

    def choose(self, *labels: str) -> str:
        """Open the icon's menu, go into submenus, and choose; how that was done, in words."""
        *into, label = labels
        if len(labels) > self.desktop.menu_levels:
            self.choose_by_bus(*labels)
            return "by dbusmenu"
        box = menu = self.open_menu()
        for number, submenu in enumerate(into):
            box = self._open_submenu(submenu, box, *into[:number])
        look = self.screen().crop(menu)
        self.choose_in_open_menu(label, box, *into)
        self._closes(menu, look)
        return "by keyboard" if self.desktop.menus_get_keys else "by mouse"

    def choose_in_open_menu(self, label: str, box: Box, *into: str) -> None:
        """Choose an entry of the menu that is open, in that box."""
        if self.desktop.menus_get_keys:
            self._go_to(label, *into)
            self.press("Return")
        else:
            at = self._line(label, box, *into)
            self._go_across(at, box)
            self.click(at)

    def close_menu(self) -> None:
        """Close whatever menus are open."""
        if self.desktop.menus_get_keys:
            self.press("Escape", "Escape")
        else:
            self.click((SCREEN[0] // 2, SCREEN[1] // 2))

    def _closes(self, box: Box, look: Image.Image) -> bool:
        """Wait until a menu in that box, with that look, has gone; whether it has."""
        return self.wait_until(lambda: difference(look, self.screen().crop(box))[1] >= A_MENU, APPEARS_WITHIN)

    def _open_submenu(self, label: str, box: Box, *into: str) -> Box:
        if self.desktop.menus_get_keys:
            self._go_to(label, *into)
            before = self.screen()
            self.press("Right")
            return self._opened(before, f"{label} does not open", A_SUBMENU)
        before = self.screen()
        at = self._line(label, box, *into)
        self._go_across(at, box)
        # It opens below the pointer; where it does not, a click opens it. A click on one that is open may close it.
        # What is looked for is beside the menu, in which the line itself is marked.
        beside, count = self.wait_for_change(before, A_SUBMENU, HOVERED_WITHIN, beside=box)
        if count < A_SUBMENU:
            self.click(at)
            beside, count = self.wait_for_change(before, A_SUBMENU, beside=box)
        assert beside is not None and count >= A_SUBMENU, f"{label} does not open: {count} pixels beside {box}"
        return beside

    def _go_to(self, label: str, *into: str) -> None:
        """Move the mark of the open menu to an entry. In a submenu that a key has opened it is on the first one."""
        usable = [entry.label for entry in self.entries(*into) if entry.enabled]
        assert label in usable, f"{label} is not among {usable}"
        self.press(*["Down"] * (usable.index(label) + (not into)))

    def _go_across(self, at: tuple[int, int], box: Box) -> None:
        """Put the pointer there; into a submenu from its entry as a hand goes: straight across, then down."""
        if box[1] <= self._pointer[1] < box[3]:
            self.point((at[0], self._pointer[1]))
            time.sleep(0.3)
        self.point(at)

    def _line(self, label: str, box: Box, *into: str) -> tuple[int, int]:
        """Where the open menu in that box has the entry with this label."""
        labels = [entry.label for entry in self.entries(*into)]
        lines = lines_of(self.screen().crop(box))
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
        box, count = self.wait_for_change(before, pixels)
        assert box is not None and count >= pixels, f"{otherwise}: {count} pixels"
        return box

    def bus(self) -> BusClient:
        """A connection of its own to the session's bus, not made yet."""
        bus = PrivateBus()
        bus.address = self.environ["DBUS_SESSION_BUS_ADDRESS"]
        return BusClient(bus)

    @staticmethod
    def _item(client: BusClient) -> PanelItem:
        items = client.property(WATCHER, "/StatusNotifierWatcher", WATCHER, "RegisteredStatusNotifierItems")
        # GNOME's extension puts an @ between the owner's name and the path.
        name, slash, path = items[-1].replace("@", "").partition("/")
        return PanelItem(client, name, slash + path)


# A run of the checks.

TYPES = "unread_thread_change,channel_mention,direct_call_initiated"
"""What the agent is told of."""
_PACE = 2.0
"""Seconds from one message to the next."""
_GONE_WITHIN = 20.0
"""Seconds in which toasts of the check before go by themselves, where it has failed."""


class Stage(Person):
    """One run of the checks.

    Attributes:
        telex: For what happens at Telex.
        starts: How often the icon is looked for.
    """

    def __init__(self, desktop: Desktop, starts: int) -> None:
        super().__init__(desktop)
        self.telex = Sandbox.announced(os.environ)
        self.starts = starts
        self._agent: Process | None = None
        self._happened = 0.0

    def __enter__(self) -> Self:
        super().__enter__()
        self._home = Path(self.environ["HOME"])
        folder = self._home / ".config/telex-start"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text('[main_app]\nclick = "conversation"\n')
        return self

    # The agent.

    def signed_in(self) -> Process:
        """The agent that runs, signed in, with its icon; started where none runs."""
        if self._agent is None:
            self.start_signing_in()
        assert self.wait_for_online_icon() is not None, "no icon of an agent that is online"
        assert self._agent is not None
        return self._agent

    def start(self, *options: str, given: str = "") -> None:
        """Start an agent, in the place of one that runs."""
        self.leave()
        environ = {**self.programs_environ, "TELEX_START_NOTIFICATION_TYPES": TYPES}
        self._agent = Process([sys.executable, "-m", "telex_start", *options], environ, given).__enter__()

    def start_signing_in(self) -> None:
        """Start an agent that signs in by its input."""
        self.start("--email", self.telex.email, "--password-stdin", given=self.telex.password + "\n")

    def calm(self) -> Image.Image:
        """The screen of a desktop on which only an agent's icon is, once it is so."""
        self.signed_in()
        self.outlast_toast(self.empty_screen)
        self.settle(3.0)
        return self.screen()

    def leave(self) -> None:
        """End the agent, if one runs, and wait until its icon has gone."""
        if self._agent is None:
            return
        look = self.tray()
        self._agent.process.terminate()
        self.ends(look)

    def ends(self, look: Image.Image) -> None:
        """Wait for the end of an agent that was told to end, and until its icon has gone.

        Args:
            look: The tray with it.

        Raises:
            AssertionError: it does not end as it should, or the icon stays.
        """
        assert self._agent is not None
        agent, self._agent = self._agent, None
        try:
            code, errors = agent.ended(APPEARS_WITHIN), agent.errors
        finally:
            agent.__exit__(None)
        assert code == 0 and not errors, f"the agent ended with {code}: {errors}"
        assert self.has_gone(look, APPEARS_WITHIN), f"the icon stays: {self.registered()}"

    # What is to be so.

    def comes(self, condition: Callable[[], bool], otherwise: str, within: float = APPEARS_WITHIN) -> None:
        """Wait until something is so.

        Raises:
            AssertionError: it does not come to that within so many seconds.
        """
        assert self.wait_until(condition, within), otherwise

    def menu_comes(self, label: str, otherwise: str, *, enabled: bool = False) -> None:
        """Wait until the icon's menu has an entry with that label, usable if that is asked for."""
        self.comes(lambda: any(e.label == label and (e.enabled or not enabled) for e in self.entries()), otherwise)

    # What happens at Telex.

    def direct(self, organisation: int, username: str, text: str, **writing: Any) -> None:
        """Somebody writes; as :meth:`tests.servers.Sandbox.direct`."""
        self.pace()
        self.telex.direct(organisation, username, text, **writing)

    def pace(self) -> None:
        """Wait so long that what happens next is no flood, which is told in one summary: three in five seconds."""
        time.sleep(max(0.0, self._happened + _PACE - time.monotonic()))
        self._happened = time.monotonic()

    def outlast_toast(self, empty: Image.Image) -> None:
        """Wait until a toast has gone by itself: in GNOME and Cinnamon it stays until somebody is there to see it."""
        middle = SCREEN[0] // 2, SCREEN[1] // 2

        def gone() -> bool:
            self.point((middle[0] + 40, middle[1]))
            self.point(middle)
            return self.change(empty)[1] < A_MENU

        self.wait_until(gone, _GONE_WITHIN)

    # What was opened.

    def opened(self) -> list[str]:
        """The addresses and files that were to be opened, in order."""
        file = self._home / OPENED
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_opened(self, before: int) -> str:
        """Wait until one more than so many was to be opened; which."""
        self.wait_until(lambda: len(self.opened()) > before, APPEARS_WITHIN)
        return (self.opened()[before:] or [""])[0]

    # Between two checks.

    def tidy(self, failed: bool) -> None:
        """Leave the desktop as the next check is to find it.

        Args:
            failed: Whatever the check has left is put away: menus, windows, toasts, the agent.
        """
        if failed:
            self.close_menu()
            with suppress(Exception):
                self.leave()
            if self._agent is not None:
                self._agent.process.kill()
                self._agent = None
            self.telex.forget()
            self.telex.clear_faults()
        self.withdraw_pointer()
        self.outlast_toast(self.empty_screen)
