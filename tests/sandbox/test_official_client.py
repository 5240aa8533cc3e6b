"""The official Python client of Centrifugo gets along with the sandbox."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from centrifuge import (
    Client,
    ClientEventHandler,
    ClientState,
    ConnectedContext,
    PublicationContext,
    SubscribedContext,
    SubscriptionEventHandler,
    SubscriptionState,
)

from tests.sandbox.conftest import PUSH_SERVERS, push_server_options
from tests.sandbox.raw_clients import RawApiClient
from tests.servers import HISTORY, Sandbox

LIMIT = 15


class Heard(SubscriptionEventHandler):  # type: ignore[misc]
    """What a subscription brought."""

    def __init__(self) -> None:
        self.publications: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        self.subscribed: asyncio.Queue[SubscribedContext] = asyncio.Queue()

    async def on_publication(self, ctx: PublicationContext) -> None:
        await self.publications.put((ctx.pub.offset, ctx.pub.data))

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        await self.subscribed.put(ctx)


class Connects(ClientEventHandler):  # type: ignore[misc]
    """The connections a client made."""

    def __init__(self) -> None:
        self.connected: asyncio.Queue[ConnectedContext] = asyncio.Queue()

    async def on_connected(self, ctx: ConnectedContext) -> None:
        await self.connected.put(ctx)


def refreshed_both(status: Any) -> bool:
    """Whether a token of either kind was refreshed in place; true where that is not known (real Centrifugos)."""
    commands = status["commands"]
    return commands is None or {"refresh", "sub_refresh"} <= {key for each in commands for key in each["command"]}


async def play(sandbox: Sandbox) -> tuple[int, int]:
    """Connects, hears, misses and recovers; gives how often tokens were fetched."""
    api = RawApiClient(sandbox)
    api.login()
    channel = sandbox.channel()
    fetched = [0, 0]

    async def connection_token() -> str:
        fetched[0] += 1
        return str((await asyncio.to_thread(api.connection))[1]["data"]["token"])

    async def subscription_token(wanted: str) -> str:
        fetched[1] += 1
        return str((await asyncio.to_thread(api.subscription, wanted))[1]["data"]["token"])

    connects, heard = Connects(), Heard()
    client = Client(sandbox.push_url, events=connects, get_token=connection_token, ssl_context=sandbox.tls, proxy=None)
    subscription = client.new_subscription(channel, events=heard, get_token=subscription_token)
    try:
        await client.connect()
        await subscription.subscribe()
        await asyncio.wait_for(heard.subscribed.get(), LIMIT)
        await asyncio.to_thread(sandbox.publish, 0, {"n": 1})
        assert await asyncio.wait_for(heard.publications.get(), LIMIT) == (1, {"n": 1})

        # A reconnect recovers what was published meanwhile.
        await asyncio.wait_for(connects.connected.get(), LIMIT)
        await asyncio.to_thread(sandbox.kick, 3000, "")
        await asyncio.to_thread(sandbox.publish, 0, {"n": 2}, count=3)
        await asyncio.wait_for(connects.connected.get(), LIMIT)
        assert (await asyncio.wait_for(heard.subscribed.get(), LIMIT)).recovered
        offsets = [(await asyncio.wait_for(heard.publications.get(), LIMIT))[0] for _ in range(3)]
        assert offsets == [2, 3, 4]

        # Tokens live for 2 s: the client refreshes them, or starts anew, and still hears.
        before = list(fetched)
        while fetched[0] == before[0] or fetched[1] == before[1]:
            await asyncio.sleep(0.05)
        # A client on a machine that is too busy for one refresh gets to another.
        while not refreshed_both(await asyncio.to_thread(sandbox.status)):
            await asyncio.sleep(0.1)
        await asyncio.to_thread(sandbox.publish, 0, {"n": 3})
        assert await asyncio.wait_for(heard.publications.get(), LIMIT) == (5, {"n": 3})
        assert client.state == ClientState.CONNECTED
        assert subscription.state == SubscriptionState.SUBSCRIBED
    finally:
        await client.disconnect()
    return fetched[0], fetched[1]


@pytest.mark.parametrize("which", PUSH_SERVERS)
def test_connects_hears_recovers_and_refreshes(which: str) -> None:
    options = ("--rate", "0", "--ping", "1", "--connection-ttl", "2", "--subscription-ttl", "2", *HISTORY)
    with Sandbox(*options, *push_server_options(which)) as sandbox:
        asyncio.run(asyncio.wait_for(play(sandbox), 50))
        status = sandbox.status()
        assert status["tokens_issued"]["connection"] >= 2
        if which == "own":
            assert status["pongs"] >= 1
            methods = {method for each in status["commands"] for method in each["command"] if method != "id"}
            assert {"connect", "subscribe", "refresh", "sub_refresh"} <= methods
            assert not set(status["closes"]) - {"3000"}
