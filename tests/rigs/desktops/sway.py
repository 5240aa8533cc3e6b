"""sway, whose bar is waybar and whose notifications are mako's."""

from __future__ import annotations

from .desktop import DISPLAYS, NOTIFICATIONS, SCREEN, WATCHER, Desktop, written

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
        environ={
            "XDG_CURRENT_DESKTOP": "sway",
            "XDG_SESSION_TYPE": "wayland",
            "WLR_BACKENDS": "x11",
            "WLR_RENDERER": "pixman",
        },
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
        # A third menu lies over the first one, where it gets neither pointer nor clicks (GTK 3.24 in sway 1.7).
        menu_levels=2,
        spares_focus=False,
        daemon="mako",
        disturb=(("makoctl", "mode", "-s", "do-not-disturb"), ("makoctl", "mode", "-s", "default")),
        cannot={"placement": "it tiles: every window gets the place that is left"},
    ),
}
