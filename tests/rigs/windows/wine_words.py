"""What another start asks of the one that runs, through the named pipe: pause, reload, second starts, and at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.servers import Sandbox

from .machine import WITHIN, Program, Windows

NOBODY = (0, ["Telex Start is not running."], "")


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
    assert windows.says("--exit", telex=telex) == NOBODY
    with ExitStack() as stack:  # many at once
        programs = [stack.enter_context(windows.agent(telex, "--headless", "--json")) for _ in range(4)]
        for _ in range(3):
            ended = windows.wait_for(lambda: [one for one in programs if one.process.poll() is not None], "an end")
            assert (ended[0].ended(), ended[0].errors) == (0, "Telex Start is already running.\n")
            programs.remove(ended[0])
        programs[0].event("state", state="online", subscribed=2)
        assert programs[0].exit() == "Telex Start has ended."
        assert programs[0].ended(WITHIN) == 0
