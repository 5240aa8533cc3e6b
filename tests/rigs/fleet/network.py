"""The agent's two ends of the network, and how they get into the session's module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from queue import Empty
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from telex_start import clock
from telex_start.errors import NoNetwork
from telex_start.net.https import Answer
from telex_start.push import frames
from telex_start.push.websocket import Closed
from telex_start.session import commands, look_ups, session, shared_pacer

from .telex import Link, Telex, Way
from .world import World

API = "https://api.fleet.example/api/v1"
PUSH = "wss://push.fleet.example/connection/websocket"


@contextmanager
def simulated(world: World, telex: Telex) -> Iterator[None]:
    """Sessions made meanwhile live in this world. Nothing of :mod:`telex_start` changes but what is named here."""

    def https(*_: Any, **__: Any) -> _Https:
        return _Https(world, telex)

    def websocket(*_: Any, **__: Any) -> _WebSocket:
        return _WebSocket(world, telex)

    with ExitStack() as stack:
        for module, name, instead in (
            (session, "Https", https),
            (session, "WebSocket", websocket),
            (
                session,
                "threading",
                SimpleNamespace(Thread=world.thread, Event=world.event, current_thread=world.current_thread),
            ),
            (look_ups, "threading", SimpleNamespace(Thread=world.thread, Condition=world.condition)),
            (shared_pacer, "threading", SimpleNamespace(Condition=world.condition)),
            (commands, "SimpleQueue", world.queue),
            (session, "tls_context", lambda _: None),  # no certificates are read: nothing is verified here
            (clock, "awake", world.now),
        ):
            stack.enter_context(patch.object(module, name, instead))
        yield


class _Https:
    """As :class:`telex_start.net.https.Https`."""

    def __init__(self, world: World, telex: Telex) -> None:
        self._world, self._telex = world, telex

    def request(self, method: str, url: str, *, headers: dict[str, str], json: Any, **more: Any) -> Answer:
        path = url.removeprefix(API + "/")
        self._telex.on_its_way(path, headers, json)
        self._world.sleep(self._telex.latency())
        if self._telex.down:
            raise NoNetwork("The Telex server refused the connection.")
        answer = self._telex.call(path, headers, json)
        self._world.sleep(self._telex.latency())
        if (take := more.get("take")) is not None:
            take(answer.body)
        return answer

    def interrupt(self) -> None:
        """Nothing is under way for longer than a moment."""

    def abort(self) -> None:
        """Likewise."""

    def close(self) -> None:
        """Nothing is kept open."""


class _WebSocket:
    """As :class:`telex_start.push.websocket.WebSocket`."""

    def __init__(self, world: World, telex: Telex) -> None:
        self._world, self._telex = world, telex
        self._incoming = world.queue()
        self._way = Way(telex)
        self._link: Link | None = None
        self._closed: Closed | None = None
        self.aborted = False

    def open(self) -> None:
        self._telex.traffic.connects.append(self._world.now())
        self._world.sleep(self._telex.latency())
        if self._telex.down:
            raise NoNetwork("The Telex server refused the connection.")
        self._world.sleep(2 * self._telex.latency())  # TLS and the handshake
        if self.aborted:
            raise NoNetwork("The connection was given up.")
        self._link = Link(
            self._telex,
            lambda text: self._incoming.put(text.encode()),
            lambda code: self._incoming.put(Closed(code)),
        )

    def receive(self, seconds: float | None) -> bytes | None:
        if self._closed is None:
            try:
                came = self._incoming.get(timeout=seconds)
            except Empty:
                return None
            if isinstance(came, bytes):
                return came
            assert isinstance(came, Closed)
            self._closed = came
        raise self._closed

    def send(self, text: str) -> None:
        if self._closed is not None:
            raise Closed(frames.NO_CLOSE_FRAME)
        link = self._link
        assert link is not None
        self._way.send(lambda: link.received(text))

    def abort(self) -> None:
        self.aborted = True
        self._incoming.put(Closed(frames.NO_CLOSE_FRAME))

    def close(self) -> None:
        if self._link is not None:
            self._link.gone()
