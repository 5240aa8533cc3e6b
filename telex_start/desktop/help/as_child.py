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
        self._waiting: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._wake: Callable[[], object] = lambda: None

    def give(self, order: Callable[[], object]) -> None:
        """Have it done soon. From any thread."""
        self._waiting.put(order)
        self._wake()

    def run(self, window: TextWindow, parent: Parent) -> None:
        """Run the window until it is closed, by the person or by the agent's end."""
        self._wake = window.wake
        parent.listen(lambda _: self.give(window.come_forward), lambda: self.give(window.close))
        window.run(self._obey)

    def _obey(self) -> None:
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()()


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
