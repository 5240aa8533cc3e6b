"""Passes on the signals that end the program (on Windows: console events), so that it ends in its own order.

If the program has a controlling terminal, SIGHUP ends it: the terminal has gone. Otherwise SIGHUP asks it to read its
configuration again, as is usual for daemons. Each signal goes to a callback. Only if the terminal blocks the main
thread (a person is being asked) is that thread interrupted at once, by KeyboardInterrupt.

Python runs a signal's handler on the main thread, between two of its steps. A signal that comes just before the main
thread goes to sleep would therefore wait for the end of the sleep. So Python writes the signal's number to a pipe
(:func:`signal.set_wakeup_fd`), another thread reads it there and calls back, and from then on a timer interrupts the
main thread's system calls again and again, in case the terminal blocks it. :func:`end` stops the timer before the
interpreter ends: at its end it gives up the handlers, and without one the timer's signal would kill the process.

Also forbids core dumps of a program killed by a signal: they would hold the password and the tokens.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NamedTuple

_came_early: list[int] = []
"""The numbers of the signals that came before :func:`listen` was called."""
_reloading: list[int] = []
"""SIGHUP, if there is no terminal that could hang up."""
_LOOK_EVERY = 0.2
"""Seconds between two looks at whether the terminal blocks the main thread, after a signal came."""
_CLOSE_WITHIN = 4.0
"""Seconds of the five that Windows gives a program whose console is closed."""


core_dumps_before = ":"
"""Shell commands that undo :func:`forbid_core_dumps`, for a shell that then becomes a program of the person's: its core
dumps are none of our matter."""
_CORE_BLOCK = 512
"""Bytes: the unit of a shell's ``ulimit -c``."""


class Watch(NamedTuple):
    """What a thread other than the main one has to do: call ``came`` whenever ``descriptor`` can be read."""

    descriptor: int
    came: Callable[[], None]


def record() -> None:
    """Keep the signals from now on until :func:`listen` passes them on. Called by the main thread.

    The handler raises nothing: its exception could come up anywhere, also in an import, which may swallow it.
    """

    def keep(number: int, frame: FrameType | None) -> None:
        _came_early.append(number)

    if sys.platform != "win32" and not _has_terminal():
        _reloading[:] = [signal.SIGHUP]
        signal.signal(signal.SIGHUP, keep)  # also if it is ignored: that was for a terminal's sake
    for number in (signal.SIGTERM, signal.SIGINT, *_hang_up()):
        signal.signal(number, keep)


def asks_to_reload(number: int) -> bool:
    """Whether that signal asks to read the configuration again; the others ask to end."""
    return number in _reloading


def _has_terminal() -> bool:
    """Whether a terminal controls this process. Asked at the start: when SIGHUP comes, the terminal is gone already."""
    if sys.platform == "win32":
        return False
    try:
        os.close(os.open(os.ctermid(), os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def listen(on_signal: Callable[[int], None], main_is_blocked: Callable[[], bool]) -> Watch | None:
    """Pass signals on from now on, those that :func:`record` has kept first. Called by the main thread, once.

    Args:
        on_signal: Gets the signal's number, on another thread.
        main_is_blocked: Whether the terminal blocks the main thread now.

    Returns:
        What another thread has to do for this; ``None`` on Windows, where the system has a thread for it.
    """

    def look(number: int, frame: FrameType | None) -> None:
        if main_is_blocked() and number not in _reloading:
            raise KeyboardInterrupt

    if sys.platform == "win32":

        def arrived(number: int, frame: FrameType | None) -> None:
            on_signal(number)
            look(number, frame)

        for number in _ours():
            signal.signal(number, arrived)
        _nudge.main_is_blocked = main_is_blocked
        _listen_to_the_console(on_signal)
        for before in _came_early:
            on_signal(before)
        return None

    read, write = os.pipe()
    for end in (read, write):
        os.set_blocking(end, False)

    def came() -> None:
        for number in os.read(read, 64):
            if number != signal.SIGALRM:
                on_signal(number)
                if number not in _reloading:
                    signal.setitimer(signal.ITIMER_REAL, _LOOK_EVERY, _LOOK_EVERY)

    # Other signals, which libraries and children cause (SIGCHLD, SIGPIPE), have no handler, and so write nothing.
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    for number in _ours():
        signal.signal(number, look)
    for before in _came_early:
        signal.raise_signal(before)
    return Watch(read, came)


def end() -> None:
    """Ignore the signals from now on: the program ends. Called by the main thread, when nothing blocks it any more.

    The signals are ignored rather than handled, since that outlives the interpreter's handlers. So neither a second
    SIGTERM nor a timer that the other thread sets at this very moment can kill a process that ends in order.
    """
    for number in _ours():
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "win32":
        _nudge.ended.set()
    else:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ours() -> list[signal.Signals]:
    """The signals that are handled here."""
    if sys.platform == "win32":
        return [signal.SIGTERM, signal.SIGINT]
    return [signal.SIGTERM, signal.SIGINT, signal.SIGALRM, *_hang_up()]


def _hang_up() -> list[signal.Signals]:
    """SIGHUP, unless it is ignored, as nohup has it."""
    if sys.platform == "win32" or signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return []
    return [signal.SIGHUP]


def interrupt() -> None:
    """From another thread: have the main thread, which the terminal may block, see that it has to end."""
    if sys.platform == "win32":
        _nudge.start()
    else:
        # Sent to the main thread itself: another thread would take the signal without waking the main one.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


if sys.platform == "win32":

    class _Nudge:
        """Interrupts the main thread, which has to end, again and again whenever the terminal blocks it.

        A handler runs at that thread's next step, and Windows interrupts no wait for a line. So the wait gets a line.
        """

        def __init__(self) -> None:
            self.main_is_blocked: Callable[[], bool] = lambda: False
            self._started = False
            self.ended = threading.Event()
            """Nothing blocks the main thread any more."""

        def start(self) -> None:
            """Begin; from any thread, as often as one likes."""
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="signals", daemon=True).start()

        def _run(self) -> None:
            import _thread

            from .streams import press_return

            while not self.ended.is_set():
                if self.main_is_blocked():
                    _thread.interrupt_main(signal.SIGTERM)
                    press_return()
                self.ended.wait(_LOOK_EVERY)

    _nudge = _Nudge()
    _kept: list[object] = []

    def _listen_to_the_console(on_signal: Callable[[int], None]) -> None:
        """Take console events, which come on a thread; a main thread that waits for its queue runs no handler here.

        *Read, not run:* there was no Windows to try it on.
        """
        import ctypes

        def happened(event: int) -> bool:
            on_signal(signal.SIGINT)
            if event >= 2:  # closed, logged off or shut down: when this returns the process is ended
                interrupt()
                threading.Event().wait(_CLOSE_WITHIN)
            return True

        routine = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(happened)
        _kept.append(routine)
        ctypes.windll.kernel32.SetConsoleCtrlHandler(routine, True)


def forbid_core_dumps() -> None:
    """Leave no core dump of this process, nor of what it starts."""
    global core_dumps_before
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    limit = "unlimited" if soft == resource.RLIM_INFINITY else soft // _CORE_BLOCK
    core_dumps_before = f"ulimit -S -c {limit}"
    # By core(5) the limit does not count if the kernel pipes dumps to a program, as to systemd-coredump. Such a
    # program then gets none of the memory; without Linux's file there is no such program either.
    with suppress(OSError), open("/proc/self/coredump_filter", "r+", encoding="ascii") as file:
        memory = file.read().strip()
        file.write("0")
        core_dumps_before += f"; echo 0x{memory} >/proc/$$/coredump_filter"
