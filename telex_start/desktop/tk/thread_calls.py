"""How other threads have something done on the thread of Tk's loop, while it sleeps. Imports no Tk.

Tk is for one thread. tkinter can pass calls of other threads on, but makes them wait for an answer, which a loop that
is just ending never gives. So they queue their calls, and write a byte to a socket, which Tk watches beside its
connection to the screen.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

log = logging.getLogger(__name__)

_READABLE = 2
"""``tkinter.READABLE``."""
_CONNECTED_WITHIN = 2.0
"""Seconds; a connection within this machine takes none."""


def _nothing() -> None:
    """What is left to do for a wake that comes too late."""


class ThreadCalls:
    """One way into the loop of one Tk interpreter. For the thread of Tk, but for :meth:`post` and :meth:`wake`.

    Args:
        tk: The interpreter, as tkinter's widgets have it as ``tk``.
        on_wake: Called on its thread after the calls, once or more after :meth:`wake`. It must raise nothing.
        tcl_socket: Have Tcl open the socket, as is the only way on Windows.

    Raises:
        OSError: there is no socket.
    """

    def __init__(
        self, tk: Any, on_wake: Callable[[], object] = _nothing, *, tcl_socket: bool = sys.platform == "win32"
    ) -> None:
        self._tk = tk
        self._on_wake = on_wake
        self._waiting: SimpleQueue[tuple[Callable[[], object], SimpleQueue[bool]]] = SimpleQueue()
        # May be taken twice by one thread, in a signal handler too. It is held while a byte is sent, so that no byte
        # goes to whatever has the socket's number after it was closed.
        self._lock = threading.RLock()
        self._asked = False
        if tcl_socket:
            self._out = self._connect_tcl()
        else:
            self._in, self._out = socket.socketpair()
            self._in.setblocking(False)
            tk.createfilehandler(self._in, _READABLE, self._came)
        self._tcl_socket = tcl_socket
        self._out.setblocking(False)
        self._open = True

    def post(self, call: Callable[[], object]) -> SimpleQueue[bool]:
        """Have something done soon. From any thread; never blocks.

        Args:
            call: May return ``False``: it was in vain.

        Returns:
            Where it is told whether it was done: not where it was in vain or has failed, or the window has been closed
            meanwhile.
        """
        done: SimpleQueue[bool] = SimpleQueue()
        with self._lock:
            if self._open:
                self._waiting.put((call, done))
            else:
                done.put(False)
        self.wake()
        return done

    def wake(self) -> None:
        """Have the loop take a turn soon; nothing after :meth:`close`. From any thread, also in a signal handler."""
        if self._asked:
            return  # the turn that was asked for has not begun
        self._asked = True
        with self._lock:
            if self._open:
                with suppress(OSError):
                    self._out.send(b"x")

    def close(self) -> None:
        """Take no more turns: what still waits is in vain."""
        with self._lock:
            self._open = False
        self._on_wake = _nothing
        while not self._waiting.empty():
            self._waiting.get_nowait()[1].put(False)
        if self._tcl_socket:
            self._tk.call("close", self._channel)
            self._tk.deletecommand(self._command)
        else:
            self._tk.deletefilehandler(self._in)
            self._in.close()
        self._out.close()
        self._tk = None  # or who keeps our wake would keep the interpreter

    def _came(self, *_: object) -> None:
        # In this order: who asks from now on has a byte of their own, and what was put before that is seen by the turn.
        # The other way round, a byte that comes in between would be read, and be taken for one that is still there.
        if self._tcl_socket:
            self._tk.call("read", self._channel)
        else:
            with suppress(OSError):
                self._in.recv(64)
        self._asked = False
        with suppress(Empty):
            while True:
                call, done = self._waiting.get_nowait()
                done.put(_succeeds(call))
        self._on_wake()

    def _connect_tcl(self) -> socket.socket:
        """On Windows Tk watches only sockets that Tcl has opened: one to a port of this machine, as
        :func:`socket.socketpair` does it there."""
        with socket.create_server(("127.0.0.1", 0), backlog=4) as server:
            server.settimeout(_CONNECTED_WITHIN)
            self._channel = self._tk.call("socket", "127.0.0.1", server.getsockname()[1])
            ours = self._tk.splitlist(self._tk.call("fconfigure", self._channel, "-sockname"))
            while True:
                out, peer = server.accept()
                if peer[1] == int(ours[2]):
                    break
                out.close()  # somebody else on this machine
        self._command = f"telex_start_turn_{self._channel}"
        self._tk.createcommand(self._command, self._came)
        self._tk.call("fconfigure", self._channel, "-blocking", 0, "-translation", "binary")
        self._tk.call("fileevent", self._channel, "readable", self._command)
        return out


def _succeeds(call: Callable[[], object]) -> bool:
    try:
        return call() is not False
    except Exception as error:  # it would end Tk's loop
        log.error("a window failed", exc_info=error)
        return False
