"""The start at log-in, and the program's name and icon where the desktop looks for them: on each platform by its own
means."""

from __future__ import annotations

import sys
from typing import Any

from .files import Record, Status

_INTEGRATED = "integrated by autostart"
"""The mark of an entry in the menu that is to go with the start at log-in."""


def status() -> Status:
    """Whether the program starts at log-in, with its icon."""
    found: Status = _platform().autostart()
    return found


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
    if on and sys.platform.startswith("linux"):
        from . import headless

        if kept := headless.turn_off():
            told.append(f"{headless.gone(kept)}: one of them runs at a time.")
    told.append(_platform().turn_autostart(on))
    record = Record()
    if on and not integration().on:
        turn_integration(True)
        record = Record()
        record.mark(_INTEGRATED, integration().on)
    elif not on and record.marked(_INTEGRATED):
        record.mark(_INTEGRATED, False)
        told.append(turn_integration(False))
    Record().tidy()
    return [sentence for sentence in told if sentence]


def integration() -> Status:
    """Whether the desktop knows the program."""
    found: Status = _platform().integration()
    return found


def turn_integration(on: bool) -> str:
    """Tell the desktop the program's name and icon, or take them away.

    Returns:
        What was left as it is, and why; a sentence. Empty for nothing.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    left: str = _platform().turn_integration(on)
    return left


def keep_integration() -> None:
    """The person has asked for the entry in the menu by itself: it does not go with the start at log-in.

    Raises:
        TelexStartError: that cannot be written down.
    """
    Record().mark(_INTEGRATED, False)


def _platform() -> Any:
    """The module of this platform: each has ``autostart`` and ``integration``, and a ``turn_…`` for each."""
    if sys.platform == "win32":
        from . import windows as platform
    elif sys.platform == "darwin":
        from . import macos as platform
    else:
        from . import linux as platform
    return platform
