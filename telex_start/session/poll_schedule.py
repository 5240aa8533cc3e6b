"""Decides which poll is due when: the unread state, the person's settings at Telex, and the slugs for links.

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
"""The order of an organisation's calls that are made together: settings first, so that nothing muted is shown."""

_NEVER = float("inf")
_LONGEST = 3600.0
"""Seconds between two tries of a poll that fails, at most."""
LARGE = 16 * 1024 * 1024
"""An answer of more bytes is not asked for again after a short outage, nor before it is due."""
_SHORT = 60.0
"""Seconds that a short outage lasts at most."""
_PEOPLE_DIFFER = 0.1
"""The share by which this agent's periods are longer or shorter than usual, at most; it is chosen by chance."""


@dataclass(slots=True, eq=False)
class Poll:
    """One call for one organisation."""

    channel: str
    """The organisation's channel; empty for a call that belongs to no organisation."""
    call: str
    due: float = _NEVER
    not_before: float = float("-inf")
    at: float = float("-inf")
    """When it was made last."""
    failures: int = 0
    large: bool = False
    """Whether its answer was larger than :data:`LARGE`."""


class _Organisation:
    def __init__(self, channel: str) -> None:
        self.polls = {call: Poll(channel, call) for call in (*_ORDER, SLUG)}
        self.began = float("-inf")
        """When its unread was asked for last."""
        self.live = False
        """Whether it has been live on this connection."""
        self.met = False
        """Whether it has ever been live."""
        self.heard_at = float("-inf")
        """When the push server was last heard of on a connection on which it was live."""

    def want(self, calls: Collection[str], when: float, large: bool = True) -> None:
        """Have these calls made by ``when``; those with a large answer only if ``large``."""
        for call in calls:
            poll = self.polls[call]
            if large or not poll.large:
                poll.due = min(poll.due, max(when, poll.not_before))


class Schedule:
    """Keeps when each call is due, for the organisations of one session."""

    def __init__(self, timings: Timings, chance: Callable[[], float], settings: bool = True) -> None:
        """
        Args:
            timings: How often, and how soon.
            chance: Gives numbers in [0, 1).
            settings: Whether to poll the person's settings.
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
            at_once: The machine has woken, or the person wants it so: the unread is polled at once, as other agents
                do not do so in this very second.
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
        """The connection has ended; ``heard_at`` is when the push server was last heard of, in seconds."""
        for organisation in self._organisations.values():
            if organisation.live:
                organisation.heard_at = heard_at

    def live(self, channel: str, whole: bool, now: float) -> None:
        """An organisation's channel is live; ``whole`` if nothing was missed since it was live before."""
        known = self._organisation(channel)
        if not known.met:
            known.met = True
            known.want(_ORDER if self._settings else SECTIONS, now)
        elif not whole or self._all:
            # Subscribed again on a connection that stands: the server did that, and not to this person alone.
            again = now + self._timings.unread_after * self._chance() if known.live else now
            short = known.live or now - known.heard_at <= _SHORT
            known.want(SECTIONS, max(again, self._round_at), large=not short)
        known.live = True

    def signed_in_anew(self, now: float) -> None:
        """Calls that this deployment refused may work with the new tokens: make them due."""
        for known in self._organisations.values():
            for poll in known.polls.values():
                if poll.not_before > now:
                    poll.due, poll.not_before = now, float("-inf")

    def keep(self, channels: Collection[str]) -> None:
        """The person is in no other organisations than these."""
        for channel in self._organisations.keys() - set(channels):
            del self._organisations[channel]

    def watch_settings(self, now: float) -> None:
        """Poll the person's settings from here on."""
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
        """The polls to make now, one after the other, all for the same organisation; empty: none.

        The caller reports the outcome of each: :meth:`answered`, :meth:`failed` or :meth:`put_back`.
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
        """The poll was answered, with ``size`` bytes; ``None``: this deployment has no such call."""
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
        """The poll failed for a reason that passes, or was not made because another poll failed so."""
        poll.due = min(poll.due, now + self._again(poll.failures))
        poll.failures += 1

    def put_back(self, poll: Poll, now: float) -> None:
        """The poll was not made, and is due as before."""
        poll.due = now

    def heard(self, now: float, *, answered: bool) -> None:
        """Telex has answered a call, or did not answer it at all."""
        if answered:
            self._unanswered = 0
            self._not_before = float("-inf")
            return
        self._unanswered += 1
        if self._unanswered > 1:  # a single one may be the trouble of one organisation
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
