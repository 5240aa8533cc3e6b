"""Toasts as a notification daemon on a real bus receives them."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from telex_start.config import Config
from telex_start.desktop.bus.bus import Bus, Message
from telex_start.desktop.toasts import dbus_backend
from telex_start.desktop.toasts.dbus_backend import DBusToasts
from telex_start.desktop.toasts.toast_queue import MOST_WAITING, ToastQueue
from telex_start.desktop.toasts.toasts import Toasts
from telex_start.events import Event, ToastClicked, ToastFailed
from telex_start.toast import Action, Conversation, Toast
from tests.fake_desktop import TIMEOUT, BusClient, FakeNotificationDaemon, Notify, PrivateBus
from tests.stopwatch import Stopwatch

HELLO = Toast(title="General", body="hello")
GENERAL = Conversation("org/user", "channels_section", "general")
PLAIN = ("actions", "body")


@contextmanager
def showing(bus: PrivateBus, dispatch: SimpleQueue[Event] | None = None, **options: Any) -> Iterator[Toasts]:
    toasts = Toasts((dispatch or SimpleQueue()).put, environ=bus.environ, **options)
    toasts.start()
    try:
        yield toasts
    finally:
        spent = Stopwatch()
        toasts.stop()
        assert spent.seconds() < 0.5
        assert "toasts" not in [thread.name for thread in threading.enumerate()]


def toast(number: int, **more: Any) -> Toast:
    return Toast(title=f"t{number}", body="body", **more)


def titles(daemon: FakeNotificationDaemon) -> list[str]:
    return [notify.summary for notify in daemon.shown]


def failure(dispatch: SimpleQueue[Event]) -> str:
    event = dispatch.get(timeout=TIMEOUT)
    assert isinstance(event, ToastFailed)
    return event.message


def test_a_toast_as_the_daemon_gets_it(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with showing(private_bus) as toasts:
        toasts.show(HELLO)
        notify = daemon.wait_for(1)[0]
    assert notify.app_name == "Telex Start"
    assert (notify.summary, notify.body) == ("General", "hello")
    assert notify.expire_timeout == 10_000
    assert notify.actions == ["default", "Open Telex"]
    assert notify.hints == {"urgency": ("y", 1), "desktop-entry": ("s", "telex-start")}
    assert notify.replaces_id == 0


def test_showing_never_waits(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus, mode="silent"), showing(private_bus) as toasts:
        toasts.show(HELLO)
        spent = Stopwatch()
        for number in range(1000):
            toasts.show(toast(number))
        assert spent.seconds() < 0.5


@pytest.mark.parametrize(
    ("capabilities", "body"),
    [
        (("body", "body-markup"), "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;img src=x&gt; &amp;amp;"),
        (PLAIN, "<b>bold</b> & <img src=x> &amp;"),
        ((), "<b>bold</b> & <img src=x> &amp;"),
    ],
)
def test_a_body_is_escaped_for_who_reads_markup_and_a_title_never(
    private_bus: PrivateBus, capabilities: tuple[str, ...], body: str
) -> None:
    with FakeNotificationDaemon(private_bus, capabilities) as daemon, showing(private_bus) as toasts:
        toasts.show(Toast(title="<b>R&D</b>", body="<b>bold</b> & <img src=x> &amp;"))
        notify = daemon.wait_for(1)[0]
        assert (notify.summary, notify.body) == ("<b>R&D</b>", body)


def test_another_daemon_is_asked_for_its_own_capabilities(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    marked_up = Toast(title="t", body="<b>")
    with showing(private_bus) as toasts:
        toasts.show(marked_up)
        assert daemon.wait_for(1)[0].body == "&lt;b&gt;"
        daemon.leave()
        with FakeNotificationDaemon(private_bus, PLAIN) as other:
            toasts.show(marked_up)
            assert other.wait_for(1)[0].body == "<b>"


@contextmanager
def two_of_a_conversation(bus: PrivateBus, between: Callable[[], object]) -> Iterator[None]:
    """Two toasts, and something that happens when the first was shown, before the agent hears of anything more."""
    connection = Bus(bus.address)
    outcomes: SimpleQueue[str] = SimpleQueue()
    first = Toast(title="t0", body="<b>", conversation=GENERAL)

    def shown(one: Toast) -> None:
        outcomes.put(one.title)
        if one is first:
            between()
            toasts.show(Toast(title="t1", body="<b>", conversation=GENERAL))

    toasts = DBusToasts(connection, on_shown=shown, on_failed=outcomes.put)
    connection.start()
    try:
        toasts.show(first)
        assert [outcomes.get(timeout=TIMEOUT) for _ in range(2)] == ["t0", "t1"]
        yield
    finally:
        assert connection.stop(TIMEOUT)


def test_a_daemon_that_came_a_moment_ago_gets_nothing_that_was_meant_for_the_one_before(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    other = FakeNotificationDaemon(private_bus, PLAIN)
    with ExitStack() as stack:

        def between() -> None:
            daemon.leave()
            stack.enter_context(other)

        with two_of_a_conversation(private_bus, between):
            assert (other.shown[0].summary, other.shown[0].body, other.shown[0].replaces_id) == ("t1", "<b>", 0)
        assert len(daemon.shown) == len(other.shown) == 1


def test_on_another_bus_a_toast_does_not_go_to_who_has_the_old_daemons_name(private_bus: PrivateBus) -> None:
    with ExitStack() as stack:
        daemons: SimpleQueue[FakeNotificationDaemon] = SimpleQueue()

        def enter() -> FakeNotificationDaemon:
            daemon = stack.enter_context(FakeNotificationDaemon(private_bus, PLAIN))
            daemons.put(daemon)
            return daemon

        def between() -> None:
            private_bus.stop()
            private_bus.start()
            stack.enter_context(BusClient(private_bus))  # its name is that of the daemon before
            enter()

        first = enter()
        with two_of_a_conversation(private_bus, between):
            assert daemons.get() is first
            assert titles(daemons.get()) == ["t1"]


def test_a_daemon_that_refuses_to_tell_its_capabilities_gets_escaped_text(private_bus: PrivateBus) -> None:
    class Untold(FakeNotificationDaemon):
        def answer(self, call: Message, interface: str, member: str) -> Any:
            if member == "GetCapabilities":
                return "org.freedesktop.DBus.Error.UnknownMethod"
            return super().answer(call, interface, member)

    with Untold(private_bus) as daemon, showing(private_bus) as toasts:
        toasts.show(Toast(title="t", body="<b>"))
        assert daemon.wait_for(1)[0].body == "&lt;b&gt;"


def test_where_there_are_no_actions_none_is_sent(private_bus: PrivateBus) -> None:
    with FakeNotificationDaemon(private_bus, ("body",)) as daemon, showing(private_bus) as toasts:
        toasts.show(HELLO)
        assert daemon.wait_for(1)[0].actions == []


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("nul\0 bell\x07 esc\x1b[0m c1\x9b", "nul bell esc[0m c1"),
        ("bidi \u202eevil\u2066", "bidi evil"),
        ("half \ud83d emoji", "half \ufffd emoji"),
        ("--help", "--help"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ('it\'s "quoted" %s {x} \\n', 'it\'s "quoted" %s {x} \\n'),
        ("\uffff\ufdd0", "\uffff\ufdd0"),
        ("x" * 1_000_000, "x" * 199 + "…"),
    ],
)
def test_hostile_text_is_shown_harmlessly(private_bus: PrivateBus, hostile: str, shown: str) -> None:
    with FakeNotificationDaemon(private_bus, PLAIN) as daemon, showing(private_bus) as toasts:
        toasts.show(Toast(title=hostile, body=hostile))
        notify = daemon.wait_for(1)[0]
        assert notify.summary == shown
        assert notify.body.startswith(shown[:100])
        assert len(notify.body) <= 1000


def test_toasts_come_in_their_order_and_each_once(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with showing(private_bus) as toasts:
        for number in range(MOST_WAITING):
            toasts.show(toast(number))
        daemon.wait_for(MOST_WAITING)
        toasts.show(toast(99))
        daemon.wait_for(MOST_WAITING + 1)
    assert titles(daemon) == [f"t{number}" for number in range(MOST_WAITING)] + ["t99"]


def test_a_thousand_at_once_are_bounded_and_the_latest_are_shown(private_bus: PrivateBus) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with FakeNotificationDaemon(private_bus, mode="silent") as daemon, showing(private_bus, dispatch) as toasts:
        for number in range(1000):
            toasts.show(toast(number))
        assert "Too many" in failure(dispatch)
        daemon.mode = "answer"
        daemon.wait_until(lambda: "t999" in titles(daemon), "the last toast")
        assert toasts._backend is not None
        dropped = toasts._backend.queue.dropped
        assert dropped + len(daemon.shown) >= 1000
        assert len(set(titles(daemon))) == len(daemon.shown)


def test_a_silent_daemon_fails_one_toast_at_a_time_and_is_told_of_once(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with FakeNotificationDaemon(private_bus, mode="silent") as daemon, showing(private_bus, dispatch) as toasts:
        with monkeypatch.context() as impatience:
            impatience.setattr("telex_start.desktop.bus.bus.Bus.call", impatient(0.2))
            for number in range(3):
                toasts.show(toast(number))
            daemon.wait_for(3)
            assert failure(dispatch) == "The notification daemon does not answer."
        daemon.mode = "answer"
        toasts.show(toast(3))
        daemon.wait_for(4)
        assert titles(daemon) == ["t0", "t1", "t2", "t3"]  # none a second time
        assert dispatch.empty()
        assert caplog.text.count("does not answer") == 1


def test_a_failure_is_told_again_after_a_success_between(private_bus: PrivateBus) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with FakeNotificationDaemon(private_bus, mode="error") as daemon, showing(private_bus, dispatch) as toasts:
        for _ in range(2):
            daemon.mode = "error"
            toasts.show(HELLO)
            toasts.show(HELLO)
            assert "refused a toast (org.freedesktop.DBus.Error.Failed)" in failure(dispatch)
            daemon.wait_until(lambda: len(daemon.shown) % 3 == 2, "both")
            daemon.mode = "answer"
            toasts.show(HELLO)
            daemon.wait_until(lambda: len(daemon.shown) % 3 == 0, "the third")
        assert dispatch.empty()


def impatient(timeout: float) -> Any:
    """``Bus.call`` with a shorter time-out."""
    call = Bus.call
    return lambda bus, message, on_reply, _=0.0, **more: call(bus, message, on_reply, timeout, **more)


def test_without_a_daemon_a_toast_waits_a_little_and_then_it_is_told(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbus_backend, "FIRST_WAIT_SECONDS", 0.3)
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with showing(private_bus, dispatch) as toasts:
        began, spent = time.monotonic(), Stopwatch()
        for number in range(5):
            toasts.show(toast(number))
        assert "No notification daemon is running" in failure(dispatch)
        assert time.monotonic() - began >= 0.3 and spent.seconds() < 1.0
        toasts.show(toast(5))
        with FakeNotificationDaemon(private_bus) as daemon:
            daemon.wait_for(1)
            assert titles(daemon) == ["t5"]
            assert dispatch.empty()


def test_a_daemon_that_restarts_gets_the_toast_of_the_moment_once(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    with showing(private_bus) as toasts:
        toasts.show(toast(0))
        daemon.wait_for(1)
        daemon.leave()
        toasts.show(toast(1))
        toasts.show(toast(2))
        daemon.come_back()
        daemon.wait_for(3)
        toasts.show(toast(3))
        daemon.wait_for(4)
        assert titles(daemon) == ["t0", "t1", "t2", "t3"]


def test_a_toast_during_a_restart_of_the_bus_is_shown_once(private_bus: PrivateBus) -> None:
    with showing(private_bus) as toasts:
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show(toast(0))
            daemon.wait_for(1)
            private_bus.stop()
        toasts.show(toast(1))
        toasts.show(toast(2))
        private_bus.start()
        with FakeNotificationDaemon(private_bus) as daemon:
            daemon.wait_for(2)
            assert titles(daemon) == ["t1", "t2"]


def test_without_a_bus_it_is_told_once_and_the_next_is_tried(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    private_bus.stop()
    with showing(private_bus, dispatch) as toasts:
        with monkeypatch.context() as impatience:
            impatience.setattr("telex_start.desktop.bus.bus.Bus.call", impatient(0.2))
            impatience.setattr(dbus_backend, "FIRST_WAIT_SECONDS", 0.3)
            toasts.show(toast(0))
            assert "session bus cannot be reached" in failure(dispatch)
        private_bus.start()
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show(toast(1))
            daemon.wait_for(1)
            assert titles(daemon) == ["t1"]
    assert dispatch.empty()


def test_a_daemon_whose_start_fails_is_no_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dbus_backend, "FIRST_WAIT_SECONDS", 0.2)
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with PrivateBus({"org.freedesktop.Notifications": "/bin/false"}) as bus, showing(bus, dispatch) as toasts:
        toasts.show(HELLO)
        assert "No notification daemon is running" in failure(dispatch)


def test_a_daemon_that_dies_with_a_toast_in_its_hands_does_not_get_it_again(private_bus: PrivateBus) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with showing(private_bus, dispatch) as toasts:
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show(toast(0))
            daemon.wait_for(1)
            daemon.mode = "silent"
            toasts.show(toast(1))
            daemon.wait_for(2)
        assert failure(dispatch) == "The notification daemon does not answer."
        with FakeNotificationDaemon(private_bus) as daemon:
            toasts.show(toast(2))
            daemon.wait_for(1)
            assert titles(daemon) == ["t2"]


def test_a_click_is_dispatched(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with showing(private_bus, dispatch) as toasts:
        toasts.show(toast(0))
        toasts.show(toast(1))
        ident = daemon.wait_for(2)[0].id
        daemon.close(ident, 1)  # it expired, and is clicked in the desktop's list
        with BusClient(private_bus) as stranger:
            stranger.emit(
                "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked", "us", 2, "default"
            )
        daemon.click(77)  # somebody else's toast
        daemon.click(2, "other")
        daemon.close(2)
        daemon.click(2)  # gone
        daemon.click(ident)
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(toast(0))
        toasts.show(toast(2))
        daemon.wait_for(3)
        assert dispatch.empty()


@contextmanager
def direct(bus: PrivateBus, **options: Any) -> Iterator[tuple[DBusToasts, SimpleQueue[tuple[str, Any]]]]:
    """The backend itself, and what it tells."""
    outcomes: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    connection = Bus(bus.address)
    toasts = DBusToasts(
        connection,
        on_shown=lambda toast: outcomes.put(("shown", toast)),
        on_failed=lambda reason: outcomes.put(("failed", reason)),
        on_clicked=lambda toast, action, token: outcomes.put(("clicked", toast)),
        on_dismissed=lambda toast: outcomes.put(("dismissed", toast)),
        **options,
    )
    connection.start()
    try:
        yield toasts, outcomes
    finally:
        assert connection.stop(TIMEOUT)


def test_the_outcome_of_a_toast_is_known(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with direct(private_bus) as (toasts, outcomes):
        for number in range(3):
            toasts.show(toast(number))
            assert outcomes.get(timeout=TIMEOUT) == ("shown", toast(number))
        daemon.close(2, 2)
        assert outcomes.get(timeout=TIMEOUT) == ("dismissed", toast(1))
        daemon.close(1, 1)
        daemon.close(3, 3)
        daemon.click(1)
        assert outcomes.get(timeout=TIMEOUT) == ("clicked", toast(0))
        assert outcomes.empty()


def test_toasts_of_one_conversation_replace_each_other(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    other = Conversation("org/user", "channels_section", "random")
    with direct(private_bus) as (toasts, outcomes):
        for number, conversation in enumerate((GENERAL, other, GENERAL, None, GENERAL)):
            toasts.show(toast(number, conversation=conversation))
            assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        shown = daemon.wait_for(5)
        assert [notify.replaces_id for notify in shown] == [0, 0, 1, 0, 1]
        assert shown[0].hints["category"] == ("s", "im.received")
        daemon.close(1)
        assert outcomes.get(timeout=TIMEOUT)[0] == "dismissed"
        toasts.show(toast(5, conversation=GENERAL))
        assert daemon.wait_for(6)[5].replaces_id == 0


def test_a_toast_that_has_expired_is_still_the_conversations(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    """Plasma and GNOME keep it in their list: there it stood twice, and stayed when it was read."""
    with direct(private_bus) as (toasts, outcomes):
        toasts.show(toast(0, conversation=GENERAL))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        daemon.close(1, 1)
        toasts.show(toast(1, conversation=GENERAL))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        assert daemon.shown[1].replaces_id == 1
        daemon.close(1, 1)
        toasts.close(GENERAL)
        daemon.wait_until(lambda: daemon.closed == [1], "the toast to be closed")


def test_one_that_was_closed_by_a_call_of_somebody_is_replaced_by_a_new_one(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    with direct(private_bus) as (toasts, outcomes):
        toasts.show(toast(0, conversation=GENERAL))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        daemon.close(1, 3)
        toasts.show(toast(1))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"  # and the signal before it has been seen
        toasts.show(toast(2, conversation=GENERAL))
        assert daemon.wait_for(3)[2].replaces_id == 0


def test_a_text_that_comes_late_replaces_its_toast_without_a_sound(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    with showing(private_bus) as toasts:
        toasts.show(toast(0, conversation=GENERAL))
        ident = daemon.wait_for(1)[0].id
        toasts.show(toast(1, conversation=GENERAL, silent=True))
        silent = daemon.wait_for(2)[1]
    assert (silent.replaces_id, silent.hints["suppress-sound"]) == (ident, ("b", True))
    assert "suppress-sound" not in daemon.shown[0].hints


@pytest.mark.parametrize("gone", [1, 2, 3, 0], ids=["expired", "dismissed", "closed", "never there"])
def test_a_text_that_comes_late_shows_nothing_where_its_toast_is_gone(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon, gone: int
) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with showing(private_bus, dispatch) as toasts:
        toasts.show(toast(0, conversation=GENERAL if gone else None))
        toasts.show(toast(1))
        ident, another = (notify.id for notify in daemon.wait_for(2))
        if gone:
            daemon.close(ident, gone)
        daemon.click(another)
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(toast(1)), "the signal before it has come too"
        toasts.show(toast(2, conversation=GENERAL, silent=True))
        toasts.show(toast(3))
        daemon.wait_until(lambda: "t3" in titles(daemon), "the toast after it")
    assert "t2" not in titles(daemon)


def test_a_text_that_comes_while_its_toast_still_waits_is_shown_with_it() -> None:
    queue = ToastQueue()
    queue.put(toast(0, conversation=GENERAL))
    queue.put(toast(1))
    assert queue.put_in_place(toast(2, conversation=GENERAL, silent=True))
    assert not queue.put_in_place(toast(3, conversation=Conversation("x", "y", "z"), silent=True))
    first = queue.take()
    assert first == toast(2, conversation=GENERAL)


def test_a_call_is_urgent_can_be_joined_and_goes_with_exit(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    call = Toast(title="Ben is calling", body="Click.", key="call 1", urgent=True, actions=(Action.JOIN,))
    with showing(private_bus, dispatch) as toasts:
        toasts.show(call)
        notify = daemon.wait_for(1)[0]
        assert notify.actions == ["default", "Open Telex", "join", "Join"]
        assert (notify.hints["urgency"], notify.hints["category"]) == (("y", 2), ("s", "call.incoming"))
        # MATE's daemon and mako take an urgent one away as well when its time is over, and it rings longer than others.
        assert notify.expire_timeout == 0
        daemon.token(notify.id, "token")
        daemon.click(notify.id, "join")
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(call, "join", "token")
    daemon.wait_until(lambda: notify.id in daemon.closed, "the call to go")


def test_a_message_can_be_marked_as_read_and_nothing_else_is_an_action(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    message = toast(0, conversation=GENERAL, actions=(Action.MARK_AS_READ, Action.MUTE_HOUR))
    with showing(private_bus, dispatch) as toasts:
        toasts.show(message)
        notify = daemon.wait_for(1)[0]
        assert notify.actions[2:] == ["mark-as-read", "Mark as read", "mute-hour", "Mute 1 hour"]
        daemon.click(notify.id, "join")
        daemon.click(notify.id, "mark-as-read")
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(message, "mark-as-read")
        daemon.click(notify.id, "mute-hour")
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(message, "mute-hour")


SOUND_HINTS = {"suppress-sound", "sound-name"}


def sounds(shown: list[Notify]) -> list[dict[str, Any]]:
    return [{name: value for name, (_, value) in one.hints.items() if name in SOUND_HINTS} for one in shown]


@pytest.mark.parametrize(
    ("sound", "can", "expected"),
    [
        ("desktop", True, [{}, {}, {}, {"suppress-sound": True}]),
        ("on", False, [{}, {}, {}, {"suppress-sound": True}]),
        ("off", True, [{"suppress-sound": True}] * 4),
        ("off", False, [{"suppress-sound": True}] * 4),
        (
            "on",
            True,
            [
                {"sound-name": "message-new-instant"},
                {"sound-name": "message-new-instant"},
                {"sound-name": "phone-incoming-call"},
                {"suppress-sound": True},
            ],
        ),
    ],
)
def test_toasts_sound_as_it_is_set_where_the_daemon_can(
    private_bus: PrivateBus, sound: str, can: bool, expected: list[dict[str, Any]]
) -> None:
    """A message, what the program itself says, a call, and a text that is put in place of the same message."""
    capabilities = (*PLAIN, "sound") if can else PLAIN
    with FakeNotificationDaemon(private_bus, capabilities) as daemon, showing(private_bus) as toasts:
        toasts.configure(Config(sound=sound))
        toasts.show(toast(0, conversation=GENERAL))
        toasts.show(toast(1, key="tray"))
        toasts.show(toast(2, key="call 1", urgent=True))
        daemon.wait_for(3)
        toasts.show(toast(3, conversation=GENERAL, silent=True))
        assert sounds(daemon.wait_for(4)) == expected


def test_another_sound_counts_for_the_next_toast(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with showing(private_bus) as toasts:
        for number, sound in enumerate(("desktop", "off", "desktop")):
            toasts.configure(Config(sound=sound))
            toasts.show(toast(number))
            daemon.wait_for(number + 1)
    assert sounds(daemon.shown) == [{}, {"suppress-sound": True}, {}]


def test_what_the_program_says_has_a_key_by_which_it_is_replaced_and_withdrawn(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    with direct(private_bus) as (toasts, outcomes):
        for one in (toast(0, key="tray"), toast(1, key="other"), toast(2, key="tray", transient=True)):
            toasts.show(one)
            assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        assert [notify.replaces_id for notify in daemon.shown] == [0, 0, 1]
        assert [notify.hints.get("transient") for notify in daemon.shown] == [None, None, ("b", True)]
        assert "category" not in daemon.shown[0].hints
        toasts.close("tray")
        daemon.wait_until(lambda: daemon.closed == [1], "the toast to be closed")


def test_at_the_end_what_the_program_says_is_taken_away_and_news_stay(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    """ "Please sign in again" outlived Exit, and could not be got rid of by it."""
    with showing(private_bus) as toasts:
        for one in (toast(0, key="a"), toast(1, conversation=GENERAL), toast(2), toast(3, key="b")):
            toasts.show(one)
        daemon.wait_for(4)
        daemon.close(1, 1)  # expired, and still in the list
    assert sorted(daemon.closed) == [1, 4]


def test_at_the_end_what_the_program_is_just_saying_is_taken_away_too(private_bus: PrivateBus) -> None:
    with SlowDaemon(private_bus) as daemon, direct(private_bus) as (toasts, _):
        toasts.show(toast(0, key="a"))
        daemon.wait_until(lambda: daemon.held, "the call")
        ending = threading.Thread(target=toasts.stop, args=(TIMEOUT,))
        ending.start()
        settle(toasts)
        daemon._connection.send(reply_to(daemon.held, 7))
        ending.join(TIMEOUT)
        assert not ending.is_alive()
        assert daemon.closed == [7]


def test_what_is_shown_anew_is_not_hit_by_the_close_of_the_one_before(private_bus: PrivateBus) -> None:
    """Read here, and news again at once: that second toast was lost when an answer came between the two calls."""
    with SlowDaemon(private_bus) as daemon, direct(private_bus) as (toasts, outcomes):
        toasts.show(toast(0, conversation=GENERAL))
        daemon.wait_until(lambda: daemon.held, "the call")
        daemon.answer_with(1)
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        toasts.show(toast(1))
        daemon.wait_until(lambda: daemon.held, "another call")
        # On the bus's thread, as if these came while the answer to that other call is read.
        toasts.queue.remove(GENERAL)
        toasts.queue.put(toast(2, conversation=GENERAL))
        daemon.answer_with(2)
        daemon.wait_until(lambda: daemon.held, "the toast that is news")
        assert daemon.held is not None
        assert daemon.held.body[1] == 0, "it replaces the one that is being closed"
        assert daemon.closed == [1]
        daemon.answer_with(3)
        settle(toasts)
        toasts.show(toast(3, conversation=GENERAL))
        daemon.wait_until(lambda: daemon.held, "the next")
        assert daemon.held.body[1] == 3
        assert daemon.closed == [1]


@pytest.mark.parametrize("seed", range(20))
def test_in_whatever_order_the_last_word_about_a_toast_holds(private_bus: PrivateBus, seed: int) -> None:
    """Show and close at random from another thread: in the end the screen shows what was said last, or nothing."""
    chance = random.Random(seed)
    with OnScreen(private_bus) as daemon, direct(private_bus) as (toasts, _):
        last: Toast | None = None
        for number in range(40):
            if chance.random() < 0.5:
                last = toast(number, conversation=GENERAL)
                toasts.show(last)
            else:
                last = None
                toasts.close(GENERAL)
            if chance.random() < 0.3:
                settle(toasts)
        toasts.show(toast(99))
        daemon.wait_until(lambda: "t99" in titles(daemon), "the one after them")
        toasts.stop(TIMEOUT)  # all that was asked is done
        settle(toasts)
        daemon.ping()
        expected = {"t99"} | ({last.title} if last else set())
        assert set(daemon.on_screen.values()) == expected


def settle(toasts: DBusToasts) -> None:
    """Wait until the bus's thread has done what was handed to it so far."""
    settled = threading.Event()
    toasts._bus.post(settled.set)
    assert settled.wait(TIMEOUT)


class SlowDaemon(FakeNotificationDaemon):
    """One that answers ``Notify`` when it is told to."""

    held: Message | None = None

    def answer(self, call: Message, interface: str, member: str) -> Any:
        if member == "Notify":
            self.held = call
            return None
        return super().answer(call, interface, member)

    def answer_with(self, ident: int) -> None:
        held, self.held = self.held, None
        self._connection.send(reply_to(held, ident))


class OnScreen(FakeNotificationDaemon):
    """One that knows what is on the screen, by the rules of the specification."""

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self.on_screen: dict[int, str] = {}
        self._ids = 0

    def answer(self, call: Message, interface: str, member: str) -> Any:
        if member == "Notify":
            ident = call.body[1]
            if not ident:
                self._ids += 1
                ident = self._ids
            self.on_screen[ident] = call.body[3]
            super().answer(call, interface, member)
            return "u", (ident,)
        if member == "CloseNotification" and self.on_screen.pop(call.body[0], None) is not None:
            self.close(call.body[0], 3)
        return super().answer(call, interface, member)

    def ping(self) -> None:
        """Wait until all that was sent to it before is read."""
        bus = "org.freedesktop.DBus"
        self.call(bus, "/org/freedesktop/DBus", bus, "GetId")


class LateDaemon(OnScreen):
    """One that shows each toast at once, and answers when it is told to."""

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self._owed: list[Message] = []
        self.late = False

    def answer(self, call: Message, interface: str, member: str) -> Any:
        answer = super().answer(call, interface, member)
        if member != "Notify" or not self.late:
            return answer
        self._owed.append(reply_to(call, answer[1][0]))
        return None

    def answer_at_last(self) -> None:
        for reply in self._owed:
            self._connection.send(reply)


LATE = toast(1, key="state")


@pytest.fixture
def late(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LateDaemon, Toasts]]:
    """:data:`LATE` is on the screen, and was given up."""
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with LateDaemon(private_bus) as daemon, showing(private_bus, dispatch) as toasts:
        toasts.show(toast(0))
        daemon.wait_for(1)
        daemon.late = True
        with monkeypatch.context() as impatience:
            impatience.setattr("telex_start.desktop.bus.bus.Bus.call", impatient(0.2))
            toasts.show(LATE)
            assert failure(dispatch) == "The notification daemon does not answer."
        daemon.late = False
        daemon.close(1)
        del daemon.on_screen[1]
        yield daemon, toasts


def is_on_screen(daemon: LateDaemon, *expected: str) -> None:
    daemon.wait_until(lambda: sorted(daemon.on_screen.values()) == sorted(expected), f"{expected}")


def test_a_toast_that_was_taken_back_goes_once_its_number_comes(late: tuple[LateDaemon, Toasts]) -> None:
    """The daemon was too slow, and what was said held no more: it stayed on the screen for good."""
    daemon, toasts = late
    toasts.close("state")
    toasts.show(toast(2))  # the close is dealt with by then
    is_on_screen(daemon, "t1", "t2")
    daemon.answer_at_last()
    is_on_screen(daemon, "t2")


def test_a_toast_that_was_said_anew_is_there_once(late: tuple[LateDaemon, Toasts]) -> None:
    daemon, toasts = late
    toasts.show(LATE)
    is_on_screen(daemon, "t1", "t1")
    daemon.answer_at_last()
    is_on_screen(daemon, "t1")
    toasts.close("state")
    is_on_screen(daemon)


def test_a_toast_whose_number_came_late_is_replaced_and_taken_away(late: tuple[LateDaemon, Toasts]) -> None:
    daemon, toasts = late
    daemon.answer_at_last()
    toasts.show(toast(2, key="state"))
    is_on_screen(daemon, "t2")
    toasts.close("state")
    is_on_screen(daemon)


def test_a_number_that_comes_late_does_not_hit_what_has_taken_its_place(
    private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with LateDaemon(private_bus) as daemon, showing(private_bus, dispatch) as toasts:
        toasts.show(toast(0, key="state"))
        daemon.wait_for(1)
        daemon.late = True
        with monkeypatch.context() as impatience:
            impatience.setattr("telex_start.desktop.bus.bus.Bus.call", impatient(0.2))
            toasts.show(toast(1, key="state"))
            assert failure(dispatch) == "The notification daemon does not answer."
        daemon.late = False
        toasts.show(toast(2, key="state"))
        is_on_screen(daemon, "t2")
        daemon.answer_at_last()
        daemon.click(1)  # once this has come, so has the number
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(toast(2, key="state"))
        toasts.show(toast(3))
        daemon.wait_until(lambda: "t3" in titles(daemon), "the next")
        is_on_screen(daemon, "t2", "t3")


def test_a_click_brings_the_token_that_came_for_it(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with showing(private_bus, dispatch) as toasts:
        toasts.show(toast(0))
        toasts.show(toast(1))
        daemon.wait_for(2)
        daemon.token(1, "token-1")
        daemon.click(1)
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(toast(0), token="token-1")
        daemon.click(1)
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(toast(0))
        daemon.token(1, "token-2")
        daemon.click(2)
        assert dispatch.get(timeout=TIMEOUT) == ToastClicked(toast(1))


def test_early_toasts_wait_longer_for_a_daemon(private_bus: PrivateBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """At login "While you were away" was lost on Cinnamon, whose shell comes after 5 s."""
    monkeypatch.setattr(dbus_backend, "WAIT_FOR_DAEMON_SECONDS", 0.0)
    dispatch: SimpleQueue[Event] = SimpleQueue()
    with showing(private_bus, dispatch) as toasts:
        toasts.show(toast(0))
        assert toasts._backend is not None
        settle(toasts._backend)  # type: ignore[arg-type]
        with BusClient(private_bus) as client:  # the bus has said that there is nobody
            client.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId")
        settle(toasts._backend)  # type: ignore[arg-type]
        with FakeNotificationDaemon(private_bus) as daemon:
            daemon.wait_for(1)
            assert dispatch.empty()
        monkeypatch.setattr(dbus_backend, "FIRST_SECONDS", 0.0)
        toasts.show(toast(1))
        assert "No notification daemon is running" in failure(dispatch)


def test_another_daemon_is_not_asked_to_replace_what_it_never_showed(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    with direct(private_bus) as (toasts, _):
        toasts.show(toast(0, conversation=GENERAL))
        daemon.wait_for(1)
        daemon.leave()
        with FakeNotificationDaemon(private_bus) as other:
            toasts.show(toast(1, conversation=GENERAL))
            assert other.wait_for(1)[0].replaces_id == 0


def test_a_conversation_that_was_read_loses_its_toast(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with direct(private_bus) as (toasts, outcomes):
        toasts.show(toast(0, conversation=GENERAL))
        assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        toasts.close(GENERAL)
        daemon.wait_until(lambda: daemon.closed, "the toast to be closed")
        assert daemon.closed == [1]
        for number in range(20):  # what is shown after it is not closed by it, however the threads run
            toasts.close(GENERAL)
            toasts.show(toast(number, conversation=GENERAL))
            assert outcomes.get(timeout=TIMEOUT)[0] == "shown"
        assert daemon.shown[1].replaces_id == 0
        assert daemon.closed == [1, *(notify.id for notify in daemon.shown[1:-1])]


def test_a_conversation_read_while_its_toast_is_under_way(private_bus: PrivateBus) -> None:
    with SlowDaemon(private_bus) as daemon, direct(private_bus) as (toasts, outcomes):
        toasts.show(toast(0, conversation=GENERAL))
        daemon.wait_until(lambda: daemon.held, "the call")
        toasts.show(toast(1, conversation=GENERAL))  # waits behind it
        toasts.show(toast(2))
        toasts.close(GENERAL)
        held, daemon.held = daemon.held, None
        settle(toasts)
        daemon._connection.send(reply_to(held, 7))
        daemon.wait_until(lambda: daemon.held, "the next call")
        daemon.wait_until(lambda: daemon.closed == [7], "the toast to be closed")
        assert daemon.held is not None
        assert daemon.held.body[3] == "t2"
        assert outcomes.get(timeout=TIMEOUT) == ("shown", toast(0, conversation=GENERAL))


def reply_to(call: Message | None, ident: int) -> Message:
    from jeepney import new_method_return

    assert call is not None
    return new_method_return(call, "u", (ident,))


def test_the_icon_is_sent(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with showing(private_bus, icon=lambda: (2, 1, b"\1\2\3\4\5\6\7\xff")) as toasts:
        toasts.show(HELLO)
        hints = daemon.wait_for(1)[0].hints
    assert hints["image-data"] == ("(iiibiiay)", (2, 1, 8, True, 8, 4, b"\1\2\3\4\5\6\7\xff"))


@pytest.mark.parametrize("answer", [("", ()), ("s", ("seven",)), ("as", ([],))])
def test_a_daemon_that_answers_nonsense_is_survived(private_bus: PrivateBus, answer: tuple[str, Any]) -> None:
    class Nonsense(FakeNotificationDaemon):
        def answer(self, call: Message, interface: str, member: str) -> Any:
            super().answer(call, interface, member)
            return answer

    with Nonsense(private_bus) as daemon, direct(private_bus) as (toasts, _):
        for number in range(3):
            toasts.show(toast(number, conversation=GENERAL))
        daemon.wait_for(3)
        daemon.emit("/org/freedesktop/Notifications", "org.freedesktop.Notifications", "ActionInvoked", "s", "x")
        daemon.emit("/org/freedesktop/Notifications", "org.freedesktop.Notifications", "NotificationClosed", "")
        toasts.show(toast(3))
        daemon.wait_for(4)


def test_open_toasts_are_remembered_up_to_a_bound(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with direct(private_bus) as (toasts, outcomes):
        for number in range(130):
            toasts.show(toast(number, conversation=Conversation("c", "s", str(number))))
            outcomes.get(timeout=TIMEOUT)
        assert len(toasts._open) == len(toasts._latest) == 100


def test_between_toasts_the_thread_sleeps(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    with showing(private_bus) as toasts:
        toasts.show(HELLO)
        daemon.wait_for(1)
        thread = next(thread for thread in threading.enumerate() if thread.name == "toasts")

        def switches() -> int:
            status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
            return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])

        never = threading.Event()
        never.wait(0.2)
        before = switches()
        never.wait(2.0)
        assert switches() == before


def test_starting_and_stopping_leave_nothing_behind(private_bus: PrivateBus, daemon: FakeNotificationDaemon) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for number in range(3):
        with showing(private_bus) as toasts:
            toasts.show(HELLO)
            daemon.wait_for(number + 1)
        toasts.show(HELLO)
        toasts.close(GENERAL)
        toasts.stop()
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(daemon.shown) == 3


def test_stopping_with_a_silent_daemon_is_at_once(private_bus: PrivateBus) -> None:
    class Asked(FakeNotificationDaemon):
        asked = False

        def answer(self, call: Message, interface: str, member: str) -> Any:
            self.asked = True
            return None

    with Asked(private_bus) as daemon, showing(private_bus) as toasts:  # which looks at the time
        toasts.show(toast(0))
        daemon.wait_until(lambda: daemon.asked, "the daemon to be asked")
        for number in range(1, 30):
            toasts.show(toast(number))


def test_a_bus_of_the_callers_is_used_and_left_to_the_caller(
    private_bus: PrivateBus, daemon: FakeNotificationDaemon
) -> None:
    bus = Bus(private_bus.address, thread_name="tray")
    dispatch: SimpleQueue[Event] = SimpleQueue()
    toasts = Toasts(dispatch.put, bus=bus, environ={})
    bus.start()
    toasts.start()
    toasts.show(HELLO)
    daemon.wait_for(1)
    toasts.stop()
    assert bus.post(lambda: None)
    assert bus.stop(TIMEOUT)


def test_what_waits_is_shared_by_all_ways_of_showing() -> None:
    queue = ToastQueue()
    for number in range(MOST_WAITING + 2):
        queue.put(toast(number, conversation=GENERAL if number % 2 else None))
    assert (queue.dropped, queue.newly_dropped(), queue.newly_dropped()) == (2, True, False)
    since = queue.oldest()
    first = queue.take()
    assert first is not None
    assert first.title == "t2"
    queue.put_back()
    assert queue.oldest() == since
    queue.remove(GENERAL)
    assert queue.take() is None, "a toast is taken before the one that it must not replace is closed"
    assert (queue.take_closing(), queue.take_closing()) == ([GENERAL], [])
    left = [one.title for one in iter(queue.take, None)]
    assert left == [f"t{number}" for number in range(2, MOST_WAITING + 2, 2)]
    assert (queue.take(), queue.oldest(), len(queue)) == (None, None, 0)


def test_what_is_taken_out_is_wanted_until_its_conversation_is_read() -> None:
    queue = ToastQueue()
    for number in range(3):
        queue.put(toast(number, conversation=GENERAL))
    assert (queue.take(), queue.done()) == (toast(0, conversation=GENERAL), True)
    queue.take()
    queue.remove(GENERAL)
    queue.put(toast(3, conversation=GENERAL))
    assert queue.done() is False
    queue.take_closing()
    queue.take()
    queue.remove(GENERAL)
    queue.put_back()
    assert len(queue) == 0
