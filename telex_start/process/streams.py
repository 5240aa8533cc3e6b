"""The standard streams: a terminal or none, and lines for a reader that may stop reading.

What Windows needs, so that a question can be asked there and ended unanswered, is here too.
"""

from __future__ import annotations

import errno
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TextIO

from .lazylog import Log

MOST_QUEUED = 1_000_000
"""Bytes that wait for the reader, at most."""
_PASSING_ERRORS = (errno.ENOSPC, errno.EDQUOT) if sys.platform != "win32" else (errno.ENOSPC,)
"""A full disk: lines are lost, and the program runs on for its toasts."""

log = Log(__name__)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person is at the other end of a stream.

    Args:
        stream: ``None`` where the program was started without it.
    """
    try:
        if stream is None or not stream.isatty():
            return False
    except ValueError:  # it is closed
        return False
    # Windows says "a terminal" of every device, the null device included; only a console has a mode.
    return sys.platform != "win32" or has_console_mode(stream.fileno())


def speak_utf8() -> None:
    """Write UTF-8 to standard output and error, and whatever cannot be encoded as an escape. For Windows.

    Where they are no console Python takes the ANSI code page for them (until Python 3.15): half of the world's names
    would become question marks there, and a program that reads our lines would have to guess.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


class Output:
    """Writes whole lines on a thread of its own: a reader that stops reading stops nothing but what it reads.

    What the reader has not taken yet waits in a queue of :data:`MOST_QUEUED` bytes; when that is full the oldest lines
    go. The thread starts with the first line.
    """

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
        self._reader_gone = reader_gone
        self._changed = threading.Condition()
        # Guarded by it.
        self._lines: deque[bytes] = deque()
        self._queued = 0
        self._writing = False
        self._dropped = 0
        self._ended = False
        self._thread: threading.Thread | None = None
        # The thread's.
        self._cut = False
        """The last line went out in part: the next must not continue it."""

    def write(self, line: str) -> None:
        """Queue a line, without its end. Never blocks; after the reader has gone it does nothing."""
        data = (line + os.linesep).encode(self._encoding, "replace")
        with self._changed:
            if self._ended:
                return
            self._lines.append(data)
            self._queued += len(data)
            while self._queued > MOST_QUEUED:
                self._queued -= len(self._lines.popleft())
                self._dropped += 1
                if self._dropped == 1:
                    log.warning("nobody reads standard output: its oldest lines are dropped")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="output", daemon=True)
                self._thread.start()
            self._changed.notify_all()

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

    # The thread.

    def _run(self) -> None:
        failing = False
        while (line := self._next()) is not None:
            try:
                self._write_all(line)
                failing = False
            except (OSError, ValueError) as error:
                if getattr(error, "errno", None) not in _PASSING_ERRORS:
                    self._lose_the_reader()
                    return
                if not failing and not self._ended:
                    log.warning("standard output takes nothing: %s", error)
                failing = True

    def _next(self) -> bytes | None:
        """The next line; waits for one. ``None`` at the end."""
        with self._changed:
            self._writing = False
            self._changed.notify_all()
            if self._dropped and not self._lines and not self._ended:
                log.warning("standard output is read again; %d lines were dropped", self._dropped)
                self._dropped = 0
            self._changed.wait_for(lambda: self._lines or self._ended)
            if self._ended:
                return None
            self._writing = True
            line = self._lines.popleft()
            self._queued -= len(line)
            return line

    def _write_all(self, line: bytes) -> None:
        left = memoryview(os.linesep.encode(self._encoding) + line if self._cut else line)
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


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    _KEY_EVENT = 1
    _VK_RETURN = 0x0D
    _READ_AND_WRITE = 0xC0000000
    _SHARED = 3
    _OPEN_EXISTING = 3

    class _Key(ctypes.Structure):
        """``INPUT_RECORD`` with a ``KEY_EVENT_RECORD``, the only kind that is made here."""

        _fields_ = (
            ("event", wintypes.WORD),
            ("down", wintypes.BOOL),
            ("repeat", wintypes.WORD),
            ("key", wintypes.WORD),
            ("scan", wintypes.WORD),
            ("character", wintypes.WCHAR),
            ("modifiers", wintypes.DWORD),
        )

    def has_console_mode(descriptor: int) -> bool:
        import msvcrt

        mode = wintypes.DWORD()
        handle = wintypes.HANDLE(msvcrt.get_osfhandle(descriptor))
        return bool(ctypes.windll.kernel32.GetConsoleMode(handle, ctypes.byref(mode)))

    def press_return() -> None:
        """Press the Return key at our console, so that whoever waits there for a line has one.

        Nothing else ends both kinds of waiting: a line read by ``ReadConsole``, and the keys of a password.
        """
        kernel32 = ctypes.windll.kernel32
        kernel32.CreateFileW.restype = wintypes.HANDLE
        console = wintypes.HANDLE(
            kernel32.CreateFileW("CONIN$", _READ_AND_WRITE, _SHARED, None, _OPEN_EXISTING, 0, None)
        )
        down, up = (_Key(_KEY_EVENT, way, 1, _VK_RETURN, 0, "\r", 0) for way in (True, False))
        written = wintypes.DWORD()
        kernel32.WriteConsoleInputW(console, (_Key * 2)(down, up), 2, ctypes.byref(written))
        kernel32.CloseHandle(console)

else:

    def has_console_mode(descriptor: int) -> bool:
        return True
