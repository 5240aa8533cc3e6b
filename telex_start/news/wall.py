"""Reads this machine's wall clock, and hours of the day: quiet hours set here, in which nothing pops up, and the hours
set at Telex, in which notifications come. Pure.

Points in time are seconds since the epoch. The machine is asked only what time it is, and how far its local time is
from UTC at a point in time; when that changes (summer time), the wall clock jumps, at a whole minute.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ..config import DAYS, QuietHours

DAY = 86400
TOMORROW = 8 * 3600
"""The second of the day at which "until tomorrow" ends."""
_LONGEST = 8 * DAY
"""Seconds, more than a week: quiet hours that do not end within them never end."""
_TIME = r"(\d{1,2}):(\d{2})\s*([AP]M)"
_RANGE = re.compile(rf"\s*{_TIME}\s*[-\u2013]\s*{_TIME}\s*", re.IGNORECASE | re.ASCII)


class Wall(NamedTuple):
    """The wall clock, which shows local time."""

    now: Callable[[], float]
    """The time now."""
    offset: Callable[[float], float]
    """How many seconds local time is ahead of UTC at a point in time."""

    def local(self, at: float) -> tuple[int, int]:
        """The number of the local day (the next day has the next number), and the minute of that day."""
        day, second = divmod(int(at + self.offset(at)), DAY)
        return day, second // 60

    def tomorrow(self, at: float) -> float:
        """When it is 8:00 on the next day. No wall clock jumps in the hours around that."""
        local = (self.local(at)[0] + 1) * DAY + TOMORROW
        return local - self.offset(local - self.offset(at))

    def words(self, at: float, now: float) -> str:
        """A time in words: ``14:30``; if it is on another day than ``now``: ``Tue 08:00``."""
        day, minute = self.local(at)
        time = f"{minute // 60:02}:{minute % 60:02}"
        return time if day == self.local(now)[0] else f"{_weekday(day).capitalize()} {time}"


def _weekday(day: int) -> str:
    return DAYS[(day + 3) % 7]  # the epoch began on a Thursday


def contain(hours: QuietHours, day: int, minute: int) -> bool:
    """Whether quiet hours contain a minute of a local day."""
    today, yesterday = _weekday(day) in hours.days, _weekday(day - 1) in hours.days
    if hours.first <= hours.last:
        return today and hours.first <= minute <= hours.last
    return (today and minute >= hours.first) or (yesterday and minute <= hours.last)


def border(hours: QuietHours, wall: Wall, at: float, within: float = _LONGEST) -> float | None:
    """When quiet hours next begin or end; ``None`` if they do not ``within`` so many seconds."""
    inside = contain(hours, *wall.local(at))
    minute = at // 60 * 60
    while (minute := minute + 60) <= at + within:
        if contain(hours, *wall.local(minute)) != inside:
            return minute
    return None


def telex_hours(text: str) -> QuietHours | None:
    """The hours in which a person wants notifications, as Telex writes them: ``09:00 AM - 06:00 PM``.

    ``None`` for always (``12:00 AM - 11:59 PM`` too), and if they cannot be read.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = _minute(*found.group(1, 2, 3)), _minute(*found.group(4, 5, 6))
    if first is None or last is None or first == last or (last + 1 - first) % (DAY // 60) == 0:
        return None
    return QuietHours(first, last)


def _minute(hour: str, minute: str, half: str) -> int | None:
    if not 1 <= int(hour) <= 12 or int(minute) > 59:
        return None
    return int(hour) % 12 * 60 + int(minute) + (12 * 60 if half.upper() == "PM" else 0)
