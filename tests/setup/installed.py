"""Installs the program into a virtual environment of its own, as pip does but without a network, and runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from tests.process import ROOT

_SCRIPT = """
import sys
from pip._vendor.distlib.scripts import ScriptMaker, enquote_executable
maker = ScriptMaker(None, sys.argv[1])
maker.executable = enquote_executable(sys.argv[2])
maker.variants = {""}
maker.set_mode = True
maker.make("telex-start = telex_start.__main__:main")
"""
"""Makes the console script by pip's own code, which can cope with a blank in the interpreter's path."""

_MEASURED = 'import os; "COVERAGE_PROCESS" in str(os.environ) and __import__("coverage").process_startup()'
"""Starts coverage in the program's process, like the file that coverage installs, which is not found here."""


class Installed:
    """The program in a virtual environment.

    Args:
        folder: The environment's folder, which is made.
        home: The person's home.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin" / "python"
        self.script = folder / "bin" / "telex-start"
        self.home = home
        packages = next((folder / "lib").glob("python*")) / "site-packages"
        here = next(path for path in sys.path if path.endswith("site-packages"))
        (packages / "telex-start.pth").write_text(f"{ROOT}\n{here}\n{_MEASURED}\n")
        words = [sys.executable, "-c", _SCRIPT, str(folder / "bin"), str(self.python)]
        subprocess.run(words, check=True, capture_output=True)
        home.mkdir(exist_ok=True)
        (home / "run").mkdir(mode=0o700, exist_ok=True)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "XDG_DATA_DIRS": str(home / "nowhere"),
            "XDG_CONFIG_DIRS": str(home / "nowhere"),
            "LANG": "C.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
        }

    def __call__(self, *words: str, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run the program with these words; gives the exit code and its output."""
        done = subprocess.run(
            [self.script, *words],
            env={**self.environ, **(environ or {})},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout

    def left(self) -> set[str]:
        """All files and folders in the person's home, except ``run``, which holds the lock."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*")} - {"run"}
