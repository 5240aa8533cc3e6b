"""The program as a person starts it: a process of its own, its output as it comes, and nothing left behind."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parent.parent


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """A process, with `Popen`'s options, that is killed in the end where it has not ended by itself."""
    with subprocess.Popen(command, cwd=ROOT, **options) as process:
        try:
            yield process
        finally:
            process.kill()


class Program:
    """`telex-start` with some options.

    Args:
        folder: holds its configuration, logs, caches and lock: nothing of the machine's own is touched.
        options: as on the command line.
        environ: beside a bare environment, e.g. a sandbox's.
        given: text for its standard input; closed after that.
    """

    def __init__(
        self, folder: Path, *options: str, environ: Mapping[str, str] | None = None, given: str | None = None
    ) -> None:
        runtime = folder / "run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.environ = {
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
            self.environ.pop(name, None)
        self.folder = folder
        self._options = options
        self._given = given
        self.lines: list[str] = []
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "telex_start", *self._options],
            env=self.environ,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        assert self.process.stdin is not None
        if self._given is not None:
            self.process.stdin.write(self._given)
        self.process.stdin.close()
        self._errors = ""
        self._readers = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()
        return self

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self._errors = self.process.stderr.read()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                if kind is None:
                    raise AssertionError("it did not end on SIGTERM") from None
        for reader in self._readers:
            reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    # -- what a person, or a script, sees ----------------------------------------------------------------------------

    def line(self, wanted: Callable[[str], bool], within: float = 15.0) -> str:
        """The next line of standard output that is wanted; the ones before it are passed over."""
        end = time.monotonic() + within
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not seen within {within} s; seen: {self.lines[-20:]}\n{self.log()}") from None
            if line is None:
                raise AssertionError(f"it ended; seen: {self.lines[-20:]}\nstderr: {self._errors}\n{self.log()}")
            self.lines.append(line)
            if wanted(line):
                return line

    def event(self, kind: str, within: float = 15.0, **fields: Any) -> dict[str, Any]:
        """The next JSON object with that event and those fields."""

        def wanted(line: str) -> bool:
            found = json.loads(line)
            return found["event"] == kind and all(found[name] == value for name, value in fields.items())

        found: dict[str, Any] = json.loads(self.line(wanted, within))
        return found

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All objects with that event seen so far, and those that have come meanwhile."""
        while not self._queue.empty():
            if (line := self._queue.get()) is not None:
                self.lines.append(line)
        return [found for line in self.lines if (found := json.loads(line))["event"] == kind]

    def ended(self, within: float = 15.0) -> int:
        """Wait for its end; the exit code."""
        return self.process.wait(within)

    def end(self, number: int = signal.SIGTERM, within: float = 2.0) -> tuple[int, float]:
        """End it by a signal: the exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        code = self.process.wait(within + 5)
        return code, time.monotonic() - began

    @property
    def output(self) -> list[str]:
        """All lines of standard output, once it has ended."""
        self.process.wait(10)
        for reader in self._readers:
            reader.join(5)
        while not self._queue.empty():
            if (line := self._queue.get()) is not None:
                self.lines.append(line)
        return self.lines

    @property
    def errors(self) -> str:
        """Standard error, once it has ended."""
        self.process.wait(10)
        for reader in self._readers:
            reader.join(5)
        return self._errors

    def log(self) -> str:
        """The log file's text."""
        file = self.folder / "state" / "telex-start" / "log" / "telex-start.log"
        return file.read_text() if file.exists() else ""
