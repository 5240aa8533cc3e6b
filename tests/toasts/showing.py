"""Runs the product's D-Bus toasts in a test and records their events; also a notification daemon that answers late."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Self

from telex_start.desktop.bus.bus import Bus, Loop, Message
from telex_start.desktop.toasts.dbus_backend import DBusToasts
from telex_start.events import Event, ToastFailed
from telex_start.toast import Toast
from tests.fake_desktop import TIMEOUT, FakeNotificationDaemon, PrivateBus

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


def toast(number: int, **more: Any) -> Toast:
    return Toast(title=f"t{number}", body="body", **more)


class _Connection(Bus):
    """A connection whose time-outs of calls can be shortened, by :attr:`patience` in seconds."""

    patience: float | None = None

    def call(
        self,
        message: Message,
        on_reply: Callable[[Any], object] | None,
        timeout: float = 2.0,
        late: Callable[[Message], object] | None = None,
    ) -> bool:
        return super().call(message, on_reply, self.patience or timeout, late)


class Showing(DBusToasts):
    """Running toasts.

    Attributes:
        events: The events that they dispatched.
        taken: The toasts that a daemon has accepted.
        connection: Their connection to the bus.
    """

    def __init__(self, bus: PrivateBus, **options: Any) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.taken: SimpleQueue[Toast] = SimpleQueue()
        self.loop = Loop("toasts")
        self.connection = _Connection(bus.address, self.loop)
        super().__init__(self.events.put, self.connection, **{"on_shown": self.taken.put, **options})

    def __enter__(self) -> Self:
        self.loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        assert self.loop.stop(TIMEOUT)

    def show_and_wait(self, *toasts: Toast) -> None:
        """Show toasts one after the other, each once a daemon has accepted the one before."""
        for one in toasts:
            self.show(one)
            assert self.taken.get(timeout=TIMEOUT) == one

    def next(self) -> Event:
        return self.events.get(timeout=TIMEOUT)

    def failure(self) -> str:
        """Wait for the next event, which must be ``ToastFailed``; gives its sentence."""
        event = self.next()
        assert isinstance(event, ToastFailed)
        return event.message

    def settle(self) -> None:
        """Wait until the thread of the bus has done all work posted so far."""
        settled = threading.Event()
        self.connection.post(settled.set)
        assert settled.wait(TIMEOUT)


def titles(daemon: FakeNotificationDaemon) -> list[str]:
    return [notify.summary for notify in daemon.shown]


class LateDaemon(FakeNotificationDaemon):
    """A daemon that shows each toast at once, as the specification says, but may answer only when told to.

    Attributes:
        late: Whether it holds back the answer to each ``Notify`` until :meth:`answer_at_last`.
    """

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self.late = False
        self._owed: list[tuple[Message, int]] = []

    def answer(self, call: Message, interface: str, member: str) -> Any:
        if member == "CloseNotification" and call.body[0] in self.on_screen:
            self.close(call.body[0], 3)
        answer = super().answer(call, interface, member)
        if member != "Notify" or not self.late:
            return answer
        self._owed.append((call, self.shown[-1].id))
        return None

    def answer_at_last(self) -> None:
        for call, ident in self._owed:
            self.reply(call, "u", ident)

    def shows(self, *expected: str) -> None:
        """Wait until exactly the toasts with these titles are on the screen."""
        self.wait_until(lambda: sorted(self.on_screen.values()) == sorted(expected), f"{expected}")

    def ping(self) -> None:
        """Wait until the daemon has read all messages that were sent to it before."""
        bus = "org.freedesktop.DBus"
        self.call(bus, "/org/freedesktop/DBus", bus, "GetId")
