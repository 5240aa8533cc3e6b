"""Finds the command that starts this very installation, and tries it out."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Any

from ..errors import TelexStartError
from ..process import itself
from .files import NOT_DONE

_TRIED_WITHIN = 60.0
"""Seconds within which a command must have said its version."""


def command() -> list[str]:
    """The command that starts this installation, with absolute paths; options may follow."""
    return candidates()[0]


def candidates(executable: str = "", platform: str = sys.platform) -> list[list[str]]:
    """The commands that should start this installation, the best first.

    The console script beside the interpreter is the same in a virtual environment, with pipx and in a distribution's
    package; and so are the two programs that PyInstaller makes. If there is none (``pip install --user``), the
    interpreter itself finds the package.

    Args:
        executable: The interpreter; empty for this one.
        platform: As :data:`sys.platform` has it.
    """
    interpreter = os.path.abspath(executable or sys.executable)
    folder = os.path.dirname(interpreter)
    scripts = ["telex-start"]
    if platform == "win32":
        # telex-start.exe and python.exe would open a console.
        scripts = ["telex-startw.exe", os.path.join("Scripts", "telex-startw.exe")]
        if os.path.isfile(windowless := os.path.join(folder, "pythonw.exe")):
            interpreter = windowless
    found = [path for script in scripts if os.access(path := os.path.join(folder, script), os.X_OK)]
    last = [interpreter] if itself.is_frozen() else [interpreter, "-m", "telex_start"]
    return [*([path] for path in found), last]


def tried() -> list[str]:
    """The first of :func:`candidates` that starts this program from elsewhere too.

    Raises:
        TelexStartError: there is none; says what to do.
    """
    for words in candidates():
        if _works(words):
            return words
    raise TelexStartError(
        f"the desktop could not start {' '.join(command())}: install Telex Start (pipx install .), and say it again.",
        NOT_DONE,
    )


def _works(words: list[str]) -> bool:
    # A desktop starts it without what this shell has set, and from another folder.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        with tempfile.TemporaryDirectory() as elsewhere:
            return succeeds([*words, "--version"], _TRIED_WITHIN, cwd=elsewhere, env=environ)
    except OSError:
        return False


def succeeds(words: list[str], within: float, **where: Any) -> bool:
    """Whether a command can be run, and ends with 0.

    Args:
        within: Seconds; one that takes longer is killed.
        where: ``cwd`` and ``env``, as of :func:`subprocess.run`.
    """
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=within, check=False, **where
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
