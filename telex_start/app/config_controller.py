"""Has a changed configuration take effect while the program runs, and opens the preferences window, which changes it.

The configuration is read when the menu opens, where its file has changed, and when that is asked for. What is wrong is
said, and has no effect. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from ..config import ENVIRONMENTS, Config, Environment
from ..errors import ConfigError
from ..events import MuteChosen, Organisation
from ..menu import Muted
from ..news import wording
from ..news.quiet import none_of_these
from ..toast import Conversation
from .app_toasts import AppToasts
from .ports import Ports

log = logging.getLogger(__name__)

AT_THE_NEXT_START = ("api_url", "push_url", "web_url", "ca_file", "email")
"""What a session, once it is there, is made of."""


class ConfigController:
    """Reads the configuration again, and gives what is new to those who use it."""

    def __init__(self, config: Config, ports: Ports, own: AppToasts, configure: Callable[[Config], None]) -> None:
        """
        Args:
            config: The configuration that counts now.
            own: Says what is wrong.
            configure: Has all take up at once, without a reconnect, the configuration that counts.
        """
        self._config = config
        self._ports = ports
        self._own = own
        self._configure = configure
        self._organisations: tuple[Organisation, ...] = ()

    def organisations(self, organisations: tuple[Organisation, ...]) -> None:
        """Those of the signed-in user have been looked up: does the configuration name others?"""
        self._organisations = organisations
        self._name_strangers(asked=False)

    def look(self) -> None:
        """Take it up if the file has changed since it was read last."""
        if self._ports.source.changed():
            self._read(asked=False)

    def reload(self) -> None:
        """Take it up: the person has asked for that, and is told again what they have been told before."""
        self._read(asked=True)

    def open_window(self, organisations: Iterable[Organisation], muted: Iterable[Muted], token: str = "") -> None:
        """Open the preferences, with what the agent alone knows; where there is no icon, the command does that."""
        if self._ports.surface.opens_windows:
            named = [(one.id, one.name, wording.title("", one.name)) for one in organisations]
            self._ports.windows.open_preferences(named, [tuple(one) for one in muted], token)

    def window_said(self, said: dict[str, Any]) -> None:
        """Do what the preferences window says; the login window may have saved, too."""
        match said:
            case {"saved": True}:
                self.reload()  # at once: a sign-in that follows goes by it
            case {"unmute": [str(channel), str(section), str(ident)]}:
                self._ports.events.put(MuteChosen(Conversation(channel, section, ident), None))

    def _read(self, asked: bool) -> None:
        try:
            new = self._ports.source.load()
        except ConfigError as error:
            log.warning("the configuration stays as it was: %s", error.message)
            self._own.say(wording.said("The configuration stays as it was", error.message, key=wording.CONFIGURATION))
            return
        later = tuple(key for key in AT_THE_NEXT_START if getattr(new, key) != getattr(self._config, key))
        if later:
            self._own.say(wording.at_the_next_start(_as_written(later, new)), again=asked)
        else:
            self._own.take_back(wording.CONFIGURATION)
        counts = new._replace(**{key: getattr(self._config, key) for key in later})
        differs = [key for key in Config._fields if getattr(counts, key) != getattr(self._config, key)]
        self._config = counts
        log.info("the configuration was read anew: %s", ", ".join(differs) or "nothing else counts")
        if differs:
            self._configure(counts)
        self._name_strangers(asked)

    def _name_strangers(self, asked: bool) -> None:
        strangers = none_of_these(self._config.organisations, self._organisations) if self._organisations else []
        toast = wording.no_such_organisation(strangers, [one.name for one in self._organisations])
        if not strangers:
            self._own.take_back(wording.ORGANISATIONS)
        elif self._own.say(toast, needs_person=asked, again=asked):
            log.warning("the configuration names organisations that are not the user's: %s", ", ".join(strangers))


def _as_written(later: tuple[str, ...], new: Config) -> tuple[str, ...]:
    """The keys as the person knows them: addresses of an environment are set by its name."""
    addresses = Environment(new.api_url, new.push_url, new.web_url)
    if addresses not in ENVIRONMENTS.values() or not set(later) & set(Environment._fields):
        return later
    return ("environment", *(key for key in later if key not in Environment._fields))
