"""The start at log-in, and the program's name and icon where the desktop looks for them: on each platform by its own
means."""

from __future__ import annotations

import sys
from typing import Any

from . import headless
from .files import Record

_INTEGRATED = "integrated by autostart"
"""The mark of an entry in the menu that is to go with the start at log-in."""


def platform() -> Any:
    """The module of this platform: each has ``autostart`` and ``integration``, which give a :class:`.files.Status`, and
    a ``turn_…`` for each, which gives what else the person should know."""
    if sys.platform == "win32":
        from . import windows as here
    elif sys.platform == "darwin":
        from . import macos as here
    else:
        from . import linux as here
    return here


def turn(on: bool) -> list[str]:
    """Have the program started at log-in, or not. The desktop is told its name and icon along with it.

    A unit without an icon is taken away: one of them runs at a time.

    Returns:
        What else the person should know, a sentence each: where what is their own is now, for one.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    told, here = [], platform()
    if on and (kept := headless.turn_off()):
        told.append(f"{headless.gone(kept)}: one of them runs at a time.")
    told.append(here.turn_autostart(on))
    if on and not here.integration().on:
        here.turn_integration(True)
        Record().mark(_INTEGRATED, here.integration().on)
    elif not on and Record().marked(_INTEGRATED):
        keep_integration()
        told.append(here.turn_integration(False))
    Record().tidy()
    return [sentence for sentence in told if sentence]


def keep_integration() -> None:
    """The person has asked for the entry in the menu by itself: it does not go with the start at log-in.

    Raises:
        TelexStartError: that cannot be written down.
    """
    Record().mark(_INTEGRATED, False)
