"""The App: the loop on the main thread that takes each event from the queue and decides what follows from it.

The loop waits without a time-out while nothing is due. While the login window is open Tk's loop runs instead, and calls
:meth:`App.turn` when something has come or is due.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty

from .. import clock
from ..config import Config
from ..errors import EXIT_FAILED
from ..events import (
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
    StateChanged,
    ThreadFailed,
    ToastClicked,
    ToastFailed,
    TrayAppeared,
    TrayMissing,
    Trouble,
    UnreadClicked,
)
from ..face import Face
from ..menu import MenuItem, Request
from ..news import wording
from ..news.due import soonest
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
from .renewal import Renewal
from .settings_desk import SettingsDesk, Unchanging
from .sign_in_desk import SignInDesk

log = logging.getLogger(__name__)

SESSION_WITHIN = 1.0
"""Seconds that Exit waits for the session thread."""
_IN_A_ROW = 500
"""Events that came together and are taken, at most, before it is looked what is due."""
_AFTER_FAILURE = 1.0
"""Seconds after which what was due and failed unexpectedly is tried again."""


class App:
    """The main thread's work: owns the desks, asks them in turn, and commands session and desktop."""

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
        self._icon_seen = False
        self._exit_code: int | None = None
        self._last_words = ""
        self._quiet = QuietDesk(
            config,
            memory or NoMemory(),
            self._quiet_changed,
            cannot_keep=self._cannot_keep,
            now=now,
            client_in_front=self._client_in_front,
        )
        self._own = OwnWords(surface, toasts, lambda: self._quiet.quiet.is_quiet(self._now()))
        self._sign_in = SignInDesk(
            config, surface, self._own, events, self._quiet, send=self._send, end=self._quit, now=now
        )
        self._settings = SettingsDesk(config, settings or Unchanging(config), self._own, [self._configure])
        self._failures = Failures()
        self._due_not_before = float("-inf")
        self._news = NewsDesk(
            config,
            surface,
            toasts,
            self._main_app,
            self._send,
            self._counts_changed,
            events.put,
            self._quiet.quiet,
            now,
        )
        self._quiet.name_of = self._news.notifier.name_of
        self._preferences = PreferencesDesk(
            preferences,
            self._news.notifier.known_organisations,
            lambda: self._quiet.silence(self._now()).muted,
            self._own,
            events.put,
        )
        self._renewal = Renewal(self._sign_in.session, surface.renew_every, self._news.notifier.recent)
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
        try:
            self._begin(sign_in, open_window, at_login)
            while self._exit_code is None:
                if self._sign_in.wants_window:
                    self._run_window()
                else:
                    self._wait()
            return self._exit_code
        finally:
            if not self._session.stop(SESSION_WITHIN):
                log.warning("thread session is still running")
            self._show_stopped()

    def _show_stopped(self) -> None:
        last = self._sign_in.session
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
            self._handle_more()
        self._tick()

    def _handle_more(self) -> None:
        """What came along with an event is taken before it is looked what is due."""
        for _ in range(_IN_A_ROW):
            if self._exit_code is not None or self._sign_in.wants_window or self._events.empty():
                return
            self._handle(self._events.get_nowait())

    def _due_in(self) -> float | None:
        due = soonest(self._quiet.deadline(), self._news.deadline(), self._renewal.deadline(), self._sign_in.deadline())
        return max(0.0, max(due, self._due_not_before) - self._now()) if due is not None else None

    def _tick(self) -> None:
        now = self._now()
        if now < self._due_not_before:
            return
        for tick in (self._quiet.tick, self._news.tick, self._tick_face, self._sign_in.tick):
            try:
                tick(now)
            except Exception as error:
                self._unexpected(error)
                self._due_not_before = now + _AFTER_FAILURE  # it may still be due

    def _tick_face(self, now: float) -> None:
        self._renew(self._renewal.tick(now))

    def _begin(self, sign_in: list[SignIn], open_window: bool, at_login: bool) -> None:
        self._quiet.begin()
        if self._quiet.problem:
            what = "has forgotten" if self._quiet.has_read else "cannot read"
            self._own.say(wording.said(f"Telex Start {what} a setting", self._quiet.problem), needs_person=False)
        self._sign_in.begin(sign_in, open_window, at_login)

    def _send(self, command: Command) -> None:
        assert self._session is not None
        self._session.send(command)

    def _quit(self, code: int, why: str = "") -> None:
        self._last_words = why
        self._exit_code = code
        self._sign_in.close_window()

    def _run_window(self) -> None:
        try:
            self._sign_in.run_window(self.turn)
        except Exception as error:
            self._unexpected(error)

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
            if isinstance(event, ProfileLookedUp | OrganisationsChanged):
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
                self._news.recent.clicked(event, now) if self._sign_in.signed_in else self._open(event.token)
            case MarkedAsRead() | MarkAsReadFailed():
                self._say(self._news.recent.answered(event))
            case SecondStart():
                self._second_start(event.request)
            case SignalReceived():
                self._quit(0)
            case Trouble():
                self._surface.trouble(event)
                self._sign_in.trouble(event)
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
        elif request is Request.LOGIN and self._sign_in.session.sign_in_again:
            self._sign_in.login_chosen()
        else:
            self._open()

    def _taken_at_a_desk(self, event: Event, now: float) -> bool:
        """Whether it was a matter of a desk alone."""
        if self._settings.handle(event) or self._quiet.handle(event, now):
            self._surface.end_startup(getattr(event, "token", ""))
            return True
        # A window ends the startup when it is there.
        return self._preferences.handle(event) or self._help.handle(event) or self._sign_in.handle(event)

    def _say(self, toast: Toast | None) -> None:
        if toast is not None:
            self._own.say(toast)

    def _tray_appeared(self) -> None:
        self._icon_seen = True
        self._own.take_back(wording.TRAY)
        self._sign_in.tray_appeared()

    def _tray_missing(self, event: TrayMissing) -> None:
        # Once: a panel that restarts later is no news.
        if not self._icon_seen:
            self._icon_seen = True
            nobody = self._sign_in.session.state in (State.SIGNED_OUT, State.SIGN_IN_NEEDED)
            self._own.say(wording.no_tray(event.missing, signed_in=not nobody), needs_person=nobody)

    def _menu(self, item: MenuItem, token: str) -> None:
        if item is MenuItem.OPEN_MAIN_APP:
            self._open_main_app(token)
            return
        self._surface.end_startup(token)
        match item:
            case MenuItem.LOGIN:
                self._sign_in.login_chosen()
            case MenuItem.CLOSE_MAIN_APP:
                self._main_app.close()
            case MenuItem.MARK_ALL_AS_READ:
                if self._sign_in.signed_in:
                    self._say(self._news.recent.mark_all_as_read())
                else:
                    self._sign_in.clicked()
            case MenuItem.TEST_NOTIFICATIONS:
                self._news.show(wording.SAMPLE)
            case MenuItem.SIGN_OUT:
                self._sign_in.sign_out()
            case MenuItem.RECONNECT_NOW:
                self._send(ReconnectNow())
            case MenuItem.EXIT:
                self._quit(0)

    def _open(self, token: str = "") -> None:
        """What a click on the icon or a toast, or a second start, asks for."""
        if self._sign_in.signed_in:
            self._open_main_app(token)
            return
        self._surface.end_startup(token)
        self._sign_in.clicked()

    def _toast_clicked(self, event: ToastClicked, now: float) -> None:
        if event.toast.place is None or not self._sign_in.signed_in:
            self._open(event.token)
        else:
            self._news.clicked(event, now)

    def _open_main_app(self, token: str) -> None:
        if not self._main_app.open(token):
            self._surface.end_startup(token)

    def _state_changed(self, event: StateChanged, now: float) -> None:
        before = self._sign_in.session
        self._sign_in.state(event)
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
        self._sign_in.follow()

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
        if self._sign_in.session.left_out:
            self._name_unread()
        self._surface.unread(counts)
        self._renew(self._renewal.change(self._now(), unread=counts.unread))

    def _configure(self, config: Config) -> None:
        self._toasts.configure(config)
        self._news.configure(config)
        self._news.notifier.configure(config, self._now())
        self._quiet.configure(config)
        self._sign_in.configure(config)

    def _client_in_front(self) -> bool:
        return self._news.client_in_front()

    def _quiet_changed(self, now: float) -> None:
        self._news.notifier.quiet_changed(now)
        self._own.quiet_changed()
        paused = self._news.notifier.paused
        self._renew(self._renewal.change(now, paused=paused, silence=self._quiet.silence(now)))

    def _cannot_keep(self, why: str) -> None:
        words = f"It holds until Telex Start ends, but cannot be kept over a restart: {why}."
        self._own.say(wording.said("What is paused and muted is not saved", words))

    def _renew(self, face: Face | None) -> None:
        if face is not None:
            self._surface.face(face)
