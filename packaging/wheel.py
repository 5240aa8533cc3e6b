"""Builds the wheel and the sdist into ``dist/``: the same bytes from the same commit, whenever and wherever.

Run by `make wheel`, with the Python of ``.venv-release``, whose versions of all tools are locked.
"""

from __future__ import annotations

import os
import subprocess
import sys

from this_release import DIST, ROOT, commit_time, wheel_and_sdist


def main() -> None:
    """Build both, have twine look at them, and say how large they are."""
    environ = {**os.environ, "SOURCE_DATE_EPOCH": commit_time()}
    tools = [sys.executable, "-m"]
    build = [*tools, "hatchling", "build", "-d", str(DIST), "-t", "sdist", "-t", "wheel"]
    if subprocess.run(build, cwd=ROOT, env=environ, check=False).returncode:
        raise SystemExit("wheel: hatchling could not build it")
    files = wheel_and_sdist()
    if subprocess.run([*tools, "twine", "--no-color", "check", "--strict", *files], check=False).returncode:
        raise SystemExit("wheel: an index would not take this")
    for file in files:
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
