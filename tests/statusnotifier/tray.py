"""Runs the product's tray icon on a bus of a test, and reads its signals and menu as a panel does."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Any, Self

from jeepney import HeaderFields, Message, MessageType

from telex_start.desktop.bus.bus import Bus, Loop
from telex_start.desktop.bus.buses import Buses
from telex_start.desktop.pixmaps import Pixmap, pixmaps
from telex_start.desktop.statusnotifier.item import StatusNotifierItem
from telex_start.desktop.tray import tray
from telex_start.desktop.tray.menu import import_pystray
from telex_start.errors import NoPlaceForIcon
from telex_start.events import Event, MenuOpened
from telex_start.states import State
from telex_start.tray_view import TrayView
from tests.fake_desktop import TIMEOUT, BusClient, FakePanel, PanelItem

Menu, MenuItem = import_pystray().Menu, import_pystray().MenuItem

ITEM = "org.kde.StatusNotifierItem"
ITEM_PATH = "/StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
MENU_PATH = "/MenuBar"
PROPERTIES = "org.freedesktop.DBus.Properties"

CACHE = os.path.join(tempfile.gettempdir(), f"tray-tests-{os.getuid()}")
"""The folder of the icon's pictures, the same for all tests: drawing them takes longer than most tests."""
VIEW = TrayView(State.ONLINE, 0, "A title")


def pictures(view: TrayView) -> list[Pixmap]:
    """The pictures of the icon for a view."""
    return pixmaps(view.state, view.unread, CACHE, view.quiet)


class Tray:
    """A running icon on a connection of its own, with a menu whose callbacks record clicks.

    Attributes:
        item: The icon on the bus.
        bus: Its connection.
        clicks: The menu items that were chosen, put there by callbacks of :meth:`click`.
        hosts: The arguments of ``on_host``.
    """

    def __init__(self, address: str, make_menu: Callable[[Tray], Any] | None = None, view: TrayView = VIEW) -> None:
        self.clicks: SimpleQueue[str] = SimpleQueue()
        self.hosts: SimpleQueue[bool] = SimpleQueue()
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.loop = Loop("tray")
        self.bus = Bus(address, self.loop)
        self.item = StatusNotifierItem(self.bus, view, self.events.put, self.hosts.put, CACHE)
        make_menu = make_menu or (lambda tray: Menu(MenuItem("Exit", tray.click("Exit"))))
        self.item.add_menu(make_menu(self))

    def __enter__(self) -> Self:
        self.loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.item.stop()
        assert self.loop.stop(TIMEOUT)

    def click(self, what: str) -> Callable[[], None]:
        """A callback for a menu item, which puts ``what`` into :attr:`clicks`."""
        return lambda: self.clicks.put(what)

    def clicked(self) -> str:
        """Wait for the next click; gives the item."""
        return self.clicks.get(timeout=TIMEOUT)

    def host(self) -> bool:
        """Wait for the next argument of ``on_host``."""
        return self.hosts.get(timeout=TIMEOUT)

    def settle(self) -> None:
        """Wait until the icon has sent to the bus all that was asked of it so far."""
        done = threading.Event()
        self.bus.post(lambda: self.bus.post(done.set))
        assert done.wait(TIMEOUT)


def seen(panel: FakePanel, tray: Tray, item: PanelItem) -> list[tuple[str, Any]]:
    """Wait until the panel has got all signals of the icon so far; gives and forgets them."""
    tray.settle()
    panel.call(item.name, ITEM_PATH, "org.freedesktop.DBus.Peer", "Ping")
    found = [
        (panel.member(signal), tuple(signal.body))
        for signal in panel.signals
        if signal.header.fields[HeaderFields.sender] == item.name
    ]
    panel.signals.clear()
    return found


class MenuReader:
    """Calls the methods of an icon's menu (``com.canonical.dbusmenu``), as a panel does."""

    def __init__(self, client: BusClient, item: PanelItem) -> None:
        self._client = client
        self._item = item

    def call(self, member: str, signature: str = "", *body: Any) -> Any:
        """Call a method of the menu; gives its only result, or a tuple of its results.

        Raises:
            AssertionError: the answer is an error.
        """
        answer = self._client.call(self._item.name, MENU_PATH, MENU, member, signature, *body)
        return answer[0] if len(answer) == 1 else answer

    def layout(self, parent: int = 0, depth: int = -1, *names: str) -> Any:
        """The tree of entries, without the revision."""
        return self.call("GetLayout", "iias", parent, depth, list(names))[1]

    def ids(self) -> dict[str, int]:
        """The id of each entry by its label, at any depth."""
        found: dict[str, int] = {}

        def walk(node: Any) -> None:
            ident, properties, children = node
            if "label" in properties:
                found[properties["label"][1]] = ident
            for _, child in children:
                walk(child)

        walk(self.layout())
        return found

    def event(self, label: str, event: str = "clicked") -> None:
        """Send an event for the entry with that label; by default a click."""
        self.call("Event", "isvu", self.ids()[label], event, ("s", ""), 0)


def error_name(reply: Message) -> str:
    """The last part of an error's name; empty for a good answer."""
    if reply.header.message_type is not MessageType.error:
        return ""
    return str(reply.header.fields[HeaderFields.error_name]).removeprefix("org.freedesktop.DBus.Error.")


class Surface:
    """The program's whole tray (:class:`telex_start.desktop.tray.tray.Tray`) on a desktop with this environment.

    Attributes:
        tray: The tray.
        openings: Whether :meth:`next` also gives each opening of the menu.
    """

    def __init__(self, environ: Mapping[str, str], **options: float) -> None:
        self.openings = False
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._buses = Buses(environ)
        self.tray = tray.Tray(self._events.put, self._buses, CACHE, environ=environ, **options)

    def __enter__(self) -> Self:
        try:
            self.tray.start()
        except NoPlaceForIcon:
            self._buses.stop(TIMEOUT)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self.tray.stop(TIMEOUT) and self._buses.stop(TIMEOUT)

    def next(self) -> Event:
        """Wait for the next event."""
        while True:
            event = self._events.get(timeout=TIMEOUT)
            if self.openings or not isinstance(event, MenuOpened):
                return event

    def show(self, **fields: Any) -> None:
        """Show a view with these fields; without any, that of *online*."""
        self.tray.show(VIEW._replace(**{"status": "Online", **fields}))
