"""A private bus in the place of the system's, and a client of it in the place of logind."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Self

from .fake_bus import BusClient, PrivateBus


class SystemBus:
    """Tells programs that the machine has woken up."""

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
        for asleep in (True, False):
            self._logind.emit(
                "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", "b", asleep
            )
