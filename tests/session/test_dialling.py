"""Getting to Telex: names that are looked up slowly or never, addresses that answer nothing, and proxies."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from telex_start import clock
from telex_start.config import Config
from telex_start.doctor import network
from telex_start.doctor.findings import Mark
from telex_start.errors import NoNetwork
from telex_start.events import CancelSignIn, Command, SignOut, Trouble
from telex_start.net import happy_eyeballs, https, names, tls
from telex_start.net.dialling import Dialler
from telex_start.net.names import Address
from telex_start.net.sockets import Aborter, Deadline
from telex_start.states import State
from tests.resolver import LIMIT, NAME, Resolver, resolving
from tests.servers import Sandbox
from tests.session.agent import Agent, quick
from tests.session.by_hand import Certificate, Proxy, serving
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
    """Gives the fields of a configuration that names a sandbox by a name that has to be looked up."""
    wrap_socket = ssl.SSLContext.wrap_socket

    def wrapped(self: Any, sock: Any, **options: Any) -> Any:
        """The sandbox's certificate is not for that name."""
        return wrap_socket(self, sock, **{**options, "server_hostname": "127.0.0.1"})

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrapped)
    return lambda sandbox: {
        "api_url": sandbox.api_url.replace("127.0.0.1", NAME),
        "push_url": sandbox.push_url.replace("127.0.0.1", NAME),
    }


ByName = Callable[[Sandbox], dict[str, Any]]

# --- names ----------------------------------------------------------------------------------------------------------


def test_a_dead_first_name_server_keeps_nobody_offline(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName
) -> None:
    """Each look-up takes longer than a call may: the call's time begins after it."""
    sandbox = own(*ONE)
    session = agent(sandbox, timings=quick(call_within=0.5, open_within=0.5), **by_name(sandbox)).sign_in()
    for number in (1, 2):  # of the API, then of the push server, at another port
        resolver.await_asked(number)
        time.sleep(0.7)
        resolver.let_go(number)
    session.await_subscribed(1)
    assert State.RECONNECTING not in session.states()


def test_an_answer_that_comes_too_late_serves_the_next_try(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName
) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox, timings=quick(names_within=0.05), **by_name(sandbox)).sign_in(persist=True)
    session.await_event(Trouble, lambda trouble: "looked up in time" in trouble.message)
    resolver.let_go(1)  # the first try is over
    assert "looked up in time" in session.await_state(State.RECONNECTING).reason  # that of the push server, at last
    resolver.let_go()
    session.await_subscribed(1)


@pytest.mark.parametrize("command", [SignOut(), CancelSignIn()])
def test_no_command_waits_for_a_look_up_of_a_login(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName, command: Command
) -> None:
    sandbox = own(*ONE)
    session = agent(sandbox, **by_name(sandbox)).sign_in()
    resolver.await_asked(1)
    session.mark()
    session.send(command)
    session.await_state(State.SIGNED_OUT, names.WITHIN / 2)
    session.sign_in()
    session.await_state(State.SIGNING_IN)


def test_no_command_waits_for_a_look_up_of_the_push_server(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName
) -> None:
    sandbox = own(*ONE)
    resolver.let_go(1)
    session = agent(sandbox, **by_name(sandbox)).sign_in()
    resolver.await_asked(2)
    session.mark()
    session.send(SignOut())
    session.await_state(State.SIGNED_OUT, names.WITHIN / 2)
    sandbox.wait_until(lambda status: status["push_connections"] == 0)


def test_exit_does_not_wait_for_a_look_up(own: Telex, resolver: Resolver, by_name: ByName) -> None:
    sandbox = own(*ONE)
    with Agent(sandbox, **by_name(sandbox)) as session:
        session.sign_in(persist=True)
        resolver.await_asked(1)
    # that took less than a second: the agent looks to it


def test_a_connection_that_stands_does_not_wait_for_a_look_up(
    own: Telex, agent: Start, resolver: Resolver, by_name: ByName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer and no connection is kept, so to renew a token a name is looked up, while messages come."""
    monkeypatch.setattr(names, "KEPT", 0.0)
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
    session.await_received(1, limit=names.WITHIN / 2)
    resolver.let_go()
    sandbox.wait_until(lambda status: status["tokens_issued"]["connection"] >= issued + 2)
    assert State.RECONNECTING not in session.states()


def test_while_something_else_waits_a_look_up_counts_against_the_call(resolver: Resolver) -> None:
    dialler = Dialler(tls.context(None), clock.now)
    for _ in range(2):
        deadline = Deadline(clock.now, 0.2)
        with dialler.hurrying(), pytest.raises(NoNetwork, match=r"not looked up in time|did not answer in time"):
            dialler.dial(NAME, 443, deadline, Aborter())
        assert deadline.over
    assert resolver.asked == 1


# --- addresses ------------------------------------------------------------------------------------------------------


def test_the_address_that_answered_goes_first_the_next_time(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[list[Address]] = []
    connect = happy_eyeballs.connect

    def noting(addresses: list[Address], *rest: Any) -> Any:
        tried.append(list(addresses))
        return connect(addresses, *rest)

    monkeypatch.setattr(happy_eyeballs, "connect", noting)
    dialler = Dialler(tls.context(str(certificate.ca_file)), clock.now)
    with ExitStack() as stack:
        hole = stack.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
        port = stack.enter_context(serving(lambda client: None, certificate.context))
        dead, alive = hole.getsockname(), ("127.0.0.1", port)
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", where) for where in (dead, alive)]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        for _ in range(2):
            aborter = Aborter()
            dialler.dial("telex.test", 443, Deadline(clock.now, LIMIT), aborter).close()
            aborter.release()
    assert [[address.where for address in addresses] for addresses in tried] == [[dead, alive], [alive, dead]]


# --- proxies --------------------------------------------------------------------------------------------------------

ANYWHERE: dict[str, Any] = {
    "api_url": "https://telex.example/api/v1",
    "push_url": "wss://push.telex.example/connection/websocket",
}


def told(sandbox: Sandbox) -> str:
    """What the login window is told, and that the doctor says the same."""
    with Agent(sandbox, **ANYWHERE) as session:
        failure = session.sign_in().await_failure()
    assert failure.title == "The proxy does not work"
    found = list(network.findings(Config(**ANYWHERE, ca_file=sandbox.ca_file)))
    proxies = [finding for finding in found if finding.subject == "proxy"]
    assert len(proxies) == 2
    assert all(finding.mark is Mark.MISSING for finding in proxies)
    first = str(proxies[0])
    assert failure.message.rstrip(".") in first
    return failure.message


@pytest.mark.parametrize(
    ("variable", "address", "words"),
    [
        ("https_proxy", "http//proxy.example:3128", "https_proxy is not the address of a proxy"),
        ("HTTPS_PROXY", "http://proxy.example:port", "HTTPS_PROXY is not the address of a proxy"),
        ("all_proxy", "socks5h://ada:hunter2@127.0.0.1:9050", "all_proxy names a SOCKS proxy"),
        ("https_proxy", "https://ada:hunter2@127.0.0.1:3129", "https_proxy names a proxy that is to be spoken to by"),
        ("https_proxy", "http://ada:hunter2@127.0.0.1:9", "The proxy 127.0.0.1:9 (https_proxy) refused the connection"),
        (
            "https_proxy",
            f"http://ada:hunter2@{NAME}:3128",
            f"The name of the proxy {NAME}:3128 (https_proxy) could not",
        ),
    ],
    ids=["typo", "port", "SOCKS", "https", "nobody there", "no such name"],
)
def test_a_proxy_that_cannot_be_used_is_said_so(
    own: Telex, monkeypatch: pytest.MonkeyPatch, resolver: Resolver, variable: str, address: str, words: str
) -> None:
    resolver.answer = socket.gaierror(-2, "Name or service not known")
    resolver.let_go()
    monkeypatch.setenv(variable, address)
    message = told(own(*ONE))
    assert words in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("", "wants a user name and password: put them into https_proxy, as in http://NAME:PASSWORD@HOST:PORT."),
        ("ada:hunter2@", "does not accept the user name and password in https_proxy."),
    ],
)
def test_a_proxy_that_wants_a_password_is_said_so(
    own: Telex, monkeypatch: pytest.MonkeyPatch, pair: str, words: str
) -> None:
    with serving(Proxy("ada:right").talk, None) as port:
        monkeypatch.setenv("https_proxy", f"http://{pair}127.0.0.1:{port}")
        message = told(own(*ONE))
    assert message == f"The proxy 127.0.0.1:{port} {words}"


def test_what_is_no_proxy_is_said_so(own: Telex, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda client: client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n"), None) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        assert f"What answers at 127.0.0.1:{port} (https_proxy) is no HTTP proxy" in told(own(*ONE))


# --- the doctor -----------------------------------------------------------------------------------------------------


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
