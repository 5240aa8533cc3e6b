"""TLS and the sockets under it: one verified context and one way to open a connection, for HTTP and WebSocket alike.

The owner of truststore. Everything here blocks the thread that calls it until a deadline at the latest; another thread
can end the wait by an :class:`Aborter`.
"""

from __future__ import annotations

import base64
import contextlib
import io
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import truststore

from ..errors import ConfigError, NoNetwork

_MOST_HEADER = 16 * 1024
"""Bytes of a proxy's answer to CONNECT, at most."""


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


def proxy_for(host: str) -> str | None:
    """The proxy that the environment names for a host (``https_proxy``, ``no_proxy``); never one for loopback."""
    if is_loopback(host):
        return None
    proxies: dict[str, str] = getproxies_environment()
    if proxy_bypass(host):
        return None
    proxy = proxies.get("https") or proxies.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy or None


class Aborter:
    """Lets another thread end whatever blocks on a socket, at any moment of the socket's life, and for good.

    It works on a duplicate: wrapping a socket in TLS takes the original away while the handshake still blocks, and
    closing it would leave a number that may by then mean another socket.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self.aborted = False
        """Whether :meth:`abort` was called."""

    def hold(self, sock: socket.socket) -> None:
        """Take hold of a socket, in the place of the one before.

        Raises:
            NoNetwork: it was aborted already.
        """
        with self._lock:
            self._drop()
            if self.aborted:
                raise NoNetwork("The connection was given up.")
            self._held = sock.dup()

    def release(self) -> None:
        """Let go of the socket, as when it is closed: until then the connection would stay open."""
        with self._lock:
            self._drop()

    def abort(self) -> None:
        """End the connection, and every later one that is held here; whoever blocks on it sees it end. Any thread."""
        with self._lock:
            self.aborted = True
            if self._held is not None:
                with contextlib.suppress(OSError):  # not connected any more
                    self._held.shutdown(socket.SHUT_RDWR)

    def _drop(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.close()


def dial(
    host: str, port: int, context: ssl.SSLContext, now: Callable[[], float], end: float, aborter: Aborter
) -> ssl.SSLSocket:
    """A verified TLS connection, through the environment's proxy where it names one.

    Args:
        host: Also the name that the certificate must have.
        port: TCP port.
        context: What verifies.
        now: The clock that ``end`` is measured on.
        end: When TCP, the proxy and the TLS handshake must be over; seconds. (Nothing bounds a name look-up.)
        aborter: Is given hold of the connection from its first moment on.

    Raises:
        NoNetwork: it did not work, with words for the person.
    """
    proxy = proxy_for(host)
    through = urlsplit(proxy) if proxy else None
    try:
        if through is None:
            plain = _tcp(host, port, now, end, aborter)
        else:
            plain = _tunnel(through, host, port, now, end, aborter)
    except NoNetwork:
        aborter.release()
        raise
    try:
        plain.settimeout(_left(now, end))
        return context.wrap_socket(plain, server_hostname=host)
    except (OSError, ValueError) as error:
        plain.close()
        aborter.release()
        raise NoNetwork(_words(error, proxied=False)) from None


def _tcp(
    host: str, port: int, now: Callable[[], float], end: float, aborter: Aborter, proxied: bool = False
) -> socket.socket:
    """Every address of the host in turn, each with its share of the time: the first may be a black hole."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        which = "proxy" if proxied else "Telex server"
        raise NoNetwork(f"The name of the {which} could not be looked up: is there a network?") from None
    failed: Exception = OSError("no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        try:
            made = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that this machine does not have
            failed = error
            continue
        try:
            aborter.hold(made)
            made.settimeout(_left(now, end) / (len(addresses) - number))
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return made
        except OSError as error:
            failed = error
            made.close()
        except NoNetwork:
            made.close()
            raise
    raise NoNetwork(_words(failed, proxied)) from None


def _tunnel(
    proxy: SplitResult, host: str, port: int, now: Callable[[], float], end: float, aborter: Aborter
) -> socket.socket:
    """A connection through an HTTP proxy (CONNECT; RFC 9110, section 9.3.6)."""
    if proxy.scheme != "http" or not proxy.hostname:
        raise NoNetwork(f"The environment names a proxy of a kind that does not work here ({proxy.scheme}): use http.")
    plain = _tcp(proxy.hostname, proxy.port or 80, now, end, aborter, proxied=True)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    bounded = DeadlineSocket(plain, now)
    bounded.deadline = end
    answer = b""
    try:
        bounded.sendall("\r\n".join([*lines, "", ""]).encode())
        while b"\r\n\r\n" not in answer and len(answer) < _MOST_HEADER:
            # A byte at a time: what comes after the header belongs to TLS.
            byte = bounded.recv(1)
            if not byte:
                break
            answer += byte
    except OSError as error:
        plain.close()
        raise NoNetwork(_words(error, proxied=True)) from None
    status = answer.split(b"\r\n", 1)[0].split(b" ", 2)
    if not answer.endswith(b"\r\n\r\n") or len(status) < 2 or status[1] != b"200":
        plain.close()
        raise NoNetwork("The proxy that the environment names does not let us through.")
    return plain


def _left(now: Callable[[], float], end: float) -> float:
    left = end - now()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left


def _words(error: Exception, proxied: bool) -> str:
    """What went wrong, for the person."""
    server = "The proxy that the environment names" if proxied else "The Telex server"
    if isinstance(error, TimeoutError):
        return f"{server} did not answer in time."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Telex's certificate could not be verified: is a proxy in between, or a ca_file missing?"
    if isinstance(error, ssl.SSLError):
        return "No secure connection to Telex could be made."
    if isinstance(error, ConnectionRefusedError):
        return f"{server} refused the connection."
    return f"{server} could not be reached: is there a network?"


class DeadlineSocket:
    """A socket whose reads and writes all together end by a deadline.

    A socket's own time-out is per call: an answer that drips a byte a second never meets it.
    """

    def __init__(self, sock: Any, now: Callable[[], float]) -> None:
        self._sock = sock
        self._now = now
        self.deadline: float | None = None
        """When reading and writing must be over, on the clock ``now``; ``None``: the socket's own time-out rules."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def _arm(self) -> None:
        if self.deadline is not None:
            left = self.deadline - self._now()
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
