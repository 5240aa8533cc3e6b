"""Runs the agent as a process, as a person or a script starts it; also measures its memory, wake-ups and CPU time.

`Process.event` waits for a line that it prints with `--json`.
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
    """`telex-start` with some options. If it still runs when it is left, it must end on SIGTERM.

    Args:
        folder: holds its configuration, logs, caches and lock: nothing of the machine's own is touched.
        options: as on the command line.
        environ: added to a bare environment, e.g. :attr:`Sandbox.environ`.
        given: text for its standard input, which is closed after that.
        command: the program to run, without the options.
        cwd: the folder that it runs in; by default the repository's.
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
        """End it by SIGTERM; gives the exit code."""
        self.process.terminate()
        return self.process.wait(TIMEOUT)

    def _end(self) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.end()
        return self.process.poll() is not None


def headless(
    folder: Path, telex: Sandbox, *options: str, environ: Mapping[str, str] | None = None, **more: Any
) -> Program:
    """`telex-start --headless --json`, signing in by standard input.

    Args:
        environ: added to the sandbox's.
        more: other arguments of :class:`Program`.
    """
    return Program(
        folder,
        *("--headless", "--json", "--email", telex.email, "--password-stdin", *options),
        environ={**telex.environ, **(environ or {})},
        given=telex.password + "\n",
        **more,
    )


def configure(folder: Path, text: str) -> Path:
    """Write the configuration file of a :class:`Program` in that folder; gives the file's path."""
    file = folder / "config" / "telex-start" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


# What Linux measures of processes.


class Reading(NamedTuple):
    """The figures of some processes together, at one moment; MB are 10^6 bytes."""

    uss: float
    """MB of pages that no other process shares (unique set size)."""
    pss: float
    """MB, each shared page divided by the number of processes that share it (proportional set size)."""
    threads: int
    voluntary: int
    """Voluntary context switches of all threads: how often they woke up."""


def read(*pids: int) -> Reading:
    """Measure these processes now."""
    memory: list[Any] = [psutil.Process(pid).memory_full_info() for pid in pids]  # other fields on other systems
    tasks = [(task / "status").read_text() for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    woken = sum(int(task.partition("\nvoluntary_ctxt_switches:")[2].split()[0]) for task in tasks)
    return Reading(sum(each.uss for each in memory) / 1e6, sum(each.pss for each in memory) / 1e6, len(tasks), woken)


def tree(pid: int) -> list[int]:
    """The ids of a process and all its descendants."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def cpu_clock(pid: int) -> float:
    """Seconds of processor time that a process has taken, its ended threads included.

    Source: the clock that clock_getcpuclockid(3) names for a process on Linux.
    """
    return time.clock_gettime((~pid << 3) | 2)
