"""Virtual time: greenlets in the place of threads, and a clock that jumps to whatever is due next."""

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
    """Time, and who waits for what. All of it runs on one thread; nothing here may block."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self._now = 1000.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._hub = greenlet.getcurrent()

    def now(self) -> float:
        """Seconds."""
        return self._now

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        """Call something in so many seconds. It must not wait."""
        self.at(self._now + seconds, call)

    def at(self, when: float, call: Callable[[], object]) -> None:
        """Call something then; what is due at the same time is called in the order in which it was given."""
        heapq.heappush(self._due, (when, next(self._numbers), call))

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        end = self._now + seconds
        while self._due and self._due[0][0] <= end:
            self._now, _, call = heapq.heappop(self._due)
            call()
        self._now = end

    def wait(self, wakers: Callable[[Callable[[], None]], None], seconds: float | None) -> None:
        """Give way until something wakes the caller, or so many seconds have passed.

        Args:
            wakers: Is given the call that wakes it; to be called any number of times.
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
        """Give way for so many seconds."""
        self.wait(lambda _: None, seconds)

    def start(self, run: Callable[[], None]) -> None:
        """Run it from now on, beside all else."""
        self.after(0.0, greenlet.greenlet(run, parent=self._hub).switch)


# In the place of ``threading`` and ``queue``.


class Thread:
    """What the session uses of a thread."""

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
    """What the session uses of a condition. A greenlet gives way when it waits and never else: nothing is locked."""

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
    """What the session uses of an event, for one that waits at a time."""

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
    """What a connection uses of a queue."""

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
