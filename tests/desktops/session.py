"""A desktop that runs in its own Debian, and somebody who looks at its screen and has a mouse and a keyboard."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from PIL import Image
from Xlib import X, display

from tests.process import Process, end

from .desktop import DISPLAYS, SCREEN, Command, Desktop
from .pictures import Box, alike, difference
from .root import CHECKOUT
from .told import Notifications

HERE = Path("/share")
OPENED = "opened"
"""A file in the home folder, to which each address and file that is to be opened is added as a line."""
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
        self._icon_at: tuple[int, int] | None = None
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
            self.notifications = stack.enter_context(Notifications(self.environ["DBUS_SESSION_BUS_ADDRESS"]))
            for command in self.desktop.settings:
                self._run(command)
            self.start_desktop()
            self.empty = self._at_rest()
            self.empty_screen = self.screen()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def restart(self) -> None:
        """The desktop crashes, and is started again."""
        self.crash()
        self.start_desktop()

    def crash(self) -> None:
        """The desktop ends at once, and with it what it has started itself."""
        for process in reversed(self._programs):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def start_desktop(self) -> None:
        """Start it, and wait until it is there and at rest."""
        displays = Path(DISPLAYS)
        displays.unlink(missing_ok=True)
        first, *others = self.desktop.programs
        self._programs = [self._start(first)]
        if self.desktop.is_wayland:
            assert self.wait_until(displays.exists, STARTED_WITHIN), "it does not say where it is"
            mine = (line.split("=", 1) for line in displays.read_text().splitlines())
            self._programs_environ = self.environ | dict(mine)
        self._programs += [self._start(command, self._programs_environ) for command in others]
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

    def wait_for_online_icon(self, within: float = APPEARS_WITHIN) -> tuple[int, int] | None:
        """Wait for the icon of an agent that is online; the middle of its violet, or ``None``."""
        self.withdraw_pointer()
        self.wait_until(lambda: self.online_icon() is not None, within)
        return self.online_icon()

    def has_gone(self, look: Image.Image, within: float) -> bool:
        """Wait until the tray has no icon any more, and does not look so as with it.

        It may look otherwise than at first: Plasma shows a bell while there are notifications in its list.
        """
        self.withdraw_pointer()
        return self.wait_until(
            lambda: "StatusNotifierItem" not in self.registered() and difference(look, self.tray())[1] >= AN_ICON,
            within,
        )

    def wait_for_icon_place(self) -> tuple[int, int] | None:
        """Wait for the icon, whatever it shows; as :meth:`icon_place`."""
        self.withdraw_pointer()
        self.wait_until(lambda: self.icon_place() is not None, APPEARS_WITHIN)
        return self.icon_place()

    def online_icon(self) -> tuple[int, int] | None:
        """The middle of what is violet in the tray, or ``None``."""
        left, top, width, _ = self.desktop.tray
        pixels = list(self._look(self.desktop.tray).getdata())
        places = [n for n, pixel in enumerate(pixels) if alike(pixel, VIOLET)]
        if len(places) < AN_ICON:
            return None
        across, down = sorted(n % width for n in places), sorted(n // width for n in places)
        self._icon_at = left + across[len(places) // 2], top + down[len(places) // 2]
        return self._icon_at

    def icon_place(self) -> tuple[int, int] | None:
        """The middle of the icon, whatever state it shows; ``None`` without one.

        One that is not online is where it was when it was, if it ever was: beside it a bell may have come for toasts.
        """
        if (place := self.online_icon() or self._icon_at) is not None:
            return place
        box, count = difference(self.empty, self._look(self.desktop.tray))
        if box is None or count < AN_ICON:
            return None
        left, top = self.desktop.tray[:2]
        return left + (box[0] + box[2]) // 2, top + (box[1] + box[3]) // 2

    def tray(self) -> Image.Image:
        """The part of the screen where icons are."""
        return self._look(self.desktop.tray)

    def withdraw_pointer(self) -> None:
        """Put the pointer into the middle of the screen: below it icons are lighter, and tips appear."""
        self._run(("xdotool", "mousemove", str(SCREEN[0] // 2), str(SCREEN[1] // 2)))

    def wait_for_more(
        self, before: Image.Image, known: Box, pixels: int = A_MENU, within: float = APPEARS_WITHIN
    ) -> tuple[Box | None, int]:
        """Wait until something has come that is not in that box alone; as :meth:`change`, without what is in there."""
        seen: tuple[Box | None, int] = (None, 0)

        def more() -> bool:
            nonlocal seen
            now = self.screen()
            now.paste(before.crop(known), known)
            seen = difference(before, now)
            return seen[1] >= pixels

        self.wait_until(more, within)
        self.settle(IN_PLACE_WITHIN)
        more()
        return seen

    def change(self, before: Image.Image) -> tuple[Box | None, int]:
        """Where the screen is not as it was, and by how many pixels."""
        return difference(before, self.screen())

    def wait_for_change(self, before: Image.Image, pixels: int = A_MENU) -> tuple[Box | None, int]:
        """Wait until something as large as a menu has come and stands still; as :meth:`change`."""
        self.wait_until(lambda: self.change(before)[1] >= pixels, APPEARS_WITHIN)
        self.settle(IN_PLACE_WITHIN)
        return self.change(before)

    def wait_for_still(self, before: Image.Image) -> tuple[Image.Image, Box | None, int]:
        """Wait until something has come, and does not move: the first picture of that, and as :meth:`change`.

        What goes by itself soon is still in the picture: GNOME takes a toast away after four seconds.
        """
        deadline = time.monotonic() + APPEARS_WITHIN
        last = self.screen()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            before_that, last = last, self.screen()
            there = difference(before, last)[1] >= A_MENU
            if there and difference(before_that, last)[1] < AN_ICON:  # a toast of MATE's has a clock that runs
                break
        return last, *difference(before, last)

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

    def has_window(self, title: str) -> bool:
        """Whether a window has a title that begins so."""
        return self.off_place(title) is not None

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

    def window_place(self, title: str) -> tuple[int, int] | None:
        """A point on a window that nothing else covers, where nothing happens when it is clicked."""
        said = self._run((sys.executable, "-m", "tests.x_windows", "--place", title), self._programs_environ)
        if not said:
            return None
        across, down = said.split()
        return int(across), int(down)

    def command(self, *options: str) -> str:
        """What a ``telex-start`` with these options prints here, once it has ended."""
        command = (sys.executable, "-m", "telex_start", *options)
        done = subprocess.run(command, env=self._programs_environ, cwd="/tmp", capture_output=True, text=True)
        return done.stdout

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
        # In the place of the person's browser, and of what shows a log: notes what it is to open.
        opener = Path("/usr/local/bin/xdg-open")
        opener.write_text(f'#!/bin/sh\necho "$1" >> "$HOME/{OPENED}"\n')
        opener.chmod(0o755)
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

    def _start(self, command: Command, environ: Mapping[str, str] | None = None) -> subprocess.Popen[Any]:
        environ = self.environ if environ is None else environ
        log = (self._logs / f"{len(list(self._logs.iterdir()))}-{Path(command[0]).name}.log").open("w")
        self._stack.callback(log.close)
        process = subprocess.Popen(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # to be ended with all that it starts
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

    def run(self, *command: str) -> str:
        """Run a command on the desktop to its end; what it printed."""
        return self._run(command)

    def _run(self, command: Command, environ: Mapping[str, str] | None = None) -> str:
        limit = STARTED_WITHIN + 10
        environ = self.environ if environ is None else environ
        done = subprocess.run(command, env=environ, cwd=HERE, capture_output=True, text=True, timeout=limit)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()
