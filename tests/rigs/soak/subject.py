"""The session under test with the notifier behind it, and a ledger of what came of each message."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from telex_start import clock
from telex_start.config import NEWS_TYPES, Config
from telex_start.events import (
    ChannelAnswered,
    CountsUnknown,
    Event,
    OrganisationsChanged,
    PublicationsReceived,
    ReconnectNow,
    SignIn,
    StateChanged,
    ThreadFailed,
    Trouble,
)
from telex_start.news.notifier import Notifier
from telex_start.news.quiet import Quiet
from telex_start.news.wall import Wall
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from telex_start.toast import Toast
from tests.rigs.ledger import Ledger
from tests.servers import Sandbox

MOST_FINDINGS = 20
"""So many are kept; the soak ends when they are reached."""
_STORM = 20
"""Connections begun in 10 s, at most."""
_PERSON_WITHIN = 0.5
"""Seconds after which the person does what the program asks for."""


class Subject:
    """The session, and the notifier as its main thread would have it. :attr:`lock` guards all that is told."""

    def __init__(self, telex: Sandbox, organisations: int) -> None:
        self._telex = telex
        self._organisations = organisations
        self._index: dict[str, int] = {}
        self.ledger = Ledger()
        """Of messages by organisation and number."""
        self._last = [0] * organisations
        """The highest number that came."""
        self.lost_told = 0
        """How often the session said that something is missing, or may be."""
        self.lock = threading.Condition()
        self.state = StateChanged(State.SIGNED_OUT)
        self._connecting: deque[float] = deque(maxlen=_STORM + 1)
        self.reconnects = 0
        self.sign_ins = 0
        self.troubles: Counter[str] = Counter()
        self.findings: list[str] = []
        """What should not have been, at most :data:`MOST_FINDINGS`."""
        self.toasts = 0
        """Messages shown in a toast of their own."""
        self.summarised = 0
        """Messages shown in a summary."""
        config = Config(api_url=telex.api_url, push_url=telex.push_url, ca_file=telex.ca_file)
        self.session = Session(config, TokenStore(), self._take)
        self._notifier = Notifier(
            config._replace(notification_types=NEWS_TYPES),
            Quiet(config, Wall(lambda: 0.0, lambda at: 0.0)),
            show=self._show,
            counts_changed=lambda _: None,
            read=lambda _: None,
            watch_agents=lambda _: None,
            second_of_day=lambda _: 0.0,
        )

    def __enter__(self) -> Subject:
        self._sign_in()
        return self

    def __exit__(self, *_: object) -> None:
        if not self.session.stop(5.0):
            self.find("the session does not stop")

    def _sign_in(self) -> None:
        self.sign_ins += 1
        self.session.send(SignIn(self._telex.email, self._telex.password, persist=True))

    @property
    def online(self) -> bool:
        """All organisations are live."""
        return self.state.subscribed == self._organisations

    @property
    def calm(self) -> bool:
        """All organisations are live, and all that was sent has come."""
        return self.online and not self.ledger.missing

    def find(self, what: str) -> None:
        """Note what should not have been. With the lock held, or without."""
        if what and len(self.findings) < MOST_FINDINGS:
            self.findings.append(what)

    def settle(self) -> None:
        """In a calm moment: is anything missing? With the lock held."""
        before = self.ledger.forgotten
        self.find(self.ledger.settle())
        if self.ledger.forgotten > before and not self.lost_told:
            self.find(f"{self.ledger.forgotten - before} messages are missing without a word")

    def show_the_rest(self) -> None:
        """At the end: was all that came shown? With the lock held."""
        while (due := self._notifier.deadline()) is not None:
            self._notifier.tick(due)  # as if it were that time already: what is held is told now
        if self.toasts + self.summarised != self.ledger.came:
            self.find(f"{self.ledger.came} came, and {self.toasts} + {self.summarised} were shown")

    # --- what the session tells -------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        with self.lock:
            self._notifier.tick(clock.now())
            self._note(event)
            self.lock.notify_all()

    def _show(self, toast: Toast) -> None:
        if toast.silent:
            return  # what was shown already, with its text
        if toast.summary:
            self.summarised += toast.unread
        else:
            self.toasts += 1

    def _note(self, event: Event) -> None:
        match event:
            case PublicationsReceived():
                for data in event.publications:
                    if isinstance(data, dict):
                        self._came(self._index[event.channel], data["data"]["thread_count"])
                self._notifier.received(event, clock.now())
            case ChannelAnswered():
                self._notifier.answered(event.channel, clock.now())
            case CountsUnknown():
                self.lost_told += 1
                self._notifier.unknown(event.channel)
            case OrganisationsChanged():
                self._index = {each.channel: index for index, each in enumerate(event.organisations)}
                self._notifier.organisations(event)
            case StateChanged():
                self._moved(event)
            case Trouble():
                self.troubles[event.title] += 1
            case ThreadFailed():
                self.find(f"something unexpected: {event.error}")

    def _came(self, organisation: int, number: int) -> None:
        self.find(self.ledger.arrived((organisation, number)))
        if number < self._last[organisation]:
            self.find(f"{number} of organisation {organisation} came after {self._last[organisation]}")
        self._last[organisation] = number

    def _moved(self, event: StateChanged) -> None:
        before, self.state = self.state, event
        if event.state is before.state:
            return
        if before.state is State.ONLINE and event.state is not State.STOPPED:
            self.reconnects += 1
        if event.state is State.CONNECTING:
            self._connecting.append(time.monotonic())
            if len(self._connecting) > _STORM and self._connecting[-1] - self._connecting[0] < 10.0:
                self.find(f"a storm of reconnects: more than {_STORM} in 10 s")
                self._connecting.clear()
        # A person does what the program asks for: signs in again, or clicks Reconnect Now.
        if event.state is State.SIGN_IN_NEEDED:
            threading.Timer(_PERSON_WITHIN, self._sign_in).start()
        if event.state is State.RECONNECTING and ("(35" in event.reason or "(45" in event.reason):
            threading.Timer(_PERSON_WITHIN, self.session.send, [ReconnectNow()]).start()


def message(number: int) -> dict[str, object]:
    """A message as Telex publishes it; its count of unread threads is its number."""
    return {
        "notification_type": "unread_thread_change",
        "section": "channels_section",
        "data": {"channels_id": "soak", "name": "Soak", "thread_count": number, "mention_count": 0},
    }
