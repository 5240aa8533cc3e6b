"""What follows from each event and each menu item: the App with small real stand-ins for its four ports.

Events go through a real queue. Only opening and closing the main app makes a thread; each test waits for its end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest.mock import Mock

import pytest

from telex_start.agent import DispatchQueue
from telex_start.app.app import App
from telex_start.app.ports import Memory
from telex_start.app.renewal import SELDOM, SETTLE
from telex_start.app.sign_in_desk import EXIT_ENDED, EXIT_REFUSED
from telex_start.app.signing_in import WAIT_WITHIN
from telex_start.config import Config
from telex_start.errors import NobodyToAsk, TelexStartError
from telex_start.events import (
    CancelSignIn,
    ChannelAnswered,
    ChildEnded,
    ChildSaid,
    Command,
    CountsUnknown,
    Event,
    FrontLookedAt,
    How,
    IconClicked,
    IconMiddleClicked,
    LogNotOpened,
    LookUpBegan,
    LookUpSlug,
    MachineWoke,
    MainAppAnswered,
    MainAppDone,
    MarkAsReadFailed,
    MarkedAsRead,
    MenuClicked,
    MenuOpened,
    MuteChosen,
    Notice,
    Organisation,
    OrganisationsChanged,
    ProfileLookedUp,
    PublicationsReceived,
    ReconnectNow,
    SecondStart,
    SettingsLookedUp,
    SignalReceived,
    SignedIn,
    SignIn,
    SignInFailed,
    SignInFailure,
    SignOut,
    SlugLookedUp,
    StateChanged,
    ThreadFailed,
    ToastClicked,
    ToastFailed,
    TrayAppeared,
    TrayMissing,
    Trouble,
    UnreadClicked,
    UnreadLookedUp,
    UnreadSection,
    WatchAgents,
    WindowClosed,
    WindowSubmitted,
)
from telex_start.face import Face
from telex_start.menu import MenuItem, MuteFor, Request
from telex_start.news import wording
from telex_start.news.unread import Counts
from telex_start.states import State
from telex_start.toast import Conversation, Handle, Toast

ME = "ada@example.org"
CHANNEL = "org/user"
GENERAL = Conversation(CHANNEL, "channels_section", "General")

SIGNED_OUT = StateChanged(State.SIGNED_OUT)
SIGNING_IN = StateChanged(State.SIGNING_IN)
CONNECTING = StateChanged(State.CONNECTING)
ONLINE = StateChanged(State.ONLINE, organisations=1, subscribed=1)
RECONNECTING = StateChanged(State.RECONNECTING, "no connection to Telex", organisations=1)
SESSION_OVER = StateChanged(State.SIGN_IN_NEEDED, "Your Telex session has ended.")
ONE_ORGANISATION = OrganisationsChanged((Organisation("org", "Northwind", CHANNEL),))
EXIT = MenuClicked(MenuItem.EXIT)
OWN_WORDS = Toast(title="Telex Start", body="It says something.", key="said")


def change(threads: int, name: str = "General") -> dict[str, Any]:
    return {
        "notification_type": "unread_thread_change",
        "section": "channels_section",
        "data": {"channels_id": name, "name": name, "description": "about it", "thread_count": threads},
    }


def news(threads: int, how: How = How.LIVE) -> PublicationsReceived:
    return PublicationsReceived(CHANNEL, (change(threads),), how)


class Window:
    """A login window that runs until it is closed."""

    def __init__(self, between_turns: Callable[[], None]) -> None:
        self.shown: list[str] = []
        self.closed = False
        self.due_in: float | None = None
        self.wakes = 0
        self._between_turns = between_turns

    def wake(self) -> None:
        """Nothing to do: it turns all the time."""
        self.wakes += 1

    def run(self, turn: Callable[[], float | None]) -> None:
        for _ in range(1000):
            if self.closed:
                return
            self.due_in = turn()
            self._between_turns()
        pytest.fail("the window stays open")

    def show(self, what: str, message: str) -> None:
        self.shown.append(f"{what}: {message}" if what in ("failure", "success") else message)

    def come_forward(self) -> None:
        self.shown.append("came forward")

    def close(self) -> None:
        self.closed = True


class Surface:
    """The tray: it opens windows and asks nothing itself, unless it is given answers as a terminal is."""

    def __init__(self) -> None:
        self.answers: list[SignIn | type[BaseException]] | None = None
        self.asked_for: list[str] = []
        self.states: list[StateChanged] = []
        self.faces: list[Face] = []
        self.counts: list[Counts] = []
        self.toasts: list[Toast] = []
        self.troubles: list[Trouble] = []
        self.opened: list[tuple[str, bool, str]] = []
        self.windows: list[Window] = []
        self.between_turns: Callable[[], None] = lambda: None
        self.no_window: Exception | None = None
        self.ended_startups: list[str] = []
        self.spares_the_focus = True
        """Unlike on a desktop where a window cannot but take the focus."""
        self.fails_on: object = None
        """What it is shown that it fails on."""

    def state(self, event: StateChanged) -> None:
        if event is self.fails_on:
            raise ZeroDivisionError("password=hunter2")
        self.states.append(event)

    def face(self, face: Face) -> None:
        self.faces.append(face)

    def renew_every(self) -> float:
        return SELDOM

    def unread(self, counts: Counts) -> None:
        self.counts.append(counts)

    def toast(self, toast: Toast) -> None:
        if toast.title == self.fails_on:
            raise ZeroDivisionError
        self.toasts.append(toast)

    def trouble(self, trouble: Trouble) -> None:
        if self.fails_on is Trouble:
            raise ZeroDivisionError
        self.troubles.append(trouble)

    @property
    def opens_windows(self) -> bool:
        return self.answers is None

    def end_startup(self, token: str) -> None:
        self.ended_startups.append(token)

    def may_open_unasked(self) -> bool:
        return self.spares_the_focus

    def open_window(self, email: str, take_focus: bool, message: str) -> Window | None:
        self.opened.append((email, take_focus, message))
        if self.no_window is not None:
            raise self.no_window
        if self.answers is not None:
            return None
        self.windows.append(Window(self.between_turns))
        return self.windows[-1]

    def ask(self, email: str) -> SignIn | None:
        self.asked_for.append(email)
        if self.answers is None:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, SignIn):
            return answer
        raise answer("nobody is there")


class Toasts:
    def __init__(self) -> None:
        self.shown: list[Toast] = []
        self.closed: list[Handle] = []
        self.on_screen: list[str] = []
        """The titles of what can be seen now."""
        self.configured: list[Config] = []

    def show(self, toast: Toast) -> None:
        self.shown.append(toast)
        self.on_screen.append(toast.title)

    def close(self, handle: Handle) -> None:
        self.closed.append(handle)
        gone = {toast.title for toast in self.shown if toast.handle == handle}
        self.on_screen = [title for title in self.on_screen if title not in gone]

    def configure(self, config: Config) -> None:
        self.configured.append(config)


class MainApp:
    """Does what it is told once it may; keeps the threads that it was called on."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.tokens: list[str] = []
        self.client = False
        """A click on a toast opens the client."""
        self.is_in_front = False
        self.looks = 0
        self.result: MainAppAnswered | Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.threads: list[threading.Thread] = []

    def open(self, token: str) -> MainAppAnswered | None:
        self.tokens.append(token)
        return self._do("open")

    def open_place(self, address: str, token: str, in_browser: bool) -> MainAppAnswered | None:
        self.tokens.append(token)
        return self._do(f"{'browse' if in_browser else 'open'} {address}")

    def prefers_client(self) -> bool:
        return self.client

    def in_front(self) -> bool:
        self.looks += 1
        return self.is_in_front

    def close(self) -> MainAppAnswered | None:
        return self._do("close")

    def _do(self, what: str) -> MainAppAnswered | None:
        self.threads.append(threading.current_thread())
        self.calls.append(what)
        assert self.may_go_on.wait(10)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Session:
    def __init__(self, events: DispatchQueue) -> None:
        self._events = events
        self.sent: list[Command] = []
        self.asked: list[LookUpSlug | WatchAgents] = []
        """What was sent that the person has not asked for."""
        self.hangs = False
        self.life: list[str] = []
        self.preferred: list[frozenset[str]] = []

    def start(self) -> None:
        self.life.append("started")

    def prefer(self, channels: frozenset[str]) -> None:
        self.preferred.append(channels)

    def send(self, command: Command) -> None:
        if isinstance(command, (LookUpSlug, WatchAgents)):
            self.asked.append(command)
        else:
            self.sent.append(command)

    def stop(self, seconds: float) -> bool:
        self.life.append("stopped")
        if not self.hangs:
            self._events.put(StateChanged(State.STOPPED))
        return not self.hangs


class Help:
    """The menu's Help: writes down what was asked for."""

    def __init__(self) -> None:
        self.asked_for: list[tuple[str, str, Mapping[str, Any]]] = []

    def open_doctor(self, token: str) -> None:
        self.asked_for.append(("doctor", token, {}))

    def open_about(self, data: Mapping[str, Any], token: str) -> None:
        self.asked_for.append(("about", token, data))

    def open_log(self, token: str) -> None:
        self.asked_for.append(("log", token, {}))


def main_app_threads() -> list[threading.Thread]:
    """Those that open or close the main app, from the moment when that was asked."""
    return [thread for thread in threading.enumerate() if thread.name == "main app"]


class Events(DispatchQueue):
    """A queue that fails a test which would wait for ever."""

    def get(self, block: bool = True, timeout: float | None = None) -> Event:
        if block and timeout is None and self.empty() and not main_app_threads():
            pytest.fail("nothing comes any more")
        return super().get(block, timeout)


class Scene:
    """An App and all that it works with."""

    def __init__(self, email: str | None = ME, config: Config | None = None, memory: Memory | None = None) -> None:
        self.now = 1000.0
        self.events = Events()
        self.surface = Surface()
        self.toasts = Toasts()
        self.main_app = MainApp()
        self.help = Help()
        self.session = Session(self.events)
        self.app = App(
            config=config or Config(email=email),
            memory=memory,
            events=self.events,
            surface=self.surface,
            toasts=self.toasts,
            main_app=self.main_app,
            make_help=lambda: self.help,
            make_session=lambda: self.session,
            now=lambda: self.now,
        )

    def run(self, *events: Event, sign_in: list[SignIn] | None = None, open_window: bool = False) -> int:
        """From the start through these events to Exit; the exit code."""
        for event in (*events, EXIT):
            self.events.put(event)
        return self.app.run([] if sign_in is None else sign_in, open_window)

    def turn(self, *events: Event) -> None:
        """Handle these events, and what is due, without start and end."""
        self.app._session = self.session
        for event in events:
            self.events.put(event)
        self.app.turn()

    def main_app_ends(self) -> None:
        """Wait until what was asked of the main app is done, and handle what came of it."""
        for thread in main_app_threads():
            thread.join(10)
            assert not thread.is_alive()
        self.app.turn()

    def look_ends(self) -> None:
        """Wait until it was looked at what is in front, and handle what came of it."""
        for thread in threading.enumerate():
            if thread.name == "look at the front":
                thread.join(10)
                assert not thread.is_alive()
        self.app.turn()

    @property
    def said(self) -> list[tuple[str, str]]:
        """What the program itself said, title and message: a toast, and on the terminal a trouble, no notification."""
        said = [(toast.title, toast.body) for toast in self.toasts.shown if toast not in self.surface.toasts]
        told = {(trouble.title, trouble.message) for trouble in self.surface.troubles}
        assert self.surface.fails_on is Trouble or set(said) <= told, "a terminal would not be told"
        return said

    @property
    def window(self) -> Window:
        """The only one that was opened."""
        [window] = self.surface.windows
        return window


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    assert isinstance(made.said, list), "whatever the test was about, all that was said was told"
    assert not main_app_threads()


SIGN_IN_NEEDED = (wording.SIGN_IN_NEEDED.title, wording.SIGN_IN_NEEDED.body)
SIGN_IN_BY_CLICK = (wording.SIGN_IN_BY_CLICK.title, wording.SIGN_IN_BY_CLICK.body)
HINT = (wording.SIGNED_OUT.title, wording.SIGNED_OUT.body)

# --- start and end ----------------------------------------------------------------------------------------------------


def test_the_session_is_started_first_and_stopped_last(scene: Scene) -> None:
    assert scene.run() == 0
    assert scene.session.life == ["started", "stopped"]
    assert scene.surface.states[-1].state is State.STOPPED
    assert scene.app.last_words == ""


def test_a_session_that_hangs_is_told_as_stopped_all_the_same(scene: Scene) -> None:
    scene.session.hangs = True
    assert scene.run(ONLINE) == 0
    assert [event.state for event in scene.surface.states] == [State.ONLINE, State.STOPPED]


def test_credentials_given_at_the_start_go_to_the_session_and_are_kept_nowhere(scene: Scene) -> None:
    given = SignIn("grace@example.org", "secret", persist=True)
    box = [given]
    scene.run(MenuClicked(MenuItem.LOGIN), sign_in=box)
    assert (scene.session.sent, box) == ([given], [])
    assert scene.surface.asked_for == []
    assert scene.surface.opened == [("grace@example.org", True, "")]


def test_the_window_is_opened_at_once_where_that_is_asked(scene: Scene) -> None:
    scene.run(open_window=True)
    assert scene.surface.opened == [(ME, True, "")]
    assert scene.surface.asked_for == []
    assert scene.window.closed


def test_without_credentials_the_icon_comes_with_a_hint_once(scene: Scene) -> None:
    scene.run(TrayAppeared(), TrayAppeared())
    assert scene.said == [HINT]
    assert scene.surface.opened == []


def test_the_hint_is_left_out_where_somebody_is_signing_in_already(scene: Scene) -> None:
    scene.run(SIGNING_IN, TrayAppeared(), SIGNED_OUT, TrayAppeared())
    assert scene.said == []


def test_a_terminal_is_asked(scene: Scene) -> None:
    answer = SignIn("grace@example.org", "secret", persist=True)
    scene.surface.answers = [answer]
    assert scene.run() == 0
    assert (scene.surface.asked_for, scene.session.sent) == ([ME], [answer])


@pytest.mark.parametrize(
    ("answer", "code", "words"), [(KeyboardInterrupt, 0, ""), (NobodyToAsk, EXIT_REFUSED, "nobody is there")]
)
def test_a_question_without_an_answer_is_the_end(
    scene: Scene, answer: type[BaseException], code: int, words: str
) -> None:
    scene.surface.answers = [answer]
    assert scene.run() == code
    assert scene.app.last_words == words
    assert scene.session.life == ["started", "stopped"]


@pytest.mark.parametrize("event", [EXIT, SecondStart(Request.EXIT), SignalReceived(15)], ids=repr)
def test_what_ends_the_program_leaves_the_rest_alone(scene: Scene, event: Event) -> None:
    assert scene.run(event, MenuClicked(MenuItem.TEST_NOTIFICATIONS)) == 0
    assert scene.toasts.shown == []


@pytest.mark.parametrize("event", [EXIT, SecondStart(Request.EXIT), SignalReceived(15)], ids=repr)
def test_what_ends_the_program_closes_the_window_too(scene: Scene, event: Event) -> None:
    assert scene.run(event, open_window=True) == 0
    assert scene.window.closed


# --- the menu, clicks and second starts -------------------------------------------------------------------------------


def test_login_opens_the_window_and_then_brings_it_forward(scene: Scene) -> None:
    scene.run(MenuClicked(MenuItem.LOGIN), MenuClicked(MenuItem.LOGIN))
    assert scene.surface.opened == [(ME, True, "")]
    assert scene.window.shown == ["came forward"]


@pytest.mark.parametrize("state", [CONNECTING, ONLINE, RECONNECTING], ids=lambda event: event.state.value)
def test_login_does_nothing_for_who_is_signed_in(scene: Scene, state: StateChanged) -> None:
    scene.run(state, MenuClicked(MenuItem.LOGIN))
    assert scene.surface.opened == []


@pytest.mark.parametrize(("item", "call"), [(MenuItem.OPEN_MAIN_APP, "open"), (MenuItem.CLOSE_MAIN_APP, "close")])
def test_the_main_app_is_opened_and_closed_on_another_thread_one_call_at_a_time(
    scene: Scene, item: MenuItem, call: str
) -> None:
    scene.main_app.may_go_on.clear()
    scene.turn(MenuClicked(item), MenuClicked(item))
    scene.main_app.may_go_on.set()
    scene.main_app_ends()
    assert scene.main_app.calls == [call]
    assert threading.current_thread() not in scene.main_app.threads
    assert scene.said == [], "the desktop shows that it worked"
    scene.turn(MenuClicked(item))
    scene.main_app_ends()
    assert scene.main_app.calls == [call, call]


def test_what_came_of_opening_the_main_app_is_said_and_it_can_be_asked_again(scene: Scene) -> None:
    scene.main_app.result = MainAppAnswered("Telex cannot be opened", "There is no browser.")
    for times in (1, 2):
        scene.turn(MenuClicked(MenuItem.OPEN_MAIN_APP))
        scene.main_app_ends()
        assert scene.said == [("Telex cannot be opened", "There is no browser.")] * times


def test_a_main_app_that_fails_is_said_without_the_text_of_its_error(scene: Scene) -> None:
    scene.main_app.result = OSError("password=hunter2")
    scene.turn(MenuClicked(MenuItem.CLOSE_MAIN_APP))
    scene.main_app_ends()
    assert scene.said == [("Telex Start had a problem", "OSError; the log tells more.")]


@pytest.mark.parametrize(
    "click", [MenuClicked(MenuItem.OPEN_MAIN_APP, "t"), IconClicked("t"), ToastClicked(OWN_WORDS, token="t")]
)
def test_a_clicks_token_goes_with_the_main_app(scene: Scene, click: Event) -> None:
    scene.turn(ONLINE, click)
    scene.main_app_ends()
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["t"], [])


TAKES_ITS_TOKEN = {MenuItem.OPEN_MAIN_APP, MenuItem.DOCTOR, MenuItem.OPEN_LOG, MenuItem.ABOUT}
"""What opens something that ends the desktop's waiting itself."""


@pytest.mark.parametrize("item", [item for item in MenuItem if item not in TAKES_ITS_TOKEN])
def test_the_token_of_a_click_that_starts_nothing_is_ended(scene: Scene, item: MenuItem) -> None:
    """GNOME showed a busy pointer for 10 to 20 s after every click in the menu."""
    scene.turn(MenuClicked(item, "t"))
    scene.main_app_ends()
    assert scene.surface.ended_startups == ["t"]


def test_the_token_of_a_click_that_comes_too_soon_is_ended(scene: Scene) -> None:
    scene.main_app.may_go_on.clear()
    scene.turn(ONLINE, IconClicked("one"), IconClicked("two"))
    scene.main_app.may_go_on.set()
    scene.main_app_ends()
    assert (scene.main_app.tokens, scene.surface.ended_startups) == (["one"], ["two"])


def test_the_sample_is_a_notification(scene: Scene) -> None:
    scene.run(MenuClicked(MenuItem.TEST_NOTIFICATIONS))
    assert scene.toasts.shown == scene.surface.toasts == [wording.SAMPLE]
    assert scene.surface.troubles == []


def test_sign_out_forgets_who_it_was(scene: Scene) -> None:
    scene.run(ONLINE, MenuClicked(MenuItem.SIGN_OUT), SIGNED_OUT, MenuClicked(MenuItem.LOGIN))
    assert scene.session.sent == [SignOut()]
    assert scene.surface.opened == [("", True, "")]


@pytest.mark.parametrize("event", [MenuClicked(MenuItem.RECONNECT_NOW), MachineWoke()], ids=repr)
def test_what_makes_the_session_reconnect_at_once(scene: Scene, event: Event) -> None:
    scene.run(event)
    assert scene.session.sent == [ReconnectNow()]


CLICKS = pytest.mark.parametrize("click", [IconClicked(), ToastClicked(OWN_WORDS), SecondStart(Request.OPEN)], ids=repr)


@CLICKS
@pytest.mark.parametrize("state", [CONNECTING, ONLINE, RECONNECTING], ids=lambda event: event.state.value)
def test_a_click_opens_the_main_app_for_who_is_signed_in(scene: Scene, click: Event, state: StateChanged) -> None:
    scene.turn(state, click)
    scene.main_app_ends()
    assert (scene.main_app.calls, scene.surface.opened) == (["open"], [])


@CLICKS
@pytest.mark.parametrize("state", [SIGNED_OUT, SESSION_OVER], ids=lambda event: event.state.value)
def test_a_click_opens_the_window_for_who_is_not(scene: Scene, click: Event, state: StateChanged) -> None:
    scene.run(state, click)
    assert (scene.main_app.calls, scene.surface.opened) == ([], [(ME, True, "")])


@CLICKS
def test_a_click_does_nothing_while_signing_in_without_a_window(scene: Scene, click: Event) -> None:
    scene.run(SIGNING_IN, click)
    assert (scene.main_app.calls, scene.surface.opened) == ([], [])


@CLICKS
def test_a_click_brings_the_window_of_a_sign_in_forward(scene: Scene, click: Event) -> None:
    scene.run(WindowSubmitted(ME, "secret"), SIGNING_IN, click, open_window=True)
    assert scene.window.shown == ["Signing in…", "came forward"]


# --- the login window -------------------------------------------------------------------------------------------------


def test_a_submitted_form_signs_in(scene: Scene) -> None:
    scene.run(WindowSubmitted("grace@example.org", "secret"), open_window=True)
    assert scene.session.sent == [SignIn("grace@example.org", "secret")]
    assert scene.window.shown == ["Signing in…"]


def test_closing_the_window_of_a_sign_in_cancels_it_and_the_next_window_knows_the_name(scene: Scene) -> None:
    def login_again_once_it_is_closed() -> None:
        if scene.surface.windows[0].closed and len(scene.surface.windows) == 1:
            scene.events.put(MenuClicked(MenuItem.LOGIN))
            scene.events.put(EXIT)

    scene.surface.between_turns = login_again_once_it_is_closed
    for event in (WindowSubmitted("grace@example.org", "secret"), WindowClosed()):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert scene.session.sent == [SignIn("grace@example.org", "secret"), CancelSignIn()]
    assert [email for email, _, _ in scene.surface.opened] == [ME, "grace@example.org"]


def test_closing_a_window_that_has_sent_nothing_cancels_nothing(scene: Scene) -> None:
    scene.run(WindowClosed(), open_window=True)
    assert (scene.session.sent, scene.window.closed) == ([], True)


def after_the_window(scene: Scene, *events: Event) -> None:
    """Have these events come when the first window is gone, and Exit after them."""

    def closed() -> None:
        if scene.surface.windows[0].closed:
            scene.surface.between_turns = lambda: None
            for event in (*events, EXIT):
                scene.events.put(event)

    scene.surface.between_turns = closed


@pytest.mark.parametrize("accepted", [[], [CONNECTING], [CONNECTING, RECONNECTING]], ids=["asking", "accepted", "late"])
def test_signing_out_by_the_menu_closes_the_window_that_signs_in(scene: Scene, accepted: list[Event]) -> None:
    """It said "Signing in…" for ever, or after ten seconds that it had signed in."""
    after_the_window(scene, SIGNED_OUT)
    for event in (WindowSubmitted(ME, "secret"), SIGNING_IN, *accepted, MenuClicked(MenuItem.SIGN_OUT)):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert scene.session.sent == [SignIn(ME, "secret"), SignOut()]
    assert not any("success" in words or "failure" in words for words in scene.window.shown)
    assert (scene.said, len(scene.surface.opened)) == ([], 1)


def test_login_right_after_sign_out_opens_a_window_that_stays(scene: Scene) -> None:
    """The window of before still showed its success: it came forward, and closed a moment later."""
    after_the_window(scene, WindowSubmitted(ME, "secret"))
    signed_in: list[Event] = [WindowSubmitted(ME, "secret"), SIGNING_IN, CONNECTING, ONLINE]
    anew: list[Event] = [MenuClicked(MenuItem.SIGN_OUT), SIGNED_OUT, MenuClicked(MenuItem.LOGIN)]
    for event in (*signed_in, *anew):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert len(scene.surface.windows) == 2
    assert scene.surface.windows[0].shown[-1].startswith("success")
    assert scene.session.sent == [SignIn(ME, "secret"), SignOut(), SignIn(ME, "secret")]


def test_a_session_that_is_over_while_its_success_is_shown_has_a_window_of_its_own(scene: Scene) -> None:
    after_the_window(scene)
    for event in (WindowSubmitted(ME, "secret"), SIGNING_IN, CONNECTING, ONLINE, SESSION_OVER):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert scene.surface.opened[1:] == [(ME, False, "Your Telex session has ended. Please sign in again.")]


CANCELLED = StateChanged(State.SIGN_IN_NEEDED)
"""What the session says where there are stream positions that the same person may want to go on from."""


@pytest.mark.parametrize("accepted", [CONNECTING, ONLINE], ids=lambda event: event.state.value)
@pytest.mark.parametrize("leave", [WindowClosed(), MenuClicked(MenuItem.SIGN_OUT)], ids=["Cancel", "Sign Out"])
def test_leaving_after_the_password_was_accepted_is_no_session_that_is_over(
    scene: Scene, accepted: StateChanged, leave: Event
) -> None:
    """There came a toast, and a new window, to who had just cancelled."""
    waiting = StateChanged(accepted.state, organisations=1)
    after_the_window(scene, CANCELLED)
    for event in (WindowSubmitted(ME, "secret"), SIGNING_IN, waiting, leave):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert (scene.said, len(scene.surface.opened)) == ([], 1)


def test_the_next_session_that_is_over_is_told_again(scene: Scene) -> None:
    after_the_window(scene, CANCELLED, SIGNING_IN, ONLINE, SESSION_OVER)
    for event in (WindowSubmitted(ME, "secret"), SIGNING_IN, CONNECTING, WindowClosed()):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert scene.surface.opened[1:] == [(ME, False, "Your Telex session has ended. Please sign in again.")]


def test_a_refusal_that_crosses_the_cancelling_of_its_sign_in_opens_no_window(scene: Scene) -> None:
    after_the_window(scene, SignInFailed("Sign-in refused", "…", SignInFailure.CREDENTIALS), CANCELLED)
    for event in (WindowSubmitted(ME, "wrong"), WindowClosed()):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert (scene.surface.troubles, len(scene.surface.opened)) == ([], 1)


def test_neither_does_one_of_a_sign_in_beside_a_session(scene: Scene) -> None:
    after_the_window(scene, SignInFailed("Sign-in refused", "…", SignInFailure.CREDENTIALS, session_stays=True))
    for event in (STALE, MenuClicked(MenuItem.LOGIN), WindowSubmitted(ME, "wrong"), WindowClosed()):
        scene.events.put(event)
    assert scene.app.run([], open_window=False) == 0
    assert (scene.surface.troubles, len(scene.surface.opened)) == ([], 1)
    assert scene.session.sent == [SignIn(ME, "wrong"), CancelSignIn(session_stays=True)]


@pytest.mark.parametrize("again", [MenuClicked(MenuItem.LOGIN), IconClicked(), SecondStart(Request.OPEN)], ids=repr)
@pytest.mark.parametrize("before", [[], [WindowSubmitted(ME, "secret"), SIGNING_IN, CONNECTING]], ids=["idle", "busy"])
def test_asking_for_the_window_in_the_very_turn_that_closes_it_opens_it_again(
    scene: Scene, before: list[Event], again: Event
) -> None:
    """The click was lost: it brought a window forward that was closing."""

    def once_more() -> None:
        if len(scene.surface.windows) == 2:
            scene.events.put(EXIT)

    scene.surface.between_turns = once_more
    for event in (*before, WindowClosed(), WindowClosed(), again):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert [window.closed for window in scene.surface.windows] == [True, True]
    assert scene.surface.windows[1].shown == []
    assert scene.main_app.calls == []
    assert scene.session.sent[1:] == [CancelSignIn()] * bool(before), "once"


def test_what_is_left_of_a_cancelled_sign_in_means_nothing_to_the_next_one(scene: Scene) -> None:
    def submit_in_the_second() -> None:
        if len(scene.surface.windows) == 2:
            scene.surface.between_turns = lambda: None
            for event in (WindowSubmitted(ME, "new"), ONLINE, SESSION_OVER, SIGNING_IN, CONNECTING, ONLINE, EXIT):
                scene.events.put(event)

    scene.surface.between_turns = submit_in_the_second
    for event in (WindowSubmitted(ME, "old"), SIGNING_IN, WindowClosed(), MenuClicked(MenuItem.LOGIN)):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert scene.surface.windows[1].shown == [
        "Signing in…",
        "Password accepted. Connecting…",
        "success: Signed in: 1 organisation.",
    ]
    assert scene.said == []


def test_a_sign_in_of_the_start_that_succeeds_leaves_no_window_that_asks(scene: Scene) -> None:
    """Its window would sign in for ever: a session that is good takes no second sign-in."""
    scene.run(
        *(SIGNING_IN, MenuClicked(MenuItem.LOGIN), CONNECTING, WindowSubmitted("grace@example.org", "x"), ONLINE),
        sign_in=[SignIn(ME, "secret", persist=True)],
    )
    assert scene.session.sent == [SignIn(ME, "secret", persist=True)]
    assert scene.window.shown == ["Password accepted. Connecting…", "success: Signed in: 1 organisation."]


def test_a_failed_sign_in_is_said_in_the_window_alone(scene: Scene) -> None:
    failed = SignInFailed("Sign-in refused", "…", SignInFailure.CREDENTIALS)
    scene.run(WindowSubmitted(ME, "wrong"), failed, open_window=True)
    assert scene.window.shown[-1].startswith("failure: Telex does not know this e-mail address")
    assert (scene.surface.troubles, scene.toasts.shown, len(scene.surface.opened)) == ([], [], 1)


@pytest.mark.parametrize(
    "kind", [SignInFailure.CREDENTIALS, SignInFailure.FORM, SignInFailure.REFUSED], ids=lambda kind: kind.value
)
def test_refused_credentials_of_the_start_open_a_window_that_says_why(scene: Scene, kind: SignInFailure) -> None:
    scene.run(SignInFailed("Sign-in refused", "The form is wrong.", kind), sign_in=[SignIn(ME, "wrong")])
    [(email, take_focus, message)] = scene.surface.opened
    assert (email, take_focus) == (ME, False)
    assert scene.surface.troubles == [Trouble("Sign-in refused", message)]


def test_a_suspended_account_is_said_in_telexs_own_words(scene: Scene) -> None:
    words = "Telex says: account suspended."
    failed = SignInFailed("Sign-in refused", words, SignInFailure.REFUSED)
    scene.run(WindowSubmitted(ME, "secret"), failed, open_window=True)
    assert scene.window.shown[-1] == f"failure: {words}"


STALE = StateChanged(State.ONLINE, organisations=1, subscribed=1, sign_in_again=True)


def test_where_look_ups_are_refused_login_opens_a_window_and_that_signs_in(scene: Scene) -> None:
    scene.run(STALE, MenuClicked(MenuItem.LOGIN))
    assert scene.surface.opened == [(ME, True, "")]
    again = Scene()
    again.run(ONLINE, MenuClicked(MenuItem.LOGIN))
    assert again.surface.opened == []


def test_a_notice_is_a_toast_and_on_the_terminal_a_line(scene: Scene) -> None:
    scene.run(ONLINE, Notice("Sign in again", "Or not."))
    assert scene.said == [("Sign in again", "Or not.")]


def test_a_session_thread_that_died_is_said_and_ends_the_program(scene: Scene) -> None:
    scene.events.put(StateChanged(State.STOPPED))
    assert scene.app.run([], open_window=False) == 1
    assert scene.app.last_words == "the part that talks to Telex failed twice; the log tells more"
    assert [title for title, _ in scene.said] == ["Telex Start has ended"]
    assert scene.toasts.shown[-1].handle is None, "it would be taken away at the end"


def test_where_organisations_are_left_out_the_session_learns_where_something_is_unread(scene: Scene) -> None:
    scene.run(ONLINE, ONE_ORGANISATION, news(1))
    assert scene.session.preferred == [], "not while all have room"
    again = Scene()
    again.run(ONLINE, ONE_ORGANISATION, StateChanged(State.ONLINE, "", 2, 1, 1, left_out=1), news(1), news(2))
    assert again.session.preferred == [frozenset(), frozenset({CHANNEL}), frozenset({CHANNEL})]


def test_refused_credentials_of_the_start_are_a_toast_where_a_window_would_take_the_focus(scene: Scene) -> None:
    """What is being typed elsewhere would go into the password (sway)."""
    scene.surface.spares_the_focus = False
    refused = SignInFailed("Sign-in refused", "The form is wrong.", SignInFailure.FORM)
    scene.run(refused, ToastClicked(OWN_WORDS), sign_in=[SignIn(ME, "wrong")])
    assert scene.said == [("Sign-in refused", "The form is wrong.")]
    assert scene.surface.opened == [(ME, True, "")], "the click opens it, and nothing else"


def test_a_session_that_is_over_is_a_toast_alone_where_a_window_would_take_the_focus(scene: Scene) -> None:
    scene.surface.spares_the_focus = False
    scene.run(ONLINE, SESSION_OVER, ToastClicked(OWN_WORDS))
    assert scene.said == [SIGN_IN_BY_CLICK]
    assert scene.surface.opened == [(ME, True, "")]


def test_a_window_is_told_when_something_is_due(scene: Scene) -> None:
    """Its loop sleeps until then, or until an event comes."""
    due: list[float | None] = []

    def look() -> None:
        due.append(scene.window.due_in)
        if len(due) == 1:
            for event in (WindowSubmitted(ME, "secret"), CONNECTING):
                scene.events.put(event)
        else:
            scene.events.put(EXIT)
            scene.surface.between_turns = lambda: None

    scene.surface.between_turns = look
    assert scene.app.run([], open_window=True) == 0
    nothing, waiting = due[:2]
    assert nothing is None
    assert waiting is not None and 0 <= waiting <= WAIT_WITHIN


def test_an_open_window_is_woken_for_each_event_and_a_closed_one_for_none(scene: Scene) -> None:
    """Before: it looked 20 times a second whether there was one."""

    def look() -> None:
        scene.surface.between_turns = lambda: None
        before = scene.window.wakes
        scene.events.put(WindowClosed())
        assert scene.window.wakes == before + 1
        scene.events.put(EXIT)

    scene.surface.between_turns = look
    assert scene.app.run([], open_window=True) == 0
    before = scene.window.wakes
    scene.events.put(EXIT)
    assert scene.window.wakes == before


def test_another_failure_without_a_window_opens_none(scene: Scene) -> None:
    scene.run(SignInFailed("No connection", "…", SignInFailure.NETWORK), sign_in=[SignIn(ME, "secret")])
    assert [trouble.title for trouble in scene.surface.troubles] == ["No connection"]
    assert scene.surface.opened == []


def test_a_terminal_is_asked_again_after_a_refusal(scene: Scene) -> None:
    scene.surface.answers = [SignIn(ME, "wrong"), SignIn(ME, "secret"), NobodyToAsk]
    refused = SignInFailed("Sign-in refused", "…", SignInFailure.CREDENTIALS)
    assert scene.run(refused, refused) == EXIT_REFUSED
    assert scene.session.sent == [SignIn(ME, "wrong"), SignIn(ME, "secret")]
    assert scene.app.last_words.startswith("signing in was refused: Telex does not know this e-mail address")


def test_a_window_that_cannot_be_opened_is_said(scene: Scene) -> None:
    scene.surface.no_window = TelexStartError("There is no Tk.", "No login window")
    scene.run(open_window=True)
    assert scene.said == [("No login window", "There is no Tk.")]


def test_a_window_closes_by_itself_after_its_success(scene: Scene) -> None:
    def time_goes_on() -> None:
        scene.now += 0.1
        if scene.window.closed:
            scene.events.put(EXIT)

    scene.surface.between_turns = time_goes_on
    for event in (WindowSubmitted(ME, "secret"), CONNECTING, ONLINE):
        scene.events.put(event)
    assert scene.app.run([], open_window=True) == 0
    assert scene.window.shown[-1] == "success: Signed in: 1 organisation."
    assert 1001 < scene.now < 1002


# --- the session's state ----------------------------------------------------------------------------------------------


def test_each_state_reaches_the_surface_and_new_words_the_icon(scene: Scene) -> None:
    scene.turn(SIGNING_IN, CONNECTING, ONLINE)
    assert scene.surface.states == [SIGNING_IN, CONNECTING, ONLINE]
    assert [face.status for face in scene.surface.faces] == ["Signing in", "Connecting", "Online: 1 organisation"]


@pytest.mark.parametrize("state", [CONNECTING, ONLINE, RECONNECTING], ids=lambda event: event.state.value)
def test_a_session_that_is_over_needs_the_person(scene: Scene, state: StateChanged) -> None:
    scene.run(state, SESSION_OVER)
    assert scene.said == []  # the window says it, and a toast would be in front of it
    assert scene.surface.opened == [(ME, False, "Your Telex session has ended. Please sign in again.")]


def test_where_no_window_may_open_unasked_a_click_on_the_toast_opens_it(scene: Scene) -> None:
    scene.surface.spares_the_focus = False
    scene.run(ONLINE, SESSION_OVER, ToastClicked(OWN_WORDS, token="token"))
    assert scene.said == [SIGN_IN_BY_CLICK]
    assert [take_focus for _, take_focus, _ in scene.surface.opened] == [True]
    assert scene.surface.ended_startups == ["token", ""]  # the second is that of Exit


def test_a_refusal_is_said_where_no_window_may_open_unasked(scene: Scene) -> None:
    scene.surface.spares_the_focus = False
    scene.run(SIGNING_IN, SignInFailed("Sign-in refused", "no", SignInFailure.FORM), sign_in=[SignIn(ME, "secret")])
    assert scene.said == [("Sign-in refused", "no")]


def test_a_session_that_is_over_is_said_where_the_window_cannot_be_shown(scene: Scene) -> None:
    scene.surface.no_window = TelexStartError("It needs XWayland.", "No login window")
    scene.run(ONLINE, SESSION_OVER)
    assert scene.said == [("Please sign in again", "It needs XWayland.")]


@pytest.mark.parametrize(
    ("after", "left"), [(MachineWoke(), ["Please sign in again"]), (SIGNING_IN, []), (SIGNED_OUT, [])]
)
def test_please_sign_in_again_goes_when_it_holds_no_more(scene: Scene, after: Event, left: list[str]) -> None:
    """It stayed to the next log-out of the desktop, and held back every later toast on GNOME and Cinnamon."""
    scene.surface.spares_the_focus = False
    scene.run(ONLINE, SESSION_OVER, after)
    assert scene.said == [SIGN_IN_BY_CLICK]
    assert scene.toasts.on_screen == left


def test_please_sign_in_again_is_not_in_front_of_the_window(scene: Scene) -> None:
    scene.surface.spares_the_focus = False
    scene.run(ONLINE, SESSION_OVER, ToastClicked(OWN_WORDS))
    assert scene.said == [SIGN_IN_BY_CLICK]
    assert scene.window.closed
    assert scene.toasts.on_screen == []


def test_the_hint_goes_when_somebody_signs_in(scene: Scene) -> None:
    scene.run(TrayAppeared(), SIGNING_IN)
    assert scene.said == [HINT]
    assert scene.toasts.on_screen == []
    assert wording.SIGNED_OUT.transient


def test_a_terminal_is_told_that_the_session_is_over_and_asked(scene: Scene) -> None:
    again = SignIn(ME, "secret", persist=True)
    scene.surface.answers = [again, again]
    assert scene.run(ONLINE, SESSION_OVER) == 0
    assert (scene.said, scene.session.sent) == ([SIGN_IN_NEEDED], [again, again])


def test_where_nobody_can_be_asked_a_session_that_is_over_is_the_end(scene: Scene) -> None:
    scene.surface.answers = [NobodyToAsk]
    assert scene.run(ONLINE, SESSION_OVER, sign_in=[SignIn(ME, "secret")]) == EXIT_ENDED
    assert scene.app.last_words == "the session has ended: Your Telex session has ended."
    assert scene.said == [SIGN_IN_NEEDED]


def test_a_session_that_ends_while_its_window_waits_is_said_there(scene: Scene) -> None:
    scene.run(WindowSubmitted(ME, "secret"), CONNECTING, SESSION_OVER, open_window=True)
    assert scene.window.shown[-1] == "failure: Your Telex session has ended."
    assert (scene.said, len(scene.surface.opened)) == ([], 1)


def test_a_sign_in_that_ends_without_a_session_says_nothing_of_one(scene: Scene) -> None:
    scene.run(SIGNING_IN, SESSION_OVER)
    assert (scene.said, scene.surface.opened) == ([], [])


# --- news -------------------------------------------------------------------------------------------------------------


def test_news_are_notifications_and_counted(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(2))
    [toast] = scene.toasts.shown
    assert scene.surface.toasts == [toast]
    assert (toast.title, toast.unread) == ("General", 2)
    assert scene.surface.counts == [Counts(2, 0, 1)]
    assert scene.surface.troubles == []


def test_a_number_alone_reaches_the_icon_a_moment_later(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(2))
    before = len(scene.surface.faces)
    scene.now += SETTLE / 2
    scene.turn()
    assert len(scene.surface.faces) == before
    scene.now += SETTLE
    scene.turn()
    assert [(face.unread, face.status) for face in scene.surface.faces[before:]] == [
        (2, "Online: 1 organisation, 2 unread")
    ]


def test_what_was_read_takes_its_toast_away(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(1), news(0))
    assert [getattr(handle, "ident", handle) for handle in scene.toasts.closed] == ["General"]
    assert scene.surface.counts[-1] == Counts(0, 0, 0)


def test_the_past_is_summarised_when_its_channel_has_answered(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(3, How.CAUGHT_UP))
    assert scene.toasts.shown == []
    scene.turn(ChannelAnswered(CHANNEL))
    assert scene.toasts.shown == scene.surface.toasts == [wording.away_summary(3, 1, CHANNEL)]


def test_a_flood_is_summarised_when_its_time_has_come(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION)
    scene.turn(PublicationsReceived(CHANNEL, tuple(change(1, name) for name in "abcde"), How.LIVE))
    assert len(scene.toasts.shown) == 3
    scene.now += 60
    scene.turn()
    assert scene.toasts.shown[3:] == scene.surface.toasts[3:] == [wording.flood_summary(2, 2, CHANNEL)]


def test_after_lost_publications_the_next_count_is_news(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(3), news(3))
    assert len(scene.toasts.shown) == 1
    scene.turn(CountsUnknown(CHANNEL), news(2))
    assert len(scene.toasts.shown) == 2


def test_signing_out_forgets_news(scene: Scene) -> None:
    scene.turn(ONLINE, ONE_ORGANISATION, news(3), SIGNED_OUT)
    assert [getattr(handle, "ident", handle) for handle in scene.toasts.closed] == ["General"]
    assert scene.surface.counts[-1] == Counts(0, 0, 0)
    assert scene.surface.faces[-1].unread == 0


# --- troubles ---------------------------------------------------------------------------------------------------------


def test_a_trouble_is_told_without_a_toast(scene: Scene) -> None:
    trouble = Trouble("No connection to Telex", "The server refused the connection.")
    scene.run(trouble)
    assert (scene.surface.troubles, scene.toasts.shown) == ([trouble], [])


def test_a_trouble_after_the_password_is_said_in_the_window_too(scene: Scene) -> None:
    trouble = Trouble("No connection to Telex", "The server refused the connection.")
    scene.run(WindowSubmitted(ME, "secret"), CONNECTING, trouble, open_window=True)
    assert scene.window.shown[-1] == "The server refused the connection. Trying again…"
    assert scene.surface.troubles == [trouble]


def test_a_desktop_without_a_tray_is_said_once(scene: Scene) -> None:
    scene.turn(TrayMissing("GNOME lacks it"), TrayMissing(), TrayMissing())
    [(title, message)] = scene.said
    assert title == "No tray for the icon"
    assert message == (
        "GNOME lacks it. To sign in, click here, or start telex-start with --email NAME --password-stdin."
    )
    assert scene.toasts.on_screen == [title]
    scene.turn(TrayAppeared(), TrayMissing("again"))
    assert len(scene.said) == 1
    assert scene.toasts.on_screen == []


@pytest.mark.parametrize("state", [SIGNING_IN, ONLINE], ids=lambda event: event.state.value)
def test_who_is_signed_in_is_not_told_how_to_sign_in_without_a_tray(scene: Scene, state: StateChanged) -> None:
    scene.turn(state, TrayMissing("GNOME lacks it"))
    assert scene.said[0][1] == "GNOME lacks it. Notifications come all the same."


def test_a_click_on_the_word_about_the_missing_tray_signs_in(scene: Scene) -> None:
    scene.run(TrayMissing("GNOME lacks it"), ToastClicked(OWN_WORDS))
    assert [take_focus for _, take_focus, _ in scene.surface.opened] == [True]


def test_a_tray_that_goes_after_the_icon_was_shown_is_not_said(scene: Scene) -> None:
    scene.turn(TrayAppeared(), TrayMissing())
    assert scene.said == []


def test_a_failed_thread_is_said(scene: Scene) -> None:
    scene.turn(ThreadFailed("tray", "OSError"))
    assert scene.said == [("Telex Start had a problem", "Its tray part failed (OSError).")]


def test_toasts_that_fail_are_logged_and_are_no_reason_for_a_toast(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.turn(ToastFailed("no daemon answers"))
    assert (scene.toasts.shown, scene.surface.troubles) == ([], [])
    assert "toasts cannot be shown: no daemon answers" in caplog.text


def test_an_event_that_fails_is_said_without_its_text_and_the_next_is_handled(scene: Scene) -> None:
    scene.surface.fails_on = CONNECTING
    scene.turn(CONNECTING, ONLINE)
    assert scene.said == [("Telex Start had a problem", "ZeroDivisionError; the log tells more.")]
    assert scene.surface.states == [ONLINE]


def test_a_cause_that_goes_on_failing_is_told_once(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """There were 50 toasts for 50 events."""
    scene.surface.fails_on = CONNECTING
    scene.turn(*[CONNECTING] * 50)
    assert scene.said == [("Telex Start had a problem", "ZeroDivisionError; the log tells more.")]
    assert len([record for record in caplog.records if record.exc_info]) == 1
    assert len(caplog.records) == 50
    scene.surface.no_window = ZeroDivisionError()
    scene.run(SIGNED_OUT, MenuClicked(MenuItem.LOGIN))
    assert len(scene.said) == 2, "another cause"


@pytest.mark.parametrize("how", [How.LIVE, How.RECOVERED])
def test_a_publication_that_fails_costs_no_other_of_its_batch(
    scene: Scene, caplog: pytest.LogCaptureFixture, how: How
) -> None:
    scene.surface.fails_on = "B"
    scene.turn(ONLINE, ONE_ORGANISATION, ChannelAnswered(CHANNEL))
    scene.turn(PublicationsReceived(CHANNEL, tuple(change(1, name) for name in "ABC"), how))
    assert [toast.title for toast in scene.surface.toasts] == ["A", "C"]
    assert scene.surface.counts[-1].unread == 3
    assert scene.said == [("Telex Start had a problem", "ZeroDivisionError; the log tells more.")]
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_what_is_due_and_fails_is_tried_again_a_second_later_and_holds_up_nothing_else(scene: Scene) -> None:
    """It was due again at once: a loop without a pause."""
    faces: list[Face] = []

    def failing(face: Face) -> None:
        faces.append(face)
        raise ZeroDivisionError

    scene.turn(ONLINE, ONE_ORGANISATION, news(1))
    scene.surface.face = failing  # type: ignore[method-assign]
    scene.now += SELDOM
    scene.turn()
    scene.turn(*[ChannelAnswered(CHANNEL)] * 10)
    assert len(faces) == 1
    scene.turn(news(2))
    scene.now += SELDOM
    scene.turn()
    assert len(faces) == 2
    assert [title for title, _ in scene.said] == ["Telex Start had a problem"]


def test_not_even_a_surface_that_fails_to_say_so_ends_the_loop(scene: Scene) -> None:
    scene.surface.fails_on = Trouble
    scene.surface.no_window = ValueError("password=hunter2")
    assert scene.run(MenuClicked(MenuItem.LOGIN), ThreadFailed("tray", "OSError"), ONLINE) == 0
    assert [event.state for event in scene.surface.states] == [State.ONLINE, State.STOPPED]
    assert {title for title, _ in scene.said} == {"Telex Start had a problem"}


# --- help -------------------------------------------------------------------------------------------------------------


def test_doctor_and_about_open_windows_and_the_desktops_waiting_is_theirs_to_end(scene: Scene) -> None:
    scene.run(ONLINE, MenuClicked(MenuItem.DOCTOR, "token-1"), MenuClicked(MenuItem.ABOUT, "token-2"))
    status = {"status": "Online: 1 organisation", "muted": [], "web": "https://telex.im"}
    assert scene.help.asked_for == [("doctor", "token-1", {}), ("about", "token-2", status)]
    assert scene.surface.ended_startups == [""]  # that of Exit


def test_a_log_that_cannot_be_opened_is_said_with_where_it_is(scene: Scene) -> None:
    scene.run(MenuClicked(MenuItem.OPEN_LOG, "token"), LogNotOpened("/x/telex-start.log", "nothing here opens it"))
    assert scene.help.asked_for == [("log", "token", {})]
    said = scene.toasts.shown[-1]
    assert (said.title, said.body) == (
        "The log cannot be opened",
        "Nothing here opens it. It is /x/telex-start.log.",
    )


def test_a_window_that_cannot_be_shown_is_said_with_why(scene: Scene) -> None:
    scene.run(MenuClicked(MenuItem.DOCTOR), ChildEnded("doctor", "This window needs Tk."))
    assert (scene.toasts.shown[-1].title, scene.toasts.shown[-1].body) == (
        "No window for Doctor",
        "This window needs Tk.",
    )


# --- all of them ------------------------------------------------------------------------------------------------------

EXAMPLES: dict[type[Event], Event] = {
    type(event): event
    for event in (
        *(MenuClicked(MenuItem.LOGIN), IconClicked(), ToastClicked(OWN_WORDS), TrayAppeared(), TrayMissing(), ONLINE),
        *(ONE_ORGANISATION, news(1), ChannelAnswered(CHANNEL), CountsUnknown(CHANNEL), Trouble("title", "message")),
        *(SignInFailed("title", "message", SignInFailure.TELEX), WindowSubmitted(ME, "secret"), WindowClosed()),
        *(SecondStart(Request.OPEN), SignalReceived(15), MachineWoke(), MainAppAnswered("title", "message")),
        *(MainAppDone(), Notice("title", "message"), ToastFailed("message"), ThreadFailed("tray", "OSError")),
        *(SignedIn("user", ("ada", ME)), LookUpBegan(CHANNEL), UnreadLookedUp(CHANNEL), SlugLookedUp(CHANNEL, "nw")),
        UnreadSection(CHANNEL, "channels_section", ({"channels_id": "General", "thread_count": 1},), whole=True),
        *(SettingsLookedUp(CHANNEL, frozenset({"General"}), "mentions", ""), ProfileLookedUp(True, "Europe/Berlin")),
        *(MarkAsReadFailed("General", "Telex refused it.", GENERAL), MarkedAsRead(GENERAL)),
        *(ChildSaid("preferences", {"saved": True}), ChildEnded("preferences"), LogNotOpened("", "there is none")),
        *(
            MenuOpened(),
            IconMiddleClicked(),
            UnreadClicked(GENERAL),
            MuteChosen(GENERAL, MuteFor.HOUR),
            FrontLookedAt(True),
        ),
    )
}


def test_there_is_an_example_of_every_event() -> None:
    assert set(EXAMPLES) == set(Event.__subclasses__())


@pytest.mark.parametrize(
    "state", [SIGNED_OUT, SIGNING_IN, ONLINE, RECONNECTING, SESSION_OVER], ids=lambda event: event.state.value
)
@pytest.mark.parametrize("event", EXAMPLES.values(), ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("open_window", [False, True], ids=["no window", "window"])
def test_no_event_is_unexpected(
    scene: Scene, state: StateChanged, event: Event, open_window: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert scene.run(state, event, open_window=open_window) == 0
    for thread in main_app_threads():
        thread.join(10)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("item", MenuItem, ids=lambda item: item.name)
@pytest.mark.parametrize(
    "state", [SIGNED_OUT, SIGNING_IN, ONLINE, RECONNECTING, SESSION_OVER], ids=lambda event: event.state.value
)
def test_no_menu_item_is_unexpected(
    scene: Scene, state: StateChanged, item: MenuItem, caplog: pytest.LogCaptureFixture
) -> None:
    assert scene.run(state, MenuClicked(item)) == 0
    for thread in main_app_threads():
        thread.join(10)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("exits_at", [None, 2], ids=["all", "not after Exit"])
def test_what_came_together_is_taken_before_it_is_looked_what_is_due(exits_at: int | None) -> None:
    """Of ten messages that a stream brought at once, each was followed by a look at all that may be due."""
    app = App.__new__(App)
    taken: list[Event] = []
    looked_after: list[int] = []

    def take(event: Event) -> None:
        taken.append(event)
        app._exit_code = 0 if len(taken) == exits_at else None

    events = DispatchQueue()
    for number in range(10):
        events.put(UnreadLookedUp(str(number)))
    app.__dict__.update(_events=events, _exit_code=None, _sign_in=Mock(wants_window=False))
    app.__dict__.update(_due_in=lambda: None, _handle=take, _tick=lambda: looked_after.append(len(taken)))
    app._wait()
    assert looked_after == [exits_at or 10]
    assert taken == [UnreadLookedUp(str(number)) for number in range(exits_at or 10)]
