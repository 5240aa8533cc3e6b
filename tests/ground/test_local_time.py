"""The time of day where the person is."""

from __future__ import annotations

import pytest

from telex_start.app import local_time

DAY = 24 * 3600


def apart(zone: str, other: str) -> int:
    """Hours from one zone to another, eastwards."""
    return round((local_time.second_of_day(other) - local_time.second_of_day(zone)) % DAY / 3600) % 24


def test_a_time_zone_is_known_by_its_name() -> None:
    """Windows knows none by the names that Telex has: it was this machine's, whatever the profile said."""
    assert apart("Africa/Lagos", "Asia/Tokyo") == 8
    assert apart("Asia/Tokyo", "Africa/Lagos") == 16


@pytest.mark.parametrize("zone", ["", "Nowhere/At_All", "../etc/passwd", "\0"])
def test_one_that_is_not_known_is_this_machines(zone: str) -> None:
    assert apart(zone, "") == 0
