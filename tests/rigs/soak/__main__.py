"""``python -m tests.rigs.soak [MINUTES]``; ends with 1 where a message was lost or came twice, or all is not well."""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import psutil

from tests.servers import Sandbox, centrifugo_binary

from .faults import Faults, Publisher
from .subject import MOST_FINDINGS, Ledger, Subject

# --- what was counted and measured ------------------------------------------------------------------------------------


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


# --- the soak ---------------------------------------------------------------------------------------------------------


ORGANISATIONS = 3
OPTIONS = ("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "300")
SHORT = ("--connection-ttl", "4", "--subscription-ttl", "4", "--expired-close-delay", "2")
CALM_WITHIN = 120.0
"""Seconds in which everything must be well again after the last fault. Some waits between two tries are 20 s long."""
_SAY_EVERY = 60.0
"""Seconds between two lines about how it goes."""


def await_calm(subject: Subject, publisher: Publisher) -> bool:
    """Wait until all organisations are live, and then, with the stream paused, until all has come.

    What is wrong is among the subject's findings; ``False`` where it does not get there at all.
    """
    with subject.lock:
        calm = subject.lock.wait_for(lambda: subject.online, CALM_WITHIN)
    with publisher.paused, subject.lock:
        calm = calm and subject.lock.wait_for(lambda: subject.calm, CALM_WITHIN)
        if subject.online:
            subject.settle()
        else:
            subject.find(f"{CALM_WITHIN:.0f} s after the last fault it is {subject.state}")
    return calm


def rounds(seconds: float) -> Iterator[float]:
    """Give the seconds that are left, until none are."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield left


def soak(seconds: float, server: str, with_faults: bool, seed: int) -> int:
    """Lives that long; gives the exit code."""
    chance = random.Random(seed)
    options = (*OPTIONS, *SHORT, *(() if server == "sandbox" else ("--centrifugo", str(centrifugo_binary(server)))))
    with ExitStack() as stack:
        telex = stack.enter_context(Sandbox(*options))
        subject = stack.enter_context(Subject(telex, ORGANISATIONS))
        publisher = Publisher(telex, subject, chance)
        faults = Faults(telex, subject, publisher, chance, own=server == "sandbox")
        resources = Resources()
        started = said = time.monotonic()
        well = await_calm(subject, publisher)  # nothing has been published, so there is no past to tell
        publisher.start()
        stack.callback(publisher.end)
        reconnects = subject.reconnects
        for left in rounds(seconds if well else 0.0):
            if with_faults:
                for _ in range(chance.randint(1, 3)):
                    faults.one()
                    time.sleep(min(left, chance.choice([0.0, 0.3, 3.0])))
            else:
                time.sleep(min(left, 5.0))
            well = await_calm(subject, publisher)
            with publisher.paused:
                subject.find(resources.look(time.monotonic() - started))
            if time.monotonic() - said > _SAY_EVERY:
                said = time.monotonic()
                print(line(subject, faults, resources, said - started), flush=True)
            if not well or len(subject.findings) >= MOST_FINDINGS:
                break
        publisher.end()
        with subject.lock:
            subject.show_the_rest()
        if not with_faults and (subject.reconnects != reconnects or subject.troubles):
            subject.find(f"{subject.reconnects - reconnects} reconnects and {subject.troubles} with no fault at all")
        took = time.monotonic() - started
    title = f"soak on {server}, --seed {seed}" + ("" if with_faults else " --no-faults")
    print(table(subject, faults, resources, took, title))
    return 1 if subject.findings else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.rigs.soak", description="A long life on tokens of 4 seconds."
    )
    parser.add_argument("minutes", nargs="?", type=float, default=30.0)
    parser.add_argument("--server", choices=["sandbox", "v6", "v5"], default="sandbox")
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--log", action="store_true", help="the session's log on stderr")
    given = parser.parse_args()
    level = logging.DEBUG if given.log else logging.CRITICAL
    logging.basicConfig(level=level, format="%(asctime)s %(threadName)s %(name)s %(message)s")
    return soak(given.minutes * 60, given.server, not given.no_faults, given.seed)


if __name__ == "__main__":
    sys.exit(main())
