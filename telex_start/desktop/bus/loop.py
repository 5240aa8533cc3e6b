"""The desktop loop: one thread for all connections to a D-Bus, asleep in ``poll`` until something comes or is due.

Each connection is a :class:`Part` of it: to the session bus, and to the system bus where the machine's sleep is
watched.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from ...process.lazylog import Log
from .transport import READABLE, WRITABLE, Transport, WakeUp, connect, new_poll

log = Log(__name__)

MOST_WAITING = 1000
"""Pieces of work that may wait for the thread."""


class Part(Protocol):
    """A connection that lives in the loop. The loop calls all of this on its thread."""

    def turn(self, now: float) -> None:
        """Do what is due."""

    def deadline(self) -> float | None:
        """When :meth:`turn` is due, on the monotonic clock; ``None``: not before something comes."""

    def ready(self) -> None:
        """Something can be read."""

    def failed(self, error: Exception) -> None:
        """One of these calls failed with something unexpected."""

    def close(self) -> None:
        """The loop ends."""


class Loop:
    """The thread, its wake-up event and its timers.

    Args:
        thread_name: What the thread is called in logs.
    """

    def __init__(self, thread_name: str) -> None:
        self.running = False
        """The thread has been started."""
        self.stopping = False
        self._thread = threading.Thread(target=self._run, name=thread_name, daemon=True)
        self._posted: deque[Callable[[], object]] = deque()
        self._wake_up: WakeUp | None = None
        self._wake_up_lock = threading.Lock()
        # From here on, only the thread.
        self._poll = new_poll()
        self._parts: list[Part] = []
        self._by_descriptor: dict[int, Part] = {}
        self._timers: list[tuple[float, Callable[[], object]]] = []

    def add(self, part: Part) -> None:
        """Let a part live here. Before :meth:`start`, or on the thread itself."""
        self.assert_on_thread()
        self._parts.append(part)

    def start(self) -> None:
        """Start the thread."""
        self._wake_up = WakeUp()
        self._poll.register(self._wake_up.descriptor, READABLE)
        self.running = True
        self._thread.start()

    # --- for any thread ---------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for the thread."""
        return len(self._posted)

    def stop(self, timeout: float) -> bool:
        """End the thread and close its parts.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether it has ended.
        """
        self.stopping = True
        self._wake()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        with self._wake_up_lock:
            if self._wake_up is not None:
                self._wake_up.close()
                self._wake_up = None
        return True

    def post(self, work: Callable[[], object]) -> bool:
        """Have something done on the thread; False if too much is waiting already, or it was stopped."""
        if self.stopping or len(self._posted) >= MOST_WAITING:
            return False
        self._posted.append(work)
        if threading.get_ident() != self._thread.ident:  # the thread itself looks before it sleeps
            self._wake()
        return True

    def later(self, delay: float, work: Callable[[], object]) -> bool:
        """Like :meth:`post`, in so many seconds."""
        when = time.monotonic() + delay
        return self.post(lambda: self._timers.append((when, work)))

    def assert_on_thread(self) -> None:
        """Assert that the caller is on the loop's thread, or that the loop was not started yet."""
        assert not self.running or threading.get_ident() == self._thread.ident, "this is for the loop's thread alone"

    def _wake(self) -> None:
        with self._wake_up_lock:
            if self._wake_up is not None:
                self._wake_up.set()

    # --- for its parts, on the thread -------------------------------------------------------------------------------

    def connect(self, address: str, serial: int, deadline: float) -> Transport:
        """Connect to a bus; given up when the loop is stopped.

        Raises:
            NoBus: it did not work, or not in time.
        """
        self.assert_on_thread()
        assert self._wake_up is not None
        return connect(address, serial, deadline, self._wake_up, lambda: self.stopping)

    def register(self, descriptor: int, part: Part) -> None:
        """Tell the part when something can be read there."""
        self.assert_on_thread()
        self._by_descriptor[descriptor] = part
        self._poll.register(descriptor, READABLE)

    def want_to_write(self, descriptor: int, wanted: bool) -> None:
        """Wake up too when something can be written there; :meth:`Part.turn` follows."""
        self.assert_on_thread()
        self._poll.modify(descriptor, READABLE | (WRITABLE if wanted else 0))

    def unregister(self, descriptor: int) -> None:
        """Forget the descriptor, which is about to be closed."""
        self.assert_on_thread()
        del self._by_descriptor[descriptor]
        self._poll.unregister(descriptor)

    # --- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self.stopping:
            self._turn()
        for part in self._parts:
            guarded(part.close)

    def _turn(self) -> None:
        while self._posted:
            guarded(self._posted.popleft())
        now = time.monotonic()
        due = [timer for timer in self._timers if timer[0] <= now]
        for timer in due:
            self._timers.remove(timer)
            guarded(timer[1])
        for part in self._parts:
            self._protected(part, part.turn, now)
        if self._posted or self.stopping:
            return
        for descriptor, happened in self._poll.poll(self._milliseconds_until_due()):
            if self._wake_up is not None and descriptor == self._wake_up.descriptor:
                self._wake_up.clear()
            elif happened & ~WRITABLE and (owner := self._by_descriptor.get(descriptor)) is not None:
                self._protected(owner, owner.ready)

    def _milliseconds_until_due(self) -> float | None:
        """Milliseconds until something is due; ``None`` for ever."""
        times = [when for when, _ in self._timers]
        times += [when for part in self._parts if (when := part.deadline()) is not None]
        if not times:
            return None
        return max(0.0, min(times) - time.monotonic()) * 1000 + 1  # a moment more, or it would wake just before

    @staticmethod
    def _protected(part: Part, work: Callable[..., object], *arguments: Any) -> None:
        try:
            work(*arguments)
        except Exception as error:  # whatever it is, it must not end the thread
            log.exception("a connection to a bus failed unexpectedly")
            guarded(part.failed, error)


def guarded(work: Callable[..., object], *arguments: Any) -> None:
    """Call it; what it raises is logged and goes no further."""
    try:
        work(*arguments)
    except Exception:
        log.exception("a callback of the desktop loop failed")
