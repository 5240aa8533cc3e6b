"""Whether the person wants news told: what they set on this machine, and what they set at Telex. Pure.

On this machine that is a pause, quiet hours, what is muted, and what of an organisation is news. There are two clocks.
``now`` is a time on :data:`telex_start.clock.now`, which nobody sets: a pause of one hour ends by it. The clock on the
wall is asked by calls: a pause until 8:00 ends by that one (see :mod:`telex_start.remembered`).
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
"""Seconds that a pause lasts at most, where it lasts for so long."""
LONGEST_TOMORROW = 33 * 3600.0
"""Seconds until tomorrow's 8:00, at most: from midnight, on a day that is an hour longer."""
_LASTING = re.compile(r"([1-9][0-9]{0,3})([mh])")

LOOK_AT_DAY = 60.0
"""Seconds after which an end by the clock on the wall is looked for again at the latest: that clock may be set."""
LOOK_AT_HOURS = 3600.0
"""The same for quiet hours, and for those at Telex: clocks are set, and people travel."""


class TelexSettings:
    """What the person set at Telex. Owned by one thread.

    Telex applies it to mobile pushes alone and publishes everything all the same, so it is the client that honours it.
    """

    def __init__(self, honoured: bool, second_of_day: Callable[[str], float]) -> None:
        """
        Args:
            honoured: ``False``: whatever is set at Telex, everything is told.
            second_of_day: The seconds since midnight in a time zone, by its name; where the name is empty or not known,
                on this machine.
        """
        self.honoured = honoured
        """May change at any time: what is set at Telex is known all the same."""
        self._second_of_day = second_of_day
        self.profile = ProfilePolled(False)
        """The settings of the person; set anew when they were looked up."""
        self._about: dict[str, str] = {}
        self._hours: dict[str, QuietHours | None] = {}
        self._muted: dict[str, frozenset[str]] = {}

    def polled(self, event: SettingsPolled) -> None:
        """The settings of an organisation."""
        if event.notify_about is not None:
            self._about[event.channel] = event.notify_about
        if event.time_range is not None:
            self._hours[event.channel] = telex_hours(event.time_range)
        if event.muted is not None:
            self._muted[event.channel] = event.muted

    def paused(self, channel: str) -> bool:
        """Whether the person wants no notifications of this organisation just now."""
        of = self.profile.organisation_id
        return self.honoured and self.profile.paused and of in ("", channel.rpartition("/")[0])

    def is_muted(self, conversation: Conversation) -> bool:
        """Whether the person muted this channel."""
        muted = self._muted.get(conversation.channel, frozenset())
        return self.honoured and conversation.section == CHANNELS and conversation.ident in muted

    def wants(self, news: News) -> bool:
        """Whether the person wants to be told of this, now or later."""
        about = self._about.get(news.conversation.channel) if self.honoured else None
        return about != "nothing" and (about != "mentions" or news.to_oneself)

    def holds(self, channel: str) -> bool:
        """Whether nothing of this organisation is told now."""
        hours = self._hours.get(channel) if self.honoured else None
        return self.paused(channel) or (hours is not None and not contain(hours, 0, int(self._second() // 60)))

    def free_in(self, channel: str) -> float | None:
        """In how many seconds to ask :meth:`holds` again; ``None`` where only Telex can end it."""
        hours = self._hours.get(channel)
        if self.paused(channel) or hours is None:
            return None
        return min(max(1.0, (hours.first * 60 - self._second()) % DAY), LOOK_AT_HOURS)

    def left(self, channel: str) -> None:
        """The user left this organisation."""
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

    After each call that changes something, :meth:`remembered` is to be kept.
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
        by_name = {folded(name): level for name, level in self._set}
        self._levels = {
            one.channel: level
            for one in self._organisations
            if (level := by_id.get(one.id) or by_name.get(folded(one.name)))
        }

    def remember(self, kept: Remembered, now: float) -> None:
        """Take up what was remembered. What lasts for so long, and began in another run of the machine, goes on by the
        clock on the wall, and from here on by the other one."""
        self._pause = kept.pause and Pause(self._of_this_run(kept.pause.until, now))
        self._mutes = {one.conversation: one._replace(until=self._of_this_run(one.until, now)) for one in kept.mutes}
        self._look_at = None

    def remembered(self, beside: Remembered) -> Remembered:
        """What is to be remembered, beside what others have noted."""
        return beside._replace(pause=self._pause, mutes=tuple(self._mutes.values()))

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

    @property
    def paused(self) -> bool:
        """Notifications are paused by a click or a command."""
        return self._pause is not None

    def is_quiet(self, now: float) -> bool:
        """Whether nothing pops up: paused, or in quiet hours."""
        if self._pause is not None and not self._is_over(self._pause.until, now):
            return True
        return self._hours is not None and self._contains(self._hours, self._wall.now())

    def _contains(self, hours: QuietHours, at: float) -> bool:
        return contain(hours, *self._wall.local(at))

    def is_muted(self, conversation: Conversation) -> bool:
        """Whether a conversation is neither counted nor told, by a mute or its organisation's level."""
        if self._levels.get(conversation.channel) == "none":
            return True
        mutes = self._mutes
        return bool(mutes) and (conversation in mutes or Conversation(conversation.channel, "", "") in mutes)

    def wants(self, news: News) -> bool:
        """Whether news of a conversation that is not muted are wanted, now or later."""
        return self._levels.get(news.conversation.channel) != "mentions" or news.to_oneself

    def client_has_it(self) -> bool:
        """Whether the person sees it in the Telex client, and wants no toast then."""
        return self._while_client_runs == "quiet" and self._client_in_front()

    def silence(self, now: float) -> Silence:
        """What the icon and the menu show of it."""
        return Silence(self._words(now), self.paused, tuple(self._muted(one, now) for one in self._mutes.values()))

    def _words(self, now: float) -> str:
        """Until when nothing pops up, pause and quiet hours together."""
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
        """When to call :meth:`tick`; as planned by its last call."""
        return self._look_at

    def look_again(self) -> None:
        """A clock may have been set: the next :meth:`tick` plans anew."""
        self._look_at = None

    def tick(self, now: float) -> bool:
        """End what is over.

        Returns:
            Whether anything has changed since the last call but by :meth:`pause` and :meth:`mute`.
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
        """Tomorrow by a clock that was years ahead, and has been put right since, is the tomorrow of today."""
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
        # Whatever the clock on the wall says after a start of the machine: nothing lasts longer than it was meant to.
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
    """Which of the organisations that the configuration names, by name or id, are none of these."""
    known = {one.id for one in organisations} | {folded(one.name) for one in organisations}
    return [name for name, _ in named if name not in known and folded(name) not in known]
