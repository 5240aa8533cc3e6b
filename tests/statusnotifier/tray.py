"""An icon over a connection of its own, and what a panel can ask of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Self

from jeepney import HeaderFields, Message, MessageType

from telex_start.desktop.bus.bus import Bus
from telex_start.desktop.pixmaps import Pixmap
from telex_start.desktop.statusnotifier.icon import Icon, pystray
from telex_start.desktop.statusnotifier.item import Item
from tests.fake_desktop import TIMEOUT, BusClient, FakePanel, PanelItem

Menu, MenuItem = pystray.Menu, pystray.MenuItem

ITEM = "org.kde.StatusNotifierItem"
ITEM_PATH = "/StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
MENU_PATH = "/MenuBar"
PROPERTIES = "org.freedesktop.DBus.Properties"
WATCHER = "org.kde.StatusNotifierWatcher"


def solid(size: int, argb: tuple[int, int, int, int] = (255, 220, 30, 30)) -> Pixmap:
    """A square of one colour."""
    return size, size, bytes(argb) * (size * size)


def sizes(argb: tuple[int, int, int, int] = (255, 220, 30, 30)) -> list[Pixmap]:
    """The same square in every size that panels ask for."""
    return [solid(size, argb) for size in (16, 22, 24, 32, 48, 64)]


class Tray:
    """An icon that runs, and what its menu's callbacks are to tell.

    Attributes:
        item: The icon on the bus.
        icon: pystray's.
        bus: Its connection.
        clicks: What was chosen; callbacks put it there.
        hosts: What ``on_host`` was told.
    """

    def __init__(
        self,
        address: str,
        make_menu: Callable[[Tray], Any] | None = None,
        *,
        pictures: list[Pixmap] | None = None,
        title: str = "A title",
    ) -> None:
        self.clicks: SimpleQueue[str] = SimpleQueue()
        self.hosts: SimpleQueue[bool] = SimpleQueue()
        self.bus = Bus(address, keep=True, thread_name="tray")
        pictures = sizes() if pictures is None else pictures
        self.item = Item(
            self.bus,
            name="example",
            title=title,
            pictures=pictures,
            on_host=self.hosts.put,
        )
        make_menu = make_menu or (lambda tray: Menu(MenuItem("Exit", tray.click("Exit"))))
        self.icon = Icon(self.item, make_menu(self))
        self.icon.visible = True

    def __enter__(self) -> Self:
        self.bus.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.icon.stop()
        assert self.bus.stop(TIMEOUT)

    def want_attention(self, wanted: bool) -> None:
        """Have the icon want it, and show what is shown already."""
        self.icon.attention = wanted
        self.icon.icon = self.icon.icon

    def click(self, what: str) -> Callable[[], None]:
        """A callback for a menu item."""
        return lambda: self.clicks.put(what)

    def clicked(self) -> str:
        """What was chosen next."""
        return self.clicks.get(timeout=TIMEOUT)

    def host(self) -> bool:
        """What ``on_host`` was told next."""
        return self.hosts.get(timeout=TIMEOUT)

    def settle(self) -> None:
        """Wait until everything that was asked of the icon so far was handed to the bus."""
        done = threading.Event()
        self.bus.post(lambda: self.bus.post(done.set))
        assert done.wait(TIMEOUT)


def seen(panel: FakePanel, tray: Tray, item: PanelItem) -> list[tuple[str, Any]]:
    """The signals of the icon that the panel has got, now that all are there, and forget them."""
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
    """A panel's view of the menu, with each of the calls that there are."""

    def __init__(self, client: BusClient, item: PanelItem) -> None:
        self._client = client
        self._item = item

    def call(self, member: str, signature: str = "", *body: Any) -> Any:
        """Call a method of the menu; its only result, or all of them.

        Raises:
            AssertionError: it answered an error.
        """
        answer = self._client.call(self._item.name, MENU_PATH, MENU, member, signature, *body)
        return answer[0] if len(answer) == 1 else answer

    def layout(self, parent: int = 0, depth: int = -1, *names: str) -> Any:
        """The tree, without the revision."""
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

    def click(self, label: str) -> None:
        """Choose an entry."""
        self.call("Event", "isvu", self.ids()[label], "clicked", ("s", ""), 0)


def error_name(reply: Message) -> str:
    """The last part of an error's name; empty for a good answer."""
    if reply.header.message_type is not MessageType.error:
        return ""
    return str(reply.header.fields[HeaderFields.error_name]).removeprefix("org.freedesktop.DBus.Error.")
