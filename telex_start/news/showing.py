"""Makes toasts of news: at once, later in a summary, or never.

The person's settings say whether they want it now; what they do not want yet is held back for one summary. The flood
rule bounds how many toasts come at a time, and a toast may wait a moment for its text. Pure:
time comes in as an argument, in seconds, and toasts go out by a call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..events import Organisation
from ..toast import Conversation, Handle, Toast
from . import wording
from .calls import Call
from .due import soonest
from .flood import FloodRule
from .gathering import Gathering, Kept, total
from .item import UNREAD_CHANGE, News
from .late_text import LateText
from .messages import Message
from .pairs import Pairs
from .quiet import Quiet
from .telex_settings import TelexSettings, Verdict
from .texts import Texts
from .unread import UnreadState

MOST_TOASTS = 4096
"""So many conversations are remembered to have had a toast, the latest."""


class Showing:
    """Used by the notifier, on the main thread."""

    def __init__(
        self,
        state: UnreadState,
        settings: TelexSettings,
        quiet: Quiet,
        texts: Texts,
        pairs: Pairs,
        organisations: Mapping[str, Organisation],
        *,
        show: Callable[[Toast], None],
        read: Callable[[Handle], None],
        show_text: bool,
    ) -> None:
        """
        Args:
            state, settings, quiet, texts, pairs, organisations: The notifier's; here they are asked, and the pairs told
                what was told.
            show, read, show_text: See :class:`.notifier.Notifier`; the latter may be set anew.
        """
        self._state = state
        self._settings = settings
        self._quiet = quiet
        self._texts = texts
        self._pairs = pairs
        self._organisations = organisations
        self._show = show
        self._read = read
        self.show_text = show_text
        self._flood = FloodRule()
        self._late = LateText()
        self._held = Gathering()
        self._held_until: float | None = None
        self._toasted: dict[Conversation, None] = {}

    # --- news -------------------------------------------------------------------------------------------------------

    def bring(self, news: News, now: float) -> None:
        """Tell news as the person wants it: now, when its text is there, later, or not at all."""
        if not self._is_to_be_told(news, 1, now):
            return
        if self._flood.deadline() is None and self._may_get_text(news, now):
            self._late.wait(news, now)
        else:  # what the flood rule will hold need not wait
            self.offer(news, now)

    def _may_get_text(self, news: News, now: float) -> bool:
        without = news.kind == UNREAD_CHANGE and news.conversation.ident and not news.written
        return bool(without) and self._texts.flows(news.conversation.channel, now)

    def wants(self, message: Message, now: float) -> tuple[News | None, News | None]:
        """What waits for the text of this message, and what is on the screen without it; one of them at most.

        What waits is to be given to :meth:`offer`, what is on the screen to :meth:`replace`, with the text.
        """
        waiting = self._late.take(message)
        return waiting, self._late.complete(message, now) if waiting is None else None

    def offer(self, news: News, now: float) -> None:
        """Tell news now, if the flood rule allows it."""
        for earlier in self._late.before(news.conversation):
            self._offer_one(earlier, now)
        self._offer_one(news, now)

    def replace(self, news: News, now: float) -> None:
        """Put this, with its text, in place of the same on the screen, unless that would pop up where nothing is to."""
        if self.show_text and not self._quiet.is_quiet(now) and not self._state.is_muted(news.conversation):
            self._show(self._toast(news)._replace(silent=True))

    def call(self, call: Call, now: float) -> None:
        """Somebody calls: that does not wait."""
        self._flood.shown(now)
        self._show(wording.call_toast(call, self._name(call.channel), len(self._organisations) > 1))

    def summarise(self, words: Callable[[int, int, str], Toast], kept: list[Kept], now: float) -> None:
        """Tell what was gathered in one summary, as far as the person wants it now."""
        told = [one for one in kept if self._is_to_be_told(one.news, one.threads, now, older=True)]
        if told:
            unread, conversations = total(told)
            channels = {one.news.conversation.channel for one in told}
            self._flood.shown(now)
            self._show(words(unread, conversations, channels.pop() if len(channels) == 1 else ""))

    def _is_to_be_told(self, news: News, count: int, now: float, older: bool = False) -> bool:
        """Whether news is to be told at all, and now; what is to be told later is held back here."""
        if self._state.is_muted(news.conversation):
            return False
        at_telex = self._settings.verdict(news)
        if at_telex is Verdict.TELL and self._quiet.tells_all:
            return True
        verdicts = (at_telex, self._quiet.verdict(news, now))
        if Verdict.DROP in verdicts:
            return False
        if Verdict.HOLD in verdicts:
            self._held.add(news, count, older=older)
            self._plan_release(now)
            return False
        return not self._quiet.client_has_it()

    def _offer_one(self, news: News, now: float) -> None:
        if news.kind != UNREAD_CHANGE:
            self._pairs.told_message(news.cause, now)
        elif not news.paired:
            self._pairs.told_change(news.cause, now)
        if not self._flood.offer(now, news):
            return
        if news.conversation.ident:
            self._late.shown(news, now)
            self._toasted.pop(news.conversation, None)
            if len(self._toasted) >= MOST_TOASTS:
                del self._toasted[next(iter(self._toasted))]
            self._toasted[news.conversation] = None
        self._show(self._toast(news))

    def _toast(self, news: News) -> Toast:
        name = self._name(news.conversation.channel)
        return wording.toast_of(news, name, len(self._organisations) > 1, self.show_text)

    def _name(self, channel: str) -> str:
        organisation = self._organisations.get(channel)
        return organisation.name if organisation is not None else ""

    # --- what is held back, and time --------------------------------------------------------------------------------

    def release(self, now: float) -> None:
        """Tell what was held back for organisations that are free again."""
        if self._held and not self._quiet.is_quiet(now):
            free = self._held.take(self.unread_of, lambda channel: not self._settings.holds(channel))
            self.summarise(wording.paused_summary, free, now)
            self._plan_release(now)

    def _plan_release(self, now: float) -> None:
        if self._quiet.is_quiet(now):
            self._held_until = None  # its end comes by :meth:`changed`
            return
        waits = [wait for channel in self._held.channels() if (wait := self._settings.free_in(channel)) is not None]
        self._held_until = now + min(waits) if waits else None

    def unread_of(self, conversation: Conversation) -> int:
        """The unread threads of a conversation, as far as they are to be told."""
        return 0 if self._state.is_muted(conversation) else self._state.unread_of(conversation)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return soonest(self._flood.deadline(), self._late.deadline(), self._held_until)

    def tick(self, now: float) -> None:
        """Show what is due."""
        if self._quiet.is_quiet(now):
            self._look_again(now)
        for news in self._late.overdue(now):
            self._offer_one(news, now)
        held = self._flood.due(now, self.unread_of)
        if held is not None:
            self._show(wording.flood_summary(held.threads, held.conversations, held.channel))
        if self._held_until is not None and now >= self._held_until:
            self.release(now)

    def _look_again(self, now: float) -> None:
        self._flood.keep(lambda news, count: self._is_to_be_told(news, count, now))
        self._late.keep(lambda news: self._is_to_be_told(news, 1, now))

    # --- what is over -----------------------------------------------------------------------------------------------

    def read(self, conversation: Conversation) -> None:
        """It was read: nothing of it is told any more, and its toast goes."""
        self._flood.read(conversation)
        self._late.read(conversation)
        self._held.read(conversation)
        self._gone(conversation)

    def unsaid(self, conversation: Conversation) -> None:
        """It was read, but may have been written to again since: no text is waited for any more."""
        self._late.read(conversation)

    def changed(self, now: float) -> None:
        """The person wants other things told than before: what waits to be told is looked at again, the toasts of what
        is muted go, and what was held back is told where it is to be told now."""
        self._look_again(now)
        for conversation in [known for known in self._toasted if self._state.is_muted(known)]:
            self._gone(conversation)
        self.release(now)

    def left(self, channel: str) -> None:
        """The user left this organisation."""
        self._held.left(channel)
        for conversation in [known for known in self._toasted if known.channel == channel]:
            self.read(conversation)

    def clear(self) -> None:
        """Signed out: no toast stays."""
        for conversation in list(self._toasted):
            self._gone(conversation)
        for part in (self._flood, self._late, self._held):
            part.clear()
        self._held_until = None

    def _gone(self, conversation: Conversation) -> None:
        if conversation in self._toasted:
            del self._toasted[conversation]
            self._read(conversation)
