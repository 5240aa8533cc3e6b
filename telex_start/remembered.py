"""What the program itself remembers from one start to the next, as a value. Pure; :mod:`.process.state_file` keeps it.

An end by the clock on the wall is a point in time, in seconds since the epoch. What lasts for so long also has its end
on the clock that counts the machine's sleep (:mod:`.clock`), which nobody sets: it holds within one run of the machine.
"""

from __future__ import annotations

from typing import NamedTuple

from .toast import Conversation


class Until(NamedTuple):
    """When something ends."""

    wall: float
    """Seconds since the epoch."""
    clock: float | None = None
    """Where it lasts for so long: its end by :data:`telex_start.clock.now`, which holds while :attr:`boot` is the same.
    ``None``: it ends at that time of the day, whatever was set in between."""
    boot: str = ""
    """Which run of the machine :attr:`clock` belongs to."""


class Pause(NamedTuple):
    """Notifications are paused."""

    until: Until | None = None
    """``None``: until the person resumes them."""


class Mute(NamedTuple):
    """A conversation, or an organisation, is muted."""

    conversation: Conversation
    """Section and id are empty for a whole organisation."""
    name: str
    """What the person knows it by; plain text, fit to show."""
    until: Until | None = None
    """``None``: until it is unmuted."""


class Remembered(NamedTuple):
    """All of it."""

    pause: Pause | None = None
    mutes: tuple[Mute, ...] = ()
    email: str = ""
    """Of the last sign-in by the window; empty for none."""
