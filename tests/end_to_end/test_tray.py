"""The agent with its icon, as a panel and a notification daemon see it: a private bus, and no mouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent import Program
from tests.end_to_end.desk import Desk
from tests.process import Stopwatch

pytestmark = pytest.mark.desktop


def test_a_start_says_how_to_sign_in_and_exit_leaves_nothing(desk: Desk) -> None:
    agent = desk.start()
    item = desk.item("Signed out")
    assert "choose Login" in desk.toast("Telex Start is signed out")
    spent = Stopwatch()
    item.click("Exit")
    assert agent.ended() == 0
    assert spent.seconds() < 2
    assert not list((desk.folder / "run" / "telex-start").glob("*.sock"))
    assert agent.errors == ""


def test_signed_in_the_menu_and_toasts_speak(desk: Desk) -> None:
    agent = desk.sign_in()
    item = desk.item("Online: 2 organisations")
    entries = {entry.label: entry.enabled for entry in item.menu()}
    assert (entries["Login"], entries["Sign Out"]) == (False, True)
    assert "Reconnect Now" not in entries
    desk.telex.message(0, "General")
    desk.telex.direct(1, "Grace", html="<p><b>are</b> you &lt;there&gt;?</p>")
    assert desk.toast("General · Northwind Ops")
    assert desk.toast("Grace Lindqvist · Blue Harbour Labs") == "are you &lt;there&gt;?"
    desk.item("Online: 2 organisations, 2 unread")
    item.click("Test Notifications")
    assert "2 unread, 1 mention" in desk.toast("General · Telex")
    item.click("Sign Out")
    desk.item("Signed out")
    desk.telex.wait_until(lambda status: status["logouts"] == 1)
    assert not desk.telex.status()["push_connections"]
    assert agent.process.poll() is None


def test_a_session_that_is_over_is_said_without_a_window_and_taken_back_at_exit(tmp_path: Path) -> None:
    """The toast was of critical urgency and outlived Exit. No window can come here, as there is no XWayland."""
    with Desk(tmp_path) as desk:
        desk.environ |= {"DISPLAY": "", "WAYLAND_DISPLAY": "wayland-0"}
        agent = desk.sign_in()
        item = desk.item("Online: 2 organisations")
        desk.telex.revoke_session()
        desk.telex.kick(3005)
        words = desk.toast("Please sign in again")
        assert "XWayland" in words
        assert "--email NAME --password-stdin" in words
        shown = desk.daemon.shown[-1]
        assert shown.hints["urgency"] == ("y", 1)
        item.click("Exit")
        assert agent.ended() == 0
        assert desk.daemon.closed == [shown.id]


def test_a_click_on_a_toast_opens_the_conversation_in_the_browser(desk: Desk) -> None:
    desk.browser_comes()
    desk.sign_in()
    desk.item("Online: 2 organisations")
    sent = desk.telex.direct(1, "Ben Okri", "the build is green")["data"]["data"]
    assert desk.toast("Ben Okri · Blue Harbour Labs") == "the build is green"
    toast = desk.daemon.shown[-1]
    desk.slug_is_known(1)
    desk.daemon.token(toast.id, "token-1")
    desk.daemon.click(toast.id)
    address, token = desk.opened()
    assert address.startswith(desk.telex.api_url.removesuffix("api/v1"))
    assert address.endswith(f"/dms/{sent['channel_id']}?thread_id={sent['last_thread_id']}")
    assert token == "token-1"


@pytest.mark.parametrize("moment", ["signing in", "silent daemon"])
def test_exit_takes_under_two_seconds(desk: Desk, moment: str) -> None:
    if moment == "signing in":
        desk.telex.fault("login", delay=30)
        agent = desk.sign_in()
        item = desk.item("Signing in")
    else:
        desk.daemon.mode = "silent"
        agent = desk.sign_in()
        item = desk.item("Online: 2 organisations")
        desk.telex.message(0, "General")
        desk.daemon.wait_for(1)
    spent = Stopwatch()
    item.click("Exit")
    assert agent.ended() == 0
    assert spent.seconds() < 2, agent.log()


def test_without_a_tray_it_runs_on_and_says_so(tmp_path: Path) -> None:
    with Desk(tmp_path, panel=False) as desk:
        agent = desk.sign_in()
        assert "Notifications come all the same" in desk.toast("No tray for the icon")
        desk.telex.message(0, "General")
        desk.toast("General · Northwind Ops")
        desk.panel_comes()
        item = desk.panel.wait_for_item()
        desk.panel.wait_until(lambda: item.labels()[0].startswith("Online"), "the icon")
        item.click("Exit")
        assert agent.ended() == 0


def test_nowhere_for_an_icon_is_one_line_and_code_2(tmp_path: Path) -> None:
    with Program(tmp_path) as agent:
        assert agent.ended() == 2
        assert agent.errors.count("\n") == 1
        assert "--headless" in agent.errors
