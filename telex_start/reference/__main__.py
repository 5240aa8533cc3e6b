"""``python -m telex_start.reference man|bash|zsh|fish``."""

from __future__ import annotations

import sys

from . import bash, fish, man_page, zsh
from .described import commands

_MADE = {"man": man_page.made, "bash": bash.made, "zsh": zsh.made, "fish": fish.made}


def main(argv: list[str]) -> int:
    """Print what is asked for; 2 where nothing is, or something else."""
    if len(argv) != 1 or argv[0] not in _MADE:
        print(f"usage: python -m telex_start.reference {'|'.join(_MADE)}", file=sys.stderr)
        return 2
    sys.stdout.write(_MADE[argv[0]](commands()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
