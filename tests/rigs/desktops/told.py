"""Listens to all that is said about notifications on a session bus: what daemons are told, and what they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Self

from jeepney import HeaderFields, MatchRule, Message, MessageType

from tests.fake_bus import BusClient, PrivateBus

APP = "Telex Start"
_NAME = "org.freedesktop.Notifications"
_MONITORING = "org.freedesktop.DBus.Monitoring"


class Told(NamedTuple):
    """One notification of ours, as the daemon was told it."""

    title: str
    body: str
    replaces: int
    """The number of the one whose place it takes; 0 for none."""
    actions: tuple[str, ...]
    """The keys of its buttons; ``default`` is a click on itself."""
    hints: dict[str, Any]
    ident: int
    """The number that the daemon gave it; 0 as long as it has not answered."""


class Notifications(BusClient):
    """A monitor of the bus. It hears all, and says nothing.

    Attributes:
        told: Our notifications, in order.
        closing: The numbers of those that we have asked to close.
        closed: The numbers and reasons of those that the daemon says it has closed.
    """

    def __init__(self, address: str) -> None:
        bus = PrivateBus()
        bus.address = address
        super().__init__(bus)
        self.told: list[Told] = []
        self.closing: list[int] = []
        self.closed: list[tuple[int, int]] = []
        self._is_monitor = False
        self._asked: dict[tuple[str, int], int] = {}
        """Those that are not answered, by sender and serial number."""

    def __enter__(self) -> Self:
        super().__enter__()
        rules = [
            MatchRule(interface=_NAME).serialise(),
            MatchRule(type="method_return").serialise(),
        ]
        self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", _MONITORING, "BecomeMonitor", "asu", rules, 0)
        self._is_monitor = True
        return self

    def wait_for(self, wanted: Callable[[Told], bool], within: float, after: int = 0) -> Told | None:
        """The first notification that is wanted, once the daemon has answered; ``None`` where none comes in time.

        Args:
            within: Seconds.
            after: So many of :attr:`told` are passed over.
        """
        self.heard(lambda: any(told.ident and wanted(told) for told in self.told[after:]), within)
        return next((told for told in self.told[after:] if wanted(told)), None)

    def heard(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until what was heard is so; whether it came to that within so many seconds."""
        try:
            self.wait_until(condition, "what is said about notifications", within)
        except AssertionError:
            return condition()
        return True

    def received(self, message: Message) -> None:
        if message.header.message_type is MessageType.method_return and self._is_ours(message):
            super().received(message)  # the answer to what made this a monitor; from there on it must not say anything
            return
        with self._changed:
            self._hear(message)
            self._count += 1
            self._changed.notify_all()

    def _is_ours(self, message: Message) -> bool:
        return int(message.header.fields[HeaderFields.reply_serial]) in self._replies and not self._is_monitor

    def _hear(self, message: Message) -> None:
        fields = message.header.fields
        kind, member = message.header.message_type, fields.get(HeaderFields.member)
        if kind is MessageType.method_call and member == "Notify" and message.body[0] == APP:
            _, replaces, _, title, body, actions, hints, _ = message.body
            if any(self.told[at].title == title and self.told[at].body == body for at in self._asked.values()):
                return  # GNOME's daemon is a program of its own, which passes it on to the shell
            self._asked[str(fields[HeaderFields.sender]), message.header.serial] = len(self.told)
            values = {key: value for key, (_, value) in hints.items()}
            self.told.append(Told(title, body, replaces, tuple(actions[::2]), values, 0))
        elif kind is MessageType.method_call and member == "CloseNotification":
            self.closing.append(int(message.body[0]))
        elif kind is MessageType.signal and member == "NotificationClosed":
            self.closed.append((int(message.body[0]), int(message.body[1])))
        elif kind is MessageType.method_return and fields.get(HeaderFields.destination):
            key = (str(fields[HeaderFields.destination]), int(fields[HeaderFields.reply_serial]))
            if (at := self._asked.pop(key, None)) is not None:
                self.told[at] = self.told[at]._replace(ident=int(message.body[0]))
