"""The desktops that can be tried: what each is made of, and how it is started where there is no screen."""

from __future__ import annotations

from typing import NamedTuple

Command = tuple[str, ...]


class Desktop(NamedTuple):
    """One desktop of one Debian."""

    title: str
    suite: str
    """The Debian that has it, by its name."""
    packages: tuple[str, ...]
    """What makes the desktop, beside :data:`COMMON`; installed without what they recommend."""
    environ: dict[str, str]
    """What its session has in its environment."""
    system_programs: tuple[Command, ...]
    """What the system's bus has to offer before the session begins."""
    settings: tuple[Command, ...]
    """Run to their end before the desktop starts."""
    programs: tuple[Command, ...]
    """The desktop itself, in this order."""
    names: tuple[str, ...]
    """The names on the session's bus that are there once it has started."""
    emptying: tuple[Command, ...]
    """Run when it has come to rest, so that an empty desktop is seen."""
    tray: tuple[int, int, int, int]
    """Where on the screen icons appear, and nothing else changes by itself: left, top, width, height in pixels."""


COMMON = (
    *("xvfb", "dbus", "dbus-x11", "fonts-dejavu-core", "xdotool", "imagemagick", "x11-utils", "libglib2.0-bin"),
    *("python3-venv", "python3-tk", "python3-dbusmock", "ca-certificates"),
)
"""The packages that every one has: the screen, the buses, keyboard and mouse, pictures, and what the agent needs."""
SCREEN = (1280, 800)
"""Width and height, in pixels."""

_LOGIND: Command = ("python3", "-m", "dbusmock", "--system", "--template", "logind")
"""Shells look for their seat there, and without systemd nobody answers."""
_LEAVE_OVERVIEW: Command = (
    *("gdbus", "call", "--session", "--dest", "org.gnome.Shell", "--object-path", "/org/gnome/Shell", "--method"),
    *("org.freedesktop.DBus.Properties.Set", "org.gnome.Shell", "OverviewActive", "<false>"),
)
_GNOME_PACKAGES = (
    *("gnome-shell", "gnome-shell-extension-appindicator", "librsvg2-common", "libgl1-mesa-dri"),
    *("gsettings-desktop-schemas", "gjs"),  # gjs runs the daemon that shows notifications
)

DESKTOPS = {
    "gnome43": Desktop(
        title="GNOME 43 on X11, with the AppIndicator extension (Debian 12)",
        suite="bookworm",
        packages=_GNOME_PACKAGES,
        environ={"LIBGL_ALWAYS_SOFTWARE": "1", "XDG_CURRENT_DESKTOP": "GNOME", "XDG_SESSION_TYPE": "x11"},
        system_programs=(_LOGIND,),
        settings=(
            ("gsettings", "set", "org.gnome.shell", "enabled-extensions", "['ubuntu-appindicators@ubuntu.com']"),
            # Else the dialogue that greets after an upgrade covers the desktop.
            ("gsettings", "set", "org.gnome.shell", "welcome-dialog-last-shown-version", "999"),
        ),
        programs=(("gnome-shell", "--x11"),),
        names=("org.gnome.Shell", "org.kde.StatusNotifierWatcher", "org.freedesktop.Notifications"),
        emptying=(_LEAVE_OVERVIEW,),
        tray=(1000, 0, 280, 26),
    ),
}
"""By the name that the command line takes."""
