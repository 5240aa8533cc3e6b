"""Keeps the pause and the mutes that the person set on this machine, and saves them; also what others want remembered.

For the main thread. In the agent, only this module writes what is remembered from one start to the next.
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
"""The menu's items as arguments of :meth:`QuietController.pause`."""


class QuietController:
    """Owns :class:`~telex_start.news.quiet.Quiet`, changes it, and saves what is to be remembered."""

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
            memory: Keeps what is remembered from one start to the next.
            changed: Called with the time after a change: of what is told and counted, or of the words shown for it.
            cannot_keep: Called with the reason if what was set cannot be saved; once, until saving works again, or each
                time if this call raises.
            now: The time, in seconds; ``wall``, ``boot`` and ``client_in_front`` as for
                :class:`~telex_start.news.quiet.Quiet`.
        """
        self._memory = memory
        self._changed = changed
        self._cannot_keep = cannot_keep
        self._now = now
        self.quiet = Quiet(config, wall, boot, client_in_front)
        self.unreadable = ""
        """Why the memory cannot be read; empty if it can be."""
        self._kept = Remembered()
        """What the memory holds, as last read or saved. While the memory cannot be read, it must not be overwritten."""
        self._keeps = True
        self._shown = Silence()
        self.noted = Remembered()
        """What others have noted (see :meth:`note`); the pause and the mutes are not in it."""
        self.problem = self._read(now())
        """What was wrong with the memory at the start, in sentences; empty if nothing was."""

    def begin(self) -> tuple[str, str]:
        """Begin to apply what was remembered.

        Returns:
            What is wrong with the memory, as a title and sentences; both empty if nothing is.
        """
        now = self._now()
        self.quiet.tick(now)
        self._keep()
        self._show(now)
        what = "cannot read" if self.unreadable else "has forgotten"
        return (f"Telex Start {what} a setting", self.problem) if self.problem else ("", "")

    def _read(self, now: float) -> str:
        """Read the memory, and merge it with what was set since; returns what is wrong with it, in sentences."""
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
        """Try again to read a memory that could not be read; whether that worked now."""
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
        """Mute a conversation or an organisation, or unmute it: see :class:`~telex_start.events.MuteChosen`."""
        now = self._now()
        self._read_again(now)
        self.quiet.mute(conversation, name, how_long, now)
        self._told(now)

    def note(self, **fields: Any) -> None:
        """Remember these fields of :class:`Remembered` for the next start; not the pause and the mutes."""
        self._read_again(self._now())
        self.noted = self.noted._replace(**fields)
        self._keep()

    def configure(self, config: Config) -> None:
        """Take up a changed configuration."""
        self.quiet.configure(config)
        self._told(self._now())

    def deadline(self) -> float | None:
        """When :meth:`tick` has something to do at the latest; ``None`` if nothing is due."""
        return self.quiet.deadline()

    def tick(self, now: float) -> None:
        """End the pause and mutes that are over. Call it at each turn of the loop, due or not: clocks are set."""
        due = self.quiet.deadline()
        if self.quiet.tick(now):
            self._told(now)
        elif due is not None and now >= due:
            self._show(now)

    def look(self) -> None:
        """Check everything again: a clock may have been set, or days may have gone by."""
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
        self._keep()  # last: the change holds even if it cannot be saved

    def _show(self, now: float) -> None:
        """Pass on the words shown for it if they have changed: on another day, or by a clock that was set."""
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
