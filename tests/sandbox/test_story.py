"""The demo story."""

from __future__ import annotations

from typing import Any

from telex_start.sandbox.conversations import AGENTS, CHANNELS, DIRECT
from telex_start.sandbox.story import SECTIONS, STORY
from tests.sandbox.raw_clients import RawPushClient, SignedTokens
from tests.servers import HISTORY, Sandbox


def test_everything_unread_is_read_at_the_end() -> None:
    unread: set[tuple[int, str, str]] = set()
    for scene in STORY:
        if scene.kind == "read":
            unread.remove((scene.organisation, scene.section, scene.name))
        elif scene.kind in SECTIONS:
            unread.add((scene.organisation, SECTIONS[scene.kind], scene.name))
    assert not unread


def test_every_call_is_ended() -> None:
    kinds = [scene.kind for scene in STORY if scene.kind in ("call", "cancel")]
    assert kinds == ["call", "cancel"]


def test_everything_written_says_who_and_what() -> None:
    for scene in STORY:
        if scene.kind in (*SECTIONS, "reply"):
            assert scene.text or scene.html or scene.media, scene
            assert scene.by or scene.kind in ("direct", "group", "agent"), scene


def test_it_is_told_again_and_again() -> None:
    with Sandbox("--story-interval", "0.01", "--rate", "0", story=True) as sandbox, RawPushClient(sandbox) as peer:
        tokens = SignedTokens(sandbox, sandbox.channel().partition("/")[2])
        peer.ask({"connect": {"token": tokens.connection()}})
        for channel in [sandbox.channel(index) for index in range(3)]:
            peer.send({"subscribe": {"channel": channel, "token": tokens.subscription(channel)}})
        heard: list[tuple[str, Any]] = []
        rounds = 0
        while rounds < 3:
            push = peer.receive().get("push")
            if push:
                heard.append((push["channel"], push["pub"]["data"]))
                rounds += heard[-1][1]["notification_type"] == "direct_call_canceled"
    assert len({channel for channel, _ in heard}) == 3
    kinds = {data["notification_type"] for _, data in heard}
    assert {"unread_thread_change", "reaction_event", "user_presence_changed"} <= kinds
    assert {"new_message", "channel_mention", "thread_reply", "direct_call_initiated"} <= kinds
    changes = [data for _, data in heard if data["notification_type"] == "unread_thread_change"]
    assert {data["section"] for data in changes} == {CHANNELS, DIRECT, AGENTS}
    counts = [data["data"]["thread_count"] for data in changes]
    assert max(counts) == 3 and counts.count(0) > 5
    assert len({data["notification_id"] for data in changes}) == len(changes)
    texts = [data["data"] for _, data in heard if data["notification_type"] == "new_message"]
    assert {"Ben Okri", "Maya Ibrahim", "Pipeline Sentinel"} <= {text["full_name"] for text in texts}


def test_it_manages_with_one_organisation_or_none() -> None:
    with Sandbox("--story-interval", "0.01", "--organisations", "1", *HISTORY, story=True) as sandbox:
        top = sandbox.publish(0, 1)["offset"]
        while sandbox.publish(0, 1)["offset"] < top + 100:
            pass
    with Sandbox("--story-interval", "0.01", "--organisations", "0", story=True) as sandbox:
        sandbox.wait_until(lambda status: status["uptime"] > 0.2)


def test_it_can_be_left_out() -> None:
    with Sandbox("--story-interval", "0.01", *HISTORY) as sandbox:
        sandbox.wait_until(lambda status: status["uptime"] > 0.2)
        assert sandbox.publish(0, 1)["offset"] == 1
