"""``python -m tests.rigs.desktops.document FOLDER [FILE.png]``: the table of checks in ``docs/desktops.md``.

It is made of the results that the checks have kept, between two marks. With a second argument it makes one picture of
all desktops instead. Of each: the icon with its badge (twice as large), the menu, the login window, a toast.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

from tests.process import ROOT

from .check import CANNOT, FAILED, Report, read
from .checks import ALL
from .known import DESKTOPS
from .pictures import Box

# --- the table --------------------------------------------------------------------------------------------------------


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
    commits = sorted({report.commit for report in reports})
    lines += ["", f"Run at {', '.join(commits)}."]
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


def main(folder: Path) -> None:
    """Write the table into the document."""
    reports = [read(file) for name in DESKTOPS if (file := folder / name / "results.json").exists()]
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n\n{table(reports)}\n\n{END}{after}")


# --- the picture ------------------------------------------------------------------------------------------------------


_STEP = 16
"""Pixels of a tile: what has changed in tiles beside each other is one thing."""
_ACROSS = 3
_CELL = (632, 640)
_GROUND, _INK = (240, 240, 244), (40, 40, 48)
_COLOURS = 255


def largest_change(before: Image.Image, after: Image.Image) -> Box:
    """Where the largest thing is that has come."""
    unlike = ImageChops.difference(before, after).convert("L").point(lambda value: 255 if value > 4 else 0)
    columns, rows = unlike.width // _STEP, unlike.height // _STEP
    tiles = {
        (column, row)
        for column in range(columns)
        for row in range(rows)
        if unlike.crop(_tile(column, row)).getbbox() is not None
    }
    things = []
    while tiles:
        waiting, thing = deque([tiles.pop()]), set()
        while waiting:
            column, row = waiting.popleft()
            thing.add((column, row))
            for beside in ((column - 1, row), (column + 1, row), (column, row - 1), (column, row + 1)):
                if beside in tiles:
                    tiles.remove(beside)
                    waiting.append(beside)
        things.append(thing)
    if not things:
        return 0, 0, 1, 1
    largest = max(things, key=len)
    across, down = [column for column, _ in largest], [row for _, row in largest]
    left, top, *_ = _tile(min(across), min(down))
    *_, right, below = _tile(max(across), max(down))
    inner = unlike.crop((left, top, right, below)).getbbox() or (0, 0, 1, 1)
    return left + inner[0], top + inner[1], left + inner[2], top + inner[3]


def compose(folder: Path) -> Image.Image:
    """The sheet of the desktops that have a folder below that one."""
    names = [name for name in DESKTOPS if (folder / name / "empty.png").exists()]
    width, height = _CELL
    sheet = Image.new("RGB", (_ACROSS * width, -(-len(names) // _ACROSS) * height), _GROUND)
    for number, name in enumerate(names):
        at = number % _ACROSS * width, number // _ACROSS * height
        sheet.paste(_desktop(folder / name, name), at)
    return sheet.quantize(_COLOURS, dither=Image.Dither.NONE)


def _desktop(folder: Path, name: str) -> Image.Image:
    cell = Image.new("RGB", _CELL, _GROUND)
    desktop = DESKTOPS[name]
    pen, font = ImageDraw.Draw(cell), ImageFont.load_default(17)
    pen.text((16, 10), desktop.title, _INK, font)
    left, top, width, height = desktop.tray
    badge, empty = _picture(folder, "badge"), _picture(folder, "empty")
    # As much of the tray as the icon is in, and what is beside it.
    part = left, top, left + width, top + height
    box = ImageChops.difference(badge.crop(part), empty.crop(part)).getbbox()
    middle = left + (box[0] + box[2]) // 2 if box else left + width // 2
    tray = badge.crop((middle - 60, top, middle + 60, top + height))
    cell.paste(tray.resize((tray.width * 2, tray.height * 2), Image.Resampling.NEAREST), (16, 44))
    menu_at = 44 + 2 * height + 12
    for kept, at, most in (
        ("menu", (16, menu_at), (240, 344)),
        ("login-typed", (272, 44), (344, 336)),
        ("toast", (16, 482), (600, 144)),
    ):
        picture = _picture(folder, kept)
        change = picture.crop(largest_change(empty, picture))
        change.thumbnail(most, Image.Resampling.LANCZOS)
        cell.paste(change, at)
    return cell


def _picture(folder: Path, name: str) -> Image.Image:
    return Image.open(folder / f"{name}.png").convert("RGB")


def _tile(column: int, row: int) -> Box:
    return column * _STEP, row * _STEP, (column + 1) * _STEP, (row + 1) * _STEP


if __name__ == "__main__":
    folder, *file = sys.argv[1:]
    if file:
        compose(Path(folder)).save(file[0], optimize=True)
    else:
        main(Path(folder))
