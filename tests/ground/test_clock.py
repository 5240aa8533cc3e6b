"""The clocks for deadlines: sleep of the machine is noticed by their difference. Also time zones by their names."""

from __future__ import annotations

import sys
import time
from datetime import datetime

import pytest

from telex_start import clock
from telex_start.clock import SLEEP_NOTICED, SleepWatch


def test_on_linux_the_clock_counts_sleep() -> None:
    if sys.platform != "linux":
        pytest.skip("on Linux alone the plain monotonic clock stands still in sleep")
    assert clock.now() == pytest.approx(time.clock_gettime(time.CLOCK_BOOTTIME), abs=0.1)


def test_sleep_is_what_the_clocks_drift_apart_by_since_the_last_look() -> None:
    watch = SleepWatch(100.0, 40.0)
    steps = [(1100.0, 1040.0), (1100.0 + SLEEP_NOTICED, 1040.0), (5000.0, 1050.0), (5001.0, 1051.0)]
    assert [watch.slept(*step) for step in steps] == [False, False, True, False]


def apart(zone: str, other: str) -> int:
    """Hours from one zone to another, eastwards."""
    return round((clock.second_of_day(other) - clock.second_of_day(zone)) % 86400 / 3600) % 24


def test_a_time_zone_is_known_by_its_name() -> None:
    """Windows lacks the zone names that Telex uses: this machine's zone was taken, whatever the Telex profile said."""
    assert apart("Africa/Lagos", "Asia/Tokyo") == 8
    assert apart("Asia/Tokyo", "Africa/Lagos") == 16


@pytest.mark.parametrize("zone", ["", "Nowhere/At_All", "../etc/passwd", "\0"])
def test_one_that_is_not_known_is_this_machines(zone: str) -> None:
    here = datetime.now()
    since = here.hour * 3600 + here.minute * 60 + here.second
    assert (clock.second_of_day(zone) - since) % 86400 < 60
