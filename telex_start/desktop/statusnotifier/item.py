"""The icon on the bus (``org.kde.StatusNotifierItem``, freedesktop's and KDE's StatusNotifierItem specification)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import menu_object
from .connection import Connection, LogOnce, wire_text
from .pictures import Pixmap
from .served import Interface, Method, Property, Refusal, ServedObject

PATH = "/StatusNotifierItem"
"""Where every panel looks for it."""
_INTERFACE = "org.kde.StatusNotifierItem"


class Look:
    """What the icon shows at one moment.

    Args:
        visible: It is to be seen.
        attention: It wants the person's attention.
        title: A few words.
        tooltip: More than the title; plain text.
        icon: Which picture: changes with the picture.
        attention_icon: Which picture it has while it wants attention.
        icon_name: A name in the icon theme that panels take in place of the pictures; empty for none.
    """

    __slots__ = ("attention", "attention_icon", "icon", "icon_name", "status", "title", "tooltip")

    def __init__(
        self, visible: bool, attention: bool, title: str, tooltip: str, icon: int, attention_icon: int, icon_name: str
    ) -> None:
        self.status = "Passive" if not visible else "NeedsAttention" if attention else "Active"
        self.attention = attention
        self.title = title
        self.tooltip = tooltip
        self.icon = icon
        self.attention_icon = attention_icon
        self.icon_name = icon_name


class Item:
    """The icon as the bus sees it. All of it belongs to the connection's thread, and so do the callbacks.

    Args:
        connection: Where it is served; not started yet.
        name: Tells the program to panels, which keep their settings for it by this name.
        category: ``ApplicationStatus``, ``Communications``, ``SystemServices`` or ``Hardware``.
        icon_theme_path: A folder with the icon theme that has the icon's name; empty for none.
        look: What is shown first.
        pictures: Gives the pictures; with ``True``, those for when it wants attention.
        has_default: Whether a click on the icon itself does something.
        on_activate: The person clicked the icon; the panel is not answered yet.
        on_middle_click: The same with the middle button.
        on_token: A panel on Wayland handed over a token that lets the next window take the focus.
        once: Logs what goes wrong.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str,
        category: str,
        icon_theme_path: str,
        look: Look,
        pictures: Callable[[bool], list[Pixmap]],
        has_default: Callable[[], bool],
        on_activate: Callable[[], object],
        on_middle_click: Callable[[], object],
        on_token: Callable[[str], object],
        once: LogOnce,
    ) -> None:
        self._look = look
        self._has_default = has_default
        self._on_activate = on_activate
        self._on_middle_click = on_middle_click
        self._on_token = on_token
        ident, category, icon_theme_path = wire_text(name) or "icon", wire_text(category), wire_text(icon_theme_path)
        text, pixmaps = "s", "a(iiay)"
        properties: dict[str, Property] = {
            "Category": (text, lambda: category),
            "Id": (text, lambda: ident),
            "Title": (text, lambda: wire_text(self._look.title)),
            "Status": (text, lambda: self._look.status),
            "WindowId": ("i", lambda: 0),
            "IconThemePath": (text, lambda: icon_theme_path),
            "Menu": ("o", lambda: menu_object.PATH),
            "ItemIsMenu": ("b", lambda: not has_default()),
            "IconName": (text, lambda: wire_text(self._look.icon_name)),
            "IconPixmap": (pixmaps, lambda: pictures(False)),
            "IconAccessibleDesc": (text, lambda: ""),
            "OverlayIconName": (text, lambda: ""),
            "OverlayIconPixmap": (pixmaps, lambda: []),
            "AttentionIconName": (text, lambda: ""),
            # Only while it is shown: xfce4-panel 4.18 goes on showing it when the attention ends but the picture stays.
            "AttentionIconPixmap": (pixmaps, lambda: pictures(True) if self._look.attention else []),
            "AttentionAccessibleDesc": (text, lambda: ""),
            "AttentionMovieName": (text, lambda: ""),
            "ToolTip": ("(sa(iiay)ss)", self._tooltip),
        }
        methods: dict[str, Method] = {
            "Activate": ("ii", "", self._activate),
            "SecondaryActivate": ("ii", "", self._secondary_activate),
            "ContextMenu": ("ii", "", lambda x, y: ()),
            "Scroll": ("is", "", lambda delta, orientation: ()),
            "ProvideXdgActivationToken": ("s", "", self._token),
        }
        signals = {
            "NewTitle": "",
            "NewIcon": "",
            "NewAttentionIcon": "",
            "NewOverlayIcon": "",
            "NewToolTip": "",
            "NewStatus": "s",
        }
        self._object = ServedObject(connection, PATH, Interface(_INTERFACE, methods, properties, signals), once)

    def show(self, look: Look) -> None:
        """Show this from now on, and tell panels what is new."""
        old, self._look = self._look, look
        if old.title != look.title:
            self._object.emit("NewTitle")
        if (old.title, old.tooltip) != (look.title, look.tooltip):
            self._object.emit("NewToolTip")
        if (old.icon, old.icon_name) != (look.icon, look.icon_name):
            self._object.emit("NewIcon")
        # xfce4-panel 4.18 looks at the pictures again only when a picture is new, not when the status is.
        if old.attention != look.attention or (look.attention and old.attention_icon != look.attention_icon):
            self._object.emit("NewAttentionIcon")
        if old.status != look.status:
            self._object.emit("NewStatus", look.status)

    def _tooltip(self) -> tuple[Any, ...]:
        # The title is plain text, the rest may hold markup.
        words = wire_text(self._look.tooltip).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return "", [], wire_text(self._look.title), words

    def _activate(self, x: int, y: int) -> tuple[Any, ...]:
        if not self._has_default():
            # By this, panels know to open the menu instead.
            raise Refusal("UnknownMethod", "a click on the icon itself does nothing")
        self._on_activate()
        return ()

    def _secondary_activate(self, x: int, y: int) -> tuple[Any, ...]:
        self._on_middle_click()
        return ()

    def _token(self, token: str) -> tuple[Any, ...]:
        self._on_token(token)
        return ()
