"""What the checks on real desktops are made of, as far as that needs no desktop."""

from __future__ import annotations

import pytest

from tests.rigs.desktops.check import CANNOT, FAILED, PASSED, Report, Result, table
from tests.rigs.desktops.checks import NAMES
from tests.rigs.desktops.checks.toasts import LITERAL
from tests.rigs.desktops.known import DESKTOPS
from tests.rigs.desktops.pictures import is_read, likeness


def test_each_check_has_a_name_of_its_own_that_the_command_line_takes() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [name for name in NAMES if "," in name] == []


@pytest.mark.parametrize("desktop", DESKTOPS.values(), ids=DESKTOPS)
def test_what_a_desktop_cannot_do_is_a_check_and_has_a_reason(desktop: object) -> None:
    cannot = desktop.cannot  # type: ignore[attr-defined]
    assert [name for name, why in cannot.items() if name not in NAMES or not why] == []


def test_what_failed_is_told() -> None:
    cannot = Result("badge", "It has one", CANNOT, "no room for it", 0.0)
    some = Report("mate", "MATE 1.27", "abc", (Result("icon", "It is there", PASSED, "20", 1.0), cannot))
    worse = Report("sway", "sway 1.7", "abc", (Result("icon", "It is there", FAILED, "none", 1.0),))
    assert table([some, worse]).splitlines()[1:] == [
        "icon   ok      FAILED",
        "badge  cannot  -",
        "mate: badge cannot: no room for it",
        "sway: icon failed: none",
    ]
    assert (some.failed, worse.failed) == ([], [worse.results[0]])


def test_markup_that_was_obeyed_or_escaped_twice_is_not_what_was_written() -> None:
    assert is_read(LITERAL, "<b>bo1d</b> &amp; <i>more</i>")
    assert not is_read(LITERAL, "bold & more")
    twice = LITERAL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert likeness(twice, LITERAL) < 0.75 < likeness(twice, twice)
