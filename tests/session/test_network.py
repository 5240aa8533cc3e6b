"""Bad networks: answers that drip, proxies, other certificates; and that no secret gets into a log."""

from __future__ import annotations

import gc
import logging
import socket
import sys
import threading
import time
import weakref
from pathlib import Path

import pytest

from telex_start import clock
from telex_start.errors import NoNetwork, TelexFailure
from telex_start.events import SignOut
from telex_start.net import proxies, tls
from telex_start.net.dialling import Dialler
from telex_start.net.https import MOST_BYTES, Https
from telex_start.net.sockets import Deadline
from telex_start.states import State
from tests.session.agent import Agent, quick
from tests.session.by_hand import HEAD, Certificate, Proxy, request_of, serving
from tests.session.conftest import Start, Telex

ONE = ("--organisations", "1")


# --- a server by hand -----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "drip",
    [
        Dripping(b"", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200),
        Dripping(HEAD, b"X-Long: " + b"x" * 200),
        Dripping(HEAD + b"Content-Length: 500\r\n\r\n", b" " * 200),
        Dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 50),
        Dripping(HEAD + b"\r\n", b" " * 200),
        Dripping(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 20),
    ],
    ids=["status line", "header", "body", "chunks", "until the end", "continue"],
)
def test_an_answer_that_drips_ends_by_the_deadline(certificate: Certificate, drip: Dripping) -> None:
    https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
    with serving(drip.talk, certificate.context) as port:
        with pytest.raises((NoNetwork, TelexFailure)):
            https.request("GET", f"https://127.0.0.1:{port}/", headers={}, json=None, deadline=Deadline(clock.now, 0.5))
        https.close()
    assert not drip.finished


def test_a_handshake_that_hangs_ends_by_the_deadline(certificate: Certificate) -> None:
    https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
    ended = threading.Event()
    with serving(lambda client: hangs.append(ended.wait(10)), None) as port:
        hangs: list[bool] = []
        with pytest.raises(NoNetwork, match="in time"):
            https.request("GET", f"https://127.0.0.1:{port}/", headers={}, json=None, deadline=Deadline(clock.now, 0.4))
        ended.set()
    assert hangs in ([True], [])


def test_an_endless_answer_is_not_read_to_its_end(certificate: Certificate) -> None:
    def talk(client: socket.socket) -> None:
        request_of(client)
        client.sendall(HEAD + b"\r\n")
        while True:
            client.sendall(b"x" * 65536)

    https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
    with serving(talk, certificate.context) as port, pytest.raises(TelexFailure, match="large"):
        https.request("GET", f"https://127.0.0.1:{port}/", headers={}, json=None, deadline=Deadline(clock.now, 5))
    assert MOST_BYTES <= 2**20


def test_the_first_address_that_is_a_black_hole_does_not_eat_all_the_time(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = HEAD + b"Content-Length: 2\r\n\r\n{}"

    def talk(client: socket.socket) -> None:
        request_of(client)
        client.sendall(answer)

    with socket.create_server(("127.0.0.1", 0), backlog=0) as hole, serving(talk, certificate.context) as port:
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
        dead, alive = hole.getsockname(), ("127.0.0.1", port)
        addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in (dead, alive)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
        assert (
            https.request("GET", "https://telex.test/", headers={}, json=None, deadline=Deadline(clock.now, 2)).body
            == b"{}"
        )
        https.close()
        for filler in fillers:
            filler.close()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="OpenSSL's own store")
def test_who_is_in_neither_the_folder_nor_the_file_is_refused(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "01234567.0").write_text("somebody else's")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "01234567.0"))
    https = Https(Dialler(tls.context(None), clock.now), clock.now, "test")

    with serving(lambda client: None, certificate.context) as port, pytest.raises(NoNetwork, match="verified"):
        https.request("GET", f"https://127.0.0.1:{port}/", headers={}, json=None, deadline=Deadline(clock.now, 5))


def test_a_certificate_for_another_name_is_refused(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    got: list[bytes] = []
    with serving(lambda client: got.append(request_of(client)), certificate.context) as port:
        https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), clock.now, "test")
        with pytest.raises(NoNetwork, match="certificate"):
            https.request("GET", f"https://localhost:{port}/", headers={}, json=None, deadline=Deadline(clock.now, 2))
    assert got == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "looked up"),
        (UnicodeError("label too long"), "looked up"),
    ],
)
def test_a_name_that_cannot_be_looked_up_is_said_so(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    https = Https(Dialler(tls.context(None), clock.now), clock.now, "test")
    with pytest.raises(NoNetwork, match=words):
        https.request("GET", "https://telex.test/", headers={}, json=None, deadline=Deadline(clock.now, 2))


def test_an_idle_connection_is_not_used_again(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def talk(client: socket.socket) -> None:
        opened.append(client)
        while True:
            request_of(client)
            client.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}")

    now = [1000.0]
    https = Https(Dialler(tls.context(str(certificate.ca_file)), clock.now), lambda: now[0], "test")
    with serving(talk, certificate.context) as port:
        for pause in (0, 1, 1, 60):  # asleep, or on another network meanwhile
            now[0] += pause
            https.request("GET", f"https://127.0.0.1:{port}/", headers={}, json=None, deadline=Deadline(clock.now, 5))
        https.close()
    assert len(opened) == 2


# --- in the life of a session ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [{"drip": True}, {"delay": 30}])
def test_calls_that_never_end_are_given_up_and_retried(own: Telex, agent: Start, fault: dict[str, object]) -> None:
    sandbox = own(*ONE)
    sandbox.fault("organisations", times=1, **fault)
    sandbox.fault("connection", times=1, **fault)
    session = agent(sandbox, timings=quick(call_within=0.6)).sign_in()
    session.await_subscribed(1)
    assert set(session.states()) <= {State.SIGNING_IN, State.CONNECTING, State.RECONNECTING, State.ONLINE}


def test_a_push_server_with_another_certificate_gets_no_token(
    own: Telex, agent: Start, certificate: Certificate
) -> None:
    got = []
    with serving(lambda client: got.append(request_of(client)), certificate.context) as port:
        session = agent(own(*ONE), push_url=f"wss://127.0.0.1:{port}/").sign_in()
        session.await_state(State.RECONNECTING)
    assert got == []
    assert "certificate" in session.troubles[0].message


# --- proxies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("password", [None, "ada:p%40ss:word"])
def test_both_connections_go_through_the_proxy_that_the_environment_names(
    own: Telex, monkeypatch: pytest.MonkeyPatch, password: str | None
) -> None:
    monkeypatch.setattr(proxies, "is_loopback", lambda _: False)
    proxy = Proxy(password and password.replace("%40", "@"))
    sandbox = own(*ONE)
    with serving(proxy.talk, None) as port:
        monkeypatch.setenv("https_proxy", f"http://{password + '@' if password else ''}127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        with Agent(sandbox) as session:
            session.online()
            sandbox.publish(0, "x")
            session.await_received(1)
    proxy.join()
    ports = {url.split("/")[2].rpartition(":")[2] for url in (sandbox.api_url, sandbox.push_url)}
    assert {asked.rpartition(":")[2] for asked in proxy.asked} == ports
    assert all(asked.startswith("CONNECT 127.0.0.1:") for asked in proxy.asked)


def test_a_proxy_that_refuses_is_said_so(own: Telex, agent: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "is_loopback", lambda _: False)
    proxy = Proxy(password="ada:right")
    sandbox = own(*ONE)
    with serving(proxy.talk, None) as port:
        monkeypatch.setenv("https_proxy", f"http://ada:hunter2@127.0.0.1:{port}")
        failure = agent(sandbox).sign_in().await_failure()
    assert "proxy" in failure.message
    assert "hunter2" not in repr(failure)


def test_no_proxy_is_asked_for_this_machine(own: Telex, agent: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    agent(own(*ONE)).online()


# --- secrets --------------------------------------------------------------------------------------------------------


def test_no_secret_is_in_a_log_a_repr_or_an_event(
    own: Telex, agent: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("websocket",):
        caplog.set_level(logging.DEBUG, logger=name)
    sandbox = own("--organisations", "2")
    secrets: set[str] = {sandbox.password}
    session = agent(sandbox)
    store = session.store

    def note() -> None:
        secrets.update(token for token in (store.access, store.notification) if token)
        secrets.update(token.value for token in [*store.subscriptions.values(), store.connection] if token)

    sandbox.fault("login", times=1, truncate=True)
    session.sign_in().await_failure()
    session.sign_in(password="another-secret-of-mine").await_failure()
    secrets.add("another-secret-of-mine")
    session.mark()
    session.sign_in()
    session.await_subscribed(2)
    note()
    for fault in ({"status": 503}, {"html": True}, {"redirect": True}, {"truncate": True}, {"status": 403}):
        sandbox.fault("subscription", times=1, **fault)
    sandbox.fault("connection", times=1, truncate=True)
    session.mark()
    sandbox.kick(3500)
    session.await_state(State.RECONNECTING)
    monkeypatch.setattr("telex_start.session.upkeep.Upkeep.due", _breaks)
    session.send(SignOut())
    session.await_state(State.SIGNED_OUT)
    monkeypatch.undo()
    session.sign_in()
    session.await_true(lambda: session.told.subscribed >= 1)
    note()
    sandbox.revoke_session()
    texts = [
        caplog.text,
        *(str(record.__dict__) for record in caplog.records),
        *(repr(event) for _, event in session.events),
        repr(store),
        repr(vars(session.session)),
    ]
    assert len(secrets) >= 6
    assert caplog.text.count("\n") > 20
    for secret in secrets:
        assert len(secret) > 8
        assert not any(secret in text for text in texts)


def _breaks(self: object, now: float) -> None:
    raise RuntimeError(f"{self!r}")


class Password(str):
    """A text that can be watched."""


def test_a_password_is_kept_by_nothing_after_the_sign_in(own: Telex, agent: Start) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox)
    wrong, right = Password("wrong"), Password(sandbox.password)
    watched = [weakref.ref(wrong), weakref.ref(right)]
    session.sign_in(password=wrong)
    session.await_failure()
    session.sign_in(password=right)
    session.await_subscribed(1)
    del wrong, right
    gc.collect()
    assert [watch() for watch in watched] == [None, None]
