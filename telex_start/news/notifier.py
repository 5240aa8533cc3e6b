"""Decides what is news: a publication or a row of a poll is, where the unread state grows by it.

A message and the change of counts that it causes are one piece of news. How it is told is decided in :mod:`.scheduler`.
Pure: time comes in as an argument, in seconds, and toasts go out by a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..config import Config
from ..events import (
    How,
    Organisation,
    OrganisationsChanged,
    ProfilePolled,
    PublicationsReceived,
    SettingsPolled,
    SignedIn,
    UnreadSection,
)
from ..toast import Conversation, Handle, Toast
from . import publications, wording
from .builder import NewsBuilder
from .calls import BEGUN, CALLS, Call, Calls
from .pairing import Pairing
from .publications import DIRECT, MESSAGES, UNREAD_CHANGE, Cause, Message, News, Publication, word
from .quiet import Quiet, TelexSettings
from .recent import Recent
from .scheduler import ToastScheduler, soonest
from .unread import Counts, UnreadState


class Notifier:
    """Decides what is shown. Owned by the main thread."""

    def __init__(
        self,
        config: Config,
        quiet: Quiet,
        *,
        show: Callable[[Toast], None],
        counts_changed: Callable[[Counts], None],
        read: Callable[[Handle], None],
        watch_agents: Callable[[frozenset[str]], None],
        second_of_day: Callable[[str], float],
    ) -> None:
        """
        Args:
            config: What is news, whether toasts tell what was written, and whether what the person set at Telex counts.
            quiet: What the person set on this machine. Whoever changes it, or sees that time did, calls
                :meth:`quiet_changed`.
            show: Shows a toast.
            counts_changed: Told at once, whenever the counts change.
            read: Told when what had a toast has been read, or is over.
            watch_agents: Told in which organisations (by push channel) an agent's conversation counts as unread.
            second_of_day: See :class:`.quiet.TelexSettings`.
        """
        self._quiet = quiet
        self._counts_changed = counts_changed
        self._watch_agents = watch_agents
        self._settings = TelexSettings(config.honour_telex_settings, second_of_day)
        self._state = UnreadState(lambda one: quiet.is_muted(one) or self._settings.is_muted(one))
        self._counts = self._state.counts()
        self._agents: frozenset[str] = frozenset()
        self._builder = NewsBuilder()
        self._pairing = Pairing()
        self._calls = Calls(read)
        self._organisations: dict[str, Organisation] = {}
        self.recent = Recent(self._state, self._organisations)
        """The unread conversations by name."""
        self._scheduler = ToastScheduler(
            self._state, self._settings, quiet, self._pairing, self._organisations, show=show, read=read
        )
        self._apply(config)

    @property
    def counts(self) -> Counts:
        """The unread state now."""
        return self._counts

    @property
    def paused(self) -> str:
        """What the person has paused at Telex, in words for the status line; empty where nothing is."""
        channels = [channel for channel in self._organisations if self._settings.paused(channel)]
        if not channels:
            return ""
        if len(channels) == len(self._organisations):
            return "paused at Telex"
        return f"paused at Telex in {self.name_of(Conversation(channels[0], '', '')) or 'one of them'}"

    def unread_channels(self) -> frozenset[str]:
        """The push channels of the organisations in which something is unread, as far as is known."""
        return self._state.unread_channels()

    def name_of(self, conversation: Conversation) -> str:
        """What the person knows an unread conversation by, or an organisation (section and id are empty); clean."""
        if conversation.section or conversation.ident:
            return self.recent.name(conversation)
        organisation = self._organisations.get(conversation.channel)
        return wording.title("", organisation.name) if organisation is not None else ""

    def known_organisations(self) -> tuple[Organisation, ...]:
        """The organisations of the signed-in user; empty before they are known."""
        return tuple(self._organisations.values())

    def configure(self, config: Config, now: float) -> None:
        """The configuration is another. What is counted stays; what is told follows it from here on."""
        self._apply(config)
        self.quiet_changed(now)

    def _apply(self, config: Config) -> None:
        self._types = frozenset(config.notification_types)
        self._known_types = {UNREAD_CHANGE, *self._types} | MESSAGES | (CALLS if BEGUN in self._types else set())
        self._scheduler.show_text = config.show_text
        self._settings.honoured = config.honour_telex_settings

    def quiet_changed(self, now: float) -> None:
        """What the person set, here or at Telex, is another, or its time has come, or is over."""
        self._state.recount()
        self.recent.recounted()
        self._calls.end(lambda call: self._state.is_muted(call.conversation))
        self._scheduler.changed(now)
        self._publish()

    def signed_in(self, event: SignedIn) -> None:
        """Who the person is."""
        self._builder.signed_in(event.user_id, event.names)

    def organisations(self, event: OrganisationsChanged) -> None:
        """The organisations were looked up: some may be new, some left."""
        now = {organisation.channel: organisation for organisation in event.organisations}
        for channel in self._organisations.keys() - now.keys():
            for part in (self._scheduler, self._builder, self._settings, self._state):
                part.left(channel)
            self._calls.end(lambda call, channel=channel: call.conversation.channel == channel)  # type: ignore[misc]
        self._scheduler.past.expect(now.keys() - self._organisations.keys())
        self._organisations.clear()
        self._organisations.update(now)
        self._quiet.know(event.organisations)
        self._state.recount()
        self._publish()

    def received(self, event: PublicationsReceived, now: float) -> None:
        """Publications of one channel came.

        Raises:
            Exception: one of them met a defect, the first such is raised; all the others are taken in before that.
        """
        if event.channel not in self._organisations:
            return  # left meanwhile
        failed: list[Exception] = []
        if event.how is How.LIVE:
            for data in event.publications:
                with _noting(failed):
                    if (news := self._take(event.channel, data, event.how, now)) is not None:
                        self._scheduler.submit(news, now)
                with _noting(failed):
                    self._publish_counts()  # each change of them is told, also of messages that came together
        else:
            self._missed(event, now, failed)
        self._publish()
        if failed:
            raise failed[0]

    def _missed(self, event: PublicationsReceived, now: float, failed: list[Exception]) -> None:
        """These came while nobody listened: of what has been read since, nothing is told."""
        fresh: list[News] = []
        for data in event.publications:
            with _noting(failed):
                if (news := self._take(event.channel, data, event.how, now)) is not None:
                    fresh.append(news)
                else:  # it may have been a read
                    fresh = [known for known in fresh if not known.counted or self._state.unread_of(known.conversation)]
        past = event.how is How.CAUGHT_UP and not self._scheduler.past.over
        for news in fresh:
            with _noting(failed):
                self._scheduler.submit(news if past else self._with_text(news, now), now, past=past)

    def answered(self, channel: str, now: float, poll_follows: bool = False) -> None:
        """A channel's history is told (or is not to be had), and with it the past, unless a poll follows."""
        self._scheduler.past.answered(channel, now, poll_follows)
        self.tick(now)

    def unknown(self, channel: str) -> None:
        """Publications of a channel are lost."""
        self._state.counts_unknown(channel)

    def poll_began(self, channel: str) -> None:
        """The unread of an organisation is asked for."""
        if channel in self._organisations:
            self._state.poll_began(channel)

    def polled(self, event: UnreadSection, now: float) -> None:
        """A poll told of one section of an organisation."""
        if event.channel not in self._organisations:
            return  # left meanwhile
        self._builder.learn(event.channel, event.section, event.rows)
        past = self._scheduler.past.awaits_poll(event.channel)
        for conversation, growth, fields in self._state.polled(event.channel, event.section, event.rows, event.whole):
            cause = Cause(conversation, word(fields.get("last_thread_id")), growth.reply)
            news = self._builder.of_change(cause, fields, growth)
            self.recent.note(news, past)
            if UNREAD_CHANGE in self._types:
                self._scheduler.submit(news, now, past=past)
        self._publish()

    def poll_ended(self, channel: str, now: float) -> None:
        """Nothing more comes of a poll."""
        self._state.poll_ended(channel)
        if self._scheduler.past.awaits_poll(channel):
            self._scheduler.past.answered(channel, now)
        self.tick(now)

    def settings(self, event: SettingsPolled, now: float) -> None:
        """What the person set for an organisation."""
        if event.channel in self._organisations:
            self._settings.polled(event)
            self.quiet_changed(now)

    def profile(self, event: ProfilePolled, now: float) -> None:
        """What the person set for themselves."""
        self._settings.profile = event
        self.quiet_changed(now)

    def declined(self, key: str) -> bool:
        """The person declines a call, by the key of its toast, which goes; whether it still rang."""
        return self._calls.end(lambda call: call.key == key)

    def clear(self) -> None:
        """Signed out: nothing is known any more."""
        self._builder = NewsBuilder()
        for part in (self._calls, self._state, self._organisations, self._scheduler):
            part.clear()
        for another in (self._settings, self.recent):
            another.clear()
        self._publish()

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None``: not before something comes in."""
        return soonest(self._scheduler.deadline(), self._calls.deadline())

    def tick(self, now: float) -> None:
        """Show what is due, and take away what is over."""
        self._scheduler.tick(now)
        self._calls.tick(now)

    def _take(self, channel: str, data: object, how: How, now: float) -> News | None:
        """Apply a publication; the news that it is."""
        came = publications.publication(data)
        if came is None or came.kind not in self._known_types:
            return None
        # A message and its change of counts are two events, should they ever share an id.
        event = came.event if came.kind == UNREAD_CHANGE else came.event and f"{came.kind} {came.event}"
        if not self._state.first_time(event):
            return None
        if came.kind == UNREAD_CHANGE:
            return self._change(channel, came, how, now)
        if came.kind in MESSAGES:
            return self._message(channel, came, how, now)
        if came.kind in CALLS:
            if how is How.LIVE:  # nobody knows how long ago the others were
                self._call(channel, came, now)
            return None
        return self._builder.of_other(channel, came)

    def _change(self, channel: str, came: Publication, how: How, now: float) -> News | None:
        conversation = Conversation(channel, came.section, publications.ident(came.section, came.fields))
        growth = self._state.count(conversation, came.fields)
        if growth is None:
            if not self._state.unread_of(conversation):
                # It may have been written to again since: no text is waited for any more.
                self._pairing.read(conversation)
            return None
        cause = Cause(conversation, word(came.fields.get("last_thread_id")), growth.reply)
        told = UNREAD_CHANGE not in self._types or self._pairing.change_is_told(cause, now)
        news = self._builder.of_change(cause, came.fields, growth)
        self.recent.note(news, past=how is How.CAUGHT_UP)
        return None if told else self._with_text(news, now)

    def _with_text(self, news: News, now: float) -> News:
        """The same, with its text if that is there already."""
        message = self._pairing.take_text(news.cause, now) if news.kind == UNREAD_CHANGE and not news.paired else None
        return news if message is None else self._learnt(news, message)

    def _learnt(self, news: News, message: Message) -> News:
        news = self._builder.with_text(news, message)
        self.recent.learn(news)
        return news

    def _message(self, channel: str, came: Publication, how: How, now: float) -> News | None:
        message = publications.message(channel, came)
        if self._builder.me.wrote(message.written):
            return None
        self._builder.met(message.written)
        self._pairing.came(channel, now)
        if self._pairing.is_used(message, now):
            return None
        waiting = self._pairing.take_waiting(message)
        shown = self._pairing.take_shown(message, now) if waiting is None else None
        own_news = came.kind in self._types and (how is not How.CAUGHT_UP or UNREAD_CHANGE not in self._types)
        if waiting is None and shown is None and not own_news:
            self._pairing.keep_text(message, now)
            return None
        self._pairing.use(message, now)
        if waiting is not None:
            self._scheduler.offer(self._learnt(waiting, message), now)
        elif shown is not None:
            self._pairing.message_is_told(message.cause, now)
            self._scheduler.replace(self._learnt(shown, message), now)
        elif not self._pairing.message_is_told(message.cause, now):
            return self._builder.of_message(message, self._state.unread_of(message.cause.conversation))
        return None

    def _call(self, channel: str, came: Publication, now: float) -> None:
        me, fields = self._builder.me, came.fields
        conversation = Conversation(channel, DIRECT, word(fields.get("channel_id")))
        call = Call(conversation, word(fields.get("buzz_id")), self._builder.caller(fields))
        if came.kind != BEGUN:
            self._calls.ended(came.kind, call, fields, me)
        elif self._scheduler.may_ring(conversation, now):
            own = me.is_own(word(fields.get("caller_id")), publications.first(fields, "caller_name"))
            if not own and self._calls.begins(call, now):
                self._scheduler.call(call, now)

    def _publish(self) -> None:
        """Pass on which conversations with a toast have been read, and the counts where they changed."""
        for conversation in self._state.take_read():
            if not self._state.unread_of(conversation):
                self._scheduler.read(conversation)
                self.recent.read(conversation)
        if self._state.unread_agents != self._agents:
            self._agents = self._state.unread_agents
            self._watch_agents(self._agents)
        self._publish_counts()

    def _publish_counts(self) -> None:
        counts = self._state.counts()
        if counts != self._counts:
            self._counts = counts
            self.recent.recounted()
            self._counts_changed(counts)


@contextmanager
def _noting(failed: list[Exception]) -> Iterator[None]:
    """Whatever is raised within is noted there, and costs nothing that follows."""
    try:
        yield
    except Exception as error:
        failed.append(error)
