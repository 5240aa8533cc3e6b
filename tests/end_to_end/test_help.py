"""The menu's Help, as a person uses it: the agent, a panel, a window manager and the keyboard."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from telex_start import __version__
from tests.agent import Program
from tests.fake_desktop import TIMEOUT, FakeNotificationDaemon, FakePanel, RealDesktop
from tests.process import Stopwatch, until
from tests.servers import Sandbox

pytestmark = pytest.mark.desktop

ABOUT = "About Telex Start"
DOCTOR = "Telex Start – Doctor"


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


class Desk:
    """The agent on a desktop with a window manager, and what stands in for the desktop's way to open files."""

    def __init__(self, folder: Path, telex: Sandbox, stack: ExitStack) -> None:
        enter = stack.enter_context
        self.folder = folder
        self.real = enter(RealDesktop(panel=None, dunst=False))
        self.panel = enter(FakePanel(self.real.bus))
        self.daemon = enter(FakeNotificationDaemon(self.real.bus))
        self.opened = folder / "opened"
        self.opens(f'echo "$1" >{self.opened}.new; mv {self.opened}.new {self.opened}')
        environ = {**self.real.environ, **telex.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
        self.config = folder / "my own.toml"
        self.config.write_text("show_text = false\n")
        self.agent = enter(Program(folder, "--config", str(self.config), environ=environ))
        self.item = self.panel.wait_for_item()

    def opens(self, script: str) -> None:
        opener = self.folder / "xdg-open"
        opener.write_text(f"#!/bin/sh\n{script}\n")
        opener.chmod(0o755)

    def window(self, title: str) -> None:
        """Wait until the window has the focus."""
        until(lambda: self.real.active_title() == title, f"the window {title}")

    def copied(self, needed: str) -> str:
        """What Ctrl+C in the window copies, once this is in it."""
        script = "import tkinter; root = tkinter.Tk(); root.withdraw(); print(root.clipboard_get(), end='')"
        text = ""

        def came() -> bool:
            nonlocal text
            self.real.xdotool("key", "ctrl+c")
            done = subprocess.run(
                [sys.executable, "-c", script], env=self.real.environ, capture_output=True, text=True, timeout=TIMEOUT
            )
            text = done.stdout
            return needed in text

        until(came, f"{needed!r} copied")
        return text

    def windows(self) -> list[psutil.Process]:
        """The processes of the agent's windows."""
        found = []
        for process in psutil.Process(self.agent.process.pid).children():
            try:
                if {"about", "doctor"} & set(process.cmdline()):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found


@pytest.fixture
def desk(tmp_path: Path, telex: Sandbox) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(tmp_path, telex, stack)


def test_about_tells_what_holds_when_it_is_asked_for_and_doctor_knows_the_agent_and_exit_closes_both(
    desk: Desk, telex: Sandbox
) -> None:
    desk.item.click("Help", "About")
    desk.window(ABOUT)
    copied = desk.copied("Version:")
    assert f"Telex Start {__version__}" in copied
    assert "Status:        Signed out\n" in copied
    desk.item.click("Pause Notifications", "Until I resume")
    desk.panel.wait_until(lambda: "paused" in desk.item.labels()[0], "the pause")
    desk.item.click("Help", "About")
    desk.copied("Status:        Signed out, paused\n")
    assert len(desk.windows()) == 1
    desk.item.click("Help", "Doctor")
    desk.window(DOCTOR)
    copied = desk.copied("Telex Start works here.")
    assert telex.api_url in copied
    assert f"configuration       {desk.config}" in copied
    assert "running agent       one, with an icon" in copied
    assert copied.splitlines()[-1] == "Telex Start works here."
    windows = desk.windows()
    assert len(windows) == 2
    spent = Stopwatch()
    desk.item.click("Exit")
    assert desk.agent.ended() == 0
    assert spent.seconds() < 2
    psutil.wait_procs(windows, TIMEOUT)
    assert not [process for process in windows if process.is_running()]
    assert desk.agent.errors == ""


def test_the_log_is_opened_as_the_desktop_opens_it_or_it_is_said_where_it_is(desk: Desk) -> None:
    desk.item.click("Help", "Open Log")
    until(desk.opened.exists, "the log")
    path = Path(desk.opened.read_text().strip())
    assert path.name == "telex-start.log" and path.is_file()
    desk.opens("exit 3")
    desk.item.click("Help", "Open Log")
    said = desk.daemon.body_of("The log cannot be opened")
    assert said == f"Nothing here opens it (xdg-open: code 3). It is {path}."
