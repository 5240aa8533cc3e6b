"""GNOME, with the extension that gives it a tray."""

from __future__ import annotations

from .desktop import DISPLAYS, LOGIND, NOTIFICATIONS, ON_WAYLAND, ON_X11, SCREEN, WATCHER, Command, Desktop, setting

_LEAVE_OVERVIEW: Command = (
    *("gdbus", "call", "--session", "--dest", "org.gnome.Shell", "--object-path", "/org/gnome/Shell", "--method"),
    *("org.freedesktop.DBus.Properties.Set", "org.gnome.Shell", "OverviewActive", "<false>"),
)
_OUTLAST_GREETING: Command = (
    *("sh", "-c", "for n in 0 1 2 3 4 5 6 7 8 9; do xdotool mousemove 640 $((400 + n)); sleep 1; done"),
)
"""GNOME says that its lock screen needs GDM, by a toast that goes after 4 s of somebody being there."""

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
    # Else the dialogue that greets after an upgrade covers the desktop.
    ("gsettings", "set", "org.gnome.shell", "welcome-dialog-last-shown-version", "999"),
)
_PACKAGES = (
    *("gnome-shell", "gnome-shell-extension-appindicator", "librsvg2-common", "libgl1-mesa-dri"),
    *("gsettings-desktop-schemas", "xwayland", "gjs"),  # gjs runs the daemon that shows notifications
)

_ON_X11 = Desktop(
    title="GNOME 43 on X11, with the AppIndicator extension (Debian 12)",
    packages=_PACKAGES,
    environ={**ON_X11, "XDG_CURRENT_DESKTOP": "GNOME"},
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
    environ={
        **ON_WAYLAND,
        "XDG_CURRENT_DESKTOP": "GNOME",
        "MUTTER_DEBUG_DUMMY_MODE_SPECS": f"{SCREEN[0]}x{SCREEN[1]}",
    },
    programs=(("sh", "-c", _NESTED),),
    is_wayland=True,
    root="gnome43",
)

GNOME = {
    "gnome43": _ON_X11,
    "gnome43-wayland": _ON_WAYLAND,
    # Its extension (59) reads the entries anew when a menu opens, if one has changed since it was open last. It makes
    # each usable for a moment, so that the first, which is not, gets the focus; then it replaces it, focus and all.
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
