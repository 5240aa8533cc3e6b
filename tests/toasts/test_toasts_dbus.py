"""Toasts as a notification daemon on a real bus receives them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from telex_start.config import Config
from telex_start.desktop.bus.bus import Message
from telex_start.desktop.toasts import dbus_backend
from telex_start.desktop.toasts.toasts import MOST_WAITING
from telex_start.events import ToastClicked
from telex_start.toast import Action, Conversation, Toast
from tests.fake_desktop import TIMEOUT, BusClient, FakeNotificationDaemon, PrivateBus
from tests.toasts.showing import NAME, PATH, LateDaemon, Showing, titles, toast

HELLO = Toast(title="General", body="hello")
GENERAL = Conversation("org/user", "channels_section", "general")
RANDOM = Conversation("org/user", "channels_section", "random")
PLAIN = ("actions", "body")
PIXELS = b"\1\2\3\4\5\6\7\xff"
NO_ANSWER = "The notification daemon does not answer."


def test_a_toast_as_the_daemon_gets_it(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with Showing(private_bus, icon=lambda: (2, 1, PIXELS)) as toasts:
        toasts.show(HELLO)
        notify = daemon.wait_for(1)[0]
    assert notify.app_name == "Telex Start"
    assert (notify.summary, notify.body) == ("General", "hello")
    assert notify.expire_timeout == 10_000
    assert notify.actions == ["default", "Open Telex"]
    picture = ("(iiibiiay)", (2, 1, 8, True, 8, 4, PIXELS))
    assert notify.hints == {"urgency": ("y", 1), "desktop-entry": ("s", "telex-start"), "image-data": picture}
    assert notify.replaces_id == 0


def test_who_hears_of_no_clicks_offers_none(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with Showing(private_bus, clickable=False) as toasts:
        toasts.show(HELLO)
        assert daemon.wait_for(1)[0].actions == []


class Untold(FakeNotificationDaemon):
    """A daemon that refuses to tell its capabilities."""

    def answer(self, call: Message, interface: str, member: str) -> Any:
        if member == "GetCapabilities":
            return "org.freedesktop.DBus.Error.UnknownMethod"
        return super().answer(call, interface, member)


ESCAPED = "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;img src=x&gt; &amp;amp;"
LITERAL = "<b>bold</b> & <img src=x> &amp;"


@pytest.mark.parametrize(
    ("kind", "capabilities", "body", "actions"),
    [
        (FakeNotificationDaemon, ("body", "body-markup"), ESCAPED, 0),
        (FakeNotificationDaemon, PLAIN, LITERAL, 2),
        (FakeNotificationDaemon, (), LITERAL, 0),
        (Untold, (), ESCAPED, 0),
    ],
)
def test_a_body_is_escaped_for_who_reads_markup_and_a_title_never(
    private_bus: PrivateBus, kind: Any, capabilities: tuple[str, ...], body: str, actions: int
) -> None:
    with kind(private_bus, capabilities) as daemon, Showing(private_bus) as toasts:
        toasts.show(Toast(title="<b>R&D</b>", body=LITERAL))
        notify = daemon.wait_for(1)[0]
        assert (notify.summary, notify.body, len(notify.actions)) == ("<b>R&D</b>", body, actions)


def two_of_a_conversation(bus: PrivateBus, between: Callable[[], object]) -> None:
    """Show two toasts; ``between`` happens when the first was shown, before the agent hears of anything more."""
    titles: list[str] = []
    over = threading.Event()

    def shown(one: Toast) -> None:
        titles.append(one.title)
        if one is first:
            between()
            toasts.show(Toast(title="t1", body="<b>", conversation=GENERAL))
        else:
            over.set()

    first = Toast(title="t0", body="<b>", conversation=GENERAL)
    with Showing(bus, on_shown=shown) as toasts:
        toasts.show(first)
        assert over.wait(TIMEOUT)
    assert titles == ["t0", "t1"]


def test_a_daemon_that_came_a_moment_ago_gets_nothing_that_was_meant_for_the_one_before(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    other = FakeNotificationDaemon(private_bus, PLAIN)
    with ExitStack() as stack:

        def between() -> None:
            daemon.leave()
            stack.enter_context(other)

        two_of_a_conversation(private_bus, between)
    assert daemon.shown[0].body == "&lt;b&gt;"
    assert (other.shown[0].summary, other.shown[0].body, other.shown[0].replaces_id) == ("t1", "<b>", 0)
    assert len(daemon.shown) == len(other.shown) == 1


def test_on_another_bus_a_toast_does_not_go_to_who_has_the_old_daemons_name(private_bus: PrivateBus) -> None:
    daemons = [FakeNotificationDaemon(private_bus, PLAIN) for _ in range(2)]
    with ExitStack() as stack:

        def between() -> None:
            private_bus.stop()
            private_bus.start()
            stack.enter_context(BusClient(private_bus))  # its name is that of the daemon before
            stack.enter_context(daemons[1])

        stack.enter_context(daemons[0])
        two_of_a_conversation(private_bus, between)
    assert [titles(daemon) for daemon in daemons] == [["t0"], ["t1"]]


def test_hostile_text_is_shown_harmlessly(private_bus: PrivateBus) -> None:
    """The bus would close the connection if it got the text as it is."""
    with FakeNotificationDaemon(private_bus, PLAIN) as daemon, Showing(private_bus) as toasts:
        hostile = "nul\0 esc\x1b[0m half \ud83d \u202eevil" + "x" * 1_000_000
        toasts.show(Toast(title=hostile, body=hostile))
        notify = daemon.wait_for(1)[0]
        assert notify.summary == "nul esc[0m half \ufffd evil" + "x" * 177 + "…"
        assert (notify.body[:199], len(notify.body)) == (notify.summary[:199], 1000)


def test_a_thousand_at_once_are_bounded_and_the_latest_are_shown_in_their_order(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus, mode="silent") as daemon, Showing(private_bus) as toasts:
        for number in range(500):
            toasts.show(toast(number))
        assert toasts.failure() == (
            "Too many toasts at once, or the notification daemon is too slow: the oldest were dropped."
        )
        daemon.mode = "answer"
        daemon.wait_until(lambda: "t499" in titles(daemon), "the last toast")
        assert titles(daemon)[-MOST_WAITING:] == [f"t{number}" for number in range(500 - MOST_WAITING, 500)]
        assert len(set(titles(daemon))) == len(daemon.shown) <= 2 * MOST_WAITING


def test_failures_are_told_once_until_a_toast_is_shown_and_no_toast_is_sent_twice(private_bus: PrivateBus) -> None:
    refused = "The notification daemon refused a toast (org.freedesktop.DBus.Error.Failed)."
    with FakeNotificationDaemon(private_bus) as daemon, Showing(private_bus) as toasts:
        for mode, words in (("silent", NO_ANSWER), ("error", refused), ("error", refused)):
            daemon.mode = mode
            toasts.connection.patience = 0.2 if mode == "silent" else None
            before = len(daemon.shown)
            for number in range(3):
                toasts.show(toast(number))
            assert toasts.failure() == words
            daemon.wait_for(before + 3)
            toasts.connection.patience = None
            daemon.mode = "answer"
            toasts.show_and_wait(toast(3))
            assert titles(daemon)[before:] == ["t0", "t1", "t2", "t3"]
            assert toasts.events.empty()


def test_without_a_daemon_a_toast_waits_a_little_and_then_it_is_told(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbus_backend, "FIRST_WAIT_SECONDS", 0.3)
    with Showing(private_bus) as toasts:
        for number in range(5):
            toasts.show(toast(number))
        assert "No notification daemon is running" in toasts.failure()
        toasts.show(toast(5))
        with FakeNotificationDaemon(private_bus) as daemon:
            daemon.wait_for(1)
            assert titles(daemon) == ["t5"]
            assert toasts.events.empty()


def test_early_toasts_wait_longer_for_a_daemon(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """At login "While you were away" was lost on Cinnamon, whose shell comes after 5 s."""
    monkeypatch.setattr(dbus_backend, "WAIT_FOR_DAEMON_SECONDS", 0.0)
    with Showing(private_bus) as toasts:
        toasts.show(toast(0))
        toasts.settle()
        with BusClient(private_bus) as client:  # the bus has said that there is nobody
            client.has_owner(NAME)
        toasts.settle()
        with FakeNotificationDaemon(private_bus) as daemon:
            daemon.wait_for(1)
            assert toasts.events.empty()
        monkeypatch.setattr(dbus_backend, "FIRST_SECONDS", 0.0)
        toasts.show(toast(1))
        assert "No notification daemon is running" in toasts.failure()


def test_without_a_bus_it_is_told_once_and_the_next_is_tried(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_bus.stop()
    with Showing(private_bus) as toasts:
        with monkeypatch.context() as patched:
            toasts.connection.patience = 0.2
            patched.setattr(dbus_backend, "FIRST_WAIT_SECONDS", 0.3)
            toasts.show(toast(0))
            assert "session bus cannot be reached" in toasts.failure()
            toasts.connection.patience = None
        private_bus.start()
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show(toast(1))
            daemon.wait_for(1)
            assert titles(daemon) == ["t1"]
    assert toasts.events.empty()


def test_a_daemon_whose_start_fails_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbus_backend, "FIRST_WAIT_SECONDS", 0.2)
    with PrivateBus({NAME: "/bin/false"}) as bus, Showing(bus) as toasts:
        toasts.show(HELLO)
        assert "No notification daemon is running" in toasts.failure()


def test_a_daemon_that_dies_with_a_toast_in_its_hands_does_not_get_it_again(private_bus: PrivateBus) -> None:
    with Showing(private_bus) as toasts:
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show_and_wait(toast(0))
            daemon.mode = "silent"
            toasts.show(toast(1))
            daemon.wait_for(2)
        assert toasts.failure() == NO_ANSWER
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show(toast(2))
            daemon.wait_for(1)
            assert titles(daemon) == ["t2"]


@pytest.mark.parametrize("answer", [("", ()), ("s", ("seven",)), ("as", ([],))])
def test_a_daemon_that_answers_nonsense_is_survived(private_bus: PrivateBus, answer: tuple[str, Any]) -> None:
    class Nonsense(FakeNotificationDaemon):
        def answer(self, call: Message, interface: str, member: str) -> Any:
            super().answer(call, interface, member)
            return answer

    with Nonsense(private_bus) as daemon, Showing(private_bus) as toasts:
        for number in range(3):
            toasts.show(toast(number, conversation=GENERAL))
        daemon.wait_for(3)
        daemon.emit(PATH, NAME, "ActionInvoked", "s", "x")
        daemon.emit(PATH, NAME, "NotificationClosed", "")
        toasts.show(toast(3))
        daemon.wait_for(4)


# Clicks.


def test_a_click_is_dispatched(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0), toast(1), toast(2))
        daemon.close(1, 1)  # it expired, and is clicked in the desktop's list
        with BusClient(private_bus) as stranger:
            stranger.emit(PATH, NAME, "ActionInvoked", "us", 2, "default")
        daemon.click(77)  # somebody else's toast
        daemon.click(2, "other")
        for ident, reason in ((2, 2), (3, 3)):
            daemon.close(ident, reason)
            daemon.click(ident)  # gone
        daemon.click(1)
        assert toasts.next() == ToastClicked(toast(0))
        toasts.show_and_wait(toast(3))
        assert toasts.events.empty()


def test_a_click_brings_the_token_that_came_for_it(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0), toast(1))
        daemon.token(1, "token-1")
        daemon.click(1)
        assert toasts.next() == ToastClicked(toast(0), token="token-1")
        daemon.click(1)
        assert toasts.next() == ToastClicked(toast(0))
        daemon.token(1, "token-2")
        daemon.click(2)
        assert toasts.next() == ToastClicked(toast(1))


@pytest.mark.parametrize(
    ("shown", "actions", "hints", "expire"),
    [
        # MATE's daemon and mako take an urgent toast away as well when its time is over, and a call rings longer.
        (
            toast(0, key="call 1", urgent=True, actions=(Action.JOIN,)),
            ["join", "Join"],
            {"urgency": ("y", 2), "category": ("s", "call.incoming")},
            0,
        ),
        (
            toast(0, conversation=GENERAL, actions=(Action.MARK_AS_READ, Action.MUTE_HOUR)),
            ["mark-as-read", "Mark as read", "mute-hour", "Mute 1 hour"],
            {"urgency": ("y", 1), "category": ("s", "im.received")},
            10_000,
        ),
        (toast(0, key="tray", transient=True), [], {"urgency": ("y", 1), "transient": ("b", True)}, 10_000),
    ],
    ids=["a call", "a message", "the program"],
)
def test_each_kind_of_toast_has_its_hints_and_actions(
    private_bus: PrivateBus,
    daemon: FakeNotificationDaemon,
    shown: Toast,
    actions: list[str],
    hints: dict[str, Any],
    expire: int,
) -> None:
    with Showing(private_bus) as toasts:
        toasts.show_and_wait(shown)
        notify = daemon.shown[0]
        assert notify.actions == ["default", "Open Telex", *actions]
        assert notify.hints == {**hints, "desktop-entry": ("s", "telex-start")}
        assert notify.expire_timeout == expire
        daemon.click(notify.id, "other")
        for action in actions[::2]:
            daemon.click(notify.id, action)
            assert toasts.next() == ToastClicked(shown, action)


# Sounds.

NONE: dict[str, Any] = {}
SILENT = {"suppress-sound": True}
MESSAGE, CALL = {"sound-name": "message-new-instant"}, {"sound-name": "phone-incoming-call"}


@pytest.mark.parametrize(
    ("sound", "can", "expected"),
    [
        ("desktop", True, [NONE, NONE, NONE, SILENT]),
        ("on", False, [NONE, NONE, NONE, SILENT]),
        ("off", True, [SILENT] * 4),
        ("on", True, [MESSAGE, MESSAGE, CALL, SILENT]),
    ],
)
def test_toasts_sound_as_it_is_set_where_the_daemon_can(
    private_bus: PrivateBus, sound: str, can: bool, expected: list[dict[str, Any]]
) -> None:
    """The toasts: a message, a word of the program itself, a call, and a text that replaces the message's toast."""
    capabilities = (*PLAIN, "sound") if can else PLAIN
    with FakeNotificationDaemon(private_bus, capabilities) as daemon, Showing(private_bus) as toasts:
        toasts.configure(Config(sound=sound))
        toasts.show_and_wait(
            toast(0, conversation=GENERAL),
            toast(1, key="tray"),
            toast(2, key="call 1", urgent=True),
            toast(3, conversation=GENERAL, silent=True),
        )
        hints = [{name: value for name, (_, value) in one.hints.items() if "sound" in name} for one in daemon.shown]
        assert hints == expected


# One toast in the place of another.


def test_toasts_of_one_conversation_or_key_replace_each_other(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    with Showing(private_bus) as toasts:
        for number, conversation in enumerate((GENERAL, RANDOM, GENERAL, None, GENERAL)):
            toasts.show_and_wait(toast(number, conversation=conversation))
        toasts.show_and_wait(toast(5, key="tray"), toast(6, key="other"), toast(7, key="tray"))
        toasts.close("tray")
        toasts.show_and_wait(toast(8, key="tray"))
        assert [notify.replaces_id for notify in daemon.shown] == [0, 0, 1, 0, 1, 0, 0, 4, 0]
        assert daemon.closed == [4]


@pytest.mark.parametrize(("reason", "replaces"), [(1, 1), (2, 0), (3, 0)], ids=["expired", "dismissed", "closed"])
def test_a_toast_that_has_expired_is_still_the_conversations_and_one_that_was_closed_is_not(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon, reason: int, replaces: int
) -> None:
    """Plasma and GNOME list expired toasts: there the conversation's stood twice, and stayed when that was read."""
    with Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0, conversation=GENERAL))
        daemon.close(1, reason)
        toasts.show_and_wait(toast(1))  # and the signal before it has been seen
        toasts.show_and_wait(toast(2, conversation=GENERAL))
        assert daemon.shown[2].replaces_id == replaces
        daemon.close(daemon.shown[2].id, 1)
        toasts.close(GENERAL)
        daemon.wait_until(lambda: daemon.closed == [daemon.shown[2].id], "the toast to be closed")


@contextmanager
def under_way(bus: PrivateBus, first: Toast) -> Iterator[tuple[LateDaemon, Showing]]:
    """A daemon that has got this toast and answers it later, while it answers those that follow at once."""
    with LateDaemon(bus) as daemon, Showing(bus) as toasts:
        daemon.late = True
        toasts.show(first)
        daemon.wait_for(1)
        daemon.late = False
        yield daemon, toasts


def test_a_text_that_comes_late_replaces_its_toast_and_one_that_waits_is_shown_with_it(private_bus: PrivateBus) -> None:
    with under_way(private_bus, toast(0, conversation=GENERAL)) as (daemon, toasts):
        toasts.show(toast(1, conversation=RANDOM))
        toasts.show(toast(2, conversation=RANDOM, silent=True))
        toasts.show(toast(3, conversation=GENERAL, silent=True))
        toasts.settle()
        daemon.answer_at_last()
        daemon.wait_for(3)
        later = [(one.replaces_id, one.summary, "suppress-sound" in one.hints) for one in daemon.shown[1:]]
        assert later == [(0, "t2", False), (1, "t3", True)]


@pytest.mark.parametrize("gone", [1, 2, 3, 0], ids=["expired", "dismissed", "closed", "never there"])
def test_a_text_that_comes_late_shows_nothing_where_its_toast_is_gone(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon, gone: int
) -> None:
    with Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0, conversation=GENERAL if gone else None), toast(1))
        if gone:
            daemon.close(1, gone)
        daemon.click(2)
        assert toasts.next() == ToastClicked(toast(1)), "the signal before it has come too"
        toasts.show(toast(2, conversation=GENERAL, silent=True))
        toasts.show_and_wait(toast(3))
    assert "t2" not in titles(daemon)


def test_at_the_end_what_the_program_says_is_taken_away_and_news_stay(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    """The toast "Please sign in again" outlived Exit, which was no way to get rid of it."""
    with Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0, key="a"), toast(1, conversation=GENERAL), toast(2), toast(3, key="b"))
        daemon.close(1, 1)  # expired, and still in the list
    assert sorted(daemon.closed) == [1, 4]


def test_at_the_end_what_the_program_is_just_saying_is_taken_away_too(private_bus: PrivateBus) -> None:
    with under_way(private_bus, toast(0, key="a")) as (daemon, toasts):
        ending = threading.Thread(target=toasts.stop, args=(TIMEOUT,))
        ending.start()
        toasts.settle()
        daemon.answer_at_last()
        ending.join(TIMEOUT)
        assert not ending.is_alive()
        assert daemon.closed == [1]


@pytest.mark.parametrize("seed", range(5))
def test_in_whatever_order_the_last_word_about_a_toast_holds(private_bus: PrivateBus, seed: int) -> None:
    """Show and close at random from another thread: in the end the screen shows what was said last, or nothing."""
    chance = random.Random(seed)
    with LateDaemon(private_bus) as daemon, Showing(private_bus) as toasts:
        last: Toast | None = None
        for number in range(40):
            if chance.random() < 0.5:
                last = toast(number, conversation=GENERAL)
                toasts.show(last)
            else:
                last = None
                toasts.close(GENERAL)
            if chance.random() < 0.3:
                toasts.settle()
        toasts.show(toast(99))
        daemon.wait_until(lambda: "t99" in titles(daemon), "the one after them")
        toasts.stop(TIMEOUT)  # all that was asked is done
        toasts.settle()
        daemon.ping()
        assert set(daemon.on_screen.values()) == {"t99"} | ({last.title} if last else set())


def test_open_toasts_are_remembered_up_to_a_bound(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    def of(number: int) -> Toast:
        return toast(number, conversation=Conversation("c", "s", str(number)))

    with Showing(private_bus) as toasts:
        toasts.show_and_wait(*map(of, range(130)))
        daemon.click(1)
        daemon.click(130)
        assert toasts.next() == ToastClicked(of(129))
        toasts.show_and_wait(of(129), of(31), of(29))
        assert [notify.replaces_id for notify in daemon.shown[-3:]] == [130, 32, 0]


# A daemon whose answer comes when the agent has given up waiting for it.

LATE = toast(1, key="state")


@pytest.fixture
def late(private_bus: PrivateBus) -> Iterator[tuple[LateDaemon, Showing]]:
    """:data:`LATE` is on the screen, but the agent has given up waiting for the daemon's answer."""
    with LateDaemon(private_bus) as daemon, Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0))
        give_up(daemon, toasts, LATE)
        daemon.close(1)
        yield daemon, toasts


def give_up(daemon: LateDaemon, toasts: Showing, late: Toast) -> None:
    daemon.late, toasts.connection.patience = True, 0.2
    toasts.show(late)
    assert toasts.failure() == NO_ANSWER
    daemon.late, toasts.connection.patience = False, None


def test_a_toast_that_was_taken_back_goes_once_its_number_comes(late: tuple[LateDaemon, Showing]) -> None:
    """If the daemon was too slow, a toast that did not hold any more stayed on the screen for good."""
    daemon, toasts = late
    toasts.close("state")
    toasts.show(toast(2))  # the close is dealt with by then
    daemon.shows("t1", "t2")
    daemon.answer_at_last()
    daemon.shows("t2")


def test_a_toast_that_was_said_anew_is_there_once(late: tuple[LateDaemon, Showing]) -> None:
    daemon, toasts = late
    toasts.show(LATE)
    daemon.shows("t1", "t1")
    daemon.answer_at_last()
    daemon.shows("t1")
    toasts.close("state")
    daemon.shows()


def test_a_toast_whose_number_came_late_is_replaced_and_taken_away(late: tuple[LateDaemon, Showing]) -> None:
    daemon, toasts = late
    daemon.answer_at_last()
    toasts.show(toast(2, key="state"))
    daemon.shows("t2")
    toasts.close("state")
    daemon.shows()


def test_a_number_that_comes_late_does_not_hit_what_has_taken_its_place(private_bus: PrivateBus) -> None:
    with LateDaemon(private_bus) as daemon, Showing(private_bus) as toasts:
        toasts.show_and_wait(toast(0, key="state"))
        give_up(daemon, toasts, LATE)
        toasts.show(toast(2, key="state"))
        daemon.shows("t2")
        daemon.answer_at_last()
        daemon.click(1)  # once this has come, so has the number
        assert toasts.next() == ToastClicked(toast(2, key="state"))
        toasts.show(toast(3))
        daemon.shows("t2", "t3")
