"""The session's queue of commands: it tells whether a command waits that ends the work under way."""

from __future__ import annotations

import pytest

from telex_start.events import CancelSignIn, Command, ReconnectNow, SignIn, SignOut, Stop
from telex_start.session.state import Commands


@pytest.mark.parametrize("leaving", [SignOut(), CancelSignIn(), Stop()])
def test_one_that_leaves_is_seen_until_it_is_taken(leaving: Command) -> None:
    commands = Commands(lambda: 0.0)
    for command in (ReconnectNow(), SignIn("e", "p"), leaving, leaving):
        commands.put(command)
    for expected in (True, True, True, False):
        commands.next()
        assert commands.leaving() is expected
    commands.put(leaving)
    assert commands.leaving()
    assert commands.until(0.0) is leaving
    assert not commands.leaving()
    assert commands.until(0.0) is None


def test_others_leave_nothing() -> None:
    commands = Commands(lambda: 0.0)
    commands.put(ReconnectNow())
    commands.put(SignIn("e", "p"))
    assert not commands.leaving()
