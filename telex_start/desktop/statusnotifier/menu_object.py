"""The icon's menu on the bus (``com.canonical.dbusmenu``).

Panels differ in what they call, and all of it is answered: lxqt-panel 1.2 asks for one entry at a time and reads the
menu level by level, xfce4-panel 4.18 asks only for groups. When a panel is about to show the menu, the program's menu
is read anew, so that its words are up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .connection import Connection, LogOnce
from .item import MENU_PATH
from .layout import DEFAULTS, ROOT, Change, Entry, Layout
from .served import Interface, Method, Property, Refusal, ServedObject

_INTERFACE = "com.canonical.dbusmenu"
_VERSION = 3


class MenuObject:
    """The menu. All of it belongs to the connection's thread.

    Args:
        connection: Where it is served.
        menu: Gives the ``pystray.Menu`` of now, or ``None``.
        on_click: Gets the item that the person chose, before the panel is answered.
        on_open: The person opens the menu; the panel is not answered yet. Once for each opening.
        once: Logs what goes wrong.
    """

    def __init__(
        self,
        connection: Connection,
        menu: Callable[[], Any],
        on_click: Callable[[Any], object],
        on_open: Callable[[], object],
        once: LogOnce,
    ) -> None:
        self._connection = connection
        self._menu = menu
        self._on_click = on_click
        self._on_open = on_open
        self._announced = False
        """A panel asked before it shows the menu, and has not said that it is open."""
        self._once = once
        self._layout = Layout()
        self._asked = False
        self._stale = True
        methods: dict[str, Method] = {
            "GetLayout": ("iias", "u(ia{sv}av)", self._get_layout),
            "GetGroupProperties": ("aias", "a(ia{sv})", self._get_group_properties),
            "GetProperty": ("is", "v", self._get_property),
            "Event": ("isvu", "", self._event),
            "EventGroup": ("a(isvu)", "ai", self._event_group),
            "AboutToShow": ("i", "b", self._about_to_show),
            "AboutToShowGroup": ("ai", "aiai", self._about_to_show_group),
        }
        properties: dict[str, Property] = {
            "Version": ("u", lambda: _VERSION),
            "TextDirection": ("s", lambda: "ltr"),
            "Status": ("s", lambda: "normal"),
            "IconThemePath": ("as", lambda: []),
        }
        signals = {"ItemsPropertiesUpdated": "a(ia{sv})a(ias)", "LayoutUpdated": "ui", "ItemActivationRequested": "iu"}
        self._object = ServedObject(connection, MENU_PATH, Interface(_INTERFACE, methods, properties, signals), once)
        self.answer = self._object.answer
        """Gives the reply to a method call."""

    def renew(self) -> None:
        """The menu may say something else now: tell panels what."""
        self._stale = True
        if self._asked:
            self._tell(self._refresh())

    def _refresh(self) -> Change:
        self._stale = False
        try:
            return self._layout.refresh(self._menu())
        except Exception:  # the program's own callables were called
            self._once.exception("menu", "the tray menu could not be read; it stays as it was")
            return [], []

    def _current(self) -> Layout:
        """The menu, read if it was not yet."""
        if self._stale:
            change = self._refresh()
            if self._asked:
                self._tell(change)
        self._asked = True
        return self._layout

    def _tell(self, change: Change) -> None:
        layouts, properties = change
        if properties:
            self._object.emit("ItemsPropertiesUpdated", properties, [])
        for ident in layouts:
            self._object.emit("LayoutUpdated", self._layout.revision, ident)

    def _entry(self, ident: int) -> Entry:
        entry = self._current().entry(ident)
        if entry is None:
            raise Refusal("InvalidArgs", f"there is no menu entry {ident}")
        return entry

    # --- the calls --------------------------------------------------------------------------------------------------

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> tuple[Any, ...]:
        entry = self._entry(parent)
        if depth > 0 and (untold := list(_untold(entry, depth))):
            # Plasma 5.27 reads a submenu when it opens it, and puts one that is empty until then half off the screen.
            # What has changed it reads at once.
            self._connection.post(lambda: self._tell((untold, [])))
        return self._layout.revision, self._layout.tree(entry, depth, names)

    def _get_group_properties(self, idents: list[int], names: list[str]) -> tuple[Any, ...]:
        layout = self._current()
        wanted = layout.all() if not idents else (layout.entry(ident) for ident in dict.fromkeys(idents))
        return ([(entry.id, entry.named(names)) for entry in wanted if entry is not None],)

    def _get_property(self, ident: int, name: str) -> tuple[Any, ...]:
        value = self._entry(ident).properties.get(name) or DEFAULTS.get(name)
        if value is None:
            raise Refusal("UnknownProperty", f"a menu entry has no property {name}")
        return (value,)

    def _event(self, ident: int, event: str, data: Any, timestamp: int) -> tuple[Any, ...]:
        self._happened(self._entry(ident), event)
        return ()

    def _event_group(self, events: list[tuple[int, str, Any, int]]) -> tuple[Any, ...]:
        unknown = []
        for ident, event, _, _ in events:
            entry = self._current().entry(ident)
            if entry is None:
                unknown.append(ident)
            else:
                self._happened(entry, event)
        _not_all(unknown, len(events))
        return (unknown,)

    def _happened(self, entry: Entry, event: str) -> None:
        if entry.id == ROOT and event in ("opened", "closed"):
            if event == "opened" and not self._announced:  # lxqt-panel asks first, others only say this
                self._on_open()
            self._announced = False
        # A click may have been under way when the entry was disabled, or hidden.
        if event == "clicked" and entry.clickable:
            self._on_click(entry.item)

    def _about_to_show(self, ident: int) -> tuple[Any, ...]:
        self._entry(ident)
        changed = self._look_again()
        self._announce([ident])
        return (ident in changed,)

    def _about_to_show_group(self, idents: list[int]) -> tuple[Any, ...]:
        unknown = [ident for ident in idents if self._current().entry(ident) is None]
        _not_all(unknown, len(idents))
        changed = self._look_again()
        self._announce(idents)
        return [ident for ident in idents if ident in changed], unknown

    def _announce(self, idents: list[int]) -> None:
        if ROOT in idents:
            self._announced = True
            self._on_open()

    def _look_again(self) -> list[int]:
        """Read the menu anew as it is about to be shown; the (sub)menus that a panel must read anew for that."""
        change = self._refresh()
        # After the answer: libdbusmenu-qt 0.9.3 takes the first signal after a yes for the one that goes with it.
        if any(change):
            self._connection.post(lambda: self._tell(change))
        return change[0]


def _untold(entry: Entry, depth: int) -> Iterator[int]:
    """The submenus that so many levels below an entry are told without what is in them."""
    if depth > 0:
        for child in entry.children:
            yield from _untold(child, depth - 1)
    elif entry.children:
        yield entry.id


def _not_all(unknown: list[int], asked: int) -> None:
    """Where no id of several is known, that is an error."""
    if unknown and len(unknown) == asked:
        raise Refusal("InvalidArgs", f"there are no menu entries {', '.join(map(str, unknown[:5]))}")
