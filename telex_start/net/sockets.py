"""Blocking on sockets, with an end: a deadline over many calls, and what another thread ends a wait by."""

from __future__ import annotations

import contextlib
import io
import math
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import NoNetwork


class Deadline:
    """When something must be over."""

    def __init__(self, now: Callable[[], float], seconds: float) -> None:
        """
        Args:
            now: A clock, in seconds.
            seconds: How long it may take from here on.
        """
        self._now = now
        self._seconds = seconds
        self._end = now() + seconds

    @property
    def over(self) -> bool:
        """Whether the time is up."""
        return self._now() >= self._end

    def left(self) -> float:
        """Seconds left, more than 0.

        Raises:
            TimeoutError: none are.
        """
        left = self._end - self._now()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left

    def restart(self) -> None:
        """Allow as long as at first, from here on."""
        self._end = self._now() + self._seconds

    def extend(self, seconds: float) -> None:
        """Allow that much more: something that has a bound of its own took so long."""
        self._end += seconds


class Aborter:
    """Lets another thread end whatever blocks, at any moment of a connection's life.

    It holds a duplicate of the socket: wrapping a socket in TLS takes the original away while the handshake still
    blocks, and closing it would leave a number that may by then mean another socket. Waits that are no socket's are
    woken by what they give to :meth:`waking`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._wakes: list[Callable[[], None]] = []
        self._interrupted = False
        self.aborted = False
        """Whether :meth:`abort` was called."""

    @property
    def ended(self) -> bool:
        """Whether what is under way is to end."""
        return self.aborted or self._interrupted

    def check(self) -> None:
        """Look whether what is under way is to end.

        Raises:
            NoNetwork: it is.
        """
        if self.ended:
            raise NoNetwork("The connection was given up.")

    def hold(self, sock: socket.socket) -> None:
        """Take hold of a socket, in the place of the one before.

        Raises:
            NoNetwork: it was ended already.
        """
        with self._lock:
            self._drop()
            self.check()
            self._held = sock.dup()

    def release(self) -> None:
        """Let go of the socket, as when it is closed: until then the connection would stay open."""
        with self._lock:
            self._drop()

    @contextlib.contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """While this lasts, an end calls ``wake``, which must neither block nor raise; then look at :attr:`ended`.

        Raises:
            NoNetwork: it was ended already.
        """
        with self._lock:
            self.check()
            self._wakes.append(wake)
        try:
            yield
        finally:
            with self._lock:
                self._wakes.remove(wake)

    def begin(self) -> None:
        """Something else begins: interrupts so far are of no consequence to it."""
        with self._lock:
            self._interrupted = False

    def interrupt(self) -> None:
        """End what is under way, and its connection. Any thread."""
        with self._lock:
            self._interrupted = True
            self._end()

    def abort(self) -> None:
        """End what is under way, and all that is begun later. Any thread."""
        with self._lock:
            self.aborted = True
            self._end()

    def _end(self) -> None:
        if self._held is not None:
            with contextlib.suppress(OSError):  # not connected any more
                self._held.shutdown(socket.SHUT_RDWR)
        for wake in self._wakes:
            wake()

    def _drop(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()


class TooMuch(Exception):
    """More bytes came than were allowed for."""


class BoundedSocket:
    """A socket whose reads and writes all together end by a deadline, and that takes so many bytes at most.

    A socket's own time-out is per call: an answer that drips a byte a second never meets it.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.deadline: Deadline | None = None
        """When reading and writing must be over; ``None``: the socket's own time-out rules."""
        self.received = 0
        """Bytes read so far; may be set, to count anew."""
        self.most_bytes: float = math.inf
        """Where more than so many bytes are received, reading raises :class:`TooMuch`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def _arm(self) -> None:
        if self.deadline is not None:
            self._sock.settimeout(self.deadline.left())

    def _count(self, received: int) -> None:
        self.received += received
        if self.received > self.most_bytes:
            raise TooMuch

    def recv(self, size: int, flags: int = 0) -> bytes:
        self._arm()
        data: bytes = self._sock.recv(size, flags)
        self._count(len(data))
        return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        self._arm()
        count: int = self._sock.recv_into(buffer, size, flags)
        self._count(count)
        return count

    def send(self, data: Any, flags: int = 0) -> int:
        self._arm()
        count: int = self._sock.send(data, flags)
        return count

    def sendall(self, data: Any, flags: int = 0) -> None:
        self._arm()
        self._sock.sendall(data, flags)

    def makefile(self, mode: str = "r", buffering: int | None = None, **_: Any) -> Any:
        """A reader for ``http.client``; only ``"rb"`` is served here."""
        if mode != "rb":
            raise ValueError(f"makefile({mode!r})")
        size = buffering if buffering and buffering > 0 else io.DEFAULT_BUFFER_SIZE
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)), size)


class _Reader(io.RawIOBase):
    """Reads a bounded socket, which stays open as long as this."""

    def __init__(self, bounded: BoundedSocket, keeps_open: io.RawIOBase) -> None:
        self._bounded = bounded
        self._keeps_open = keeps_open

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._bounded.recv_into(buffer)

    def close(self) -> None:
        self._keeps_open.close()
        super().close()
