"""Runs a target: what was kept first, then new cases until the time is up."""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

import hypothesis
from hypothesis import HealthCheck, Phase

from .material import changed, smaller
from .target import Case, Finding, NoCase, Target

CORPUS = Path(__file__).parent / "corpus"
"""Where the cases are kept, a folder for each target."""
_HANGS_AFTER = 60.0
"""Seconds after which a case will never end."""
_SIMPLIFY_WITHIN = 5.0
"""Seconds in which a case that was found is made smaller."""
_EXAMPLES = 50
"""Cases of hypothesis in a row; it keeps a tree of all that it made, which grows."""
_CHANGES_WITHIN = 2.0
"""Seconds of changed copies in a row: they cost a tenth of what hypothesis takes to make a case."""
_POOL = 400
"""Generated cases that are there to be changed, the latest."""


class Found(NamedTuple):
    """A case for which something does not hold."""

    case: Case
    error: Exception


class Figures(NamedTuple):
    """What one run has come to."""

    target: str
    kept: int
    generated: int
    changed: int
    seconds: float
    found: Found | None = None
    file: Path | None = None
    """Where the case that was found lies."""

    @property
    def cases(self) -> int:
        """All cases that were tried."""
        return self.kept + self.generated + self.changed

    def __str__(self) -> str:
        a_second = self.cases / self.seconds if self.seconds else 0.0
        counts = f"{self.cases:>9,} cases ({self.kept} kept, {self.generated:,} generated, {self.changed:,} changed)"
        return f"{self.target:<13}{counts} in {self.seconds:.0f} s: {a_second:,.0f} a second"


class Watchdog:
    """Ends the process, with the case kept, where one never comes to its end."""

    def __init__(self, keep: Callable[[Case], Path]) -> None:
        self._keep = keep
        self._at_hand: tuple[float, Case] | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def begin(self, case: Case) -> None:
        """This case is tried from now on."""
        self._at_hand = (time.monotonic(), case)

    def end(self) -> None:
        """It is over."""
        self._at_hand = None

    def _watch(self) -> None:
        while not self._done.wait(1.0):
            at_hand = self._at_hand
            if at_hand is not None and time.monotonic() - at_hand[0] > _HANGS_AFTER:
                file = self._keep(at_hand[1])
                print(f"FOUND: a case does not end within {_HANGS_AFTER:.0f} s: {file}", file=sys.stderr, flush=True)
                faulthandler.dump_traceback()
                os._exit(1)


class Run:
    """One target, for a time.

    Args:
        target: Entered already.
        corpus: Where its cases are kept, in a folder of its name; new ones go there.
        seed: Decides which cases are made.
    """

    def __init__(self, target: Target, corpus: Path, seed: int) -> None:
        self._target = target
        self._folder = corpus / target.name
        self._seed = seed
        self._watchdog: Watchdog
        self._generated = self._changed = 0
        self._pool: deque[Case] = deque(maxlen=_POOL)

    def replay(self) -> Figures:
        """Try what was kept, until something does not hold."""
        began = time.monotonic()
        cases = self._kept()
        with Watchdog(self._keep) as self._watchdog:
            for number, (file, case) in enumerate(cases.items(), 1):
                if (found := self._try(case)) is not None:
                    return Figures(self._target.name, number, 0, 0, time.monotonic() - began, found, file)
        return Figures(self._target.name, len(cases), 0, 0, time.monotonic() - began)

    def run(self, seconds: float) -> Figures:
        """Try what was kept, and then new cases for so many seconds; a case that is found is kept."""
        began = time.monotonic()
        figures = self.replay()
        if figures.found is not None:
            return figures
        with Watchdog(self._keep) as self._watchdog:
            found = self._new_cases(began + seconds)
            if found is not None:
                found = self._simplified(found)
        return figures._replace(
            generated=self._generated,
            changed=self._changed,
            seconds=time.monotonic() - began,
            found=found,
            file=self._keep(found.case) if found is not None else None,
        )

    def _new_cases(self, end: float) -> Found | None:
        chance = random.Random(self._seed)
        seeds = [*self._kept().values()]
        while time.monotonic() < end:
            if (found := self._generate(chance.randrange(1 << 32), end)) is not None:
                return found
            stop = min(end, time.monotonic() + _CHANGES_WITHIN)
            pool = [*seeds, *self._pool]
            while time.monotonic() < stop:
                case = changed(chance.choice(pool), chance, pool)
                self._changed += 1
                if (found := self._try(case)) is not None:
                    return found
        return None

    def _generate(self, seed: int, end: float) -> Found | None:
        """Cases that hypothesis makes; the first for which something does not hold."""
        found: list[Found] = []

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=[*HealthCheck],
        )
        @hypothesis.given(self._target.cases)
        def one(case: Case) -> None:
            if found or time.monotonic() >= end:
                return
            case = json.loads(json.dumps(case))  # as it will be read from a file
            self._generated += 1
            self._pool.append(case)
            if (each := self._try(case)) is not None:
                found.append(each)

        one()
        return found[0] if found else None

    def _try(self, case: Case) -> Found | None:
        self._watchdog.begin(case)
        try:
            self._within_bounds(case)
        except NoCase:
            return None
        except Exception as error:
            return Found(case, error)
        finally:
            self._watchdog.end()
        return None

    def _within_bounds(self, case: Case) -> None:
        """Try a case.

        Raises:
            Finding: it took too much processor time, twice: the first time may have paid for something else.
            Exception: what the target has found.
        """
        for _ in range(2):
            began = time.thread_time()
            self._target.run(case)
            took = time.thread_time() - began
            if took <= self._target.within:
                return
        raise Finding(f"it took {took:.1f} s of processor time")

    def _simplified(self, found: Found) -> Found:
        """The same finding with a smaller case, as far as that goes in a few seconds."""
        end = time.monotonic() + _SIMPLIFY_WITHIN
        kind = type(found.error)
        going = True
        while going:
            going = False
            for less in smaller(found.case):
                if time.monotonic() > end:
                    return found
                again = self._try(less)
                if again is not None and type(again.error) is kind:
                    found, going = again, True
                    break
        return found

    # --- the corpus -------------------------------------------------------------------------------------------------

    def _kept(self) -> dict[Path, Case]:
        return {file: json.loads(file.read_text()) for file in sorted(self._folder.glob("*.json"))}

    def _keep(self, case: Case) -> Path:
        text = json.dumps(case, indent=1) + "\n"
        file = self._folder / f"found-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file
