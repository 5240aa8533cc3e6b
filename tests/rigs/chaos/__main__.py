"""``python -m tests.rigs.chaos [SECONDS]``, which is ``make chaos``.

The rounds follow from the seed, which is printed. The exit code is 1 where something was not as it must be; then the
round's story is printed, the end of each agent's log, and how to see that round again by itself.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from telex_start.news.scheduler import LIMIT, WINDOW
from tests.bus_of_the_system import SystemBus
from tests.process import comes, until
from tests.rigs.faults import ORGANISATIONS, Faults
from tests.servers import OrderRefused, Sandbox

from .subject import Headless, Subject
from .tray import Desk, Tray

RIGHT_WITHIN = 60.0
"""Seconds after the last fault and the recovery in which all must be right; the longest backoff is 20 s."""
REFUSALS_SHOW_WITHIN = 10.0
"""Seconds after which an organisation that is still not live is one that the program will not try for minutes."""
TOLD_WITHIN = 20.0
"""Seconds in which a message must be told that is sent in a calm moment."""
QUIET = WINDOW + 0.5
"""Seconds without news after which the flood rule holds nothing back."""
WAKING = 12.0
"""Seconds after which the effects of the machine's waking are over: one of several wakings in a row waits ten."""
MESSAGES = 2
"""How many messages are sent in each calm moment: fewer than the flood rule lets through at once."""
OPTIONS = (
    *("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "200"),
    *("--connection-ttl", "20", "--subscription-ttl", "25"),
)
RATE = (30.0, 30)
"""Calls a second, and calls at once: both agents have the same address, so they share one limit."""
PAUSES = (0.0, 0.0, 0.1, 0.4, 1.0, 2.5)
"""Seconds to wait after a step; most faults are worst shortly after another."""
RECOVERIES = ("wait", "reconnect", "wake", "sign in anew", "restart")
"""What a person may do when the network works again and the program perhaps does not."""

assert MESSAGES < LIMIT


class World:
    """The sandbox and the agents by their names; plays rounds, and records what was done."""

    def __init__(self, telex: Sandbox, subjects: dict[str, Subject], system_bus: SystemBus) -> None:
        self.telex = telex
        self.subjects = subjects
        self.faults = Faults(telex, RATE)
        self.story: list[str] = []
        """What was done in this round."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self.calms: list[float] = []
        """Seconds from the last fault until all was right, one for each round."""
        self._system_bus = system_bus
        self._began = time.monotonic()
        self._used: list[tuple[int, str]] = []

    # A round.

    def round(self, seed: int, number: int) -> None:
        """Play one round. Its steps follow from the seed and its number alone; a frequent one is listed more than once.

        Raises:
            AssertionError: something is not as it must be.
        """
        self.story.clear()
        self._began = time.monotonic()
        self.faults.forget()
        everything = [("telex", what) for what in (*self.faults.deeds, *3 * ("message",))]
        everything += [(name, what) for name, each in self.subjects.items() for what in (*each.deeds, *each.often)]
        chance = random.Random(f"{seed}/{number}")
        for index in range(chance.randint(4, 12)):
            who, what = chance.choice(everything)
            self._do(who, what, random.Random(f"{seed}/{number}/{index}"), number)
            time.sleep(chance.choice(PAUSES))
            self._look()
        self._calm({name: chance.choice(RECOVERIES) for name in self.subjects}, number)

    def _do(self, who: str, what: str, chance: random.Random, number: int) -> None:
        self.counts[who, what] += 1
        self._note(f"{who}: {what}")
        try:
            if what == "message":
                words = self._message(number)
            else:
                words = (self.faults if who == "telex" else self.subjects[who]).deeds[what](chance)
        except OrderRefused as refused:
            words = f"not possible now ({refused.message[:60]})"
        if self.faults.session_over:
            self.subjects["headless"].codes = (0, 4)
        self._came_of_it(words)

    def _message(self, number: int) -> str:
        """Send a message amid the faults: it is told once, or not at all if the server has forgotten it."""
        index = len(self._used)
        if index >= 2:
            return "enough of them"
        name = f"chaos-{number}-{index}"
        self._publish(index, name, may_be_missing=True)
        return name

    def _publish(self, organisation: int, name: str, *, may_be_missing: bool = False) -> None:
        self._used.append((organisation, name))
        for subject in self.subjects.values():
            subject.ledger.send(name, may_be_missing=may_be_missing)
        self.telex.message(organisation, name)

    def _look(self) -> None:
        for subject in self.subjects.values():
            subject.look()

    # The calm.

    def _calm(self, recoveries: Mapping[str, str], number: int) -> None:
        self._note("calm")
        self.faults.calm()
        for subject in self.subjects.values():
            if isinstance(subject, Tray):
                subject.desk.calm()
        began = time.monotonic()
        for name, subject in self.subjects.items():
            self._recover(subject, recoveries[name])
        if self.faults.refusals or self.faults.session_over:
            self._see_about_refusals()
        self._all_await(self._well, "online with all", RIGHT_WITHIN)
        self.calms.append(time.monotonic() - began)
        self._await_connections()
        self._await_quiet()
        for subject in self.subjects.values():
            subject.codes = (0,)
        connects = len(self.telex.status()["connects"])
        self._system_bus.pretend_to_wake()
        names = [f"calm-{number}-{index}" for index in range(MESSAGES)]
        for index, name in enumerate(names):
            self._publish((number + index) % ORGANISATIONS, name)
        self._note(f"published {', '.join(names)}")
        self._all_await(Subject.has_told_all, f"told {names}", TOLD_WITHIN)
        for organisation, name in self._used:
            self.telex.read(organisation, name)
        self._used.clear()
        self._all_await(lambda subject: subject.status() == self._right(), "nothing unread", TOLD_WITHIN)
        for name, subject in self.subjects.items():
            subject.has_told_all()
            subject.check_face(names)
            resources = subject.check_resources()
            subject.check_log()
            self._note(f"{name}: all is right, {resources}")
        self._await_connections()
        anew = len(self.telex.status()["connects"]) - connects
        assert not anew, "an agent has connected anew because somebody who is not logind said that the machine woke"

    def _all_await(self, condition: Callable[[Subject], object], what: str, within: float) -> None:
        for subject in self.subjects.values():
            subject.await_true(partial(condition, subject), what, within)

    def _recover(self, subject: Subject, how: str) -> None:
        """Do what a person does: the recovery of this round, and more if the program says that it needs more."""
        self._note(f"{subject.name}: recovery: {how}")
        if self.faults.revoked and how != "restart":
            how = "sign in anew"  # as a person would do in a minute, when it is known
        if not subject.running or how == "restart":
            subject.exit()
            subject.start()
        elif how == "sign in anew":
            subject.sign_in_anew()
        elif how == "reconnect":
            self._came_of_it(subject.reconnect())
        elif how == "wake":
            subject.wake()
        if isinstance(subject, Tray):
            self._came_of_it(subject.sign_in())
        if how in ("restart", "sign in anew"):
            return
        away = not subject.status().startswith("Online")
        if self.faults.changed or (how == "wait" and self.faults.long_wait and away):
            self._note(f"{subject.name}: {subject.status()!r}, so: {subject.wake()}")

    def _see_about_refusals(self) -> None:
        """Sign in again if an organisation was refused: the program would try it again after minutes, a new session at
        once.

        Likewise if the session is over and the program does not know it yet.
        """

        def right() -> bool:
            self._look()
            return all(map(self._well, self.subjects.values())) and self._connected()

        if comes(right, REFUSALS_SHOW_WITHIN):
            return
        for subject in self.subjects.values():
            if not self._well(subject):
                self._note(f"{subject.name}: {subject.status()!r}, so it signs in anew")
                subject.sign_in_anew()

    def _right(self) -> str:
        """The status line while all is well and nothing is unread."""
        return f"Online: {self.faults.organisations} organisations"

    def _well(self, subject: Subject) -> bool:
        return subject.status().startswith(self._right())

    def _await_connections(self) -> None:
        """Wait until each agent has one connection, subscribed to everything, and no other connection is left."""
        until(self._connected, "an agent has no connection that is subscribed to everything, or more", RIGHT_WITHIN)

    def _connected(self) -> bool:
        status, wanted = self.telex.status(), len(self.subjects)
        subscriptions = [count for count in status["subscriptions"].values() if count]
        return status["push_connections"] == wanted and subscriptions == [wanted] * self.faults.organisations

    def _await_quiet(self) -> None:
        """Wait until there was no news for as long as the flood rule remembers, and wakings have no effect any more."""
        seen = [len(each.told()) for each in self.subjects.values()]
        since = time.monotonic()
        while time.monotonic() < max(since + QUIET, self._system_bus.woke_at + WAKING):
            time.sleep(0.1)
            self._look()
            now = [len(each.told()) for each in self.subjects.values()]
            if now != seen:
                seen, since = now, time.monotonic()

    def _came_of_it(self, words: str) -> None:
        if words:
            self.story[-1] += f": {words}"

    def _note(self, words: str) -> None:
        self.story.append(f"{time.monotonic() - self._began:6.1f} s  {words}")

    # What came of it.

    def figures(self, seconds: float) -> str:
        """A text: what was done, and how soon all was right again."""
        status = self.telex.status()
        calms = sorted(self.calms) or [0.0]
        return "\n".join(
            [
                f"{len(self.calms)} rounds in {seconds:.0f} s: {self.counts.total()} faults and clicks",
                f"{status['logins']} sign-ins, {status['logouts']} sign-outs, {len(status['connects'])} connections",
                f"right again after {calms[len(calms) // 2]:.1f} s (median), {calms[-1]:.1f} s at most",
                *(f"{count} {who}: {what}" for (who, what), count in sorted(self.counts.items())),
            ]
        )

    def report(self) -> str:
        """A text with all that helps to see what went wrong."""
        return "\n".join(["the story of this round:", *self.story, *(each.report() for each in self.subjects.values())])


def main() -> int:
    """Play rounds for so many seconds; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.chaos", description=__doc__)
    parser.add_argument("seconds", nargs="?", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--first", type=int, default=1, metavar="ROUND", help="begin with this round")
    parser.add_argument("--rounds", type=int, default=sys.maxsize, metavar="N", help="only so many rounds")
    given = parser.parse_args()
    print(f"chaos: {given.seconds:.0f} s, seed {given.seed}", flush=True)
    began = time.monotonic()
    with ExitStack() as stack:
        enter = stack.enter_context
        folder = Path(enter(TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True)))
        telex, system_bus = enter(Sandbox(*OPTIONS)), enter(SystemBus())
        tray = Tray(telex, folder / "tray", system_bus, enter(Desk()))
        subjects = [Headless(telex, folder / "headless", system_bus), tray]
        for subject in subjects:
            stack.callback(subject.leave)
            subject.start()
        there = World(telex, {subject.name: subject for subject in subjects}, system_bus)
        number = given.first
        try:
            while time.monotonic() - began < given.seconds and number < given.first + given.rounds:
                there.round(given.seed, number)
                number += 1
            for subject in subjects:
                subject.exit()
        except AssertionError as failed:
            print(f"FAILED in round {number} with --seed {given.seed}: {failed}")
            print(there.report())
            again = f"--seed {given.seed} --first {number} --rounds 1"
            print(f"to see this round again: python -m tests.rigs.chaos {again}")
            return 1
        print(there.figures(time.monotonic() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main())
