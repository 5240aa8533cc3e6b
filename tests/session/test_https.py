"""HTTPS calls end in time and size, even with servers that misbehave. Also kept connections, and who is trusted."""

from __future__ import annotations

import gzip
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from telex_start import __version__, clock
from telex_start.errors import NoNetwork, TelexFailure, Temporary
from telex_start.net.dialling import Dialler
from telex_start.net.https import MOST_BYTES, Answer, Https, NoAnswer
from telex_start.net.sockets import Deadline, tls_context
from tests.session.by_hand import HEAD, MUCH, Certificate, Flood, request_of, saying, serving

FEW = 30_000_000
"""Bytes: more than the buffers on the way to a client that has stopped reading hold."""
SMALL = HEAD + b"Content-Length: 2\r\n\r\n{}"


def client_of(
    ca_file: Path | None, now: Callable[[], float] = clock.now, unwanted: Callable[[], bool] = lambda: False
) -> Https:
    context = tls_context(None if ca_file is None else str(ca_file))
    return Https(Dialler(context, clock.now), now, unwanted)


@pytest.fixture
def https(certificate: Certificate) -> Iterator[Https]:
    made = client_of(certificate.ca_file)
    yield made
    made.close()


class Server:
    """Answers ``answers`` requests of each connection, and does ``then`` at the next one.

    Attributes:
        seen: The paths asked for, a list for each connection.
    """

    def __init__(self, answers: int, then: Callable[[socket.socket], None]) -> None:
        self.seen: list[list[str]] = []
        self.answers = answers
        self._then = then

    def talk(self, client: socket.socket) -> None:
        paths: list[str] = []
        self.seen.append(paths)
        while True:
            paths.append(request_of(client).split()[1].decode())
            if len(paths) > self.answers:
                self._then(client)
                return
            client.sendall(SMALL)


class Dripping:
    """Sends the first piece at once and the others a byte at a time, which takes ten seconds or more."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.finished = False

    def talk(self, client: socket.socket) -> None:
        request_of(client)
        client.sendall(self._pieces[0])
        for byte in b"".join(self._pieces[1:]):
            client.sendall(bytes([byte]))
            time.sleep(0.05)
        self.finished = True


def ask(https: Https, port: int, path: str = "", **options: Any) -> Answer:
    options = {"method": "GET", "headers": {}, "json": None, "deadline": Deadline(clock.now, 5), **options}
    return https.request(url=f"https://127.0.0.1:{port}/{path}", **options)


def close(client: socket.socket) -> None:
    """Does nothing: the code that serves closes the connection afterwards."""


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()


def half(client: socket.socket) -> None:
    client.sendall(HEAD + b"Content-Length: 2\r\n\r\n{")


@pytest.mark.parametrize(("end", "method"), [(close, "GET"), (reset, "POST")])
def test_a_request_on_a_kept_connection_that_ends_is_sent_once_more(
    https: Https, certificate: Certificate, end: Callable[[socket.socket], None], method: str
) -> None:
    server = Server(1, end)
    with serving(server.talk, certificate.context) as port:
        for path in "ab":
            assert ask(https, port, path, method=method).body == b"{}"
        with pytest.raises(NoNetwork, match="broke off"):
            server.answers = 0
            ask(https, port, "c", method=method)
    assert server.seen == [["/a", "/b"], ["/b", "/c"], ["/c"]], "but not again and again"


@pytest.mark.parametrize(("answers", "then"), [(0, close), (1, half)], ids=["fresh connection", "answer had begun"])
def test_otherwise_it_is_not_sent_again(
    https: Https, certificate: Certificate, answers: int, then: Callable[[socket.socket], None]
) -> None:
    server = Server(answers, then)
    with serving(server.talk, certificate.context) as port:
        for path in "ab"[:answers]:
            ask(https, port, path)
        with pytest.raises(NoNetwork, match="broke off"):
            ask(https, port, "c")
    assert server.seen == [[*["/a"] * answers, "/c"]]


def test_a_request_for_once_has_a_connection_of_its_own(https: Https, certificate: Certificate) -> None:
    server = Server(1, close)
    with serving(server.talk, certificate.context) as port:
        ask(https, port, "a")
        ask(https, port, "b", only_once=True)
        https.close()
    assert server.seen == [["/a"], ["/b"]]


@pytest.mark.parametrize("end", [close, half, lambda client: client.recv(1)], ids=["close", "half", "silence"])
def test_where_that_was_sent_and_not_answered_it_may_be_done_and_else_it_is_not(
    https: Https, certificate: Certificate, end: Callable[[socket.socket], None]
) -> None:
    with serving(Server(0, end).talk, certificate.context) as port, pytest.raises(NoAnswer):
        ask(https, port, only_once=True, deadline=Deadline(clock.now, 0.5))
    with serving(close, None) as port, pytest.raises(NoNetwork) as raised:
        ask(https, port, only_once=True)
    assert not isinstance(raised.value, NoAnswer), "TLS had not begun"


@pytest.mark.parametrize("status", [301, 308])
def test_the_body_of_a_redirect_is_not_read(https: Https, certificate: Certificate, status: int) -> None:
    flood = Flood(f"HTTP/1.1 {status} Over there\r\nLocation: /x\r\nContent-Length: {MUCH}\r\n\r\n".encode())
    with serving(flood.talk, certificate.context) as port:
        answer = ask(https, port, "a")
    assert (answer.status, answer.body, answer.headers["location"]) == (status, b"", "/x")
    assert flood.sent < FEW


def test_an_idle_connection_is_not_used_again(certificate: Certificate) -> None:
    server = Server(4, close)
    now = [1000.0]
    https = client_of(certificate.ca_file, lambda: now[0])
    with serving(server.talk, certificate.context) as port:
        for pause in (0, 1, 1, 60):  # asleep, or on another network meanwhile
            now[0] += pause
            ask(https, port)
        https.close()
    assert [len(paths) for paths in server.seen] == [3, 1]


def test_what_is_sent(https: Https, certificate: Certificate) -> None:
    requests: list[bytes] = []

    def talk(client: socket.socket) -> None:
        for body in (b"", b'{"\\u00e9": 1}', b""):
            request = request_of(client)
            while not request.endswith(b"\r\n\r\n" + body):
                request += client.recv(100)
            requests.append(request)
            client.sendall(HEAD + b"Set-Cookie: who=ada; Path=/\r\nContent-Length: 2\r\n\r\n{}")

    with serving(talk, certificate.context) as port:
        ask(https, port, "x?page=2", headers={"Authorization": "Bearer t"})
        ask(https, port, "x", method="POST", json={"é": 1})
        ask(https, port, "x", method="POST")
        https.close()
    heads = [request.partition(b"\r\n\r\n")[0].decode().split("\r\n") for request in requests]
    standing = {
        f"Host: 127.0.0.1:{port}",
        f"User-Agent: telex-start/{__version__}",
        "Accept: application/json",
        "Accept-Encoding: identity",
    }
    assert heads[0][0] == "GET /x?page=2 HTTP/1.1"
    assert {*heads[0][1:]} == standing | {"Authorization: Bearer t"}
    assert {*heads[1][1:]} == standing | {"Content-Type: application/json", "Content-Length: 13"}
    assert {*heads[2][1:]} == standing | {"Content-Length: 0"}


# Answers that are taken as they come.


def test_an_answer_that_is_taken_as_it_comes_may_last_as_long_as_bytes_come(certificate: Certificate) -> None:
    now = 0.0
    came = threading.Semaphore()
    taken: list[bytes] = []

    def take(piece: bytes) -> None:
        taken.append(piece)
        came.release()

    def talk(client: socket.socket) -> None:
        nonlocal now
        request_of(client)
        client.sendall(HEAD + b"Content-Length: 5\r\n\r\n")
        for byte in b"12345":
            came.acquire()
            now += 4.0
            client.sendall(bytes((byte,)))

    https = client_of(certificate.ca_file, lambda: now)
    with serving(talk, certificate.context) as port:
        answer = ask(https, port, deadline=Deadline(lambda: now, 5.0), take=take)
        https.close()
    assert (answer.status, answer.body, b"".join(taken), now) == (200, b"", b"12345", 20.0)


def test_an_answer_that_is_taken_as_it_comes_ends_when_no_more_comes(https: Https, certificate: Certificate) -> None:
    taken: list[bytes] = []
    talk = saying(HEAD + b"Content-Length: 5\r\n\r\n123", then_waits=True)
    with serving(talk, certificate.context) as port, pytest.raises(NoNetwork, match="in time"):
        ask(https, port, deadline=Deadline(clock.now, 1.0), take=taken.append)
    assert b"".join(taken) == b"123"


# Servers that misbehave.


def test_interim_answers_are_passed_over(https: Https, certificate: Certificate) -> None:
    """A 103 was taken for the answer, and the real answer for that of the next request."""

    def talk(client: socket.socket) -> None:
        for early in (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" * 2):
            path = request_of(client).split()[1]
            length = f"Content-Length: {len(path)}\r\n".encode()
            client.sendall(early + HEAD + length * 2 + b"\r\n" + path)  # the same length twice is no error

    with serving(talk, certificate.context) as port:
        assert [(answer.status, answer.body) for answer in (ask(https, port, path) for path in ("a", "b/b", "c"))] == [
            (200, b"/a"),
            (200, b"/b/b"),
            (200, b"/c"),
        ]
        https.close()


@pytest.mark.parametrize(
    "head",
    [
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % MUCH + gzip.compress(b"{}"),
        b"\r\n",
    ],
    ids=["a chunk of -1 bytes", "bytes behind the end of gzip", "a body without end"],
)
def test_bytes_that_no_length_tells_of_have_a_bound(https: Https, certificate: Certificate, head: bytes) -> None:
    flood = Flood(HEAD + head, b"x: y\r\n" * 10_000)
    with serving(flood.talk, certificate.context) as port, pytest.raises(Temporary):
        ask(https, port, "a")
    assert flood.sent < FEW


@pytest.mark.parametrize("lengths", [b"Content-Length: 2\r\nContent-Length: 3", b"Content-Length: -1"])
def test_a_length_that_is_none_is_refused_at_once(https: Https, certificate: Certificate, lengths: bytes) -> None:
    talk = saying(HEAD + lengths + b"\r\n\r\n{}", then_waits=True)
    with serving(talk, certificate.context) as port, pytest.raises(TelexFailure, match="could not be read"):
        ask(https, port, "a")


@pytest.mark.parametrize(
    "drip",
    [
        Dripping(HEAD, b"X-Long: " + b"x" * 200),
        Dripping(HEAD + b"Content-Length: 500\r\n\r\n", b" " * 200),
        Dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 50),
        Dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 20),
    ],
    ids=["header", "body", "chunks", "continue"],
)
def test_an_answer_that_drips_ends_by_the_deadline(https: Https, certificate: Certificate, drip: Dripping) -> None:
    with serving(drip.talk, certificate.context) as port:
        with pytest.raises(NoNetwork, match="in time"):
            ask(https, port, deadline=Deadline(clock.now, 0.5))
        https.close()
    assert not drip.finished


def test_a_handshake_that_hangs_ends_by_the_deadline(https: Https) -> None:
    ended = threading.Event()
    with serving(lambda client: hangs.append(ended.wait(10)), None) as port:
        hangs: list[bool] = []
        with pytest.raises(NoNetwork, match="in time"):
            ask(https, port, deadline=Deadline(clock.now, 0.4))
        ended.set()
    assert hangs in ([True], [])


@pytest.mark.parametrize("size", [MOST_BYTES, MOST_BYTES + 1])
def test_an_answer_has_a_largest_size(https: Https, certificate: Certificate, size: int) -> None:
    talk = saying(HEAD + f"Content-Length: {size}\r\n\r\n".encode(), b" " * size)
    with serving(talk, certificate.context) as port:
        if size == MOST_BYTES:
            assert len(ask(https, port).body) == size <= 2**20
        else:
            with pytest.raises(TelexFailure, match="large"):
                ask(https, port)


# Who is trusted.


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have stores of their own")
def test_the_system_s_authorities_are_trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", "nowhere")  # certifi's file need not be there
    made = client_of(None)
    with serving(Server(1, close).talk, certificate.context) as port:
        assert ask(made, port, "a").status == 200
        made.close()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have stores of their own")
@pytest.mark.parametrize("hashed", [True, False])
def test_of_a_folder_of_authorities_only_the_one_that_signed_is_read(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashed: bool
) -> None:
    """If the folder lacks an authority that is in the system's single file, the file is read instead."""
    bundle = Path(shutil.copy(certificate.ca_file, tmp_path / "bundle.crt"))
    if hashed:
        shutil.copy(certificate.ca_file, tmp_path / "authority.pem")
        subprocess.run(["openssl", "rehash", tmp_path], check=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert tls_context(None).cert_store_stats()["x509_ca"] == (0 if hashed else 1)
    made = client_of(None)
    with serving(Server(1, close).talk, certificate.context) as port:
        assert ask(made, port, "a").status == 200
        made.close()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have stores of their own")
def test_an_authority_that_the_system_does_not_know_is_not_trusted(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "01234567.0").write_text("somebody else's")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "01234567.0"))
    # The package requests adds certifi's authorities to the system's, which the person administers.
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate.ca_file))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.ca_file))
    server = Server(1, close)
    with serving(server.talk, certificate.context) as port, pytest.raises(NoNetwork, match="could not be verified"):
        ask(client_of(None), port)
    assert server.seen == []


def test_a_server_without_tls_is_said_so(https: Https) -> None:
    words = r"^No secure connection to Telex could be made\.$"
    with serving(lambda client: client.sendall(b"SSH-2.0\r\n"), None) as port, pytest.raises(NoNetwork, match=words):
        ask(https, port)


def test_a_certificate_for_another_name_is_refused(https: Https, certificate: Certificate) -> None:
    server = Server(1, close)
    with serving(server.talk, certificate.context) as port, pytest.raises(NoNetwork, match="certificate"):
        deadline = Deadline(clock.now, 2)
        https.request("GET", f"https://localhost:{port}/", headers={}, json=None, deadline=deadline)
    assert server.seen == []


# Another thread ends it.


class Silent:
    """Says that a request has come, and never answers it."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)

    def talk(self, client: socket.socket) -> None:
        request_of(client)
        self.asked.release()
        client.recv(1)


@pytest.mark.parametrize("end", [Https.abort, Https.interrupt])
def test_the_unwanted_ends_and_what_comes_later_goes(certificate: Certificate, end: Callable[[Https], None]) -> None:
    silent, unwanted = Silent(), threading.Event()
    https = client_of(certificate.ca_file, unwanted=unwanted.is_set)
    with ThreadPoolExecutor() as pool, serving(silent.talk, certificate.context) as port:
        asking = pool.submit(ask, https, port)
        silent.asked.acquire()
        Https.interrupt(https)  # the call is still wanted, so this ends nothing
        unwanted.set()
        end(https)
        with pytest.raises(NoNetwork):
            asking.result(5)
        with pytest.raises(NoNetwork, match="given up"):
            ask(https, port)  # a second call does not even begin
        unwanted.clear()
        with pytest.raises(NoNetwork, match="given up" if end is Https.abort else "in time"):
            ask(https, port, deadline=Deadline(clock.now, 0.3))
        assert silent.asked.acquire(blocking=False) is (end is Https.interrupt)
        https.close()


@pytest.mark.parametrize("options", [{"only_once": True}, {"interruptible": False}])
def test_what_is_to_be_carried_out_ends_by_an_abort_alone(certificate: Certificate, options: dict[str, Any]) -> None:
    silent = Silent()
    unwanted = threading.Event()
    https = client_of(certificate.ca_file, unwanted=unwanted.is_set)
    with ThreadPoolExecutor() as pool, serving(silent.talk, certificate.context) as port:
        asking = pool.submit(lambda: ask(https, port, **options))
        silent.asked.acquire()
        unwanted.set()
        https.interrupt()
        with pytest.raises(TimeoutError):
            asking.result(0.1)  # time in which a defect would show
        https.abort()
        with pytest.raises(NoNetwork):
            asking.result(5)
        https.close()
