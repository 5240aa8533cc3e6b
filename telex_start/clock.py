"""The clocks that deadlines run on.

``time.monotonic()`` stands still on Linux while the machine sleeps, so a token that ran out overnight would look
fresh in the morning. Deadlines run on a clock that counts sleep; when it gains on the other one, the machine has slept.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SLEEP_NOTICED = 5.0
"""Seconds that the two clocks must have drifted apart for the machine to have slept."""


now: Callable[[], float] = time.monotonic
"""Seconds on a clock that never goes back and counts the time that the machine sleeps."""
if sys.platform == "linux":
    now = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
elif sys.platform == "darwin":
    # macOS: mach_continuous_time, which counts sleep; time.monotonic() there is mach_absolute_time.
    now = partial(time.clock_gettime, time.CLOCK_MONOTONIC)

awake: Callable[[], float] = time.monotonic
"""Seconds on a clock that stands still while the machine sleeps (where the platform has one)."""


def boot() -> str:
    """Which run of the machine this is: :func:`now` means the same in all processes that get the same answer.

    Linux has an id for it (random(4), ``/proc/sys/kernel/random/boot_id``). Elsewhere it is another in each process.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return stream.read(64).strip()
    except (OSError, ValueError):
        return f"process {os.getpid()} {time.time_ns()}"


def offset(at: float) -> float:
    """Seconds that the wall is ahead of UTC at a Unix time, where this machine is."""
    if hasattr(time, "tzset"):
        time.tzset()  # who travels sets another zone while this runs
    return time.localtime(at).tm_gmtoff


def second_of_day(timezone: str) -> float:
    """The seconds since midnight there, now.

    Args:
        timezone: Its name, like ``Europe/Berlin``, as it came from the network; where that is empty or not known here,
            it is this machine's.
    """
    if timezone:
        import logging
        from datetime import datetime
        from zoneinfo import ZoneInfo

        try:
            there = datetime.now(ZoneInfo(timezone))
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
            logging.getLogger(__name__).info("the time zone of your Telex profile is not known here")
        else:
            return there.hour * 3600 + there.minute * 60 + there.second + there.microsecond / 1e6
    at = time.time()
    here = time.localtime(at)
    return here.tm_hour * 3600 + here.tm_min * 60 + here.tm_sec + at % 1.0


class SleepWatch:
    """Tells whether the machine has slept since it was last asked."""

    def __init__(self, total: float, waking: float) -> None:
        """
        Args:
            total: What :func:`now` says, in seconds.
            waking: What :func:`awake` says, in seconds.
        """
        self._drift = total - waking

    def slept(self, total: float, waking: float) -> bool:
        """Whether the clocks drifted apart by more than :data:`SLEEP_NOTICED` since the last call.

        Args:
            total, waking: As for the constructor.
        """
        drift = total - waking
        slept = drift - self._drift > SLEEP_NOTICED
        self._drift = drift
        return slept
