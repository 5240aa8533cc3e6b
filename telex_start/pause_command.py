"""``telex-start pause``: asks the running agent, or notes it for the next one where none is running."""

from __future__ import annotations

import sys
import time

from . import clock, command_line, config_file
from .config import Config
from .errors import ConfigError
from .menu import MuteFor, Request
from .news.quiet import Quiet
from .news.wall import Wall
from .process import instance, paths
from .process.state_file import Memory
from .remembered import Remembered
from .toast import Conversation


class Noted:
    """What is paused and muted on this machine, for who is not the agent.

    Args:
        api_url: For which Telex.
    """

    def __init__(self, api_url: str) -> None:
        self._memory = Memory(api_url)
        self._unreadable = ""
        """Why what was noted cannot be read just now; it must not be written over then."""
        try:
            self._kept, self.problem = self._memory.load()
            """What was noted, and what is wrong with it, in a sentence; empty where nothing is."""
        except OSError as error:
            self._kept, self.problem, self._unreadable = Remembered(), "", error.strerror or type(error).__name__
        self.quiet = Quiet(Config(), Wall(time.time, clock.offset), clock.boot())
        self.quiet.remember(self._kept, clock.now())
        self.quiet.tick(clock.now())

    def pause(self, argument: str) -> None:
        """Pause notifications, or resume them; see :meth:`telex_start.news.quiet.Quiet.pause`.

        Raises:
            ValueError: it is no such argument.
            ConfigError: it cannot be noted.
        """
        self.quiet.pause(argument, clock.now())
        self._keep()

    def mute(self, conversation: Conversation, how_long: MuteFor | None) -> None:
        """Mute a conversation, or an organisation; see :meth:`telex_start.news.quiet.Quiet.mute`.

        Raises:
            ConfigError: it cannot be noted.
        """
        self.quiet.mute(conversation, "", how_long, clock.now())
        self._keep()

    def _keep(self) -> None:
        self.quiet.tick(clock.now())
        remembered = self.quiet.remembered(self._kept.email)
        if remembered == self._kept:
            return
        if self._unreadable:
            raise ConfigError(f"{self._memory.path} cannot be read ({self._unreadable}); nothing is changed.")
        try:
            self._memory.save(remembered)
        except OSError as error:
            raise ConfigError(f"{self._memory.path} cannot be written ({error.strerror}).") from None
        self._kept = remembered


def main(argv: list[str]) -> int:
    """Pause notifications, or resume them.

    Raises:
        ConfigError: an option or the argument is wrong, or it cannot be noted. What is wrong in the configuration keeps
            nobody from pausing an agent that runs.
    """
    options = command_line.parse_command("pause", argv)
    config = config_file.load_where(options)
    folder, argument = paths.runtime_folder(), options.how_long
    noted = Noted(config.api_url)
    if noted.problem:  # who starts later finds nothing to say it of
        print(f"telex-start: {noted.problem}", file=sys.stderr)
    kind = instance.ask(folder, config.api_url, None)
    if kind is None:
        config = config_file.load(options)  # what is wrong with it may be why none is found
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
    words = noted.quiet.silence(clock.now()).words
    print(f"Notifications are {words}." if words else "Notifications are resumed.")
    if kind is None:
        print("Telex Start is not running; its next start will know.")
    return 0
