"""One WebSocket to the push server, from open to close. Blocking; the owner of websocket-client."""

from __future__ import annotations

import contextlib
import select
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import websocket

from ..errors import NoNetwork, TelexFailure, Temporary
from ..net import tls
from . import codes

OPEN_WITHIN = 5.0
"""Seconds for TCP, TLS and the WebSocket handshake together."""
SEND_WITHIN = 5.0
CLOSE_WITHIN = 0.3
_LONGEST_WAIT = 3600.0
"""Seconds; a socket takes no time-out of years, which a server's figures may add up to."""


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


class _LibraryWebSocket(websocket.WebSocket):
    """websocket-client's, made to give the server's close code also when the goodbye to it can no longer be sent."""

    def send_close(self, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(websocket.WebSocketException, OSError, AttributeError):
            super().send_close(*args, **kwargs)


class WebSocket:
    """A WebSocket. One thread opens, receives, sends and closes; any thread may :meth:`abort`."""

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext,
        now: Callable[[], float],
        agent: str,
        open_within: float = OPEN_WITHIN,
    ) -> None:
        """
        Args:
            url: A ``wss`` address.
            context: What verifies.
            now: A clock, in seconds.
            agent: For the header ``User-Agent``.
            open_within: Seconds that :meth:`open` may take.
        """
        self._url = url
        self._context = context
        self._now = now
        self._agent = agent
        self._open_within = open_within
        self._aborter = tls.Aborter()
        self._raw: ssl.SSLSocket | None = None
        self._websocket: websocket.WebSocket | None = None

    def open(self) -> None:
        """Connect and shake hands.

        Raises:
            Temporary: it did not work, this time.
        """
        end = self._now() + self._open_within
        parts = urlsplit(self._url)
        self._raw = tls.dial(parts.hostname or "", parts.port or 443, self._context, self._now, end, self._aborter)
        bounded = tls.DeadlineSocket(self._raw, self._now)
        bounded.deadline = end
        made = _LibraryWebSocket(skip_utf8_validation=True, enable_multithread=False)
        try:
            made.connect(
                self._url,
                socket=bounded,
                suppress_origin=True,  # Centrifugo refuses an Origin that it was not told to allow with 403
                redirect_limit=0,  # a redirect could lead to plain ws, the token with it
                header={"User-Agent": self._agent},
                timeout=self._open_within,
            )
        except websocket.WebSocketBadStatusException as error:
            self.close()
            raise TelexFailure(f"Telex's push server answered HTTP {error.status_code}.") from None
        except (TimeoutError, websocket.WebSocketTimeoutException):
            self.close()
            raise NoNetwork("Telex's push server did not answer in time.") from None
        except (OSError, websocket.WebSocketException, ValueError, AttributeError) as error:
            self.close()
            raise Temporary(f"Telex's push server could not be reached ({type(error).__name__}).") from None
        if made.getstatus() != 101:
            self.close()
            raise TelexFailure("A redirect came instead of Telex's push server: does this network ask you to log in?")
        made.sock = self._raw  # from here on its own time-out, set before each call, is bound enough
        self._websocket = made

    def receive(self, seconds: float | None) -> bytes | None:
        """The next text frame, or ``None`` when none came within ``seconds`` (``None``: or within an hour).

        Raises:
            Closed: the connection is at its end.
        """
        made = self._websocket
        if made is None:
            raise Closed(codes.NO_CLOSE_FRAME)
        try:
            made.settimeout(_LONGEST_WAIT if seconds is None else min(max(seconds, 0.001), _LONGEST_WAIT))
            while True:
                opcode, data = made.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    raise Closed(*_close_code(data))
                if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                    return bytes(data)
        except (websocket.WebSocketTimeoutException, TimeoutError):
            return None
        except (websocket.WebSocketException, OSError, ValueError, AttributeError):
            # AttributeError: websocket-client's socket became None under an abort.
            raise Closed(codes.NO_CLOSE_FRAME) from None

    def pending(self) -> bool:
        """Whether something waits to be read: bytes already decrypted, or bytes on the socket."""
        sock = self._raw
        if sock is None or self._websocket is None:
            return False
        try:
            return sock.pending() > 0 or bool(select.select([sock], [], [], 0)[0])
        except (OSError, ValueError):
            return True  # at its end: reading says how

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
        """Wake a blocked :meth:`open` or :meth:`receive` in another thread, or the next one: the connection ends."""
        self._aborter.abort()

    @property
    def aborted(self) -> bool:
        """Whether :meth:`abort` was called."""
        return self._aborter.aborted

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
        self._aborter.release()


def _close_code(data: bytes) -> tuple[int, str]:
    if len(data) < 2:
        return 1005, ""
    return int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace")
