"""A start that fails where nobody reads its standard error: at log-in, from a menu, as a script's ``--json``."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any

from .errors import TelexStartError

_TITLE = "Telex Start has not started"
_SHOWN_WITHIN, _AT_LOGIN_WITHIN = 5.0, 40.0
"""Seconds for the notification daemon, which may come well after the programs that are started at log-in."""


def tell(error: TelexStartError, options: Any) -> None:
    """Say why it has not started: with ``--json`` as an ``error`` event; by toast where nobody reads standard error.

    By toast on Linux alone: elsewhere a toast needs the icon.

    Args:
        options: The parsed command line; ``None`` where there was none.
    """
    if getattr(options, "headless", False):
        if options.json and sys.stdout is not None:
            from .console import Console
            from .events import Trouble

            console = Console(True, sys.stdout, lambda: None)
            console.trouble(Trouble(_TITLE, error.message))
            console.stop()
        return
    at_login = getattr(options, "at_login", False)
    read = sys.stderr is not None and sys.stderr.isatty()
    on_a_desktop = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and (at_login or (on_a_desktop and not read)):
        _show(error.message, _AT_LOGIN_WITHIN if at_login else _SHOWN_WITHIN)


def _show(message: str, within: float) -> None:
    from .desktop.bus.bus import Bus, session_address
    from .desktop.toasts.dbus_backend import DBusToasts
    from .news import wording

    if not (address := session_address(os.environ)):
        return
    # A bus that is of no use may be why it has not started: that is not said a second time on standard error.
    logging.getLogger(__package__).addHandler(logging.NullHandler())
    over = threading.Event()
    bus = Bus(address, keep=True)
    # What is dispatched, without clicks, is that it cannot be shown.
    toasts = DBusToasts(lambda _: over.set(), bus, clickable=False, on_shown=lambda _: over.set())
    toasts.show(wording.said(_TITLE, f"{message} telex-start doctor tells more.", key=""))
    bus.start()
    over.wait(within)
    toasts.stop(0.2)
    bus.stop(0.2)
