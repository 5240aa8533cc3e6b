"""The desktop's side: the StatusNotifierWatcher that icons register with, and whether a panel shows them.

The watcher (``org.kde.StatusNotifierWatcher``) is most often a part of the panel, so it comes and goes with it; a host
is what shows the icons.

An icon is registered by its object path, so the watcher knows it by the connection's unique name. The AppIndicator
extension of GNOME 43 (Debian 12) loses one icon in three that is registered by a well-known name, and has said yes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call

from .connection import BUS, Connection, LogOnce

NAME = "org.kde.StatusNotifierWatcher"
_PATH = "/StatusNotifierWatcher"
_WATCHER = DBusAddress(_PATH, NAME, NAME)
_PROPERTIES = DBusAddress(_PATH, NAME, "org.freedesktop.DBus.Properties")

_TIMEOUT = 25.0
"""Seconds; at login a panel may own its name long before it answers."""
_RETRIES = (0.1, 0.5, 2.0, 10.0, 30.0)
"""Seconds to wait after a watcher that is there answered an error; after these it is left alone until something
changes. xfce4-panel 4.18 owns its name a moment before it has the object that is called."""
_TRIES_UNTIL_NO_HOST = 2
"""Tries that may fail before it is told that there is no host."""
_NO_WATCHER_ERRORS = frozenset({"ServiceUnknown", "NameHasNoOwner", "Disconnected"})
"""Errors that say that there is no watcher, which is no failure."""
_CALM = 60.0
"""Seconds after which a watcher that drops the icon again is told of it at once, as if it had not dropped it before."""


class Watcher:
    """Knows whether there is a panel that shows icons, and registers an icon with each that comes.

    Args:
        connection: Its connection; not started yet.
        item: The object path of the icon.
        on_host: Told, on the connection's thread, whether a panel shows icons: as soon as that is known, and at
            every change.
        once: Logs what goes wrong.

    Attributes:
        host: Whether a panel shows icons now; ``None`` until it is known.
    """

    def __init__(
        self,
        connection: Connection,
        item: str,
        on_host: Callable[[bool], object] | None = None,
        once: LogOnce | None = None,
    ) -> None:
        self.host: bool | None = None
        self._connection = connection
        self._on_host = on_host
        self._once = once or LogOnce()
        self._item = item
        self._wanted = False
        # Which owner of the watcher's name is meant: answers and delays that belong to an earlier one mean nothing.
        self._owner = 0
        self._register_tries = self._ask_tries = 0
        self._asking = self._ask_again = False
        self._registering = self._checking = self._check_later = False
        self._drops = 0
        self._dropped_at = float("-inf")
        owner = MatchRule(type="signal", sender=BUS.bus_name, interface=BUS.interface, member="NameOwnerChanged")
        owner.add_arg_condition(0, NAME)
        connection.subscribe(owner, self._owner_changed)
        for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            # Anybody can send these: so they are only a reason to ask.
            connection.subscribe(MatchRule(type="signal", interface=NAME, member=member), self._host_changed)
        dropped = MatchRule(type="signal", interface=NAME, member="StatusNotifierItemUnregistered")
        connection.subscribe(dropped, self._item_dropped)
        connection.on_connect(self._connected)

    # --- on the connection's thread ---------------------------------------------------------------------------------

    def register(self) -> None:
        """Have the icon shown: by the panel that is there, and by every one that comes."""
        if not self._wanted:
            self._wanted = True
            if self._connection.unique_name:
                self._register()

    def unregister(self) -> None:
        """Have the icon shown by no other panel that comes.

        The panel that has it is told by the icon's status: a watcher has no call by which it would forget an icon, it
        does so when the connection ends.
        """
        self._wanted = False

    def _connected(self) -> None:
        self._new_owner()
        if self._wanted:
            self._register()
        self._ask()

    def _owner_changed(self, message: Message) -> None:
        self._new_owner()
        if message.body[2]:
            if self._wanted:
                self._register()
            self._ask()
        else:
            self._tell(False)

    def _new_owner(self) -> None:
        self._owner += 1
        self._register_tries = self._ask_tries = 0
        self._asking = self._ask_again = False
        self._registering = self._checking = self._check_later = False
        self._drops = 0

    # --- the icon ---------------------------------------------------------------------------------------------------

    def _register(self) -> None:
        owner = self._owner
        message = new_method_call(_WATCHER, "RegisterStatusNotifierItem", "s", (self._item,))
        self._registering = self._connection.call(message, lambda reply: self._registered(owner, reply), _TIMEOUT)

    def _registered(self, owner: int, reply: Any) -> None:
        if owner != self._owner:
            return
        self._registering = False
        # A watcher that has not answered may well have read the call, and when it wakes up it will.
        error = _error_of(reply) if isinstance(reply, Message) else ""
        if self._wanted and error and error not in _NO_WATCHER_ERRORS:
            self._register_tries += 1
            if not self._retry(self._register_tries, owner, self._register_again):
                self._once.warning("register", "the desktop's tray does not take the icon: %s", error)
        elif self._check_later:
            self._check_later = False
            self._check()

    def _register_again(self) -> None:
        if self._wanted:
            self._register()

    def _item_dropped(self, message: Message) -> None:
        # Anybody can send it, so it is only a reason to look; what it says is the bus name, with the path somehow.
        if message.header.fields.get(HeaderFields.signature) == "s" and self._is_ours(message.body[0]):
            self._check()

    def _check(self) -> None:
        """Look whether the watcher still has the icon, and register it again if not."""
        if not self._wanted:
            return
        if self._checking or self._registering:
            self._check_later = True  # what is being answered may be older than the reason to look
            return
        owner = self._owner
        message = new_method_call(_PROPERTIES, "Get", "ss", (NAME, "RegisteredStatusNotifierItems"))
        self._checking = self._connection.call(message, lambda reply: self._checked(owner, reply), _TIMEOUT)

    def _checked(self, owner: int, reply: Any) -> None:
        if owner != self._owner:
            return
        self._checking = False
        if self._check_later and not self._registering:
            self._check_later = False
            self._check()
            return
        if not isinstance(reply, Message) or _error_of(reply) or not reply.body or not isinstance(reply.body[0], tuple):
            return  # a watcher that does not say cannot be asked
        signature, items = reply.body[0]
        if self._registering or signature != "as" or any(map(self._is_ours, items)):
            return
        now = time.monotonic()
        self._drops = 0 if now >= self._dropped_at + _CALM else self._drops + 1
        self._dropped_at = now
        if not self._drops:
            self._register_again()
        elif not self._retry(self._drops, owner, self._register_again):
            self._once.warning("dropped", "the desktop's tray drops the icon again and again")

    def _is_ours(self, registered: str) -> bool:
        """Whether an icon is ours, as a watcher names it: the unique name, most often with the path after it."""
        name = self._connection.unique_name
        return registered.startswith(name) and not registered[len(name) : len(name) + 1].isdigit()

    # --- the host ---------------------------------------------------------------------------------------------------

    def _host_changed(self, _: Message) -> None:
        self._ask()
        self._check()

    def _ask(self) -> None:
        if self._asking:
            self._ask_again = True
            return
        owner = self._owner
        message = new_method_call(_PROPERTIES, "Get", "ss", (NAME, "IsStatusNotifierHostRegistered"))
        self._asking = self._connection.call(message, lambda reply: self._answered(owner, reply), _TIMEOUT)

    def _answered(self, owner: int, reply: Any) -> None:
        if owner != self._owner:
            return
        self._asking = False
        if self._ask_again:
            self._ask_again = False
            self._ask()
            return
        error = _error_of(reply) if isinstance(reply, Message) else "no answer"
        if error and error not in _NO_WATCHER_ERRORS and self._connection.unique_name:
            self._ask_tries += 1
            if not self._retry(self._ask_tries, owner, self._ask):
                self._once.warning("host", "the desktop's tray does not say whether it shows icons: %s", error)
            if self._ask_tries <= _TRIES_UNTIL_NO_HOST:
                return
        self._tell(not error and reply.body == (("b", True),))

    def _retry(self, tries: int, owner: int, work: Callable[[], object]) -> bool:
        """Do it again a little later, unless another watcher has come until then; False if it has failed for good."""
        if tries > len(_RETRIES):
            return False
        return self._connection.later(_RETRIES[tries - 1], lambda: work() if owner == self._owner else None)

    def _tell(self, host: bool) -> None:
        if host is not self.host:
            self.host = host
            if self._on_host is not None:
                self._on_host(host)


def _error_of(reply: Message) -> str:
    """The last part of an error's name; empty where the reply is none."""
    if reply.header.message_type is not MessageType.error:
        return ""
    return str(reply.header.fields.get(HeaderFields.error_name, "")).rpartition(".")[2] or "unnamed error"
