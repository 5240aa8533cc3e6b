"""From publications to toasts: asks the unread state what is news, and the flood rule what may be shown now.

What came before the start (the *past*) is told together, in one summary. Pure: time comes in as an argument, in
seconds, and toasts go out by a call.
"""

from __future__ import annotations

from collections.abc import Callable

from ..events import How, Organisation, OrganisationsChanged, PublicationsReceived
from . import wording
from .flood import FloodRule
from .toast import Conversation, Toast
from .unread import Counts, News, UnreadState

CATCH_UP_WITHIN = 10.0
"""Seconds that the summary of the past waits for every organisation's answer."""


class Notifier:
    """Decides what is shown. Owned by the main thread."""

    def __init__(
        self,
        types: tuple[str, ...],
        show: Callable[[Toast], None],
        counts_changed: Callable[[Counts], None],
        read: Callable[[Conversation], None],
    ) -> None:
        """
        Args:
            types: The notification types that are news.
            show: Shows a toast.
            counts_changed: Told at once, whenever the counts change.
            read: Told when a conversation that had a toast has been read.
        """
        self._types = types
        self._show = show
        self._counts_changed = counts_changed
        self._read = read
        self._state = UnreadState()
        self._counts = self._state.counts()
        self._flood = FloodRule()
        self._organisations: dict[str, Organisation] = {}
        self._unanswered: set[str] = set()
        self._past: dict[Conversation, int] = {}
        self._past_uncounted: dict[Conversation, int] = {}
        self._past_until: float | None = None
        self._toasted: dict[Conversation, None] = {}

    @property
    def counts(self) -> Counts:
        """The unread state now."""
        return self._counts

    def unread_channels(self) -> frozenset[str]:
        """The push channels of the organisations in which something is unread, as far as is known."""
        return self._state.unread_channels()

    def organisations(self, event: OrganisationsChanged) -> None:
        """The organisations were looked up: some may be new, some left."""
        now = {organisation.channel: organisation for organisation in event.organisations}
        for channel in self._organisations.keys() - now.keys():
            self._state.organisation_left(channel)
            self._unanswered.discard(channel)
        self._unanswered |= now.keys() - self._organisations.keys()
        self._organisations = now
        self._publish_counts()

    def received(self, event: PublicationsReceived, now: float) -> None:
        """Publications of one channel came."""
        if event.channel not in self._organisations:
            return  # left meanwhile
        if event.how is How.LIVE:
            for data in event.publications:
                news = self._apply(event.channel, data)
                if news is not None:
                    self._offer(news, now)
        else:
            fresh = self._apply_all(event)
            if event.how is How.CAUGHT_UP:
                for news in fresh:
                    if news.counted:
                        self._past[news.conversation] = news.unread
                    else:
                        self._past_uncounted[news.conversation] = self._past_uncounted.get(news.conversation, 0) + 1
            else:
                for news in fresh:
                    self._offer(news, now)
        self._publish_counts()

    def answered(self, channel: str, now: float) -> None:
        """A channel's past is complete (or is not to be had)."""
        self._unanswered.discard(channel)
        if self._past_until is None:
            self._past_until = now + CATCH_UP_WITHIN
        self.tick(now)

    def unknown(self, channel: str) -> None:
        """Publications of a channel are lost."""
        self._state.counts_unknown(channel)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None``: not before something comes in."""
        times = [time for time in (self._flood.deadline(), self._past_until) if time is not None]
        return min(times, default=None)

    def tick(self, now: float) -> None:
        """Show the summaries that are due."""
        if self._past_until is not None and (not self._unanswered or now >= self._past_until):
            self._past_until = None
            self._tell_past(now)
        held = self._flood.due(now, self._state.unread_of)
        if held is not None:
            self._show(wording.flood_summary(held.count, held.conversations))

    def clear(self) -> None:
        """Signed out: nothing is known any more."""
        for conversation in self._toasted:
            self._read(conversation)
        self._toasted.clear()
        self._state.clear()
        self._flood.clear()
        self._organisations.clear()
        self._unanswered.clear()
        self._past.clear()
        self._past_uncounted.clear()
        self._past_until = None
        self._publish_counts()

    # ----------------------------------------------------------------------------------------------------------------

    def _apply(self, channel: str, data: object) -> News | None:
        return self._state.apply(channel, data, types=self._types)

    def _apply_all(self, event: PublicationsReceived) -> list[News]:
        """Apply publications in order; what is news and was not read by a later one of them, in order."""
        fresh: list[News] = []
        for data in event.publications:
            news = self._apply(event.channel, data)
            if news is not None:
                fresh.append(news)
            else:
                fresh = [known for known in fresh if not known.counted or self._state.unread_of(known.conversation)]
        return fresh

    def _offer(self, news: News, now: float) -> None:
        if self._flood.offer(now, news):
            organisation = self._organisations[news.conversation.channel]
            if news.counted:
                self._toasted[news.conversation] = None
            self._show(wording.toast_of(news, organisation.name, len(self._organisations) > 1))

    def _tell_past(self, now: float) -> None:
        left = [min(count, self._state.unread_of(conversation)) for conversation, count in self._past.items()]
        left = [count for count in left if count > 0] + list(self._past_uncounted.values())
        self._past.clear()
        self._past_uncounted.clear()
        if left:
            self._flood.shown(now)
            self._show(wording.away_summary(sum(left), len(left)))

    def _publish_counts(self) -> None:
        """Where the counts changed, pass them on, and name the conversations with a toast that have been read."""
        counts = self._state.counts()
        if counts == self._counts:
            return
        fewer = counts.unread < self._counts.unread or counts.conversations < self._counts.conversations
        self._counts = counts
        if fewer:
            for conversation in [known for known in self._toasted if not self._state.unread_of(known)]:
                del self._toasted[conversation]
                self._flood.read(conversation)
                self._read(conversation)
        self._counts_changed(counts)
