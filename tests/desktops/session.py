"""A desktop that runs in its own Debian, and somebody who looks at its screen and has a mouse and a keyboard."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from PIL import Image
from Xlib import X, display

from tests.fake_bus import BusClient, PrivateBus
from tests.panel_item import MenuEntry, PanelItem
from tests.process import Process, end

from .desktop import DISPLAYS, SCREEN, Command, Desktop
from .pictures import Box, alike, difference, lines_of_text
from .root import CHECKOUT

HERE = Path("/share")
NOBODY = 65534
"""The one in every Debian's list of users who is free for the session; its bus wants one of that list."""
STARTED_WITHIN = 60.0
"""Seconds for each step of a desktop's start; software rendering on a busy machine is slow."""
APPEARS_WITHIN = 15.0
"""Seconds in which an icon, a menu or a toast appears; it takes less than one."""
IN_PLACE_WITHIN = 3.0
"""Seconds in which what has appeared is in place, or never stands still: in MATE 1.26 a toast with buttons has a clock
that runs until it goes, after ten."""
SETTLED = 2.0
"""Seconds in which a desktop that is about to throw an icon away has done so, and in which windows are in place."""
AN_ICON = 30
"""Pixels of the tray that an icon changes at least; those of the smallest are some 16 by 16."""
A_MENU = 5000
"""Pixels of the screen that a menu or a toast changes at least; a clock changes fewer."""
VIOLET = (110, 80, 240)
"""The colour of the icon while the agent is online."""


class Session:
    """A desktop that runs, from entering to leaving.

    Attributes:
        desktop: Which one it is.
        environ: The whole environment for programs that are to run on it.
    """

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self._logs = HERE / "log"
        self._logs.mkdir()
        self._pictures = HERE / "pictures"
        self._pictures.mkdir()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            self.environ = self._programs_environ = self._environment()
            self._run(("dbus-uuidgen", "--ensure"))
            Path("/run/dbus").mkdir()
            self._announced("system-bus", ("dbus-daemon", "--system", "--nofork", "--nopidfile", "--print-address=1"))
            for command in self.desktop.system_programs:
                self._start(command)
                self._wait_for("--system", "org.freedesktop.login1")
            self._install()
            self._become_a_user()
            width, height = SCREEN
            server = ("Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-noreset")
            self.environ["DISPLAY"] = ":" + self._announced("xvfb", (*server, "+extension", "GLX"))
            bus = ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
            self.environ["DBUS_SESSION_BUS_ADDRESS"] = self._announced("session-bus", bus)
            self._display = display.Display(self.environ["DISPLAY"])
            stack.callback(self._display.close)
            told = "interface='org.freedesktop.Notifications',member='Notify'"
            self._notifications = stack.enter_context(Process(("dbus-monitor", "--session", told), self.environ))
            self._notifications.next_line()
            for command in self.desktop.settings:
                self._run(command)
            self._start_desktop()
            self.empty = self._at_rest()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def restart(self) -> None:
        """The desktop crashes, and is started again."""
        for process in reversed(self._programs):
            process.kill()
            process.wait()
        self._start_desktop()

    def _start_desktop(self) -> None:
        displays = Path(DISPLAYS)
        displays.unlink(missing_ok=True)
        self._programs = [self._start(command) for command in self.desktop.programs]
        if self.desktop.is_wayland:
            assert self.wait_until(displays.exists, STARTED_WITHIN), "it does not say where it is"
            mine = (line.split("=", 1) for line in displays.read_text().splitlines())
            self._programs_environ = self.environ | dict(mine)
        for name in self.desktop.names:
            self._wait_for("--session", name)
        self._at_rest()
        for command in self.desktop.emptying:
            self._run(command)

    # --- what somebody sees -----------------------------------------------------------------------------------------

    def screen(self) -> Image.Image:
        """The whole screen."""
        return self._look((0, 0, *SCREEN))

    def icon_pixels(self) -> int:
        """How many pixels of the tray are not as they are without our icon."""
        return difference(self.empty, self._look(self.desktop.tray))[1]

    def wait_for_icon(self, there: bool, within: float) -> bool:
        """Wait until the icon is there, or gone; whether that came within so many seconds."""
        return self.wait_until(lambda: (self.icon_pixels() >= AN_ICON) is there, within)

    def wait_for_online_icon(self) -> tuple[int, int] | None:
        """Wait for the icon of an agent that is online; the middle of its violet, or ``None``."""
        self.withdraw_pointer()
        self.wait_until(lambda: self.online_icon() is not None, APPEARS_WITHIN)
        return self.online_icon()

    def online_icon(self) -> tuple[int, int] | None:
        """The middle of what is violet in the tray, or ``None``."""
        left, top, width, _ = self.desktop.tray
        pixels = list(self._look(self.desktop.tray).getdata())
        places = [n for n, pixel in enumerate(pixels) if alike(pixel, VIOLET)]
        if len(places) < AN_ICON:
            return None
        across, down = sorted(n % width for n in places), sorted(n // width for n in places)
        return left + across[len(places) // 2], top + down[len(places) // 2]

    def withdraw_pointer(self) -> None:
        """Put the pointer into the middle of the screen: below it icons are lighter, and tips appear."""
        self._run(("xdotool", "mousemove", str(SCREEN[0] // 2), str(SCREEN[1] // 2)))

    def wait_for_more(self, before: Image.Image, known: Box) -> tuple[Box | None, int]:
        """Wait until something has come that is not in that box alone; as :meth:`change`, without what is in there."""
        seen: tuple[Box | None, int] = (None, 0)

        def more() -> bool:
            nonlocal seen
            now = self.screen()
            now.paste(before.crop(known), known)
            seen = difference(before, now)
            return seen[1] >= A_MENU

        self.wait_until(more, APPEARS_WITHIN)
        return seen

    def change(self, before: Image.Image) -> tuple[Box | None, int]:
        """Where the screen is not as it was, and by how many pixels."""
        return difference(before, self.screen())

    def wait_for_change(self, before: Image.Image) -> tuple[Box | None, int]:
        """Wait until something as large as a menu has come and stands still; as :meth:`change`."""
        self.wait_until(lambda: self.change(before)[1] >= A_MENU, APPEARS_WITHIN)
        self.settle(IN_PLACE_WITHIN)
        return self.change(before)

    def settle(self, within: float = APPEARS_WITHIN) -> None:
        """Wait until the screen has looked the same for half a second, as far as it does."""
        last = self.screen()

        def still() -> bool:
            nonlocal last
            time.sleep(0.5)
            before, last = last, self.screen()
            return not difference(before, last)[1]

        self.wait_until(still, within)

    @staticmethod
    def wait_until(condition: Callable[[], bool], within: float) -> bool:
        """Wait until something holds that no event tells of, pixels above all; whether it did within these seconds."""
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def click(self, at: tuple[int, int], button: int) -> None:
        """Click with the mouse; the button is held as a hand holds it."""
        self._run(("xdotool", "mousemove", str(at[0]), str(at[1])))
        time.sleep(1.0)  # Cinnamon takes no click from a pointer that has only just arrived
        self._run(("xdotool", "mousedown", str(button), "sleep", "0.15", "mouseup", str(button)))

    def choose(self, label: str, box: Box) -> None:
        """Choose an entry of the icon's open menu, which is in that box: with the keyboard, where menus get it."""
        entries = [entry for entry in self._menu() if not entry.separator]
        if self.desktop.menus_get_keys:
            usable = [entry.label for entry in entries if entry.enabled]
            for key in [*["Down"] * (usable.index(label) + 1), "Return"]:
                self._run(("xdotool", "key", key))
                time.sleep(0.1)
            return
        lines = lines_of_text(self.screen().crop(box))
        assert len(lines) == len(entries), f"{len(lines)} lines in the menu, which has {len(entries)} entries"
        down = lines[[entry.label for entry in entries].index(label)]
        self.click(((box[0] + box[2]) // 2, box[1] + down), 1)

    def open_submenu(self, label: str, box: Box) -> None:
        """Open a submenu of the icon's open menu, which is in that box."""
        entries = [entry for entry in self._menu() if not entry.separator]
        if self.desktop.menus_get_keys:
            usable = [entry.label for entry in entries if entry.enabled]
            for key in [*["Down"] * (usable.index(label) + 1), "Right"]:
                self._run(("xdotool", "key", key))
                time.sleep(0.1)
            return
        lines = lines_of_text(self.screen().crop(box))
        assert len(lines) == len(entries), f"{len(lines)} lines in the menu, which has {len(entries)} entries"
        self.click(((box[0] + box[2]) // 2, box[1] + lines[[entry.label for entry in entries].index(label)]), 1)

    def close_menu(self) -> None:
        """Close whatever menus are open."""
        for _ in range(2):
            self._run(("xdotool", "key", "Escape"))
            time.sleep(0.1)

    def _menu(self) -> list[MenuEntry]:
        """The entries of the icon's menu."""
        bus = PrivateBus()
        bus.address = self.environ["DBUS_SESSION_BUS_ADDRESS"]
        with BusClient(bus) as client:
            watcher = "org.kde.StatusNotifierWatcher"
            items = client.property(watcher, "/StatusNotifierWatcher", watcher, "RegisteredStatusNotifierItems")
            # GNOME's extension puts an @ between the owner's name and the path.
            name, slash, path = items[-1].replace("@", "").partition("/")
            return PanelItem(client, name, slash + path).menu()

    def notified(self, text: str) -> bool:
        """Wait until the desktop has been sent a notification with this text."""
        try:
            self._notifications.line(lambda line: text in line, APPEARS_WITHIN)
        except AssertionError:
            return False
        return True

    def picture(self, name: str) -> None:
        """Keep a picture of the whole screen."""
        self._run(("import", "-silent", "-window", "root", str(self._pictures / f"{name}.png")))

    def registered(self) -> str:
        """The icons that the tray says it has."""
        watcher = "org.kde.StatusNotifierWatcher"
        wanted = ("org.freedesktop.DBus.Properties.Get", watcher, "RegisteredStatusNotifierItems")
        call = ("gdbus", "call", "--session", "--dest", watcher, "--object-path", "/StatusNotifierWatcher", "--method")
        return self._run((*call, *wanted))

    def off_place(self, title: str) -> tuple[int, int] | None:
        """By how many pixels, to the right and downwards, a window's lower right corner is off its place.

        Returns:
            ``None`` where no window has a title that begins so.
        """
        # A process of its own: python-xlib 0.33 cannot talk to two servers whose extensions have different numbers.
        said = self._run((sys.executable, "-m", "tests.x_windows", title), self._programs_environ)
        if not said:
            return None
        right, down = said.split()
        return int(right), int(down)

    def active(self) -> str:
        """The title of the window that has the focus; empty where none has it."""
        return self._run((sys.executable, "-m", "tests.x_windows"), self._programs_environ)

    def other_window(self) -> Process:
        """Another program with a window, which takes the focus."""
        return Process(("xev", "-name", "Another", "-event", "focus"), self._programs_environ)

    def agent(self, *options: str, given: str = "", more: Mapping[str, str] | None = None) -> Process:
        """``telex-start`` on this desktop; ``more`` is put into its environment."""
        environ = {**self._programs_environ, **(more or {})}
        return Process([sys.executable, "-m", "telex_start", *options], environ, given)

    def _look(self, part: tuple[int, int, int, int]) -> Image.Image:
        """A part of the screen: left, top, width and height."""
        raw = self._display.screen().root.get_image(*part, X.ZPixmap, 0xFFFFFFFF).data
        return Image.frombytes("RGB", part[2:], bytes(raw), "raw", "BGRX")

    def _at_rest(self) -> Image.Image:
        """The tray, once it has looked the same for two seconds."""
        deadline = time.monotonic() + STARTED_WITHIN
        look, since = self._look(self.desktop.tray), time.monotonic()
        while time.monotonic() - since < SETTLED:
            assert time.monotonic() < deadline, "the desktop does not come to rest"
            time.sleep(0.1)
            if (now := self._look(self.desktop.tray)) != look:
                look, since = now, time.monotonic()
        return look

    # --- making it --------------------------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        home, runtime = Path("/tmp/home"), Path("/tmp/run")
        home.mkdir()
        runtime.mkdir(mode=0o700)
        mine = {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "USER": "nobody", "NO_AT_BRIDGE": "1"}
        return {**os.environ, **mine, **self.desktop.environ}

    def _install(self) -> None:
        """The command, and the desktop entry as the doctor says."""
        command = Path("/usr/local/bin/telex-start")
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m telex_start "$@"\n')
        command.chmod(0o755)
        for name, folder in (("desktop", "applications"), ("svg", "icons/hicolor/scalable/apps")):
            goal = Path("/usr/local/share", folder)
            goal.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(CHECKOUT, "assets", f"telex-start.{name}"), goal)

    def _become_a_user(self) -> None:
        """Go on as somebody else than root, whom sway refuses; what is the session's is given to them."""
        for path in (self.environ["HOME"], self.environ["XDG_RUNTIME_DIR"], HERE, self._logs, self._pictures):
            os.chown(path, NOBODY, NOBODY)
        sockets = Path("/tmp/.X11-unix")  # only root's X server makes it
        sockets.mkdir()
        sockets.chmod(0o1777)
        self._stack.pop_all()  # what root has started ends with the namespace: nobody else can
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    def _start(self, command: Command) -> subprocess.Popen[Any]:
        log = (self._logs / f"{len(list(self._logs.iterdir()))}-{Path(command[0]).name}.log").open("w")
        self._stack.callback(log.close)
        process = subprocess.Popen(
            command, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        self._stack.callback(end, process)
        return process

    def _announced(self, name: str, command: Command) -> str:
        """Start what says on its standard output that it is there; what it says."""
        log = (self._logs / f"{name}.log").open("w")
        self._stack.callback(log.close)
        process = subprocess.Popen(
            command, env=self.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
        )
        self._stack.callback(end, process)
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert said, f"{command[0]} has ended:\n{(self._logs / f'{name}.log').read_text()}"
        return said

    def _wait_for(self, bus: str, name: str) -> None:
        self._run(("gdbus", "wait", bus, "--timeout", str(round(STARTED_WITHIN)), name))

    def _run(self, command: Command, environ: Mapping[str, str] | None = None) -> str:
        limit = STARTED_WITHIN + 10
        environ = self.environ if environ is None else environ
        done = subprocess.run(command, env=environ, cwd=HERE, capture_output=True, text=True, timeout=limit)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()
