"""The stream of messages, and everything that goes wrong around the session."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from telex_start.events import ReconnectNow
from tests.servers import OrderRefused, Sandbox

from .subject import Subject, message


class Publisher(threading.Thread):
    """Publishes a numbered message to one of the organisations, a dozen times a second."""

    def __init__(self, telex: Sandbox, subject: Subject, chance: random.Random) -> None:
        super().__init__(name="publisher")
        self._telex, self._subject, self._chance = telex, subject, random.Random(chance.random())
        self.paused = threading.Lock()
        """Held while nothing is published."""
        self._ending = threading.Event()

    def end(self) -> None:
        """End the thread."""
        self._ending.set()
        self.join()

    def run(self) -> None:
        while not self._ending.wait(self._chance.uniform(0.02, 0.14)):
            organisation = self._chance.randrange(len(self._subject.ledgers))
            ledger = self._subject.ledgers[organisation]
            with self.paused:
                with self._subject.lock:
                    ledger.published += 1  # before it goes: it may come before the answer does
                    number = ledger.published
                try:
                    self._telex.publish(organisation, message(number))
                except (OSError, OrderRefused):
                    with self._subject.lock:
                        ledger.doubtful(number)


class Faults:
    """Everything that goes wrong, one thing after the other: each kind once before any comes again."""

    def __init__(
        self, telex: Sandbox, subject: Subject, publisher: Publisher, chance: random.Random, own: bool
    ) -> None:
        """
        Args:
            own: The push server is the sandbox's own, which can be told to do what no real one does.
        """
        self._telex, self._subject, self._publisher, self._chance = telex, subject, publisher, chance
        self.counts: Counter[str] = Counter()
        self._kinds: dict[str, Callable[[], object]] = {
            "kick": self._kick,
            "kick for good": self._kick_for_good,
            "restart, new epoch": self._restart,
            "silence": self._silence,
            "rate limit": self._rate_limit,
            "HTML 502": self._html,
            "slow answer": self._slow,
            "cut answer": self._cut,
            "session revoked": telex.revoke_session,
            "one token refused": self._one_token,
            "reconnect now": lambda: subject.session.send(ReconnectNow()),
        }
        if own:
            self._kinds |= {
                "restart, same epoch": self._restart_with_history,
                "tokens expired": telex.expire_tokens,
                "unsubscribed": self._unsubscribe,
                "handshake refused": self._refuse_handshakes,
                "odd frames": lambda: telex.raw_frame('no json\n{"push":{"channel":7}}\n{"id":4000000000,"error":{}}'),
            }
        self._deck: list[str] = []

    def one(self) -> None:
        """The next fault, whatever it is."""
        if not self._deck:
            self._deck = self._chance.sample([*self._kinds], len(self._kinds))
        name = self._deck.pop()
        self.counts[name] += 1
        with suppress(OrderRefused):  # not while the push server is away
            self._kinds[name]()

    def _kick(self) -> None:
        self._telex.kick(self._chance.choice([1000, 3001, 3004, 3008, 3010, 3011, 3012, 4000, 4321]))

    def _kick_for_good(self) -> None:
        self._telex.kick(self._chance.choice([3500, 3501, 3503, 4500]))

    def _restart(self) -> None:
        """A server that has forgotten what it held: what had not come by then is gone."""
        with self._publisher.paused:
            self._telex.restart(self._chance.choice([0.0, 0.5, 3.0]), kill=self._chance.random() < 0.5, wait=False)
            with self._subject.lock:
                for ledger in self._subject.ledgers:
                    ledger.server_forgets()

    def _restart_with_history(self) -> None:
        with self._publisher.paused:
            self._telex.restart(self._chance.choice([0.0, 0.5, 3.0]), new_epoch=False, wait=False)

    def _silence(self) -> None:
        with self._publisher.paused:
            self._telex.silent()
            time.sleep(self._chance.choice([0.5, 4.0]))
            self._telex.silent(False)

    def _rate_limit(self) -> None:
        self._telex.rate_limit(0.7, 2)
        time.sleep(5.0)
        self._telex.rate_limit(6.0, 4)

    def _html(self) -> None:
        for path in ("connection", "subscription", "organisations"):
            self._telex.fault(path, html=True, status=502)
        time.sleep(self._chance.uniform(0.5, 5.0))
        self._telex.clear_faults()

    def _slow(self) -> None:
        self._telex.fault("subscription", times=1, delay=self._chance.choice([1.0, 7.0]))
        self._telex.fault("connection", times=1, drip=True)

    def _cut(self) -> None:
        self._telex.fault(self._chance.choice(["connection", "subscription", "organisations"]), times=2, truncate=True)

    def _one_token(self) -> None:
        refuse = self._chance.choice([self._telex.refuse_bearer, self._telex.refuse_notification_token])
        refuse()
        time.sleep(self._chance.uniform(0.5, 5.0))
        refuse(False)

    def _unsubscribe(self) -> None:
        self._telex.unsubscribe(self._chance.randrange(len(self._subject.ledgers)), self._chance.choice([2500, 2501]))

    def _refuse_handshakes(self) -> None:
        self._telex.refuse_push(self._chance.choice([403, 502, 503]))
        time.sleep(self._chance.uniform(0.5, 4.0))
        self._telex.refuse_push(0)
