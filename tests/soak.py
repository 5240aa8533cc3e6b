"""A session that lives for a long time on tokens of four seconds, while everything goes wrong around it.

``python -m tests.soak [MINUTES]`` (``make soak``): three organisations, a steady stream of numbered messages, and every
few seconds another fault. All the while it checks that nothing comes twice or out of order. In each calm moment it
checks that everything the server held has come, that what is missing was said to be, that there was no storm of
reconnects, and that neither memory nor descriptors grow.
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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import psutil

from telex_start.config import Config
from telex_start.events import (
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
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import State
from tests.servers import OrderRefused, Sandbox, centrifugo_binary

ORGANISATIONS = 3
OPTIONS = ("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "300")
SHORT = ("--connection-ttl", "4", "--subscription-ttl", "4", "--expired-close-delay", "2")
CALM_WITHIN = 60.0
"""Seconds in which everything must be well again after the last fault."""
MOST_GROWTH = 12.0
"""MiB that the process may grow after its first minute."""


class Failed(Exception):
    """The soak has found something."""


class Ledger:
    """What was published to one organisation, and what came of it. Numbers begin at 1."""

    def __init__(self) -> None:
        self.published = 0
        self.came = 0
        """The last number that came."""
        self.missing: set[int] = set()
        """Left out so far by what came."""
        self.excused = 0
        """Up to here a message may be lost: the server that took it has forgotten it."""
        self.lost_told = 0

    def arrived(self, number: int) -> None:
        """A message came.

        Raises:
            Failed: twice, or after a later one.
        """
        if number <= self.came:
            raise Failed(f"{number} came after {self.came}")
        self.missing.update(range(self.came + 1, number))
        self.came = number

    def check(self) -> None:
        """In a calm moment.

        Raises:
            Failed: something is missing that the server held, or without a word.
        """
        missing = {*self.missing, *range(self.came + 1, self.published + 1)}
        lost = sorted(number for number in missing if number > self.excused)
        if lost:
            raise Failed(f"{len(lost)} messages are lost, the first of them {lost[0]}")
        if missing and not self.lost_told:
            raise Failed(f"{len(missing)} messages are missing without a word")


class Subject:
    """The session under test, as its main thread would see it."""

    def __init__(self, telex: Sandbox) -> None:
        self._telex = telex
        self.ledgers = [Ledger() for _ in range(ORGANISATIONS)]
        self._by_channel: dict[str, Ledger] = {}
        self.lock = threading.Condition()
        self.last_state = StateChanged(State.SIGNED_OUT)
        self.connecting: deque[float] = deque(maxlen=64)
        self.reconnects = 0
        self.troubles: Counter[str] = Counter()
        self.failure: str | None = None
        config = Config(api_url=telex.api_url, push_url=telex.push_url, ca_file=telex.ca_file)
        self.session = Session(config, TokenStore(), self._take)

    def __enter__(self) -> Subject:
        self.session.start()
        self.sign_in()
        return self

    def __exit__(self, *_: object) -> None:
        if not self.session.stop(1.0):
            self.fail("the session does not stop")

    def sign_in(self) -> None:
        self.session.send(SignIn(self._telex.email, self._telex.password, persist=True))

    def fail(self, why: str) -> None:
        self.failure = self.failure or why

    def _take(self, event: Event) -> None:
        with self.lock:
            try:
                self._note(event)
            except Failed as failed:
                self.fail(str(failed))
            self.lock.notify_all()

    def _note(self, event: Event) -> None:
        match event:
            case PublicationsReceived():
                for number in event.publications:
                    if isinstance(number, int):
                        self._by_channel[event.channel].arrived(number)
            case CountsUnknown():
                self._by_channel[event.channel].lost_told += 1
            case OrganisationsChanged():
                self._by_channel = dict(zip((each.channel for each in event.organisations), self.ledgers, strict=True))
            case StateChanged():
                self._moved(event)
            case Trouble():
                self.troubles[event.title] += 1
            case ThreadFailed():
                raise Failed(f"something unexpected: {event.error}")
            case _:
                pass

    def _moved(self, event: StateChanged) -> None:
        if event.state is not self.last_state.state:
            if event.state is State.CONNECTING:
                self.connecting.append(time.monotonic())
            if self.last_state.state is State.ONLINE:
                self.reconnects += 1
            if event.state is State.SIGN_IN_NEEDED:
                threading.Timer(0.5, self.sign_in).start()  # the person, who signs in again
            if event.state is State.RECONNECTING and ("(35" in event.reason or "(45" in event.reason):
                threading.Timer(0.5, self.session.send, [ReconnectNow()]).start()  # or is asked to
        self.last_state = event
        recent = [when for when in self.connecting if when > time.monotonic() - 10.0]
        if len(recent) > 20:
            raise Failed("a storm of reconnects: more than 20 in 10 s")

    def calm(self) -> bool:
        """Whether everything is well: all organisations live, and the last message of each has come."""
        return self.last_state.subscribed == ORGANISATIONS and all(each.came == each.published for each in self.ledgers)


class Publisher(threading.Thread):
    """Publishes a numbered message to one of the organisations, a dozen times a second."""

    def __init__(self, telex: Sandbox, subject: Subject, chance: random.Random) -> None:
        super().__init__(name="publisher")
        self._telex, self._subject, self._chance = telex, subject, random.Random(chance.random())
        self.paused = threading.Lock()
        self.ending = threading.Event()

    def run(self) -> None:
        while not self.ending.wait(self._chance.uniform(0.02, 0.14)):
            organisation = self._chance.randrange(ORGANISATIONS)
            ledger = self._subject.ledgers[organisation]
            with self.paused:
                with self._subject.lock:
                    ledger.published += 1  # before it goes: it may come before the answer does
                    number = ledger.published
                try:
                    self._telex.publish(organisation, number)
                except (OSError, OrderRefused):
                    with self._subject.lock:  # no server took it
                        if ledger.came < number:
                            ledger.excused = number


class Faults:
    """Everything that goes wrong, one thing after the other."""

    def __init__(
        self, telex: Sandbox, subject: Subject, publisher: Publisher, chance: random.Random, own: bool
    ) -> None:
        self._telex, self._subject, self._publisher, self._chance = telex, subject, publisher, chance
        self.counts: Counter[str] = Counter()
        self._kinds: dict[str, Callable[[], None]] = {
            "kick": self.kick,
            "kick for good": self.kick_for_good,
            "restart, new epoch": self.restart,
            "silence": self.silence,
            "rate limit": self.rate_limit,
            "HTML 502": self.html,
            "slow answer": self.slow,
            "cut answer": self.cut,
            "session revoked": telex.revoke_session,
            "one token refused": self.one_token,
            "reconnect now": lambda: subject.session.send(ReconnectNow()),
        }
        if own:
            self._kinds |= {
                "restart, same epoch": self.restart_with_history,
                "tokens expired": telex.expire_tokens,
                "unsubscribed": self.unsubscribe,
                "handshake refused": self.refuse_handshakes,
                "odd frames": lambda: telex.raw_frame('no json\n{"push":{"channel":7}}\n{"id":4000000000,"error":{}}'),
            }

    def one(self) -> None:
        """The next fault, whatever it is."""
        name = self._chance.choice([*self._kinds])
        self.counts[name] += 1
        with suppress(OrderRefused):  # not while the push server is away
            self._kinds[name]()

    def kick(self) -> None:
        self._telex.kick(self._chance.choice([1000, 3001, 3004, 3008, 3010, 3011, 3012, 4000, 4321]))

    def kick_for_good(self) -> None:
        self._telex.kick(self._chance.choice([3500, 3501, 3503, 4500]))

    def restart(self) -> None:
        """A server that has forgotten what it held: what had not come by then is gone."""
        with self._publisher.paused:
            self._telex.restart(self._chance.choice([0.0, 0.5, 3.0]), kill=self._chance.random() < 0.5, wait=False)
            with self._subject.lock:
                for ledger in self._subject.ledgers:
                    ledger.excused = max(ledger.excused, ledger.published)

    def restart_with_history(self) -> None:
        with self._publisher.paused:
            self._telex.restart(self._chance.choice([0.0, 0.5, 3.0]), new_epoch=False, wait=False)

    def silence(self) -> None:
        with self._publisher.paused:
            self._telex.silent()
            time.sleep(self._chance.choice([0.5, 4.0]))
            self._telex.silent(False)

    def rate_limit(self) -> None:
        self._telex.rate_limit(0.7, 2)
        time.sleep(5.0)
        self._telex.rate_limit(6.0, 4)

    def html(self) -> None:
        for path in ("connection", "subscription", "organisations"):
            self._telex.fault(path, html=True, status=502)
        time.sleep(self._chance.uniform(0.5, 5.0))
        self._telex.clear_faults()

    def slow(self) -> None:
        self._telex.fault("subscription", times=1, delay=self._chance.choice([1.0, 7.0]))
        self._telex.fault("connection", times=1, drip=True)

    def cut(self) -> None:
        self._telex.fault(self._chance.choice(["connection", "subscription", "organisations"]), times=2, truncate=True)

    def one_token(self) -> None:
        refuse = self._chance.choice([self._telex.refuse_bearer, self._telex.refuse_notification_token])
        refuse()
        time.sleep(self._chance.uniform(0.5, 5.0))
        refuse(False)

    def unsubscribe(self) -> None:
        self._telex.unsubscribe(self._chance.randrange(ORGANISATIONS), self._chance.choice([2500, 2501]))

    def refuse_handshakes(self) -> None:
        self._telex.refuse_push(self._chance.choice([403, 502, 503]))
        time.sleep(self._chance.uniform(0.5, 4.0))
        self._telex.refuse_push(0)


class Resources:
    """Memory, threads and descriptors of this process."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self.first = self.now()
        self.last = self.first

    def now(self) -> tuple[float, int, int]:
        """MiB, threads, descriptors."""
        return self._process.memory_info().rss / 2**20, threading.active_count(), self._process.num_fds()

    def check(self) -> None:
        self.last = self.now()
        grown = [after - before for before, after in zip(self.first, self.last, strict=True)]
        if grown[0] > MOST_GROWTH or grown[1] > 2 or grown[2] > 4:
            raise Failed(f"it grew by {grown[0]:.1f} MiB, {grown[1]} threads and {grown[2]} descriptors")


def await_calm(subject: Subject, publisher: Publisher) -> None:
    """Wait until all organisations are live, and then, with the stream paused, until all has come.

    Raises:
        Failed: it does not get there, or something is lost.
    """
    with subject.lock:
        subject.lock.wait_for(lambda: subject.failure or subject.last_state.subscribed == ORGANISATIONS, CALM_WITHIN)
    with publisher.paused:
        with subject.lock:
            subject.lock.wait_for(lambda: subject.failure or subject.calm(), CALM_WITHIN)
        if subject.failure:
            raise Failed(subject.failure)
        with subject.lock:
            if subject.last_state.subscribed != ORGANISATIONS:
                raise Failed(f"{CALM_WITHIN:.0f} s after the last fault it is {subject.last_state}")
            for ledger in subject.ledgers:
                ledger.check()


def rounds(seconds: float) -> Iterator[float]:
    """Give the seconds that are left, until none are."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        yield left


def soak(seconds: float, server: str, with_faults: bool, seed: int) -> int:
    """Lives that long; gives the exit code."""
    chance = random.Random(seed)
    options = (*OPTIONS, *SHORT, *(() if server == "sandbox" else ("--centrifugo", str(centrifugo_binary(server)))))
    with ExitStack() as stack:
        telex = stack.enter_context(Sandbox(*options))
        subject = stack.enter_context(Subject(telex))
        publisher = Publisher(telex, subject, chance)
        faults = Faults(telex, subject, publisher, chance, own=server == "sandbox")
        publisher.start()
        stack.callback(publisher.join)
        stack.callback(publisher.ending.set)
        resources = None
        started = said = time.monotonic()
        try:
            await_calm(subject, publisher)
            reconnects = subject.reconnects
            for left in rounds(seconds):
                if with_faults:
                    for _ in range(chance.randint(1, 3)):
                        faults.one()
                        time.sleep(min(left, chance.choice([0.0, 0.3, 3.0])))
                else:
                    time.sleep(min(left, 5.0))
                await_calm(subject, publisher)
                if resources is None and time.monotonic() - started > 60:
                    resources = Resources()
                elif resources is not None:
                    resources.check()
                if time.monotonic() - said > 60:
                    said = time.monotonic()
                    print(report(subject, faults, resources, said - started), flush=True)
            if not with_faults and (subject.reconnects != reconnects or subject.troubles):
                raise Failed(
                    f"{subject.reconnects - reconnects} reconnects and {subject.troubles} with no fault at all"
                )
        except Failed as failed:
            print(f"FAILED after {time.monotonic() - started:.0f} s with --seed {seed}: {failed}")
            print(report(subject, faults, resources, time.monotonic() - started))
            return 1
        print(report(subject, faults, resources, time.monotonic() - started))
    return 0


def report(subject: Subject, faults: Faults, resources: Resources | None, seconds: float) -> str:
    published = sum(ledger.published for ledger in subject.ledgers)
    missing = sum(len(ledger.missing) for ledger in subject.ledgers)
    words = [
        f"{seconds / 60:.1f} min",
        f"{published} messages published, {missing} gone with servers that forgot them",
        f"{subject.reconnects} reconnects",
        f"{sum(faults.counts.values())} faults ({', '.join(f'{n} {name}' for name, n in faults.counts.most_common())})",
    ]
    if resources is not None:
        words.append(
            f"{resources.last[0]:.1f} MiB, {resources.last[0] - resources.first[0]:+.1f} since the first minute"
        )
    return "; ".join(words)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=30.0)
    parser.add_argument("--server", choices=["sandbox", "v6", "v5"], default="sandbox")
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--log", action="store_true", help="the session's log on stderr")
    given = parser.parse_args()
    level = logging.DEBUG if given.log else logging.CRITICAL
    logging.basicConfig(level=level, format="%(asctime)s %(threadName)s %(name)s %(message)s")
    logging.getLogger("urllib3").setLevel(logging.INFO if given.log else logging.CRITICAL)
    return soak(given.minutes * 60, given.server, not given.no_faults, given.seed)


if __name__ == "__main__":
    sys.exit(main())
