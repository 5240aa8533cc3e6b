"""The peer on the wire: a consumer by centrifuge-python. ``python consumer.py print|quiet COUNT``.

Its environment tells where, and with which tokens: ``PUSH_URL CA_FILE CONNECTION_TOKEN CHANNEL SUBSCRIPTION_TOKEN``. It
says ``ready``, takes so many publications, writes a JSON line for each with ``print``, then says ``done``.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys

from centrifuge import Client, PublicationContext, SubscribedContext, SubscriptionEventHandler


class _Taker(SubscriptionEventHandler):  # type: ignore[misc]
    def __init__(self, count: int, prints: bool, done: asyncio.Event) -> None:
        self._left = count
        self._prints = prints
        self._done = done

    async def on_subscribed(self, ctx: SubscribedContext) -> None:
        print("ready", flush=True)

    async def on_publication(self, ctx: PublicationContext) -> None:
        if self._prints:
            print(json.dumps(ctx.pub.data), flush=True)
        self._left -= 1
        if not self._left:
            print("done", flush=True)
            self._done.set()


async def _main(prints: bool, count: int) -> None:
    async def connection_token() -> str:
        return os.environ["CONNECTION_TOKEN"]

    async def subscription_token(channel: str) -> str:
        return os.environ["SUBSCRIPTION_TOKEN"]

    done = asyncio.Event()
    tls = ssl.create_default_context(cafile=os.environ["CA_FILE"])
    client = Client(os.environ["PUSH_URL"], get_token=connection_token, ssl_context=tls, proxy=None)
    taker = _Taker(count, prints, done)
    subscription = client.new_subscription(os.environ["CHANNEL"], events=taker, get_token=subscription_token)
    await client.connect()
    await subscription.subscribe()
    await done.wait()
    await client.disconnect()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1] == "print", int(sys.argv[2])))
