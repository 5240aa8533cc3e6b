"""Runs calls from other threads on Tk's thread. Tcl alone, without Tk, has the same loop and needs no screen."""

from __future__ import annotations

import threading
import tkinter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from telex_start.desktop.tk.thread_calls import ThreadCalls

WITHIN = 8000
"""Milliseconds; reached by a failing test only."""


class Loop:
    """A loop, which runs until something done on it ends it."""

    def __init__(self) -> None:
        self.tk: Any = tkinter.Tcl().tk
        self.calls = ThreadCalls(self.tk)

    def run(self) -> None:
        self.tk.createcommand("late", self.tk.quit)
        alarm = self.tk.call("after", WITHIN, "late")
        self.tk.mainloop(-1)
        assert self.tk.splitlist(self.tk.call("after", "info")) == (alarm,), "it was not ended"
        self.tk.call("after", "cancel", alarm)


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.calls.close()


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_what_is_posted_is_done_in_order_on_the_loops_thread_and_told(loop: Loop) -> None:
    done: list[object] = []
    answers: list[Any] = []

    def fail() -> None:
        raise ZeroDivisionError

    def post() -> None:
        for call in (lambda: done.append(threading.current_thread()), lambda: done.append("second")):
            answers.append(loop.calls.post(call))
        answers.append(loop.calls.post(lambda: False))
        answers.append(loop.calls.post(fail))
        answers.append(loop.calls.post(loop.tk.quit))

    in_a_thread(post).join()  # before the loop begins, too
    loop.run()
    assert done == [threading.current_thread(), "second"]
    assert [answer.get_nowait() for answer in answers] == [True, True, False, False, True]


def test_nothing_is_lost_between_threads(loop: Loop) -> None:
    seen: list[int] = []

    def see(number: int) -> None:
        seen.append(number)
        if len(seen) == 6000:
            loop.tk.quit()

    def post() -> None:
        for number in range(2000):
            loop.calls.post(partial(see, number))

    threads = [in_a_thread(post) for _ in range(3)]
    loop.run()
    for thread in threads:
        thread.join()
    assert len(seen) == 6000


def test_what_comes_when_it_is_closed_is_not_done_and_told_so(loop: Loop) -> None:
    """The agent then opens another window; before, the call was lost."""
    done: list[str] = []
    waiting = loop.calls.post(lambda: done.append("waiting"))
    loop.calls.close()
    late = loop.calls.post(lambda: done.append("late"))
    assert (waiting.get_nowait(), late.get_nowait(), done) == (False, False, [])
