"""Plasma, of KDE."""

from __future__ import annotations

from .desktop import DISPLAYS, NOTIFICATIONS, ON_WAYLAND, ON_X11, SCREEN, WATCHER, Desktop

_TELL_DISPLAYS = f"env | grep -e DISPLAY -e XAUTHORITY > {DISPLAYS}.part && mv {DISPLAYS}.part {DISPLAYS}"
"""kwin runs it once XWayland takes programs."""


PLASMA = {
    "plasma5": Desktop(
        title="Plasma 5.27 on X11 (Debian 12)",
        packages=("plasma-workspace", "kwin-x11", "plasma-desktop", "breeze", "breeze-icon-theme", "kded5"),
        environ={
            **ON_X11,
            "QT_QUICK_BACKEND": "software",
            "XDG_CURRENT_DESKTOP": "KDE",
            "KDE_FULL_SESSION": "true",
            "KDE_SESSION_VERSION": "5",
        },
        settings=(("kwriteconfig5", "--file", "kwinrc", "--group", "Compositing", "--key", "Enabled", "false"),),
        programs=(("kwin_x11",), ("kded5",), ("plasmashell", "--no-respawn")),
        names=("org.kde.plasmashell", WATCHER, NOTIFICATIONS),
        tray=(900, 756, 240, 44),
        daemon="Plasma",
    ),
    "plasma6": Desktop(
        title="Plasma 6.3 on Wayland (Debian 13)",
        suite="trixie",
        packages=(
            "plasma-workspace",
            "kwin-wayland",
            "plasma-desktop",
            "breeze",
            "breeze-icon-theme",
            "kded6",
            "xwayland",
        ),
        environ={
            **ON_WAYLAND,
            "QT_QUICK_BACKEND": "software",
            "KWIN_COMPOSE": "Q",
            "XDG_CURRENT_DESKTOP": "KDE",
            "KDE_FULL_SESSION": "true",
            "KDE_SESSION_VERSION": "6",
        },
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
