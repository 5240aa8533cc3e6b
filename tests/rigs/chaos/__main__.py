"""``python -m tests.rigs.chaos [SECONDS]``, which is ``make chaos``.

The rounds follow from the seed, which is printed. The exit code is 1 where something was not as it must be; then the
round's story is printed, the end of each agent's log, and how to see that round again by itself.
"""

from __future__ import annotations

import argparse
import os
import sys

from .world import KINDS, run


def main() -> int:
    """Run; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.chaos", description=__doc__)
    add = parser.add_argument
    add("seconds", nargs="?", type=float, default=300.0)
    add("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    add("--first", type=int, default=1, metavar="ROUND", help="begin with this round")
    add("--rounds", type=int, default=0, metavar="N", help="only so many rounds")
    add("--only", choices=KINDS, help="only this agent")
    add("--verbose", action="store_true", help="say what is done as it is done")
    given = parser.parse_args()
    print(f"chaos: {given.seconds:.0f} s, seed {given.seed}", flush=True)
    kinds = (given.only,) if given.only else KINDS
    say = (lambda words: print(words, flush=True)) if given.verbose else (lambda words: None)
    return run(given.seconds, given.seed, first=given.first, rounds=given.rounds, kinds=kinds, say=say)


if __name__ == "__main__":
    sys.exit(main())
