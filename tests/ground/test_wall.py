"""The clock on the wall, which jumps twice a year, and quiet hours by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.config import DAYS, QuietHours
from telex_start.news.wall import Wall, border, contain, end

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
"""With summer time in either half of the year, by half an hour, over midnight (until 2019), and without."""
SPRING = datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()
"""In Berlin the clock jumps from 2:00 to 3:00."""
AUTUMN = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()
"""In Berlin the clock jumps from 3:00 back to 2:00."""


def wall(zone: str, now: float = 0.0) -> Wall:
    def offset(at: float) -> float:
        found = datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
        assert found is not None
        return found.total_seconds()

    return Wall(lambda: now, offset)


def berlin(*date: int, fold: int = 0) -> float:
    return datetime(*date, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold).timestamp()  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ((2026, 11, 27, 13, 30), (2026, 11, 28, 8)),
        ((2026, 11, 27, 0, 0), (2026, 11, 28, 8)),
        ((2026, 11, 27, 23, 59, 59), (2026, 11, 28, 8)),
        ((2026, 12, 31, 9, 0), (2027, 1, 1, 8)),
        # The day before summer time begins, and ends.
        ((2026, 3, 28, 22, 0), (2026, 3, 29, 8)),
        ((2026, 10, 24, 22, 0), (2026, 10, 25, 8)),
        ((2026, 10, 25, 0, 30), (2026, 10, 26, 8)),
    ],
)
def test_tomorrow_is_the_next_day_at_8(at: tuple[int, ...], then: tuple[int, ...]) -> None:
    assert wall("Europe/Berlin").tomorrow(berlin(*at)) == berlin(*then)


def test_times_in_words() -> None:
    clock = wall("Europe/Berlin")
    friday = berlin(2026, 11, 27, 13, 30, 59)
    assert clock.words(friday, friday) == "13:30"
    assert clock.words(berlin(2026, 11, 28, 8), friday) == "Sat 08:00"
    assert clock.words(berlin(2026, 11, 28, 8), berlin(2026, 11, 28, 0, 1)) == "08:00"


def test_the_last_minute_belongs_to_quiet_hours() -> None:
    hours, clock = QuietHours(22 * 60, 7 * 60), wall("Europe/Berlin")
    told = [(21, 59, 59), (22, 0, 0), (23, 59, 59)]
    assert [contain(hours, clock, berlin(2026, 11, 27, *time)) for time in told] == [False, True, True]
    morning = [(7, 0, 59), (7, 1, 0)]
    assert [contain(hours, clock, berlin(2026, 11, 28, *time)) for time in morning] == [True, False]


def test_days_are_those_on_which_they_begin() -> None:
    hours, clock = QuietHours(22 * 60, 7 * 60, ("fri",)), wall("Europe/Berlin")
    assert contain(hours, clock, berlin(2026, 11, 27, 23))
    assert contain(hours, clock, berlin(2026, 11, 28, 6)), "the night that began on Friday"
    assert not contain(hours, clock, berlin(2026, 11, 28, 23))
    assert not contain(hours, clock, berlin(2026, 11, 27, 6)), "the night that began on Thursday"


def test_hours_that_begin_in_the_hour_that_comes_twice() -> None:
    """2:30 to 4:00: they begin, the clock is put back to 2:00, and they begin again."""
    hours, clock = QuietHours(150, 4 * 60), wall("Europe/Berlin")
    first = berlin(2026, 10, 25, 2, 30)
    assert [contain(hours, clock, first + minutes * 60) for minutes in (-1, 0, 29, 30, 59, 60)] == [
        *(False, True, True),
        *(False, False, True),
    ]
    assert border(hours, clock, first) == AUTUMN
    assert end(hours, clock, first) == AUTUMN
    assert end(hours, clock, first + 3600) == berlin(2026, 10, 25, 4, 1)


def test_hours_that_begin_in_the_hour_that_is_left_out() -> None:
    hours, clock = QuietHours(150, 4 * 60), wall("Europe/Berlin")
    assert border(hours, clock, SPRING - 3600) == SPRING, "at 3:00, which comes after 1:59"
    assert contain(hours, clock, SPRING)


def test_hours_without_an_end() -> None:
    clock = wall("UTC")
    assert end(QuietHours(0, 1439), clock, 1e9) is None
    assert end(QuietHours(8 * 60, 8 * 60 - 1), clock, 1e9) is None
    assert end(QuietHours(0, 1439, ("sat", "sun")), clock, datetime(2026, 11, 28, 5, tzinfo=UTC).timestamp()) == (
        datetime(2026, 11, 30, tzinfo=UTC).timestamp()
    )


@st.composite
def moments(draw: st.DrawFn) -> float:
    """Any second of some years, and mostly such that are near a jump of the clock."""
    near = draw(st.sampled_from((SPRING, AUTUMN, datetime(2018, 11, 4, 3, tzinfo=UTC).timestamp(), 1.6e9)))
    return near + draw(st.integers(-2 * 86400, 2 * 86400))


@given(
    st.sampled_from(ZONES),
    moments(),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sets(st.sampled_from(DAYS), min_size=1),
)
def test_hours_are_what_the_calendar_says(zone: str, at: float, first: int, last: int, days: set[str]) -> None:
    """An independent model: Python's calendar says which minute of which day it is."""
    hours, clock = QuietHours(first, last, tuple(days)), wall(zone)

    def model(at: float) -> bool:
        there = datetime.fromtimestamp(at, ZoneInfo(zone))
        for began in (there, there.replace(tzinfo=None) - timedelta(days=1)):
            if DAYS[began.weekday()] in days:
                before = (there.date() - began.date()).days
                minute = there.hour * 60 + there.minute + before * 1440
                if first <= minute <= last + (1440 if last < first else 0):
                    return True
        return False

    assert contain(hours, clock, at) == model(at)
    # Between two looks nothing changes.
    then = border(hours, clock, at)
    assert at < then <= at + 86400 + 3600
    for step in range(0, int(then - at), 600):
        assert model(at + step) == model(at)
    assert model(then - 1) == model(at)


@given(st.sampled_from(ZONES), moments(), st.integers(0, 86399))
def test_the_next_time_is_the_first_at_which_the_clock_shows_it(zone: str, at: float, second: int) -> None:
    clock = wall(zone)
    then = clock.next(at, second)
    assert at < then <= at + 86400 + 7200
    there = datetime.fromtimestamp(then, ZoneInfo(zone))
    shown = there.hour * 3600 + there.minute * 60 + there.second
    if shown != second:
        before = datetime.fromtimestamp(then - 1, ZoneInfo(zone))
        ahead = (there.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        assert timedelta(seconds=(shown - second) % 86400) <= ahead, "the clock jumped over it"
