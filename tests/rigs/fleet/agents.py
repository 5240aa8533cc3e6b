"""Makes the fleet: real sessions with a simulated network, signed in and online."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from queue import Empty
from threading import Lock
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from telex_start import clock
from telex_start.config import Config
from telex_start.errors import NoNetwork
from telex_start.events import Event, SignIn, StateChanged, Stop, ThreadFailed
from telex_start.net.https import Answer
from telex_start.push import frames
from telex_start.push.websocket import Closed
from telex_start.session import pace, poller, session, session_thread, state
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State

from .telex import ORGANISATIONS, Link, Telex, Way
from .world import Condition, Flag, Queue, Thread, World

API = "https://api.fleet.example/api/v1"
PUSH = "wss://push.fleet.example/connection/websocket"


@contextmanager
def simulated(world: World, telex: Telex) -> Iterator[None]:
    """Make sessions use this world's time and network while this lasts. Only what is named here is replaced."""

    mine = SimpleNamespace(
        Thread=partial(Thread, world), Condition=partial(Condition, world), Event=partial(Flag, world), Lock=Lock
    )
    with ExitStack() as stack:
        logging.disable()  # ten thousand agents would log too much
        stack.callback(logging.disable, logging.NOTSET)
        for module, name, instead in (
            (session_thread, "Https", lambda *_: _Https(world, telex)),
            (session_thread, "WebSocket", lambda *_, **__: _WebSocket(world, telex)),
            *((module, "threading", mine) for module in (session, session_thread, state, poller, pace)),
            (session_thread, "tls_context", lambda _: None),  # no certificates: there is no TLS here
            (clock, "awake", world.now),
        ):
            stack.enter_context(patch.object(module, name, instead))
        yield


class _Https:
    """Stands in for :class:`telex_start.net.https.Https`: calls the simulated API."""

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
        """Does nothing: no call takes longer than a moment."""

    def abort(self) -> None:
        """Does nothing, for the same reason."""

    def close(self) -> None:
        """Does nothing: no connection is kept open."""


class _WebSocket:
    """Stands in for :class:`telex_start.push.websocket.WebSocket`: a link to the simulated push server."""

    def __init__(self, world: World, telex: Telex) -> None:
        self._world, self._telex = world, telex
        self._incoming = Queue(world)
        self._way = Way(telex)
        self._link: Link | None = None
        self._closed: Closed | None = None
        self.aborted = False

    def open(self) -> None:
        self._telex.connects.append(self._world.now())
        self._world.sleep(self._telex.latency())
        if self._telex.down:
            raise NoNetwork("The Telex server refused the connection.")
        self._world.sleep(2 * self._telex.latency())  # TLS and the handshake
        if self.aborted:
            raise NoNetwork("The connection was given up.")
        self._link = Link(self._telex, self._incoming.put)

    def receive(self, seconds: float | None) -> bytes | None:
        if self._closed is None:
            try:
                came = self._incoming.get(seconds)
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


# The agents.

SIGN_IN_OVER = 60.0
"""Seconds over which the sign-ins of all agents are spread, at random."""
_CONFIG = Config(api_url=API, push_url=PUSH)


class Agent:
    """One session and its last state."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.told = StateChanged(State.SIGNED_OUT)
        self.failures: list[str] = []
        self.session = Session(_CONFIG, TokenStore(), self._take, chance=world.chance.random, now=world.now)

    @property
    def online(self) -> bool:
        """All its organisations are live."""
        return self.told.state is State.ONLINE and self.told.subscribed == ORGANISATIONS

    def _take(self, event: Event) -> None:
        match event:
            case StateChanged():
                self.told = event
            case ThreadFailed():
                self.failures.append(event.error)


class Fleet:
    """All agents, with their world and the simulated Telex."""

    def __init__(self, world: World, telex: Telex, size: int) -> None:
        self.world = world
        self.telex = telex
        self.agents = [Agent(world, f"agent{number}") for number in range(size)]
        for agent in self.agents:
            sign_in = SignIn(f"{agent.name}@fleet.example", "secret", persist=True)
            world.after(SIGN_IN_OVER * world.chance.random(), partial(agent.session.send, sign_in))

    def online(self) -> int:
        """How many are online with all their organisations."""
        return sum(agent.online for agent in self.agents)

    def check(self) -> None:
        """Check that nothing went wrong beside what is measured.

        Raises:
            AssertionError: a session failed, or let its token run out although Telex gave tokens.
        """
        failures = {failure for agent in self.agents for failure in agent.failures}
        assert not failures, f"unexpected in a session: {failures}"
        assert self.telex.expired == 0 or self.telex.refused, "connections ran out of their tokens"


@contextmanager
def fleet(size: int, seed: int) -> Iterator[Fleet]:
    """Make a fleet and wait until it has been online for a while.

    Raises:
        AssertionError: the fleet does not come online, or does not end.
    """
    world = World(seed)
    telex = Telex(world)
    with simulated(world, telex):
        made = Fleet(world, telex, size)
        world.run(SIGN_IN_OVER + 60.0)
        assert made.online() == size, f"only {made.online()} of {size} came online"
        world.run(120.0)
        yield made
        for agent in made.agents:
            agent.session.send(Stop())
        world.run(30.0)
        left = [agent.name for agent in made.agents if agent.told.state is not State.STOPPED]
        assert not left, f"{len(left)} sessions did not end: {left[:3]}"
