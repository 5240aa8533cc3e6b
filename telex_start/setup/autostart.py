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


def turn(on: bool) -> list[str]:
    """Have the program started at log-in, or not. The desktop is told its name and icon along with it.

    A unit without an icon is taken away: one of them runs at a time.

    Returns:
        What else the person should know, a sentence each: where what is their own is now, for one.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    told = []
    try:
        if on and sys.platform.startswith("linux"):
            from . import headless

            if kept := headless.turn_off():
                told.append(f"{headless.gone(kept)}: one of them runs at a time.")
        told.append(_turn(on))
        record = Record()
        if on and not integration.status().on:
            integration.turn(True)
            record = Record()
            record.mark(_INTEGRATED, integration.status().on)
        elif not on and record.marked(_INTEGRATED):
            record.mark(_INTEGRATED, False)
            told.append(integration.turn(False))
        Record().tidy()
    except OSError as error:
        raise TelexStartError(f"{error.filename} cannot be written ({error.strerror}).", NOT_DONE) from None
    return [sentence for sentence in told if sentence]


def keep_integration() -> None:
    """The person has asked for the entry in the menu by itself: it does not go with the start at log-in.

    Raises:
        TelexStartError: that cannot be written down.
    """
    try:
        Record().mark(_INTEGRATED, False)
    except OSError as error:
        raise TelexStartError(f"{error.filename} cannot be written ({error.strerror}).", NOT_DONE) from None


def _turn(on: bool) -> str:
    if sys.platform == "win32":
        from . import windows

        return windows.turn_autostart(on)
    if sys.platform == "darwin":
        from . import macos

        return macos.turn_autostart(on)
    from . import autostart_linux

    return autostart_linux.turn(on)
