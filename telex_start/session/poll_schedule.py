"""Which poll is due when: of the unread, of how the person set it at Telex, and of what is needed for links.

Pure: time comes in as seconds, chance as a function. Not thread-safe.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from ..news.publications import AGENTS
from .pace import Timings
from .poll_calls import SECTIONS

MUTED = "muted"
PREFERENCE = "preference"
SETTINGS = (MUTED, PREFERENCE)
PROFILE = "profile"
SLUG = "slug"
_ORDER = (*SETTINGS, *SECTIONS)
"""Of the calls for one organisation that are made together: its settings first, so that nothing muted is told."""

_NEVER = float("inf")
_LONGEST = 3600.0
"""Seconds between two tries of what fails, at most."""
LARGE = 16 * 1024 * 1024
"""An answer of more bytes is not asked for again after a short outage, nor before it is due."""
_SHORT = 60.0
"""Seconds that a short outage lasts at most."""
_PEOPLE_DIFFER = 0.1
"""The share by which this program's periods are longer or shorter than another one's."""


@dataclass(slots=True, eq=False)
class Poll:
    """One call for one organisation."""

    channel: str
    """The organisation's; empty for what is none's."""
    call: str
    due: float = _NEVER
    not_before: float = float("-inf")
    at: float = float("-inf")
    """When it was made last."""
    failures: int = 0
    large: bool = False
    """Its answer was :data:`LARGE`."""


class _Organisation:
    def __init__(self, channel: str) -> None:
        self.polls = {call: Poll(channel, call) for call in (*_ORDER, SLUG)}
        self.began = float("-inf")
        """When its unread was asked for last."""
        self.live = False
        """It has been live on this connection."""
        self.met = False
        """It has been live before."""
        self.heard_at = float("-inf")
        """When the push server was last heard of on a connection on which it was live."""

    def want(self, calls: Collection[str], when: float, large: bool = True) -> None:
        """Have these made then; what is ``large`` only where this is true."""
        for call in calls:
            poll = self.polls[call]
            if large or not poll.large:
                poll.due = min(poll.due, max(when, poll.not_before))


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
        self._profile = Poll("", PROFILE)
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
            self.heard(now, answered=True)
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
            known.want(_ORDER if self._settings else SECTIONS, now)
        elif not whole or self._all:
            # Subscribed anew on a connection that stands: the server's doing, and not for this person alone.
            again = now + self._timings.unread_after * self._chance() if known.live else now
            short = known.live or now - known.heard_at <= _SHORT
            known.want(SECTIONS, max(again, self._round_at), large=not short)
        known.live = True

    def signed_in_anew(self, now: float) -> None:
        """What was not to be had may be now."""
        for known in self._organisations.values():
            for poll in known.polls.values():
                if poll.not_before > now:
                    poll.due, poll.not_before = now, float("-inf")

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
                    known.want(SETTINGS, now)

    def watch_agents(self, channels: frozenset[str]) -> None:
        """In these organisations agents' conversations count as unread."""
        self._watched = channels
        for channel in channels:
            if (known := self._organisations.get(channel)) and (agents := known.polls[AGENTS]).at > float("-inf"):
                known.want((AGENTS,), agents.at + self._period(agents))

    def want_slug(self, channel: str, now: float) -> None:
        """Somebody wants to know the organisation's slug."""
        self._organisation(channel).want((SLUG,), now)

    def _organisation(self, channel: str) -> _Organisation:
        return self._organisations.setdefault(channel, _Organisation(channel))

    def due_at(self) -> float:
        """When :meth:`next` has something, as far as is known now; seconds."""
        first = self._profile.due
        for known in self._organisations.values():
            first = min(first, self._first(known), known.polls[SLUG].due)
        return max(first, self._not_before)

    def next(self, now: float) -> list[Poll]:
        """What is to be done now, one after the other, all for the same organisation; empty: nothing.

        Whoever takes it says of each what became of it.
        """
        polls = [] if self._not_before > now else self._next(now)
        for poll in polls:
            poll.due, poll.at = _NEVER, now
            if poll.call in SECTIONS:
                self._organisations[poll.channel].began = now
        return polls

    def _next(self, now: float) -> list[Poll]:
        if self._profile.due <= now:
            return [self._profile]
        if self._organisations:
            known = min(self._organisations.values(), key=self._first)
            if polls := [known.polls[call] for call in _ORDER if self._due(known, call) <= now]:
                return polls
        slugs = (known.polls[SLUG] for known in self._organisations.values())
        return [poll for poll in slugs if poll.due <= now][:1]

    def _first(self, known: _Organisation) -> float:
        return min(self._due(known, call) for call in _ORDER)

    def _due(self, known: _Organisation, call: str) -> float:
        due = known.polls[call].due
        return max(due, known.began + self._timings.unread_apart) if call in SECTIONS else due

    def answered(self, poll: Poll, now: float, size: int | None) -> None:
        """It was answered, by so many bytes; ``None``: this deployment has no such call."""
        self.heard(now, answered=True)
        poll.failures = 0
        if poll.call == SLUG:
            return  # it is asked for again when it is wanted again
        if size is None:
            poll.due = poll.not_before = now + self._timings.not_there_for
            return
        poll.large = size > LARGE
        period = self._period(poll)
        poll.due = min(poll.due, poll.at + (max(period, self._timings.unread_every) if poll.large else period))

    def failed(self, poll: Poll, now: float) -> None:
        """It failed, or was not made because another one did, for a reason that passes."""
        poll.due = min(poll.due, now + self._again(poll.failures))
        poll.failures += 1

    def put_back(self, poll: Poll, now: float) -> None:
        """It was not made, and is as due as before."""
        poll.due = now

    def heard(self, now: float, *, answered: bool) -> None:
        """Telex has answered a call, or did not answer it at all."""
        if answered:
            self._unanswered = 0
            self._not_before = float("-inf")
            return
        self._unanswered += 1
        if self._unanswered > 1:  # one may be one organisation's alone
            self._not_before = now + self._again(self._unanswered - 2)

    def _again(self, failures: int) -> float:
        return self._pace * min(self._timings.failed_again * 2.0 ** min(failures, 20), _LONGEST)

    def _period(self, poll: Poll) -> float:
        timings = self._timings
        if poll.call == PROFILE:
            seconds = timings.profile_every
        elif poll.call in SETTINGS:
            seconds = timings.settings_every
        elif poll.call == AGENTS and poll.channel in self._watched:
            seconds = timings.agents_every
        else:
            seconds = timings.unread_every
        return self._pace * seconds
