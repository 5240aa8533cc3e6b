"""What the login window says to each thing that happens, with a window that only remembers."""

from __future__ import annotations

import pytest

from telex_start.app.signing_in import SENTENCES, SignInDialogue
from telex_start.events import SignInFailed, SignInFailure, StateChanged, Trouble
from telex_start.states import State


class Window:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def show(self, what: str, message: str) -> None:
        self.said.append((what, message))

    def come_forward(self) -> None:
        self.said.append(("forward", ""))

    def close(self) -> None:
        self.said.append(("closed", ""))


class Dialogue:
    def __init__(self) -> None:
        self.now = 0.0
        self.window = Window()
        self.dialogue = SignInDialogue(self.window, lambda: self.now)
        self.dialogue.submitted()

    @property
    def last(self) -> tuple[str, str]:
        return self.window.said[-1]


def online(organisations: int, subscribed: int, refused: int = 0) -> StateChanged:
    return StateChanged(State.ONLINE, "", organisations, subscribed, refused)


def test_success_is_said_when_the_first_organisation_is_live() -> None:
    at = Dialogue()
    at.dialogue.state(StateChanged(State.CONNECTING))
    at.dialogue.state(online(3, 0))
    assert at.last[0] == "busy"
    at.dialogue.state(online(3, 1))
    assert at.last == ("success", "Signed in: 3 organisations.")
    assert not at.dialogue.under_way
    due = at.dialogue.deadline()
    assert due is not None
    at.dialogue.tick(due)
    assert at.last[0] == "closed"


def test_nothing_to_subscribe_is_a_success_too() -> None:
    at = Dialogue()
    at.dialogue.state(online(0, 0))
    assert at.last == ("success", "Signed in. You are in no organisation yet.")


def test_all_refused_is_said_so() -> None:
    at = Dialogue()
    at.dialogue.state(online(2, 0, refused=2))
    assert at.last[1].endswith("refuses notifications for all your organisations.")


def test_ten_seconds_after_the_password_the_window_does_not_wait_any_more() -> None:
    at = Dialogue()
    at.now = 3.0
    at.dialogue.state(StateChanged(State.CONNECTING))
    at.now = 12.9
    at.dialogue.tick(at.now)
    assert at.last[0] == "busy"
    at.now = 13.0
    at.dialogue.tick(at.now)
    assert at.last == ("success", "Signed in, waiting for Telex.")


@pytest.mark.parametrize("kind", list(SignInFailure))
def test_each_failure_has_its_own_sentence_and_another_try(kind: SignInFailure) -> None:
    at = Dialogue()
    at.dialogue.failed(SignInFailed("title", "Telex's own words", kind))
    cause = "title: Telex's own words." if kind is SignInFailure.TELEX else "Telex's own words"
    assert at.last == ("failure", SENTENCES.get(kind, cause))
    assert not at.dialogue.under_way
    assert at.dialogue.deadline() is None
    assert len(set(SENTENCES.values())) == len(SENTENCES)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (SignInFailure.NETWORK, "Telex's certificate could not be verified: is a proxy in between?"),
        (SignInFailure.NETWORK, "The proxy 10.0.0.1:3128 wants a user name and password."),
        (SignInFailure.TELEX, "A redirect came instead of Telex's answer: does this network ask you to log in first?"),
        (SignInFailure.FORM, "email is not valid"),
    ],
    ids=["certificate", "407", "captive portal", "form"],
)
def test_the_window_says_the_cause_and_no_guess(kind: SignInFailure, cause: str) -> None:
    at = Dialogue()
    at.dialogue.failed(SignInFailed("No connection to Telex", cause, kind))
    assert at.last == ("failure", cause)


def test_a_sign_in_that_began_elsewhere_is_followed_in_the_open_window() -> None:
    """The one by `--password-stdin` was accepted while the window asked: there is nothing left to ask for."""
    window = Window()
    dialogue = SignInDialogue(window, lambda: 0.0)
    dialogue.adopt()
    dialogue.state(StateChanged(State.CONNECTING))
    dialogue.state(online(1, 1))
    assert window.said == [("busy", "Password accepted. Connecting…"), ("success", "Signed in: 1 organisation.")]
    dialogue.adopt()
    assert not dialogue.under_way, "one that has succeeded already"


def test_a_session_that_is_still_good_is_no_success_of_the_sign_in_after_it() -> None:
    window = Window()
    dialogue = SignInDialogue(window, lambda: 0.0)
    dialogue.submitted(signed_in=True)
    dialogue.state(StateChanged(State.ONLINE, "", 2, 2, sign_in_again=True))
    assert window.said == [("busy", "Signing in…")]
    for state in (State.SIGNED_OUT, State.SIGNING_IN, State.CONNECTING):
        dialogue.state(StateChanged(state))
    dialogue.state(online(3, 3))
    assert window.said[-1] == ("success", "Signed in: 3 organisations.")


def test_a_trouble_after_the_password_is_said_in_the_message_line_only() -> None:
    at = Dialogue()
    at.dialogue.trouble(Trouble("No connection to Telex", "…"))
    assert at.last == ("busy", "Signing in…")
    at.dialogue.state(StateChanged(State.CONNECTING))
    at.dialogue.trouble(Trouble("No connection to Telex", "The server refused the connection."))
    assert at.last == ("words", "The server refused the connection. Trying again…")
    assert at.dialogue.under_way


def test_a_session_that_ends_while_the_window_waits_asks_again() -> None:
    at = Dialogue()
    at.dialogue.state(StateChanged(State.CONNECTING))
    at.dialogue.session_ended("Your Telex session has ended.")
    assert at.last == ("failure", "Your Telex session has ended.")


def test_where_telex_is_not_reached_the_window_names_the_other_environment() -> None:
    window = Window()
    dialogue = SignInDialogue(window, lambda: 0.0, "zedu")
    dialogue.failed(SignInFailed("No connection to Telex", "Is this computer online?", SignInFailure.NETWORK))
    [(_, words)] = window.said
    assert words.startswith("Is this computer online? ")
    assert 'environment = "zedu"' in words
    dialogue.failed(SignInFailed("Sign-in refused", "…", SignInFailure.CREDENTIALS))
    assert "zedu" not in window.said[-1][1]
