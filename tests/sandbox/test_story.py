"""The story that the demo tells: complete, with all read at its end, and told again and again."""

from __future__ import annotations

from typing import Any

from telex_start.sandbox.story import STORY
from tests.sandbox.conftest import join
from tests.sandbox.raw_clients import RawPushClient
from tests.servers import Sandbox

WRITTEN = ("message", "mention", "direct", "group", "agent")


def test_everything_unread_is_read_at_the_end_and_says_who_and_what() -> None:
    unread: set[tuple[int, str]] = set()
    for organisation, order, keys in STORY:
        where = next((keys[key] for key in ("name", "username", "members", "agent") if key in keys), "")
        if order == "read":
            unread.remove((organisation, where))
        elif order in WRITTEN:
            unread.add((organisation, where))
        if order in (*WRITTEN, "reply"):
            assert {"text", "html", "media"} & set(keys), keys
            assert "by" in keys or order in ("direct", "group", "agent"), keys
    assert not unread
    assert [order for _, order, _ in STORY if order in ("call", "cancel")] == ["call", "cancel"]


def test_it_is_told_again_and_again() -> None:
    with Sandbox("--story-interval", "0.01", "--rate", "0", story=True) as sandbox, RawPushClient(sandbox) as peer:
        join(peer, sandbox, 0, 1, 2)
        heard: list[tuple[str, Any]] = []
        while [data["notification_type"] for _, data in heard].count("direct_call_canceled") < 2:
            if push := peer.receive().get("push"):
                heard.append((push["channel"], push["pub"]["data"]))
    assert len({channel for channel, _ in heard}) == 3
    kinds = {data["notification_type"] for _, data in heard}
    assert {"reaction_event", "new_message", "channel_mention", "thread_reply", "direct_call_initiated"} <= kinds
    changes = [data for _, data in heard if data["notification_type"] == "unread_thread_change"]
    assert len({data["section"] for data in changes}) == 3
    counts = [data["data"]["thread_count"] for data in changes]
    assert max(counts) == 3 and counts.count(0) > 5
