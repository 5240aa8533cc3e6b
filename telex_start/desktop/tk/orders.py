"""What other threads want done on the thread of a window. Imports no Tk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue


class Orders:
    """Orders for one window, until it is closed."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Callable[[], object], SimpleQueue[bool]]] = SimpleQueue()
        self._lock = threading.Lock()
        # Guarded by the lock above.
        self._wake: Callable[[], object] = lambda: None
        self._over = False

    def open(self, wake: Callable[[], object]) -> None:
        """The window is there.

        Args:
            wake: Has it call :meth:`obey` soon.
        """
        with self._lock:
            self._wake = wake
        wake()

    def give(self, order: Callable[[], object]) -> SimpleQueue[bool]:
        """Have something done soon. From any thread; never blocks.

        Args:
            order: May return ``False``: it was in vain.

        Returns:
            Where it is told whether it was done: not where it was in vain, or the window has been closed meanwhile.
        """
        done: SimpleQueue[bool] = SimpleQueue()
        with self._lock:
            if self._over:
                done.put(False)
            else:
                self._waiting.put((order, done))
            wake = self._wake
        wake()
        return done

    def obey(self) -> None:
        """Do what is to be done; on the window's thread."""
        while True:
            try:
                order, done = self._waiting.get_nowait()
            except Empty:
                return
            done.put(order() is not False)

    def close(self) -> None:
        """The window is closed: nothing is done any more."""
        with self._lock:
            self._over, self._wake = True, lambda: None
        while not self._waiting.empty():
            self._waiting.get_nowait()[1].put(False)
