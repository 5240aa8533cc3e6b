"""What the icon, its tooltip and the menu show in each state of the session."""

from __future__ import annotations

import pytest

from telex_start.app.renewal import view_of
from telex_start.events import StateChanged
from telex_start.states import State
from telex_start.tray_view import LONGEST_STATUS, Silence


def changed(state: State, organisations: int = 0, subscribed: int = 0, reason: str = "") -> StateChanged:
    return StateChanged(state, reason, organisations, subscribed)


@pytest.mark.parametrize(
    ("session", "unread", "status"),
    [
        (changed(State.SIGNED_OUT), 0, "Signed out"),
        (changed(State.SIGNING_IN), 0, "Signing in"),
        (changed(State.CONNECTING), 3, "Connecting"),
        (changed(State.ONLINE, 3, 3), 2, "Online: 3 organisations, 2 unread"),
        (changed(State.ONLINE, 1, 1), 0, "Online: 1 organisation"),
        (changed(State.ONLINE, 3, 2), 0, "Online: 2 of 3 organisations"),
        (changed(State.ONLINE, 0, 0), 0, "Online: no organisations"),
        (
            changed(State.RECONNECTING, 3, 0, "Telex is restarting (3001)"),
            1,
            "Reconnecting: Telex is restarting (3001)",
        ),
        (changed(State.SIGN_IN_NEEDED, 3), 0, "Sign in needed"),
    ],
)
def test_the_status_line(session: StateChanged, unread: int, status: str) -> None:
    view = view_of(session, unread)
    assert view.status == status
    assert view.unread == unread


@pytest.mark.parametrize("reason", ["r" * 500, "\N{PARTY POPPER}" * 100])
def test_a_title_fits_into_what_windows_shows(reason: str) -> None:
    title = view_of(changed(State.RECONNECTING, reason=reason), 0).short_title
    assert 125 <= len(title.encode("utf-16-le")) / 2 <= 127
    assert title.startswith(f"Telex: Reconnecting: {reason[0]}") and title.endswith("…")


def test_a_long_cause_is_cut_in_the_menu_and_whole_in_the_tooltip() -> None:
    why = "a redirect came instead of Telex's answer: does this network ask you to log in first?"
    view = view_of(changed(State.RECONNECTING, reason=why), 0)
    assert view.status == "Reconnecting: a redirect came instead of Telex's answer: do…"
    assert len(view.status) == 60
    assert view.title == view.short_title == f"Telex: Reconnecting: {why}"


def test_where_polls_are_refused_the_status_line_says_so_and_login_is_enabled() -> None:
    stale = StateChanged(State.ONLINE, organisations=3, subscribed=3, sign_in_again=True)
    view = view_of(stale, 2)
    assert view.status == "Online. Sign in again to see new organisations, 2 unread"
    assert view.may_log_in and view.signed_in, "Sign Out is still there"
    reconnecting = view_of(StateChanged(State.RECONNECTING, "x", sign_in_again=True), 0)
    assert (reconnecting.status, reconnecting.may_log_in) == ("Reconnecting: x", True)


def test_reconnect_now_and_sign_out_are_there_when_they_make_sense() -> None:
    there = {state: view_of(changed(state), 0) for state in State}
    assert [state for state in State if there[state].reconnecting] == [State.RECONNECTING]
    signed_in = {State.SIGNING_IN, State.CONNECTING, State.ONLINE, State.RECONNECTING}
    assert {state for state in State if there[state].signed_in} == signed_in
    assert {state for state in State if not there[state].may_log_in} == signed_in


def test_a_pause_is_the_last_word_and_stays_where_the_line_is_cut() -> None:
    online = StateChanged(State.ONLINE, organisations=3, subscribed=3)
    view = view_of(online, 5, silence=Silence("paused until 14:30", resumable=True))
    assert view.status == "Online: 3 organisations, 5 unread, paused until 14:30"
    assert (view.quiet, view.resumable, view.words) == (True, True, "")
    assert view_of(online, 0, silence=Silence("paused")).status == "Online: 3 organisations, paused"
    many = StateChanged(State.ONLINE, organisations=120, subscribed=119)
    view = view_of(many, 99_999, silence=Silence("paused until Tue 08:00"))
    assert view.status.startswith("Online: 119 of 120 organisations")
    assert view.status.endswith("…, paused until Tue 08:00")
    assert len(view.status) <= LONGEST_STATUS
    assert view.title == "Telex: Online: 119 of 120 organisations, 99999 unread, paused until Tue 08:00"


def test_a_pause_is_said_whatever_the_state_but_the_end() -> None:
    paused = Silence("paused")
    ends = {state: view_of(StateChanged(state), 0, silence=paused).status.endswith(", paused") for state in State}
    assert ends == {state: state is not State.STOPPED for state in State}
