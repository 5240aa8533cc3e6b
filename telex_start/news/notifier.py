"""From publications to toasts: asks the unread state what is news, and the flood rule what may be shown now.

What came before the sign-in is told together (:mod:`.past`). Pure: time comes in as an argument, in
seconds, and toasts go out by a call.
"""

from __future__ import annotations

from collections.abc import Callable

from ..events import How, Organisation, OrganisationsChanged, PublicationsReceived
from . import wording
from .flood import FloodRule
from .past import Past
from .toast import Conversation, Toast
from .unread import Counts, News, UnreadState


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
        self._past = Past()
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
            self._past.left(channel)
        self._past.expect(now.keys() - self._organisations.keys())
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
            past = event.how is How.CAUGHT_UP and not self._past.over
            for news in self._apply_all(event):
                if past:
                    self._past.gather(news)
                else:
                    self._offer(news, now)
        self._publish_counts()

    def answered(self, channel: str, now: float) -> None:
        """A channel's past is complete (or is not to be had)."""
        self._past.answered(channel, now)
        self.tick(now)

    def unknown(self, channel: str) -> None:
        """Publications of a channel are lost."""
        self._state.counts_unknown(channel)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None``: not before something comes in."""
        times = [time for time in (self._flood.deadline(), self._past.deadline()) if time is not None]
        return min(times, default=None)

    def tick(self, now: float) -> None:
        """Show the summaries that are due."""
        past = self._past.due(now, self._state.unread_of)
        if past is not None:
            self._flood.shown(now)
            self._show(wording.away_summary(past.unread, past.conversations))
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
        self._past.clear()
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

    def _publish_counts(self) -> None:
        """Pass on which conversations with a toast have been read, and the counts where they changed."""
        for conversation in self._state.take_read():
            if not self._state.unread_of(conversation):
                self._flood.read(conversation)
                if conversation in self._toasted:
                    del self._toasted[conversation]
                    self._read(conversation)
        counts = self._state.counts()
        if counts != self._counts:
            self._counts = counts
            self._counts_changed(counts)
