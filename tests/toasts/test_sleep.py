"""The machine sleeps and wakes: a private bus stands for the system's, and a client of it for logind."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from telex_start.desktop.bus import sleep
from telex_start.desktop.bus.loop import Loop
from telex_start.events import Event, MachineWoke
from tests.fake_bus import BusClient, PrivateBus

_PATH = "/org/freedesktop/login1"
_MANAGER = "org.freedesktop.login1.Manager"


@pytest.fixture
def system_bus() -> Iterator[PrivateBus]:
    with PrivateBus() as bus:
        yield bus


def test_waking_up_is_told_and_falling_asleep_is_not(system_bus: PrivateBus) -> None:
    events: queue.Queue[Event] = queue.Queue()
    loop = Loop("watch")
    environ = {"DBUS_SYSTEM_BUS_ADDRESS": system_bus.environ["DBUS_SESSION_BUS_ADDRESS"]}
    bus = sleep.watch(loop, events.put, environ)
    assert bus is not None
    ready: queue.Queue[None] = queue.Queue()
    # The match rule goes out ahead of this call, so once it is answered the watch listens.
    bus.on_connect(lambda: loop.post(lambda: bus.call(_ping(), lambda _: ready.put(None))) and None)
    loop.start()
    try:
        ready.get(timeout=30)
        with BusClient(system_bus) as logind:
            logind.emit(_PATH, _MANAGER, "PrepareForSleep", "b", True)
            logind.emit(_PATH, _MANAGER, "PrepareForSleep", "s", "nonsense")
            logind.emit(_PATH, _MANAGER, "PrepareForSleep", "b", False)
            assert events.get(timeout=30) == MachineWoke()
        assert events.empty()
    finally:
        assert loop.stop(2)


def test_without_a_system_bus_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sleep, "_SOCKETS", ())
    assert sleep.watch(Loop("watch"), lambda event: None, {}) is None


def _ping() -> object:
    from telex_start.desktop.bus.bus import DBusAddress, new_method_call

    address = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus.Peer")
    return new_method_call(address, "Ping")
