"""The icon on the bus (``org.kde.StatusNotifierItem``, freedesktop's and KDE's StatusNotifierItem specification)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import menu_object
from .connection import Connection, LogOnce, wire_text
from .pictures import Pixmap
from .served import Interface, Method, Property, Refusal, ServedObject

PATH = "/StatusNotifierItem"
"""Where every panel looks for it."""
_INTERFACE = "org.kde.StatusNotifierItem"


class Look(NamedTuple):
    """What the icon shows at one moment."""

    visible: bool
    attention: bool
    title: str
    tooltip: str
    """More than the title; plain text."""
    icon: int
    """Which picture: changes with the picture."""
    attention_icon: int
    """Which picture it has while it wants attention."""
    icon_name: str
    """A name in the icon theme that panels take in place of the pictures; empty for none."""

    @property
    def status(self) -> str:
        """As the specification calls it."""
        return "Passive" if not self.visible else "NeedsAttention" if self.attention else "Active"


class Identity(NamedTuple):
    """What never changes about an icon."""

    name: str
    """Tells the program to panels, which keep their settings for it by this name."""
    category: str
    """``ApplicationStatus``, ``Communications``, ``SystemServices`` or ``Hardware``."""
    icon_theme_path: str
    """A folder with the icon theme that has the icon's name; empty for none."""


class Callbacks(NamedTuple):
    """Whom the icon asks, and tells; on the connection's thread."""

    pictures: Callable[[bool], list[Pixmap]]
    """The pictures; with ``True``, those for when it wants attention."""
    has_default: Callable[[], bool]
    """Whether a click on the icon itself does something."""
    on_activate: Callable[[], object]
    """The person clicked the icon; the panel is not answered yet."""
    on_token: Callable[[str], object]
    """A panel on Wayland handed over a token that lets the next window take the focus."""


class Item:
    """The icon as the bus sees it. All of it belongs to the connection's thread.

    Args:
        connection: Where it is served; not started yet.
        identity: What never changes.
        look: What is shown first.
        callbacks: Whom to ask, and tell.
        once: Logs what goes wrong.
    """

    def __init__(
        self, connection: Connection, identity: Identity, look: Look, callbacks: Callbacks, once: LogOnce
    ) -> None:
        self._look = look
        self._callbacks = callbacks
        name = wire_text(identity.name) or "icon"
        text, pictures = "s", "a(iiay)"
        properties = {
            "Category": Property(text, lambda: wire_text(identity.category)),
            "Id": Property(text, lambda: name),
            "Title": Property(text, lambda: wire_text(self._look.title)),
            "Status": Property(text, lambda: self._look.status),
            "WindowId": Property("i", lambda: 0),
            "IconThemePath": Property(text, lambda: wire_text(identity.icon_theme_path)),
            "Menu": Property("o", lambda: menu_object.PATH),
            "ItemIsMenu": Property("b", lambda: not callbacks.has_default()),
            "IconName": Property(text, lambda: wire_text(self._look.icon_name)),
            "IconPixmap": Property(pictures, lambda: callbacks.pictures(False)),
            "IconAccessibleDesc": Property(text, lambda: ""),
            "OverlayIconName": Property(text, lambda: ""),
            "OverlayIconPixmap": Property(pictures, lambda: []),
            "AttentionIconName": Property(text, lambda: ""),
            # Only while it is shown: xfce4-panel goes on showing it when the attention ends but the picture stays.
            "AttentionIconPixmap": Property(pictures, lambda: callbacks.pictures(True) if self._look.attention else []),
            "AttentionAccessibleDesc": Property(text, lambda: ""),
            "AttentionMovieName": Property(text, lambda: ""),
            "ToolTip": Property("(sa(iiay)ss)", self._tooltip),
        }
        methods = {
            "Activate": Method("ii", "", self._activate),
            "SecondaryActivate": Method("ii", "", lambda x, y: ()),
            "ContextMenu": Method("ii", "", lambda x, y: ()),
            "Scroll": Method("is", "", lambda delta, orientation: ()),
            "ProvideXdgActivationToken": Method("s", "", self._token),
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
        # xfce4-panel looks at the pictures again only when a picture is new, not when the status is.
        if old.attention != look.attention or (look.attention and old.attention_icon != look.attention_icon):
            self._object.emit("NewAttentionIcon")
        if old.status != look.status:
            self._object.emit("NewStatus", look.status)

    def _tooltip(self) -> tuple[Any, ...]:
        # The title is plain text, the rest may hold markup.
        words = wire_text(self._look.tooltip).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return "", [], wire_text(self._look.title), words

    def _activate(self, x: int, y: int) -> tuple[Any, ...]:
        if not self._callbacks.has_default():
            # By this, panels know to open the menu instead.
            raise Refusal("UnknownMethod", "a click on the icon itself does nothing")
        self._callbacks.on_activate()
        return ()

    def _token(self, token: str) -> tuple[Any, ...]:
        self._callbacks.on_token(token)
        return ()
