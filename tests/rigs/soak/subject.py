"""The session under test with the notifier behind it, and a ledger of what came of each message."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from queue import SimpleQueue

from telex_start import clock
from telex_start.config import NEWS_TYPES, Config
from telex_start.events import (
    ChannelAnswered,
    Command,
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
from tests.servers import Sandbox

MOST_FINDINGS = 20
"""So many are kept; the soak ends when they are reached."""
_STORM = 20
"""Connections begun in 10 s, at most."""
_PERSON_WITHIN = 0.5
"""Seconds after which the person does what the program asks for."""


class Ledger:
    """What was published to one organisation, and what came of it. Messages are numbered from 1."""

    def __init__(self) -> None:
        self.published = 0
        self.came = 0
        """How many came, each counted once."""
        self.last = 0
        """The highest number that came."""
        self.twice = 0
        self.late = 0
        """How many came after a later one."""
        self.lost = 0
        """How many did not come although the server held them."""
        self.forgotten = 0
        """How many did not come because the server that held them had forgotten them, or never took them."""
        self.lost_told = 0
        """How often the session said that something is missing, or may be."""
        self._missing: set[int] = set()
        """Left out so far by what came."""
        self._floor = 0
        """Up to here a message may be missing: the server that took it has forgotten it."""
        self._doubtful: set[int] = set()
        """Whether a server took them is not known."""

    def arrived(self, number: int) -> str:
        """A message came; gives what is wrong with that, or nothing."""
        if number > self.last:
            self._missing.update(range(self.last + 1, number))
            self.last = number
            self.came += 1
            return ""
        if number in self._missing:
            self._missing.discard(number)
            self.came += 1
            self.late += 1
            return f"{number} came after {self.last}"
        self.twice += 1
        return f"{number} came twice"

    def server_forgets(self) -> None:
        """The server forgets what it held."""
        self._floor = self.published

    def doubtful(self, number: int) -> None:
        """No server has said that it took this one."""
        self._doubtful.add(number)

    def check(self) -> str:
        """In a calm moment: settle what is missing. Gives what is wrong, or nothing."""
        missing = {*self._missing, *range(self.last + 1, self.published + 1)}
        lost = sorted(number for number in missing if number > self._floor and number not in self._doubtful)
        self.lost += len(lost)
        self.forgotten += len(missing) - len(lost)
        self._missing.clear()
        self._doubtful.clear()
        self.last = self.published
        if lost:
            return f"{len(lost)} messages are lost, the first of them {lost[0]}"
        if missing and not self.lost_told:
            return f"{len(missing)} messages are missing without a word"
        return ""


class Person(threading.Thread):
    """Does what the program asks a person to do: to sign in again, or to click Reconnect Now."""

    def __init__(self, session: Session) -> None:
        super().__init__(name="person")
        self._session = session
        self._asked: SimpleQueue[Command | None] = SimpleQueue()
        self._ending = threading.Event()

    def ask(self, command: Command) -> None:
        """What the person is to do. Any thread."""
        self._asked.put(command)

    def end(self) -> None:
        """End the thread."""
        self._ending.set()
        self._asked.put(None)
        self.join()

    def run(self) -> None:
        while (command := self._asked.get()) is not None:
            if self._ending.wait(_PERSON_WITHIN):
                return
            self._session.send(command)
            del command  # it may hold the password


class Subject:
    """The session, and the notifier as its main thread would have it. :attr:`lock` guards all that is told."""

    def __init__(self, telex: Sandbox, organisations: int) -> None:
        self._telex = telex
        self.ledgers = [Ledger() for _ in range(organisations)]
        self._by_channel: dict[str, Ledger] = {}
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
        self._person = Person(self.session)

    def __enter__(self) -> Subject:
        self._person.start()
        self._sign_in(self.session.send)
        return self

    def __exit__(self, *_: object) -> None:
        self._person.end()
        if not self.session.stop(5.0):
            self.find("the session does not stop")

    def _sign_in(self, how: object) -> None:
        self.sign_ins += 1
        assert callable(how)
        how(SignIn(self._telex.email, self._telex.password, persist=True))

    @property
    def online(self) -> bool:
        """All organisations are live."""
        return self.state.subscribed == len(self.ledgers)

    @property
    def calm(self) -> bool:
        """All organisations are live, and the last message of each has come."""
        return self.online and all(each.last == each.published for each in self.ledgers)

    def find(self, what: str) -> None:
        """Note what should not have been. With the lock held, or without."""
        if what and len(self.findings) < MOST_FINDINGS:
            self.findings.append(what)

    def settle(self) -> None:
        """In a calm moment: is anything missing? With the lock held."""
        for number, ledger in enumerate(self.ledgers):
            if wrong := ledger.check():
                self.find(f"organisation {number}: {wrong}")

    def show_the_rest(self) -> None:
        """At the end: was all that came shown? With the lock held."""
        while (due := self._notifier.deadline()) is not None:
            self._notifier.tick(due)  # as if it were that time already: what is held is told now
        came = sum(ledger.came for ledger in self.ledgers)
        if self.toasts + self.summarised != came:
            self.find(f"{came} came, and {self.toasts} + {self.summarised} were shown")

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
                        self.find(self._by_channel[event.channel].arrived(data["data"]["thread_count"]))
                self._notifier.received(event, clock.now())
            case ChannelAnswered():
                self._notifier.answered(event.channel, clock.now())
            case CountsUnknown():
                self._by_channel[event.channel].lost_told += 1
                self._notifier.unknown(event.channel)
            case OrganisationsChanged():
                self._by_channel = dict(zip((each.channel for each in event.organisations), self.ledgers, strict=True))
                self._notifier.organisations(event)
            case StateChanged():
                self._moved(event)
            case Trouble():
                self.troubles[event.title] += 1
            case ThreadFailed():
                self.find(f"something unexpected: {event.error}")
            case _:
                pass

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
        if event.state is State.SIGN_IN_NEEDED:
            self._sign_in(self._person.ask)
        if event.state is State.RECONNECTING and ("(35" in event.reason or "(45" in event.reason):
            self._person.ask(ReconnectNow())


def message(number: int) -> dict[str, object]:
    """A message as Telex publishes it; its count of unread threads is its number."""
    return {
        "notification_type": "unread_thread_change",
        "section": "channels_section",
        "data": {"channels_id": "soak", "name": "Soak", "thread_count": number, "mention_count": 0},
    }
