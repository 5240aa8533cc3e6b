"""Signing in again while the session goes on: its connection stands, but Telex refuses its access token.

What a person sees of it in the login window: ``tests/ground/test_sign_in.py``.
"""

from __future__ import annotations

import pytest

from telex_start.events import (
    AskForLink,
    CancelSignIn,
    ReconnectNow,
    SignedIn,
    SignInByLink,
    SignInFailed,
    SignInFailure,
    SignOut,
    StateChanged,
)
from telex_start.states import State
from tests.session.agent import Agent, quick
from tests.session.conftest import Start, Telex
from tests.session.test_signing_in_by_mail import mailed

GRACE = "grace@example.org"


@pytest.fixture
def session(own: Telex, agent: Start) -> Agent:
    """A session whose access token Telex refuses."""
    # A sandbox of its own, as its organisations change. A sign-in reconnects: the history keeps what comes meanwhile.
    sandbox = own("--organisations", "2", "--ping", "21", "--history", "20")
    made = agent(sandbox, timings=quick(organisations_every=0.3, organisations_refused_for=0.5)).online()
    sandbox.fault("organisations", status=401, message="Session is invalid!")
    made.await_true(lambda: made.told.sign_in_again)
    made.mark()
    return made


def goes_on(session: Agent) -> None:
    """Checks that messages come, and that neither an end of the session nor a failure was reported."""
    before = len(session.received())
    session.await_subscribed(session.told.organisations)
    session.telex.publish(0, before)
    session.await_received(before + 1)
    assert {*session.states()} <= {State.ONLINE, State.RECONNECTING, State.CONNECTING}
    assert not session.since_mark(SignInFailed)


def signs_in_to_a_slow_server(session: Agent, password: str, email: str | None = None) -> None:
    """Sign in, and wait until the login has reached Telex; its answer comes later."""
    session.telex.fault("login", times=1, delay=0.7)
    session.sign_in(email, password)
    session.telex.wait_until(lambda status: status["under_way"] == 1)


def test_it_works_and_the_session_goes_on_and_the_next_end_of_the_token_is_told_again(session: Agent) -> None:
    session.send(ReconnectNow())
    session.await_state(State.RECONNECTING)
    goes_on(session)
    session.telex.clear_faults()
    session.telex.add_organisation("Newcomers")
    known = session.told.organisations
    session.sign_in()
    session.await_event(StateChanged, lambda told: not told.sign_in_again)
    session.await_subscribed(known + 1)
    session.telex.fault("organisations", status=401, message="Session is invalid!")
    session.await_true(lambda: session.told.sign_in_again)
    assert not session.told.expired


def test_a_refused_password_is_said_and_the_session_goes_on(session: Agent) -> None:
    session.sign_in(password="wrong")
    assert session.await_failure().session_stays
    session.mark()
    goes_on(session)


@pytest.mark.parametrize(("password", "email"), [("wrong", None), (None, None), (None, GRACE)])
def test_cancel_ends_the_sign_in_and_nothing_else(session: Agent, password: str | None, email: str | None) -> None:
    """The cancelled sign-in would have failed, worked, or worked for another user."""
    before = session.telex.status()
    signs_in_to_a_slow_server(session, password or session.telex.password, email)
    session.send(CancelSignIn(session_stays=True))
    session.telex.wait_until(
        lambda status: (
            status["logins"] + status["refused_logins"] == before["logins"] + before["refused_logins"] + 1
            and not status["under_way"]
        )
    )
    goes_on(session)
    assert session.telex.status()["logouts"] == before["logouts"]


@pytest.mark.parametrize("by_mail", [False, True])
def test_another_person_signs_in_and_the_session_of_the_first_ends(session: Agent, by_mail: bool) -> None:
    """Also by a mailed link, which can be used only once."""
    link = mailed(session, GRACE) if by_mail else None
    session.mark()
    if link is not None:
        session.send(link)
    else:
        session.sign_in(GRACE)
    session.await_state(State.SIGNED_OUT)
    session.telex.clear_faults()
    session.await_true(lambda: 0 < session.told.organisations == session.told.subscribed)
    session.telex.publish(0, "for Grace", user=GRACE)
    session.await_true(lambda: session.received()[-1:] == ["for Grace"])
    assert not session.since_mark(SignInFailed)


def test_sign_out_during_a_slow_sign_in_signs_out(session: Agent) -> None:
    signs_in_to_a_slow_server(session, session.telex.password)
    session.send(SignOut())
    session.await_state(State.SIGNED_OUT)
    assert not session.since_mark(SignInFailed)


def test_a_link_is_asked_for_and_signs_in_beside_the_session_which_no_other_link_ends(session: Agent) -> None:
    sandbox, known = session.telex, session.told.organisations
    logouts = sandbox.status()["logouts"]
    session.send(AskForLink("nobody@example.org"))
    failure = session.await_failure()
    assert (failure.kind, failure.session_stays) == (SignInFailure.NOBODY, True)
    for code in (mailed(session, GRACE).code, "1"):
        session.mark()
        session.send(SignInByLink(sandbox.email, code))
        failure = session.await_failure()
        assert (failure.kind, failure.session_stays) == (SignInFailure.LINK, True)
    assert sandbox.status()["logouts"] == logouts + 1, "the session that somebody else's link has begun"
    session.mark()
    goes_on(session)
    link = mailed(session)
    session.mark()
    session.send(link)
    session.await_event(SignedIn)
    sandbox.add_organisation("Latecomers")
    sandbox.clear_faults()
    session.await_subscribed(known + 1)


def test_an_access_token_whose_time_is_up_is_said_at_once(own: Telex, agent: Start) -> None:
    sandbox = own()
    sandbox.session_life(seconds=3, notification_token_stays=True)
    session = agent(sandbox, timings=quick(organisations_every=0.3)).online()
    told = session.await_event(StateChanged, lambda told: told.sign_in_again)
    assert (told.state, told.expired) == (State.ONLINE, True)
    session.mark()
    session.sign_in()
    session.await_event(StateChanged, lambda told: told.state is State.ONLINE and not told.sign_in_again)
