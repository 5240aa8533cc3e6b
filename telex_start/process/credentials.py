"""Reads the password that a start is given: from standard input, or from a credential of systemd (systemd.exec(5))."""

from __future__ import annotations

import os
import stat
import sys

from ..errors import ConfigError

_LONGEST = 4096
"""Bytes of a password, at most."""


def from_standard_input() -> str:
    """The password: the first line of standard input.

    Raises:
        ConfigError: there is none, or it is no text.
    """
    line = sys.stdin.buffer.readline() if sys.stdin is not None else b""
    return _password(line, "--password-stdin", "standard input holds no password.")


def from_systemd(name: str) -> str:
    """The password: the first line of a credential.

    Args:
        name: The credential's name, as in ``LoadCredential=``.

    Raises:
        ConfigError: there is none, it holds no password, or others can read it too.
    """
    option = f"--password-credential {name}"
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not os.path.isabs(folder):
        raise ConfigError(
            f"{option}: $CREDENTIALS_DIRECTORY is not set; systemd sets it for a unit with LoadCredential=."
        )
    if os.path.basename(name) != name or name in ("", ".", ".."):
        raise ConfigError(f"{option}: a credential's name has no folder.")
    path = os.path.join(folder, name)
    try:
        with open(path, "rb") as file:
            _refuse_open(path, os.fstat(file.fileno()))
            line = file.read(_LONGEST).partition(b"\n")[0]
    except FileNotFoundError:
        raise ConfigError(f"{option}: there is no {path}: name it by LoadCredential={name}:FILE in the unit.") from None
    except OSError as error:
        raise ConfigError(f"{option}: {path} cannot be read ({error.strerror}).") from None
    return _password(line, option, f"{path} holds no password in its first line.")


def _password(line: bytes, option: str, none: str) -> str:
    """The password in a line.

    Raises:
        ConfigError: it is no text, or there is none.
    """
    try:
        found = line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise ConfigError(f"{option}: the password is not in UTF-8.") from None
    if not found:
        raise ConfigError(f"{option}: {none}")
    return found


def _refuse_open(path: str, found: os.stat_result) -> None:
    """Refuse a credential's file that others can read.

    Raises:
        ConfigError: others can read it.
    """
    if not hasattr(os, "getuid"):
        return  # Windows has other rights, and no systemd
    # The system's manager lets the unit's user in by an access control list, which the group's bits show.
    others = 0o077 if found.st_uid == os.getuid() else 0o007
    if stat.S_IMODE(found.st_mode) & others:
        raise ConfigError(f"{path} can be read by others: make it yours alone (chmod 600).")
