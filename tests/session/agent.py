"""Runs a session in the test's own process against a sandbox, records its events, and waits for some of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Self, TypeVar

from telex_start import clock, events
from telex_start.config import Config
from telex_start.session.pace import Timings
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from tests.process import Stopwatch
from tests.servers import Sandbox

E = TypeVar("E", bound=events.Event)

LIMIT = 10.0
"""Seconds that anything awaited may take, unless a test names another limit."""


def quick(**timings: Any) -> Timings:
    """Backoffs a tenth as long, polls at once, and no waiting for the pace, as most scenarios have no rate limit."""
    usual = {"backoff_minimum": 0.05, "backoff_maximum": 2.0, "requests_at_once": 1000}
    usual |= {"organisations_after": 0.0, "unread_after": 0.0, "unread_apart": 0.0}
    return Timings(**{**usual, **timings})


class _Errors(logging.Handler):
    """Records what is logged as an error, for example a change of state that the table of states does not know."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


class Agent:
    """A session and the events that it has dispatched.

    Leaving the context manager stops the session, which must take less than a second, and checks that it logged no
    error and kept no token.

    Args:
        telex: The Telex to sign in at.
        timings: The session's waits; :func:`quick` by default.
        now: The session's clock.
        chance: Gives numbers in [0, 1).
        config: Fields of the configuration, beside the addresses that the sandbox announces.

    Attributes:
        events: All events so far, each with the time it came (:func:`time.monotonic`).
    """

    def __init__(
        self,
        telex: Sandbox,
        *,
        timings: Timings | None = None,
        now: Callable[[], float] = clock.now,
        chance: Callable[[], float] = lambda: 0.0,  # the shortest of every backoff
        **config: Any,
    ) -> None:
        self.telex = telex
        self.store = TokenStore()
        self.events: list[tuple[float, events.Event]] = []
        self._came = threading.Condition()
        self.session = Session(
            Config(**{"api_url": telex.api_url, "push_url": telex.push_url, "ca_file": telex.ca_file, **config}),
            self.store,
            self._take,
            chance=chance,
            timings=timings or quick(),
            now=now,
        )
        self._errors = _Errors()

    def _take(self, event: events.Event) -> None:
        with self._came:
            self.events.append((time.monotonic(), event))
            self._came.notify_all()

    # -- life --------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        logging.getLogger("telex_start").addHandler(self._errors)
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        spent = Stopwatch()
        ended = self.session.stop(5.0)
        took = spent.seconds()
        if threading.current_thread() is threading.main_thread():  # so no other agent runs at the same time
            for polls in [thread for thread in threading.enumerate() if thread.name == "polls"]:
                polls.join(LIMIT)
                assert not polls.is_alive(), "polls go on"
        logging.getLogger("telex_start").removeHandler(self._errors)
        if kind is None:
            assert self._errors.messages == []
            assert ended and took < 1.0, f"the session thread took {took:.1f} s to end"
            assert self.state is State.STOPPED or not self.events
            assert not self.all(events.ThreadFailed), "something unexpected happened"
            assert (self.store.access, self.store.notification, self.store.connection) == (None, None, None)

    def send(self, command: events.Command) -> None:
        self.session.send(command)

    def sign_in(self, email: str | None = None, password: str | None = None, persist: bool = False) -> Self:
        """Sign in, by default with the account that the sandbox announces."""
        self.send(events.SignIn(email or self.telex.email, password or self.telex.password, persist))
        return self

    def online(self, subscribed: int | None = None, limit: float = LIMIT) -> Self:
        """Sign in and wait until so many organisations are live; by default all that there are."""
        self.sign_in()
        self.await_subscribed(len(self.telex.status()["organisations"]) if subscribed is None else subscribed, limit)
        return self

    # -- its events --------------------------------------------------------------------------------------------------

    def all(self, kind: type[E]) -> list[E]:
        """All events of a kind so far."""
        with self._came:
            return [event for _, event in self.events if isinstance(event, kind)]

    def await_true(self, predicate: Callable[[], bool], limit: float = LIMIT) -> None:
        """Wait until the predicate holds; it is checked after each event.

        Raises:
            AssertionError: it does not hold within ``limit`` seconds by the :class:`Stopwatch`, or 60 on the wall.
        """
        spent, gives_up_at = Stopwatch(), time.monotonic() + 60
        with self._came:
            while not self._came.wait_for(predicate, max(0.05, limit - spent.seconds())):
                if spent.seconds() < limit and time.monotonic() < gives_up_at:
                    continue
                told = "\n".join(f"{event}"[:200] for _, event in self.events[-12:])
                raise AssertionError(f"it did not come to that within {limit:g} s; the last it told:\n{told}")

    def await_event(self, kind: type[E], predicate: Callable[[E], bool] = lambda _: True, limit: float = LIMIT) -> E:
        """Wait for an event; gives the first that fits since the last :meth:`mark`, or since the beginning."""
        found: list[E] = []

        def came() -> bool:
            found[:] = [event for _, event in self._since_mark() if isinstance(event, kind) and predicate(event)]
            return bool(found)

        self.await_true(came, limit)
        return found[0]

    _marked = 0

    def mark(self) -> None:
        """From here on :meth:`await_event`, :meth:`states` and the like pass over the events so far."""
        with self._came:
            self._marked = len(self.events)

    def since_mark(self, kind: type[E]) -> list[E]:
        """All events of a kind since the last :meth:`mark`."""
        with self._came:
            return [event for _, event in self._since_mark() if isinstance(event, kind)]

    def _since_mark(self) -> list[tuple[float, events.Event]]:
        return self.events[self._marked :]

    # -- states ------------------------------------------------------------------------------------------------------

    @property
    def told(self) -> events.StateChanged:
        """The last change of state, with its figures."""
        changes = self.all(events.StateChanged)
        return changes[-1] if changes else events.StateChanged(State.SIGNED_OUT)

    @property
    def state(self) -> State:
        return self.told.state

    def states(self) -> list[State]:
        """The states since the last :meth:`mark`, each change once."""
        with self._came:
            told = [event.state for _, event in self._since_mark() if isinstance(event, events.StateChanged)]
        return [state for index, state in enumerate(told) if index == 0 or state is not told[index - 1]]

    def await_state(self, state: State, limit: float = LIMIT) -> events.StateChanged:
        """Wait for a state since the last :meth:`mark`."""
        return self.await_event(events.StateChanged, lambda told: told.state is state, limit)

    def await_subscribed(self, count: int, limit: float = LIMIT) -> None:
        """Wait until the state is *online* with so many live organisations."""
        self.await_true(lambda: self.told.state is State.ONLINE and self.told.subscribed == count, limit)

    @property
    def reconnects(self) -> int:
        """How often the state has gone from *online* to another one, not counting the end."""
        told = [change.state for change in self.all(events.StateChanged)]
        return sum(
            before is State.ONLINE and after not in (State.ONLINE, State.STOPPED) for before, after in pairwise(told)
        )

    # -- publications ------------------------------------------------------------------------------------------------

    def received(self, organisation: int = 0, how: events.How | None = None) -> list[Any]:
        """The data of an organisation's publications, in the order in which they came."""
        channel = self.channel(organisation)
        return [
            data
            for event in self.all(events.PublicationsReceived)
            if event.channel == channel and how in (None, event.how)
            for data in event.publications
        ]

    def await_received(self, count: int, organisation: int = 0, limit: float = LIMIT) -> list[Any]:
        """Wait until so many publications of an organisation have come; gives them."""
        self.await_true(lambda: len(self.received(organisation)) >= count, limit)
        return self.received(organisation)

    def await_all(
        self, data: list[Any], organisation: int = 0, *, missed: int = 0, restarted: bool = False, limit: float = LIMIT
    ) -> None:
        """Wait until all publications have come, each once and in order, and check that none was reported as lost.

        A server without history loses some while the connection is down: then the session must report a loss since
        the last :meth:`mark`, and poll the organisation's unread after that.

        Args:
            data: The data of all publications.
            organisation: The organisation that they were published in.
            missed: How many of them, in a row, may have been published while the connection was down.
            restarted: The server began a new stream meanwhile, so publications of the old stream may be lost.
            limit: Seconds that it may take.
        """
        if self.telex.keeps_history:
            assert self.await_received(len(data), organisation, limit) == data
            assert restarted or self.lost(organisation) == 0
            return
        self._await_in_order((events.CountsUnknown, events.PollBegan, events.UnreadPolled), organisation, limit)
        received = self.await_received(len(data) - missed, organisation, limit)
        assert received == sorted(received, key=data.index), "in their order"
        assert len(received) <= len(data)

    def await_polled(self, organisation: int = 0, limit: float = LIMIT) -> None:
        """Wait until a poll of an organisation's unread has begun and ended since the last :meth:`mark`."""
        self._await_in_order((events.PollBegan, events.UnreadPolled), organisation, limit)

    def _await_in_order(self, kinds: Sequence[type[events.Event]], organisation: int, limit: float) -> None:
        channel = self.channel(organisation)

        def came() -> bool:
            awaited = list(kinds)
            for _, event in self._since_mark():
                if awaited and isinstance(event, awaited[0]) and getattr(event, "channel", None) == channel:
                    awaited.pop(0)
            return not awaited

        self.await_true(came, limit)

    def channel(self, organisation: int = 0) -> str:
        """The push channel of an organisation, by its index in the last list of organisations."""
        return self.all(events.OrganisationsChanged)[-1].organisations[organisation].channel

    def lost(self, organisation: int = 0) -> int:
        """How often it was reported that an organisation's publications are lost or may be (``CountsUnknown``)."""
        channel = self.channel(organisation)
        return sum(event.channel == channel for event in self.all(events.CountsUnknown))

    def answered(self) -> list[str]:
        """The channels whose first subscribe was answered or refused (``ChannelAnswered``), in order."""
        return [event.channel for event in self.all(events.ChannelAnswered)]

    @property
    def troubles(self) -> list[events.Trouble]:
        return self.all(events.Trouble)

    def await_failure(self, limit: float = LIMIT) -> events.SignInFailed:
        return self.await_event(events.SignInFailed, limit=limit)
