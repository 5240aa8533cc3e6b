"""The unread conversations in the menu of the running agent: listed, opened, and marked as read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.test_tray import Desk, browsing
from tests.panel_item import PanelItem
from tests.process import until

pytestmark = pytest.mark.desktop


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as desk:
        yield desk


def listed(desk: Desk, item: PanelItem, *labels: str) -> None:
    """Wait until the list is this."""

    def shows() -> bool:
        seen = item.labels("Recent")
        return tuple(seen[: seen.index("-")]) == labels

    desk.panel.wait_until(shows, f"the list {labels}")


def test_what_is_unread_is_listed_opened_and_marked_as_read(desk: Desk, tmp_path: Path) -> None:
    opened = browsing(desk, tmp_path)
    desk.sign_in()
    item = desk.item("Online: 2 organisations")
    listed(desk, item, "Nothing unread")
    desk.telex.message(0, "General")
    desk.telex.message(0, "General")
    sent = desk.telex.direct(1, "Ben Okri", "are you there?")["data"]["data"]
    desk.item("Online: 2 organisations, 3 unread")
    listed(desk, item, "@ Ben Okri (1)", "# General · Northwind Ops (2)")
    assert "Mute" in item.labels("Recent")
    slug = f"organisations/{desk.telex.status()['organisations'][1]['id']}"
    desk.telex.wait_until(lambda _: any(call["path"].endswith(slug) for call in desk.telex.calls(slug)), 30.0)
    item.click("Recent", "@ Ben Okri (1)")
    until(lambda: opened.exists() and opened.read_text().endswith("\n"))
    [line] = opened.read_text().splitlines()
    assert line.strip().endswith(f"/dms/{sent['channel_id']}?thread_id={sent['last_thread_id']}")
    item.click("Recent", "Mark All as Read")
    desk.item("Online: 2 organisations")
    listed(desk, item, "Nothing unread")
    readings = desk.telex.status()["readings"]
    assert (len(readings), len(set(readings))) == (2, 2)
    assert [toast.summary for toast in desk.daemon.shown if toast.summary == "Not marked as read"] == []


def test_what_was_unread_before_the_sign_in_is_listed_too(desk: Desk) -> None:
    desk.telex.message(0, "General")
    desk.telex.direct(0, "Ben Okri", "are you there?")
    desk.sign_in()
    item = desk.item("Online: 2 organisations, 2 unread")
    listed(desk, item, "@ Ben Okri (1)", "# General · Northwind Ops (1)")


def test_a_conversation_is_muted_in_the_list_and_unmuted_there(desk: Desk) -> None:
    desk.sign_in()
    item = desk.item("Online: 2 organisations")
    desk.telex.message(0, "General")
    desk.telex.direct(1, "Ben Okri", "are you there?")
    desk.item("Online: 2 organisations, 2 unread")
    listed(desk, item, "@ Ben Okri (1)", "# General · Northwind Ops (1)")
    item.click("Recent", "Mute", "# General · Northwind Ops", "Until unmuted")
    desk.item("Online: 2 organisations, 1 unread")
    listed(desk, item, "@ Ben Okri (1)")
    item.click("Recent", "Mute", "All of Blue Harbour Labs", "1 hour")
    desk.item("Online: 2 organisations")
    listed(desk, item, "Nothing unread")
    unmute = [label for label in item.labels("Recent", "Mute") if label != "-"]
    assert unmute[0] == "Unmute # General · Northwind Ops"
    assert unmute[1].startswith("Unmute Blue Harbour Labs (until ")
    item.click("Recent", "Mute", unmute[0])
    desk.item("Online: 2 organisations, 1 unread")
    listed(desk, item, "# General · Northwind Ops (1)")
