"""``python -m telex_start.sandbox`` is the same as ``telex-start sandbox``."""

import sys

from .command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
