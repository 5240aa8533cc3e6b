"""Has a changed configuration take effect while the program runs: when the menu opens, and when it is asked to.

What is wrong is said, and has no effect. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from ..config import ENVIRONMENTS, Config, Environment
from ..errors import ConfigError
from ..events import Event, MenuOpened, Organisation, SecondStart
from ..menu import Request
from ..news import wording
from ..news.quiet import none_of_these
from .own_words import OwnWords
from .ports import Settings

log = logging.getLogger(__name__)

AT_THE_NEXT_START = ("api_url", "push_url", "web_url", "ca_file", "email")
"""What a session, once it is there, is made of."""


class SettingsDesk:
    """Reads the configuration again, and gives what is new to those who use it."""

    def __init__(
        self,
        config: Config,
        settings: Settings,
        own: OwnWords,
        users: Iterable[Callable[[Config], None]],
    ) -> None:
        """
        Args:
            config: The configuration that counts now.
            settings: Where it comes from.
            own: Says what is wrong.
            users: Each takes up the configuration that counts; all in all at once, without a reconnect.
        """
        self._config = config
        self._settings = settings
        self._own = own
        self._users = tuple(users)
        self._later: tuple[str, ...] = ()
        self._organisations: tuple[Organisation, ...] = ()
        self._strangers: list[str] = []

    def handle(self, event: Event) -> bool:
        """Take in an event.

        Returns:
            Whether it was one for this alone.
        """
        match event:
            case MenuOpened():
                self.look()
            case SecondStart(request=Request.RELOAD):
                self.reload()
                return True
        return False

    def organisations(self, organisations: tuple[Organisation, ...]) -> None:
        """Those of the signed-in user have been looked up: does the configuration name others?"""
        self._organisations = organisations
        self._name_strangers(asked=False)

    def look(self) -> None:
        """Take it up if the file has changed since it was read last."""
        if self._settings.changed():
            self._read(asked=False)

    def reload(self) -> None:
        """Take it up: the person has asked for that."""
        self._read(asked=True)

    def _read(self, asked: bool) -> None:
        """Read the configuration.

        Args:
            asked: The person is told again what they have been told before.
        """
        try:
            new = self._settings.load()
        except ConfigError as error:
            log.warning("the configuration stays as it was: %s", error.message)
            self._own.say(wording.said("The configuration stays as it was", error.message, key=wording.CONFIGURATION))
            return
        later = tuple(key for key in AT_THE_NEXT_START if getattr(new, key) != getattr(self._config, key))
        if not later:
            self._own.take_back(wording.CONFIGURATION)
        elif asked or later != self._later:
            self._own.say(wording.at_the_next_start(_as_written(later, new)))
        self._later = later
        counts = new._replace(**{key: getattr(self._config, key) for key in later})
        differs = [key for key in Config._fields if getattr(counts, key) != getattr(self._config, key)]
        self._config = counts
        log.info("the configuration was read anew: %s", ", ".join(differs) or "nothing else counts")
        if differs:
            self._settings.take_up(counts)
            for user in self._users:
                user(counts)
        self._name_strangers(asked)

    def _name_strangers(self, asked: bool) -> None:
        strangers = none_of_these(self._config.organisations, self._organisations) if self._organisations else []
        if strangers and (asked or strangers != self._strangers):
            log.warning("the configuration names organisations that are not the user's: %s", ", ".join(strangers))
            names = [one.name for one in self._organisations]
            self._own.say(wording.no_such_organisation(strangers, names), needs_person=asked)
        elif not strangers:
            self._own.take_back(wording.ORGANISATIONS)
        self._strangers = strangers


def _as_written(later: tuple[str, ...], new: Config) -> tuple[str, ...]:
    """The keys as the person knows them: addresses of an environment are set by its name."""
    addresses = Environment(new.api_url, new.push_url, new.web_url)
    if addresses not in ENVIRONMENTS.values() or not set(later) & set(Environment._fields):
        return later
    return ("environment", *(key for key in later if key not in Environment._fields))


class Unchanging:
    """Settings that have no file."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def changed(self) -> bool:
        """Never."""
        return False

    def load(self) -> Config:
        """What it is."""
        return self._config

    def take_up(self, config: Config) -> None:
        """There is nothing to do."""
