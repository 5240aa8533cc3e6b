"""Polls what Telex never publishes: the unread state, the person's settings for notifications, and organisations'
slugs, which links need; marks conversations as read, and declines calls.

These calls are slow (up to 30 s), so they have a thread of their own, which lives as long as there is something to
poll. The session thread says what happens and what may be done, and never waits for it; neither does the end.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..errors import NO_THREAD, NoNetwork, RateLimited, Temporary
from ..events import (
    CALL_OVER,
    DeclineCall,
    Event,
    FetchSlug,
    MarkAsRead,
    MarkAsReadFailed,
    MarkedAsRead,
    Notice,
    PollBegan,
    ProfilePolled,
    SettingsPolled,
    SlugFetched,
    ThreadFailed,
    UnreadPolled,
    UnreadSection,
    WatchAgents,
    WatchSettings,
)
from ..toast import Conversation
from .pace import Shared
from .poll_calls import SECTIONS, NotThere, PollCalls
from .poll_schedule import MUTED, PREFERENCE, PROFILE, SLUG, Poll, Schedule

log = logging.getLogger(__name__)

PollCommand = FetchSlug | WatchAgents | WatchSettings | MarkAsRead | DeclineCall
"""The commands that are carried out here."""
_Asked = MarkAsRead | DeclineCall
"""Those that a person waits for: each is one call."""

_LINGER = 2.0
"""Seconds that the thread waits for what is due next before it ends."""
_MOST_ASKED = 100
"""So many calls of a person's wait; more are refused with a word."""
_TOO_MANY = "Too many conversations wait to be marked as read; try again in a minute."
_TRIES = 8
"""Times that a call is made while Telex answers it with a rate limit."""

T = TypeVar("T")


class _GivenUp(Exception):
    """Polls are not wanted any more, or not now."""


class Poller:
    """Polls for one session, until its :meth:`end`.

    The session thread says what happens; :meth:`obey` and :meth:`end` are for any thread. None of them blocks.
    """

    def __init__(
        self,
        make_calls: Callable[[], PollCalls],
        shared: Shared,
        settings: bool = True,
        watched: frozenset[str] = frozenset(),
    ) -> None:
        """
        Args:
            make_calls: Makes the calls, for one life of the thread.
            shared: The session's.
            settings: Whether the person's settings at Telex are of interest.
            watched: The organisations in which agents' conversations count as unread.
        """
        self._make_calls = make_calls
        self._pacer = shared.pacer
        self._dispatch = shared.dispatch
        self._now = shared.now
        self._unread_apart = shared.timings.unread_apart
        self.settings = settings
        self.watched = watched
        self._changed = threading.Condition()
        """Guards all that follows, but for what belongs to the thread."""
        self._schedule = Schedule(shared.timings, shared.chance, settings)
        self._schedule.watch_agents(watched)
        self._signed_in = False
        self._online = False
        self._over = False
        self._calls: PollCalls | None = None
        """Those of the thread, while it lives."""
        self._asked: deque[_Asked] = deque()
        self._failures: set[str] = set()
        # The thread's own, for the polls that it is at.
        self._unmade: list[Poll] = []
        """Those of which is not noted yet what became."""
        self._silent = False
        """A call was not answered at all: the others need not be tried."""

    def signed_in(self) -> None:
        """The session has begun, or goes on with a fresh access token."""
        with self._changed:
            self._signed_in = True
            self._schedule.signed_in_anew(self._now())

    def connected(self, at_once: bool) -> None:
        """A connection stands; ``at_once``: the machine has woken, or the person has asked for it."""
        with self._changed:
            self._online = True
            self._schedule.connected(self._now(), at_once)

    def disconnected(self, heard_at: float) -> None:
        """It stands no more, and the push server was last heard of then, in seconds.

        Until the next one, nothing is polled but what a person waits for.
        """
        with self._changed:
            if self._online:
                self._schedule.disconnected(heard_at)
            self._online = False
            self._changed.notify_all()
        self._pacer.wake()

    def live(self, channel: str, whole: bool) -> None:
        """An organisation's channel is live; ``whole`` where nothing was missed since it was live before."""
        with self._changed:
            self._schedule.live(channel, whole, self._now())

    def keep(self, channels: list[str]) -> None:
        """The person is in no other organisations than these."""
        with self._changed:
            self._schedule.keep(channels)

    def go_on(self) -> float:
        """Begin what is due. To be called on a connection that stands, while no token is due.

        Returns:
            When to call again at the latest; seconds.
        """
        with self._changed:
            now = self._now()
            if self._calls is None and (due_at := self._schedule.due_at()) > now:
                return due_at
            self._begin()
            return now + self._unread_apart

    def obey(self, command: PollCommand) -> None:
        """Carry out a command, soon."""
        with self._changed:
            now = self._now()
            match command:
                case MarkAsRead() | DeclineCall():
                    if len(self._asked) >= _MOST_ASKED:
                        self._dispatch(_failed(command, _TOO_MANY))
                    elif self._signed_in and not self._over:
                        self._asked.append(command)
                case WatchAgents():
                    self.watched = command.channels
                    self._schedule.watch_agents(command.channels)
                case WatchSettings():
                    self.settings = True
                    self._schedule.watch_settings(now)
                case FetchSlug():
                    self._schedule.want_slug(command.channel, now)
            if self._asked or (self._online and self._schedule.due_at() <= now):
                self._begin()
        self._pacer.wake()

    def end(self) -> None:
        """The session has ended: what is under way is broken off, and nothing more is told of it."""
        with self._changed:
            self._over = True
            self._online = False
            self._asked.clear()
            calls = self._calls
            self._changed.notify_all()
        if calls is not None:
            calls.https.abort()
        self._pacer.wake()

    def _begin(self) -> None:
        """Start the thread where there is none. With the lock held."""
        if self._calls is not None or self._over:
            self._changed.notify_all()
            return
        calls = self._calls = self._make_calls()
        try:
            threading.Thread(target=partial(self._run, calls), name="polls", daemon=True).start()
        except RuntimeError as error:  # the system starts no more threads: `go_on` tries again
            log.warning("nothing can be looked up just now: %s", error)
            self._calls = None
            while self._asked:
                command = self._asked.popleft()
                self._dispatch(_failed(command, NO_THREAD, temporary=True))

    def _run(self, calls: PollCalls) -> None:
        try:
            while (task := self._next()) is not None:
                if isinstance(task, _Asked):
                    self._do_asked(calls, task)
                else:
                    self._poll(calls, task)
        except Exception as error:  # a defect: what is due next is tried by another thread
            self._unexpected("an unexpected error ended the polls", error)
        finally:
            with self._changed:
                if self._calls is calls:
                    self._calls = None
            calls.https.close()

    def _next(self) -> list[Poll] | _Asked | None:
        """What to do now, perhaps after a moment; ``None``: end."""
        with self._changed:
            while not self._over:
                if self._asked:
                    return self._asked.popleft()
                now = self._now()
                if self._online and (polls := self._schedule.next(now)):
                    return polls
                wait = self._schedule.due_at() - now if self._online else float("inf")
                if wait > _LINGER:
                    break
                self._changed.wait(wait)
            self._calls = None
            return None

    def _leave(self, calls: PollCalls) -> None:
        """Wait until a request may go out, and do meanwhile what a person waits for.

        Raises:
            _GivenUp: it is not wanted any more, or not now.
        """
        while self._online:
            with self._changed:
                asked = self._asked.popleft() if self._asked else None
            if asked is not None:
                self._do_asked(calls, asked)
            elif self._pacer.take(lambda: not self._online or bool(self._asked)):
                return
        raise _GivenUp

    def _poll(self, calls: PollCalls, polls: list[Poll]) -> None:
        """Make the calls for one organisation, and note in the schedule what became of each."""
        self._unmade, self._silent = [*polls], False
        channel, ident = polls[0].channel, polls[0].channel.rpartition("/")[0]
        wanted = {poll.call: poll for poll in polls}
        note = self._schedule.failed
        try:
            if (poll := wanted.get(PROFILE)) and (profile := self._ask(calls, poll, calls.profile)):
                self._tell(ProfilePolled(*profile))
            if poll := wanted.get(SLUG):
                slug = self._ask(calls, poll, lambda: calls.slug(ident))
                if slug or not self._unmade:
                    self._tell(SlugFetched(channel, slug or ""))
            muted = preference = None
            if poll := wanted.get(MUTED):
                muted = self._ask(calls, poll, lambda: calls.muted(ident))
            if poll := wanted.get(PREFERENCE):
                preference = self._ask(calls, poll, lambda: calls.preference(ident))
            if muted is not None or preference is not None:
                self._tell(SettingsPolled(channel, muted, *(preference or (None, None))))
            if sections := [poll for poll in polls if poll.call in SECTIONS]:
                self._tell(PollBegan(channel))
                for poll in sections:
                    ask = partial(calls.unread, poll.call, ident, partial(self._leave, calls))
                    if (found := self._ask(calls, poll, ask)) is not None:
                        self._tell(UnreadSection(channel, poll.call, *found))
                self._tell(UnreadPolled(channel))
        except _GivenUp:
            note = self._schedule.put_back
        except Exception as error:
            self._unexpected("an unexpected error in a poll", error)
        with self._changed:
            for poll in self._unmade:
                note(poll, self._now())

    def _ask(self, calls: PollCalls, poll: Poll, make: Callable[[], T]) -> T | None:
        """Make a call, and note what became of it.

        Returns:
            ``None`` where there is nothing, for now or for long.

        Raises:
            _GivenUp: it is not wanted any more.
        """
        found: T | None = None
        size: int | None = None
        for _ in range(0 if self._silent else _TRIES):
            self._leave(calls)
            try:
                found = make()
                size = calls.size
            except RateLimited:
                continue
            except NotThere as reason:
                log.debug("looking up %s: %s", poll.call, reason)
            except Temporary as error:
                if self._over:  # it was broken off from here, which is no trouble of Telex's
                    raise _GivenUp from None
                log.info("looking up %s: %s", poll.call, error.message)
                self._silent = isinstance(error, NoNetwork)
                with self._changed:
                    self._schedule.heard(self._now(), answered=not self._silent)
                return None
            with self._changed:
                self._unmade.remove(poll)
                self._schedule.answered(poll, self._now(), size)
            return found
        return None

    def _do_asked(self, calls: PollCalls, command: _Asked) -> None:
        """Make the one call; Telex publishes what it changes: a conversation was read, or a call was declined."""
        why, temporary = "Telex is busy", True
        for _ in range(_TRIES):
            if not self._pacer.take(lambda: self._over, before_tokens=True):
                return
            try:
                if isinstance(command, DeclineCall):
                    calls.decline(command.buzz)
                else:
                    calls.mark_as_read(command.section, command.ident, command.group)
                    self._tell(MarkedAsRead(_conversation(command)))
                return
            except RateLimited:
                continue
            except NotThere as refusal:
                if isinstance(command, DeclineCall):
                    self._tell(CALL_OVER)
                    return
                why, temporary = f"Telex says: {refusal}", False
            except Temporary as error:
                why = error.message
            except Exception as error:
                self._unexpected("an unexpected error in a call that was asked for", error)
                why, temporary = "Something unexpected went wrong; the log says what", False
            break
        self._tell(_failed(command, f"{why.rstrip('.')}.", temporary))

    def _tell(self, event: Event) -> None:
        """Give an event to the main thread, while the session lasts."""
        with self._changed:
            if not self._over:
                self._dispatch(event)

    def _unexpected(self, what: str, error: Exception) -> None:
        log.error(what, exc_info=error)
        kind = type(error).__name__
        if kind not in self._failures:
            self._failures.add(kind)
            self._tell(ThreadFailed("polls", kind))


def _failed(command: _Asked, why: str, temporary: bool = False) -> Event:
    if isinstance(command, DeclineCall):
        return Notice("The call was not declined", why, needs_person=True)
    return MarkAsReadFailed(command.name, why, _conversation(command), temporary)


def _conversation(command: MarkAsRead) -> Conversation:
    return Conversation(command.channel, command.section, command.ident)
