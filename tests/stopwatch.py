"""Time that a test may hold against the program, on a busy machine too."""

from __future__ import annotations

import time
from pathlib import Path

_PRESSURE = Path("/proc/pressure/cpu")


class Stopwatch:
    """Runs from its making, and stands while anything on the machine waits for a processor.

    A time limit shows that nothing was waited *for*; what a starved process takes says nothing about the program. On
    an idle machine this is the time on the wall. Where the kernel does not count (Linux before 4.20, macOS, Windows)
    it is so always.
    """

    def __init__(self) -> None:
        self._began, self._starved = time.monotonic(), _starved()

    def seconds(self) -> float:
        """Seconds since the start in which every runnable thread of the machine ran."""
        return max(0.0, time.monotonic() - self._began - (_starved() - self._starved))


def _starved() -> float:
    """Seconds since boot in which a thread waited for a processor: the kernel's Pressure Stall Information."""
    try:
        some = _PRESSURE.read_text().splitlines()[0]
    except (OSError, IndexError):
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6
