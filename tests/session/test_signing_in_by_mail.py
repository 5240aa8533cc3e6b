"""Signing in by a mailed link if nobody is signed in. Also whether a session ended at its time or before."""

from __future__ import annotations

import pytest

from telex_start.events import (
    AskForLink,
    CancelSignIn,
    Command,
    LinkMailed,
    SignInByLink,
    SignInFailed,
    SignInFailure,
    SignOut,
)
from telex_start.states import State
from tests.session.agent import Agent
from tests.session.conftest import Start, Telex
from tests.session.test_leaving import Machine

GRACE = "grace@example.org"


def mailed(session: Agent, email: str | None = None) -> SignInByLink:
    """Ask for a link; gives the command that signs in with the code from the sandbox's mail."""
    email = email or session.telex.email
    session.send(AskForLink(email))
    assert session.await_event(LinkMailed, lambda told: told.email == email)
    return SignInByLink(email, session.telex.mails()["mails"][-1]["code"])


def test_the_first_thing_ever_is_a_link_that_leads_to_the_web_app_and_signs_in_once(
    own: Telex, agent: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sandbox = own()
    session = agent(sandbox, web_url="https://telex.im")
    session.send(AskForLink("nobody@example.org"))
    assert session.await_failure().kind is SignInFailure.NOBODY
    command = mailed(session, sandbox.email.capitalize())
    link = f"https://telex.im/auth/login/magic-link?token={command.code}"
    assert sandbox.mails()["mails"][-1]["link"] == link
    assert not session.states(), "the state stays"
    session.send(command)
    session.await_subscribed(3)
    session.send(SignOut())
    session.await_state(State.SIGNED_OUT)
    session.mark()
    session.send(command)
    failure = session.await_failure()
    assert (failure.kind, failure.session_stays) == (SignInFailure.LINK, False)
    session.await_state(State.SIGN_IN_NEEDED)
    session.mark()
    mailed(session)
    assert not session.states(), "the state stays"
    assert command.code not in caplog.text + repr(command) + repr(failure)


@pytest.mark.parametrize("command", [CancelSignIn(), SignOut()])
@pytest.mark.parametrize("call", ["ask_link", "verify_link"])
def test_whoever_leaves_meanwhile_hears_no_more_of_it(own: Telex, agent: Start, call: str, command: Command) -> None:
    sandbox = own()
    session = agent(sandbox)
    link, logouts = mailed(session), sandbox.status()["logouts"]
    session.mark()
    sandbox.fault(call, times=1, delay=0.5)
    session.send(AskForLink(link.email) if call == "ask_link" else link)
    sandbox.wait_until(lambda status: status["under_way"] == 1)
    session.send(command)
    if call == "verify_link":
        sandbox.wait_until(lambda status: status["logouts"] == logouts + 1)
        session.await_state(State.SIGNED_OUT)
    session.send(AskForLink("nobody@example.org"))
    assert session.await_failure().kind is SignInFailure.NOBODY
    assert len(session.since_mark(SignInFailed)) == 1
    assert not session.since_mark(LinkMailed)


# The end of a session


WEEK = 7 * 24 * 3600


@pytest.mark.parametrize("at_its_time", [True, False])
def test_a_session_that_is_over_says_whether_that_was_at_its_time(own: Telex, agent: Start, at_its_time: bool) -> None:
    machine, sandbox = Machine(), own("--organisations", "1", "--ping", "22")  # its own sandbox, as its clock is moved
    session = agent(sandbox, now=machine.now).online(1)
    if at_its_time:
        sandbox.later(seconds=WEEK)
    else:
        sandbox.revoke_session()
    machine.sleep(WEEK if at_its_time else WEEK - 3600)
    sandbox.publish(0, "wakes it")
    assert session.await_state(State.SIGN_IN_NEEDED).expired is at_its_time
