"""The icon itself (org.kde.StatusNotifierItem), as panels ask for it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from jeepney import HeaderFields, Message

from telex_start.desktop.bus.bus import Bus, Loop
from telex_start.desktop.pixmaps import SIZES
from telex_start.desktop.statusnotifier.item import StatusNotifierItem
from telex_start.states import State
from tests.fake_desktop import TIMEOUT, FakePanel, PrivateBus
from tests.process import ROOT

from .tray import CACHE, ITEM, ITEM_PATH, MENU, MENU_PATH, PROPERTIES, VIEW, Menu, MenuItem, Tray, pictures, seen

NEEDED = VIEW._replace(state=State.SIGN_IN_NEEDED)
OF_THE_ICON = {
    "Category": ("s", "Communications"),
    "Id": ("s", "telex-start"),
    "Title": ("s", "Telex: A title"),
    "Status": ("s", "Active"),
    "WindowId": ("i", 0),
    "IconThemePath": ("s", ""),
    "Menu": ("o", "/MenuBar"),
    "ItemIsMenu": ("b", False),
    "IconName": ("s", ""),
    "IconPixmap": ("a(iiay)", pictures(VIEW)),
    "IconAccessibleDesc": ("s", ""),
    "OverlayIconName": ("s", ""),
    "OverlayIconPixmap": ("a(iiay)", []),
    "AttentionIconName": ("s", ""),
    "AttentionIconPixmap": ("a(iiay)", []),
    "AttentionAccessibleDesc": ("s", ""),
    "AttentionMovieName": ("s", ""),
    "ToolTip": ("(sa(iiay)ss)", ("", [], "Telex: A title", "")),
}
OF_THE_MENU = {
    "Version": ("u", 3),
    "TextDirection": ("s", "ltr"),
    "Status": ("s", "normal"),
    "IconThemePath": ("as", []),
}


def test_every_property_by_itself_and_all_at_once(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address):
        item = panel.wait_for_item()
        for path, interface, expected in ((ITEM_PATH, ITEM, OF_THE_ICON), (MENU_PATH, MENU, OF_THE_MENU)):
            assert panel.call(item.name, path, PROPERTIES, "GetAll", "s", interface) == (expected,)
            for name, value in expected.items():
                assert panel.call(item.name, path, PROPERTIES, "Get", "ss", interface, name) == (value,)
        sizes = [width for width, _, _ in item.property("IconPixmap")]
        assert sizes == sorted(SIZES), "Budgie takes the first that is large enough"


def test_it_registers_by_its_path(private_bus: PrivateBus) -> None:
    """GNOME's extension loses icons that are registered by a well-known name (8 of 23 starts on GNOME 43)."""
    asked: list[tuple[str, str]] = []

    class Panel(FakePanel):
        def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
            if member == "RegisterStatusNotifierItem":
                asked.append((call.header.fields[HeaderFields.sender], call.body[0]))
            return super().answer(call, interface, member)

    with Panel(private_bus) as panel, Tray(private_bus.address):
        assert panel.wait_for_item().property("Id") == "telex-start"
        assert asked == [(panel.items[0].name, ITEM_PATH)]


def test_changes_are_told_together_and_only_changes(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        seen(panel, tray, item)
        tray.item.show(VIEW._replace(status="Another"))
        assert seen(panel, tray, item) == [("NewTitle", ()), ("NewToolTip", ())]
        assert item.property("ToolTip") == ("", [], "Telex: Another", "")
        tray.item.show(last := VIEW._replace(status="Another", unread=1))
        assert seen(panel, tray, item) == [("NewIcon", ())]
        assert item.property("IconPixmap") == pictures(last)
        tray.item.show(last)
        assert seen(panel, tray, item) == []
        busy = threading.Event()
        tray.bus.post(busy.wait)
        for number in range(100):
            tray.item.show(VIEW._replace(status=f"Number {number}"))
        busy.set()
        assert seen(panel, tray, item) == [("NewTitle", ()), ("NewToolTip", ()), ("NewIcon", ())]
        assert item.property("Title") == "Telex: Number 99"


def test_attention_has_its_status_and_the_picture_of_now(private_bus: PrivateBus, panel: FakePanel) -> None:
    """The picture's signal comes first: xfce4-panel looks only when the picture is new."""
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        seen(panel, tray, item)
        for view, status in ((NEEDED, "NeedsAttention"), (VIEW, "Active")):
            tray.item.show(view)
            told = [("NewIcon", ()), ("NewAttentionIcon", ()), ("NewStatus", (status,))]
            assert seen(panel, tray, item) == told
            assert item.property("Status") == status
            assert item.property("AttentionIconPixmap") == (pictures(view) if view is NEEDED else [])
            assert item.property("IconPixmap") == pictures(view)


def test_texts_that_the_bus_would_not_take_do_not_end_the_connection(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address, view=VIEW._replace(status="nul \0 and \ud800")):
        item = panel.wait_for_item()
        assert item.property("Title") == item.property("ToolTip")[2] == "Telex: nul \ufffd and \ufffd"


def test_introspection_tells_what_there_is(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address):
        item = panel.wait_for_item()
        standard = {f"org.freedesktop.DBus.{name}" for name in ("Properties", "Introspectable", "Peer")}
        for path, name, properties in ((ITEM_PATH, ITEM, OF_THE_ICON), (MENU_PATH, MENU, OF_THE_MENU)):
            [text] = panel.call(item.name, path, "org.freedesktop.DBus.Introspectable", "Introspect")
            interfaces = {found.get("name"): found for found in ET.fromstring(text)}
            assert set(interfaces) == {name, *standard}
            described = {found.get("name"): found.get("type") for found in interfaces[name].findall("property")}
            assert described == {key: value[0] for key, value in properties.items()}
        for what, arguments in (
            ("method[@name='GetLayout']", ["i in", "i in", "as in", "u out", "(ia{sv}av) out"]),
            ("signal[@name='LayoutUpdated']", ["u out", "i out"]),
        ):
            [found] = interfaces[MENU].findall(what)
            assert [f"{arg.get('type')} {arg.get('direction')}" for arg in found] == arguments


def test_the_icon_comes_first_and_a_panel_that_asks_for_the_menu_gets_it_when_it_is_there(
    private_bus: PrivateBus, panel: FakePanel
) -> None:
    loop = Loop("tray")
    item = StatusNotifierItem(Bus(private_bus.address, loop), VIEW, lambda _: None, lambda _: None, CACHE)
    loop.start()
    shown = panel.wait_for_item()
    layout = panel.begin(shown.name, MENU_PATH, MENU, "GetLayout", "iias", 0, -1, [])
    assert shown.property("IconPixmap")
    assert item.wait(TIMEOUT)
    assert not layout.done()
    item.add_menu(Menu(MenuItem("Exit", None)))
    _, (_, _, children) = layout.result(TIMEOUT).body
    assert [child[1]["label"] for _, child in children] == [("s", "Exit")]
    assert loop.stop(TIMEOUT)


def test_stopped_is_for_good(private_bus: PrivateBus, panel: FakePanel) -> None:
    with Tray(private_bus.address) as tray:
        item = panel.wait_for_item()
        tray.item.stop()
        tray.item.show(NEEDED)
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
        "import os, sys\nfrom telex_start.desktop.tray.menu import import_pystray\nimport_pystray()\n"
        "print(os.environ.get('PYSTRAY_BACKEND'), {'gi', 'PIL', 'Xlib', 'asyncio', 'email', 'ssl'} & set(sys.modules))"
    )
    environ = {"PATH": os.environ["PATH"]} | ({"PYSTRAY_BACKEND": named} if named else {})
    done = subprocess.run([sys.executable, "-c", code], env=environ, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"{named} set()\n"
