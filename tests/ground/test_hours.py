"""The hours of notifications as Telex writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.news.hours import Hours, hours

MINUTE = 60.0
HOUR = 3600.0
DAY = 24 * HOUR


def test_the_contracts_sample_with_its_last_minute() -> None:
    found = hours("09:00 AM - 06:00 PM")
    assert found == Hours(9 * 60, 18 * 60)
    assert not found.contain(9 * HOUR - 1)
    assert found.contain(9 * HOUR)
    assert found.contain(18 * HOUR)
    assert found.contain(18 * HOUR + 59.9)
    assert not found.contain(18 * HOUR + 60)


def test_over_midnight() -> None:
    found = hours("10:30 PM - 06:00 AM")
    assert found is not None
    assert [found.contain(hour * HOUR) for hour in (0, 6, 7, 12, 22, 23)] == [True, True, False, False, False, True]


@pytest.mark.parametrize(
    ("text", "first", "last"), [("12:00 AM - 11:58 PM", 0, 1438), ("12:30 pm – 1:05 Pm", 750, 785)]
)
def test_noon_midnight_and_other_spellings(text: str, first: int, last: int) -> None:
    assert hours(text) == Hours(first, last)


@pytest.mark.parametrize(
    "text",
    ["", "always", "09:00 - 18:00", "13:00 AM - 02:00 PM", "09:60 AM - 06:00 PM", "9 AM - 6 PM", "٠٩:٠٠ AM - 06:00 PM"],
)
def test_what_cannot_be_read_is_always(text: str) -> None:
    assert hours(text) is None


@pytest.mark.parametrize("text", ["09:00 AM - 09:00 AM", "12:00 AM - 11:59 PM", "06:00 AM - 05:59 AM"])
def test_the_whole_day_is_always(text: str) -> None:
    assert hours(text) is None


@given(st.integers(0, 1439), st.integers(0, 1439), st.floats(0, DAY, exclude_max=True))
def test_they_begin_when_it_is_said(first: int, last: int, second: float) -> None:
    found = Hours(first, last)
    begin = (second + found.begin_in(second)) % DAY
    assert begin // MINUTE in (first, first + 1)
    if not found.contain(second):
        assert found.contain(begin)
