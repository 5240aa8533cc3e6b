"""Signing in as a person does: a real window manager, a real panel, a real notification daemon, keyboard and mouse."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.agent import Program
from tests.process import TIMEOUT, until
from tests.real_desktop import RealDesktop, takes_keys
from tests.servers import Sandbox
from tests.stopwatch import Stopwatch

pytestmark = pytest.mark.desktop


class Person:
    """Somebody at a desktop with the agent on it, started with --login."""

    def __init__(self, stack: ExitStack, folder: Path, *options: str) -> None:
        self.telex = stack.enter_context(Sandbox("--organisations", "2"))
        self.desktop = stack.enter_context(RealDesktop("xfce4-panel"))
        environ = {**self.desktop.environ, **self.telex.environ}
        self.agent = stack.enter_context(Program(folder, *options, environ=environ))
        self.item = self.desktop.wait_for_item()

    def window(self) -> str:
        """The login window, once it is there and has the keyboard."""
        found = self.desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex").splitlines()[0]
        until(lambda: self.desktop.active_title().startswith("Telex"), "the window has not got the keyboard")
        return found

    def sees_that_it_failed(self) -> None:
        """The window takes another try."""
        found = self.window()
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

    def window_is_gone(self, within: float = 6.0) -> None:
        until(lambda: not self._windows(), "the window is still there", within)

    def _windows(self) -> bool:
        command = ["xdotool", "search", "--onlyvisible", "--name", "^Telex"]
        return subprocess.run(command, env=self.desktop.environ, capture_output=True).returncode == 0


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Person]]:
    with ExitStack() as stack:
        yield lambda *options: Person(stack, tmp_path, *options)


def test_a_wrong_password_gets_another_try_and_the_right_one_works(start: Callable[..., Person]) -> None:
    """The window stays with the e-mail kept and the password selected: typing replaces it, Return tries again."""
    person = start("--login")
    person.window()
    person.types(person.telex.email, "[Tab]", "wrong", "[Return]")
    person.telex.wait_until(lambda status: status["refused_logins"] == 1)
    person.sees("Sign in needed")
    person.sees_that_it_failed()
    person.types(person.telex.password, "[Return]")
    person.sees("Online: 2 organisations")
    person.window_is_gone()
    person.telex.message(0, "General")
    person.sees("Online: 2 organisations, 1 unread")


def test_cancel_closes_the_window_and_not_the_program(start: Callable[..., Person]) -> None:
    """C++: Cancel in the login dialogue ends the program."""
    person = start("--login")
    person.window()
    person.types("ada", "[Escape]")
    person.window_is_gone()
    assert person.agent.process.poll() is None
    person.desktop.right_click_icon()
    person.desktop.choose("Login")
    person.window()
    assert person.telex.status()["logins"] == 0


def test_cancel_during_a_login_to_a_slow_server_takes_it_back(start: Callable[..., Person]) -> None:
    """The window closes at once; the session that Telex gives a moment later is signed out again."""
    person = start("--login")
    person.telex.fault("login", delay=4.0)
    person.window()
    person.types(person.telex.email, "[Tab]", person.telex.password, "[Return]")
    person.telex.wait_until(lambda status: status["under_way"] == 1)  # one that is not sent yet is not sent at all
    person.types("[Escape]")
    person.window_is_gone(1.0)
    person.telex.wait_until(lambda status: status["logouts"] == 1)
    person.sees("Signed out")


def test_sign_out_during_a_login_closes_the_window_as_cancel_does(start: Callable[..., Person]) -> None:
    """It went on saying "Signing in…"."""
    person = start("--login")
    person.telex.refuse_push(503)
    person.window()
    person.types(person.telex.email, "[Tab]", person.telex.password, "[Return]")
    person.desktop.client.wait_until(lambda: "Sign Out" in person.item.labels(), "Sign Out in the menu")
    person.item.click("Sign Out")
    person.window_is_gone()
    person.sees("Signed out")


def test_success_is_not_said_before_something_can_arrive(start: Callable[..., Person]) -> None:
    """C++: "Login successful" before the socket is open. Here the window waits, retries and stays."""
    person = start("--login")
    person.telex.refuse_push(503)
    person.window()
    person.types(person.telex.email, "[Tab]", person.telex.password, "[Return]")
    person.sees("Reconnecting: Telex's push server answered HTTP 503")
    person.window()
    person.telex.refuse_push(0)
    person.sees("Online: 2 organisations")
    person.window_is_gone()


def test_exit_while_the_window_is_open(start: Callable[..., Person]) -> None:
    person = start("--login")
    person.window()
    spent = Stopwatch()
    person.item.click("Exit")
    assert person.agent.ended() == 0
    assert spent.seconds() < 2


def test_a_second_start_brings_the_window(start: Callable[..., Person], tmp_path: Path) -> None:
    person = start()
    with Program(tmp_path, environ={**person.desktop.environ, **person.telex.environ}) as second:
        assert second.ended() == 0
        assert second.errors == ""
    person.window()


def test_nothing_of_the_window_stays_with_the_agent(start: Callable[..., Person]) -> None:
    """Tk was left in the process for as long as it ran: 10 MB and more."""
    person = start("--login")
    person.window()
    [child] = psutil.Process(person.agent.process.pid).children()
    person.types(person.telex.email, "[Tab]", person.telex.password, "[Return]")
    person.sees("Online: 2 organisations")
    person.window_is_gone()
    child.wait(TIMEOUT)
    assert "libtk" not in Path(f"/proc/{person.agent.process.pid}/maps").read_text()


def test_a_window_that_dies_is_told_and_can_be_opened_again(start: Callable[..., Person]) -> None:
    person = start("--login")
    person.window()
    [child] = psutil.Process(person.agent.process.pid).children()
    child.kill()
    person.window_is_gone()
    person.item.click("Login")
    person.window()
    person.types(person.telex.email, "[Tab]", person.telex.password, "[Return]")
    person.sees("Online: 2 organisations")
    assert "No login window" in person.agent.log()
