"""The icon itself (org.kde.StatusNotifierItem), as panels ask for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from queue import SimpleQueue
from typing import Any

import pytest
from jeepney import HeaderFields, Message

from telex_start.desktop.bus.bus import Bus
from telex_start.desktop.statusnotifier.icon import Icon
from telex_start.desktop.statusnotifier.item import Item
from telex_start.desktop.statusnotifier.served import complete_types
from tests.fake_desktop import TIMEOUT, FakePanel, PrivateBus
from tests.process import ROOT
from tests.statusnotifier.tray import (
    ITEM,
    ITEM_PATH,
    MENU,
    MENU_PATH,
    PROPERTIES,
    Menu,
    MenuItem,
    MenuReader,
    Tray,
    seen,
    sizes,
)

RED, BLUE = (255, 220, 30, 30), (255, 30, 30, 220)


def test_every_property_by_itself_and_all_at_once(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address):
        item = panel.wait_for_item()
        expected = {
            "Category": ("s", "Communications"),
            "Id": ("s", "example"),
            "Title": ("s", "A title"),
            "Status": ("s", "Active"),
            "WindowId": ("i", 0),
            "IconThemePath": ("s", ""),
            "Menu": ("o", "/MenuBar"),
            "ItemIsMenu": ("b", False),
            "IconName": ("s", ""),
            "IconPixmap": ("a(iiay)", sizes()),
            "IconAccessibleDesc": ("s", ""),
            "OverlayIconName": ("s", ""),
            "OverlayIconPixmap": ("a(iiay)", []),
            "AttentionIconName": ("s", ""),
            "AttentionIconPixmap": ("a(iiay)", []),
            "AttentionAccessibleDesc": ("s", ""),
            "AttentionMovieName": ("s", ""),
            "ToolTip": ("(sa(iiay)ss)", ("", [], "A title", "")),
        }
        [everything] = panel.call(item.name, ITEM_PATH, PROPERTIES, "GetAll", "s", ITEM)
        assert everything == expected
        for name, value in expected.items():
            assert panel.call(item.name, ITEM_PATH, PROPERTIES, "Get", "ss", ITEM, name) == (value,)


def test_it_registers_by_its_path(private_bus: PrivateBus) -> None:
    """GNOME's extension loses icons that are registered by a well-known name (8 of 23 starts on GNOME 43)."""
    asked: list[tuple[str, str]] = []

    class Panel(FakePanel):
        def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
            if member == "RegisterStatusNotifierItem":
                asked.append((call.header.fields[HeaderFields.sender], call.body[0]))
            return super().answer(call, interface, member)

    with Panel(private_bus) as panel, Tray(private_bus.address):
        item = panel.wait_for_item()
        assert asked == [(item.name, ITEM_PATH)]
        assert item.property("Title") == "A title"
        bus = "org.freedesktop.DBus"
        [names] = panel.call(bus, "/org/freedesktop/DBus", bus, "ListNames")
        assert [name for name in names if "StatusNotifierItem" in name] == []


def test_changes_are_told_and_only_changes(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        seen(panel, tray, item)
        tray.icon.title = "Another"
        assert seen(panel, tray, item) == [("NewTitle", ()), ("NewToolTip", ())]
        assert item.property("Title") == "Another"
        assert item.property("ToolTip") == ("", [], "Another", "")
        tray.icon.icon = sizes(BLUE)
        assert seen(panel, tray, item) == [("NewIcon", ())]
        assert item.property("IconPixmap") == sizes(BLUE)
        tray.icon.title = "Another"
        tray.icon.icon = sizes(BLUE)
        tray.want_attention(False)
        tray.icon.visible = True
        tray.icon.update_menu()
        assert seen(panel, tray, item) == []


def test_many_changes_at_once_are_told_once(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        seen(panel, tray, item)
        busy = threading.Event()
        tray.bus.post(busy.wait)
        for number in range(100):
            tray.icon.title = f"Number {number}"
            tray.icon.icon = sizes((255, number, 0, 0))
        busy.set()
        assert seen(panel, tray, item) == [("NewTitle", ()), ("NewToolTip", ()), ("NewIcon", ())]
        assert item.property("Title") == "Number 99"


def test_attention_has_its_status_and_the_picture_of_now(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        seen(panel, tray, item)
        tray.want_attention(True)
        # The picture first: xfce4-panel looks only when that is new.
        assert seen(panel, tray, item) == [("NewAttentionIcon", ()), ("NewStatus", ("NeedsAttention",))]
        assert item.property("Status") == "NeedsAttention"
        assert item.property("AttentionIconPixmap") == sizes()
        tray.icon.icon = sizes(BLUE)
        assert seen(panel, tray, item) == [("NewIcon", ()), ("NewAttentionIcon", ())]
        assert item.property("AttentionIconPixmap") == item.property("IconPixmap") == sizes(BLUE)
        tray.want_attention(False)
        assert seen(panel, tray, item) == [("NewAttentionIcon", ()), ("NewStatus", ("Active",))]
        assert item.property("AttentionIconPixmap") == []


def test_texts_that_the_bus_would_not_take_do_not_end_the_connection(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, title="nul \0 and \ud800") as tray:
        item = panel.wait_for_item()
        assert item.property("Title") == "nul \ufffd and \ufffd"
        assert item.property("ToolTip")[2] == "nul \ufffd and \ufffd"
        tray.icon.title = "x" * 1_000_000
        tray.settle()
        assert len(item.property("Title")) == 10_000


def test_pictures_come_smallest_first(private_bus: PrivateBus, panel: FakePanel) -> None:
    # Budgie takes the first that is large enough.
    with Tray(private_bus.address, pictures=sizes()[::-1]):
        assert panel.wait_for_item().property("IconPixmap") == sizes()


def test_introspection_tells_what_there_is(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address):
        item = panel.wait_for_item()
        for path, name in ((ITEM_PATH, ITEM), (MENU_PATH, MENU)):
            [text] = panel.call(item.name, path, "org.freedesktop.DBus.Introspectable", "Introspect")
            node = ET.fromstring(text)
            interfaces = {found.get("name"): found for found in node}
            assert set(interfaces) == {
                name,
                PROPERTIES,
                "org.freedesktop.DBus.Introspectable",
                "org.freedesktop.DBus.Peer",
            }
            [everything] = panel.call(item.name, path, PROPERTIES, "GetAll", "s", name)
            described = {found.get("name"): found.get("type") for found in interfaces[name].findall("property")}
            assert described == {key: value[0] for key, value in everything.items()}
        layout = interfaces[MENU].find("method[@name='GetLayout']")
        assert layout is not None
        assert [(arg.get("type"), arg.get("direction")) for arg in layout] == [
            ("i", "in"),
            ("i", "in"),
            ("as", "in"),
            ("u", "out"),
            ("(ia{sv}av)", "out"),
        ]


def test_the_icon_comes_first_and_a_panel_that_asks_for_the_menu_gets_it_when_it_is_there(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    bus = Bus(private_bus.address, keep=True, thread_name="tray")
    item = Item(bus, name="example", title="A title", pictures=sizes())
    bus.start()
    shown = panel.wait_for_item()
    layout = panel.begin(shown.name, MENU_PATH, MENU, "GetLayout", "iias", 0, -1, [])
    assert not item.wait_until_read(0)
    assert panel.ask(shown.name, ITEM_PATH, PROPERTIES, "Get", "ss", ITEM, "IconPixmap").body[0][1] == sizes()
    assert item.wait_until_read(TIMEOUT)
    assert not layout.done()
    chosen: SimpleQueue[str] = SimpleQueue()
    Icon(item, Menu(MenuItem("Exit", lambda: chosen.put("Exit"))))
    _, (_, _, children) = layout.result(TIMEOUT).body
    assert [child[1]["label"] for _, child in children] == [("s", "Exit")]
    MenuReader(panel, shown).click("Exit")
    assert chosen.get(timeout=TIMEOUT) == "Exit"
    assert bus.stop(TIMEOUT)


def test_stopped_is_for_good(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        tray.icon.stop()
        tray.icon.stop()
        tray.icon.visible = True
        tray.icon.title = "too late"
        tray.settle()
        assert item.property("Status") == "Passive"
        panel.leave()
        panel.come_back()
        assert [tray.host() for _ in range(3)] == [True, False, True]
        tray.settle()
        assert panel.items == [], "another panel does not get it"


@pytest.mark.parametrize("named", ["gtk", None])
def test_an_icon_brings_no_toolkit_and_leaves_the_variable_of_pystray_as_it_is(named: str | None) -> None:
    code = (
        "import os, sys\nimport telex_start.desktop.statusnotifier.icon\n"
        "print(os.environ.get('PYSTRAY_BACKEND'), {'gi', 'PIL', 'Xlib', 'asyncio', 'email', 'ssl'} & set(sys.modules))"
    )
    environ = {"PATH": os.environ["PATH"]} | ({"PYSTRAY_BACKEND": named} if named else {})
    done = subprocess.run([sys.executable, "-c", code], env=environ, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"{named} set()\n"


def test_signatures_come_apart() -> None:
    assert list(complete_types("")) == []
    assert list(complete_types("saa{s(iv)}(a(ii)s)i")) == ["s", "aa{s(iv)}", "(a(ii)s)", "i"]
