"""Whether the Telex client is in front of the person: its window has the focus, and they can see it.

X11, Windows and macOS tell, which knows applications only. Wayland tells no program about another's windows: there the
answer is no, as wherever it is in doubt, and notifications come.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from .. import macos, win32, x11
from . import main_app, telex_client


def what_is_missing(environ: Mapping[str, str] = os.environ) -> str:
    """Why it cannot be told here, as a sentence without its full stop; empty where it can."""
    if not sys.platform.startswith("linux"):
        return ""
    if environ.get("WAYLAND_DISPLAY"):
        return "Wayland does not tell which window is in front"
    return "" if environ.get("DISPLAY") else "Without a display nothing is in front"


def client_in_front(command: str | None, locked: Callable[[], bool], environ: Mapping[str, str] = os.environ) -> bool:
    """Whether it is.

    Takes milliseconds, or for ever where the display hangs.

    Args:
        command: ``main_app.command`` of the configuration.
        locked: Whether the screen is locked, as far as anybody tells; asked last.
        environ: The environment variables.
    """
    if what_is_missing(environ):
        return False
    fronts = {"win32": win32.window_in_front, "darwin": macos.application_in_front}
    front = fronts.get(sys.platform, x11.window_in_front)()
    if front is None:
        return False
    pid, classes = front
    if not {name.lower() for name in classes} & telex_client.window_classes(environ):
        found = telex_client.find(command, environ)
        if not pid or found is None or not main_app.is_of(found, pid):
            return False
    return not locked()
