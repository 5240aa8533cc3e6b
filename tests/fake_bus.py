"""Runs a session bus and an X server for one test, and connects to the bus as a client; leaves nothing behind.

All waits are on events and have a bound, ``TIMEOUT`` seconds unless told.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from jeepney import (
    DBusAddress,
    HeaderFields,
    MatchRule,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import DBusNameFlags, message_bus
from jeepney.io.threading import DBusConnection, ReceiveStopped, open_dbus_connection

from .process import TIMEOUT, end

_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={directory}/bus</listen><auth>EXTERNAL</auth>
<servicedir>{directory}/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>"""


class PrivateBus:
    """``dbus-daemon --session`` with a socket of its own. It activates only the ``services`` it is given.

    Args:
        services: Activatable names and the command for each; if the command fails, the activation fails.
        environ: Environment of the bus and of what it activates.

    Attributes:
        address: The value for ``DBUS_SESSION_BUS_ADDRESS``; it stays the same over :meth:`stop` and :meth:`start`.
    """

    def __init__(self, services: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._services = dict(services or {})
        self._environ = dict(environ) if environ is not None else None
        self.address = ""

    def __enter__(self) -> Self:
        self._directory = tempfile.TemporaryDirectory(prefix="bus-")
        directory = Path(self._directory.name)
        (directory / "services").mkdir()
        for name, command in self._services.items():
            text = f"[D-BUS Service]\nName={name}\nExec={command}\n"
            (directory / "services" / f"{name}.service").write_text(text)
        self._config = directory / "bus.conf"
        self._config.write_text(_BUS_CONFIG.format(directory=directory))
        self.address = f"unix:path={directory}/bus"
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._directory.cleanup()

    def start(self) -> None:
        """Start the daemon; it listens when this returns."""
        self._process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={self._config}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environ,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline(), "dbus-daemon did not start"

    def stop(self) -> None:
        """End the daemon: every connection breaks."""
        end(self._process)
        with suppress(FileNotFoundError):
            os.unlink(self.address.removeprefix("unix:path="))

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """The daemon is stopped (SIGSTOP) while this lasts: it answers nothing, and connections stay open."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def environ(self) -> dict[str, str]:
        """The environment variable by which a process finds this bus."""
        return {"DBUS_SESSION_BUS_ADDRESS": self.address}


class BusClient:
    """One connection to a bus and the thread that reads it; the base of the stand-ins, and usable by itself.

    Attributes:
        signals: Every signal received so far (those that :meth:`subscribe` asked for).
    """

    def __init__(self, bus: PrivateBus) -> None:
        self._bus = bus
        self.signals: list[Message] = []
        self._changed = threading.Condition()
        self._count = 0
        self._replies: dict[int, Future[Message]] = {}

    def __enter__(self) -> Self:
        self._connection: DBusConnection = open_dbus_connection(self._bus.address, auth_timeout=TIMEOUT)
        self._thread = threading.Thread(target=self._read, name=type(self).__name__, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.interrupt()
        self._thread.join(TIMEOUT)
        self._connection.close()

    @property
    def unique_name(self) -> str:
        """The connection's own name on the bus."""
        return str(self._connection.unique_name)

    def call(
        self, name: str, path: str, interface: str, member: str, signature: str = "", *body: Any
    ) -> tuple[Any, ...]:
        """Call a method and return the answer's body.

        Raises:
            AssertionError: an error was answered, or nothing in time.
        """
        reply = self.ask(name, path, interface, member, signature, *body)
        if reply.header.message_type is MessageType.error:
            raise AssertionError(f"{reply.header.fields.get(HeaderFields.error_name)}: {reply.body}")
        return tuple(reply.body)

    def ask(self, name: str, path: str, interface: str | None, member: str, signature: str = "", *body: Any) -> Message:
        """Call a method and return the answer, which may be an error."""
        return self.begin(name, path, interface, member, signature, *body).result(TIMEOUT)

    def begin(
        self, name: str, path: str, interface: str | None, member: str, signature: str = "", *body: Any
    ) -> Future[Message]:
        """Call a method without waiting: the future gets the answer. Calls arrive in the order of their making."""
        return self._begin(new_method_call(DBusAddress(path, name, interface), member, signature or None, body))

    def send(self, message: Message) -> None:
        """Send a message of any kind, to which no answer is expected."""
        self._connection.send(message)

    def reply(self, call: Message, signature: str = "", *body: Any) -> None:
        """Answer a call later: one for which :meth:`answer` gave ``None``."""
        self.send(new_method_return(call, signature or None, body))

    def property(self, name: str, path: str, interface: str, member: str) -> Any:
        """The value of a property."""
        answer = self.call(name, path, "org.freedesktop.DBus.Properties", "Get", "ss", interface, member)
        return answer[0][1]

    def has_owner(self, name: str) -> bool:
        """Whether some connection owns the bus name."""
        return bool(self._ask_bus(message_bus.NameHasOwner(name))[0])

    def subscribe(self, **rule: Any) -> None:
        """Record signals in :attr:`signals` from here on: those that match the rule, whose keys are the arguments."""
        self._ask_bus(message_bus.AddMatch(MatchRule(type="signal", **rule)))

    def wait_until(self, condition: Callable[[], object], what: str, timeout: float = TIMEOUT) -> None:
        """Wait until the condition holds; it is checked after each signal or call that comes, and may make calls."""
        deadline = time.monotonic() + timeout
        while True:
            with self._changed:
                seen = self._count
            if condition():
                return
            with self._changed:
                left = deadline - time.monotonic()
                came = self._changed.wait_for(lambda seen=seen: self._count != seen, left)  # type: ignore[misc]
                assert came, f"waited {timeout} s for {what}"

    def wait_for_name(self, name: str, timeout: float = TIMEOUT) -> None:
        """Wait until some connection owns the bus name."""
        self.subscribe(member="NameOwnerChanged", sender="org.freedesktop.DBus")
        self.wait_until(lambda: self.has_owner(name), name, timeout)

    @staticmethod
    def member(message: Message) -> str:
        """The name of the signal or method."""
        return str(message.header.fields[HeaderFields.member])

    def own(self, name: str) -> None:
        """Take a bus name."""
        answer = self._ask_bus(message_bus.RequestName(name, DBusNameFlags.do_not_queue))
        assert answer == (1,), f"{name} has an owner already"

    def release(self, name: str) -> None:
        """Give a bus name up."""
        self._ask_bus(message_bus.ReleaseName(name))

    def emit(self, path: str, interface: str, member: str, signature: str = "", *body: Any, to: str = "") -> None:
        """Send a signal to all subscribers, or only to the connection ``to``, which need not have subscribed."""
        signal = new_signal(DBusAddress(path, interface=interface), member, signature or None, body)
        if to:
            signal.header.fields[HeaderFields.destination] = to
        self.send(signal)

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[Any, ...]] | str | None:
        """The answer to a method call that came. Here: an error, as if no method existed; subclasses override this.

        Returns:
            Signature and body of the answer, or an error's name, or ``None`` to send no answer (see :meth:`reply`).
        """
        return "org.freedesktop.DBus.Error.UnknownMethod"

    def _ask_bus(self, message: Message) -> tuple[Any, ...]:
        reply = self._begin(message).result(TIMEOUT)
        assert reply.header.message_type is not MessageType.error, reply.body
        return tuple(reply.body)

    def _begin(self, message: Message) -> Future[Message]:
        serial = next(self._connection.outgoing_serial)
        future: Future[Message] = Future()
        self._replies[serial] = future
        self._connection.send(message, serial=serial)
        return future

    def _read(self) -> None:
        with suppress(ReceiveStopped, ConnectionError, OSError):
            while True:
                message = self._connection.receive()
                self.received(message)
                # Answers to our own calls need not wake :meth:`wait_until`.
                if message.header.message_type in (MessageType.signal, MessageType.method_call):
                    with self._changed:
                        self._count += 1
                        self._changed.notify_all()

    def received(self, message: Message) -> None:
        """Handle a message of any kind, on the reading thread. A subclass may extend this, but must call it."""
        header = message.header
        if header.message_type is MessageType.method_call:
            fields = header.fields
            reply = self.answer(message, fields.get(HeaderFields.interface, ""), fields[HeaderFields.member])
            if isinstance(reply, str):
                self.send(new_error(message, reply))
            elif reply is not None:
                self.reply(message, reply[0], *reply[1])
        elif header.message_type is MessageType.signal:
            self.signals.append(message)
            self.signal(message)
        elif (future := self._replies.pop(header.fields[HeaderFields.reply_serial], None)) is not None:
            future.set_result(message)

    def signal(self, message: Message) -> None:
        """A signal came, on the reading thread. Does nothing here; subclasses override it."""


class Xvfb:
    """An X server without a monitor.

    Args:
        size: Width, height and depth.

    Attributes:
        display: The value for ``DISPLAY``.
    """

    def __init__(self, size: str = "1280x800x24") -> None:
        self._size = size
        self.display = ""

    def __enter__(self) -> Self:
        read, write = os.pipe()
        self._process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", self._size, "-noreset", "-nolisten", "tcp"],
            pass_fds=(write,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(write)
        # The server writes its number when it accepts clients.
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        assert number, "Xvfb did not start"
        self.display = f":{number}"
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)

    @property
    def environ(self) -> dict[str, str]:
        """The environment variable by which a process finds this display."""
        return {"DISPLAY": self.display}
