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
from contextlib import contextmanager, suppress
from pathlib import Path

from .answers import Answers
from .cases import Case, Log, NoCase, Target, changed, recorded
from .connections import Connections
from .publications import Publications
from .push import Push

CORPUS = Path(__file__).parent / "corpus"
"""The folder of the kept cases, with a folder for each target."""
TARGETS: dict[str, type[Target]] = {kind.name: kind for kind in (Push, Answers, Connections, Publications)}
_MOST_MEMORY = 4 << 30
"""Bytes of address space: a case that wants more ends in a MemoryError, and not with the machine."""
_HANGS_AFTER = 60.0
"""Seconds after which a case will never end."""
_CHEAP = 0.01
"""Seconds of processor time: a case that takes more is tried, but not copied and changed."""


class Run:
    """Tries cases on one target.

    Args:
        target: The target, entered already.
        corpus: Has a folder with the target's name for its cases; new ones are written there.
        seed: Decides which cases are made.

    Attributes:
        tried: How many cases were tried.
    """

    def __init__(self, target: Target, corpus: Path, seed: int) -> None:
        self.tried = 0
        self._target = target
        self._folder = corpus / target.name
        self._chance = random.Random(seed)
        self._case: Case = None
        self._since = math.inf

    def run(self, seconds: float) -> bool:
        """Try the kept cases, and then changed copies of them for so many seconds; gives whether something was found.

        Prints the result. A case that finds something is kept.
        """
        began = time.monotonic()
        kept = [json.loads(file.read_text()) for file in sorted(self._folder.glob("*.json"))]
        error = None
        try:
            with recorded() as log, self._watched():
                cases = [case for case in kept if self._try(case, log) < _CHEAP] or kept
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    self._try(changed(self._chance.choice(cases), self._chance, cases), log)
        except Exception as found:
            error = found
        took = time.monotonic() - began
        speed = f"{self.tried / took:,.0f} a second"
        print(f"{self._target.name:<13}{self.tried:>9,} cases ({len(kept)} kept) in {took:.0f} s: {speed}", flush=True)
        if error is not None:
            print(f"FOUND in {self._target.what}:")
            told = "".join(traceback.format_exception(error)[-12:]).rstrip()
            print(told.encode("utf-8", "backslashreplace").decode())  # the text may hold half an emoji
            print(f"the case: {self._keep()}", flush=True)
        return error is not None

    def _try(self, case: Case, log: Log) -> float:
        """Try a case; gives its seconds of processor time.

        Raises:
            Exception: the finding.
        """
        self._case = case
        self.tried += 1
        for _ in range(2):  # the first time may include other work
            log.begin()
            began, self._since = time.thread_time(), time.monotonic()
            with suppress(NoCase):
                self._target.run(case, log)
            self._since = math.inf
            log.check()
            if (took := time.thread_time() - began) <= self._target.within:
                return took
        raise AssertionError(f"it took {took:.1f} s of processor time")

    def _keep(self) -> Path:
        """Keep the case that was tried last; gives its file."""
        text = json.dumps(self._case, indent=1) + "\n"
        known = (file for file in self._folder.glob("*.json") if json.loads(file.read_text()) == self._case)
        file = next(known, self._folder / f"found-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json")
        file.write_text(text)
        return file

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Watch for a case that never ends: keep it, and end the process."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(1.0):
                if time.monotonic() - self._since > _HANGS_AFTER:
                    print(f"FOUND: a case does not end within {_HANGS_AFTER:.0f} s: {self._keep()}", flush=True)
                    faulthandler.dump_traceback()
                    os._exit(1)

        watching = threading.Thread(target=watch, name="watchdog", daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()


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
            found.append(Run(target, CORPUS, given.seed).run(given.seconds / len(names)))
    return 1 if any(found) else 0


if __name__ == "__main__":
    sys.exit(main())
