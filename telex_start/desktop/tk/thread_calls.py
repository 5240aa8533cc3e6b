"""Makes the calls of other threads on the thread of Tk's loop, also while the loop sleeps.

Tk is for one thread. tkinter passes the calls of other threads on, but makes these threads wait for an answer, which a
loop that is just ending never gives. So other threads queue their calls here, and only a thread of this module waits.
"""

from __future__ import annotations

import logging
import threading
import tkinter
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

log = logging.getLogger(__name__)

_COMMAND = "telex_start_calls"


class ThreadCalls:
    """A queue of calls for the loop of one Tk interpreter. For the thread of Tk, except :meth:`post`.

    Args:
        tk: The interpreter, as tkinter's widgets have it as ``tk``.
    """

    def __init__(self, tk: Any) -> None:
        self._tk = tk
        self._waiting: SimpleQueue[tuple[Callable[[], object], SimpleQueue[bool]]] = SimpleQueue()
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._lock = threading.Lock()
        self._open = True
        tk.createcommand(_COMMAND, self._call_all)
        threading.Thread(target=self._wake, name="to Tk", daemon=True).start()

    def post(self, call: Callable[[], object]) -> SimpleQueue[bool]:
        """Have a call made soon. From any thread; never blocks.

        Args:
            call: May return ``False``, if it was in vain.

        Returns:
            A queue that gets one answer: ``False`` if the call was in vain or failed, or if the window was closed
            before; else ``True``.
        """
        done: SimpleQueue[bool] = SimpleQueue()
        with self._lock:
            if self._open:
                self._waiting.put((call, done))
            else:
                done.put(False)
        self._wakes.put(None)
        return done

    def close(self) -> None:
        """Make no more calls: those that still wait get ``False``."""
        with self._lock:
            self._open = False
        self._wakes.put(None)
        while not self._waiting.empty():
            self._waiting.get_nowait()[1].put(False)

    def _wake(self) -> None:
        """On a thread of its own."""
        while self._open:
            self._wakes.get()
            while self._open and not self._waiting.empty():
                # RuntimeError: the loop has not begun, which tkinter waits a second for. TclError: it has just ended.
                with suppress(RuntimeError, tkinter.TclError):
                    self._tk.call(_COMMAND)

    def _call_all(self) -> None:
        with suppress(Empty):
            while True:
                call, done = self._waiting.get_nowait()
                done.put(_succeeds(call))


def _succeeds(call: Callable[[], object]) -> bool:
    try:
        return call() is not False
    except Exception as error:  # it would end Tk's loop
        log.error("a window failed", exc_info=error)
        return False
