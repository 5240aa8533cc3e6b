"""The agent starts, raises, hears and ends a window that is a process of its own; here that process is a script."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from telex_start.desktop.child import Child
from telex_start.errors import NO_THREAD
from telex_start.events import ChildEnded, ChildSaid, Event
from tests.conftest import Threads
from tests.process import TIMEOUT

POPEN = subprocess.Popen
WINDOW = """
import os, sys, threading
from telex_start.desktop.tk.process import show
from telex_start.errors import TelexStartError

class Window:
    forward = True
    def __init__(self, parent):
        self.say, self.over = parent.say, threading.Event()
        self.say(up=parent.data, argv=sys.argv[1:], token=os.environ.get("XDG_ACTIVATION_TOKEN"))
    def come_forward(self, token):
        self.say(front=token)
        if not self.forward:
            self.close()
        return self.forward
    def told(self, said):
        self.say(**said)
    def close(self):
        self.over.set()
    def run(self):
        self.over.wait()
        self.say(over=True)
"""
SHOW = "show(Window)\n"
HANGS = "Window.__init__ = lambda *_: None; Window.run = lambda self: threading.Event().wait()\n" + SHOW


class Desk:
    """The agent's side: its queue, and a child whose process runs a script of the test's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.child = Child("preferences", self.events.put)
        self.processes: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._monkeypatch = monkeypatch

    def open(self, script: str, data: dict[str, Any] | None = None, token: str = "") -> None:
        """Open the window: its process runs the script in place of `-m telex_start`."""
        package = self.folder / "telex_start_script.py"
        package.write_text(script)

        def start(command: list[str], **options: Any) -> Any:
            assert command[:4] == [sys.executable, "-P", "-m", "telex_start"]
            process = POPEN([sys.executable, os.fspath(package), *command[4:]], **options)
            self.processes.put(process)
            return process

        self._monkeypatch.setattr(subprocess, "Popen", start)
        self.again(token, data)

    def again(self, token: str, data: dict[str, Any] | None = None) -> None:
        self.child.open(["preferences", "--child"], data or {}, token)

    def process(self) -> subprocess.Popen[bytes]:
        return self.processes.get(timeout=TIMEOUT)

    def hears(self, **said: Any) -> None:
        assert self.events.get(timeout=TIMEOUT) == ChildSaid("preferences", said)

    def ends(self, problem: str = "") -> None:
        assert self.events.get(timeout=TIMEOUT) == ChildEnded("preferences", problem)

    def is_up(self, token: str = "", data: dict[str, Any] | None = None) -> None:
        """The window has got its data and its token, and neither by its arguments."""
        self.hears(up=data or {}, argv=["preferences", "--child"], token=token or None)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path, monkeypatch)
    yield made
    made.child.end()
    assert not [thread.name for thread in threading.enumerate() if "window" in thread.name]


def test_it_gets_its_data_its_token_and_what_it_is_told_and_comes_forward_when_it_is_opened_again(desk: Desk) -> None:
    desk.open(WINDOW + SHOW, {"email": "ada@example.org"}, "token-1")
    desk.again("token-2")  # it has not started yet
    desk.is_up("token-1", {"email": "ada@example.org"})
    desk.hears(front="token-2")
    for number in range(3):
        desk.child.say(answer=number)
    for number in range(3):
        desk.hears(answer=number)
    desk.again("token-3")
    desk.hears(front="token-3")
    assert desk.process().poll() is None and desk.processes.empty()


def test_a_window_that_hangs_is_raised_once_and_blocks_nobody_and_exit_kills_it(desk: Desk) -> None:
    desk.open(WINDOW + "def wait(*_): threading.Event().wait()\nWindow.come_forward = wait\n" + SHOW)
    desk.is_up()
    for _ in range(10_000):  # more than a pipe holds
        desk.again("t" * 100)
    process = desk.process()
    assert (desk.events.empty(), process.poll()) == (True, None)


@pytest.mark.parametrize("script", ["import threading; threading.Event().wait()", WINDOW + HANGS])
def test_exit_kills_a_window_that_does_not_hear(desk: Desk, script: str) -> None:
    desk.open(script, {"much": "x" * 1_000_000})
    process = desk.process()
    desk.child.end()
    assert process.wait(TIMEOUT) != 0
    assert desk.events.empty()


def test_exit_ends_a_window_that_listens(desk: Desk) -> None:
    """However the agent ends, the standard input of the window's process ends, and the window with it."""
    desk.open(WINDOW + SHOW)
    desk.is_up()
    process = desk.process()
    desk.child.end()
    assert process.returncode == 0
    assert desk.events.empty()


def test_asked_for_while_it_is_closing_it_is_opened_anew(desk: Desk) -> None:
    """The request was lost: the process of the closing window still read it, and ended."""
    desk.open(WINDOW + "Window.forward = False\n" + SHOW, {"turn": 1})
    desk.is_up(data={"turn": 1})
    desk.again("token-2", {"turn": 2})
    desk.hears(front="token-2")
    desk.hears(over=True)
    desk.is_up("token-2", {"turn": 2})


def test_a_window_that_cannot_be_shown_says_why_and_can_be_opened_again(desk: Desk) -> None:
    desk.open(WINDOW + "def fail(parent): raise TelexStartError('It needs Tk.')\nshow(fail)\n")
    desk.ends("It needs Tk.")
    desk.open(WINDOW + SHOW)
    desk.is_up()


def test_one_that_dies_is_told_and_its_words_are_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        desk.open("raise RuntimeError('no such colour')")
        desk.ends("Its window ended unexpectedly (code 1); the log tells more.")
    assert "no such colour" in caplog.text
    assert desk.process().returncode == 1, "a zombie"


def test_one_for_which_there_is_no_thread_is_told_and_can_be_opened_again(desk: Desk, threads: Threads) -> None:
    threads.refused = {1}
    desk.open(WINDOW + SHOW)
    desk.ends(NO_THREAD)
    assert desk.process().returncode, "a zombie"
    desk.open(WINDOW + SHOW)
    desk.is_up()


def test_one_that_cannot_be_started_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    desk.again("")
    desk.ends("Its window cannot be started (No such file or directory).")
