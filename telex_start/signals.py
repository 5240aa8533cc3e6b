"""What the system and the person at the terminal end the program with: signals, and on Windows console events.

They are told by a callback, so that the program ends in its own order. Only a main thread that the terminal blocks (a
person is being asked, or nobody reads the output) is interrupted where it is, by KeyboardInterrupt, whether it was
blocked when the signal came or only gets blocked on its way out.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

_LOOK_AGAIN = 0.25
"""Seconds between two looks at whether the terminal blocks the end."""
_CLOSE_WITHIN = 4.0
"""Seconds of the five that Windows gives a program whose console is closed."""

_wake: int | None = None
"""Can be read when a signal has come."""


def listen(told: Callable[[int], None], blocked: Callable[[], bool]) -> None:
    """Listen from now on. Called by the main thread.

    Args:
        told: Gets the signal's number, in a signal handler or on a thread of the system's: it may do no more than put
            something on a ``SimpleQueue``.
        blocked: Whether the terminal blocks the main thread now.
    """

    def arrived(number: int, frame: FrameType | None) -> None:
        told(number)
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, _LOOK_AGAIN, _LOOK_AGAIN)
        look(number, frame)

    def look(number: int, frame: FrameType | None) -> None:
        if blocked():
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, arrived)
    signal.signal(signal.SIGINT, arrived)
    if sys.platform == "win32":
        _listen_to_the_console(told)
    else:
        _make_wake()
        signal.signal(signal.SIGALRM, look)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup ignores it, for us too
            signal.signal(signal.SIGHUP, arrived)


def wait_to_read(descriptor: int) -> None:
    """Wait until a terminal has a line to read, or until a signal's handler raises.

    A signal that comes just before a blocking read has its handler run after it only, which is when the person has
    answered.
    """
    while True:
        ready = select.select([descriptor] if _wake is None else [descriptor, _wake], [], [])[0]
        if descriptor in ready:
            return
        if _wake is not None:
            with contextlib.suppress(BlockingIOError):
                os.read(_wake, 64)


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
else:

    def _make_wake() -> None:
        global _wake
        if _wake is None:
            _wake, write = os.pipe()
            os.set_blocking(_wake, False)
            os.set_blocking(write, False)
            signal.set_wakeup_fd(write, warn_on_full_buffer=False)
