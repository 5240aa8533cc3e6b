"""An agent under test: what holds for any (:class:`Subject`), and the one with ``--headless --json``."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import psutil

from tests.agent import Program
from tests.bus_of_the_system import SystemBus
from tests.process import until
from tests.rigs.faults import Ledger, freeze
from tests.servers import Sandbox

MOST_MORE_DESCRIPTORS = 6
"""How many more descriptors than in its first calm an agent may hold: for an HTTPS connection, a bus, a window."""
_STARTS_WITHIN = 30.0
"""Seconds."""
_ENDS_WITHIN = 5.0
"""Seconds; the promise is 2 s on a machine that has nothing else to do."""
SETTLES_WITHIN = 30.0
"""Seconds after which no thread or descriptor of something that has ended may be left."""

_TROUBLE = re.compile(r" (?:ERROR|CRITICAL) \[|^  ?Traceback|still running", re.MULTILINE)
_SECRET = re.compile(r"eyJ[\w-]{6,}")
_NAMED = re.compile(r"\b(?:calm|chaos)-\d+-\d+\b")

_PROGRAM = """
from telex_start.session import pace
pace.USUAL = pace.Timings(organisations_every=2.0, organisations_refused_for=1.0)
from telex_start.__main__ import main
raise SystemExit(main())
"""
"""Runs the agent with short timings, so that it soon asks to sign in again if Telex refuses its polls."""

Deed = Callable[[random.Random], str]
"""Does something, and gives its result in a few words."""


class Subject:
    """One agent over all its restarts: one process after the other.

    Args:
        telex: The sandbox that it signs in to.
        folder: The folder of its files, kept over its restarts.
        system_bus: Tells it that the machine has woken up.

    Attributes:
        deeds: What a person can do with it, by name.
        often: The names of deeds that are done more often; each again as often as it stands here.
        ledger: The messages that it must tell.
        codes: Its allowed exit codes: 0 if it was asked to end, and those with which it may end by itself.
    """

    name = ""
    options: tuple[str, ...] = ("--email", "", "--password-stdin")
    often: tuple[str, ...] = ()

    def __init__(self, telex: Sandbox, folder: Path, system_bus: SystemBus) -> None:
        self.telex = telex
        self.folder = folder
        folder.mkdir()
        self.ledger = Ledger(Counter())
        self.codes: tuple[int, ...] = (0,)
        self.deeds: dict[str, Deed] = {"wake": lambda _: self.wake(), "paused": self._pause}
        self._system_bus = system_bus
        self._program: Program | None = None
        self._first: tuple[int, int] | None = None
        self._told = 0
        """How many titles have gone into the ledger."""

    # What each kind of agent defines.

    def environ(self) -> Mapping[str, str]:
        """Its environment variables."""
        return {**self.telex.environ, **self._system_bus.environ}

    def status(self) -> str:
        """Its status line, such as ``Online: 3 organisations``; empty if it shows none."""
        raise NotImplementedError

    def told(self) -> list[str]:
        """The titles of all notifications so far."""
        raise NotImplementedError

    def reconnect(self) -> str:
        """Have it connect again at once, if that can be asked for; gives in words what was done."""
        raise NotImplementedError

    def sign_in_anew(self) -> str:
        """Begin a new session, whatever its state; gives in words what was done."""
        raise NotImplementedError

    def look(self) -> None:
        """Check what must hold at any moment.

        Raises:
            AssertionError: something is.
        """
        raise NotImplementedError

    def check_face(self, names: list[str]) -> None:
        """Check that what it shows is true: no toast of a read message, and no question that needs no answer.

        Does nothing here; an agent with an icon overrides it.

        Args:
            names: The names of the messages of this calm, which have been read.

        Raises:
            AssertionError: it shows something else.
        """

    # Its life.

    @property
    def program(self) -> Program:
        """The process that runs now, or ran last."""
        assert self._program is not None
        return self._program

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._program is not None and self._program.process.poll() is None

    def start(self) -> None:
        """Start it; it has ended before. It answers second starts then, and so has its handlers of signals: before
        that, they end it as the system does.

        Raises:
            AssertionError: it does not come to that.
        """
        self.leave()
        options = [self.telex.email if option == "" else option for option in self.options]
        given = self.telex.password + "\n" if options else None
        command = (sys.executable, "-c", _PROGRAM)
        log = ("--log-level", "debug")
        self._program = Program(self.folder, *options, *log, environ=self.environ(), given=given, command=command)
        self._program.__enter__()
        self._first = None
        sockets = self.folder / "run" / "telex-start"
        late = f"{self.name} has not started in {_STARTS_WITHIN:.0f} s"
        until(lambda: not self.running or [*sockets.glob("*.sock")], late, _STARTS_WITHIN)

    def leave(self) -> None:
        """Let go of a process that has ended, or kill it."""
        program, self._program = self._program, None
        if program is not None:
            program.process.kill()
            program.__exit__(AssertionError, None, None)

    def exit(self, how: Callable[[], object] | None = None) -> str:
        """End it, by a signal unless told how, as the end of a desktop's session does.

        Raises:
            AssertionError: it does not end, or with another code than is right.
        """
        if not self.running:
            return "it has ended"
        self.look()
        began = time.monotonic()
        (how or self.program.process.terminate)()
        try:
            code = self.program.ended(_ENDS_WITHIN + 10)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} does not end") from None
        took = time.monotonic() - began
        assert code in self.codes, f"{self.name} ended with {code}: {self.program.errors}"
        assert took <= _ENDS_WITHIN, f"{self.name} took {took:.1f} s to end"
        return f"took {took:.1f} s"

    def second_start(self, *options: str) -> None:
        """Another start of the program, which asks the one that runs for something.

        Raises:
            AssertionError: it ends badly.
        """
        with Program(self.folder, *options, environ=self.environ()) as second:
            assert second.ended() == 0, f"a second start {options} ended badly: {second.errors}"

    def wake(self) -> str:
        """The machine has woken up, says the system bus."""
        self._system_bus.wake()
        return "the machine wakes"

    def _pause(self, chance: random.Random) -> str:
        """Stop the process for some seconds, as on a machine that has too much to do."""
        if not self.running:
            return "it has ended"
        seconds = chance.choice([0.3, 2.0, 9.0])
        freeze(self.program.process, seconds)
        return f"for {seconds:g} s"

    # What must hold.

    def await_true(self, condition: Callable[[], object], what: str, within: float) -> None:
        """Wait until the condition holds, with :meth:`look` meanwhile.

        Raises:
            AssertionError: it does not hold within so many seconds.
        """
        deadline = time.monotonic() + within
        while not condition():
            self.look()
            assert time.monotonic() < deadline, f"{self.name}: not within {within:.0f} s: {what}; {self.status()!r}"
            time.sleep(0.05)

    def has_told_all(self) -> bool:
        """Whether all messages in the ledger have been told that must be.

        Raises:
            AssertionError: something was told twice.
        """
        titles = self.told()
        wrong = [self.ledger.arrived(name) for title in titles[self._told :] for name in _NAMED.findall(title)]
        self._told = len(titles)
        assert not any(wrong), f"{self.name} has told twice: {', '.join(filter(None, wrong))}"
        return not self.ledger.missing

    def check_resources(self) -> str:
        """Check that no thread or descriptor of something that has ended is left; gives in words how many there are.

        Raises:
            AssertionError: there are too many.
        """
        process = psutil.Process(self.program.process.pid)
        first = self._first = self._first or (process.num_threads(), process.num_fds())
        within = time.monotonic() + SETTLES_WITHIN
        while (threads := process.num_threads()) > first[0] or process.num_fds() > first[1] + MOST_MORE_DESCRIPTORS:
            if time.monotonic() > within:
                held = Counter(_kind(file) for file in Path(f"/proc/{process.pid}/fd").iterdir())
                raise AssertionError(
                    f"{self.name} has {threads} threads and the descriptors {dict(held)}; "
                    f"in its first calm it had {first[0]} threads and {first[1]} descriptors"
                )
            time.sleep(0.1)
        return f"{threads} threads, {process.num_fds()} descriptors"

    def check_log(self) -> None:
        """Check that the log has nothing unexpected and no secret.

        Raises:
            AssertionError: something is.
        """
        text = self.program.log()
        if (found := _TROUBLE.search(text)) is not None:
            start = text.rfind("\n", 0, found.start()) + 1
            raise AssertionError(f"{self.name} has logged:\n{text[start : start + 3000]}")
        assert self.telex.password not in text, f"{self.name}: a password is in the log"
        assert not _SECRET.search(text), f"{self.name}: a token is in the log"

    def report(self) -> str:
        """A text: its status, and the end of its log."""
        log = self.program.log().splitlines()[-60:] if self._program is not None else []
        return "\n".join([f"--- {self.name}: {self.status()!r}; the end of its log:", *log])


def _kind(file: Path) -> str:
    try:
        return os.readlink(file).partition(":")[0]
    except OSError:
        return "gone"


class Headless(Subject):
    """The agent with ``--headless --json``, whose lines are read as by a script. A new session is a new process."""

    name = "headless"
    options = ("--headless", "--json", *Subject.options)
    often = ("wake",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.deeds |= {"restart": lambda _: self.sign_in_anew(), "second start": lambda _: self._second_start()}
        self._titles: list[str] = []
        self._state: dict[str, Any] = {}
        self._unread = 0
        self._taken = 0

    def start(self) -> None:
        super().start()
        self._state, self._unread, self._taken = {}, 0, 0

    def look(self) -> None:
        self._read_lines()
        code = self.program.process.poll()
        right = code is None or code in self.codes[1:]
        assert right, f"headless has ended by itself with {code}: {self.program.errors if not right else ''}"

    def _read_lines(self) -> None:
        lines = self.program.lines_so_far()
        for line in lines[self._taken :]:
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError) as error:
                raise AssertionError(f"headless has printed a line that is none: {line[:200]!r}") from error
        self._taken = len(lines)

    def _take(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "state":
                self._state = event
            case "unread":
                self._unread = event["unread"]
            case "notification":
                self._titles.append(event["title"])
            case "error":
                assert "had a problem" not in event["title"], f"headless: {event['title']}: {event['message']}"

    def status(self) -> str:
        if not self.running:
            return "Sign in needed (the program has ended)"
        self._read_lines()
        state = self._state.get("state", "starting")
        if state != "online":
            return str(state)
        live, known = self._state["subscribed"], self._state["organisations"]
        unread = f", {self._unread} unread" if self._unread else ""
        return f"Online: {known} organisations{unread}" if live == known else f"Online: {live} of {known} organisations"

    def told(self) -> list[str]:
        return self._titles

    def _second_start(self) -> str:
        words = self.exit(lambda: self.second_start("--exit"))
        self.start()
        return f"--exit {words}, and started again"

    def reconnect(self) -> str:
        return self.wake()

    def sign_in_anew(self) -> str:
        words = self.exit()
        self.start()
        return f"{words}, and started again"
