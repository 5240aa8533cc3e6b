"""``config.toml`` as the preferences change it: at once or not at all, and never over what a person changed by hand."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Mapping
from typing import Any

from . import config_file
from .config import flatten, parts
from .errors import ChangedMeanwhile, ConfigError
from .process import paths

_BOM = b"\xef\xbb\xbf"
_LONE_RETURN = re.compile("\r(?!\n)")
_TRIES = 5
"""So often a change is tried anew where somebody changes the file at this very moment."""


class _Changed(Exception):
    """The file is not as it was."""


class SettingsFile:
    """The configuration file, for reading settings and changing some of them. It need not exist."""

    def __init__(self, path: str) -> None:
        self._path = path

    def values(self) -> dict[str, Any]:
        """The settings that stand in the file, by key with dots, unchecked; keys that are none are left out.

        Raises:
            ConfigError: it cannot be read, or is no TOML.
        """
        try:
            return _settings(config_file.read(self._path))
        except FileNotFoundError:
            return {}

    def write(self, changes: Mapping[str, Any | None], base: Mapping[str, Any]) -> None:
        """Change settings, and leave everything else in the file as it is.

        What was changed by hand since ``base`` was read stays, unless it is among the changes.

        Args:
            changes: The new values by key; ``None`` takes the setting out.
            base: What :meth:`values` gave when the person began.

        Raises:
            ChangedMeanwhile: a setting among the changes has another value than in ``base``, and not the one that it is
                to have; nothing is written. To write all the same, pass a fresh ``base``.
            ConfigError: the file cannot be read or written, is no TOML, or can only be changed by hand.
        """
        for _ in range(_TRIES):
            before = self._bytes()
            values = self.values()
            keys = tuple(
                key
                for key, value in changes.items()
                if not _same(values.get(key), base.get(key)) and not _same(values.get(key), value)
            )
            if keys:
                raise ChangedMeanwhile(f"{self._path} was changed by hand meanwhile: {', '.join(keys)}.", keys)
            wanted = {key: value for key, value in changes.items() if not _same(values.get(key), value)}
            if self._bytes() == before and (not wanted or self._replace(before, self._changed(before, wanted))):
                return
        raise ConfigError(f"{self._path} cannot be written: it changes all the time.")

    def _changed(self, before: bytes, changes: Mapping[str, Any | None]) -> bytes:
        """The file with the changes made."""
        from .settings_text import CannotChange, change

        mark = _BOM if before.startswith(_BOM) else b""
        # A lone carriage return ends a line for whoever reads the file by lines, as the agent does, and not in TOML.
        text = _LONE_RETURN.sub("\n", before[len(mark) :].decode())
        for key, value in changes.items():
            try:
                text = change(text, key, value)
            except CannotChange:
                words = f"{self._path}: {key} stands there in a way that can only be changed by hand."
                raise ConfigError(words) from None
        return mark + text.encode()

    def _bytes(self) -> bytes:
        try:
            with open(self._path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be read: {error.strerror}.") from None

    def _replace(self, before: bytes, after: bytes) -> bool:
        """Write it, at once or not at all; where the path is a link, what it leads to.

        Returns:
            Whether it was still the same as before.
        """
        target = os.path.realpath(self._path)
        if os.path.exists(target) and not os.access(target, os.W_OK):
            # Another file could take its place all the same, and that is not what its owner wants.
            raise ConfigError(f"{self._path} cannot be written: it is read-only.")
        try:
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            with paths.replacing(target, _mode(target)) as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
                if self._bytes() != before:
                    raise _Changed
        except _Changed:
            return False
        except OSError as error:
            raise ConfigError(f"{self._path} cannot be written: {error.strerror}.") from None
        return True


def _mode(path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return 0o600


def _settings(file: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a parsed file. A key that is none is a person's mistake, and no matter of reading the others."""
    found: dict[str, Any] = {}
    for part in parts(file):
        with contextlib.suppress(ConfigError):
            found.update(flatten(part, ""))
    return found


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same in TOML: there ``1`` is not ``true``."""
    return repr(one) == repr(other)
