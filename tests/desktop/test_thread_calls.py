"""What other threads want done on Tk's. Tcl alone, without Tk, has the same loop and needs no screen."""

from __future__ import annotations

import os
import signal
import socket
import threading
import tkinter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from telex_start.desktop.tk.thread_calls import ThreadCalls

_DONT_WAIT = 2
"""``TCL_DONT_WAIT``."""
WITHIN = 8000
"""Milliseconds; reached by a failing test only."""


class Interrupted:
    """A socket, or an interpreter, at which another thread comes in between just before it is read."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.between: Callable[[], object] = lambda: None

    def recv(self, size: int) -> bytes:
        self.between()
        data: bytes = self._real.recv(size)
        return data

    def call(self, *words: Any) -> Any:
        if words[0] == "read":
            self.between()
        return self._real.call(*words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class Loop:
    """A loop, and how often it was made to take a turn."""

    def __init__(self, tcl_socket: bool) -> None:
        self.tk = Interrupted(tkinter.Tcl().tk)
        self.turns = 0
        self.calls = ThreadCalls(self.tk, self._turn, tcl_socket=tcl_socket)

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


@pytest.fixture
def read_end(monkeypatch: pytest.MonkeyPatch) -> list[Interrupted]:
    """The end that is read of each pair of sockets that is made."""
    made: list[Interrupted] = []
    pair = socket.socketpair

    def socketpair() -> tuple[Interrupted, socket.socket]:
        one, other = pair()
        made.append(Interrupted(one))
        return made[-1], other

    monkeypatch.setattr(socket, "socketpair", socketpair)
    return made


@pytest.fixture(params=[False, True], ids=["socket pair", "Tcl's own socket, as on Windows"])
def loop(request: pytest.FixtureRequest, read_end: list[Interrupted]) -> Iterator[Loop]:
    before = sockets()
    made = Loop(request.param)
    yield made
    made.calls.close()
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
        thread = threading.Thread(target=loop.calls.wake)
        thread.start()
        loop.run_until_turn(number)
        thread.join()


def test_what_is_posted_is_done_in_order_on_the_loops_thread_and_told(loop: Loop) -> None:
    done: list[object] = []

    def fail() -> None:
        raise ZeroDivisionError

    def post() -> None:
        for call in (lambda: done.append(threading.current_thread()), lambda: done.append("second")):
            answers.append(loop.calls.post(call))
        answers.append(loop.calls.post(lambda: False))
        answers.append(loop.calls.post(fail))

    answers: list[Any] = []
    thread = threading.Thread(target=post)
    thread.start()
    thread.join()
    loop.run_until_turn(1)
    assert done == [threading.current_thread(), "second"]
    assert [answer.get_nowait() for answer in answers] == [True, True, False, False]


def test_a_wake_while_a_turn_begins_is_not_the_last_one(loop: Loop, read_end: list[Interrupted]) -> None:
    """Its byte was read along with the one before, and from then on every wake took that byte to be still there: the
    window heard nothing any more. Seen once in some thirty runs of a window that gets ten wakes a second."""
    read = read_end[-1] if read_end else loop.tk
    read.between = loop.calls.wake
    loop.calls.wake()
    loop.run_until_turn(1)
    read.between = lambda: None
    loop.rest()
    seen = loop.turns
    loop.calls.wake()
    loop.run_until_turn(seen + 1)


def test_many_wakes_at_once_are_one_turn(loop: Loop) -> None:
    for _ in range(10_000):
        loop.calls.wake()
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
            loop.calls.wake()

    threads = [threading.Thread(target=put) for _ in range(3)]
    for thread in threads:
        thread.start()
    while seen < 6000:
        loop.run_until_turn(loop.turns + 1)
        seen = len(items)
    for thread in threads:
        thread.join()


def test_a_signal_handler_wakes_it(loop: Loop) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: loop.calls.wake())
    try:
        signal.raise_signal(signal.SIGUSR1)
        loop.run_until_turn(1)
    finally:
        signal.signal(signal.SIGUSR1, before)


@pytest.mark.parametrize("tcl_socket", [False, True])
def test_what_comes_when_it_is_closed_is_not_done_and_told_so(tcl_socket: bool) -> None:
    """The agent opens another window then; it was lost."""
    loop = Loop(tcl_socket)
    done: list[str] = []
    waiting = loop.calls.post(lambda: done.append("waiting"))
    loop.calls.wake()
    loop.calls.close()
    late = loop.calls.post(lambda: done.append("late"))
    loop.calls.wake()
    loop.rest()
    assert (waiting.get_nowait(), late.get_nowait()) == (False, False)
    assert (loop.turns, done) == (0, [])
