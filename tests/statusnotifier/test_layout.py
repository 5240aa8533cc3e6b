"""pystray's menu as dbusmenu's tree: pure, held against pystray's own reading of its menus."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.desktop.statusnotifier.menu import DEEPEST, ROOT, Entry, Layout
from tests.statusnotifier.tray import Menu, MenuItem


def nothing() -> None:
    pass


def entries(layout: Layout, parent: int = ROOT) -> list[Entry]:
    found = layout.entry(parent)
    assert found is not None
    return found.children


def shown(layout: Layout, parent: int = ROOT) -> list[str]:
    return [
        "-" if entry.kind == "separator" else entry.properties["label"][1]
        for entry in entries(layout, parent)
        if entry.properties["visible"][1]
    ]


def test_every_kind_of_entry_says_what_it_is() -> None:
    menu = Menu(
        MenuItem("plain", nothing),
        MenuItem("off", nothing, enabled=False),
        Menu.SEPARATOR,
        MenuItem("more", Menu(MenuItem("below", nothing))),
    )
    layout = Layout()
    layout.refresh(menu)
    plain = {"label": ("s", "plain"), "enabled": ("b", True), "visible": ("b", True)}
    assert [entry.properties for entry in entries(layout)] == [
        plain,
        plain | {"label": ("s", "off"), "enabled": ("b", False)},
        {"type": ("s", "separator"), "visible": ("b", True)},
        plain | {"label": ("s", "more"), "children-display": ("s", "submenu")},
    ]
    assert shown(layout, entries(layout)[-1].id) == ["below"]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("a_b__c", "a__b____c"),
        ("nul\0 in it", "nul\ufffd in it"),
        ("\ud83d\ude00 \ud800", "\U0001f600 \ufffd"),
        (7, "7"),
        ("x" * 1_000_000, "x" * 10_000),
    ],
    ids=["underscores", "nul", "half", "number", "endless"],
)
def test_labels_are_fit_for_the_bus(text: Any, label: str) -> None:
    layout = Layout()
    layout.refresh(Menu(MenuItem(lambda _: text, nothing)))
    assert shown(layout) == [label]


def test_words_states_and_visibility_are_changes_of_properties_alone() -> None:
    state = {"label": "a", "enabled": True, "visible": True}
    menu = Menu(
        MenuItem(lambda _: state["label"], nothing),
        MenuItem("b", nothing, enabled=lambda _: state["enabled"]),
        MenuItem("c", nothing, visible=lambda _: state["visible"]),
    )
    layout = Layout()
    layout.refresh(menu)
    ids = [entry.id for entry in entries(layout)]
    revision = layout.revision
    assert layout.refresh(menu) == ([], [])
    state.update(label="A", enabled=False, visible=False)
    assert layout.refresh(menu) == (
        [],
        [
            (ids[0], {"label": ("s", "A")}),
            (ids[1], {"enabled": ("b", False)}),
            (ids[2], {"visible": ("b", False)}),
        ],
    )
    assert [entry.id for entry in entries(layout)] == ids
    assert layout.revision == revision


def test_an_entry_that_comes_gets_a_fresh_id_and_the_others_keep_theirs() -> None:
    words = ["a", "c"]
    layout = Layout()
    menu = Menu(lambda: (MenuItem(word, nothing) for word in words))
    layout.refresh(menu)
    a, c = (entry.id for entry in entries(layout))
    words.insert(1, "b")
    assert layout.refresh(menu)[0] == [ROOT]
    assert [entry.id for entry in entries(layout)] == [a, (b := max(a, c) + 1), c]
    words.remove("b")
    layout.refresh(menu)
    words.insert(0, "b")
    layout.refresh(menu)
    assert entries(layout)[0].id > b
    assert layout.entry(b) is None


def test_an_entry_of_another_kind_is_another_entry() -> None:
    layout = Layout()
    seen = set()
    for item in (MenuItem("a", nothing), MenuItem("a", Menu()), MenuItem("a", nothing)):
        assert layout.refresh(Menu(item))[0] == [ROOT]
        seen.add(entries(layout)[0].id)
    assert len(seen) == 3


def test_only_the_submenu_that_changed_is_named() -> None:
    words = ["x"]
    inner = Menu(lambda: (MenuItem(word, nothing) for word in words))
    menu = Menu(MenuItem("still", Menu(MenuItem("y", nothing))), MenuItem("moving", inner))
    layout = Layout()
    layout.refresh(menu)
    moving = entries(layout)[1]
    words.append("z")
    assert layout.refresh(menu)[0] == [moving.id]
    assert shown(layout, moving.id) == ["x", "z"]


def test_a_menu_that_is_made_anew_gives_clicks_its_newest_items() -> None:
    heard: list[int] = []
    turn = 0
    menu = Menu(lambda: iter([MenuItem("same", partial(lambda turn, *_: heard.append(turn), turn))]))
    layout = Layout()
    layout.refresh(menu)
    ident = entries(layout)[0].id
    turn = 1
    assert layout.refresh(menu) == ([], [])
    entry = layout.entry(ident)
    assert entry is not None
    entry.item(None)
    assert heard == [1]


def test_an_item_with_a_key_is_the_same_entry_whatever_it_says() -> None:
    words = {"x": "one", "y": "two"}

    def items() -> Iterator[Any]:
        for key, word in words.items():
            item = MenuItem(word, Menu(MenuItem("below", nothing)))
            item.key = key
            yield item

    layout = Layout()
    menu = Menu(items)
    layout.refresh(menu)
    x, y = (entry.id for entry in entries(layout))
    below = entries(layout, x)[0].id
    words.update(x="two", y="three")
    assert layout.refresh(menu) == ([], [(x, {"label": ("s", "two")}), (y, {"label": ("s", "three")})])
    assert entries(layout, x)[0].id == below
    # One that says the same, but of another key, is another.
    words.clear()
    words.update(z="two", y="three")
    assert layout.refresh(menu)[0] == [ROOT]
    assert entries(layout)[0].id not in (x, y)
    assert entries(layout)[1].id == y


def test_an_exception_of_the_menus_own_leaves_it_as_it_was() -> None:
    fail = False

    def text(_: Any) -> str:
        assert not fail
        return "fine"

    menu = Menu(MenuItem(text, nothing))
    layout = Layout()
    layout.refresh(menu)
    fail = True
    with pytest.raises(AssertionError):
        layout.refresh(menu)
    assert shown(layout) == ["fine"]


def test_the_tree_is_as_deep_and_as_wordy_as_was_asked_for() -> None:
    layout = Layout()
    layout.refresh(Menu(MenuItem("a", Menu(MenuItem("b", Menu(MenuItem("c", nothing)))))))
    root = layout.entry(ROOT)
    assert root is not None
    assert layout.tree(root, 0, []) == (ROOT, {"children-display": ("s", "submenu")}, [])
    _, _, [(signature, (_, properties, below))] = layout.tree(root, 1, ["label"])
    assert signature == "(ia{sv}av)"
    assert properties == {"label": ("s", "a")}
    assert below == []
    assert str(layout.tree(root, -1, [])) == str(layout.tree(root, 2**31 - 1, []))


def test_submenus_end_somewhere() -> None:
    menu = Menu(MenuItem("bottom", nothing))
    for depth in range(DEEPEST + 5):
        menu = Menu(MenuItem(str(depth), menu))
    layout = Layout()
    layout.refresh(menu)
    assert len(list(layout.all())) == DEEPEST + 2


items = st.one_of(
    st.just(Menu.SEPARATOR),
    st.builds(lambda visible: MenuItem("x", nothing, visible=visible), st.booleans()),
)


@given(st.lists(items, max_size=12))
def test_what_is_shown_is_what_pystray_shows(described: list[Any]) -> None:
    menu = Menu(*described)
    layout = Layout()
    layout.refresh(menu)
    assert shown(layout) == ["-" if item is Menu.SEPARATOR else item.text for item in menu]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=8))
def test_an_id_means_one_entry_for_ever(turns: list[list[str]]) -> None:
    layout = Layout()
    meant: dict[int, str] = {}
    for words in turns:
        layout.refresh(Menu(*(MenuItem(word, nothing) for word in words)))
        assert shown(layout) == words
        for entry in entries(layout):
            assert meant.setdefault(entry.id, entry.properties["label"][1]) == entry.properties["label"][1]
