"""One WebSocket to the push server, from open to close. Blocking; the owner of websocket-client."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import websocket
from msgspec import Struct

from .. import tls
from ..errors import NoNetwork, TelexFailure, Temporary
from . import codes

OPEN_WITHIN = 5.0
"""Seconds for TCP, TLS and the WebSocket handshake together."""
SEND_WITHIN = 5.0
CLOSE_WITHIN = 0.3


class Closed(Exception):
    """The connection is closed.

    Attributes:
        code: The close code; :data:`~telex_start.push.codes.NO_CLOSE_FRAME` where there was none.
        reason: The close frame's reason.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code}")
        self.code = code
        self.reason = reason


class Frame(Struct, frozen=True):
    """A text frame as it came."""

    text: bytes


class Connection:
    """A WebSocket. One thread opens, receives, sends and closes; any thread may :meth:`abort`."""

    def __init__(self, url: str, context: ssl.SSLContext, clock: Callable[[], float], agent: str) -> None:
        self._url = url
        self._context = context
        self._clock = clock
        self._agent = agent
        self._raw: socket.socket | None = None
        self._websocket: websocket.WebSocket | None = None

    def open(self) -> None:
        """Connect and shake hands.

        Raises:
            Temporary: it did not work, this time.
        """
        end = self._clock() + OPEN_WITHIN
        parts = urlsplit(self._url)
        proxy = tls.proxy_for(self._url)
        options: dict[str, Any] = {
            "suppress_origin": True,  # Centrifugo refuses an Origin that it was not told to allow with 403
            "redirect_limit": 0,  # a redirect could lead to plain ws, the token with it
            "header": {"User-Agent": self._agent},
            "timeout": OPEN_WITHIN,
        }
        made = websocket.WebSocket(
            sslopt={"context": self._context}, skip_utf8_validation=True, enable_multithread=False
        )
        try:
            if proxy is None:
                options["socket"] = self._socket(parts.hostname or "", parts.port or 443, end)
            else:
                options |= _proxy_options(proxy)
            made.connect(self._url, **options)
        except websocket.WebSocketBadStatusException as error:
            self.close()
            raise TelexFailure(f"Telex's push server answered HTTP {error.status_code}.") from None
        except ssl.SSLCertVerificationError:
            self.close()
            raise NoNetwork("The push server's certificate could not be verified.") from None
        except (TimeoutError, websocket.WebSocketTimeoutException):
            self.close()
            raise NoNetwork("Telex's push server did not answer in time.") from None
        except (OSError, websocket.WebSocketException, ValueError) as error:
            self.close()
            raise Temporary(f"Telex's push server could not be reached ({type(error).__name__}).") from None
        self._websocket = made
        if isinstance(made.sock, tls.DeadlineSocket):
            made.sock.deadline = None
        elif self._raw is None:
            self._raw = made.sock

    def _socket(self, host: str, port: int, end: float) -> tls.DeadlineSocket:
        """Every address is tried in turn; websocket-client itself stops at the first that times out."""
        plain = socket.create_connection((host, port), timeout=max(0.1, end - self._clock()))
        self._raw = plain
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        plain.settimeout(max(0.1, end - self._clock()))
        try:
            self._raw = wrapped = self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
        bounded = tls.DeadlineSocket(wrapped, self._clock)
        bounded.deadline = end
        return bounded

    def receive(self, seconds: float | None) -> Frame | None:
        """The next text frame, or ``None`` when none came within ``seconds`` (``None``: however long it takes).

        Raises:
            Closed: the connection is at its end.
        """
        made = self._websocket
        if made is None:
            raise Closed(codes.NO_CLOSE_FRAME)
        try:
            made.settimeout(None if seconds is None else max(seconds, 0.001))
            while True:
                opcode, data = made.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    raise Closed(*_close_code(data))
                if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                    return Frame(data)
        except (websocket.WebSocketTimeoutException, TimeoutError):
            return None
        except (websocket.WebSocketException, OSError, ValueError, AttributeError):
            # AttributeError: websocket-client's socket became None under an abort.
            raise Closed(codes.NO_CLOSE_FRAME) from None

    def pending(self) -> bool:
        """Whether decrypted bytes wait already: a frame, or a part of one, that a socket's readiness does not show."""
        sock = self._raw
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def send(self, text: str) -> None:
        """Send a text frame.

        Raises:
            Closed: it could not be sent; half a frame may be out, so the connection is of no more use.
        """
        made = self._websocket
        if made is None:
            raise Closed(codes.NO_CLOSE_FRAME)
        try:
            made.settimeout(SEND_WITHIN)
            made.send(text)
        except (websocket.WebSocketException, OSError, AttributeError):
            raise Closed(codes.NO_CLOSE_FRAME) from None

    def abort(self) -> None:
        """Wake a blocked :meth:`open` or :meth:`receive` in another thread: it sees the connection end."""
        if (raw := self._raw) is not None:
            tls.abort(raw)

    def close(self) -> None:
        """Say goodbye where that takes no time, and free the socket. Never raises."""
        made, self._websocket = self._websocket, None
        raw, self._raw = self._raw, None
        if made is not None:
            with contextlib.suppress(websocket.WebSocketException, OSError, AttributeError):
                made.settimeout(CLOSE_WITHIN)
                made.send_close()
            with contextlib.suppress(websocket.WebSocketException, OSError, AttributeError):
                made.shutdown()
        if raw is not None:
            raw.close()


def _close_code(data: bytes) -> tuple[int, str]:
    if len(data) < 2:
        return 1005, ""
    return int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace")


def _proxy_options(proxy: str) -> dict[str, Any]:
    parts = urlsplit(proxy)
    options: dict[str, Any] = {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": parts.port or 80,
        "proxy_type": "http" if parts.scheme in ("http", "https") else parts.scheme,
    }
    if parts.username:
        options["http_proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return options
