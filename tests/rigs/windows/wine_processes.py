"""Tests several starts at a time on Windows: what a second start asks the agent by the named pipe, and their log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import Sandbox

from .machine import WITHIN, Calls, Program, Windows, windows_path


@pytest.fixture
def agent(windows: Windows, telex: Sandbox) -> Iterator[Program]:
    """An agent that is online, headless."""
    with windows.agent(telex, "--headless", "--json") as program:
        program.event("state", state="online", subscribed=2)
        yield program


def test_a_pause_and_a_changed_configuration_are_heard(windows: Windows, telex: Sandbox, agent: Program) -> None:
    code, [line], errors = windows.says("pause", "1h", telex=telex)
    assert (code, line.partition("until ")[0], errors) == (0, "Notifications are paused ", "")
    assert agent.event("quiet")["quiet"] is True
    assert windows.says("pause", "off", telex=telex)[0] == 0
    windows.configuration('log_level = "debug"\nshow_text = false\n')
    assert windows.says("reload", telex=telex) == (0, ["Telex Start reads its configuration again."], "")
    agent.logs("the configuration was read anew: log_level, show_text")
    telex.message(0, "General", "the words")
    assert "the words" not in agent.event("notification")["body"]


def test_one_stays_and_one_that_was_killed_leaves_the_way_free(
    windows: Windows, telex: Sandbox, agent: Program
) -> None:
    for options in (["--headless", "--json"], []):
        assert windows.says(*options, telex=telex) == (0, [], "Telex Start is already running.\n")
    # The process that Linux knows is the very one of Windows.
    agent.process.kill()
    agent.ended()
    assert windows.says("--exit", telex=telex) == (0, ["Telex Start is not running."], "")
    with ExitStack() as stack:  # many at once
        programs = [stack.enter_context(windows.agent(telex, "--headless", "--json")) for _ in range(4)]
        for _ in range(3):
            ended = windows.wait_for(lambda: [one for one in programs if one.process.poll() is not None], "an end")
            assert (ended[0].ended(), ended[0].errors) == (0, "Telex Start is already running.\n")
            programs.remove(ended[0])
        programs[0].event("state", state="online", subscribed=2)
        assert programs[0].exit() == "Telex Start has ended."
        assert programs[0].ended(WITHIN) == 0


# The log.

WRITER = """
import logging, sys
from telex_start.process import logs
logs.MOST_BYTES = 1300
log = logs.RotatingFile(sys.argv[1])
print("open", flush=True)
for line in sys.stdin:
    log.emit(logging.LogRecord("test", logging.INFO, "", 0, line.strip(), None, None))
    print("written", flush=True)
"""
"""Writes each line that it reads, and holds the file open."""
EDITOR = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
"""Holds the file open, and lets nobody rename it."""


@pytest.fixture
def file(windows: Windows) -> Iterator[Path]:
    """Where the log is, as a path of Linux."""
    for name in windows.local.glob("test.log*"):
        name.unlink()
    yield windows.local / "test.log"
    for name in windows.local.glob("test.log*"):
        name.unlink()


@pytest.fixture
def started(windows: Windows, file: Path) -> Iterator[list[Calls]]:
    """Two writers of it."""
    with ExitStack() as stack:
        writers = [stack.enter_context(windows.python(WRITER, windows_path(file))) for _ in range(2)]
        for writer in writers:
            writer.line(lambda line: line == "open", WITHIN)
        yield writers


def write(writer: Calls, text: str) -> None:
    writer.tell(text)
    writer.line(lambda line: line == "written", WITHIN)


def test_a_file_that_two_programs_write_is_put_aside(started: list[Calls], file: Path) -> None:
    """Windows renamed no file that the other one had open: the log was emptied each time it was full."""
    one, other = started
    names = [file.with_name(f"test.log{ending}") for ending in (".2", ".1", "")]
    write(other, "the first")
    # One of them alone, until the other holds open what is to be removed.
    for number in range(12):
        write(one, f"{number} " + "x" * 400)
    write(other, "the last")
    kept = "".join(name.read_text() for name in names).splitlines()
    assert kept.pop() == "the last"
    numbers = [int(line.split()[0]) for line in kept]
    assert numbers == list(range(numbers[0], 12)), "none is lost but the oldest"
    assert len(numbers) >= 7, "as much as three files hold"
    assert sorted(file.parent.glob("test.log*")) == sorted(names)
    for number in range(4):  # both at it: each sees that the other has put the file aside
        write(other, f"{number} of the other " + "y" * 400)
        write(one, f"{number} of the one " + "x" * 400)
    kept = "".join(name.read_text() for name in names).splitlines()[-4:]
    assert [line[:12].strip() for line in kept] == ["2 of the oth", "2 of the one", "3 of the oth", "3 of the one"]


def test_a_file_that_an_editor_holds_is_emptied(started: list[Calls], file: Path, windows: Windows) -> None:
    one, other = started
    with windows.python(EDITOR, windows_path(file)) as editor:
        editor.line(lambda line: line == "open", WITHIN)
        for number in range(4):
            write(one, f"{number} " + "x" * 400)
            write(other, f"{number} " + "x" * 400)
        assert file.stat().st_size < 1500
        assert [line.split()[0] for line in file.read_text().splitlines()] == ["3", "3"]
        assert list(file.parent.glob("test.log*")) == [file]
    for number in range(4, 7):
        write(one, f"{number} " + "x" * 400)
    assert file.with_name("test.log.1").exists()
