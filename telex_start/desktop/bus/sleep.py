"""The machine's waking up, as logind tells it on the system bus (``PrepareForSleep``).

Source: org.freedesktop.login1, https://www.freedesktop.org/software/systemd/man/org.freedesktop.login1.html. Without a
system bus or logind nothing is dispatched; the session notices the sleep by its clocks.

Every user of the machine may send such a signal, to all or to us alone, and a match rule holds only the former off. So
logind alone is believed: the one that owns its name when the signal comes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from ... import clock
from ...events import Event, MachineWoke
from ...process.lazylog import Log
from .bus import Bus, DBusAddress, HeaderFields, MatchRule, Message, NoReply, error_of, new_method_call
from .loop import Loop

log = Log(__name__)

_SOCKETS = ("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket")
_LOGIND = "org.freedesktop.login1"
_DBUS = "org.freedesktop.DBus"

WAKINGS_APART = 10.0
"""Seconds between two wakings that are told, as each costs a connection: one that comes sooner is told after them."""
_OWNER_WITHIN = 30.0
"""Seconds for the bus to say who logind is, also on a machine that is just waking up."""


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
    logind = ""  # the name of its connection; empty for none, and until the bus has told it
    told_at = -WAKINGS_APART
    waits = False

    def owner_changed(message: Message) -> None:
        nonlocal logind
        logind = message.body[2]

    def owner_told(reply: Message | NoReply) -> None:
        nonlocal logind
        if not isinstance(reply, NoReply) and not error_of(reply):
            logind = reply.body[0]

    def ask_for_owner() -> None:
        nonlocal logind
        logind = ""  # on another bus its name may be anybody's
        address = DBusAddress("/org/freedesktop/DBus", _DBUS, _DBUS)
        bus.call(new_method_call(address, "GetNameOwner", "s", (_LOGIND,)), owner_told, _OWNER_WITHIN)

    def prepare_for_sleep(message: Message) -> None:
        nonlocal waits
        # True before the machine sleeps, False when it is awake again. A signal of another shape is nobody's.
        if message.header.fields.get(HeaderFields.sender) != logind or message.body != (False,) or waits:
            return
        wait = told_at + WAKINGS_APART - clock.now()
        if wait <= 0:
            tell()
        else:
            waits = loop.later(wait, tell)

    def tell() -> None:
        nonlocal told_at, waits
        told_at, waits = clock.now(), False
        dispatch(MachineWoke())

    changed = MatchRule(type="signal", sender=_DBUS, interface=_DBUS, member="NameOwnerChanged")
    changed.add_arg_condition(0, _LOGIND)
    bus.subscribe(changed, owner_changed)
    rule = MatchRule(
        type="signal", interface=f"{_LOGIND}.Manager", member="PrepareForSleep", path="/org/freedesktop/login1"
    )
    bus.subscribe(rule, prepare_for_sleep)
    bus.on_connect(ask_for_owner)
    return bus
