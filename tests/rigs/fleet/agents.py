"""Ten thousand sessions, what they tell, and the way to all being online."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from telex_start.config import Config
from telex_start.events import Command, Event, SignIn, StateChanged, Stop, ThreadFailed, Trouble
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State

from .network import API, PUSH, simulated
from .telex import ORGANISATIONS, Telex
from .world import World

SIGN_IN_OVER = 60.0
"""Seconds in which they start, one here, one there."""
_CONFIG = Config(api_url=API, push_url=PUSH)


class Agent:
    """One session, and what it has told last."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.told = StateChanged(State.SIGNED_OUT)
        self.failures: list[str] = []
        self._session = Session(_CONFIG, TokenStore(), self._take, chance=world.chance.random, now=world.now)
        self._session.start()

    def send(self, command: Command) -> None:
        """Give it a command."""
        self._session.send(command)

    def sign_in(self) -> None:
        """Sign in, however long it takes."""
        self.send(SignIn(f"{self.name}@fleet.example", "secret", persist=True))

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
            case Trouble():
                pass


class Fleet:
    """The agents, in their world with its Telex."""

    def __init__(self, world: World, telex: Telex, size: int) -> None:
        self.world = world
        self.telex = telex
        self.agents = [Agent(world, f"agent{number}") for number in range(size)]
        for agent in self.agents:
            world.after(SIGN_IN_OVER * world.chance.random(), agent.sign_in)

    def online(self) -> int:
        """How many are online with all their organisations."""
        return sum(agent.online for agent in self.agents)

    def run_until_all_online(self, within: float) -> float | None:
        """Let time pass until all are online; gives how many seconds that took, ``None`` where it takes longer."""
        start = self.world.now()
        while self.online() < len(self.agents):
            if self.world.now() - start >= within:
                return None
            self.world.run(1.0)
        return self.world.now() - start

    def check(self) -> None:
        """Nothing went wrong that has nothing to do with what is measured.

        Raises:
            AssertionError: a session failed, or let its token run out although Telex gave tokens.
        """
        failures = {failure for agent in self.agents for failure in agent.failures}
        assert not failures, f"unexpected in a session: {failures}"
        assert self.telex.expired == 0 or self.telex.traffic.refused, "connections ran out of their tokens"

    def _stop(self) -> None:
        for agent in self.agents:
            agent.send(Stop())
        self.world.run(30.0)
        left = [agent.name for agent in self.agents if agent.told.state is not State.STOPPED]
        assert not left, f"{len(left)} sessions did not end: {left[:3]}"


@contextmanager
def fleet(size: int, seed: int) -> Iterator[Fleet]:
    """A fleet that is online, and has been so for a while.

    Raises:
        AssertionError: it does not come online, or does not end.
    """
    logger = logging.getLogger("telex_start")
    level = logger.level
    logger.setLevel(logging.CRITICAL)  # a line from each of ten thousand says nothing
    world = World(seed)
    telex = Telex(world)
    try:
        with simulated(world, telex):
            made = Fleet(world, telex, size)
            world.run(SIGN_IN_OVER)
            assert made.run_until_all_online(60.0) is not None, f"only {made.online()} of {size} came online"
            world.run(120.0)
            yield made
            made._stop()
    finally:
        logger.setLevel(level)
