"""What a check is, a function with a name in words that a person would use; and what came of all: kept as JSON, and
printed as one table of all desktops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .stage import Stage


class Wrong(Exception):
    """What a check saw is not as it should be."""


class Check(NamedTuple):
    """One check, the same on all desktops."""

    name: str
    words: str
    """What is so where it passes."""
    make: Callable[[Stage], str]
    """Makes it, and gives what was seen.

    Raises:
        Wrong: it is not so.
    """


class Checks(list[Check]):
    """A list that checks are put into where they are written."""

    def add(self, name: str, words: str) -> Callable[[Callable[[Stage], str]], Callable[[Stage], str]]:
        """For a function that makes a check."""

        def added(make: Callable[[Stage], str]) -> Callable[[Stage], str]:
            self.append(Check(name, words, make))
            return make

        return added


def so(condition: object, seen: str) -> None:
    """What must be so.

    Raises:
        Wrong: it is not; says what was seen.
    """
    if not condition:
        raise Wrong(seen)


# --- what came of it --------------------------------------------------------------------------------------------------


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


def names(reports: Iterable[Report]) -> dict[str, str]:
    """All checks that were made, in their order, with their words."""
    return {result.name: result.words for report in reports for result in report.results}


def table(reports: Sequence[Report]) -> str:
    """A line for each check, a column for each desktop; below it what failed, and why something cannot be."""
    rows = [["check", *(report.desktop for report in reports)]]
    for name in names(reports):
        rows.append([name, *(_mark(report, name) for report in reports)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for report in reports:
        for result in report.results:
            if result.result != PASSED:
                lines.append(f"{report.desktop}: {result.name} {result.result}: {result.seen}")
    return "\n".join(lines)


def _mark(report: Report, name: str) -> str:
    found = [result.result for result in report.results if result.name == name]
    return MARKS[found[0]] if found else "-"
