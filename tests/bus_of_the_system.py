"""A private bus in the place of the system's, and a client of it in the place of logind."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Self

from .fake_bus import BusClient, PrivateBus

_PREPARE_FOR_SLEEP = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "b")


class SystemBus:
    """Tells programs that the machine has woken up; somebody else on the bus may pretend it."""

    woke_at = float("-inf")
    """When :meth:`wake` was called last, by the monotonic clock."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._bus = stack.enter_context(PrivateBus())
            self._logind = stack.enter_context(BusClient(self._bus))
            self._logind.own("org.freedesktop.login1")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment to take this bus for the system's."""
        return {"DBUS_SYSTEM_BUS_ADDRESS": self._bus.address}

    def wake(self) -> None:
        """The machine has slept, and is awake again."""
        self.woke_at = time.monotonic()
        for asleep in (True, False):
            self._logind.emit(*_PREPARE_FOR_SLEEP, asleep)

    def pretend_to_wake(self) -> None:
        """Somebody who is not logind says that it is awake again: to all, and to each alone."""
        bus = "org.freedesktop.DBus"
        with BusClient(self._bus) as stranger:
            (names,) = stranger.call(bus, "/org/freedesktop/DBus", bus, "ListNames")
            for to in ("", *(name for name in names if name.startswith(":"))):
                stranger.emit(*_PREPARE_FOR_SLEEP, False, to=to)
