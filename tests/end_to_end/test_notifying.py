"""What a person is told, once and only once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.agent import headless
from tests.end_to_end.conftest import Start
from tests.servers import HISTORY, Sandbox


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


def test_nothing_unread_is_no_summary(tmp_path: Path) -> None:
    with Sandbox("--organisations", "1") as telex:
        telex.message(0, "General")
        telex.read(0, "General")
        with headless(tmp_path, telex) as agent:
            agent.event("state", state="online", subscribed=1)
            telex.message(0, "Now")
            agent.event("notification", channel="Now")
            assert len(agent.events("notification")) == 1


def test_what_was_missed_and_read_meanwhile_is_not_shown(start: Start) -> None:
    """The link was down; one conversation was read on the phone before it came back."""
    telex, agent = start(*HISTORY, organisations=1)
    telex.restart(down_for=1.0, new_epoch=False, wait=False)
    agent.event("state", state="reconnecting")
    telex.message(0, "Read on the phone")
    telex.message(0, "Still unread")
    telex.read(0, "Read on the phone")
    agent.event("state", state="online", subscribed=1)
    telex.message(0, "Marker")
    agent.event("notification", channel="Marker")
    assert [toast["channel"] for toast in agent.events("notification")] == ["Still unread", "Marker"]


def test_the_same_event_twice_is_shown_once(start: Start) -> None:
    telex, agent = start(organisations=1)
    data: dict[str, Any] = telex.message(0, "General")["data"]
    telex.publish(0, data)
    telex.publish(0, {**data, "notification_id": None})
    telex.message(0, "Marker")
    agent.event("notification", channel="Marker")
    assert [toast["channel"] for toast in agent.events("notification")] == ["General", "Marker"]


def test_other_types_are_silent(start: Start) -> None:
    """Reactions, presence and typing are many a minute in a busy organisation."""
    telex, agent = start(organisations=1)
    others = ("reaction_event", "user_presence_changed", "new_message", "buzz_started", "saved_message_remainder")
    telex.publish_many(0, [{"notification_type": kind, "section": "x", "data": {"name": "x"}} for kind in others])
    telex.message(0, "Marker")
    agent.event("notification")
    assert [toast["channel"] for toast in agent.events("notification")] == ["Marker"]


def test_half_an_emoji_does_not_lose_what_comes_with_it(start: Start) -> None:
    """A preview cut inside an emoji: the JSON decoder that is fast refuses the whole line."""
    telex, agent = start(organisations=1)
    raw = (
        '{"notification_type":"unread_thread_change","section":"dm_channels_section","data":'
        '{"channel_id":"c1","username":"Grace","thread_count":1,"preview_message":"cut \\ud83d"}}'
    )
    telex.publish(0, raw=raw)
    assert agent.event("notification")["body"] == "cut \N{REPLACEMENT CHARACTER}"
