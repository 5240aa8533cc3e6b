"""Getting to Telex over bad networks: names that are looked up slowly or never, proxies, other certificates, answers
that drip; and that no secret gets into a log."""

from __future__ import annotations

import gc
import logging
import socket
import ssl
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from telex_start.config import Config
from telex_start.doctor import network
from telex_start.doctor.findings import Mark
from telex_start.events import CancelSignIn, Command, SignOut
from telex_start.net import dialling, https, proxies
from telex_start.states import State
from tests.resolver import NAME, Resolver, resolving
from tests.servers import Sandbox
from tests.session.agent import Agent, quick
from tests.session.by_hand import Proxy, serving
from tests.session.conftest import Start, Telex

ONE = ("--organisations", "1")


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with resolving() as made:
        yield made


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def by_name(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sandbox], dict[str, Any]]:
    """Gives the configuration fields that name a sandbox by a host name, so that it has to be looked up."""
    wrap_socket = ssl.SSLContext.wrap_socket

    def wrapped(self: Any, sock: Any, **options: Any) -> Any:
        """Checks the sandbox's certificate for its address, as it is not for that name."""
        return wrap_socket(self, sock, **{**options, "server_hostname": "127.0.0.1"})

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrapped)
    return lambda sandbox: {
        "api_url": sandbox.api_url.replace("127.0.0.1", NAME),
        "push_url": sandbox.push_url.replace("127.0.0.1", NAME),
    }


ByName = Callable[[Sandbox], dict[str, Any]]

# Names.


@pytest.mark.parametrize(("command", "look_up"), [(SignOut(), 1), (CancelSignIn(), 1), (SignOut(), 2), (None, 1)])
def test_nothing_waits_for_a_look_up(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName, command: Command | None, look_up: int
) -> None:
    """A look-up for the login (1) or for the push server (2) delays neither a command nor the agent's end.

    The fixture allows that end a second.
    """
    sandbox = own(*ONE)
    resolver.let_go(look_up - 1)
    session = agent(sandbox, **by_name(sandbox)).sign_in(persist=command is None)
    resolver.await_asked(look_up)
    session.mark()
    if command is not None:
        session.send(command)
        session.await_state(State.SIGNED_OUT, dialling.DNS_WITHIN / 2)


def test_a_connection_that_stands_does_not_wait_for_a_look_up(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As neither DNS answers nor connections are kept, renewing a token needs a look-up; messages come meanwhile."""
    monkeypatch.setattr(dialling, "DNS_KEPT", 0.0)
    monkeypatch.setattr(https, "KEPT_OPEN", -1.0)
    sandbox = own(*ONE, "--connection-ttl", "3", "--subscription-ttl", "60")
    issued = sandbox.status()["tokens_issued"]["connection"]
    api = {"api_url": by_name(sandbox)["api_url"]}
    resolver.let_go()
    session = agent(sandbox, timings=quick(call_within=0.3, first_token_within=5.0), **api).sign_in()
    session.await_subscribed(1)
    session.mark()
    resolver.await_asked(resolver.hold() + 1)  # for the connection's next token
    sandbox.publish(0, "while a name is looked up")
    session.await_received(1, limit=dialling.DNS_WITHIN / 2)
    resolver.let_go()
    sandbox.wait_until(lambda status: status["tokens_issued"]["connection"] >= issued + 2)
    assert State.RECONNECTING not in session.states()


# Proxies.

ANYWHERE: dict[str, Any] = {
    "api_url": "https://telex.example/api/v1",
    "push_url": "wss://push.telex.example/connection/websocket",
}


def told(sandbox: Sandbox) -> str:
    """The message for the login window; checks that the doctor says the same."""
    with Agent(sandbox, **ANYWHERE) as session:
        failure = session.sign_in().await_failure()
    assert failure.title == "The proxy does not work"
    found = list(network.findings(Config(**ANYWHERE, ca_file=sandbox.ca_file)))
    of_proxy = [finding for finding in found if finding.subject == "proxy"]
    assert [finding.mark for finding in of_proxy] == [Mark.MISSING, Mark.MISSING]
    first = str(of_proxy[0])
    assert failure.message.rstrip(".") in first
    return failure.message


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("127.0.0.1:9", "The proxy 127.0.0.1:9 (https_proxy) refused the connection"),
        (f"{NAME}:3128", f"The name of the proxy {NAME}:3128 (https_proxy) could not"),
    ],
    ids=["nobody there", "no such name"],
)
def test_a_proxy_that_cannot_be_used_is_said_so(
    own: Telex, monkeypatch: pytest.MonkeyPatch, resolver: Resolver, where: str, words: str
) -> None:
    resolver.answer = socket.gaierror(-2, "Name or service not known")
    resolver.let_go()
    monkeypatch.setenv("https_proxy", f"http://ada:hunter2@{where}")
    message = told(own(*ONE))
    assert words in message
    assert "hunter2" not in message


def test_a_proxy_that_wants_a_password_is_said_so(own: Telex, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Proxy("ada:right").talk, None) as port:
        monkeypatch.setenv("https_proxy", f"http://ada:hunter2@127.0.0.1:{port}")
        message = told(own(*ONE))
    assert message == f"The proxy 127.0.0.1:{port} does not accept the user name and password in https_proxy."


def test_both_connections_go_through_the_proxy_of_the_environment(own: Telex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "is_loopback", lambda _: False)
    proxy = Proxy("ada:p@ss:word")
    sandbox = own(*ONE)
    with serving(proxy.talk, None) as port:
        monkeypatch.setenv("https_proxy", f"http://ada:p%40ss:word@127.0.0.1:{port}")
        monkeypatch.delenv("no_proxy", raising=False)
        with Agent(sandbox) as session:
            session.online()
            sandbox.publish(0, "x")
            session.await_received(1)
    proxy.join()
    ports = {url.split("/")[2].rpartition(":")[2] for url in (sandbox.api_url, sandbox.push_url)}
    assert {asked.rpartition(":")[2] for asked in proxy.asked} == ports
    assert all(asked.startswith("CONNECT 127.0.0.1:") for asked in proxy.asked)


# The doctor.


def test_the_doctor_says_that_a_look_up_is_slow(
    own: Telex, resolver: Resolver, by_name: ByName, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "SLOW_NAME", 0.2)
    sandbox = own(*ONE)
    with ThreadPoolExecutor() as pool:
        config = Config(**by_name(sandbox), ca_file=sandbox.ca_file)
        looking = pool.submit(lambda: list(network.findings(config)))
        resolver.await_asked(1)
        time.sleep(0.3)
        resolver.let_go()
        found = looking.result(20)
    slow = [str(finding) for finding in found if finding.subject == "DNS"]
    assert "127.0.0.1, but that took" in slow[0]
    assert "first name server" in slow[0]
    assert not [finding for finding in found if finding.mark is Mark.MISSING]


# Secrets.


def test_no_secret_is_in_a_log_a_repr_or_an_event(
    own: Telex, agent: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="websocket")
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
    """A text that can have weak references."""


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
