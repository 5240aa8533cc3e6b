"""Makes the look-ups that are due, one call after the other. On the thread of the look-ups."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from ..errors import NoNetwork, RateLimited, Temporary
from ..events import (
    Event,
    LookUpBegan,
    MarkAsRead,
    MarkAsReadFailed,
    MarkedAsRead,
    ProfileLookedUp,
    SettingsLookedUp,
    SlugLookedUp,
    UnreadLookedUp,
    UnreadSection,
)
from ..toast import Conversation
from .look_up_answers import NotThere
from .look_up_calls import SECTIONS, LookUpCalls
from .look_up_schedule import MUTED, PREFERENCE, PROFILE, SLUG, Job, Schedule
from .shared_pacer import SharedPacer

log = logging.getLogger(__name__)

_TRIES = 8
"""Times that a call is made while Telex answers it with a rate limit."""

T = TypeVar("T")


class RunOwner(Protocol):
    """What a run needs of whoever began it."""

    def next(self) -> Job | MarkAsRead | None:
        """What to do now, perhaps after a moment; ``None``: end."""

    def next_reading(self) -> MarkAsRead | None:
        """A person waits for this: it goes before all look-ups."""

    def over(self) -> bool:
        """Whether look-ups are not wanted any more, or not now."""

    def interrupted(self) -> bool:
        """Likewise, or a person waits."""

    def gone(self) -> bool:
        """Whether the session has ended."""

    def tell(self, event: Event) -> None:
        """Give an event to the main thread."""

    def note(self, note: Callable[[Schedule], None]) -> None:
        """Note in the schedule what became of a call."""

    def unexpected(self, error: Exception) -> None:
        """Tell of an error that nobody expected."""


class _GivenUp(Exception):
    """Look-ups are not wanted any more, or not now."""


class LookUpRun:
    """One life of the thread."""

    def __init__(self, owner: RunOwner, calls: LookUpCalls, pacer: SharedPacer, now: Callable[[], float]) -> None:
        """``now`` gives seconds on a clock that counts sleep."""
        self._owner = owner
        self._calls = calls
        self._pacer = pacer
        self._now = now
        self._silent = False
        """A call of the job was not answered at all: its others need not be tried."""

    def run(self) -> None:
        """Do what is due until nothing is."""
        while (task := self._owner.next()) is not None:
            if isinstance(task, MarkAsRead):
                self._mark_as_read(task)
            else:
                self._do(task)

    def _leave(self) -> None:
        """Wait until a request may go out, and do meanwhile what a person waits for.

        Raises:
            _GivenUp: it is not wanted any more.
        """
        while not self._owner.over():
            if (reading := self._owner.next_reading()) is not None:
                self._mark_as_read(reading)
            elif self._pacer.take(self._owner.interrupted):
                return
        raise _GivenUp

    # --- look-ups ---------------------------------------------------------------------------------------------------

    def _do(self, job: Job) -> None:
        made: set[str] = set()
        self._silent = False
        end = Schedule.failed
        try:
            if job.calls == (PROFILE,):
                self._profile(made)
            elif job.calls == (SLUG,):
                self._slug(job.channel, made)
            else:
                self._settings(job, made)
                self._unread(job, made)
        except _GivenUp:
            end = Schedule.put_back
        except Exception as error:
            log.error("an unexpected error in a look-up", exc_info=error)
            self._owner.unexpected(error)
        for call in job.calls:
            if call not in made:
                self._note(end, job.channel, call)

    def _profile(self, made: set[str]) -> None:
        if (found := self._ask("", PROFILE, made, self._calls.profile)) is not None:
            self._owner.tell(ProfileLookedUp(*found))

    def _slug(self, channel: str, made: set[str]) -> None:
        if (found := self._ask(channel, SLUG, made, lambda: self._calls.slug(_id(channel)))) is not None:
            self._owner.tell(SlugLookedUp(channel, found))
        elif SLUG in made:
            self._owner.tell(SlugLookedUp(channel, ""))

    def _settings(self, job: Job, made: set[str]) -> None:
        channel = job.channel
        muted = preference = None
        if MUTED in job.calls:
            muted = self._ask(channel, MUTED, made, lambda: self._calls.muted(_id(channel)))
        if PREFERENCE in job.calls:
            preference = self._ask(channel, PREFERENCE, made, lambda: self._calls.preference(_id(channel)))
        if muted is not None or preference is not None:
            self._owner.tell(SettingsLookedUp(channel, muted, *(preference or (None, None))))

    def _unread(self, job: Job, made: set[str]) -> None:
        channel, sections = job.channel, [call for call in job.calls if call in SECTIONS]
        if not sections:
            return
        self._owner.tell(LookUpBegan(channel))
        for section in sections:
            ask = partial(self._calls.unread, section, _id(channel), self._leave)
            if (found := self._ask(channel, section, made, ask)) is not None:
                self._owner.tell(UnreadSection(channel, section, *found))
        self._owner.tell(UnreadLookedUp(channel))

    def _ask(self, channel: str, call: str, made: set[str], make: Callable[[], T]) -> T | None:
        """Make a call, and note what became of it.

        Args:
            channel: The organisation's; empty for what is none's.
            call: Its name in the schedule.
            made: Gets that name once it is noted what became of it.
            make: Makes it.

        Returns:
            ``None`` where there is nothing, for now or for long.

        Raises:
            _GivenUp: it is not wanted any more.
        """
        for _ in range(0 if self._silent else _TRIES):
            self._leave()
            try:
                found = make()
            except RateLimited:
                continue
            except NotThere as reason:
                log.debug("looking up %s: %s", call, reason)
                made.add(call)
                self._heard()
                self._note(Schedule.not_there, channel, call)
                return None
            except Temporary as error:
                if self._owner.gone():  # it was broken off from here, which is no trouble of Telex's
                    raise _GivenUp from None
                log.info("looking up %s: %s", call, error.message)
                self._silent = isinstance(error, NoNetwork)
                if self._silent:
                    self._owner.note(lambda schedule: schedule.unanswered(self._now()))
                else:
                    self._heard()
                return None
            made.add(call)
            self._heard()
            self._owner.note(lambda schedule: schedule.answered(channel, call, self._calls.size))
            return found
        return None

    def _heard(self) -> None:
        self._owner.note(Schedule.heard)

    def _note(self, what: Callable[[Schedule, str, str, float], None], channel: str, call: str) -> None:
        self._owner.note(lambda schedule: what(schedule, channel, call, self._now()))

    # --- what a person asks for -------------------------------------------------------------------------------------

    def _mark_as_read(self, command: MarkAsRead) -> None:
        """Make the one reading call; the count falls when Telex publishes that it was read."""
        conversation = Conversation(command.channel, command.section, command.ident)
        why, temporary = "Telex is busy", True
        for _ in range(_TRIES):
            if not self._pacer.take(self._owner.gone, before_tokens=True):
                return
            try:
                self._calls.mark_as_read(command.section, command.ident, command.group)
                self._owner.tell(MarkedAsRead(conversation))
                return
            except RateLimited:
                continue
            except NotThere as refusal:
                why, temporary = f"Telex says: {refusal}", False
            except Temporary as error:
                why = error.message
            except Exception as error:
                log.error("an unexpected error in marking as read", exc_info=error)
                self._owner.unexpected(error)
                why, temporary = "Something unexpected went wrong; the log says what", False
            break
        self._owner.tell(MarkAsReadFailed(command.name, f"{why.rstrip('.')}.", conversation, temporary))


def _id(channel: str) -> str:
    """The organisation's id in the name of its push channel."""
    return channel.rpartition("/")[0]
