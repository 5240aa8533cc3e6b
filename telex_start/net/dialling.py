"""The one way to open a connection, for HTTPS and WebSocket alike: look-up, TCP, the proxy in between, TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator

from ..errors import NoNetwork, ProxyFailed
from . import happy_eyeballs, names, proxies
from .names import Address, Names, NotLookedUp
from .proxies import Proxy
from .sockets import Aborter, BoundedSocket, Deadline


class Dialler:
    """Opens verified TLS connections, for one thread; another one can end a wait by an aborter.

    It remembers for the next time what names were looked up, and which address of a host answered.
    """

    def __init__(self, context: ssl.SSLContext, now: Callable[[], float], look_up_within: float = names.WITHIN) -> None:
        """
        Args:
            context: What verifies.
            now: A clock, in seconds.
            look_up_within: Seconds that a look-up of a name may take.
        """
        self._context = context
        self._now = now
        self._names = Names(now, look_up_within)
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
        except NotLookedUp as error:
            raise NoNetwork(_not_looked_up(error, None)) from None

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
            if isinstance(error, NotLookedUp):
                raise _failed(_not_looked_up(error, proxy), proxy) from None
            if isinstance(error, (OSError, ValueError)):
                raise _failed(_words(error, proxy), proxy) from None
            raise

    def _tcp(self, host: str, port: int, deadline: Deadline, aborter: Aborter) -> socket.socket:
        began = self._now()
        if self._hurried:
            addresses = self._names.look_up(host, port, aborter, min(self._names.within, deadline.left()))
        else:
            addresses = self._names.look_up(host, port, aborter)
            deadline.extend(self._now() - began)
        in_order = happy_eyeballs.in_order(addresses, self._winners.get((host, port)))
        try:
            sock, winner = happy_eyeballs.connect(in_order, deadline, aborter, self._now)
        except ConnectionRefusedError:
            raise
        except OSError:
            self._names.forget(host, port)  # perhaps this is another network
            raise
        self._winners[host, port] = winner
        return sock


def _failed(words: str, proxy: Proxy | None) -> NoNetwork:
    return NoNetwork(words) if proxy is None else ProxyFailed(words)


def _whose(proxy: Proxy | None) -> str:
    return "the Telex server" if proxy is None else f"the proxy {proxy} ({proxy.variable})"


def _not_looked_up(error: NotLookedUp, proxy: Proxy | None) -> str:
    if error.late:
        return f"The name of {_whose(proxy)} was not looked up in time: does this network's name server answer?"
    doubt = "is there a network?" if proxy is None else "is it spelt right, and is there a network?"
    return f"The name of {_whose(proxy)} could not be looked up: {doubt}"


def _words(error: Exception, proxy: Proxy | None) -> str:
    """What went wrong, for the person."""
    whose = _whose(proxy)
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
