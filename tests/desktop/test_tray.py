"""The icon, its title and its menu, as a panel on a private bus sees them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from telex_start import events
from telex_start.desktop import icons
from telex_start.desktop.pixmaps import SIZES
from telex_start.desktop.tray import tray as tray_module
from telex_start.errors import NoPlaceForIcon
from telex_start.menu import MenuItem, Muted, MuteFor, Unread
from telex_start.states import State
from telex_start.toast import Conversation
from tests.fake_desktop import FakePanel, PanelItem, PrivateBus
from tests.process import TIMEOUT
from tests.statusnotifier.tray import Surface

SIGNED_OUT = [
    *("Signed out", "-", "Login", "-", "Open Main App", "Close Main App", "-", "Recent", "Pause Notifications", "-"),
    *("Test Notifications", "Preferences…", "Help", "-", "Exit"),
]
GENERAL, BEN = ("o/u", "channels_section", "General"), ("o/u", "dm_channels_section", "d1")
BLUE = Muted(("p/u", "", ""), "Blue Harbour")


def unread(key: tuple[str, str, str], name: str, counts: str = "1") -> Unread:
    return Unread(key, f"{name} ({counts})", "Northwind Ops", False, name)


@pytest.fixture(autouse=True)
def without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """An icon needs none."""
    monkeypatch.delenv("DISPLAY", raising=False)


@contextmanager
def shown(bus: PrivateBus, panel: FakePanel) -> Iterator[tuple[Surface, PanelItem]]:
    """A tray and its icon."""
    with Surface(bus.environ) as surface:
        assert surface.next() == events.TrayAppeared()
        yield surface, panel.wait_for_item()


def test_icon_appears_with_its_picture_title_and_a_complete_menu(private_bus: PrivateBus, panel: FakePanel) -> None:
    with shown(private_bus, panel) as (_, item):
        assert (item.property("Status"), item.property("Title")) == ("Active", "Telex: Signed out")
        assert item.labels() == SIGNED_OUT
        assert [entry.label for entry in item.menu() if not entry.enabled] == ["Signed out"]
        drawn = {size: icons.argb32(icons.draw(State.SIGNED_OUT, 0, size)) for size in SIZES}
        assert {width: bytes(pixels) for width, _, pixels in item.property("IconPixmap")} == drawn


def test_clicks_on_the_icon_itself_are_told_and_the_wheel_does_nothing(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    with shown(private_bus, panel) as (surface, item):
        item.scroll()
        item.middle_click()
        item.activate()
        assert [surface.next(), surface.next()] == [events.IconMiddleClicked(), events.IconClicked()]


def test_each_item_of_the_menu_asks_for_what_it_says(private_bus: PrivateBus, panel: FakePanel) -> None:
    with shown(private_bus, panel) as (surface, item):
        pauses = ["30 minutes", "1 hour", "4 hours", "Until tomorrow (8:00)", "Until I resume"]
        for into, labels in (("Pause Notifications", pauses), ("Help", ["Doctor", "Open Log", "-", "About"])):
            assert item.labels(into) == labels
            for label in labels:
                if label != "-":
                    item.click(into, label)
                    assert surface.next() == events.MenuClicked(MenuItem(label))
        for label in ("Login", "Open Main App", "Close Main App", "Test Notifications", "Preferences…", "Exit"):
            item.click(label)
            assert surface.next() == events.MenuClicked(MenuItem(label))
        surface.show(state=State.RECONNECTING, status="Reconnecting: no network")
        panel.wait_until(lambda: "Sign Out" in item.labels(), "Sign Out in the menu")
        for label in ("Reconnect Now", "Sign Out"):
            item.click(label)
            assert surface.next() == events.MenuClicked(MenuItem(label))


def test_while_paused_there_is_resume_in_the_place_of_pause(private_bus: PrivateBus, panel: FakePanel) -> None:
    with shown(private_bus, panel) as (surface, item):
        surface.show(state=State.SIGNED_OUT, status="Signed out", resumable=True)
        panel.wait_until(lambda: "Resume Notifications" in item.labels(), "Resume Notifications")
        renamed = ["Resume Notifications" if label == "Pause Notifications" else label for label in SIGNED_OUT]
        assert item.labels() == renamed
        item.click("Resume Notifications")
        assert surface.next() == events.MenuClicked(MenuItem.RESUME)
        assert "LayoutUpdated" not in item.signals()  # an open menu stays as it is, but for the one entry


def test_the_unread_conversations_are_listed_newest_first_and_open_by_a_click(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    with shown(private_bus, panel) as (surface, item):
        entries = {entry.label: entry.enabled for entry in item.menu("Recent") if not entry.separator}
        assert entries == {"Nothing unread": False, "Mark All as Read": False}
        surface.show(recent=(unread(BEN, "@ Ben Okri"), unread(GENERAL, "# General · N_O", "3, mentions you")))
        listed = ["@ Ben Okri (1)", "# General · N_O (3, mentions you)", "-", "Mark All as Read", "Mute"]
        panel.wait_until(lambda: item.labels("Recent") == listed, "the conversations")
        item.click("Recent", "@ Ben Okri (1)")
        assert surface.next() == events.UnreadClicked(Conversation(*BEN))
        item.click("Recent", "Mark All as Read")
        assert surface.next() == events.MenuClicked(MenuItem.MARK_ALL_AS_READ)


def test_conversations_and_organisations_are_muted_and_unmuted_in_the_list(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    with shown(private_bus, panel) as (surface, item):
        other = Muted(("o/u", "channels_section", "Random"), "# Random", "until 14:30")
        surface.show(recent=(unread(BEN, "@ Ben Okri"), unread(GENERAL, "# General", "3")), muted=(other, BLUE))
        panel.wait_until(lambda: "Mute" in item.labels("Recent"), "Mute in the menu")
        assert item.labels("Recent", "Mute") == [
            *("@ Ben Okri", "# General", "-", "All of Northwind Ops", "-"),
            *("Unmute # Random (until 14:30)", "Unmute Blue Harbour"),
        ]
        assert item.labels("Recent", "Mute", "# General") == ["1 hour", "Until tomorrow (8:00)", "Until unmuted"]
        for how_long in MuteFor:
            item.click("Recent", "Mute", "# General", how_long.value)
            assert surface.next() == events.MuteChosen(Conversation(*GENERAL), how_long, "", "# General")
        item.click("Recent", "Mute", "All of Northwind Ops", "1 hour")
        assert surface.next() == events.MuteChosen(Conversation("o/u", "", ""), MuteFor.HOUR, "", "Northwind Ops")
        item.click("Recent", "Mute", "Unmute # Random (until 14:30)")
        assert surface.next() == events.MuteChosen(Conversation(*other.key), None, "", "# Random")


@pytest.mark.parametrize("count", [10, 12])
def test_of_what_is_muted_the_latest_are_in_the_menu(private_bus: PrivateBus, panel: FakePanel, count: int) -> None:
    """For a person who mutes many conversations for good, the menu grew beyond the screen."""
    with shown(private_bus, panel) as (surface, item):
        names = [f"# {number}" for number in range(count)]
        surface.show(muted=tuple(Muted(("o/u", "channels_section", name), name) for name in names))
        panel.wait_until(lambda: "Mute" in item.labels("Recent"), "Mute in the menu")
        more = ["More Muted in Preferences…"] if count > 10 else []
        assert item.labels("Recent", "Mute") == [*(f"Unmute {name}" for name in names[-10:]), *more]
        if more:
            item.click("Recent", "Mute", *more)
            assert surface.next() == events.MenuClicked(MenuItem.PREFERENCES)


def test_an_open_list_is_updated_and_a_click_means_what_the_person_saw(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    """Entries are known by their conversation, whatever their labels say, so panels change those that are there."""

    def ids(*into: str) -> dict[str, int]:
        return {entry.label: entry.id for entry in item.menu("Recent", *into) if not entry.separator}

    with shown(private_bus, panel) as (surface, item):
        surface.show(recent=(unread(BEN, "@ Ben Okri"), unread(GENERAL, "# General", "3")))
        panel.wait_until(lambda: len(item.labels("Recent")) == 5, "the conversations")
        before, mute, how_long = ids(), ids("Mute"), ids("Mute", "@ Ben Okri")
        signals = len(item.signals())
        # Ben is called otherwise, General has another count: no entry comes or goes.
        surface.show(recent=(unread(BEN, "@ Benedict Okri", "2"), unread(GENERAL, "# General", "4")))
        panel.wait_until(lambda: "@ Benedict Okri (2)" in item.labels("Recent"), "other labels")
        assert item.signals()[signals:] == ["ItemsPropertiesUpdated"]
        ben, general = before["@ Ben Okri (1)"], before["# General (3)"]
        assert (ids()["@ Benedict Okri (2)"], ids()["# General (4)"]) == (ben, general)
        assert ids("Mute")["@ Benedict Okri"] == mute["@ Ben Okri"]
        assert ids("Mute", "@ Benedict Okri") == how_long
        # General moves up, and one comes: the two keep their ids.
        new = unread(("o/u", "channels_section", "New"), "# New")
        surface.show(recent=(new, unread(GENERAL, "# General", "5"), unread(BEN, "@ Benedict Okri", "2")))
        panel.wait_until(lambda: "# New (1)" in item.labels("Recent"), "a new one")
        assert (ids()["@ Benedict Okri (2)"], ids()["# General (5)"]) == (ben, general)
        assert ids()["# New (1)"] not in before.values()


ABOUT = ("AboutToShow", "i", 0)
OPENED, CLOSED = (("Event", "isvu", 0, name, ("i", 0), 0) for name in ("opened", "closed"))


def test_an_opening_of_the_menu_is_told_once(private_bus: PrivateBus, panel: FakePanel) -> None:
    as_panels_do: list[tuple[tuple[Any, ...], ...]] = [
        (ABOUT, OPENED, CLOSED),  # lxqt-panel
        (("AboutToShowGroup", "ai", [0]), ("EventGroup", "a(isvu)", [OPENED[2:]]), CLOSED),  # xfce4-panel
        (OPENED, CLOSED),  # never asks
        (ABOUT,),  # says no more
        (ABOUT, OPENED),  # never says that it is closed
        (ABOUT, OPENED),
    ]
    with shown(private_bus, panel) as (surface, item):
        surface.openings = True
        for calls in as_panels_do:
            for member, signature, *body in calls:
                panel.call(item.name, "/MenuBar", "com.canonical.dbusmenu", member, signature, *body)
            item.activate()  # a click is told after all that was before it
            assert [surface.next(), surface.next()] == [events.MenuOpened(), events.IconClicked()], calls


@pytest.mark.parametrize(
    ("state", "login", "reconnect", "sign_out"),
    [
        (State.SIGNING_IN, False, False, True),
        (State.CONNECTING, False, False, True),
        (State.ONLINE, False, False, True),
        (State.RECONNECTING, False, True, True),
        (State.SIGN_IN_NEEDED, True, False, False),
    ],
)
def test_menu_offers_what_the_state_allows(
    private_bus: PrivateBus, panel: FakePanel, state: State, login: bool, reconnect: bool, sign_out: bool
) -> None:
    with shown(private_bus, panel) as (surface, item):
        surface.show(state=state, status="some_words")
        panel.wait_until(lambda: item.labels()[0] == "some_words", "the status line")
        enabled = {entry.label: entry.enabled for entry in item.menu() if not entry.separator}
        always = dict.fromkeys([label for label in SIGNED_OUT[3:] if label != "-"], True)
        assert enabled == {
            **{"some_words": False, "Login": login, **always},
            **({"Reconnect Now": True} if reconnect else {}),
            **({"Sign Out": True} if sign_out else {}),
        }


def test_at_login_a_missing_tray_is_no_news_for_a_while(private_bus: PrivateBus) -> None:
    """The missing tray was reported after three seconds, while the desktop was still starting."""
    with Surface(private_bus.environ, wait_for_tray=0.02, silent_for=0.3) as surface:
        assert isinstance(surface.next(), events.TrayMissing)
    with Surface(private_bus.environ, wait_for_tray=0.02, silent_for=60) as surface:
        threading.Event().wait(0.3)  # nothing tells of what is not said
        with FakePanel(private_bus, host=False) as panel:
            panel.wait_for_item()
            panel.host()
            assert surface.next() == events.TrayAppeared()


@pytest.mark.parametrize(
    ("desktop", "missing"),
    [("ubuntu:GNOME", "GNOME shows icons only with its extension"), ("sway", "No panel here shows icons now")],
)
def test_it_is_said_what_is_missing_for_an_icon_until_there_is_a_host(
    private_bus: PrivateBus, desktop: str, missing: str
) -> None:
    with (
        FakePanel(private_bus, host=False) as panel,
        Surface({**private_bus.environ, "XDG_CURRENT_DESKTOP": desktop}, wait_for_tray=0.05) as surface,
    ):
        event = surface.next()
        assert isinstance(event, events.TrayMissing) and missing in event.missing
        panel.host()
        assert surface.next() == events.TrayAppeared()


def test_a_panel_that_comes_in_time_is_never_missed(private_bus: PrivateBus) -> None:
    with Surface(private_bus.environ, wait_for_tray=TIMEOUT) as surface, FakePanel(private_bus):
        assert surface.next() == events.TrayAppeared()


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (None, r"there is no session bus \(.*\): .*--headless\.$"),
        ("gone", "the session bus does not answer"),
        ("hangs", "the session bus does not answer"),
    ],
)
def test_no_session_bus_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: str | None, words: str
) -> None:
    monkeypatch.setattr(tray_module, "BUS_WITHIN", 0.3)
    environ = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/bus"} if there else {"XDG_RUNTIME_DIR": str(tmp_path)}
    with socket.socket(socket.AF_UNIX) as mute:
        if there == "hangs":
            mute.bind(f"{tmp_path}/bus")
            mute.listen()
        with pytest.raises(NoPlaceForIcon, match=words), Surface(environ):
            pass
