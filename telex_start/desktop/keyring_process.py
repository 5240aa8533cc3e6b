"""``telex-start keyring``: one request to the system's keyring; the agent runs it as a process of its own.

So the libraries, and what they leave behind in memory, end with the process. Each system's backend is named here: the
choice that ``keyring`` makes by itself obeys a variable and a file, asks several backends, and takes plain files. On
Linux the Secret Service (https://specifications.freedesktop.org/secret-service/) is asked first whether there is a
keyring, and whether it is locked: ``keyring`` by itself would make one, and ask the person at any time. This module
makes none.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError
from ..process.streams import is_terminal
from .child import line, object_of

if TYPE_CHECKING:
    import secretstorage
    from keyring.backend import KeyringBackend

_SERVICE = "telex-start"
"""Finds our entries in the keyring, together with their user: the address of the Telex, and the person's email."""


class NoKeyring(Exception):
    """There is no keyring. Arguments: ``missing`` or ``away``; and words: what is missing, after a colon the remedy."""


def main() -> int:
    """Do what standard input asks for, and give the result on standard output; returns the exit code.

    Both are lines of JSON. The request is one object: ``do`` (``read``, ``keep``, ``remove``), ``api_url``, ``email``,
    ``prompt``, and for ``keep`` the ``password``. Each answer has ``do``, ``email`` and ``keyring``:

    - ``locked``: with ``prompt`` the keyring is asking the person now, and another answer follows; else no more follows
    - ``away``: no service is running or can be started; ``missing``: there can be none; each with ``words``
    - ``found`` (``password``), ``nothing``, ``kept``, ``removed``
    - ``refused``: the person did not open it; ``failed`` (``words``)

    It ends early when standard input ends: with the agent, or because nobody wants the answer any more.

    Raises:
        ConfigError: a person has typed the command at a terminal.
    """
    if is_terminal(sys.stdin):
        raise ConfigError("keyring is what the agent runs to ask the system's keyring for the password it keeps there.")
    # Not sys.stdin: a thread that waits there when the interpreter ends makes it abort.
    agent = io.FileIO(0, closefd=False)
    request = {"do": "", "email": "", **(object_of(agent.readline()) or {})}
    threading.Thread(target=_end_with, args=(agent,), name="agent", daemon=True).start()
    for answer in _answers(request):
        print(line({"do": request["do"], "email": request["email"], **answer}), end="", flush=True)
    return 0


def _end_with(agent: io.FileIO) -> None:
    while agent.read(1024):
        pass
    # A prompt that is on the screen stays: GNOME Keyring 42 aborts when it is told to dismiss one.
    os._exit(0)


def why_none() -> str:
    """What is missing for a keyring, and after a colon the remedy; empty if there is one, locked or not.

    It imports the libraries, and may take a second: so never call it in the agent, nor on a window's main thread.
    """
    try:
        _open()
    except NoKeyring as none:
        return str(none.args[1])
    return ""


def _answers(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    # The text of a library's exception may quote what the library was given: so only the exception's name is told.
    try:
        keyring, do, user = _open(), request["do"], f"{request['api_url']} {request['email'].lower()}"
        if keyring.is_locked(user if do == "read" else ""):
            yield {"keyring": "locked"}
            if not request["prompt"]:
                return
            if not keyring.unlock():
                yield {"keyring": "refused"}
                return
        match do:
            case "read":
                password = keyring.backend.get_password(_SERVICE, user)
                # KWallet has an entry without a password if it was killed before it had written the password.
                yield {"keyring": "found", "password": password} if password else {"keyring": "nothing"}
            case "keep":
                keyring.backend.set_password(_SERVICE, user, request["password"])
                yield {"keyring": "kept"}
            case "remove":
                gone = keyring.remove(user)
                yield {"keyring": "removed"} if gone else {"keyring": "failed", "words": "the keyring still has it"}
    except NoKeyring as none:
        yield dict(zip(("keyring", "words"), none.args, strict=True))
    except Exception as error:
        if type(error).__name__ in ("KeyringLocked", "LockedException", "PromptDismissedException"):
            yield {"keyring": "refused"}
        else:
            yield {"keyring": "failed", "words": f"the keyring fails ({_name_of(error)})"}


def _name_of(error: Exception) -> str:
    """What the system or D-Bus calls the error, if it is one of theirs; else the name of its class."""
    return str(getattr(error, "strerror", None) or getattr(error, "name", None) or type(error).__name__)


class _Keyring:
    """A keyring that opens by itself, and if need be asks the person by itself. Another kind overrides the methods."""

    def __init__(self, backend: KeyringBackend) -> None:
        self.backend = backend

    def is_locked(self, user: str) -> bool:
        """Whether the person would be asked first, for the keyring or, with a user, for that user's entry."""
        return False

    def unlock(self) -> bool:
        """Have the person asked, and wait for the answer; returns whether the keyring is open then."""
        return True

    def remove(self, user: str) -> bool:
        """Take the entry out; returns whether there is none left."""
        from keyring.errors import PasswordDeleteError

        with suppress(PasswordDeleteError):  # there was none
            self.backend.delete_password(_SERVICE, user)
        return self.backend.get_password(_SERVICE, user) is None


def _open() -> _Keyring:
    """The keyring of this system.

    Raises:
        NoKeyring: there is none.
    """
    for name in [name for name in os.environ if name.startswith("KEYRING_PROPERTY_")]:
        del os.environ[name]  # such a variable changes a backend
    if sys.platform.startswith("linux"):
        return _secret_service()
    try:
        if sys.platform == "win32":
            from keyring.backends.Windows import WinVaultKeyring as Backend
        else:
            from keyring.backends.macOS import Keyring as Backend
        if not Backend.viable:
            raise ImportError("a part of it is not")
    except ImportError as error:
        raise NoKeyring("missing", f"the library keyring is not there ({error}): pip install keyring") from None
    backend = Backend()
    if sys.platform == "win32":
        backend.persist = "local machine"  # or the password would go along to other machines
    return _Keyring(backend)


if sys.platform.startswith("linux"):
    from .bus.loop import session_address

    def _secret_service() -> _Keyring:
        try:
            import secretstorage
            from keyring.backends import SecretService
        except (ImportError, AttributeError):  # the latter: SecretStorage is there only in part
            words = "the libraries keyring and SecretStorage are not there: pip install 'telex-start[keyring]'"
            remedy = "or your distribution's python3-keyring and python3-secretstorage"
            raise NoKeyring("missing", f"{words}, {remedy}") from None
        address = session_address(os.environ)
        if not address:
            raise NoKeyring("missing", "there is no session bus: start it in a desktop session")
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = address
        try:
            bus = secretstorage.dbus_init()
            there = secretstorage.check_service_availability(bus)
            # By the collection's own path: not every service has an object at the path of the alias.
            collection = secretstorage.get_collection_by_alias(bus, "default") if there else None
        except secretstorage.ItemNotFoundException:
            remedy = "make one in its program (Passwords and Keys, KWalletManager, KeePassXC)"
            raise NoKeyring("missing", f"the keyring service has no default keyring: {remedy}") from None
        except Exception as error:
            raise NoKeyring("away", f"the keyring service does not answer ({_name_of(error)})") from None
        if collection is None:
            remedy = "install gnome-keyring, or switch on the Secret Service of KWallet or KeePassXC"
            raise NoKeyring("away", f"no keyring service is running: {remedy}")
        backend = SecretService.Keyring()
        backend.preferred_collection = collection.collection_path  # type: ignore[attr-defined]  # so it makes none
        return _SecretService(backend, collection)

    class _SecretService(_Keyring):
        """The default collection of the Secret Service."""

        def __init__(self, backend: KeyringBackend, collection: secretstorage.Collection) -> None:
            super().__init__(backend)
            self._collection = collection

        def is_locked(self, user: str) -> bool:
            if self._collection.is_locked() and not (self._is_open_wallet() and self.unlock()):
                return True
            # KeePassXC asks for each entry, each time, whether this program may read it.
            return bool(user) and any(item.is_locked() for item in self._items(user))

        def unlock(self) -> bool:
            if self._collection.is_locked():
                self._collection.unlock()
            return not self._collection.is_locked()

        def _is_open_wallet(self) -> bool:
            """Whether the collection is an open wallet of KWallet. For the Secret Service it is locked until somebody
            asks to unlock it; then the person is asked nothing."""
            from secretstorage.util import DBusAddressWrapper

            for name in ("kwalletd6", "kwalletd5"):
                wallet = DBusAddressWrapper(f"/modules/{name}", "org.kde.KWallet", self._collection.connection)
                with suppress(Exception):  # the collection is another service's
                    return bool(wallet.call("isOpen", "s", self._collection.get_label())[0])
            return False

        def remove(self, user: str) -> bool:
            # Not by the library: it takes out only the first item, and does not unlock it.
            from secretstorage import ItemNotFoundException

            try:
                for item in self._items(user):
                    item.unlock()
                    item.delete()
                return not self._items(user)
            except ItemNotFoundException:  # ``telex-start forget`` and the agent remove at the same time
                return not self._items(user)

        def _items(self, user: str) -> list[secretstorage.Item]:
            return [*self._collection.search_items({"service": _SERVICE, "username": user})]
