"""`telex-start --headless`, as a script sees it: a process, its exit code and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Program
from tests.servers import Sandbox


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "2") as sandbox:
        yield sandbox


def signed_in(folder: Path, telex: Sandbox, *options: str) -> Program:
    return Program(
        folder,
        "--headless",
        "--json",
        "--email",
        telex.email,
        "--password-stdin",
        *options,
        environ=telex.environ,
        given=telex.password + "\n",
    )


def test_from_login_to_toast(tmp_path: Path, telex: Sandbox) -> None:
    """Signed in on the command line, each message is one line; Exit takes under 2 s and says stopped."""
    with signed_in(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=2)
        telex.message(organisation=0, name="General")
        toast = agent.event("notification")
        assert toast["title"] == "General · Northwind Ops"
        assert (toast["organisation"], toast["channel"], toast["unread"], toast["summary"]) == (
            "Northwind Ops",
            "General",
            1,
            False,
        )
        assert agent.event("unread") == {"event": "unread", "unread": 1, "mentions": 0, "conversations": 1}
        telex.read(organisation=0, name="General")
        assert agent.event("unread") == {"event": "unread", "unread": 0, "mentions": 0, "conversations": 0}
        code, seconds = agent.end()
        assert (code, agent.errors) == (0, "")
        assert seconds < 2
        agent.event("state", state="stopped")
        assert len(agent.events("notification")) == 1
