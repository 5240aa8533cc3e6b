"""The one way to open a connection, for HTTPS and WebSocket alike: DNS, TCP, the proxy in between, TLS."""

from __future__ import annotations

import contextlib
import errno
import itertools
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..errors import NoNetwork, ProxyFailed
from . import proxies
from .proxies import Proxy
from .sockets import Aborter, BoundedSocket, Deadline

DNS_WITHIN = 10.0
"""Seconds that a name's addresses are waited for, usually."""
DNS_KEPT = 60.0
"""Seconds that an answer is good for."""
_MOST_QUERIES = 4
"""Look-ups of one name under way at a time; those that hang end by themselves, after a minute or two."""
APART = 0.25
"""Seconds between two attempts, where the earlier one has not failed ("Connection Attempt Delay")."""
_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}


class Address(NamedTuple):
    """One place to connect to."""

    family: int
    kind: int
    protocol: int
    where: Any
    """What ``socket.connect`` takes."""


class Dialler:
    """Opens verified TLS connections, for one thread; another one can end a wait by an aborter.

    It remembers for the next time what names were looked up, and which address of a host answered.
    """

    def __init__(self, context: ssl.SSLContext, now: Callable[[], float], look_up_within: float = DNS_WITHIN) -> None:
        """
        Args:
            context: What verifies.
            now: A clock, in seconds.
            look_up_within: Seconds that a look-up of a name may take.
        """
        self._context = context
        self._now = now
        self._names = _Names(now, look_up_within)
        self._winners: dict[tuple[str, int], Address] = {}
        self._hurried = False

    @contextlib.contextmanager
    def hurrying(self) -> Iterator[None]:
        """While this lasts a look-up counts against the deadline of the call that wants it.

        For when something else waits. A look-up that takes longer goes on, and its answer is there for the next try.
        """
        before, self._hurried = self._hurried, True
        try:
            yield
        finally:
            self._hurried = before

    def look_up(self, host: str, port: int, aborter: Aborter) -> tuple[Address, ...]:
        """The addresses of a server that is reached without a proxy.

        Raises:
            NoNetwork: there are none, with words for the person.
        """
        try:
            return self._names.look_up(host, port, aborter)
        except _NotLookedUp as error:
            raise NoNetwork(_words(error, None)) from None

    def dial(self, host: str, port: int, deadline: Deadline, aborter: Aborter) -> ssl.SSLSocket:
        """A verified TLS connection, through the environment's proxy where it names one.

        Args:
            host: Also the name that the certificate must have.
            port: TCP port.
            deadline: When TCP, the proxy and the TLS handshake must be over. It begins after the look-up of the name,
                which has a bound of its own, unless that is :meth:`hurrying`.
            aborter: Ends all waiting at once, and is given hold of the connection.

        Raises:
            ProxyFailed: the proxy cannot be used, or does not let through.
            NoNetwork: it did not work for another reason. Both have words for the person.
        """
        proxy = proxies.proxy_for(host)
        sock = None
        try:
            if proxy is None:
                sock = self._tcp(host, port, deadline, aborter)
            else:
                sock = self._tcp(proxy.host, proxy.port, deadline, aborter)
                bounded = BoundedSocket(sock)
                bounded.deadline = deadline
                proxy.tunnel(bounded, host, port)
                proxy = None  # from here on it is not to blame
            sock.settimeout(deadline.left())
            return self._context.wrap_socket(sock, server_hostname=host)
        except BaseException as error:
            if sock is not None:
                sock.close()
            aborter.release()
            if isinstance(error, (_NotLookedUp, OSError, ValueError)):
                words = _words(error, proxy)
                raise (NoNetwork(words) if proxy is None else ProxyFailed(words)) from None
            raise

    def _tcp(self, host: str, port: int, deadline: Deadline, aborter: Aborter) -> socket.socket:
        """A connection to the first of a host's addresses that answers."""
        began = self._now()
        if self._hurried:
            addresses = self._names.look_up(host, port, aborter, deadline.left())
        else:
            addresses = self._names.look_up(host, port, aborter)
            deadline.extend(self._now() - began)
        race = _Race(in_order(addresses, self._winners.get((host, port))), self._now)
        try:
            sock, self._winners[host, port] = race.run(deadline, aborter)
        except ConnectionRefusedError:
            raise
        except OSError:
            self._names.forget(host, port)  # perhaps this is another network
            raise
        finally:
            race.close()
        try:
            sock.setblocking(True)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            aborter.hold(sock)
        except BaseException:
            sock.close()
            raise
        return sock


def _words(error: Exception, proxy: Proxy | None) -> str:
    """What went wrong, for the person."""
    whose = "the Telex server" if proxy is None else f"the proxy {proxy} ({proxy.variable})"
    if isinstance(error, _NotLookedUp):
        if error.late:
            return f"The name of {whose} was not looked up in time: does this network's name server answer?"
        doubt = "is there a network?" if proxy is None else "is it spelt right, and is there a network?"
        return f"The name of {whose} could not be looked up: {doubt}"
    whose = whose[0].upper() + whose[1:]
    if isinstance(error, TimeoutError):
        return f"{whose} did not answer in time."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Telex's certificate could not be verified: is a proxy in between, or a ca_file missing?"
    if isinstance(error, ssl.SSLError):
        return "No secure connection to Telex could be made."
    if isinstance(error, ConnectionRefusedError):
        return f"{whose} refused the connection."
    return f"{whose} could not be reached: is there a network?"


class _NotLookedUp(Exception):
    """A name has no addresses: none came in time (``late``), or the name server knows none or cannot be reached."""

    def __init__(self, late: bool) -> None:
        super().__init__("late" if late else "no such name")
        self.late = late


class _Query:
    """A DNS look-up that is under way, or has ended."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.addresses: tuple[Address, ...] | None = None
        """Its answer; empty where it has failed."""


class _Names:
    """Looks up names on threads that can be left behind, as nothing bounds a look-up. Any thread.

    With a dead first name server glibc asks the second after five seconds, and whoever gave up a moment earlier would
    do so every time. So a look-up has a bound of its own, and an answer that comes later is kept for the next try.
    """

    def __init__(self, now: Callable[[], float], within: float) -> None:
        self._now = now
        self._within = within
        self._lock = threading.Lock()
        """Guards all that follows."""
        self._kept: dict[tuple[str, int], tuple[float, tuple[Address, ...]]] = {}
        self._under_way: dict[tuple[str, int], list[_Query]] = {}
        self._wakers: list[socket.socket] = []
        """One for each thread that waits: it gets a byte when an answer comes."""

    def look_up(self, host: str, port: int, aborter: Aborter, seconds: float = float("inf")) -> tuple[Address, ...]:
        """The addresses of a name, in the system's order; there is at least one.

        Raises:
            _NotLookedUp: there is no answer, or none within so many seconds.
            NoNetwork: another thread has given it up.
        """
        if ":" in host or host.replace(".", "").isdecimal():  # an address
            return _addresses(host, port)
        aborter.check()
        deadline = Deadline(self._now, min(self._within, seconds))
        woken, waker = socket.socketpair()
        with woken, waker:
            with self._lock:
                if found := self._fresh(host, port):
                    return found
                query = self._begun(host, port)
                self._wakers.append(waker)
            try:
                aborter.hold(waker)
                while query.addresses is None and not self._fresh(host, port):
                    woken.settimeout(deadline.left())
                    woken.recv(1)
                    aborter.check()
            except TimeoutError:
                pass
            finally:
                aborter.release()
                with self._lock:
                    self._wakers.remove(waker)
        if found := query.addresses or self._fresh(host, port):
            return found
        raise _NotLookedUp(late=query.addresses is None)

    def forget(self, host: str, port: int) -> None:
        """Ask anew the next time: nothing was reached at these addresses."""
        with self._lock:
            self._kept.pop((host, port), None)

    def _fresh(self, host: str, port: int) -> tuple[Address, ...]:
        came, addresses = self._kept.get((host, port), (float("-inf"), ()))
        return addresses if self._now() - came < DNS_KEPT else ()

    def _begun(self, host: str, port: int) -> _Query:
        """One that is under way already, where it is young or there are many; otherwise another one.

        An old one may hang in a network that this machine has left.
        """
        under_way = self._under_way.setdefault((host, port), [])
        if under_way and (len(under_way) >= _MOST_QUERIES or self._now() - under_way[-1].began < self._within):
            return under_way[-1]
        query = _Query(self._now())
        threading.Thread(target=self._work, args=(host, port, query), name="look-up of a name", daemon=True).start()
        under_way.append(query)  # before it can have ended: that takes the lock
        return query

    def _work(self, host: str, port: int, query: _Query) -> None:
        addresses: tuple[Address, ...] = ()
        try:
            addresses = _addresses(host, port)
        except _NotLookedUp:
            pass
        finally:
            with self._lock:
                self._under_way[host, port].remove(query)
                query.addresses = addresses
                if addresses:
                    self._kept[host, port] = (self._now(), addresses)
                for waker in self._wakers:
                    waker.send(b"\0")


def _addresses(host: str, port: int) -> tuple[Address, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise _NotLookedUp(late=False)
    return tuple(dict.fromkeys(Address(family, kind, protocol, where) for family, kind, protocol, _, where in found))


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


class _Race:
    """The attempts to reach one of a host's addresses (RFC 8305, "Happy Eyeballs Version 2", sections 4 and 5).

    They begin a quarter of a second apart, and the first that answers is it. So an address that swallows what is sent
    to it costs a quarter of a second, and sixteen slow ones are waited for all at once.
    """

    def __init__(self, addresses: Iterable[Address], now: Callable[[], float]) -> None:
        self._waiting = iter(addresses)
        self._now = now
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._running: dict[socket.socket, Address] = {}
        self._failed: OSError = OSError("no address")

    def run(self, deadline: Deadline, aborter: Aborter) -> tuple[socket.socket, Address]:
        """The first socket that is connected, and to which address.

        Raises:
            OSError: none answers: the most telling of what went wrong, a refusal before an address that cannot be
                reached.
            TimeoutError: none answers in time.
            NoNetwork: another thread has given it up.
        """
        aborter.hold(self._waker)
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
            code = error.errno or errno.EINVAL if isinstance(error, OSError) else errno.EINVAL
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
