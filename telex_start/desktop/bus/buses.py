"""Connects to the buses of a Linux desktop, on one thread: the session bus, and the system bus for what logind tells.

The tray and the toasts use the session bus. On the system bus, logind (org.freedesktop.login1,
https://www.freedesktop.org/software/systemd/man/org.freedesktop.login1.html) tells that the machine has woken up and
whether the screen is locked. Without logind nobody tells either; the session then notices a sleep by its clocks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ... import clock
from ...process.lazylog import Log
from .bus import (
    Bus,
    DBusAddress,
    Loop,
    Message,
    NoReply,
    body_of,
    message_bus,
    new_method_call,
    sender_of,
    session_address,
)

if TYPE_CHECKING:
    from ...events import Event

log = Log(__name__)

WAKINGS_APART = 10.0
"""Seconds between two reports of a waking, as each report costs a connection: one that comes sooner is put off."""
LOCKED_WITHIN = 0.3
"""Seconds to wait for logind to say whether the screen is locked."""
_OWNER_WITHIN = 30.0
"""Seconds for the bus to say who logind is, also on a machine that is just waking up."""

_SYSTEM_SOCKETS = ("/run/dbus/system_bus_socket", "/var/run/dbus/system_bus_socket")
_LOGIND = "org.freedesktop.login1"
_MANAGER_PATH = "/org/freedesktop/login1"
_OUR_SESSION = DBusAddress(f"{_MANAGER_PATH}/session/auto", _LOGIND, "org.freedesktop.DBus.Properties")
"""The session of the process that asks, or else the one that its user looks at."""


class Buses:
    """The session bus and the system bus, and the loop that both live in.

    Args:
        environ: The environment variables.

    Attributes:
        session: The session bus, over which icon and toasts are shown; ``None`` if there is none.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ
        self._loop = Loop("desktop")
        address = session_address(environ)
        self.session = Bus(address, self._loop) if address else None
        self._system: Bus | None = None

    def start(self) -> None:
        """Connect, on the loop's thread; does not wait for it."""
        self._loop.start()

    def watch_sleep(self, dispatch: Callable[[Event], object]) -> None:
        """Dispatch :class:`MachineWoke` each time that logind says that the machine has woken up."""
        if address := _system_address(self._environ):
            self._system = Bus(address, self._loop, "system bus")
            _Wakings(self._system, dispatch)
        else:
            log.debug("there is no system bus")

    def screen_is_locked(self) -> bool:
        """Whether the screen is locked, as the screen locker told logind; False if nobody answers.

        From any thread but the loop's.
        """
        question = new_method_call(_OUR_SESSION, "Get", "ss", (f"{_LOGIND}.Session", "LockedHint"))
        return self._system is not None and self._system.ask(question, LOCKED_WITHIN) == (("b", True),)

    def stop(self, timeout: float = 0.5) -> bool:
        """Disconnect and end the thread.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether it has ended.
        """
        return self._loop.stop(timeout)


class _Wakings:
    """Tells when the machine has woken up (``PrepareForSleep``).

    Every user of the machine may send such a signal, to all or directly to us, and a match rule keeps off only the
    former. So a signal counts only if its sender owns logind's name when the signal comes.
    """

    def __init__(self, bus: Bus, dispatch: Callable[[Event], object]) -> None:
        self._bus = bus
        self._dispatch = dispatch
        self._logind = ""
        """The unique name of logind's connection; empty if there is none, and until the bus has told it."""
        self._told_at = -WAKINGS_APART
        self._waits = False
        bus.watch_owner(_LOGIND, self._owner_is)
        bus.subscribe(
            self._prepare_for_sleep, interface=f"{_LOGIND}.Manager", member="PrepareForSleep", path=_MANAGER_PATH
        )
        bus.on_connect(self._ask_for_owner)

    def _ask_for_owner(self) -> None:
        self._logind = ""  # on a new connection that name may be anybody's
        self._bus.call(message_bus.GetNameOwner(_LOGIND), self._owner_told, _OWNER_WITHIN)

    def _owner_told(self, reply: Message | NoReply) -> None:
        if (body := body_of(reply)) is not None:
            self._owner_is(body[0])

    def _owner_is(self, name: str) -> None:
        self._logind = name

    def _prepare_for_sleep(self, message: Message) -> None:
        # True before the machine sleeps, False when it is awake again. Any other body is ignored.
        if sender_of(message) != self._logind or message.body != (False,) or self._waits:
            return
        wait = self._told_at + WAKINGS_APART - clock.now()
        if wait <= 0:
            self._tell()
        else:
            self._waits = self._bus.loop.later(wait, self._tell)

    def _tell(self) -> None:
        from ...events import MachineWoke

        self._told_at, self._waits = clock.now(), False
        self._dispatch(MachineWoke())


def _system_address(environ: Mapping[str, str]) -> str:
    address = environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    return address or next((f"unix:path={path}" for path in _SYSTEM_SOCKETS if os.path.exists(path)), "")
