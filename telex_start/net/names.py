"""Looking up names: on threads that can be left behind, as nothing bounds a look-up.

With a dead first name server glibc asks the second after five seconds, and whoever gave up a moment earlier would do so
every time. So a look-up has a bound of its own, and an answer that comes later is kept for the next try.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from .sockets import Aborter

WITHIN = 10.0
"""Seconds that a look-up is waited for, usually."""
KEPT = 60.0
"""Seconds that an answer is good for."""
_MOST = 4
"""Look-ups of one name under way at a time; those that hang end by themselves, after a minute or two."""


class Address(NamedTuple):
    """One place to connect to."""

    family: int
    kind: int
    protocol: int
    where: Any
    """What ``socket.connect`` takes."""


class NotLookedUp(Exception):
    """There is no answer.

    Attributes:
        late: None came in time; otherwise the name server knows no such name, or cannot be reached.
    """

    def __init__(self, late: bool) -> None:
        super().__init__("late" if late else "no such name")
        self.late = late


_Key = tuple[str, int]


class _LookUp:
    """One that is under way, or has ended."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.addresses: tuple[Address, ...] | None = None
        """Its answer; none where it has failed."""


class Names:
    """Looks up names, and keeps the answers for the next try, of whatever connection. Any thread."""

    def __init__(self, now: Callable[[], float], within: float = WITHIN) -> None:
        """
        Args:
            now: A clock, in seconds.
            within: How long a look-up is waited for, where :meth:`look_up` is told nothing else.
        """
        self._now = now
        self.within = within
        self._changed = threading.Condition()
        self._kept: dict[_Key, tuple[float, tuple[Address, ...]]] = {}
        self._under_way: dict[_Key, list[_LookUp]] = {}

    def look_up(self, host: str, port: int, aborter: Aborter, seconds: float | None = None) -> tuple[Address, ...]:
        """The addresses of a name, in the system's order; there is at least one.

        Args:
            host: A name or an address.
            port: TCP port.
            aborter: Ends the waiting at once.
            seconds: How long to wait at most.

        Raises:
            NotLookedUp: there is no answer.
            NoNetwork: another thread has given it up.
        """
        if _is_address(host):
            return _ask(host, port)
        key = (host, port)
        with aborter.waking(self._wake), self._changed:
            if (kept := self._fresh(key)) is not None:
                return kept
            mine = self._begun(key)
            self._changed.wait_for(
                lambda: aborter.ended or mine.addresses is not None or self._fresh(key) is not None,
                self.within if seconds is None else seconds,
            )
            found = mine.addresses or self._fresh(key)
        if found:
            return found
        aborter.check()
        raise NotLookedUp(late=mine.addresses is None)

    def forget(self, host: str, port: int) -> None:
        """Ask anew the next time: nothing was reached at these addresses."""
        with self._changed:
            self._kept.pop((host, port), None)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _fresh(self, key: _Key) -> tuple[Address, ...] | None:
        came, addresses = self._kept.get(key, (float("-inf"), ()))
        return addresses if self._now() - came < KEPT else None

    def _begun(self, key: _Key) -> _LookUp:
        """One that is under way already, where it is young or there are many; otherwise another one.

        An old one may hang in a network that this machine has left.
        """
        under_way = self._under_way.setdefault(key, [])
        if under_way and (len(under_way) >= _MOST or self._now() - under_way[-1].began < self.within):
            return under_way[-1]
        mine = _LookUp(self._now())
        threading.Thread(target=self._work, args=(key, mine), name="look-up of a name", daemon=True).start()
        under_way.append(mine)  # before it can have ended: that takes the lock
        return mine

    def _work(self, key: _Key, mine: _LookUp) -> None:
        addresses: tuple[Address, ...] = ()
        try:
            addresses = _ask(*key)
        except NotLookedUp:
            pass
        finally:
            with self._changed:
                self._under_way[key].remove(mine)
                mine.addresses = addresses
                if addresses:
                    self._kept[key] = (self._now(), addresses)
                self._changed.notify_all()


def _ask(host: str, port: int) -> tuple[Address, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotLookedUp(late=False) from None
    addresses = tuple(
        dict.fromkeys(Address(family, kind, protocol, where) for family, kind, protocol, _, where in found)
    )
    if not addresses:
        raise NotLookedUp(late=False)
    return addresses


def _is_address(host: str) -> bool:
    """Whether it needs no look-up: IPv6 has colons, IPv4 nothing but figures and dots."""
    return ":" in host or host.replace(".", "").isdecimal()
