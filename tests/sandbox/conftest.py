"""Fixtures for the tests of the sandbox: one shared sandbox, raw clients of it, and an unused organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.raw_clients import RawApiClient, RawPushClient, SignedTokens
from tests.servers import HISTORY, NoGo, Sandbox, centrifugo_binary

PUSH_SERVERS = [
    "own",
    pytest.param("v6", marks=pytest.mark.centrifugo),
    pytest.param("v5", marks=pytest.mark.centrifugo),
]
"""Parameters for tests that must hold for every push server: the sandbox's own, and two real Centrifugos."""


def push_server_options(which: str) -> tuple[str, ...]:
    """The sandbox's options that choose a push server; skips the test if a real one cannot be built."""
    if which == "own":
        return ()
    try:
        return ("--centrifugo", str(centrifugo_binary(which)))
    except NoGo as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests, which leave it as they found it."""
    with Sandbox("--rate", "0", *HISTORY) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The shared sandbox, whose faults are taken back after the test. Counters go on from test to test."""
    yield shared_sandbox
    shared_sandbox.clear_faults()
    shared_sandbox.rate_limit(0)
    shared_sandbox.refuse_push(0)
    shared_sandbox.silent(False)


@pytest.fixture
def place(sandbox: Sandbox) -> Iterator[int]:
    """The index of an organisation in which nothing has happened yet."""
    added = sandbox.add_organisation("Fresh Ground")
    yield added["index"]
    for email in (None, "grace@example.org"):
        sandbox.remove_organisation(added["id"], user=email)


@pytest.fixture
def listener(sandbox: Sandbox, place: int) -> Iterator[RawPushClient]:
    """A client of the announced account, subscribed to that organisation."""
    with RawPushClient(sandbox) as peer:
        join(peer, sandbox, place)
        yield peer


@pytest.fixture
def base(sandbox: Sandbox, place: int) -> str:
    """The path below which the API calls of that organisation are."""
    return "/organisations/" + sandbox.channel(place).partition("/")[0]


def join(peer: RawPushClient, sandbox: Sandbox, *indices: int) -> None:
    """Connect and subscribe to organisations, by default the first; passes over other messages that come meanwhile."""
    tokens = SignedTokens(sandbox, sandbox.channel().partition("/")[2])
    channels = [sandbox.channel(index) for index in indices or (0,)]
    peer.send({"connect": {"token": tokens.connection()}})
    peer.send(*({"subscribe": {"channel": each, "token": tokens.subscription(each)}} for each in channels))
    replies = 0
    while replies < 1 + len(channels):
        message = peer.receive()
        assert "error" not in message, message
        replies += "id" in message


def published(peer: RawPushClient) -> Any:
    """The data of the next publication."""
    return peer.receive()["push"]["pub"]["data"]


def kinds(answer: dict[str, Any]) -> list[str]:
    """The types of the publications in an order's answer, in order."""
    return [each["notification_type"] for each in answer["published"]]


@pytest.fixture
def api(sandbox: Sandbox) -> RawApiClient:
    """The API of the shared sandbox, signed in."""
    api = RawApiClient(sandbox)
    status, body = api.login()
    assert status == 200, body
    return api
