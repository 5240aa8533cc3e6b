"""TLS: one verified context and one way to open a connection, for HTTP and WebSocket alike.

The owner of truststore. Everything here blocks the thread that calls it until a deadline at the latest; another thread
can end the wait by an :class:`~.sockets.Aborter`.
"""

from __future__ import annotations

import base64
import socket
import ssl
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

import truststore

from ..errors import ConfigError, NoNetwork
from . import http_head
from .sockets import Aborter, Deadline, DeadlineSocket


def context(ca_file: str | None) -> ssl.SSLContext:
    """The one context: the system's certificate authorities, and ``ca_file`` beside them.

    Raises:
        ConfigError: ``ca_file`` cannot be read or holds no certificate.
    """
    made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"ca_file {ca_file} cannot be used ({error}): give the path of a PEM file.") from None
    return made


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine itself."""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


def proxy_for(host: str) -> str | None:
    """The proxy that the environment names for a host (``https_proxy``, ``no_proxy``); never one for loopback."""
    if is_loopback(host):
        return None
    proxies: dict[str, str] = getproxies_environment()
    if proxy_bypass(host):
        return None
    proxy = proxies.get("https") or proxies.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return proxy or None


def dial(host: str, port: int, context: ssl.SSLContext, deadline: Deadline, aborter: Aborter) -> ssl.SSLSocket:
    """A verified TLS connection, through the environment's proxy where it names one.

    Args:
        host: Also the name that the certificate must have.
        port: TCP port.
        context: What verifies.
        deadline: When TCP, the proxy and the TLS handshake must be over. (Nothing bounds a name look-up.)
        aborter: Is given hold of the connection from its first moment on.

    Raises:
        NoNetwork: it did not work, with words for the person.
    """
    proxy = proxy_for(host)
    through = urlsplit(proxy) if proxy else None
    try:
        if through is None:
            plain = _tcp(host, port, deadline, aborter)
        else:
            plain = _tunnel(through, host, port, deadline, aborter)
    except NoNetwork:
        aborter.release()
        raise
    try:
        plain.settimeout(deadline.left())
        return context.wrap_socket(plain, server_hostname=host)
    except (OSError, ValueError) as error:
        plain.close()
        aborter.release()
        raise NoNetwork(_words(error, proxied=False)) from None


def _tcp(host: str, port: int, deadline: Deadline, aborter: Aborter, proxied: bool = False) -> socket.socket:
    """Every address of the host in turn, each with its share of the time: the first may be a black hole."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        which = "proxy" if proxied else "Telex server"
        raise NoNetwork(f"The name of the {which} could not be looked up: is there a network?") from None
    failed: Exception = OSError("no address")
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        try:
            made = socket.socket(family, kind, protocol)
        except OSError as error:  # a family that this machine does not have
            failed = error
            continue
        try:
            aborter.hold(made)
            made.settimeout(deadline.left() / (len(addresses) - number))
            made.connect(address)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return made
        except OSError as error:
            failed = error
            made.close()
        except NoNetwork:
            made.close()
            raise
    raise NoNetwork(_words(failed, proxied)) from None


def _tunnel(proxy: SplitResult, host: str, port: int, deadline: Deadline, aborter: Aborter) -> socket.socket:
    """A connection through an HTTP proxy (CONNECT; RFC 9110, section 9.3.6)."""
    if proxy.scheme != "http" or not proxy.hostname:
        raise NoNetwork(f"The environment names a proxy of a kind that does not work here ({proxy.scheme}): use http.")
    plain = _tcp(proxy.hostname, proxy.port or 80, deadline, aborter, proxied=True)
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    bounded = DeadlineSocket(plain)
    bounded.deadline = deadline
    try:
        bounded.sendall("\r\n".join([*lines, "", ""]).encode())
        head = http_head.read(bounded.recv)
    except OSError as error:
        plain.close()
        raise NoNetwork(_words(error, proxied=True)) from None
    except http_head.NotHttp:
        head = None
    if head is None or head.status != 200:
        plain.close()
        raise NoNetwork("The proxy that the environment names does not let us through.")
    return plain


def _words(error: Exception, proxied: bool) -> str:
    """What went wrong, for the person."""
    server = "The proxy that the environment names" if proxied else "The Telex server"
    if isinstance(error, TimeoutError):
        return f"{server} did not answer in time."
    if isinstance(error, ssl.SSLCertVerificationError):
        return "Telex's certificate could not be verified: is a proxy in between, or a ca_file missing?"
    if isinstance(error, ssl.SSLError):
        return "No secure connection to Telex could be made."
    if isinstance(error, ConnectionRefusedError):
        return f"{server} refused the connection."
    return f"{server} could not be reached: is there a network?"
