"""Opens every connection (HTTPS, WebSocket): DNS with a short cache, TCP to the first address to answer, proxy, TLS."""

from __future__ import annotations

import contextlib
import errno
import itertools
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..errors import NoNetwork, ProxyFailed
from . import proxies
from .proxies import Proxy
from .sockets import Aborter, BoundedSocket, Deadline

DNS_WITHIN = 10.0
"""Seconds that a name's addresses are waited for, usually."""
DNS_KEPT = 60.0
"""Seconds that a DNS answer is kept."""
_MOST_QUERIES = 4
"""Look-ups of one name under way at a time; those that hang end by themselves, after a minute or two."""
APART = 0.25
"""Seconds between two attempts to connect, if the earlier one has not failed ("Connection Attempt Delay")."""


class Address(NamedTuple):
    """One place to connect to."""

    family: int
    kind: int
    protocol: int
    where: Any
    """What ``socket.connect`` takes."""


class Dialler:
    """Opens verified TLS connections, for one thread; another thread can end a wait through an :class:`Aborter`.

    It remembers for the next time what names were looked up, and which address of a host answered.
    """

    def __init__(self, context: ssl.SSLContext, now: Callable[[], float], look_up_within: float = DNS_WITHIN) -> None:
        """
        Args:
            context: Verifies the servers' certificates.
            now: A clock, in seconds.
            look_up_within: Seconds that a look-up of a name may take.
        """
        self.hurried = False
        """Whether something else waits: then a look-up counts against the deadline of the call that wants it. A look-up
        that takes longer goes on, and its answer is there for the next try."""
        self._context = context
        self._now = now
        self._look_up_within = look_up_within
        self._queries: dict[tuple[str, int], list[_Query]] = {}
        """By host and port: look-ups that are under way, and those whose answer is kept."""
        self._woken = threading.Event()
        """Set when one of the look-ups has ended."""
        self._winners: dict[tuple[str, int], Address] = {}

    def look_up(self, host: str, port: int, aborter: Aborter) -> tuple[Address, ...]:
        """The addresses of a server that is reached without a proxy.

        Raises:
            NoNetwork: none were found; with words for the person.
        """
        try:
            return self._look_up(host, port, aborter)
        except _NotLookedUp as error:
            raise NoNetwork(_words(error, None)) from None

    def dial(self, host: str, port: int, deadline: Deadline, aborter: Aborter) -> ssl.SSLSocket:
        """Open a verified TLS connection, through the proxy if the environment or the system names one.

        Args:
            host: Also the name that the certificate must have.
            port: TCP port.
            deadline: When TCP, the proxy and the TLS handshake must be over. It begins after the name's look-up, which
                has its own time limit; if this dialler is :attr:`hurried`, the look-up counts, too.
            aborter: Can end all waiting at once; it gets hold of the connection.

        Raises:
            ProxyFailed: the proxy cannot be used, or does not let us through.
            NoNetwork: the connection failed for another reason. Both errors have words for the person.
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
                proxy = None  # from here on the proxy is not to blame
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
        addresses = self._look_up(host, port, aborter, deadline.left() if self.hurried else float("inf"))
        if not self.hurried:
            deadline.extend(self._now() - began)
        try:
            ordered = in_order(addresses, self._winners.get((host, port)))
            sock, self._winners[host, port] = _first_to_answer(ordered, self._now, deadline, aborter)
        except ConnectionRefusedError:
            raise
        except OSError:
            # Look the name up again the next time: perhaps this is another network.
            queries = self._queries.get((host, port), [])
            self._queries[host, port] = [query for query in queries if query.addresses is None]
            raise
        try:
            sock.setblocking(True)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            aborter.hold(sock)
        except BaseException:
            sock.close()
            raise
        return sock

    def _look_up(self, host: str, port: int, aborter: Aborter, seconds: float = float("inf")) -> tuple[Address, ...]:
        """The addresses of a name, in the system's order; there is at least one.

        If the first name server is dead, glibc asks the second one after five seconds, and a caller that gives up a
        moment earlier would do so every time. So a look-up has a time limit of its own, and an answer that comes later
        is kept for the next try. An old look-up may hang in a network that this machine has left: so another one is
        begun.

        Raises:
            _NotLookedUp: there is no answer, or none within ``seconds``.
            NoNetwork: another thread has given up the connection.
        """
        if ":" in host or host.replace(".", "").isdecimal():  # an address
            if not (addresses := _addresses(host, port)):
                raise _NotLookedUp(late=False)
            return addresses
        aborter.check()
        now = self._now()
        queries = [query for query in self._queries.get((host, port), []) if query.of_use(now)]
        self._queries[host, port] = queries
        young = bool(queries) and now - queries[-1].began < self._look_up_within
        if not (young or len(queries) >= _MOST_QUERIES or any(query.addresses for query in queries)):
            queries.append(_Query(host, port, self._now, self._woken))
        deadline = Deadline(self._now, min(self._look_up_within, seconds))
        late = False
        aborter.hold(self._woken)
        try:
            while not (found := [query.addresses for query in queries if query.addresses]):
                if queries[-1].addresses is not None or late or deadline.over:
                    raise _NotLookedUp(late=queries[-1].addresses is None)
                late = not self._woken.wait(deadline.left())
                self._woken.clear()
                aborter.check()
            return found[0]
        finally:
            aborter.release()


def _words(error: Exception, proxy: Proxy | None) -> str:
    """Says to the person what went wrong."""
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
    """A DNS look-up, on a thread that can be left behind, as nothing bounds it."""

    def __init__(self, host: str, port: int, now: Callable[[], float], woken: threading.Event) -> None:
        self.began = now()
        self.addresses: tuple[Address, ...] | None = None
        """The answer; empty if the look-up has failed, ``None`` while it is under way."""
        self._now = now
        self._ended = self.began
        self._woken = woken
        threading.Thread(target=self._run, args=(host, port), name="look-up of a name", daemon=True).start()

    def of_use(self, now: float) -> bool:
        """Whether it is under way, or its answer still good."""
        return self.addresses is None or (bool(self.addresses) and now - self._ended < DNS_KEPT)

    def _run(self, host: str, port: int) -> None:
        addresses: tuple[Address, ...] = ()
        try:
            addresses = _addresses(host, port)
        finally:
            self._ended = self._now()
            self.addresses = addresses
            self._woken.set()


def _addresses(host: str, port: int) -> tuple[Address, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
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


def _first_to_answer(
    addresses: list[Address], now: Callable[[], float], deadline: Deadline, aborter: Aborter
) -> tuple[socket.socket, Address]:
    """A socket that is connected to the first of these addresses that answers, and that address.

    By RFC 8305 ("Happy Eyeballs Version 2", sections 4 and 5): the attempts begin a quarter of a second apart. So an
    address that never answers costs a quarter of a second, and sixteen slow ones are waited for at once.

    Raises:
        OSError: all attempts failed; a refusal if there was one, as that says most, else the last error.
        TimeoutError: no address answers in time.
        NoNetwork: another thread has given up the connection.
    """
    failures: list[OSError] = []
    running: dict[Any, Address] = {}
    next_at = now()
    woken, waker = socket.socketpair()
    with selectors.DefaultSelector() as selector, woken, waker:
        selector.register(woken, selectors.EVENT_READ)
        aborter.hold(waker)
        try:
            while True:
                aborter.check()
                if addresses and (not running or now() >= next_at):
                    address, next_at = addresses.pop(0), now() + APART
                    try:
                        sock: Any = _begun(address)
                    except OSError as error:
                        failures.append(error)
                    else:
                        running[sock] = address
                        selector.register(sock, selectors.EVENT_WRITE)
                    continue
                if not running:
                    refused = (failure for failure in failures if isinstance(failure, ConnectionRefusedError))
                    raise next(refused, failures[-1])
                left = deadline.left()
                for key, _ in selector.select(min(left, max(0.0, next_at - now())) if addresses else left):
                    sock = key.fileobj
                    if sock is not woken:
                        selector.unregister(sock)
                        address = running.pop(sock)
                        if not (code := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                            return sock, address
                        sock.close()
                        failures.append(OSError(code, "connect"))
        finally:
            for sock in running:
                sock.close()


def _begun(address: Address) -> socket.socket:
    """A socket that is being connected.

    Raises:
        OSError: this machine does not have that address family, or cannot even try that address.
    """
    sock = socket.socket(address.family, address.kind, address.protocol)
    try:
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect(address.where)
    except BaseException as error:
        sock.close()
        if isinstance(error, (ValueError, OverflowError)):
            raise OSError(errno.EINVAL, "connect") from None
        raise
    return sock
