"""Switches the start at log-in, and gives the desktop the program's name and icon with it, by each platform's means."""

from __future__ import annotations

import sys
from typing import Any

from . import headless
from .files import Record

_INTEGRATED = "integrated by autostart"
"""The mark in the record that the menu's entry came with the start at log-in, and has to go with it."""


def platform() -> Any:
    """The module of this platform: each has ``autostart`` and ``integration``, which give a :class:`.files.Status`, and
    a ``turn_…`` for each, which returns what else the person should know."""
    if sys.platform == "win32":
        from . import windows as here
    elif sys.platform == "darwin":
        from . import macos as here
    else:
        from . import linux as here
    return here


def turn(on: bool) -> list[str]:
    """Have the program started at log-in, or not. The menu's entry comes with that; an entry that came so goes with it.

    When this is switched on, a systemd unit that starts it without an icon is taken away: one of them runs at a time.

    Returns:
        What else the person should know, a sentence each: for example, where a file of their own is now.

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
    """Forget that the menu's entry came with the start at log-in, so that it does not go with it.

    Raises:
        TelexStartError: the record cannot be written.
    """
    Record().mark(_INTEGRATED, False)
