"""One WebSocket to the push server, from open to close. Blocking. Only this module uses websocket-client."""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import websocket

from ..errors import NoNetwork, TelexFailure, Temporary
from ..net.dialling import Dialler
from ..net.sockets import AGENT, Aborter, BoundedSocket, Deadline, TooMuch
from .frames import MESSAGE_TOO_BIG, NO_CLOSE_FRAME

log = logging.getLogger(__name__)

MOST_BYTES = 16 * 1024 * 1024
"""A message larger than this is not read, and ends the connection."""
_MOST_FRAMING = 64 * 1024
"""Bytes for the headers of a message's frames, and for control frames between them."""
_MOST_HEAD = 16 * 1024
"""Bytes of an answer to the handshake."""

OPEN_WITHIN = 5.0
"""Seconds for TCP, TLS and the WebSocket handshake together; the look-up of the name comes before that."""
SEND_WITHIN = 5.0
CLOSE_WITHIN = 0.3
_LONGEST_WAIT = 3600.0
"""Seconds; a server's figures may add up to years, and a socket does not accept such a time-out."""


class Closed(Exception):
    """The connection is closed.

    Attributes:
        code: The close code; :data:`~telex_start.push.frames.NO_CLOSE_FRAME` if there was none.
        reason: The close frame's reason.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"closed with {code}")
        self.code = code
        self.reason = reason


class _Handshake:
    """Wraps the socket for the handshake: leaves out header lines of the answer that would do harm.

    websocket-client (1.9.2) keeps the cookies of all connections in one jar, fails over a cookie that it does not
    understand, and reads the body of a refusal, however large; it has no option against any of that.
    """

    _LEFT_OUT = (b"set-cookie:", b"content-length:")

    def __init__(self, sock: BoundedSocket) -> None:
        self._sock = sock
        self._line = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, size: int) -> bytes:
        while not self._line:
            line = b""
            while not line.endswith(b"\n"):
                byte = self._sock.recv(1)
                if not byte:
                    return b""
                line += byte
            if not line.lower().startswith(self._LEFT_OUT):
                self._line = line
        data, self._line = self._line[:size], self._line[size:]
        return data


class _LibraryWebSocket(websocket.WebSocket):
    """websocket-client's class; its answers to the server's control frames have a time limit of their own."""

    def __init__(self, sock: BoundedSocket, now: Callable[[], float]) -> None:
        super().__init__(skip_utf8_validation=True, enable_multithread=False)
        self._bounded = sock
        self._now = now

    def pong(self, payload: str | bytes = b"") -> None:
        with self._within(SEND_WITHIN):
            try:
                super().pong(payload)
            except (websocket.WebSocketTimeoutException, TimeoutError):
                raise websocket.WebSocketConnectionClosedException("half a pong may be out") from None

    def send_close(self, *args: Any, **kwargs: Any) -> None:
        # Errors are ignored: the caller gets the server's close code even if the answer to it cannot be sent.
        with self._within(CLOSE_WITHIN), contextlib.suppress(websocket.WebSocketException, OSError):
            super().send_close(*args, **kwargs)

    @contextlib.contextmanager
    def _within(self, seconds: float) -> Iterator[None]:
        before, self._bounded.deadline = self._bounded.deadline, Deadline(self._now, seconds)
        try:
            yield
        finally:
            self._bounded.deadline = before


class WebSocket:
    """A WebSocket. One thread opens, receives, sends and closes; any thread may :meth:`abort`."""

    def __init__(self, url: str, dialler: Dialler, now: Callable[[], float], open_within: float = OPEN_WITHIN) -> None:
        """
        Args:
            url: A ``wss`` address.
            dialler: Opens the connection.
            now: A clock, in seconds.
            open_within: Seconds that :meth:`open` may take, apart from the look-up of the server's name.
        """
        self._url = url
        self._dialler = dialler
        self._now = now
        self._open_within = open_within
        self._aborter = Aborter()
        self._sock: ssl.SSLSocket | None = None
        self._bounded = BoundedSocket(None)
        self._websocket: _LibraryWebSocket | None = None

    def open(self) -> None:
        """Connect and shake hands.

        Raises:
            Temporary: the connection could not be opened this time.
        """
        deadline = Deadline(self._now, self._open_within)
        parts = urlsplit(self._url)
        self._sock = self._dialler.dial(parts.hostname or "", parts.port or 443, deadline, self._aborter)
        self._bounded = BoundedSocket(self._sock)
        self._bounded.deadline, self._bounded.most_bytes = deadline, _MOST_HEAD
        made = _LibraryWebSocket(self._bounded, self._now)
        try:
            self._shake_hands(made)
        except BaseException as error:
            self.close()
            if isinstance(error, (TimeoutError, websocket.WebSocketTimeoutException)):
                raise NoNetwork("Telex's push server did not answer in time.") from None
            # IndexError: raised by websocket-client 1.9.0 for a status line of only one word.
            if isinstance(error, (OSError, ValueError, IndexError, TooMuch, websocket.WebSocketException)):
                raise Temporary(f"Telex's push server could not be reached ({type(error).__name__}).") from None
            raise
        made.sock = self._bounded  # type: ignore[assignment]  # it has all that websocket-client uses of a socket
        self._websocket = made
        self._expect_message()

    def _shake_hands(self, made: _LibraryWebSocket) -> None:
        try:
            made.connect(
                self._url,
                socket=_Handshake(self._bounded),
                header=[f"User-Agent: {AGENT}"],
                suppress_origin=True,  # Centrifugo answers 403 to an origin that it does not allow
                redirect_limit=0,  # a redirect could lead to plain ws, and the token with it
            )
            status = made.status
        except websocket.WebSocketBadStatusException as error:
            status = error.status_code
        except websocket.WebSocketException:
            status = made.status
            if status in (None, 101):
                raise
        if status is not None and 300 <= status < 400:
            raise TelexFailure(
                "A redirect came instead of Telex's push server: does this network ask you to log in first?"
            )
        if status != 101:
            raise TelexFailure(f"Telex's push server answered HTTP {status}.")
        answered = made.headers or {}
        if answered.get("sec-websocket-extensions") or answered.get("sec-websocket-protocol"):
            raise websocket.WebSocketProtocolException("an extension or a protocol that was not asked for")

    def _expect_message(self) -> None:
        self._bounded.received, self._bounded.most_bytes = 0, MOST_BYTES + _MOST_FRAMING

    def receive(self, seconds: float | None) -> bytes | None:
        """The next message, or ``None`` if none came within ``seconds`` (``None``: within an hour).

        Raises:
            Closed: the connection has ended.
        """
        assert self._websocket is not None
        # A fixed end: neither bytes of an unfinished frame nor WebSocket pings start the time again.
        wait = _LONGEST_WAIT if seconds is None else min(max(seconds, 0.001), _LONGEST_WAIT)
        self._bounded.deadline = Deadline(self._now, wait)
        try:
            opcode, data = self._websocket.recv_data()
        except (websocket.WebSocketTimeoutException, TimeoutError):
            return None
        except TooMuch:
            log.warning("Telex's push server sent a message of more than %d MiB", MOST_BYTES >> 20)
            raise Closed(MESSAGE_TOO_BIG) from None
        except (websocket.WebSocketException, OSError, ValueError):
            raise Closed(NO_CLOSE_FRAME) from None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            raise Closed(*_close_code(data))
        self._expect_message()
        return bytes(data)

    def send(self, text: str) -> None:
        """Send a text frame.

        Raises:
            Closed: it could not be sent; half a frame may be out, so the connection is of no more use.
        """
        assert self._websocket is not None
        self._bounded.deadline = Deadline(self._now, SEND_WITHIN)
        try:
            self._websocket.send(text)
        except (websocket.WebSocketException, OSError):
            raise Closed(NO_CLOSE_FRAME) from None

    def abort(self) -> None:
        """End the connection: a blocked :meth:`open` or :meth:`receive` in another thread ends, else the next one."""
        self._aborter.abort()

    @property
    def aborted(self) -> bool:
        """Whether :meth:`abort` was called."""
        return self._aborter.aborted

    def close(self) -> None:
        """Send a close frame if that takes no time, and free the socket. Never raises."""
        made, self._websocket = self._websocket, None
        sock, self._sock = self._sock, None
        if made is not None:
            made.send_close()
        if sock is not None:
            sock.close()
        self._aborter.release()


def _close_code(data: bytes) -> tuple[int, str]:
    if len(data) < 2:
        return 1005, ""
    return int.from_bytes(data[:2], "big"), data[2:].decode("utf-8", "replace")
