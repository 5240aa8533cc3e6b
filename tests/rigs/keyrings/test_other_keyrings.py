"""Keeps the password in KWallet, and in KeePassXC, which asks for each access; both serve the Secret Service.

Each runs on a bus and a screen of the test's, with a folder of its own.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.desktop.test_keyring import EMAIL, PASSWORD, Agent, agent, home, titled, xdotool
from tests.fake_bus import BusClient, PrivateBus, Xvfb
from tests.process import end, until
from tests.real_keyring import SECRETS

__all__ = ["agent", "home"]

_KWALLET = ("org.kde.kwalletd5", "/modules/kwalletd5", "org.kde.KWallet")
_KWALLETRC = """[Wallet]
Enabled=true
First Use=false
Default Wallet=kdewallet
Prompt on Open=false
[org.freedesktop.secrets]
apiEnabled=true
"""
_HASH = b"\7" * 56
"""What the log-in makes of the person's password."""
_KEEPASSXC = """[General]
ConfigVersion=2
[FdoSecrets]
Enabled=true
ShowNotification=false
[GUI]
CheckForUpdates=false
"""
_DATABASE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?><KeePassFile>
<Meta><CustomData><Item><Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{00112233-4455-6677-8899-aabbccddeeff}</Value></Item>
</CustomData></Meta>
<Root><Group><UUID>ABEiM0RVZneImaq7zN3u/w==</UUID><Name>Root</Name></Group></Root></KeePassFile>
"""
"""A database all of whose entries are for the Secret Service."""


@contextmanager
def _running(bus: PrivateBus, command: list[str], environ: Mapping[str, str], given: str = "") -> Iterator[BusClient]:
    """A keyring program, started and waited for until it is the Secret Service, and in the end killed."""
    null = subprocess.DEVNULL
    with BusClient(bus) as client:
        process = subprocess.Popen(command, env={**environ, **bus.environ}, stdin=-1, stdout=null, stderr=null)
        try:
            assert process.stdin is not None
            process.stdin.write(given.encode())
            process.stdin.flush()
            client.wait_for_name(SECRETS)
            yield client
        finally:
            process.kill()
            end(process)


def _default(client: BusClient) -> bool:
    service = SECRETS, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service"
    return client.call(*service, "ReadAlias", "s", "default") != ("/",)


@contextmanager
def kwallet(bus: PrivateBus, folder: Path, screen: Mapping[str, str]) -> Iterator[None]:
    """KWallet, opened by the log-in; the wallet is made the first time."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), **screen}
    kept = folder / ".local" / "share" / "kwalletd"
    for file, content in ((folder / ".config" / "kwalletrc", _KWALLETRC.encode()), (kept / "kdewallet.salt", _HASH)):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    if not (kept / "kdewallet.kwl").exists():  # KWallet does not show a wallet yet that it has just made
        with _running(bus, ["kwalletd5"], environ) as client:
            client.call(*_KWALLET, "pamOpen", "sayi", "kdewallet", _HASH, 0)
            until((kept / "kdewallet.kwl").exists)
    with _running(bus, ["kwalletd5"], environ) as client:
        client.call(*_KWALLET, "pamOpen", "sayi", "kdewallet", _HASH, 0)
        until(lambda: _default(client))
        yield
        client.call(*_KWALLET, "close", "sb", "kdewallet", True)  # it writes a password some time later


@contextmanager
def keepassxc(bus: PrivateBus, folder: Path, screen: Mapping[str, str]) -> Iterator[None]:
    """KeePassXC with a database that is open; for each entry it asks whether a program may have it."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **screen}
    database, content = folder / "passwords.kdbx", folder / "empty.xml"
    content.write_text(_DATABASE)
    configuration = folder / ".config" / "keepassxc" / "keepassxc.ini"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(_KEEPASSXC)
    command = ["keepassxc-cli", "import", "-q", "-p", str(content), str(database)]
    offscreen = environ | {"QT_QPA_PLATFORM": "offscreen"}
    subprocess.run(command, input="pw\npw\n", env=offscreen, stdout=subprocess.DEVNULL, text=True, check=True)
    with _running(bus, ["keepassxc", "--pw-stdin", str(database)], environ, "pw\n") as client:
        until(lambda: _default(client))
        yield


@pytest.mark.desktop
def test_kwallet_keeps_it(agent: Agent, private_bus: PrivateBus, xvfb: Xvfb, tmp_path: Path) -> None:
    """A wallet that the log-in has opened is locked for the Secret Service until that is asked to open it."""
    with kwallet(private_bus, tmp_path, xvfb.environ):
        agent.reads("nothing")
        agent.keeps("kept")
        agent.reads("found", password=PASSWORD)
    with kwallet(private_bus, tmp_path, xvfb.environ):
        agent.reads("found", password=PASSWORD)
        agent.removes("removed")
        agent.reads("nothing")


@pytest.mark.desktop
def test_keepassxc_keeps_it_and_asks_for_each_access(
    agent: Agent, private_bus: PrivateBus, xvfb: Xvfb, tmp_path: Path
) -> None:
    def allow() -> None:
        until(lambda: titled(xvfb, "Access Request"), "nobody is asked")
        xdotool(xvfb, "key", "Return")

    with keepassxc(private_bus, tmp_path, xvfb.environ):
        agent.reads("nothing")
        agent.keeps("kept")
        agent.reads("locked")
        agent.keyring.read(EMAIL, True)
        agent.hears("read", "locked")
        allow()
        agent.answers("read", "found", password=PASSWORD)
        agent.keyring.remove(EMAIL)
        allow()
        agent.answers("remove", "removed")
        agent.reads("nothing")
