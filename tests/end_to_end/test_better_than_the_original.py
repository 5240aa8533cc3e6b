"""The cases that the open C++ client fails at (the Telex contract's last table), one test a row.

Two rows are about windows: Cancel and "Login successful" in the login dialogue are in tests/desktop.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.agent import Program, headless
from tests.end_to_end.conftest import Start
from tests.servers import HISTORY, Sandbox


def change(section: str = "channels_section", **data: Any) -> dict[str, Any]:
    return {"notification_type": "unread_thread_change", "section": section, "data": data}


def test_messages_of_every_shape_are_shown_and_none_ends_the_program(start: Start) -> None:
    """C++: a direct message, `data` null or a name that is no text abort the process."""
    telex, agent = start(organisations=1)
    telex.publish_many(
        0,
        [
            change("dm_channels_section", channel_id="c1", username="Grace", thread_count=1, preview_message="Hello"),
            {"notification_type": "unread_thread_change", "section": "channels_section", "data": None},
            change(channels_id="c2", name=["no", "text"], description=7, thread_count=1),
        ],
    )
    assert (agent.event("notification")["title"], agent.event("notification")["title"]) == ("Grace", "Northwind Ops")
    assert agent.event("notification")["title"] == "Northwind Ops"
    telex.message(0, "General")
    agent.event("unread", unread=3)
    assert agent.process.poll() is None


def test_every_message_of_a_frame_counts(start: Start) -> None:
    """C++: of two JSON messages in one frame both are lost; here a ping stands between them, and is answered."""
    telex, agent = start(organisations=1)
    channel = telex.channel()
    pongs = telex.status()["pongs"]
    pushes = [
        {"push": {"channel": channel, "pub": {"data": change(channels_id=name, name=name, thread_count=1)}}}
        for name in ("alpha", "beta")
    ]
    # The sandbox takes a pong that it asked for: one of its own pings goes out first.
    telex.ping_now()
    telex.wait_until(lambda status: status["pongs"] == pongs + 1)
    telex.raw_frame("\n".join(json.dumps(push) for push in pushes))
    assert [agent.event("notification")["title"] for _ in pushes] == ["alpha", "beta"]


def test_tokens_that_run_out_are_renewed_unseen(start: Start) -> None:
    """C++: silent for ever, or 615 reconnects a second, when the connection token runs out."""
    telex, agent = start(
        "--connection-ttl", "2", "--subscription-ttl", "2", "--expired-close-delay", "1", organisations=1
    )
    telex.wait_until(lambda status: status["tokens_issued"]["connection"] >= 4, timeout=15)
    telex.message(0, "General")
    agent.event("notification")
    assert {state["state"] for state in agent.events("state")} <= {"signing_in", "connecting", "online"}
    assert len(telex.status()["connects"]) == 1


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "in order"])
def test_a_restart_of_the_server_is_one_reconnecting(start: Start, kill: bool) -> None:
    """C++: old tokens again and again, eight error boxes in 20 s. Nothing published meanwhile is lost here."""
    telex, agent = start(*HISTORY)
    telex.message(0, "Before")
    agent.event("notification", channel="Before")
    telex.restart(down_for=1.0, new_epoch=True, kill=kill)
    telex.message(0, "During")
    agent.event("state", state="reconnecting")
    agent.event("state", state="online", subscribed=2)
    telex.message(1, "After")
    agent.event("notification", channel="After")
    assert [toast["channel"] for toast in agent.events("notification")] == ["Before", "During", "After"]
    assert len(agent.events("error")) <= 1


def test_online_is_said_when_it_is_true(tmp_path: Path) -> None:
    """C++: "Login successful" before the socket is open."""
    with Sandbox() as telex:
        telex.refuse_push(503)
        with headless(tmp_path, telex) as agent:
            agent.event("error")
            agent.event("state", state="reconnecting")
            assert not [state for state in agent.events("state") if state["state"] == "online"]
            telex.refuse_push(0)
            agent.event("state", state="online", subscribed=3)


def test_one_refused_organisation_is_told_and_the_others_live(tmp_path: Path) -> None:
    """C++: an organisation whose token fails is dropped without a word."""
    with Sandbox() as telex:
        telex.fault("subscription", organisation=1, status=403, message="not in this organisation")
        with Program(
            tmp_path,
            *("--headless", "--email", telex.email, "--password-stdin"),
            environ=telex.environ,
            given=telex.password + "\n",
        ) as agent:
            agent.line(lambda line: line == "Online: 2 of 3 organisations")
            telex.message(2, "General")
            agent.line(lambda line: line.startswith("General"))
        assert "Blue Harbour Labs" in agent.log()


def test_what_happened_before_the_start_is_one_summary(tmp_path: Path) -> None:
    """Twelve unread in four conversations while the machine was off: one toast, and the counts are right."""
    with Sandbox("--organisations", "2", *HISTORY) as telex:
        for organisation, name, messages in ((0, "General", 5), (0, "Releases", 4), (1, "General", 2)):
            for _ in range(messages):
                telex.message(organisation, name)
        telex.direct(1, "Grace", "are you there?")
        telex.message(0, "Read meanwhile")
        telex.read(0, "Read meanwhile")
        with headless(tmp_path, telex) as agent:
            toast = agent.event("notification", within=20)
            assert (toast["title"], toast["body"]) == ("While you were away", "12 unread in 4 conversations")
            assert toast["summary"] is True
            telex.message(1, "Now")
            agent.event("notification", channel="Now")
            # A toast may wait for its text, the count does not: either line may be the first.
            came = [counts for counts in agent.events("unread") if counts["unread"] == 13]
            counts = came[0] if came else agent.event("unread", unread=13)
            assert (counts["mentions"], counts["conversations"]) == (0, 5)
            assert len(agent.events("notification")) == 2
