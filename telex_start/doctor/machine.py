"""What the doctor looks at on this machine, except the desktop: Python, packages, folders, the running instance."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from .. import config_file
from ..config import ENVIRONMENTS, Config, Given, flatten
from ..errors import ConfigError, TelexStartError
from ..process import instance, paths
from . import remedies
from .findings import Finding, missing, note, ok

_NEEDED = {"websocket": "websocket-client", "truststore": "truststore"}
"""Packages without which nothing works, by the name of their module; the others have findings of their own."""

_NO_ROOM = "no room on the connection for"
_ROOM_FOR_ALL = "room on the connection for all organisations again"
"""What the agent logs (``session/room.py``, which would bring the network with it)."""


def python() -> Finding:
    """The interpreter."""
    return ok("Python", f"{'.'.join(str(part) for part in sys.version_info[:3])} ({sys.executable})")


def packages() -> Finding:
    """The packages that talk to Telex."""
    lacking = [package for module, package in _NEEDED.items() if find_spec(module) is None]
    if lacking:
        return missing("packages", "not installed", f"pip install {' '.join(lacking)}", fatal=True)
    return ok("packages", ", ".join(_NEEDED.values()))


def preferences() -> Finding:
    """What the preferences write the configuration by; the agent runs without it."""
    if find_spec("tomlkit") is None:
        return note("preferences", "they cannot be saved without tomlkit", "pip install tomlkit")
    return ok("preferences", "tomlkit")


def configuration(config: Config | ConfigError, file: str, sources: Mapping[str, Given]) -> Finding:
    """The configuration, from all its sources.

    Args:
        config: It, or what is wrong with it.
        file: The path of its file.
        sources: What is given beside the file.
    """
    if isinstance(config, ConfigError):
        return mistake(config.message)
    words = file if os.path.exists(file) else f"no file {file}, which is fine"
    over = f", and over it {', '.join(given.source for given in sources.values())}" if sources else ""
    return ok("configuration", words + over)


def mistake(words: str) -> Finding:
    """A mistake in the configuration.

    Args:
        words: A sentence.
    """
    return missing("configuration", words.rstrip("."), fatal=True)


def overridden(options: object) -> Finding:
    """What stands in the file and does not count, because a variable or an option says otherwise.

    Args:
        options: The parsed command line.
    """
    try:
        values = flatten(config_file.read(config_file.file_of(options)), "")
    except (FileNotFoundError, ConfigError):
        return ok("overridden", "nothing is known to be")
    found = [
        f"{key} by {given.source}"
        for key, given in config_file.sources(options).items()
        if key in values and repr(values[key]) != repr(given.value)
    ]
    if not found:
        return ok("overridden", "nothing")
    return note("overridden", ", ".join(found), "what stands in the file for it does not count")


def addresses(config: Config) -> Finding:
    """Which Telex."""
    pair = (config.api_url, config.push_url)
    name = next((name for name, known in ENVIRONMENTS.items() if known[:2] == pair), "its own")
    return ok("Telex", f"{name}: {config.api_url}, {config.push_url}")


def lock_folder() -> Finding:
    """Where the lock and the instance socket are."""
    try:
        folder = paths.runtime_folder()
    except ConfigError as error:
        return missing("lock", error.message.rstrip("."), fatal=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        return missing("lock", f"the folder {folder} cannot be written", paths.ELSEWHERE, fatal=True)
    return ok("lock", folder)


def log_folder() -> Finding:
    """Where the log is; the agent also runs without one."""
    try:
        file = paths.log_file()
    except OSError as error:
        return note("log", f"none, its folder cannot be made ({error.strerror})", remedies.log_folder())
    if not os.access(file if os.path.exists(file) else os.path.dirname(file), os.W_OK):
        return note("log", f"none, {file} cannot be written", "see who owns it")
    return ok("log", file)


def left_out() -> Finding:
    """The organisations that the agent has no room for on its connection to Telex, as its log names them."""
    try:
        with open(paths.log_file(), encoding="utf-8", errors="replace") as log:
            said = [text for text in log if _NO_ROOM in text or _ROOM_FOR_ALL in text]
    except OSError:
        said = []
    _, found, which = said[-1].rstrip().partition(_NO_ROOM) if said else ("", "", "")
    if not found:
        return ok("organisations", "none was left out, as far as the log goes back")
    return note(
        "organisations",
        f"Telex took no more on one connection, and left out{which}",
        "those with unread messages go first; ask whoever runs Telex for a larger channel_limit",
    )


def running(config: Config) -> Finding:
    """Whether an agent runs already, for this user and address."""
    try:
        kind = instance.ask(paths.runtime_folder(), config.api_url, None)
    except TelexStartError:
        kind = None  # the finding about the lock says why
    words = {None: "none", "tray": "one, with an icon", "headless": "one, headless"}
    return ok("running agent", words.get(kind, str(kind)))
