"""A keyring as people have it: GNOME Keyring's daemon on a session bus of the test's, with a folder of its own.

The bus is given :data:`PROMPTER`, where the daemon is to ask for the password on the screen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from .fake_bus import BusClient, PrivateBus
from .process import TIMEOUT, end

PROGRAMS = ("gnome-keyring-daemon", "secret-tool")
"""What is needed on the search path; a test without them is left out."""
PROMPTER = {"org.gnome.keyring.SystemPrompter": "/usr/libexec/gcr-prompter"}
"""The service that asks on the screen, for :class:`PrivateBus`; it wants a display in that bus's environment."""
SECRETS = "org.freedesktop.secrets"
_LOGIN = "/org/freedesktop/secrets/collection/login"
_COLLECTION, _SERVICE = "org.freedesktop.Secret.Collection", "org.freedesktop.Secret.Service"
_UNLOCKER = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"


def lacking() -> str:
    """What is not installed; empty where all is there."""
    return ", ".join(program for program in PROGRAMS if shutil.which(program) is None)


class RealKeyring:
    """The daemon, from entering to leaving: with the keyring ``login``, which is the default one, and unlocked.

    Args:
        bus: Where it is :data:`SECRETS`.
        folder: What it keeps lies there.

    Attributes:
        password: Unlocks it.
    """

    def __init__(self, bus: PrivateBus, folder: Path) -> None:
        self.password = "opens the keyring"
        self._bus = bus
        self._runtime = folder / "keyring-run"
        self._data = folder / "keyring-data"
        self._client = BusClient(bus)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        for made in (self._runtime, self._data):
            made.mkdir(mode=0o700, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(self._client)
            self._client.subscribe(member="NameOwnerChanged", sender="org.freedesktop.DBus")
            stack.callback(self.stop)
            self.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def start(self, *, locked: bool = False, keyring: bool = True) -> None:
        """Start the daemon; it is there when this returns. Without ``keyring`` it has none, where none was made before.

        It is locked where it was not started by a log-in.
        """
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        given = b"" if locked or not keyring else self.password.encode()
        command += ["--unlock"] if given else []
        environ = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | self._bus.environ
        environ |= {"HOME": str(self._data), "XDG_DATA_HOME": str(self._data), "XDG_RUNTIME_DIR": str(self._runtime)}
        null = subprocess.DEVNULL
        self._process = subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=null, stderr=null)
        assert self._process.stdin is not None
        with self._process.stdin as stream:
            stream.write(given)
        self._client.wait_until(lambda: self._client.has_owner(SECRETS), SECRETS)
        if keyring:
            self._client.wait_until(lambda: self.locked is (not given), "the keyring")

    def stop(self, *, killed: bool = False) -> None:
        """End the daemon, where it runs; what it keeps stays."""
        if self._process is not None:
            if killed:
                self._process.kill()
            end(self._process)
            self._process = None
            self._client.wait_until(lambda: not self._client.has_owner(SECRETS), "no keyring")

    @property
    def locked(self) -> bool:
        """Whether its keyring is."""
        return bool(self._client.property(SECRETS, _LOGIN, _COLLECTION, "Locked"))

    def lock(self) -> None:
        """As a person does in the keyring's own program."""
        self._service("Lock", "ao", [_LOGIN])

    def unlock(self) -> None:
        """As a person does there, without a prompt. (The log-in does it by a socket, and nobody is told of that.)"""
        session = self._service("OpenSession", "sv", "plain", ("s", ""))[1]
        secret = (session, b"", self.password.encode(), "text/plain")
        path = "/org/freedesktop/secrets"
        self._client.call(SECRETS, path, _UNLOCKER, "UnlockWithMasterPassword", "o(oayays)", _LOGIN, secret)

    def holds(self, user: str) -> str:
        """The password of ours for that user, as ``secret-tool`` finds it; empty for none."""
        environ = {**os.environ, **self._bus.environ}
        command = ["secret-tool", "lookup", "service", "telex-start", "username", user]
        return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT).stdout

    def _service(self, member: str, signature: str, *body: Any) -> tuple[Any, ...]:
        return self._client.call(SECRETS, "/org/freedesktop/secrets", _SERVICE, member, signature, *body)
