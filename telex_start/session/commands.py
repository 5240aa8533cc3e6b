"""The queue of commands to the session thread, on which that thread also waits."""

from __future__ import annotations

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
        self._leaving: list[type[Command]] = []  # those put so far: adding one needs no lock
        self._taken_leaving = 0
        self._now = now

    def put(self, command: Command) -> None:
        """Queue a command."""
        self._queue.put(command)
        if isinstance(command, LEAVING):
            self._leaving.append(type(command))

    def leaving(self) -> bool:
        """Whether a command waits that ends what is under way. Any thread."""
        return len(self._leaving) > self._taken_leaving

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
        self._taken_leaving += isinstance(command, LEAVING)
        return command
