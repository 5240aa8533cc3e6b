"""From what comes to toasts: asks the unread state what is news, the person's settings whether they want it, and the
flood rule what may be shown now.

What came before the sign-in is told together (:mod:`.past`); what came while the person wants nothing is held back for
one summary. Pure: time comes in as an argument, in seconds, and toasts go out by a call.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from ..events import (
    How,
    Organisation,
    OrganisationsChanged,
    ProfileLookedUp,
    PublicationsReceived,
    SettingsLookedUp,
    SignedIn,
    UnreadSection,
)
from ..toast import Conversation, Handle, Toast
from . import calls, messages, wording
from .authors import oneself
from .calls import Calls
from .fields import Publication, ident, publication, word
from .flood import FloodRule
from .gathering import Gathering, Kept, total
from .item import UNREAD_CHANGE, News
from .late_text import LateText
from .messages import Cause
from .pairs import Pairs
from .past import Past
from .telex_settings import TelexSettings, Verdict
from .telling import Telling
from .texts import Texts
from .unread import Counts, UnreadState

MOST_TOASTS = 4096
"""So many conversations are remembered to have had a toast, the latest."""


class Notifier:
    """Decides what is shown. Owned by the main thread."""

    def __init__(
        self,
        types: tuple[str, ...],
        show: Callable[[Toast], None],
        counts_changed: Callable[[Counts], None],
        read: Callable[[Handle], None],
        *,
        second_of_day: Callable[[str], float],
        watch_agents: Callable[[frozenset[str]], None] = lambda channels: None,
        show_text: bool = True,
        honour_settings: bool = True,
    ) -> None:
        """
        Args:
            types: The notification types that are news.
            show: Shows a toast.
            counts_changed: Told at once, whenever the counts change.
            read: Told when what had a toast has been read, or is over.
            second_of_day: See :class:`.telex_settings.TelexSettings`.
            watch_agents: Told in which organisations (by push channel) an agent's conversation counts as unread.
            show_text: ``False``: toasts tell nothing of what was written.
            honour_settings: ``False``: everything is told, whatever the person set at Telex.
        """
        self._types = frozenset(types)
        self._known_types = {UNREAD_CHANGE, *types} | messages.KINDS | (calls.KINDS if calls.BEGUN in types else set())
        self._show = show
        self._counts_changed = counts_changed
        self._read = read
        self._watch_agents = watch_agents
        self._show_text = show_text
        self._state = UnreadState()
        self._counts = self._state.counts()
        self._agents: frozenset[str] = frozenset()
        self._telling = Telling()
        self._settings = TelexSettings(honour_settings, second_of_day)
        self._flood = FloodRule()
        self._texts = Texts()
        self._late = LateText()
        self._pairs = Pairs()
        self._calls = Calls()
        self._past = Past()
        self._held = Gathering()
        self._held_until: float | None = None
        self._organisations: dict[str, Organisation] = {}
        self._first_look_ups: set[str] = set()
        """Organisations whose past includes a look-up that has not ended."""
        self._toasted: dict[Conversation, None] = {}

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def counts(self) -> Counts:
        """The unread state now."""
        return self._counts

    @property
    def paused(self) -> bool:
        """The person has paused notifications at Telex."""
        return self._settings.paused

    def unread_channels(self) -> frozenset[str]:
        """The push channels of the organisations in which something is unread, as far as is known."""
        return self._state.unread_channels()

    # --- what happens -----------------------------------------------------------------------------------------------

    def signed_in(self, event: SignedIn) -> None:
        """Who the person is."""
        self._telling.me = oneself(event.user_id, event.names)

    def organisations(self, event: OrganisationsChanged) -> None:
        """The organisations were looked up: some may be new, some left."""
        now = {organisation.channel: organisation for organisation in event.organisations}
        for channel in self._organisations.keys() - now.keys():
            self._first_look_ups.discard(channel)
            for part in (self._past, self._held, self._telling, self._texts, self._settings):
                part.left(channel)
            self._over(self._calls.left(channel))
            self._state.organisation_left(channel)
        self._past.expect(now.keys() - self._organisations.keys())
        self._organisations = now
        self._publish()

    def received(self, event: PublicationsReceived, now: float) -> None:
        """Publications of one channel came."""
        if event.channel not in self._organisations:
            return  # left meanwhile
        live = event.how is How.LIVE
        fresh: list[News] = []
        for data in event.publications:
            news = self._take(event.channel, data, event.how, now)
            if live:
                if news is not None:
                    self._bring(news, now)
            elif news is not None:
                fresh.append(news)
            else:  # it may have been a read
                fresh = [known for known in fresh if not known.counted or self._state.unread_of(known.conversation)]
        past = event.how is How.CAUGHT_UP and not self._past.over
        for news in fresh:
            if past:
                self._past.gather(news)
            else:
                self._bring(news, now)
        self._publish()

    def answered(self, channel: str, now: float, look_up_follows: bool = False) -> None:
        """A channel's history is told (or is not to be had), and with it the past, unless a look-up follows."""
        if look_up_follows and not self._past.over:
            self._first_look_ups.add(channel)
            self._past.begin(now)
        else:
            self._past.answered(channel, now)
        self.tick(now)

    def unknown(self, channel: str) -> None:
        """Publications of a channel are lost."""
        self._state.counts_unknown(channel)

    def look_up_began(self, channel: str) -> None:
        """The unread of an organisation is asked for."""
        if channel in self._organisations:
            self._state.look_up_began(channel)

    def looked_up(self, event: UnreadSection, now: float) -> None:
        """A look-up told of one section of an organisation."""
        if event.channel not in self._organisations:
            return  # left meanwhile
        self._telling.learn(event.channel, event.section, event.rows)
        past = event.channel in self._first_look_ups and not self._past.over
        for conversation, growth, fields in self._state.looked_up(
            event.channel, event.section, event.rows, event.whole
        ):
            if UNREAD_CHANGE in self._types:
                news = self._telling.of_change(conversation, fields, growth, None)
                if past:
                    self._past.gather(news)
                else:
                    self._bring(news, now)
        self._publish()

    def look_up_ended(self, channel: str, now: float) -> None:
        """Nothing more comes of a look-up."""
        self._state.look_up_ended(channel)
        if channel in self._first_look_ups:
            self._first_look_ups.discard(channel)
            self._past.answered(channel, now)
        self.tick(now)

    def settings(self, event: SettingsLookedUp, now: float) -> None:
        """What the person set for an organisation."""
        if event.channel not in self._organisations:
            return
        self._settings.looked_up(event)
        if event.muted is not None and self._settings.honoured:
            self._state.mute(event.channel, event.muted)
            for conversation in [known for known in self._toasted if self._state.is_muted(known)]:
                self._gone(conversation)
        self._release(now)
        self._publish()

    def profile(self, event: ProfileLookedUp, now: float) -> None:
        """What the person set for themselves."""
        self._settings.profile(event)
        self._release(now)

    def clear(self) -> None:
        """Signed out: nothing is known any more."""
        for conversation in list(self._toasted):
            self._gone(conversation)
        self._over(self._calls.clear())
        for part in (self._state, self._flood, self._organisations, self._first_look_ups, self._past, self._held):
            part.clear()
        for another in (self._telling, self._settings, self._texts, self._late, self._pairs):
            another.clear()
        self._held_until = None
        self._publish()

    # --- time -------------------------------------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None``: not before something comes in."""
        parts = (self._flood, self._past, self._late, self._calls)
        times = [time for time in (*(part.deadline() for part in parts), self._held_until) if time is not None]
        return min(times, default=None)

    def tick(self, now: float) -> None:
        """Show what is due, and take away what is over."""
        for news in self._late.overdue(now):
            self._offer(news, now)
        past = [one for one in self._past.due(now, self._told_of) if self._is_to_be_told(one.news, one.count, now)]
        if past:
            self._summarise(wording.away_summary, past, now)
        held = self._flood.due(now, self._told_of)
        if held is not None:
            self._show(wording.flood_summary(held.count, held.conversations, held.channel))
        self._over(self._calls.due(now))
        if self._held_until is not None and now >= self._held_until:
            self._release(now)

    # --- from a publication to news ---------------------------------------------------------------------------------

    def _take(self, channel: str, data: object, how: How, now: float) -> News | None:
        """Apply a publication; the news that it is."""
        came = publication(data)
        if came is None or came.kind not in self._known_types:
            return None
        # A message and its change of counts are two events, should they ever share an id.
        event = came.event if came.kind == UNREAD_CHANGE or not came.event else f"{came.kind} {came.event}"
        if not self._state.first_time(event):
            return None
        if came.kind == UNREAD_CHANGE:
            return self._change(channel, came, now)
        if came.kind in messages.KINDS:
            return self._message(channel, came, how, now)
        if came.kind in calls.KINDS:
            if how is How.LIVE:  # nobody knows how long ago the others were
                self._call(channel, came, now)
            return None
        return self._telling.of_other(channel, came)

    def _change(self, channel: str, came: Publication, now: float) -> News | None:
        conversation = Conversation(channel, came.section, ident(came.section, came.fields))
        growth = self._state.count(conversation, came.fields)
        if growth is None or UNREAD_CHANGE not in self._types:
            return None
        cause = Cause(conversation, word(came.fields.get("last_thread_id")), growth.reply)
        if self._pairs.change_is_told(cause, now):
            return None
        message = self._texts.take(cause, now)
        if message is not None:
            self._pairs.use(channel, message.ident, now)
        return self._telling.of_change(conversation, came.fields, growth, message)

    def _message(self, channel: str, came: Publication, how: How, now: float) -> News | None:
        message = messages.message(channel, came)
        if message.written.is_own(self._telling.me):
            return None
        self._texts.came(channel, now)
        if self._pairs.used(channel, message.ident, now):
            return None
        waiting, shown = self._late.take(message), None
        if waiting is None:
            shown = self._late.complete(message, now)
        own_news = came.kind in self._types and (how is not How.CAUGHT_UP or UNREAD_CHANGE not in self._types)
        if waiting is None and shown is None and not own_news:
            self._texts.put(message, now)
            return None
        self._pairs.use(channel, message.ident, now)
        if waiting is not None:
            self._offer(self._telling.with_text(waiting, message), now)
        elif shown is not None:
            self._pairs.message_is_told(message.cause, now)
            self._replace(self._telling.with_text(shown, message))
        elif not self._pairs.message_is_told(message.cause, now):
            return self._telling.of_message(message, self._state.unread_of(message.conversation))
        return None

    def _call(self, channel: str, came: Publication, now: float) -> None:
        me = self._telling.me
        if came.kind != calls.BEGUN:
            self._over(self._calls.ended(came.kind, channel, came.fields, me))
        elif self._settings.calls(channel):
            call = self._calls.begun(channel, came.fields, me, now)
            if call is not None:
                self._flood.shown(now)
                self._show(wording.call_toast(call, self._organisations[channel].name, len(self._organisations) > 1))

    # --- from news to toasts ----------------------------------------------------------------------------------------

    def _bring(self, news: News, now: float) -> None:
        """Tell news as the person wants it: now, when its text is there, later, or not at all."""
        if not self._is_to_be_told(news, 1, now):
            return
        waits = news.kind == UNREAD_CHANGE and news.conversation.ident and not news.written
        # What the flood rule will hold need not wait.
        if waits and self._texts.flows(news.conversation.channel, now) and self._flood.deadline() is None:
            self._late.wait(news, now)
        else:
            self._offer(news, now)

    def _is_to_be_told(self, news: News, count: int, now: float) -> bool:
        """Whether news is to be told at all, and now; what is to be told later is held back here."""
        if self._state.is_muted(news.conversation):
            return False
        verdict = self._settings.verdict(news)
        if verdict is Verdict.HOLD:
            self._held.add(news, count)
            self._plan_release(now)
        return verdict is Verdict.TELL

    def _offer(self, news: News, now: float) -> None:
        for earlier in self._late.before(news.conversation):
            self._offer_one(earlier, now)
        self._offer_one(news, now)

    def _offer_one(self, news: News, now: float) -> None:
        told = self._pairs.told_change if news.kind == UNREAD_CHANGE else self._pairs.told_message
        told(news.cause, now)
        if not self._flood.offer(now, news):
            return
        if news.conversation.ident:
            self._late.shown(news, now)
            self._toasted.pop(news.conversation, None)
            if len(self._toasted) >= MOST_TOASTS:
                del self._toasted[next(iter(self._toasted))]
            self._toasted[news.conversation] = None
        self._show(self._toast(news))

    def _replace(self, news: News) -> None:
        """The text of what is on the screen came."""
        if self._show_text:
            self._show(replace(self._toast(news), silent=True))

    def _toast(self, news: News) -> Toast:
        organisation = self._organisations.get(news.conversation.channel)
        name = organisation.name if organisation is not None else ""
        return wording.toast_of(news, name, len(self._organisations) > 1, self._show_text)

    def _summarise(self, words: Callable[[int, int, str], Toast], kept: list[Kept], now: float) -> None:
        unread, conversations = total(kept)
        channels = {one.news.conversation.channel for one in kept}
        self._flood.shown(now)
        self._show(words(unread, conversations, channels.pop() if len(channels) == 1 else ""))

    def _plan_release(self, now: float) -> None:
        waits = [wait for channel in self._held.channels() if (wait := self._settings.free_in(channel)) is not None]
        self._held_until = now + min(waits) if waits else None

    def _release(self, now: float) -> None:
        """Tell what was held back for organisations that are free again."""
        if not self._held:
            return
        free = self._held.take(self._told_of, lambda channel: not self._settings.holds(channel))
        told = [one for one in free if self._is_to_be_told(one.news, one.count, now)]
        if told:
            self._summarise(wording.paused_summary, told, now)
        self._plan_release(now)

    def _told_of(self, conversation: Conversation) -> int:
        return 0 if self._state.is_muted(conversation) else self._state.unread_of(conversation)

    # ----------------------------------------------------------------------------------------------------------------

    def _publish(self) -> None:
        """Pass on which conversations with a toast have been read, and the counts where they changed."""
        for conversation in self._state.take_read():
            if not self._state.unread_of(conversation):
                self._flood.read(conversation)
                self._late.read(conversation)
                self._gone(conversation)
        if (agents := self._state.unread_agents()) != self._agents:
            self._agents = agents
            self._watch_agents(agents)
        counts = self._state.counts()
        if counts != self._counts:
            self._counts = counts
            self._counts_changed(counts)

    def _gone(self, conversation: Conversation) -> None:
        """Its toast, if it had one, is to go."""
        if conversation in self._toasted:
            del self._toasted[conversation]
            self._read(conversation)

    def _over(self, ended: list[calls.Call]) -> None:
        for call in ended:
            self._read(call.key)
