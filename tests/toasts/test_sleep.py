"""The machine sleeps and wakes: a private bus stands for the system's, and a client of it for logind."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Self

import pytest

from telex_start.desktop.bus import sleep
from telex_start.desktop.bus.bus import DBusAddress, new_method_call
from telex_start.desktop.bus.loop import Loop
from telex_start.events import Event, MachineWoke
from tests.fake_bus import BusClient, PrivateBus
from tests.process import TIMEOUT

_LOGIND = "org.freedesktop.login1"
_PATH = "/org/freedesktop/login1"
_MANAGER = "org.freedesktop.login1.Manager"


@pytest.fixture
def system_bus() -> Iterator[PrivateBus]:
    with PrivateBus() as bus:
        yield bus


@pytest.fixture
def logind(system_bus: PrivateBus) -> Iterator[BusClient]:
    with BusClient(system_bus) as client:
        client.own(_LOGIND)
        yield client


class Watch:
    """The watch at work, which knows who logind is by now.

    Attributes:
        wakings: What it dispatched.
    """

    def __init__(self, system_bus: PrivateBus) -> None:
        self.wakings: queue.Queue[Event] = queue.Queue()
        self._loop = Loop("watch")
        bus = sleep.watch(self._loop, self.wakings.put, {"DBUS_SYSTEM_BUS_ADDRESS": system_bus.address})
        assert bus is not None
        self._bus = bus

    def __enter__(self) -> Self:
        self._loop.start()
        self.settle()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop.stop(TIMEOUT)

    def settle(self, *senders: BusClient) -> None:
        """Wait until it has dealt with all that these have sent."""
        for sender in senders:
            sender.has_owner(_LOGIND)  # the bus answers it after what was sent before
        address = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus.Peer")
        answers: queue.Queue[object] = queue.Queue()
        # Two in a row: what the connecting asks for goes out between them.
        for _ in range(2):
            assert self._bus.call(new_method_call(address, "Ping"), answers.put, TIMEOUT)
            answers.get(timeout=TIMEOUT)

    @property
    def address(self) -> str:
        """Its connection's name on the bus."""
        return self._bus.unique_name


def says(sender: BusClient, asleep: bool, to: str = "") -> None:
    sender.emit(_PATH, _MANAGER, "PrepareForSleep", "b", asleep, to=to)


def test_waking_up_is_told_and_falling_asleep_is_not(system_bus: PrivateBus, logind: BusClient) -> None:
    with Watch(system_bus) as watch:
        says(logind, True)
        logind.emit(_PATH, _MANAGER, "PrepareForSleep", "s", "nonsense")
        watch.settle(logind)
        assert watch.wakings.empty()
        says(logind, False)
        assert watch.wakings.get(timeout=TIMEOUT) == MachineWoke()


def test_nobody_but_logind_is_believed(system_bus: PrivateBus, logind: BusClient) -> None:
    """Any user of the machine can send it, to all or to one; without logind too, and in its place once it has gone."""
    with Watch(system_bus) as watch, BusClient(system_bus) as other:
        for _ in range(2):
            says(other, False)
            says(other, False, to=watch.address)
            watch.settle(other)
            assert watch.wakings.empty()
            logind.release(_LOGIND)
            watch.settle(logind)
            says(logind, False)
            watch.settle(logind)
            assert watch.wakings.empty()
        other.own(_LOGIND)  # logind has been started again
        watch.settle(other)
        says(other, False)
        assert watch.wakings.get(timeout=TIMEOUT) == MachineWoke()


def test_wakings_in_a_row_are_told_once_and_once_more_after_a_while(
    system_bus: PrivateBus, logind: BusClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Watch(system_bus) as watch:
        for _ in range(5):
            says(logind, False)
        watch.settle(logind)
        assert watch.wakings.qsize() == 1
    monkeypatch.setattr(sleep, "WAKINGS_APART", 0.2)
    with Watch(system_bus) as watch:
        for _ in range(5):
            says(logind, False)
        for _ in range(2):
            assert watch.wakings.get(timeout=TIMEOUT) == MachineWoke()


def test_without_a_system_bus_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleep, "_SOCKETS", ())
    assert sleep.watch(Loop("watch"), lambda event: None, {}) is None
