"""Clocks: ``now`` counts the time that the machine sleeps, ``awake`` does not. Also time of day and time zones.

``time.monotonic()`` stands still on Linux while the machine sleeps, so a token that ran out overnight would look
fresh in the morning. So deadlines run on ``now``; when it gains on ``awake``, the machine has slept.
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
"""If the two clocks drift apart by more seconds than this, the machine has slept."""


now: Callable[[], float] = time.monotonic
"""Seconds on a clock that never goes back and counts the time that the machine sleeps."""
if sys.platform == "linux":
    now = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
elif sys.platform == "darwin":
    # macOS: mach_continuous_time, which counts sleep; time.monotonic() there is mach_absolute_time.
    now = partial(time.clock_gettime, time.CLOCK_MONOTONIC)

awake: Callable[[], float] = time.monotonic
"""Seconds on a clock that stands still while the machine sleeps (if the platform has such a clock)."""


def boot() -> str:
    """An id of this run of the machine: :func:`now` means the same in all processes that get the same id.

    Linux has an id for it (random(4), ``/proc/sys/kernel/random/boot_id``). Elsewhere each process has another one.
    """
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return stream.read(64).strip()
    except (OSError, ValueError):
        return f"process {os.getpid()} {time.time_ns()}"


def offset(at: float) -> float:
    """Seconds that this machine's local time is ahead of UTC at the Unix time ``at``."""
    if hasattr(time, "tzset"):
        time.tzset()  # a traveller sets another zone while this runs
    return time.localtime(at).tm_gmtoff


def second_of_day(timezone: str) -> float:
    """The seconds since midnight in a time zone, now.

    Args:
        timezone: Its name, like ``Europe/Berlin``, as it came from the network. If the name is empty or not known here,
            this machine's zone is taken.
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
    """Tells whether the machine has slept since the last call of :meth:`slept`."""

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
