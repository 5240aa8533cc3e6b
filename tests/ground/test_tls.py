"""Which proxy, which host, which authority: what is decided before a connection is opened."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from telex_start.errors import ConfigError, NoNetwork
from telex_start.net import tls
from telex_start.net.sockets import Aborter, Deadline

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environ", "host", "proxy"),
    [
        ({}, "api.telex.im", None),
        ({"https_proxy": "http://p:3128"}, "api.telex.im", "http://p:3128"),
        ({"HTTPS_PROXY": "http://p:3128"}, "api.telex.im", "http://p:3128"),
        ({"https_proxy": "p:3128"}, "api.telex.im", "http://p:3128"),
        ({"all_proxy": "http://p:3128"}, "api.telex.im", "http://p:3128"),
        ({"http_proxy": "http://p:3128"}, "api.telex.im", None),
        ({"https_proxy": ""}, "api.telex.im", None),
        ({"https_proxy": "http://p:3128", "no_proxy": "telex.im"}, "api.telex.im", None),
        ({"https_proxy": "http://p:3128", "no_proxy": "other.example"}, "api.telex.im", "http://p:3128"),
        ({"https_proxy": "http://p:3128", "no_proxy": "*"}, "api.telex.im", None),
    ],
)
def test_the_proxy_that_the_environment_names(
    environ: dict[str, str], host: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert tls.proxy_for(host) == proxy


@pytest.mark.parametrize("host", ["localhost", "telex.localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_no_proxy_for_this_machine_itself(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://p:3128")
    assert tls.is_loopback(host)
    assert tls.proxy_for(host) is None


@pytest.mark.parametrize("host", ["api.telex.im", "localhost.example", "10.0.0.1", "::2"])
def test_other_hosts_are_not_this_machine(host: str) -> None:
    assert not tls.is_loopback(host)


def test_the_context_verifies() -> None:
    context = tls.context(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_a_ca_file_that_cannot_be_used_names_itself(text: str | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ConfigError, match=r"ca\.pem"):
        tls.context(str(file))


@pytest.mark.parametrize("scheme", ["socks5", "https"])
def test_a_proxy_of_another_kind_says_so(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"{scheme}://user:hunter2@proxy.invalid:1080")
    with pytest.raises(NoNetwork, match=scheme) as raised:
        tls.dial("api.telex.im", 443, tls.context(None), Deadline(lambda: 0.0, 1.0), Aborter())
    assert "hunter2" not in str(raised.value)
