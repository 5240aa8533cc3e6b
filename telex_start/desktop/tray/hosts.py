"""What a desktop lacks that shows no icons, in words."""

from __future__ import annotations

from collections.abc import Mapping


def missing_host(environ: Mapping[str, str]) -> str:
    """What is missing for an icon where no StatusNotifier host is there; a sentence without its full stop.

    Args:
        environ: The environment variables, which name the desktop.
    """
    if "GNOME" in environ.get("XDG_CURRENT_DESKTOP", "").split(":"):
        return (
            "GNOME shows icons only with its extension AppIndicator and KStatusNotifierItem Support: install it "
            "(Debian and Ubuntu: gnome-shell-extension-appindicator) and begin a new session"
        )
    return "No panel here shows icons now: one with a tray for them (StatusNotifier) has to be started or set up"
