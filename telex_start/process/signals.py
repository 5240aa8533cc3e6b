"""What the system and the person at the terminal end the program with: signals, and on Windows console events.

They are told by a callback, so that the program ends in its own order. Only a main thread that the terminal blocks (a
person is being asked, or nobody reads the output) is interrupted where it is, by KeyboardInterrupt.

Python runs a signal's handler on the main thread, between two of its steps. A signal that comes just before the main
thread goes to sleep would therefore wait for the end of the sleep. So the number goes through a pipe to a thread that
is awake, and a timer keeps knocking at the main thread until the program has ended.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

_came_early: list[int] = []
"""The numbers of the signals that came while the program started, before there was anybody to tell."""
_KNOCK_EVERY = 0.2
"""Seconds between two looks at whether the terminal blocks the end."""
_CLOSE_WITHIN = 4.0
"""Seconds of the five that Windows gives a program whose console is closed."""


class Watch(NamedTuple):
    """What a thread other than the main one is to do."""

    descriptor: int
    """Wait until this can be read,"""
    came: Callable[[], None]
    """and call this then."""


def record() -> None:
    """Note SIGTERM and SIGINT from now on, to be told by :func:`listen`. Called by the main thread.

    An exception out of a handler can come anywhere, also into an import, which may swallow it.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: _came_early.append(received))


def listen(told: Callable[[int], None], blocked: Callable[[], bool]) -> Watch | None:
    """Listen from now on. Called by the main thread, once.

    Args:
        told: Gets the signal's number, on another thread.
        blocked: Whether the terminal blocks the main thread now.

    Returns:
        What another thread is to do for it; ``None`` on Windows, where the system has a thread for it.
    """

    def look(number: int, frame: FrameType | None) -> None:
        if blocked():
            raise KeyboardInterrupt

    if sys.platform == "win32":

        def arrived(number: int, frame: FrameType | None) -> None:
            told(number)
            look(number, frame)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, arrived)
        _listen_to_the_console(told)
        for before in _came_early:
            told(before)
        return None

    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)

    def came() -> None:
        for number in os.read(read, 64):
            if number != signal.SIGALRM:
                told(number)
                signal.setitimer(signal.ITIMER_REAL, _KNOCK_EVERY, _KNOCK_EVERY)

    # Those that libraries and children make for themselves (SIGCHLD, SIGPIPE) have no handler, and write nothing.
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, look)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it, for us too
        signal.signal(signal.SIGHUP, look)
    for before in _came_early:
        signal.raise_signal(before)
    return Watch(read, came)


def interrupt() -> None:
    """From another thread: as if SIGTERM had come, for a main thread that the terminal may block."""
    if sys.platform == "win32":
        import _thread

        _thread.interrupt_main(signal.SIGTERM)
    else:
        # To this very thread: another one would take the signal without waking it.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


if sys.platform == "win32":
    _kept: list[object] = []

    def _listen_to_the_console(told: Callable[[int], None]) -> None:
        """A main thread that waits for its queue runs no signal handler on Windows; a console event has its own thread.

        *Read, not run:* there was no Windows to try it on.
        """
        import ctypes

        def happened(event: int) -> bool:
            told(signal.SIGINT)
            if event >= 2:  # closed, logged off or shut down: when this returns the process is ended
                threading.Event().wait(_CLOSE_WITHIN)
            return True

        routine = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(happened)
        _kept.append(routine)
        ctypes.windll.kernel32.SetConsoleCtrlHandler(routine, True)
