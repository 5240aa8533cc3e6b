"""Looks up what Telex never publishes: the unread state, the person's settings for notifications, and organisations'
slugs, which links need; and marks conversations as read.

These calls are slow (up to 30 s), so they have a thread of their own, which lives as long as there is something to
look up (see :mod:`.look_up_run`). The session thread says what happens and what may be done, and never waits for it;
neither does the end.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial

from ..errors import NO_THREAD
from ..events import (
    Event,
    LookUpSlug,
    MarkAsRead,
    MarkAsReadFailed,
    SlugLookedUp,
    ThreadFailed,
    WatchAgents,
    WatchSettings,
)
from ..net.https import Https
from ..toast import Conversation
from .look_up_calls import LookUpCalls
from .look_up_run import LookUpRun
from .look_up_schedule import Job, Schedule
from .shared_pacer import SharedPacer
from .timings import Timings
from .tokens import TokenStore

log = logging.getLogger(__name__)

Asked = LookUpSlug | WatchAgents | WatchSettings | MarkAsRead
"""The commands that are carried out here."""

_LINGER = 2.0
"""Seconds that the thread waits for what is due next before it ends."""
_MOST_READINGS = 100
"""So many conversations wait to be marked as read; more are refused with a word."""
_TOO_MANY = "Too many conversations wait to be marked as read; try again in a minute."


class LookUps:
    """Makes the look-ups of a session.

    The session thread says what happens; :meth:`obey` and :meth:`end` are for any thread. Nothing here blocks.
    """

    def __init__(
        self,
        base: str,
        make_https: Callable[[], Https],
        store: TokenStore,
        pacer: SharedPacer,
        dispatch: Callable[[Event], None],
        now: Callable[[], float],
        chance: Callable[[], float],
        timings: Timings,
        settings: bool = True,
    ) -> None:
        """
        Args:
            base: The API's address, without a slash at its end.
            make_https: Makes what sends the requests, for one life of the thread.
            store: Has the access token.
            pacer: The session's.
            dispatch: Gives an event to the main thread.
            now: Seconds on a clock that counts sleep.
            chance: Gives numbers in [0, 1).
            timings: How often, and how long.
            settings: Whether the person's settings at Telex are of interest.
        """
        self._base = base
        self._make_https = make_https
        self._store = store
        self._pacer = pacer
        self._dispatch = dispatch
        self._now = now
        self._chance = chance
        self._timings = timings
        self._settings = settings
        self._changed = threading.Condition()
        """Guards all that follows."""
        self._generation = 0
        """Counts sessions: what belongs to an earlier one comes to nothing."""
        self._watched: frozenset[str] = frozenset()
        self._schedule = self._new_schedule()
        self._due_at: float | None = None
        """What the schedule says; ``None`` where that is to be worked out anew."""
        self._online = False
        self._https: Https | None = None
        self._running = False
        self.threads: list[threading.Thread] = []
        """The last one that was begun, and those before it that had not ended then."""
        self._readings: deque[MarkAsRead] = deque()
        self._slugs: dict[str, str] = {}
        self._untold: set[str] = set()
        """Channels of which a login said the slug, and the main thread has not heard of it."""
        self._failures: set[str] = set()

    def _new_schedule(self) -> Schedule:
        schedule = Schedule(self._timings, self._chance, self._settings)
        schedule.watch_agents(self._watched)
        return schedule

    # --- the session thread -----------------------------------------------------------------------------------------

    def signed_in(self, slugs: dict[str, str]) -> None:
        """A session has begun, or goes on with a fresh access token; ``slugs`` are those known, by channel."""
        with self._changed:
            self._due_at = None
            self._schedule.signed_in_anew(self._now())
            self._slugs.update(slugs)
            self._untold.update(slugs)

    def connected(self, at_once: bool) -> None:
        """A connection stands; ``at_once``: the machine has woken, or the person has asked for it."""
        with self._changed:
            self._online = True
            self._due_at = None
            self._schedule.connected(self._now(), at_once)

    def disconnected(self, heard_at: float) -> None:
        """It stands no more, and the push server was last heard of then, in seconds.

        Until the next one, nothing is looked up but what a person waits for.
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
            self._due_at = None
            self._schedule.live(channel, whole, self._now())

    def keep(self, channels: list[str]) -> None:
        """The person is in no other organisations than these."""
        with self._changed:
            self._due_at = None
            self._schedule.keep(channels)
            for channel in self._slugs.keys() - set(channels):
                del self._slugs[channel]
            for channel in self._untold & self._slugs.keys():
                self._dispatch(SlugLookedUp(channel, self._slugs[channel]))
            self._untold.clear()

    def go_on(self) -> float:
        """Begin what is due. To be called on a connection that stands, while no token is due.

        Returns:
            When to call again at the latest; seconds.
        """
        with self._changed:
            now = self._now()
            if self._running:
                self._changed.notify_all()
                return now + self._timings.unread_apart
            if self._due_at is None:
                self._due_at = self._schedule.due_at()
            if self._due_at > now:
                return self._due_at
            self._begin()
            return now + self._timings.unread_apart

    # --- any thread -------------------------------------------------------------------------------------------------

    def obey(self, command: Asked) -> None:
        """Carry out a command, soon."""
        with self._changed:
            now = self._now()
            self._due_at = None
            match command:
                case MarkAsRead():
                    if len(self._readings) >= _MOST_READINGS:
                        conversation = Conversation(command.channel, command.section, command.ident)
                        self._dispatch(MarkAsReadFailed(command.name, _TOO_MANY, conversation))
                    elif self._store.access is not None:
                        self._readings.append(command)
                case WatchAgents():
                    self._watched = command.channels
                    self._schedule.watch_agents(command.channels)
                case WatchSettings():
                    self._settings = True
                    self._schedule.watch_settings(now)
                case LookUpSlug():
                    if slug := self._slugs.get(command.channel):
                        self._dispatch(SlugLookedUp(command.channel, slug))
                    else:
                        self._schedule.want_slug(command.channel, now)
            if self._readings or (self._online and self._schedule.due_at() <= now):
                self._begin()
        self._pacer.wake()

    def end(self) -> None:
        """The session has ended: what is under way is broken off, and nothing more is told of it."""
        with self._changed:
            self._generation += 1
            self._online = False
            self._schedule = self._new_schedule()
            self._due_at = None
            self._readings.clear()
            self._slugs.clear()
            self._untold.clear()
            self._running = False
            https, self._https = self._https, None
            self._changed.notify_all()
        if https is not None:
            https.abort()
        self._pacer.wake()

    def _begin(self) -> None:
        """Start the thread where there is none. With the lock held."""
        if self._running:
            self._changed.notify_all()
            return
        https = self._https = self._make_https()
        calls = LookUpCalls(
            self._base, https, lambda: self._store.access, self._pacer, self._now, self._timings.slow_call_within
        )
        owner = _Owner(self, self._generation)
        run = LookUpRun(owner, calls, self._pacer, self._now)
        self._running = True
        thread = threading.Thread(target=partial(self._run, run, owner, https), name="look-ups", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._not_begun(error)
            return
        self.threads = [*(one for one in self.threads if one.is_alive()), thread]

    def _not_begun(self, error: RuntimeError) -> None:
        """The system starts no more threads: what is due is tried again by :meth:`go_on`. With the lock held."""
        log.warning("nothing can be looked up just now: %s", error)
        self._running, self._https = False, None
        while self._readings:
            command = self._readings.popleft()
            conversation = Conversation(command.channel, command.section, command.ident)
            self._dispatch(MarkAsReadFailed(command.name, NO_THREAD, conversation, temporary=True))

    def _run(self, run: LookUpRun, owner: _Owner, https: Https) -> None:
        """The thread."""
        try:
            run.run()
        except Exception as error:  # a defect: what is due next is tried by another thread
            log.error("an unexpected error ended the look-ups", exc_info=error)
            owner.unexpected(error)
        finally:
            with self._changed:
                if self._https is https:
                    self._running, self._https = False, None
            https.close()

    # --- the look-ups' thread, through its owner ---------------------------------------------------------------------

    def _next(self, generation: int) -> Job | MarkAsRead | None:
        with self._changed:
            self._due_at = None
            while generation == self._generation:
                if self._readings:
                    return self._readings.popleft()
                now = self._now()
                if self._online and (job := self._schedule.next(now)) is not None:
                    return job
                wait = self._schedule.due_at() - now if self._online else float("inf")
                if wait > _LINGER:
                    self._running, self._https = False, None
                    return None
                self._changed.wait(wait)
            return None

    def _next_reading(self, generation: int) -> MarkAsRead | None:
        with self._changed:
            return self._readings.popleft() if self._readings and generation == self._generation else None

    def _over(self, generation: int) -> bool:
        return generation != self._generation or not self._online

    def _gone(self, generation: int) -> bool:
        return generation != self._generation

    def _tell(self, generation: int, event: Event) -> None:
        with self._changed:
            if generation == self._generation:
                if isinstance(event, SlugLookedUp) and event.slug:
                    self._slugs[event.channel] = event.slug
                self._dispatch(event)

    def _note(self, generation: int, note: Callable[[Schedule], None]) -> None:
        with self._changed:
            if generation == self._generation:
                self._due_at = None
                note(self._schedule)

    def _unexpected(self, generation: int, error: Exception) -> None:
        kind = type(error).__name__
        if kind not in self._failures:
            self._failures.add(kind)
            self._tell(generation, ThreadFailed("look-ups", kind))


class _Owner:
    """What the thread of one session sees of the look-ups: see :class:`~.look_up_run.RunOwner`."""

    def __init__(self, look_ups: LookUps, generation: int) -> None:
        self._look_ups = look_ups
        self._generation = generation

    def next(self) -> Job | MarkAsRead | None:
        return self._look_ups._next(self._generation)

    def next_reading(self) -> MarkAsRead | None:
        return self._look_ups._next_reading(self._generation)

    def over(self) -> bool:
        return self._look_ups._over(self._generation)

    def interrupted(self) -> bool:
        return self.over() or bool(self._look_ups._readings)

    def gone(self) -> bool:
        return self._look_ups._gone(self._generation)

    def tell(self, event: Event) -> None:
        self._look_ups._tell(self._generation, event)

    def note(self, note: Callable[[Schedule], None]) -> None:
        self._look_ups._note(self._generation, note)

    def unexpected(self, error: Exception) -> None:
        self._look_ups._unexpected(self._generation, error)
