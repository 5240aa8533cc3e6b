"""``python -m tests.rigs.desktops.document FOLDER``: the table of checks in ``docs/desktops.md``, between two marks.

It is made of the results that the checks have kept in that folder.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.process import ROOT

from .check import CANNOT, FAILED, Report, read
from .checks import ALL
from .known import DESKTOPS

DOCUMENT = ROOT / "docs" / "desktops.md"
BEGIN, END = "<!-- checks: made by tests/rigs/desktops/document.py -->", "<!-- end of checks -->"
_MARKS = {FAILED: "**failed**", CANNOT: "cannot"}


def table(reports: Sequence[Report]) -> str:
    """In Markdown: a row for each check, a column for each desktop, and below it why something cannot be."""
    heads = [report.desktop for report in reports]
    lines = [f"| | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for check in ALL:
        cells = [_cell(report, check.name) for report in reports]
        lines.append(f"| **{check.name}**: {check.words} | {' | '.join(cells)} |")
    lines += ["", f"Run at {', '.join(sorted({report.commit for report in reports}))}."]
    for report in reports:
        for result in report.results:
            if result.result in _MARKS:
                lines.append(f"- {report.title}, *{result.name}* {result.result}: {result.seen}.")
    return "\n".join(lines)


def _cell(report: Report, name: str) -> str:
    """What stands for a result: how an entry was chosen, where that was not by mouse or keyboard."""
    for result in report.results:
        if result.name == name:
            by_bus = ", by D-Bus" if "by dbusmenu" in result.seen else ""
            return _MARKS.get(result.result, f"yes{by_bus}")
    return "–"


if __name__ == "__main__":
    kept = [Path(sys.argv[1]) / name / "results.json" for name in DESKTOPS]
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = table([read(file) for file in kept if file.exists()])
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{rows}\n\n{END}{after}")
