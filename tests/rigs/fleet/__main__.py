"""``python -m tests.rigs.fleet [AGENTS]``: a table, and 1 where something is not as asked."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor

from .scenarios import SCENARIOS, run

_HEAD = ("", "connects/s", "of fleet", "calls/s", "look-ups/s", "of one/10 s", "at end/min", "429s", "all online")


def _row(name: str, *cells: object) -> str:
    return f"{name:<22}" + "".join(f"{cell!s:>12}" for cell in cells)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.fleet", description="Many agents in virtual time.")
    parser.add_argument("agents", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="WORDS", help="the scenarios whose name holds these words")
    given = parser.parse_args()
    print(
        f"{given.agents} agents, --seed {given.seed}; peaks are of the worst second, connects once the server is back"
    )
    print(_row(*_HEAD))
    wanted = [scenario for scenario in SCENARIOS.values() if given.only in scenario.name]
    missed = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        longest_first = sorted(wanted, key=lambda scenario: -scenario.seconds)
        playing = {each.name: pool.submit(run, each, given.agents, given.seed) for each in longest_first}
        for scenario in wanted:
            result = playing[scenario.name].result()
            figures = dict(zip(_HEAD, result, strict=False))
            figures["of fleet"] = f"{result.share:.4f}"
            figures["at end/min"] = f"{result.connects_at_end:.1f}"
            figures["all online"] = "-" if result.online_after is None else f"{result.online_after:.0f} s"
            print(_row(*figures.values()), flush=True)  # type: ignore[arg-type]
            missed += [f"MISSED: {scenario.name}: {what}" for what in result.missed]
    print("\n".join(missed) or "all is as asked")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
