"""The time of day where the person is."""

from __future__ import annotations

import logging
import time

from .. import clock
from ..news.wall import Wall

log = logging.getLogger(__name__)

WALL = Wall(time.time, clock.offset)
"""This machine's clock on the wall."""


def second_of_day(timezone: str) -> float:
    """The seconds since midnight there, now.

    Args:
        timezone: Its name, like ``Europe/Berlin``, as it came from the network; where that is empty or not known here,
            it is this machine's.
    """
    if timezone:
        from datetime import datetime
        from zoneinfo import ZoneInfo

        try:
            there = datetime.now(ZoneInfo(timezone))
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder's name is an OSError
            log.info("the time zone of your Telex profile is not known here")
        else:
            return there.hour * 3600 + there.minute * 60 + there.second + there.microsecond / 1e6
    at = time.time()
    here = time.localtime(at)
    return here.tm_hour * 3600 + here.tm_min * 60 + here.tm_sec + at % 1.0
