"""What the notifier shows, and counts as unread, while notifications are paused or something is muted."""

from __future__ import annotations

import pytest

from telex_start.config import Config, QuietHours
from telex_start.events import How, SettingsPolled
from telex_start.menu import MuteFor
from telex_start.news.unread import Counts
from telex_start.toast import Conversation
from tests.ground.desk import call, change, direct, message
from tests.ground.quiet_time import QuietDesk

CALL = "direct_call_initiated"
A = Conversation("o0/u", "channels_section", "a")
ORG = Conversation("o0/u", "", "")


@pytest.fixture
def desk() -> QuietDesk:
    desk = QuietDesk(1, CALL)
    desk.sign_in()
    return desk


def mute(desk: QuietDesk, conversation: Conversation, how_long: MuteFor | None = MuteFor.HOUR) -> None:
    desk.quiet.mute(conversation, "", how_long, desk.clocks.now)
    desk.changed()


def test_in_a_pause_everything_counts_and_nothing_pops_up(desk: QuietDesk) -> None:
    desk.pause_here("1h")
    desk.comes(change("a", 9, 1), change("b", 3), direct(), call())
    assert desk.toasts == []
    assert desk.notifier.counts == Counts(13, 1, 3)
    desk.comes(change("b", 0))
    desk.wait(3600)
    [summary] = desk.toasts
    assert (summary.title, summary.body) == ("While paused", "10 unread in 2 conversations")
    assert summary.place is not None
    desk.comes(change("a", 10))
    assert desk.titles[1:] == ["a"], "from here on as ever"


def test_a_toast_that_waits_for_its_text_does_not_come_in_a_pause(desk: QuietDesk) -> None:
    desk.comes(message(thread="t0"))  # texts flow
    desk.comes(change("a", 1, last_thread_id="t1"))
    assert desk.toasts == []
    desk.pause_here("on")
    desk.wait(10)
    desk.comes(message(thread="t1"))
    assert desk.toasts == []
    desk.pause_here("off")
    assert desk.bodies == ["1 unread in 1 conversation"]


def test_what_the_flood_rule_holds_is_part_of_the_summary(desk: QuietDesk) -> None:
    desk.comes(*(change(name, 2) for name in "abcdef"))
    assert len(desk.toasts) == 3
    desk.pause_here("on")
    desk.wait(60)
    assert len(desk.toasts) == 3
    desk.pause_here("off")
    assert desk.titles[3:] == ["While paused"]
    assert desk.bodies[3:] == ["6 unread in 3 conversations"]
    desk.wait(60)
    assert len(desk.toasts) == 4, "no second summary of the same"


def test_a_pause_holds_although_nobody_has_looked_at_the_clock(desk: QuietDesk) -> None:
    """Quiet hours begin by the clock on the wall, a moment before the notifier's own look at 22:00 is due."""
    desk.quiet.configure(Config(quiet=QuietHours(22 * 60, 7 * 60)))
    desk.changed()
    desk.comes(message(thread="t0"))
    desk.clocks.set(2026, 11, 27, 21, 59)
    desk.comes(change("a", 1, last_thread_id="t1"))
    desk.clocks.pass_by(60)
    desk.notifier.tick(desk.clocks.now)
    desk.receive(change("b", 1), now=desk.clocks.now)
    assert desk.toasts == []


def test_a_pause_at_telex_and_one_here_end_in_one_summary(desk: QuietDesk) -> None:
    desk.pause(True)
    desk.pause_here("on")
    desk.comes(change("a", 1))
    desk.pause_here("off")
    assert desk.toasts == [], "Telex holds it still"
    desk.pause(False, now=desk.clocks.now)
    assert desk.bodies == ["1 unread in 1 conversation"]


# Muted.


def test_a_muted_conversation_counts_nowhere_and_its_toast_goes(desk: QuietDesk) -> None:
    desk.comes(change("a", 2, 1), change("b", 1))
    version = desk.notifier.recent.version
    mute(desk, A)
    assert desk.notifier.recent.version != version, "the menu is made anew"
    assert desk.read == ["a"]
    assert desk.counts[-1] == Counts(1, 0, 1)
    assert desk.notifier.unread_channels() == {"o0/u"}
    desk.wait(60)
    desk.comes(change("a", 3, 2))
    assert desk.titles == ["a", "b"]
    assert [one.label for one in desk.notifier.recent.latest()] == ["# b (1)"]
    desk.wait(3600)
    assert desk.counts[-1] == Counts(4, 2, 2), "it counts again, what is unread"
    assert desk.titles == ["a", "b"], "and nothing pops up for it"
    desk.comes(change("a", 4, 2))
    assert desk.titles == ["a", "b", "a"]


def test_a_muted_organisation_is_told_by_no_way() -> None:
    desk = QuietDesk(2, CALL, "channel_mention", "saved_message_remainder")
    desk.sign_in()
    mute(desk, ORG, MuteFor.UNTIL_UNMUTED)
    saved = {"notification_type": "saved_message_remainder", "section": "", "data": {}}
    desk.comes(change("a", 1, 1), direct(), call(), message(kind="channel_mention", thread="t9"), saved)
    desk.receive(change("c", 4), how=How.CAUGHT_UP, now=desk.clocks.now)
    for organisation in (0, 1):
        desk.notifier.answered(f"o{organisation}/u", desk.clocks.now)
    desk.wait(60)
    assert (desk.toasts, desk.notifier.counts) == ([], Counts(0, 0, 0))
    assert desk.notifier.unread_channels() == frozenset()
    desk.comes(change("a", 1), organisation=1)
    assert desk.titles == ["a · Org 1"]


def test_a_call_of_a_muted_conversation_does_not_ring_and_stops(desk: QuietDesk) -> None:
    desk.comes(call())
    assert desk.titles == ["Ben Okri is calling"]
    mute(desk, Conversation("o0/u", "dm_channels_section", "d1"))
    assert desk.read == ["call o0/u b1"]
    desk.comes(call(buzz="b2"))
    desk.comes(call(buzz="b3", channel_id="d2"))
    assert desk.titles == ["Ben Okri is calling"] * 2, "the one in another conversation"


# Levels, and a configuration that changes.


def test_other_types_and_words_are_taken_up_and_nothing_is_lost(desk: QuietDesk) -> None:
    desk.comes(change("a", 2))
    config = Config(notification_types=("channel_mention",), show_text=False)
    desk.notifier.configure(config, desk.clocks.now)
    desk.comes(change("a", 3), change("b", 1), call())
    assert desk.titles == ["a"], "unread threads are no news any more"
    assert desk.notifier.counts == Counts(4, 0, 2), "and go on being counted"
    desk.wait(60)
    desk.comes(message(kind="channel_mention", thread="t9"))
    assert desk.bodies[1:] == ["New message"]
    desk.notifier.configure(Config(), desk.clocks.now)
    desk.wait(60)
    desk.comes(change("b", 2))
    desk.wait(1)
    assert desk.titles[2:] == ["b"]


def test_settings_at_telex_count_or_not_as_it_is_set(desk: QuietDesk) -> None:
    desk.comes(change("a", 1), change("b", 1))
    desk.notifier.settings(SettingsPolled("o0/u", muted=frozenset({"a"}), notify_about="nothing"), desk.clocks.now)
    desk.pause(True, now=desk.clocks.now)
    assert (desk.counts[-1].unread, bool(desk.notifier.paused)) == (1, True)
    desk.notifier.configure(Config(honour_telex_settings=False), desk.clocks.now)
    assert (desk.counts[-1].unread, bool(desk.notifier.paused)) == (2, False)
    desk.wait(60)
    desk.comes(change("a", 2))
    assert desk.titles == ["a", "b", "a"]
    desk.notifier.configure(Config(), desk.clocks.now)
    assert (desk.counts[-1].unread, bool(desk.notifier.paused)) == (1, True), "what Telex said is known still"
    assert desk.read == ["a", "a"]


def test_no_toast_while_the_client_is_in_front() -> None:
    in_front = [True]
    desk = QuietDesk(1, CALL, config=Config(while_client_runs="quiet"), client_in_front=lambda: in_front[0])
    desk.sign_in()
    desk.comes(change("a", 1), call())
    assert (desk.toasts, desk.notifier.counts.unread) == ([], 1)
    in_front[0] = False
    desk.wait(60)
    desk.comes(change("b", 1))
    assert desk.titles == ["b"]
    in_front[0] = True
    desk.quiet.configure(Config())
    desk.comes(change("c", 1))
    assert desk.titles == ["b", "c"], "as it is by default"
