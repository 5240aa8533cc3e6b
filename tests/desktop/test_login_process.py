"""The login window as the agent sees it: a process of its own, which here is a script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from telex_start.desktop.tk.login import LoginProcess
from telex_start.errors import TelexStartError
from telex_start.events import Event, WindowClosed, WindowSubmitted
from tests.process import TIMEOUT

POPEN = subprocess.Popen
PRELUDE = """
import threading
from telex_start.desktop.child import Parent
parent = Parent()
data = parent.data()
over = threading.Event()
def answers(word):
    parent.listen(lambda token: None, over.set, lambda said: parent.say(**word(said)))
    over.wait()
"""


class Opened:
    """A window that is open, the events that came of it, and the main thread's loop."""

    def __init__(self, window: LoginProcess, events: SimpleQueue[Event]) -> None:
        self.window = window
        self.events = events
        self.came: list[Event] = []

    def run(self, until: Callable[[Event], object]) -> None:
        """Run it until an event for which ``until`` says so closes it."""

        def turn() -> float:
            while not self.events.empty():
                event = self.events.get()
                self.came.append(event)
                if until(event):
                    self.window.close()
            return TIMEOUT

        self.window.run(turn)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Opened]]:
    processes: list[subprocess.Popen[bytes]] = []

    def open_it(script: str) -> Opened:
        file = tmp_path / "window.py"
        file.write_text(PRELUDE + script)

        def start(command: list[str], **options: Any) -> Any:
            assert command[-1] == "login", "nothing of what it is to show is an argument"
            processes.append(POPEN([sys.executable, str(file)], **options))
            return processes[-1]

        monkeypatch.setattr(subprocess, "Popen", start)
        events: SimpleQueue[Event] = SimpleQueue()

        def dispatch(event: Event) -> None:
            events.put(event)
            window.wake()

        window = LoginProcess(dispatch, "ada@example.org", take_focus=True, message="Please")
        return Opened(window, events)

    yield open_it
    for process in processes:
        assert process.wait(TIMEOUT) is not None


def test_what_was_typed_comes_back_and_closing_ends_the_process(opened: Callable[[str], Opened]) -> None:
    window = opened("parent.say(email=data['email'], password='secret'); answers(lambda said: said)")
    window.run(lambda event: True)
    assert window.came == [WindowSubmitted("ada@example.org", "secret")]


def test_it_is_told_what_to_show_in_its_order_also_while_it_starts(opened: Callable[[str], Opened]) -> None:
    words = """
heard = []
def word(said):
    heard.append((said["show"], said["message"]))
    if len(heard) == 3:
        return {"email": repr(heard), "password": "x"}
    return {"other": 1}
answers(word)
"""
    window = opened(words)
    window.window.show("busy", "Signing in")
    window.window.come_forward()
    window.window.show("failure", "No")
    window.run(lambda event: True)
    shown = [("busy", "Signing in"), ("front", ""), ("failure", "No")]
    assert window.came == [WindowSubmitted(repr(shown), "x")]


def test_a_window_that_the_person_closes_says_so(opened: Callable[[str], Opened]) -> None:
    window = opened("parent.say(closed=True); answers(lambda said: said)")
    window.run(lambda event: True)
    assert window.came == [WindowClosed()]


def test_why_it_cannot_be_shown_is_raised(opened: Callable[[str], Opened]) -> None:
    window = opened("parent.say(failed='There is no Tk.'); raise SystemExit(2)")
    with pytest.raises(TelexStartError, match="There is no Tk"):
        window.run(lambda event: False)
    assert isinstance(window.events.get_nowait(), WindowClosed)


def test_one_that_dies_is_closed_and_says_why(opened: Callable[[str], Opened]) -> None:
    window = opened("import os; os.abort()")
    with pytest.raises(TelexStartError, match="ended unexpectedly"):
        window.run(lambda event: False)


def test_secrets_are_not_in_what_it_looks_like(opened: Callable[[str], Opened]) -> None:
    window = opened("parent.say(email='a@b', password='hunter2'); answers(lambda said: said)")
    window.run(lambda event: True)
    assert "hunter2" not in repr(window.came) + repr(window.window.__dict__)
