"""Keeps what the person set on this machine: the pause, what is muted, and the e-mail address of the last sign-in.

For the main thread, and the only one in the agent that keeps what is remembered.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from .. import clock
from ..config import Config
from ..events import (
    Event,
    IconMiddleClicked,
    MachineWoke,
    MenuClicked,
    MenuOpened,
    MuteChosen,
    SecondStart,
)
from ..face import Silence
from ..menu import MenuItem, MuteFor, Request
from ..news import quiet
from ..news.quiet import Quiet
from ..news.wall import Wall
from ..remembered import Remembered
from ..toast import Conversation
from .local_time import WALL
from .ports import Memory

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


class QuietDesk:
    """Owns :class:`~telex_start.news.quiet.Quiet`, which the notifier asks."""

    def __init__(
        self,
        config: Config,
        memory: Memory,
        changed: Callable[[float], None],
        *,
        cannot_keep: Callable[[str], object] = lambda why: None,
        now: Callable[[], float] = clock.now,
        wall: Wall = WALL,
        boot: str | None = None,
        client_in_front: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Args:
            memory: Keeps it from one start to the next.
            changed: Told, with the time, after anything has changed: what is told and counted, or what is shown of it.
            cannot_keep: Told why what was set cannot be kept over a restart; once, until it can be again.
            now: As everywhere; ``wall``, ``boot`` and ``client_in_front`` as for
                :class:`~telex_start.news.quiet.Quiet`.
        """
        self._memory = memory
        self._changed = changed
        self._now = now
        self.quiet = Quiet(config, wall, clock.boot() if boot is None else boot, client_in_front)
        self._kept: Remembered | None = None
        """What is in the memory; ``None`` while it cannot be read, and must not be written over."""
        self._email = ""
        self.problem = self._read(now())
        """What is wrong with the memory, in sentences; empty where nothing is."""
        self._cannot_keep = cannot_keep
        self._keeps = True
        self._shown = Silence()
        self.name_of: Callable[[Conversation], str] = lambda conversation: ""
        """What the person knows a conversation, or an organisation, by; fit to show."""

    def begin(self) -> None:
        """What was remembered holds."""
        now = self._now()
        self.quiet.tick(now)
        self._keep()
        self._show(now)

    @property
    def has_read(self) -> bool:
        """Whether the memory could be read."""
        return self._kept is not None

    def _read(self, now: float) -> str:
        """Take up what is in the memory, beside what was set since; what is wrong with it, in sentences."""
        try:
            found, problem = self._memory.load()
        except OSError as error:
            why = f"{error.filename or 'What is remembered'} cannot be read ({error.strerror})."
            return f"{why} What was paused or muted does not hold until it can be."
        since = self.quiet.remembered(self._email)
        mutes = {one.conversation: one for one in (*found.mutes, *since.mutes)}
        self.quiet.remember(Remembered(since.pause or found.pause, tuple(mutes.values())), now)
        self._email = since.email or found.email
        self._kept = found
        return problem

    def _read_again(self, now: float) -> bool:
        """Try again what could not be read; whether it could be now."""
        if self._kept is not None:
            return False
        self._read(now)
        return self.has_read

    # --- what the person does ---------------------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> bool:
        """Take in an event.

        Returns:
            Whether it was one for this alone.
        """
        match event:
            case MenuClicked() if event.item in PAUSES:
                self.pause(PAUSES[event.item])
            case IconMiddleClicked():
                self.toggle()
            case MuteChosen():
                self.mute(event.conversation, event.how_long, event.name)
            case SecondStart() if event.request is Request.PAUSE:
                try:
                    self.pause(event.argument)
                except ValueError as error:
                    log.warning("telex-start pause: %s", error)
            case MachineWoke() | MenuOpened():
                self._look(now)
                return False
            case _:
                return False
        return True

    def pause(self, argument: str) -> None:
        """Pause notifications, or resume them; see :meth:`telex_start.news.quiet.Quiet.pause`.

        Raises:
            ValueError: it is no such argument.
        """
        now = self._now()
        self._read_again(now)
        self.quiet.pause(argument, now)
        self._told(now)

    def resume(self) -> None:
        """Resume notifications."""
        self.pause(quiet.OFF)

    def toggle(self) -> None:
        """Pause notifications until they are resumed; or resume them."""
        self.pause(quiet.OFF if self.quiet.paused else quiet.WITHOUT_END)

    def mute(self, conversation: Conversation, how_long: MuteFor | None, name: str = "") -> None:
        """Mute a conversation, or an organisation (section and id are empty).

        Args:
            how_long: ``None`` unmutes it.
            name: What the person knows it by, fit to show, where that is known already.
        """
        now = self._now()
        self._read_again(now)
        self.quiet.mute(conversation, name or self.name_of(conversation), how_long, now)
        self._told(now)

    # --- the e-mail address -----------------------------------------------------------------------------------------

    @property
    def email(self) -> str:
        """Of the last sign-in by the window, as remembered; empty for none."""
        return self._email

    def remember_email(self, email: str) -> None:
        """Remember it for the next start; an empty one is forgotten."""
        self._read_again(self._now())
        self._email = email
        self._keep()

    # --- configuration and time -------------------------------------------------------------------------------------

    def configure(self, config: Config) -> None:
        """The configuration is another."""
        self.quiet.configure(config)
        self._told(self._now())

    def silence(self, now: float) -> Silence:
        """What the icon and the menu show."""
        return self.quiet.silence(now)

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

    def _look(self, now: float) -> None:
        """A clock may have been set, or days have gone by."""
        self.quiet.look_again()
        if self._read_again(now) or self.quiet.tick(now):
            self._told(now)
        else:
            self._show(now)

    def _told(self, now: float) -> None:
        self.quiet.tick(now)
        self._shown = self.silence(now)
        self._changed(now)
        self._keep()  # last: it holds now, whatever comes of this

    def _show(self, now: float) -> None:
        """The words may be others: it is another day, or the clock was set."""
        if self.silence(now) != self._shown:
            self._told(now)

    def _keep(self) -> None:
        remembered = self.quiet.remembered(self._email)
        if remembered == (self._kept or Remembered()):
            return
        if self._kept is None:
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
            self._keeps = False
            log.warning("what is paused and muted cannot be kept over a restart: %s", why)
            self._cannot_keep(why)


class NoMemory:
    """Remembers nothing."""

    def load(self) -> tuple[Remembered, str]:
        """Nothing was remembered."""
        return Remembered(), ""

    def save(self, remembered: Remembered) -> None:
        """Forget it."""
