"""The program as a person starts it: a process of its own, its output as it comes, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .process import TIMEOUT, Process
from .stopwatch import Stopwatch


class Program(Process):
    """`telex-start` with some options. Where it still runs in the end it must end on SIGTERM.

    Args:
        folder: holds its configuration, logs, caches and lock: nothing of the machine's own is touched.
        options: as on the command line.
        environ: beside a bare environment, e.g. a sandbox's.
        given: text for its standard input; closed after that.
        module: what is run.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        environ: Mapping[str, str] | None = None,
        given: str | None = None,
        module: str = "telex_start",
    ) -> None:
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        whole = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"),
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "NO_AT_BRIDGE": "1",  # GTK would tell on stderr that a private bus has no accessibility
            **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},  # make coverage
            **(environ or {}),
        }
        for name in ("SANDBOX_EMAIL", "SANDBOX_PASSWORD"):
            whole.pop(name, None)
        super().__init__([sys.executable, "-m", module, *options], whole, given or "")
        self.folder = folder
        self.options = options

    # --- what a person, or a script, sees ---------------------------------------------------------------------------

    def event(self, kind: str, within: float = TIMEOUT, **fields: Any) -> dict[str, Any]:
        """The next JSON object with that event and those fields."""

        def wanted(line: str) -> bool:
            found = json.loads(line)
            return found["event"] == kind and all(found[name] == value for name, value in fields.items())

        found: dict[str, Any] = json.loads(self.line(wanted, within))
        return found

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All objects with that event so far."""
        return [found for line in self.lines_so_far() if (found := json.loads(line))["event"] == kind]

    def log(self) -> str:
        """The log file's text."""
        file = self.folder / "state" / "telex-start" / "log" / "telex-start.log"
        return file.read_text() if file.exists() else ""

    # --- its end ----------------------------------------------------------------------------------------------------

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """End it by a signal: the exit code, and the seconds it took (see :class:`.Stopwatch`)."""
        spent = Stopwatch()
        self.process.send_signal(number)
        code = self.process.wait(TIMEOUT)
        return code, spent.seconds()

    def _end(self) -> bool:
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            return False
        return True
