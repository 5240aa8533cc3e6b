"""By which command this very installation starts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from ..errors import TelexStartError

_TRIED_WITHIN = 60.0
"""Seconds in which it must have said its version."""
NOT_DONE = "Not set up"
"""The title of what goes wrong here."""


def command(executable: str = "", platform: str = sys.platform) -> list[str]:
    """The command that starts this installation, with absolute paths; options may follow.

    The console script beside the interpreter is the same in a virtual environment, with pipx and in a distribution's
    package. Where there is none (``pip install --user``), the interpreter itself finds the package.

    Args:
        executable: The interpreter; empty for this one.
        platform: As :data:`sys.platform` has it.
    """
    interpreter = os.path.abspath(executable or sys.executable)
    folder = os.path.dirname(interpreter)
    if platform == "win32":
        # By the other script, and the other interpreter, a console would open.
        for script in ("telex-startw.exe", os.path.join("Scripts", "telex-startw.exe")):
            if os.path.isfile(found := os.path.join(folder, script)):
                return [found]
        windowless = os.path.join(folder, "pythonw.exe")
        return [windowless if os.path.isfile(windowless) else interpreter, "-m", "telex_start"]
    script = os.path.join(folder, "telex-start")
    return [script] if os.access(script, os.X_OK) else [interpreter, "-m", "telex_start"]


def tried() -> list[str]:
    """The command of :func:`command`, which was tried: it starts this program from elsewhere too.

    Raises:
        TelexStartError: it does not; says what to do.
    """
    words = command()
    # A desktop starts it without what this shell has set, and from another folder.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        with tempfile.TemporaryDirectory() as elsewhere:
            done = subprocess.run(
                [*words, "--version"],
                cwd=elsewhere,
                env=environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TRIED_WITHIN,
                check=False,
            )
        works = done.returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    if not works:
        raise TelexStartError(
            f"the desktop could not start {' '.join(words)}: install Telex Start (pipx install .), and say it again.",
            NOT_DONE,
        )
    return words
