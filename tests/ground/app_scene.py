"""Tests an App with small stand-ins for all its ports; :class:`Scene` has all of them. Events go through a real queue.

Only opening and closing the main app, and asking whether it is in front, make threads; each test waits for their end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from queue import Empty
from typing import Any, Self

import pytest

from telex_start import events
from telex_start.agent import DispatchQueue
from telex_start.app.app import App
from telex_start.app.ports import Memory, Ports
from telex_start.app.renewal import SELDOM
from telex_start.config import Config
from telex_start.errors import ConfigError
from telex_start.menu import MenuItem
from telex_start.news.unread import Counts
from telex_start.news.wall import Wall
from telex_start.states import State
from telex_start.toast import Handle, Remembered, Toast
from telex_start.tray_view import TrayView
from tests.ground.desk import change
from tests.ground.quiet_time import Clocks

ME, GRACE = "ada@example.org", "grace@example.org"
CHANNEL = "org/user"
ROOT = "https://telex.im"

SIGNED_OUT = events.StateChanged(State.SIGNED_OUT)
SIGNING_IN = events.StateChanged(State.SIGNING_IN)
CONNECTING = events.StateChanged(State.CONNECTING)
ONLINE = events.StateChanged(State.ONLINE, organisations=1, subscribed=1)
RECONNECTING = events.StateChanged(State.RECONNECTING, "no connection to Telex", organisations=1)
SESSION_OVER = events.StateChanged(State.SIGN_IN_NEEDED, "Your Telex session has ended.")
ONE_ORGANISATION = events.OrganisationsChanged((events.Organisation("org", "Northwind", CHANNEL),))
EXIT, LOGIN, SIGN_OUT = (events.MenuClicked(item) for item in (MenuItem.EXIT, MenuItem.LOGIN, MenuItem.SIGN_OUT))
ICON = events.TrayAppeared()
SUBMITTED = events.ChildSaid("login", {"email": ME, "password": "secret"})
CLOSED = events.ChildSaid("login", {"closed": True})
"""The person closed the login window: by Cancel, by Escape, or by the window's close button."""
OWN_WORDS = Toast(title="Telex Start", body="It says something.", key="said")


def received(*data: dict[str, Any], how: events.How = events.How.LIVE) -> events.PublicationsReceived:
    return events.PublicationsReceived(CHANNEL, data, how)


def news(threads: int, how: events.How = events.How.LIVE) -> events.PublicationsReceived:
    return received(change("General", threads), how=how)


def refusal(
    kind: events.SignInFailure = events.SignInFailure.CREDENTIALS, message: str = "Please check both.", **more: bool
) -> events.SignInFailed:
    return events.SignInFailed("Sign-in refused", message, kind, **more)


class Login:
    """A login window: records what it has shown, and whether it was closed."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.closed = False


class Surface:
    """The tray, which opens windows and asks nothing itself; or, if :attr:`answers` is set, a terminal that asks."""

    def __init__(self) -> None:
        self.answers: list[events.SignIn | events.AskForLink | events.SignInByLink | type[BaseException]] | None = None
        self.by_mail = False
        """The terminal asks for the link in the mail."""
        self.asked_for: list[str] = []
        self.states: list[events.StateChanged] = []
        self.views: list[TrayView] = []
        self.counts: list[Counts] = []
        self.toasts: list[Toast] = []
        self.troubles: list[events.Trouble] = []
        self.ended_startups: list[str] = []
        self.spares_the_focus = True
        """A window may open unasked; false on a desktop where every new window takes the focus."""
        self.fails_on: object = None
        """The argument at which it raises ``ZeroDivisionError``: an event, a class, or a toast's title."""

    def state(self, event: events.StateChanged) -> None:
        if event is self.fails_on:
            raise ZeroDivisionError("password=hunter2")
        self.states.append(event)

    def show(self, view: TrayView) -> None:
        self.views.append(view)
        if self.fails_on is TrayView:
            raise ZeroDivisionError

    def renew_every(self) -> float:
        return SELDOM

    def unread(self, counts: Counts) -> None:
        self.counts.append(counts)

    def toast(self, toast: Toast) -> None:
        if toast.title == self.fails_on:
            raise ZeroDivisionError
        self.toasts.append(toast)

    def trouble(self, trouble: events.Trouble) -> None:
        if self.fails_on is events.Trouble:
            raise ZeroDivisionError
        self.troubles.append(trouble)

    @property
    def opens_windows(self) -> bool:
        return self.answers is None

    def end_startup(self, token: str) -> None:
        self.ended_startups.append(token)

    def may_open_unasked(self) -> bool:
        return self.spares_the_focus

    def ask(self, email: str, mailed: bool) -> events.SignIn | events.AskForLink | events.SignInByLink | None:
        self.asked_for.append(f"the link to {email}" if mailed and self.by_mail else email)
        if self.answers is None:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, type):
            raise answer("nobody is there")
        return answer


class Toasts:
    def __init__(self) -> None:
        self.shown: list[Toast] = []
        self.closed: list[Handle] = []
        self.on_screen: list[str] = []
        """The titles of the toasts on the screen."""

    def show(self, toast: Toast) -> None:
        self.shown.append(toast)
        self.on_screen.append(toast.title)

    def close(self, handle: Handle) -> None:
        self.closed.append(handle)
        gone = {toast.title for toast in self.shown if toast.handle == handle}
        self.on_screen = [title for title in self.on_screen if title not in gone]


class MainApp:
    """Records its calls and their threads, and gives :attr:`result` once :attr:`may_go_on` is set."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.tokens: list[str] = []
        self.client = False
        """A click on a toast opens the client."""
        self.is_in_front: bool | Exception = False
        self.looks = 0
        self.result: events.MainAppAnswered | Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.threads: list[threading.Thread] = []

    def open(self, token: str) -> events.MainAppAnswered | None:
        self.tokens.append(token)
        return self._do("open")

    def open_place(self, address: str, token: str, in_browser: bool) -> events.MainAppAnswered | None:
        self.tokens.append(token)
        return self._do(f"{'browse' if in_browser else 'open'} {address}")

    def prefers_client(self) -> bool:
        return self.client

    def in_front(self) -> bool:
        self.looks += 1
        assert self.may_go_on.wait(10)
        if isinstance(self.is_in_front, Exception):
            raise self.is_in_front
        return self.is_in_front

    def close(self) -> events.MainAppAnswered | None:
        return self._do("close")

    def _do(self, what: str) -> events.MainAppAnswered | None:
        self.threads.append(threading.current_thread())
        self.calls.append(what)
        assert self.may_go_on.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Session:
    def __init__(self, dispatch: Callable[[events.Event], None]) -> None:
        self._dispatch = dispatch
        self.sent: list[events.Command] = []
        self.asked: list[events.FetchSlug | events.WatchAgents] = []
        """The commands that the App sends by itself, without an action of the person."""
        self.hangs = False
        self.life: list[str] = []
        self.preferred: list[frozenset[str]] = []

    def prefer(self, channels: frozenset[str]) -> None:
        self.preferred.append(channels)

    def send(self, command: events.Command) -> None:
        if isinstance(command, (events.FetchSlug, events.WatchAgents)):
            self.asked.append(command)
        else:
            self.sent.append(command)

    def stop(self, seconds: float) -> bool:
        self.life.append("stopped")
        if not self.hangs:
            self._dispatch(events.StateChanged(State.STOPPED))
        return not self.hangs


class Windows:
    """Records the windows that are asked for: those of the menu's Help, the preferences, and login windows."""

    def __init__(self) -> None:
        self.asked_for: list[tuple[str, str, object]] = []
        self.opened: list[tuple[str, bool, str]] = []
        self.clock: Callable[[], float] = lambda: 0.0
        self.opened_at: list[float] = []
        self.shown: list[dict[str, Any]] = []
        """The other arguments of each login window."""
        self.logins: list[Login] = []
        self.no_login: Exception | None = None

    def open_login(self, email: str, take_focus: bool, message: str, **more: Any) -> None:
        assert not self.logins or self.logins[-1].closed, "it is open"
        if self.no_login is not None:
            raise self.no_login
        self.opened.append((email, take_focus, message))
        self.opened_at.append(self.clock() - 1000)
        self.shown.append(more)
        self.logins.append(Login())

    def tell_login(self, what: str, message: str) -> None:
        assert not self.logins[-1].closed
        self.logins[-1].shown.append(f"{what}: {message}" if what in ("failure", "success") else message or what)

    def close_login(self) -> None:
        assert not self.logins[-1].closed
        self.logins[-1].closed = True

    def open_doctor(self, token: str) -> None:
        self.asked_for.append(("doctor", token, {}))

    def open_about(self, data: Mapping[str, Any], token: str) -> None:
        self.asked_for.append(("about", token, data))

    def open_log(self, token: str) -> None:
        self.asked_for.append(("log", token, {}))

    def open_preferences(
        self, organisations: Sequence[tuple[str, str, str]], muted: Sequence[tuple[object, ...]], token: str
    ) -> None:
        self.asked_for.append(("preferences", token, (organisations, muted)))


class Source:
    """The configuration file: one that a test can change or make invalid."""

    def __init__(self, content: Config | None = None) -> None:
        self.content: Config | str = content or Config()
        """The configuration, or the error in it."""
        self._read: Config | str = self.content

    def changed(self) -> bool:
        return self.content is not self._read

    def load(self) -> Config:
        self._read = self.content
        if isinstance(self.content, str):
            raise ConfigError(self.content)
        return self.content


class Kept:
    """The state file, which keeps what is remembered from one start to the next; here in memory."""

    def __init__(self, kept: Remembered | None = None, problem: str = "") -> None:
        self.kept = kept or Remembered()
        self.problem = problem
        self.full = False
        self.saves = 0

    def load(self) -> tuple[Remembered, str]:
        return self.kept, self.problem

    def save(self, remembered: Remembered) -> None:
        self.saves += 1
        if self.full:
            raise OSError(28, "No space left on device")
        self.kept = remembered


class Keyring:
    """The system's keyring: records what it is asked. The test puts the answers into the queue, as events."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.watched = False

    def read(self, email: str, prompt: bool) -> None:
        self.asked.append(("read", email, "with a prompt" if prompt else "without"))

    def keep(self, email: str, password: str, prompt: bool) -> None:
        self.asked.append(("keep", email, password, *([] if prompt else ["without"])))

    def remove(self, email: str) -> None:
        self.asked.append(("remove", email))

    def watch(self, wanted: bool) -> None:
        self.watched = wanted


def main_app_threads() -> list[threading.Thread]:
    """The threads that open or close the main app; each exists from the moment when that was asked for."""
    return [thread for thread in threading.enumerate() if thread.name == "main app"]


class Events(DispatchQueue):
    """A dispatch queue that fails the test instead of waiting for ever."""

    def get(self, block: bool = True, timeout: float | None = None) -> events.Event:
        if block and timeout is None and self.empty() and not main_app_threads():
            pytest.fail("nothing comes any more")
        return super().get(block, timeout)


def app_of(config: Config, **ports: Any) -> App:
    """An App with these ports, and stand-ins for the others."""
    others: dict[str, Any] = {
        "toasts": Toasts(),
        "main_app": MainApp(),
        "windows": Windows(),
        "source": Source(config),
        "memory": Kept(),
        "keyring": Keyring(),
        "configure": lambda config: None,
        "boot": "",
    }
    return App(config, Ports(**(others | ports)))


class Scene:
    """An App with a stand-in for each port, and virtual clocks."""

    def __init__(
        self,
        email: str | None = ME,
        config: Config | None = None,
        memory: Memory | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.clocks = clocks or Clocks()
        config = config or Config(email=email)
        self.events = Events()
        self.surface = Surface()
        self.toasts = Toasts()
        self.main_app = MainApp()
        self.windows = Windows()
        self.windows.clock = lambda: self.now
        self.session = Session(self.events.put)
        self.source = Source(config)
        self.keyring = Keyring()
        self.memory = memory or Kept()
        self.configured: list[Config] = []
        self.app = app_of(
            config,
            events=self.events,
            session=self.session,
            surface=self.surface,
            toasts=self.toasts,
            main_app=self.main_app,
            windows=self.windows,
            source=self.source,
            memory=self.memory,
            keyring=self.keyring,
            configure=self.configured.append,
            boot=self.clocks.boot,
            now=lambda: self.clocks.now,
            wall=Wall(lambda: self.clocks.wall, self.clocks.offset),
        )

    @property
    def now(self) -> float:
        return self.clocks.now

    @now.setter
    def now(self, now: float) -> None:
        self.clocks.pass_by(now - self.clocks.now)

    def run(self, *events: events.Event, sign_in: list[events.SignIn] | None = None, open_window: bool = False) -> int:
        """Run the App from the start through these events to Exit; gives the exit code."""
        self.put(*events, EXIT)
        return self.app.run([] if sign_in is None else sign_in, open_window)

    def play(
        self,
        *steps: events.Event | float,
        given: Sequence[events.SignIn] = (),
        open_window: bool = False,
        **how: bool,
    ) -> Self:
        """Run the App from the start through these events to Exit; a number is so many seconds that pass."""
        left: list[events.Event | float] = [*steps, EXIT]

        def get(block: bool = True, timeout: float | None = None) -> events.Event:
            if not self.events.empty():
                return super(Events, self.events).get(False)
            step = left.pop(0)
            if isinstance(step, events.Event):
                return step
            passing = step if timeout is None else min(step, timeout)
            self.now += passing
            if passing < step:
                left.insert(0, step - passing)
            raise Empty

        self.events.get = get  # type: ignore[method-assign]
        self.code = self.app.run([*given], open_window, **how)
        return self

    @property
    def noted(self) -> Remembered:
        """The content of the state file, for the next start."""
        return self.memory.load()[0]

    @property
    def states(self) -> list[State]:
        return [state.state for state in self.surface.states if state.state is not State.STOPPED]

    def put(self, *events: events.Event) -> None:
        for event in events:
            self.events.put(event)

    def turn(self, *events: events.Event) -> None:
        """Handle these events and all that is due, without starting or ending the App."""
        self.put(*events)
        self.app.turn()

    def wait(self, seconds: float) -> None:
        """Let time pass, and have the App do what is due."""
        self.now += seconds
        self.app.turn()

    def tell(self, *data: dict[str, Any]) -> Toast:
        """Receive live publications with this data; gives the newest toast."""
        self.turn(received(*data))
        return self.toasts.shown[-1]

    def opened(self, *events: events.Event) -> list[str]:
        """Handle these events; gives all calls of the main app so far."""
        self.turn(*events)
        self.threads_end()
        return self.main_app.calls

    def threads_end(self) -> None:
        """Wait until the calls of the main app have ended, and handle the events that came of them."""
        for thread in threading.enumerate():
            if thread.name in ("main app", "look at the front"):
                thread.join(10)
                assert not thread.is_alive()
        self.app.turn()

    @property
    def said(self) -> list[tuple[str, str]]:
        """Titles and messages of the program's own toasts, and a check that a terminal would show each as a trouble."""
        said = [
            (toast.title, toast.body)
            for toast in self.toasts.shown
            if not (toast.silent or toast in self.surface.toasts)
        ]
        told = {(trouble.title, trouble.message) for trouble in self.surface.troubles}
        assert self.surface.fails_on is events.Trouble or set(said) <= told, "a terminal would not be told"
        return said

    @property
    def window(self) -> Login:
        """The only login window that was opened; fails if there was none, or more."""
        [window] = self.windows.logins
        return window
