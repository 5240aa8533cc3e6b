"""How other threads make Tk's loop take a turn. Tcl alone, without Tk, has the same loop and needs no screen."""

from __future__ import annotations

import os
import signal
import threading
import tkinter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from telex_start.desktop.tk.waker import Waker

_DONT_WAIT = 2
"""``TCL_DONT_WAIT``."""
WITHIN = 8000
"""Milliseconds; reached by a failing test only."""


class Loop:
    """A Tcl interpreter, and how often it was made to take a turn."""

    def __init__(self, tcl_socket: bool) -> None:
        self.tk: Any = tkinter.Tcl().tk
        self.turns = 0
        self.waker = Waker(self.tk, self._turn, tcl_socket=tcl_socket)

    def _turn(self) -> None:
        self.turns += 1

    def run_until_turn(self, number: int) -> None:
        """Run the loop until so many turns were taken."""
        self.tk.eval(f"set late 0; set alarm [after {WITHIN} {{set late 1}}]")
        while self.turns < number:
            self.tk.dooneevent(0)
            assert self.tk.eval("set late") == "0", "no turn"
        self.tk.eval("after cancel $alarm")

    def rest(self) -> None:
        """Handle what has come, without waiting."""
        while self.tk.dooneevent(_DONT_WAIT):
            pass


@pytest.fixture(params=[False, True], ids=["socket pair", "Tcl's own socket, as on Windows"])
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    before = sockets()
    made = Loop(request.param)
    yield made
    made.waker.close()
    made.rest()
    assert sockets() - before == set()


def sockets() -> set[str]:
    """The sockets that this process has open."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # that of the folder itself
            found.add(os.readlink(f"/proc/self/fd/{number}"))
    return {target for target in found if target.startswith("socket:")}


def test_another_thread_wakes_a_loop_that_sleeps(loop: Loop) -> None:
    for number in (1, 2, 3):
        thread = threading.Thread(target=loop.waker.wake)
        thread.start()
        loop.run_until_turn(number)
        thread.join()


class Interrupted:
    """A socket, or an interpreter, at which another thread comes in between just before it is read."""

    def __init__(self, real: Any, between: Callable[[], object]) -> None:
        self._real = real
        self._between = between

    def recv(self, size: int) -> bytes:
        self._between()
        data: bytes = self._real.recv(size)
        return data

    def call(self, *words: Any) -> Any:
        self._between()
        return self._real.call(*words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def test_a_wake_while_a_turn_begins_is_not_the_last_one(loop: Loop) -> None:
    """Its byte was read along with the one before, and from then on every wake took that byte to be still there: the
    window heard nothing any more. Seen once in some thirty runs of a window that gets ten wakes a second."""
    waker: Any = loop.waker
    kept = "_tk" if waker._tcl_socket else "_in"
    real = getattr(waker, kept)
    setattr(waker, kept, Interrupted(real, waker.wake))
    waker.wake()
    loop.run_until_turn(1)
    setattr(waker, kept, real)
    loop.rest()
    seen = loop.turns
    waker.wake()
    loop.run_until_turn(seen + 1)


def test_many_wakes_at_once_are_one_turn(loop: Loop) -> None:
    for _ in range(10_000):
        loop.waker.wake()
    loop.run_until_turn(1)
    loop.rest()
    assert loop.turns == 1


def test_nothing_is_lost_between_threads(loop: Loop) -> None:
    """What was put before a wake is seen by a turn, whenever that comes."""
    items: list[int] = []
    seen = 0

    def put() -> None:
        for number in range(2000):
            items.append(number)
            loop.waker.wake()

    threads = [threading.Thread(target=put) for _ in range(3)]
    for thread in threads:
        thread.start()
    while seen < 6000:
        loop.run_until_turn(loop.turns + 1)
        seen = len(items)
    for thread in threads:
        thread.join()


def test_a_signal_handler_wakes_it(loop: Loop) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: loop.waker.wake())
    try:
        signal.raise_signal(signal.SIGUSR1)
        loop.run_until_turn(1)
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("tcl_socket", [False, True])
def test_a_wake_after_the_end_is_nothing(tcl_socket: bool) -> None:
    loop = Loop(tcl_socket)
    loop.waker.wake()
    loop.waker.close()
    loop.waker.wake()
    loop.rest()
    assert loop.turns == 0
