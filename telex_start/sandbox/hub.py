"""Who is subscribed to what on the push server, and publishing to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from telex_start.sandbox.clock import Clock
from telex_start.sandbox.json_text import compact, one_line
from telex_start.sandbox.push_settings import PushSettings
from telex_start.sandbox.record import Record
from telex_start.sandbox.streams import Position, Streams
from telex_start.sandbox.tokens import TokenSigner


class Subscriber(Protocol):
    """A connection, as the hub sees it."""

    def push(self, text: str) -> None:
        """Queues one push."""


def push_text(channel: str, kind: str, body: Mapping[str, object]) -> str:
    """A push of any kind."""
    return compact({"push": {"channel": channel, kind: body}})


@dataclass
class Hub:
    """What all connections of the push server share."""

    settings: PushSettings
    signer: TokenSigner
    clock: Clock
    record: Record
    streams: Streams
    gate: asyncio.Event
    """Not set while the server is silent."""
    subscribers: dict[str, dict[Subscriber, None]] = field(default_factory=dict)

    def subscribe(self, channel: str, subscriber: Subscriber) -> None:
        """Adds a subscriber to a channel."""
        self.subscribers.setdefault(channel, {})[subscriber] = None

    def unsubscribe(self, channel: str, subscriber: Subscriber) -> None:
        """Takes a subscriber from a channel; nothing happens if it was not there."""
        there = self.subscribers.get(channel, {})
        there.pop(subscriber, None)
        if not there:
            self.subscribers.pop(channel, None)

    def publish(self, channel: str, data: str) -> Position:
        """Keeps one publication and pushes it to the subscribers.

        Args:
            data: JSON text.
        """
        publication = self.streams.add(channel, one_line(data))
        text = f'{{"push":{{"channel":{compact(channel)},"pub":{publication.to_json()}}}}}'
        for subscriber in list(self.subscribers.get(channel, {})):
            subscriber.push(text)
        return self.streams.top(channel)
