"""The menu's Help, as a person uses it: the agent, a panel, a window manager and the keyboard."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from telex_start import __version__
from tests.end_to_end.test_preferences_by_keyboard import Person
from tests.fake_desktop import TIMEOUT
from tests.process import until
from tests.stopwatch import Stopwatch

pytestmark = pytest.mark.desktop

PASTE = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get(), end='')"
"""What another program would paste."""


def copied(person: Person, title: str, needed: str) -> str:
    """What Ctrl+C in the window of that title copies, once this is in it."""
    until(lambda: person.desktop.active_title() == title, f"the window {title}")
    text = ""

    def came() -> bool:
        nonlocal text
        person.presses("ctrl+c")
        command, environ = [sys.executable, "-c", PASTE], person.desktop.environ
        text = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=TIMEOUT).stdout
        return needed in text

    until(came, f"{needed!r} copied")
    return text


def test_about_tells_what_holds_when_it_is_asked_for_and_doctor_knows_the_agent_and_exit_closes_both(
    tmp_path: Path,
) -> None:
    about = "About Telex Start"
    with ExitStack() as stack:
        person = Person(stack, tmp_path, "show_text = false\n", agent=False)
        agent = person.run()
        person.item = item = person.desktop.wait_for_item()
        item.click("Help", "About")
        text = copied(person, about, "Version:")
        assert f"Telex Start {__version__}" in text
        assert "Status:        Signed out\n" in text
        item.click("Pause Notifications", "Until I resume")
        person.sees("Signed out, paused")
        item.click("Help", "About")
        copied(person, about, "Status:        Signed out, paused\n")
        item.click("Help", "Doctor")
        text = copied(person, "Telex Start – Doctor", "Telex Start works here.")
        assert person.telex.api_url in text
        assert f"configuration       {person.file}" in text
        assert "running agent       one, with an icon" in text
        windows = psutil.Process(agent.process.pid).children()
        assert len(windows) == 2, "About is there once"
        spent = Stopwatch()
        item.click("Exit")
        assert agent.ended() == 0
        assert spent.seconds() < 2
        psutil.wait_procs(windows, TIMEOUT)
        assert not [process for process in windows if process.is_running()]
        assert agent.errors == ""
