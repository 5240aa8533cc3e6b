"""An agent under test: what everybody sees of it, whatever shows it; and the one with ``--headless --json``."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from tests.agent import Program
from tests.bus_of_the_system import SystemBus
from tests.servers import Sandbox

MOST_MORE_DESCRIPTORS = 6
"""So many more than in its first calm an agent may hold: a kept HTTPS connection, a bus, a window's."""
_STARTS_WITHIN = 30.0
"""Seconds."""
_ENDS_WITHIN = 5.0
"""Seconds; the promise is 2 s on a machine that has nothing else to do."""
_SETTLES_WITHIN = 30.0
"""Seconds after which every thread and descriptor of what is over must be gone."""

_TROUBLE = re.compile(r" (?:ERROR|CRITICAL) \[|^  ?Traceback|still running", re.MULTILINE)
_SECRET = re.compile(r"eyJ[\w-]{6,}")
_NAMED = re.compile(r"\b(?:calm|chaos)-\d+-\d+\b")


class Failed(Exception):
    """Something is not as it must be; the text says what."""


def require(holds: object, complaint: str) -> None:
    """Something must hold.

    Raises:
        Failed: it does not.
    """
    if not holds:
        raise Failed(complaint)


class Subject:
    """One agent, and all its processes one after the other.

    Args:
        telex: Where it signs in.
        folder: For its files; kept over its restarts.
        module: What is run, and its first arguments; the program itself, unless a test has planted a defect.
    """

    name = ""
    clicks: tuple[str, ...] = ()
    """What a person can do with it; what stands there twice is done twice as often."""

    def __init__(self, telex: Sandbox, folder: Path, system_bus: SystemBus, module: tuple[str, ...]) -> None:
        self.telex = telex
        self.folder = folder
        self.starts = 0
        self._module = module
        self._system_bus = system_bus
        self._program: Program | None = None
        self._first: tuple[int, int] | None = None
        self.codes: tuple[int, ...] = (0,)
        """Exit codes that are right: 0 where it was asked to end, and those with which it may end by itself."""

    # --- for each kind of agent -------------------------------------------------------------------------------------

    def options(self) -> tuple[tuple[str, ...], str | None]:
        """The options of a start, and what is given to its standard input."""
        return ("--email", self.telex.email, "--password-stdin"), self.telex.password + "\n"

    def environ(self) -> dict[str, str]:
        """What is in its environment beside the sandbox's names."""
        return {}

    def status(self) -> str:
        """Where it stands, in words: ``Online: 3 organisations``; empty where it does not say."""
        raise NotImplementedError

    def told(self) -> list[str]:
        """The titles of all notifications so far."""
        raise NotImplementedError

    def click(self, what: str, chance: random.Random) -> str:
        """Do one of :attr:`clicks`; gives a few words of what came of it."""
        raise NotImplementedError

    def reconnect(self) -> str:
        """Have it connect anew at once, if it can be told to; gives what was done."""
        raise NotImplementedError

    def sign_in_anew(self) -> str:
        """A new session, whatever there was; gives what was done."""
        raise NotImplementedError

    def look(self) -> None:
        """See that nothing is wrong, at any moment.

        Raises:
            Failed: something is.
        """

    # --- its life ---------------------------------------------------------------------------------------------------

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
        """Start it; it has ended before."""
        self.leave()
        options, given = self.options()
        environ = {**self.telex.environ, **self._system_bus.environ, **self.environ()}
        command = (sys.executable, "-m", *self._module)
        options = (*options, "--log-level", "debug")
        self._program = Program(self.folder, *options, environ=environ, given=given, command=command)
        self._program.__enter__()
        self.starts += 1
        self._first = None
        self._await_start()

    def _await_start(self) -> None:
        """It answers second starts, and so has its handlers of signals: before that, they end it as the system does.

        Raises:
            Failed: it does not come to that.
        """
        sockets = self.folder / "run" / "telex-start"
        deadline = time.monotonic() + _STARTS_WITHIN
        while self.running and not list(sockets.glob("*.sock")):
            require(time.monotonic() < deadline, f"{self.name} has not started in {_STARTS_WITHIN:.0f} s")
            time.sleep(0.02)

    def leave(self) -> None:
        """Let go of a process that has ended, or kill it."""
        program, self._program = self._program, None
        if program is not None:
            program.process.kill()
            program.__exit__(Failed, None, None)

    def exit(self) -> str:
        """End it by a signal, as the end of a desktop's session does.

        Raises:
            Failed: it does not end, or with another code than 0.
        """
        if not self.running:
            return "it has ended"
        self.look()
        began = time.monotonic()
        self.program.process.terminate()
        self._ended(began)
        return f"took {time.monotonic() - began:.1f} s"

    def _ended(self, began: float) -> None:
        """It was asked to end; wait for it.

        Raises:
            Failed: it does not, or badly.
        """
        try:
            code = self.program.ended(_ENDS_WITHIN + 10)
        except Exception:
            raise Failed(f"{self.name} does not end") from None
        took = time.monotonic() - began
        require(code in self.codes, f"{self.name} ended with {code}: {self.program.errors}")
        require(took <= _ENDS_WITHIN, f"{self.name} took {took:.1f} s to end")

    def wake(self) -> str:
        """The machine has woken up, says the system bus."""
        self._system_bus.wake()
        return "the machine wakes"

    def pause(self, chance: random.Random) -> str:
        """The process does nothing for some seconds, as on a machine that has too much to do."""
        seconds = chance.choice([0.3, 2.0, 9.0])
        os.kill(self.program.process.pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(self.program.process.pid, signal.SIGCONT)
        return f"for {seconds:g} s"

    # --- what must hold ---------------------------------------------------------------------------------------------

    def right(self, organisations: int) -> str:
        """The status while all is well and nothing is unread."""
        return f"Online: {organisations} organisations"

    def await_true(self, condition: Callable[[], object], what: str, within: float) -> None:
        """Wait for something, and see meanwhile that nothing is wrong.

        Raises:
            Failed: it does not come to that.
        """
        deadline = time.monotonic() + within
        while not condition():
            self.look()
            require(time.monotonic() < deadline, f"{self.name}: not within {within:.0f} s: {what}; {self.status()!r}")
            time.sleep(0.05)

    def check_told(self, exactly: tuple[str, ...] = ()) -> None:
        """No message was told twice, and these once.

        Raises:
            Failed: one was, or was not.
        """
        counts = Counter(name for title in self.told() for name in _NAMED.findall(title))
        twice = [name for name, count in counts.items() if count > 1]
        require(not twice, f"{self.name} has told twice: {', '.join(twice)}")
        missing = [name for name in exactly if not counts[name]]
        require(not missing, f"{self.name} has not told: {', '.join(missing)}")

    def check_face(self, names: list[str]) -> None:
        """What is to be seen is what holds: nothing of what was read, and no question that nobody has to answer.

        Args:
            names: Of the messages of this calm, which have been read.

        Raises:
            Failed: it is not.
        """

    def check_resources(self) -> tuple[int, int]:
        """No thread and no descriptor is left of what is over; gives how many of both there are.

        Raises:
            Failed: some are.
        """
        process = psutil.Process(self.program.process.pid)

        def now() -> tuple[int, int]:
            return process.num_threads(), process.num_fds()

        first = self._first = self._first or now()
        within = time.monotonic() + _SETTLES_WITHIN
        while (found := now())[0] > first[0] or found[1] > first[1] + MOST_MORE_DESCRIPTORS:
            if time.monotonic() > within:
                held = Counter(_kind(file) for file in Path(f"/proc/{process.pid}/fd").iterdir())
                raise Failed(
                    f"{self.name} has {found[0]} threads and {found[1]} descriptors ({dict(held)}); "
                    f"in its first calm it had {first[0]} and {first[1]}"
                )
            time.sleep(0.1)
        return found

    def check_log(self) -> None:
        """Nothing unexpected is in the log, and no secret.

        Raises:
            Failed: something is.
        """
        text = self.program.log()
        found = _TROUBLE.search(text)
        if found is not None:
            start = text.rfind("\n", 0, found.start()) + 1
            raise Failed(f"{self.name} has logged:\n{text[start : start + 3000]}")
        require(self.telex.password not in text, f"{self.name}: a password is in the log")
        require(not _SECRET.search(text), f"{self.name}: a token is in the log")

    def log_tail(self, lines: int) -> str:
        """The end of its log."""
        return "\n".join(self.program.log().splitlines()[-lines:]) if self._program is not None else ""


def _kind(file: Path) -> str:
    try:
        target = os.readlink(file)
    except OSError:
        return "gone"
    return target.partition(":")[0] if ":" in target else target


ENDED = "Sign in needed (the program has ended)"


class Headless(Subject):
    """Each line is read as it comes, as by a script. A new session is a new process: it signs in by its input."""

    name = "headless"
    clicks = ("restart", "second start", "wake", "wake", "paused")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._titles: list[str] = []
        self._state: dict[str, Any] = {}
        self._unread = 0
        self._taken = 0

    def options(self) -> tuple[tuple[str, ...], str | None]:
        options, given = super().options()
        return ("--headless", "--json", *options), given

    def start(self) -> None:
        super().start()
        self._state, self._unread, self._taken = {}, 0, 0

    def look(self) -> None:
        self._read_lines()
        code = self.program.process.poll()
        if code is not None:
            require(code in self.codes[1:], f"headless has ended by itself with {code}: {self.program.errors}")

    def _read_lines(self) -> None:
        lines = self.program.lines_so_far()
        for line in lines[self._taken :]:
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError) as error:
                raise Failed(f"headless has printed a line that is none: {line[:200]!r}") from error
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
                require("had a problem" not in event["title"], f"headless: {event['title']}: {event['message']}")

    def status(self) -> str:
        if not self.running:
            return ENDED
        self._read_lines()
        state = self._state.get("state", "starting")
        if state != "online":
            return str(state)
        live, known = self._state["subscribed"], self._state["organisations"]
        unread = f", {self._unread} unread" if self._unread else ""
        return f"Online: {known} organisations{unread}" if live == known else f"Online: {live} of {known} organisations"

    def told(self) -> list[str]:
        return self._titles

    # --- what a person does with it ---------------------------------------------------------------------------------

    def click(self, what: str, chance: random.Random) -> str:
        if what == "wake":
            return self.wake()
        if not self.running:
            return "it has ended"
        if what == "restart":
            return self.sign_in_anew()
        if what == "second start":
            return self._second_start()
        return self.pause(chance)

    def _second_start(self) -> str:
        began = time.monotonic()
        self.look()
        options = ("--exit",)
        with Program(self.folder, *options, environ=self.telex.environ) as second:
            require(second.ended() == 0, f"a second start with --exit ended badly: {second.errors}")
        self._ended(began)
        self.start()
        return "--exit, and started again"

    def reconnect(self) -> str:
        return self.wake()

    def sign_in_anew(self) -> str:
        words = self.exit()
        self.start()
        return f"{words}, and started again"
