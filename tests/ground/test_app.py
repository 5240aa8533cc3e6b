"""The app: what each event, menu item and request leads to, and how the dispatch loop starts and ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telex_start import events
from telex_start.app.renewal import SELDOM
from telex_start.menu import MenuItem, MuteFor, Request
from telex_start.news.unread import Counts
from telex_start.states import State
from telex_start.toast import Conversation
from telex_start.tray_view import TrayView
from tests.ground.app_scene import (
    CHANNEL,
    CONNECTING,
    EXIT,
    ME,
    ONE_ORGANISATION,
    ONLINE,
    OWN_WORDS,
    RECONNECTING,
    SESSION_OVER,
    SIGNED_OUT,
    SIGNING_IN,
    SUBMITTED,
    Scene,
    main_app_threads,
    news,
    received,
)
from tests.ground.desk import agent, change, message

GENERAL = Conversation(CHANNEL, "channels_section", "General")


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    assert isinstance(made.said, list), "whatever the test was about, all that was said was told"
    assert not main_app_threads()


# Start and end.


@pytest.mark.parametrize("hangs", [False, True])
def test_the_session_is_stopped_last_and_told_as_stopped_even_where_it_hangs(scene: Scene, hangs: bool) -> None:
    scene.session.hangs = hangs
    assert (scene.run(ONLINE), scene.app.last_words, scene.session.life) == (0, "", ["stopped"])
    assert [event.state for event in scene.surface.states] == [State.ONLINE, State.STOPPED]


@pytest.mark.parametrize("event", [EXIT, events.Requested(Request.EXIT)], ids=repr)
@pytest.mark.parametrize("window", [False, True], ids=["no window", "window"])
def test_the_end_closes_the_window_and_leaves_the_rest_alone(scene: Scene, event: events.Event, window: bool) -> None:
    assert scene.run(event, events.MenuClicked(MenuItem.TEST_NOTIFICATIONS), open_window=window) == 0
    assert scene.toasts.shown == []
    assert [opened.closed for opened in scene.windows.logins] == [True] * window


def test_a_session_thread_that_died_is_said_and_ends_the_program(scene: Scene) -> None:
    scene.put(events.StateChanged(State.STOPPED))
    assert scene.app.run([], open_window=False) == 1
    assert scene.app.last_words == "the part that talks to Telex failed twice; the log tells more"
    assert [title for title, _ in scene.said] == ["Telex Start has ended"]
    assert scene.toasts.shown[-1].handle is None, "it would be taken away at the end"


# The menu, clicks and second starts.


TAKES_ITS_TOKEN = {*(MenuItem.OPEN_MAIN_APP, MenuItem.PREFERENCES, MenuItem.DOCTOR, MenuItem.OPEN_LOG, MenuItem.ABOUT)}
"""Items that open a program or window, which itself ends the desktop's waiting (the busy pointer)."""


@pytest.mark.parametrize(
    "click",
    [
        *(events.MenuClicked(item, "t") for item in MenuItem),
        *(events.MuteChosen(GENERAL, MuteFor.HOUR, "t"), events.IconMiddleClicked("t")),
    ],
    ids=repr,
)
def test_the_token_of_a_click_that_starts_nothing_is_ended(scene: Scene, click: events.Event) -> None:
    """GNOME showed a busy pointer for 10 to 20 s after every click in the menu."""
    scene.opened(click)
    assert scene.surface.ended_startups == ([] if getattr(click, "item", None) in TAKES_ITS_TOKEN else ["t"])
    assert "t" in [*scene.surface.ended_startups, *scene.main_app.tokens, *(it[1] for it in scene.windows.asked_for)]


def test_sign_out_forgets_who_it_was(scene: Scene) -> None:
    scene.run(ONLINE, events.MenuClicked(MenuItem.SIGN_OUT), SIGNED_OUT, events.MenuClicked(MenuItem.LOGIN))
    assert scene.session.sent == [events.SignOut()]
    assert scene.windows.opened == [("", True, "")]


@pytest.mark.parametrize("event", [events.MenuClicked(MenuItem.RECONNECT_NOW), events.MachineWoke()], ids=repr)
def test_what_makes_the_session_reconnect_at_once(scene: Scene, event: events.Event) -> None:
    scene.run(event)
    assert scene.session.sent == [events.ReconnectNow()]


CLICKS = pytest.mark.parametrize(
    "click", [events.IconClicked(), events.ToastClicked(OWN_WORDS), events.Requested(Request.OPEN)], ids=repr
)


@CLICKS
@pytest.mark.parametrize(
    ("state", "calls", "opened"),
    [
        *((state, ["open"], []) for state in (CONNECTING, ONLINE, RECONNECTING)),
        *((state, [], [(ME, True, "")]) for state in (SIGNED_OUT, SESSION_OVER)),
        (SIGNING_IN, [], []),
    ],
)
def test_a_click_opens_the_main_app_for_who_is_signed_in_and_the_window_for_who_is_not(
    scene: Scene, click: events.Event, state: events.StateChanged, calls: list[str], opened: list[tuple[str, bool, str]]
) -> None:
    scene.run(state, click)
    assert (scene.opened(), scene.windows.opened) == (calls, opened)


@CLICKS
def test_a_click_brings_the_window_of_a_sign_in_forward(scene: Scene, click: events.Event) -> None:
    scene.run(SUBMITTED, SIGNING_IN, click, open_window=True)
    assert scene.window.shown == ["Signing in…", "front"]


# The session's state.


def test_where_organisations_are_left_out_the_session_learns_where_something_is_unread(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(1))
    assert scene.session.preferred == [], "not while all have room"
    scene.turn(events.StateChanged(State.ONLINE, "", 2, 1, 1, left_out=1))
    assert scene.session.preferred == [frozenset({CHANNEL})]
    scene.turn(news(0))
    assert scene.session.preferred[1:] == [frozenset()]


def test_a_pause_at_telex_is_in_the_status_line(scene: Scene) -> None:
    def status(*events: events.Event) -> str:
        scene.turn(*events)
        return scene.surface.views[-1].status

    scene.turn(ONLINE, ONE_ORGANISATION)
    assert status(events.ProfilePolled(True)) == "Online: 1 organisation, paused at Telex"
    assert status(events.ProfilePolled(False)) == "Online: 1 organisation"
    assert status(events.ProfilePolled(True, organisation_id="org")) == "Online: 1 organisation, paused at Telex"
    two = events.OrganisationsChanged(
        (*ONE_ORGANISATION.organisations, events.Organisation("other", "Acme", "other/user"))
    )
    online = events.StateChanged(State.ONLINE, organisations=2, subscribed=2)
    assert status(online, two) == "Online: 2 organisations, paused at Telex in Northwind"


# News.


def test_news_are_notifications_and_counted(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(2))
    [toast] = scene.toasts.shown
    assert scene.surface.toasts == [toast]
    assert (toast.title, toast.unread) == ("General", 2)
    assert scene.surface.counts == [Counts(2, 0, 1)]
    assert scene.surface.troubles == []


@pytest.mark.parametrize("over", [news(0), SIGNED_OUT], ids=["read", "signed out"])
def test_what_is_over_takes_its_toast_and_its_count_away(scene: Scene, over: events.Event) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(3), over)
    assert scene.toasts.closed == [GENERAL]
    assert scene.surface.counts[-1] == Counts(0, 0, 0)
    scene.wait(SELDOM)
    assert scene.surface.views[-1].unread == 0


def test_an_agents_unread_is_watched(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, received(agent()))
    assert events.WatchAgents(frozenset({CHANNEL})) in scene.session.asked


def test_a_text_that_comes_late_is_no_second_line_on_the_terminal(scene: Scene) -> None:
    scene.turn(
        ONLINE, events.SignedIn("u-ada", ("ada",)), ONE_ORGANISATION, received(change("a", 1, last_thread_id="t1"))
    )
    silent = scene.tell(message())
    assert (silent.silent, silent.text) == (True, "the build is green")
    assert len(scene.surface.toasts) == 1


# Troubles.


def test_a_trouble_is_told_without_a_toast(scene: Scene) -> None:
    trouble = events.Trouble("No connection to Telex", "The server refused the connection.")
    scene.run(trouble)
    assert (scene.surface.troubles, scene.toasts.shown) == ([trouble], [])


def test_a_desktop_without_a_tray_is_said_once(scene: Scene) -> None:
    scene.turn(events.TrayMissing("GNOME lacks it"), events.TrayMissing(), events.TrayMissing())
    [(title, message)] = scene.said
    assert title == "No tray for the icon"
    assert message == (
        "GNOME lacks it. To sign in, click here, or start telex-start with --email NAME --password-stdin."
    )
    assert scene.toasts.on_screen == [title]
    scene.turn(events.TrayAppeared(), events.TrayMissing("again"))
    assert len(scene.said) == 1
    assert scene.toasts.on_screen == []


@pytest.mark.parametrize("state", [SIGNING_IN, ONLINE], ids=lambda event: event.state.value)
def test_who_is_signed_in_is_not_told_how_to_sign_in_without_a_tray(scene: Scene, state: events.StateChanged) -> None:
    scene.turn(state, events.TrayMissing("GNOME lacks it"))
    assert scene.said[0][1] == "GNOME lacks it. Notifications come all the same."


def test_a_tray_that_goes_after_the_icon_was_shown_is_not_said(scene: Scene) -> None:
    scene.turn(events.TrayAppeared(), events.TrayMissing())
    assert scene.said == []


def test_a_failed_thread_is_said(scene: Scene) -> None:
    scene.turn(events.ThreadFailed("tray", "OSError"))
    assert scene.said == [("Telex Start had a problem", "Its tray part failed (OSError).")]


def test_toasts_that_fail_are_logged_and_no_reason_for_a_toast(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.turn(events.ToastFailed("no daemon answers"))
    assert (scene.toasts.shown, scene.surface.troubles) == ([], [])
    assert "toasts cannot be shown: no daemon answers" in caplog.text


PROBLEM = ("Telex Start had a problem", "ZeroDivisionError; the log tells more.")


def test_a_cause_that_goes_on_failing_is_told_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Each failure had its own toast: 50 for 50 events."""
    scene.surface.fails_on = CONNECTING
    scene.turn(*[CONNECTING] * 50)
    assert scene.said == [PROBLEM]
    assert len([record for record in caplog.records if record.exc_info]) == 1
    assert len(caplog.records) == 50
    scene.windows.no_login = ZeroDivisionError()
    scene.run(SIGNED_OUT, events.MenuClicked(MenuItem.LOGIN))
    assert len(scene.said) == 2, "another cause"


@pytest.mark.parametrize("how", [events.How.LIVE, events.How.RECOVERED])
def test_a_bad_publication_costs_no_other(scene: Scene, caplog: pytest.LogCaptureFixture, how: events.How) -> None:
    scene.surface.fails_on = "B"
    scene.turn(ONLINE, ONE_ORGANISATION, events.ChannelAnswered(CHANNEL))
    scene.turn(received(*(change(name, 1) for name in "ABC"), how=how))
    assert [toast.title for toast in scene.surface.toasts] == ["A", "C"]
    assert scene.surface.counts[-1].unread == 3
    assert scene.said == [PROBLEM]
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_what_is_due_and_fails_is_tried_again_a_second_later_and_holds_up_nothing_else(scene: Scene) -> None:
    """The failed renewal was due again at once: the loop ran without a pause."""
    scene.turn(ONLINE, ONE_ORGANISATION, news(1))
    scene.surface.fails_on = TrayView
    before = len(scene.surface.views)
    scene.wait(SELDOM)
    scene.turn(*[events.ChannelAnswered(CHANNEL)] * 10)
    assert len(scene.surface.views) == before + 1
    scene.turn(news(2))
    scene.wait(0.9)
    assert len(scene.surface.views) == before + 1
    scene.wait(SELDOM)
    assert len(scene.surface.views) == before + 2
    assert scene.said == [PROBLEM]


def test_not_even_a_surface_that_fails_to_say_so_ends_the_loop(scene: Scene) -> None:
    scene.surface.fails_on = events.Trouble
    scene.windows.no_login = ValueError("password=hunter2")
    assert scene.run(events.MenuClicked(MenuItem.LOGIN), events.ThreadFailed("tray", "OSError"), ONLINE) == 0
    assert [event.state for event in scene.surface.states] == [State.ONLINE, State.STOPPED]
    assert {title for title, _ in scene.said} == {"Telex Start had a problem"}
