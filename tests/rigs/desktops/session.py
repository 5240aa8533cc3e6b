"""Starts a desktop inside its own Debian, and watches it: windows, the icons in its tray, and, as a monitor of the bus,
all messages about notifications.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from jeepney import HeaderFields, MatchRule, Message, MessageType
from PIL import Image
from Xlib import display

from tests.fake_bus import BusClient, PrivateBus
from tests.process import Process, end

from .known import CHECKOUT, DISPLAYS, NOTIFICATIONS, SCREEN, SHARE, WATCHER, Command, Desktop
from .screen import AN_ICON, APPEARS_WITHIN, STARTED_WITHIN, Screen, difference

# Messages about notifications.


APP = "Telex Start"
_MONITORING = "org.freedesktop.DBus.Monitoring"


class Told(NamedTuple):
    """One notification of the agent, as it was sent to the daemon."""

    title: str
    body: str
    replaces: int
    """The number of the notification that it replaces; 0 for none."""
    hints: dict[str, Any]
    ident: int
    """The number that the daemon gave it; 0 until the daemon has answered."""


class Notifications(BusClient):
    """A monitor of the bus: receives all messages about notifications, and sends none.

    Attributes:
        told: The agent's notifications, in order.
        closing: The numbers of the notifications that the agent has asked to close.
    """

    def __init__(self, address: str) -> None:
        bus = PrivateBus()
        bus.address = address
        super().__init__(bus)
        self.told: list[Told] = []
        self.closing: list[int] = []
        self._is_monitor = False
        self._asked: dict[tuple[str, int], int] = {}
        """The unanswered calls of ``Notify``, by sender and serial number: the index of each in :attr:`told`."""

    def __enter__(self) -> Self:
        super().__enter__()
        rules = [
            MatchRule(interface=NOTIFICATIONS).serialise(),
            MatchRule(type="method_return").serialise(),
        ]
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", _MONITORING, "BecomeMonitor", "asu", rules, 0)
        self._is_monitor = True
        return self

    def wait_for(self, words: str, after: int, otherwise: str) -> Told:
        """Wait for a notification with these words that the daemon has answered; gives the first.

        Args:
            after: How many of :attr:`told` are passed over.
            otherwise: What the failure says if none comes in time.
        """
        found: list[Told] = []

        def comes() -> bool:
            found[:] = [told for told in self.told[after:] if told.ident and words in f"{told.title}\n{told.body}"]
            return bool(found)

        assert self.heard(comes, APPEARS_WITHIN), otherwise
        return found[0]

    def heard(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait for a condition on what was heard; gives whether it held within so many seconds."""
        try:
            self.wait_until(condition, "what is said about notifications", within)
        except AssertionError:
            return condition()
        return True

    def received(self, message: Message) -> None:
        if message.header.message_type is MessageType.method_return and self._is_ours(message):
            super().received(message)  # the answer to BecomeMonitor, or a call before it; a monitor may send nothing
            return
        with self._changed:
            self._hear(message)
            self._count += 1
            self._changed.notify_all()

    def _is_ours(self, message: Message) -> bool:
        return int(message.header.fields[HeaderFields.reply_serial]) in self._replies and not self._is_monitor

    def _hear(self, message: Message) -> None:
        fields = message.header.fields
        kind, member = message.header.message_type, fields.get(HeaderFields.member)
        if kind is MessageType.method_call and member == "Notify" and message.body[0] == APP:
            _, replaces, _, title, body, _, hints, _ = message.body
            if any(self.told[at].title == title and self.told[at].body == body for at in self._asked.values()):
                return  # GNOME's daemon is a program of its own, which passes the call on to the shell
            self._asked[str(fields[HeaderFields.sender]), message.header.serial] = len(self.told)
            values = {key: value for key, (_, value) in hints.items()}
            self.told.append(Told(title, body, replaces, values, 0))
        elif kind is MessageType.method_call and member == "CloseNotification":
            self.closing.append(int(message.body[0]))
        elif kind is MessageType.method_return and fields.get(HeaderFields.destination):
            key = (str(fields[HeaderFields.destination]), int(fields[HeaderFields.reply_serial]))
            if (at := self._asked.pop(key, None)) is not None:
                self.told[at] = self.told[at]._replace(ident=int(message.body[0]))


# The desktop.


HERE = Path(SHARE)
OPENED = "opened"
"""A file in the home folder that gets a line for each address and file that is to be opened."""
NOBODY = 65534
"""The user id of the session: ``nobody``, as the bus wants a user that the system knows."""


class Session(Screen):
    """A desktop that runs, from entering to leaving.

    Attributes:
        environ: The whole environment of the desktop's own programs.
        programs_environ: The whole environment of programs that run on the desktop.
        told: The monitor of all messages about notifications.
    """

    def __init__(self, desktop: Desktop) -> None:
        super().__init__(desktop)
        self._logs = HERE / "log"
        self._logs.mkdir()
        self._pictures = HERE / "pictures"
        self._pictures.mkdir()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._stack = stack
            self.environ = self.programs_environ = self._environment()
            self.run("dbus-uuidgen", "--ensure")
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
            self.told = stack.enter_context(Notifications(self.environ["DBUS_SESSION_BUS_ADDRESS"]))
            for command in self.desktop.settings:
                self.run(*command)
            self.start_desktop()
            self.empty = self._at_rest()
            self.empty_screen = self.screen()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def crash(self) -> None:
        """Kill the desktop and all that it has started itself."""
        for process in reversed(self._programs):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def start_desktop(self) -> None:
        """Start the desktop, and wait until it is there and at rest."""
        displays = Path(DISPLAYS)
        displays.unlink(missing_ok=True)
        first, *others = self.desktop.programs
        self._programs = [self._start(first)]
        if self.desktop.is_wayland:
            assert self.wait_until(displays.exists, STARTED_WITHIN), "it does not say where it is"
            mine = (line.split("=", 1) for line in displays.read_text().splitlines())
            self.programs_environ = self.environ | dict(mine)
        self._programs += [self._start(command, self.programs_environ) for command in others]
        for name in self.desktop.names:
            self._wait_for("--session", name)
        self._at_rest()
        for command in self.desktop.emptying:
            self.run(*command)

    # What somebody sees.

    def has_gone(self, look: Image.Image, within: float) -> bool:
        """Wait until the tray has no icon registered and looks different from ``look``; gives whether it came to that.

        The tray need not look as it did before the icon: Plasma shows a bell while its list has notifications.
        """
        self.withdraw_pointer()
        return self.wait_until(
            lambda: "StatusNotifierItem" not in self.registered() and difference(look, self.tray())[1] >= AN_ICON,
            within,
        )

    def picture(self, name: str) -> None:
        """Save a picture of the whole screen."""
        self.run("import", "-silent", "-window", "root", str(self._pictures / f"{name}.png"))

    def registered(self) -> str:
        """The icons that the watcher lists, as gdbus prints them."""
        wanted = ("org.freedesktop.DBus.Properties.Get", WATCHER, "RegisteredStatusNotifierItems")
        call = ("gdbus", "call", "--session", "--dest", WATCHER, "--object-path", "/StatusNotifierWatcher", "--method")
        return self.run(*call, *wanted)

    def off_place(self, title: str) -> tuple[int, ...] | None:
        """How many pixels, to the right and downwards, a window's lower right corner is from its place.

        Returns:
            ``None`` if no window has such a title.
        """
        return tuple(map(int, self._windows(title).split())) or None

    def window_place(self, title: str) -> tuple[int, int]:
        """A point of a window, which nothing may cover, where a click does nothing."""
        across, down = self._windows("--place", title).split()
        return int(across), int(down)

    def has_window(self, title: str) -> bool:
        """Whether a window has such a title."""
        return bool(self._windows(title))

    def active(self) -> str:
        """The title of the window that has the focus; empty if none has it."""
        return self._windows()

    def _windows(self, *words: str) -> str:
        # In a process of its own: python-xlib 0.33 cannot talk to two servers with different numbers of extensions.
        return self.run(sys.executable, "-m", "tests.x_windows", *words, environ=self.programs_environ)

    def other_window(self) -> Process:
        """Another program (xev), whose window takes the focus."""
        return Process(("xev", "-name", "Another", "-event", "focus"), self.programs_environ)

    def command(self, *options: str) -> str:
        """Run ``telex-start`` with these options to its end; gives its standard output."""
        command = (sys.executable, "-m", "telex_start", *options)
        done = subprocess.run(command, env=self.programs_environ, cwd="/tmp", capture_output=True, text=True)
        return done.stdout

    # Making it.

    def _environment(self) -> dict[str, str]:
        home, runtime = Path("/tmp/home"), Path("/tmp/run")
        home.mkdir()
        runtime.mkdir(mode=0o700)
        mine = {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime), "USER": "nobody", "NO_AT_BRIDGE": "1"}
        mine["XDG_SESSION_TYPE"] = "wayland" if self.desktop.is_wayland else "x11"
        mine["LIBGL_ALWAYS_SOFTWARE"] = "1"  # no machine of these tests has a graphics card
        return {**os.environ, **mine, **self.desktop.environ}

    def _install(self) -> None:
        """Install the command ``telex-start``, its desktop entry and icon, and a recording ``xdg-open``."""
        command = Path("/usr/local/bin/telex-start")
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m telex_start "$@"\n')
        command.chmod(0o755)
        # Stands in for the browser and for the viewer of the log: records what it is to open.
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
        self.run("gdbus", "wait", bus, "--timeout", str(round(STARTED_WITHIN)), name)

    def run(self, *command: str, environ: Mapping[str, str] | None = None) -> str:
        """Run a command on the desktop to its end; what it printed."""
        limit = STARTED_WITHIN + 10
        environ = self.environ if environ is None else environ
        done = subprocess.run(command, env=environ, cwd=HERE, capture_output=True, text=True, timeout=limit)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()
