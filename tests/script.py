"""A Python program of ours under test: what it prints, line by line, and what it is told."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from .fake_bus import TIMEOUT, end

ROOT = Path(__file__).parent.parent


class Script:
    """A Python program of ours in a process of its own.

    Args:
        command: The script and its arguments, relative to the repository.
        environ: What its environment has beside ``PATH`` and the like.

    Attributes:
        stderr: What it wrote there; complete once it has ended.
    """

    def __init__(self, *command: str, environ: Mapping[str, str]) -> None:
        self._command = [sys.executable, *command]
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
        self._environ = {**kept, "NO_AT_BRIDGE": "1", "PYTHONPATH": str(ROOT), **environ}
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.stderr = ""

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            self._command, env=self._environ, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join(TIMEOUT)
        end(self.process)

    def tell(self, line: str) -> None:
        """Write a line to its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def next_line(self, timeout: float = TIMEOUT) -> str:
        """The next line it prints.

        Raises:
            AssertionError: none came in time, or it has ended.
        """
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise AssertionError(f"printed nothing for {timeout} s") from None
        assert line is not None, f"ended with {self.wait()}: {self.stderr}"
        return line

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait for its end, and return its exit code."""
        code = self.process.wait(timeout)
        for thread in self._threads:
            thread.join(TIMEOUT)
        return code

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.stderr = self.process.stderr.read()
