"""What is told of a desktop that can be tried: what it is made of, and how it is started where there is no screen."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Command = tuple[str, ...]


class Desktop(NamedTuple):
    """One desktop of one Debian."""

    title: str
    packages: tuple[str, ...]
    """What makes the desktop, beside :data:`COMMON`; installed without what they recommend."""
    environ: dict[str, str]
    """What its session has in its environment."""
    programs: tuple[Command, ...]
    """The desktop itself, in this order; on Wayland the first is the compositor, and the others draw into it."""
    names: tuple[str, ...]
    """The names on the session's bus that are there once it has started."""
    tray: tuple[int, int, int, int]
    """Where on the screen icons appear, and nothing else changes by itself: left, top, width, height in pixels."""
    suite: str = "bookworm"
    """The Debian that has it, by its name."""
    system_programs: tuple[Command, ...] = ()
    """What the system's bus has to offer before the session begins."""
    settings: tuple[Command, ...] = ()
    """Run to their end before the desktop starts."""
    emptying: tuple[Command, ...] = ()
    """Run when it has come to rest, so that an empty desktop is seen."""
    is_wayland: bool = False
    """It draws into one window on the X server, and writes to :data:`DISPLAYS` how its own displays are found."""
    root: str = ""
    """The desktop whose Debian it has, where that is another one's."""
    menus_get_keys: bool = True
    """Whether a menu that the mouse has opened takes the keyboard too."""
    menu_levels: int = 4
    """How many menus deep the mouse or the keyboard gets; what is below is chosen by ``com.canonical.dbusmenu``."""
    menus_get_keys_at_once: bool = True
    """Whether it does so too where an entry has changed since the menu was open last; else when it is opened again."""
    spares_focus: bool = True
    """Whether a window may appear without taking the focus; else none is opened unasked."""
    daemon: str = ""
    """Who shows notifications, as the doctor says it."""
    disturb: tuple[Command, Command] | None = None
    """What switches the desktop's own do-not-disturb on, and off; ``None`` where a program can ask for it as long as it
    runs, by ``org.freedesktop.Notifications.Inhibit``."""
    cannot: Mapping[str, str] = MappingProxyType({})
    """The checks that cannot be made here, by their names (:mod:`tests.rigs.desktops.checks`), and why."""


COMMON = (
    *("xvfb", "dbus", "dbus-x11", "fonts-dejavu-core", "xdotool", "imagemagick", "x11-utils", "libglib2.0-bin"),
    *("python3-venv", "python3-tk", "python3-dbusmock", "ca-certificates", "tesseract-ocr"),
)
"""The packages that every one has: the screen, the buses, keyboard and mouse, pictures, and what the agent needs;
tesseract reads what is on the screen."""
SCREEN = (1280, 800)
"""Width and height, in pixels."""
DISPLAYS = "/tmp/displays"
"""A file of environment variables, one a line, that a Wayland desktop writes when it takes programs."""
WATCHER = "org.kde.StatusNotifierWatcher"
"""The name on the session's bus of what keeps the list of icons."""
NOTIFICATIONS = "org.freedesktop.Notifications"
"""The name of what shows notifications."""
LOGIND: Command = ("python3", "-m", "dbusmock", "--system", "--template", "logind")
"""Shells look for their seat there, and without systemd nobody answers."""
SOFTWARE = {"LIBGL_ALWAYS_SOFTWARE": "1"}
"""No machine of these tests has a graphics card."""
ON_X11 = {**SOFTWARE, "XDG_SESSION_TYPE": "x11"}
ON_WAYLAND = {**SOFTWARE, "XDG_SESSION_TYPE": "wayland"}


def written(path: str, text: str) -> Command:
    """What writes a file below the home folder."""
    return ("sh", "-c", 'mkdir -p "$(dirname "$HOME/$1")" && printf %s "$2" > "$HOME/$1"', "sh", path, text)


def setting(schema: str, key: str, on: str, off: str) -> tuple[Command, Command]:
    """What switches a setting of GNOME's kind on, and off."""
    return ("gsettings", "set", schema, key, on), ("gsettings", "set", schema, key, off)
