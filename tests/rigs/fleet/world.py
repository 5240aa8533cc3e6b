"""Virtual time: a clock that jumps to whatever is due next, and greenlets that stand in for threads."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import deque
from collections.abc import Callable
from queue import Empty
from typing import Any

import greenlet


class World:
    """The virtual time, and all that is due. All runs on one thread; nothing here may block."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._now = 1000.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._hub = greenlet.getcurrent()

    def now(self) -> float:
        """The virtual time in seconds."""
        return self._now

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        """Call something in so many seconds. The call must not wait."""
        self.at(self._now + seconds, call)

    def at(self, when: float, call: Callable[[], object]) -> None:
        """Call something at that time; calls due at the same time are made in the order in which they were given."""
        heapq.heappush(self._due, (when, next(self._numbers), call))

    def run(self, seconds: float) -> None:
        """Let so many seconds pass: make all calls that are due."""
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, call = heapq.heappop(self._due)
            call()
        self._now = end

    def wait(self, wakers: Callable[[Callable[[], None]], None], seconds: float | None) -> None:
        """Let others run until something wakes the caller, or so many seconds have passed.

        Args:
            wakers: Called with the function that wakes the caller; that may be called any number of times.
            seconds: ``None`` for ever.
        """
        waiting = [greenlet.getcurrent()]

        def wake() -> None:
            if waiting:
                waiting.pop().switch()

        wakers(lambda: self.after(0.0, wake))
        if seconds is not None:
            self.after(seconds, wake)
        self._hub.switch()

    def sleep(self, seconds: float) -> None:
        """Let others run for so many seconds."""
        self.wait(lambda _: None, seconds)

    def start(self, run: Callable[[], None]) -> None:
        """Run a function in a greenlet of its own, beginning at this time."""
        self.after(0.0, greenlet.greenlet(run, parent=self._hub).switch)


# Stand-ins for classes of ``threading`` and ``queue``.


class Thread:
    """The part of ``threading.Thread`` that the session uses."""

    def __init__(self, world: World, target: Callable[[], None], name: str, daemon: bool) -> None:
        self._world = world
        self._target = target
        self._alive = False

    def start(self) -> None:
        self._alive = True
        self._world.start(self._run)

    def _run(self) -> None:
        try:
            self._target()
        finally:
            self._alive = False

    def is_alive(self) -> bool:
        return self._alive


class Condition:
    """The part of ``threading.Condition`` that the session uses. Only a wait lets others run, so it locks nothing."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wakes: list[Callable[[], None]] = []

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def wait(self, timeout: float | None = None) -> None:
        self._world.wait(self._wakes.append, timeout)

    def notify_all(self) -> None:
        wakes, self._wakes = self._wakes, []
        for wake in wakes:
            wake()


class Flag:
    """The part of ``threading.Event`` that the session uses; one greenlet may wait at a time."""

    def __init__(self, world: World) -> None:
        self._changed = Condition(world)
        self._is_set = False

    def set(self) -> None:
        self._is_set = True
        self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._is_set:
            self._changed.wait(timeout)
        return self._is_set


class Queue:
    """The part of ``queue.Queue`` that a connection uses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._items: deque[Any] = deque()
        self._came = Condition(world)

    def put(self, item: Any) -> None:
        self._items.append(item)
        self._came.notify_all()

    def get(self, timeout: float | None) -> Any:
        end = None if timeout is None else self._world.now() + timeout
        while not self._items:
            if end is not None and self._world.now() >= end:
                raise Empty
            self._came.wait(None if end is None else end - self._world.now())
        return self._items.popleft()
