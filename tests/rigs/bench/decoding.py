"""``python decoding.py [peer]``: how many pushes a CPU second one process decodes and decides on; one number.

Frames of a push each, as the service sends them. Ours: the client protocol and the notifier, up to the toast, which is
dropped. The peer: centrifuge-python, up to a handler that does nothing.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

COUNT = 100_000
APART = 0.0005
"""Seconds between two pushes, as far as ours is told."""
CHANNEL = "o0/u"


def frames() -> list[bytes]:
    """A thread more each time, in fifty conversations."""
    sys.path.append(str(Path(__file__).parents[3]))  # last: what is installed is measured, and has no tests
    from tests.rigs.bench.payload import channel_push

    pubs = ({"data": channel_push(number), "offset": number + 1} for number in range(COUNT))
    return [json.dumps({"push": {"channel": CHANNEL, "pub": pub}}, separators=(",", ":")).encode() for pub in pubs]


def _seconds(run: Callable[[list[bytes]], None]) -> float:
    made = frames()
    run(made[:1000])
    began = time.process_time()
    run(made[1000:])
    return time.process_time() - began


def ours() -> float:
    """Seconds of processor time."""
    from telex_start.events import Organisation, OrganisationsChanged, PublicationsReceived
    from telex_start.net.pacing import Backoff
    from telex_start.news.notifier import Notifier
    from telex_start.push.channel import Channel
    from telex_start.push.protocol import PushClient

    channel = Channel(CHANNEL, Backoff(lambda: 0.5))
    client = PushClient({CHANNEL: channel}, lambda: 0.5, "bench")
    client.connect("token", {}, 0.0)
    client.receive(b'{"id":1,"connect":{"client":"c","version":"6","ping":25,"pong":true}}', 0.0)
    client.subscribe(channel, "token", 0.0)
    client.receive(b'{"id":2,"subscribe":{}}', 0.0)
    told: list[object] = []
    nothing: Callable[[object], None] = lambda _: None  # noqa: E731
    notifier = Notifier(("unread_thread_change",), told.append, nothing, nothing, second_of_day=lambda _: 0.0)
    notifier.organisations(OrganisationsChanged((Organisation("o0", "Org", CHANNEL),)))
    now = 0.0

    def run(made: list[bytes]) -> None:
        nonlocal now
        for frame in made:
            now += APART
            for happening in client.receive(frame, now):
                assert type(happening) is PublicationsReceived
                notifier.received(happening, now)
            if (due := notifier.deadline()) is not None and due <= now:
                notifier.tick(now)

    spent = _seconds(run)
    assert told, "nothing was told"
    return spent


def peer() -> float:
    """Seconds of processor time."""
    from centrifuge import (
        Client,
        PublicationContext,
        SubscriptionEventHandler,
        SubscriptionState,
    )

    came = 0

    class Taker(SubscriptionEventHandler):  # type: ignore[misc]
        async def on_publication(self, ctx: PublicationContext) -> None:
            nonlocal came
            came += 1

    async def main() -> float:
        client = Client("wss://localhost/")
        subscription = client.new_subscription(CHANNEL, events=Taker())
        subscription.state = SubscriptionState.SUBSCRIBED  # no server says so here
        made = [frame.decode() for frame in frames()]
        began = time.process_time()
        for frame in made:
            await client._process_incoming_data(frame, client._transport_id)
        return time.process_time() - began

    spent = asyncio.run(main())
    assert came == COUNT
    return spent


if __name__ == "__main__":
    print(COUNT / (peer() if "peer" in sys.argv else ours()))
