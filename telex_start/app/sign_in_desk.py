"""Who asks for credentials, and when: at the start, when the person wants it, and when the session ends.

It has the login window opened where there can be one, and runs it; on a terminal it asks there. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..config import Config, other_name
from ..errors import NobodyToAsk, TelexStartError
from ..events import (
    CancelSignIn,
    Command,
    Event,
    SignIn,
    SignInFailed,
    SignInFailure,
    SignOut,
    StateChanged,
    Trouble,
    WindowClosed,
    WindowSubmitted,
)
from ..news import wording
from ..states import SIGNED_IN, State
from ..toast import Toast
from .own_words import OwnWords
from .ports import EventQueue, Surface
from .quiet_desk import QuietDesk
from .remembered_email import RememberedEmail
from .signing_in import SignInDialogue, sentence

if TYPE_CHECKING:
    from .at_login import AtLogin

log = logging.getLogger(__name__)

EXIT_REFUSED = 3
"""Credentials were refused, or there are none, and nobody can be asked: another start would end likewise."""
EXIT_ENDED = 4
"""The session ended, and nobody can be asked: a start with the same credentials may work."""

_ENDED = "Your Telex session has ended. Please sign in again."
_ON = SIGNED_IN | {State.SIGNING_IN}
"""The states that Cancel and Sign Out put an end to."""


class SignInDesk:
    """Owns the dialogue with the login window, and knows what the person wants of the session."""

    def __init__(
        self,
        config: Config,
        surface: Surface,
        own: OwnWords,
        events: EventQueue,
        quiet: QuietDesk,
        *,
        send: Callable[[Command], None],
        end: Callable[[int, str], None],
        now: Callable[[], float],
    ) -> None:
        """
        Args:
            own: Says what the program says itself.
            events: Wakes the window for what comes while it is open.
            quiet: Keeps the address of the last sign-in.
            send: Sends a command to the session.
            end: Ends the program, with an exit code and why.
            now: The time, in seconds on a clock that counts the machine's sleep.
        """
        self._surface = surface
        self._own = own
        self._events = events
        self._remembered_email = RememberedEmail(config, quiet)
        self._send = send
        self._end = end
        self._now = now
        self._email = config.email or ""
        self._other_name = other_name(config.api_url)
        self.session = StateChanged(State.SIGNED_OUT)
        """The session's state."""
        self._before = self.session
        self._left = False
        """The person has put an end to what this state is of."""
        self._dialogue: SignInDialogue | None = None
        self._wanted_window: tuple[bool, str, Toast | None] | None = None
        self._leaving = False
        """The person has cancelled or signed out, and the session has not said yet that it is over."""
        self._hint_with_icon: Toast | None = None
        self._at_login: AtLogin | None = None

    @property
    def signed_in(self) -> bool:
        """Whether there is a session that the person has not put an end to."""
        return self.session.state in SIGNED_IN and not self._leaving

    @property
    def wants_window(self) -> bool:
        """Whether :meth:`run_window` is to be called."""
        return self._wanted_window is not None

    def begin(self, sign_in: list[SignIn], open_window: bool, at_login: bool) -> None:
        """The program starts; see :meth:`telex_start.app.app.App.run`."""
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

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        parts = (self._dialogue, self._at_login)
        return min((at for part in parts if part is not None and (at := part.deadline()) is not None), default=None)

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._dialogue is not None:
            self._dialogue.tick(now)
        if self._at_login is not None:
            self._at_login.tick(now)

    def configure(self, config: Config) -> None:
        """The configuration is another."""
        self._remembered_email.configure(config)

    # --- the window -------------------------------------------------------------------------------------------------

    def run_window(self, turn: Callable[[], float | None]) -> None:
        """Open the window that is wanted, and run it until it is closed.

        Args:
            turn: As for :meth:`telex_start.app.ports.RunningWindow.run`.
        """
        assert self._wanted_window is not None
        take_focus, message, otherwise = self._wanted_window
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
                window.run(turn)
        except TelexStartError as error:
            log.warning("%s: %s", error.title, error.message)
            title = error.title if otherwise is None else otherwise.title
            self._own.say(wording.said(title, error.message, key=wording.SIGNING_IN))
        finally:
            self._events.wake_by(None)
            self._dialogue = None

    def close_window(self) -> None:
        """The program ends."""
        if self._dialogue is not None:
            self._dialogue.close()

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
        if self.session.state is State.SIGNED_OUT:
            self._offer_window("", wording.SIGNED_OUT_BY_CLICK)

    def _ask_or_hint(self, why: str, code: int = EXIT_REFUSED) -> None:
        """Nobody is signed in: ask on the terminal, or say how to sign in, once the icon is there.

        Args:
            why: Why nobody is signed in any more; empty at the start.
            code: The exit code where nobody can be asked.
        """
        try:
            sign_in = self._surface.ask(self._email)
        except KeyboardInterrupt:
            self._end(0, "")
            return
        except NobodyToAsk as nobody:
            self._end(code, why or nobody.message)
            return
        if sign_in is not None:
            self._email = sign_in.email
            self._send(sign_in)
        elif not why:
            self._hint_with_icon = wording.SIGNED_OUT

    # --- what the person does ---------------------------------------------------------------------------------------

    def login_chosen(self) -> None:
        """The person chose Login."""
        if not self.signed_in or self.session.sign_in_again:
            self._want_window(take_focus=True)

    def clicked(self) -> None:
        """The person clicked the icon or a toast, or started the program again, and nobody is signed in."""
        if self.session.state is not State.SIGNING_IN or self._dialogue is not None or self._leaving:
            self._want_window(take_focus=True)

    def sign_out(self) -> None:
        """The person chose Sign Out."""
        self._email = ""
        self._remembered_email.forget()
        self._leave(SignOut())
        if self._dialogue is not None and (self._dialogue.under_way or self._dialogue.succeeded):
            self._dialogue.close()

    def _leave(self, command: CancelSignIn | SignOut) -> None:
        """End the session, or the sign-in. What the session still tells of it is no news to the person."""
        under_way = self._dialogue is not None and self._dialogue.under_way
        self._leaving = self._leaving or under_way or self.session.state in _ON
        self._remembered_email.submitted("")
        self._send(command)

    def _submitted(self, event: WindowSubmitted) -> None:
        if self._dialogue is not None:
            if self._dialogue.under_way or self._dialogue.succeeded:
                return  # it has adopted another sign-in in the meantime
            self._dialogue.submitted(self.signed_in)
        self._email = event.email
        self._remembered_email.submitted(event.email)
        self._send(SignIn(event.email, event.password))

    def _window_closed(self) -> None:
        if self._dialogue is not None and not self._dialogue.closing:
            if self._dialogue.under_way and self._dialogue.session_stays:
                self._remembered_email.submitted("")
                self._send(CancelSignIn(session_stays=True))
            elif self._dialogue.under_way:
                self._leave(CancelSignIn())
            self._dialogue.close()

    # --- what came of it --------------------------------------------------------------------------------------------

    def handle(self, event: Event) -> bool:
        """Take in an event.

        Returns:
            Whether it was one for this alone.
        """
        match event:
            case WindowSubmitted():
                self._submitted(event)
            case WindowClosed():
                self._window_closed()
            case SignInFailed():
                self._failed(event)
            case _:
                return False
        return True

    def trouble(self, event: Trouble) -> None:
        """Something does not work; where it keeps a sign-in waiting, the window says so."""
        if self._dialogue is not None:
            self._dialogue.trouble(event)

    def tray_appeared(self) -> None:
        """The icon is on the screen."""
        if self._at_login is not None:
            self._at_login.tray_appeared()
        if self.session.state is State.SIGNED_OUT and self._hint_with_icon is not None:
            self._own.say(self._hint_with_icon)
        self._hint_with_icon = None

    def state(self, event: StateChanged) -> None:
        """The session's state changed; what follows from that is done by :meth:`follow`, once the person can see it."""
        self._before, self.session = self.session, event
        if event.state is not self._before.state:
            self._own.take_back(wording.SIGNING_IN)
        self._left, self._leaving = self._leaving, self._leaving and event.state in _ON

    def follow(self) -> None:
        """Do what follows from the session's state."""
        before, event = self._before, self.session
        if self._left:
            return
        if _is_well(event) and not _is_well(before):
            self._wanted_window = self._at_login = None
            self._remembered_email.accepted()
            if self._dialogue is not None:
                self._dialogue.adopt(before.state in SIGNED_IN)
        if self._dialogue is not None:
            self._dialogue.state(event)
        if event.state is State.SIGN_IN_NEEDED and before.state in SIGNED_IN:
            self._session_over(event)

    def _failed(self, event: SignInFailed) -> None:
        if self._leaving or (event.session_stays and self._dialogue is None):
            return  # it was called off
        self._remembered_email.submitted("")
        if self._dialogue is not None:
            self._dialogue.failed(event)
            return
        words = sentence(event, self._other_name)
        self._surface.trouble(Trouble(event.title, words))
        self._ask_or_hint(f"signing in was refused: {words}")
        if event.kind in (SignInFailure.CREDENTIALS, SignInFailure.FORM, SignInFailure.REFUSED):
            self._offer_window(words, wording.said(event.title, words, key=wording.SIGNING_IN))

    def _session_over(self, event: StateChanged) -> None:
        """The session has ended under way: the person is needed."""
        if self._dialogue is not None and self._dialogue.under_way:
            self._dialogue.session_ended(event.reason or _ENDED)
            return
        if not self._surface.opens_windows:
            self._own.say(wording.SIGN_IN_NEEDED)
            self._ask_or_hint(f"the session has ended: {event.reason}", EXIT_ENDED)
        self._offer_window(_ENDED, wording.SIGN_IN_BY_CLICK)


def _is_well(session: StateChanged) -> bool:
    """Whether there is nothing to sign in for."""
    return session.state in SIGNED_IN and not session.sign_in_again
