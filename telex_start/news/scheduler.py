"""Makes toasts of news: at once, later in a summary, or never. Pure: toasts go out by a call.

The person's settings say whether they want it now; what they do not want yet is held for one summary. The flood rule
bounds how many toasts come at a time, a toast may wait a moment for its text, and what was unread before the sign-in is
told together. Time is an argument, in seconds on any clock that does not run backwards. Memory grows with the
conversations that are held, up to a bound, never with the messages.
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
"""So many conversations are remembered to have had a toast, the latest."""
MOST_CONVERSATIONS = 4096
"""So many conversations are held apart; the news of all beyond are counted together."""

LIMIT = 3
"""So many toasts are shown in any :data:`WINDOW`."""
WINDOW = 5.0
"""Seconds."""
WIDE = 30.0
"""Seconds of the window after one that filled up too."""
SLACK = 0.1
"""Seconds a window is kept longer: a toast appears some milliseconds after the decision, the first one latest."""

FIRST_WITHIN = 10.0
"""Seconds that the first summary of the past waits for every organisation's answer."""
ALL_WITHIN = 60.0
"""Seconds that the second one waits for the late ones, counted from the first answer too."""


def soonest(*times: float | None) -> float | None:
    """The first of some deadlines, each ``None`` where nothing is due; ``None`` where nothing at all is."""
    return min((time for time in times if time is not None), default=None)


class Kept(NamedTuple):
    """What is held of one conversation."""

    news: News
    """The newest, without its words; its counts before are those before all of it."""
    number: int
    """Of pieces of news, or of what is told of them."""


class HeldNews:
    """News that is told later, together, as far as it is still unread by then."""

    def __init__(self, unread_of: Callable[[Conversation], int]) -> None:
        """
        Args:
            unread_of: The unread threads of a conversation now, as far as they are to be told.
        """
        self._unread_of = unread_of
        self._kept: dict[tuple[Conversation, bool], Kept] = {}
        """By conversation, and whether the unread state counts it."""

    def add(self, news: News, count: int = 1, *, older: bool = False) -> None:
        """Hold it.

        Args:
            count: How many pieces of news it stands for.
            older: What is held of its conversation may be newer, and stays.
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
        """What is still unread, which is forgotten here, with what is not.

        Args:
            of: Whether the organisation of this push channel is to be told; the others stay.
            grown: Count by how much the conversations grew, else by pieces of news. What the unread state does not
                count has nothing to be compared with: it is told as it came.
        """
        taken: list[Kept] = []
        for key in [key for key in self._kept if of(key[0].channel)]:
            news, count = self._kept.pop(key)
            if news.counted:
                if grown:  # a mention in a thread that was unread before makes no other number, but has come
                    count = max(news.unread - news.before, 1)
                count = min(count, self._unread_of(news.conversation))
            if count > 0:
                taken.append(Kept(news, count))
        return taken

    def keep(self, wanted: Callable[[News, int], bool]) -> None:
        """Hold on to what is wanted; asked for the newest of each conversation, and how many pieces of news it is."""
        self._kept = {key: kept for key, kept in self._kept.items() if wanted(*kept)}

    def read(self, conversation: Conversation) -> None:
        """It was read: what comes of it later is another matter."""
        for counted in (True, False):
            self._kept.pop((conversation, counted), None)

    def channels(self) -> set[str]:
        """The push channels of which anything is held."""
        return {conversation.channel for conversation, _ in self._kept}

    def left(self, channel: str) -> None:
        """The user left this organisation: nothing of it is told."""
        self.keep(lambda news, count: news.conversation.channel != channel)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


class FloodRule:
    """Decides for each news whether it is shown now; if not, it is held until the window ends.

    Where the next window fills up too, it is widened, and so are all after it, until one passes that holds nothing.
    """

    def __init__(self, held: HeldNews) -> None:
        self.held = held
        self.deadline: float | None = None
        """When to call :meth:`due`; ``None`` while nothing is held."""
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
        """Something was shown that this rule was not asked about; it counts as one of the three."""
        self._shows.append(now)

    def due(self, now: float) -> list[Kept]:
        """Close the window if its end has come: what to summarise, now."""
        if self.deadline is None or now < self.deadline:
            return []
        if self._full(now, WINDOW):  # by what was shown without asking
            self.deadline = self._shows[0] + WINDOW + SLACK
            return []
        self.deadline = None
        self._last_full = now
        return self.held.take(grown=False)

    def clear(self) -> None:
        """Forget what is held; shows made so far still count."""
        self.held.clear()
        self.deadline = None

    def _full(self, now: float, width: float) -> bool:
        return len(self._shows) == LIMIT and now < self._shows[0] + width + SLACK


class StartupSummary:
    """The past, which is what is unread from before the sign-in: told in two summaries at most, not toast by toast.

    The first is due when every organisation has answered, or :data:`FIRST_WITHIN` after the first did; the second, for
    those that answer later, when all have, or :data:`ALL_WITHIN` after the first did. Then the past is over: what an
    organisation brings later is news like any other.
    """

    def __init__(self, held: HeldNews) -> None:
        self.held = held
        self.over = False
        """Whether all of it has been told: what :attr:`held` would hold is to be shown by itself."""
        self._unanswered: set[str] = set()
        self._looking: set[str] = set()
        self._first_answer: float | None = None
        self._told_first = False

    def expect(self, channels: Collection[str]) -> None:
        """Organisations were found whose past is to be waited for; not once the past is over."""
        if not self.over:
            self._unanswered.update(channels)

    def answered(self, channel: str, now: float, poll_follows: bool = False) -> None:
        """This organisation has told all of its past, or what is not in a poll; or it is not to be had.

        From here on the others are waited for so long and no longer.
        """
        if poll_follows and not self.over:
            self._looking.add(channel)
        else:
            self._looking.discard(channel)
            self._unanswered.discard(channel)
        if self._first_answer is None:
            self._first_answer = now

    def awaits_poll(self, channel: str) -> bool:
        """Whether a poll of this organisation is the rest of its past."""
        return channel in self._looking and not self.over

    def left(self, channel: str) -> None:
        """The user left this organisation: nobody waits for it, and nothing of it is told."""
        self._unanswered.discard(channel)
        self._looking.discard(channel)
        self.held.left(channel)

    def deadline(self) -> float | None:
        """When to call :meth:`due`; ``None`` where only an answer can make something due."""
        if self._first_answer is None or self.over:
            return None
        if not self._unanswered:
            return self._first_answer
        return self._first_answer + (ALL_WITHIN if self._told_first else FIRST_WITHIN)

    def due(self, now: float) -> list[Kept]:
        """What to tell now, in one summary."""
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
    """Used by the notifier, on the main thread."""

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
            state, settings, quiet, pairing, organisations: The notifier's; here they are asked, and the pairing told
                what was told.
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
        """Whether toasts tell what was written; may be set anew."""
        self.past = StartupSummary(HeldNews(self._unread_of))
        self._flood = FloodRule(HeldNews(self._unread_of))
        self._held = HeldNews(self._unread_of)
        self._held_until: float | None = None
        self._toasted: dict[Conversation, None] = {}

    def submit(self, news: News, now: float, *, past: bool = False) -> None:
        """Tell news as the person wants it: now, when its text is there, later, or not at all.

        Args:
            past: It is of before the sign-in.
        """
        if past:
            self.past.held.add(news)
        elif self._is_to_be_told(news, 1, now):
            if self._flood.deadline is None and self._pairing.may_wait(news, now):
                self._pairing.wait(news, now)
            else:  # what the flood rule will hold need not wait
                self.offer(news, now)

    def offer(self, news: News, now: float) -> None:
        """Tell news now, if the flood rule allows it."""
        for earlier in self._pairing.take_earlier(news.conversation):
            self._offer_one(earlier, now)
        self._offer_one(news, now)

    def replace(self, news: News, now: float) -> None:
        """Put this, with its text, in place of the same on the screen, unless that would pop up where nothing is to."""
        if self.show_text and not self._quiet.is_quiet(now) and not self._state.is_muted(news.conversation):
            self._show(self._toast(news)._replace(silent=True))

    def may_ring(self, conversation: Conversation, now: float) -> bool:
        """Whether a call in this direct conversation (its id may be empty) is told: now, or never."""
        wanted = self._is_wanted(News(conversation)) and not self._is_held(conversation.channel, now)
        return wanted and not self._quiet.client_has_it()

    def call(self, call: Call, now: float) -> None:
        """Somebody calls: that does not wait."""
        self._flood.shown(now)
        self._show(wording.call_toast(call, self._name(call.conversation.channel), len(self._organisations) > 1))

    def _is_wanted(self, news: News) -> bool:
        """Whether news is to be told at all, now or later."""
        muted = self._state.is_muted(news.conversation)
        return not muted and self._settings.wants(news) and self._quiet.wants(news)

    def _is_held(self, channel: str, now: float) -> bool:
        return self._settings.holds(channel) or self._quiet.is_quiet(now)

    def _is_to_be_told(self, news: News, count: int, now: float, older: bool = False) -> bool:
        """Whether news is to be told at all, and now; what is to be told later is held here."""
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
        """Tell what was held for organisations that are free again."""
        if not self._quiet.is_quiet(now):
            free = self._held.take(lambda channel: not self._settings.holds(channel))
            told = [one for one in free if self._is_to_be_told(*one, now, older=True)]
            self._summarise(wording.PAUSED, told, now)
            self._plan_release(now)

    def _plan_release(self, now: float) -> None:
        if self._quiet.is_quiet(now):
            self._held_until = None  # its end comes by :meth:`changed`
            return
        waits = [wait for channel in self._held.channels() if (wait := self._settings.free_in(channel)) is not None]
        self._held_until = now + min(waits) if waits else None

    def _unread_of(self, conversation: Conversation) -> int:
        """The unread threads of a conversation, as far as they are to be told."""
        return 0 if self._state.is_muted(conversation) else self._state.unread_of(conversation)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return soonest(self._flood.deadline, self._pairing.deadline(), self._held_until, self.past.deadline())

    def tick(self, now: float) -> None:
        """Show what is due."""
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
        """It was read: nothing of it is told any more, and its toast goes."""
        for held in (self._flood.held, self._held, self._pairing):
            held.read(conversation)
        self._gone(conversation)

    def changed(self, now: float) -> None:
        """The person wants other things told than before: what waits to be told is looked at again, the toasts of what
        is muted go, and what was held is told where it is to be told now."""
        self._look_again(now)
        for conversation in [known for known in self._toasted if self._state.is_muted(known)]:
            self._gone(conversation)
        self._release(now)

    def left(self, channel: str) -> None:
        """The user left this organisation."""
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
