"""A time as HTTP writes it (RFC 9110, section 5.6.7). Pure."""

from __future__ import annotations

import re

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_FORMS = (
    re.compile(rf"\w+, (?P<day>\d\d?) (?P<month>\w+) (?P<year>\d{{4}}) {_CLOCK} GMT", re.ASCII),
    # Two that nobody should send, and everybody is to take: RFC 850's, and that of C's asctime().
    re.compile(rf"\w+, (?P<day>\d\d?)-(?P<month>\w+)-(?P<year>\d\d) {_CLOCK} GMT", re.ASCII),
    re.compile(rf"\w+ (?P<month>\w+) +(?P<day>\d\d?) {_CLOCK} (?P<year>\d{{4}})", re.ASCII),
)
_CENTURY_UNTIL = 70
"""A year of two digits below this is of the 21st century."""
_LONGEST = 40
"""Characters."""


def seconds(text: str) -> float | None:
    """Unix seconds; ``None`` where it is no time."""
    text = text[:_LONGEST].strip()
    found = next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)
    if found is None or found["month"] not in _MONTHS:
        return None
    year, month = int(found["year"]), _MONTHS.index(found["month"]) + 1
    if year < 100 and len(found["year"]) == 2:
        year += 2000 if year < _CENTURY_UNTIL else 1900
    day, hour, minute, second = (int(found[name]) for name in ("day", "hour", "minute", "second"))
    if not (1 <= day <= _days(year, month) and hour < 24 and minute < 60 and second <= 60):  # 60: a leap second
        return None
    before = _days_until(year) + sum(_days(year, earlier) for earlier in range(1, month)) + day - 1
    return float((before - _days_until(1970)) * 86400 + hour * 3600 + minute * 60 + second)


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _days_until(year: int) -> int:
    """Days from the beginning of the Gregorian calendar's year 1 to that year's."""
    before = year - 1
    return before * 365 + before // 4 - before // 100 + before // 400
