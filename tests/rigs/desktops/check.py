"""What a check is, a function with a name in words that a person would use; and what came of all: kept as JSON, and
printed as one table of all desktops. ``python -m tests.rigs.desktops.check FOLDER`` puts it into ``docs/desktops.md``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.process import ROOT

from .known import DESKTOPS

if TYPE_CHECKING:
    from .stage import Stage


class Check(NamedTuple):
    """One check, the same on all desktops."""

    name: str
    words: str
    """What is so where it passes."""
    make: Callable[[Stage], str]
    """Makes it, and gives what was seen.

    Raises:
        AssertionError: it is not so.
    """


class Checks(list[Check]):
    """A list that checks are put into where they are written."""

    def add(self, name: str, words: str) -> Callable[[Callable[[Stage], str]], Callable[[Stage], str]]:
        """For a function that makes a check."""

        def added(make: Callable[[Stage], str]) -> Callable[[Stage], str]:
            self.append(Check(name, words, make))
            return make

        return added


# What came of it.


PASSED, FAILED, CANNOT = "passed", "failed", "cannot"
MARKS = {PASSED: "ok", FAILED: "FAILED", CANNOT: "cannot"}


class Result(NamedTuple):
    """What came of one check."""

    name: str
    words: str
    """What is checked, in words that a person would use."""
    result: str
    """:data:`PASSED`, :data:`FAILED`, or :data:`CANNOT`: the desktop does not have what it takes."""
    seen: str
    """What was seen; why, where it cannot."""
    seconds: float


class Report(NamedTuple):
    """What came of all checks on one desktop."""

    desktop: str
    title: str
    commit: str
    """Of what was tried; with ``+`` behind it where files were changed since."""
    results: tuple[Result, ...]

    @property
    def failed(self) -> list[Result]:
        """Those that failed."""
        return [result for result in self.results if result.result == FAILED]


def write(report: Report, file: Path) -> None:
    """Keep it."""
    value = report._asdict() | {"results": [result._asdict() for result in report.results]}
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read(file: Path) -> Report:
    """What was kept."""
    value = json.loads(file.read_text())
    return Report(**value | {"results": tuple(Result(**result) for result in value["results"])})


def table(reports: Sequence[Report]) -> str:
    """In Markdown: a row for each check, a column for each desktop; below it what failed or cannot be, and why."""
    checks = {result.name: result.words for report in reports for result in report.results}
    lines = [f"| | {' | '.join(report.desktop for report in reports)} |", f"|---|{'---|' * len(reports)}"]
    for name, words in checks.items():
        lines.append(f"| **{name}**: {words} | {' | '.join(_cell(report, name) for report in reports)} |")
    lines += ["", f"Run at {', '.join(sorted({report.commit for report in reports}))}."]
    for report in reports:
        for result in report.results:
            if result.result != PASSED:
                lines.append(f"- {report.title}, *{result.name}* {result.result}: {result.seen}.")
    return "\n".join(lines)


def _cell(report: Report, name: str) -> str:
    """What stands for a result: how an entry was chosen, where that was not by mouse or keyboard."""
    for result in report.results:
        if result.name == name:
            by_bus = ", by D-Bus" if "by dbusmenu" in result.seen else ""
            return {FAILED: "**failed**", CANNOT: CANNOT}.get(result.result, f"yes{by_bus}")
    return "–"


def document(folder: Path) -> None:
    """Put the table of the results that are kept in that folder into ``docs/desktops.md``, between two marks."""
    file, begin, end = ROOT / "docs/desktops.md", "<!-- checks: made by tests/rigs/desktops/check.py -->", "<!-- end of"
    kept = [folder / name / "results.json" for name in DESKTOPS]
    before, _, rest = file.read_text().partition(begin)
    rows = table([read(one) for one in kept if one.exists()])
    file.write_text(f"{before}{begin}\n\n{rows}\n\n{end}{rest.partition(end)[2]}")


if __name__ == "__main__":
    document(Path(sys.argv[1]))
