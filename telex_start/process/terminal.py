"""Terminals: which stream is one; and what Windows needs for a question to be asked, and ended unanswered."""

from __future__ import annotations

import sys
from typing import TextIO


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
    return sys.platform != "win32" or _has_console_mode(stream.fileno())


def speak_utf8() -> None:
    """Write UTF-8 to standard output and error, and whatever cannot be encoded as an escape. For Windows.

    Where they are no console Python takes the ANSI code page for them (until Python 3.15): half of the world's names
    would become question marks there, and a program that reads our lines would have to guess.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]


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

    def _has_console_mode(descriptor: int) -> bool:
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

    def _has_console_mode(descriptor: int) -> bool:
        return True

    def press_return() -> None:
        """Elsewhere a signal interrupts who waits at the terminal."""
