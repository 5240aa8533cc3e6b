"""``python -m tests.rigs.fuzz [SECONDS]``, which is ``make fuzz``.

The time is shared among the targets. The same ``--seed`` makes the same cases; how far it comes depends on the machine.
The exit code is 1 where something was found: its case then lies in the corpus, to be committed with what mends it.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import json
import math
import os
import random
import resource
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from .answers import Answers
from .cases import Case, NoCase, changed
from .connections import Connections
from .publications import Publications
from .push import Push
from .target import Finding, Log, Target, recorded

CORPUS = Path(__file__).parent / "corpus"
"""Where the cases are kept, a folder for each target."""
TARGETS: dict[str, type[Target]] = {kind.name: kind for kind in (Push, Answers, Connections, Publications)}
_MOST_MEMORY = 4 << 30
"""Bytes of address space: a case that wants more ends in a MemoryError, and not with the machine."""
_HANGS_AFTER = 60.0
"""Seconds after which a case will never end."""
_CHEAP = 0.01
"""Seconds of processor time: a case that takes more is tried, and not changed into others."""


class Figures(NamedTuple):
    """What one run has come to."""

    kept: int
    new: int
    seconds: float
    error: Exception | None = None
    """What was found."""
    file: Path | None = None
    """Where its case lies."""


class Run:
    """One target, for a time.

    Args:
        target: Entered already.
        corpus: Where its cases are kept, in a folder of its name; new ones go there.
        seed: Decides which cases are made.
    """

    def __init__(self, target: Target, corpus: Path, seed: int) -> None:
        self._target = target
        self._folder = corpus / target.name
        self._chance = random.Random(seed)
        self._case: Case = None
        self._since = math.inf
        self._took = 0.0

    def run(self, seconds: float) -> Figures:
        """Try what was kept, and then changed copies of it for so many seconds; a case that is found is kept."""
        began, new = time.monotonic(), 0
        kept = {file: json.loads(file.read_text()) for file in sorted(self._folder.glob("*.json"))}
        cases = []
        with recorded() as log, self._watched():
            for number, (file, case) in enumerate(kept.items(), 1):
                if (error := self._try(case, log)) is not None:
                    return Figures(number, 0, time.monotonic() - began, error, file)
                if self._took < _CHEAP:
                    cases.append(case)
            cases = cases or list(kept.values())
            end = time.monotonic() + seconds
            while cases and time.monotonic() < end:
                case = changed(self._chance.choice(cases), self._chance, cases)
                new += 1
                if (error := self._try(case, log)) is not None:
                    return Figures(len(kept), new, time.monotonic() - began, error, self._keep(case))
        return Figures(len(kept), new, time.monotonic() - began)

    def _try(self, case: Case, log: Log) -> Exception | None:
        """What does not hold for a case."""
        self._case, self._since = case, time.monotonic()
        try:
            for _ in range(2):  # the first time may have paid for something else
                log.begin()
                began = time.thread_time()
                self._target.run(case, log)
                self._took = time.thread_time() - began
                log.check()
                if self._took <= self._target.within:
                    return None
        except NoCase:
            return None
        except Exception as error:
            return error
        finally:
            self._since = math.inf
        return Finding(f"it took {self._took:.1f} s of processor time")

    def _keep(self, case: Case) -> Path:
        text = json.dumps(case, indent=1) + "\n"
        file = self._folder / f"found-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
        file.write_text(text)
        return file

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """The process ends, with the case kept, where one never comes to its end."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(1.0):
                if time.monotonic() - self._since > _HANGS_AFTER:
                    print(
                        f"FOUND: a case does not end within {_HANGS_AFTER:.0f} s: {self._keep(self._case)}", flush=True
                    )
                    faulthandler.dump_traceback()
                    os._exit(1)

        watching = threading.Thread(target=watch, name="watchdog", daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()


def tell(figures: Figures, kind: type[Target]) -> bool:
    """Print what came of it; gives whether something was found."""
    kept, new, seconds, error, file = figures
    count = kept + new
    print(f"{kind.name:<13}{count:>9,} cases ({kept} kept) in {seconds:.0f} s: {count / seconds:,.0f} a second")
    if error is not None:
        print(f"FOUND in {kind.what}:")
        told = "".join(traceback.format_exception(error)[-12:]).rstrip()
        print(told.encode("utf-8", "backslashreplace").decode())  # it may hold half an emoji
        print(f"the case: {file}")
    sys.stdout.flush()
    return error is not None


def main() -> int:
    """Run the targets; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=300.0)
    parser.add_argument("--target", action="append", choices=TARGETS, help="only this one; may be given several times")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.RLIM_INFINITY))
    print(f"fuzz: {given.seconds:.0f} s, seed {given.seed}", flush=True)
    names = given.target or TARGETS
    found = []
    for kind in [TARGETS[name] for name in names]:
        with kind() as target:
            found.append(tell(Run(target, CORPUS, given.seed).run(given.seconds / len(names)), kind))
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main())
