"""Which poll is due when: of the unread, of how the person set it at Telex, and of what is needed for links.

Pure: time comes in as seconds, chance as a function. Not thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from .pace import Timings
from .poll_calls import AGENTS, SECTIONS

MUTED = "muted"
PREFERENCE = "preference"
SETTINGS = (MUTED, PREFERENCE)
PROFILE = "profile"
SLUG = "slug"
_ORDER = (*SETTINGS, *SECTIONS)
"""Of the calls for one organisation: its settings first, so that nothing muted is told."""

_NEVER = float("inf")
_LONGEST = 3600.0
"""Seconds between two tries of what fails, at most."""
LARGE = 16 * 1024 * 1024
"""An answer of more bytes is not asked for again after a short outage, nor before it is due."""
_SHORT = 60.0
"""Seconds that a short outage lasts at most."""
_PEOPLE_DIFFER = 0.1
"""The share by which this program's periods are longer or shorter than another one's."""


class Job(NamedTuple):
    """Calls to be made now, one after the other."""

    channel: str
    """The organisation's; empty for what is none's."""
    calls: tuple[str, ...]


@dataclass(slots=True)
class _Asked:
    """One call of one organisation."""

    due: float = _NEVER
    not_before: float = float("-inf")
    at: float = float("-inf")
    """When it was made last."""
    failures: int = 0
    large: bool = False
    """Its answer was :data:`LARGE`."""


@dataclass(slots=True)
class _Organisation:
    calls: dict[str, _Asked]
    began: float = float("-inf")
    """When its unread was asked for last."""
    live: bool = False
    """It has been live on this connection."""
    met: bool = False
    """It has been live before."""
    heard_at: float = float("-inf")
    """When the push server was last heard of on a connection on which it was live."""


class Schedule:
    """What is to be polled for the organisations of one session."""

    def __init__(self, timings: Timings, chance: Callable[[], float], settings: bool = True) -> None:
        """
        Args:
            timings: How often, and how soon.
            chance: Gives numbers in [0, 1).
            settings: Whether the person's settings are of interest.
        """
        self._timings = timings
        self._chance = chance
        self._settings = settings
        # One factor for all, so that what was polled together is polled together again.
        self._pace = 1.0 + _PEOPLE_DIFFER * (2.0 * chance() - 1.0)
        self._organisations: dict[str, _Organisation] = {}
        self._profile = _Asked()
        self._watched: frozenset[str] = frozenset()
        self._round_at = float("-inf")
        self._all = False
        self._unanswered = 0
        self._not_before = float("-inf")

    def connected(self, now: float, at_once: bool) -> None:
        """A connection stands.

        Args:
            now: Seconds.
            at_once: The machine has woken, or the person wants it so: all is polled, and nobody else does so in
                this very second.
        """
        self._all = at_once
        self._round_at = now if at_once else now + self._timings.unread_after * self._chance()
        for organisation in self._organisations.values():
            organisation.live = False
        if at_once:
            self._unanswered = 0
            self._not_before = float("-inf")
        if self._settings and self._profile.at == float("-inf"):
            self._profile.due = min(self._profile.due, now)

    def disconnected(self, heard_at: float) -> None:
        """The connection stands no more; the push server was last heard of then, in seconds."""
        for organisation in self._organisations.values():
            if organisation.live:
                organisation.heard_at = heard_at

    def live(self, channel: str, whole: bool, now: float) -> None:
        """An organisation's channel is live; ``whole`` where nothing was missed since it was live before."""
        known = self._organisation(channel)
        if not known.met:
            known.met = True
            if self._settings:
                for call in SETTINGS:
                    known.calls[call].due = now
            self._want_unread(known, now)
        elif not whole or self._all:
            # Subscribed anew on a connection that stands: the server's doing, and not for this person alone.
            again = now + self._timings.unread_after * self._chance() if known.live else now
            short = known.live or now - known.heard_at <= _SHORT
            self._want_unread(known, max(again, self._round_at), not short)
        known.live = True

    def signed_in_anew(self, now: float) -> None:
        """What was not to be had may be now."""
        for known in self._organisations.values():
            for call in _ORDER:
                asked = known.calls[call]
                if asked.not_before > now:
                    asked.due, asked.not_before = now, float("-inf")

    def keep(self, channels: Collection[str]) -> None:
        """The person is in no other organisations than these."""
        for channel in self._organisations.keys() - set(channels):
            del self._organisations[channel]

    def watch_settings(self, now: float) -> None:
        """The person's settings are of interest."""
        if not self._settings:
            self._settings = True
            self._profile.due = now
            for known in self._organisations.values():
                if known.met:
                    for call in SETTINGS:
                        known.calls[call].due = now

    def watch_agents(self, channels: frozenset[str]) -> None:
        """In these organisations agents' conversations count as unread."""
        self._watched = channels
        for channel in channels:
            if (known := self._organisations.get(channel)) and (agents := known.calls[AGENTS]).at > float("-inf"):
                agents.due = min(agents.due, max(agents.at + self._period(AGENTS, channel), agents.not_before))

    def want_slug(self, channel: str, now: float) -> None:
        """Somebody wants to know the organisation's slug."""
        asked = self._organisation(channel).calls[SLUG]
        asked.due = min(asked.due, now)

    def _organisation(self, channel: str) -> _Organisation:
        if (known := self._organisations.get(channel)) is None:
            known = self._organisations[channel] = _Organisation({call: _Asked() for call in (*_ORDER, SLUG)})
        return known

    @staticmethod
    def _want_unread(known: _Organisation, when: float, large: bool = True) -> None:
        """Ask for it then, for what is ``large`` only where this is true."""
        for section in SECTIONS:
            asked = known.calls[section]
            if large or not asked.large:
                asked.due = min(asked.due, max(when, asked.not_before))

    def due_at(self) -> float:
        """When :meth:`next` has something, as far as is known now; seconds."""
        first = self._profile.due
        for known in self._organisations.values():
            first = min(first, self._first(known), known.calls[SLUG].due)
        return max(first, self._not_before)

    def next(self, now: float) -> Job | None:
        """What is to be done now. Whoever takes it says of each of its calls what became of it."""
        if self._not_before > now:
            return None
        if self._profile.due <= now:
            return self._taken(Job("", (PROFILE,)), now)
        if self._organisations:
            channel, known = min(self._organisations.items(), key=lambda item: self._first(item[1]))
            if calls := tuple(call for call in _ORDER if self._due(known, call) <= now):
                return self._taken(Job(channel, calls), now)
        for channel, known in self._organisations.items():
            if known.calls[SLUG].due <= now:
                return self._taken(Job(channel, (SLUG,)), now)
        return None

    def _taken(self, job: Job, now: float) -> Job:
        for call in job.calls:
            asked = self._asked(job.channel, call)
            assert asked is not None
            asked.due = _NEVER
            asked.at = now
        if any(call in SECTIONS for call in job.calls):
            self._organisations[job.channel].began = now
        return job

    def _first(self, known: _Organisation) -> float:
        return min(self._due(known, call) for call in _ORDER)

    def _due(self, known: _Organisation, call: str) -> float:
        due = known.calls[call].due
        return max(due, known.began + self._timings.unread_apart) if call in SECTIONS else due

    def _asked(self, channel: str, call: str) -> _Asked | None:
        """``None`` where the person has left the organisation meanwhile."""
        if not channel:
            return self._profile
        known = self._organisations.get(channel)
        return known.calls[call] if known is not None else None

    def answered(self, channel: str, call: str, size: int = 0) -> None:
        """The call was answered, by so many bytes."""
        if (asked := self._asked(channel, call)) is not None:
            asked.failures = 0
            asked.large = size > LARGE
            if call != SLUG:
                period = self._period(call, channel)
                asked.due = min(
                    asked.due, asked.at + (max(period, self._timings.unread_every) if asked.large else period)
                )

    def not_there(self, channel: str, call: str, now: float) -> None:
        """This deployment has no such call."""
        if (asked := self._asked(channel, call)) is not None:
            asked.failures = 0
            if call != SLUG:  # which is asked for again when it is wanted again
                asked.due = asked.not_before = now + self._timings.not_there_for

    def failed(self, channel: str, call: str, now: float) -> None:
        """The call failed, or was not made because another one did, for a reason that passes."""
        if (asked := self._asked(channel, call)) is not None:
            asked.due = min(asked.due, now + self._again(asked.failures))
            asked.failures += 1

    def unanswered(self, now: float) -> None:
        """Telex did not answer a call at all."""
        self._unanswered += 1
        if self._unanswered > 1:  # one may be one organisation's alone
            self._not_before = now + self._again(self._unanswered - 2)

    def heard(self) -> None:
        """Telex answers."""
        self._unanswered = 0
        self._not_before = float("-inf")

    def put_back(self, channel: str, call: str, now: float) -> None:
        """The call was not made, and is as due as before."""
        if (asked := self._asked(channel, call)) is not None:
            asked.due = now

    def _again(self, failures: int) -> float:
        return self._pace * min(self._timings.failed_again * 2.0 ** min(failures, 20), _LONGEST)

    def _period(self, call: str, channel: str) -> float:
        timings = self._timings
        if call == PROFILE:
            seconds = timings.profile_every
        elif call in SETTINGS:
            seconds = timings.settings_every
        elif call == AGENTS and channel in self._watched:
            seconds = timings.agents_every
        else:
            seconds = timings.unread_every
        return self._pace * seconds
