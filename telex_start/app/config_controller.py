"""Makes a changed configuration take effect while the program runs, and opens the preferences window, which changes it.

The configuration is read again when the menu opens, if its file has changed, and on request. If there is an error in
it, the person is told, and the configuration stays as it was. For the main thread.
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
"""Settings that a running session is made of: a change of these counts only at the next start."""


class ConfigController:
    """Reads the configuration again, and has the other parts take up what is new."""

    def __init__(self, config: Config, ports: Ports, own: AppToasts, configure: Callable[[Config], None]) -> None:
        """
        Args:
            config: The configuration that counts now.
            own: Says what is wrong with the configuration.
            configure: Makes all parts take up a changed configuration at once, without a reconnect.
        """
        self._config = config
        self._ports = ports
        self._own = own
        self._configure = configure
        self._organisations: tuple[Organisation, ...] = ()

    def organisations(self, organisations: tuple[Organisation, ...]) -> None:
        """The user's organisations have been looked up: say so if the configuration names others."""
        self._organisations = organisations
        self._name_strangers(asked=False)

    def look(self) -> None:
        """Read the configuration if its file has changed since it was read last."""
        if self._ports.source.changed():
            self._read(asked=False)

    def reload(self) -> None:
        """Read the configuration, as the person asked for it: what is wrong is said even if it was said before."""
        self._read(asked=True)

    def open_window(self, organisations: Iterable[Organisation], muted: Iterable[Muted], token: str = "") -> None:
        """Open the preferences window, with what only the agent knows; without an icon the command opens it."""
        if self._ports.surface.opens_windows:
            named = [(one.id, one.name, wording.title("", one.name)) for one in organisations]
            self._ports.windows.open_preferences(named, [tuple(one) for one in muted], token)

    def window_said(self, said: dict[str, Any]) -> None:
        """Do what the preferences window says; the login window, too, may say that it has saved."""
        match said:
            case {"saved": True}:
                self.reload()  # at once: a sign-in that follows depends on it
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
        if not strangers:
            self._own.take_back(wording.ORGANISATIONS)
            return
        toast = wording.no_such_organisation(strangers, [one.name for one in self._organisations])
        if self._own.say(toast, needs_person=asked, again=asked):
            log.warning("the configuration names organisations that are not the user's: %s", ", ".join(strangers))


def _as_written(later: tuple[str, ...], new: Config) -> tuple[str, ...]:
    """The keys as the person writes them: ``environment`` for the addresses that belong to one."""
    addresses = Environment(new.api_url, new.push_url, new.web_url)
    if addresses not in ENVIRONMENTS.values() or not set(later) & set(Environment._fields):
        return later
    return ("environment", *(key for key in later if key not in Environment._fields))
