"""Hears from logind that the machine wakes up or the screen is locked. A private bus stands for the system's."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from typing import Any, Self

import pytest

from telex_start.desktop.bus import buses
from telex_start.events import Event, MachineWoke
from tests.bus_of_the_system import LOGIND, Logind, prepare_for_sleep
from tests.fake_bus import BusClient, PrivateBus
from tests.process import TIMEOUT


@pytest.fixture
def system_bus() -> Iterator[PrivateBus]:
    with PrivateBus() as bus:
        yield bus


@pytest.fixture
def logind(system_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logind]:
    monkeypatch.setattr(buses, "LOCKED_WITHIN", TIMEOUT)
    with Logind(system_bus) as client:
        yield client


class Watch:
    """A running watch for wakings, which has already found logind on the bus.

    Attributes:
        wakings: What it dispatched.
    """

    def __init__(self, system_bus: PrivateBus, logind: Logind) -> None:
        self.wakings: queue.Queue[Event] = queue.Queue()
        self._buses = buses.Buses({"DBUS_SYSTEM_BUS_ADDRESS": system_bus.address})
        self._buses.watch_sleep(self.wakings.put)
        self._logind = logind

    def __enter__(self) -> Self:
        self._buses.start()
        while self._logind.asked_by is None:
            self.is_locked()
        self.settle()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._buses.stop(TIMEOUT)

    def is_locked(self) -> bool:
        return self._buses.screen_is_locked()

    def settle(self, *senders: Any) -> None:
        """Wait until the watch has dealt with all that these senders have sent."""
        for sender in senders:
            sender.has_owner("a.b")  # the bus answers it after what was sent before
        self.is_locked()

    @property
    def address(self) -> str:
        """Its connection's name on the bus."""
        assert self._logind.asked_by is not None
        return self._logind.asked_by


def test_waking_up_is_told_and_falling_asleep_is_not(system_bus: PrivateBus, logind: Logind) -> None:
    with Watch(system_bus, logind) as watch:
        prepare_for_sleep(logind, True)
        prepare_for_sleep(logind, "nonsense", signature="s")
        watch.settle(logind)
        assert watch.wakings.empty()
        prepare_for_sleep(logind, False)
        assert watch.wakings.get(timeout=TIMEOUT) == MachineWoke()


def test_nobody_but_logind_is_believed(system_bus: PrivateBus, logind: Logind) -> None:
    """Any user of the machine can send the signal, to all or to one, beside logind or when logind has gone."""
    with Watch(system_bus, logind) as watch, BusClient(system_bus) as other:
        for _ in range(2):
            prepare_for_sleep(other, False)
            prepare_for_sleep(other, False, to=watch.address)
            watch.settle(other)
            assert watch.wakings.empty()
            logind.release(LOGIND)
            watch.settle(logind)
            prepare_for_sleep(logind, False)
            watch.settle(logind)
            assert watch.wakings.empty()
        other.own(LOGIND)  # logind has been started again
        watch.settle(other)
        prepare_for_sleep(other, False)
        assert watch.wakings.get(timeout=TIMEOUT) == MachineWoke()


def test_wakings_in_a_row_are_told_once_and_once_more_after_a_while(
    system_bus: PrivateBus, logind: Logind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for apart, told in ((buses.WAKINGS_APART, 1), (0.2, 2)):
        monkeypatch.setattr(buses, "WAKINGS_APART", apart)
        with Watch(system_bus, logind) as watch:
            for _ in range(5):
                prepare_for_sleep(logind, False)
            for _ in range(told):
                assert watch.wakings.get(timeout=TIMEOUT) == MachineWoke()
            watch.settle(logind)
            assert watch.wakings.empty()


@pytest.mark.parametrize("locked", [True, False, None])
def test_a_locker_tells_logind(system_bus: PrivateBus, logind: Logind, locked: bool | None) -> None:
    with Watch(system_bus, logind) as watch:
        logind.locked = locked
        assert watch.is_locked() is bool(locked)


def test_without_a_system_bus_that_answers_nothing_is_told() -> None:
    made = buses.Buses({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere"})
    assert not made.screen_is_locked()
    made.watch_sleep(lambda event: None)
    made.start()
    assert not made.screen_is_locked()
    assert made.stop(TIMEOUT)
