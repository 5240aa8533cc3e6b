"""One WebSocket to the push server, from open to close. Blocking; the owner of websocket-client."""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ..errors import NoNetwork, TelexFailure, Temporary
from ..net import http_head
from ..net.dialling import Dialler
from ..net.sockets import Aborter, Deadline, DeadlineSocket
from ..stand_ins import StandIn, standing_in
from . import codes, handshake
from .read_ahead import ReadAhead

# websocket-client 1.9.2 imports its WebSocketApp, which nothing here uses, and `inspect` for a log entry about that;
# and two modules for cookies and proxies, which it is not asked for.
with standing_in(
    StandIn("websocket._app", WebSocketApp=None, set_reconnect=None),
    *(StandIn(name) for name in ("inspect", "http.cookies", "ipaddress")),
):
    import websocket

log = logging.getLogger(__name__)

MOST_BYTES = 16 * 1024 * 1024
"""A message larger than this is not read, and ends the connection."""

OPEN_WITHIN = 5.0
"""Seconds for TCP, TLS and the WebSocket handshake together; the look-up of the name comes before that."""
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


class _TooLarge(Exception):
    """A message is larger than :data:`MOST_BYTES`."""


class _Frames(websocket.frame_buffer):
    """websocket-client's reader of frames, which would take one of any size."""

    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > MOST_BYTES:
            raise _TooLarge


class _Message(websocket.continuous_frame):
    """websocket-client's message of several frames, which would take any number of them."""

    def add(self, frame: websocket.ABNF) -> None:
        held = self.cont_data
        if held is not None and len(held[1]) + len(frame.data) > MOST_BYTES:
            raise _TooLarge
        super().add(frame)
        if not frame.fin and held is None and self.cont_data is not None:
            self.cont_data[1] = bytearray(self.cont_data[1])  # which grows without being copied each time


class _LibraryWebSocket(websocket.WebSocket):
    """websocket-client's, with bounds, on a connection that is open already.

    It gives the server's close code also when the goodbye to it can no longer be sent.
    """

    def __init__(self, sock: DeadlineSocket, now: Callable[[], float]) -> None:
        super().__init__(skip_utf8_validation=True, enable_multithread=False)
        self.ahead = ReadAhead(self._recv)
        self.frame_buffer = _Frames(self.ahead.recv, skip_utf8_validation=True)
        self.cont_frame = _Message(fire_cont_frame=False, skip_utf8_validation=True)
        self.sock: Any = sock
        self.connected = True
        self._now = now

    @property
    def between_messages(self) -> bool:
        """Whether what is received next is the beginning of a message, or a control frame."""
        frames = self.frame_buffer
        return frames.header is None and not frames.recv_buffer and self.cont_frame.recving_frames is None

    def until(self, seconds: float) -> None:
        """What is received and sent from here on ends within so many seconds, all together."""
        self.sock.deadline = Deadline(self._now, seconds)

    def pong(self, payload: str | bytes = b"") -> None:
        waiting, self.sock.deadline = self.sock.deadline, Deadline(self._now, SEND_WITHIN)
        try:
            super().pong(payload)
        except (websocket.WebSocketTimeoutException, TimeoutError):
            raise websocket.WebSocketConnectionClosedException("half a pong may be out") from None
        self.sock.deadline = waiting

    def send_close(self, *args: Any, **kwargs: Any) -> None:
        with contextlib.suppress(websocket.WebSocketException, OSError, AttributeError):
            self.until(CLOSE_WITHIN)
            super().send_close(*args, **kwargs)


class WebSocket:
    """A WebSocket. One thread opens, receives, sends and closes; any thread may :meth:`abort`."""

    def __init__(
        self,
        url: str,
        dialler: Dialler,
        now: Callable[[], float],
        agent: str,
        open_within: float = OPEN_WITHIN,
    ) -> None:
        """
        Args:
            url: A ``wss`` address.
            dialler: Opens the connection.
            now: A clock, in seconds.
            agent: For the header ``User-Agent``.
            open_within: Seconds that :meth:`open` may take, beside a look-up of the server's name.
        """
        self._url = url
        self._dialler = dialler
        self._now = now
        self._agent = agent
        self._open_within = open_within
        self._aborter = Aborter()
        self._raw: ssl.SSLSocket | None = None
        self._websocket: _LibraryWebSocket | None = None

    def open(self) -> None:
        """Connect and shake hands.

        Raises:
            Temporary: it did not work, this time.
        """
        deadline = Deadline(self._now, self._open_within)
        parts = urlsplit(self._url)
        self._raw = self._dialler.dial(parts.hostname or "", parts.port or 443, deadline, self._aborter)
        bounded = DeadlineSocket(self._raw)
        bounded.deadline = deadline
        try:
            self._shake_hands(parts, bounded)
        except TimeoutError:
            self.close()
            raise NoNetwork("Telex's push server did not answer in time.") from None
        except (OSError, ValueError, http_head.NotHttp, handshake.NoWebSocket) as error:
            self.close()
            raise Temporary(f"Telex's push server could not be reached ({type(error).__name__}).") from None
        except TelexFailure:
            self.close()
            raise
        self._websocket = _LibraryWebSocket(bounded, self._now)

    def _shake_hands(self, parts: SplitResult, bounded: DeadlineSocket) -> None:
        """The handshake; nothing is read beyond the head of its answer.

        Raises:
            TelexFailure: it was refused.
        """
        resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        key = handshake.new_key(os.urandom(16))
        bounded.sendall(handshake.request(parts.netloc.rpartition("@")[2], resource, key, self._agent))
        head = http_head.read(bounded.recv)
        if 300 <= head.status < 400:  # it could lead to plain ws, the token with it
            raise TelexFailure(
                "A redirect came instead of Telex's push server: does this network ask you to log in first?"
            )
        if head.status != 101:
            raise TelexFailure(f"Telex's push server answered HTTP {head.status}.")
        handshake.check(head, key)

    def receive(self, seconds: float | None) -> bytes | None:
        """The next text frame, or ``None`` when none came within ``seconds`` (``None``: or within an hour).

        Raises:
            Closed: the connection is at its end.
        """
        made = self._websocket
        if made is None:
            raise Closed(codes.NO_CLOSE_FRAME)
        try:
            # A real end: neither bytes of a frame that is under way nor a WebSocket's own pings begin it anew.
            made.until(_LONGEST_WAIT if seconds is None else min(max(seconds, 0.001), _LONGEST_WAIT))
            while True:
                if made.between_messages:
                    made.ahead.fill()
                    if (text := made.ahead.text()) is not None:
                        return text
                opcode, data = made.recv_data(control_frame=True)
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    raise Closed(*_close_code(data))
                if opcode in (websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY):
                    return bytes(data)
        except (websocket.WebSocketTimeoutException, TimeoutError):
            return None
        except _TooLarge:
            log.warning("Telex's push server sent a message of more than %d MiB", MOST_BYTES >> 20)
            raise Closed(codes.MESSAGE_TOO_BIG) from None
        except (websocket.WebSocketException, OSError, ValueError, AttributeError):
            # AttributeError: websocket-client's socket became None under an abort.
            raise Closed(codes.NO_CLOSE_FRAME) from None

    def at_hand(self) -> list[bytes]:
        """The text frames that came together with the one before; nothing is waited or looked for.

        Empty: there are none, or the next one is to be had by :meth:`receive`.
        """
        made = self._websocket
        frames: list[bytes] = []
        if made is not None and made.between_messages:
            while (text := made.ahead.text()) is not None:
                frames.append(text)
        return frames

    def gather(self, seconds: float) -> None:
        """Sleep so long, then let :meth:`at_hand` give what has come meanwhile; an end is left to :meth:`receive`."""
        time.sleep(seconds)
        made, raw = self._websocket, self._raw
        if made is not None and raw is not None and made.between_messages:
            with contextlib.suppress(OSError):
                raw.settimeout(0.0)
                made.ahead.gather(raw.read)

    def send(self, text: str) -> None:
        """Send a text frame.

        Raises:
            Closed: it could not be sent; half a frame may be out, so the connection is of no more use.
        """
        made = self._websocket
        if made is None:
            raise Closed(codes.NO_CLOSE_FRAME)
        try:
            made.until(SEND_WITHIN)
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
