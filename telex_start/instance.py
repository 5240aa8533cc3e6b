"""One instance per user and API address: a local socket is both lock and bell.

The first start binds the socket and answers it on a small thread of its own; a second one rings and ends. The lock
proper is a file lock beside the socket, which the system lets go of however the process ends, so a socket left behind
by a kill is known for what it is.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from .events import BellRang, Event, Ring

log = logging.getLogger(__name__)

_ANSWER_WITHIN = 1.0
_LONGEST_WORD = 32


class Instance:
    """This process is the one instance. Made by :func:`claim`."""

    def __init__(self, folder: Path, lock: int, path: Path, kind: str) -> None:
        self._folder = folder
        self._lock = lock
        self._path = path
        self._kind = kind
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        with _short(path) as address:
            self._socket.bind(address)
        self._socket.listen(4)
        self._thread: threading.Thread | None = None
        self._waiting: list[socket.socket] = []
        self._ending = False

    def serve(self, dispatch: Callable[[Event], None]) -> None:
        """Answer the bell from now on."""
        self._thread = threading.Thread(target=self._serve, args=(dispatch,), name="bell", daemon=True)
        self._thread.start()

    def _serve(self, dispatch: Callable[[Event], None]) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            if self._ending:
                caller.close()
                return
            try:
                caller.settimeout(_ANSWER_WITHIN)
                word = caller.recv(_LONGEST_WORD).decode("ascii", "replace").strip()
                caller.sendall(self._kind.encode() + b"\n")
            except OSError:
                caller.close()
                continue
            if word in (Ring.OPEN.value, Ring.EXIT.value):
                dispatch(BellRang(Ring(word)))
            if word == Ring.EXIT.value and len(self._waiting) < 16:
                self._waiting.append(caller)  # it sees the end of this process by the end of the connection
            else:
                caller.close()

    def close(self) -> None:
        """Give the instance up: the next start is the first again."""
        self._ending = True
        if self._thread is not None:
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
                knock.settimeout(_ANSWER_WITHIN)
                with _short(self._path) as address:
                    knock.connect(address)
            self._thread.join(2 * _ANSWER_WITHIN)
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._lock)
        for caller in self._waiting:
            caller.close()
        self._waiting.clear()


def claim(folder: Path, api_url: str, kind: str) -> Instance | None:
    """Become the one instance, or ``None`` where another process is it.

    Args:
        folder: This user's runtime folder.
        api_url: One instance for each.
        kind: ``tray`` or ``headless``: what a second start is told.

    Raises:
        OSError: the folder cannot be written.
    """
    stem = _stem(api_url)
    lock = os.open(folder / f"{stem}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return Instance(folder, lock, folder / f"{stem}.sock", kind)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        os.close(lock)
        raise


def ring(folder: Path, api_url: str, word: Ring | None, wait: float = 0.0) -> str | None:
    """Ring the running instance's bell.

    Args:
        word: What is asked of it; ``None``: only what it is.
        wait: Seconds to wait for it to end, for ``Ring.EXIT``.

    Returns:
        Its kind; ``None`` where none is running or it does not answer.

    Raises:
        TimeoutError: it was still running after ``wait``.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as bell:
        bell.settimeout(2 * _ANSWER_WITHIN)
        try:
            with _short(folder / f"{_stem(api_url)}.sock") as address:
                bell.connect(address)
            bell.sendall((word.value if word else "hello").encode() + b"\n")
            kind = bell.recv(_LONGEST_WORD).decode("ascii", "replace").strip()
        except OSError:
            return None
        if wait:
            bell.settimeout(wait)
            with contextlib.suppress(ConnectionError):
                bell.recv(1)
        return kind or None


def _stem(api_url: str) -> str:
    return hashlib.sha256(api_url.encode()).hexdigest()[:16]


@contextlib.contextmanager
def _short(path: Path):  # type: ignore[no-untyped-def]
    """The path as a socket address, which may hold about 100 bytes only: a longer one goes by way of its folder."""
    if len(os.fsencode(path)) < 100 or not os.path.isdir("/proc/self/fd"):
        yield os.fspath(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
