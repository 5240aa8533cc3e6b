"""The desktop starts the agent at log-in, before there is a panel; its window has the address of the last sign-in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telex_start.app.sign_in import TRAY_WITHIN
from tests.agent import configure
from tests.end_to_end.desk import Desk
from tests.process import TIMEOUT, Script, until

pytestmark = pytest.mark.desktop


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Desk]:
    """A desktop that has just started, with a window manager, and with neither panel nor icon."""
    with Desk(tmp_path, panel=False) as desk:
        yield desk


def wait_for_window(morning: Desk) -> None:
    until(morning.windows, "no login window", TRAY_WITHIN + TIMEOUT)


def test_before_the_panel_it_waits_without_a_word_and_the_window_opens_with_the_panel(morning: Desk) -> None:
    """After three seconds the agent said that there is no tray."""
    agent = morning.start("--at-login")
    end = time.monotonic() + 1
    while time.monotonic() < end:  # nothing is to happen, so there is nothing to wait for
        assert not morning.windows()
        time.sleep(0.1)
    morning.panel_comes()
    item = morning.panel.wait_for_item()
    wait_for_window(morning)
    assert morning.daemon.shown == []
    item.click("Exit")
    assert agent.ended() == 0
    assert agent.errors == ""


def test_the_window_leaves_the_focus_and_the_address_is_the_one_of_the_last_time(morning: Desk) -> None:
    morning.panel_comes()
    agent = morning.start("--login")
    item = morning.panel.wait_for_item()
    morning.window(within=TRAY_WITHIN + TIMEOUT)
    morning.types(morning.telex.email, "[Tab]", morning.telex.password, "[Return]")
    morning.item("Online: 2 organisations")
    item.click("Exit")
    assert agent.ended() == 0

    with Script("tests/desktop/editor_program.py", environ={**os.environ, **morning.environ}) as editor:
        assert editor.next_line() == "focus"
        again = morning.start("--at-login")
        item = morning.panel.wait_for_item()
        wait_for_window(morning)
        morning.types("my mail")
        assert morning.start("--login").ended() == 0
        morning.window()
        morning.types(morning.telex.password, "[Return]")
        morning.item("Online: 2 organisations")
        morning.desktop.xdotool("search", "--name", "^Editor", "windowactivate", "--sync")
        morning.types("[ctrl+q]")
        assert editor.line(lambda line: line.startswith("typed ")) == "typed my mail"
    item.click("Sign Out")
    morning.item("Signed out")
    [kept] = (morning.folder / "state" / "telex-start").glob("*.json")
    assert morning.telex.email not in kept.read_text()
    item.click("Exit")
    assert again.ended() == 0


def test_a_start_that_fails_is_said_where_somebody_sees_it(morning: Desk) -> None:
    """The error went to standard error alone, which nobody reads at log-in or after a start from a menu."""
    configure(morning.folder, 'sound = "loud"\n')
    for option in ("--at-login", "--log-level=info"):
        agent = morning.start(option)
        assert agent.ended() == 2
        assert agent.errors.startswith(f"telex-start: {morning.file}: sound is")
        toast = morning.daemon.shown.pop()
        assert toast.summary == "Telex Start has not started"
        assert toast.body.startswith(f'{morning.file}: sound is "loud"; allowed is')
        assert toast.body.endswith("telex-start doctor tells more.")


def test_what_is_wrong_in_the_file_keeps_nobody_from_the_agent_that_runs(morning: Desk) -> None:
    """With a mistake in the file, neither a second start nor --exit nor a pause reached the agent."""
    morning.panel_comes()
    agent = morning.start()
    item = morning.item("Signed out")
    configure(morning.folder, 'sound = "loud"\n')
    second = morning.start("--login")
    assert second.ended() == 2
    assert "sound is" in second.errors
    wait_for_window(morning)
    assert "sound is" in morning.toast("The configuration stays as it was")
    assert morning.start("pause", "on").ended() == 0
    morning.panel.wait_until(lambda: item.labels()[0] == "Signed out, paused", "the pause")
    assert morning.start("--exit").ended() == 0
    assert agent.ended() == 0
    nobody = morning.start("--exit")
    assert nobody.ended() == 2, "and where none is found that may be why"
    assert "sound is" in nobody.errors
