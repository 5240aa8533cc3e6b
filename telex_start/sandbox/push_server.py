"""The sandbox's own push server: a listener that behaves as Centrifugo v6 does, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence

from aiohttp import web

from telex_start.sandbox import push_codes as codes
from telex_start.sandbox.hub import Hub
from telex_start.sandbox.push_backend import PushFigures
from telex_start.sandbox.push_client import PushClient
from telex_start.sandbox.push_codes import Code
from telex_start.sandbox.push_link import Link, accept
from telex_start.sandbox.push_settings import PUSH_PATH
from telex_start.sandbox.streams import Position

_GOODBYE_LIMIT = 0.5
"""Seconds that clients have to answer a close frame before they are cut in a shutdown."""
_BURST = 64
"""Publications between two chances of the connections to write: many share a frame, none overflows a queue."""


class PushServer:
    """Listens on loopback with TLS.

    Args:
        hub: what its connections share.
        tls: the server's TLS context.
        port: 0 for any free one, which is then kept over restarts.
    """

    def __init__(self, hub: Hub, tls: ssl.SSLContext, port: int = 0) -> None:
        self.port = port
        self._hub = hub
        self._tls = tls
        self._clients: dict[PushClient, Link] = {}
        self._refuse_with = 0
        self._site: web.SockSite | None = None
        self._return: asyncio.Task[None] | None = None
        application = web.Application()
        application.router.add_get(PUSH_PATH, self._handshake)
        self._runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=1.0)

    @property
    def name(self) -> str:
        """What `status` calls it."""
        return "sandbox"

    # -- listening ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listens, or raises OSError."""
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", self.port))
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._site = web.SockSite(self._runner, listener, ssl_context=self._tls)
        await self._site.start()

    async def _stop_listening(self) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def stop(self) -> None:
        """Closes every connection with 3001 and stops listening."""
        if self._return is not None:
            self._return.cancel()
        await self._stop_listening()
        self._hub.gate.set()
        self._close_all(codes.CLOSE_SHUTDOWN)
        await self._wait_until_gone(_GOODBYE_LIMIT)
        await self._runner.cleanup()

    def _close_all(self, code: Code) -> None:
        for client in list(self._clients):
            client.close(code)

    async def _wait_until_gone(self, limit: float) -> None:
        deadline = asyncio.get_running_loop().time() + limit
        while self._clients and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        for client in list(self._clients):
            client.cut()

    async def _handshake(self, request: web.Request) -> web.StreamResponse:
        await self._hub.gate.wait()
        if self._refuse_with:
            status = self._refuse_with
        elif "Origin" in request.headers:
            # With `allowed_origins` empty, the default, a browser's header is never right (origin.go).
            status = 403
        elif request.headers.get("Upgrade", "").lower() != "websocket":
            status = 400
        else:
            status = 101
        self._hub.record.handshakes[status] += 1
        if status != 101:
            return web.Response(status=status, text="")
        upgraded = await accept(request, self._hub.settings.message_size_limit)
        link = Link(upgraded, request.transport, self._hub.gate, self._hub.settings.queue_max_size)
        client = PushClient(self._hub, link)
        self._clients[client] = link
        try:
            await client.serve()
        finally:
            del self._clients[client]
        return upgraded

    # -- orders ------------------------------------------------------------------------------------------------------

    async def publish(self, channel: str, texts: Sequence[str]) -> Position:
        """Publishes JSON texts in order and gives the stream's top after the last."""
        position = self._hub.streams.top(channel)
        for number, text in enumerate(texts, start=1):
            position = self._hub.publish(channel, text)
            if number % _BURST == 0:
                await asyncio.sleep(0)
        return position

    async def disconnect(self, user_id: str, code: int, reason: str) -> None:
        """Closes the user's connections with a close code."""
        for client in list(self._clients):
            if client.user_id == user_id:
                client.close(Code(code, reason))

    async def unsubscribe(self, user_id: str, channel: str, code: int, reason: str) -> None:
        """Ends the user's subscription to a channel with an `unsubscribe` push."""
        for client in list(self._clients):
            if client.user_id == user_id:
                client.drop_subscription(channel, Code(code, reason))

    async def remove_history(self, channel: str) -> None:
        """Drops what is kept of a channel."""
        self._hub.streams.remove_history(channel)

    async def position(self, channel: str) -> Position:
        """The top of a channel's stream."""
        return self._hub.streams.top(channel)

    async def restart(self, down_for: float, *, new_epoch: bool, kill: bool, wait: bool) -> None:
        """Goes away for `down_for` seconds and comes back on the same port; see `PushBackend`."""
        if self._return is not None:
            self._return.cancel()
        await self._stop_listening()
        if kill:
            for client in list(self._clients):
                client.cut()
        else:
            self._close_all(codes.CLOSE_SHUTDOWN)
        await self._wait_until_gone(_GOODBYE_LIMIT)
        if new_epoch:
            self._hub.streams.restart()
        self._return = asyncio.create_task(self._come_back(down_for))
        if wait:
            await self._return

    async def _come_back(self, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._listen()

    async def set_silent(self, on: bool) -> None:
        """While on, connections stay open but nothing is read, answered or sent."""
        if on:
            self._hub.gate.clear()
        else:
            self._hub.gate.set()

    async def expire_tokens(self, *, connections: bool, subscriptions: bool) -> None:
        """Treats every token issued so far as expired; optionally ends what lives on them at once."""
        self._hub.signer.expire_all()
        for client in list(self._clients):
            if subscriptions:
                for channel in list(client.subscriptions):
                    client.drop_subscription(channel, codes.UNSUBSCRIBED_EXPIRED)
            if connections and client.user_id is not None:
                client.close(codes.CLOSE_EXPIRED)

    async def raw_frame(self, text: str) -> None:
        """Sends a text frame as it is to every connection."""
        for link in self._clients.values():
            link.send(text, alone=True)

    async def refuse_push(self, status: int) -> None:
        """Answers handshakes with that HTTP status; 0 accepts them again."""
        self._refuse_with = status

    async def ping_now(self) -> None:
        """Sends a ping to every connection."""
        for client in list(self._clients):
            client.ping()

    async def figures(self) -> PushFigures:
        """What is open now."""
        subscriptions = {channel: len(there) for channel, there in self._hub.subscribers.items()}
        open_connections = sum(not client.ended for client in self._clients)
        return PushFigures(open_connections, self._site is not None, subscriptions)
