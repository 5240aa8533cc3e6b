"""What runs in a desktop's own Debian: the desktop, the agent on it, and somebody who looks at the screen.

It needs the packages of the agent alone, and leaves nothing: all its processes end with the namespace it runs in.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from Xlib import X, display

from tests.process import Process, end
from tests.x_windows import off_place

from .known import DESKTOPS, SCREEN, Command, Desktop

HERE = Path("/share")
STARTED_WITHIN = 60.0
"""Seconds for each step of a desktop's start; software rendering on a busy machine is slow."""
ICON_WITHIN = 15.0
"""Seconds in which an icon appears; it takes less than one."""
SETTLED = 2.0
"""Seconds in which a desktop that is about to throw an icon away has done so, and in which windows are in place."""
AN_ICON = 30
"""Pixels of the tray that an icon changes at least; those of the smallest are some 16 by 16."""


class Session:
    """A desktop that runs, from entering to leaving.

    Attributes:
        environ: The whole environment for programs that are to run on it.
    """

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop
        self._logs = HERE / "log"
        self._logs.mkdir()
        self._pictures = HERE / "pictures"
        self._pictures.mkdir()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            self.environ = self._environment()
            self._run(("dbus-uuidgen", "--ensure"))
            Path("/run/dbus").mkdir()
            self._announced("system-bus", ("dbus-daemon", "--system", "--nofork", "--nopidfile", "--print-address=1"))
            for command in self._desktop.system_programs:
                self._start(command)
                self._wait_for("--system", "org.freedesktop.login1")
            width, height = SCREEN
            server = ("Xvfb", "-displayfd", "1", "-screen", "0", f"{width}x{height}x24", "-noreset")
            self.environ["DISPLAY"] = ":" + self._announced("xvfb", (*server, "+extension", "GLX"))
            bus = ("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
            self.environ["DBUS_SESSION_BUS_ADDRESS"] = self._announced("session-bus", bus)
            self._display = display.Display(self.environ["DISPLAY"])
            stack.callback(self._display.close)
            for command in self._desktop.settings:
                self._run(command)
            for command in self._desktop.programs:
                self._start(command)
            for name in self._desktop.names:
                self._wait_for("--session", name)
            self._settled()
            for command in self._desktop.emptying:
                self._run(command)
            self.empty = self._settled()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- what somebody sees -----------------------------------------------------------------------------------------

    def icon_pixels(self) -> int:
        """How many pixels of the tray are not as they are without our icon."""
        now = self._look()
        return sum(now[n : n + 3] != self.empty[n : n + 3] for n in range(0, len(now), 4))

    def wait_for_icon(self, there: bool, within: float) -> bool:
        """Wait until the icon is there, or gone; whether that came within so many seconds."""
        deadline = time.monotonic() + within
        while (self.icon_pixels() >= AN_ICON) is not there:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)  # no event tells of pixels
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
        return off_place(self._display, title)

    def agent(self, *options: str, given: str = "") -> Process:
        """``telex-start`` on this desktop."""
        return Process([sys.executable, "-m", "telex_start", *options], self.environ, given)

    def _look(self) -> bytes:
        image = self._display.screen().root.get_image(*self._desktop.tray, X.ZPixmap, 0xFFFFFFFF)
        return bytes(image.data)

    def _settled(self) -> bytes:
        """The tray, once it has looked the same for two seconds."""
        deadline = time.monotonic() + STARTED_WITHIN
        look, since = self._look(), time.monotonic()
        while time.monotonic() - since < SETTLED:
            assert time.monotonic() < deadline, "the desktop does not come to rest"
            time.sleep(0.1)
            if (now := self._look()) != look:
                look, since = now, time.monotonic()
        return look

    # --- making it --------------------------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        home, runtime = Path("/tmp/home"), Path("/tmp/run")
        home.mkdir()
        runtime.mkdir(mode=0o700)
        mine = {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "USER": "root", "NO_AT_BRIDGE": "1"}
        return {**os.environ, **mine, **self._desktop.environ}

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

    def _run(self, command: Command) -> str:
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, timeout=STARTED_WITHIN + 10)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()


def starts(session: Session, count: int) -> int:
    """Start the agent again and again; how often its icon was missing."""
    missing = 0
    email, password = os.environ["SANDBOX_EMAIL"], os.environ["SANDBOX_PASSWORD"]
    for turn in range(1, count + 1):
        began = time.monotonic()
        with session.agent("--email", email, "--password-stdin", given=password + "\n") as agent:
            came = session.wait_for_icon(True, ICON_WITHIN)
            took = time.monotonic() - began
            time.sleep(SETTLED)
            there = session.icon_pixels() >= AN_ICON
            seen = f"icon after {took:.1f} s" if there else "icon lost again" if came else "no icon"
            print(f"start {turn}: {seen}; the tray has {session.registered()}", flush=True)
            if not there or turn in (1, count):
                session.picture(f"start-{turn}" if there else f"start-{turn}-missing")
            missing += not there
            agent.process.terminate()
            assert agent.ended() == 0, agent.errors
        assert session.wait_for_icon(False, ICON_WITHIN), "the icon stays"
    print(f"{count} starts, {count - missing} icons", flush=True)
    return missing


def window_stands(session: Session) -> bool:
    """Open the login window; whether it stands where it should."""
    with session.agent("--login") as agent:
        deadline = time.monotonic() + STARTED_WITHIN
        while session.off_place("Telex") is None:
            assert time.monotonic() < deadline, "no login window"
            time.sleep(0.05)
        time.sleep(SETTLED)
        off = session.off_place("Telex")
        session.picture("window")
        print(f"login window: off its place by {off} pixels", flush=True)
        agent.process.terminate()
        assert agent.ended() == 0, agent.errors
    return off == (0, 0)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("desktop", choices=DESKTOPS)
    parser.add_argument("--starts", type=int, default=0)
    parser.add_argument("--window", action="store_true")
    options = parser.parse_args(arguments)
    desktop = DESKTOPS[options.desktop]
    try:
        with Session(desktop) as session:
            print(f"{desktop.title}: running", flush=True)
            session.picture("empty")
            missing = starts(session, options.starts)
            stands = not options.window or window_stands(session)
    except AssertionError:
        for log in sorted((HERE / "log").iterdir()):
            print(f"--- {log.name}\n{log.read_text()[-1500:]}", file=sys.stderr)
        raise
    return 0 if not missing and stands else 1


if __name__ == "__main__":
    sys.exit(main())
