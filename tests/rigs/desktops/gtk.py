"""Cinnamon and MATE."""

from __future__ import annotations

from .desktop import LOGIND, NOTIFICATIONS, ON_X11, WATCHER, Desktop, setting

GTK = {
    "cinnamon": Desktop(
        title="Cinnamon 5.6 (Debian 12)",
        packages=("cinnamon", "xapp-sn-watcher", "libgl1-mesa-dri", "librsvg2-common"),
        environ={**ON_X11, "XDG_CURRENT_DESKTOP": "X-Cinnamon"},
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
        environ={**ON_X11, "XDG_CURRENT_DESKTOP": "MATE"},
        programs=(("marco", "--no-composite"), ("mate-settings-daemon",), ("mate-panel",)),
        names=(WATCHER,),
        tray=(900, 0, 260, 28),
        daemon="Notification Daemon",
        disturb=setting("org.mate.NotificationDaemon", "do-not-disturb", "true", "false"),
    ),
}
