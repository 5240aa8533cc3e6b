"""Signing in as a person does: a real window manager, and the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.desk import Desk, children
from tests.process import TIMEOUT, Stopwatch, until
from tests.real_desktop import takes_keys

pytestmark = pytest.mark.desktop


def test_a_wrong_password_gets_another_try_and_the_right_one_works(desk: Desk) -> None:
    """The window keeps the e-mail, and selects the password: typing replaces it, Return tries again. Nothing of the
    window stays in the agent's memory, where Tk took 10 MB and more for as long as the agent ran."""
    agent = desk.start("--login")
    ident = desk.window()
    [window] = children(agent)
    desk.types(desk.telex.email, "[Tab]", "wrong", "[Return]")
    desk.telex.wait_until(lambda status: status["refused_logins"] == 1)
    desk.item("Sign in needed")
    until(lambda: takes_keys(desk.desktop.environ, ident), "none of its fields has got the keyboard")
    desk.types(desk.telex.password, "[Return]")
    desk.item("Online: 2 organisations")
    desk.window_is_gone()
    desk.telex.message(0, "General")
    desk.item("Online: 2 organisations, 1 unread")
    window.wait(TIMEOUT)
    assert "libtk" not in Path(f"/proc/{agent.process.pid}/maps").read_text()


def test_a_window_that_was_cancelled_or_died_can_be_opened_again_and_exit_closes_it(desk: Desk) -> None:
    """In the C++ client, Cancel in the login dialogue ends the program."""
    agent = desk.start("--login")
    desk.window()
    desk.types("ada", "[Escape]")
    desk.window_is_gone()
    item = desk.item("Signed out")
    item.click("Login")
    desk.window()
    [window] = children(agent)
    window.kill()
    desk.window_is_gone()
    until(lambda: "No login window" in agent.log())
    item.click("Login")
    desk.window()
    assert desk.telex.status()["logins"] == 0
    spent = Stopwatch()
    item.click("Exit")
    assert agent.ended() == 0
    assert spent.seconds() < 2


def test_a_link_is_asked_for_and_pasted_and_when_its_session_ends_that_way_comes_first(desk: Desk) -> None:
    agent = desk.start("--login")
    ident = desk.window()
    desk.types(desk.telex.email, "[Tab Tab Tab Return]")
    [mail] = until(lambda: desk.telex.mails()["mails"])
    until(lambda: takes_keys(desk.desktop.environ, ident), "the field for the link has not got the keyboard")
    desk.types(mail["code"], "[Return]")
    item = desk.item("Online: 2 organisations")
    desk.window_is_gone()
    assert mail["code"] not in agent.log()
    desk.telex.revoke_session()
    desk.telex.expire_tokens()
    until(desk.windows)
    item.click("Login")
    desk.window()
    desk.types("[Return]")
    until(lambda: len(desk.telex.mails()["mails"]) == 2)
