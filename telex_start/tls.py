"""TLS and the sockets under it: one verified context for HTTP and WebSocket, and reads with a *total* deadline.

The owner of truststore. Everything here blocks the thread that calls it, for a bounded time.
"""

from __future__ import annotations

import contextlib
import io
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment

import truststore

from .errors import ConfigError


def context(ca_file: str | None) -> ssl.SSLContext:
    """The one context: the system's certificate authorities, and ``ca_file`` beside them.

    Raises:
        ConfigError: ``ca_file`` cannot be read or holds no certificate.
    """
    made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"ca_file {ca_file} cannot be used ({error}): give the path of a PEM file.") from None
    return made


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine itself."""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this URL (``https_proxy``, ``no_proxy``); never one for loopback."""
    host = urlsplit(url).hostname or ""
    if is_loopback(host):
        return None
    proxies: dict[str, str] = getproxies_environment()
    if proxy_bypass_environment(host, proxies):
        return None
    proxy = proxies.get("https") or proxies.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy


class DeadlineSocket:
    """A socket whose reads and writes all together end by a deadline.

    A socket's own time-out is per call: an answer that drips a byte a second never meets it.
    """

    def __init__(self, sock: Any, clock: Callable[[], float]) -> None:
        self._sock = sock
        self._clock = clock
        self.deadline: float | None = None
        """When reading and writing must be over, on ``clock``; ``None``: the socket's own time-out rules."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def _arm(self) -> None:
        if self.deadline is not None:
            left = self.deadline - self._clock()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            self._sock.settimeout(left)

    def recv(self, size: int, flags: int = 0) -> bytes:
        self._arm()
        data: bytes = self._sock.recv(size, flags)
        return data

    def recv_into(self, buffer: Any, size: int = 0, flags: int = 0) -> int:
        self._arm()
        count: int = self._sock.recv_into(buffer, size, flags)
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
        self._sock._io_refs += 1  # as socket.makefile does: the socket stays open while its file is
        raw = socket.SocketIO(self, "r")  # type: ignore[arg-type]  # it calls recv_into, and nothing else of a socket
        return io.BufferedReader(raw, buffering if buffering and buffering > 0 else io.DEFAULT_BUFFER_SIZE)


def abort(sock: socket.socket) -> None:
    """Wake whoever is blocked on a socket in another thread, at any moment of its life; it sees the connection end.

    ``SSLSocket.shutdown`` would also drop the TLS state under the reader's feet, so the plain one is called.
    """
    with contextlib.suppress(OSError):  # not connected any more
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
