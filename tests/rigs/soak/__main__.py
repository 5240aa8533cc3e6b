"""``python -m tests.rigs.soak [MINUTES]``; ends with 1 where a message was lost or came twice, or all is not well."""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack, suppress
from typing import NamedTuple

import psutil

from telex_start.events import ReconnectNow
from tests.rigs.faults import ORGANISATIONS, Faults
from tests.servers import OrderRefused, Sandbox, centrifugo_binary

from .subject import MOST_FINDINGS, Subject, message

RATE = (6.0, 4)
"""Calls a second, and at once: Telex's own limit."""
OPTIONS = (
    *("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "300"),
    *("--connection-ttl", "4", "--subscription-ttl", "4", "--expired-close-delay", "2"),
)
NOT_HERE = {
    *("organisation refused", "wrong token", "unsubscribed for good"),  # it is right again after minutes
    *("joined or left", "history lost", "position lost"),  # what is to come is not known then
}
CALM_WITHIN = 120.0
"""Seconds in which everything must be well again after the last fault. Some waits between two tries are 20 s long."""
_SAY_EVERY = 60.0
"""Seconds between two lines about how it goes."""

# --- what happens to it -----------------------------------------------------------------------------------------------


class Publisher(threading.Thread):
    """Publishes a numbered message to one of the organisations, a dozen times a second."""

    def __init__(self, telex: Sandbox, subject: Subject, chance: random.Random) -> None:
        super().__init__(name="publisher")
        self._telex, self._subject, self._chance = telex, subject, random.Random(chance.random())
        self._numbers = [0] * ORGANISATIONS
        self.paused = threading.Lock()
        """Held while nothing is published."""
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
                    self._telex.publish(organisation, message(number))
                except (OSError, OrderRefused):
                    with self._subject.lock:
                        self._subject.ledger.excuse((organisation, number))


class Fate:
    """One fault after the other: each kind once before any comes again."""

    def __init__(self, telex: Sandbox, subject: Subject, publisher: Publisher, chance: random.Random) -> None:
        self._subject, self._publisher, self._chance = subject, publisher, chance
        self._faults = Faults(telex, RATE)
        self._names = [*(self._faults.deeds.keys() - NOT_HERE), "reconnect now"]
        self._names.sort()
        self._deck: list[str] = []
        self.counts: Counter[str] = Counter()

    def strike(self) -> None:
        """The next fault, for as long as it lasts."""
        if not self._deck:
            self._deck = self._chance.sample(self._names, len(self._names))
        name = self._deck.pop()
        self.counts[name] += 1
        if name == "reconnect now":
            self._subject.session.send(ReconnectNow())
            return
        lasts = self._chance.uniform(0.5, 5.0)
        self._faults.forget()
        with self._publisher.paused:
            with suppress(OrderRefused):  # what no real Centrifugo does
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


# --- what was counted and measured ------------------------------------------------------------------------------------


class Figures(NamedTuple):
    """What this process has, which holds the session and what tries it."""

    memory: float
    """MiB (resident)."""
    descriptors: int
    threads: int

    @classmethod
    def now(cls) -> Figures:
        """Now."""
        process = psutil.Process()
        return cls(process.memory_info().rss / 2**20, process.num_fds(), threading.active_count())

    def __str__(self) -> str:
        return f"{self.memory:.1f} MiB, {self.descriptors} descriptors, {self.threads} threads"


MOST_GROWTH = Figures(12.0, 4, 2)
"""What the process may grow by after its first minute."""
_WARM_AFTER = 60.0


def counts(subject: Subject, fate: Fate) -> dict[str, int]:
    """What was counted."""
    ledger = subject.ledger
    return {
        "sent": ledger.sent,
        "came": ledger.came,
        "shown, each in a toast": subject.toasts,
        "shown, in summaries": subject.summarised,
        "lost": ledger.lost,
        "twice": ledger.twice,
        "gone with a server that forgot": ledger.forgotten,
        "times said to be lost": subject.lost_told,
        "reconnects": subject.reconnects,
        "sign-ins": subject.sign_ins,
        "faults": sum(fate.counts.values()),
    }


# --- the soak ---------------------------------------------------------------------------------------------------------


def await_calm(subject: Subject, publisher: Publisher) -> bool:
    """Wait until all organisations are live, and then, with the stream paused, until all has come.

    What is wrong is among the subject's findings; ``False`` where it does not get there at all.
    """
    with subject.lock:
        calm = subject.lock.wait_for(lambda: subject.online, CALM_WITHIN)
    with publisher.paused, subject.lock:
        calm = calm and subject.lock.wait_for(lambda: subject.calm, CALM_WITHIN)
        if subject.online:
            subject.settle()
        else:
            subject.find(f"{CALM_WITHIN:.0f} s after the last fault it is {subject.state}")
    return calm


def soak(seconds: float, server: str, with_faults: bool, seed: int) -> int:
    """Lives that long; gives the exit code."""
    chance = random.Random(seed)
    options = (*OPTIONS, *(() if server == "sandbox" else ("--centrifugo", str(centrifugo_binary(server)))))
    with ExitStack() as stack:
        telex = stack.enter_context(Sandbox(*options))
        subject = stack.enter_context(Subject(telex, ORGANISATIONS))
        publisher = Publisher(telex, subject, chance)
        fate = Fate(telex, subject, publisher, chance)
        warm: Figures | None = None
        started = said = time.monotonic()
        well = await_calm(subject, publisher)  # nothing has been published, so there is no past to tell
        publisher.start()
        stack.callback(publisher.end)
        reconnects = subject.reconnects
        end = time.monotonic() + seconds
        while well and (left := end - time.monotonic()) > 0:
            for _ in range(chance.randint(1, 3) if with_faults else 0):
                fate.strike()
            time.sleep(min(left, chance.choice([0.0, 0.3, 3.0]) if with_faults else 5.0))
            well = await_calm(subject, publisher)
            with publisher.paused:
                now = Figures.now()
            if warm is None and time.monotonic() - started > _WARM_AFTER:
                warm = now
            if warm and any(after - before > most for before, after, most in zip(warm, now, MOST_GROWTH, strict=True)):
                subject.find(f"it grew from {warm} to {now}")
            if time.monotonic() - said > _SAY_EVERY:
                said = time.monotonic()
                told = "; ".join(f"{count} {name}" for name, count in counts(subject, fate).items())
                print(f"{(said - started) / 60:.1f} min; {told}; {Figures.now()}", flush=True)
            if len(subject.findings) >= MOST_FINDINGS:
                break
        publisher.end()
        with subject.lock:
            subject.show_the_rest()
        if not with_faults and (subject.reconnects != reconnects or subject.troubles):
            subject.find(f"{subject.reconnects - reconnects} reconnects and {subject.troubles} with no fault at all")
        took = time.monotonic() - started
    print(f"soak on {server}, --seed {seed}{'' if with_faults else ' --no-faults'}, {took / 60:.1f} min\n")
    for name, count in counts(subject, fate).items():
        print(f"{name:<32}{count:>9}")
    print(f"\nthis process after {_WARM_AFTER / 60:.0f} min: {warm or '-'}; at the end: {Figures.now()}")
    print(", ".join(f"{count} {name}" for name, count in fate.counts.most_common()))
    print(*([f"FOUND: {finding}" for finding in subject.findings] or ["nothing was found wrong"]), sep="\n")
    return 1 if subject.findings else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.rigs.soak", description="A long life on tokens of 4 seconds."
    )
    parser.add_argument("minutes", nargs="?", type=float, default=30.0)
    parser.add_argument("--server", choices=["sandbox", "v6", "v5"], default="sandbox")
    parser.add_argument("--no-faults", action="store_true")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--log", action="store_true", help="the session's log on stderr")
    given = parser.parse_args()
    level = logging.DEBUG if given.log else logging.CRITICAL
    logging.basicConfig(level=level, format="%(asctime)s %(threadName)s %(name)s %(message)s")
    return soak(given.minutes * 60, given.server, not given.no_faults, given.seed)


if __name__ == "__main__":
    sys.exit(main())
