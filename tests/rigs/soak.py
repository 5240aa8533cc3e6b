"""``python -m tests.rigs.soak [MINUTES]`` (``make soak``): a long life on tokens of 4 seconds, with faults.

A session with the notifier behind it, and a ledger of what came of each message. Ends with 1 where a message was lost
or came twice, or all is not well.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import threading
import time
from collections import Counter, deque
from contextlib import ExitStack, suppress
from typing import NamedTuple

import psutil

from telex_start import clock, events
from telex_start.config import NEWS_TYPES, Config
from telex_start.news.notifier import Notifier
from telex_start.news.quiet import Quiet
from telex_start.news.wall import Wall
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from telex_start.toast import Toast
from tests.ground.desk import change
from tests.rigs.faults import ORGANISATIONS, Faults, Ledger
from tests.servers import OrderRefused, Sandbox, centrifugo_binary

RATE = (6.0, 4)
"""Calls a second, and calls at once: Telex's own limit."""
OPTIONS = (
    *("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "300"),
    *("--connection-ttl", "4", "--subscription-ttl", "4", "--expired-close-delay", "2"),
)
NOT_HERE = {
    *("organisation refused", "unsubscribed for good"),  # the organisation is live again only after minutes
    *("joined or left", "history lost", "position lost"),  # it is not known then which messages must come
}
CALM_WITHIN = 120.0
"""Seconds after the last fault in which all must be well again. Some waits between two tries are 20 s long."""
MOST_FINDINGS = 20
"""How many findings are kept; the soak ends when there are so many."""
_COUNTED = (
    *("sent", "came", "shown alone", "shown in summaries", "lost", "twice", "gone with a server that forgot"),
    *("times said to be lost", "reconnects", "sign-ins", "troubles"),
)
_SAY_EVERY = 60.0
"""Seconds between two lines of progress."""
_STORM = 20
"""How many connections may begin in 10 s."""
_PERSON_WITHIN = 0.5
"""Seconds after which the person does what the program asks for."""


class Subject:
    """A session with a notifier, which checks each event; :attr:`lock` guards all that the events change."""

    def __init__(self, telex: Sandbox) -> None:
        self._telex = telex
        self._index: dict[str, int] = {}
        self.counts: Counter[str] = Counter(dict.fromkeys(_COUNTED, 0))
        self.ledger = Ledger(self.counts)
        """The ledger of messages, which are pairs of organisation and number."""
        self._last = [0] * ORGANISATIONS
        """The highest number that came, by organisation."""
        self.lock = threading.Condition()
        self.state = events.StateChanged(State.SIGNED_OUT)
        self._connecting: deque[float] = deque(maxlen=_STORM + 1)
        self.findings: list[str] = []
        """What went wrong, in words; at most :data:`MOST_FINDINGS`."""
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
        self.counts["sign-ins"] += 1
        self.session.send(events.SignIn(self._telex.email, self._telex.password, persist=True))

    @property
    def online(self) -> bool:
        """Whether all organisations are live."""
        return self.state.subscribed == ORGANISATIONS

    def find(self, what: str) -> None:
        """Note what went wrong; an empty text is ignored. The caller may hold the lock."""
        if what and len(self.findings) < MOST_FINDINGS:
            self.findings.append(what)

    def await_calm(self, publisher: Publisher) -> bool:
        """Wait until all organisations are live, and then, with no more publications, until all messages have come.

        What is wrong goes into the findings; gives ``False`` if not all organisations become live.
        """
        with self.lock:
            calm = self.lock.wait_for(lambda: self.online, CALM_WITHIN)
        with publisher.paused, self.lock:
            calm = calm and self.lock.wait_for(lambda: self.online and not self.ledger.missing, CALM_WITHIN)
            if not self.online:
                self.find(f"{CALM_WITHIN:.0f} s after the last fault it is {self.state}")
                return calm
            before = self.counts["gone with a server that forgot"]
            self.find(self.ledger.settle())
            gone = self.counts["gone with a server that forgot"] - before
            if gone and not self.counts["times said to be lost"]:
                self.find(f"{gone} messages are missing without a word")
        return calm

    def show_the_rest(self) -> None:
        """At the end, have the notifier show what it holds back, and check that all that came was shown."""
        with self.lock:
            while (due := self._notifier.deadline()) is not None:
                self._notifier.tick(due)  # as if it were that time already
        came, alone, together = (self.counts[name] for name in ("came", "shown alone", "shown in summaries"))
        if alone + together != came:
            self.find(f"{came} came, and {alone} + {together} were shown")

    # The session's events.

    def _take(self, event: events.Event) -> None:
        with self.lock:
            self._notifier.tick(clock.now())
            self._note(event)
            self.lock.notify_all()

    def _show(self, toast: Toast) -> None:
        if toast.summary:
            self.counts["shown in summaries"] += toast.unread
        elif not toast.silent:  # a silent one was shown already, without its text
            self.counts["shown alone"] += 1

    def _note(self, event: events.Event) -> None:
        match event:
            case events.PublicationsReceived():
                for data in event.publications:
                    if isinstance(data, dict):
                        self._came(self._index[event.channel], data["data"]["thread_count"])
                self._notifier.received(event, clock.now())
            case events.ChannelAnswered():
                self._notifier.answered(event.channel, clock.now())
            case events.CountsUnknown():
                self.counts["times said to be lost"] += 1
                self._notifier.unknown(event.channel)
            case events.OrganisationsChanged():
                self._index = {each.channel: index for index, each in enumerate(event.organisations)}
                self._notifier.organisations(event)
            case events.StateChanged():
                self._moved(event)
            case events.Trouble():
                self.counts["troubles"] += 1
            case events.ThreadFailed():
                self.find(f"something unexpected: {event.error}")

    def _came(self, organisation: int, number: int) -> None:
        self.find(self.ledger.arrived((organisation, number)))
        if number < self._last[organisation]:
            self.find(f"{number} of organisation {organisation} came after {self._last[organisation]}")
        self._last[organisation] = number

    def _moved(self, event: events.StateChanged) -> None:
        before, self.state = self.state, event
        if event.state is before.state:
            return
        if before.state is State.ONLINE and event.state is not State.STOPPED:
            self.counts["reconnects"] += 1
        if event.state is State.CONNECTING:
            self._connecting.append(time.monotonic())
            if len(self._connecting) > _STORM and self._connecting[-1] - self._connecting[0] < 10.0:
                self.find(f"a storm of reconnects: more than {_STORM} in 10 s")
                self._connecting.clear()
        # Do what the program asks the person for: sign in again, or click Reconnect Now.
        if event.state is State.SIGN_IN_NEEDED:
            threading.Timer(_PERSON_WITHIN, self._sign_in).start()
        if event.state is State.RECONNECTING and ("(35" in event.reason or "(45" in event.reason):
            threading.Timer(_PERSON_WITHIN, self.session.send, [events.ReconnectNow()]).start()


# What happens to the session.


class Publisher(threading.Thread):
    """Publishes numbered messages, a dozen a second, each to one of the organisations."""

    def __init__(self, telex: Sandbox, subject: Subject, chance: random.Random) -> None:
        super().__init__(name="publisher")
        self._telex, self._subject, self._chance = telex, subject, random.Random(chance.random())
        self._numbers = [0] * ORGANISATIONS
        self.paused = threading.Lock()
        """Hold this lock to pause the publishing."""
        self._ending = threading.Event()

    def end(self) -> None:
        """End the thread."""
        self._ending.set()
        self.join()

    def run(self) -> None:
        while not self._ending.wait(self._chance.uniform(0.02, 0.14)):
            organisation = self._chance.randrange(ORGANISATIONS)
            with self.paused:
                self._numbers[organisation] += 1
                number = self._numbers[organisation]
                with self._subject.lock:
                    self._subject.ledger.send((organisation, number))
                try:
                    self._telex.publish(organisation, change("soak", number))
                except (OSError, OrderRefused):
                    with self._subject.lock:
                        self._subject.ledger.excuse((organisation, number))


class Fate:
    """Makes one fault after the other; each kind once before any comes again."""

    def __init__(self, telex: Sandbox, subject: Subject, publisher: Publisher, chance: random.Random) -> None:
        self._subject, self._publisher, self._chance = subject, publisher, chance
        self._faults = Faults(telex, RATE)
        self._names = sorted([*(self._faults.deeds.keys() - NOT_HERE), "reconnect now"])
        self._deck: list[str] = []
        self.counts: Counter[str] = Counter()

    def strike(self) -> None:
        """Make the next fault; returns when it is over."""
        if not self._deck:
            self._deck = self._chance.sample(self._names, len(self._names))
        name = self._deck.pop()
        self.counts[name] += 1
        if name == "reconnect now":
            self._subject.session.send(events.ReconnectNow())
            return
        lasts = self._chance.uniform(0.5, 5.0)
        self._faults.forget()
        with self._publisher.paused:
            with suppress(OrderRefused):  # a real Centrifugo refuses some orders
                self._faults.deeds[name](self._chance)
            if self._faults.forgets:
                with self._subject.lock:
                    self._subject.ledger.server_forgets()
            if name == "half open":
                time.sleep(lasts)
                self._faults.calm()
                return
        time.sleep(lasts)
        self._faults.calm()


# The soak.


class Figures(NamedTuple):
    """The resources of this process, which holds the session and the test."""

    memory: float
    """MiB of resident memory."""
    descriptors: int
    threads: int

    def __str__(self) -> str:
        return f"{self.memory:.1f} MiB, {self.descriptors} descriptors, {self.threads} threads"

    def have_grown(self, before: Figures) -> bool:
        """Whether any of these has grown by more than it may."""
        return any(now - then > most for then, now, most in zip(before, self, MOST_GROWTH, strict=True))


MOST_GROWTH = Figures(12.0, 4, 2)
"""By how much the process may grow after its first minute."""
_WARM_AFTER = 60.0


def figures() -> Figures:
    """The resources of this process at this moment."""
    process = psutil.Process()
    return Figures(process.memory_info().rss / 2**20, process.num_fds(), threading.active_count())


def soak(seconds: float, server: str, seed: int) -> int:
    """Run the soak for so long; gives the exit code."""
    chance = random.Random(seed)
    options = (*OPTIONS, *(() if server == "sandbox" else ("--centrifugo", str(centrifugo_binary(server)))))
    with ExitStack() as stack:
        telex = stack.enter_context(Sandbox(*options))
        subject = stack.enter_context(Subject(telex))
        publisher = Publisher(telex, subject, chance)
        fate = Fate(telex, subject, publisher, chance)
        warm: Figures | None = None
        started = said = time.monotonic()
        well = subject.await_calm(publisher)  # nothing was published yet, so there is no history to tell
        publisher.start()
        stack.callback(publisher.end)
        end = time.monotonic() + seconds
        while well and len(subject.findings) < MOST_FINDINGS and (left := end - time.monotonic()) > 0:
            for _ in range(chance.randint(1, 3)):
                fate.strike()
            time.sleep(min(left, chance.choice([0.0, 0.3, 3.0])))
            well = subject.await_calm(publisher)
            now = figures()
            if warm is None and time.monotonic() - started > _WARM_AFTER:
                warm = now
            give_up = time.monotonic() + CALM_WITHIN
            while warm and now.have_grown(warm) and time.monotonic() < give_up:
                time.sleep(0.5)  # a call keeps a connection open for a while; only a leak stays
                now = figures()
            if warm and now.have_grown(warm):
                subject.find(f"it grew from {warm} to {now}")
            if time.monotonic() - said > _SAY_EVERY:
                said = time.monotonic()
                told = "; ".join(f"{count} {name}" for name, count in subject.counts.items())
                print(f"{(said - started) / 60:.1f} min; {told}; {fate.counts.total()} faults; {now}", flush=True)
        publisher.end()
        subject.show_the_rest()
        took = time.monotonic() - started
    print(f"soak on {server}, --seed {seed}, {took / 60:.1f} min\n")
    for name, count in (*subject.counts.items(), ("faults", fate.counts.total())):
        print(f"{name:<32}{count:>9}")
    print(f"\nthis process after {_WARM_AFTER / 60:.0f} min: {warm or '-'}; at the end: {figures()}")
    print(", ".join(f"{count} {name}" for name, count in fate.counts.most_common()))
    print(*([f"FOUND: {finding}" for finding in subject.findings] or ["nothing was found wrong"]), sep="\n")
    return 1 if subject.findings else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=30.0)
    parser.add_argument("--server", choices=["sandbox", "v6", "v5"], default="sandbox")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    given = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    return soak(given.minutes * 60, given.server, given.seed)


if __name__ == "__main__":
    sys.exit(main())
