"""The menu (com.canonical.dbusmenu), with each of the calls that one panel or another makes."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from jeepney import Message

from tests.fake_desktop import TIMEOUT, FakePanel, PrivateBus
from tests.statusnotifier.tray import (
    MENU,
    MENU_PATH,
    PROPERTIES,
    Menu,
    MenuItem,
    MenuReader,
    Tray,
    error_name,
    seen,
)


class Program:
    """What a menu's callables read."""

    def __init__(self) -> None:
        self.status = "Online"
        self.usable = True
        self.shown = True
        self.rooms = ["one", "two"]

    def menu(self, tray: Tray) -> Any:
        return Menu(
            MenuItem(lambda _: self.status, None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("Use", tray.click("Use"), enabled=lambda _: self.usable),
            MenuItem("Hide", tray.click("Hide"), visible=lambda _: self.shown),
            MenuItem("Rooms", Menu(lambda: (MenuItem(room, tray.click(room)) for room in self.rooms))),
            MenuItem("Exit", tray.click("Exit")),
        )


def test_one_call_gives_the_whole_menu(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu):
        reader = MenuReader(panel, panel.wait_for_item())
        ident, properties, children = reader.layout()
        assert (ident, properties) == (0, {"children-display": ("s", "submenu")})
        assert [signature for signature, _ in children] == ["(ia{sv}av)"] * 6
        rooms = children[4][1]
        assert [child[1][1]["label"][1] for child in rooms[2]] == ["one", "two"]


def test_level_by_level_as_plasma_and_lxqt_read_it(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu):
        reader = MenuReader(panel, panel.wait_for_item())
        _, _, children = reader.layout(0, 1)
        [(ident, properties, below)] = [child for _, child in children if child[1].get("label") == ("s", "Rooms")]
        assert properties["children-display"] == ("s", "submenu")
        assert below == []
        assert reader.call("AboutToShow", "i", ident) is False
        _, _, below = reader.layout(ident, 1)
        assert [child[1]["label"][1] for _, child in below] == ["one", "two"]


def test_who_reads_level_by_level_is_told_to_read_submenus_before_they_are_opened(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    """Plasma 5.27 put a submenu that it had not read yet half off the screen."""
    with Tray(private_bus.address, Program().menu) as tray:
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        for depth in (0, -1, 2):
            reader.layout(0, depth)
        assert "LayoutUpdated" not in [name for name, _ in seen(panel, tray, item)]
        _, _, children = reader.layout(0, 1)
        [rooms] = [child[0] for _, child in children if child[1].get("label") == ("s", "Rooms")]
        revision = reader.call("GetLayout", "iias", 0, 0, [])[0]
        assert seen(panel, tray, item) == [("LayoutUpdated", (revision, rooms))]
        reader.layout(rooms, 1)
        assert seen(panel, tray, item) == [], "there is nothing below it"


def test_layout_without_words_then_groups_as_gnome_and_gtk_read_it(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu):
        reader = MenuReader(panel, panel.wait_for_item())
        _, _, children = reader.layout(0, -1, "type", "children-display")
        assert {name for _, child in children for name in child[1]} == {"type", "children-display"}
        ids = [child[0] for _, child in children]
        group = dict(reader.call("GetGroupProperties", "aias", [*ids, ids[0], 9999], []))
        assert list(group) == ids
        assert group[ids[0]]["label"] == ("s", "Online")
        assert group[ids[0]]["enabled"] == ("b", False)
        assert dict(reader.call("GetGroupProperties", "aias", ids, ["enabled"]))[ids[0]] == {"enabled": ("b", False)}
        assert len(reader.call("GetGroupProperties", "aias", [], [])) == 9  # all, the menu itself and the rooms too


def test_one_property_at_a_time(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu):
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        ids = reader.ids()
        assert reader.call("GetProperty", "is", ids["Online"], "enabled") == ("b", False)
        assert reader.call("GetProperty", "is", ids["Use"], "type") == ("s", "standard")
        assert reader.call("GetProperty", "is", ids["Use"], "toggle-state") == ("i", -1)
        assert reader.call("GetProperty", "is", 0, "children-display") == ("s", "submenu")
        reply = panel.ask(item.name, MENU_PATH, MENU, "GetProperty", "is", ids["Use"], "no-such")
        assert error_name(reply) == "UnknownProperty"
        reply = panel.ask(item.name, MENU_PATH, MENU, "GetProperty", "is", 9999, "label")
        assert error_name(reply) == "InvalidArgs"


def test_properties_of_the_menu_itself(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address):
        item = panel.wait_for_item()
        [everything] = panel.call(item.name, MENU_PATH, PROPERTIES, "GetAll", "s", MENU)
        assert everything == {
            "Version": ("u", 3),
            "TextDirection": ("s", "ltr"),
            "Status": ("s", "normal"),
            "IconThemePath": ("as", []),
        }


def test_a_click_by_itself_and_in_a_group(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu) as tray:
        reader = MenuReader(panel, panel.wait_for_item())
        reader.click("Use")
        assert tray.clicked() == "Use"
        ids = reader.ids()
        events = [(0, "opened", ("i", 0), 1), (ids["two"], "clicked", ("s", ""), 2), (9999, "clicked", ("i", 0), 3)]
        assert reader.call("EventGroup", "a(isvu)", events) == [9999]
        assert tray.clicked() == "two"


def test_only_a_click_on_what_can_be_clicked_does_something(private_bus: PrivateBus, panel: FakePanel) -> None:
    program = Program()
    with Tray(private_bus.address, program.menu) as tray:
        reader = MenuReader(panel, panel.wait_for_item())
        ids = reader.ids()
        program.usable = program.shown = False
        tray.icon.update_menu()
        tray.settle()
        for event in ("hovered", "opened", "closed", "x-anything"):
            reader.call("Event", "isvu", ids["Exit"], event, ("i", 0), 0)
        # Disabled or hidden while the click was under way; a submenu; a line of words; the menu itself.
        for ident in (ids["Use"], ids["Hide"], ids["Rooms"], ids["Online"], 0):
            reader.call("Event", "isvu", ident, "clicked", ("i", 0), 0)
        reader.click("Exit")
        assert tray.clicked() == "Exit"
        assert tray.clicks.empty()


def test_unknown_ids_are_errors_where_nothing_else_was_asked_for(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu):
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        known = reader.ids()["Exit"]

        def error(member: str, signature: str, *body: Any) -> str:
            return error_name(panel.ask(item.name, MENU_PATH, MENU, member, signature, *body))

        assert error("Event", "isvu", 9999, "clicked", ("i", 0), 0) == "InvalidArgs"
        assert error("AboutToShow", "i", -1) == "InvalidArgs"
        assert error("GetLayout", "iias", 9999, -1, []) == "InvalidArgs"
        assert error("AboutToShowGroup", "ai", [9998, 9999]) == "InvalidArgs"
        assert error("EventGroup", "a(isvu)", [(9999, "clicked", ("i", 0), 0)]) == "InvalidArgs"
        assert reader.call("AboutToShowGroup", "ai", [known, 9999]) == ([], [9999])
        assert reader.call("AboutToShowGroup", "ai", []) == ([], [])
        assert reader.call("EventGroup", "a(isvu)", []) == []


def test_nobody_is_told_of_a_menu_that_nobody_has_read(private_bus: PrivateBus, panel: FakePanel) -> None:
    program = Program()
    with Tray(private_bus.address, program.menu) as tray:
        item = panel.wait_for_item()
        program.rooms.append("three")
        tray.icon.update_menu()
        assert [name for name, _ in seen(panel, tray, item) if name != "NewStatus"] == []  # that is of its coming
        assert "three" in MenuReader(panel, item).ids()


def test_a_menu_about_to_be_shown_says_what_holds_now(private_bus: PrivateBus, panel: FakePanel) -> None:
    program = Program()
    with Tray(private_bus.address, program.menu) as tray:
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        ids = reader.ids()
        seen(panel, tray, item)
        program.status = "Said nobody"
        assert reader.call("AboutToShow", "i", 0) is False
        [signal] = seen(panel, tray, item)
        assert signal == ("ItemsPropertiesUpdated", ([(ids["Online"], {"label": ("s", "Said nobody")})], []))
        program.rooms.append("three")
        assert reader.call("AboutToShow", "i", ids["Rooms"]) is True
        program.rooms.append("four")
        assert reader.call("AboutToShowGroup", "ai", [0, ids["Rooms"]]) == ([ids["Rooms"]], [])


def test_the_signal_of_a_changed_layout_comes_after_the_yes(private_bus: PrivateBus) -> None:
    # libdbusmenu-qt swallows the first signal after a yes: one that came before it would be missed later.
    program = Program()
    order: list[str] = []

    class Panel(FakePanel):
        def received(self, message: Message) -> None:
            order.append(message.header.message_type.name)
            super().received(message)

    with Panel(private_bus) as panel, Tray(private_bus.address, program.menu) as tray:
        item = panel.wait_for_item()
        ids = MenuReader(panel, item).ids()
        seen(panel, tray, item)
        order.clear()
        program.rooms.append("three")
        panel.ask(item.name, MENU_PATH, MENU, "AboutToShow", "i", ids["Rooms"])
        panel.wait_until(lambda: panel.signals, "the signal")
        assert order == ["method_return", "signal"]


def test_a_click_is_answered_before_its_callback_runs(private_bus: PrivateBus, panel: FakePanel) -> None:
    done = threading.Event()

    def slow() -> None:
        assert done.wait(TIMEOUT)

    def menu(tray: Tray) -> Any:
        return Menu(MenuItem("Slow", slow, default=True), MenuItem("Next", tray.click("Next")))

    with Tray(private_bus.address, menu) as tray:
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        next_id = reader.ids()["Next"]
        reader.click("Slow")  # returns, though the callback has not
        done.set()
        reader.call("Event", "isvu", next_id, "clicked", ("s", ""), 0)
        assert tray.clicked() == "Next"
        done.clear()
        item.activate()
        done.set()


def test_an_exception_in_a_callback_is_logged_and_that_is_all(
    private_bus: PrivateBus, panel: FakePanel, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("in a callback")

    def menu(tray: Tray) -> Any:
        return Menu(MenuItem("Broken", broken), MenuItem("Fine", tray.click("Fine")))

    with Tray(private_bus.address, menu) as tray:
        reader = MenuReader(panel, panel.wait_for_item())
        reader.click("Broken")
        reader.click("Fine")
        assert tray.clicked() == "Fine"
        assert "in a callback" in caplog.text


def test_a_menu_that_cannot_be_read_stays_as_it_was_and_is_logged_once(
    private_bus: PrivateBus, panel: FakePanel, caplog: pytest.LogCaptureFixture
) -> None:
    fail = False

    def text(_: Any) -> str:
        if fail:
            raise RuntimeError("in the menu")
        return "fine"

    caplog.set_level(logging.DEBUG)
    with Tray(private_bus.address, lambda tray: Menu(MenuItem(text, tray.click("it")))) as tray:
        reader = MenuReader(panel, panel.wait_for_item())
        assert list(reader.ids()) == ["fine"]
        fail = True
        for _ in range(5):
            tray.icon.update_menu()
            reader.call("AboutToShow", "i", 0)
        reader.click("fine")
        assert tray.clicked() == "it"
        assert sum("cannot be read" in line or "could not be read" in line for line in caplog.messages) == 1
