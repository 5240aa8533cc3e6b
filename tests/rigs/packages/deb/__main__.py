"""``python -m tests.rigs.packages.deb [RELEASE…]``: builds the package twice for each, compares, and tries it.

Ends with 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.process import ROOT
from tests.roots import NoRoot

from .proof import Machine, Proof

SUITES = ("bookworm", "trixie")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.packages.deb", description="The Debian package, tried.")
    parser.add_argument("suites", nargs="*", metavar="RELEASE", help=f"{', '.join(SUITES)}; left out: all")
    parser.add_argument("--once", action="store_true", help="do not build it a second time to compare")
    options = parser.parse_args()
    for suite in options.suites or SUITES:
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="packages-") as folder:
                Path(folder).chmod(0o755)  # apt reads it as a user of its own
                package = built(suite, Path(folder, "first"))
                if not options.once:
                    again = built(suite, Path(folder, "second"))
                    assert package.read_bytes() == again.read_bytes(), f"{package.name} differs from build to build"
                    print("  built twice: the same bytes", flush=True)
                with Machine(suite) as machine:
                    Proof(machine, package).run()
        except (AssertionError, NoRoot) as wrong:
            print(f"tests.rigs.packages.deb: {suite}: {wrong}", file=sys.stderr)
            return 1
        print(f"{suite}: all is right, in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def built(suite: str, output: Path) -> Path:
    """The package of the last commit, in a folder."""
    command = [sys.executable, str(ROOT / "packaging" / "build_deb.py"), suite, "--output", str(output)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, "it cannot be built"
    [package] = output.glob("*.deb")
    return package


if __name__ == "__main__":
    sys.exit(main())
