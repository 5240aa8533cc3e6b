"""pystray's menu as dbusmenu's tree: pure, held against pystray's own reading of its menus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.desktop.statusnotifier.menu import ROOT, Entry, Layout
from tests.statusnotifier.tray import Menu, MenuItem


def nothing() -> None:
    pass


def keyed(words: Iterable[str]) -> Iterator[Any]:
    """Items that are made anew, and known again by what they say."""
    for word in words:
        item = MenuItem(word, nothing)
        item.key = word
        yield item


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


def read(menu: Any) -> Layout:
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
    assert shown(read(Menu(MenuItem(lambda _: text, nothing)))) == [label]


def test_an_entry_of_another_kind_is_another_entry() -> None:
    layout = Layout()
    seen = set()
    for action in (nothing, Menu(), nothing):
        item = MenuItem("a", action)
        item.key = "a"
        assert layout.refresh(Menu(item))[0] == [ROOT]
        seen.add(entries(layout)[0].id)
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
    layout = read(menu)
    x, y = (entry.id for entry in entries(layout))
    below = entries(layout, y)[0].id
    words.update(x="two", y="three")
    assert layout.refresh(menu) == ([], [(x, {"label": ("s", "two")}), (y, {"label": ("s", "three")})])
    assert entries(layout, y)[0].id == below
    entries(layout)[0].item(None)
    assert heard == ["two"]
    # One that says the same, but of another key, is another.
    words.clear()
    words.update(z="two", y="three")
    assert layout.refresh(menu)[0] == [ROOT]
    assert entries(layout)[0].id not in (x, y)
    assert (entries(layout)[1].id, layout.entry(x)) == (y, None)


items = st.one_of(
    st.just(Menu.SEPARATOR),
    st.builds(lambda visible: MenuItem("x", nothing, visible=visible), st.booleans()),
)


@given(st.lists(items, max_size=12))
def test_what_is_shown_is_what_pystray_shows(described: list[Any]) -> None:
    menu = Menu(*described)
    assert shown(read(menu)) == ["-" if item is Menu.SEPARATOR else item.text for item in menu]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=6), max_size=8))
def test_an_id_means_one_entry_for_ever(turns: list[list[str]]) -> None:
    layout = Layout()
    meant: dict[int, str] = {}
    for words in turns:
        layout.refresh(Menu(*keyed(words)))
        assert shown(layout) == words
        for entry in entries(layout):
            assert meant.setdefault(entry.id, entry.properties["label"][1]) == entry.properties["label"][1]
