"""Fuzzes HTTP answers, and the WebSocket's handshake and frames, over real TLS connections on loopback."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import tempfile
import time
import tracemalloc
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from telex_start.errors import Refused, Temporary
from telex_start.net.dialling import Dialler
from telex_start.net.https import Https
from telex_start.push.websocket import Closed, WebSocket
from telex_start.session.pace import Pacer, Shared, Timings
from telex_start.session.telex_api import TelexApi
from telex_start.session.tokens import TokenStore
from tests.session.by_hand import Certificate, request_of, serving

from .cases import MOST_BYTES, Case, Log, NoCase, Target, joined

_TOKEN = "SECRETtokenSECRET"
_WITHIN, _HELD = 5.0, 0.15
"""Seconds to wait for a server that goes on, and for one that holds the connection open and sends nothing more."""
_FRAMES = 20
"""How many frames are received from one server at most."""
_LONGEST_WORDS = 300
_MOST_MEMORY = 8 << 20
"""Bytes of memory that an answer may take: eight times what is read of it."""
_POURED_AT_ONCE = 64 << 10
"""Characters that the server sends at once when it pours."""
_MOST_POURED = 64 << 20
"""Bytes that the server pours at most: a client that reads them all keeps them all, which is seen in its memory."""
_WEBSOCKET = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


class Connections(Target):
    """A case has a ``client`` (``https`` or ``websocket``), and the ``answer``, as parts, that the server sends to it.

    With ``hold`` the server keeps the connection after that; it pours out ``pour``, a text, over and over.
    """

    name = "connections"
    what = "HTTP answers and WebSockets, over TLS (net/https.py, push/websocket.py)"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            certificate = Certificate(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fuzz-"))))
            certificate.context.num_tickets = 0  # no session is resumed
            self._port = stack.enter_context(serving(self._talk, certificate.context))
            context = ssl.create_default_context(cafile=certificate.ca_file)  # the system's would take 50 ms
            self._dialler = Dialler(context, time.monotonic)
            self._stack = stack.pop_all()
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
        self._answer, self._hold = joined(answer), hold
        self._pour = joined([pour] * bool(pour)) * (_POURED_AT_ONCE // max(1, len(pour)))
        try:
            (self._call if client == "https" else self._receive)(_HELD if hold else _WITHIN)
        except (Temporary, Refused) as error:
            words = error.message
            assert words.isprintable() and len(words) < _LONGEST_WORDS, f"odd words: {words[:400]!r}"
            assert _TOKEN not in words, "a token in an error"
        except Closed as closed:
            assert 0 <= closed.code < 1 << 16, f"a close code that is none: {closed.code}"
            assert len(closed.reason) <= MOST_BYTES, "a reason longer than what was sent"
        log.hides(_TOKEN)

    def _call(self, within: float) -> None:
        store = TokenStore()
        store.access = _TOKEN
        https = Https(self._dialler, time.monotonic)
        shared = Shared(
            store, Pacer(time.monotonic), lambda _: None, time.monotonic, lambda: 0.0, Timings(call_within=within)
        )
        base = f"https://127.0.0.1:{self._port}/api/v1"
        api = TelexApi(base, https, shared)
        tracemalloc.start()
        try:
            api.organisations("u1")
        finally:
            https.close()
            took = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert took < _MOST_MEMORY, f"an answer takes {took >> 20} MiB of memory"

    def _receive(self, within: float) -> None:
        url = f"wss://127.0.0.1:{self._port}/connection/websocket"
        client = WebSocket(url, self._dialler, time.monotonic, open_within=max(within, 0.2))
        try:
            client.open()
            for _ in range(_FRAMES):
                if (received := client.receive(within)) is None:
                    return
                assert len(received) <= MOST_BYTES, "a frame longer than what was sent"
                client.send("{}")
        finally:
            client.close()

    def _talk(self, client: socket.socket) -> None:
        """The server's side; ``{accept}`` in the answer is what the WebSocket's handshake wants."""
        key = re.search(rb"(?i)\r\nsec-websocket-key: *(\S+)", request_of(client))
        accept = base64.b64encode(hashlib.sha1((key[1] if key else b"") + _WEBSOCKET).digest())
        client.sendall(self._answer.replace(b"{accept}", accept))
        for _ in range(_MOST_POURED // len(self._pour) if self._pour else 0):
            client.sendall(self._pour)
        if not self._hold:
            client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass
