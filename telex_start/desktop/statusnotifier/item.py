"""The icon on the bus (``org.kde.StatusNotifierItem``, freedesktop's and KDE's StatusNotifierItem specification).

It comes by itself when a panel does, and again after the panel or the bus was restarted, or lost it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from jeepney import Message, MessageFlag

from .connection import Connection, LogOnce, after_the_answer, wire_text
from .served import Interface, Method, Property, ServedObject
from .watcher import Watcher

PATH = "/StatusNotifierItem"
"""Where every panel looks for it."""
MENU_PATH = "/MenuBar"
"""Where its menu is; the same as KDE's programs use."""
_INTERFACE = "org.kde.StatusNotifierItem"

ACTIVE, NEEDS_ATTENTION, PASSIVE = "Active", "NeedsAttention", "Passive"
"""The statuses: shown; shown even where icons are hidden; hidden, which lxqt-panel 1.2 does not heed."""

Pixmap = tuple[int, int, bytes]
"""Width and height in pixels, and the pixels row by row, each as the bytes A, R, G, B, alpha straight: ``(iiay)``."""


class Item:
    """An icon in the tray; one for each connection. It is shown as soon as the connection is there.

    Its callbacks come on the connection's thread.

    Args:
        connection: The session bus, of which the caller stays the owner: started by the caller, after this.
        name: Tells the program to panels, which keep their settings for it by this name.
        title: A few words that panels show when the mouse is on the icon.
        pictures: The picture, best in all the sizes that panels show.
        category: ``ApplicationStatus``, ``Communications``, ``SystemServices`` or ``Hardware``.
        on_host: Told whether a panel shows icons: once that is known, and at every change.
        on_activate: Told that the person clicked the icon.
        on_middle_click: Told that the person clicked it with the middle button.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        name: str,
        title: str,
        pictures: list[Pixmap],
        category: str = "ApplicationStatus",
        on_host: Callable[[bool], object] | None = None,
        on_activate: Callable[[], object] = lambda: None,
        on_middle_click: Callable[[], object] = lambda: None,
    ) -> None:
        self.connection = connection
        self.once = LogOnce()
        self._wanted = title, pictures, ACTIVE
        self._stopped = False
        self._token = ""
        self._read = threading.Event()
        # From here on, only the connection's thread.
        self._title, self._pictures, self._status = self._wanted
        self._answer_for_menu: Callable[[Message], Message] | None = None
        self._asked_for_menu: list[Message] = []
        self._watcher = Watcher(connection, PATH, on_host, self.once)
        self._watcher.register()
        text, pixmaps = "s", "a(iiay)"
        properties: dict[str, Property] = {
            "Category": (text, lambda: category),
            "Id": (text, lambda: name),
            "Title": (text, lambda: wire_text(self._title)),
            "Status": (text, lambda: self._status),
            "WindowId": ("i", lambda: 0),
            "IconThemePath": (text, lambda: ""),
            "Menu": ("o", lambda: MENU_PATH),
            "ItemIsMenu": ("b", lambda: False),
            "IconName": (text, lambda: ""),
            "IconPixmap": (pixmaps, self._read_pictures),
            "IconAccessibleDesc": (text, lambda: ""),
            "OverlayIconName": (text, lambda: ""),
            "OverlayIconPixmap": (pixmaps, lambda: []),
            "AttentionIconName": (text, lambda: ""),
            # Only while it is shown: xfce4-panel 4.18 goes on showing it when the attention ends but the picture stays.
            "AttentionIconPixmap": (pixmaps, lambda: self._sorted() if self._status == NEEDS_ATTENTION else []),
            "AttentionAccessibleDesc": (text, lambda: ""),
            "AttentionMovieName": (text, lambda: ""),
            "ToolTip": ("(sa(iiay)ss)", lambda: ("", [], wire_text(self._title), "")),
        }
        methods: dict[str, Method] = {
            "Activate": ("ii", "", lambda x, y: self._clicked(on_activate)),
            "SecondaryActivate": ("ii", "", lambda x, y: self._clicked(on_middle_click)),
            "ContextMenu": ("ii", "", lambda x, y: ()),
            "Scroll": ("is", "", lambda delta, orientation: ()),
            "ProvideXdgActivationToken": ("s", "", self._token_came),
        }
        signals = {
            "NewTitle": "",
            "NewIcon": "",
            "NewAttentionIcon": "",
            "NewOverlayIcon": "",
            "NewToolTip": "",
            "NewStatus": "s",
        }
        self._object = ServedObject(connection, PATH, Interface(_INTERFACE, methods, properties, signals), self.once)
        connection.export(PATH, self._object.answer)
        connection.export(MENU_PATH, self._menu_called)

    # --- from any thread --------------------------------------------------------------------------------------------

    @property
    def host(self) -> bool | None:
        """Whether a panel shows icons now; ``None`` until it is known."""
        return self._watcher.host

    def show(self, title: str, pictures: list[Pixmap], status: str) -> None:
        """Show this from now on."""
        self._wanted = title, pictures, status
        self.connection.post(self._up_to_date)

    def stop(self) -> None:
        """Take it away, for good. Does not wait; it is certainly gone when the connection has ended."""
        self._stopped = True
        self.connection.post(self._up_to_date)

    def wait_until_read(self, timeout: float) -> bool:
        """Wait until a panel has read the picture, which is when it draws the icon.

        A program that has much to do at its start shows its icon sooner if it waits with that: Python's threads take
        turns of up to 5 ms, and several calls are answered until the icon is there.

        Args:
            timeout: Seconds.

        Returns:
            Whether one has.
        """
        return self._read.wait(timeout)

    def take_activation_token(self) -> str:
        """What the panel gave for the click that is being told; empty without one, and when it was taken.

        A program that is started with it as ``XDG_ACTIVATION_TOKEN`` and ``DESKTOP_STARTUP_ID`` may take the focus. The
        desktop may show a busy pointer until that program, or whoever knows the token, says that it has come.
        """
        token, self._token = self._token, ""
        return token

    def serve_menu(self, answer: Callable[[Message], Message]) -> None:
        """Have the calls to the menu answered, those first that panels have made already."""

        def begin() -> None:
            self._answer_for_menu = answer
            for message in self._asked_for_menu:
                reply = answer(message)
                if not message.header.flags & MessageFlag.no_reply_expected:
                    self.connection.call(reply, None)
            self._asked_for_menu.clear()

        self.connection.post(begin)

    # --- on the connection's thread ---------------------------------------------------------------------------------

    def _up_to_date(self) -> None:
        """Tell panels what is new."""
        title, pictures, status = self._wanted
        if self._stopped:
            status = PASSIVE
        new_title, new_pictures, new_status = title != self._title, pictures != self._pictures, status != self._status
        attention = NEEDS_ATTENTION in (status, self._status)
        self._title, self._pictures, self._status = title, pictures, status
        if new_title:
            self._object.emit("NewTitle")
            self._object.emit("NewToolTip")
        if new_pictures:
            self._object.emit("NewIcon")
        # xfce4-panel 4.18 looks at the pictures again only when a picture is new, not when the status is.
        if attention and (new_pictures or new_status):
            self._object.emit("NewAttentionIcon")
        if new_status:
            self._object.emit("NewStatus", status)
            if status == PASSIVE:
                self._watcher.unregister()
            else:
                self._watcher.register()

    def _menu_called(self, message: Message) -> Message | None:
        if self._answer_for_menu is None:
            self._asked_for_menu.append(message)
            return None
        return self._answer_for_menu(message)

    def _read_pictures(self) -> list[Pixmap]:
        self._read.set()
        return self._sorted()

    def _sorted(self) -> list[Pixmap]:
        # Budgie takes the first that is large enough.
        return sorted(self._pictures, key=lambda pixmap: pixmap[0] * pixmap[1])

    def _clicked(self, tell: Callable[[], object]) -> tuple[Any, ...]:
        after_the_answer(self.connection, tell)
        return ()

    def _token_came(self, token: str) -> tuple[Any, ...]:
        self._token = token
        return ()
