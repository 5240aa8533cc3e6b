"""Anybody on the bus may call anything with anything: each call gets an answer, and the icon goes on as before."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, Message, new_signal

from telex_start.desktop.bus.served import complete_types
from tests.fake_desktop import BusClient, FakePanel, PrivateBus

from .tray import ITEM, ITEM_PATH, MENU, MENU_PATH, PROPERTIES, Menu, MenuItem, MenuReader, Tray, error_name

INTROSPECTABLE, PEER = "org.freedesktop.DBus.Introspectable", "org.freedesktop.DBus.Peer"
WATCHER = "org.kde.StatusNotifierWatcher"


class Target:
    """One icon that takes what all tests here throw at it."""

    def __init__(self, asker: BusClient, tray: Tray, panel: FakePanel) -> None:
        self.asker, self.tray, self.panel = asker, tray, panel
        self.item = panel.wait_for_item()
        assert tray.host() is True

    def ask(self, path: str, interface: str | None, member: str, signature: str = "", *body: Any) -> Message:
        return self.asker.ask(self.item.name, path, interface, member, signature, *body)

    def lives(self) -> bool:
        """Whether the icon has its menu and title as before, and a click still comes."""
        reader = MenuReader(self.panel, self.item)
        assert list(reader.ids()) == ["More", "Below", "Exit"]
        assert self.item.property("Title") == "Telex: A title"
        while not self.tray.clicks.empty():
            self.tray.clicks.get()
        reader.event("Exit")
        return self.tray.clicked() == "Exit"


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    def menu(tray: Tray) -> Any:
        below = Menu(MenuItem("Below", tray.click("Below")))
        return Menu(MenuItem("More", below), MenuItem("Exit", tray.click("Exit")))

    with PrivateBus() as bus, FakePanel(bus) as panel, BusClient(bus) as asker, Tray(bus.address, menu) as tray:
        yield Target(asker, tray, panel)


@pytest.fixture(autouse=True)
def quiet(target: Target, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that others send is logged or harms the icon."""
    caplog.set_level(logging.INFO)
    yield
    assert target.lives()
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("path", "interface", "member", "signature", "body", "name"),
    [
        (ITEM_PATH, ITEM, "Explode", "", (), "UnknownMethod"),
        (ITEM_PATH, None, "Explode", "", (), "UnknownMethod"),
        (ITEM_PATH, "no.such", "Activate", "ii", (0, 0), "UnknownInterface"),
        (ITEM_PATH, ITEM, "SecondaryActivate", "", (), "InvalidArgs"),
        (ITEM_PATH, ITEM, "SecondaryActivate", "uu", (0, 0), "InvalidArgs"),
        (ITEM_PATH, PROPERTIES, "Get", "ss", (ITEM, "Nothing"), "UnknownProperty"),
        (ITEM_PATH, PROPERTIES, "Get", "ss", ("no.such", "Title"), "UnknownInterface"),
        (ITEM_PATH, PROPERTIES, "Get", "ss", (PEER, "Title"), "UnknownProperty"),
        (ITEM_PATH, PROPERTIES, "GetAll", "s", ("no.such",), "UnknownInterface"),
        (MENU_PATH, MENU, "Event", "isvi", (0, "clicked", ("i", 0), 0), "InvalidArgs"),
        (MENU_PATH, MENU, "GetLayout", "iias", (2**31 - 1, -1, []), "InvalidArgs"),
        (MENU_PATH, MENU, "AboutToShow", "i", (-1,), "InvalidArgs"),
        ("/", ITEM, "Activate", "ii", (0, 0), "UnknownMethod"),
        ("/MenuBar/0", MENU, "GetLayout", "iias", (0, -1, []), "UnknownMethod"),
        # What says little is served.
        (MENU_PATH, None, "GetLayout", "iias", (0, 0, []), ""),
        (ITEM_PATH, ITEM, "ContextMenu", "ii", (0, 0), ""),
        (ITEM_PATH, PEER, "Ping", "", (), ""),
    ],
)
def test_wrong_calls_get_the_errors_of_the_specification(
    target: Target, path: str, interface: str | None, member: str, signature: str, body: tuple[Any, ...], name: str
) -> None:
    assert error_name(target.ask(path, interface, member, signature, *body)) == name
    # An empty name stands for the icon's own interface.
    assert target.ask(ITEM_PATH, PROPERTIES, "Get", "ss", "", "Title").body == (("s", "Telex: A title"),)
    assert "Title" in target.ask(ITEM_PATH, PROPERTIES, "GetAll", "s", "").body[0]
    assert target.ask(ITEM_PATH, PROPERTIES, "GetAll", "s", PEER).body == ({},)


def test_long_lists_are_answered(target: Target) -> None:
    many = list(range(-50_000, 50_000))
    assert len(target.ask(MENU_PATH, MENU, "GetGroupProperties", "aias", many, ["label"] * 1000).body[0]) == 4
    assert len(target.ask(MENU_PATH, MENU, "AboutToShowGroup", "ai", many).body[1]) == len(many) - 4
    events = [(ident, "clicked", ("s", ""), 0) for ident in range(10_000, 30_000)]
    assert len(target.ask(MENU_PATH, MENU, "EventGroup", "a(isvu)", events).body[0]) == len(events)


def test_signals_of_others_change_nothing(target: Target) -> None:
    address = DBusAddress("/StatusNotifierWatcher", target.item.name, WATCHER)
    bus = DBusAddress("/org/freedesktop/DBus", target.item.name, "org.freedesktop.DBus")
    for message in (
        new_signal(address, "StatusNotifierHostUnregistered"),
        new_signal(address, "StatusNotifierHostRegistered", "a{sv}", ({"x": ("i", 1)},)),
        new_signal(bus, "NameOwnerChanged", "sss", (WATCHER, "", "")),
        new_signal(bus, "NameOwnerChanged", "sss", (WATCHER, ":1.1", "")),
    ):
        message.header.fields[HeaderFields.destination] = target.item.name
        target.asker.send(message)
    target.ask(ITEM_PATH, PEER, "Ping")
    target.tray.settle()
    assert target.tray.hosts.empty()


def test_signatures_come_apart() -> None:
    assert list(complete_types("")) == []
    assert list(complete_types("saa{s(iv)}(a(ii)s)i")) == ["s", "aa{s(iv)}", "(a(ii)s)", "i"]
