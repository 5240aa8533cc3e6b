"""``python -m tests.windows [FILE | OPTION OF PYTEST]…``: the scenarios on Windows, all of them or those of a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .machine import MACHINE

HERE = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Make the machine, and run the scenarios."""
    made = subprocess.run([HERE / "set_up.sh", MACHINE], stdin=subprocess.DEVNULL)
    if made.returncode:
        return made.returncode
    files = [argument for argument in arguments if Path(argument.partition("::")[0]).exists()]
    options = [argument for argument in arguments if argument not in files]
    return pytest.main(
        ["-p", "no:cacheprovider", "--timeout", "240", *options, *(files or map(str, sorted(HERE.glob("wine_*.py"))))]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
