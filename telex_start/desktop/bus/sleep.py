"""The machine's waking up, as logind tells it on the system bus (``PrepareForSleep``).

Source: org.freedesktop.login1, https://www.freedesktop.org/software/systemd/man/org.freedesktop.login1.html. Without a
system bus or logind nothing is dispatched; the session notices the sleep by its clocks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from ...events import Event, MachineWoke
from ...process.lazylog import Log
from .bus import Bus, MatchRule, Message
from .loop import Loop

log = Log(__name__)

_SOCKETS = ("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket")
_LOGIND = "org.freedesktop.login1.Manager"


def system_address(environ: Mapping[str, str]) -> str:
    """The system bus's address; empty where there is none."""
    address = environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    return address or next((f"unix:path={path}" for path in _SOCKETS if os.path.exists(path)), "")


def watch(loop: Loop, dispatch: Callable[[Event], object], environ: Mapping[str, str] = os.environ) -> Bus | None:
    """Dispatch :class:`MachineWoke` each time the machine has woken up. On the loop's thread, or before it is started.

    Returns:
        The connection, or ``None`` where there is no system bus.
    """
    address = system_address(environ)
    if not address:
        log.debug("there is no system bus")
        return None
    bus = Bus(address, loop=loop, what="system bus")

    def prepare_for_sleep(message: Message) -> None:
        # True before the machine sleeps, False when it is awake again. A signal of another shape is nobody's.
        if message.body == (False,):
            dispatch(MachineWoke())

    rule = MatchRule(type="signal", interface=_LOGIND, member="PrepareForSleep", path="/org/freedesktop/login1")
    bus.subscribe(rule, prepare_for_sleep)
    return bus
