"""The App: the loop on the main thread that takes each event from the queue and decides what follows from it.

The loop waits without a time-out while nothing is due. While the login window is open Tk's loop runs instead, and calls
:meth:`App.turn` when something has come or is due.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import Empty

from .. import clock
from ..config import Config
from ..errors import NobodyToAsk, TelexStartError
from ..events import (
    CancelSignIn,
    ChannelAnswered,
    Command,
    CountsUnknown,
    Event,
    IconClicked,
    MachineWoke,
    MainAppAnswered,
    MainAppDone,
    MenuClicked,
    OrganisationsChanged,
    PublicationsReceived,
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
    WindowClosed,
    WindowSubmitted,
)
from ..menu import MenuItem, Request
from ..news import wording
from ..news.notifier import Notifier
from ..news.toast import Conversation, Toast
from ..news.unread import Counts
from ..states import SIGNED_IN, State
from .ports import EventQueue, MainApp, SessionPort, Surface, ToastsPort
from .renewal import Renewal
from .signing_in import SignInDialogue, sentence

log = logging.getLogger(__name__)

EXIT_REFUSED = 3
"""Credentials were refused, or the session ended, and nobody can be asked."""
SESSION_WITHIN = 1.0
"""Seconds that Exit waits for the session thread."""


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
        make_session: Callable[[], SessionPort],
        now: Callable[[], float] = clock.now,
    ) -> None:
        """
        Args:
            surface: Started by the caller, and stopped after :meth:`run`.
            make_session: Called by :meth:`run`; it imports the network's modules.
            now: The time, in seconds on a clock that counts the machine's sleep.
        """
        self._events = events
        self._surface = surface
        self._toasts = toasts
        self._main_app = main_app
        self._make_session = make_session
        self._now = now
        self._session: SessionPort | None = None
        self._last_state = StateChanged(State.SIGNED_OUT)
        self._renewal = Renewal(self._last_state, surface.renew_every)
        self._email = config.email or ""
        self._dialogue: SignInDialogue | None = None
        self._wanted_window: tuple[bool, str] | None = None
        self._main_app_busy = False
        self._hint_with_icon: Toast | None = None
        self._icon_seen = False
        self._exit_code: int | None = None
        self._last_words = ""
        self._notifier = Notifier(config.notification_types, self._show, self._counts_changed, self._close_toast)

    @property
    def last_words(self) -> str:
        """Why the program ends with a code other than 0; one line."""
        return self._last_words

    def run(self, sign_in: list[SignIn], open_window: bool) -> int:
        """Run until Exit.

        Args:
            sign_in: Empty, or the credentials given at the start, which are taken out.
            open_window: Open the login window at once.

        Returns:
            The exit code.
        """
        self._session = self._make_session()
        self._session.start()
        try:
            self._begin(sign_in, open_window)
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
        parts = (self._notifier, self._renewal, self._dialogue)
        times = [time for part in parts if part is not None and (time := part.deadline()) is not None]
        return max(0.0, min(times) - self._now()) if times else None

    def _tick(self) -> None:
        now = self._now()
        try:
            self._notifier.tick(now)
            if (face := self._renewal.tick(now)) is not None:
                self._surface.face(face)
            if self._dialogue is not None:
                self._dialogue.tick(now)
        except Exception as error:
            self._unexpected(error)

    def _begin(self, sign_in: list[SignIn], open_window: bool) -> None:
        if sign_in:
            self._email = sign_in[0].email
            self._send(sign_in.pop())
        elif open_window:
            self._wanted_window = (True, "")
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

    def _run_window(self, take_focus: bool, message: str) -> None:
        self._wanted_window = None
        try:
            window = self._surface.open_window(self._email, take_focus, message)
            if window is not None:
                self._dialogue = SignInDialogue(window, self._now)
                self._events.wake_by(window.wake)
                window.run(self.turn)
        except TelexStartError as error:
            log.warning("%s: %s", error.title, error.message)
            self._say(wording.said(error.title, error.message))
        except Exception as error:
            self._unexpected(error)
        finally:
            self._events.wake_by(None)
            self._dialogue = None

    def _want_window(self, take_focus: bool, message: str = "") -> None:
        """Open the login window on the next turn of the loop, or bring it forward where it is open."""
        if self._dialogue is not None:
            if take_focus:
                self._dialogue.come_forward()
        else:
            self._wanted_window = (take_focus, message)

    # --- events -----------------------------------------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        try:
            self._handle_one(event)
        except Exception as error:
            self._unexpected(error)

    def _unexpected(self, error: Exception) -> None:
        """One failing event never ends the loop."""
        log.error("unexpected error", exc_info=error)
        try:
            self._say(wording.said("Telex Start had a problem", f"{type(error).__name__}; the log tells more."))
        except Exception as another:
            log.error("unexpected error, which could not be shown", exc_info=another)

    def _handle_one(self, event: Event) -> None:
        now = self._now()
        match event:
            case PublicationsReceived():
                self._notifier.received(event, now)
            case StateChanged():
                self._state_changed(event, now)
            case ChannelAnswered():
                self._notifier.answered(event.channel, now)
            case CountsUnknown():
                self._notifier.unknown(event.channel)
            case OrganisationsChanged():
                self._notifier.organisations(event)
            case MenuClicked():
                self._menu(event.item)
            case IconClicked() | ToastClicked():
                self._open()
            case SecondStart():
                self._quit(0) if event.request is Request.EXIT else self._open()
            case SignalReceived():
                self._quit(0)
            case WindowSubmitted():
                self._submitted(event)
            case WindowClosed():
                self._window_closed()
            case SignInFailed():
                self._sign_in_failed(event)
            case Trouble():
                self._surface.trouble(event)
                if self._dialogue is not None:
                    self._dialogue.trouble(event)
            case MachineWoke():
                self._send(ReconnectNow())
            case MainAppAnswered():
                self._main_app_busy = False
                self._say(wording.said(event.title, event.message))
            case MainAppDone():
                self._main_app_busy = False
            case TrayAppeared():
                self._icon_seen = True
                if self._last_state.state is State.SIGNED_OUT and self._hint_with_icon is not None:
                    self._say(self._hint_with_icon)
                self._hint_with_icon = None
            case TrayMissing():
                # Once: a panel that restarts later is no news.
                if not self._icon_seen:
                    self._icon_seen = True
                    self._say(wording.NO_TRAY)
            case ToastFailed():
                log.warning("toasts cannot be shown: %s", event.message)
            case ThreadFailed():
                self._say(wording.said("Telex Start had a problem", f"Its {event.thread} part failed ({event.error})."))

    def _menu(self, item: MenuItem) -> None:
        match item:
            case MenuItem.LOGIN:
                if self._last_state.state not in SIGNED_IN:
                    self._want_window(take_focus=True)
            case MenuItem.OPEN_MAIN_APP:
                self._with_main_app(self._main_app.open)
            case MenuItem.CLOSE_MAIN_APP:
                self._with_main_app(self._main_app.close)
            case MenuItem.TEST_NOTIFICATIONS:
                self._show(wording.SAMPLE)
            case MenuItem.SIGN_OUT:
                self._email = ""
                self._send(SignOut())
            case MenuItem.RECONNECT_NOW:
                self._send(ReconnectNow())
            case MenuItem.EXIT:
                self._quit(0)

    def _open(self) -> None:
        """What a click on the icon or a toast, or a second start, asks for."""
        if self._last_state.state in SIGNED_IN:
            self._with_main_app(self._main_app.open)
        elif self._last_state.state is not State.SIGNING_IN or self._dialogue is not None:
            self._want_window(take_focus=True)

    def _with_main_app(self, action: Callable[[], MainAppAnswered | None]) -> None:
        """Run an action that may take seconds beside the loop; one at a time."""
        if self._main_app_busy:
            return
        self._main_app_busy = True

        def act() -> None:
            try:
                answer = action()
            except Exception as error:
                log.exception("the main app could not be opened or closed")
                answer = MainAppAnswered("Telex Start had a problem", f"{type(error).__name__}; the log tells more.")
            self._events.put(answer or MainAppDone())

        threading.Thread(target=act, name="main app", daemon=True).start()

    def _submitted(self, event: WindowSubmitted) -> None:
        self._email = event.email
        if self._dialogue is not None:
            self._dialogue.submitted()
        self._send(SignIn(event.email, event.password))

    def _window_closed(self) -> None:
        if self._dialogue is not None:
            if self._dialogue.under_way:
                self._send(CancelSignIn())
            self._dialogue.close()

    def _sign_in_failed(self, event: SignInFailed) -> None:
        if self._dialogue is not None:
            self._dialogue.failed(event)
            return
        words = sentence(event)
        self._surface.trouble(Trouble(event.title, words))
        self._ask_or_hint(f"signing in was refused: {words}")
        if event.kind in (SignInFailure.CREDENTIALS, SignInFailure.FORM):
            if self._surface.may_open_unasked():
                self._want_window(take_focus=False, message=words)
            else:
                self._toasts.show(wording.said(event.title, words))  # a click on it opens the window

    def _state_changed(self, event: StateChanged, now: float) -> None:
        before, self._last_state = self._last_state, event
        if event.state is State.SIGNED_OUT:
            self._notifier.clear()
        self._surface.state(event)
        if (face := self._renewal.change(now, session=event)) is not None:
            self._surface.face(face)
        if self._dialogue is not None:
            self._dialogue.state(event)
        if event.state is State.SIGN_IN_NEEDED and before.state in SIGNED_IN:
            self._session_over(event)

    def _session_over(self, event: StateChanged) -> None:
        """The session has ended under way: the person is needed."""
        if self._dialogue is not None and self._dialogue.under_way:
            self._dialogue.session_ended(event.reason or "Your Telex session has ended. Please sign in again.")
            return
        self._say(wording.SIGN_IN_NEEDED)
        self._ask_or_hint(f"the session has ended: {event.reason}")
        if self._surface.may_open_unasked():
            self._want_window(take_focus=False, message="Your Telex session has ended. Please sign in again.")

    def _counts_changed(self, counts: Counts) -> None:
        self._surface.unread(counts)
        if (face := self._renewal.change(self._now(), unread=counts.unread)) is not None:
            self._surface.face(face)

    def _close_toast(self, conversation: Conversation) -> None:
        self._toasts.close(conversation)

    def _show(self, toast: Toast) -> None:
        """Show what Telex sent, or the sample of it."""
        self._surface.toast(toast)
        self._toasts.show(toast)

    def _say(self, toast: Toast) -> None:
        """Show what the program itself has to say: on a terminal it is told as a trouble, not as a notification."""
        self._toasts.show(toast)
        self._surface.trouble(Trouble(toast.title, toast.body))
