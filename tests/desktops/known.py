"""The desktops that can be tried: what each is made of, and how it is started where there is no screen."""

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
    """The desktop itself, in this order."""
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
    spares_focus: bool = True
    """Whether a window may appear without taking the focus; else none is opened unasked."""
    daemon: str = ""
    """Who shows notifications, as the doctor says it."""
    disturb: tuple[Command, Command] = ((), ())
    """What switches the desktop's own do-not-disturb on, and off."""
    cannot: Mapping[str, str] = MappingProxyType({})
    """The checks that cannot be made here, by their names (:mod:`tests.desktops.checks`), and why."""


COMMON = (
    *("xvfb", "dbus", "dbus-x11", "fonts-dejavu-core", "xdotool", "imagemagick", "x11-utils", "libglib2.0-bin"),
    *("python3-venv", "python3-tk", "python3-dbusmock", "ca-certificates", "tesseract-ocr"),
)
"""The packages that every one has: the screen, the buses, keyboard and mouse, pictures, and what the agent needs."""
SCREEN = (1280, 800)
"""Width and height, in pixels."""
DISPLAYS = "/tmp/displays"
"""A file of environment variables, one a line, that a Wayland desktop writes when it takes programs."""

_WATCHER = "org.kde.StatusNotifierWatcher"
_NOTIFICATIONS = "org.freedesktop.Notifications"
_LOGIND: Command = ("python3", "-m", "dbusmock", "--system", "--template", "logind")
"""Shells look for their seat there, and without systemd nobody answers."""
_LEAVE_OVERVIEW: Command = (
    *("gdbus", "call", "--session", "--dest", "org.gnome.Shell", "--object-path", "/org/gnome/Shell", "--method"),
    *("org.freedesktop.DBus.Properties.Set", "org.gnome.Shell", "OverviewActive", "<false>"),
)
_OUTLAST_GREETING: Command = (
    *("sh", "-c", "for n in 0 1 2 3 4 5 6 7 8 9; do xdotool mousemove 640 $((400 + n)); sleep 1; done"),
)
"""GNOME says that its lock screen needs GDM, by a toast that goes after 4 s of somebody being there."""


def _setting(schema: str, key: str, on: str, off: str) -> tuple[Command, Command]:
    return ("gsettings", "set", schema, key, on), ("gsettings", "set", schema, key, off)


_SOFTWARE = {"LIBGL_ALWAYS_SOFTWARE": "1", "XDG_SESSION_TYPE": "x11"}


def _written(path: str, text: str) -> Command:
    """What writes a file below the home folder."""
    return ("sh", "-c", 'mkdir -p "$(dirname "$HOME/$1")" && printf %s "$2" > "$HOME/$1"', "sh", path, text)


_SWAY = f"""
output X11-1 mode {SCREEN[0]}x{SCREEN[1]}
output * bg #3f6475 solid_color
xwayland force
bar {{
    swaybar_command waybar
}}
exec mako
exec sh -c 'env | grep DISPLAY > {DISPLAYS}.part && mv {DISPLAYS}.part {DISPLAYS}'
"""
_WAYBAR = '{"layer": "top", "height": 30, "modules-left": ["sway/workspaces"], "modules-right": ["tray"]}'

_GNOME_NESTED = f"""
gnome-shell --nested --wayland --wayland-display wayland-gnome &
# mutter says nowhere which display XWayland has: it is the first that is not the screen's.
until xwayland=$(ls /tmp/.X11-unix | grep -vx "X${{DISPLAY#:}}" | sort -V | head -n 1) && [ -n "$xwayland" ] &&
    authority=$(ls "$XDG_RUNTIME_DIR"/.mutter-Xwaylandauth.*); do sleep 0.1; done
printf '%s\n' "DISPLAY=:${{xwayland#X}}" "XAUTHORITY=$authority" WAYLAND_DISPLAY=wayland-gnome > {DISPLAYS}.part
mv {DISPLAYS}.part {DISPLAYS}
wait
"""
_GNOME_SETTINGS: tuple[Command, ...] = (
    ("gsettings", "set", "org.gnome.shell", "enabled-extensions", "['ubuntu-appindicators@ubuntu.com']"),
    # Else the dialogue that greets after an upgrade covers the desktop.
    ("gsettings", "set", "org.gnome.shell", "welcome-dialog-last-shown-version", "999"),
)
_GNOME_DISTURB = _setting("org.gnome.desktop.notifications", "show-banners", "false", "true")
_GNOME_PACKAGES = (
    *("gnome-shell", "gnome-shell-extension-appindicator", "librsvg2-common", "libgl1-mesa-dri"),
    *("gsettings-desktop-schemas", "xwayland", "gjs"),  # gjs runs the daemon that shows notifications
)

DESKTOPS = {
    "gnome43": Desktop(
        title="GNOME 43 on X11, with the AppIndicator extension (Debian 12)",
        packages=_GNOME_PACKAGES,
        environ={**_SOFTWARE, "XDG_CURRENT_DESKTOP": "GNOME"},
        system_programs=(_LOGIND,),
        settings=_GNOME_SETTINGS,
        programs=(("gnome-shell", "--x11"),),
        names=("org.gnome.Shell", _WATCHER, _NOTIFICATIONS),
        emptying=(_LEAVE_OVERVIEW, _OUTLAST_GREETING),
        tray=(1000, 0, 280, 26),
        daemon="gnome-shell",
        disturb=_GNOME_DISTURB,
    ),
    "gnome43-wayland": Desktop(
        title="GNOME 43 on Wayland, with the AppIndicator extension (Debian 12)",
        packages=_GNOME_PACKAGES,
        environ={
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "XDG_CURRENT_DESKTOP": "GNOME",
            "XDG_SESSION_TYPE": "wayland",
            "MUTTER_DEBUG_DUMMY_MODE_SPECS": f"{SCREEN[0]}x{SCREEN[1]}",
        },
        system_programs=(_LOGIND,),
        settings=_GNOME_SETTINGS,
        programs=(("sh", "-c", _GNOME_NESTED),),
        names=("org.gnome.Shell", _WATCHER, _NOTIFICATIONS),
        emptying=(_LEAVE_OVERVIEW, _OUTLAST_GREETING),
        tray=(1000, 0, 280, 26),
        is_wayland=True,
        root="gnome43",
        daemon="gnome-shell",
        disturb=_GNOME_DISTURB,
    ),
    "plasma5": Desktop(
        title="Plasma 5.27 on X11 (Debian 12)",
        packages=("plasma-workspace", "kwin-x11", "plasma-desktop", "breeze", "breeze-icon-theme", "kded5"),
        environ={
            **_SOFTWARE,
            "QT_QUICK_BACKEND": "software",
            "XDG_CURRENT_DESKTOP": "KDE",
            "KDE_FULL_SESSION": "true",
            "KDE_SESSION_VERSION": "5",
        },
        settings=(("kwriteconfig5", "--file", "kwinrc", "--group", "Compositing", "--key", "Enabled", "false"),),
        programs=(("kwin_x11",), ("kded5",), ("plasmashell", "--no-respawn")),
        names=("org.kde.plasmashell", _WATCHER, _NOTIFICATIONS),
        tray=(900, 756, 240, 44),
        daemon="Plasma",
    ),
    "cinnamon": Desktop(
        title="Cinnamon 5.6 (Debian 12)",
        packages=("cinnamon", "xapp-sn-watcher", "libgl1-mesa-dri", "librsvg2-common"),
        environ={**_SOFTWARE, "XDG_CURRENT_DESKTOP": "X-Cinnamon"},
        system_programs=(_LOGIND,),
        programs=(("cinnamon", "--replace"), ("/usr/libexec/xapps/sn-watcher/xapp-sn-watcher",)),
        names=("org.Cinnamon", _WATCHER, _NOTIFICATIONS),
        tray=(1000, 762, 200, 38),
        daemon="cinnamon",
        disturb=_setting("org.cinnamon.desktop.notifications", "display-notifications", "false", "true"),
    ),
    "mate": Desktop(
        title="MATE 1.27 (Debian 12)",
        packages=("mate-panel", "mate-notification-daemon", "marco", "mate-settings-daemon", "librsvg2-common"),
        environ={**_SOFTWARE, "XDG_CURRENT_DESKTOP": "MATE"},
        programs=(("marco", "--no-composite"), ("mate-settings-daemon",), ("mate-panel",)),
        names=(_WATCHER,),
        tray=(900, 0, 240, 28),
        daemon="Notification Daemon",
        disturb=_setting("org.mate.NotificationDaemon", "do-not-disturb", "true", "false"),
    ),
    "sway": Desktop(
        title="sway 1.7 with waybar and mako, on Wayland (Debian 12)",
        packages=("sway", "waybar", "mako-notifier", "xwayland"),
        environ={
            "XDG_CURRENT_DESKTOP": "sway",
            "XDG_SESSION_TYPE": "wayland",
            "WLR_BACKENDS": "x11",
            "WLR_RENDERER": "pixman",
        },
        settings=(
            _written(".config/sway/config", _SWAY),
            _written(".config/waybar/config", _WAYBAR),
            _written(".config/mako/config", "[mode=do-not-disturb]\ninvisible=1\n"),
        ),
        programs=(("sway",),),
        names=(_WATCHER, _NOTIFICATIONS),
        tray=(1000, 0, 280, 30),
        is_wayland=True,
        menus_get_keys=False,
        spares_focus=False,
        daemon="mako",
        disturb=(("makoctl", "mode", "-s", "do-not-disturb"), ("makoctl", "mode", "-s", "default")),
        cannot={"placement": "it tiles: every window gets the place that is left"},
    ),
}
"""By the name that the command line takes."""
