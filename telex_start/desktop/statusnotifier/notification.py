"""pystray's ``notify``: one notification at a time, by the desktop's daemon (``org.freedesktop.Notifications``)."""

from __future__ import annotations

from typing import Any

from jeepney import DBusAddress, Message, MessageType, new_method_call

from .connection import Connection, LogOnce, wire_text
from .pictures import Pixmap, rgba

_NAME = "org.freedesktop.Notifications"
_ADDRESS = DBusAddress("/org/freedesktop/Notifications", _NAME, _NAME)
_AS_THE_DAEMON_LIKES = -1


class Notification:
    """The notification. All of it belongs to the connection's thread, and nothing here waits for the daemon.

    Args:
        connection: The connection to the bus.
        app_name: Which program it is by.
        once: Logs what goes wrong.
    """

    def __init__(self, connection: Connection, app_name: str, once: LogOnce) -> None:
        self._connection = connection
        self._app_name = wire_text(app_name)
        self._once = once
        self._id = 0
        self._busy = False
        # The newest of what was asked for; what an older request wanted is of no interest any more.
        self._wanted: tuple[str, str, Pixmap | None] | None = None
        self._remove = False

    def show(self, title: str, message: str, pixmap: Pixmap | None) -> None:
        """Show it, in place of the one before."""
        self._wanted, self._remove = (wire_text(title), wire_text(message), pixmap), False
        self._next()

    def remove(self) -> None:
        """Take it away."""
        self._wanted, self._remove = None, True
        self._next()

    def _next(self) -> None:
        if self._busy:
            return
        if self._remove:
            self._remove = False
            if self._id:
                ident, self._id = self._id, 0
                self._connection.call(new_method_call(_ADDRESS, "CloseNotification", "u", (ident,)), None)
        elif self._wanted is not None:
            self._busy = self._connection.call(new_method_call(_ADDRESS, "GetCapabilities"), self._learned)

    def _learned(self, reply: Any) -> None:
        self._busy = False
        if self._wanted is None:
            self._next()
            return
        (title, message, pixmap), self._wanted = self._wanted, None
        if _markup(reply):
            message = message.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        hints: dict[str, tuple[str, Any]] = {}
        if pixmap is not None:
            width, height, _ = pixmap
            hints["image-data"] = ("(iiibiiay)", (width, height, width * 4, True, 8, 4, rgba(pixmap)))
        arguments: tuple[Any, ...] = (self._app_name, self._id, "", title, message, [], hints, _AS_THE_DAEMON_LIKES)
        self._busy = self._connection.call(new_method_call(_ADDRESS, "Notify", "susssasa{sv}i", arguments), self._shown)

    def _shown(self, reply: Any) -> None:
        self._busy = False
        if _is_answer(reply) and isinstance(reply.body[0], int):
            self._id = reply.body[0]
        else:
            self._once.warning("notify", "no notification daemon showed a notification")
        self._next()


def _is_answer(reply: Any) -> bool:
    return isinstance(reply, Message) and reply.header.message_type is MessageType.method_return and bool(reply.body)


def _markup(reply: Any) -> bool:
    """Whether the daemon takes the text for markup; a daemon that does not say may."""
    return "body-markup" in reply.body[0] if _is_answer(reply) and isinstance(reply.body[0], list) else True
