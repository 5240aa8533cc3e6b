"""A stand-in panel and a stand-in notification daemon on a private bus; imports the real parts of a desktop, too.

All of these are context managers, private to the test, and leave no process, socket or file behind::

    PrivateBus               a session bus of its own
    FakePanel                org.kde.StatusNotifierWatcher: sees icons, reads their menus, clicks
    FakeNotificationDaemon   org.freedesktop.Notifications: records every toast
    Xvfb                     an X server
    RealDesktop              Xvfb, window manager, panel and notification daemon as people run them

All waits are on events and have a bound, ``TIMEOUT`` seconds unless told.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple, Self

from jeepney import HeaderFields, Message

from .fake_bus import BusClient, PrivateBus, Xvfb
from .panel_item import PanelItem
from .process import TIMEOUT
from .real_desktop import RealDesktop

__all__ = ["TIMEOUT", "BusClient", "PanelItem", "PrivateBus", "RealDesktop", "Xvfb"]

_WATCHER = "org.kde.StatusNotifierWatcher"


class FakePanel(BusClient):
    """A panel: the StatusNotifierWatcher, with or without a host that shows the icons.

    Args:
        host: Whether there is a host from the start.

    Attributes:
        items: The icons registered now, oldest first.
    """

    def __init__(self, bus: PrivateBus, *, host: bool = True) -> None:
        super().__init__(bus)
        self.items: list[PanelItem] = []
        self._host = host

    def __enter__(self) -> Self:
        super().__enter__()
        self.subscribe(member="NameOwnerChanged", sender="org.freedesktop.DBus")
        self.subscribe(interface="org.kde.StatusNotifierItem")
        self.subscribe(interface="com.canonical.dbusmenu")
        self.own(_WATCHER)
        return self

    def host(self) -> None:
        """A host comes, as when the panel gets a tray."""
        self._host = True
        self.tell("StatusNotifierHostRegistered")

    def unhost(self) -> None:
        """The host goes; the watcher stays."""
        self._host = False
        self.tell("StatusNotifierHostUnregistered")

    def drop(self) -> None:
        """The watcher loses the newest icon, as GNOME's extension does, and says so."""
        item = self.items.pop()
        self.tell("StatusNotifierItemUnregistered", f"{item.name}@{item.path}")

    def leave(self) -> None:
        """The panel crashes: the watcher's name is gone, and the icons with it."""
        self.release(_WATCHER)
        self.items.clear()

    def come_back(self) -> None:
        """The panel starts again, with a host, and knows no icon."""
        self._host = True
        self.own(_WATCHER)
        self.tell("StatusNotifierHostRegistered")

    def wait_for_item(self, timeout: float = TIMEOUT) -> PanelItem:
        """Wait until an icon has registered; gives the newest."""
        self.wait_until(lambda: self.items, "an icon to register", timeout)
        return self.items[-1]

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        if member == "RegisterStatusNotifierItem":
            sender = call.header.fields[HeaderFields.sender]
            service = str(call.body[0])
            # AppIndicator registers an object path, others a bus name.
            path = service if service.startswith("/") else "/StatusNotifierItem"
            self.items.append(PanelItem(self, sender, path))
            self.tell("StatusNotifierItemRegistered", f"{sender}{path}")
            return "", ()
        properties = {
            "IsStatusNotifierHostRegistered": ("b", self._host),
            "RegisteredStatusNotifierItems": ("as", [item.name + item.path for item in self.items]),
        }
        if member == "Get" and call.body[1] in properties:
            return "v", (properties[call.body[1]],)
        if member == "GetAll":
            return "a{sv}", (properties,)
        return "org.freedesktop.DBus.Error.UnknownMethod"

    def signal(self, message: Message) -> None:
        if self.member(message) == "NameOwnerChanged" and not message.body[2]:
            self.items = [item for item in self.items if item.name != message.body[0]]

    def tell(self, member: str, *body: str) -> None:
        """Send a signal of the watcher."""
        self.emit("/StatusNotifierWatcher", _WATCHER, member, "s" * len(body), *body)


class Notify(NamedTuple):
    """One call of ``Notify``: the id that the daemon answered, then the arguments as they came."""

    id: int
    app_name: str
    replaces_id: int
    app_icon: str
    summary: str
    body: str
    actions: list[str]
    hints: dict[str, tuple[str, Any]]
    expire_timeout: int


_NOTIFICATIONS = "org.freedesktop.Notifications"
_NOTIFICATIONS_PATH = "/org/freedesktop/Notifications"


class FakeNotificationDaemon(BusClient):
    """A notification daemon that shows nothing and remembers everything.

    Args:
        capabilities: Its answer to ``GetCapabilities``; that of dunst by default.

    Attributes:
        shown: Every ``Notify`` so far, also those that were not answered.
        arrivals: When each of :attr:`shown` came, on the monotonic clock.
        closed: The ids that ``CloseNotification`` was called with.
        on_screen: The titles of the toasts that a person would see at this moment, by their ids.
        mode: ``"answer"``; ``"silent"`` (a call is never answered, as by a daemon that hangs); or ``"error"``.
    """

    def __init__(
        self,
        bus: PrivateBus,
        capabilities: tuple[str, ...] = ("actions", "body", "body-hyperlinks", "body-markup", "icon-static"),
        mode: str = "answer",
    ) -> None:
        super().__init__(bus)
        self.capabilities = capabilities
        self.mode = mode
        self.shown: list[Notify] = []
        self.arrivals: list[float] = []
        self.closed: list[int] = []
        self.on_screen: dict[int, str] = {}
        self._next = 0
        self._ended = False

    def __enter__(self) -> Self:
        super().__enter__()
        self.own(_NOTIFICATIONS)
        return self

    def leave(self) -> None:
        """The daemon ends."""
        self._ended = True
        self.on_screen.clear()
        self.release(_NOTIFICATIONS)

    def come_back(self) -> None:
        """The daemon starts again."""
        self._ended = False
        self.own(_NOTIFICATIONS)

    def wait_for(self, count: int, timeout: float = TIMEOUT) -> list[Notify]:
        """Wait until at least ``count`` toasts have come, and return all so far."""
        self.wait_until(lambda: len(self.shown) >= count, f"{count} toasts, not {len(self.shown)}", timeout)
        return list(self.shown)

    def body_of(self, summary: str) -> str:
        """Wait for a toast with that title; gives the body of the newest."""
        found: list[str] = []

        def shown() -> bool:
            found[:] = [toast.body for toast in self.shown if toast.summary == summary]
            return bool(found)

        self.wait_until(shown, f"a toast titled {summary!r}")
        return found[-1]

    def click(self, ident: int, action: str = "default") -> None:
        """The person clicks a toast (its default action) or one of its buttons."""
        self.emit(_NOTIFICATIONS_PATH, _NOTIFICATIONS, "ActionInvoked", "us", ident, action)

    def token(self, ident: int, token: str) -> None:
        """Send an activation token, as a daemon on Wayland does right before a click."""
        self.emit(_NOTIFICATIONS_PATH, _NOTIFICATIONS, "ActivationToken", "us", ident, token)

    def close(self, ident: int, reason: int = 2) -> None:
        """A toast goes: reason 1 is expired, 2 dismissed by the person, 3 closed by a call."""
        self.on_screen.pop(ident, None)
        self.emit(_NOTIFICATIONS_PATH, _NOTIFICATIONS, "NotificationClosed", "uu", ident, reason)

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        if self._ended:
            return "org.freedesktop.DBus.Error.ServiceUnknown"  # as the bus answers if nobody owns the name
        if member == "Notify":
            ident = call.body[1] or self._next + 1
            self._next = max(self._next, ident)
            self.arrivals.append(time.monotonic())
            self.shown.append(Notify(ident, *call.body))
            self.on_screen[ident] = self.shown[-1].summary
        elif member == "CloseNotification":
            self.closed.append(call.body[0])
            self.on_screen.pop(call.body[0], None)
        if self.mode == "silent":
            return None
        if self.mode == "error":
            return "org.freedesktop.DBus.Error.Failed"
        answers: dict[str, tuple[str, tuple[Any, ...]]] = {
            "Notify": ("u", (self._next if member != "Notify" else self.shown[-1].id,)),
            "CloseNotification": ("", ()),
            "GetCapabilities": ("as", (list(self.capabilities),)),
            "GetServerInformation": ("ssss", ("fake", "telex-start tests", "1", "1.2")),
        }
        return answers.get(member, "org.freedesktop.DBus.Error.UnknownMethod")
