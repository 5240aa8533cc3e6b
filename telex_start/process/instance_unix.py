"""The one instance on Linux and macOS: a file lock, and beside it the instance socket, a Unix socket.

Both lie in a folder that is this user's alone. The lock decides who is the instance; the system releases it
however the process ends, so a socket file whose lock is free was left behind by a process that was killed. An instance
that ends in order removes both files.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ..menu import Request, asked

if TYPE_CHECKING:
    from ..events import Requested
    from .signals import Watch

assert sys.platform != "win32"  # a type checker reads no further there

ANSWER_WITHIN = 2.0
"""Seconds within which an instance answers: it may be in the middle of starting."""
SPEAK_WITHIN = 1.0
"""Seconds after which a caller that has sent nothing is disconnected."""

_SOCKET = ".sock"
_LONGEST_WORD = 32
_MOST_CALLERS = 64
_LOOK_AGAIN = 0.02
"""Seconds between two looks at an instance that is just starting or ending: there is no event to wait for."""
_LONGEST_ADDRESS = 100
"""Bytes of a path that surely fit a socket's address (Linux: 108, macOS: 104)."""


class Instance:
    """This process is the one instance. Made by :func:`claim`."""

    def __init__(self, lock: int, lock_path: str, path: str, kind: str) -> None:
        self._lock = lock
        self._lock_path = lock_path
        self._path = path
        self._kind = kind
        self._callers: dict[int, tuple[socket.socket, float]] = {}
        self._leaving: list[socket.socket] = []
        self._thread: threading.Thread | None = None
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            with _socket_address(path) as address:
                self._socket.bind(address)
            self._socket.setblocking(False)
            self._socket.listen(_MOST_CALLERS)
            self._wake, self._waker = socket.socketpair()
        except BaseException:
            self._socket.close()
            os.close(lock)
            raise

    def serve(self, dispatch: Callable[[Requested], None], watch: Watch | None = None) -> None:
        """Answer second starts from now on; those that came before this have waited.

        Args:
            dispatch: Gets :class:`~telex_start.events.Requested`, on the instance thread.
            watch: What that thread is to wait for beside the socket.
        """
        self._thread = threading.Thread(target=self._serve, args=(dispatch, watch), name="instance", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the instance up: the next start is the first again.

        A caller that waits for this process to end waits on: the system closes its connection when the process ends.
        """
        self._waker.send(b"x")
        if self._thread is not None:
            self._thread.join(SPEAK_WITHIN)
        for path in (self._path, self._lock_path):
            with contextlib.suppress(OSError):
                os.unlink(path)
        self._socket.close()
        self._wake.close()
        self._waker.close()
        os.close(self._lock)
        for caller in self._leaving:
            caller.detach()
        self._leaving.clear()

    # The instance thread.

    def _serve(self, dispatch: Callable[[Requested], None], watch: Watch | None) -> None:
        poll = select.poll()
        came: dict[int, Callable[[], None]] = {self._socket.fileno(): lambda: self._accept(poll)}
        if watch is not None:
            came[watch.descriptor] = watch.came
        for descriptor in (self._wake.fileno(), *came):
            poll.register(descriptor, select.POLLIN)
        while True:
            # Until a caller has been silent for too long, if there is one.
            first = min((deadline for _, deadline in self._callers.values()), default=None)
            milliseconds = None if first is None else max(0.0, first - time.monotonic()) * 1000 + 1
            for descriptor, _ in poll.poll(milliseconds):
                if descriptor == self._wake.fileno():
                    self._disconnect(poll, float("inf"))
                    return
                if descriptor in came:
                    came[descriptor]()
                elif descriptor in self._callers:
                    self._listen(poll, descriptor, dispatch)
            self._disconnect(poll, time.monotonic())

    def _accept(self, poll: select.poll) -> None:
        try:
            caller, _ = self._socket.accept()
        except (BlockingIOError, ConnectionError):
            return  # it has gone again
        except OSError:
            # No descriptors left, and the caller still waits: that is not to become a busy loop.
            select.select([self._wake], [], [], SPEAK_WITHIN)
            return
        if len(self._callers) >= _MOST_CALLERS:
            self._disconnect(poll, next(deadline for _, deadline in self._callers.values()))  # the oldest
        caller.setblocking(False)
        self._callers[caller.fileno()] = caller, time.monotonic() + SPEAK_WITHIN
        poll.register(caller, select.POLLIN)

    def _listen(self, poll: select.poll, descriptor: int, dispatch: Callable[[Requested], None]) -> None:
        caller, _ = self._callers.pop(descriptor)
        poll.unregister(descriptor)
        word = ""
        with contextlib.suppress(OSError):
            word = caller.recv(_LONGEST_WORD).decode("ascii", "replace").strip()
            if word:
                caller.send(self._kind.encode() + b"\n")
        if word == Request.EXIT.value and len(self._leaving) < _MOST_CALLERS:
            self._leaving.append(caller)
        else:
            caller.close()
        if (request := asked(word)) is not None:
            from ..events import Requested  # it brings dataclasses, which the start does without

            dispatch(Requested(*request))

    def _disconnect(self, poll: select.poll, now: float) -> None:
        """Let go of the callers whose time to speak is over."""
        for descriptor in [known for known, (_, deadline) in self._callers.items() if deadline <= now]:
            caller, _ = self._callers.pop(descriptor)
            poll.unregister(descriptor)
            caller.close()


def claim(folder: str, name: str, kind: str) -> Instance | None:
    """Become the one instance of that name, or ``None`` where another process is it.

    Raises:
        OSError: the folder cannot be used.
    """
    path, lock_path = _paths(folder, name)
    end = time.monotonic() + ANSWER_WITHIN
    while True:
        lock = _take(lock_path)
        running = _listening(path)
        if lock is not None:
            if not running:
                return Instance(lock, lock_path, path, kind)
            # Somebody cleaned the folder up: the lock's file went, and its holder did not.
            os.close(lock)
            return None
        # Held, and nobody listens: it is between the two, at its start or its end.
        if running or time.monotonic() > end:
            return None
        time.sleep(_LOOK_AGAIN)


def ask(folder: str, name: str, word: str, wait: float) -> str | None:
    """Send a word to the instance of that name; see :func:`telex_start.process.instance.ask`."""
    path, lock_path = _paths(folder, name)
    connection = _connected(path, lock_path)
    if connection is None:
        if wait and _held(lock_path):
            raise TimeoutError
        return None
    with connection:
        try:
            connection.settimeout(ANSWER_WITHIN)
            connection.sendall(word.encode() + b"\n")
            kind = connection.recv(_LONGEST_WORD).decode("ascii", "replace").strip()
            if kind and wait:
                connection.settimeout(wait)
                connection.recv(1)  # nothing ever comes but the end
        except TimeoutError:
            if wait:
                raise
            return None
        except OSError:
            return None  # it ended meanwhile
    return kind or None


def names(folder: str) -> list[str]:
    """Those of the instances that run, and maybe of some that were killed."""
    with contextlib.suppress(OSError):
        return sorted(file.removesuffix(_SOCKET) for file in os.listdir(folder) if file.endswith(_SOCKET))
    return []


def _paths(folder: str, name: str) -> tuple[str, str]:
    return os.path.join(folder, f"{name}{_SOCKET}"), os.path.join(folder, f"{name}.lock")


def _take(path: str) -> int | None:
    """The lock, or ``None`` where it is held.

    Raises:
        OSError: its file cannot be made or locked.
    """
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock), os.stat(path)):
                    return lock
        except BlockingIOError:
            os.close(lock)
            return None
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)  # whoever held it removed the file between our opening and locking it


def _held(path: str) -> bool:
    """Whether somebody holds the lock."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _listening(path: str) -> bool:
    """Whether somebody answers at the socket."""
    try:
        _connect(path, 0.0).close()
    except BlockingIOError:
        return True  # so many are calling that its queue is full
    except OSError:
        return False
    return True


def _connected(path: str, lock_path: str) -> socket.socket | None:
    """A connection to the instance; waits where it is just starting."""
    end = time.monotonic() + ANSWER_WITHIN
    while True:
        with contextlib.suppress(OSError):
            return _connect(path, ANSWER_WITHIN)
        if time.monotonic() > end or not _held(lock_path):
            return None
        time.sleep(_LOOK_AGAIN)


def _connect(path: str, within: float) -> socket.socket:
    """
    Raises:
        OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(within)
        with _socket_address(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _socket_address(path: str) -> Iterator[str]:
    """The path as a socket's address, which holds about 100 bytes: a longer path is reached through its open folder.

    Raises:
        OSError: it is too long, and this system has no such way.
    """
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield path
        return
    if not os.path.isdir("/proc/self/fd"):
        raise OSError(errno.ENAMETOOLONG, "its path is too long for a socket")
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{os.path.basename(path)}"
    finally:
        os.close(folder)
