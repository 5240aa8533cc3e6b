"""``telex-start pause``: asks the running agent, or notes it for the next one where none is running."""

from __future__ import annotations

import sys

from . import clock, command_line, config_file
from .app.local_time import WALL
from .app.quiet_desk import QuietDesk
from .config import Config
from .errors import ConfigError
from .menu import Request
from .process import instance, paths, state_file
from .remembered import Remembered


class _Memory:
    def __init__(self, api_url: str) -> None:
        self._api_url = api_url

    def load(self) -> tuple[Remembered, str]:
        return state_file.load(self._api_url)

    def save(self, remembered: Remembered) -> None:
        try:
            state_file.save(self._api_url, remembered)
        except OSError as error:
            raise ConfigError(f"{state_file.path(self._api_url)} cannot be written ({error.strerror}).") from None


def desk(api_url: str) -> QuietDesk:
    """What is paused and muted on this machine, for who is not the agent."""
    return QuietDesk(Config(), _Memory(api_url), lambda now: None, wall=WALL)


def main(argv: list[str]) -> int:
    """Pause notifications, or resume them.

    Raises:
        ConfigError: an option or the argument is wrong, or it cannot be noted.
    """
    options = command_line.parse_command("pause", argv)
    config = config_file.load(options)
    folder, argument = paths.runtime_folder(), options.how_long
    noted = desk(config.api_url)
    if noted.problem:  # who starts later finds nothing to say it of
        print(f"telex-start: {noted.problem}", file=sys.stderr)
    kind = instance.ask(folder, config.api_url, None)
    try:
        if kind is None:
            noted.pause(argument)
        else:
            noted.quiet.pause(argument, clock.now())  # for its words, and whether it is a pause at all
    except ValueError as error:
        raise ConfigError(f"pause: {argument} is too long or no time: {error}.") from None
    # Asked last, and of an agent that has just started too: it may have read what was noted before this.
    if instance.ask(folder, config.api_url, Request.PAUSE, argument=argument) is None and kind is not None:
        noted.pause(argument)
        kind = None
    words = noted.silence(clock.now()).words
    print(f"Notifications are {words}." if words else "Notifications come as they are set.")
    if kind is None:
        print("Telex Start is not running; its next start will know.")
    return 0
