"""This machine's clock on the wall, and the hours of a day: those set here at which nothing pops up, and those set at
Telex in which something does. Pure.

Points in time are seconds since the epoch. All that is asked of the machine is what time it is, and how far its local
time is from UTC at a point in time; where that changes (summer time), the clock on the wall jumps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import floor
from typing import NamedTuple

from ..config import DAYS, QuietHours

DAY = 86400
TOMORROW = 8 * 3600
"""The second of the day at which "until tomorrow" ends."""
_MOST_BORDERS = 40
"""So many borders are looked at for the end of quiet hours: more than a week has."""
_TIME = r"(\d{1,2}):(\d{2})\s*([AP]M)"
_RANGE = re.compile(rf"\s*{_TIME}\s*[-\u2013]\s*{_TIME}\s*", re.IGNORECASE | re.ASCII)


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


class TelexHours(NamedTuple):
    """From one minute of the day to another, that one included; over midnight where the last is before the first."""

    first: int
    last: int

    def contain(self, second: float) -> bool:
        """Whether they contain this second of the day."""
        minute = int(second // 60) % (DAY // 60)
        if self.first <= self.last:
            return self.first <= minute <= self.last
        return minute >= self.first or minute <= self.last

    def begin_in(self, second: float) -> float:
        """Seconds from this one of the day until they begin the next time; at least one."""
        return max(1.0, (self.first * 60 - second) % DAY)


def telex_hours(text: str) -> TelexHours | None:
    """The hours in which a person wants notifications, as Telex writes them: ``09:00 AM - 06:00 PM``.

    ``None`` for always (``12:00 AM - 11:59 PM`` too), and where they cannot be read.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = _minute(*found.group(1, 2, 3)), _minute(*found.group(4, 5, 6))
    if first is None or last is None or first == last or (last + 1 - first) % (DAY // 60) == 0:
        return None
    return TelexHours(first, last)


def _minute(hour: str, minute: str, half: str) -> int | None:
    if not 1 <= int(hour) <= 12 or int(minute) > 59:
        return None
    return int(hour) % 12 * 60 + int(minute) + (12 * 60 if half.upper() == "PM" else 0)
