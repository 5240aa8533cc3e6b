"""The queue of commands to the session thread, on which that thread also waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

from ..events import CancelSignIn, Command, SignOut, Stop

LEAVING = (SignOut, CancelSignIn, Stop)
"""Commands that end what is under way, whatever that is."""

_LOOK_AT_CLOCK = 60.0
"""Seconds of a long wait after which the clock is looked at: a queue's time-out stands still in sleep."""


class Commands:
    """Any thread may :meth:`put`; the rest is for the session thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        """``now`` gives seconds on a clock that counts sleep."""
        self._queue: SimpleQueue[Command] = SimpleQueue()
        self._lock = threading.Lock()
        self._leaving = 0
        self._now = now

    def put(self, command: Command) -> None:
        """Queue a command."""
        self._queue.put(command)
        self._count(command, 1)

    def leaving(self) -> bool:
        """Whether a command waits that ends what is under way. Any thread."""
        return self._leaving > 0

    def next(self) -> Command:
        """Wait for a command."""
        return self._taken(self._queue.get())

    def until(self, end: float) -> Command | None:
        """Wait for a command until then, on the clock ``now``; ``None`` where none came."""
        while True:
            left = min(end - self._now(), _LOOK_AT_CLOCK)
            try:
                return self._taken(self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait())
            except Empty:
                if end - self._now() <= 0:
                    return None

    def _taken(self, command: Command) -> Command:
        self._count(command, -1)
        return command

    def _count(self, command: Command, more: int) -> None:
        if isinstance(command, LEAVING):
            with self._lock:
                self._leaving += more
