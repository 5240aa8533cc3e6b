"""Runs programs under test: reads what they print line by line, writes to them, and always ends them; also waits."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).parent.parent
"""The repository's folder, from which all processes under test run."""
TIMEOUT = 30.0
"""Seconds; generous, because it is only ever reached by a failing test on a busy machine."""


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that a test started, and wait until it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def comes(condition: Callable[[], T], within: float) -> T:
    """Wait for something of which no event tells: ask ``condition`` again and again, for at most ``within`` seconds.

    Returns:
        What the condition gave last; true if it has come.
    """
    end = time.monotonic() + within
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def until(condition: Callable[[], T], complaint: str = "it has not come", within: float = TIMEOUT) -> T:
    """Wait as :func:`comes` does, and fail if the condition does not come true; gives what the condition gave.

    Args:
        complaint: What the failure says.
        within: Seconds.
    """
    found = comes(condition, within)
    assert found, complaint
    return found


def quietly(command: Sequence[str], environ: Mapping[str, str], cwd: Path | str | None = None) -> subprocess.Popen[Any]:
    """Start a process with that environment and no input or output; the caller ends it with :func:`end`."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=environ, cwd=cwd, stdin=quiet, stdout=quiet, stderr=quiet)


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a process with `Popen`'s options, and kill it in the end if it has not ended by itself."""
    with subprocess.Popen(command, cwd=ROOT, **options) as process:
        try:
            yield process
        finally:
            process.kill()


class Process:
    """A command in a process of its own, from entering to leaving; killed in the end if it still runs.

    Args:
        command: What to run.
        environ: Its whole environment.
        given: Text for its standard input, which is closed after that; `None` leaves it open for `tell`.
        cwd: The folder that it runs in; by default the repository's.

    Attributes:
        process: The process itself.
        lines: The lines of standard output that a method here has read so far.
    """

    def __init__(
        self, command: Sequence[str], environ: Mapping[str, str], given: str | None = None, cwd: Path = ROOT
    ) -> None:
        self.environ = dict(environ)
        self.lines: list[str] = []
        self._command = command
        self._given = given
        self._cwd = cwd
        self._coming: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors = ""

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            self._command, env=self.environ, cwd=self._cwd, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8"
        )
        assert self.process.stdin is not None
        if self._given is not None:
            self.process.stdin.write(self._given)
            self.process.stdin.close()
        self._readers = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        ended_well = self.process.poll() is not None or self._end()
        if self.process.poll() is None:
            self.process.kill()
        self._all_read()
        end(self.process)
        assert ended_well or kind is not None, "it did not end as it should"

    # Its output and its input.

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self, wanted: Callable[[str], bool], within: float = TIMEOUT) -> str:
        """Wait for the next line of standard output that is ``wanted``; the lines before it are passed over.

        Raises:
            AssertionError: none came within so many seconds, or the process has ended.
        """
        deadline = time.monotonic() + within
        while True:
            try:
                line = self._coming.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not seen within {within} s; seen: {self.lines[-20:]}\n{self.log()}") from None
            if line is None:
                self._coming.put(None)  # for the next call
                self._all_read()
                raise AssertionError(f"it ended; seen: {self.lines[-20:]}\nstderr: {self._errors}\n{self.log()}")
            self.lines.append(line)
            if wanted(line):
                return line

    def next_line(self, within: float = TIMEOUT) -> str:
        """Wait for the next line of standard output.

        Raises:
            AssertionError: none came within so many seconds, or the process has ended.
        """
        return self.line(lambda _: True, within)

    def lines_so_far(self) -> list[str]:
        """All lines of standard output that have come so far. Does not wait."""
        while not self._coming.empty():
            if (line := self._coming.get()) is None:
                self._coming.put(None)
                break
            self.lines.append(line)
        return self.lines

    def event(self, kind: str, within: float = TIMEOUT, **fields: Any) -> dict[str, Any]:
        """Wait for the next line of `--json` with that event and those fields."""

        def wanted(line: str) -> bool:
            found = json.loads(line)
            return found["event"] == kind and all(found[name] == value for name, value in fields.items())

        found: dict[str, Any] = json.loads(self.line(wanted, within))
        return found

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All lines of `--json` with that event so far. Does not wait."""
        return [found for line in self.lines_so_far() if (found := json.loads(line))["event"] == kind]

    def log(self) -> str:
        """The text of its log file. Empty here; a subclass whose program has one overrides this."""
        return ""

    # Its end.

    def ended(self, within: float = TIMEOUT) -> int:
        """Wait until it has ended by itself; gives the exit code."""
        return self.process.wait(within)

    @property
    def output(self) -> list[str]:
        """All lines of standard output; waits until the process has ended."""
        self.process.wait(10)
        self._all_read()
        return self.lines_so_far()

    @property
    def errors(self) -> str:
        """The text of standard error; waits until the process has ended."""
        self.process.wait(10)
        self._all_read()
        return self._errors

    def _end(self) -> bool:
        """End a process that still runs when the test leaves it; gives whether it ended as it should. Kills it here."""
        self.process.kill()
        return True

    def _all_read(self) -> None:
        for reader in self._readers:
            reader.join(TIMEOUT)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._coming.put(line.rstrip("\n"))
        self._coming.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors = self.process.stderr.read()


class Script(Process):
    """A Python program made for a test: it runs one part of the product, and takes orders on its standard input.

    Args:
        command: The script and its arguments, relative to the repository.
        environ: Added to the few variables that it gets from this process (``PATH``, ``HOME``, ``LANG``, coverage).
    """

    def __init__(self, *command: str, environ: Mapping[str, str]) -> None:
        kept = {key: os.environ[key] for key in os.environ if key in ("PATH", "HOME", "LANG") or "COVERAGE" in key}
        super().__init__([sys.executable, *command], {**kept, "NO_AT_BRIDGE": "1", "PYTHONPATH": str(ROOT), **environ})


# Time.


_PRESSURE = Path("/proc/pressure/cpu")


class Stopwatch:
    """Measures time from its making, without the time in which anything on the machine waited for a processor.

    A time limit in a test is to find a program that waits too long for something; that a busy machine is slow says
    nothing about the program. On an idle machine this is the time on the wall; always so if the kernel does not count
    the waiting (Linux before 4.20, macOS, Windows).
    """

    def __init__(self) -> None:
        self._began, self._starved = time.monotonic(), _starved()

    def seconds(self) -> float:
        """Seconds since its making in which no thread of the machine had to wait for a processor."""
        return max(0.0, time.monotonic() - self._began - (_starved() - self._starved))


def _starved() -> float:
    """Seconds since boot in which a thread waited for a processor: the kernel's Pressure Stall Information."""
    try:
        some = _PRESSURE.read_text().splitlines()[0]
    except (OSError, IndexError):
        return 0.0
    return int(some.rpartition("total=")[2]) / 1e6
