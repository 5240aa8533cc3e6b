"""A small model of Centrifugo's streams and of one client's connection, to compare the push client's behaviour with.

It follows the client protocol, version 2, and the memory engine: a recovery is all or nothing, with at most 300
publications; a restart begins a new epoch; commands are handled in order and one at a time, so that anything may be
published between two of them. Everything here is pure: it changes only when a method is called.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

RECOVERY_LIMIT = 300

UNREADABLE = "1" * 5000
"""Valid JSON that Python cannot decode: an integer with more digits than it converts."""


class Published(NamedTuple):
    """One publication as the server knows it."""

    offset: int
    number: int
    """Its place among all publications of the channel, counted over all epochs."""
    readable: bool

    def json(self) -> str:
        data = str(self.number) if self.readable else UNREADABLE
        return f'{{"data":{data},"offset":{self.offset}}}' if self.offset else f'{{"data":{data}}}'


class Stream:
    """One channel's history."""

    def __init__(self) -> None:
        self.epoch = 1
        self.top = 0
        self.kept: list[Published] = []
        self.published = 0
        self.began = {1: 0}
        """By epoch: how many publications of the channel came before it."""


class Server:
    """A server with one connection.

    Args:
        history: how many publications a channel keeps; with 0 there are no offsets either.
        limit: how many publications one recovery brings at most.
    """

    def __init__(self, history: int, limit: int = RECOVERY_LIMIT) -> None:
        self.history = history
        self.limit = limit
        self.streams: dict[str, Stream] = {}
        self.subscribed: set[str] = set()
        self.commands: list[dict[str, Any]] = []
        """Commands received and not handled yet."""
        self.messages: list[str] = []
        """Messages sent and not received yet."""
        self.asked = 0
        """How many subscribe commands were handled."""
        self.subscribed_after: dict[str, int] = {}
        """By channel: how many publications it had had at its last subscribe."""

    def stream(self, channel: str) -> Stream:
        return self.streams.setdefault(channel, Stream())

    # -- what happens to it ------------------------------------------------------------------------------------------

    def publish(self, channel: str, readable: bool = True) -> Published:
        stream = self.stream(channel)
        stream.published += 1
        if self.history:
            stream.top += 1
        made = Published(stream.top, stream.published, readable)
        if self.history:
            stream.kept = [*stream.kept, made][-self.history :]
        if channel in self.subscribed:
            self.messages.append(f'{{"push":{{"channel":"{channel}","pub":{made.json()}}}}}')
        return made

    def trim(self, channel: str, count: int) -> None:
        """Drop the oldest publications."""
        del self.stream(channel).kept[:count]

    def forget(self, channel: str) -> None:
        """Begin a new epoch, as after flushing Redis; unsubscribe a subscriber (2500), as its position is invalid."""
        stream = self.stream(channel)
        stream.epoch += 1
        stream.began[stream.epoch] = stream.published
        stream.top = 0
        stream.kept = []
        self.unsubscribe(channel, 2500)

    def unsubscribe(self, channel: str, code: int) -> None:
        if channel in self.subscribed:
            self.subscribed.discard(channel)
            self.messages.append(f'{{"push":{{"channel":"{channel}","unsubscribe":{{"code":{code}}}}}}}')

    def disconnect(self) -> None:
        self.subscribed.clear()
        self.commands.clear()
        self.messages.clear()

    def restart(self) -> None:
        self.disconnect()
        for channel in self.streams:
            self.forget(channel)

    # -- the protocol ------------------------------------------------------------------------------------------------

    def receive(self, frame: str) -> None:
        self.commands += map(json.loads, frame.split("\n"))

    def handle_one(self) -> None:
        """Handle the next command."""
        command = self.commands.pop(0)
        if "connect" in command:
            self._reply(command, "connect", '{"client":"x","ping":25,"pong":true}')
        elif "unsubscribe" in command:
            self.subscribed.discard(command["unsubscribe"]["channel"])
            self._reply(command, "unsubscribe", "{}")
        elif "subscribe" in command:
            self._subscribe(command)

    def _reply(self, command: dict[str, Any], kind: str, body: str) -> None:
        self.messages.append(f'{{"id":{command["id"]},"{kind}":{body}}}')

    def _subscribe(self, command: dict[str, Any]) -> None:
        self.asked += 1
        request = command["subscribe"]
        channel = request["channel"]
        if channel in self.subscribed:
            self.messages.append(f'{{"id":{command["id"]},"error":{{"code":105,"message":"already subscribed"}}}}')
            return
        self.subscribed.add(channel)
        self.subscribed_after[channel] = self.stream(channel).published
        self._reply(command, "subscribe", "{" + ",".join(self._position(self.stream(channel), request)) + "}")

    def _position(self, stream: Stream, request: dict[str, Any]) -> Iterator[str]:
        recover = request.get("recover", False)
        if recover:
            yield '"was_recovering":true'
        if not self.history:
            return
        yield f'"recoverable":true,"positioned":true,"epoch":"e{stream.epoch}"'
        offset = stream.top
        if recover:
            since, epoch = request.get("offset", 0), request.get("epoch", "")
            missed = [each for each in stream.kept if each.offset > since][: self.limit]
            first, last = (missed[0].offset, missed[-1].offset) if missed else (since + 1, since)
            whole = first == since + 1 and last == stream.top
            if whole and epoch in ("", f"e{stream.epoch}"):
                offset = since
                yield '"recovered":true'
                if missed:
                    yield '"publications":[' + ",".join(each.json() for each in missed) + "]"
        if offset:
            yield f'"offset":{offset}'
