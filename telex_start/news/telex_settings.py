"""What the person set at Telex: whether news may be told, and when. Pure.

Telex applies these settings to mobile pushes alone and publishes everything all the same, so it is the client that
honours them. Muted channels are the unread state's matter, which leaves them out of the counts (:mod:`.unread`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from ..events import ProfileLookedUp, SettingsLookedUp
from .hours import Hours, hours
from .item import News

_LOOK_AGAIN = 3600.0
"""Seconds after which the hours are looked at again at the latest: clocks are set, and people travel."""


class Verdict(Enum):
    """What becomes of a piece of news."""

    TELL = "tell"
    HOLD = "hold"
    """Not now: a summary tells it when the pause ends, or the hours begin."""
    DROP = "drop"
    """Never; it is counted all the same."""


class TelexSettings:
    """Owned by one thread."""

    def __init__(self, honoured: bool, second_of_day: Callable[[str], float]) -> None:
        """
        Args:
            honoured: ``False``: whatever is set at Telex, everything is told.
            second_of_day: The seconds since midnight in a time zone, by its name; where the name is empty or not known,
                on this machine.
        """
        self.honoured = honoured
        """May change at any time: what is set at Telex is known all the same."""
        self._paused = False
        self._profile_of = ""
        self._second_of_day = second_of_day
        self._timezone = ""
        self._about: dict[str, str] = {}
        self._hours: dict[str, Hours | None] = {}
        self._muted: dict[str, frozenset[str]] = {}

    def paused(self, channel: str) -> bool:
        """Whether the person wants no notifications of this organisation just now."""
        return self.honoured and self._paused and self._profile_of in ("", channel.rpartition("/")[0])

    def muted(self) -> dict[str, frozenset[str]]:
        """By push channel: the ids of the channels that are muted."""
        return {channel: idents if self.honoured else frozenset() for channel, idents in self._muted.items()}

    def looked_up(self, event: SettingsLookedUp) -> None:
        """The settings of an organisation."""
        if event.notify_about is not None:
            self._about[event.channel] = event.notify_about
        if event.time_range is not None:
            self._hours[event.channel] = hours(event.time_range)
        if event.muted is not None:
            self._muted[event.channel] = event.muted

    def profile(self, event: ProfileLookedUp) -> None:
        """The settings of the person."""
        self._paused, self._profile_of = event.paused, event.organisation_id
        self._timezone = event.timezone

    def verdict(self, news: News) -> Verdict:
        """What becomes of news."""
        if not self.honoured:
            return Verdict.TELL
        channel = news.conversation.channel
        about = self._about.get(channel)
        if about == "nothing" or (about == "mentions" and not news.to_oneself):
            return Verdict.DROP
        return Verdict.HOLD if self.holds(channel) else Verdict.TELL

    def calls(self, channel: str) -> bool:
        """Whether a call in this organisation is told."""
        return not (self.honoured and self._about.get(channel) == "nothing") and not self.holds(channel)

    def holds(self, channel: str) -> bool:
        """Whether nothing of this organisation is told now."""
        return self.paused(channel) or (self.honoured and self._out_of_hours(channel))

    def free_in(self, channel: str) -> float | None:
        """In how many seconds to ask :meth:`holds` again; ``None`` where only Telex can end it."""
        found = self._hours.get(channel)
        if self.paused(channel) or found is None:
            return None
        return min(found.begin_in(self._second_of_day(self._timezone)), _LOOK_AGAIN)

    def left(self, channel: str) -> None:
        """The user left this organisation."""
        self._about.pop(channel, None)
        self._hours.pop(channel, None)
        self._muted.pop(channel, None)

    def clear(self) -> None:
        """Forget everything."""
        self._about.clear()
        self._hours.clear()
        self._muted.clear()
        self._paused, self._profile_of, self._timezone = False, "", ""

    def _out_of_hours(self, channel: str) -> bool:
        found = self._hours.get(channel)
        return found is not None and not found.contain(self._second_of_day(self._timezone))
