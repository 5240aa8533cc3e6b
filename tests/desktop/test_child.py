"""A window in a process of its own, started, raised, heard and ended by the agent; here the window is a script."""

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
from telex_start.events import ChildEnded, ChildSaid, Event
from tests.process import TIMEOUT

POPEN = subprocess.Popen
PRELUDE = """
import os, sys, threading
from telex_start.desktop.child import Parent
parent = Parent()
data = parent.data()
over = threading.Event()
"""


class Desk:
    """The agent's side: its queue, and a child whose process runs a script of the test's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.child = Child("preferences", self.events.put)
        self.started = threading.Event()
        self._monkeypatch = monkeypatch

    def open(self, script: str, data: dict[str, Any] | None = None, token: str = "", prelude: str = PRELUDE) -> None:
        """Open the window: what runs in place of `-m telex_start` is the script."""
        package = self.folder / "telex_start_script.py"
        package.write_text(prelude + script)

        def start(command: list[str], **options: Any) -> Any:
            assert command[:4] == [sys.executable, "-P", "-m", "telex_start"]
            self.command, self.options = command, options
            self.process = POPEN([sys.executable, os.fspath(package), *command[4:]], **options)
            self.started.set()
            return self.process

        self._monkeypatch.setattr(subprocess, "Popen", start)
        self.child.open(["preferences", "--child"], data or {}, token)

    def event(self) -> Event:
        return self.events.get(timeout=TIMEOUT)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path, monkeypatch)
    yield made
    made.child.end()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("window")]


def test_it_gets_its_data_its_token_and_nothing_in_its_arguments(desk: Desk) -> None:
    desk.open(
        "parent.say(data=data, argv=sys.argv[1:], tokens=[os.environ.get(name) for name in"
        " ('DESKTOP_STARTUP_ID', 'XDG_ACTIVATION_TOKEN')])",
        {"email": "ada@example.org"},
        "token-1",
    )

    assert desk.event() == ChildSaid(
        "preferences",
        {"data": {"email": "ada@example.org"}, "argv": ["preferences", "--child"], "tokens": ["token-1", "token-1"]},
    )
    assert desk.event() == ChildEnded("preferences")
    assert desk.process.returncode == 0, "a zombie"


def test_opening_it_again_brings_it_to_the_front(desk: Desk) -> None:
    desk.open(
        "echo = lambda said: parent.say(**said)\n"
        "parent.listen(lambda token: parent.say(front=token), over.set, echo); parent.say(up=True); over.wait()"
    )
    assert desk.event() == ChildSaid("preferences", {"up": True})
    first = desk.process
    for token in ("token-2", "token-3"):
        desk.child.open(["preferences", "--child"], {}, token)
        assert desk.event() == ChildSaid("preferences", {"front": token})
        desk.child.say(after=token)  # its answer is read by the thread, right behind that line
        assert desk.event() == ChildSaid("preferences", {"after": token})

    assert desk.process is first


def test_asked_for_again_before_it_has_started_it_is_raised_once_it_listens(desk: Desk) -> None:
    desk.open("parent.listen(lambda token: parent.say(front=token), over.set); over.wait()")
    desk.child.open(["preferences", "--child"], {}, "token-2")

    assert desk.event() == ChildSaid("preferences", {"front": "token-2"})


def test_a_window_that_hangs_is_raised_once_and_blocks_nobody(desk: Desk) -> None:
    desk.open("parent.say(up=True); threading.Event().wait()")
    assert desk.event() == ChildSaid("preferences", {"up": True})
    for _ in range(10_000):  # more than a pipe holds
        desk.child.open(["preferences", "--child"], {}, "t" * 100)

    assert desk.events.empty()
    assert desk.process.poll() is None


def test_exit_ends_a_window_that_listens(desk: Desk) -> None:
    desk.open("parent.listen(print, over.set); parent.say(up=True); over.wait()")
    desk.event()
    desk.child.end()

    assert desk.process.returncode == 0
    assert desk.events.empty()


def test_exit_kills_a_window_that_hangs(desk: Desk) -> None:
    desk.open("parent.say(up=True); threading.Event().wait()")
    desk.event()
    desk.child.end()

    assert desk.process.returncode not in (None, 0)
    assert desk.events.empty()


def test_exit_kills_a_window_that_does_not_take_what_it_is_to_show(desk: Desk) -> None:
    desk.open("import threading; threading.Event().wait()", {"much": "x" * 1_000_000}, prelude="")
    assert desk.started.wait(TIMEOUT)
    desk.child.end()

    assert desk.process.wait(TIMEOUT) != 0


def test_a_window_that_cannot_be_shown_says_why(desk: Desk) -> None:
    desk.open("parent.say(failed='It needs Tk.'); sys.exit(2)")

    assert desk.event() == ChildEnded("preferences", "It needs Tk.")


def test_one_that_dies_is_told_and_its_words_are_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        desk.open("raise RuntimeError('no such colour')")
        ended = desk.event()

    assert ended == ChildEnded("preferences", "Its window ended unexpectedly (code 1); the log tells more.")
    assert "no such colour" in caplog.text


def test_one_that_cannot_be_started_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    desk.child.open(["preferences", "--child"], {})

    assert desk.event() == ChildEnded("preferences", "Its window cannot be started (No such file or directory).")


def test_asked_for_while_it_is_closing_it_is_opened_anew(desk: Desk) -> None:
    """What was asked for then was lost: its process hears the word, and ends."""
    desk.open(
        "parent.say(up=data); front = lambda token: (parent.say(late=token), over.set(), False)[2]\n"
        "parent.listen(front, over.set); over.wait()",
        {"turn": 1},
    )
    desk.event()
    desk.child.open(["preferences", "--child"], {"turn": 2}, "token-2")

    assert desk.event() == ChildSaid("preferences", {"late": "token-2"})
    assert desk.event() == ChildSaid("preferences", {"up": {"turn": 2}})


def test_it_ends_when_the_agent_is_killed(desk: Desk) -> None:
    """Its standard input ends, however the agent ends."""
    desk.open("parent.listen(print, over.set); parent.say(up=True); over.wait(); parent.say(over=True)")
    desk.event()
    assert desk.process.stdin is not None
    desk.process.stdin.close()

    assert desk.event() == ChildSaid("preferences", {"over": True})
    assert desk.event() == ChildEnded("preferences")
