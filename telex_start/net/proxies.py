"""Chooses the proxy, and opens a tunnel through it. The environment names it (``https_proxy``, ``all_proxy``,
``no_proxy``), or on Windows and macOS, if no variable is set, the system's settings. No proxy script (PAC) is run."""

from __future__ import annotations

import base64
import os
import re
import sys
from contextlib import suppress
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from ..errors import ProxyFailed
from .sockets import BoundedSocket, TooMuch

_MOST_HEAD = 64 * 1024
"""Bytes of an answer to CONNECT, at most."""
_LIKE = "http://proxy.example:3128"
SYSTEM = "the system's proxy setting"
"""Stands for a variable's name, if the system's settings name the proxy."""
_INTERNET_SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
_HOST = re.compile(r"[\w.:%-]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,15}")


class Proxy(NamedTuple):
    """An HTTP proxy. The user name and password for it are in no ``repr``."""

    host: str
    """Its name or address."""
    port: int
    variable: str
    """The environment variable that names it, or :data:`SYSTEM`."""
    basic: str | None
    """The base64 of the user name and password for it; ``None``: there are none."""

    def __repr__(self) -> str:
        return f"Proxy({self})"

    def __str__(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"

    def tunnel(self, sock: BoundedSocket, host: str, port: int) -> None:
        """Have the proxy connect on to a host (CONNECT; RFC 9110, section 9.3.6).

        Raises:
            ProxyFailed: the proxy does not do so; with the reason.
            OSError: the connection broke, or it took too long.
        """
        target = f"{_bracketed(host)}:{port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if self.basic is not None:
            lines.append(f"Proxy-Authorization: Basic {self.basic}")
        sock.sendall("\r\n".join([*lines, "", ""]).encode())
        response = HTTPResponse(sock, method="CONNECT")  # type: ignore[arg-type]  # it uses only its ``makefile``
        sock.received, sock.most_bytes = 0, _MOST_HEAD
        try:
            response.begin()
        except (HTTPException, TooMuch):
            raise ProxyFailed(
                f"What answers at {self} ({self.variable}) is no HTTP proxy: is its address right?"
            ) from None
        if not 200 <= response.status < 300:
            raise ProxyFailed(self._refusal(response.status, response.headers, target))

    def _refusal(self, status: int, fields: HTTPMessage, target: str) -> str:
        if status == 407:
            offers = ",".join(fields.get_all("Proxy-Authenticate", [])).lower().split(",")
            ways = {words.split()[0] for words in offers if words.split()}
            if ways and "basic" not in ways:
                offered = " or ".join(sorted(way for way in ways if _SCHEME.fullmatch(way))) or "something else"
                return (
                    f"The proxy {self} wants a way of signing in that does not work here ({offered}): only Basic does."
                )
            if self.basic is not None:
                return f"The proxy {self} does not accept the user name and password in {self.variable}."
            where = "https_proxy, an environment variable" if self.variable == SYSTEM else self.variable
            return (
                f"The proxy {self} wants a user name and password: put them into {where}, "
                "as in http://NAME:PASSWORD@HOST:PORT."
            )
        if status >= 500:
            return f"The proxy {self} cannot reach {target} (HTTP {status})."
        return f"The proxy {self} does not let us through to {target} (HTTP {status})."


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine itself."""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


def proxy_for(host: str) -> Proxy | None:
    """The proxy that the environment or the system names for a host; never one for this machine itself.

    Raises:
        ProxyFailed: the named proxy cannot be used; with the reason. The text has no part of a user name or password.
    """
    if is_loopback(host):
        return None
    named: dict[str, str] = getproxies_environment() or getproxies()
    kind = "https" if named.get("https") else "all"
    address = named.get(kind)
    if not address or proxy_bypass(host):
        return None
    variables = (f"{kind}_proxy", f"{kind}_proxy".upper())
    variable = next((name for name in variables if os.environ.get(name)), SYSTEM)
    return _parsed(address.strip(), variable)


def script_is_set() -> bool:
    """Whether the system's settings name a proxy script (PAC); ``False`` if the environment's variables count."""
    if getproxies_environment():
        return False
    if sys.platform == "win32":
        import winreg

        with suppress(OSError), winreg.OpenKey(winreg.HKEY_CURRENT_USER, _INTERNET_SETTINGS) as key:
            return bool(winreg.QueryValueEx(key, "AutoConfigURL")[0])
    if sys.platform == "darwin":
        import subprocess

        told = subprocess.run(["scutil", "--proxy"], capture_output=True, text=True, check=False, timeout=2.0).stdout
        return re.search(r"ProxyAutoConfigEnable\s*:\s*1", told) is not None
    return False


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
    rest = f"{parts.path}{parts.query}{parts.fragment}"
    if "@" in rest:
        raise _misspelt(variable, 'a "/", "?" or "#" in a password is written %2F, %3F or %23')
    if rest not in ("", "/"):
        raise _misspelt(variable, "something follows the host and port")
    host = parts.hostname
    try:
        port = 80 if parts.port is None else parts.port
    except ValueError:
        port = 0
    if not port:
        raise _misspelt(variable, "its port is not a number from 1 to 65535")
    if not host or not _HOST.fullmatch(host):
        raise _misspelt(variable, "it names no host")
    basic = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = base64.b64encode(pair.encode()).decode()
    return Proxy(host, port, variable, basic)


def _misspelt(variable: str, why: str) -> ProxyFailed:
    return ProxyFailed(f"{variable} is not the address of a proxy ({why}): it should be like {_LIKE}.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
