"""HTTPS requests over connections that are kept, and answers that are not to be read."""

from __future__ import annotations

import gzip
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from telex_start import clock
from telex_start.errors import NoNetwork, TelexFailure, Temporary
from telex_start.events import SignInFailed, SignOut
from telex_start.net import tls
from telex_start.net.dialling import Dialler
from telex_start.net.https import Answer, Https
from telex_start.net.sockets import Deadline
from telex_start.states import State
from tests.session.by_hand import HEAD, Certificate, Relay, plain_authority, request_of, serving
from tests.session.conftest import Start, Telex

MUCH = 300_000_000
FEW = 30_000_000
"""Bytes: more than lie on the way to who has stopped reading."""


@pytest.fixture
def https(certificate: Certificate) -> Iterator[Https]:
    made = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
    yield made
    made.close()


class Server:
    """Answers each connection's requests, and then does something else with the next.

    Attributes:
        seen: The paths asked for: of each connection a list.
    """

    def __init__(self, answers: int, then: Callable[[socket.socket], None]) -> None:
        self.seen: list[list[str]] = []
        self._answers = answers
        self._then = then

    def talk(self, client: socket.socket) -> None:
        paths: list[str] = []
        self.seen.append(paths)
        while True:
            paths.append(request_of(client).split()[1].decode())
            if len(paths) > self._answers:
                self._then(client)
                return
            client.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")


class Flood:
    """Answers a request by the beginning of an answer, and then by the same again and again until nobody reads on."""

    def __init__(self, head: bytes, again: bytes) -> None:
        self.sent = 0
        """Bytes."""
        self._head = head
        self._again = again * (1 + 60_000 // len(again))

    def talk(self, client: socket.socket) -> None:
        request_of(client)
        client.sendall(self._head)
        while self.sent < MUCH:
            client.sendall(self._again)
            self.sent += len(self._again)


def ask(https: Https, port: int, path: str, *, method: str = "GET", only_once: bool = False) -> Answer:
    return https.request(
        method,
        f"https://127.0.0.1:{port}/{path}",
        headers={},
        json=None,
        deadline=Deadline(clock.now, 5),
        only_once=only_once,
    )


def close(client: socket.socket) -> None:
    """Nothing: who served closes the connection."""


def reset(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    client.close()


@pytest.mark.parametrize("end", [close, reset])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_on_a_kept_connection_that_ends_is_sent_once_more(
    https: Https, certificate: Certificate, end: Callable[[socket.socket], None], method: str
) -> None:
    server = Server(1, end)
    with serving(server.talk, certificate.context) as port:
        for path in "ab":
            assert ask(https, port, path, method=method).body == b"{}"
        https.close()
    assert server.seen == [["/a", "/b"], ["/b"]]


def test_a_request_on_a_fresh_connection_is_not_sent_again(https: Https, certificate: Certificate) -> None:
    server = Server(0, close)
    with serving(server.talk, certificate.context) as port, pytest.raises(NoNetwork, match="broke off"):
        ask(https, port, "a")
    assert server.seen == [["/a"]]


def test_a_request_is_sent_again_only_once(https: Https, certificate: Certificate) -> None:
    server = Server(1, close)

    def talk(client: socket.socket) -> None:
        if server.seen:
            server.seen.append([request_of(client).split()[1].decode()])
            return
        server.talk(client)

    with serving(talk, certificate.context) as port:
        ask(https, port, "a")
        with pytest.raises(NoNetwork, match="broke off"):
            ask(https, port, "b")
    assert server.seen == [["/a", "/b"], ["/b"]]


def test_a_request_whose_answer_had_begun_is_not_sent_again(https: Https, certificate: Certificate) -> None:
    server = Server(1, lambda client: client.sendall(HEAD + b"Content-Length: 2\r\n\r\n{"))
    with serving(server.talk, certificate.context) as port:
        ask(https, port, "a")
        with pytest.raises(NoNetwork):
            ask(https, port, "b")
    assert server.seen == [["/a", "/b"]]


def test_a_request_that_must_not_be_carried_out_twice_has_a_connection_of_its_own(
    https: Https, certificate: Certificate
) -> None:
    server = Server(1, close)
    with serving(server.talk, certificate.context) as port:
        ask(https, port, "a")
        ask(https, port, "b", only_once=True)
        https.close()
    assert server.seen == [["/a"], ["/b"]]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_body_of_a_redirect_is_not_read(https: Https, certificate: Certificate, status: int) -> None:
    sent = []

    def talk(client: socket.socket) -> None:
        request_of(client)
        client.sendall(f"HTTP/1.1 {status} Over there\r\nLocation: /x\r\nContent-Length: {MUCH}\r\n\r\n".encode())
        for _ in range(100):
            client.sendall(b"x" * (MUCH // 100))
            sent.append(MUCH // 100)

    with serving(talk, certificate.context) as port:
        answer = ask(https, port, "a")
    assert (answer.status, answer.body, answer.headers["location"]) == (status, b"", "/x")
    assert sum(sent) < FEW


# --- answers that are taken as they come ----------------------------------------------------------------------------


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

    https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), lambda: now, "test")
    with serving(talk, certificate.context) as port:
        answer = https.request(
            "GET",
            f"https://127.0.0.1:{port}/",
            headers={},
            json=None,
            deadline=Deadline(lambda: now, 5.0),
            take=take,
        )
        https.close()
    assert (answer.status, answer.body, b"".join(taken), now) == (200, b"", b"12345", 20.0)


def test_an_answer_that_is_taken_as_it_comes_ends_when_no_more_bytes_come(
    https: Https, certificate: Certificate
) -> None:
    taken: list[bytes] = []

    def talk(client: socket.socket) -> None:
        request_of(client)
        client.sendall(HEAD + b"Content-Length: 5\r\n\r\n123")
        request_of(client)

    with serving(talk, certificate.context) as port, pytest.raises(NoNetwork, match="in time"):
        deadline = Deadline(clock.now, 1.0)
        url = f"https://127.0.0.1:{port}/"
        https.request("GET", url, headers={}, json=None, deadline=deadline, take=taken.append)
    assert b"".join(taken) == b"123"


# --- servers that misbehave -----------------------------------------------------------------------------------------


def test_interim_answers_are_passed_over(https: Https, certificate: Certificate) -> None:
    """A 103 was taken for the answer, and the answer for that to the next request."""

    def talk(client: socket.socket) -> None:
        for early in (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" * 2):
            path = request_of(client).split()[1]
            client.sendall(early + HEAD + f"Content-Length: {len(path)}\r\n\r\n".encode() + path)

    with serving(talk, certificate.context) as port:
        assert [(answer.status, answer.body) for answer in (ask(https, port, path) for path in ("a", "b/b", "c"))] == [
            (200, b"/a"),
            (200, b"/b/b"),
            (200, b"/c"),
        ]
        https.close()


@pytest.mark.parametrize("interim", [b"100 Continue", b"103 Early Hints"])
def test_nothing_but_interim_answers_ends(https: Https, certificate: Certificate, interim: bytes) -> None:
    flood = Flood(b"", b"HTTP/1.1 " + interim + b"\r\nLink: </x>\r\n\r\n")
    with serving(flood.talk, certificate.context) as port, pytest.raises(Temporary):
        ask(https, port, "a")
    assert flood.sent < FEW


@pytest.mark.parametrize(
    "head",
    [
        b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % MUCH + gzip.compress(b"{}"),
        b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
    ],
    ids=["a chunk of -1 bytes", "bytes behind the end of gzip", "a trailer without end"],
)
def test_bytes_that_no_length_tells_of_have_a_bound(https: Https, certificate: Certificate, head: bytes) -> None:
    flood = Flood(HEAD + head, b"x: y\r\n" * 10_000)
    with serving(flood.talk, certificate.context) as port, pytest.raises(Temporary):
        ask(https, port, "a")
    assert flood.sent < FEW


def test_two_equal_lengths_are_one(https: Https, certificate: Certificate) -> None:
    def talk(client: socket.socket) -> None:
        while request_of(client):
            client.sendall(HEAD + b"Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}")

    with serving(talk, certificate.context) as port:
        for path in "ab":
            assert ask(https, port, path).body == b"{}"
        https.close()


@pytest.mark.parametrize("lengths", [b"Content-Length: 2\r\nContent-Length: 3", b"Content-Length: -1"])
def test_a_length_that_is_none_is_refused_at_once(https: Https, certificate: Certificate, lengths: bytes) -> None:
    def talk(client: socket.socket) -> None:
        request_of(client)
        client.sendall(HEAD + lengths + b"\r\n\r\n{}")
        request_of(client)  # there is none: nor does it close the connection before the client does

    with serving(talk, certificate.context) as port, pytest.raises(TelexFailure, match="could not be read"):
        ask(https, port, "a")


def test_a_cookie_is_not_sent_back(https: Https, certificate: Certificate) -> None:
    requests: list[bytes] = []

    def talk(client: socket.socket) -> None:
        for _ in "ab":
            requests.append(request_of(client))
            client.sendall(HEAD + b"Set-Cookie: who=ada; Path=/\r\nContent-Length: 2\r\n\r\n{}")

    with serving(talk, certificate.context) as port:
        for path in "ab":
            ask(https, port, path)
        https.close()
    assert len(requests) == 2 and not any(b"cookie:" in request.lower() for request in requests)


# --- who is trusted -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="they have stores of their own")
def test_the_system_s_authorities_are_trusted(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.ca_file))
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", "nowhere")  # certifi's file need not be there
    made = Https(Dialler(tls.context(None), clock.now), clock.now, "test")
    with serving(Server(1, close).talk, certificate.context) as port:
        assert ask(made, port, "a").status == 200
        made.close()


def test_an_authority_that_certifi_alone_knows_is_not_trusted(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """requests adds certifi's to those of the system, which the person administers."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(certificate.ca_file))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.ca_file))
    made = Https(Dialler(tls.context(None), clock.now), clock.now, "test")
    server = Server(1, close)
    with serving(server.talk, certificate.context) as port, pytest.raises(NoNetwork, match="could not be verified"):
        ask(made, port, "a")
    assert server.seen == []


def test_a_company_s_authority_without_key_identifiers_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python 3.13 and newer refuse it; elsewhere the flag that does so is set here by hand."""
    plain = ssl.create_default_context

    def strict(*args: Any, **options: Any) -> ssl.SSLContext:
        made = plain(*args, **options)
        made.verify_flags |= ssl.VERIFY_X509_STRICT
        return made

    monkeypatch.setattr(ssl, "create_default_context", strict)
    certificate = plain_authority(tmp_path)
    made = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
    server = Server(1, close)
    with serving(server.talk, certificate.context) as port:
        assert ask(made, port, "a").status == 200
        made.close()


# --- in the life of a session ---------------------------------------------------------------------------------------


def test_login_right_after_sign_out_on_connections_that_the_server_has_closed(own: Telex, agent: Start) -> None:
    sandbox = own("--organisations", "1")
    target = int(sandbox.api_url.split("/")[2].rpartition(":")[2])
    with Relay(target) as relay:
        session = agent(sandbox, api_url=sandbox.api_url.replace(f":{target}", f":{relay.port}")).online()
        for _ in range(3):
            logouts = sandbox.status()["logouts"]
            relay.tire()
            session.send(SignOut())
            sandbox.wait_until(lambda status, before=logouts: status["logouts"] == before + 1)  # type: ignore[misc]
            relay.tire()
            session.mark()
            session.sign_in()
            session.await_state(State.ONLINE)
        assert relay.cut >= 3
        assert not session.all(SignInFailed)
        assert not session.troubles
        session.session.stop(5)
