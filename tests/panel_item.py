"""Reads and clicks a tray icon and its menu over D-Bus, as a panel does (StatusNotifierItem, dbusmenu)."""

from __future__ import annotations

from typing import Any, NamedTuple

from jeepney import HeaderFields

from .fake_bus import BusClient


class MenuEntry(NamedTuple):
    """One entry of an icon's menu, as a panel sees it."""

    id: int
    label: str
    """Without the underscores that mark access keys."""
    enabled: bool
    separator: bool


class PanelItem:
    """An icon that registered with a panel."""

    def __init__(self, client: BusClient, name: str, path: str) -> None:
        self._client = client
        self.name = name
        """The bus name of its owner."""
        self.path = path

    def property(self, member: str) -> Any:
        """A property of ``org.kde.StatusNotifierItem``, such as ``Title``, ``IconName`` or ``IconPixmap``."""
        return self._client.property(self.name, self.path, "org.kde.StatusNotifierItem", member)

    def menu(self, *into: str) -> list[MenuEntry]:
        """The visible entries, top to bottom. Waits for the menu, which may come a little after its icon.

        Args:
            into: The labels of the submenus on the way to the one to read; none for the menu itself.
        """
        path = str(self.property("Menu"))
        self._client.wait_until(lambda: self._opens(path), "the icon's menu")
        parent = 0
        for label in into:
            [parent] = [entry.id for entry in self._entries(path, parent) if entry.label == label]
        return self._entries(path, parent)

    def _entries(self, path: str, parent: int) -> list[MenuEntry]:
        body = self._client.call(self.name, path, "com.canonical.dbusmenu", "GetLayout", "iias", parent, -1, [])
        entries = []
        for _, (ident, properties, _) in body[1][2]:
            values = {key: value for key, (_, value) in properties.items()}
            if values.get("visible", True):
                label = str(values.get("label", "")).replace("__", "\0").replace("_", "").replace("\0", "_")
                separator = values.get("type") == "separator"
                entries.append(MenuEntry(ident, label, bool(values.get("enabled", True)), separator))
        return entries

    def _opens(self, path: str) -> bool:
        try:
            self._client.call(self.name, path, "com.canonical.dbusmenu", "AboutToShow", "i", 0)
        except AssertionError:
            return False
        return True

    def labels(self, *into: str) -> list[str]:
        """The labels of the entries of the menu, or of a submenu, ``-`` for a separator."""
        return ["-" if entry.separator else entry.label for entry in self.menu(*into)]

    def click(self, *labels: str) -> None:
        """Choose a menu entry as a panel does; the labels of the submenus that lead to it come first."""
        *into, label = labels
        [entry] = [entry for entry in self.menu(*into) if entry.label == label]
        assert entry.enabled, f"{label} is disabled"
        path = str(self.property("Menu"))
        event = (entry.id, "clicked", ("s", ""), 0)
        self._client.call(self.name, path, "com.canonical.dbusmenu", "Event", "isvu", *event)

    def activate(self) -> None:
        """Click the icon with the left button.

        Raises:
            AssertionError: the icon answers the click with an error.
        """
        self._client.call(self.name, self.path, "org.kde.StatusNotifierItem", "Activate", "ii", 0, 0)

    def middle_click(self) -> None:
        """Click the icon with the middle button."""
        self._client.call(self.name, self.path, "org.kde.StatusNotifierItem", "SecondaryActivate", "ii", 0, 0)

    def scroll(self) -> None:
        """Turn the wheel over the icon."""
        self._client.call(self.name, self.path, "org.kde.StatusNotifierItem", "Scroll", "is", 120, "vertical")

    def signals(self) -> list[str]:
        """The names of the signals that this icon has sent: ``NewIcon``, ``NewTitle``, ``LayoutUpdated``, …"""
        return [
            self._client.member(s)
            for s in list(self._client.signals)
            if s.header.fields.get(HeaderFields.sender) == self.name
        ]
