"""Runs a real keyring, GNOME Keyring's daemon, on a test's session bus, with its files in a folder of its own.

If the daemon is to ask for the password on the screen, start the bus with the service :data:`PROMPTER`.
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
"""The programs needed on the search path; without them a test is skipped."""
PROMPTER = {"org.gnome.keyring.SystemPrompter": "/usr/libexec/gcr-prompter"}
"""The service that asks on the screen, for :class:`PrivateBus`; it wants a display in that bus's environment."""
SECRETS = "org.freedesktop.secrets"
_LOGIN = "/org/freedesktop/secrets/collection/login"
_COLLECTION, _SERVICE = "org.freedesktop.Secret.Collection", "org.freedesktop.Secret.Service"
_UNLOCKER = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"


def lacking() -> str:
    """The names of :data:`PROGRAMS` that are not installed; empty if all are."""
    return ", ".join(program for program in PROGRAMS if shutil.which(program) is None)


class RealKeyring:
    """The daemon, from entering to leaving: with the keyring ``login``, which is the default one, and unlocked.

    Args:
        bus: The daemon owns the name :data:`SECRETS` there.
        folder: The daemon's files lie below it.

    Attributes:
        password: Unlocks the keyring.
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
        """Start the daemon; it is on the bus when this returns.

        Args:
            locked: The keyring is locked, as if the daemon was not started by a log-in.
            keyring: If false, the daemon makes no keyring, so it has one only if an earlier start made it.
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
        """End the daemon if it runs; its files stay."""
        if self._process is not None:
            if killed:
                self._process.kill()
            end(self._process)
            self._process = None
            self._client.wait_until(lambda: not self._client.has_owner(SECRETS), "no keyring")

    @property
    def locked(self) -> bool:
        """Whether the keyring ``login`` is locked."""
        return bool(self._client.property(SECRETS, _LOGIN, _COLLECTION, "Locked"))

    def lock(self) -> None:
        """Lock the keyring, as a person does in the keyring's own program."""
        self._service("Lock", "ao", [_LOGIN])

    def unlock(self) -> None:
        """Unlock the keyring, as a person does there, but without a prompt.

        (A log-in unlocks it through a socket, without a signal on the bus.)
        """
        session = self._service("OpenSession", "sv", "plain", ("s", ""))[1]
        secret = (session, b"", self.password.encode(), "text/plain")
        path = "/org/freedesktop/secrets"
        self._client.call(SECRETS, path, _UNLOCKER, "UnlockWithMasterPassword", "o(oayays)", _LOGIN, secret)

    def holds(self, user: str) -> str:
        """The password that Telex Start keeps for that user, as ``secret-tool`` finds it; empty if there is none."""
        environ = {**os.environ, **self._bus.environ}
        command = ["secret-tool", "lookup", "service", "telex-start", "username", user]
        return subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT).stdout

    def _service(self, member: str, signature: str, *body: Any) -> tuple[Any, ...]:
        return self._client.call(SECRETS, "/org/freedesktop/secrets", _SERVICE, member, signature, *body)
