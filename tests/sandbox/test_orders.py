"""The control orders, as a push client meets them: on the sandbox's own push server, and some on real ones too."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket

from telex_start.sandbox.deployment import FAULT_PATHS
from tests.sandbox.conftest import PUSH_SERVERS, join, published, push_server_options
from tests.sandbox.raw_clients import Closed, RawApiClient, RawPushClient, SignedTokens
from tests.servers import HISTORY, OrderRefused, Sandbox


@pytest.fixture
def peer(sandbox: Sandbox) -> Iterator[RawPushClient]:
    """A client of the announced account, connected and subscribed to its first organisation."""
    with RawPushClient(sandbox) as peer:
        join(peer, sandbox)
        yield peer


def tokens_of(sandbox: Sandbox) -> SignedTokens:
    return SignedTokens(sandbox, sandbox.channel().partition("/")[2])


# --- on every push server ---------------------------------------------------------------------------------------------


@pytest.fixture(params=PUSH_SERVERS, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox("--rate", "0", *HISTORY, *push_server_options(request.param)) as sandbox:
        yield sandbox


class Member:
    """A signed-in client of the announced account, connected with a token from the API."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.channel = sandbox.channel()
        self.api = RawApiClient(sandbox)
        assert self.api.login()[0] == 200
        self.subscribe_token = self.api.subscription(self.channel)[1]["data"]["token"]
        self.connect()

    def connect(self) -> None:
        """Connect on a new socket."""
        self.peer = RawPushClient(self.sandbox)
        reply = self.peer.ask({"connect": {"token": self.api.connection()[1]["data"]["token"]}})
        assert "connect" in reply, reply

    def subscribe(self, **position: Any) -> Any:
        """Subscribe anew and give the result."""
        command = {"subscribe": {"channel": self.channel, "token": self.subscribe_token, **position}}
        self.peer.send({"unsubscribe": {"channel": self.channel}}, command)
        assert "unsubscribe" in self.peer.receive()
        return self.peer.receive()["subscribe"]


@pytest.fixture
def member(server: Sandbox) -> Iterator[Member]:
    member = Member(server)
    yield member
    member.peer.__exit__()


def test_tokens_of_the_api_open_the_push_server(member: Member, server: Sandbox) -> None:
    result = member.subscribe()
    assert result["recoverable"] and result["ttl"] > 290
    answer = server.message(0, "General")
    assert [published(member.peer), published(member.peer)] == answer["published"]
    server.publish_many(0, list(range(30)))
    assert [published(member.peer) for _ in range(30)] == list(range(30))
    assert server.status()["organisations"][0]["subscribers"] == 1
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
    assert [publication["data"] for publication in second["publications"]] == ["a", "b"]


def test_a_restart_says_goodbye_and_refuses_meanwhile(member: Member, server: Sandbox) -> None:
    parts = urlsplit(server.push_url)
    server.restart(0.5)
    assert member.peer.closing() == (3001, "shutdown")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((parts.hostname, parts.port), 5)
    server.wait_until(lambda status: status["push_listening"])
    member.connect()


def test_silence(member: Member, server: Sandbox) -> None:
    server.silent()
    member.peer.send({"unsubscribe": {"channel": "x"}})
    member.peer.socket.settimeout(0.3)
    with pytest.raises(websocket.WebSocketTimeoutException):
        member.peer.receive()
    assert server.status()["push_listening"]
    server.silent(False)
    member.peer.socket.settimeout(10)
    assert "unsubscribe" in member.peer.receive()


def test_what_a_real_one_cannot_do(server: Sandbox) -> None:
    impossible: dict[str, dict[str, Any]] = {
        "expire_tokens": {},
        "raw_frame": {"text": "x"},
        "refuse_push": {"status": 503},
        "ping_now": {},
        "restart": {"new_epoch": False},
        "unsubscribe": {"organisation": 0, "code": 2500},
    }
    status = server.status()
    seen = [status[key] for key in ("push_connections", "pongs", "connects", "commands", "closes", "handshakes")]
    if status["backend"] == "sandbox":
        assert None not in seen
        return
    assert seen == [None] * 6
    for name, order in impossible.items():
        with pytest.raises(OrderRefused) as refused:
            server.order(name, **order)
        assert refused.value.status == 501


# --- on the sandbox's own ---------------------------------------------------------------------------------------------


def test_publish_many_share_frames_and_a_raw_one_stands_alone(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.publish_many(0, [{"n": number} for number in range(40)])
    sandbox.raw_frame("no JSON\n\n{}\n")
    sandbox.publish(sandbox.channel().partition("/")[0], raw='{"preview" : "\\ud83d",\n"n":1.50}')
    frames = [peer.frame() for _ in range(5)]
    assert [frame.count("\n") + 1 for frame in frames[:3]] == [16, 16, 8]
    lines = "\n".join(frames[:3]).split("\n")
    assert [json.loads(line)["push"]["pub"]["data"]["n"] for line in lines] == list(range(40))
    assert frames[3] == "no JSON\n\n{}\n"
    assert '"data":{"preview" : "\\ud83d", "n":1.50}' in frames[4]


def test_ten_thousand_publications_do_not_overflow(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.publish(0, {"text": "x" * 300}, count=10_000)
    for _ in range(10_000):
        published(peer)


def test_a_client_that_does_not_read_is_slow(sandbox: Sandbox) -> None:
    closes = sandbox.status()["closes"].get("3008", 0)
    with RawPushClient(sandbox, sockopt=((socket.SOL_SOCKET, socket.SO_RCVBUF, 4096),)) as peer:
        join(peer, sandbox)
        while sandbox.status()["closes"].get("3008", 0) == closes:
            sandbox.publish(0, {"text": "x" * 20_000}, count=200)


def test_kicks_concern_one_user_and_say_what_the_code_means(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.kick(3503, user="grace@example.org")
    sandbox.publish(0, "still here")
    assert published(peer) == "still here"
    sandbox.kick(3012)
    assert peer.closing() == (3012, "no pong")


def test_expired_tokens_end_everything(sandbox: Sandbox) -> None:
    api, channel = RawApiClient(sandbox), sandbox.channel()
    api.login()

    def connect() -> dict[str, Any]:
        return {"connect": {"token": api.connection()[1]["data"]["token"]}}

    def subscribe() -> dict[str, Any]:
        return {"subscribe": {"channel": channel, "token": api.subscription(channel)[1]["data"]["token"]}}

    old_connect, old_subscribe = connect(), subscribe()
    with RawPushClient(sandbox) as peer:
        peer.ask(old_connect), peer.ask(old_subscribe)
        sandbox.expire_tokens(connections=False)
        assert peer.receive()["push"]["unsubscribe"]["code"] == 2501
        sandbox.expire_tokens()
        assert peer.closing() == (3005, "connection expired")
    with RawPushClient(sandbox) as peer:
        assert peer.ask(old_connect)["error"]["code"] == 109
    with RawPushClient(sandbox) as peer:
        peer.ask(connect())
        assert peer.ask(old_subscribe)["error"]["code"] == 109
        assert "subscribe" in peer.ask(subscribe())


def test_ping_now(peer: RawPushClient, sandbox: Sandbox) -> None:
    pongs = sandbox.status()["pongs"]
    sandbox.ping_now()
    assert peer.receive() == {}
    peer.text("{}")
    sandbox.wait_until(lambda status: status["pongs"] == pongs + 1)


def test_refused_handshakes(sandbox: Sandbox) -> None:
    sandbox.refuse_push(503)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        RawPushClient(sandbox)
    assert refused.value.status_code == 503


def test_a_restart_may_keep_the_history(peer: RawPushClient, sandbox: Sandbox) -> None:
    before = sandbox.publish(0, 1)
    sandbox.restart(new_epoch=False)
    after = sandbox.publish(0, 2)
    assert (after["offset"], after["epoch"]) == (before["offset"] + 1, before["epoch"])


def test_what_no_centrifugo_does_where_that_is_asked_for() -> None:
    options = ("--honour-subs", "--any-origin", "--rate", "0", "--ping", "0", *HISTORY)
    with Sandbox(*options) as sandbox, RawPushClient(sandbox, suppress_origin=False) as peer:
        tokens, channels = tokens_of(sandbox), [sandbox.channel(index) for index in range(3)]
        sandbox.publish(0, "before")
        subs = {
            channels[0]: {"token": tokens.subscription(channels[0]), "recover": True},
            channels[1]: {"token": tokens.subscription(channels[1], -10)},
            channels[2]: {"token": tokens.subscription(channels[1])},
        }
        reply = peer.ask({"connect": {"token": tokens.connection(), "subs": subs}})["connect"]
        assert not {"ping", "pong"} & set(reply), "pings are off"
        assert list(reply["subs"]) == [channels[0]]
        [publication] = reply["subs"][channels[0]]["publications"]
        assert publication["data"] == "before"
        sandbox.publish(0, "after")
        assert published(peer) == "after"


def test_status_tells_what_the_client_sent_without_tokens() -> None:
    with Sandbox("--rate", "0") as sandbox, RawPushClient(sandbox) as peer:
        tokens, channel = tokens_of(sandbox), sandbox.channel()
        token = tokens.connection()
        subs = {channel: {"token": tokens.subscription(channel), "recover": True, "epoch": "abcd", "offset": 3}}
        peer.ask({"connect": {"token": token, "name": "notifier", "subs": subs}})
        peer.ask({"refresh": {"token": token}})
        peer.ask({"subscribe": {"channel": channel, "token": tokens.subscription(channel)}})
        status = sandbox.status()
        assert (status["push_connections"], status["subscriptions"]) == (1, {channel: 1})
        assert status["handshakes"] == {"101": 1}
        assert {each["connection"] for each in status["commands"]} == {status["connects"][0]["connection"]}
        commands = [each["command"] for each in status["commands"]]
        assert [set(command) - {"id"} for command in commands] == [{"connect"}, {"refresh"}, {"subscribe"}]
        assert commands[0]["connect"]["token"] == commands[1]["refresh"]["token"]
        assert commands[0]["connect"]["subs"][channel]["offset"] == 3
        assert "eyJ" not in json.dumps(status)


@pytest.mark.parametrize(
    ("name", "order", "status"),
    [
        ("dance", {}, 404),
        ("publish", {"organisation": 99, "data": 1}, 400),
        ("publish", {"organisation": True, "data": 1}, 400),
        ("publish", {"organisation": 0}, 400),
        ("publish", {"organisation": 0, "data": 1, "user": "nobody@example.org"}, 400),
        ("publish_many", {"organisation": 0, "data": 5}, 400),
        ("kick", {"code": "x"}, 400),
        ("message", {"organisation": 0}, 400),
        ("message", {"organisation": 0, "name": "x", "new_message": "soon"}, 400),
        ("direct", {"organisation": 0, "username": "ada"}, 400),
        ("group", {"organisation": 0, "members": []}, 400),
        ("call", {"organisation": 0, "name": "general"}, 400),
        ("answer", {"buzz_id": "none"}, 400),
        ("silent", {"on": 1}, 400),
        ("restart", {"down_for": -1}, 400),
        ("fault", {"path": "nowhere"}, 400),
    ],
)
def test_orders_that_make_no_sense(sandbox: Sandbox, name: str, order: dict[str, Any], status: int) -> None:
    with pytest.raises(OrderRefused) as refused:
        sandbox.order(name, **order)
    assert refused.value.status == status
    assert "error" in refused.value.message


def test_the_orders_can_be_listed_and_are_documented(sandbox: Sandbox) -> None:
    url = sandbox.api_url.removesuffix("/api/v1") + "/sandbox/orders"
    with urllib.request.urlopen(url, context=sandbox.tls) as response:
        orders = json.load(response)
    assert orders["kick"].startswith("`{code, reason?, user_id?}`")
    assert all(text.startswith("`{") for text in orders.values())
    page = (Path(__file__).parent.parent.parent / "docs" / "sandbox.md").read_text("utf-8")
    assert [name for name in orders if f"`{name}`" not in page] == []
    assert [path for path in FAULT_PATHS if path not in page] == []


def test_a_dead_client_is_noticed(sandbox: Sandbox) -> None:
    before = sandbox.status()["push_connections"]
    peer = RawPushClient(sandbox)
    join(peer, sandbox)
    peer.socket.shutdown()  # type: ignore[no-untyped-call]
    sandbox.wait_until(lambda status: status["push_connections"] == before)


def test_a_client_that_did_not_wait_for_its_handshake_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    """There was a traceback on standard error, among what a demo or a test prints."""
    with Sandbox() as sandbox:
        sandbox.silent()
        with pytest.raises((websocket.WebSocketTimeoutException, TimeoutError)):
            websocket.create_connection(
                sandbox.push_url, timeout=0.3, sslopt={"ca_certs": sandbox.ca_file}, suppress_origin=True
            )
        sandbox.silent(False)
        sandbox.wait_until(lambda status: status["handshakes"].get("101"))
    assert "Traceback" not in capfd.readouterr().err


def test_the_end_of_the_sandbox_is_a_shutdown() -> None:
    with Sandbox() as sandbox:
        peer = RawPushClient(sandbox)
        join(peer, sandbox)
        assert sandbox.process is not None
        sandbox.process.terminate()
        with pytest.raises(Closed, match="3001"):
            peer.receive()
        assert sandbox.stop() == 0
