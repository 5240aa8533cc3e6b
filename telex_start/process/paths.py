"""Says where configuration, logs, caches and the lock are on each platform; also replaces a file atomically.

Only this module uses platformdirs, for Windows and macOS. On Linux the four folders are four environment variables
(the XDG Base Directory Specification): importing platformdirs for them would take 3 of the 50 ms to the icon.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator
from typing import BinaryIO

from ..errors import ConfigError

_NAME = "telex-start"
_OWN_FOLDERS = sys.platform in ("win32", "darwin")
"""Whether the platform has rules of its own for where such folders are."""
ELSEWHERE = "set XDG_RUNTIME_DIR" if sys.platform != "win32" else "see who may write there"
"""What a person can do if the lock's folder cannot be used."""


def config_file() -> str:
    """The path of ``config.toml`` (Linux: ``$XDG_CONFIG_HOME/telex-start/config.toml``); it need not exist."""
    return os.path.join(_folder("config", "XDG_CONFIG_HOME", ".config", roaming=True), "config.toml")


def log_file() -> str:
    """The path of the log; its folder is made if it is missing.

    Raises:
        OSError: the folder cannot be made.
    """
    folder = _platforms("log") if _OWN_FOLDERS else os.path.join(state_folder(), "log")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    return os.path.join(folder, "telex-start.log")


def state_folder() -> str:
    """The folder of what the program itself remembers; it need not exist."""
    return _folder("state", "XDG_STATE_HOME", ".local/state")


def config_home() -> str:
    """The folder of all programs' configuration (Linux: ``$XDG_CONFIG_HOME``)."""
    return _xdg("XDG_CONFIG_HOME", ".config")


def data_home() -> str:
    """The folder of all programs' data of this user (Linux: ``$XDG_DATA_HOME``)."""
    return _xdg("XDG_DATA_HOME", ".local/share")


def cache_folder() -> str:
    """The folder of drawn icons; it need not exist, and may be deleted at any time."""
    return _folder("cache", "XDG_CACHE_HOME", ".cache")


def runtime_folder() -> str:
    """The folder of the lock and the instance socket: this user's alone. It is made if it is missing.

    Raises:
        ConfigError: the folder cannot be made, or somebody else could write to it.
    """
    folder = _runtime_folder()
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        found = os.lstat(folder)
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be made ({error.strerror}): {ELSEWHERE}.") from None
    if sys.platform != "win32":
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
        if not ours or stat.S_IMODE(found.st_mode) & 0o022:
            raise ConfigError(f"the folder {folder} is open to others: remove it, or set XDG_RUNTIME_DIR.")
    return folder


def _runtime_folder() -> str:
    if sys.platform == "win32":
        return _platforms("runtime")
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(base):
        return os.path.join(base, _NAME)
    if sys.platform == "darwin":
        return _platforms("runtime")
    user = os.getuid()
    if os.access(f"/run/user/{user}", os.W_OK | os.X_OK):
        return f"/run/user/{user}/{_NAME}"
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", f"{_NAME}-{user}")


def _folder(kind: str, variable: str, otherwise: str, **options: bool) -> str:
    """This program's folder of a kind: by the platform's rules, or below the folder that a variable names."""
    return _platforms(kind, **options) if _OWN_FOLDERS else os.path.join(_xdg(variable, otherwise), _NAME)


def _platforms(kind: str, **options: bool) -> str:
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_dir")(_NAME, appauthor=False, **options))


def _xdg(variable: str, otherwise: str) -> str:
    """The folder that a variable names; a relative one is invalid by the specification, and ignored."""
    folder = os.environ.get(variable, "")
    if os.path.isabs(folder):
        return folder
    home = os.path.expanduser("~")
    # Some containers' users have no home at all. There is nothing to read or write then.
    return os.path.join(home if os.path.isabs(home) else "/nonexistent", otherwise)


@contextlib.contextmanager
def replacing(path: str, mode: int | None = None, *, sync: bool = False) -> Iterator[BinaryIO]:
    """A file to be written, which takes the place of the one at ``path`` when the block ends: whole, or not at all.

    Args:
        path: The file need not exist; its folder must.
        mode: The file's rights; ``None``: those of any new file.
        sync: Wait until the file is on the disk: for content that nobody could make again.

    Raises:
        OSError: the file cannot be written. The old file stays then, as it does if the block raises.
    """
    draft = f"{path}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft)  # left by a killed process of the same number
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(draft, flags, 0o666 if mode is None else 0o600)
    try:
        with open(descriptor, "wb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        if mode is not None:
            os.chmod(draft, mode)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
