"""Opens the log in the desktop's viewer without waiting for the viewer, and says why if that fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psutil
import pytest

from telex_start.config_file import ConfigSource
from telex_start.desktop import starting
from telex_start.desktop.tk.opening import Windows
from telex_start.events import Event, Notice
from tests.process import TIMEOUT


class Desk:
    """A folder of programs that comes first in PATH, a log, and what the person is told of the log."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.log = folder / "telex-start.log"
        self.log.touch()
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.known = True
        """Where the log is."""
        self.told: SimpleQueue[Event] = SimpleQueue()
        monkeypatch.setenv("PATH", f"{self.programs}:{os.environ['PATH']}")

    def opens(self, script: str) -> None:
        opener = self.programs / "xdg-open"
        opener.write_text(f"#!/bin/sh\n{script}\n")
        opener.chmod(0o755)

    def open(self, token: str = "") -> None:
        Windows(self.told.put, ConfigSource(None), lambda: str(self.log) if self.known else None).open_log(token)

    def why(self) -> str:
        told = self.told.get(timeout=TIMEOUT)
        assert isinstance(told, Notice) and told.title == "The log cannot be opened" and told.needs_person
        return told.message


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path, monkeypatch)
    yield made
    assert made.told.empty()


def test_the_viewer_gets_the_log_and_the_desktops_token(desk: Desk) -> None:
    told = desk.folder / "told"
    os.mkfifo(told)
    desk.opens(f'echo "$1 $XDG_ACTIVATION_TOKEN" >{told}')
    desk.open("token-1")
    assert told.read_text() == f"{desk.log} token-1\n"


def test_a_viewer_that_stays_open_is_no_failure_and_nobodys_child(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "VIEWER_FAILS_WITHIN", 0.1)
    told, goes_on = desk.folder / "told", desk.folder / "goes on"
    os.mkfifo(told)
    os.mkfifo(goes_on)
    desk.opens(f'echo $$ >{told}; read line <"{goes_on}"')
    desk.open()
    viewer = psutil.Process(int(told.read_text()))
    try:
        for thread in threading.enumerate():
            if thread.name == "log viewer":
                thread.join(TIMEOUT)
        assert viewer.is_running()
        assert viewer not in psutil.Process().children(recursive=True)
    finally:
        goes_on.write_text("end\n")
    psutil.wait_procs([viewer], TIMEOUT)


@pytest.mark.parametrize(
    ("opener", "there", "why"),
    [
        (
            "echo 'no application for text/x-log' >&2; exit 3",
            True,
            "Nothing here opens it (xdg-open: code 3). It is {}.",
        ),
        ("", True, "Xdg-open (of xdg-utils) is not installed. It is {}."),
        ("", False, "There is none. It is {}."),
        ("", None, "There is none."),
    ],
)
def test_why_it_cannot_be_opened_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, opener: str, there: bool | None, why: str
) -> None:
    if opener:
        desk.opens(opener)
    else:
        monkeypatch.setenv("PATH", str(desk.programs))
    if not there:
        desk.log.unlink()
    desk.known = there is not None
    desk.open()
    assert desk.why() == why.format(desk.log)


def test_windows_opens_it_by_its_kind_of_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: SimpleQueue[str] = SimpleQueue()
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "startfile", opened.put, raising=False)
    desk.open()
    assert opened.get(timeout=TIMEOUT) == str(desk.log)


def test_macos_opens_it_as_text(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        assert command == ["open", "-t", str(desk.log)]
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", run)
    desk.open()
    assert desk.why() == f"Nothing here opens it (code 1). It is {desk.log}."
