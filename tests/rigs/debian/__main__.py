"""``python -m tests.rigs.debian RELEASE [--keep] [ARGS]``; ends as ``make test`` ends there."""

from __future__ import annotations

import argparse
import signal
import sys

from tests.process import ROOT
from tests.roots import NoRoot

from .root import HOME, Debian

_CHECKOUT = f"{HOME}/telex-start"
_WANTS_REGISTRY = "tests/end_to_end/test_installed.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.debian", description="make test on another Debian.")
    parser.add_argument("release", help="bookworm, trixie, ...")
    parser.add_argument("--keep", action="store_true", help="leave the Debian's folder, to look into it")
    parser.add_argument("arguments", nargs="?", default="", help="more for pytest, in one word")
    given = parser.parse_args()
    # So that the folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Debian(given.release, given.keep) as debian:
            debian.copy_in(ROOT, _CHECKOUT)
            code = debian.run_as_user(_CHECKOUT, "make", "set-up-test")
            if code == 0:  # what is there now is all that the tests need, but for one that installs the package
                more = f"ARGS=--ignore {_WANTS_REGISTRY} {given.arguments}"
                code = debian.run_as_user(_CHECKOUT, "make", "test", more, network=False)
                code = debian.run_as_user(_CHECKOUT, ".venv/bin/python", "-m", "pytest", _WANTS_REGISTRY) or code
            debian.run_as_user(_CHECKOUT, ".venv/bin/python", "-c", _WHAT)
    except NoRoot as missing:
        print(f"tests.rigs.debian: {missing}", file=sys.stderr)
        return 2
    print(f"tests.rigs.debian: make test on {given.release} ended with {code}")
    return code


_WHAT = (
    "import platform, sys; print(platform.freedesktop_os_release()['PRETTY_NAME'], 'Python', sys.version.split()[0])"
)


if __name__ == "__main__":
    sys.exit(main())
