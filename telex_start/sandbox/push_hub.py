"""Sends to the clients of the sandbox's push server: a queue on each client's WebSocket, and the hub that fills them.

Sending never waits: texts go to a queue, and one task joins up to 16 of them with newlines into a frame, as Centrifugo
does (centrifuge ``writer.go``).
"""

from __future__ import annotations

import asyncio
from asyncio import BaseTransport, Transport
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from .push_protocol import Code, compact
from .push_streams import PushSettings, StreamPosition, Streams
from .signing import ServerClock, TokenSigner
from .traffic_log import TrafficLog

MESSAGES_IN_FRAME = 16


@dataclass(eq=False)
class ClientSocket:
    """A WebSocket with an outgoing queue."""

    socket: web.WebSocketResponse
    """The prepared WebSocket; it must leave closing and answering pings to this class."""
    transport: BaseTransport | None
    """The connection under the WebSocket, needed to cut it."""
    answering: asyncio.Event
    """While it is not set, nothing is read, answered or sent: the client sees a half-open connection."""
    queue_max_size: int
    """Bytes that may wait in the queue."""
    _queue: deque[tuple[str, bool]] = field(default_factory=deque)
    _queued_bytes: int = 0
    _something_to_send: asyncio.Event = field(default_factory=asyncio.Event)
    _code: Code | None = None
    _flush: bool = True

    def __post_init__(self) -> None:
        self._writer = asyncio.create_task(self._write())

    def send(self, text: str, *, alone: bool = False) -> bool:
        """Queue one reply or push; with ``alone`` it gets a frame of its own.

        Returns:
            False when the queue is full, after which nothing but a close makes sense.
        """
        if self._code is not None:
            return True
        self._queued_bytes += len(text)
        self._queue.append((text, alone))
        self._something_to_send.set()
        return self._queued_bytes <= self.queue_max_size

    def close(self, code: Code, *, flush: bool = True) -> bool:
        """End the connection with a close frame, after what is queued unless ``flush`` is off.

        Returns:
            False if it was ending already.
        """
        if self._code is not None:
            return False
        self._code = code
        self._flush = flush
        self._something_to_send.set()
        return True

    def cut(self) -> None:
        """End the TCP connection, without a close frame and without TLS's goodbye."""
        self._writer.cancel()
        if isinstance(self.transport, Transport) and not self.transport.is_closing():
            self.transport.abort()

    async def finish(self) -> None:
        """Stop writing; if a close frame is to go out, wait first until it has been answered."""
        if self._code is not None:
            await asyncio.wait([self._writer])
        else:
            self._writer.cancel()

    async def receive(self) -> str | None:
        """The next frame, a binary one read like text; None at the end of the connection."""
        while True:
            message = await self.socket.receive()
            await self.answering.wait()
            match message.type:
                case WSMsgType.TEXT | WSMsgType.BINARY:
                    return message.data if isinstance(message.data, str) else message.data.decode("utf-8", "replace")
                case WSMsgType.PING:
                    await self.socket.pong(message.data)
                case WSMsgType.PONG:
                    pass
                case WSMsgType.CLOSE:
                    await self.socket.close(code=message.data or 1000)
                    return None
                case _:
                    return None

    async def _write(self) -> None:
        try:
            while True:
                await self._something_to_send.wait()
                await self.answering.wait()
                self._something_to_send.clear()
                while self._queue and self._flush:
                    await self.socket.send_str(self._next_frame())
                    await self.answering.wait()
                if self._code is not None:
                    await self.socket.close(code=self._code.number, message=self._code.reason.encode())
                    return
        except (ConnectionError, RuntimeError):
            # The client has gone; the reading side finds out by itself.
            return

    def _next_frame(self) -> str:
        text, alone = self._queue.popleft()
        texts = [text]
        while not alone and self._queue and not self._queue[0][1] and len(texts) < MESSAGES_IN_FRAME:
            texts.append(self._queue.popleft()[0])
        self._queued_bytes -= sum(map(len, texts))
        return "\n".join(texts)


def push_text(channel: str, kind: str, body: Mapping[str, object]) -> str:
    """The JSON text of a push of any kind."""
    return compact({"push": {"channel": channel, kind: body}})


@dataclass
class Hub:
    """Pushes publications to the subscribed connections, and holds what all connections share."""

    settings: PushSettings
    signer: TokenSigner
    clock: ServerClock
    traffic: TrafficLog
    streams: Streams
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """Not set while the server is silent, or has not begun to listen."""
    subscribers: dict[str, list[Callable[[str], None]]] = field(default_factory=dict)
    """By channel, the functions that push to its subscribers."""

    def subscribe(self, channel: str, push: Callable[[str], None]) -> None:
        """Add a subscriber to a channel."""
        self.subscribers.setdefault(channel, []).append(push)

    def unsubscribe(self, channel: str, push: Callable[[str], None]) -> None:
        """Take a subscriber from a channel."""
        self.subscribers[channel].remove(push)
        if not self.subscribers[channel]:
            del self.subscribers[channel]

    def publish(self, channel: str, data: str) -> StreamPosition:
        """Keep one publication and push it to the subscribers.

        Args:
            data: JSON text. A newline in it, which would end it in a frame, is only ever white space between tokens.
        """
        publication = self.streams.add(channel, data.replace("\n", " ").replace("\r", " "))
        text = f'{{"push":{{"channel":{compact(channel)},"pub":{publication}}}}}'
        for push in list(self.subscribers.get(channel, [])):
            push(text)
        return self.streams.top(channel)
