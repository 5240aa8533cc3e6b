"""One TCP connection to a host of many addresses (RFC 8305, "Happy Eyeballs Version 2", sections 4 and 5).

The addresses are tried by family in turn, a quarter of a second apart, and the first that answers is it. So one that
swallows what is sent to it costs a quarter of a second, and sixteen slow ones are waited for all at once.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import selectors
import socket
from collections.abc import Callable, Iterable, Iterator

from .names import Address
from .sockets import Aborter, Deadline

APART = 0.25
"""Seconds between two attempts, where the earlier one has not failed ("Connection Attempt Delay")."""
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}


def in_order(addresses: Iterable[Address], first: Address | None = None) -> list[Address]:
    """Addresses in the order in which they are tried: by family in turn, beginning with the family of the first.

    Args:
        addresses: In the system's order (RFC 6724).
        first: The one that answered the last time; it goes first if it is among them.
    """
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address.family, []).append(address)
    mixed = [address for row in itertools.zip_longest(*families.values()) for address in row if address is not None]
    return sorted(mixed, key=lambda address: address != first)


def connect(
    addresses: Iterable[Address], deadline: Deadline, aborter: Aborter, now: Callable[[], float]
) -> tuple[socket.socket, Address]:
    """A blocking socket, connected to the first of the addresses that answers, and which one that is.

    Args:
        addresses: In the order in which they are tried.
        deadline: When it must have come to that.
        aborter: Ends the waiting at once; it is given hold of the socket.
        now: A clock, in seconds.

    Raises:
        OSError: none answers: the most telling of what went wrong, a refusal before an address that cannot be reached.
        TimeoutError: none answers in time.
        NoNetwork: another thread has given it up.
    """
    with contextlib.closing(_Race(addresses, now)) as race, aborter.waking(race.wake):
        sock, address = race.run(deadline, aborter)
    try:
        sock.setblocking(True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        aborter.hold(sock)
    except BaseException:
        sock.close()
        raise
    return sock, address


class _Race:
    """The attempts to reach one of some addresses."""

    def __init__(self, addresses: Iterable[Address], now: Callable[[], float]) -> None:
        self._waiting: Iterator[Address] = iter(addresses)
        self._now = now
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._running: dict[socket.socket, Address] = {}
        self._failed: OSError = OSError("no address")

    def wake(self) -> None:
        """Have a running :meth:`run` look at its aborter. Any thread."""
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def run(self, deadline: Deadline, aborter: Aborter) -> tuple[socket.socket, Address]:
        """See :func:`connect`."""
        next_at = self._now()
        more = True
        while True:
            aborter.check()
            if more and (not self._running or self._now() >= next_at):
                more = self._begin()
                next_at = self._now() + APART
                continue
            if not self._running and not more:
                raise self._failed
            left = deadline.left()
            for key, _ in self._selector.select(min(left, max(0.0, next_at - self._now())) if more else left):
                if isinstance(key.fileobj, socket.socket) and key.fileobj in self._running:
                    sock = key.fileobj
                    self._selector.unregister(sock)
                    address = self._running.pop(sock)
                    if not (failed := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                        return sock, address
                    sock.close()
                    self._note(OSError(failed, "connect"))

    def close(self) -> None:
        """End all attempts but the one that has won."""
        self._selector.close()
        for sock in (*self._running, self._woken, self._waker):
            sock.close()

    def _begin(self) -> bool:
        """Begin the next attempt; ``False`` where there is none."""
        address = next(self._waiting, None)
        if address is None:
            return False
        try:
            sock = socket.socket(address.family, address.kind, address.protocol)
        except OSError as error:  # a family that this machine does not have
            self._note(error)
            return True
        sock.setblocking(False)
        try:
            code = sock.connect_ex(address.where)
        except (OSError, ValueError, OverflowError) as error:
            sock.close()
            self._note(error if isinstance(error, OSError) else OSError(errno.EINVAL, "connect"))
            return True
        if code and code not in _UNDER_WAY:
            sock.close()
            self._note(OSError(code, "connect"))
        else:  # connected already, or soon: the selector says which
            self._running[sock] = address
            self._selector.register(sock, selectors.EVENT_WRITE)
        return True

    def _note(self, error: OSError) -> None:
        if not isinstance(self._failed, ConnectionRefusedError):
            self._failed = error
