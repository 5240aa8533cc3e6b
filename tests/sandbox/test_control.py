"""The control orders, as a push client meets them on the sandbox's own push server."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import websocket

from telex_start.sandbox.deployment import FAULT_PATHS
from tests.sandbox.conftest import join, published
from tests.sandbox.raw_clients import Closed, RawApiClient, RawPushClient, SignedTokens
from tests.servers import HISTORY, OrderRefused, Sandbox
from tests.stopwatch import Stopwatch


@pytest.fixture
def peer(sandbox: Sandbox) -> Iterator[RawPushClient]:
    """A client of the announced account, connected and subscribed to its first organisation."""
    with RawPushClient(sandbox) as peer:
        join(peer, sandbox)
        yield peer


def tokens_of(sandbox: Sandbox) -> SignedTokens:
    return SignedTokens(sandbox, sandbox.channel().partition("/")[2])


# --- publications ---------------------------------------------------------------------------------------------------


def test_publish(peer: RawPushClient, sandbox: Sandbox) -> None:
    before = sandbox.publish(0, {"n": 1})
    after = sandbox.publish(sandbox.channel().partition("/")[0], "by id")
    assert (after["offset"], after["epoch"]) == (before["offset"] + 1, before["epoch"])
    sandbox.publish("Northwind Ops", None)
    assert [published(peer) for _ in range(3)] == [{"n": 1}, "by id", None]


def test_publish_exact_text(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.publish(0, raw='{"preview" : "\\ud83d",\n"n":1.50}')
    assert '"data":{"preview" : "\\ud83d", "n":1.50}' in peer.frame()


def test_publish_many_share_frames(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.publish_many(0, [{"n": number} for number in range(40)])
    frames = [peer.frame() for _ in range(3)]
    assert [frame.count("\n") + 1 for frame in frames] == [16, 16, 8]
    lines = "\n".join(frames).split("\n")
    assert [json.loads(line)["push"]["pub"]["data"]["n"] for line in lines] == list(range(40))


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


# --- connections ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 3503, 4000, 4500])
def test_kick(peer: RawPushClient, sandbox: Sandbox, code: int) -> None:
    sandbox.kick(code, "because")
    assert peer.closing() == (code, "because")


def test_kick_says_what_the_code_means(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.kick(3012)
    assert peer.closing() == (3012, "no pong")


def test_kick_concerns_one_user(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.kick(3503, user="grace@example.org")
    sandbox.publish(0, "still here")
    assert published(peer) == "still here"


@pytest.mark.parametrize("code", [2000, 2500, 2501, 2502])
def test_unsubscribe(peer: RawPushClient, sandbox: Sandbox, code: int) -> None:
    sandbox.unsubscribe(0, code)
    push = peer.receive()["push"]
    assert push["channel"] == sandbox.channel()
    assert push["unsubscribe"]["code"] == code and push["unsubscribe"]["reason"]
    sandbox.publish(0, "unheard")
    assert peer.ask({"unsubscribe": {"channel": "x"}}) == {"id": 3, "unsubscribe": {}}


def test_expired_tokens_end_everything(sandbox: Sandbox) -> None:
    api = RawApiClient(sandbox)
    api.login()
    channel = sandbox.channel()
    connection = api.connection()[1]["data"]["token"]
    subscription = api.subscription(channel)[1]["data"]["token"]
    connect, subscribe = {"connect": {"token": connection}}, {"subscribe": {"channel": channel, "token": subscription}}
    with RawPushClient(sandbox) as peer:
        peer.ask(connect), peer.ask(subscribe)
        sandbox.expire_tokens()
        assert peer.receive()["push"]["unsubscribe"]["code"] == 2501
        assert peer.closing() == (3005, "connection expired")
    with RawPushClient(sandbox) as peer:
        assert peer.ask(connect)["error"]["code"] == 109
    with RawPushClient(sandbox) as peer:
        peer.ask({"connect": {"token": api.connection()[1]["data"]["token"]}})
        assert peer.ask(subscribe)["error"]["code"] == 109
        fresh = {"channel": channel, "token": api.subscription(channel)[1]["data"]["token"]}
        assert "subscribe" in peer.ask({"subscribe": fresh})


def test_only_subscriptions_can_expire(sandbox: Sandbox) -> None:
    with RawPushClient(sandbox) as peer:
        join(peer, sandbox)
        sandbox.expire_tokens(connections=False)
        assert peer.receive()["push"]["unsubscribe"]["code"] == 2501
        assert "unsubscribe" in peer.ask({"unsubscribe": {"channel": "x"}})


def test_raw_frame(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.publish_many(0, [1, 2])
    sandbox.raw_frame("no JSON\n\n{}\n")
    sandbox.publish(0, 3)
    frames = [peer.frame() for _ in range(3)]
    assert frames[1] == "no JSON\n\n{}\n"
    assert frames[0].count("\n") == 1


def test_ping_now(peer: RawPushClient, sandbox: Sandbox) -> None:
    pongs = sandbox.status()["pongs"]
    sandbox.ping_now()
    assert peer.receive() == {}
    peer.text("{}")
    sandbox.wait_until(lambda status: status["pongs"] == pongs + 1)


@pytest.mark.parametrize("status", [403, 503])
def test_refused_handshakes(sandbox: Sandbox, status: int) -> None:
    sandbox.refuse_push(status)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        RawPushClient(sandbox)
    assert refused.value.status_code == status
    sandbox.refuse_push(0)
    with RawPushClient(sandbox) as peer:
        join(peer, sandbox)


def test_silence(peer: RawPushClient, sandbox: Sandbox) -> None:
    sandbox.silent()
    sandbox.publish(0, "later")
    peer.send({"unsubscribe": {"channel": "x"}})
    peer.socket.settimeout(0.3)
    with pytest.raises(websocket.WebSocketTimeoutException):
        peer.receive()
    with pytest.raises((websocket.WebSocketTimeoutException, TimeoutError)):
        websocket.create_connection(
            sandbox.push_url, timeout=0.3, sslopt={"ca_certs": sandbox.ca_file}, suppress_origin=True
        )
    peer.socket.settimeout(10)
    sandbox.silent(False)
    assert published(peer) == "later"
    assert "unsubscribe" in peer.receive()


# --- restart --------------------------------------------------------------------------------------------------------


def test_a_restart_may_keep_the_history(peer: RawPushClient, sandbox: Sandbox) -> None:
    before = sandbox.publish(0, 1)
    published(peer)
    sandbox.restart(new_epoch=False)
    assert peer.closing() == (3001, "shutdown")
    after = sandbox.publish(0, 2)
    assert (after["offset"], after["epoch"]) == (before["offset"] + 1, before["epoch"])


# --- subs, status, and orders that make no sense --------------------------------------------------------------------


def test_any_origin_is_let_in_where_that_is_asked_for() -> None:
    with Sandbox("--any-origin") as sandbox, RawPushClient(sandbox, suppress_origin=False) as peer:
        assert "connect" in peer.ask({"connect": {"token": tokens_of(sandbox).connection()}})


def test_honoured_subs() -> None:
    with Sandbox("--honour-subs", "--rate", "0", *HISTORY) as sandbox, RawPushClient(sandbox) as peer:
        tokens, channels = tokens_of(sandbox), [sandbox.channel(index) for index in range(3)]
        sandbox.publish(0, "before")
        subs = {
            channels[0]: {"token": tokens.subscription(channels[0]), "recover": True},
            channels[1]: {"token": tokens.subscription(channels[1], -10)},
            channels[2]: {"token": tokens.subscription(channels[1])},
        }
        reply = peer.ask({"connect": {"token": tokens.connection(), "subs": subs}})["connect"]["subs"]
        assert list(reply) == [channels[0]]
        assert reply[channels[0]]["recovered"] and reply[channels[0]]["publications"][0]["data"] == "before"
        assert "expires" not in reply[channels[0]]
        sandbox.publish(0, "after")
        assert published(peer) == "after"
        again = {"channel": channels[0], "token": tokens.subscription(channels[0])}
        assert peer.ask({"subscribe": again})["error"]["code"] == 105
        peer.send({"sub_refresh": again})
        assert peer.closing()[0] == 3501


def test_status_tells_what_the_client_sent_without_tokens() -> None:
    with Sandbox("--rate", "0") as sandbox, RawPushClient(sandbox) as peer:
        tokens, channel = tokens_of(sandbox), sandbox.channel()
        token = tokens.connection()
        subs = {channel: {"token": tokens.subscription(channel), "recover": True, "epoch": "abcd", "offset": 3}}
        peer.ask({"connect": {"token": token, "name": "notifier", "subs": subs}})
        peer.ask({"refresh": {"token": token}})
        peer.ask({"subscribe": {"channel": channel, "token": tokens.subscription(channel)}})
        status = sandbox.status()
        assert status["backend"] == "sandbox"
        assert status["push_connections"] == 1
        assert status["subscriptions"] == {channel: 1}
        assert [each["subscribers"] for each in status["organisations"]] == [1, 0, 0]
        (connect,) = status["connects"]
        assert (connect["subs"], connect["subs_with_recover"], connect["subs_with_epoch"]) == (1, 1, 1)
        assert connect["channels"] == [channel] and connect["name"] == "notifier"
        commands = [each["command"] for each in status["commands"]]
        assert [set(command) - {"id"} for command in commands] == [{"connect"}, {"refresh"}, {"subscribe"}]
        assert commands[0]["connect"]["token"] == commands[1]["refresh"]["token"] == connect["token"]
        assert commands[0]["connect"]["subs"][channel]["offset"] == 3
        assert len({each["connection"] for each in status["commands"]}) == 1
        assert "eyJ" not in json.dumps(status)
    with Sandbox() as sandbox:
        assert sandbox.status()["commands"] == []


def test_status_counts_closes_and_connections(sandbox: Sandbox) -> None:
    before = sandbox.status()
    with RawPushClient(sandbox) as peer:
        peer.text("hello")
        assert peer.closing()[0] == 3501
    after = sandbox.wait_until(lambda status: status["push_connections"] == before["push_connections"])
    assert after["closes"]["3501"] == before["closes"].get("3501", 0) + 1
    assert after["handshakes"]["101"] == before["handshakes"].get("101", 0) + 1


@pytest.mark.parametrize(
    ("name", "order", "status"),
    [
        ("dance", {}, 404),
        ("publish", {"organisation": 99, "data": 1}, 400),
        ("publish", {"organisation": True, "data": 1}, 400),
        ("publish", {"organisation": 0}, 400),
        ("publish", {"organisation": 0, "raw": 5}, 400),
        ("publish", {"organisation": 0, "data": 1, "user": "nobody@example.org"}, 400),
        ("publish_many", {"organisation": 0, "data": 5}, 400),
        ("kick", {"code": "x"}, 400),
        ("message", {"organisation": 0}, 400),
        ("message", {"organisation": 0, "name": "x", "new_message": "soon"}, 400),
        ("message", {"organisation": 0, "name": "x", "media": 5}, 400),
        ("direct", {"organisation": 0, "username": "ada"}, 400),
        ("group", {"organisation": 0, "members": []}, 400),
        ("group", {"organisation": 0, "members": "ada"}, 400),
        ("read", {"organisation": 0}, 400),
        ("call", {"organisation": 0, "name": "general"}, 400),
        ("answer", {"buzz_id": "none"}, 400),
        ("cancel", {"buzz_id": "none"}, 400),
        ("mute", {"organisation": 0, "name": "x", "device_type": "fridge"}, 400),
        ("preference", {"organisation": 0, "notify_about": "everything"}, 400),
        ("slugs", {"style": "pretty"}, 400),
        ("new_messages", {}, 400),
        ("wrong_token", {"organisation": 0, "kind": "blue"}, 400),
        ("silent", {"on": 1}, 400),
        ("restart", {"down_for": -1}, 400),
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


def test_plain_http_is_not_spoken(sandbox: Sandbox) -> None:
    parts = urlsplit(sandbox.push_url)
    with socket.create_connection((parts.hostname, parts.port), 5) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200" not in plain.recv(100)


def test_a_client_without_the_authority_does_not_get_in(sandbox: Sandbox) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        websocket.create_connection(sandbox.push_url, timeout=30, suppress_origin=True)


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
        parts = urlsplit(sandbox.push_url)
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        request = (
            f"GET {parts.path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        with (
            socket.create_connection((parts.hostname, parts.port), 5) as plain,
            sandbox.tls.wrap_socket(plain, server_hostname=parts.hostname) as client,
        ):
            client.sendall(request.encode())
        sandbox.silent(False)
        sandbox.wait_until(lambda status: status["handshakes"].get("101"))
        sandbox.status()
    assert "Traceback" not in capfd.readouterr().err


def test_the_end_of_the_sandbox_is_a_shutdown() -> None:
    with Sandbox() as sandbox:
        peer = RawPushClient(sandbox)
        join(peer, sandbox)
        spent = Stopwatch()
        assert sandbox.process is not None
        sandbox.process.terminate()
        try:
            peer.receive()
        except Closed as closed:
            assert (closed.code, closed.reason) == (3001, "shutdown")
        assert sandbox.stop() == 0
        assert spent.seconds() < 3
