"""Running one of these windows as the agent's child: it comes forward when it is asked for again, and ends with it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from ...errors import TelexStartError
from ..parent import Parent

if TYPE_CHECKING:
    from .text_window import TextWindow


class Orders:
    """What other threads want done on that of the window."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Callable[[], object], SimpleQueue[bool]]] = SimpleQueue()
        self._wake: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._over = False

    def give(self, order: Callable[[], object]) -> SimpleQueue[bool]:
        """Have it done soon. From any thread.

        Returns:
            Where it is told whether that was done: ``False`` where the window was closed before.
        """
        done: SimpleQueue[bool] = SimpleQueue()
        with self._lock:
            if self._over:
                done.put(False)
            else:
                self._waiting.put((order, done))
        self._wake()
        return done

    def run(self, window: TextWindow, parent: Parent, *, anew: bool = False) -> None:
        """Run the window until it is closed, by the person or by the agent's end.

        Args:
            anew: Where it is asked for again, another takes its place, which tells what holds then.
        """

        def forward(token: str) -> bool:
            if anew:
                self.give(window.close)
                return False  # then the agent opens another
            return self.give(lambda: window.come_forward(token)).get()

        self._wake = window.wake
        parent.listen(forward, lambda: self.give(window.close))
        window.run(self._obey)
        with self._lock:
            self._over = True
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()[1].put(False)

    def _obey(self) -> None:
        with suppress(Empty):
            while True:
                order, done = self._waiting.get_nowait()
                order()
                done.put(True)


def show(make: Callable[[Parent], object]) -> int:
    """Make and run a window.

    Args:
        make: Does it; has what the agent says.

    Returns:
        The exit code. Where a thread is left behind, in a look-up of a name for instance, this ends the process: a
        daemon thread in a library's C code can crash the interpreter's end (CPython 3.11: code -11).
    """
    parent = Parent()
    try:
        make(parent)
    except TelexStartError as error:
        parent.say(failed=error.message)
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(0)
    return 0
