"""The icon, its title and its menu, as a panel on a private bus sees them."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telex_start.desktop import icons, pixmaps
from telex_start.desktop.bus.buses import Buses
from telex_start.desktop.tray.tray import Tray
from telex_start.errors import TelexStartError
from telex_start.states import State
from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PanelItem, PrivateBus, Xvfb
from tests.script import Script

pytestmark = pytest.mark.desktop

SIGNED_OUT = [
    "Signed out",
    "-",
    "Login",
    "-",
    "Open Main App",
    "Close Main App",
    "-",
    "Recent",
    "Pause Notifications",
    "-",
    "Test Notifications",
    "Preferences…",
    "Help",
    "-",
    "Exit",
]


THE_FIVE = ["Login", "Open Main App", "Close Main App", "Test Notifications", "Exit"]

GENERAL = ("o/u", "channels_section", "General")
BEN = ("o/u", "dm_channels_section", "d1")


def unread(key: tuple[str, str, str], name: str, counts: str = "1") -> list[object]:
    """A conversation of the list, as the tray program takes it."""
    return [key, f"{name} ({counts})", "Northwind Ops", False, name]


def face(*recent: list[object], **fields: object) -> str:
    """An order for the tray program."""
    return json.dumps({"recent": recent, **fields})


def tray_program(*arguments: str, **environ: str) -> Script:
    return Script("tests/desktop/tray_program.py", *arguments, environ=environ)


@pytest.fixture
def environ(xvfb: Xvfb, private_bus: PrivateBus) -> dict[str, str]:
    return xvfb.environ | private_bus.environ


@contextmanager
def shown(environ: dict[str, str], panel: FakePanel) -> Iterator[tuple[Script, PanelItem]]:
    """A running tray program and its icon."""
    with tray_program(**environ) as program:
        assert program.next_line() == "TrayAppeared"
        yield program, panel.wait_for_item()


def test_icon_appears_with_its_title_and_a_complete_menu(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (_, item):
        panel.wait_until(lambda: item.property("Status") == "Active", "the icon to be active")
        assert item.property("Title") == "Telex: Signed out"
        assert item.labels() == SIGNED_OUT
        assert [entry.label for entry in item.menu() if not entry.enabled] == ["Signed out"]


def test_icon_is_the_picture_of_the_state_in_every_size(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (_, item):
        pictures = item.property("IconPixmap")
        assert [(width, height) for width, height, _ in pictures] == [(size, size) for size in pixmaps.SIZES]
        drawn = icons.argb32(icons.draw(State.SIGNED_OUT, 0, 22))
        assert next(bytes(pixels) for width, _, pixels in pictures if width == 22) == drawn


def test_the_icon_wants_attention_while_sign_in_is_needed(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        program.tell("sign_in_needed 0 Sign in needed")
        panel.wait_until(lambda: item.property("Status") == "NeedsAttention", "the icon to want attention")
        program.tell("online 0 Online: 1 organisation")
        panel.wait_until(lambda: item.property("Status") == "Active", "the icon to be content")


def test_a_click_on_the_icon_itself_is_told(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        item.activate()
        assert program.next_line() == "IconClicked"


def test_pillow_is_not_brought_by_an_icon_that_was_drawn_before(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, _):
        maps = Path(f"/proc/{program.process.pid}/maps").read_text()
        assert "_imaging" not in maps
        assert "libgtk" not in maps


def test_each_item_of_the_menu_asks_for_what_it_says(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        for label in (*THE_FIVE, "Preferences…"):
            item.click(label)
            assert program.next_line() == f"MenuClicked {label}"
        program.tell("reconnecting 0 Reconnecting: no network")
        panel.wait_until(lambda: "Sign Out" in item.labels(), "Sign Out in the menu")
        for label in ("Reconnect Now", "Sign Out"):
            item.click(label)
            assert program.next_line() == f"MenuClicked {label}"


@pytest.mark.parametrize(
    ("into", "labels"),
    [
        (
            "Pause Notifications",
            ["30 minutes", "1 hour", "4 hours", "Until tomorrow (8:00)", "Until I resume"],
        ),
        ("Help", ["Doctor", "Open Log", "-", "About"]),
    ],
)
def test_submenus_are_there_at_the_first_asking(
    environ: dict[str, str], panel: FakePanel, into: str, labels: list[str]
) -> None:
    with shown(environ, panel) as (program, item):
        assert item.labels(into) == labels
        for label in labels:
            if label != "-":
                item.click(into, label)
                assert program.next_line() == f"MenuClicked {label}"


def test_while_paused_there_is_resume_in_the_place_of_pause(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        before = item.labels()
        program.tell(face(state="signed_out", status="Signed out", resumable=True))
        panel.wait_until(lambda: "Resume Notifications" in item.labels(), "Resume Notifications")
        renamed = ["Resume Notifications" if label == "Pause Notifications" else label for label in before]
        assert item.labels() == renamed
        item.click("Resume Notifications")
        assert program.next_line() == "MenuClicked Resume Notifications"
        assert "LayoutUpdated" not in item.signals()  # an open menu stays as it is, but for the one entry


def test_with_nothing_unread_the_list_says_so(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (_, item):
        entries = {entry.label: entry.enabled for entry in item.menu("Recent") if not entry.separator}
        assert entries == {"Nothing unread": False, "Mark All as Read": False}


def test_the_unread_conversations_are_listed_newest_first_and_open_by_a_click(
    environ: dict[str, str], panel: FakePanel
) -> None:
    with shown(environ, panel) as (program, item):
        program.tell(face(unread(BEN, "@ Ben Okri"), unread(GENERAL, "# General · Northwind_Ops", "3, mentions you")))
        listed = ["@ Ben Okri (1)", "# General · Northwind_Ops (3, mentions you)", "-", "Mark All as Read", "Mute"]
        panel.wait_until(lambda: item.labels("Recent") == listed, "the conversations")
        item.click("Recent", "@ Ben Okri (1)")
        assert program.next_line() == "UnreadClicked d1"
        item.click("Recent", "Mark All as Read")
        assert program.next_line() == "MenuClicked Mark All as Read"


def test_conversations_and_organisations_are_muted_and_unmuted_in_the_list(
    environ: dict[str, str], panel: FakePanel
) -> None:
    with shown(environ, panel) as (program, item):
        muted = [[["o/u", "channels_section", "Random"], "# Random", "until 14:30"], [["p/u", "", ""], "Blue Harbour"]]
        program.tell(face(unread(BEN, "@ Ben Okri"), unread(GENERAL, "# General", "3"), muted=muted))
        listed = [
            *("@ Ben Okri", "# General", "-", "All of Northwind Ops", "-"),
            *("Unmute # Random (until 14:30)", "Unmute Blue Harbour"),
        ]
        panel.wait_until(lambda: "Mute" in item.labels("Recent"), "Mute in the menu")
        assert item.labels("Recent", "Mute") == listed
        how_long = ["1 hour", "Until tomorrow (8:00)", "Until unmuted"]
        assert item.labels("Recent", "Mute", "# General") == how_long
        for words in how_long:
            item.click("Recent", "Mute", "# General", words)
            assert program.next_line() == f"MuteChosen General {words} # General"
        item.click("Recent", "Mute", "All of Northwind Ops", "1 hour")
        assert program.next_line() == "MuteChosen  1 hour Northwind Ops"
        item.click("Recent", "Mute", "Unmute # Random (until 14:30)")
        assert program.next_line() == "MuteChosen Random None # Random"


def test_what_is_muted_can_be_unmuted_with_nothing_unread(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        program.tell(face(muted=[[["p/u", "", ""], "Blue Harbour"]]))
        panel.wait_until(lambda: "Mute" in item.labels("Recent"), "Mute in the menu")
        assert item.labels("Recent", "Mute") == ["Unmute Blue Harbour"]


def test_of_what_is_muted_the_latest_are_in_the_menu(environ: dict[str, str], panel: FakePanel) -> None:
    """Who mutes for good had a menu that grew beyond the screen."""
    with shown(environ, panel) as (program, item):
        muted = [[["o/u", "channels_section", str(number)], f"# {number}"] for number in range(12)]
        program.tell(face(muted=muted))
        panel.wait_until(lambda: "Mute" in item.labels("Recent"), "Mute in the menu")
        latest = [f"Unmute # {number}" for number in range(2, 12)]
        assert item.labels("Recent", "Mute") == [*latest, "More Muted in Preferences…"]
        item.click("Recent", "Mute", "More Muted in Preferences…")
        assert program.next_line() == "MenuClicked Preferences…"


def test_an_open_list_is_updated_and_a_click_means_what_the_person_saw(
    environ: dict[str, str], panel: FakePanel
) -> None:
    """Entries are known by their conversation, whatever their labels say, so panels change those that are there."""
    with shown(environ, panel) as (program, item):
        program.tell(face(unread(BEN, "@ Ben Okri"), unread(GENERAL, "# General", "3")))
        panel.wait_until(lambda: len(item.labels("Recent")) == 5, "the conversations")
        ids = {entry.label: entry.id for entry in item.menu("Recent")}
        mute = {entry.label: entry.id for entry in item.menu("Recent", "Mute") if not entry.separator}
        before = len(item.signals())
        # Ben is called otherwise, General has another count: no entry comes or goes.
        program.tell(face(unread(BEN, "@ Benedict Okri", "2"), unread(GENERAL, "# General", "4")))
        panel.wait_until(lambda: "@ Benedict Okri (2)" in item.labels("Recent"), "other labels")
        assert item.signals()[before:] == ["ItemsPropertiesUpdated"]
        after = {entry.label: entry.id for entry in item.menu("Recent")}
        assert (after["@ Benedict Okri (2)"], after["# General (4)"]) == (ids["@ Ben Okri (1)"], ids["# General (3)"])
        assert item.menu("Recent", "Mute")[0].id == mute["@ Ben Okri"]
        # General moves up, and one comes: the two keep their ids.
        new = unread(("o/u", "channels_section", "New"), "# New")
        program.tell(face(new, unread(GENERAL, "# General", "5"), unread(BEN, "@ Benedict Okri", "2")))
        panel.wait_until(lambda: "# New (1)" in item.labels("Recent"), "a new one")
        moved = {entry.label: entry.id for entry in item.menu("Recent")}
        assert moved["@ Benedict Okri (2)"] == ids["@ Ben Okri (1)"]
        assert moved["# General (5)"] == ids["# General (3)"]
        assert moved["# New (1)"] not in ids.values()


def test_a_middle_click_is_told_and_the_wheel_does_nothing(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        item.scroll()
        item.middle_click()
        assert program.next_line() == "IconMiddleClicked"


def test_an_opening_of_the_menu_is_told_once(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        path = str(item.property("Menu"))

        def call(member: str, signature: str, *body: object) -> None:
            panel.call(item.name, path, "com.canonical.dbusmenu", member, signature, *body)

        program.tell("openings")
        program.tell(face(status="ready"))
        panel.wait_until(lambda: item.property("Title") == "Telex: ready", "the openings to be told")
        about, opened, closed = (
            ("AboutToShow", "i", 0),
            *(("Event", "isvu", 0, name, ("i", 0), 0) for name in ("opened", "closed")),
        )
        as_panels_do = [
            (about, opened, closed),  # lxqt-panel
            (("AboutToShowGroup", "ai", [0]), ("EventGroup", "a(isvu)", [opened[2:]]), closed),  # xfce4-panel
            (opened, closed),  # never asks
            (about,),  # says no more
            (about, opened),  # never says that it is closed
            (about, opened),
        ]
        for calls in as_panels_do:
            for one in calls:
                call(*one)
            item.activate()  # a click is told after all that was before it
            assert [program.next_line(), program.next_line()] == ["MenuOpened", "IconClicked"], calls


def test_while_paused_the_icon_is_another(environ: dict[str, str], panel: FakePanel) -> None:
    with shown(environ, panel) as (program, item):
        program.tell(face(unread=3, quiet=True, status="Online: 1 organisation, 3 unread, paused"))
        quiet = icons.argb32(icons.draw(State.ONLINE, 3, 22, quiet=True))

        def picture() -> bytes:
            return next(bytes(pixels) for width, _, pixels in item.property("IconPixmap") if width == 22)

        panel.wait_until(lambda: picture() == quiet, "the icon that says that it is paused")
        program.tell(face(unread=3, status="Online: 1 organisation, 3 unread"))
        panel.wait_until(lambda: picture() == icons.argb32(icons.draw(State.ONLINE, 3, 22)), "the usual icon")


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
    environ: dict[str, str], panel: FakePanel, state: State, login: bool, reconnect: bool, sign_out: bool
) -> None:
    with shown(environ, panel) as (program, item):
        program.tell(f"{state} 0 some_words")
        panel.wait_until(lambda: item.labels()[0] == "some_words", "the status line")
        enabled = {entry.label: entry.enabled for entry in item.menu() if not entry.separator}
        assert enabled == {
            "some_words": False,
            "Login": login,
            **({"Reconnect Now": True} if reconnect else {}),
            "Open Main App": True,
            "Close Main App": True,
            "Recent": True,
            "Pause Notifications": True,
            "Test Notifications": True,
            "Preferences…": True,
            "Help": True,
            **({"Sign Out": True} if sign_out else {}),
            "Exit": True,
        }


def test_icon_title_and_menu_change_together_and_only_when_they_differ(
    environ: dict[str, str], panel: FakePanel
) -> None:
    with shown(environ, panel) as (program, item):
        program.tell("online 2 Online: 1 organisation, 2 unread")
        panel.wait_until(lambda: item.labels()[0].startswith("Online"), "the status line")
        panel.wait_until(lambda: item.property("Title").endswith("2 unread"), "the title")
        before = item.signals()
        for _ in range(50):
            program.tell("online 2 Online: 1 organisation, 2 unread")
        program.tell("online 3 Online: 1 organisation, 3 unread")
        panel.wait_until(lambda: item.labels()[0].endswith("3 unread"), "the status line")
        panel.wait_until(lambda: item.property("Title").endswith("3 unread"), "the title")

        def after() -> list[str]:
            return item.signals()[len(before) :]

        changes = {"NewIcon", "NewTitle", "NewToolTip", "ItemsPropertiesUpdated"}
        panel.wait_until(lambda: changes <= set(after()), "all to change")
        assert sorted(after()) == sorted(changes)  # and nothing that would close an open menu


@pytest.mark.parametrize("killed", [False, True])
def test_the_icon_goes_with_its_program(environ: dict[str, str], panel: FakePanel, killed: bool) -> None:
    with shown(environ, panel) as (program, _):
        if killed:
            program.process.kill()
        else:
            program.tell("stop")
            assert program.next_line() == "stopped True"
            assert program.ended() == 0
        panel.wait_until(lambda: not panel.items, "the icon to go")


@pytest.mark.parametrize("mode", ["silent", "error"])
def test_a_notification_daemon_that_hangs_holds_up_neither_start_nor_end(
    environ: dict[str, str], private_bus: PrivateBus, panel: FakePanel, mode: str
) -> None:
    with FakeNotificationDaemon(private_bus, mode=mode) as daemon:
        with shown(environ, panel) as (program, _):
            program.tell("stop")
            assert program.ended(5) == 0
        assert not daemon.shown
        assert not daemon.closed


def test_stop_right_after_start_is_not_lost(environ: dict[str, str], panel: FakePanel) -> None:
    with tray_program(**environ) as program:
        program.tell("stop")
        while (line := program.next_line(3)) == "TrayAppeared":
            pass
        assert line == "stopped True"
        assert program.ended() == 0


def test_at_login_a_missing_tray_is_no_news_for_a_while(environ: dict[str, str], private_bus: PrivateBus) -> None:
    """It was said after three seconds, while the desktop was starting."""
    begun = time.monotonic()
    with tray_program("0.1", "2", **environ) as program:
        assert program.next_line() == "TrayMissing"
        assert time.monotonic() - begun >= 2
    with tray_program("0.1", "60", **environ) as program, FakePanel(private_bus, host=False) as panel:
        panel.wait_for_item()
        panel.host()
        assert program.next_line() == "TrayAppeared"


@pytest.mark.parametrize(
    ("desktop", "missing"),
    [("ubuntu:GNOME", "missing: GNOME shows icons only with its extension"), ("sway", "missing: No panel here shows")],
)
def test_it_is_said_what_is_missing_for_an_icon(environ: dict[str, str], desktop: str, missing: str) -> None:
    with tray_program(**environ, XDG_CURRENT_DESKTOP=desktop) as program:
        assert program.next_line() == "TrayMissing"
        program.tell("stop")
        assert program.ended(3) == 0
        assert missing in program.errors


def test_without_xwayland_the_window_says_what_it_needs_and_how_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """It said: no display name and no $DISPLAY environment variable."""
    monkeypatch.delenv("DISPLAY", raising=False)
    surface = Tray(lambda event: None, Buses({}), "/nowhere")
    with pytest.raises(TelexStartError) as caught:
        surface.open_window("", take_focus=True, message="")
    assert "XWayland" in caught.value.message
    assert "--email NAME --password-stdin" in caught.value.message


def test_a_panel_without_a_host_is_no_tray_yet(environ: dict[str, str], private_bus: PrivateBus) -> None:
    with FakePanel(private_bus, host=False) as panel, tray_program(**environ) as program:
        assert program.next_line() == "TrayMissing"
        panel.host()
        assert program.next_line() == "TrayAppeared"


def test_a_panel_that_comes_in_time_is_never_missed(environ: dict[str, str], private_bus: PrivateBus) -> None:
    with tray_program("5", **environ) as program, FakePanel(private_bus) as panel:
        panel.wait_for_item()
        assert program.next_line() == "TrayAppeared"


def test_a_session_bus_that_dies_takes_the_icon_but_not_the_program(
    environ: dict[str, str], private_bus: PrivateBus
) -> None:
    with FakePanel(private_bus), tray_program(**environ) as program:
        assert program.next_line() == "TrayAppeared"
        private_bus.stop()
        assert program.next_line() == "TrayMissing"
        program.tell("online 1 Online: 1 organisation, 1 unread")
        program.tell("stop")
        assert program.next_line() == "stopped True"
        assert program.ended(2) == 0


def refusal(**environ: str) -> str:
    """The line that a start says which finds no place for an icon; it must end by itself, and soon."""
    with tray_program(**environ) as program:
        assert program.ended(5) == 2
        # The bus's thread may have a word for developers after it.
        return next(line for line in program.errors.splitlines() if line.startswith("No place for an icon"))


def test_no_session_bus_is_refused_in_one_sentence(xvfb: Xvfb, tmp_path: Path) -> None:
    words = refusal(**xvfb.environ, XDG_RUNTIME_DIR=str(tmp_path))
    assert re.match(r"No place for an icon: there is no session bus \(.*\): .*--headless\.$", words)


@pytest.mark.parametrize("hangs", [False, True])
def test_a_session_bus_that_is_gone_or_hangs_is_refused(xvfb: Xvfb, tmp_path: Path, hangs: bool) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        if hangs:
            mute.bind(f"{tmp_path}/bus")
            mute.listen()
        words = refusal(**xvfb.environ, DBUS_SESSION_BUS_ADDRESS=f"unix:path={tmp_path}/bus")
    assert "the session bus does not answer" in words


def test_an_icon_needs_no_display(private_bus: PrivateBus, panel: FakePanel) -> None:
    with tray_program(**private_bus.environ) as program:
        assert program.next_line() == "TrayAppeared"
        assert panel.wait_for_item().labels() == SIGNED_OUT


def test_a_backend_without_a_menu_is_refused(environ: dict[str, str]) -> None:
    assert "the tray backend xorg has no menu" in refusal(**environ, PYSTRAY_BACKEND="xorg")
