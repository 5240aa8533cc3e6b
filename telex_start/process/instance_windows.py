"""The one instance on Windows: one named pipe is the lock, and carries the requests of second starts.

Only one process can make the first end of a pipe of that name, and the pipe is gone when the process is, however it
ends. By default only the user who made it (and administrators) can write to it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Client, Listener
from typing import TYPE_CHECKING, Any

from ..menu import Request, asked

if TYPE_CHECKING:
    from ..events import Requested
    from .signals import Watch

ANSWER_WITHIN = 2.0
"""Seconds within which an instance answers: it may be in the middle of starting."""
SPEAK_WITHIN = 1.0
"""Seconds after which a caller that has sent nothing is disconnected."""

FAMILY = "AF_PIPE"
_PIPES = "\\\\.\\pipe\\"
_ACCEPT_AGAIN = 0.1
"""Seconds to wait after a failed accept."""
_LONGEST_WORD = 32
_MOST_LEAVING = 64

leaving: list[Any] = []
"""Connections of callers that wait for this process to end: the connections end with it, not before."""


class Instance:
    """This process is the one instance. Made by :func:`claim`."""

    def __init__(self, listener: Listener, address: str, kind: str) -> None:
        self._listener = listener
        self._address = address
        self._kind = kind
        self._ending = False
        self._thread: threading.Thread | None = None

    def serve(self, dispatch: Callable[[Requested], None], watch: Watch | None = None) -> None:
        """Answer second starts from now on; those that came before this have waited.

        Args:
            dispatch: Gets :class:`~telex_start.events.Requested`, on the instance thread.
            watch: Not used: on Windows there is nothing else to wait for.
        """
        self._thread = threading.Thread(target=self._serve, args=(dispatch,), name="instance", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the instance up: the next start is the first again.

        A caller that waits for this process to end waits on: the system closes its connection when the process ends.
        """
        self._ending = True
        if self._thread is not None:
            with contextlib.suppress(OSError):
                Client(self._address, FAMILY).close()  # wakes the thread
            self._thread.join(2 * SPEAK_WITHIN)
        self._listener.close()

    def _serve(self, dispatch: Callable[[Requested], None]) -> None:
        while not self._ending:
            try:
                caller = self._listener.accept()
            except OSError:
                # The caller has gone again; or there can be no more pipes, and that must not become a busy loop.
                time.sleep(_ACCEPT_AGAIN)
                continue
            word = ""
            with contextlib.suppress(OSError, EOFError):
                if not self._ending and caller.poll(SPEAK_WITHIN):
                    word = caller.recv_bytes(_LONGEST_WORD).decode("ascii", "replace")
                    caller.send_bytes(self._kind.encode())
            if word == Request.EXIT.value and len(leaving) < _MOST_LEAVING:
                leaving.append(caller)
            else:
                caller.close()
            if (request := asked(word)) is not None:
                from ..events import Requested  # it brings dataclasses, which the start does without

                dispatch(Requested(*request))


def claim(folder: str, name: str, kind: str) -> Instance | None:
    """Become the one instance of that name; ``None`` if another process is it already.

    Raises:
        OSError: the pipe cannot be made.
    """
    address = address_of(folder, name)
    try:
        return Instance(Listener(address, FAMILY), address, kind)
    except OSError:
        with contextlib.suppress(OSError):
            Client(address, FAMILY).close()
            return None
        raise


def ask(folder: str, name: str, word: str, wait: float) -> str | None:
    """Send a word to the instance of that name; see :func:`telex_start.process.instance.ask`."""
    try:
        connection = Client(address_of(folder, name), FAMILY)
    except OSError:
        return None
    with connection:
        try:
            connection.send_bytes(word.encode())
            answers = connection.poll(ANSWER_WITHIN)
            kind = connection.recv_bytes(_LONGEST_WORD).decode("ascii", "replace") if answers else ""
        except (OSError, EOFError):
            return None  # the instance ended meanwhile
        if wait and not answers:
            raise TimeoutError
        if kind and wait:
            with contextlib.suppress(BrokenPipeError, ConnectionError, EOFError):
                if not connection.poll(wait):  # nothing ever comes but the end
                    raise TimeoutError
    return kind or None


def names(folder: str) -> list[str]:
    """The names of the instances that run."""
    start = address_of(folder, "").removeprefix(_PIPES)
    with contextlib.suppress(OSError):
        return sorted(pipe.removeprefix(start) for pipe in os.listdir(_PIPES) if pipe.startswith(start))
    return []


def address_of(folder: str, name: str) -> str:
    """The name of a pipe. Pipes lie in no folder: the user's name keeps those of different users apart."""
    return f"{_PIPES}telex-start-{os.getlogin()}-{name}"
