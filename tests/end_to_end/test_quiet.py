"""Pauses, mutes and the list of what is unread, as a person has them: with an icon, toasts, commands and a restart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.desk import Desk
from tests.panel_item import PanelItem
from tests.servers import HISTORY

pytestmark = pytest.mark.desktop

ONLINE = "Online: 2 organisations"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, *HISTORY) as desk:
        yield desk


def test_a_mute_by_a_toast_and_a_pause_hold_over_a_restart_and_one_summary_ends_it(desk: Desk) -> None:
    agent = desk.sign_in()
    desk.item(ONLINE)
    desk.telex.message(0, "General", "one")
    # It may be shown before its text is there, and once more with it.
    desk.daemon.wait_until(lambda: any("one" in toast.body for toast in desk.daemon.shown), "the toast's text")
    desk.item(f"{ONLINE}, 1 unread")
    before = len(desk.daemon.shown)
    desk.daemon.click(desk.daemon.shown[-1].id, "mute-hour")
    desk.item(ONLINE)
    assert desk.command("pause", "on") == (0, "Notifications are paused.")
    desk.item(f"{ONLINE}, paused")
    desk.telex.message(0, "Ops", "two")
    desk.item(f"{ONLINE}, 1 unread, paused")
    agent.end()
    [file] = (desk.folder / "state" / "telex-start").glob("*.json")
    kept = json.loads(file.read_text())["remembered"]
    assert (kept["pause"], len(kept["mutes"])) == ({"until": None}, 1)
    desk.sign_in()
    # What is unread from before is the past, which is not told now either.
    desk.item(f"{ONLINE}, 1 unread, paused")
    for name in ("General", "Ops", "Releases"):
        desk.telex.message(0, name)
    desk.item(f"{ONLINE}, 3 unread, paused")
    desk.telex.read(0, "Releases")
    desk.item(f"{ONLINE}, 2 unread, paused")
    assert len(desk.daemon.shown) == before
    assert desk.command("pause", "off") == (0, "Notifications are resumed.")
    assert desk.toast("While paused") == "2 unread in 1 conversation"
    desk.telex.message(1, "Releases", "four")
    desk.daemon.wait_for(before + 2)
    assert desk.daemon.shown[before].summary == "While paused"
    desk.item(f"{ONLINE}, 3 unread")


def listed(desk: Desk, item: PanelItem, *labels: str) -> None:
    """Wait until the list is this."""

    def shows() -> bool:
        seen = item.labels("Recent")
        return tuple(seen[: seen.index("-")]) == labels

    desk.panel.wait_until(shows, f"the list {labels}")


def test_what_is_unread_is_listed_opened_muted_and_marked_as_read(desk: Desk) -> None:
    desk.browser_comes()
    desk.sign_in()
    item = desk.item(ONLINE)
    listed(desk, item, "Nothing unread")
    desk.telex.message(0, "General")
    desk.telex.message(0, "General")
    sent = desk.telex.direct(1, "Ben Okri", "are you there?")["data"]["data"]
    desk.item(f"{ONLINE}, 3 unread")
    listed(desk, item, "@ Ben Okri (1)", "# General · Northwind Ops (2)")
    desk.slug_is_known(1)
    item.click("Recent", "@ Ben Okri (1)")
    [address] = desk.opened()
    assert address.endswith(f"/dms/{sent['channel_id']}?thread_id={sent['last_thread_id']}")
    item.click("Recent", "Mute", "# General · Northwind Ops", "Until unmuted")
    desk.item(f"{ONLINE}, 1 unread")
    listed(desk, item, "@ Ben Okri (1)")
    item.click("Recent", "Mute", "Unmute # General · Northwind Ops")
    desk.item(f"{ONLINE}, 3 unread")
    item.click("Recent", "Mark All as Read")
    desk.item(ONLINE)
    listed(desk, item, "Nothing unread")
    readings = desk.telex.status()["readings"]
    assert (len(readings), len(set(readings))) == (2, 2)
    assert [toast.summary for toast in desk.daemon.shown if toast.summary == "Not marked as read"] == []
