"""Tells the version and the time of this release, and the paths of the files that are built."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
"""Where everything that is built goes."""


def version() -> str:
    """What ``telex_start.__version__`` is, without the program being imported."""
    text = (ROOT / "telex_start" / "__init__.py").read_text(encoding="utf-8")
    if not (found := re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)):
        raise SystemExit("telex_start/__init__.py has no version")
    return found[1]


def commit_time() -> str:
    """Seconds since 1970 of the last commit, or ``SOURCE_DATE_EPOCH`` if it is set (for a source without git).

    Raises:
        SystemExit: there is neither.
    """
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    command = ["git", "log", "-1", "--format=%ct"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit("this is not a git repository: set SOURCE_DATE_EPOCH (seconds since 1970)")
    return done.stdout.strip()


def wheel_and_sdist() -> list[Path]:
    """Where `make wheel` puts them."""
    return [DIST / f"telex_start-{version()}-py3-none-any.whl", DIST / f"telex_start-{version()}.tar.gz"]


def materials() -> Path:
    """Where the software bill of materials goes."""
    return DIST / f"telex-start-{version()}.cdx.json"
