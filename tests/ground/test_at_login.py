"""A start by the desktop at log-in, and the e-mail address that the window knows: the App, in time that is made up."""

from __future__ import annotations

from queue import Empty

import pytest

from telex_start.app.at_login import TRAY_WITHIN
from telex_start.config import Config
from telex_start.events import (
    Event,
    MenuClicked,
    SecondStart,
    SignIn,
    SignInFailed,
    SignInFailure,
    StateChanged,
    TrayAppeared,
    TrayMissing,
    WindowClosed,
    WindowSubmitted,
)
from telex_start.menu import MenuItem, Request
from telex_start.news import wording
from telex_start.remembered import Remembered
from telex_start.states import State

from .test_app import CONNECTING, EXIT, ME, ONLINE, SIGNING_IN, Scene

GRACE = "grace@example.org"
SUBMITTED = WindowSubmitted(GRACE, "s3cret")
SIGN_OUT = MenuClicked(MenuItem.SIGN_OUT)
SIGNED_OUT = StateChanged(State.SIGNED_OUT)


class Memory:
    """What is remembered from one start to the next."""

    def __init__(self, email: str = "") -> None:
        self.kept = Remembered(email=email)

    def load(self) -> tuple[Remembered, str]:
        return self.kept, ""

    def save(self, remembered: Remembered) -> None:
        self.kept = remembered


class Login(Scene):
    """A start at log-in, in whose time nothing passes but what is waited for."""

    def __init__(self, email: str | None = ME, config: Config | None = None, memory: Memory | None = None) -> None:
        super().__init__(email, config, memory)
        self.due: dict[float, list[Event]] = {}
        self.opened_at: list[float] = []
        self.events.get = self._get  # type: ignore[method-assign]
        opening = self.surface.open_window

        def open_window(email: str, take_focus: bool, message: str) -> object:
            self.opened_at.append(self.now - 1000)
            return opening(email, take_focus, message)

        self.surface.open_window = open_window  # type: ignore[method-assign, assignment]

    def _get(self, block: bool = True, timeout: float | None = None) -> Event:
        if self.events.empty() and block:
            coming = min(self.due, default=None)
            if coming is None or (timeout is not None and self.now + timeout < coming):
                assert timeout is not None, "nothing comes any more"
                self.now += timeout
                raise Empty
            self.now = coming
            for event in self.due.pop(coming):
                self.events.put(event)
        return super(type(self.events), self.events).get(False)

    def at(self, seconds: float, *events: Event) -> Login:
        self.due[1000 + seconds] = list(events)
        return self

    def log_in(self, sign_in: list[SignIn] | None = None) -> int:
        return self.app.run(sign_in or [], False, True)


def closed_by_the_person(scene: Scene) -> None:
    scene.surface.between_turns = lambda: scene.events.put(WindowClosed())


def test_the_window_opens_once_a_tray_has_come_without_the_focus_and_with_the_address() -> None:
    scene = Login(None, memory=Memory(GRACE)).at(4, TrayAppeared()).at(20, EXIT)
    closed_by_the_person(scene)
    assert scene.log_in() == 0
    assert scene.opened_at == [4]
    assert scene.surface.opened == [(GRACE, False, "")]
    assert scene.said == []


def test_without_a_tray_it_opens_after_a_while_and_only_once() -> None:
    scene = Login().at(40, TrayAppeared()).at(50, EXIT)
    closed_by_the_person(scene)
    assert scene.log_in() == 0
    assert scene.opened_at == [TRAY_WITHIN] == [15]
    assert scene.surface.opened == [(ME, False, "")]
    assert scene.said == []


@pytest.mark.parametrize("before", [SecondStart(Request.OPEN), SecondStart(Request.LOGIN), MenuClicked(MenuItem.LOGIN)])
def test_a_person_who_was_quicker_is_not_asked_again(before: Event) -> None:
    scene = Login().at(2, before).at(4, TrayAppeared()).at(30, EXIT)
    closed_by_the_person(scene)
    scene.log_in()
    assert scene.opened_at == [2]
    assert scene.surface.opened == [(ME, True, "")]


def test_nobody_is_asked_where_a_password_was_given() -> None:
    scene = Login().at(1, SIGNING_IN).at(2, CONNECTING, ONLINE).at(4, TrayAppeared()).at(30, EXIT)
    scene.log_in([SignIn(ME, "s3cret", persist=True)])
    assert scene.opened_at == []


def test_where_a_window_would_take_the_focus_a_toast_asks() -> None:
    scene = Login().at(4, TrayAppeared()).at(30, EXIT)
    scene.surface.spares_the_focus = False
    scene.log_in()
    assert scene.opened_at == []
    assert scene.toasts.shown == [wording.SIGNED_OUT_BY_CLICK]


def test_a_tray_that_never_comes_is_said_when_that_is_told() -> None:
    """The tray tells it 60 seconds after a start at log-in."""
    scene = Login().at(60, TrayMissing("This desktop has no tray")).at(70, EXIT)
    closed_by_the_person(scene)
    scene.log_in()
    assert [title for title, _ in scene.said] == ["No tray for the icon"]


# --- the e-mail address -----------------------------------------------------------------------------------------------


def signed_in_by_the_window(memory: Memory, *events: Event, config: Config | None = None) -> Scene:
    scene = Scene(None, config, memory)
    scene.run(MenuClicked(MenuItem.LOGIN), SUBMITTED, SIGNING_IN, CONNECTING, ONLINE, *events)
    return scene


def test_the_address_of_a_sign_in_by_the_window_is_there_at_the_next_start() -> None:
    memory = Memory()
    signed_in_by_the_window(memory)
    assert memory.kept.email == GRACE
    scene = Scene(None, memory=memory)
    scene.run(MenuClicked(MenuItem.LOGIN))
    assert scene.surface.opened == [(GRACE, True, "")]


def test_a_configured_address_comes_first() -> None:
    scene = Scene(ME, memory=Memory(GRACE))
    scene.run(MenuClicked(MenuItem.LOGIN))
    assert scene.surface.opened == [(ME, True, "")]


def test_sign_out_forgets_it_and_exit_does_not() -> None:
    memory = Memory()
    scene = signed_in_by_the_window(memory, SIGN_OUT, SIGNED_OUT, MenuClicked(MenuItem.LOGIN))
    assert memory.kept.email == ""
    assert scene.surface.opened[-1] == ("", True, "")


def test_one_that_telex_refused_is_not_remembered() -> None:
    memory = Memory()
    scene = Scene(None, memory=memory)
    refused = SignInFailed("Sign-in refused", "no", SignInFailure.CREDENTIALS)
    scene.run(MenuClicked(MenuItem.LOGIN), SUBMITTED, SIGNING_IN, refused)
    assert memory.kept.email == ""


def test_a_sign_in_without_the_window_is_not_remembered() -> None:
    memory = Memory()
    scene = Scene(ME, memory=memory)
    scene.run(SIGNING_IN, CONNECTING, ONLINE, sign_in=[SignIn(ME, "s3cret", persist=True)])
    assert memory.kept.email == ""


def test_an_address_that_was_called_off_is_not_taken_for_that_of_another_sign_in() -> None:
    memory = Memory()
    scene = Scene(None, memory=memory)
    scene.run(MenuClicked(MenuItem.LOGIN), SUBMITTED, SIGNING_IN, WindowClosed(), SIGNED_OUT, SIGNING_IN, ONLINE)
    assert memory.kept.email == ""


def test_who_does_not_want_it_remembered_finds_it_forgotten() -> None:
    memory = Memory(GRACE)
    scene = signed_in_by_the_window(memory, config=Config(remember_email=False))
    assert scene.surface.opened == [("", True, "")]
    assert memory.kept.email == ""
