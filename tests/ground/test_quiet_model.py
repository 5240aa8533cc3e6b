"""How a pause, quiet hours, mutes and levels go together: the notifier against a model that knows nothing of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from telex_start.config import Config, QuietHours
from telex_start.menu import MuteFor
from telex_start.news.unread import Counts
from telex_start.toast import Conversation
from tests.ground.desk import change, direct
from tests.ground.quiet_time import BERLIN, QuietDesk

LENGTHS = {"30m": 1800, "1h": 3600, "4h": 14400}
FIRST, LAST = 22 * 60, 7 * 60
WHERE = [(organisation, name) for organisation in (0, 1) for name in ("a", "b", "d1")]
"""Two channels and a direct conversation in each organisation."""


def at(wall: float) -> datetime:
    return datetime.fromtimestamp(wall, BERLIN)


class Model(RuleBasedStateMachine):
    """What a person expects, minute by minute, without any thought of how it is done."""

    @initialize(hours=st.booleans(), start=st.integers(0, 1439))
    def begin(self, hours: bool, start: int) -> None:
        self.config = Config(quiet=QuietHours(FIRST, LAST) if hours else None)
        self.desk = QuietDesk(2, config=self.config)
        self.clocks = self.desk.clocks
        self.clocks.set(2026, 10, 24, start // 60, start % 60)  # summer time ends in this night
        self.looks()
        self.seen = 0
        self.real = 0
        self.pause: float | None = None
        """When it ends: by real time below zero, by the clock on the wall above; infinite for never."""
        self.mutes: dict[tuple[int, str], float] = {}
        self.unread: dict[tuple[int, str], tuple[int, int]] = {}
        self.held: dict[tuple[int, str], tuple[int, int, bool]] = {}
        """Unread threads before what is held and with it, and whether it mentions the person."""
        self.levels = ["all", "all"]
        self.expected: list[tuple[str, str]] = []

    # --- what the model says ---

    def quiet(self) -> bool:
        if self.pause is not None:
            return True
        now = at(self.clocks.wall)
        minute = now.hour * 60 + now.minute
        return self.config.quiet is not None and (minute >= FIRST or minute <= LAST)

    def muted(self, where: tuple[int, str]) -> bool:
        return self.levels[where[0]] == "none" or where in self.mutes or (where[0], "") in self.mutes

    def wanted(self, where: tuple[int, str], mentioned: bool) -> bool:
        return not self.muted(where) and (self.levels[where[0]] == "all" or mentioned or where[1] == "d1")

    def over(self, end: float) -> bool:
        return self.real >= -end if end <= 0 else self.clocks.wall >= end

    def near(self, end: float) -> float:
        """Tomorrow by a clock that was set back since may be further away than any tomorrow."""
        return self.tomorrow() if end != float("inf") and end - self.clocks.wall > 33 * 3600 else end

    def tomorrow(self) -> float:
        day = (at(self.clocks.wall) + timedelta(days=1)).date()
        return datetime(day.year, day.month, day.day, 8, tzinfo=BERLIN).timestamp()

    def settle(self) -> None:
        """What is over ends, and what may be told is told."""
        if self.pause is not None:
            self.pause = self.near(self.pause)
        self.mutes = {where: self.near(end) for where, end in self.mutes.items()}
        if self.pause is not None and self.over(self.pause):
            self.pause = None
        self.mutes = {where: end for where, end in self.mutes.items() if not self.over(end)}
        if not self.quiet() and self.held:
            told = {
                where: least
                for where, (before, unread, mentioned) in self.held.items()
                if self.wanted(where, mentioned)
                and (least := min(unread - before, self.unread.get(where, (0, 0))[0])) > 0
            }
            self.held.clear()
            if told:
                conversations = "1 conversation" if len(told) == 1 else f"{len(told)} conversations"
                self.expected.append(("While paused", f"{sum(told.values())} unread in {conversations}"))

    # --- what happens ---

    def looks(self) -> None:
        self.desk.quiet.look_again()
        self.desk.looks()

    @rule(seconds=st.sampled_from([60, 600, 1800, 3600, 14400, 36000]))
    def time_goes_by(self, seconds: int) -> None:
        start = self.clocks.now, self.clocks.wall
        self.desk.wait(seconds)
        end = self.clocks.now, self.clocks.wall
        for passed in range(1, seconds + 1):
            if passed % 20 == 0 or passed == seconds:
                self.clocks.now, self.clocks.wall = start[0] + passed, start[1] + passed
                self.real += 20 if passed % 20 == 0 else passed % 20
                self.settle()
        self.clocks.now, self.clocks.wall = end

    @rule(seconds=st.sampled_from([600, 3600, 30000]))
    def the_machine_sleeps(self, seconds: int) -> None:
        self.clocks.pass_by(seconds)
        self.real += seconds
        self.looks()
        self.settle()

    @rule(minutes=st.integers(-600, 600))
    def somebody_sets_the_clock(self, minutes: int) -> None:
        self.clocks.wall += minutes * 60
        self.looks()
        self.settle()

    @rule(argument=st.sampled_from([*LENGTHS, "tomorrow", "on", "off"]))
    def pauses(self, argument: str) -> None:
        self.desk.pause_here(argument)
        if argument in LENGTHS:
            self.pause = -float(self.real + LENGTHS[argument])
        elif argument == "tomorrow":
            self.pause = self.tomorrow()
        else:
            self.pause = float("inf") if argument == "on" else None
        self.settle()

    @rule(where=st.sampled_from([*WHERE, (0, ""), (1, "")]), how_long=st.sampled_from([*MuteFor, None]))
    def mutes_or_unmutes(self, where: tuple[int, str], how_long: MuteFor | None) -> None:
        section = "dm_channels_section" if where[1] == "d1" else "channels_section" if where[1] else ""
        conversation = Conversation(f"o{where[0]}/u", section, where[1])
        self.desk.quiet.mute(conversation, "", how_long, self.clocks.now)
        self.desk.changed()
        self.mutes.pop(where, None)
        if how_long is MuteFor.HOUR:
            self.mutes[where] = -float(self.real + 3600)
        elif how_long is MuteFor.UNTIL_TOMORROW:
            self.mutes[where] = self.tomorrow()
        elif how_long is MuteFor.UNTIL_UNMUTED:
            self.mutes[where] = float("inf")
        self.settle()

    @rule(organisation=st.integers(0, 1), level=st.sampled_from(["all", "mentions", "none"]))
    def sets_a_level(self, organisation: int, level: str) -> None:
        self.levels[organisation] = level
        self.config = self.config._replace(organisations=tuple((f"o{n}", level) for n, level in enumerate(self.levels)))
        self.desk.quiet.configure(self.config)
        self.desk.changed()
        self.settle()

    @rule(where=st.sampled_from(WHERE), more=st.integers(1, 5), mentioned=st.booleans())
    def somebody_writes(self, where: tuple[int, str], more: int, mentioned: bool) -> None:
        self.time_goes_by(20)  # no flood
        organisation, name = where
        unread, mentions = self.unread.get(where, (0, 0))
        unread, mentions = unread + more, mentions + mentioned
        self.unread[where] = unread, mentions
        data = direct(unread, mention_count=mentions) if name == "d1" else change(name, unread, mentions)
        self.desk.comes(data, organisation=organisation)
        if self.wanted(where, mentioned):
            if self.quiet():
                before = self.held[where][0] if where in self.held else unread - more
                self.held[where] = before, unread, mentioned
            else:
                title = "Ben Okri" if name == "d1" else name
                self.expected.append((f"{title} · Org {organisation}", ""))

    @rule(where=st.sampled_from(WHERE))
    def reads(self, where: tuple[int, str]) -> None:
        organisation, name = where
        self.unread.pop(where, None)
        self.held.pop(where, None)
        self.desk.comes(direct(0) if name == "d1" else change(name, 0), organisation=organisation)

    # --- what must be so ---

    @invariant()
    def what_was_shown_is_what_was_expected(self) -> None:
        if not hasattr(self, "desk"):
            return
        shown = [(one.title, one.body if one.summary else "") for one in self.desk.toasts[self.seen :]]
        assert shown == self.expected
        self.seen, self.expected = len(self.desk.toasts), []
        told = [counts for where, counts in self.unread.items() if not self.muted(where)]
        assert self.desk.notifier.counts == Counts(
            sum(unread for unread, _ in told), sum(mentions for _, mentions in told), len(told)
        )
        assert self.desk.quiet.is_quiet(self.clocks.now) == self.quiet()
        assert bool(self.desk.quiet.silence(self.clocks.now).words) == self.quiet()
        assert self.desk.quiet.paused == (self.pause is not None)


Model.TestCase.settings = settings(max_examples=60, stateful_step_count=25)
test_what_is_told_and_counted = Model.TestCase
