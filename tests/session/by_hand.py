"""Small hand-written TLS, HTTP, proxy and WebSocket servers, for faults that no sandbox can be told to make."""

from __future__ import annotations

import base64
import hashlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\n"
"""The first line of an answer."""
MUCH = 300_000_000
"""Bytes: more than any client should read of an answer."""


class Certificate:
    """A certificate for 127.0.0.1 and the authority that signed it."""

    def __init__(self, folder: Path) -> None:
        import trustme

        authority = trustme.CA()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1", "telex.test").configure_cert(self.context)
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))


@contextmanager
def serving(talk: Callable[[socket.socket], None], context: ssl.SSLContext | None) -> Iterator[int]:
    """A server on 127.0.0.1 that calls ``talk`` for each client, one after the other; gives its port."""
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def serve() -> None:
            while not ending.is_set():
                try:
                    plain, _ = listener.accept()
                except TimeoutError:
                    continue
                try:
                    plain.settimeout(10)
                    with context.wrap_socket(plain, server_side=True) if context else plain as client:
                        talk(client)
                except OSError:
                    plain.close()

        thread = threading.Thread(target=serve, name="server")
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ending.set()
            thread.join()


def request_of(client: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = client.recv(4096)
        if not piece:
            raise ConnectionError
        received += piece
    return received


def saying(*pieces: bytes, then_waits: bool = False) -> Callable[[socket.socket], None]:
    """A talk that answers a request with these pieces; with ``then_waits`` the client has to close the connection."""

    def talk(client: socket.socket) -> None:
        request_of(client)
        for piece in pieces:
            client.sendall(piece)
        if then_waits:
            request_of(client)

    return talk


class Flood:
    """Answers a request with the head of an answer, then sends the same bytes again and again, up to :data:`MUCH`."""

    def __init__(self, head: bytes, again: bytes = b"x") -> None:
        self.sent = 0
        """Bytes that the client has taken, as far as the socket accepted them."""
        self._head = head
        self._again = again * (1 + 60_000 // len(again))

    def talk(self, client: socket.socket) -> None:
        request_of(client)
        client.sendall(self._head)
        while self.sent < MUCH:
            client.sendall(self._again)
            self.sent += len(self._again)


class Proxy:
    """A small HTTP proxy that knows only CONNECT, and connects every name to 127.0.0.1."""

    def __init__(self, password: str | None = None) -> None:
        self.asked: list[str] = []
        self._password = password
        self._pumps: list[threading.Thread] = []

    def talk(self, client: socket.socket) -> None:
        request = request_of(client).decode()
        method, target, _ = request.split(" ", 2)
        self.asked.append(f"{method} {target}")
        if self._password is not None and base64.b64encode(self._password.encode()).decode() not in request:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
        there = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])))
        for origin, goal in ((client.dup(), there), (there.dup(), client.dup())):
            self._pumps.append(threading.Thread(target=self._pump, args=(origin, goal)))
            self._pumps[-1].start()

    @staticmethod
    def _pump(origin: socket.socket, goal: socket.socket) -> None:
        origin.settimeout(None)
        with origin, goal:
            try:
                while piece := origin.recv(65536):
                    goal.sendall(piece)
            except OSError:
                pass
            for end in (origin, goal):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        for pump in self._pumps:
            pump.join(30)
            assert not pump.is_alive()


# WebSockets.

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
"""Opcodes of frames (RFC 6455, section 5.2)."""


def shake_hands(client: socket.socket, *fields: str) -> bytes:
    """The server's side of a WebSocket's handshake, with more header fields; gives the request."""
    request = request_of(client)
    key = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key:"))
    digest = hashlib.sha1(key.split(b":")[1].strip() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", *fields]
    lines.append(f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}")
    client.sendall("\r\n".join([*lines, "", ""]).encode())
    return request


def frame(opcode: int, data: bytes = b"", *, final: bool = True, length: int | None = None) -> bytes:
    """A server's frame, which may announce another length than its data has."""
    size = len(data) if length is None else length
    first = bytes([opcode | (0x80 if final else 0)])
    if size < 126:
        return first + bytes([size]) + data
    if size < 1 << 16:
        return first + b"\x7e" + size.to_bytes(2, "big") + data
    return first + b"\x7f" + size.to_bytes(8, "big") + data


def frame_of(client: socket.socket) -> tuple[int, bytes]:
    """A client's frame: opcode and data."""
    first, second = _exactly(client, 2)
    size = second & 0x7F
    if size >= 126:
        size = int.from_bytes(_exactly(client, 2 if size == 126 else 8), "big")
    mask = _exactly(client, 4)
    return first & 0x0F, bytes(byte ^ mask[index % 4] for index, byte in enumerate(_exactly(client, size)))


def _exactly(client: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        piece = client.recv(size - len(received))
        if not piece:
            raise ConnectionError
        received += piece
    return received
