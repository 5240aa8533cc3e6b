"""The desktop loop: one thread for all connections to a D-Bus, asleep in ``poll`` until something comes or is due.

With the sockets of these connections: from an address to the greeting, then bytes out and whole messages in. Nothing
here waits but the loop itself and :func:`connect`, which has a deadline and can be interrupted.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jeepney import HeaderFields, Message, MessageType
from jeepney.auth import BEGIN, Authenticator
from jeepney.bus_messages import message_bus
from jeepney.low_level import calc_msg_size

from ...process.lazylog import Log

log = Log(__name__)
# mypy reads this for Windows and macOS too, which lack some of their names; it runs on Linux alone.
_os: Any = os
_select: Any = select
_socket: Any = socket

MOST_WAITING = 1000
"""Pieces of work that may wait for the thread."""
_LONGEST_MESSAGE = 1 << 20
"""Bytes. Nothing that concerns us is longer: what is, is read and thrown away."""
_HEAD = 16
"""Bytes of a message that tell its length."""


class NoBus(Exception):
    """The bus cannot be reached, or the connection to it is lost. The text says why, in a few words."""


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


def connect(
    address: str, deadline: float, wake_up: int = -1, interrupted: Callable[[], bool] = lambda: False
) -> Transport:
    """Connect, authenticate and say hello, with the serial number 1.

    Args:
        address: A D-Bus address; its entries are tried in their order.
        deadline: On the monotonic clock.
        wake_up: The event descriptor that is set when ``interrupted`` should be asked. It is cleared.
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
        sock.sendall(BEGIN + message_bus.Hello().serialise(1))
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


def _receive(sock: socket.socket, deadline: float, wake_up: int, interrupted: Callable[[], bool]) -> bytes:
    poll = _select.poll()
    for descriptor in (sock.fileno(), wake_up):
        if descriptor >= 0:
            poll.register(descriptor, _select.POLLIN)
    while not interrupted():
        ready = [descriptor for descriptor, _ in poll.poll(max(0.0, deadline - time.monotonic()) * 1000 + 1)]
        if not ready:
            raise NoBus("it does not answer")
        if sock.fileno() in ready:
            data = sock.recv(65536)
            if not data:
                raise NoBus("it closed the connection")
            return data
        _os.eventfd_read(wake_up)
    raise NoBus("interrupted")


def _open(address: str) -> socket.socket:
    reason = "its address is of no use" if address else "there is no address"
    for target in _targets(address):
        sock = socket.socket(_socket.AF_UNIX)
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


class Loop:
    """The thread, what wakes it up, and its timers.

    Args:
        thread_name: What the thread is called in logs.

    Attributes:
        stopping: It ends, or has ended.
    """

    def __init__(self, thread_name: str) -> None:
        self.stopping = False
        self._thread = threading.Thread(target=self._run, name=thread_name, daemon=True)
        self._posted: deque[Callable[[], object]] = deque()
        self._wake_up = -1
        self._wake_up_lock = threading.Lock()
        # From here on, only the thread.
        self._poll = _select.poll()
        self._turns: list[Callable[[float], float | None]] = []
        self._timers: list[tuple[float, Callable[[], object]]] = []

    # For any thread.

    def start(self) -> None:
        """Start the thread, which does first what was posted before."""
        self._wake_up = _os.eventfd(0, _os.EFD_CLOEXEC | _os.EFD_NONBLOCK)
        self._poll.register(self._wake_up, _select.POLLIN)
        self._thread.start()

    def add(self, turn: Callable[[float], float | None]) -> None:
        """Let a connection live here.

        Args:
            turn: Called on the thread with the time of the monotonic clock, when something has come or is due; gives
                when it is due next, ``None`` for not before something comes. Once more when the loop is stopping.
        """
        self.post(lambda: self._turns.append(turn))

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for the thread."""
        return len(self._posted)

    def stop(self, timeout: float) -> bool:
        """End the thread, and the connections with it.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether it has ended.
        """
        self.stopping = True
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        with self._wake_up_lock:
            if self._wake_up >= 0:
                os.close(self._wake_up)
                self._wake_up = -1
        return True

    def post(self, work: Callable[[], object]) -> bool:
        """Have something done on the thread; False if too much is waiting already, or it was stopped."""
        if self.stopping or len(self._posted) >= MOST_WAITING:
            return False
        self._posted.append(work)
        if threading.get_ident() != self._thread.ident:  # the thread itself looks before it sleeps
            self._wake()
        return True

    def later(self, delay: float, work: Callable[[], object]) -> bool:
        """Like :meth:`post`, in so many seconds."""
        when = time.monotonic() + delay
        return self.post(lambda: self._timers.append((when, work)))

    def _wake(self) -> None:
        with self._wake_up_lock:
            if self._wake_up >= 0:
                _os.eventfd_write(self._wake_up, 1)

    # On the thread.

    def connect(self, address: str, deadline: float) -> Transport:
        """Connect to a bus; given up when the loop is stopped.

        Raises:
            NoBus: it did not work, or not in time.
        """
        made = connect(address, deadline, self._wake_up, lambda: self.stopping)
        self.watch(made.fileno())
        return made

    def watch(self, descriptor: int, writing: bool = False) -> None:
        """Take a turn when something can be read there, or also written."""
        self._poll.register(descriptor, _select.POLLIN | (_select.POLLOUT if writing else 0))

    def unwatch(self, descriptor: int) -> None:
        """Forget the descriptor, which is about to be closed."""
        self._poll.unregister(descriptor)

    def _run(self) -> None:
        while not self.stopping:
            while self._posted:
                guarded(self._posted.popleft())
            now = time.monotonic()
            for timer in [timer for timer in self._timers if timer[0] <= now]:
                self._timers.remove(timer)
                guarded(timer[1])
            due = [when for turn in self._turns if (when := turn(now)) is not None]
            due += [when for when, _ in self._timers]
            if not self._posted and not self.stopping:
                self._sleep(min(due, default=None))
        for turn in self._turns:
            turn(time.monotonic())

    def _sleep(self, until: float | None) -> None:
        # A moment more, or it would wake just before.
        milliseconds = None if until is None else max(0.0, until - time.monotonic()) * 1000 + 1
        for descriptor, _ in self._poll.poll(milliseconds):
            if descriptor == self._wake_up:
                _os.eventfd_read(descriptor)


def guarded(work: Callable[..., object], *arguments: Any) -> None:
    """Call it; what it raises is logged and goes no further."""
    try:
        work(*arguments)
    except Exception:
        log.exception("a callback of the desktop loop failed")
