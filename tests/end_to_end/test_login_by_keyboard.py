"""Signing in as a person does: a real window manager, a real panel, a real notification daemon, keyboard and mouse."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.agent import Program
from tests.process import TIMEOUT, Stopwatch, until
from tests.real_desktop import RealDesktop, takes_keys
from tests.servers import Sandbox

pytestmark = pytest.mark.desktop


class Person:
    """Somebody at a desktop with the agent on it, started with --login."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.telex = stack.enter_context(Sandbox("--organisations", "2"))
        self.desktop = stack.enter_context(RealDesktop("xfce4-panel"))
        environ = {**self.desktop.environ, **self.telex.environ}
        self.agent = stack.enter_context(Program(folder, "--login", environ=environ))
        self.item = self.desktop.wait_for_item()

    def window(self) -> psutil.Process:
        """The login window's process, once the window is there and has the keyboard."""
        self.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
        until(lambda: self.desktop.active_title().startswith("Telex"), "the window has not got the keyboard")
        [child] = psutil.Process(self.agent.process.pid).children()
        return child

    def sees_that_it_failed(self) -> None:
        """The window takes another try."""
        found = self.desktop.xdotool("search", "--onlyvisible", "--name", "^Telex").splitlines()[0]
        until(lambda: takes_keys(self.desktop.environ, found), "none of its fields has got the keyboard")

    def types(self, *words: str) -> None:
        """Type text; a word in brackets is a key."""
        for word in words:
            if word.startswith("["):
                self.desktop.xdotool("key", word.strip("[]"))
            else:
                self.desktop.xdotool("type", "--delay", "2", word)

    def sees(self, status: str) -> None:
        """The status line of the menu."""
        self.desktop.client.wait_until(lambda: self.item.labels()[0] == status, f"the status {status!r}")

    def window_is_gone(self) -> None:
        command = ["xdotool", "search", "--onlyvisible", "--name", "^Telex"]
        environ = self.desktop.environ
        until(lambda: subprocess.run(command, env=environ, capture_output=True).returncode, "it is still there")


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with ExitStack() as stack:
        yield Person(stack, tmp_path)


def test_a_wrong_password_gets_another_try_and_the_right_one_works(person: Person) -> None:
    """The window stays with the e-mail kept and the password selected: typing replaces it, Return tries again. Nothing
    of it stays with the agent, where Tk was left for as long as it ran: 10 MB and more."""
    window = person.window()
    person.types(person.telex.email, "[Tab]", "wrong", "[Return]")
    person.telex.wait_until(lambda status: status["refused_logins"] == 1)
    person.sees("Sign in needed")
    person.sees_that_it_failed()
    person.types(person.telex.password, "[Return]")
    person.sees("Online: 2 organisations")
    person.window_is_gone()
    person.telex.message(0, "General")
    person.sees("Online: 2 organisations, 1 unread")
    window.wait(TIMEOUT)
    assert "libtk" not in Path(f"/proc/{person.agent.process.pid}/maps").read_text()


def test_a_window_that_was_cancelled_or_died_can_be_opened_again_and_exit_closes_it(person: Person) -> None:
    """C++: Cancel in the login dialogue ends the program."""
    person.window()
    person.types("ada", "[Escape]")
    person.window_is_gone()
    assert person.agent.process.poll() is None
    person.desktop.right_click_icon()
    person.desktop.choose("Login")
    person.window().kill()
    person.window_is_gone()
    until(lambda: "No login window" in person.agent.log())
    person.item.click("Login")
    person.window()
    assert person.telex.status()["logins"] == 0
    spent = Stopwatch()
    person.item.click("Exit")
    assert person.agent.ended() == 0
    assert spent.seconds() < 2


def test_a_link_is_asked_for_and_pasted_by_keyboard_alone_and_when_its_session_ends_that_way_comes_first(
    person: Person,
) -> None:
    person.window()
    person.types(person.telex.email, "[Tab]", "[Tab]", "[Tab]", "[Return]")
    [mail] = until(lambda: person.telex.mails()["mails"])
    person.sees_that_it_failed()
    person.types(mail["code"], "[Return]")
    person.sees("Online: 2 organisations")
    person.window_is_gone()
    assert mail["code"] not in person.agent.log()
    person.telex.revoke_session()
    person.telex.expire_tokens()
    person.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
    person.item.click("Login")
    person.window()
    person.types("[Return]")
    until(lambda: len(person.telex.mails()["mails"]) == 2)
