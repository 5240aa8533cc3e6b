"""What the checks on real desktops are made of, as far as that needs no desktop."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from tests.rigs.desktops import check, document
from tests.rigs.desktops.check import CANNOT, FAILED, PASSED, Report, Result
from tests.rigs.desktops.checks import ALL, NAMES
from tests.rigs.desktops.checks.toasts import LITERAL
from tests.rigs.desktops.document import largest_change
from tests.rigs.desktops.known import DESKTOPS
from tests.rigs.desktops.pictures import difference, is_read, likeness

SOME = Report(
    "mate",
    "MATE 1.27",
    "abc",
    (Result("icon", "It is there", PASSED, "20", 1.0), Result("badge", "It has one", CANNOT, "no room for it", 0.0)),
)
WORSE = Report("sway", "sway 1.7", "abc", (Result("icon", "It is there", FAILED, "none", 1.0),))


def test_each_check_has_a_name_of_its_own_that_the_command_line_takes() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [name for name in NAMES if "," in name] == []


@pytest.mark.parametrize("desktop", DESKTOPS.values(), ids=DESKTOPS)
def test_what_a_desktop_cannot_do_is_a_check_and_has_a_reason(desktop: object) -> None:
    cannot = desktop.cannot  # type: ignore[attr-defined]
    assert [name for name, why in cannot.items() if name not in NAMES or not why] == []


def test_results_are_kept_and_read(tmp_path: Path) -> None:
    check.write(SOME, tmp_path / "results.json")
    assert check.read(tmp_path / "results.json") == SOME


def test_the_table_has_a_row_for_each_check_and_says_why() -> None:
    assert check.table([SOME, WORSE]).splitlines() == [
        "check  mate    sway",
        "icon   ok      FAILED",
        "badge  cannot  -",
        "mate: badge cannot: no room for it",
        "sway: icon failed: none",
    ]
    assert (SOME.failed, WORSE.failed) == ([], [WORSE.results[0]])


def test_the_documents_table_has_all_checks() -> None:
    lines = document.table([SOME, WORSE]).splitlines()
    assert len([line for line in lines if line.startswith("| **")]) == len(ALL)
    assert "| yes | **failed** |" in lines[2]
    assert lines[-2:] == ["- MATE 1.27, *badge* cannot: no room for it.", "- sway 1.7, *icon* failed: none."]


def test_markup_that_was_obeyed_or_escaped_twice_is_not_what_was_written() -> None:
    assert is_read(LITERAL, "<b>bo1d</b> &amp; <i>more</i>")
    assert not is_read(LITERAL, "bold & more")
    twice = LITERAL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert likeness(twice, LITERAL) < 0.75 < likeness(twice, twice)


def test_the_largest_thing_that_has_come_is_found_beside_a_clock() -> None:
    before = Image.new("RGB", (320, 160))
    after = before.copy()
    pen = ImageDraw.Draw(after)
    pen.rectangle((40, 50, 139, 109), "white")
    pen.rectangle((300, 2, 310, 8), "white")
    assert largest_change(before, after) == (40, 50, 140, 110)
    assert difference(before, after)[0] == (40, 2, 311, 110)
