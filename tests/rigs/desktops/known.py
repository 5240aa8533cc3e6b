"""The table of the desktops that can be tried: what each is made of, and how it is started without a monitor.

:data:`DESKTOPS` has them by the names that the command line takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

Command = tuple[str, ...]


class Desktop(NamedTuple):
    """One desktop, and the Debian release that it is from."""

    title: str
    packages: tuple[str, ...]
    """The desktop's packages, beside :data:`COMMON`; installed without what they recommend."""
    environ: dict[str, str]
    """Environment variables of its session, beside those that all desktops have."""
    programs: tuple[Command, ...]
    """The desktop's programs, in their order; on Wayland the first is the compositor, and the others draw into it."""
    names: tuple[str, ...]
    """The names on the session bus that have owners once the desktop has started."""
    tray: tuple[int, int, int, int]
    """The part of the screen where icons appear and nothing else changes: left, top, width, height in pixels."""
    suite: str = "bookworm"
    """The Debian release that has this desktop."""
    system_programs: tuple[Command, ...] = ()
    """Programs that serve the system bus, started before the session."""
    settings: tuple[Command, ...] = ()
    """Commands that run to their end before the desktop starts."""
    emptying: tuple[Command, ...] = ()
    """Commands that run once the desktop is at rest, and leave it empty."""
    is_wayland: bool = False
    """Whether it runs on Wayland: then it draws into one window of the X server, and writes how to find its displays to
    :data:`DISPLAYS`."""
    root: str = ""
    """The desktop whose Debian it shares; empty if it has its own."""
    menus_get_keys: bool = True
    """Whether a menu that was opened with the mouse can be used with the keyboard."""
    menu_levels: int = 4
    """How many levels of menus mouse or keyboard reach; deeper entries are chosen by ``com.canonical.dbusmenu``."""
    menus_get_keys_at_once: bool = True
    """Whether the menu gets the keyboard at the first opening after an entry changed; if not, only at the next."""
    spares_focus: bool = True
    """Whether a window can appear without taking the focus; if not, the agent opens none unasked."""
    daemon: str = ""
    """The notification daemon's name, as the doctor prints it."""
    disturb: tuple[Command, Command] | None = None
    """The commands that switch the desktop's own do-not-disturb on and off; ``None`` if a program can ask for it while
    it runs, by ``org.freedesktop.Notifications.Inhibit``."""
    cannot: Mapping[str, str] = MappingProxyType({})
    """The checks that cannot be made here, by their names (:mod:`tests.rigs.desktops.checks`), and why."""


COMMON = (
    *("xvfb", "dbus", "dbus-x11", "fonts-dejavu-core", "xdotool", "imagemagick", "x11-utils", "libglib2.0-bin"),
    *("python3-venv", "python3-tk", "python3-dbusmock", "ca-certificates", "tesseract-ocr"),
)
"""The packages that every desktop gets: for the screen, the buses, keyboard and mouse, pictures, and the agent.
tesseract reads text on the screen."""
CHECKOUT = "/telex-start"
"""The path inside at which this checkout is mounted, read-only."""
SHARE = "/share"
"""The path inside at which the run's own folder is mounted."""
SCREEN = (1280, 800)
"""The screen's width and height, in pixels."""
DISPLAYS = "/tmp/displays"
"""A file of environment variables, one a line, that a Wayland desktop writes when programs can connect to it."""
WATCHER = "org.kde.StatusNotifierWatcher"
"""The bus name of the watcher, which keeps the list of icons."""
NOTIFICATIONS = "org.freedesktop.Notifications"
"""The bus name of the notification daemon."""
LOGIND: Command = ("python3", "-m", "dbusmock", "--system", "--template", "logind")
"""A stand-in for logind: desktop shells ask it for their seat, and without systemd nobody would answer."""


def written(path: str, text: str) -> Command:
    """A command that writes a file below the home folder."""
    return ("sh", "-c", 'mkdir -p "$(dirname "$HOME/$1")" && printf %s "$2" > "$HOME/$1"', "sh", path, text)


def setting(schema: str, key: str, on: str, off: str) -> tuple[Command, Command]:
    """The commands that switch a setting in GSettings on and off."""
    return ("gsettings", "set", schema, key, on), ("gsettings", "set", schema, key, off)


# GNOME, with the extension that gives it a tray.


_LEAVE_OVERVIEW: Command = (
    *("gdbus", "call", "--session", "--dest", "org.gnome.Shell", "--object-path", "/org/gnome/Shell", "--method"),
    *("org.freedesktop.DBus.Properties.Set", "org.gnome.Shell", "OverviewActive", "<false>"),
)
_OUTLAST_GREETING: Command = (
    *("sh", "-c", "for n in 0 1 2 3 4 5 6 7 8 9; do xdotool mousemove 640 $((400 + n)); sleep 1; done"),
)
"""Moves the pointer until GNOME's toast goes that says that its lock screen needs GDM: 4 s after it sees a person."""

_NESTED = f"""
# What a shell that has crashed left of its XWayland.
rm -f "$XDG_RUNTIME_DIR"/.mutter-Xwaylandauth.*
find /tmp/.X11-unix -name 'X*' ! -name "X${{DISPLAY#:}}" -delete
gnome-shell --nested --wayland --wayland-display wayland-gnome &
# mutter says nowhere which display XWayland has: it is the first that is not the screen's.
until xwayland=$(ls /tmp/.X11-unix | grep -vx "X${{DISPLAY#:}}" | sort -V | head -n 1) && [ -n "$xwayland" ] &&
    authority=$(ls "$XDG_RUNTIME_DIR"/.mutter-Xwaylandauth.*); do sleep 0.1; done
printf '%s\n' "DISPLAY=:${{xwayland#X}}" "XAUTHORITY=$authority" WAYLAND_DISPLAY=wayland-gnome > {DISPLAYS}.part
mv {DISPLAYS}.part {DISPLAYS}
wait
"""
_SETTINGS: tuple[Command, ...] = (
    ("gsettings", "set", "org.gnome.shell", "enabled-extensions", "['ubuntu-appindicators@ubuntu.com']"),
    # Without this, the greeting after an upgrade covers the desktop.
    ("gsettings", "set", "org.gnome.shell", "welcome-dialog-last-shown-version", "999"),
)
_PACKAGES = (
    *("gnome-shell", "gnome-shell-extension-appindicator", "librsvg2-common", "libgl1-mesa-dri"),
    *("gsettings-desktop-schemas", "xwayland", "gjs"),  # gjs runs the daemon that shows notifications
)

_GNOME = {"XDG_CURRENT_DESKTOP": "GNOME"}

_ON_X11 = Desktop(
    title="GNOME 43 on X11, with the AppIndicator extension (Debian 12)",
    packages=_PACKAGES,
    environ=_GNOME,
    system_programs=(LOGIND,),
    settings=_SETTINGS,
    programs=(("gnome-shell", "--x11"),),
    names=("org.gnome.Shell", WATCHER, NOTIFICATIONS),
    emptying=(_LEAVE_OVERVIEW, _OUTLAST_GREETING),
    tray=(1000, 0, 280, 26),
    daemon="gnome-shell",
    disturb=setting("org.gnome.desktop.notifications", "show-banners", "false", "true"),
)
_ON_WAYLAND = _ON_X11._replace(
    title="GNOME 43 on Wayland, with the AppIndicator extension (Debian 12)",
    environ={**_GNOME, "MUTTER_DEBUG_DUMMY_MODE_SPECS": f"{SCREEN[0]}x{SCREEN[1]}"},
    programs=(("sh", "-c", _NESTED),),
    is_wayland=True,
    root="gnome43",
)

GNOME = {
    "gnome43": _ON_X11,
    "gnome43-wayland": _ON_WAYLAND,
    # If an entry has changed since the menu was last open, its extension (59) reads all entries again when the menu
    # opens. Each entry is usable for a moment, so the first one, which is disabled, gets the focus; then the extension
    # replaces that entry, and the focus is lost.
    "gnome48": _ON_X11._replace(
        title="GNOME 48 on X11, with the AppIndicator extension (Debian 13)",
        suite="trixie",
        menus_get_keys_at_once=False,
    ),
    "gnome48-wayland": _ON_WAYLAND._replace(
        title="GNOME 48 on Wayland, with the AppIndicator extension (Debian 13)",
        suite="trixie",
        menus_get_keys_at_once=False,
        root="gnome48",
    ),
}


# Plasma, of KDE.


_TELL_DISPLAYS = f"env | grep -e DISPLAY -e XAUTHORITY > {DISPLAYS}.part && mv {DISPLAYS}.part {DISPLAYS}"
"""The command that kwin runs once programs can connect to XWayland."""

_PLASMA = ("plasma-desktop", "breeze", "breeze-icon-theme")
_KDE = {"QT_QUICK_BACKEND": "software", "XDG_CURRENT_DESKTOP": "KDE", "KDE_FULL_SESSION": "true"}

PLASMA = {
    "plasma5": Desktop(
        title="Plasma 5.27 on X11 (Debian 12)",
        packages=("plasma-workspace", "kwin-x11", *_PLASMA, "kded5"),
        environ={**_KDE, "KDE_SESSION_VERSION": "5"},
        settings=(("kwriteconfig5", "--file", "kwinrc", "--group", "Compositing", "--key", "Enabled", "false"),),
        programs=(("kwin_x11",), ("kded5",), ("plasmashell", "--no-respawn")),
        names=("org.kde.plasmashell", WATCHER, NOTIFICATIONS),
        tray=(900, 756, 240, 44),
        daemon="Plasma",
    ),
    "plasma6": Desktop(
        title="Plasma 6.3 on Wayland (Debian 13)",
        suite="trixie",
        packages=("plasma-workspace", "kwin-wayland", *_PLASMA, "kded6", "xwayland"),
        environ={**_KDE, "KDE_SESSION_VERSION": "6", "KWIN_COMPOSE": "Q"},
        programs=(
            (
                *("sh", "-c", 'exec kwin_wayland --x11-display "$DISPLAY" "$@"', "sh", "--width", str(SCREEN[0])),
                *("--height", str(SCREEN[1]), "--xwayland", "--no-lockscreen", f"sh -c '{_TELL_DISPLAYS}'"),
            ),
            ("env", "QT_QPA_PLATFORM=wayland", "kded6"),
            ("env", "QT_QPA_PLATFORM=wayland", "plasmashell", "--no-respawn"),
        ),
        names=("org.kde.plasmashell", WATCHER, NOTIFICATIONS),
        tray=(900, 756, 240, 44),
        is_wayland=True,
        daemon="Plasma",
    ),
}


# Cinnamon and MATE.


GTK = {
    "cinnamon": Desktop(
        title="Cinnamon 5.6 (Debian 12)",
        packages=("cinnamon", "xapp-sn-watcher", "libgl1-mesa-dri", "librsvg2-common"),
        environ={"XDG_CURRENT_DESKTOP": "X-Cinnamon"},
        system_programs=(LOGIND,),
        programs=(("cinnamon", "--replace"), ("/usr/libexec/xapps/sn-watcher/xapp-sn-watcher",)),
        names=("org.Cinnamon", WATCHER, NOTIFICATIONS),
        tray=(1000, 762, 200, 38),
        daemon="cinnamon",
        disturb=setting("org.cinnamon.desktop.notifications", "display-notifications", "false", "true"),
    ),
    "mate": Desktop(
        title="MATE 1.27 (Debian 12)",
        packages=("mate-panel", "mate-notification-daemon", "marco", "mate-settings-daemon", "librsvg2-common"),
        environ={"XDG_CURRENT_DESKTOP": "MATE"},
        programs=(("marco", "--no-composite"), ("mate-settings-daemon",), ("mate-panel",)),
        names=(WATCHER,),
        tray=(900, 0, 260, 28),
        daemon="Notification Daemon",
        disturb=setting("org.mate.NotificationDaemon", "do-not-disturb", "true", "false"),
    ),
}


# Sway, whose bar is waybar and whose notifications are mako's.


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

SWAY = {
    "sway": Desktop(
        title="sway 1.7 with waybar and mako, on Wayland (Debian 12)",
        packages=("sway", "waybar", "mako-notifier", "jq", "xwayland"),
        environ={"XDG_CURRENT_DESKTOP": "sway", "WLR_BACKENDS": "x11", "WLR_RENDERER": "pixman"},
        settings=(
            written(".config/sway/config", _SWAY),
            written(".config/waybar/config", _WAYBAR),
            written(".config/mako/config", "[mode=do-not-disturb]\ninvisible=1\n"),
        ),
        programs=(("sway",),),
        names=(WATCHER, NOTIFICATIONS),
        tray=(1000, 0, 280, 30),
        is_wayland=True,
        menus_get_keys=False,
        # A third menu covers the first one, and gets neither pointer nor clicks there (GTK 3.24 in sway 1.7).
        menu_levels=2,
        spares_focus=False,
        daemon="mako",
        disturb=(("makoctl", "mode", "-s", "do-not-disturb"), ("makoctl", "mode", "-s", "default")),
        cannot={"placement": "it tiles: every window gets the place that is left"},
    ),
}


# All of them.


DESKTOPS = GNOME | PLASMA | GTK | SWAY
"""By the name that the command line takes."""
