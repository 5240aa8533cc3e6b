"""Answers whether the person wants to be told of news, by their settings on this machine and at Telex. Pure.

Settings on this machine are a pause, quiet hours, mutes, and what is news of each organisation. There are two clocks:
``now`` is a time on :data:`telex_start.clock.now`, which nobody sets, and ends a pause of one hour. The wall clock
(:mod:`.wall`) is asked by calls, and ends a pause until 8:00 (see :class:`telex_start.toast.Until`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable

from ..config import Config, QuietHours
from ..events import Organisation, ProfilePolled, SettingsPolled
from ..menu import Muted, MuteFor
from ..toast import Conversation, Mute, Pause, Remembered, Until
from ..tray_view import Silence
from .builder import folded
from .publications import CHANNELS, News
from .wall import DAY, Wall, border, contain, telex_hours

TOMORROW = "tomorrow"
WITHOUT_END = "on"
OFF = "off"
LONGEST = 24 * 3600.0
"""Seconds of the longest pause that is given as a duration."""
LONGEST_TOMORROW = 33 * 3600.0
"""Seconds until 8:00 tomorrow, at most: from midnight, on a day that is an hour longer."""
_LASTING = re.compile(r"([1-9][0-9]{0,3})([mh])")

LOOK_AT_DAY = 60.0
"""Seconds after which an end by the wall clock is checked again at the latest: that clock may be set."""
LOOK_AT_HOURS = 3600.0
"""The same in seconds for quiet hours, and for the hours set at Telex: clocks are set, and people travel."""


class TelexSettings:
    """What the person set at Telex. Owned by one thread.

    Telex applies these settings to mobile pushes only and publishes everything, so each client has to honour them.
    """

    def __init__(self, honoured: bool, second_of_day: Callable[[str], float]) -> None:
        """
        Args:
            honoured: ``False``: everything is told, whatever is set at Telex.
            second_of_day: Gives the seconds since midnight in a time zone, by its name; in this machine's zone if the
                name is empty or not known.
        """
        self.honoured = honoured
        """May be set at any time: the settings are kept even while they are not honoured."""
        self._second_of_day = second_of_day
        self.profile = ProfilePolled(False)
        """The person's own settings; the notifier replaces them after each poll."""
        self._about: dict[str, str] = {}
        self._hours: dict[str, QuietHours | None] = {}
        self._muted: dict[str, frozenset[str]] = {}

    def polled(self, event: SettingsPolled) -> None:
        """Take in the settings of an organisation; ``None`` leaves a setting as it was."""
        if event.notify_about is not None:
            self._about[event.channel] = event.notify_about
        if event.time_range is not None:
            self._hours[event.channel] = telex_hours(event.time_range)
        if event.muted is not None:
            self._muted[event.channel] = event.muted

    def paused(self, channel: str) -> bool:
        """Whether the person has paused this organisation's notifications."""
        of = self.profile.organisation_id
        return self.honoured and self.profile.paused and of in ("", channel.rpartition("/")[0])

    def is_muted(self, conversation: Conversation) -> bool:
        """Whether the person muted this channel."""
        muted = self._muted.get(conversation.channel, frozenset())
        return self.honoured and conversation.section == CHANNELS and conversation.ident in muted

    def wants(self, news: News) -> bool:
        """Whether the person wants to be told of this news, now or later."""
        about = self._about.get(news.conversation.channel) if self.honoured else None
        return about != "nothing" and (about != "mentions" or news.to_oneself)

    def holds(self, channel: str) -> bool:
        """Whether this organisation's news are held now: it is paused, or outside the hours for notifications."""
        hours = self._hours.get(channel) if self.honoured else None
        return self.paused(channel) or (hours is not None and not contain(hours, 0, int(self._second() // 60)))

    def free_in(self, channel: str) -> float | None:
        """In how many seconds to ask :meth:`holds` again; ``None`` if only another poll can change its answer."""
        hours = self._hours.get(channel)
        if self.paused(channel) or hours is None:
            return None
        return min(max(1.0, (hours.first * 60 - self._second()) % DAY), LOOK_AT_HOURS)

    def left(self, channel: str) -> None:
        """The user left this organisation: forget its settings."""
        for known in (self._about, self._hours, self._muted):
            known.pop(channel, None)

    def clear(self) -> None:
        """Forget everything."""
        for known in (self._about, self._hours, self._muted):
            known.clear()
        self.profile = ProfilePolled(False)

    def _second(self) -> float:
        return self._second_of_day(self.profile.timezone)


class Quiet:
    """What the person set on this machine. Owned by one thread.

    After each call that changes something, the caller saves :meth:`remembered`.
    """

    def __init__(
        self,
        config: Config,
        wall: Wall,
        boot: str = "",
        client_in_front: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Args:
            wall: This machine's wall clock.
            boot: Names this run of the machine (see :func:`telex_start.clock.boot`).
            client_in_front: Whether the Telex client is in front of the person now; asked when news come.
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
        """Take up a changed configuration; :meth:`tick` is to be called after it, and plans its deadline again."""
        self._hours = config.quiet
        self._while_client_runs = config.while_client_runs
        self._set = config.organisations
        self.know(self._organisations)
        self._look_at = None

    def know(self, organisations: Iterable[Organisation]) -> None:
        """Take in the organisations of the signed-in user, which the configuration names by id or name."""
        self._organisations = tuple(organisations)
        by_id = dict(self._set)
        by_name = {folded(name): level for name, level in self._set}
        self._levels = {
            one.channel: level
            for one in self._organisations
            if (level := by_id.get(one.id) or by_name.get(folded(one.name)))
        }

    def remember(self, kept: Remembered, now: float) -> None:
        """Take up what was remembered. If a duration began in another run of the machine, the wall clock says once how
        much of it is left; from here on the other clock counts."""
        self._pause = kept.pause and Pause(self._of_this_run(kept.pause.until, now))
        self._mutes = {one.conversation: one._replace(until=self._of_this_run(one.until, now)) for one in kept.mutes}
        self._look_at = None

    def remembered(self, beside: Remembered) -> Remembered:
        """What is to be remembered: ``beside``, which others have noted, with the pause and the mutes of here."""
        return beside._replace(pause=self._pause, mutes=tuple(self._mutes.values()))

    def pause(self, argument: str, now: float) -> None:
        """Pause notifications, or resume them.

        Args:
            argument: Minutes or hours, up to :data:`LONGEST` (``30m``, ``4h``), or ``tomorrow``, ``on`` or ``off``.

        Raises:
            ValueError: the argument is something else; the error's text says what is allowed.
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
            name: Its name, fit to show; empty if that is not known.
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

    @property
    def paused(self) -> bool:
        """Whether notifications are paused by a click or a command."""
        return self._pause is not None

    def is_quiet(self, now: float) -> bool:
        """Whether nothing may pop up: it is a pause, or a quiet hour."""
        if self._pause is not None and not self._is_over(self._pause.until, now):
            return True
        return self._hours is not None and self._contains(self._hours, self._wall.now())

    def _contains(self, hours: QuietHours, at: float) -> bool:
        return contain(hours, *self._wall.local(at))

    def is_muted(self, conversation: Conversation) -> bool:
        """Whether a conversation is neither counted nor told: by a mute, or by its organisation's level ``none``."""
        if self._levels.get(conversation.channel) == "none":
            return True
        mutes = self._mutes
        return bool(mutes) and (conversation in mutes or Conversation(conversation.channel, "", "") in mutes)

    def wants(self, news: News) -> bool:
        """Whether news of a conversation that is not muted are wanted, now or later (level ``mentions``: only some)."""
        return self._levels.get(news.conversation.channel) != "mentions" or news.to_oneself

    def client_has_it(self) -> bool:
        """Whether the Telex client is in front of the person, and they want no toasts then."""
        return self._while_client_runs == "quiet" and self._client_in_front()

    def silence(self, now: float) -> Silence:
        """What the icon and the menu show of these settings."""
        return Silence(self._words(now), self.paused, tuple(self._muted(one, now) for one in self._mutes.values()))

    def _words(self, now: float) -> str:
        """Words that say until when nothing pops up, by pause and quiet hours together; empty if something may."""
        if not self.is_quiet(now):
            return ""
        wall = at = self._wall.now()
        if self._pause is not None:
            if self._pause.until is None:
                return "paused"
            at = max(at, self._wall_end(self._pause.until, now))
        if self._hours is not None and self._contains(self._hours, at):
            over = border(self._hours, self._wall, at)
            if over is None:
                return "paused"
            at = over - 60  # quiet hours are named by their last minute, as the person set it
        return f"paused until {self._wall.words(at, wall)}"

    def _muted(self, mute: Mute, now: float) -> Muted:
        if mute.until is None:
            return Muted(mute.conversation, mute.name)
        until = self._wall.words(self._wall_end(mute.until, now), self._wall.now())
        return Muted(mute.conversation, mute.name, f"until {until}")

    def deadline(self) -> float | None:
        """When :meth:`tick` is due, as planned by its last call."""
        return self._look_at

    def look_again(self) -> None:
        """A clock may have been set: the next :meth:`tick` plans its deadline again."""
        self._look_at = None

    def tick(self, now: float) -> bool:
        """End the pause and the mutes whose time is over.

        Returns:
            Whether one has ended or was corrected, or whether quiet began or ended since the last call.
        """
        before = self._pause, self._mutes
        if self._pause is not None:
            until = self._nearer(self._pause.until)
            self._pause = None if self._is_over(until, now) else Pause(until)
        nearer = [mute._replace(until=self._nearer(mute.until)) for mute in self._mutes.values()]
        self._mutes = {mute.conversation: mute for mute in nearer if not self._is_over(mute.until, now)}
        was_quiet, self._was_quiet = self._was_quiet, self.is_quiet(now)
        changed = before != (self._pause, self._mutes) or was_quiet != self._was_quiet
        if changed or self._look_at is None or now >= self._look_at:
            self._look_at = self._plan(now)
        return changed

    def _nearer(self, until: Until | None) -> Until | None:
        """Correct an "until tomorrow" that was set while the wall clock was far ahead: it ends tomorrow from today."""
        if until is None or until.clock is not None or until.wall - self._wall.now() <= LONGEST_TOMORROW:
            return until
        # In Troll, Antarctica, a day has up to 26 hours.
        return min(until, self._tomorrow(), key=lambda one: one.wall)

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
            change = border(self._hours, self._wall, wall, LOOK_AT_HOURS)
            looks.append(now + (LOOK_AT_HOURS if change is None else change - wall))
        return min(looks, default=None)

    def _lasting(self, seconds: float, now: float) -> Until:
        return Until(self._wall.now() + seconds, now + seconds, self._boot)

    def _tomorrow(self) -> Until:
        return Until(self._wall.tomorrow(self._wall.now()))

    def _of_this_run(self, until: Until | None, now: float) -> Until | None:
        if until is None or until.clock is None or until.boot == self._boot:
            return until
        # The wall clock may be wrong after a start of the machine: nothing lasts longer than the longest pause.
        left = min(max(until.wall - self._wall.now(), 0.0), LONGEST)
        return Until(until.wall, now + left, self._boot)

    def _is_over(self, until: Until | None, now: float) -> bool:
        if until is None:
            return False
        return self._wall.now() >= until.wall if until.clock is None else now >= until.clock

    def _wall_end(self, until: Until, now: float) -> float:
        return until.wall if until.clock is None else self._wall.now() + until.clock - now


def _seconds(argument: str) -> float:
    found = _LASTING.fullmatch(argument)
    seconds = int(found[1]) * (60.0 if found[2] == "m" else 3600.0) if found is not None else 0.0
    if not 0 < seconds <= LONGEST:
        raise ValueError("a pause is 30m, 1h, 4h, or as long as 24h at most; tomorrow, on (until you resume), or off")
    return seconds


def none_of_these(named: Iterable[tuple[str, str]], organisations: Collection[Organisation]) -> list[str]:
    """The organisations that the configuration names, by name or id, and that are none of ``organisations``."""
    known = {one.id for one in organisations} | {folded(one.name) for one in organisations}
    return [name for name, _ in named if name not in known and folded(name) not in known]
