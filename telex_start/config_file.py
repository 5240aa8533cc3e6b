"""Reads the configuration file, merges it with environment and options (options win, then variables), and changes it.

The preferences change it: whole or not at all, and never over what a person changed by hand.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from typing import Any

from .config import VARIABLES, Config, Given, entries, given, mistakes, resolve
from .errors import ChangedMeanwhile, ConfigError
from .process import paths

_OPTIONS = ("email", "environment", "api_url", "push_url", "ca_file", "log_level")
"""Command-line options that are settings too."""
_WHERE = ("environment", "api_url", "push_url")
"""Settings that say which Telex is meant."""
_BOM = b"\xef\xbb\xbf"
_TRIES = 5
"""How often a change is tried if somebody else changes the file at the same moment."""


class ConfigSource:
    """The configuration of this process, and whether its file has changed since it was read.

    Attributes:
        path: The configuration file's path; the file need not exist.
    """

    def __init__(self, options: object) -> None:
        """
        Args:
            options: The parsed command line; ``None`` if there was none.
        """
        self._options = options
        self._given = {key: getattr(options, key, None) for key in _OPTIONS}
        self.path: str = getattr(options, "config", None) or paths.config_file()
        self._read: tuple[int, int, int] | None = None

    def load(self) -> Config:
        """The configuration from its file, the environment and the options.

        Raises:
            ConfigError: names the source, the key and what is allowed.
        """
        self._read = self._now()  # before the file is read: what is written meanwhile is a change
        try:
            file = read(self.path)
        except FileNotFoundError:
            if getattr(self._options, "config", None):
                raise ConfigError(f"there is no file {self.path}.") from None
            file = {}
        config = resolve(file, self.path, os.environ, self._given)
        return config._replace(ca_file=_at_home(config.ca_file), main_app_command=_at_home(config.main_app_command))

    def load_where(self) -> Config:
        """The configuration with its addresses alone: enough to reach the agent, whatever else is wrong in the file.

        Raises:
            ConfigError: an address is wrong.
        """
        try:
            file = read(self.path)
        except (FileNotFoundError, ConfigError):
            file = {}
        where = {key: file[key] for key in _WHERE if key in file}
        environ = {name: value for name, value in os.environ.items() if VARIABLES.get(name) in _WHERE}
        return resolve(where, self.path, environ, {key: self._given[key] for key in _WHERE})

    def names_address(self) -> bool:
        """Whether the command line says which Telex is meant."""
        return any(self._given[key] is not None for key in _WHERE)

    def given(self) -> dict[str, Given]:
        """The settings from the environment or from options, by key: for them the file does not count."""
        return given(os.environ, self._given)

    def where(self) -> list[str]:
        """The given options that say which Telex and which file are meant, for a command that has to use the same."""
        given = {key: getattr(self._options, key, None) for key in (*_WHERE, "ca_file", "config")}
        return [f"--{key.replace('_', '-')}={value}" for key, value in given.items() if value is not None]

    def mistakes(self) -> list[str]:
        """All mistakes, a sentence each, first the one that :meth:`load` raises; empty if there are none."""
        try:
            self.load()
        except ConfigError as error:
            found = [error.message]
            with contextlib.suppress(ConfigError, FileNotFoundError):
                found += mistakes(read(self.path), self.path)
            return list(dict.fromkeys(found))
        return []

    def changed(self) -> bool:
        """Whether the file has changed since it was last read: by its time, size and inode, not by its content."""
        return self._now() != self._read

    def _now(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def read(path: str) -> dict[str, object]:
    """The file's content.

    Raises:
        FileNotFoundError: there is none.
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        with open(path, encoding="utf-8-sig") as stream:  # Notepad begins a file with a byte order mark
            text = stream.read()
        if not text:
            return {}
        import tomllib

        return tomllib.loads(text)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError as error:  # tomllib.TOMLDecodeError and UnicodeDecodeError
        raise ConfigError(f"{path} is no TOML: {error}.") from None


def _at_home(path: str | None) -> str | None:
    """A path with its ``~`` replaced: no shell has done that for a path in the file."""
    return None if path is None else os.path.expanduser(path)


class _Changed(Exception):
    """Somebody else has changed the file meanwhile."""


class ConfigFile:
    """The configuration file, for reading settings and changing some of them. It need not exist."""

    def __init__(self, path: str) -> None:
        self._path = path

    def values(self) -> dict[str, Any]:
        """The settings that stand in the file, by key with dots, unchecked; unknown keys are left out.

        Raises:
            ConfigError: it cannot be read, or is no TOML.
        """
        try:
            return {key: value for key, value, wrong in entries(read(self._path)) if not wrong}
        except FileNotFoundError:
            return {}

    def write(self, changes: Mapping[str, Any | None], base: Mapping[str, Any]) -> None:
        """Change settings, and leave everything else in the file as it is.

        What was changed by hand since ``base`` was read stays, unless it is among the changes.

        Args:
            changes: The new values by key; ``None`` takes the setting out.
            base: What :meth:`values` gave when the person began.

        Raises:
            ChangedMeanwhile: a setting among the changes has a value in the file that is neither that of ``base`` nor
                the new one; nothing is written. To write all the same, pass a fresh ``base``.
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
        import re

        from .config_text import CannotChange, change

        mark = _BOM if before.startswith(_BOM) else b""
        # A lone carriage return ends a line for Python's text mode, as read() opens the file, but not in TOML.
        text = re.sub("\r(?!\n)", "\n", before[len(mark) :].decode())
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
        """Write the file whole or not at all; if the path is a link, the file that it leads to.

        Returns:
            ``False`` if the file's content is not ``before``: somebody else has changed it, and nothing is written.
        """
        target = os.path.realpath(self._path)
        if os.path.exists(target) and not os.access(target, os.W_OK):
            # A new file could take its place all the same, but its owner does not want that.
            raise ConfigError(f"{self._path} cannot be written: it is read-only.")
        try:
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            with paths.replacing(target, _mode(target), sync=True) as file:
                file.write(after)
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


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same in TOML: there ``1`` is not ``true``."""
    return repr(one) == repr(other)
