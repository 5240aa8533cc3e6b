"""The login window as the agent sees it: a process of its own, which here is a script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from telex_start.desktop.tk.login import LoginProcess
from telex_start.errors import TelexStartError
from telex_start.events import Event, WindowClosed, WindowSubmitted
from tests.process import TIMEOUT

POPEN = subprocess.Popen
WINDOW = """
import json, sys
data = json.loads(sys.stdin.readline())
def say(**said):
    print(json.dumps(said), flush=True)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Opens a window that is this script, runs it until an event closes it, and gives the events."""

    def start(command: list[str], **options: Any) -> Any:
        assert command[-1] == "login", "nothing of what it is to show is an argument"
        return POPEN([sys.executable, str(tmp_path / "window.py")], **options)

    monkeypatch.setattr(subprocess, "Popen", start)

    def run_it(script: str, orders: Callable[[LoginProcess], object] = bool) -> list[Any]:
        (tmp_path / "window.py").write_text(WINDOW + script)
        events: SimpleQueue[Event] = SimpleQueue()
        came: list[Any] = []

        def dispatch(event: Event) -> None:
            events.put(event)
            window.wake()

        def turn() -> float:
            while not events.empty():
                came.append(events.get())
                window.close()
            return TIMEOUT

        window = LoginProcess(dispatch, "ada@example.org", take_focus=True, message="Please")
        orders(window)
        try:
            window.run(turn)
        except TelexStartError as error:
            return [error.message, events.get_nowait()]
        assert "hunter2" not in repr(vars(window))
        return came

    return run_it


def test_what_was_typed_comes_back(run: Callable[..., list[Any]]) -> None:
    came = run("say(email=data['email'] + data['message'], password='hunter2'); sys.stdin.read()")
    assert came == [WindowSubmitted("ada@example.orgPlease", "hunter2")]
    assert "hunter2" not in repr(came)


def test_it_is_told_what_to_show_in_its_order_also_while_it_starts(run: Callable[..., list[Any]]) -> None:
    def orders(window: LoginProcess) -> None:
        window.show("busy", "Signing in")
        window.come_forward()
        window.show("failure", "No")

    heard = "heard = [list(json.loads(sys.stdin.readline()).values()) for _ in range(3)]\n"
    came = run(heard + "say(email=repr(heard), password=''); sys.stdin.read()", orders)
    assert came == [WindowSubmitted("[['busy', 'Signing in'], ['front', ''], ['failure', 'No']]", "")]


def test_a_window_that_the_person_closes_says_so(run: Callable[..., list[Any]]) -> None:
    assert run("say(closed=True); sys.stdin.read()") == [WindowClosed()]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("say(failed='There is no Tk.'); raise SystemExit(2)", "There is no Tk"),
        ("import os; os.abort()", "ended unexpectedly"),
    ],
)
def test_why_it_cannot_be_shown_or_died_is_raised(run: Callable[..., list[Any]], script: str, why: str) -> None:
    words, closed = run(script)
    assert why in words and closed == WindowClosed()
