"""Uses a desktop by mouse and keyboard as a person does, and has what all checks on it share: the desktop, a Telex, and
an agent that is signed in to it (:class:`Stage`).
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
"""How many pixels of the screen a submenu changes at least. Some submenus have only one line. GNOME opens them inside
the menu, which scrolls if it is as high as the screen, so even less changes."""
HOVERED_WITHIN = 4.0
"""Seconds in which a submenu opens below the pointer, on desktops that open it without a click."""


class Person(Session):
    """A desktop with a person at its mouse and keyboard."""

    _pointer = 0, 0

    # Mouse and keyboard.

    def click(self, at: tuple[int, int], button: int = 1) -> None:
        """Click with the mouse; the button is held for a moment, as a hand does."""
        self.point(at)
        time.sleep(1.0)  # Cinnamon ignores a click right after the pointer has come
        self.run("xdotool", "mousedown", str(button), "sleep", "0.15", "mouseup", str(button))

    def click_on(self, text: str, box: Box) -> None:
        """Click on the line in that box that reads like ``text``."""
        lines = lines_of(self.screen().crop(box))
        best = max(lines, key=lambda line: likeness(text, line.text), default=None)
        assert best is not None and is_read(text, best.text), f"{text!r} is not to be read among {lines}"
        self.click((box[0] + best.across, box[1] + best.down))

    def point(self, at: tuple[int, int]) -> None:
        """Move the pointer there, in steps as a hand does: GTK does not count a jump into a menu as motion."""
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
                    return []  # an empty submenu is left out of the menu
            return [entry for entry in item.menu(*into) if not entry.separator]

    def choose_by_bus(self, *labels: str) -> None:
        """Choose an entry by D-Bus as a panel does (``com.canonical.dbusmenu``), without mouse and keyboard."""
        with self.bus() as client:
            self._item(client).click(*labels)

    def open_menu(self) -> Box:
        """Open the icon's menu with the mouse; gives its box on the screen."""
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
        """Open the icon's menu, go into submenus, and choose an entry; gives in words how that was done."""
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
        """Choose an entry of the menu that is open in that box."""
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
        """Wait until the menu that looked like this in that box has gone; gives whether it has."""
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
        # It opens below the pointer, or else by a click; not by a click at once: that may close an open submenu.
        # The submenu is beside the menu; changes in the menu are only the mark of the line.
        beside, count = self.wait_for_change(before, A_SUBMENU, HOVERED_WITHIN, beside=box)
        if count < A_SUBMENU:
            self.click(at)
            beside, count = self.wait_for_change(before, A_SUBMENU, beside=box)
        assert beside is not None and count >= A_SUBMENU, f"{label} does not open: {count} pixels beside {box}"
        return beside

    def _go_to(self, label: str, *into: str) -> None:
        """Move the mark of the open menu to an entry. In a submenu that a key has opened, the first entry is marked."""
        usable = [entry.label for entry in self.entries(*into) if entry.enabled]
        assert label in usable, f"{label} is not among {usable}"
        self.press(*["Down"] * (usable.index(label) + (not into)))

    def _go_across(self, at: tuple[int, int], box: Box) -> None:
        """Move the pointer to a line; from an entry into its submenu as a hand does: straight across, then down."""
        if box[1] <= self._pointer[1] < box[3]:
            self.point((at[0], self._pointer[1]))
            time.sleep(0.3)
        self.point(at)

    def _line(self, label: str, box: Box, *into: str) -> tuple[int, int]:
        """The place of the entry with this label in the menu that is open in that box."""
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
        """A new connection to the session bus, to be entered by the caller."""
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
"""The notification types that the agent shows."""
_PACE = 2.0
"""Seconds from one message to the next."""
_GONE_WITHIN = 20.0
"""Seconds in which the toasts of an earlier check go by themselves."""


class Stage(Person):
    """One run of the checks.

    Attributes:
        telex: The sandbox, which takes orders for what happens at Telex.
        starts: In how many starts the check ``icon`` looks for the icon.
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
        """The running agent, signed in and with its icon; starts one if none runs."""
        if self._agent is None:
            self.start_signing_in()
        assert self.wait_for_online_icon() is not None, "no icon of an agent that is online"
        assert self._agent is not None
        return self._agent

    def start(self, *options: str, given: str = "") -> None:
        """Start an agent; ends the running one first."""
        self.leave()
        environ = {**self.programs_environ, "TELEX_START_NOTIFICATION_TYPES": TYPES}
        self._agent = Process([sys.executable, "-m", "telex_start", *options], environ, given).__enter__()

    def start_signing_in(self) -> None:
        """Start an agent that signs in with the password from its standard input."""
        self.start("--email", self.telex.email, "--password-stdin", given=self.telex.password + "\n")

    def calm(self) -> Image.Image:
        """Wait until a signed-in agent's icon is all that is on the desktop; gives a picture of the screen."""
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
        """Wait until the agent, which was told to end, has ended and its icon has gone.

        Args:
            look: The tray with the icon.

        Raises:
            AssertionError: the agent does not end as it should, or the icon stays.
        """
        assert self._agent is not None
        agent, self._agent = self._agent, None
        try:
            code, errors = agent.ended(APPEARS_WITHIN), agent.errors
        finally:
            agent.__exit__(None)
        assert code == 0 and not errors, f"the agent ended with {code}: {errors}"
        assert self.has_gone(look, APPEARS_WITHIN), f"the icon stays: {self.registered()}"

    # Waiting for what must hold.

    def comes(self, condition: Callable[[], bool], otherwise: str, within: float = APPEARS_WITHIN) -> None:
        """Wait until the condition holds.

        Raises:
            AssertionError: it does not hold within so many seconds; says ``otherwise``.
        """
        assert self.wait_until(condition, within), otherwise

    def menu_comes(self, label: str, otherwise: str, *, enabled: bool = False) -> None:
        """Wait until the icon's menu has an entry with that label; with ``enabled``, one that can be chosen."""
        self.comes(lambda: any(e.label == label and (e.enabled or not enabled) for e in self.entries()), otherwise)

    # What happens at Telex.

    def direct(self, organisation: int, username: str, text: str, **writing: Any) -> None:
        """Somebody writes a direct message: the sandbox's order ``direct``, at the pace of :meth:`pace`."""
        self.pace()
        self.telex.direct(organisation, username, text, **writing)

    def pace(self) -> None:
        """Wait until the next message makes no flood (three in five seconds), which would be told in one summary."""
        time.sleep(max(0.0, self._happened + _PACE - time.monotonic()))
        self._happened = time.monotonic()

    def outlast_toast(self, empty: Image.Image) -> None:
        """Wait until a toast has gone by itself; moves the pointer, as in GNOME and Cinnamon it waits for a person."""
        middle = SCREEN[0] // 2, SCREEN[1] // 2

        def gone() -> bool:
            self.point((middle[0] + 40, middle[1]))
            self.point(middle)
            return self.change(empty)[1] < A_MENU

        self.wait_until(gone, _GONE_WITHIN)

    # What was opened.

    def opened(self) -> list[str]:
        """The addresses and files that the agent has opened (:data:`OPENED`), in order."""
        file = self._home / OPENED
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_opened(self, before: int) -> str:
        """Wait until more than ``before`` addresses were opened; gives the next one, or an empty text."""
        self.wait_until(lambda: len(self.opened()) > before, APPEARS_WITHIN)
        return (self.opened()[before:] or [""])[0]

    # Between two checks.

    def tidy(self, failed: bool) -> None:
        """Make the desktop ready for the next check.

        Args:
            failed: The check failed, so put away what it may have left: menus, windows, toasts, the agent.
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
