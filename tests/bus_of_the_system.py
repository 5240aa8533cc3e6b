"""A private bus that stands in for the system bus, with a stand-in for logind on it: sleep, wake-up, screen lock."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any, Self

from jeepney import HeaderFields, Message

from .fake_bus import BusClient, PrivateBus

LOGIND = "org.freedesktop.login1"
_LOCKED_HINT = ("org.freedesktop.login1.Session", "LockedHint")


class Logind(BusClient):
    """A stand-in for logind: answers whether the session is locked; :func:`prepare_for_sleep` sends its signal.

    Attributes:
        locked: Its answer; ``None`` for an error.
        asked_by: The bus name of the connection that asked last.
    """

    locked: bool | None = False
    asked_by: str | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        self.own(LOGIND)
        return self

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        fields = call.header.fields
        if fields[HeaderFields.path] == "/org/freedesktop/login1/session/auto" and call.body == _LOCKED_HINT:
            self.asked_by = fields[HeaderFields.sender]
            if self.locked is not None:
                return "v", (("b", self.locked),)
        return "org.freedesktop.DBus.Error.UnknownObject"


def prepare_for_sleep(sender: BusClient, asleep: Any, to: str = "", signature: str = "b") -> None:
    """Send the signal that the machine falls asleep or has woken up: to all, or only to the connection ``to``."""
    path, interface = "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
    sender.emit(path, interface, "PrepareForSleep", signature, asleep, to=to)


class SystemBus:
    """The private bus with logind: tells programs that the machine has woken up, also falsely, as another client."""

    woke_at = float("-inf")
    """When :meth:`wake` was called last, by the monotonic clock."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._bus = stack.enter_context(PrivateBus())
            self._logind = stack.enter_context(Logind(self._bus))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def environ(self) -> dict[str, str]:
        """The environment variable by which a process takes this bus for the system bus."""
        return {"DBUS_SYSTEM_BUS_ADDRESS": self._bus.address}

    def wake(self) -> None:
        """Tell all that the machine falls asleep, and at once that it has woken up."""
        self.woke_at = time.monotonic()
        for asleep in (True, False):
            prepare_for_sleep(self._logind, asleep)

    def pretend_to_wake(self) -> None:
        """A connection that is not logind says that the machine has woken up: to all, and to each connection alone."""
        bus = "org.freedesktop.DBus"
        with BusClient(self._bus) as stranger:
            (names,) = stranger.call(bus, "/org/freedesktop/DBus", bus, "ListNames")
            for to in ("", *(name for name in names if name.startswith(":"))):
                prepare_for_sleep(stranger, False, to)
