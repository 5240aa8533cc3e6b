"""Who is subscribed to which channel; what is published is kept and sent to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..json_writer import compact, one_line
from ..server_clock import ServerClock
from ..token_signer import TokenSigner
from ..traffic_log import TrafficLog
from .settings import PushSettings
from .streams import StreamPosition, Streams


class Subscriber(Protocol):
    """A connection, as the hub sees it."""

    def push(self, text: str) -> None:
        """Queue one push."""


def push_text(channel: str, kind: str, body: Mapping[str, object]) -> str:
    """A push of any kind."""
    return compact({"push": {"channel": channel, kind: body}})


@dataclass
class Hub:
    """What all connections of the push server share."""

    settings: PushSettings
    signer: TokenSigner
    clock: ServerClock
    traffic: TrafficLog
    streams: Streams
    answering: asyncio.Event
    """Not set while the server is silent."""
    subscribers: dict[str, dict[Subscriber, None]] = field(default_factory=dict)

    def subscribe(self, channel: str, subscriber: Subscriber) -> None:
        """Add a subscriber to a channel."""
        self.subscribers.setdefault(channel, {})[subscriber] = None

    def unsubscribe(self, channel: str, subscriber: Subscriber) -> None:
        """Take a subscriber from a channel; nothing happens if it was not there."""
        there = self.subscribers.get(channel, {})
        there.pop(subscriber, None)
        if not there:
            self.subscribers.pop(channel, None)

    def publish(self, channel: str, data: str) -> StreamPosition:
        """Keep one publication and push it to the subscribers.

        Args:
            data: JSON text.
        """
        publication = self.streams.add(channel, one_line(data))
        text = f'{{"push":{{"channel":{compact(channel)},"pub":{publication.to_json()}}}}}'
        for subscriber in list(self.subscribers.get(channel, {})):
            subscriber.push(text)
        return self.streams.top(channel)
