"""What a soak has counted and measured: a line now and then, a table at the end."""

from __future__ import annotations

import threading
from typing import NamedTuple

import psutil

from .faults import Faults
from .subject import Ledger, Subject

MOST_GROWTH = (12.0, 4, 2)
"""MiB, descriptors and threads that the process may grow by after its first minute."""


class Figures(NamedTuple):
    """What a process has."""

    memory: float
    """MiB (resident)."""
    descriptors: int
    threads: int


class Resources:
    """Memory, descriptors and threads of this process, which holds the session and what tries it."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.start: Figures | None = None
        """In the first calm moment."""
        self.warm: Figures | None = None
        """After a minute, from which on nothing may grow."""
        self.end: Figures | None = None
        self.most = Figures(0.0, 0, 0)

    def look(self, seconds: float) -> str:
        """In a calm moment so many seconds after the start; gives what is wrong, or nothing."""
        descriptors = self._process.num_fds() if hasattr(self._process, "num_fds") else 0
        self.end = Figures(self._process.memory_info().rss / 2**20, descriptors, threading.active_count())
        self.start = self.start or self.end
        end, most = self.end, self.most
        self.most = Figures(
            max(most.memory, end.memory), max(most.descriptors, end.descriptors), max(most.threads, end.threads)
        )
        if self.warm is None:
            self.warm = self.end if seconds > 60 else None
            return ""
        grown = [after - before for before, after in zip(self.warm, self.end, strict=True)]
        if any(each > most for each, most in zip(grown, MOST_GROWTH, strict=True)):
            return f"it grew by {grown[0]:.1f} MiB, {grown[1]} descriptors and {grown[2]} threads"
        return ""


def line(subject: Subject, faults: Faults, resources: Resources, seconds: float) -> str:
    """How it goes, in a line."""
    ledgers = subject.ledgers
    words = [
        f"{seconds / 60:.1f} min",
        f"{sum(each.published for each in ledgers)} sent",
        f"{sum(each.came for each in ledgers)} came",
        f"{sum(each.lost for each in ledgers)} lost",
        f"{sum(each.twice for each in ledgers)} twice",
        f"{sum(faults.counts.values())} faults",
        f"{subject.reconnects} reconnects",
    ]
    if resources.end is not None:
        words.append(f"{resources.end.memory:.1f} MiB, {resources.end.descriptors} descriptors")
    return "; ".join(words)


_ROWS = {
    "sent": "published",
    "came": "came",
    "lost": "lost",
    "twice": "twice",
    "after a later one": "late",
    "gone with a server that forgot": "forgotten",
    "times said to be lost": "lost_told",
}


def table(subject: Subject, faults: Faults, resources: Resources, seconds: float, title: str) -> str:
    """All of it."""
    ledgers = subject.ledgers
    lines = [f"{title}, {seconds / 60:.1f} min", "", _row("messages", *_NAMES[: len(ledgers)], "all")]
    for name, field in _ROWS.items():
        counts = [_count(ledger, field) for ledger in ledgers]
        lines.append(_row(name, *counts, sum(counts)))
        if field == "came":
            empty = [""] * len(ledgers)
            lines.append(_row("shown, each in a toast", *empty, subject.toasts))
            lines.append(_row("shown, in summaries", *empty, subject.summarised))
    lines += ["", _row("this process", "start", "after 1 min", "end", "most")]
    moments = (resources.start, resources.warm, resources.end, resources.most)
    lines.append(_row("memory, MiB", *(f"{each.memory:.1f}" if each else "-" for each in moments)))
    lines.append(_row("file descriptors", *(each.descriptors if each else "-" for each in moments)))
    lines.append(_row("threads", *(each.threads if each else "-" for each in moments)))
    lines += ["", f"{subject.reconnects} reconnects, {subject.sign_ins} sign-ins"]
    kinds = ", ".join(f"{count} {name}" for name, count in faults.counts.most_common())
    lines.append(f"{sum(faults.counts.values())} faults: {kinds or 'none'}")
    lines += [f"FOUND: {finding}" for finding in subject.findings] or ["nothing was found wrong"]
    return "\n".join(lines)


_NAMES = ("first", "second", "third", "fourth")


def _count(ledger: Ledger, field: str) -> int:
    count: int = getattr(ledger, field)
    return count


def _row(name: str, *cells: object) -> str:
    return f"{name:<32}" + "".join(f"{cell!s:>13}" for cell in cells)
