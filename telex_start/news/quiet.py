"""What the person set on this machine: a pause, quiet hours, what is muted, and what of an organisation is news. Pure.

There are two clocks. ``now`` is a time on :data:`telex_start.clock.now`, which nobody sets: a pause of one hour ends by
it. The clock on the wall is asked by calls: a pause until 8:00 ends by that one (see :mod:`telex_start.remembered`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from ..config import Config, QuietHours
from ..events import Organisation
from ..face import Silence
from ..menu import Muted, MuteFor
from ..toast import Conversation, Mute, Pause, Remembered, Until
from .item import News
from .telex_settings import Verdict
from .wall import Wall, border, contain, end

TOMORROW = "tomorrow"
WITHOUT_END = "on"
OFF = "off"
LONGEST = 24 * 3600.0
"""Seconds that a pause lasts at most, where it lasts for so long."""
LONGEST_TOMORROW = 33 * 3600.0
"""Seconds until tomorrow's 8:00, at most: from midnight, on a day that is an hour longer."""
_LASTING = re.compile(r"([1-9][0-9]{0,3})([mh])")

LOOK_AT_DAY = 60.0
"""Seconds after which an end by the clock on the wall is looked for again at the latest: that clock may be set."""
LOOK_AT_HOURS = 3600.0
"""The same for quiet hours."""


class _Ends(NamedTuple):
    """When notifications come again, by the clock on the wall."""

    at: float | None
    """``None``: not before the person wants them."""
    shown: float = 0.0
    """What is said of it: quiet hours are named by their last minute, as the person set it."""


class Quiet:
    """Owned by one thread. After each call that changes something, :attr:`remembered` is to be kept."""

    def __init__(
        self,
        config: Config,
        wall: Wall,
        boot: str = "",
        client_in_front: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Args:
            wall: This machine's clock on the wall.
            boot: Which run of the machine this is.
            client_in_front: Whether the Telex client is in front just now; asked when news come.
        """
        self._wall = wall
        self._boot = boot
        self._client_in_front = client_in_front
        self._pause: Pause | None = None
        self._mutes: dict[Conversation, Mute] = {}
        self._organisations: tuple[Organisation, ...] = ()
        self._levels: dict[str, str] = {}
        self._hours: QuietHours | None = None
        self._was_quiet = False
        self._look_at: float | None = None
        self.configure(config)

    def configure(self, config: Config) -> None:
        """The configuration is another; :meth:`tick` says what follows from it."""
        self._hours = config.quiet
        self._while_client_runs = config.while_client_runs
        self._set = config.organisations
        self.know(self._organisations)
        self._look_at = None

    def know(self, organisations: Iterable[Organisation]) -> None:
        """The organisations of the signed-in user."""
        self._organisations = tuple(organisations)
        by_id = dict(self._set)
        by_name = {_folded(name): level for name, level in self._set}
        self._levels = {
            one.channel: level
            for one in self._organisations
            if (level := by_id.get(one.id) or by_name.get(_folded(one.name)))
        }

    # --- what the person does ---------------------------------------------------------------------------------------

    def remember(self, kept: Remembered, now: float) -> None:
        """Take up what was remembered. What lasts for so long, and began in another run of the machine, goes on by the
        clock on the wall, and from here on by the other one."""
        self._pause = kept.pause and Pause(self._of_this_run(kept.pause.until, now))
        self._mutes = {one.conversation: one._replace(until=self._of_this_run(one.until, now)) for one in kept.mutes}
        self._look_at = None

    def remembered(self, email: str) -> Remembered:
        """What is to be remembered, with the e-mail address of the last sign-in."""
        return Remembered(self._pause, tuple(self._mutes.values()), email)

    def pause(self, argument: str, now: float) -> None:
        """Pause notifications, or resume them.

        Args:
            argument: Minutes or hours, up to :data:`LONGEST` (``30m``, ``4h``), or ``tomorrow``, ``on`` or ``off``.

        Raises:
            ValueError: it is none of them; the text says what is allowed.
        """
        if argument == OFF:
            self._pause = None
        elif argument == WITHOUT_END:
            self._pause = Pause()
        elif argument == TOMORROW:
            self._pause = Pause(self._tomorrow())
        else:
            self._pause = Pause(self._lasting(_seconds(argument), now))
        self._look_at = None

    def mute(self, conversation: Conversation, name: str, how_long: MuteFor | None, now: float) -> None:
        """Mute a conversation or an organisation, or unmute it.

        Args:
            name: What the person knows it by, fit to show; empty where that is not known.
            how_long: ``None`` unmutes it.
        """
        before = self._mutes.pop(conversation, None)
        name = name or (before.name if before is not None else "") or "A conversation"
        if how_long is not None:
            until = None
            if how_long is MuteFor.HOUR:
                until = self._lasting(3600.0, now)
            elif how_long is MuteFor.UNTIL_TOMORROW:
                until = self._tomorrow()
            self._mutes[conversation] = Mute(conversation, name, until)
        self._look_at = None

    # --- what holds -------------------------------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        """Notifications are paused by a click or a command."""
        return self._pause is not None

    def is_quiet(self, now: float) -> bool:
        """Whether nothing pops up: paused, or in quiet hours."""
        if self._pause is not None and not self._is_over(self._pause.until, now):
            return True
        return self._hours is not None and contain(self._hours, self._wall, self._wall.now())

    def is_muted(self, conversation: Conversation) -> bool:
        """Whether a conversation is neither counted nor told, by a mute or its organisation's level."""
        if self._levels and self._levels.get(conversation.channel) == "none":
            return True
        mutes = self._mutes
        return bool(mutes) and (conversation in mutes or Conversation(conversation.channel, "", "") in mutes)

    def level(self, channel: str) -> str:
        """What of an organisation (by push channel) is news: ``all``, ``mentions`` or ``none``."""
        return self._levels.get(channel, "all")

    def verdict(self, news: News, now: float) -> Verdict:
        """What becomes of news, as far as this goes."""
        level = self.level(news.conversation.channel)
        if self.is_muted(news.conversation) or (level == "mentions" and not news.to_oneself):
            return Verdict.DROP
        return Verdict.HOLD if self.is_quiet(now) else Verdict.TELL

    @property
    def tells_all(self) -> bool:
        """Nothing is set for which news could be dropped or held, as with most people."""
        return not (self._pause or self._hours or self._mutes or self._levels or self._while_client_runs == "quiet")

    def calls(self, conversation: Conversation, now: float) -> bool:
        """Whether a call in this direct conversation (its id may be empty) is told."""
        return not (self.is_muted(conversation) or self.is_quiet(now) or self.client_has_it())

    def client_has_it(self) -> bool:
        """Whether the person sees it in the Telex client, and wants no toast then."""
        return self._while_client_runs == "quiet" and self._client_in_front()

    def paused_until(self, now: float) -> float | None:
        """When notifications come again by the clock on the wall, pause and quiet hours together; ``None`` where that
        has no end, or they come now."""
        found = self._ends(now)
        return found.at if found is not None else None

    def silence(self, now: float) -> Silence:
        """What the icon and the menu show of it."""
        wall = self._wall.now()
        ends = self._ends(now)
        words = ""
        if ends is not None:
            words = "paused" if ends.at is None else f"paused until {self._wall.words(ends.shown, wall)}"
        return Silence(words, self.paused, tuple(self._muted(one, now) for one in self._mutes.values()))

    # --- time -------------------------------------------------------------------------------------------------------

    def deadline(self) -> float | None:
        """When to call :meth:`tick`; as planned by its last call."""
        return self._look_at

    def tick(self, now: float) -> bool:
        """End what is over.

        Returns:
            Whether anything has changed since the last call but by :meth:`pause` and :meth:`mute`.
        """
        if not (self._pause or self._mutes or self._hours or self._was_quiet or self._look_at is not None):
            return False  # as with most people; this is asked after each publication
        changed = self._come_nearer()
        if self._pause is not None and self._is_over(self._pause.until, now):
            self._pause, changed = None, True
        for mute in [one for one in self._mutes.values() if self._is_over(one.until, now)]:
            del self._mutes[mute.conversation]
            changed = True
        quiet = self.is_quiet(now)
        if quiet != self._was_quiet:
            self._was_quiet, changed = quiet, True
        if changed or self._look_at is None or now >= self._look_at:
            self._look_at = self._plan(now)
        return changed

    def _come_nearer(self) -> bool:
        """Tomorrow by a clock that was years ahead, and has been put right since, is the tomorrow of today."""
        ends = [one for one in (self._pause, *self._mutes.values()) if one is not None]
        if not any(self._is_too_far(one.until) for one in ends):
            return False
        if self._pause is not None and self._is_too_far(self._pause.until):
            self._pause = Pause(self._tomorrow())
        for mute in [one for one in self._mutes.values() if self._is_too_far(one.until)]:
            self._mutes[mute.conversation] = mute._replace(until=self._tomorrow())
        return True

    def _is_too_far(self, until: Until | None) -> bool:
        if until is None or until.clock is not None or until.wall - self._wall.now() <= LONGEST_TOMORROW:
            return False
        return until.wall > self._tomorrow().wall  # in Troll, Antarctica, a day has up to 26 hours

    def look_again(self) -> None:
        """A clock may have been set: the next :meth:`tick` plans anew."""
        self._look_at = None

    def _plan(self, now: float) -> float | None:
        wall = self._wall.now()
        looks: list[float] = []
        for one in (self._pause, *self._mutes.values()):
            until = one.until if one is not None else None
            if until is not None and until.clock is not None:
                looks.append(until.clock)
            elif until is not None:
                looks.append(now + min(max(until.wall - wall, 0.0), LOOK_AT_DAY))
        if self._hours is not None:
            looks.append(now + min(border(self._hours, self._wall, wall) - wall, LOOK_AT_HOURS))
        return min(looks, default=None)

    # ----------------------------------------------------------------------------------------------------------------

    def _ends(self, now: float) -> _Ends | None:
        """When notifications come again; ``None`` where they come now."""
        if not self.is_quiet(now):
            return None
        at = self._wall.now()
        if self._pause is not None and self._pause.until is None:
            return _Ends(None)
        if self._pause is not None:
            at = max(at, self._wall_end(self._pause.until, now) or at)
        if self._hours is not None and contain(self._hours, self._wall, at):
            over = end(self._hours, self._wall, at)
            return _Ends(over, over - 60 if over is not None else 0.0)
        return _Ends(at, at)

    def _muted(self, mute: Mute, now: float) -> Muted:
        key = (mute.conversation.channel, mute.conversation.section, mute.conversation.ident)
        at = self._wall_end(mute.until, now)
        return Muted(key, mute.name, f"until {self._wall.words(at, self._wall.now())}" if at is not None else "")

    def _lasting(self, seconds: float, now: float) -> Until:
        return Until(self._wall.now() + seconds, now + seconds, self._boot)

    def _tomorrow(self) -> Until:
        return Until(self._wall.tomorrow(self._wall.now()))

    def _of_this_run(self, until: Until | None, now: float) -> Until | None:
        if until is None or until.clock is None or until.boot == self._boot:
            return until
        # Whatever the clock on the wall says after a start of the machine: nothing lasts longer than it was meant to.
        left = min(max(until.wall - self._wall.now(), 0.0), LONGEST)
        return Until(until.wall, now + left, self._boot)

    def _is_over(self, until: Until | None, now: float) -> bool:
        if until is None:
            return False
        return self._wall.now() >= until.wall if until.clock is None else now >= until.clock

    def _wall_end(self, until: Until | None, now: float) -> float | None:
        if until is None:
            return None
        return until.wall if until.clock is None else self._wall.now() + until.clock - now


def _seconds(argument: str) -> float:
    found = _LASTING.fullmatch(argument)
    seconds = int(found[1]) * (60.0 if found[2] == "m" else 3600.0) if found is not None else 0.0
    if not 0 < seconds <= LONGEST:
        raise ValueError("a pause is 30m, 1h, 4h, or as long as 24h at most; tomorrow, on (until you resume), or off")
    return seconds


def none_of_these(named: Iterable[tuple[str, str]], organisations: Collection[Organisation]) -> list[str]:
    """Which of the organisations that the configuration names, by name or id, are none of these."""
    known = {one.id for one in organisations} | {_folded(one.name) for one in organisations}
    return [name for name, _ in named if name not in known and _folded(name) not in known]


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
