"""A D-Bus connection's socket: from the address to the greeting, then bytes out and whole messages in.

:mod:`.bus` calls all of it on the loop's thread. Nothing here waits but :func:`connect`, which has a deadline and can
be interrupted.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from jeepney import HeaderFields, Message, MessageType
from jeepney.auth import BEGIN, Authenticator
from jeepney.bus_messages import message_bus
from jeepney.low_level import calc_msg_size

from ...process.lazylog import Log

log = Log(__name__)

_LONGEST_MESSAGE = 1 << 20
"""Bytes. Nothing that concerns us is longer: what is, is read and thrown away."""
_HEAD = 16
"""Bytes of a message that tell its length."""


if sys.platform == "win32":
    READABLE = WRITABLE = 0
else:
    READABLE, WRITABLE = select.POLLIN, select.POLLOUT


class NoBus(Exception):
    """The bus cannot be reached, or the connection to it is lost. The text says why, in a few words."""


class Poll(Protocol):
    """``select.poll()``, which Windows has not."""

    def register(self, fd: int, eventmask: int, /) -> None: ...
    def modify(self, fd: int, eventmask: int, /) -> None: ...
    def unregister(self, fd: int, /) -> None: ...
    def poll(self, timeout: float | None = None, /) -> list[tuple[int, int]]: ...


def new_poll() -> Poll:
    """One that watches nothing yet.

    Raises:
        NoBus: this is Windows, which has no D-Bus.
    """
    if sys.platform == "win32":
        raise NoBus("Windows has none")
    return select.poll()


class WakeUp:
    """What a thread that sleeps in ``poll`` is woken by: a descriptor that can be read once :meth:`set` was called.

    Raises:
        NoBus: this is not Linux, whose desktops alone speak D-Bus.
    """

    descriptor: int

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise NoBus("only Linux has one")
        self.descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def set(self) -> None:
        """Wake whoever sleeps, or will."""
        if sys.platform == "linux":
            os.eventfd_write(self.descriptor, 1)

    def clear(self) -> None:
        """Sleep again from now on. Only where ``poll`` says that it was set."""
        if sys.platform == "linux":
            os.eventfd_read(self.descriptor)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)


def session_address(environ: Mapping[str, str]) -> str:
    """The session bus's address by this environment; empty where there is none."""
    address = environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if not address and runtime and os.path.exists(f"{runtime}/bus"):
        address = f"unix:path={runtime}/bus"
    return address


def error_of(message: Message) -> str:
    """The error's name if this answer is one; empty otherwise."""
    if message.header.message_type is not MessageType.error:
        return ""
    return str(message.header.fields.get(HeaderFields.error_name, "")) or "unnamed error"


class Framer:
    """Bytes in, messages out. What cannot be read, or is too long to concern us, is left out."""

    # The parser of jeepney 0.9.0 never recovers from a message that it cannot read.

    def __init__(self) -> None:
        self._received = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete.

        Raises:
            NoBus: they are no D-Bus messages at all.
        """
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        self._received += data
        while len(self._received) >= _HEAD:
            try:
                size = calc_msg_size(bytes(self._received[:_HEAD]))
            except Exception:  # jeepney 0.9.0 raises a KeyError, and documents none
                raise NoBus("it sent what is no message") from None
            if size > _LONGEST_MESSAGE:
                self._skip = max(0, size - len(self._received))
                del self._received[:size]
                continue
            if len(self._received) < size:
                break
            raw = bytes(self._received[:size])
            del self._received[:size]
            try:
                message = Message.from_buffer(raw)
            except Exception as error:  # of many kinds: it holds what jeepney does not know
                log.debug("a message of %d bytes could not be read: %s", size, type(error).__name__)
                continue
            yield message


class Transport:
    """An open connection's socket, which does not block.

    Attributes:
        unique_name: Its name on the bus.
    """

    def __init__(self, sock: socket.socket, unique_name: str, framer: Framer) -> None:
        self._socket = sock
        self._framer = framer
        self.unique_name = unique_name

    def fileno(self) -> int:
        """For ``poll``."""
        return self._socket.fileno()

    def receive(self) -> Iterator[Message]:
        """The messages that have come; none if there is nothing to read.

        Raises:
            NoBus: the connection is lost.
        """
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as error:
            raise NoBus(str(error)) from None
        if not data:
            raise NoBus("it closed the connection")
        yield from self._framer.feed(data)

    def send(self, data: memoryview) -> int:
        """Hand over as many bytes as are taken now, and return how many.

        Raises:
            NoBus: the connection is lost.
        """
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise NoBus(str(error)) from None

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def connect(address: str, serial: int, deadline: float, wake_up: WakeUp, interrupted: Callable[[], bool]) -> Transport:
    """Connect, authenticate and say hello.

    Args:
        address: A D-Bus address; its entries are tried in their order.
        serial: The serial number for the greeting.
        deadline: On the monotonic clock.
        wake_up: Set when ``interrupted`` should be asked. It is cleared.
        interrupted: Whether to give up.

    Raises:
        NoBus: it did not work, or not in time.
    """
    sock = _open(address)
    try:
        authenticator = Authenticator()
        sock.sendall(authenticator.data_to_send() or b"")
        while not authenticator.authenticated:
            authenticator.feed(_receive(sock, deadline, wake_up, interrupted))
        sock.sendall(BEGIN + message_bus.Hello().serialise(serial))
        framer = Framer()
        while True:
            for message in framer.feed(_receive(sock, deadline, wake_up, interrupted)):
                if error := error_of(message):
                    raise NoBus(error)
                if message.header.message_type is MessageType.method_return:
                    return Transport(sock, str(message.body[0]), framer)
    except NoBus:
        sock.close()
        raise
    except Exception as error:  # a peer that is no bus can answer anything
        sock.close()
        raise NoBus(str(error) or type(error).__name__) from None


def _receive(sock: socket.socket, deadline: float, wake_up: WakeUp, interrupted: Callable[[], bool]) -> bytes:
    poll = new_poll()
    poll.register(sock.fileno(), READABLE)
    poll.register(wake_up.descriptor, READABLE)
    while not interrupted():
        ready = [descriptor for descriptor, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000 + 1)]
        if not ready:
            raise NoBus("it does not answer")
        if sock.fileno() in ready:
            data = sock.recv(65536)
            if not data:
                raise NoBus("it closed the connection")
            return data
        wake_up.clear()
    raise NoBus("interrupted")


def _open(address: str) -> socket.socket:
    if sys.platform == "win32":
        raise NoBus("Windows has none")
    reason = "its address is of no use" if address else "there is no address"
    for target in _targets(address):
        sock = socket.socket(socket.AF_UNIX)
        try:
            # Where the bus's queue of new connections is full, this fails at once; it never waits.
            sock.setblocking(False)
            sock.connect(target)
            return sock
        except (OSError, ValueError) as error:
            sock.close()
            reason = str(error)
    raise NoBus(reason)


def _targets(address: str) -> Iterator[bytes]:
    """The sockets that an address names, of the kinds that can be reached."""
    # The address parser of jeepney 0.9.0 makes a character of each escaped byte: a path that is not ASCII is not found.
    for entry in address.split(";"):
        transport, _, rest = entry.partition(":")
        values = dict(pair.partition("=")[::2] for pair in rest.split(","))
        if transport == "unix" and values.get("path"):
            yield _bytes(values["path"])
        elif transport == "unix" and values.get("abstract"):
            yield b"\0" + _bytes(values["abstract"])


def _bytes(value: str) -> bytes:
    """An address's value, which may be escaped as URLs are."""
    if "%" not in value:
        return os.fsencode(value)
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(value)
