"""Standard output, written by a thread of its own: a reader that stops reading stops nothing but what it reads.

What the reader has not taken yet waits in a queue of :data:`MOST_QUEUED` bytes; when that is full the oldest lines go.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

MOST_QUEUED = 1_000_000
"""Bytes that wait for the reader, at most."""
_AT_ONCE = 4096
"""Bytes of several lines that are written at once, at most: a pipe takes so many whole (``PIPE_BUF`` of Linux)."""
_PASSING_ERRORS = (errno.ENOSPC, errno.EDQUOT) if sys.platform != "win32" else (errno.ENOSPC,)
"""A full disk: lines are lost, and the program runs on for its toasts."""

log = logging.getLogger(__name__)


class Output:
    """Writes whole lines. The thread starts with the first one."""

    def __init__(self, out: TextIO, reader_gone: Callable[[], None], encoding: str | None = None) -> None:
        """
        Args:
            out: Standard output. Written below its buffer, whose lock the thread would take along when it is left
                behind in a write: the interpreter could not end then.
            reader_gone: Called once, on the thread, when nobody reads any more.
            encoding: Of what is written; ``None``: as ``out`` has it.
        """
        out.flush()
        buffer: Any = out.buffer
        self._raw: Any = getattr(buffer, "raw", buffer)  # with `python -u` there is no buffer above it
        self._encoding = encoding or out.encoding or "utf-8"
        self._end = os.linesep.encode(self._encoding)
        self._reader_gone = reader_gone
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        # Guarded by the lock.
        self._lines: deque[bytes] = deque()
        self._queued = 0
        self._writing = False
        self._waiting = False
        """The thread waits for a line."""
        self._dropped = 0
        self._ended = False
        self._thread: threading.Thread | None = None
        # The thread's.
        self._cut = False
        """The last line went out in part: the next must not continue it."""

    def write(self, line: str | bytes) -> None:
        """Queue a line, without its end. Never blocks; after the reader has gone it does nothing.

        Args:
            line: Bytes are written as they are.
        """
        data = line + self._end if isinstance(line, bytes) else (line + os.linesep).encode(self._encoding, "replace")
        with self._lock:
            if self._ended:
                return
            self._lines.append(data)
            self._queued += len(data)
            first_dropped = not self._dropped
            while self._queued > MOST_QUEUED:
                self._queued -= len(self._lines.popleft())
                self._dropped += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
            if self._waiting:  # one that writes looks for more when it has written
                self._waiting = False
                self._changed.notify_all()
            first_dropped = first_dropped and self._dropped > 0
        if first_dropped:
            log.warning("nobody reads standard output: its oldest lines are dropped")

    def wait(self, seconds: float) -> bool:
        """Wait until all is written; ``False`` where it is not after so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._ended or not (self._lines or self._writing), seconds)

    def stop(self, seconds: float) -> None:
        """Write what is queued, but give up after so many seconds. After that nothing is written any more."""
        self.wait(seconds)
        with self._changed:
            self._ended = True
            self._lines.clear()
            self._changed.notify_all()
            thread = self._thread if not self._writing else None
        if thread is not None:
            thread.join(seconds)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        failing = False
        while (lines := self._next()) is not None:
            try:
                self._write_all(lines)
                failing = False
            except (OSError, ValueError) as error:
                if getattr(error, "errno", None) not in _PASSING_ERRORS:
                    self._lose_the_reader()
                    return
                if not failing and not self._ended:
                    log.warning("standard output takes nothing: %s", error)
                failing = True

    def _next(self) -> bytes | None:
        """The lines that wait, or so much of them as is written at once; waits for one. ``None`` at the end."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            dropped = 0
            if not self._lines and not self._ended:
                dropped, self._dropped = self._dropped, 0
        if dropped:
            log.warning("standard output is read again; %d lines were dropped", dropped)
        with self._changed:
            while not (self._lines or self._ended):
                self._waiting = True
                self._changed.wait()
            self._waiting = False
            if self._ended:
                return None
            taken = [self._lines.popleft()]
            size = len(taken[0])
            while self._lines and size + len(self._lines[0]) <= _AT_ONCE:
                taken.append(self._lines.popleft())
                size += len(taken[-1])
            self._queued -= size
            self._writing = True
            return b"".join(taken)

    def _write_all(self, lines: bytes) -> None:
        left = memoryview(self._end + lines if self._cut else lines)
        while left:
            written = self._raw.write(left)
            if written is None:  # it does not block, and its reader is slow
                select.select([], [self._raw], [])
                continue
            left = left[written:]
            self._cut = bool(left)

    def _lose_the_reader(self) -> None:
        """Nobody reads any more, as in ``telex-start --headless | head``."""
        with self._changed:
            known = self._ended
            self._ended = True
            self._lines.clear()
            self._writing = False
            self._changed.notify_all()
        if not known:
            self._reader_gone()
