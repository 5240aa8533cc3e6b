"""HTTPS requests over connections that are kept, and answers that are not to be read."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from telex_start import clock
from telex_start.errors import NoNetwork
from telex_start.events import SignInFailed, SignOut
from telex_start.net import tls
from telex_start.net.dialling import Dialler
from telex_start.net.https import Answer, Https
from telex_start.net.sockets import Deadline
from telex_start.states import State
from tests.session.by_hand import HEAD, Certificate, Relay, request_of, serving
from tests.session.conftest import Start, Telex

MUCH = 300_000_000
"""Bytes."""


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
    assert sum(sent) < 30_000_000


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
