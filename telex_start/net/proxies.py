"""The proxy that the environment names (``https_proxy``, ``all_proxy``, ``no_proxy``), and getting through it."""

from __future__ import annotations

import base64
import os
import re
import sys
from urllib.parse import SplitResult, unquote, urlsplit

from ..errors import ProxyFailed
from . import http_head
from .http_head import Head
from .sockets import BoundedSocket

_LIKE = "http://proxy.example:3128"
_HOST = re.compile(r"[\w.:%-]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,15}")


class Proxy:
    """An HTTP proxy. What it is told about who asks is in no ``repr``.

    Attributes:
        host: Its name or address.
        port: Its TCP port.
        variable: The environment variable that names it.
    """

    def __init__(self, host: str, port: int, variable: str, name: str | None, password: str | None) -> None:
        """``name`` and ``password``: what the proxy is told about who asks; ``None`` without a name: nothing."""
        self.host = host
        self.port = port
        self.variable = variable
        self._basic = None
        if name is not None:
            self._basic = base64.b64encode(f"{name}:{password or ''}".encode()).decode()

    def __repr__(self) -> str:
        return f"Proxy({self})"

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"

    def tunnel(self, sock: BoundedSocket, host: str, port: int) -> None:
        """Have the connection to the proxy led on to a host (CONNECT; RFC 9110, section 9.3.6).

        Raises:
            ProxyFailed: it does not lead there, and why.
            OSError: the connection broke, or it took too long.
        """
        target = f"{_bracketed(host)}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self._basic is not None:
            lines.append(f"Proxy-Authorization: Basic {self._basic}")
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        try:
            head = http_head.read(sock.recv)
        except http_head.NotHttp:
            raise ProxyFailed(
                f"What answers at {self} ({self.variable}) is no HTTP proxy: is its address right?"
            ) from None
        if not 200 <= head.status < 300:
            raise ProxyFailed(self._refusal(head, target))

    def _refusal(self, head: Head, target: str) -> str:
        if head.status == 407:
            ways = {words.split()[0] for words in head.words("proxy-authenticate") if words.split()}
            if ways and "basic" not in ways:
                offered = " or ".join(sorted(way for way in ways if _SCHEME.fullmatch(way))) or "something else"
                return (
                    f"The proxy {self} wants a way of signing in that does not work here ({offered}): only Basic does."
                )
            if self._basic is not None:
                return f"The proxy {self} does not accept the user name and password in {self.variable}."
            return (
                f"The proxy {self} wants a user name and password: put them into {self.variable}, "
                "as in http://NAME:PASSWORD@HOST:PORT."
            )
        if head.status >= 500:
            return f"The proxy {self} cannot reach {target} (HTTP {head.status})."
        return f"The proxy {self} does not let us through to {target} (HTTP {head.status})."


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine itself."""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


def proxy_for(host: str) -> Proxy | None:
    """The proxy that the environment names for a host; never one for this machine itself.

    Raises:
        ProxyFailed: it names one that cannot be used, and why. The text holds nothing of a user name or password.
    """
    if is_loopback(host):
        return None
    if sys.platform.startswith("linux") and not any(name.lower().endswith("_proxy") for name in os.environ):
        return None  # as nearly everywhere; the module below and what it brings are half a megabyte
    from urllib.request import getproxies_environment, proxy_bypass

    named: dict[str, str] = getproxies_environment()
    kind = "https" if named.get("https") else "all"
    address = named.get(kind)
    if not address or proxy_bypass(host):
        return None
    variable = f"{kind}_proxy"
    if not os.environ.get(variable):
        variable = variable.upper()
    return _parsed(address.strip(), variable)


def _parsed(address: str, variable: str) -> Proxy:
    scheme, colon, _ = address.partition("://")
    scheme = scheme.lower()
    if not colon:
        scheme, address = "http", f"http://{address}"
    if scheme.startswith("socks"):
        raise ProxyFailed(
            f"{variable} names a SOCKS proxy, and those do not work here: name an HTTP proxy, as in {_LIKE}."
        )
    if scheme == "https":
        raise ProxyFailed(
            f"{variable} names a proxy that is to be spoken to by https://, and that does not work here: "
            f"name it by http://, as in {_LIKE}, if it takes that too."
        )
    if scheme != "http":
        begins = f'it begins with "{scheme}://"' if _SCHEME.fullmatch(scheme) else "its beginning is odd"
        raise _misspelt(variable, begins)
    try:
        parts = urlsplit(address)
    except ValueError:
        raise _misspelt(variable, "its brackets do not match") from None
    if wrong := _goes_on(parts):
        raise _misspelt(variable, wrong)
    host = parts.hostname
    try:
        port = 80 if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise _misspelt(variable, "its port is not a number from 1 to 65535")
    if not host or not _HOST.fullmatch(host):
        raise _misspelt(variable, "it names no host")
    if parts.username is None:
        return Proxy(host, port, variable, None, None)
    return Proxy(host, port, variable, unquote(parts.username), unquote(parts.password or ""))


def _misspelt(variable: str, why: str) -> ProxyFailed:
    return ProxyFailed(f"{variable} is not the address of a proxy ({why}): it should be like {_LIKE}.")


def _goes_on(parts: SplitResult) -> str:
    """What is wrong with what follows the host and port; empty: nothing."""
    rest = f"{parts.path}{parts.query}{parts.fragment}"
    if "@" in rest:
        return 'a "/", "?" or "#" in a password is written %2F, %3F or %23'
    return "something follows the host and port" if rest not in ("", "/") else ""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
