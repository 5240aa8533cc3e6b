"""The hours in which a person wants notifications, as Telex writes them: ``09:00 AM - 06:00 PM``. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_DAY = 24 * 60
_TIME = r"(\d{1,2}):(\d{2})\s*([AP]M)"
_RANGE = re.compile(rf"\s*{_TIME}\s*[-\u2013]\s*{_TIME}\s*", re.IGNORECASE | re.ASCII)


class Hours(NamedTuple):
    """From one minute of the day to another, that one included; over midnight where the last is before the first."""

    first: int
    last: int

    def contain(self, second: float) -> bool:
        """Whether they contain a moment.

        Args:
            second: Of the day, from midnight.
        """
        minute = int(second // 60) % _DAY
        if self.first <= self.last:
            return self.first <= minute <= self.last
        return minute >= self.first or minute <= self.last

    def begin_in(self, second: float) -> float:
        """Seconds until they begin the next time, by the clock on the wall; at least one.

        Args:
            second: Of the day, from midnight.
        """
        return max(1.0, (self.first * 60 - second) % (_DAY * 60))


def hours(text: str) -> Hours | None:
    """The hours that a text says; ``None`` for always (``12:00 AM - 11:59 PM`` too), and where it cannot be read."""
    found = _RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = _minute(*found.group(1, 2, 3)), _minute(*found.group(4, 5, 6))
    if first is None or last is None or first == last or (last + 1 - first) % _DAY == 0:
        return None
    return Hours(first, last)


def _minute(hour: str, minute: str, half: str) -> int | None:
    if not 1 <= int(hour) <= 12 or int(minute) > 59:
        return None
    return int(hour) % 12 * 60 + int(minute) + (12 * 60 if half.upper() == "PM" else 0)
