"""Parts for connections: the TLS context, deadlines, byte limits, and how one thread ends another's wait.

Only this module uses truststore.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import ConfigError, NoNetwork

AGENT = f"telex-start/{__version__}"
"""What every request says in its header ``User-Agent``."""
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END")


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The TLS context that verifies servers by the system's certificate authorities, and those in ``ca_file``.

    Raises:
        ConfigError: ``ca_file`` cannot be read or holds no certificate.
    """
    made: ssl.SSLContext
    if sys.platform in ("win32", "darwin"):  # these systems have certificate stores of their own
        import truststore

        made = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        made = ssl.create_default_context(capath=_folder_of_authorities())
        # Python 3.13 sets this flag; a company's authority without key identifiers (RFC 5280, 4.2.1.1) must work, too.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is an OSError
            raise ConfigError(f"ca_file {ca_file} cannot be used ({error}): give the path of a PEM file.") from None
    return made


def _folder_of_authorities() -> str | None:
    """The system's folder of authorities (files named by hash); ``None`` if it lacks one of the system's single file.

    From the folder OpenSSL reads only the authority that a server names, instead of 140 that take 1.5 MB and 40 ms.
    """
    paths = ssl.get_default_verify_paths()
    try:
        files = Path(paths.capath or "none").glob("????????.[0-9]")  # as openssl-rehash(1) names them
        inside = {certificate for file in files for certificate in _certificates(file)}
        return paths.capath if inside.issuperset(_certificates(Path(paths.cafile or "none"))) else None
    except OSError:  # OpenSSL takes what can be read
        return None


def _certificates(file: Path) -> Iterator[int]:
    """The hashes of a file's certificates: the certificates themselves would leave 0.5 MB of fragmented memory."""
    return (hash(found[0]) for found in _CERTIFICATE.finditer(file.read_bytes()))


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
            TimeoutError: no time is left.
        """
        left = self._end - self._now()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left

    def restart(self) -> None:
        """Begin again, with as many seconds as at first."""
        self._end = self._now() + self._seconds

    def extend(self, seconds: float) -> None:
        """Allow so many more: something with a time limit of its own took them."""
        self._end += seconds


class Aborter:
    """Lets another thread end any blocking call, at any moment of a connection's life.

    It holds a duplicate of the socket. For wrapping a socket in TLS detaches the original while the handshake still
    blocks, and a closed socket's number may by then mean another socket.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | threading.Event | None = None
        self.aborted = False
        """Whether the connection or request under way is to end."""

    def check(self) -> None:
        """Go on only if nobody has called :meth:`abort`.

        Raises:
            NoNetwork: somebody has.
        """
        if self.aborted:
            raise NoNetwork("The connection was given up.")

    def hold(self, what: socket.socket | threading.Event) -> None:
        """Take hold of a socket, or of an event that is waited for, in the place of the one before.

        Raises:
            NoNetwork: :meth:`abort` was called already.
        """
        with self._lock:
            self._drop()
            self.check()
            self._held = what.dup() if isinstance(what, socket.socket) else what

    def release(self) -> None:
        """Let go of the socket, as it is closed: the duplicate would keep the connection open."""
        with self._lock:
            self._drop()

    def begin(self) -> None:
        """Begin something new, which an earlier :meth:`abort` does not end."""
        self.aborted = False

    def abort(self) -> None:
        """End what is under way, and its connection. Any thread."""
        with self._lock:
            self.aborted = True
            if isinstance(self._held, threading.Event):
                self._held.set()
            elif self._held is not None:
                with contextlib.suppress(OSError):  # the socket is not connected any more
                    self._held.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        held, self._held = self._held, None
        if isinstance(held, socket.socket):
            held.close()


class TooMuch(Exception):
    """More bytes came than were allowed for."""


class BoundedSocket:
    """A socket with one deadline for all reads and writes together, and a limit on the bytes received.

    A socket's own time-out is per call: it never ends an answer that drips in at a byte a second.
    """

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.deadline: Deadline | None = None
        """When reading and writing must be over; ``None``: the socket's own time-out rules."""
        self.received = 0
        """Bytes received so far; may be set to 0, to count again."""
        self.most_bytes: float = math.inf
        """If more bytes than this are received, reading raises :class:`TooMuch`."""

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

    def makefile(self, _: str = "rb", buffering: int | None = None) -> Any:
        """A reader for ``http.client``; only ``"rb"`` is served here."""
        size = buffering if buffering and buffering > 0 else io.DEFAULT_BUFFER_SIZE
        return io.BufferedReader(_Reader(self, self._sock.makefile("rb", buffering=0)), size)


class _Reader(io.RawIOBase):
    """Reads a bounded socket, which stays open until this reader is closed."""

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
