"""The start at log-in, on each platform by its own means."""

from __future__ import annotations

import sys

from ..errors import TelexStartError
from . import integration
from .launch import NOT_DONE
from .record import Record
from .status import Status

_INTEGRATED = "integrated by autostart"
"""The mark of an entry in the menu that is to go with the start at log-in."""


def status() -> Status:
    """Whether the program starts at log-in, with its icon."""
    if sys.platform == "win32":
        from . import windows

        return windows.autostart()
    if sys.platform == "darwin":
        from . import macos

        return macos.autostart()
    from . import autostart_linux

    return autostart_linux.status()


def is_on() -> bool:
    """Whether the program starts at log-in, with its icon."""
    return status().on


def turn(on: bool) -> None:
    """Have the program started at log-in, or not. The desktop is told its name and icon along with it.

    A unit without an icon is taken away: one of them runs at a time.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    try:
        if on and sys.platform.startswith("linux"):
            from . import headless

            headless.turn_off()
        _turn(on)
        record = Record()
        if on and not integration.status().on:
            integration.turn(True)
            record = Record()
            record.mark(_INTEGRATED, True)
        elif not on and record.marked(_INTEGRATED):
            record.mark(_INTEGRATED, False)
            integration.turn(False)
        Record().tidy()
    except OSError as error:
        raise TelexStartError(f"{error.filename} cannot be written ({error.strerror}).", NOT_DONE) from None


def keep_integration() -> None:
    """The person has asked for the entry in the menu by itself: it does not go with the start at log-in.

    Raises:
        TelexStartError: that cannot be written down.
    """
    try:
        Record().mark(_INTEGRATED, False)
    except OSError as error:
        raise TelexStartError(f"{error.filename} cannot be written ({error.strerror}).", NOT_DONE) from None


def _turn(on: bool) -> None:
    if sys.platform == "win32":
        from . import windows

        windows.turn_autostart(on)
    elif sys.platform == "darwin":
        from . import macos

        macos.turn_autostart(on)
    else:
        from . import autostart_linux

        autostart_linux.turn(on)
