"""Exports pystray's menu over D-Bus (``com.canonical.dbusmenu``; the interface is libdbusmenu's).

An entry keeps its id for as long as it is the same entry of the menu, whatever its label or state, and an id is never
given twice: so a click, which names an id, can only ever mean the entry that the person saw. Entries that are not
visible now stay in the tree with ``visible`` false. That way nearly every change of a menu is one of properties, which
panels apply to a menu that is open; only where entries come or go the layout changes, and panels read it anew.

An item that is made anew at each reading has an attribute ``key``: it is the same entry as the item with that key
before, however its label has changed, and never that of another key.

Panels differ in what they call, and all of it is answered: lxqt-panel 1.2 asks for one entry at a time and reads the
menu level by level, xfce4-panel 4.18 asks only for groups. When a panel is about to show the menu, the program's menu
is read anew, so that its words are up to date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

from ...process.lazylog import Log
from ..bus.bus import Bus
from ..bus.served import LogOnce, Method, Property, Refusal, ServedObject, after_the_answer, wire_text

log = Log(__name__)

ROOT = 0
"""The id of the menu itself."""

Properties = dict[str, tuple[str, Any]]
"""Names, and values with their signatures."""

_SEPARATOR, _STANDARD, _SUBMENU = "separator", "standard", "submenu"


class Entry:
    """One entry of the menu.

    Attributes:
        id: Its number on the bus.
        item: pystray's item as it is now; ``None`` for the menu itself.
        key: By which it is known again: the item's own, or else the item itself.
        kind: What sort of entry it is; an entry of another kind is another entry.
        properties: What it says.
        children: The entries of its submenu.
    """

    __slots__ = ("children", "id", "item", "key", "kind", "properties")

    def __init__(self, item: Any, kind: str, properties: Properties, children: list[Entry] | None = None) -> None:
        self.id = ROOT
        self.item = item
        self.key = getattr(item, "key", item)
        self.kind = kind
        self.properties = properties
        self.children = children or []

    @property
    def clickable(self) -> bool:
        """A click on it means something now."""
        usable = self.properties["enabled"][1] and self.properties["visible"][1] if self.kind == _STANDARD else False
        return bool(usable)

    def named(self, names: list[str]) -> Properties:
        """Those of its properties that have these names; all for no names."""
        return {name: value for name, value in self.properties.items() if name in names} if names else self.properties


Change = tuple[list[int], list[tuple[int, Properties]]]
"""What is different after a refresh: the ids of the (sub)menus in which entries came, went or moved; and the ids of
entries that were there before, with those of their properties that changed."""


class Layout:
    """The tree, as it was at the last :meth:`refresh`. A menu in, entries and what has changed in them out; no bus.

    Attributes:
        revision: Counts the changes of the layout.
    """

    def __init__(self) -> None:
        self.revision = 1
        self._ids = count(1)
        self._root = Entry(None, _SUBMENU, {"children-display": ("s", "submenu")})
        self._entries = {ROOT: self._root}

    def entry(self, ident: int) -> Entry | None:
        """The entry with this id, if there is one now."""
        return self._entries.get(ident)

    def all(self) -> Iterator[Entry]:
        """Every entry, the menu itself first."""
        return iter(self._entries.values())

    def refresh(self, menu: Any) -> Change:
        """Read the menu (a ``pystray.Menu``) anew; its callables are called.

        Raises:
            Exception: what a callable of the menu raised. Then nothing has changed.
        """
        read = _read(menu)
        change: Change = [], []
        self._entries = {ROOT: self._root}
        self._merge(self._root, read, change)
        if change[0]:
            self.revision += 1
        return change

    def tree(self, entry: Entry, depth: int, names: list[str]) -> tuple[int, Properties, list[tuple[str, Any]]]:
        """The entry and what is below it, as ``(ia{sv}av)``.

        Args:
            entry: Where to begin.
            depth: How many levels below it; all for a negative number.
            names: The properties to tell; all for none.
        """
        children: list[tuple[str, Any]] = []
        if depth != 0:
            children = [("(ia{sv}av)", self.tree(child, depth - 1, names)) for child in entry.children]
        return entry.id, entry.named(names), children

    def _merge(self, parent: Entry, read: list[Entry], change: Change) -> None:
        """Give ``parent`` the entries that were read; those that it had already stay, with what was read of them."""
        layouts, properties = change
        old = [entry.id for entry in parent.children]
        children = []
        rest = list(parent.children)
        for found in read:
            same = next((entry for entry in rest if (entry.kind, entry.key) == (found.kind, found.key)), None)
            if same is not None:
                rest.remove(same)
            entry = same or found
            if same is None:
                entry.id = next(self._ids)
                below, entry.children = entry.children, []
            else:
                below = found.children
                # A menu that is made anew each time has new items that look like the old ones.
                entry.item = found.item
                changed = {
                    name: value for name, value in found.properties.items() if entry.properties.get(name) != value
                }
                if changed:
                    properties.append((entry.id, changed))
                entry.properties = found.properties
            self._entries[entry.id] = entry
            # A panel reads what is below a new entry along with it, and knows nothing of it before.
            self._merge(entry, below, change if same is not None else ([], []))
            children.append(entry)
        parent.children = children
        if [entry.id for entry in children] != old:
            layouts.append(parent.id)


def _read(menu: Any) -> list[Entry]:
    return _tidy([_read_item(item, menu) for item in menu.items])


def _read_item(item: Any, menu: Any) -> Entry:
    if item is menu.SEPARATOR:
        return Entry(item, _SEPARATOR, {"type": ("s", _SEPARATOR), "visible": ("b", True)})
    properties: Properties = {
        # An underscore would mark the next letter as an access key.
        "label": ("s", wire_text(item.text).replace("_", "__")),
        "enabled": ("b", bool(item.enabled)),
        "visible": ("b", bool(item.visible)),
    }
    if item.submenu is not None:
        properties["children-display"] = ("s", "submenu")
        return Entry(item, _SUBMENU, properties, _read(item.submenu))
    return Entry(item, _STANDARD, properties)


def _tidy(items: list[Entry]) -> list[Entry]:
    """Hide separators at the head, at the tail and after another, as pystray leaves them out."""
    above = False
    pending: Entry | None = None
    for item in items:
        if item.kind == _SEPARATOR:
            item.properties["visible"] = ("b", False)
            if above and pending is None:
                pending = item
        elif item.properties["visible"][1]:
            if pending is not None:
                pending.properties["visible"] = ("b", True)
                pending = None
            above = True
    return items


class MenuObject:
    """The menu. All of it belongs to the bus's thread.

    Args:
        bus: Where it is served.
        path: Its object path.
        menu: The ``pystray.Menu``.
        on_open: The person opens the menu; told once for each opening, when the panel is answered.
        once: Logs what goes wrong.
    """

    def __init__(self, bus: Bus, path: str, menu: Any, on_open: Callable[[], object], once: LogOnce) -> None:
        self._bus = bus
        self._menu = menu
        self._on_open = on_open
        self._announced = False
        """A panel asked before it shows the menu, and has not said that it is open."""
        self._once = once
        self._layout = Layout()
        self._asked = False
        methods: dict[str, Method] = {
            "GetLayout": ("iias", "u(ia{sv}av)", self._get_layout),
            "GetGroupProperties": ("aias", "a(ia{sv})", self._get_group_properties),
            "Event": ("isvu", "", self._event),
            "EventGroup": ("a(isvu)", "ai", self._event_group),
            "AboutToShow": ("i", "b", self._about_to_show),
            "AboutToShowGroup": ("ai", "aiai", self._about_to_show_group),
        }
        properties: dict[str, Property] = {
            "Version": ("u", lambda: 3),
            "TextDirection": ("s", lambda: "ltr"),
            "Status": ("s", lambda: "normal"),
            "IconThemePath": ("as", lambda: []),
        }
        signals = {"ItemsPropertiesUpdated": "a(ia{sv})a(ias)", "LayoutUpdated": "ui"}
        self._object = ServedObject(bus, path, "com.canonical.dbusmenu", methods, properties, signals, once)
        self.answer = self._object.answer
        """Gives the reply to a method call."""

    def renew(self) -> None:
        """The menu may say something else now: tell panels what."""
        if self._asked:
            self._tell(self._refresh())

    def _refresh(self) -> Change:
        try:
            return self._layout.refresh(self._menu)
        except Exception:  # the program's own callables were called
            self._once(log.exception, "the tray menu could not be read; it stays as it was")
            return [], []

    def _current(self) -> Layout:
        """The menu, read if it was not yet."""
        if not self._asked:
            self._asked = True
            self._refresh()
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

    def _get_layout(self, parent: int, depth: int, names: list[str]) -> tuple[Any, ...]:
        entry = self._entry(parent)
        if depth > 0 and (untold := list(_untold(entry, depth))):
            # Plasma 5.27 reads a submenu when it opens it, and puts one that is empty until then half off the screen.
            # What has changed it reads at once.
            self._bus.post(lambda: self._tell((untold, [])))
        return self._layout.revision, self._layout.tree(entry, depth, names)

    def _get_group_properties(self, idents: list[int], names: list[str]) -> tuple[Any, ...]:
        layout = self._current()
        wanted = layout.all() if not idents else (layout.entry(ident) for ident in dict.fromkeys(idents))
        return ([(entry.id, entry.named(names)) for entry in wanted if entry is not None],)

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
        return (unknown,)

    def _happened(self, entry: Entry, event: str) -> None:
        if entry.id == ROOT and event in ("opened", "closed"):
            if event == "opened" and not self._announced:  # lxqt-panel asks first, others only say this
                after_the_answer(self._bus, self._on_open)
            self._announced = False
        # A click may have been under way when the entry was disabled, or hidden.
        if event == "clicked" and entry.clickable:
            after_the_answer(self._bus, partial(entry.item, None))

    def _about_to_show(self, ident: int) -> tuple[Any, ...]:
        self._entry(ident)
        changed = self._look_again()
        self._announce([ident])
        return (ident in changed,)

    def _about_to_show_group(self, idents: list[int]) -> tuple[Any, ...]:
        unknown = [ident for ident in idents if self._current().entry(ident) is None]
        changed = self._look_again()
        self._announce(idents)
        return [ident for ident in idents if ident in changed], unknown

    def _announce(self, idents: list[int]) -> None:
        if ROOT in idents:
            self._announced = True
            after_the_answer(self._bus, self._on_open)

    def _look_again(self) -> list[int]:
        """Read the menu anew as it is about to be shown; the (sub)menus that a panel must read anew for that."""
        change = self._refresh()
        # After the answer: libdbusmenu-qt 0.9.3 takes the first signal after a yes for the one that goes with it.
        if any(change):
            self._bus.post(lambda: self._tell(change))
        return change[0]


def _untold(entry: Entry, depth: int) -> Iterator[int]:
    """The submenus that so many levels below an entry are told without what is in them."""
    if depth > 0:
        for child in entry.children:
            yield from _untold(child, depth - 1)
    elif entry.children:
        yield entry.id
