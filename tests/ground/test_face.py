"""What the icon and the menu say of a session."""

from __future__ import annotations

import pytest

from telex_start.events import StateChanged
from telex_start.face import face_of, plural
from telex_start.states import State


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
    face = face_of(session, unread)
    assert face.status == status
    assert face.unread == unread


def test_a_title_fits_into_what_windows_shows() -> None:
    face = face_of(changed(State.RECONNECTING, reason="r" * 500), 0)
    assert len(face.title) == 127
    assert face.title.startswith("Telex: Reconnecting: r")


def test_reconnect_now_and_sign_out_are_there_when_they_make_sense() -> None:
    there = {state: face_of(changed(state), 0) for state in State}
    assert [state for state in State if there[state].reconnecting] == [State.RECONNECTING]
    signed_in = {State.SIGNING_IN, State.CONNECTING, State.ONLINE, State.RECONNECTING}
    assert {state for state in State if there[state].signed_in} == signed_in


@pytest.mark.parametrize(("count", "text"), [(0, "0 messages"), (1, "1 message"), (2, "2 messages")])
def test_plural(count: int, text: str) -> None:
    assert plural(count, "message") == text


def test_an_irregular_plural() -> None:
    assert plural(2, "reply", "replies") == "2 replies"
