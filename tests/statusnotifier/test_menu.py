"""The menu (com.canonical.dbusmenu): on D-Bus, with the calls that the various panels make, and as a tree, without."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jeepney import Message

from telex_start.desktop.statusnotifier.menu import ROOT, Entry, Layout
from tests.fake_desktop import TIMEOUT, FakePanel, PrivateBus
from tests.statusnotifier.tray import MENU, MENU_PATH, VIEW, Menu, MenuItem, MenuReader, Tray, seen


class Program:
    """What a menu's callables read."""

    def __init__(self) -> None:
        self.status = "Online"
        self.usable = True
        self.shown = True
        self.rooms = ["one", "two"]

    def menu(self, tray: Tray) -> Any:
        def rooms() -> list[Any]:
            items = [MenuItem(room, tray.click(room)) for room in self.rooms]
            for item in items:
                item.key = item.text
            return items

        return Menu(
            MenuItem(lambda _: self.status, None, enabled=False),
            Menu.SEPARATOR,
            MenuItem("Use", tray.click("Use"), enabled=lambda _: self.usable),
            MenuItem("Hide", tray.click("Hide"), visible=lambda _: self.shown),
            MenuItem("Rooms", Menu(rooms)),
            MenuItem("Exit", tray.click("Exit")),
        )


def rooms_of(reader: MenuReader) -> Any:
    """The submenu, as a panel that reads level by level gets it."""
    [rooms] = [child for _, child in reader.layout(0, 1)[2] if child[1].get("label") == ("s", "Rooms")]
    return rooms


def test_level_by_level_as_plasma_and_lxqt_read_it(private_bus: PrivateBus, panel: FakePanel) -> None:
    """Plasma 5.27 put a submenu that it had not read yet half off the screen: LayoutUpdated makes it read first."""
    with Tray(private_bus.address, Program().menu) as tray:
        item = panel.wait_for_item()
        reader = MenuReader(panel, item)
        for depth in (0, -1, 2):
            reader.layout(0, depth)
        assert "LayoutUpdated" not in [name for name, _ in seen(panel, tray, item)]
        ident, properties, below = rooms_of(reader)
        usable = {"enabled": ("b", True), "visible": ("b", True)}
        assert properties == {"label": ("s", "Rooms"), "children-display": ("s", "submenu"), **usable}
        assert below == []
        assert reader.layout()[2][1][1][1] == {"type": ("s", "separator"), "visible": ("b", True)}
        revision = reader.call("GetLayout", "iias", 0, 0, [])[0]
        assert seen(panel, tray, item) == [("LayoutUpdated", (revision, ident))]
        assert reader.call("AboutToShow", "i", ident) is False
        _, _, below = reader.layout(ident, 1)
        assert [child[1]["label"][1] for _, child in below] == ["one", "two"]
        assert seen(panel, tray, item) == [], "there is nothing below it"


def test_layout_without_words_then_groups_as_gnome_and_gtk_read_it(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu):
        reader = MenuReader(panel, panel.wait_for_item())
        _, _, children = reader.layout(0, -1, "type", "children-display")
        assert {name for _, child in children for name in child[1]} == {"type", "children-display"}
        ids = [child[0] for _, child in children]
        group = dict(reader.call("GetGroupProperties", "aias", [*ids, ids[0], 9999], []))
        assert list(group) == ids
        assert (group[ids[0]]["label"], group[ids[0]]["enabled"]) == (("s", "Online"), ("b", False))
        assert dict(reader.call("GetGroupProperties", "aias", ids, ["enabled"]))[ids[0]] == {"enabled": ("b", False)}
        assert len(reader.call("GetGroupProperties", "aias", [], [])) == 9  # all, the menu itself and the rooms too


def test_clicks_by_themselves_and_in_groups(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, Program().menu) as tray:
        reader = MenuReader(panel, panel.wait_for_item())
        reader.event("Use")
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
        tray.item.show(VIEW)
        tray.settle()
        for event in ("hovered", "opened", "closed", "x-anything"):
            reader.event("Exit", event)
        # Disabled or hidden while the click was under way; a submenu; a line of words; the menu itself.
        for ident in (ids["Use"], ids["Hide"], ids["Rooms"], ids["Online"], 0):
            reader.call("Event", "isvu", ident, "clicked", ("i", 0), 0)
        reader.event("Exit")
        assert tray.clicked() == "Exit"
        assert tray.clicks.empty()


def test_nobody_is_told_of_a_menu_that_nobody_has_read(private_bus: PrivateBus, panel: FakePanel) -> None:
    program = Program()
    with Tray(private_bus.address, program.menu) as tray:
        item = panel.wait_for_item()
        program.rooms.append("three")
        tray.item.show(VIEW)
        assert seen(panel, tray, item) == []
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
        revision = reader.call("GetLayout", "iias", 0, 0, [])[0]
        assert reader.call("AboutToShow", "i", ids["Rooms"]) is True
        assert seen(panel, tray, item) == [("LayoutUpdated", (revision + 1, ids["Rooms"]))]
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


def test_a_click_is_answered_before_its_callback_runs_and_one_that_fails_is_logged(
    private_bus: PrivateBus, panel: FakePanel, caplog: pytest.LogCaptureFixture
) -> None:
    answered = threading.Event()

    def slow() -> None:
        assert answered.wait(TIMEOUT)
        raise RuntimeError("in a callback")

    with Tray(
        private_bus.address, lambda tray: Menu(MenuItem("Slow", slow), MenuItem("Next", tray.click("Next")))
    ) as tray:
        reader = MenuReader(panel, panel.wait_for_item())
        reader.event("Slow")  # returns, though the callback has not
        answered.set()
        reader.event("Next")
        assert tray.clicked() == "Next"
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
            tray.item.show(VIEW)
            reader.call("AboutToShow", "i", 0)
        reader.event("fine")
        assert tray.clicked() == "it"
        assert sum("could not be read" in line for line in caplog.messages) == 1


# Pystray's menu as a tree, held against pystray's own reading of it.


def nothing() -> None:
    pass


def keyed(words: Iterable[str]) -> Iterator[Any]:
    """Items for these words, which are also their keys: items made later with the same key mean the same entry."""
    for word in words:
        item = MenuItem(word, nothing)
        item.key = word
        yield item


def children(layout: Layout, parent: int = ROOT) -> list[Entry]:
    found = layout.entry(parent)
    assert found is not None
    return found.children


def visible(layout: Layout) -> list[str]:
    return [
        "-" if entry.kind == "separator" else entry.properties["label"][1]
        for entry in children(layout)
        if entry.properties["visible"][1]
    ]


def layout_of(menu: Any) -> Layout:
    layout = Layout()
    layout.refresh(menu)
    return layout


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a_b__c", "a__b____c"),
        ("nul\0 in it", "nul\ufffd in it"),
        ("\ud83d\ude00 \ud800", "\U0001f600 \ufffd"),
        ("x" * 1_000_000, "x" * 10_000),
    ],
    ids=["underscores", "nul", "half", "endless"],
)
def test_labels_are_fit_for_the_bus(text: Any, label: str) -> None:
    assert visible(layout_of(Menu(MenuItem(lambda _: text, nothing)))) == [label]


def test_an_entry_of_another_kind_is_another_entry() -> None:
    layout = Layout()
    seen = set()
    for action in (nothing, Menu(), nothing):
        item = MenuItem("a", action)
        item.key = "a"
        assert layout.refresh(Menu(item))[0] == [ROOT]
        seen.add(children(layout)[0].id)
    assert len(seen) == 3


def test_an_item_with_a_key_is_the_same_entry_whatever_it_says_and_a_click_is_its_newest() -> None:
    words = {"x": "one", "y": "two"}
    heard: list[str] = []

    def items() -> Iterator[Any]:
        for key, word in words.items():
            item = MenuItem(
                word, Menu(*keyed(["below"])) if key == "y" else partial(lambda word, *_: heard.append(word), word)
            )
            item.key = key
            yield item

    menu = Menu(lambda: list(items()))
    layout = layout_of(menu)
    x, y = (entry.id for entry in children(layout))
    below = children(layout, y)[0].id
    words.update(x="two", y="three")
    assert layout.refresh(menu) == ([], [(x, {"label": ("s", "two")}), (y, {"label": ("s", "three")})])
    assert children(layout, y)[0].id == below
    children(layout)[0].item(None)
    assert heard == ["two"]
    # One that says the same, but of another key, is another.
    words.clear()
    words.update(z="two", y="three")
    assert layout.refresh(menu)[0] == [ROOT]
    assert children(layout)[0].id not in (x, y)
    assert (children(layout)[1].id, layout.entry(x)) == (y, None)


items = st.one_of(
    st.just(Menu.SEPARATOR),
    st.builds(lambda visible: MenuItem("x", nothing, visible=visible), st.booleans()),
)


@given(st.lists(items, max_size=12))
def test_what_is_shown_is_what_pystray_shows(described: list[Any]) -> None:
    menu = Menu(*described)
    assert visible(layout_of(menu)) == ["-" if item is Menu.SEPARATOR else item.text for item in menu]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=8))
def test_an_id_means_one_entry_for_ever(turns: list[list[str]]) -> None:
    layout = Layout()
    meant: dict[int, str] = {}
    for words in turns:
        layout.refresh(Menu(*keyed(words)))
        assert visible(layout) == words
        for entry in children(layout):
            assert meant.setdefault(entry.id, entry.properties["label"][1]) == entry.properties["label"][1]
