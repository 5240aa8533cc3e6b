"""``python -m tests.rigs.windows [PART…] [OPTION OF PYTEST…]``: tests the agent on Windows; without a part, as
``.ci/run`` does.

A part is ``pure`` (the pure tests, run by Python for Windows) or the name of a file of scenarios: ``desktop`` for
``wine_desktop.py``. ``all`` means all parts; ``-k`` chooses scenarios. Makes the machine if it is missing.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import pytest

from .machine import Windows, set_up

PURE = "pure"
SCENARIOS = {file.stem.removeprefix("wine_"): str(file) for file in Path(__file__).parent.glob("wine_*.py")}
"""The files of scenarios, by the names of their parts."""
PARTS = [PURE, *sorted(SCENARIOS)]
USUAL = [PURE, "terminal"]
"""The parts that run if none is named: they need no screen, and take minutes on two cores."""


def main(arguments: list[str]) -> int:
    """Make the machine, and run the parts."""
    named = list(itertools.takewhile(lambda argument: not argument.startswith("-"), arguments))
    options = arguments[len(named) :]
    parts = PARTS if "all" in named else named or USUAL
    if unknown := [part for part in parts if part not in PARTS]:
        print(f"tests.rigs.windows: no such part: {unknown[0]}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    if code := set_up():
        return code
    codes = []
    if PURE in parts:
        with Windows() as machine:
            codes.append(machine.pytest("-q", "-n", "2", "-p", "tests.rigs.windows.pure", "tests/ground", *options))
    if files := [SCENARIOS[part] for part in parts if part != PURE]:
        usual = ("-q", "-p", "no:cacheprovider", "--timeout", "240", "--durations", "5")
        codes.append(pytest.main([*usual, *options, *files]))
    print(f"Windows: {' '.join(parts)}: {time.monotonic() - began:.0f} s, set-up included")
    return max(map(int, codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
