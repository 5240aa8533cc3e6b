"""``python -m tests.rigs.windows [PART…] [OPTION OF PYTEST…]``: the agent on Windows; without a part: as ``.ci/run``.

A part is ``pure``, the pure tests run by Windows' own Python, or the name of a file of scenarios: ``words`` for
``wine_words.py``. ``all`` is all of them. A test may be named too, as pytest has it. Makes the machine where it is
missing.
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

import pytest

from .machine import Windows, set_up

HERE = Path(__file__).parent
SCENARIOS = {file.stem.removeprefix("wine_"): str(file) for file in sorted(HERE.glob("wine_*.py"))}
"""The files of scenarios, by what they are called here."""
PURE = "pure"
USUAL = [PURE, "terminal"]
"""What is run where no part is named: what needs no screen, and takes minutes on two cores."""


def main(arguments: list[str]) -> int:
    """Make the machine, and run the parts."""
    named = list(itertools.takewhile(lambda argument: not argument.startswith("-"), arguments))
    options = arguments[len(named) :]
    if unknown := [one for one in named if one not in ("all", PURE, *SCENARIOS) and not _exists(one)]:
        print(
            f"tests.rigs.windows: no such part: {unknown[0]}; there are {', '.join([PURE, *SCENARIOS])}",
            file=sys.stderr,
        )
        return 2
    began = time.monotonic()
    if code := set_up():
        return code
    parts = [PURE, *SCENARIOS] if "all" in named else [one for one in named if one in (PURE, *SCENARIOS)]
    files = [one for one in named if _exists(one)]
    if not parts and not files:
        parts = USUAL
    codes = []
    if PURE in parts:
        with Windows() as machine:
            codes.append(machine.pytest("-q", "-n", "2", "-p", "tests.rigs.windows.pure", "tests/ground", *options))
    files += [SCENARIOS[part] for part in parts if part in SCENARIOS]
    if files:
        codes.append(
            pytest.main(["-q", "-p", "no:cacheprovider", "--timeout", "240", "--durations", "5", *options, *files])
        )
    print(f"Windows: {' '.join(parts or files)}: {time.monotonic() - began:.0f} s, set-up included")
    return max(map(int, codes))


def _exists(named: str) -> bool:
    return Path(named.partition("::")[0]).exists()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
