"""What holds for every push server of the sandbox: its own, Centrifugo v6 and v5."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket

from tests.sandbox.conftest import PUSH_SERVERS, push_server_options
from tests.sandbox.raw_clients import RawApiClient, RawPushClient
from tests.servers import HISTORY, OrderRefused, Sandbox


@pytest.fixture(params=PUSH_SERVERS, scope="module")
def which(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(which: str) -> Iterator[Sandbox]:
    with Sandbox("--rate", "0", *HISTORY, *push_server_options(which)) as sandbox:
        yield sandbox


class Member:
    """A signed-in client of the announced account, with tokens from the API."""

    def __init__(self, sandbox: Sandbox, index: int = 0) -> None:
        self.sandbox = sandbox
        self.channel = sandbox.channel(index)
        self.api = RawApiClient(sandbox)
        assert self.api.login()[0] == 200
        self.connect_token = self.api.connection()[1]["data"]["token"]
        self.subscribe_token = self.api.subscription(self.channel)[1]["data"]["token"]
        self.peer = RawPushClient(sandbox)

    def connect(self) -> None:
        """Connect on a new socket."""
        self.peer.__exit__()
        self.peer = RawPushClient(self.sandbox)
        reply = self.peer.ask({"connect": {"token": self.connect_token}})
        assert "connect" in reply, reply

    def subscribe(self, **position: Any) -> Any:
        """Subscribe anew and give the result."""
        command = {"subscribe": {"channel": self.channel, "token": self.subscribe_token, **position}}
        self.peer.send({"unsubscribe": {"channel": self.channel}}, command)
        assert "unsubscribe" in self.peer.receive()
        return self.peer.receive()["subscribe"]

    def published(self) -> Any:
        """The data of the next publication."""
        return self.peer.receive()["push"]["pub"]["data"]


@pytest.fixture
def member(server: Sandbox) -> Iterator[Member]:
    member = Member(server)
    member.connect()
    yield member
    member.peer.__exit__()


def test_tokens_of_the_api_open_the_push_server(member: Member, server: Sandbox) -> None:
    result = member.subscribe()
    assert result["recoverable"] and result["ttl"] > 290
    answer = server.message(0, "General")
    assert [member.published(), member.published()] == answer["published"]
    server.read(0, "General")
    assert member.published()["data"]["thread_count"] == 0
    server.publish_many(0, list(range(30)))
    assert [member.published() for _ in range(30)] == list(range(30))
    assert server.status()["organisations"][0]["subscribers"] == 1


def test_unsubscribed_by_the_server(member: Member, server: Sandbox) -> None:
    member.subscribe()
    server.unsubscribe(0)
    assert member.peer.receive()["push"]["unsubscribe"] == {"code": 2000, "reason": "server unsubscribe"}


def test_what_came_after_a_restart_can_be_had(member: Member, server: Sandbox) -> None:
    top = server.publish(0, "lost")
    member.subscribe()
    server.restart(kill=True)
    assert member.peer.closing() == (None, "")
    server.publish_many(0, ["a", "b"])
    member.connect()
    first = member.subscribe(recover=True, epoch=top["epoch"], offset=top["offset"])
    assert first["was_recovering"] and "recovered" not in first
    assert first["epoch"] != top["epoch"] and first["offset"] == 2
    second = member.subscribe(recover=True, epoch=first["epoch"])
    assert second["recovered"] and "offset" not in second
    assert [publication["data"] for publication in second["publications"]] == ["a", "b"]


def test_a_restart_says_goodbye_and_refuses_meanwhile(member: Member, server: Sandbox) -> None:
    parts = urlsplit(server.push_url)
    server.restart(0.5)
    assert member.peer.closing() == (3001, "shutdown")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), 5)
    assert not server.status()["push_listening"]
    server.wait_until(lambda status: status["push_listening"])
    member.connect()


def test_silence(member: Member, server: Sandbox) -> None:
    member.subscribe()
    server.silent()
    member.peer.send({"unsubscribe": {"channel": "x"}})
    member.peer.socket.settimeout(0.3)
    with pytest.raises(websocket.WebSocketTimeoutException):
        member.peer.receive()
    assert server.status()["push_listening"]
    server.silent(False)
    member.peer.socket.settimeout(10)
    assert "unsubscribe" in member.peer.receive()


def test_what_a_real_one_cannot_do(which: str, server: Sandbox) -> None:
    impossible: dict[str, dict[str, Any]] = {
        "expire_tokens": {},
        "raw_frame": {"text": "x"},
        "refuse_push": {"status": 503},
        "ping_now": {},
        "restart": {"new_epoch": False},
        "unsubscribe": {"organisation": 0, "code": 2500},
    }
    status = server.status()
    unknown = {key for key in ("push_connections", "pongs", "connects", "commands", "closes", "handshakes")}
    if which == "own":
        assert status["backend"] == "sandbox"
        assert all(status[key] is not None for key in unknown)
        return
    assert status["backend"] == f"centrifugo {which}"
    assert all(status[key] is None for key in unknown)
    for name, order in impossible.items():
        with pytest.raises(OrderRefused) as refused:
            server.order(name, **order)
        assert refused.value.status == 501


def test_without_pings(which: str) -> None:
    with Sandbox("--ping", "0", "--rate", "0", *push_server_options(which)) as sandbox:
        member = Member(sandbox)
        reply = member.peer.ask({"connect": {"token": member.connect_token}})["connect"]
        assert "ping" not in reply and "pong" not in reply
        member.peer.__exit__()
