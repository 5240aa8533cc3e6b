"""Who shows icons (``org.kde.StatusNotifierWatcher``): ours is registered with each panel that comes.

The watcher, with which icons register, is most often a part of the panel, so it comes and goes with it; a host is what
shows the icons.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ...process.lazylog import Log
from ..bus.bus import Bus, DBusAddress, Message, NoReply, body_of, error_of, new_method_call
from ..bus.served import LogOnce

log = Log(__name__)

_NAME = "org.kde.StatusNotifierWatcher"
_PATH = "/StatusNotifierWatcher"
_WATCHER = DBusAddress(_PATH, _NAME, _NAME)
_PROPERTIES = DBusAddress(_PATH, _NAME, "org.freedesktop.DBus.Properties")

_TIMEOUT = 25.0
"""Seconds; at login a panel may own its name long before it answers."""
RETRIES = (0.1, 0.5, 2.0, 10.0, 30.0)
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

    An icon is registered by its object path, so the watcher knows it by the connection's unique name. The AppIndicator
    extension of GNOME 43 (Debian 12) loses one icon in three that is registered by a well-known name, and has said yes.

    Args:
        bus: Its connection.
        path: Of the icon.
        on_host: Told, on the bus's thread, whether a panel shows icons: as soon as that is known, and at every change.
        once: Logs what goes wrong.

    Attributes:
        host: Whether a panel shows icons now; ``None`` until it is known.
    """

    def __init__(self, bus: Bus, path: str, on_host: Callable[[bool], object], once: LogOnce) -> None:
        self.host: bool | None = None
        self._bus = bus
        self._path = path
        self._on_host = on_host
        self._once = once
        self._wanted = True
        # Which owner of the watcher's name is meant: answers and delays that belong to an earlier one mean nothing.
        self._owner = 0
        self._register_tries = self._ask_tries = 0
        self._asking = self._ask_again = False
        self._registering = self._checking = self._check_later = False
        self._drops = 0
        self._dropped_at = float("-inf")
        bus.watch_owner(_NAME, self._owner_changed)
        for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            # Anybody can send these: so they are only a reason to ask.
            bus.subscribe(self._host_changed, interface=_NAME, member=member)
        bus.subscribe(self._item_dropped, interface=_NAME, member="StatusNotifierItemUnregistered")
        bus.on_connect(self._new_owner)

    # On the bus's thread.

    def stop(self) -> None:
        """Have the icon shown by no other panel that comes.

        The panel that has it is told by the icon's status: a watcher has no call by which it would forget an icon, it
        does so when the connection ends.
        """
        self._wanted = False

    def _owner_changed(self, name: str) -> None:
        if name:
            self._new_owner()
        else:
            self._owner += 1
            self._tell(False)

    def _new_owner(self) -> None:
        self._owner += 1
        self._register_tries = self._ask_tries = 0
        self._asking = self._ask_again = False
        self._registering = self._checking = self._check_later = False
        self._drops = 0
        self._register()
        self._ask()

    def _register(self) -> None:
        if self._wanted:
            message = new_method_call(_WATCHER, "RegisterStatusNotifierItem", "s", (self._path,))
            self._registering = self._call(message, self._registered)

    def _registered(self, reply: Message | NoReply) -> None:
        self._registering = False
        # A watcher that has not answered may well have read the call, and when it wakes up it will.
        error = _error(reply) if isinstance(reply, Message) else ""
        if self._wanted and error and error not in _NO_WATCHER_ERRORS:
            self._register_tries += 1
            if not self._retry(self._register_tries, self._register):
                self._once(log.warning, "the desktop's tray does not take the icon: %s", error)
        elif self._check_later:
            self._check_later = False
            self._check()

    def _item_dropped(self, message: Message) -> None:
        # Anybody can send it, so it is only a reason to look; what it says is the bus name, with the path somehow.
        if message.body and isinstance(message.body[0], str) and self._is_ours(message.body[0]):
            self._check()

    def _check(self) -> None:
        """Look whether the watcher still has the icon, and register it again if not."""
        if not self._wanted:
            return
        if self._checking or self._registering:
            self._check_later = True  # what is being answered may be older than the reason to look
            return
        self._checking = self._call(_property("RegisteredStatusNotifierItems"), self._checked)

    def _checked(self, reply: Message | NoReply) -> None:
        self._checking = False
        if self._check_later and not self._registering:
            self._check_later = False
            self._check()
            return
        body = body_of(reply)
        if not body or not isinstance(body[0], tuple):
            return  # a watcher that does not say cannot be asked
        signature, items = body[0]
        if self._registering or signature != "as" or any(map(self._is_ours, items)):
            return
        now = time.monotonic()
        self._drops = 0 if now >= self._dropped_at + _CALM else self._drops + 1
        self._dropped_at = now
        if not self._drops:
            self._register()
        elif not self._retry(self._drops, self._register):
            self._once(log.warning, "the desktop's tray drops the icon again and again")

    def _is_ours(self, registered: str) -> bool:
        """Whether an icon is ours, as a watcher names it: the unique name, most often with the path after it."""
        name = self._bus.unique_name
        return registered.startswith(name) and not registered[len(name) : len(name) + 1].isdigit()

    def _host_changed(self, _: Message) -> None:
        self._ask()
        self._check()

    def _ask(self) -> None:
        if self._asking:
            self._ask_again = True
        else:
            self._asking = self._call(_property("IsStatusNotifierHostRegistered"), self._answered)

    def _answered(self, reply: Message | NoReply) -> None:
        self._asking = False
        if self._ask_again:
            self._ask_again = False
            self._ask()
            return
        error = _error(reply)
        if error and error not in _NO_WATCHER_ERRORS and self._bus.unique_name:
            self._ask_tries += 1
            if not self._retry(self._ask_tries, self._ask):
                self._once(log.warning, "the desktop's tray does not say whether it shows icons: %s", error)
            if self._ask_tries <= _TRIES_UNTIL_NO_HOST:
                return
        self._tell(body_of(reply) == (("b", True),))

    def _tell(self, host: bool) -> None:
        if host is not self.host:
            self.host = host
            self._on_host(host)

    def _call(self, message: Message, told: Callable[[Message | NoReply], object]) -> bool:
        """Call the watcher; an answer is told unless another has come until then. False where that cannot be."""
        owner = self._owner
        return self._bus.call(message, lambda reply: told(reply) if owner == self._owner else None, _TIMEOUT)

    def _retry(self, tries: int, work: Callable[[], object]) -> bool:
        """Do it again a little later, unless another watcher has come until then; False if it has failed for good."""
        owner = self._owner
        if tries > len(RETRIES):
            return False
        return self._bus.loop.later(RETRIES[tries - 1], lambda: work() if owner == self._owner else None)


def _property(name: str) -> Message:
    return new_method_call(_PROPERTIES, "Get", "ss", (_NAME, name))


def _error(reply: Message | NoReply) -> str:
    """The last part of an error's name, or why there is no answer; empty where the reply is good."""
    return reply.value if isinstance(reply, NoReply) else error_of(reply).rpartition(".")[2]
