"""A TLS server on loopback that sends whatever it is given, so that a client meets it over a real socket."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

import trustme

_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""
_MOST_POURED = 64 << 20
"""Bytes: whoever reads them all keeps them all."""
_CLIENT_WITHIN = 10.0
"""Seconds in which a client must have sent its request, and have gone in the end."""


class RawServer:
    """Answers one client after the other.

    Attributes:
        answer: The bytes that the next clients get; ``{accept}`` in them is what the WebSocket handshake wants.
        hold: Whether the connection stays open after that until the client goes.
        pour: What comes after that over and over, until the client goes.
        kept: Where there is any, the connection is kept, and a request for ``/N`` gets the N-th of them: each piece is
            a TLS record of its own, and a last piece that is empty closes the connection.
    """

    def __enter__(self) -> Self:
        self.answer = b""
        self.hold = False
        self.pour = b""
        self.kept: list[list[bytes]] = []
        self._folder = tempfile.TemporaryDirectory(prefix="fuzz-")
        authority = trustme.CA()
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.num_tickets = 0  # nobody comes back
        authority.issue_cert("127.0.0.1").configure_cert(self._context)
        self.ca_file = str(Path(self._folder.name) / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="raw server")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing a listener does not wake who waits on it; shutting it down does.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._folder.cleanup()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain:
                plain.settimeout(_CLIENT_WITHIN)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as client:
                    self._talk(client)

    def _talk(self, client: ssl.SSLSocket) -> None:
        while header := self._request(client):
            number = re.match(rb"GET /(\d+) ", header)
            if not self.kept or not number:
                self._answer(client, header)
                return
            for piece in self.kept[int(number[1])]:
                if not piece:
                    return
                client.sendall(piece)

    def _request(self, client: ssl.SSLSocket) -> bytes:
        """The header of the next request, once all of it was read; empty where the client has gone."""
        request = b""
        while b"\r\n\r\n" not in request and (piece := client.recv(65536)):
            request += piece
        header, _, body = request.partition(b"\r\n\r\n")
        # What is not read would make the system answer the client with a reset, before it has read ours.
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", header)
        while length and len(body) < int(length[1]) and (piece := client.recv(65536)):
            body += piece
        return header

    def _answer(self, client: ssl.SSLSocket, header: bytes) -> None:
        key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", header)
        accept = base64.b64encode(hashlib.sha1((key[1] if key else b"") + _WEBSOCKET).digest())
        client.sendall(self.answer.replace(b"{accept}", accept))
        for _ in range(_MOST_POURED // len(self.pour) if self.pour else 0):
            client.sendall(self.pour)
        if not self.hold:
            client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
