"""Signing in again beside a session that goes on, as a person has it: the real App and Session, on a sandbox.

Of the desktop there are stand-ins: a window that only remembers what it shows, an icon, toasts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Self

import pytest

from telex_start.agent import DispatchQueue
from telex_start.config import Config
from telex_start.events import IconClicked, MenuClicked, WindowClosed, WindowSubmitted
from telex_start.menu import MenuItem
from telex_start.session.session import Session
from telex_start.session.tokens import TokenStore
from telex_start.states import SIGNED_IN, State
from tests.ground.app_scene import MainApp, Surface, Toasts, Window, app_of
from tests.process import TIMEOUT, until
from tests.servers import Sandbox

from .agent import quick
from .conftest import Telex

GRACE = "grace@example.org"
SIGN_IN_AGAIN = "Sign in again to see new organisations"


class AwakeWindow(Window):
    """One that takes a turn when it is woken, and when something is due."""

    def __init__(self) -> None:
        super().__init__(lambda: None)
        self._woken = threading.Event()

    def wake(self) -> None:
        self._woken.set()

    def close(self) -> None:
        super().close()
        self.wake()

    def run(self, turn: Callable[[], float | None]) -> None:
        while not self.closed:
            due_in = turn()
            if not self.closed:
                self._woken.wait(due_in)
                self._woken.clear()


class Screen(Surface):
    """The tray, with such windows."""

    def open_window(self, email: str, take_focus: bool, message: str) -> Window:
        self.opened.append((email, take_focus, message))
        self.windows.append(AwakeWindow())
        return self.windows[-1]


class Person:
    """Somebody who is signed in, and for whom Telex has refused all look-ups for long: the access token has ended."""

    def __init__(self, telex: Sandbox) -> None:
        self.telex = telex
        self.screen = Screen()
        self.toasts = Toasts()
        self.main_app = MainApp()
        self._does = DispatchQueue()
        config = Config(api_url=telex.api_url, push_url=telex.push_url, ca_file=telex.ca_file, email=telex.email)
        timings = quick(organisations_every=0.3, organisations_refused_for=0.5)
        session = Session(config, TokenStore(), self._does.put, chance=lambda: 0.0, timings=timings)
        self._app = app_of(
            config,
            events=self._does,
            session=session,
            surface=self.screen,
            toasts=self.toasts,
            main_app=self.main_app,
        )
        self._thread = threading.Thread(target=self._app.run, args=([], True))

    def __enter__(self) -> Self:
        self._thread.start()
        self.submits(self.telex.password)
        self.window_closes_with("success: Signed in: 2 organisations.")
        self.telex.fault("organisations", status=401, message="Session is invalid!")
        until(lambda: self.screen.states[-1].sign_in_again, "look-ups are refused")
        self.states_before = len(self.screen.states)
        return self

    def __exit__(self, *_: object) -> None:
        self._does.put(MenuClicked(MenuItem.EXIT))
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive()

    # --- does -------------------------------------------------------------------------------------------------------

    def chooses(self, item: MenuItem) -> None:
        self._does.put(MenuClicked(item))

    def clicks_the_icon(self) -> None:
        self._does.put(IconClicked())

    def submits(self, password: str, email: str = "") -> None:
        """Fill in the window that opens, or is open, and press Login."""
        until(lambda: self.screen.windows and not self.screen.windows[-1].closed, "there is no window")
        self._does.put(WindowSubmitted(email or self.telex.email, password))

    def signs_in_again(self, password: str, email: str = "") -> None:
        windows = len(self.screen.windows)
        self.chooses(MenuItem.LOGIN)
        until(lambda: len(self.screen.windows) > windows, "no window opens")
        self.submits(password, email)

    def submits_to_a_slow_server_and_cancels(self, password: str, email: str = "") -> None:
        """The login has reached Telex when the window is closed, and is answered after that."""
        self.telex.fault("login", times=1, delay=0.7)
        self.signs_in_again(password, email)
        self.telex.wait_until(lambda status: status["under_way"] == 1)
        self._does.put(WindowClosed())
        until(lambda: self.screen.windows[-1].closed, "the window stays")

    # --- sees -------------------------------------------------------------------------------------------------------

    def window_closes_with(self, words: str) -> None:
        window = self.screen.windows[-1]
        until(lambda: window.closed, "the window stays", 15)
        assert window.shown[-1] == words

    def gets_messages(self, name: str, user: str | None = None) -> None:
        until(lambda: self.online, "it does not come online again")
        self.telex.message(0, name, user=user)
        until(lambda: any(toast.title.startswith(name) for toast in self.screen.toasts), "the message is not shown")

    @property
    def online(self) -> bool:
        last = self.screen.states[-1]
        return last.state is State.ONLINE and last.subscribed == 2

    @property
    def ended(self) -> bool:
        """The session has ended since look-ups were refused."""
        return any(told.state not in SIGNED_IN for told in self.screen.states[self.states_before :])

    @property
    def told(self) -> list[str]:
        """What the program itself has said, by toasts and else, since the start."""
        return [trouble.title for trouble in self.screen.troubles]


@pytest.fixture
def person(own: Telex) -> Iterator[Person]:
    with ExitStack() as stack:
        yield stack.enter_context(Person(own("--organisations", "2")))


def test_the_window_closes_with_the_success_and_the_session_goes_on(person: Person) -> None:
    """It said "Signing in…" for ever, and Cancel, the only way out, signed the person out."""
    person.telex.clear_faults()
    person.signs_in_again(person.telex.password)
    person.window_closes_with("success: Signed in: 2 organisations.")
    person.gets_messages("General")
    assert not person.ended
    assert not person.screen.states[-1].sign_in_again
    assert person.told == [SIGN_IN_AGAIN]


def test_a_refused_password_is_said_and_the_right_one_works(person: Person) -> None:
    person.signs_in_again("wrong")
    until(lambda: "failure" in "".join(person.screen.windows[-1].shown), "the failure is not shown")
    person.telex.clear_faults()
    person.submits(person.telex.password)
    person.window_closes_with("success: Signed in: 2 organisations.")
    assert not person.ended


def test_where_look_ups_work_again_an_open_window_has_nothing_left_to_ask(person: Person) -> None:
    person.chooses(MenuItem.LOGIN)
    until(lambda: len(person.screen.windows) == 2, "no window opens")
    person.telex.clear_faults()
    person.window_closes_with("success: Signed in: 2 organisations.")


def test_cancel_ends_a_sign_in_that_fails_and_nothing_else(person: Person) -> None:
    """Clicks opened the login window, a later sign-in went on for ever, and nobody was told when the session ended."""
    refused = person.telex.status()["refused_logins"]
    person.submits_to_a_slow_server_and_cancels("wrong")
    person.telex.wait_until(lambda status: status["refused_logins"] == refused + 1)
    person.gets_messages("General")
    person.clicks_the_icon()
    until(lambda: person.main_app.calls == ["open"], "the Telex client is not opened")
    person.telex.clear_faults()
    person.signs_in_again(person.telex.password)
    person.window_closes_with("success: Signed in: 2 organisations.")
    assert not person.ended
    assert (person.told, len(person.screen.opened)) == ([SIGN_IN_AGAIN], 3)
    person.telex.revoke_session()
    person.telex.kick(3005)
    until(lambda: len(person.screen.opened) == 4, "nobody is told that the session has ended")


@pytest.mark.parametrize("email", ["", GRACE], ids=["own", "another's"])
def test_cancel_during_a_sign_in_that_works_leaves_the_session_as_it_is(person: Person, email: str) -> None:
    """It ended the session."""
    before = person.telex.status()
    person.submits_to_a_slow_server_and_cancels(person.telex.password, email)
    person.telex.wait_until(lambda status: status["logins"] == before["logins"] + 1 and not status["under_way"])
    person.gets_messages("General")
    assert not person.ended
    assert (person.told, len(person.screen.opened)) == ([SIGN_IN_AGAIN], 2)
    assert person.telex.status()["logouts"] == before["logouts"]


def test_who_cancels_and_tries_again_at_once_is_not_told_of_the_first_try(person: Person) -> None:
    person.submits_to_a_slow_server_and_cancels("wrong")
    person.telex.clear_faults()
    person.signs_in_again(person.telex.password)
    person.window_closes_with("success: Signed in: 2 organisations.")
    assert not any("failure" in words for words in person.screen.windows[-1].shown)


def test_another_person_signs_in_and_the_session_of_the_first_ends(person: Person) -> None:
    person.telex.clear_faults()
    person.signs_in_again(person.telex.password, GRACE)
    person.window_closes_with("success: Signed in: 2 organisations.")
    assert not any("failure" in words for words in person.screen.windows[-1].shown)
    person.gets_messages("For Grace", user=GRACE)
    assert (person.told, len(person.screen.opened)) == ([SIGN_IN_AGAIN], 2)


def test_sign_out_during_a_slow_sign_in_signs_out(person: Person) -> None:
    person.telex.fault("login", times=1, delay=0.7)
    person.signs_in_again(person.telex.password)
    person.telex.wait_until(lambda status: status["under_way"] == 1)
    person.chooses(MenuItem.SIGN_OUT)
    until(lambda: person.screen.windows[-1].closed, "the window stays")
    until(lambda: person.screen.states[-1].state is State.SIGNED_OUT, "nobody is signed out")
    assert (person.told, len(person.screen.opened)) == ([SIGN_IN_AGAIN], 2)
    person.clicks_the_icon()
    until(lambda: len(person.screen.opened) == 3, "a click does not open the login window")
