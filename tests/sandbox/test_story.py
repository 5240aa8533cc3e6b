"""The demo story."""

from __future__ import annotations

from typing import Any

from telex_start.sandbox.backend.notifications import AGENTS, CHANNELS, DIRECT
from telex_start.sandbox.story import STORY
from tests.sandbox.raw_clients import RawPushClient, SignedTokens
from tests.servers import Sandbox


def test_everything_unread_is_read_at_the_end() -> None:
    sections = {"message": CHANNELS, "mention": CHANNELS, "direct": DIRECT, "group": DIRECT, "agent": AGENTS}
    unread: set[tuple[int, str, str]] = set()
    for scene in STORY:
        if scene.kind == "read":
            unread.remove((scene.organisation, scene.section, scene.name))
        elif scene.kind in sections:
            unread.add((scene.organisation, sections[scene.kind], scene.name))
    assert not unread


def test_it_is_told_again_and_again() -> None:
    with Sandbox("--story-interval", "0.01", "--rate", "0", story=True) as sandbox, RawPushClient(sandbox) as peer:
        tokens = SignedTokens(sandbox, sandbox.channel().partition("/")[2])
        peer.ask({"connect": {"token": tokens.connection()}})
        for index in range(3):
            channel = sandbox.channel(index)
            peer.send({"subscribe": {"channel": channel, "token": tokens.subscription(channel)}})
        heard: list[tuple[str, Any]] = []
        while len(heard) < 2 * len(STORY):
            push = peer.receive().get("push")
            if push:
                heard.append((push["channel"], push["pub"]["data"]))
    assert len({channel for channel, _ in heard}) == 3
    kinds = {data["notification_type"] for _, data in heard}
    assert {"unread_thread_change", "reaction_event", "user_presence_changed"} <= kinds
    changes = [data for _, data in heard if data["notification_type"] == "unread_thread_change"]
    assert {data["section"] for data in changes} == {CHANNELS, DIRECT, AGENTS}
    counts = [data["data"]["thread_count"] for data in changes]
    assert max(counts) == 3 and counts.count(0) > 5
    assert len({data["notification_id"] for data in changes}) == len(changes)


def test_it_manages_with_one_organisation_or_none() -> None:
    with Sandbox("--story-interval", "0.01", "--organisations", "1", story=True) as sandbox:
        top = sandbox.publish(0, 1)["offset"]
        while sandbox.publish(0, 1)["offset"] < top + 100:
            pass
    with Sandbox("--story-interval", "0.01", "--organisations", "0", story=True) as sandbox:
        sandbox.wait_until(lambda status: status["uptime"] > 0.2)


def test_it_can_be_left_out() -> None:
    with Sandbox("--story-interval", "0.01") as sandbox:
        sandbox.wait_until(lambda status: status["uptime"] > 0.2)
        assert sandbox.publish(0, 1)["offset"] == 1
