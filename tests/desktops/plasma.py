"""Plasma, of KDE."""

from __future__ import annotations

from .desktop import NOTIFICATIONS, ON_X11, WATCHER, Desktop

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
    ),
}
