"""This machine's clock on the wall: days, seconds of the day, and the hours at which nothing pops up. Pure.

Points in time are seconds since the epoch. All that is asked of the machine is what time it is, and how far its local
time is from UTC at a point in time; where that changes (summer time), the clock on the wall jumps.
"""

from __future__ import annotations

from collections.abc import Callable
from math import floor
from typing import NamedTuple

from ..config import DAYS, QuietHours

DAY = 86400
TOMORROW = 8 * 3600
"""The second of the day at which "until tomorrow" ends."""
_MOST_BORDERS = 40
"""So many borders are looked at for the end of quiet hours: more than a week has."""


class Wall(NamedTuple):
    """The clock on the wall."""

    now: Callable[[], float]
    """The time now."""
    offset: Callable[[float], float]
    """How many seconds local time is ahead of UTC at a time."""

    def second(self, at: float) -> float:
        """The second of the local day."""
        return (at + self.offset(at)) % DAY

    def day(self, at: float) -> int:
        """The local day: the next one has the next number."""
        return int((at + self.offset(at)) // DAY)

    def steady(self, at: float, until: float) -> float:
        """How far the clock on the wall goes without a jump: to ``until``, or to its jump before that."""
        if self.offset(at) == self.offset(until):
            return until
        before, after = at, until
        while after - before > 0.5:
            middle = (before + after) / 2
            if self.offset(middle) == self.offset(at):
                before = middle
            else:
                after = middle
        whole = float(floor(after))  # jumps are at whole seconds
        return whole if whole > at and self.offset(whole) != self.offset(at) else after

    def next(self, at: float, second: int) -> float:
        """When the clock shows this second of the day the next time; where it jumps over it, when it jumps."""
        at = floor(at)
        while True:
            then = at + ((second - self.second(at)) % DAY or DAY)
            jump = self.steady(at, then)
            if jump == then and self.offset(then) == self.offset(at):
                return then
            ahead = self.offset(jump) - self.offset(at)
            shown = (jump + self.offset(at)) % DAY
            if (second - shown) % DAY <= max(ahead, 0) or self.second(jump) == second:
                return jump
            at = jump

    def tomorrow(self, at: float) -> float:
        """When it is 8:00 on the next day."""
        return self.next(self.next(at, 0), TOMORROW)

    def words(self, at: float, now: float) -> str:
        """A time in words: ``14:30``, on another day than ``now`` ``Tue 08:00``."""
        minute = int(self.second(at) // 60)
        time = f"{minute // 60:02}:{minute % 60:02}"
        day = self.day(at)
        return time if day == self.day(now) else f"{DAYS[(day + 3) % 7].capitalize()} {time}"


def contain(hours: QuietHours, wall: Wall, at: float) -> bool:
    """Whether quiet hours contain a time."""
    minute = int(wall.second(at) // 60)
    weekday = wall.day(at) + 3  # the epoch began on a Thursday
    today, yesterday = DAYS[weekday % 7] in hours.days, DAYS[(weekday - 1) % 7] in hours.days
    if hours.first <= hours.last:
        return today and hours.first <= minute <= hours.last
    return (today and minute >= hours.first) or (yesterday and minute <= hours.last)


def border(hours: QuietHours, wall: Wall, at: float) -> float:
    """The next time at which quiet hours may begin or end."""
    at = floor(at)
    second = wall.second(at)
    borders = (hours.first * 60, (hours.last + 1) * 60)
    return wall.steady(at, at + min((one - second) % DAY or DAY for one in borders))


def end(hours: QuietHours, wall: Wall, at: float) -> float | None:
    """When quiet hours that contain a time end; ``None`` where they have no end."""
    for _ in range(_MOST_BORDERS):
        at = border(hours, wall, at)
        if not contain(hours, wall, at):
            return at
    return None
