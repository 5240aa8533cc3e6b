"""Keeps what the person set on this machine: the pause, and what is muted; beside it, what others want remembered.

For the main thread, and the only one in the agent that keeps what is remembered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from .. import clock
from ..config import Config
from ..menu import MenuItem, MuteFor
from ..news import quiet
from ..news.quiet import Quiet
from ..news.wall import Wall
from ..toast import Conversation, Remembered
from ..tray_view import Silence
from .ports import WALL, Memory

log = logging.getLogger(__name__)

PAUSES = {
    MenuItem.PAUSE_HALF_HOUR: "30m",
    MenuItem.PAUSE_HOUR: "1h",
    MenuItem.PAUSE_FOUR_HOURS: "4h",
    MenuItem.PAUSE_UNTIL_TOMORROW: quiet.TOMORROW,
    MenuItem.PAUSE: quiet.WITHOUT_END,
    MenuItem.RESUME: quiet.OFF,
}
"""What the menu's items are as arguments."""


class QuietController:
    """Owns :class:`~telex_start.news.quiet.Quiet`, which the notifier asks."""

    def __init__(
        self,
        config: Config,
        memory: Memory,
        *,
        changed: Callable[[float], object],
        cannot_keep: Callable[[str], None],
        client_in_front: Callable[[], bool] = bool,
        now: Callable[[], float] = clock.now,
        wall: Wall = WALL,
        boot: str,
    ) -> None:
        """
        Args:
            memory: Keeps it from one start to the next.
            changed: Told, with the time, after anything has changed: what is told and counted, or what is shown of it.
            cannot_keep: Told why what was set cannot be kept over a restart; once, until it can be again, or each time
                if it raises.
            now: The time, in seconds; ``wall``, ``boot`` and ``client_in_front`` as for
                :class:`~telex_start.news.quiet.Quiet`.
        """
        self._memory = memory
        self._changed = changed
        self._cannot_keep = cannot_keep
        self._now = now
        self.quiet = Quiet(config, wall, boot, client_in_front)
        self.unreadable = ""
        """Why the memory cannot be read; empty where it can be."""
        self._kept = Remembered()
        """What is in the memory, as far as that can be read; while it cannot, it must not be written over."""
        self._keeps = True
        self._shown = Silence()
        self.noted = Remembered()
        """What others have noted (see :meth:`note`), as remembered; pause and mutes are not here."""
        self.problem = self._read(now())
        """What is wrong with the memory, in sentences; empty where nothing is."""

    def begin(self) -> tuple[str, str]:
        """What was remembered holds.

        Returns:
            What is wrong with the memory, title and sentences; empty where nothing is.
        """
        now = self._now()
        self.quiet.tick(now)
        self._keep()
        self._show(now)
        what = "cannot read" if self.unreadable else "has forgotten"
        return (f"Telex Start {what} a setting", self.problem) if self.problem else ("", "")

    def _read(self, now: float) -> str:
        """Take up what is in the memory, beside what was set since; what is wrong with it, in sentences."""
        try:
            found, problem = self._memory.load()
        except OSError as error:
            self.unreadable = f"{error.filename or 'What is remembered'} cannot be read ({error.strerror})"
            return f"{self.unreadable}. What was paused or muted does not hold until it can be."
        self.unreadable = ""
        since = self.quiet.remembered(self.noted)
        mutes = {one.conversation: one for one in (*found.mutes, *since.mutes)}
        self.quiet.remember(Remembered(since.pause or found.pause, tuple(mutes.values())), now)
        self.noted = Remembered(
            email=since.email or found.email,
            kept=since.kept or ("" if found.kept in since.removing else found.kept),
            ended=since.ended or found.ended,
            removing=tuple(dict.fromkeys((*found.removing, *since.removing))),
        )
        self._kept = found
        return problem

    def _read_again(self, now: float) -> bool:
        """Try again what could not be read; whether it could be now."""
        if not self.unreadable:
            return False
        self._read(now)
        return not self.unreadable

    def pause(self, argument: str) -> None:
        """Pause notifications, or resume them; see :meth:`telex_start.news.quiet.Quiet.pause`."""
        now = self._now()
        self._read_again(now)
        try:
            self.quiet.pause(argument, now)
        except ValueError as error:
            log.warning("telex-start pause: %s", error)
        else:
            self._told(now)

    def toggle(self) -> None:
        """Pause notifications until they are resumed; or resume them."""
        self.pause(quiet.OFF if self.quiet.paused else quiet.WITHOUT_END)

    def mute(self, conversation: Conversation, how_long: MuteFor | None, name: str) -> None:
        """Mute a conversation or an organisation, or unmute it; as :class:`~telex_start.events.MuteChosen` has it."""
        now = self._now()
        self._read_again(now)
        self.quiet.mute(conversation, name, how_long, now)
        self._told(now)

    def note(self, **fields: Any) -> None:
        """Remember these fields of :class:`Remembered`, which are neither pause nor mutes, for the next start."""
        self._read_again(self._now())
        self.noted = self.noted._replace(**fields)
        self._keep()

    def configure(self, config: Config) -> None:
        """Take up a changed configuration."""
        self.quiet.configure(config)
        self._told(self._now())

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self.quiet.deadline()

    def tick(self, now: float) -> None:
        """End what is over; to be called at each turn of the loop, whatever the deadline: clocks are set."""
        due = self.quiet.deadline()
        if self.quiet.tick(now):
            self._told(now)
        elif due is not None and now >= due:
            self._show(now)

    def look(self) -> None:
        """A clock may have been set, or days have gone by."""
        now = self._now()
        self.quiet.look_again()
        if self._read_again(now) or self.quiet.tick(now):
            self._told(now)
        else:
            self._show(now)

    def _told(self, now: float) -> None:
        self.quiet.tick(now)
        self._shown = self.quiet.silence(now)
        self._changed(now)
        self._keep()  # last: it holds now, whatever comes of this

    def _show(self, now: float) -> None:
        """The words may be others: it is another day, or the clock was set."""
        if self.quiet.silence(now) != self._shown:
            self._told(now)

    def _keep(self) -> None:
        remembered = self.quiet.remembered(self.noted)
        if remembered == self._kept:
            return
        if self.unreadable:
            self._not_kept("what was remembered before cannot be read")
            return
        try:
            self._memory.save(remembered)
        except OSError as error:
            self._not_kept(error.strerror or type(error).__name__)
        else:
            self._kept = remembered
            self._keeps = True

    def _not_kept(self, why: str) -> None:
        if self._keeps:
            self._cannot_keep(why)
            self._keeps = False
