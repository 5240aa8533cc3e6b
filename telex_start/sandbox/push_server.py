"""The sandbox's own push server: it listens, accepts clients, and carries out the orders of the control API.

It behaves as Centrifugo v6 does, except for the settings ``honour_subs`` and ``any_origin``; orders can make it
misbehave.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence

from aiohttp import web

from . import push_protocol as codes
from .push_connection import ClientConnection
from .push_hub import ClientSocket, Hub
from .push_protocol import Code
from .push_streams import PUSH_PATH, PushServerFigures, StreamPosition

_ANSWER_CLOSE_WITHIN = 5.0
"""Seconds that a client has to answer a close frame."""
_CLOSE_WITHIN = 0.5
"""The same in a shutdown or restart, before the client is cut."""
_PUBLICATIONS_AT_ONCE = 64
"""Publications before the connections get a chance to write: so many share a frame, and no queue overflows."""


def listen(port: int) -> socket.socket:
    """A socket bound on loopback; 0 is any free port."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        raise
    return listener


class OwnPushServer:
    """Listens on loopback with TLS.

    Args:
        hub: What its connections share.
        tls: The server's TLS context.
        port: 0 for any free one, which is then kept over restarts.
    """

    def __init__(self, hub: Hub, tls: ssl.SSLContext, port: int = 0) -> None:
        self.name = "sandbox"
        self.port = port
        self._hub = hub
        self._tls = tls
        self._clients: dict[ClientConnection, ClientSocket] = {}
        self._refuse_with = 0
        self._site: web.SockSite | None = None
        self._coming_back: asyncio.Task[None] | None = None
        application = web.Application()
        application.router.add_get(PUSH_PATH, self._handshake)
        self._runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Start to listen.

        Raises:
            OSError: the port is taken, or the server does not start.
        """
        self._hub.answering.set()
        await self._runner.setup()
        await self._listen()

    async def _listen(self) -> None:
        listener = listen(self.port)
        self.port = listener.getsockname()[1]
        self._site = web.SockSite(self._runner, listener, ssl_context=self._tls)
        await self._site.start()

    async def _stop_listening(self) -> None:
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def stop(self) -> None:
        """Close every connection with 3001 and stop listening."""
        if self._coming_back is not None:
            self._coming_back.cancel()
        await self._stop_listening()
        self._hub.answering.set()
        self._close_all(codes.CLOSE_SHUTDOWN)
        await self._wait_until_gone(_CLOSE_WITHIN)
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
        await self._hub.answering.wait()
        if self._refuse_with:
            status = self._refuse_with
        elif "Origin" in request.headers and not self._hub.settings.any_origin:
            # With ``allowed_origins`` empty, the default, a browser's header is never right (origin.go).
            status = 403
        elif request.headers.get("Upgrade", "").lower() != "websocket":
            status = 400
        else:
            status = 101
        self._hub.traffic.handshakes[status] += 1
        if status != 101:
            return web.Response(status=status, text="")
        try:
            # As Centrifugo does: no compression, no subprotocol.
            upgraded = web.WebSocketResponse(
                autoclose=False,
                autoping=False,
                compress=False,
                timeout=_ANSWER_CLOSE_WITHIN,
                max_msg_size=self._hub.settings.message_size_limit + 1,  # aiohttp refuses one of exactly that size too
            )
            await upgraded.prepare(request)
        except ConnectionError:
            return web.Response(status=400, text="")  # the client did not wait for us, and nobody reads this
        client_socket = ClientSocket(
            upgraded, request.transport, self._hub.answering, self._hub.settings.queue_max_size
        )
        client = ClientConnection(self._hub, client_socket)
        self._clients[client] = client_socket
        try:
            await client.serve()
        finally:
            del self._clients[client]
        return upgraded

    async def publish(self, channel: str, texts: Sequence[str]) -> StreamPosition:
        """Publish JSON texts in order and give the stream's top after the last."""
        position = self._hub.streams.top(channel)
        for number, text in enumerate(texts, start=1):
            position = self._hub.publish(channel, text)
            if number % _PUBLICATIONS_AT_ONCE == 0:
                await asyncio.sleep(0)
        return position

    async def disconnect(self, user_id: str, code: int, reason: str) -> None:
        """Close the user's connections with a close code."""
        for client in list(self._clients):
            if client.user_id == user_id:
                client.close(Code(code, reason))

    async def unsubscribe(self, user_id: str, channel: str, code: int, reason: str) -> None:
        """End the user's subscription to a channel with an ``unsubscribe`` push."""
        for client in list(self._clients):
            if client.user_id == user_id:
                client.drop_subscription(channel, Code(code, reason))

    async def remove_history(self, channel: str) -> None:
        """Drop what is kept of a channel."""
        self._hub.streams.remove_history(channel)

    async def position(self, channel: str) -> StreamPosition:
        """The top of a channel's stream."""
        return self._hub.streams.top(channel)

    async def restart(self, down_for: float, *, new_epoch: bool, kill: bool, wait: bool) -> None:
        """Go away for ``down_for`` seconds and come back on the same port.

        Args:
            new_epoch: Forget the history, as the memory engine does.
            kill: Cut the connections instead of closing them with 3001.
            wait: Return only when the server is back, not as soon as it has gone.
        """
        if self._coming_back is not None:
            self._coming_back.cancel()
        await self._stop_listening()
        if kill:
            for client in list(self._clients):
                client.cut()
        else:
            self._close_all(codes.CLOSE_SHUTDOWN)
        await self._wait_until_gone(_CLOSE_WITHIN)
        if new_epoch:
            self._hub.streams.restart()
        self._coming_back = asyncio.create_task(self._come_back(down_for))
        if wait:
            await self._coming_back

    async def _come_back(self, delay: float) -> None:
        await asyncio.sleep(delay)
        await self._listen()

    async def set_silent(self, on: bool) -> None:
        """Go silent or speak again: while silent, connections stay open but nothing is read, answered or sent."""
        (self._hub.answering.clear if on else self._hub.answering.set)()

    async def expire_tokens(self, *, connections: bool, subscriptions: bool) -> None:
        """Treat every token issued so far as expired; if asked, end connections or subscriptions at once."""
        self._hub.signer.expire_all()
        for client in list(self._clients):
            if subscriptions:
                for channel in list(client.subscriptions):
                    client.drop_subscription(channel, codes.UNSUBSCRIBED_EXPIRED)
            if connections and client.user_id is not None:
                client.close(codes.CLOSE_EXPIRED)

    async def raw_frame(self, text: str) -> None:
        """Send a text frame as it is to every connection."""
        for client_socket in self._clients.values():
            client_socket.send(text, alone=True)

    async def refuse_push(self, status: int) -> None:
        """Answer handshakes with that HTTP status; 0 accepts them again."""
        self._refuse_with = status

    async def ping_now(self) -> None:
        """Send a ping to every connection."""
        for client in list(self._clients):
            client.ping()

    async def figures(self) -> PushServerFigures:
        """The connections and subscriptions at this moment, and whether it listens."""
        subscriptions = {channel: len(there) for channel, there in self._hub.subscribers.items()}
        open_connections = sum(not client.ended for client in self._clients)
        return PushServerFigures(open_connections, self._site is not None, subscriptions)
