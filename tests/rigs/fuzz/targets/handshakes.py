"""The WebSocket's handshake and frames, over a real connection."""

from __future__ import annotations

import struct
import time

from hypothesis import strategies as st

from telex_start.errors import Temporary
from telex_start.push.websocket import Closed, WebSocket

from ..material import INTEGERS, MOST_BYTES, many, texts
from ..over_tls import OverTls, answers
from ..target import Case, require

_HELD = 0.05
"""Seconds that are waited for a server that holds the connection, and says no more."""
_FRAMES = 20
"""Frames that are taken of one server."""
_OPCODES = (0, 1, 1, 1, 2, 3, 8, 9, 10, 11, 15)


def frame(
    opcode: int, payload: bytes, *, fin: bool = True, reserved: int = 0, masked: bool = False, claim: int = -1
) -> str:
    """A WebSocket frame (RFC 6455, section 5.2) as a part of a case.

    Args:
        claim: The length that it claims to have; -1: its own.
    """
    length = len(payload) if claim < 0 else claim
    first = bytes([fin << 7 | (reserved & 7) << 4 | opcode & 15])
    mask = masked << 7
    if length < 126:
        head = first + bytes([mask | length])
    elif length < 1 << 16:
        head = first + bytes([mask | 126]) + struct.pack("!H", length)
    else:
        head = first + bytes([mask | 127]) + struct.pack("!Q", length & ((1 << 64) - 1))
    return (head + (b"\0\0\0\0" if masked else b"") + payload).decode("utf-8", "surrogateescape")


_payload = st.one_of(st.binary(max_size=20), texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
_frames = st.one_of(
    st.builds(frame, st.just(1), _payload),
    st.builds(
        frame,
        st.sampled_from(_OPCODES),
        _payload,
        fin=st.sampled_from([True, True, True, False]),
        reserved=st.sampled_from([0, 0, 0, 4]),
        masked=st.sampled_from([False, False, True]),
        claim=st.sampled_from([-1, -1, -1, *(number for number in INTEGERS if number >= 0)]),
    ),
    st.builds(frame, st.just(8), st.sampled_from([b"", b"\x03", b"\x03\xe8", b"\x0d\xafbye", b"\x0b\xb9\xff"])),
)
_STATUS = """
HTTP/1.1 200 OK
HTTP/1.1 302 Found
HTTP/1.1 503 Busy
HTTP/1.1 101
HTTP/1.1
101
SSH-2.0-x
""".strip("\n").split("\n")
_HEADERS = """
Sec-WebSocket-Accept: x
Sec-WebSocket-Extensions: permessage-deflate
Sec-WebSocket-Protocol: other
Location: https://127.0.0.1:1/
Location: ws://127.0.0.1:1/
Set-Cookie: a=b; expires=x; domain=.
:
no colon
 folded
Content-Length: -1
Content-Length: x
Content-Length: 99999999999
Transfer-Encoding: chunked
\xe9: \xff
""".strip("\n").split("\n")
_status = st.sampled_from([*["HTTP/1.1 101 Switching Protocols"] * 8, *_STATUS, ""])
_RIGHT = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: {accept}"]
_headers = st.one_of(
    st.just(_RIGHT),
    st.lists(st.sampled_from(_HEADERS), max_size=2).map(lambda more: [*_RIGHT, *more]),
    st.lists(st.sampled_from([*_RIGHT, *_RIGHT, *_HEADERS]), max_size=5),
)
_head = st.tuples(_status, _headers).map(lambda both: "\r\n".join([both[0], *both[1], "", ""]))
_answer = st.one_of(
    st.tuples(_head, st.lists(_frames, max_size=4)).map(lambda both: [both[0], *both[1]]),
    st.tuples(_head, many, texts).map(list),
)


class Handshakes(OverTls):
    """See :class:`.over_tls.OverTls` for what a case is."""

    name = "handshakes"
    what = "the WebSocket's handshake and frames, over TLS (push/websocket.py)"
    cases = answers(_answer)
    library = "websocket"

    def run(self, case: Case) -> None:
        hold = self.serve(case)
        url = f"wss://127.0.0.1:{self._server.port}/connection/websocket"
        within = _HELD if hold else 5.0
        client = WebSocket(url, self._dialler, time.monotonic, "fuzz", open_within=max(within, 0.2))
        with self._recorder.recording(()):
            try:
                client.open()
                self._receive(client, within)
            except Temporary as error:
                require(error.message.isprintable() and len(error.message) < 300, f"odd words: {error.message[:400]!r}")
            except Closed as closed:
                require(0 <= closed.code < 1 << 16, f"a close code that is none: {closed.code}")
                require(len(closed.reason) <= MOST_BYTES, "a reason longer than what was sent")
            finally:
                client.close()

    @staticmethod
    def _receive(client: WebSocket, within: float) -> None:
        """
        Raises:
            Closed: the connection is at its end.
        """
        for _ in range(_FRAMES):
            received = client.receive(within)
            if received is None:
                return
            require(len(received) <= MOST_BYTES, "a frame longer than what was sent")
            client.send("{}")
