"""What the targets share that meet a server over a real connection, and that server: TLS on loopback, which sends
whatever it is given.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import trustme
from hypothesis import strategies as st

from telex_start.net.dialling import Dialler

from .material import joined, mostly
from .target import Case, NoCase, Recorder, Target

# --- the server -------------------------------------------------------------------------------------------------------


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


# --- the target -------------------------------------------------------------------------------------------------------


_POURED_AT_ONCE = 64 << 10
"""Characters."""


def answers(answer: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Cases of :class:`OverTls`: few hold the connection, as those take long."""
    return mostly(
        st.fixed_dictionaries({"answer": answer}),
        st.fixed_dictionaries({"answer": answer, "hold": st.just(True)}),
        20,
    )


class OverTls(Target):
    """A case has the ``answer``, as parts, that the server sends to a request or handshake.

    With ``hold`` the server keeps the connection after that; it pours out ``pour``, a text, over and over.

    Attributes:
        library: The logger of the library beneath, which is recorded too.
    """

    library: str

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._server = self._stack.enter_context(RawServer())
        context = ssl.create_default_context(cafile=self._server.ca_file)  # the system's authorities take 50 ms
        self._dialler = Dialler(context, time.monotonic)
        self._recorder = Recorder("telex_start", self.library)
        self._recorder.begin()
        self._stack.callback(self._recorder.end)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def serve(self, case: Case) -> bool:
        """Have the server answer so; whether it holds the connection after that.

        Raises:
            NoCase: it is none.
        """
        if not isinstance(case, dict):
            raise NoCase
        hold = case.get("hold") is True
        pour = case.get("pour", "")
        if not isinstance(pour, str):
            raise NoCase
        self._server.answer, self._server.hold = joined(case.get("answer")), hold
        self._server.pour = joined([pour] * bool(pour)) * (_POURED_AT_ONCE // max(1, len(pour)))
        self._server.kept = []
        return hold
