"""Decides when news becomes a toast: at once, later in a summary, or never. Pure: toasts are given to a callback.

The person's settings say whether they want the news now; news that they do not want yet is held for one summary. The
flood rule limits how many toasts come at a time, a toast may wait a moment for its text, and what was unread before the
sign-in ("the past") is told in summaries. Time is an argument, in seconds on any clock that does not run backwards.
Memory grows with the number of conversations that are held, up to a bound, never with the number of messages.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from ..events import Organisation
from ..toast import Conversation, Handle, Toast
from . import wording
from .calls import Call
from .pairing import Pairing
from .publications import News, remember
from .quiet import Quiet, TelexSettings
from .unread import UnreadState

MOST_TOASTS = 4096
"""The most conversations that are remembered to have had a toast: the latest."""
MOST_CONVERSATIONS = 4096
"""The most conversations that are held one by one; beyond them, news is counted together for each organisation."""

LIMIT = 3
"""The most toasts that are shown in any :data:`WINDOW`."""
WINDOW = 5.0
"""Seconds of a window."""
WIDE = 30.0
"""Seconds of a window, if the window before it was full too."""
SLACK = 0.1
"""Seconds that a window lasts longer: toasts appear milliseconds after the decision, the first one the latest."""

FIRST_WITHIN = 10.0
"""Seconds that the first summary of the past waits for every organisation's answer."""
ALL_WITHIN = 60.0
"""Seconds that the second summary waits for the late answers, also counted from the first answer."""


def soonest(*times: float | None) -> float | None:
    """The first of some deadlines, each ``None`` if nothing is due; ``None`` if nothing at all is due."""
    return min((time for time in times if time is not None), default=None)


class Kept(NamedTuple):
    """The news that is held of one conversation."""

    news: News
    """The newest piece, without its texts; its ``before`` is the lowest of all pieces."""
    number: int
    """The number of pieces of news; from :meth:`HeldNews.take`, the number that the summary tells."""


class HeldNews:
    """News that is told later, in one summary, as far as it is still unread then."""

    def __init__(self, unread_of: Callable[[Conversation], int]) -> None:
        """
        Args:
            unread_of: Gives the unread threads of a conversation now; 0 if it is muted.
        """
        self._unread_of = unread_of
        self._kept: dict[tuple[Conversation, bool], Kept] = {}
        """By conversation, and whether the unread state counts the news."""

    def add(self, news: News, count: int = 1, *, older: bool = False) -> None:
        """Hold news.

        Args:
            count: How many pieces of news it stands for.
            older: News that is held of its conversation may be newer, and stays the newest.
        """
        news = news.without_words()
        if (news.conversation, news.counted) not in self._kept and len(self._kept) >= MOST_CONVERSATIONS:
            news = news._replace(conversation=Conversation(news.conversation.channel, "", ""), counted=False)
        key = news.conversation, news.counted
        known = self._kept.get(key)
        if known is not None:
            newest = known.news if older else news
            news, count = newest._replace(before=min(known.news.before, news.before)), count + known.number
        self._kept[key] = Kept(news, count)

    def take(self, of: Callable[[str], bool] = lambda channel: True, *, grown: bool = True) -> list[Kept]:
        """Take out the news that is still unread; news that was read meanwhile is dropped.

        Args:
            of: Whether to take the news of this push channel's organisation; the others stay held.
            grown: Count by how much each conversation's unread threads grew; if false, by pieces of news. News that the
                unread state does not count is told by its pieces in any case.
        """
        taken: list[Kept] = []
        for key in [key for key in self._kept if of(key[0].channel)]:
            news, count = self._kept.pop(key)
            if news.counted:
                if grown:  # a mention in a thread that is unread already leaves the number as it was
                    count = max(news.unread - news.before, 1)
                count = min(count, self._unread_of(news.conversation))
            if count > 0:
                taken.append(Kept(news, count))
        return taken

    def keep(self, wanted: Callable[[News, int], bool]) -> None:
        """Drop what is not wanted: ``wanted`` gets each conversation's newest news, and the number of pieces."""
        self._kept = {key: kept for key, kept in self._kept.items() if wanted(*kept)}

    def read(self, conversation: Conversation) -> None:
        """The conversation was read: drop what is held of it."""
        for counted in (True, False):
            self._kept.pop((conversation, counted), None)

    def channels(self) -> set[str]:
        """The push channels of the organisations of which news is held."""
        return {conversation.channel for conversation, _ in self._kept}

    def left(self, channel: str) -> None:
        """The user left this organisation: drop its news."""
        self.keep(lambda news, count: news.conversation.channel != channel)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class FloodRule:
    """Decides for each piece of news whether it is shown now; if not, it is held until the window ends.

    If the next window fills up too, it is widened, and so are all after it, until one passes in which nothing is held.
    """

    def __init__(self, held: HeldNews) -> None:
        self.held = held
        self.deadline: float | None = None
        """When :meth:`due` is to be called; ``None`` while nothing is held."""
        self._shows: deque[float] = deque(maxlen=LIMIT)
        self._width = WINDOW
        self._last_full = -WIDE
        """When the last full window ended."""

    def offer(self, now: float, news: News) -> bool:
        """Whether to show this news now."""
        if self.deadline is None:
            in_a_row = now < self._last_full + self._width
            if not in_a_row:
                self._width = WINDOW
            if not self._full(now, self._width):
                self._shows.append(now)
                return True
            if in_a_row:
                self._width = WIDE
            self.deadline = self._shows[0] + self._width + SLACK
        self.held.add(news)
        return False

    def shown(self, now: float) -> None:
        """A toast was shown that this rule was not asked about; it counts as one of the :data:`LIMIT`."""
        self._shows.append(now)

    def due(self, now: float) -> list[Kept]:
        """Close the window if its end has come; the news to summarise now."""
        if self.deadline is None or now < self.deadline:
            return []
        if self._full(now, WINDOW):  # by toasts that this rule was not asked about
            self.deadline = self._shows[0] + WINDOW + SLACK
            return []
        self.deadline = None
        self._last_full = now
        return self.held.take(grown=False)

    def clear(self) -> None:
        """Forget what is held; toasts shown so far still count."""
        self.held.clear()
        self.deadline = None

    def _full(self, now: float, width: float) -> bool:
        return len(self._shows) == LIMIT and now < self._shows[0] + width + SLACK


class StartupSummary:
    """Tells the past, which is what was unread before the sign-in, in two summaries at most, not toast by toast.

    The first summary is due when every organisation has answered, or :data:`FIRST_WITHIN` after the first answer; the
    second, for later answers, when all have come, or :data:`ALL_WITHIN` after the first answer. Then the past is over:
    what an organisation brings later is news like any other.
    """

    def __init__(self, held: HeldNews) -> None:
        self.held = held
        self.over = False
        """Whether the past has been told: later news is not to be added to :attr:`held`."""
        self._unanswered: set[str] = set()
        self._looking: set[str] = set()
        self._first_answer: float | None = None
        self._told_first = False

    def expect(self, channels: Collection[str]) -> None:
        """Wait for the past of these organisations, which were just found; not once the past is over."""
        if not self.over:
            self._unanswered.update(channels)

    def answered(self, channel: str, now: float, poll_follows: bool = False) -> None:
        """An organisation's past has come, or was refused; if ``poll_follows``, the poll brings the rest of it.

        The first answer starts the time that the others are waited for.
        """
        if poll_follows and not self.over:
            self._looking.add(channel)
        else:
            self._looking.discard(channel)
            self._unanswered.discard(channel)
        if self._first_answer is None:
            self._first_answer = now

    def awaits_poll(self, channel: str) -> bool:
        """Whether a poll of this organisation brings the rest of its past."""
        return channel in self._looking and not self.over

    def left(self, channel: str) -> None:
        """The user left this organisation: it is not waited for, and none of its news is told."""
        self._unanswered.discard(channel)
        self._looking.discard(channel)
        self.held.left(channel)

    def deadline(self) -> float | None:
        """When :meth:`due` is to be called; ``None`` before the first answer, and when the past is over."""
        if self._first_answer is None or self.over:
            return None
        if not self._unanswered:
            return self._first_answer
        return self._first_answer + (ALL_WITHIN if self._told_first else FIRST_WITHIN)

    def due(self, now: float) -> list[Kept]:
        """The news to tell now in one summary; none before the deadline."""
        deadline = self.deadline()
        if deadline is None or now < deadline:
            return []
        self.over = self._told_first or not self._unanswered
        self._told_first = True
        return self.held.take()

    def clear(self) -> None:
        """Signed out: the next sign-in has a past of its own."""
        self.held.clear()
        self._unanswered.clear()
        self._looking.clear()
        self._first_answer = None
        self._told_first = self.over = False


class ToastScheduler:
    """Shows news as toasts, at its time. Used only by the notifier, on the main thread."""

    def __init__(
        self,
        state: UnreadState,
        settings: TelexSettings,
        quiet: Quiet,
        pairing: Pairing,
        organisations: Mapping[str, Organisation],
        *,
        show: Callable[[Toast], None],
        read: Callable[[Handle], None],
    ) -> None:
        """
        Args:
            state, settings, quiet, organisations: The notifier's; here they are only asked.
            pairing: The notifier's; it is also given news to wait for their text, and learns what was told.
            show, read: See :class:`.notifier.Notifier`.
        """
        self._state = state
        self._settings = settings
        self._quiet = quiet
        self._pairing = pairing
        self._organisations = organisations
        self._show = show
        self._read = read
        self.show_text = True
        """Whether toasts show what was written; the notifier may change it."""
        self.past = StartupSummary(HeldNews(self._unread_of))
        self._flood = FloodRule(HeldNews(self._unread_of))
        self._held = HeldNews(self._unread_of)
        self._held_until: float | None = None
        self._toasted: dict[Conversation, None] = {}

    def submit(self, news: News, now: float, *, past: bool = False) -> None:
        """Tell news as the person wants it: now, when its text has come, later, or not at all.

        Args:
            past: The news is from before the sign-in.
        """
        if past:
            self.past.held.add(news)
        elif self._is_to_be_told(news, 1, now):
            if self._flood.deadline is None and self._pairing.may_wait(news, now):
                self._pairing.wait(news, now)
            else:  # the flood rule will hold it: no need to wait for its text
                self.offer(news, now)

    def offer(self, news: News, now: float) -> None:
        """Tell news now, if the flood rule allows it; first what waits of its conversation."""
        for earlier in self._pairing.take_earlier(news.conversation):
            self._offer_one(earlier, now)
        self._offer_one(news, now)

    def replace(self, news: News, now: float) -> None:
        """Replace the toast of this news, shown without its text, by one with it; not where nothing may pop up."""
        if self.show_text and not self._quiet.is_quiet(now) and not self._state.is_muted(news.conversation):
            self._show(self._toast(news)._replace(silent=True))

    def may_ring(self, conversation: Conversation, now: float) -> bool:
        """Whether a call in this direct conversation (its id may be empty) is told now; later it never is."""
        wanted = self._is_wanted(News(conversation)) and not self._is_held(conversation.channel, now)
        return wanted and not self._quiet.client_has_it()

    def call(self, call: Call, now: float) -> None:
        """Show a call at once: the flood rule does not hold it."""
        self._flood.shown(now)
        self._show(wording.call_toast(call, self._name(call.conversation.channel), len(self._organisations) > 1))

    def _is_wanted(self, news: News) -> bool:
        """Whether the person wants to be told of news at all, now or later."""
        muted = self._state.is_muted(news.conversation)
        return not muted and self._settings.wants(news) and self._quiet.wants(news)

    def _is_held(self, channel: str, now: float) -> bool:
        return self._settings.holds(channel) or self._quiet.is_quiet(now)

    def _is_to_be_told(self, news: News, count: int, now: float, older: bool = False) -> bool:
        """Whether to tell news now. If it is to be told later, this method holds it."""
        if not self._is_wanted(news):
            return False
        if self._is_held(news.conversation.channel, now):
            self._held.add(news, count, older=older)
            self._plan_release(now)
            return False
        return not self._quiet.client_has_it()

    def _offer_one(self, news: News, now: float) -> None:
        self._pairing.told(news, now)
        if not self._flood.offer(now, news):
            return
        if news.conversation.ident:
            self._pairing.shown(news, now)
            remember(self._toasted, news.conversation, None, MOST_TOASTS)
        self._show(self._toast(news))

    def _toast(self, news: News) -> Toast:
        name = self._name(news.conversation.channel)
        return wording.toast_of(news, name, len(self._organisations) > 1, self.show_text)

    def _name(self, channel: str) -> str:
        organisation = self._organisations.get(channel)
        return organisation.name if organisation is not None else ""

    def _summarise(self, title: str, kept: list[Kept], now: float) -> None:
        if kept:
            channels = {one.news.conversation.channel for one in kept}
            unread = sum(one.number for one in kept)
            self._flood.shown(now)
            self._show(wording.summary(title, unread, len(kept), channels.pop() if len(channels) == 1 else ""))

    def _release(self, now: float) -> None:
        """Tell the held news of organisations that the person wants to hear of again."""
        if not self._quiet.is_quiet(now):
            free = self._held.take(lambda channel: not self._settings.holds(channel))
            told = [one for one in free if self._is_to_be_told(*one, now, older=True)]
            self._summarise(wording.PAUSED, told, now)
            self._plan_release(now)

    def _plan_release(self, now: float) -> None:
        if self._quiet.is_quiet(now):
            self._held_until = None  # when quiet ends, :meth:`changed` is called
            return
        waits = [wait for channel in self._held.channels() if (wait := self._settings.free_in(channel)) is not None]
        self._held_until = now + min(waits) if waits else None

    def _unread_of(self, conversation: Conversation) -> int:
        """The unread threads of a conversation; 0 if it is muted."""
        return 0 if self._state.is_muted(conversation) else self._state.unread_of(conversation)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None`` if nothing is."""
        return soonest(self._flood.deadline, self._pairing.deadline(), self._held_until, self.past.deadline())

    def tick(self, now: float) -> None:
        """Show the toasts and summaries that are due."""
        past = [one for one in self.past.due(now) if self._is_to_be_told(*one, now, older=True)]
        self._summarise(wording.AWAY, past, now)
        if self._quiet.is_quiet(now):
            self._look_again(now)
        for news in self._pairing.overdue(now):
            self._offer_one(news, now)
        self._summarise(wording.PROGRAM, self._flood.due(now), now)
        if self._held_until is not None and now >= self._held_until:
            self._release(now)

    def _look_again(self, now: float) -> None:
        self._flood.held.keep(lambda news, count: self._is_to_be_told(news, count, now))
        self._pairing.keep_waiting(lambda news: self._is_to_be_told(news, 1, now))

    def read(self, conversation: Conversation) -> None:
        """The conversation was read: none of its news is told any more, and its toast goes."""
        for held in (self._flood.held, self._held, self._pairing):
            held.read(conversation)
        self._gone(conversation)

    def changed(self, now: float) -> None:
        """The person's settings have changed, or their time has begun or ended: check again what waits, close toasts of
        muted conversations, and tell the held news that may be told now."""
        self._look_again(now)
        for conversation in [known for known in self._toasted if self._state.is_muted(known)]:
            self._gone(conversation)
        self._release(now)

    def left(self, channel: str) -> None:
        """The user left this organisation: none of its news is told, and its toasts go."""
        for held in (self.past, self._flood.held, self._held, self._pairing):
            held.left(channel)
        for conversation in [known for known in self._toasted if known.channel == channel]:
            self.read(conversation)

    def clear(self) -> None:
        """Signed out: no toast stays."""
        for conversation in list(self._toasted):
            self._gone(conversation)
        for part in (self.past, self._flood, self._held, self._pairing):
            part.clear()
        self._held_until = None

    def _gone(self, conversation: Conversation) -> None:
        if conversation in self._toasted:
            del self._toasted[conversation]
            self._read(conversation)
