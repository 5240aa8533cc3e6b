"""The login window as the agent opens it: a process of its own, which here is a script."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest.mock import Mock

import pytest

from telex_start.config import Given
from telex_start.desktop.tk.opening import Windows
from telex_start.events import ChildSaid, Event
from tests.conftest import Threads
from tests.process import TIMEOUT

POPEN = subprocess.Popen
SOURCE = Mock(path="/config.toml", given=lambda: {"stay_signed_in": Given("TELEX_START_STAY_SIGNED_IN", True)})
"""A configuration's."""
WINDOW = """
import json, sys, threading
def hear():
    return json.loads(sys.stdin.readline())
def say(**said):
    print(json.dumps(said), flush=True)
data = hear()
"""


class Desk:
    """The agent's side: its queue, and windows that run a script of the test's."""

    def __init__(self, script: Path) -> None:
        self.script = script
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.windows = Windows(self.events.put, SOURCE, lambda: None)
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, command: list[str], **options: Any) -> Any:
        assert command[-1] == "login", "nothing of what it is to show is an argument"
        self.processes.append(POPEN([sys.executable, str(self.script)], **options))
        return self.processes[-1]

    def open(self, script: str, email: str = "ada@example.org") -> None:
        self.script.write_text(WINDOW + script)
        self.windows.open_login(email, take_focus=True, message="Please")

    def hears(self, **said: Any) -> None:
        event = self.events.get(timeout=TIMEOUT)
        assert event == ChildSaid("login", said)
        assert "hunter2" not in repr(event)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk(tmp_path / "window.py")
    monkeypatch.setattr(subprocess, "Popen", made.start)
    yield made
    made.windows.end()
    assert not [thread.name for thread in threading.enumerate() if "window" in thread.name]


def test_it_hears_what_to_show_in_its_order_also_while_it_starts_and_what_was_typed_comes_back(desk: Desk) -> None:
    desk.open("say(heard=[data, hear(), hear(), hear()]); say(email='grace', password='hunter2'); sys.stdin.read()")
    for what, message in (("busy", "Signing in"), ("front", ""), ("failure", "No")):
        desk.windows.tell_login(what, message)
    data = {"email": "ada@example.org", "take_focus": True, "message": "Please", "path": "/config.toml"}
    data["stay_given"] = "TELEX_START_STAY_SIGNED_IN"
    shown = [{"show": "busy", "message": "Signing in"}, {"show": "front", "message": ""}]
    desk.hears(heard=[data, *shown, {"show": "failure", "message": "No"}])
    desk.hears(email="grace", password="hunter2")


@pytest.mark.parametrize("way", ["sys.stdin.read(); say(late=True)", "threading.Event().wait()"])
def test_one_that_is_closing_is_not_heard_and_the_next_is_another(desk: Desk, way: str) -> None:
    """A closing window that hangs is killed."""
    desk.open(f"say(closed=True); {way}")
    desk.hears(closed=True)
    desk.windows.close_login()
    desk.open("say(email=data['email'], password=''); sys.stdin.read()", "grace@example.org")
    desk.hears(email="grace@example.org", password="")
    assert (desk.processes[0].wait(TIMEOUT) == 0) is ("late" in way)
    assert desk.processes[1].poll() is None and desk.events.empty()


def test_where_there_is_no_thread_for_it_the_next_try_works(desk: Desk, threads: Threads) -> None:
    threads.none = True
    with pytest.raises(RuntimeError):
        desk.open("")
    threads.none = False
    desk.open("say(closed=True); sys.stdin.read()")
    desk.hears(closed=True)
