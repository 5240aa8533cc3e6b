"""The menu's Help, as a person uses it: the agent, a panel, a window manager and the keyboard."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from telex_start import __version__
from tests.end_to_end.desk import Desk, children
from tests.fake_desktop import TIMEOUT
from tests.process import Stopwatch, until

pytestmark = pytest.mark.desktop


def copied(desk: Desk, title: str, needed: str) -> str:
    """What Ctrl+C in the window of that title copies, once this is in it."""
    desk.window(title)
    text = ""

    def came() -> bool:
        nonlocal text
        desk.types("[ctrl+c]")
        text = desk.desktop.clipboard()
        return needed in text

    until(came, f"{needed!r} copied")
    return text


def test_about_tells_what_holds_when_it_is_asked_for_and_doctor_knows_the_agent_and_exit_closes_both(
    tmp_path: Path,
) -> None:
    with Desk(tmp_path, config="show_text = false\n") as desk:
        agent = desk.start()
        item = desk.item("Signed out")
        item.click("Help", "About")
        text = copied(desk, "About Telex Start", "Version:")
        assert f"Telex Start {__version__}" in text
        assert "Status:        Signed out\n" in text
        item.click("Pause Notifications", "Until I resume")
        desk.item("Signed out, paused")
        item.click("Help", "About")
        copied(desk, "About Telex Start", "Status:        Signed out, paused\n")
        item.click("Help", "Doctor")
        text = copied(desk, "Telex Start – Doctor", "Telex Start works here.")
        assert desk.telex.api_url in text
        assert f"configuration       {desk.file}" in text
        assert "running agent       one, with an icon" in text
        windows = children(agent)
        assert len(windows) == 2, "About is there once"
        spent = Stopwatch()
        item.click("Exit")
        assert agent.ended() == 0
        assert spent.seconds() < 2
        psutil.wait_procs(windows, TIMEOUT)
        assert not [process for process in windows if process.is_running()]
        assert agent.errors == ""
