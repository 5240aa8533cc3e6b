"""The tray icon as a D-Bus object (``org.kde.StatusNotifierItem``, freedesktop's and KDE's specification).

It needs no thread and no toolkit, and comes to the screen in two steps: the icon, and while the panel draws it, its
menu, which pystray's words make. It comes by itself when a panel does, and again after the panel or the bus was
restarted, or lost it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...states import State
from ...tray_view import TrayView
from ..bus.bus import Bus, Message
from ..bus.served import LogOnce, Method, Property, ServedObject, after_the_answer, wire_text
from ..pixmaps import Pixmap, pixmaps
from .watcher import Watcher

if TYPE_CHECKING:
    from pathlib import Path

    from ...events import Event
    from .menu import MenuObject

PATH = "/StatusNotifierItem"
"""Where every panel looks for it."""
MENU_PATH = "/MenuBar"
"""Where its menu is; the same as KDE's programs use."""

_ACTIVE, _NEEDS_ATTENTION, _PASSIVE = "Active", "NeedsAttention", "Passive"
"""The statuses: shown; shown even where icons are hidden; hidden, which lxqt-panel 1.2 does not heed."""
_EMPTY_TEXTS = (
    *("IconThemePath", "IconName", "IconAccessibleDesc", "OverlayIconName"),
    *("AttentionIconName", "AttentionAccessibleDesc", "AttentionMovieName"),
)
"""Properties that some panels ask for, and that say nothing here."""


class StatusNotifierItem:
    """The icon; one for each connection. A panel takes it as soon as the bus is there.

    Args:
        bus: The session bus, not started yet.
        view: What is shown first.
        tell: Gets the clicks and the openings of the menu, on the bus's thread.
        on_host: Told, on the bus's thread, whether a panel shows icons: once that is known, and at every change.
        cache: The folder of the drawn icons.
    """

    def __init__(
        self,
        bus: Bus,
        view: TrayView,
        tell: Callable[[Event], object],
        on_host: Callable[[bool], object],
        cache: str | Path,
    ) -> None:
        self._bus = bus
        self._tell = tell
        self._cache = cache
        self._connected, self._known, self._read = threading.Event(), threading.Event(), threading.Event()
        self._wanted = view, pixmaps(view.state, view.unread, cache, view.quiet)
        self._stopped = False
        self._token = ""

        def host(there: bool) -> None:
            self._known.set()
            on_host(there)

        # From here on, only the bus's thread.
        self._view, self._pictures = self._wanted
        self._status = _ACTIVE
        self._once = LogOnce()
        self._menu: MenuObject | None = None
        self._asked_for_menu: list[Message] = []
        self._watcher = Watcher(bus, PATH, host, self._once)
        bus.on_connect(self._connected.set)
        text, pictures = "s", "a(iiay)"
        properties: dict[str, Property] = {
            "Category": (text, lambda: "Communications"),
            "Id": (text, lambda: "telex-start"),
            "Title": (text, lambda: wire_text(self._view.title)),
            "Status": (text, lambda: self._status),
            "WindowId": ("i", lambda: 0),
            "Menu": ("o", lambda: MENU_PATH),
            "ItemIsMenu": ("b", lambda: False),
            "IconPixmap": (pictures, self._read_pictures),
            "OverlayIconPixmap": (pictures, lambda: []),
            # Only while it is shown: xfce4-panel 4.18 goes on showing it when the attention ends but the picture stays.
            "AttentionIconPixmap": (pictures, lambda: self._pictures if self._status == _NEEDS_ATTENTION else []),
            "ToolTip": ("(sa(iiay)ss)", lambda: ("", [], wire_text(self._view.title), "")),
            **{name: (text, str) for name in _EMPTY_TEXTS},
        }
        methods: dict[str, Method] = {
            "Activate": ("ii", "", lambda x, y: self._after_the_answer(self._clicked)),
            "SecondaryActivate": ("ii", "", lambda x, y: self._after_the_answer(self._middle_clicked)),
            "ContextMenu": ("ii", "", lambda x, y: ()),
            "Scroll": ("is", "", lambda delta, orientation: ()),
            "ProvideXdgActivationToken": ("s", "", self._token_came),
        }
        news = ("NewTitle", "NewIcon", "NewAttentionIcon", "NewOverlayIcon", "NewToolTip")
        signals = {**dict.fromkeys(news, ""), "NewStatus": "s"}
        self._object = ServedObject(bus, PATH, "org.kde.StatusNotifierItem", methods, properties, signals, self._once)
        bus.export(PATH, self._object.answer)
        bus.export(MENU_PATH, self._menu_called)

    # From any thread.

    def wait(self, seconds: float) -> bool:
        """Wait until the bus has let us in; where there is a panel, a moment longer, until it has read the picture.

        A caller that goes on sooner competes with the bus's thread for the interpreter, and the icon comes later:
        Python's threads take turns of up to 5 ms, and several calls are answered until the icon is there.

        Args:
            seconds: The most to wait for the bus.

        Returns:
            Whether the bus has let us in.
        """
        if not self._connected.wait(seconds):
            return False
        if self._known.wait(0.1) and self._watcher.host:
            self._read.wait(0.1)
        return True

    def add_menu(self, menu: Any) -> None:
        """Give the icon its menu (a ``pystray.Menu``), and panels their answers that have asked for it already."""
        from .menu import MenuObject

        def begin() -> None:
            self._menu = MenuObject(self._bus, MENU_PATH, menu, self._opened, self._once)
            for message in self._asked_for_menu:
                self._bus.reply(message, self._menu.answer(message))
            self._asked_for_menu.clear()

        self._bus.post(begin)

    def show(self, view: TrayView) -> None:
        """Show this view. A menu that is open stays open."""
        old, pictures = self._wanted
        if view.look != old.look:
            pictures = pixmaps(view.state, view.unread, self._cache, view.quiet)
        self._wanted = view, pictures
        self._bus.post(self._renew)

    def stop(self) -> None:
        """Take it away, for good. Does not wait; it is certainly gone when the connection has ended."""
        self._stopped = True
        self._bus.post(self._renew)

    def take_activation_token(self) -> str:
        """What the panel gave for the click that is being told; empty without one, and when it was taken.

        A program that is started with it as ``XDG_ACTIVATION_TOKEN`` and ``DESKTOP_STARTUP_ID`` may take the focus. The
        desktop may show a busy pointer until that program, or whoever knows the token, says that it has come.
        """
        token, self._token = self._token, ""
        return token

    # On the bus's thread.

    def _renew(self) -> None:
        """Tell panels what is new."""
        old, old_pictures, old_status = self._view, self._pictures, self._status
        self._view, self._pictures = self._wanted
        needed = self._view.state is State.SIGN_IN_NEEDED
        self._status = _PASSIVE if self._stopped else _NEEDS_ATTENTION if needed else _ACTIVE
        if self._view.title != old.title:
            self._object.emit("NewTitle")
            self._object.emit("NewToolTip")
        if self._pictures != old_pictures:
            self._object.emit("NewIcon")
        if self._status != old_status:
            # xfce4-panel 4.18 looks at the pictures again only when a picture is new, not when the status is.
            if _NEEDS_ATTENTION in (self._status, old_status):
                self._object.emit("NewAttentionIcon")
            self._object.emit("NewStatus", self._status)
        if self._stopped:
            self._watcher.stop()
        if self._menu is not None:
            self._menu.renew()

    def _menu_called(self, message: Message) -> Message | None:
        if self._menu is None:
            self._asked_for_menu.append(message)
            return None
        return self._menu.answer(message)

    def _read_pictures(self) -> list[Pixmap]:
        self._read.set()
        return self._pictures

    def _after_the_answer(self, work: Callable[[], object]) -> tuple[Any, ...]:
        after_the_answer(self._bus, work)
        return ()

    def _clicked(self) -> None:
        from ...events import IconClicked

        self._tell(IconClicked(self.take_activation_token()))

    def _middle_clicked(self) -> None:
        from ...events import IconMiddleClicked

        self._tell(IconMiddleClicked(self.take_activation_token()))

    def _opened(self) -> None:
        from ...events import MenuOpened

        self._tell(MenuOpened())

    def _token_came(self, token: str) -> tuple[Any, ...]:
        self._token = token
        return ()
