"""``python -m tests.rigs.fuzz [SECONDS]``, which is ``make fuzz``.

The time is shared among the targets. With the same ``--seed`` the same cases are made; how far it comes depends on the
machine. The exit code is 1 where something was found: its case then lies in the corpus, to be committed with what mends
it.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import traceback
from pathlib import Path

from .runner import CORPUS, Figures, Run
from .targets import ALL

_MOST_MEMORY = 4 << 30
"""Bytes of address space: a case that wants more ends in a MemoryError, and not with the machine."""


def main() -> int:
    """Run the targets; gives the exit code."""
    names = [target.name for target in ALL]
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.fuzz", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=300.0)
    parser.add_argument("--target", action="append", choices=names, help="only this one; may be given several times")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="the folder of the kept cases")
    given = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, resource.RLIM_INFINITY))
    chosen = [target for target in ALL if target.name in (given.target or names)]
    print(f"fuzz: {given.seconds:.0f} s, seed {given.seed}", flush=True)
    failed = False
    for kind in chosen:
        with kind() as target:
            figures = Run(target, given.corpus, given.seed).run(given.seconds / len(chosen))
        print(figures, flush=True)
        failed |= tell(figures, kind.what)
    return 1 if failed else 0


def tell(figures: Figures, what: str) -> bool:
    """Print what was found, if anything; gives whether that is so."""
    if figures.found is None:
        return False
    print(f"FOUND in {what}:")
    told = "".join(traceback.format_exception(figures.found.error)[-12:]).rstrip()
    print(told.encode("utf-8", "backslashreplace").decode())  # it may hold half an emoji
    print(f"the case: {figures.file}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
