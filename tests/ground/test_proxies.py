"""Proxies: which one environment and system name, the message if it cannot be used, and the tunnel through it."""

from __future__ import annotations

import base64
import socket
import sys

import pytest

from telex_start.errors import ProxyFailed
from telex_start.net import proxies
from telex_start.net.proxies import Proxy
from telex_start.net.sockets import BoundedSocket


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environ", "host", "proxy"),
    [
        ({}, "api.telex.im", None),
        ({"https_proxy": "http://p:3128"}, "api.telex.im", "https_proxy p:3128"),
        ({"HTTPS_PROXY": "http://p:3128"}, "api.telex.im", "HTTPS_PROXY p:3128"),
        ({"https_proxy": "p:3128"}, "api.telex.im", "https_proxy p:3128"),
        ({"all_proxy": "http://p:3128"}, "api.telex.im", "all_proxy p:3128"),
        ({"ALL_PROXY": "HTTP://p"}, "api.telex.im", "ALL_PROXY p:80"),
        ({"all_proxy": "http://a:1", "https_proxy": "http://[::1]:2/"}, "api.telex.im", "https_proxy [::1]:2"),
        ({"https_proxy": " http://ada:p%40ss@p:3128 "}, "api.telex.im", "https_proxy p:3128"),
        ({"http_proxy": "http://p:3128"}, "api.telex.im", None),
        ({"https_proxy": ""}, "api.telex.im", None),
        ({"https_proxy": "http://p:3128", "no_proxy": "telex.im"}, "api.telex.im", None),
        ({"https_proxy": "http://p:3128", "no_proxy": "other.example"}, "api.telex.im", "https_proxy p:3128"),
        *(
            ({"https_proxy": "socks5://p:1080"}, host, None)
            for host in ("localhost", "telex.localhost", "127.1.2.3", "::1")
        ),
        *(({"https_proxy": "http://p:3128"}, host, "https_proxy p:3128") for host in ("localhost.example", "::2")),
    ],
)
def test_the_proxy_that_the_environment_names(
    environ: dict[str, str], host: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = proxies.proxy_for(host)
    if proxy is not None and sys.platform == "win32":
        proxy = proxy.lower()  # the names of its variables have no case
    assert (found and f"{found.variable} {found}") == proxy


@pytest.mark.parametrize(
    ("environ", "system", "proxy"),
    [
        ({}, {"https": "http://p:3128", "http": "http://q:1"}, f"{proxies.SYSTEM} p:3128"),
        ({}, {"http": "http://q:1"}, None),
        ({"https_proxy": "http://e:1"}, {"https": "http://p:3128"}, "https_proxy e:1"),
        ({"no_proxy": "other.example"}, {"https": "http://p:3128"}, None),
    ],
)
def test_the_system_s_setting_counts_where_no_variable_is_set(
    environ: dict[str, str], system: dict[str, str], proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a mock of getproxies(), which reads the registry or macOS' settings; other systems have no such setting."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(proxies, "getproxies", lambda: system)
    monkeypatch.setattr(proxies, "proxy_bypass", lambda host: False)
    found = proxies.proxy_for("api.telex.im")
    assert (found and f"{found.variable} {found}") == proxy


# What cannot be used.


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("socks5://p:1080", "names a SOCKS proxy, and those do not work here: name an HTTP proxy"),
        ("socks5h://p:1080", "names a SOCKS proxy"),
        ("https://p:3129", "by https://, and that does not work here: name it by http://"),
        ("htp://p:3128", 'is not the address of a proxy (it begins with "htp://")'),
        ("ht tp://p:3128", "(its beginning is odd)"),
        ("http//p:3128", "(something follows the host and port)"),
        ("http://p:3128/proxy.pac", "(something follows the host and port)"),
        ("http://p:31z8", "(its port is not a number from 1 to 65535)"),
        ("http://p:99999", "(its port is not a number from 1 to 65535)"),
        ("http://p:0", "(its port is not a number from 1 to 65535)"),
        ("http://:3128", "(it names no host)"),
        ("http://p;3128", "(it names no host)"),
        ("http://[::1:3128", "address of a proxy"),
        ("http://ada:hun/ter2@p:3128", 'a "/", "?" or "#" in a password is written %2F, %3F or %23'),
    ],
)
def test_what_cannot_be_used_has_its_own_sentence(address: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(ProxyFailed) as raised:
        proxies.proxy_for("api.telex.im")
    assert words in raised.value.message
    assert raised.value.message.startswith("https_proxy ")
    assert "http://proxy.example:3128" in raised.value.message
    assert "ter2" not in raised.value.message


# Getting through it.


def through(answer: str, proxy: Proxy | None = None, host: str = "api.telex.im") -> bytes:
    """Ask a proxy that answers this for a tunnel; gives what it was sent."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer.replace("\n", "\r\n").encode())
        theirs.shutdown(socket.SHUT_WR)
        (proxy or Proxy("p", 3128, "https_proxy", None)).tunnel(BoundedSocket(ours), host, 443)
        return theirs.recv(4096)


@pytest.mark.parametrize("answer", ["HTTP/1.1 200 Connection established\n\n", "HTTP/1.0 204\nVia: x\n\n"])
def test_a_proxy_is_asked_for_the_host(answer: str) -> None:
    assert through(answer) == b"CONNECT api.telex.im:443 HTTP/1.1\r\nHost: api.telex.im:443\r\n\r\n"
    assert through(answer, host="::2").startswith(b"CONNECT [::2]:443 HTTP/1.1\r\n")


def test_where_the_system_names_it_name_and_password_go_into_a_variable() -> None:
    with pytest.raises(ProxyFailed, match=r"put them into https_proxy, an environment variable, as in "):
        through(WANTS.format("Basic"), Proxy("p", 3128, proxies.SYSTEM, None))


def test_a_proxy_is_told_user_name_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://ada:p%40ss%3Aw%C3%B6rd@p:3128")
    sent = through("HTTP/1.1 200 OK\n\n", proxies.proxy_for("api.telex.im"))
    pair = base64.b64encode("ada:p@ss:wörd".encode())
    assert b"Proxy-Authorization: Basic " + pair + b"\r\n" in sent


WANTS = "HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: {}\n\n"


@pytest.mark.parametrize(
    ("answer", "name", "words"),
    [
        (WANTS.format('Basic realm="x"'), None, "The proxy p:3128 wants a user name and password: put them into"),
        (WANTS.format("NTLM\nProxy-Authenticate: Basic"), None, "wants a user name and password"),
        (
            "HTTP/1.1 407 Who?\n\n",
            None,
            "wants a user name and password: put them into https_proxy, as in http://NAME:",
        ),
        (WANTS.format("Basic"), "ada", "does not accept the user name and password in https_proxy"),
        (WANTS.format("Negotiate, NTLM"), "ada", "a way of signing in that does not work here (negotiate or ntlm)"),
        (WANTS.format('Digest realm="a, b", qop="auth"'), None, "does not work here (digest): only Basic does"),
        ("HTTP/1.1 403 Forbidden\n\n", None, "p:3128 does not let us through to api.telex.im:443 (HTTP 403)"),
        ("HTTP/1.1 502 Bad Gateway\n\n", None, "p:3128 cannot reach api.telex.im:443 (HTTP 502)"),
        ("SSH-2.0-OpenSSH_9.2\n", None, "What answers at p:3128 (https_proxy) is no HTTP proxy"),
        ("\x05\xff", None, "is no HTTP proxy"),
        ("", None, "is no HTTP proxy"),
    ],
)
def test_a_proxy_that_does_not_let_through_has_a_sentence_of_its_own(answer: str, name: str | None, words: str) -> None:
    with pytest.raises(ProxyFailed) as raised:
        through(answer, Proxy("p", 3128, "https_proxy", name and "hunter2"))
    assert words in raised.value.message
    assert "hunter2" not in raised.value.message
