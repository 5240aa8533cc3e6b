"""The agent as a process: started as a person or a script does, its output as it comes, and nothing left behind.

What it prints with `--json` is waited for by `Process.event`; what it takes is told by `read`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from .process import ROOT, TIMEOUT, Process
from .servers import Sandbox


class Program(Process):
    """`telex-start` with some options. Where it still runs in the end it must end on SIGTERM.

    Args:
        folder: holds its configuration, logs, caches and lock: nothing of the machine's own is touched.
        options: as on the command line.
        environ: beside a bare environment, e.g. a sandbox's.
        given: text for its standard input; closed after that.
        command: what is run.
        cwd: where; by default in the repository's folder.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        environ: Mapping[str, str] | None = None,
        given: str | None = None,
        command: Sequence[str] = (sys.executable, "-m", "telex_start"),
        cwd: Path = ROOT,
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
        whole = {name: value for name, value in whole.items() if not name.startswith("SANDBOX_")}
        super().__init__([*command, *options], whole, given or "", cwd)
        self.folder = folder
        self.options = options

    def log(self) -> str:
        """The log file's text."""
        file = self.folder / "state" / "telex-start" / "log" / "telex-start.log"
        return file.read_text() if file.exists() else ""

    def end(self) -> int:
        """End it by SIGTERM: the exit code."""
        self.process.terminate()
        return self.process.wait(TIMEOUT)

    def _end(self) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.end()
        return self.process.poll() is not None


def headless(folder: Path, telex: Sandbox, *options: str) -> Program:
    """`telex-start --headless --json`, signing in by standard input."""
    return Program(
        folder,
        *("--headless", "--json", "--email", telex.email, "--password-stdin", *options),
        environ=telex.environ,
        given=telex.password + "\n",
    )


# What Linux says of it.


class Reading(NamedTuple):
    """One look at processes; MB are 10^6 bytes."""

    uss: float
    """MB of their own: the pages that nobody else has."""
    pss: float
    """MB, the shared pages counted in proportion."""
    threads: int
    voluntary: int
    """Voluntary context switches of all threads: how often they woke up."""


def read(*pids: int) -> Reading:
    """Look at processes now."""
    memory: list[Any] = [psutil.Process(pid).memory_full_info() for pid in pids]  # its fields are other ones elsewhere
    tasks = [(task / "status").read_text() for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    woken = sum(int(task.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for task in tasks)
    return Reading(sum(each.uss for each in memory) / 1e6, sum(each.pss for each in memory) / 1e6, len(tasks), woken)


def tree(pid: int) -> list[int]:
    """A process with all that it has started, and so on."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def cpu_clock(pid: int) -> float:
    """Seconds of processor time that a process has taken, with those of its threads that have ended.

    Source: clock_getcpuclockid(3), whose clock of a process this is on Linux.
    """
    return time.clock_gettime((~pid << 3) | 2)
