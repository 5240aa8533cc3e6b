"""The configuration of this start: reads the file, and puts it together with the environment and the options."""

from __future__ import annotations

import contextlib
import os

from .config import Config, Given, checked, given, parts, resolve
from .errors import ConfigError
from .process import paths

_OPTIONS = ("email", "environment", "api_url", "push_url", "ca_file", "log_level")
"""Command-line options that are settings too."""
_WHERE = ("environment", "api_url", "push_url")
"""Settings that say which Telex it is."""


def file_of(options: object) -> str:
    """The path of the configuration file, which need not exist.

    Args:
        options: The parsed command line; ``None`` where there was none.
    """
    return getattr(options, "config", None) or paths.config_file()


def load(options: object) -> Config:
    """The configuration from its file, the environment and the options.

    Args:
        options: The parsed command line; ``None`` where there was none.

    Raises:
        ConfigError: names the source, the key and what is allowed.
    """
    path = file_of(options)
    try:
        file = read(path)
    except FileNotFoundError:
        if getattr(options, "config", None):
            raise ConfigError(f"there is no file {path}.") from None
        file = {}
    config = resolve(file, path, os.environ, _given_options(options))
    return config._replace(ca_file=_at_home(config.ca_file), main_app_command=_at_home(config.main_app_command))


def load_where(options: object) -> Config:
    """The configuration as far as it says which Telex it is: for a word to the agent, whatever else is wrong in it.

    Args:
        options: As of :func:`load`.

    Raises:
        ConfigError: an address is wrong.
    """
    path = file_of(options)
    try:
        file = read(path)
    except (FileNotFoundError, ConfigError):
        file = {}
    where = {key: value for key, value in file.items() if key in _WHERE}
    known = {f"TELEX_START_{key.upper()}" for key in _WHERE}
    environ = {variable: value for variable, value in os.environ.items() if variable in known}
    given_options = {key: value for key, value in _given_options(options).items() if key in _WHERE}
    return resolve(where, path, environ, given_options)


def names_address(options: object) -> bool:
    """Whether the command line says which Telex it is.

    Args:
        options: As of :func:`load`.
    """
    return any(_given_options(options)[key] is not None for key in _WHERE)


class Settings:
    """The configuration of this process, and whether its file has changed since it was read."""

    def __init__(self, options: object) -> None:
        """
        Args:
            options: As of :func:`load`.
        """
        self._options = options
        self._path = file_of(options)
        self._read: tuple[int, int, int] | None = None

    def load(self) -> Config:
        """See :func:`load`."""
        self._read = self._now()  # before it is read: what is written meanwhile is a change
        return load(self._options)

    @property
    def path(self) -> str:
        """The configuration file, which need not exist."""
        return self._path

    def given(self) -> dict[str, Given]:
        """See :func:`sources`."""
        return sources(self._options)

    def where(self) -> list[str]:
        """The options that say which Telex it is, as they were given, for a command that is to look at the same."""
        given = {key: getattr(self._options, key, None) for key in (*_WHERE, "ca_file", "config")}
        return [f"--{key.replace('_', '-')}={value}" for key, value in given.items() if value is not None]

    def changed(self) -> bool:
        """Whether the file is another than when it was read last. Its content is not looked at."""
        return self._now() != self._read

    def _now(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def sources(options: object) -> dict[str, Given]:
    """The settings that are given by the environment or by options, by key: what stands in the file does not count.

    Args:
        options: The parsed command line; ``None`` where there was none.
    """
    return given(os.environ, _given_options(options))


def read(path: str) -> dict[str, object]:
    """What stands in the file.

    Raises:
        FileNotFoundError: there is none.
        ConfigError: it cannot be read, or is no TOML.
    """
    try:
        with open(path, encoding="utf-8-sig") as stream:  # Notepad begins a file with a mark
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


def mistakes(options: object) -> list[str]:
    """All that is wrong, a sentence each, the one that :func:`load` ends at first; none where nothing is.

    Args:
        options: As of :func:`load`.
    """
    try:
        load(options)
    except ConfigError as error:
        found = [error.message]
    else:
        return []
    path = file_of(options)
    with contextlib.suppress(ConfigError, FileNotFoundError):
        for part in parts(read(path)):
            try:
                checked(part, path)
            except ConfigError as error:
                found.append(error.message)
    return list(dict.fromkeys(found))


def _given_options(options: object) -> dict[str, str | None]:
    return {key: getattr(options, key, None) for key in _OPTIONS}


def _at_home(path: str | None) -> str | None:
    """A path as people write it: no shell has looked at what stands in the file."""
    return None if path is None else os.path.expanduser(path)
