"""Saving what was changed in the preferences window, and what may come in between. No Tk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from ...errors import ChangedMeanwhile, TelexStartError
from .model import Model

log = logging.getLogger(__name__)


class File(Protocol):
    """The configuration file (see :class:`telex_start.config_file.ConfigFile`)."""

    def values(self) -> dict[str, Any]: ...
    def write(self, changes: Mapping[str, Any | None], base: Mapping[str, Any]) -> None: ...


class Deeds(NamedTuple):
    """What saving does beside writing the file."""

    saved: Callable[[], object]
    """The agent is to read the file anew."""
    unmute: Callable[[tuple[str, str, str]], object]
    """The person is to hear of this again."""
    start_at_login: Callable[[bool], str]
    """Switch that the agent starts at log-in, and give what else the person should know, in sentences or empty; raises
    :class:`TelexStartError` where that cannot be done."""


class Saving(NamedTuple):
    """What has come of it; all but :attr:`told` is empty where all was saved."""

    wrong: Mapping[str, str] = {}
    """Key -> what is wrong with what was entered."""
    changed_meanwhile: tuple[str, ...] = ()
    """Keys that were changed by hand too."""
    failed: str = ""
    """Why it cannot be written, in words."""
    told: str = ""
    """What the person should know though all was saved, in words."""

    @property
    def done(self) -> bool:
        """All was saved."""
        return not (self.wrong or self.changed_meanwhile or self.failed)


class Saver:
    """Saves the values of one window.

    Args:
        model: The values.
        file: Where to.
        deeds: What else there is to do.
    """

    def __init__(self, model: Model, file: File, deeds: Deeds) -> None:
        self._model = model
        self._file = file
        self._deeds = deeds

    def save(self) -> Saving:
        """Save all, if all is right; the file first, as all else can only fail."""
        model, told = self._model, ""
        if wrong := model.faults():
            return Saving(wrong=wrong)
        try:
            changes = model.changes()
            if changes:
                self._file.write(changes, model.base)
                model.written(self._file.values())
                self._deeds.saved()
            if model.switches_at_login:
                told = self._deeds.start_at_login(bool(model.at_login))
            for muted in model.to_unmute:
                self._deeds.unmute(muted.key)
        except ChangedMeanwhile as error:
            return Saving(changed_meanwhile=error.keys)
        except TelexStartError as error:
            return Saving(failed=error.message)
        except Exception as error:
            log.error("unexpected error in saving", exc_info=error)
            return Saving(failed=f"Something unexpected went wrong ({type(error).__name__}): nothing more was saved.")
        model.done()
        return Saving(told=told)

    def resolve(self, *, theirs: bool, keys: tuple[str, ...]) -> Saving:
        """Save after the person has been asked about what was changed by hand meanwhile.

        Args:
            theirs: What was written by hand stays; else it is overwritten.
            keys: Those that were asked about.
        """
        try:
            values = self._file.values()
        except TelexStartError as error:
            return Saving(failed=error.message)
        self._model.yield_to(values, keys if theirs else ())
        return self.save()
