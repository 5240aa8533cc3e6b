"""What Linux says of a process."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from Xlib import X, display

ROOT = Path(__file__).parents[3]
PYTHON = str(ROOT / os.environ.get("BENCH_PYTHON", ".venv/bin/python"))
"""What runs the agent and its peer. They start outside of the repository, so that the installed package is used."""


class Reading(NamedTuple):
    """One look at a process."""

    pss: float
    """MB (10^6 bytes), the shared pages counted in proportion."""
    threads: int
    voluntary: int
    """Voluntary context switches of all its threads: how often it woke up."""
    cpu: float
    """Seconds."""


def read(pid: int) -> Reading:
    """Look at a process now."""
    base = Path("/proc") / str(pid)
    rollup = dict(_pairs((base / "smaps_rollup").read_text()))
    tasks = [dict(_pairs((task / "status").read_text())) for task in (base / "task").iterdir()]
    ran = [int((task / "schedstat").read_text().split()[0]) for task in (base / "task").iterdir()]
    return Reading(
        pss=int(rollup["Pss"].split()[0]) * 1024 / 1e6,
        threads=len(tasks),
        voluntary=sum(int(task["voluntary_ctxt_switches"]) for task in tasks),
        cpu=sum(ran) / 1e9,
    )


class Memory(NamedTuple):
    """MB (10^6 bytes) of some processes together."""

    uss: float
    """Of their own: the pages that nobody else has."""
    pss: float
    """Shared pages counted in proportion."""


def memory(pids: Iterable[int]) -> Memory:
    """What these processes take now."""
    uss = pss = 0
    for pid in pids:
        rollup = dict(_pairs(Path(f"/proc/{pid}/smaps_rollup").read_text()))
        own = ("Private_Clean", "Private_Dirty", "Private_Hugetlb")
        uss += sum(int(rollup[name].split()[0]) for name in own)
        pss += int(rollup["Pss"].split()[0])
    return Memory(uss * 1024 / 1e6, pss * 1024 / 1e6)


def tree(pid: int) -> list[int]:
    """A process with all that it has started, and so on."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    return [pid, *(found for each in children for child in each.read_text().split() for found in tree(int(child)))]


def cpu_clock(pid: int) -> float:
    """Seconds of processor time that a process has taken, with those of its threads that have ended.

    Source: clock_getcpuclockid(3), whose clock of a process this is on Linux.
    """
    return time.clock_gettime((~pid << 3) | 2)


def thread_names(pid: int) -> list[str]:
    """The kernel's names of the threads."""
    return [(task / "comm").read_text().strip() for task in (Path("/proc") / str(pid) / "task").iterdir()]


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name, value.strip()


def percentile(values: list[float], share: float) -> float:
    """The value below which that share lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


class IconWatch:
    """Watches the corner of the screen where the panel's tray is."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._display = display.Display(environ["DISPLAY"])
        self._root = self._display.screen().root
        self._empty = self._look()

    def _look(self) -> Any:
        return self._root.get_image(0, 770, 60, 28, X.ZPixmap, 0xFFFFFFFF).data

    def settle(self) -> None:
        """Wait until the corner has not changed for a third of a second, and take that as empty."""
        seen, since = self._look(), time.monotonic()
        while time.monotonic() - since < 0.3:
            now = self._look()
            if now != seen:
                seen, since = now, time.monotonic()
        self._empty = seen

    def appears(self, limit: float = 20.0) -> float:
        """Wait until something is drawn there; when, on the monotonic clock."""
        end = time.monotonic() + limit
        while self._look() == self._empty:
            if time.monotonic() > end:
                raise TimeoutError("no icon appeared")
        return time.monotonic()

    def close(self) -> None:
        """Let go of the display."""
        self._display.close()


def seconds_to_icon(command: list[str], environ: Mapping[str, str], given: str = "") -> float:
    """Seconds from exec to the icon's pixels on the panel."""
    watch = IconWatch(environ)
    try:
        watch.settle()
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            env=dict(environ),
            cwd=environ["HOME"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdin is not None
            process.stdin.write(given)
            process.stdin.close()
            return watch.appears() - began
        finally:
            process.terminate()
            process.wait(10)
    finally:
        watch.close()


def eventually(condition: Callable[[], Any], limit: float = 20.0) -> Any:
    """Wait until a condition gives something true, and return that."""
    end = time.monotonic() + limit
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError("it did not happen")
        time.sleep(0.01)
    return found
