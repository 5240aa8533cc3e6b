"""The App: the loop on the main thread that takes each event from the queue and decides what follows from it.

The loop waits without a time-out while nothing is due. While the login window is open Tk's loop runs instead, and calls
:meth:`App.turn` when something has come or is due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty
from typing import TYPE_CHECKING

from .. import clock
from ..config import Config, other_name
from ..errors import NobodyToAsk, TelexStartError
from ..events import (
    CancelSignIn,
    Command,
    Event,
    IconClicked,
    MachineWoke,
    MainAppAnswered,
    MainAppDone,
    MarkAsReadFailed,
    MarkedAsRead,
    MenuClicked,
    Notice,
    OrganisationsChanged,
    ProfileLookedUp,
    ReconnectNow,
    SecondStart,
    SignalReceived,
    SignIn,
    SignInFailed,
    SignInFailure,
    SignOut,
    StateChanged,
    ThreadFailed,
    ToastClicked,
    ToastFailed,
    TrayAppeared,
    TrayMissing,
    Trouble,
    UnreadClicked,
    WindowClosed,
    WindowSubmitted,
)
from ..face import Face
from ..menu import MenuItem, Request
from ..news import wording
from ..news.unread import Counts
from ..states import SIGNED_IN, State
from ..toast import Toast
from .failures import Failures
from .help_desk import HelpDesk
from .main_app_calls import MainAppCalls
from .news_desk import NewsDesk
from .own_words import OwnWords
from .ports import EventQueue, HelpPort, MainApp, Memory, Preferences, SessionPort, Settings, Surface, ToastsPort
from .preferences_desk import PreferencesDesk
from .quiet_desk import NoMemory, QuietDesk
from .remembered_email import RememberedEmail
from .renewal import Renewal
from .settings_desk import SettingsDesk, Unchanging
from .signing_in import SignInDialogue, sentence

if TYPE_CHECKING:
    from .at_login import AtLogin

log = logging.getLogger(__name__)

EXIT_FAILED = 1
"""An error that nobody expected."""
EXIT_REFUSED = 3
"""Credentials were refused, or the session ended, and nobody can be asked."""
SESSION_WITHIN = 1.0
"""Seconds that Exit waits for the session thread."""
_AFTER_FAILURE = 1.0
"""Seconds after which what was due and failed unexpectedly is tried again."""


_ON = SIGNED_IN | {State.SIGNING_IN}
"""The states that Cancel and Sign Out put an end to."""


class App:
    """The main thread's work: owns the notifier and the sign-in dialogue, and commands the session and the desktop."""

    def __init__(
        self,
        *,
        config: Config,
        events: EventQueue,
        surface: Surface,
        toasts: ToastsPort,
        main_app: MainApp,
        make_help: Callable[[], HelpPort],
        make_session: Callable[[], SessionPort],
        settings: Settings | None = None,
        memory: Memory | None = None,
        preferences: Preferences | None = None,
        now: Callable[[], float] = clock.now,
    ) -> None:
        """
        Args:
            surface: Started by the caller, and stopped after :meth:`run`.
            make_help: Called when something of the menu's Help is first asked for.
            make_session: Called by :meth:`run`; it imports the network's modules.
            settings: Where the configuration comes from; ``None``: it never changes.
            preferences: The preferences window; ``None`` where there can be none.
            memory: Keeps what is paused and muted from one start to the next; ``None``: nothing does.
            now: The time, in seconds on a clock that counts the machine's sleep.
        """
        self._events = events
        self._surface = surface
        self._toasts = toasts
        self._main_app = MainAppCalls(main_app, events.put)
        self._make_session = make_session
        self._now = now
        self._session: SessionPort | None = None
        self._last_state = StateChanged(State.SIGNED_OUT)
        self._email = config.email or ""
        self._other_name = other_name(config.api_url)
        self._dialogue: SignInDialogue | None = None
        self._wanted_window: tuple[bool, str, Toast | None] | None = None
        self._leaving = False
        """The person has cancelled or signed out, and the session has not said yet that it is over."""
        self._hint_with_icon: Toast | None = None
        self._at_login: AtLogin | None = None
        self._icon_seen = False
        self._exit_code: int | None = None
        self._last_words = ""
        self._quiet = QuietDesk(
            config,
            memory or NoMemory(),
            self._quiet_changed,
            now=now,
            client_in_front=lambda: self._news.client_in_front(),  # noqa: PLW0108  # the news desk comes below
        )
        self._remembered_email = RememberedEmail(config, self._quiet)
        self._own = OwnWords(surface, toasts, lambda: self._quiet.quiet.is_quiet(self._now()))
        self._settings = SettingsDesk(config, settings or Unchanging(config), self._own, [self._configure])
        self._failures = Failures()
        self._due_not_before = float("-inf")
        self._news = NewsDesk(
            config, surface, toasts, self._main_app, self._send, self._counts_changed, events.put, self._quiet.quiet
        )
        self._quiet.name_of = self._news.notifier.name_of
        self._preferences = PreferencesDesk(
            preferences,
            self._news.notifier.known_organisations,
            lambda: self._quiet.silence(self._now()).muted,
            self._own,
            events.put,
        )
        self._renewal = Renewal(self._last_state, surface.renew_every, self._news.notifier.recent)
        self._help = HelpDesk(make_help, config.web_url, lambda: self._renewal.shown, self._own)

    @property
    def last_words(self) -> str:
        """Why the program ends with a code other than 0; one line."""
        return self._last_words

    def run(self, sign_in: list[SignIn], open_window: bool, at_login: bool = False) -> int:
        """Run until Exit.

        Args:
            sign_in: Empty, or the credentials given at the start, which are taken out.
            open_window: Open the login window at once.
            at_login: The desktop has started the program at log-in.

        Returns:
            The exit code.
        """
        self._session = self._make_session()
        self._session.start()
        try:
            self._begin(sign_in, open_window, at_login)
            while self._exit_code is None:
                if self._wanted_window is not None:
                    self._run_window(*self._wanted_window)
                else:
                    self._wait()
            return self._exit_code
        finally:
            if not self._session.stop(SESSION_WITHIN):
                log.warning("thread session is still running")
            self._show_stopped()

    def _show_stopped(self) -> None:
        last = self._last_state
        while not self._events.empty():
            event = self._events.get_nowait()
            if isinstance(event, StateChanged):
                last = event
        if last.state is not State.STOPPED:
            last = StateChanged(State.STOPPED)  # the session thread hangs in a call that Exit does not wait for
        self._surface.state(last)

    def turn(self) -> float | None:
        """Handle what has come and what is due, without waiting; Tk's loop calls it.

        Returns:
            In how many seconds something is due; ``None`` where nothing is.
        """
        while self._exit_code is None:
            try:
                event = self._events.get_nowait()
            except Empty:
                break
            self._handle(event)
        self._tick()
        return self._due_in()

    def _wait(self) -> None:
        try:
            event = self._events.get(timeout=self._due_in())
        except Empty:
            pass
        else:
            self._handle(event)
        self._tick()

    def _due_in(self) -> float | None:
        parts = (self._quiet, self._news, self._renewal, self._dialogue, self._at_login)
        times = [time for part in parts if part is not None and (time := part.deadline()) is not None]
        return max(0.0, max(min(times), self._due_not_before) - self._now()) if times else None

    def _tick(self) -> None:
        now = self._now()
        if now < self._due_not_before:
            return
        for tick in (self._quiet.tick, self._news.tick, self._tick_face, self._tick_dialogue, self._tick_at_login):
            try:
                tick(now)
            except Exception as error:
                self._unexpected(error)
                self._due_not_before = now + _AFTER_FAILURE  # it may still be due

    def _tick_face(self, now: float) -> None:
        self._renew(self._renewal.tick(now))

    def _tick_dialogue(self, now: float) -> None:
        if self._dialogue is not None:
            self._dialogue.tick(now)

    def _tick_at_login(self, now: float) -> None:
        if self._at_login is not None:
            self._at_login.tick(now)

    def _begin(self, sign_in: list[SignIn], open_window: bool, at_login: bool) -> None:
        self._quiet.begin()
        if self._quiet.problem:
            self._own.say(wording.said("Telex Start has forgotten a setting", self._quiet.problem), needs_person=False)
        if sign_in:
            self._email = sign_in[0].email
            self._send(sign_in.pop())
        elif open_window:
            self._wanted_window = (True, "", None)
        elif at_login and self._surface.opens_windows:
            from .at_login import AtLogin

            self._at_login = AtLogin(self._now(), self._open_at_login)
        else:
            self._ask_or_hint("")

    def _ask_or_hint(self, why: str) -> None:
        """Nobody is signed in: ask on the terminal, or say how to sign in, once the icon is there.

        Args:
            why: Why nobody is signed in any more; empty at the start.
        """
        try:
            sign_in = self._surface.ask(self._email)
        except KeyboardInterrupt:
            self._quit(0)
            return
        except NobodyToAsk as nobody:
            self._quit(EXIT_REFUSED, why or nobody.message)
            return
        if sign_in is not None:
            self._email = sign_in.email
            self._send(sign_in)
        elif not why:
            self._hint_with_icon = wording.SIGNED_OUT

    def _send(self, command: Command) -> None:
        assert self._session is not None
        self._session.send(command)

    def _quit(self, code: int, why: str = "") -> None:
        self._last_words = why
        self._exit_code = code
        if self._dialogue is not None:
            self._dialogue.close()

    # --- the window -------------------------------------------------------------------------------------------------

    def _run_window(self, take_focus: bool, message: str, otherwise: Toast | None) -> None:
        self._wanted_window = self._at_login = None
        try:
            may_open = take_focus or self._surface.may_open_unasked()
            email = self._email or self._remembered_email.email
            window = self._surface.open_window(email, take_focus, message) if may_open else None
            if window is None:
                if otherwise is not None:
                    self._own.say(otherwise)
            else:
                self._own.take_back(wording.SIGNING_IN)  # the window says it, and is not to be covered
                self._dialogue = SignInDialogue(window, self._now, self._other_name)
                self._events.wake_by(window.wake)
                window.run(self.turn)
        except TelexStartError as error:
            log.warning("%s: %s", error.title, error.message)
            title = error.title if otherwise is None else otherwise.title
            self._own.say(wording.said(title, error.message, key=wording.SIGNING_IN))
        except Exception as error:
            self._unexpected(error)
        finally:
            self._events.wake_by(None)
            self._dialogue = None

    def _want_window(self, take_focus: bool, message: str = "", otherwise: Toast | None = None) -> None:
        """Open the login window on the next turn of the loop, or bring it forward where it is open.

        Args:
            otherwise: What is said where none can be opened now.
        """
        if self._dialogue is not None and self._dialogue.succeeded:
            self._dialogue.close()  # it would go in a moment, and the person would have asked in vain
        if self._dialogue is not None and not self._dialogue.closing:
            if take_focus:
                self._dialogue.come_forward()
        else:
            self._wanted_window = (take_focus, message, otherwise)

    def _offer_window(self, message: str, otherwise: Toast) -> None:
        """Open the login window without being asked to, or else say that it is needed; not on a terminal."""
        if self._surface.opens_windows:
            self._want_window(take_focus=False, message=message, otherwise=otherwise)

    def _open_at_login(self) -> None:
        if self._last_state.state is State.SIGNED_OUT:
            self._offer_window("", wording.SIGNED_OUT_BY_CLICK)

    # --- events -----------------------------------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        try:
            self._handle_one(event)
        except Exception as error:
            self._unexpected(error)

    def _unexpected(self, error: Exception) -> None:
        """One failing event never ends the loop, and a cause that goes on failing is told once."""
        if not self._failures.log(error):
            return
        try:
            words = wording.said("Telex Start had a problem", f"{type(error).__name__}; the log tells more.")
            self._own.say(words, needs_person=False)
        except Exception as another:
            log.error("unexpected error, which could not be shown", exc_info=another)

    def _handle_one(self, event: Event) -> None:
        now = self._now()
        if self._news.handle(event, now):
            if isinstance(event, ProfileLookedUp):
                self._renew(self._renewal.change(now, paused=self._news.notifier.paused))
            if isinstance(event, OrganisationsChanged):
                self._settings.organisations(event.organisations)
            self._renew(self._renewal.change(now))  # for what is recent
            return
        if self._taken_at_a_desk(event, now):
            return
        match event:
            case StateChanged():
                self._state_changed(event, now)
            case MenuClicked():
                self._menu(event.item, event.token)
            case IconClicked():
                self._open(event.token)
            case ToastClicked():
                self._toast_clicked(event, now)
            case UnreadClicked():
                self._news.recent.clicked(event, now) if self._signed_in else self._open(event.token)
            case MarkedAsRead() | MarkAsReadFailed():
                self._say(self._news.recent.answered(event))
            case SecondStart():
                self._second_start(event.request)
            case SignalReceived():
                self._quit(0)
            case WindowSubmitted():
                self._submitted(event)
            case WindowClosed():
                self._window_closed()
            case SignInFailed():
                self._sign_in_failed(event)
            case Trouble():
                self._trouble(event)
            case Notice():
                self._own.say(wording.said(event.title, event.message), needs_person=event.needs_person)
            case MachineWoke():
                self._send(ReconnectNow())
            case MainAppAnswered():
                self._main_app.done()
                self._own.say(wording.said(event.title, event.message))
            case MainAppDone():
                self._main_app.done()
            case TrayAppeared():
                self._tray_appeared()
            case TrayMissing():
                self._tray_missing(event)
            case ToastFailed():
                log.warning("toasts cannot be shown: %s", event.message)
            case ThreadFailed():
                words = wording.said("Telex Start had a problem", f"Its {event.thread} part failed ({event.error}).")
                self._own.say(words, needs_person=False)

    def _second_start(self, request: Request) -> None:
        if request is Request.EXIT:
            self._quit(0)
        elif request is Request.LOGIN and self._last_state.sign_in_again:
            self._want_window(take_focus=True)
        else:
            self._open()

    def _taken_at_a_desk(self, event: Event, now: float) -> bool:
        """Whether it was a matter of a desk alone."""
        if self._settings.handle(event) or self._quiet.handle(event, now):
            self._surface.end_startup(getattr(event, "token", ""))
            return True
        return self._preferences.handle(event) or self._help.handle(event)  # a window ends it when it is there

    def _say(self, toast: Toast | None) -> None:
        if toast is not None:
            self._own.say(toast)

    def _trouble(self, event: Trouble) -> None:
        self._surface.trouble(event)
        if self._dialogue is not None:
            self._dialogue.trouble(event)

    def _tray_appeared(self) -> None:
        self._icon_seen = True
        self._own.take_back(wording.TRAY)
        if self._at_login is not None:
            self._at_login.tray_appeared()
        if self._last_state.state is State.SIGNED_OUT and self._hint_with_icon is not None:
            self._own.say(self._hint_with_icon)
        self._hint_with_icon = None

    def _tray_missing(self, event: TrayMissing) -> None:
        # Once: a panel that restarts later is no news.
        if not self._icon_seen:
            self._icon_seen = True
            nobody = self._last_state.state in (State.SIGNED_OUT, State.SIGN_IN_NEEDED)
            self._own.say(wording.no_tray(event.missing, signed_in=not nobody), needs_person=nobody)

    def _menu(self, item: MenuItem, token: str) -> None:
        if item is MenuItem.OPEN_MAIN_APP:
            self._open_main_app(token)
            return
        self._surface.end_startup(token)
        match item:
            case MenuItem.LOGIN:
                if not self._signed_in or self._last_state.sign_in_again:
                    self._want_window(take_focus=True)
            case MenuItem.CLOSE_MAIN_APP:
                self._main_app.close()
            case MenuItem.MARK_ALL_AS_READ:
                self._say(self._news.recent.mark_all_as_read() if self._signed_in else None)
            case MenuItem.TEST_NOTIFICATIONS:
                self._news.show(wording.SAMPLE)
            case MenuItem.SIGN_OUT:
                self._sign_out()
            case MenuItem.RECONNECT_NOW:
                self._send(ReconnectNow())
            case MenuItem.EXIT:
                self._quit(0)

    def _open(self, token: str = "") -> None:
        """What a click on the icon or a toast, or a second start, asks for."""
        if self._signed_in:
            self._open_main_app(token)
            return
        self._surface.end_startup(token)
        if self._last_state.state is not State.SIGNING_IN or self._dialogue is not None or self._leaving:
            self._want_window(take_focus=True)

    def _toast_clicked(self, event: ToastClicked, now: float) -> None:
        if event.toast.place is None or not self._signed_in:
            self._open(event.token)
        else:
            self._news.clicked(event, now)

    def _open_main_app(self, token: str) -> None:
        if not self._main_app.open(token):
            self._surface.end_startup(token)

    @property
    def _signed_in(self) -> bool:
        return self._last_state.state in SIGNED_IN and not self._leaving

    def _leave(self, command: CancelSignIn | SignOut) -> None:
        """End the session, or the sign-in. What the session still tells of it is no news to the person."""
        under_way = self._dialogue is not None and self._dialogue.under_way
        self._leaving = self._leaving or under_way or self._last_state.state in _ON
        self._remembered_email.submitted("")
        self._send(command)

    def _sign_out(self) -> None:
        self._email = ""
        self._remembered_email.forget()
        self._leave(SignOut())
        if self._dialogue is not None and (self._dialogue.under_way or self._dialogue.succeeded):
            self._dialogue.close()

    def _submitted(self, event: WindowSubmitted) -> None:
        if self._dialogue is not None:
            if self._dialogue.under_way:
                return  # it has adopted another sign-in in the meantime
            self._dialogue.submitted(self._signed_in)
        self._email = event.email
        self._remembered_email.submitted(event.email)
        self._send(SignIn(event.email, event.password))

    def _window_closed(self) -> None:
        if self._dialogue is not None and not self._dialogue.closing:
            if self._dialogue.under_way:
                self._leave(CancelSignIn())
            self._dialogue.close()

    def _sign_in_failed(self, event: SignInFailed) -> None:
        if self._leaving:
            return
        self._remembered_email.submitted("")
        if self._dialogue is not None:
            self._dialogue.failed(event)
            return
        words = sentence(event, self._other_name)
        self._surface.trouble(Trouble(event.title, words))
        self._ask_or_hint(f"signing in was refused: {words}")
        if event.kind in (SignInFailure.CREDENTIALS, SignInFailure.FORM, SignInFailure.REFUSED):
            self._offer_window(words, wording.said(event.title, words, key=wording.SIGNING_IN))

    def _state_changed(self, event: StateChanged, now: float) -> None:
        before, self._last_state = self._last_state, event
        if event.state is not before.state:
            self._own.take_back(wording.SIGNING_IN)
        left, self._leaving = self._leaving, self._leaving and event.state in _ON
        if event.state is State.STOPPED and self._exit_code is None:
            self._session_died()
        if event.state is State.SIGNED_OUT:
            self._news.clear()
        elif event.state not in SIGNED_IN:
            self._news.recent.clear()
        if event.left_out > before.left_out:
            self._name_unread()
        self._surface.state(event)
        self._renew(self._renewal.change(now, session=event, paused=self._news.notifier.paused))
        if left:
            return
        if event.state in SIGNED_IN and before.state not in SIGNED_IN:
            self._wanted_window = self._at_login = None
            self._remembered_email.accepted()
            if self._dialogue is not None:
                self._dialogue.adopt()
        if self._dialogue is not None:
            self._dialogue.state(event)
        if event.state is State.SIGN_IN_NEEDED and before.state in SIGNED_IN:
            self._session_over(event)

    def _session_over(self, event: StateChanged) -> None:
        """The session has ended under way: the person is needed."""
        if self._dialogue is not None and self._dialogue.under_way:
            self._dialogue.session_ended(event.reason or "Your Telex session has ended. Please sign in again.")
            return
        if not self._surface.opens_windows:
            self._own.say(wording.SIGN_IN_NEEDED)
            self._ask_or_hint(f"the session has ended: {event.reason}")
        self._offer_window("Your Telex session has ended. Please sign in again.", wording.SIGN_IN_BY_CLICK)

    def _session_died(self) -> None:
        """The session thread has ended, and nobody has asked it to: without it this program is of no use."""
        why = "the part that talks to Telex failed twice; the log tells more"
        self._own.say(wording.said("Telex Start has ended", f"No notifications come any more: {why}.", key=""))
        self._quit(EXIT_FAILED, why)

    def _name_unread(self) -> None:
        """Not all organisations have room on a connection: those with unread messages go first on the next one."""
        if self._session is not None:
            self._session.prefer(self._news.notifier.unread_channels())

    def _counts_changed(self, counts: Counts) -> None:
        if self._last_state.left_out:
            self._name_unread()
        self._surface.unread(counts)
        self._renew(self._renewal.change(self._now(), unread=counts.unread))

    def _configure(self, config: Config) -> None:
        self._toasts.configure(config)
        self._news.configure(config)
        self._news.notifier.configure(config, self._now())
        self._quiet.configure(config)
        self._remembered_email.configure(config)

    def _quiet_changed(self, now: float) -> None:
        self._news.notifier.quiet_changed(now)
        self._own.quiet_changed()
        paused = self._news.notifier.paused
        self._renew(self._renewal.change(now, paused=paused, silence=self._quiet.silence(now)))

    def _renew(self, face: Face | None) -> None:
        if face is not None:
            self._surface.face(face)
