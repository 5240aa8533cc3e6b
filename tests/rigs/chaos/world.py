"""The rounds: what is done, drawn from a seed; recovery, and whether all is right."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from telex_start.news.scheduler import LIMIT, WINDOW
from tests.bus_of_the_system import SystemBus
from tests.rigs.faults import ORGANISATIONS, Faults
from tests.servers import OrderRefused, Sandbox, Status

from .desk import Desk
from .subject import Headless, Subject
from .tray import Tray

RIGHT_WITHIN = 60.0
"""Seconds in which all must be right after the last fault and the recovery; the longest backoff is 20 s."""
REFUSALS_SHOW_WITHIN = 10.0
"""Seconds after which an organisation that is not there is one that the program leaves alone for minutes."""
TOLD_WITHIN = 20.0
"""Seconds in which a message of a calm moment must be told."""
QUIET = WINDOW + 0.5
"""Seconds without news after which the flood rule holds nothing back."""
WAKING = 12.0
"""Seconds in which what the machine's waking causes is over: one of several in a row waits for ten."""
MESSAGES = 2
"""In each calm moment: fewer than the flood rule would let through at once."""
OPTIONS = (
    *("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "200"),
    *("--connection-ttl", "20", "--subscription-ttl", "25"),
)
RATE = (30.0, 30)
"""Calls a second, and at once: both agents have the same address, and so one limit."""
KINDS = ("headless", "tray")
PAUSES = (0.0, 0.0, 0.1, 0.4, 1.0, 2.5)
"""Seconds after a step; most things are at their worst shortly after another."""
RECOVERIES = ("wait", "reconnect", "wake", "sign in anew", "restart")
"""What a person does when the network is well again and the program may not be."""

assert MESSAGES < LIMIT


class Step(NamedTuple):
    """One thing that is done."""

    who: str
    """A subject's name, or ``telex``."""
    what: str
    chance: random.Random
    """For whatever the step has to choose."""
    pause: float
    """Seconds to wait after it."""


def story(
    seed: int, number: int, deeds: Mapping[str, Sequence[str]], subjects: Sequence[str]
) -> tuple[list[Step], dict[str, str]]:
    """The steps of the round with this number, and the recovery of each subject.

    Args:
        seed: Of the whole run.
        number: From 1 on.
        deeds: What there is to do, by who does it. What stands there twice is done twice as often.
        subjects: Who needs a recovery.
    """
    chance = random.Random(f"{seed}/{number}")
    everything = [(who, what) for who, those in deeds.items() for what in those]
    steps = []
    for index in range(chance.randint(4, 12)):
        who, what = chance.choice(everything)
        steps.append(Step(who, what, random.Random(f"{seed}/{number}/{index}"), chance.choice(PAUSES)))
    return steps, {subject: chance.choice(RECOVERIES) for subject in subjects}


class World:
    """Telex, the agents by their names, and what was done to them."""

    def __init__(
        self, telex: Sandbox, subjects: dict[str, Subject], system_bus: SystemBus, say: Callable[[str], None]
    ) -> None:
        self.telex = telex
        self.subjects = subjects
        self.faults = Faults(telex, RATE)
        self.story: list[str] = []
        """What was done in this round."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self.calms: list[float] = []
        """Seconds from the last fault until all was right, one for each round."""
        self.messages = 0
        self._system_bus = system_bus
        self._say = say
        self._began = time.monotonic()
        self._used: list[tuple[int, str]] = []

    # --- a round ----------------------------------------------------------------------------------------------------

    def round(self, seed: int, number: int) -> None:
        """One round.

        Raises:
            AssertionError: something is not as it must be.
        """
        self.story.clear()
        self._began = time.monotonic()
        self.faults.forget()
        telex = [*self.faults.deeds, "message", "message", "message"]
        deeds = {name: [*each.deeds, *each.often] for name, each in self.subjects.items()}
        steps, recoveries = story(seed, number, {"telex": telex, **deeds}, [*self.subjects])
        for step in steps:
            self._do(step, number)
            time.sleep(step.pause)
            self._look()
        self._calm(recoveries, number)

    def _do(self, step: Step, number: int) -> None:
        self.counts[step.who, step.what] += 1
        self._note(f"{step.who}: {step.what}")
        try:
            if step.what == "message":
                words = self._message(number)
            else:
                deeds = self.faults.deeds if step.who == "telex" else self.subjects[step.who].deeds
                words = deeds[step.what](step.chance)
        except OrderRefused as refused:
            words = f"not possible now ({refused.message[:60]})"
        if (headless := self.subjects.get("headless")) and self.faults.session_over:
            headless.codes = (0, 4)
        self._came_of_it(words)

    def _message(self, number: int) -> str:
        """A message in the middle of it: told once or, where the server has forgotten it, not at all."""
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
        self.messages += 1

    def _look(self) -> None:
        for subject in self.subjects.values():
            subject.look()

    # --- the calm ---------------------------------------------------------------------------------------------------

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
        connects = self._connects()
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
        if self._connects() != connects:
            raise AssertionError(
                "an agent has connected anew because somebody who is not logind said that the machine woke"
            )

    def _connects(self) -> int:
        return len(self.telex.status()["connects"])

    def _all_await(self, condition: Callable[[Subject], object], what: str, within: float) -> None:
        for subject in self.subjects.values():
            subject.await_true(partial(condition, subject), what, within)

    def _recover(self, subject: Subject, how: str) -> None:
        """What a person does: what the story says, and more where the program says that it needs more."""
        self._note(f"{subject.name}: recovery: {how}")
        if self.faults.revoked and how != "restart":
            how = "sign in anew"  # a person does not know yet, and would in a minute
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
        """An organisation that was refused is tried again after minutes; a new session tries it at once.

        Likewise for a session that is over without the program's knowing it yet.
        """
        deadline = time.monotonic() + REFUSALS_SHOW_WITHIN
        while time.monotonic() < deadline:
            if all(map(self._well, self.subjects.values())) and self._connected(self.telex.status()):
                return
            time.sleep(0.1)
            self._look()
        for subject in self.subjects.values():
            if not self._well(subject):
                self._note(f"{subject.name}: {subject.status()!r}, so it signs in anew")
                subject.sign_in_anew()

    def _right(self) -> str:
        """The status while all is well and nothing is unread."""
        return f"Online: {self.faults.organisations} organisations"

    def _well(self, subject: Subject) -> bool:
        return subject.status().startswith(self._right())

    def _await_connections(self) -> None:
        """Each agent has one connection, subscribed to everything, and nothing is left of others."""
        try:
            self.telex.wait_until(self._connected, RIGHT_WITHIN)
        except TimeoutError:
            status = self.telex.status()
            raise AssertionError(
                f"the push server has {status['push_connections']} connections and {status['subscriptions']}"
            ) from None

    def _connected(self, status: Status) -> bool:
        wanted = len(self.subjects)
        subscriptions = [count for count in status["subscriptions"].values() if count]
        return status["push_connections"] == wanted and subscriptions == [wanted] * self.faults.organisations

    def _await_quiet(self) -> None:
        """No news for as long as the flood rule remembers, and nothing to come of a waking."""
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
            self._say(f"          {words}")

    def _note(self, words: str) -> None:
        self.story.append(f"{time.monotonic() - self._began:6.1f} s  {words}")
        self._say(self.story[-1])

    # --- what came of it --------------------------------------------------------------------------------------------

    def figures(self, seconds: float) -> str:
        """What was done, and how soon all was right again."""
        status = self.telex.status()
        connects, done = len(status["connects"]), self.counts.total()
        lines = [
            f"{len(self.calms)} rounds in {seconds:.0f} s: {done} faults and clicks, {self.messages} messages",
            f"{status['logins']} sign-ins, {status['logouts']} sign-outs, {connects} connections",
            "; ".join(f"{each.name}: started {each.starts} times" for each in self.subjects.values()),
        ]
        if self.calms:
            middle, longest = statistics.median(self.calms), max(self.calms)
            lines.append(f"right again after {middle:.1f} s (median), {longest:.1f} s at most")
        for who in ("telex", *self.subjects):
            counts = [f"{count} {what}" for (name, what), count in sorted(self.counts.items()) if name == who]
            lines.append(f"{who}: {', '.join(counts)}")
        return "\n".join(lines)

    def report(self) -> str:
        """Everything that helps to see what went wrong."""
        return "\n".join(["the story of this round:", *self.story, *(each.report() for each in self.subjects.values())])


@contextmanager
def world(kinds: Sequence[str], module: tuple[str, ...], say: Callable[[str], None]) -> Iterator[World]:
    """Telex and the agents, each online; all of it ends with the context.

    Args:
        kinds: Of :data:`KINDS`.
        module: What is run as the agent, and its first arguments.
        say: Is told what is done.
    """
    with ExitStack() as stack:
        enter = stack.enter_context
        folder = Path(enter(TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True)))
        telex = enter(Sandbox(*OPTIONS))
        system_bus = enter(SystemBus())
        subjects: dict[str, Subject] = {}
        for kind in kinds:
            (folder / kind).mkdir()
            if kind == "tray":
                subjects[kind] = Tray(telex, folder / kind, system_bus, module, enter(Desk()))
            else:
                subjects[kind] = Headless(telex, folder / kind, system_bus, module)
        for subject in subjects.values():
            stack.callback(subject.leave)
            subject.start()
        yield World(telex, subjects, system_bus, say)


def run(
    seconds: float,
    seed: int,
    *,
    first: int = 1,
    rounds: int = 0,
    kinds: Sequence[str] = KINDS,
    defect: str = "none",
    say: Callable[[str], None] = lambda words: None,
) -> int:
    """Rounds for so many seconds; the exit code.

    Args:
        first: The number of the first round.
        rounds: How many, at most; 0 for as many as there is time for.
        kinds: Which agents.
        defect: What is planted in them, by :mod:`.planted`.
        say: Is told what is done.
    """
    began = time.monotonic()
    number = first
    with world(kinds, ("tests.rigs.chaos.planted", defect), say) as there:
        try:
            while time.monotonic() - began < seconds and (not rounds or number < first + rounds):
                say(f"round {number}")
                there.round(seed, number)
                number += 1
            for subject in there.subjects.values():
                subject.exit()
        except AssertionError as failed:
            print(f"FAILED in round {number} with --seed {seed}: {failed}")
            print(there.report())
            print(f"to see this round again: python -m tests.rigs.chaos --seed {seed} --first {number} --rounds 1")
            return 1
        print(there.figures(time.monotonic() - began))
    return 0
