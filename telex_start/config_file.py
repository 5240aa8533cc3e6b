"""The configuration of this start: reads the file, and puts it together with the environment and the options."""

from __future__ import annotations

import os

from .config import Config, Given, given, resolve
from .errors import ConfigError
from .process import paths

_OPTIONS = ("email", "environment", "api_url", "push_url", "ca_file", "log_level")
"""Command-line options that are settings too."""


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


def _given_options(options: object) -> dict[str, str | None]:
    return {key: getattr(options, key, None) for key in _OPTIONS}


def _at_home(path: str | None) -> str | None:
    """A path as people write it: no shell has looked at what stands in the file."""
    return None if path is None else os.path.expanduser(path)
