"""The control orders, as a push client meets them: on the sandbox's own push server, and some on real ones too."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telex_start.sandbox.deployment import FAULT_PATHS
from tests.sandbox.conftest import PUSH_SERVERS, join, published, push_server_options
from tests.sandbox.raw_clients import RawApiClient, RawPushClient
from tests.servers import HISTORY, OrderRefused, Sandbox


@pytest.fixture
def peer(sandbox: Sandbox) -> Iterator[RawPushClient]:
    """A client of the announced account, connected and subscribed to its first organisation."""
    with RawPushClient(sandbox) as peer:
        join(peer, sandbox)
        yield peer


# On every push server.


@pytest.fixture(params=PUSH_SERVERS, scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox("--rate", "0", *HISTORY, *push_server_options(request.param)) as sandbox:
        yield sandbox


def test_tokens_of_the_api_open_the_push_server(server: Sandbox) -> None:
    channel, api = server.channel(), RawApiClient(server)
    assert api.login()[0] == 200
    with RawPushClient(server) as peer:
        assert "connect" in peer.ask({"connect": {"token": api.connection()[1]["data"]["token"]}})
        subscription = {"channel": channel, "token": api.subscription(channel)[1]["data"]["token"]}
        result = peer.ask({"subscribe": subscription})["subscribe"]
        assert result["recoverable"] and result["ttl"] > 290
        answer = server.message(0, "General")
        assert [published(peer), published(peer)] == answer["published"]
        server.publish_many(0, list(range(30)))
        assert [published(peer) for _ in range(30)] == list(range(30))
        assert server.status()["organisations"][0]["subscribers"] == 1
        server.unsubscribe(0)
        assert peer.receive()["push"]["unsubscribe"] == {"code": 2000, "reason": "server unsubscribe"}


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


# On the sandbox's own.


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
