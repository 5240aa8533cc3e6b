"""Defines a check (a function with a name and a sentence for people) and the report of all, kept as JSON.

``python -m tests.rigs.desktops.check FOLDER`` makes one table of all desktops' reports in ``docs/desktops.md``.
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
    """One check, the same for all desktops."""

    name: str
    words: str
    """What holds if it passes, in words that a person would use."""
    make: Callable[[Stage], str]
    """Makes the check, and gives in words what was seen.

    Raises:
        AssertionError: the check failed.
    """


class Checks(list[Check]):
    """A list of checks, filled by the decorator :meth:`add`."""

    def add(self, name: str, words: str) -> Callable[[Callable[[Stage], str]], Callable[[Stage], str]]:
        """Decorate the function that makes a check: adds it to the list."""

        def added(make: Callable[[Stage], str]) -> Callable[[Stage], str]:
            self.append(Check(name, words, make))
            return make

        return added


# The results.


PASSED, FAILED, CANNOT = "passed", "failed", "cannot"
MARKS = {PASSED: "ok", FAILED: "FAILED", CANNOT: "cannot"}


class Result(NamedTuple):
    """The result of one check."""

    name: str
    words: str
    """What holds if the check passes, in words that a person would use."""
    result: str
    """:data:`PASSED`, :data:`FAILED`, or :data:`CANNOT`: the desktop lacks what the check needs."""
    seen: str
    """What was seen, or why the check cannot be made."""
    seconds: float


class Report(NamedTuple):
    """The results of all checks on one desktop."""

    desktop: str
    title: str
    commit: str
    """The commit that was tried, with ``+`` after it if files were changed since."""
    results: tuple[Result, ...]

    @property
    def failed(self) -> list[Result]:
        """The results of the checks that failed."""
        return [result for result in self.results if result.result == FAILED]


def write(report: Report, file: Path) -> None:
    """Write a report into a file, as JSON."""
    value = report._asdict() | {"results": [result._asdict() for result in report.results]}
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def read(file: Path) -> Report:
    """Read a report that :func:`write` has written."""
    value = json.loads(file.read_text())
    return Report(**value | {"results": tuple(Result(**result) for result in value["results"])})


def table(reports: Sequence[Report]) -> str:
    """A Markdown table with a row for each check and a column for each desktop; below it the reasons of what failed."""
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
    """The table's cell for a result; it also says if a menu entry was chosen by D-Bus, not by mouse or keyboard."""
    for result in report.results:
        if result.name == name:
            by_bus = ", by D-Bus" if "by dbusmenu" in result.seen else ""
            return {FAILED: "**failed**", CANNOT: CANNOT}.get(result.result, f"yes{by_bus}")
    return "–"


def document(folder: Path) -> None:
    """Put the table of the reports in that folder into ``docs/desktops.md``, between two marks."""
    file, begin, end = ROOT / "docs/desktops.md", "<!-- checks: made by tests/rigs/desktops/check.py -->", "<!-- end of"
    kept = [folder / name / "results.json" for name in DESKTOPS]
    before, _, rest = file.read_text().partition(begin)
    rows = table([read(one) for one in kept if one.exists()])
    file.write_text(f"{before}{begin}\n\n{rows}\n\n{end}{rest.partition(end)[2]}")


if __name__ == "__main__":
    document(Path(sys.argv[1]))
