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
from tests.servers import OrderRefused, Sandbox, Status

from .desk import Desk
from .faults import ORGANISATIONS, Faults
from .subject import Failed, Headless, Subject
from .tray import Tray

RIGHT_WITHIN = 60.0
"""Seconds in which all must be right after the last fault and the recovery; the longest backoff is 20 s."""
_REFUSALS_SHOW_WITHIN = 10.0
"""Seconds after which an organisation that is not there is one that the program leaves alone for minutes."""
_TOLD_WITHIN = 20.0
"""Seconds in which a message of a calm moment must be told."""
_QUIET = WINDOW + 0.5
"""Seconds without news after which the flood rule holds nothing back."""
_WAKING = 12.0
"""Seconds in which what the machine's waking causes is over: one of several in a row waits for ten."""
_MESSAGES = 2
"""In each calm moment: fewer than the flood rule would let through at once."""
_OPTIONS = ("--organisations", str(ORGANISATIONS), "--ping", "3", "--history", "200")
_SHORT = ("--connection-ttl", "20", "--subscription-ttl", "25")
KINDS = ("headless", "tray")

PAUSES = (0.0, 0.0, 0.1, 0.4, 1.0, 2.5)
"""Seconds after a step; most things are at their worst shortly after another."""
RECOVERIES = ("wait", "reconnect", "wake", "sign in anew", "restart")
"""What a person does when the network is well again and the program may not be."""

assert _MESSAGES < LIMIT


class Step(NamedTuple):
    """One thing that is done."""

    who: str
    """A subject's name, or ``telex``."""
    what: str
    chance: random.Random
    """For whatever the step has to choose."""
    pause: float
    """Seconds to wait after it."""


class Story(NamedTuple):
    """One round."""

    steps: tuple[Step, ...]
    recoveries: Mapping[str, str]
    """By subject."""


def story(seed: int, number: int, deeds: Mapping[str, Sequence[str]], subjects: Sequence[str]) -> Story:
    """The round with this number.

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
    return Story(tuple(steps), {subject: chance.choice(RECOVERIES) for subject in subjects})


class World:
    """Telex, the two agents, and what was done to them."""

    def __init__(
        self, telex: Sandbox, subjects: list[Subject], system_bus: SystemBus, say: Callable[[str], None]
    ) -> None:
        self.telex = telex
        self._system_bus = system_bus
        self.subjects = subjects
        self.faults = Faults(telex)
        self.story: list[str] = []
        """What was done in this round."""
        self.counts: Counter[str] = Counter()
        self.calms: list[float] = []
        """Seconds from the last fault until all was right, one for each round."""
        self.messages = 0
        self._say = say
        self._began = time.monotonic()
        self._used: list[tuple[int, str]] = []
        self._desk = next((each.desk for each in subjects if isinstance(each, Tray)), None)

    # --- a round ----------------------------------------------------------------------------------------------------

    def round(self, seed: int, number: int) -> None:
        """One round.

        Raises:
            Failed: something is not as it must be.
        """
        self.story.clear()
        self._began = time.monotonic()
        self.faults.forget()
        told = story(seed, number, self._deeds(), [each.name for each in self.subjects])
        for step in told.steps:
            self._do(step, number)
            time.sleep(step.pause)
            self._look()
        self._calm(told, number)

    def _deeds(self) -> dict[str, list[str]]:
        telex = [*self.faults.deeds, "message", "message", "message"]
        return {"telex": telex, **{each.name: [*each.clicks] for each in self.subjects}}

    def _do(self, step: Step, number: int) -> None:
        self.counts[f"{step.who}: {step.what}"] += 1
        self._note(f"{step.who}: {step.what}")
        self._allow()
        try:
            if step.who == "telex":
                words = self._message(number) if step.what == "message" else self.faults.deeds[step.what](step.chance)
            else:
                words = self._subject(step.who).click(step.what, step.chance)
        except OrderRefused as refused:
            words = f"not possible now ({refused.message[:60]})"
        self._allow()
        self._came_of_it(words)

    def _allow(self) -> None:
        for subject in self.subjects:
            if isinstance(subject, Headless):
                subject.codes = (0, 4) if self.faults.session_over else (0,)

    def _message(self, number: int) -> str:
        """A message in the middle of it: told once or, where the server has forgotten it, not at all."""
        index = len(self._used)
        if index >= 2:
            return "enough of them"
        name = f"chaos-{number}-{index}"
        self._publish(index, name)
        return name

    def _publish(self, organisation: int, name: str) -> None:
        self._used.append((organisation, name))
        self.telex.message(organisation, name)
        self.messages += 1

    def _subject(self, name: str) -> Subject:
        return next(each for each in self.subjects if each.name == name)

    def _look(self) -> None:
        for subject in self.subjects:
            subject.look()

    # --- the calm ---------------------------------------------------------------------------------------------------

    def _calm(self, told: Story, number: int) -> None:
        self._note("calm")
        self.faults.calm()
        if self._desk is not None:
            self._desk.calm()
        began = time.monotonic()
        for subject in self.subjects:
            self._recover(subject, told.recoveries[subject.name])
        if self.faults.refusals or self.faults.session_over:
            self._see_about_refusals()
        self._all_await(self._well, "online with all", RIGHT_WITHIN)
        self.calms.append(time.monotonic() - began)
        self._await_connections()
        self._await_quiet()
        connects = self._connects()
        self._system_bus.pretend_to_wake()
        names = [f"calm-{number}-{index}" for index in range(_MESSAGES)]
        for index, name in enumerate(names):
            self._publish((number + index) % ORGANISATIONS, name)
        self._note(f"published {', '.join(names)}")
        self._all_await(lambda subject: _told(subject, names), f"told {names}", _TOLD_WITHIN)
        for organisation, name in self._used:
            self.telex.read(organisation, name)
        self._used.clear()
        right = self.faults.organisations
        self._all_await(lambda subject: subject.status() == subject.right(right), "nothing unread", _TOLD_WITHIN)
        for subject in self.subjects:
            subject.check_told(tuple(names))
            subject.check_face(names)
            threads, descriptors = subject.check_resources()
            subject.check_log()
            self._note(f"{subject.name}: all is right, {threads} threads, {descriptors} descriptors")
        self._await_connections()
        if self._connects() != connects:
            raise Failed("an agent has connected anew because somebody who is not logind said that the machine woke")

    def _connects(self) -> int:
        return len(self.telex.status()["connects"])

    def _all_await(self, condition: Callable[[Subject], object], what: str, within: float) -> None:
        for subject in self.subjects:
            subject.await_true(partial(condition, subject), what, within)

    def _recover(self, subject: Subject, how: str) -> None:
        """What a person does: what the story says, and more where the program says that it needs more."""
        self._note(f"{subject.name}: recovery: {how}")
        if self.faults.revoked and how != "restart":
            how = "sign in anew"  # a person does not know yet, and would in a minute
        if not subject.running or how == "restart":
            if subject.running:
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
        if self.faults.changed or (how == "wait" and self.faults.long_wait and not _online(subject)):
            self._note(f"{subject.name}: {subject.status()!r}, so: {subject.wake()}")

    def _see_about_refusals(self) -> None:
        """An organisation that was refused is tried again after minutes; a new session tries it at once.

        Likewise for a session that is over without the program's knowing it yet.
        """
        deadline = time.monotonic() + _REFUSALS_SHOW_WITHIN
        while not (all(map(self._well, self.subjects)) and self._connected(self.telex.status())):
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
            self._look()
        for subject in self.subjects:
            if not self._well(subject):
                self._note(f"{subject.name}: {subject.status()!r}, so it signs in anew")
                if subject.running:
                    subject.sign_in_anew()
                else:
                    subject.start()

    def _well(self, subject: Subject) -> bool:
        return subject.status().startswith(subject.right(self.faults.organisations))

    def _await_connections(self) -> None:
        """Each agent has one connection, subscribed to everything, and nothing is left of others."""
        try:
            self.telex.wait_until(self._connected, RIGHT_WITHIN)
        except TimeoutError:
            status = self.telex.status()
            raise Failed(
                f"the push server has {status['push_connections']} connections and {status['subscriptions']}"
            ) from None

    def _connected(self, status: Status) -> bool:
        wanted = len(self.subjects)
        subscriptions = [count for count in status["subscriptions"].values() if count]
        return status["push_connections"] == wanted and subscriptions == [wanted] * self.faults.organisations

    def _await_quiet(self) -> None:
        """No news for as long as the flood rule remembers, and nothing to come of a waking."""
        seen = [len(each.told()) for each in self.subjects]
        since = time.monotonic()
        while time.monotonic() < max(since + _QUIET, self._system_bus.woke_at + _WAKING):
            time.sleep(0.1)
            self._look()
            now = [len(each.told()) for each in self.subjects]
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
        """A table, in words."""
        status = self.telex.status()
        clicks = sum(count for name, count in self.counts.items() if not name.startswith("telex:"))
        messages = self.counts["telex: message"]
        faults = sum(self.counts.values()) - clicks - messages
        connects = len(status["connects"])
        lines = [
            f"{len(self.calms)} rounds in {seconds:.0f} s: {clicks} clicks, {faults} faults, {self.messages} messages",
            f"{status['logins']} sign-ins, {status['logouts']} sign-outs, {connects} connections",
        ]
        if self.calms:
            middle, longest = statistics.median(self.calms), max(self.calms)
            lines.append(f"right again after {middle:.1f} s (median), {longest:.1f} s at most")
        lines.append("; ".join(f"{each.name}: started {each.starts} times" for each in self.subjects))
        for who in sorted({name.partition(": ")[0] for name in self.counts}):
            done = [(name, count) for name, count in sorted(self.counts.items()) if name.startswith(who)]
            lines.append(f"{who}: " + ", ".join(f"{count} {name.partition(': ')[2]}" for name, count in done))
        return "\n".join(lines)

    def report(self) -> str:
        """Everything that helps to see what went wrong."""
        parts = ["the story of this round:", *self.story]
        for subject in self.subjects:
            parts += [f"--- {subject.name}: {subject.status()!r}; the end of its log:", subject.log_tail(60)]
        return "\n".join(parts)


def _online(subject: Subject) -> bool:
    return subject.status().startswith("Online")


def _told(subject: Subject, names: list[str]) -> bool:
    titles = subject.told()
    return all(any(title.startswith(f"{name} ") for title in titles) for name in names)


@contextmanager
def world(kinds: tuple[str, ...], module: tuple[str, ...], say: Callable[[str], None]) -> Iterator[World]:
    """Telex and the agents, each online; all of it ends with the context.

    Args:
        kinds: Of :data:`KINDS`.
        module: What is run as the agent, and its first arguments.
        say: Is told what is done.
    """
    with ExitStack() as stack:
        enter = stack.enter_context
        folder = Path(enter(TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True)))
        telex = enter(Sandbox(*_OPTIONS, *_SHORT))
        system_bus = enter(SystemBus())
        subjects: list[Subject] = []
        for kind in kinds:
            (folder / kind).mkdir()
            if kind == "tray":
                subjects.append(Tray(telex, folder / kind, system_bus, module, enter(Desk())))
            else:
                subjects.append(Headless(telex, folder / kind, system_bus, module))
        for subject in subjects:
            stack.callback(subject.leave)
            subject.start()
        yield World(telex, subjects, system_bus, say)


def run(
    seconds: float,
    seed: int,
    *,
    first: int = 1,
    rounds: int = 0,
    kinds: tuple[str, ...] = KINDS,
    module: tuple[str, ...] = ("tests.rigs.chaos.planted", "none"),
    say: Callable[[str], None] = lambda words: None,
) -> int:
    """Rounds for so many seconds; the exit code.

    Args:
        first: The number of the first round.
        rounds: How many, at most; 0 for as many as there is time for.
        kinds: Which agents.
        module: What is run as the agent, and its first arguments.
        say: Is told what is done.
    """
    began = time.monotonic()
    number = first
    with world(kinds, module, say) as there:
        try:
            while time.monotonic() - began < seconds and (not rounds or number < first + rounds):
                say(f"round {number}")
                there.round(seed, number)
                number += 1
            for subject in there.subjects:
                subject.exit()
        except Failed as failed:
            print(f"FAILED in round {number} with --seed {seed}: {failed}")
            print(there.report())
            print(f"to see this round again: python -m tests.rigs.chaos --seed {seed} --first {number} --rounds 1")
            return 1
        print(there.figures(time.monotonic() - began))
    return 0
