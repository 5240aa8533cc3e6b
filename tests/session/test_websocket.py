"""One WebSocket keeps its limits of time and memory, whatever servers send: endless, oversized or odd answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from telex_start import __version__, clock
from telex_start.errors import TelexFailure, Temporary
from telex_start.net.dialling import Dialler
from telex_start.net.sockets import tls_context
from telex_start.push import frames
from telex_start.push.websocket import MOST_BYTES, Closed, WebSocket
from tests.session.by_hand import (
    CLOSE,
    MUCH,
    PING,
    PONG,
    TEXT,
    Certificate,
    Flood,
    frame,
    frame_of,
    saying,
    serving,
    shake_hands,
)

FINE = b"it is there"


def connected(certificate: Certificate, port: int, host: str = "127.0.0.1") -> WebSocket:
    made = WebSocket(f"wss://{host}:{port}/push", Dialler(tls_context(str(certificate.ca_file)), clock.now), clock.now)
    made.open()
    return made


class Endless:
    """Sends something again and again, for ten seconds or until the client closes."""

    def __init__(self, first: bytes, again: bytes) -> None:
        self._first = first
        self._again = again
        self.gave_up = threading.Event()

    def talk(self, client: socket.socket) -> None:
        shake_hands(client)
        client.sendall(self._first)
        for _ in range(1000):
            time.sleep(0.01)
            client.sendall(self._again)
        self.gave_up.set()


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", frame(PING, b"are you there?")),
        (frame(TEXT, length=100_000), b"x"),
        (frame(TEXT, b"x", final=False), frame(0, b"", final=False)),
    ],
    ids=["pings", "bytes of a frame", "empty pieces of a message"],
)
def test_waiting_ends_in_time_whatever_else_comes(certificate: Certificate, first: bytes, again: bytes) -> None:
    endless = Endless(first, again)
    with serving(endless.talk, certificate.context) as port:
        websocket = connected(certificate, port)
        assert websocket.receive(0.3) is None
        assert not endless.gave_up.is_set(), "it waited for as long as something came"
        websocket.close()


def test_a_frame_that_is_under_way_when_the_waiting_ends_is_whole_later(certificate: Certificate) -> None:
    go_on = threading.Event()

    def talk(client: socket.socket) -> None:
        shake_hands(client)
        client.sendall(frame(TEXT, FINE)[:5])
        go_on.wait(10)
        client.sendall(frame(TEXT, FINE)[5:])
        frame_of(client)

    with serving(talk, certificate.context) as port:
        websocket = connected(certificate, port)
        assert websocket.receive(0.1) is None
        go_on.set()
        assert websocket.receive(10) == FINE
        websocket.close()


def test_what_came_in_one_piece_is_taken_in_its_order(certificate: Certificate) -> None:
    answers = []

    def talk(client: socket.socket) -> None:
        shake_hands(client)
        pieces = frame(TEXT, b"of ", final=False) + frame(PING, b"8") + frame(0, b"two")
        long = frame(TEXT, b"x" * 20_000)
        client.sendall(frame(TEXT, b"1") + frame(TEXT, b"2" * 300) + frame(PING, b"7") + pieces + frame(TEXT, b"3"))
        client.sendall(long + frame(TEXT, b"4") + frame(CLOSE, (3005).to_bytes(2, "big")))
        answers.extend([frame_of(client), frame_of(client), frame_of(client)])

    with serving(talk, certificate.context) as port:
        websocket = connected(certificate, port)
        assert websocket.receive(10) == b"1"
        assert [websocket.receive(10) for _ in range(5)] == [b"2" * 300, b"of two", b"3", b"x" * 20_000, b"4"]
        with pytest.raises(Closed) as closed:
            websocket.receive(10)
        websocket.close()
    assert closed.value.code == 3005
    assert answers == [(PONG, b"7"), (PONG, b"8"), (CLOSE, (1000).to_bytes(2, "big"))]


# Sizes.


def test_a_message_of_the_largest_size_is_taken_whole(certificate: Certificate) -> None:
    def talk(client: socket.socket) -> None:
        shake_hands(client)
        client.sendall(frame(TEXT, b"x" * MOST_BYTES))
        client.sendall(frame(TEXT, b"x" * (MOST_BYTES // 2), final=False) + frame(0, b"y" * (MOST_BYTES // 2)))
        frame_of(client)

    with serving(talk, certificate.context) as port:
        websocket = connected(certificate, port)
        assert websocket.receive(20) == b"x" * MOST_BYTES
        assert websocket.receive(20) == b"x" * (MOST_BYTES // 2) + b"y" * (MOST_BYTES // 2)
        websocket.close()


@pytest.mark.parametrize("pieces", [1, 100], ids=["one frame", "many frames"])
def test_a_message_that_is_too_large_is_not_read(certificate: Certificate, pieces: int) -> None:
    sent = []

    def talk(client: socket.socket) -> None:
        shake_hands(client)
        piece = b"x" * (MUCH // 100)
        client.sendall(frame(TEXT, length=MUCH) if pieces == 1 else frame(TEXT, final=False))
        for _ in range(100):
            client.sendall(piece if pieces == 1 else frame(0, piece, final=False))
            sent.append(len(piece))

    with serving(talk, certificate.context) as port:
        websocket = connected(certificate, port)
        with pytest.raises(Closed) as closed:
            while websocket.receive(10) is None:
                pass
        websocket.close()
    assert closed.value.code == frames.MESSAGE_TOO_BIG
    assert sum(sent) < 2 * MOST_BYTES


@pytest.mark.parametrize("status", [302, 403])
def test_the_body_of_a_refusal_is_not_read(certificate: Certificate, status: int) -> None:
    flood = Flood(f"HTTP/1.1 {status} No\r\nLocation: /\r\nContent-Length: {MUCH}\r\n\r\n".encode())
    with serving(flood.talk, certificate.context) as port, pytest.raises(TelexFailure, match=r"redirect|HTTP"):
        connected(certificate, port)
    assert flood.sent < 2 * MOST_BYTES


# Cookies.


def test_a_cookie_is_neither_kept_nor_read(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[bytes] = []
    cookies = ["who=ada; Domain=telex.test", "a,b=1; Domain=telex.test", "\x00\xff;;=;Domain"]

    def talk(client: socket.socket) -> None:
        requests.append(shake_hands(client, f"Set-Cookie: {cookies[len(requests)]}"))
        client.sendall(frame(TEXT, FINE))
        frame_of(client)

    with serving(talk, certificate.context) as port:
        here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: here)
        for _ in cookies:
            websocket = connected(certificate, port, "telex.test")
            assert websocket.receive(10) == FINE
            websocket.close()
    assert len(requests) == 3
    assert not any(b"cookie:" in request.lower() or b"origin:" in request.lower() for request in requests)
    assert all(b"\r\nUser-Agent: telex-start/%b\r\n" % __version__.encode() in request for request in requests)


# The handshake.


@pytest.mark.parametrize(
    "talk",
    [
        saying(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        saying(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
        ),
        saying(b"SSH-2.0-OpenSSH_9.2\r\n"),
        saying(b"HTTP/1.1 200 " + b"x" * 100_000),
        lambda client: shake_hands(client, "Sec-WebSocket-Extensions: permessage-deflate"),
        lambda client: shake_hands(client, "Sec-WebSocket-Protocol: chat"),
    ],
    ids=["no upgrade", "another key", "no HTTP", "endless", "an extension unasked for", "a protocol unasked for"],
)
def test_what_is_no_answer_to_the_handshake_opens_nothing(
    certificate: Certificate, talk: Callable[[socket.socket], None]
) -> None:
    with serving(talk, certificate.context) as port, pytest.raises(Temporary, match="could not be reached"):
        connected(certificate, port)
