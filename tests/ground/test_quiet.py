"""Pauses, quiet hours, mutes and levels: when each holds, if clocks are set and machines sleep or restart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.config import DAYS, Config, QuietHours
from telex_start.events import Organisation
from telex_start.menu import Muted, MuteFor
from telex_start.news.quiet import Quiet
from telex_start.toast import Conversation, Remembered
from tests.ground.quiet_time import Clocks

HOUR = 3600.0
NIGHT = Config(quiet=QuietHours(22 * 60, 7 * 60))
GENERAL = Conversation("o0/u", "channels_section", "general")
NORTHWIND = Conversation("o0/u", "", "")


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("30m", "paused until 14:00"),
        ("1h", "paused until 14:30"),
        ("4h", "paused until 17:30"),
        ("90m", "paused until 15:00"),
        ("24h", "paused until Sat 13:30"),
        ("tomorrow", "paused until Sat 08:00"),
        ("on", "paused"),
        ("off", ""),
    ],
)
def test_a_pause_in_words(clocks: Clocks, argument: str, words: str) -> None:
    quiet = clocks.quiet()
    quiet.pause(argument, clocks.now)
    assert quiet.silence(clocks.now).words == words
    assert quiet.paused == quiet.is_quiet(clocks.now) == bool(words)
    assert quiet.silence(clocks.now).resumable == bool(words)


@pytest.mark.parametrize("argument", ["", "1", "0h", "-1h", "25h", "1441m", "1 h", "1H", "1h ", "yes", "٣h"])
def test_what_is_no_pause(clocks: Clocks, argument: str) -> None:
    quiet = clocks.quiet()
    quiet.pause("1h", clocks.now)
    with pytest.raises(ValueError, match="a pause is 30m"):
        quiet.pause(argument, clocks.now)
    assert quiet.silence(clocks.now).words == "paused until 14:30", "the one before goes on"


@pytest.mark.parametrize("set_to", [(2026, 11, 27, 9, 0), (2026, 11, 27, 23, 0), (2020, 1, 1), (2033, 1, 1)])
def test_an_hour_is_an_hour_whatever_the_clock_on_the_wall_is_set_to(clocks: Clocks, set_to: tuple[int, ...]) -> None:
    quiet = clocks.quiet()
    quiet.pause("1h", clocks.now)
    clocks.pass_by(0.5 * HOUR)
    clocks.set(*set_to)
    quiet.tick(clocks.now)
    assert quiet.deadline() == clocks.now + 0.5 * HOUR
    clocks.pass_by(0.5 * HOUR - 1)
    assert not quiet.tick(clocks.now)
    assert quiet.is_quiet(clocks.now)
    clocks.pass_by(1)
    assert not quiet.is_quiet(clocks.now), "before it is looked at"
    assert quiet.tick(clocks.now)
    assert not quiet.paused
    assert quiet.deadline() is None, "nothing is looked for any more"


def test_until_tomorrow_is_8_by_the_clock_on_the_wall(clocks: Clocks) -> None:
    quiet = clocks.quiet()
    quiet.pause("tomorrow", clocks.now)
    quiet.tick(clocks.now)
    assert quiet.deadline() == clocks.now + 60, "it may be set at any time"
    clocks.set(2026, 11, 28, 7, 59)
    clocks.pass_by(50)
    quiet.look_again()
    assert not quiet.tick(clocks.now)
    assert (quiet.is_quiet(clocks.now), quiet.deadline()) == (True, clocks.now + 10)
    clocks.pass_by(10)
    assert quiet.tick(clocks.now)
    assert not quiet.paused


def test_until_tomorrow_by_a_clock_that_was_years_ahead(clocks: Clocks) -> None:
    """Once the clock was set right, the pause went on until 2031."""
    clocks.set(2031, 1, 1, 12, 0)
    quiet = clocks.quiet()
    quiet.pause("tomorrow", clocks.now)
    quiet.mute(GENERAL, "# General", MuteFor.UNTIL_TOMORROW, clocks.now)
    kept = quiet.remembered(Remembered())
    clocks.set(2026, 11, 27, 13, 30)
    for one in (quiet, restarted(clocks, kept)):
        one.tick(clocks.now)
        assert one.silence(clocks.now).words == "paused until Sat 08:00"
        assert one.silence(clocks.now).muted[0].until == "until Sat 08:00"
        assert not one.tick(clocks.now)


def test_until_tomorrow_on_the_longest_day(clocks: Clocks) -> None:
    clocks.zone = ZoneInfo("Antarctica/Troll")
    clocks.wall = datetime(2026, 10, 25, 0, 0, tzinfo=clocks.zone).timestamp()
    quiet = clocks.quiet()
    quiet.pause("tomorrow", clocks.now)
    quiet.tick(clocks.now)
    assert quiet.silence(clocks.now).words == "paused until Mon 08:00"
    assert not quiet.tick(clocks.now), "it is 34 hours away, and that is right"


# Over a restart.


def restarted(clocks: Clocks, kept: Remembered, config: Config | None = None) -> Quiet:
    quiet = clocks.quiet(config)
    quiet.remember(kept, clocks.now)
    quiet.tick(clocks.now)
    return quiet


def test_a_restart_of_the_machine_goes_by_the_clock_on_the_wall(clocks: Clocks) -> None:
    before = clocks.quiet()
    before.pause("1h", clocks.now)
    before.mute(GENERAL, "# General", MuteFor.HOUR, clocks.now)
    clocks.reboot(minutes=20)
    quiet = restarted(clocks, before.remembered(Remembered()))
    assert quiet.deadline() == clocks.now + 40 * 60
    clocks.set(2026, 11, 27, 9, 0)  # within one run of the machine, the wall clock does not count
    again = restarted(clocks, quiet.remembered(Remembered()))
    assert again.deadline() == clocks.now + 40 * 60
    assert (again.paused, again.is_muted(GENERAL)) == (True, True)
    clocks.pass_by(40 * 60)
    assert again.tick(clocks.now)
    assert (again.paused, again.is_muted(GENERAL)) == (False, False)


def test_a_machine_that_starts_in_1970_pauses_for_a_day_at_most(clocks: Clocks) -> None:
    before = clocks.quiet()
    before.pause("4h", clocks.now)
    clocks.reboot()
    clocks.wall = 0.0
    quiet = restarted(clocks, before.remembered(Remembered()))
    assert quiet.deadline() == clocks.now + 24 * HOUR


# Quiet hours.


def test_a_pause_that_ends_in_quiet_hours_ends_with_them(clocks: Clocks) -> None:
    clocks.set(2026, 11, 27, 21, 30)
    quiet = clocks.quiet(NIGHT)
    quiet.pause("1h", clocks.now)
    assert quiet.silence(clocks.now).words == "paused until Sat 07:00"
    assert quiet.silence(clocks.now).resumable
    clocks.pass_by(HOUR)
    quiet.tick(clocks.now)
    assert not quiet.silence(clocks.now).resumable
    assert quiet.is_quiet(clocks.now)


def test_other_quiet_hours_are_taken_up(clocks: Clocks) -> None:
    quiet = clocks.quiet(NIGHT)
    quiet.tick(clocks.now)
    quiet.configure(Config(quiet=QuietHours(13 * 60, 14 * 60)))
    assert quiet.tick(clocks.now)
    quiet.configure(Config())
    assert quiet.tick(clocks.now)
    assert quiet.deadline() is None


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC")
"""With summer time in either half of the year, by half an hour, over midnight (until 2019), and without."""
JUMPS = [datetime(*date, tzinfo=UTC).timestamp() for date in ((2026, 3, 29, 1), (2026, 10, 25, 1), (2018, 11, 4, 3))]
"""Of Berlin's clock in spring and autumn, of Sao Paulo's at midnight."""
MOMENTS = st.builds(sum, st.tuples(st.sampled_from([*JUMPS, 1.6e9]), st.integers(-2 * 86400, 2 * 86400)))
"""Any second of some years, and mostly such that are near a jump of the clock."""


def quiet_at(zone: str, at: float, config: Config | None = None) -> tuple[Clocks, Quiet]:
    clocks = Clocks()
    clocks.zone, clocks.wall = ZoneInfo(zone), at
    quiet = clocks.quiet(config)
    quiet.tick(clocks.now)
    return clocks, quiet


@given(
    st.sampled_from(ZONES),
    MOMENTS,
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sets(st.sampled_from(DAYS), min_size=1),
)
def test_hours_are_what_the_calendar_says(zone: str, at: float, first: int, last: int, days: set[str]) -> None:
    """Compared with an independent model, in which Python's calendar says which minute of which day it is."""

    def model(at: float) -> bool:
        there = datetime.fromtimestamp(at, ZoneInfo(zone))
        for began in (there, there.replace(tzinfo=None) - timedelta(days=1)):
            if DAYS[began.weekday()] in days:
                before = (there.date() - began.date()).days
                minute = there.hour * 60 + there.minute + before * 1440
                if first <= minute <= last + (1440 if last < first else 0):
                    return True
        return False

    clocks, quiet = quiet_at(zone, at, Config(quiet=QuietHours(first, last, tuple(days))))
    begin, now = clocks.wall, clocks.now
    for _ in range(40):
        assert quiet.is_quiet(clocks.now) == model(clocks.wall)
        due = quiet.deadline()
        assert due is not None
        assert 0 < due - clocks.now <= HOUR
        for step in range(0, int(due - clocks.now), 600):  # until the deadline nothing changes
            assert model(clocks.wall + step) == quiet.is_quiet(clocks.now)
        assert model(clocks.wall + due - clocks.now - 1) == quiet.is_quiet(clocks.now)
        clocks.pass_by(due - clocks.now)
        quiet.tick(clocks.now)
    clocks.wall, clocks.now = begin, now
    words = quiet.silence(clocks.now).words
    if words.startswith("paused until"):
        shown = words[-5:]
        ends = next(at for at in (begin // 60 * 60 + 60 * n for n in range(1, 10_080 + 120)) if not model(at))
        assert shown == datetime.fromtimestamp(ends - 60, ZoneInfo(zone)).strftime("%H:%M")


@pytest.mark.parametrize(
    ("hours", "at", "words"),
    [
        # Quiet hours from 2:30 begin, the clock goes back from 3:00 to 2:00, and they begin again at the second 2:30.
        (QuietHours(150, 240), (2026, 10, 25, 2, 30), "paused until 02:59"),
        (QuietHours(150, 240), (2026, 10, 25, 3, 0), "paused until 04:00"),
        (QuietHours(150, 240), (2026, 3, 29, 3, 0), "paused until 04:00"),  # the clock goes from 1:59 to 3:00
        (QuietHours(0, 1439), (2026, 11, 27, 13, 30), "paused"),
        (QuietHours(480, 479), (2026, 11, 27, 13, 30), "paused"),
        (QuietHours(0, 1439, ("sat", "sun")), (2026, 11, 28, 5), "paused until Sun 23:59"),
    ],
)
def test_the_end_of_quiet_hours_in_words(clocks: Clocks, hours: QuietHours, at: tuple[int, ...], words: str) -> None:
    clocks.set(*at)
    assert clocks.quiet(Config(quiet=hours)).silence(clocks.now).words == words


# Mutes and levels.


def test_mutes_and_their_ends(clocks: Clocks) -> None:
    quiet = clocks.quiet()
    quiet.mute(GENERAL, "# General", MuteFor.HOUR, clocks.now)
    quiet.mute(NORTHWIND, "Northwind Ops", MuteFor.UNTIL_TOMORROW, clocks.now)
    quiet.mute(Conversation("p/u", "dm_channels_section", "d"), "", MuteFor.UNTIL_UNMUTED, clocks.now)
    assert quiet.silence(clocks.now).muted == (
        Muted(("o0/u", "channels_section", "general"), "# General", "until 14:30"),
        Muted(("o0/u", "", ""), "Northwind Ops", "until Sat 08:00"),
        Muted(("p/u", "dm_channels_section", "d"), "A conversation", ""),
    )
    assert not quiet.is_quiet(clocks.now)
    clocks.pass_by(HOUR)
    assert quiet.tick(clocks.now)
    assert quiet.is_muted(GENERAL), "its organisation is"
    quiet.mute(NORTHWIND, "", None, clocks.now)
    assert not quiet.is_muted(GENERAL)
    assert quiet.is_muted(Conversation("p/u", "dm_channels_section", "d"))
    assert not quiet.is_muted(Conversation("p/u", "dm_channels_section", "e"))


def test_a_mute_that_is_chosen_anew_keeps_its_name(clocks: Clocks) -> None:
    quiet = clocks.quiet()
    quiet.mute(GENERAL, "# General", MuteFor.HOUR, clocks.now)
    quiet.mute(GENERAL, "", MuteFor.UNTIL_UNMUTED, clocks.now)
    assert quiet.silence(clocks.now).muted == (Muted(("o0/u", "channels_section", "general"), "# General"),)


def test_levels_by_name_and_by_id(clocks: Clocks) -> None:
    quiet = clocks.quiet(
        Config(organisations=(("northwind  OPS", "none"), ("o1", "none"), ("Contoso", "mentions"), ("gone", "none")))
    )

    def dropped() -> list[bool]:
        return [quiet.is_muted(Conversation(channel, "dm_channels_section", "d")) for channel in ("c0", "c1", "c2")]

    assert not any(dropped()), "before it is known"
    quiet.know(
        (
            Organisation("o0", "Northwind Ops", "c0"),
            Organisation("o1", "Contoso", "c1"),
            Organisation("o2", "Fabrikam", "c2"),
        )
    )
    assert dropped() == [True, True, False], "the id is surer"
    quiet.configure(Config(organisations=(("Fabrikam", "none"),)))
    assert dropped() == [False, False, True]
