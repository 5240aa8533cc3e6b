"""HTTP answers, and the WebSocket's handshake and frames, over real connections: TLS on loopback."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import tempfile
import threading
import time
import tracemalloc
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import trustme

from telex_start.errors import Refused, Temporary
from telex_start.net.dialling import Dialler
from telex_start.net.https import Https
from telex_start.push.websocket import Closed, WebSocket
from telex_start.session.pace import Pacer, Shared, Timings
from telex_start.session.telex_api import TelexApi
from telex_start.session.tokens import TokenStore

from .cases import MOST_BYTES, Case, NoCase, joined
from .target import Log, Target, require

_TOKEN = "SECRETtokenSECRET"
_WITHIN, _HELD = 5.0, 0.15
"""Seconds that are waited for a server that goes on, and for one that holds the connection and says no more."""
_FRAMES = 20
"""Frames that are taken of one server."""
_LONGEST_WORDS = 300
_MOST_MEMORY = 8 << 20
"""Bytes that an answer may take: eight times what is read of it."""
_POURED_AT_ONCE = 64 << 10
"""Characters."""


class Connections(Target):
    """A case has a ``client`` (``https`` or ``websocket``), and the ``answer``, as parts, that the server sends to it.

    With ``hold`` the server keeps the connection after that; it pours out ``pour``, a text, over and over.
    """

    name = "connections"
    what = "HTTP answers and WebSockets, over TLS (net/https.py, push/websocket.py)"

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._server = self._stack.enter_context(RawServer())
        context = ssl.create_default_context(cafile=self._server.ca_file)  # the system's authorities take 50 ms
        self._dialler = Dialler(context, time.monotonic)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, case: Case, log: Log) -> None:
        match case:
            case {"client": "https" | "websocket" as client, "answer": answer}:
                hold, pour = case.get("hold") is True, case.get("pour", "")
            case _:
                raise NoCase
        if not isinstance(pour, str):
            raise NoCase
        self._server.answer, self._server.hold = joined(answer), hold
        self._server.pour = joined([pour] * bool(pour)) * (_POURED_AT_ONCE // max(1, len(pour)))
        try:
            (self._call if client == "https" else self._receive)(_HELD if hold else _WITHIN)
        except (Temporary, Refused) as error:
            words = error.message
            require(words.isprintable() and len(words) < _LONGEST_WORDS, f"odd words: {words[:400]!r}")
            require(_TOKEN not in words, "a token in an error")
        except Closed as closed:
            require(0 <= closed.code < 1 << 16, f"a close code that is none: {closed.code}")
            require(len(closed.reason) <= MOST_BYTES, "a reason longer than what was sent")
        log.hides(_TOKEN)

    def _call(self, within: float) -> None:
        store = TokenStore()
        store.access = _TOKEN
        https = Https(self._dialler, time.monotonic)
        shared = Shared(
            store, Pacer(time.monotonic), lambda _: None, time.monotonic, lambda: 0.0, Timings(call_within=within)
        )
        base = f"https://127.0.0.1:{self._server.port}/api/v1"
        api = TelexApi(base, https, shared)
        tracemalloc.start()
        try:
            api.organisations("u1")
        finally:
            https.close()
            took = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            require(took < _MOST_MEMORY, f"an answer takes {took >> 20} MiB of memory")

    def _receive(self, within: float) -> None:
        url = f"wss://127.0.0.1:{self._server.port}/connection/websocket"
        client = WebSocket(url, self._dialler, time.monotonic, open_within=max(within, 0.2))
        try:
            client.open()
            for _ in range(_FRAMES):
                if (received := client.receive(within)) is None:
                    return
                require(len(received) <= MOST_BYTES, "a frame longer than what was sent")
                client.send("{}")
        finally:
            client.close()


# --- the server -------------------------------------------------------------------------------------------------------

_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""
_MOST_POURED = 64 << 20
"""Bytes: whoever reads them all keeps them all."""
_CLIENT_WITHIN = 10.0
"""Seconds in which a client must have sent its request, and have gone in the end."""


class RawServer:
    """Answers one client after the other, with whatever it is given.

    Attributes:
        answer: The bytes that the next clients get; ``{accept}`` in them is what the WebSocket handshake wants.
        hold: Whether the connection stays open after that until the client goes.
        pour: What comes after that over and over, until the client goes.
    """

    def __enter__(self) -> Self:
        self.answer = self.pour = b""
        self.hold = False
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
        header = b""  # of a GET, which has no body
        while b"\r\n\r\n" not in header and (piece := client.recv(65536)):
            header += piece
        key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", header)
        accept = base64.b64encode(hashlib.sha1((key[1] if key else b"") + _WEBSOCKET).digest())
        client.sendall(self.answer.replace(b"{accept}", accept))
        for _ in range(_MOST_POURED // len(self.pour) if self.pour else 0):
            client.sendall(self.pour)
        if not self.hold:
            client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
