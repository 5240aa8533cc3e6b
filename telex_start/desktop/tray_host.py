"""Whether the desktop shows icons now: watches the StatusNotifier watcher and its hosts on the session bus."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .bus import Bus, DBusAddress, Lost, MatchRule, Message, error_of, new_method_call

WATCHER = "org.kde.StatusNotifierWatcher"
_PATH = "/StatusNotifierWatcher"


class TrayHost:
    """Knows of a StatusNotifier host that is there, comes or goes.

    Args:
        bus: Its connection; not started yet, and kept by the caller.
        elsewhere: Whether there is another kind of tray; asked, on the bus's thread, where there is no host.
        patience: Seconds without a tray after which there is none: at login, and when it is restarted, a panel comes
            a little later than its programs.
    """

    def __init__(self, bus: Bus, elsewhere: Callable[[], bool], patience: float) -> None:
        self._bus = bus
        self._elsewhere = elsewhere
        self._patience = patience
        self._connected = threading.Event()
        self._found: bool | None = None
        self._told: bool | None = None
        self._changed: Callable[[bool], object] | None = None
        owner = MatchRule(type="signal", sender="org.freedesktop.DBus", member="NameOwnerChanged")
        owner.add_arg_condition(0, WATCHER)
        bus.subscribe(owner, self._owner_changed)
        for member in ("StatusNotifierHostRegistered", "StatusNotifierHostUnregistered"):
            bus.subscribe(MatchRule(type="signal", interface=WATCHER, member=member), self._host_changed)
        bus.on_connect(self._ask)

    def wait_for_bus(self, timeout: float) -> bool:
        """Wait until the bus has let us in once, at most so many seconds; whether it has."""
        return self._connected.wait(timeout)

    def watch(self, changed: Callable[[bool], object]) -> None:
        """Be told on the bus's thread: of what is there as soon as that is known, and then of every change."""
        self._bus.post(lambda: self._begin(changed))

    def _begin(self, changed: Callable[[bool], object]) -> None:
        self._changed = changed
        if self._found is not None:
            self._report(self._found)

    def _ask(self) -> None:
        self._connected.set()
        address = DBusAddress(_PATH, WATCHER, "org.freedesktop.DBus.Properties")
        body = (WATCHER, "IsStatusNotifierHostRegistered")
        self._bus.call(new_method_call(address, "Get", "ss", body), self._answered)

    def _answered(self, reply: Message | Lost) -> None:
        if isinstance(reply, Lost) or error_of(reply):
            self._report(False)  # most often: nobody owns the watcher's name
        else:
            self._report(reply.body == (("b", True),))

    def _owner_changed(self, signal: Message) -> None:
        if signal.body[2]:
            self._ask()
        else:
            self._report(False)

    def _host_changed(self, signal: Message) -> None:
        self._ask()

    def _report(self, found: bool) -> None:
        self._found = found
        if found or self._elsewhere():
            self._tell(True)
        else:
            self._bus.later(self._patience, self._look_again)

    def _look_again(self) -> None:
        self._tell(bool(self._found) or self._elsewhere())

    def _tell(self, there: bool) -> None:
        if there is not self._told and self._changed is not None:
            self._told = there
            self._changed(there)
