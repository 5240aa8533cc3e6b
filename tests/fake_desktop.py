"""A desktop for tests: the same bus names, the same X server and the same panels that a person has.

Everything here is a context manager, is private to the test and leaves no process, socket or file behind::

    PrivateBus               a session bus of its own
    FakePanel                org.kde.StatusNotifierWatcher: sees icons, reads their menus, clicks
    FakeNotificationDaemon   org.freedesktop.Notifications: records every toast
    Xvfb                     an X server

The real panel, window manager and notification daemon are in :mod:`tests.real_desktop`.

All waits are on events and have a bound, ``TIMEOUT`` seconds unless told.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_error, new_method_call
from jeepney import new_method_return, new_signal
from jeepney.bus_messages import DBusNameFlags, message_bus
from jeepney.io.threading import DBusConnection, ReceiveStopped, open_dbus_connection

TIMEOUT = 8.0
"""Seconds; generous, because it is only ever reached by a failing test on a busy machine."""

_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={directory}/bus</listen><auth>EXTERNAL</auth>
<servicedir>{directory}/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


def end(process: subprocess.Popen[Any]) -> None:
    """End a process that a test started, and wait until it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()


class PrivateBus:
    """``dbus-daemon --session`` with a socket of its own. It activates nothing but the ``services`` it is given.

    Args:
        services: Activatable names and the command for each; a command that fails makes the activation fail.
        environ: Environment of the bus and of what it activates.

    Attributes:
        address: What ``DBUS_SESSION_BUS_ADDRESS`` must be; the same after :meth:`restart`.
    """

    def __init__(self, services: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._services = dict(services or {})
        self._environ = dict(environ) if environ is not None else None
        self.address = ""

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="bus-")
        directory = Path(self._directory.name)
        (directory / "services").mkdir()
        for name, command in self._services.items():
            text = f"[D-BUS Service]\nName={name}\nExec={command}\n"
            (directory / "services" / f"{name}.service").write_text(text)
        self._config = directory / "bus.conf"
        self._config.write_text(_BUS_CONFIG.format(directory=directory))
        self.address = f"unix:path={directory}/bus"
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._directory.cleanup()

    def start(self) -> None:
        """Start the daemon; it listens when this returns."""
        self._process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environ,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "dbus-daemon did not start"

    def stop(self) -> None:
        """End the daemon: every connection breaks."""
        end(self._process)
        with suppress(FileNotFoundError):
            os.unlink(self.address.removeprefix("unix:path="))

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment to find this bus."""
        return {"DBUS_SESSION_BUS_ADDRESS": self.address}


class BusClient:
    """One connection to a bus and the thread that reads it; the base of the fakes, and useful by itself.

    Attributes:
        signals: Every signal received so far (those that :meth:`subscribe` asked for).
    """

    def __init__(self, bus: PrivateBus) -> None:
        self._bus = bus
        self.signals: list[Message] = []
        self._changed = threading.Condition()
        self._replies: dict[int, Future[Message]] = {}

    def __enter__(self) -> Self:
        self._connection: DBusConnection = open_dbus_connection(self._bus.address, auth_timeout=TIMEOUT)
        self._thread = threading.Thread(target=self._read, name=type(self).__name__, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.interrupt()
        self._thread.join(TIMEOUT)
        self._connection.close()

    @property
    def unique_name(self) -> str:
        """The connection's own name on the bus."""
        return str(self._connection.unique_name)

    def call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        """Call a method and return the answer's body.

        Raises:
            AssertionError: an error was answered, or nothing in time.
        """
        address = DBusAddress(path, name, interface)
        return self._ask(new_method_call(address, member, signature or None, body))

    def property(self, name: str, path: str, interface: str, member: str) -> Any:
        """The value of a property."""
        answer = self.call(name, path, "org.freedesktop.DBus.Properties", "Get", "ss", (interface, member))
        return answer[0][1]

    def has_owner(self, name: str) -> bool:
        """Whether somebody owns the bus name now."""
        return bool(self._ask(message_bus.NameHasOwner(name))[0])

    def subscribe(self, **rule: Any) -> None:
        """Have the signals that match recorded in ``signals`` (the arguments are those of a match rule)."""
        self._ask(message_bus.AddMatch(MatchRule(type="signal", **rule)))

    def wait_until(self, condition: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
        """Wait until the condition holds; it is looked at after every message that came."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout), f"waited {timeout} s for {what}"

    def wait_for_name(self, name: str, timeout: float = TIMEOUT) -> None:
        """Wait until somebody owns the bus name."""
        self.subscribe(member="NameOwnerChanged", sender="org.freedesktop.DBus")
        if not self.has_owner(name):
            self.wait_until(
                lambda: any(s.body[0] == name and s.body[2] for s in self.signals if len(s.body) == 3), name, timeout
            )

    def own(self, name: str) -> None:
        """Take a bus name."""
        answer = self._ask(message_bus.RequestName(name, DBusNameFlags.do_not_queue))
        assert answer == (1,), f"{name} has an owner already"

    def release(self, name: str) -> None:
        """Give a bus name up."""
        self._ask(message_bus.ReleaseName(name))

    def emit(self, path: str, interface: str, member: str, signature: str = "", body: tuple[Any, ...] = ()) -> None:
        """Send a signal to everybody who asked for it."""
        self._connection.send(new_signal(DBusAddress(path, interface=interface), member, signature or None, body))

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        """What a method call gets; for subclasses.

        Returns:
            Signature and body of the answer, or an error's name, or ``None`` for no answer ever.
        """
        return "org.freedesktop.DBus.Error.UnknownMethod"

    def _ask(self, message: Message) -> tuple[Any, ...]:
        serial = next(self._connection.outgoing_serial)
        future: Future[Message] = Future()
        self._replies[serial] = future
        self._connection.send(message, serial=serial)
        reply = future.result(TIMEOUT)
        if reply.header.message_type is MessageType.error:
            raise AssertionError(f"{reply.header.fields.get(HeaderFields.error_name)}: {reply.body}")
        return tuple(reply.body)

    def _read(self) -> None:
        with suppress(ReceiveStopped, ConnectionError, OSError):
            while True:
                self._received(self._connection.receive())
                with self._changed:
                    self._changed.notify_all()

    def _received(self, message: Message) -> None:
        header = message.header
        if header.message_type is MessageType.method_call:
            fields = header.fields
            reply = self.answer(message, fields.get(HeaderFields.interface, ""), fields[HeaderFields.member])
            if isinstance(reply, str):
                self._connection.send(new_error(message, reply))
            elif reply is not None:
                self._connection.send(new_method_return(message, reply[0] or None, reply[1]))
        elif header.message_type is MessageType.signal:
            self.signals.append(message)
            self.signal(message)
        elif (future := self._replies.pop(header.fields[HeaderFields.reply_serial], None)) is not None:
            future.set_result(message)

    def signal(self, message: Message) -> None:
        """A signal came; for subclasses."""


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

    def menu(self) -> list[MenuEntry]:
        """The visible entries, top to bottom."""
        path = str(self.property("Menu"))
        self._client.call(self.name, path, "com.canonical.dbusmenu", "AboutToShow", "i", (0,))
        body = self._client.call(self.name, path, "com.canonical.dbusmenu", "GetLayout", "iias", (0, -1, []))
        entries = []
        for _, (ident, properties, _) in body[1][2]:
            values = {key: value for key, (_, value) in properties.items()}
            if values.get("visible", True):
                label = str(values.get("label", "")).replace("__", "\0").replace("_", "").replace("\0", "_")
                separator = values.get("type") == "separator"
                entries.append(MenuEntry(ident, label, bool(values.get("enabled", True)), separator))
        return entries

    def labels(self) -> list[str]:
        """The labels of the entries, ``-`` for a separator."""
        return ["-" if entry.separator else entry.label for entry in self.menu()]

    def click(self, label: str) -> None:
        """Choose a menu entry as a panel does."""
        [entry] = [entry for entry in self.menu() if entry.label == label]
        assert entry.enabled, f"{label} is disabled"
        path = str(self.property("Menu"))
        body = (entry.id, "clicked", ("s", ""), 0)
        self._client.call(self.name, path, "com.canonical.dbusmenu", "Event", "isvu", body)

    def activate(self) -> None:
        """Click the icon with the left button, where it takes that."""
        self._client.call(self.name, self.path, "org.kde.StatusNotifierItem", "Activate", "ii", (0, 0))

    def signals(self) -> list[str]:
        """The names of the signals that this icon has sent: ``NewIcon``, ``NewTitle``, ``LayoutUpdated``, …"""
        return [
            str(s.header.fields[HeaderFields.member])
            for s in list(self._client.signals)
            if s.header.fields.get(HeaderFields.sender) == self.name
        ]


_WATCHER = "org.kde.StatusNotifierWatcher"


class FakePanel(BusClient):
    """A panel: the StatusNotifierWatcher, with or without a host that shows the icons.

    Args:
        host: A host is there from the start.

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
        self._tell("StatusNotifierHostRegistered")

    def unhost(self) -> None:
        """The host goes; the watcher stays."""
        self._host = False
        self._tell("StatusNotifierHostUnregistered")

    def leave(self) -> None:
        """The panel crashes: the watcher's name is gone, and the icons with it."""
        self.release(_WATCHER)
        self.items.clear()

    def come_back(self) -> None:
        """The panel starts again, with a host, and knows no icon."""
        self._host = True
        self.own(_WATCHER)
        self._tell("StatusNotifierHostRegistered")

    def wait_for_item(self, timeout: float = TIMEOUT) -> PanelItem:
        """The icon that registered last; waits for one."""
        self.wait_until(lambda: self.items, "an icon to register", timeout)
        return self.items[-1]

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        if member == "RegisterStatusNotifierItem":
            sender = call.header.fields[HeaderFields.sender]
            service = str(call.body[0])
            # AppIndicator registers an object path, others a bus name.
            path = service if service.startswith("/") else "/StatusNotifierItem"
            self.items.append(PanelItem(self, sender, path))
            self._tell("StatusNotifierItemRegistered", f"{sender}{path}")
            return "", ()
        if member == "RegisterStatusNotifierHost":
            return "", ()
        properties = {
            "IsStatusNotifierHostRegistered": ("b", self._host),
            "RegisteredStatusNotifierItems": ("as", [item.name + item.path for item in self.items]),
            "ProtocolVersion": ("i", 0),
        }
        if member == "Get" and call.body[1] in properties:
            return "v", (properties[call.body[1]],)
        if member == "GetAll":
            return "a{sv}", (properties,)
        return "org.freedesktop.DBus.Error.UnknownMethod"

    def signal(self, message: Message) -> None:
        if message.header.fields[HeaderFields.member] == "NameOwnerChanged" and not message.body[2]:
            self.items = [item for item in self.items if item.name != message.body[0]]

    def _tell(self, member: str, *body: str) -> None:
        self.emit("/StatusNotifierWatcher", _WATCHER, member, "s" * len(body), body)


class Notify(NamedTuple):
    """One call of ``Notify``, with its arguments as they came, and the id that was answered."""

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
_INTROSPECTION = """<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node><interface name="org.freedesktop.DBus.Introspectable">
<method name="Introspect"><arg type="s" direction="out"/></method></interface>
<interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
<arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/>
<arg type="s" direction="out"/><arg type="s" direction="out"/></method>
<signal name="NotificationClosed"><arg type="u"/><arg type="u"/></signal>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal></interface></node>"""


class FakeNotificationDaemon(BusClient):
    """A notification daemon that shows nothing and remembers everything.

    Args:
        capabilities: What it says it can do; dunst's by default.

    Attributes:
        shown: Every ``Notify`` so far, also those that were not answered.
        closed: The ids that ``CloseNotification`` was called with.
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
        self.closed: list[int] = []
        self._next = 0

    def __enter__(self) -> Self:
        super().__enter__()
        self.own(_NOTIFICATIONS)
        return self

    def leave(self) -> None:
        """The daemon ends."""
        self.release(_NOTIFICATIONS)

    def come_back(self) -> None:
        """The daemon starts again."""
        self.own(_NOTIFICATIONS)

    def wait_for(self, count: int, timeout: float = TIMEOUT) -> list[Notify]:
        """Wait until at least ``count`` toasts have come, and return all so far."""
        self.wait_until(lambda: len(self.shown) >= count, f"{count} toasts, not {len(self.shown)}", timeout)
        return list(self.shown)

    def click(self, ident: int, action: str = "default") -> None:
        """The person clicks a toast (its default action) or one of its buttons."""
        self.emit(_NOTIFICATIONS_PATH, _NOTIFICATIONS, "ActionInvoked", "us", (ident, action))

    def close(self, ident: int, reason: int = 2) -> None:
        """A toast goes: reason 1 is expired, 2 dismissed by the person, 3 closed by a call."""
        self.emit(_NOTIFICATIONS_PATH, _NOTIFICATIONS, "NotificationClosed", "uu", (ident, reason))

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        if member == "Notify":
            ident = call.body[1] or self._next + 1
            self._next = max(self._next, ident)
            self.shown.append(Notify(ident, *call.body))
        elif member == "CloseNotification":
            self.closed.append(call.body[0])
        if self.mode == "silent":
            return None
        if self.mode == "error":
            return "org.freedesktop.DBus.Error.Failed"
        answers: dict[str, tuple[str, tuple[Any, ...]]] = {
            "Notify": ("u", (self._next if member != "Notify" else self.shown[-1].id,)),
            "CloseNotification": ("", ()),
            "GetCapabilities": ("as", (list(self.capabilities),)),
            "GetServerInformation": ("ssss", ("fake", "telex-start tests", "1", "1.2")),
            "Introspect": ("s", (_INTROSPECTION,)),
        }
        return answers.get(member, "org.freedesktop.DBus.Error.UnknownMethod")


class Xvfb:
    """An X server without a screen to look at.

    Args:
        size: Width, height and depth.

    Attributes:
        display: What ``DISPLAY`` must be.
    """

    def __init__(self, size: str = "1280x800x24") -> None:
        self._size = size
        self.display = ""

    def __enter__(self) -> Self:
        read, write = os.pipe()
        self._process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", self._size, "-noreset", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        # The server writes its number when it accepts clients.
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb did not start"
        self.display = f":{number}"
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment to find this display."""
        return {"DISPLAY": self.display}
