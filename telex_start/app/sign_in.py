"""Who asks for credentials, and when: at the start, when the person wants it, and when the session ends.

The login window is opened where there can be one; on a terminal it is asked there. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..config import Config, other_name
from ..errors import NobodyToAsk
from ..events import CancelSignIn, SignIn, SignInFailed, SignInFailure, SignOut, StateChanged, Trouble
from ..news import wording
from ..news.scheduler import soonest
from ..states import SIGNED_IN, State
from ..toast import Toast
from .app_toasts import AppToasts
from .ports import Ports, Windows
from .quiet_controller import QuietController

log = logging.getLogger(__name__)

EXIT_REFUSED = 3
"""Credentials were refused, or there are none, and nobody can be asked: another start would end likewise."""
EXIT_ENDED = 4
"""The session ended, and nobody can be asked: a start with the same credentials may work."""
TRAY_WITHIN = 15.0
"""Seconds that the window waits for a tray where the desktop starts the program at log-in: the person is to see where
it is."""
WAIT_WITHIN = 10.0
"""Seconds after the password was accepted in which the first organisation should be live."""
_SHOW_SUCCESS = 1.2
"""Seconds that the success stays readable."""

_ENDED = "Your Telex session has ended. Please sign in again."
_ON = SIGNED_IN | {State.SIGNING_IN}
"""The states that Cancel and Sign Out put an end to."""
_SENTENCES = {
    SignInFailure.CREDENTIALS: "Telex does not know this e-mail address and password. Please check both.",
    SignInFailure.RATE_LIMIT: "Telex gets too many requests just now. Please try again in a minute.",
}
"""What is said for a kind of failure that has one cause. The others have many, and the error knows which it was."""


class SignInController:
    """Owns the dialogue with the login window, and knows what the person wants of the session."""

    def __init__(
        self, config: Config, ports: Ports, own: AppToasts, quiet: QuietController, end: Callable[[int, str], None]
    ) -> None:
        """
        Args:
            own: Says what the program says itself.
            quiet: Remembers the address of the last sign-in by the window.
            end: Ends the program, with an exit code and why.
        """
        self._surface = ports.surface
        self._own = own
        self._windows = ports.windows
        self._quiet = quiet
        self._send = ports.session.send
        self._end = end
        self._now = ports.now
        self._email = config.email or ""
        self._submitted_email = ""
        """Of the window's sign-in that is under way."""
        self._other_name = other_name(config.api_url)
        self.session = StateChanged(State.SIGNED_OUT)
        """The session's state."""
        self._dialogue: SignInDialogue | None = None
        self.signed_in = False
        """There is a session that the person has not put an end to."""
        self._leaving = False
        """The person has cancelled or signed out, and the session has not said yet that it is over."""
        self._hints_with_icon = False
        self._opens_by: float | None = None
        """When the window opens that waits for a tray."""
        self.configure(config)

    def begin(self, sign_in: list[SignIn], open_window: bool, at_login: bool) -> None:
        """The program starts; see :meth:`telex_start.app.app.App.run`."""
        if sign_in:
            self._email = sign_in[0].email
            self._send(sign_in.pop())
        elif open_window:
            self._open_window()
        elif at_login and self._surface.opens_windows:
            self._opens_by = self._now() + TRAY_WITHIN
        else:
            self._ask_or_hint("")

    def configure(self, config: Config) -> None:
        """Take up whether the e-mail address is remembered."""
        self._remembers = config.remember_email
        if not self._remembers:
            self._forget_email()

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return soonest(self._dialogue.deadline() if self._dialogue is not None else None, self._opens_by)

    def tick(self, now: float) -> None:
        """Do what is due."""
        dialogue = self._dialogue
        if dialogue is not None and (due := dialogue.deadline()) is not None and now >= due:
            if dialogue.succeeded:
                self.close_window()
            else:
                dialogue.succeed("Signed in, waiting for Telex.")
        if self._opens_by is not None and now >= self._opens_by:
            self._open_at_login()

    def close_window(self) -> None:
        """Close the window, if it is open."""
        if self._dialogue is not None:
            self._dialogue = None
            self._windows.close_login()

    def _open_window(self, message: str = "", otherwise: Toast | None = None) -> None:
        """Open the login window, or bring it forward where it is open; not on a terminal.

        Args:
            message: Why it opens, where the person has not asked for it.
            otherwise: What is said then where it would take the focus.
        """
        if not self._surface.opens_windows:
            return
        asked, self._opens_by = otherwise is None, None
        if self._dialogue is not None and self._dialogue.succeeded:
            self.close_window()  # it would go in a moment, and the person would have asked in vain
        if self._dialogue is not None:
            if asked:
                self._windows.tell_login("front", "")
        elif otherwise is None or self._surface.may_open_unasked():
            self._own.take_back(wording.SIGNING_IN)  # the window says it, and is not to be covered
            email = self._email or (self._quiet.email if self._remembers else "")
            self._windows.open_login(email, asked, message)
            title = "No login window" if otherwise is None else otherwise.title
            self._dialogue = SignInDialogue(self._windows, self._now, title)
        else:
            self._own.say(otherwise)

    def _open_at_login(self) -> None:
        waits, self._opens_by = self._opens_by is not None, None
        if waits and self.session.state is State.SIGNED_OUT:
            self._open_window(otherwise=wording.SIGNED_OUT_BY_CLICK)

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
            self._hints_with_icon = True

    def login_chosen(self) -> None:
        """The person chose Login."""
        if not self.signed_in or self.session.sign_in_again:
            self._open_window()

    def clicked(self) -> None:
        """The person clicked the icon or a toast, or started the program again, and nobody is signed in."""
        if self.session.state is not State.SIGNING_IN or self._dialogue is not None or self._leaving:
            self._open_window()

    def sign_out(self) -> None:
        """The person chose Sign Out."""
        self._email = ""
        self._forget_email()
        self._leave(SignOut())
        if self._dialogue is not None and self._dialogue.busy:
            self.close_window()

    def window_said(self, said: dict[str, Any]) -> None:
        """The person pressed Login in the window, or Cancel, Escape or the window's own button."""
        dialogue = self._dialogue
        if dialogue is None:
            return  # it was closed, or opens no more
        match said:
            case {"email": str(email), "password": str(password)} if not dialogue.busy:  # by another sign-in
                dialogue.follow(self.signed_in)  # there may be a session, whose access token is refused
                self._windows.tell_login("busy", "Signing in…")
                self._email = self._submitted_email = email
                self._send(SignIn(email, password))
            case {"closed": True}:
                if dialogue.under_way and dialogue.session_stays:
                    self._submitted_email = ""
                    self._send(CancelSignIn(session_stays=True))
                elif dialogue.under_way:
                    self._leave(CancelSignIn())
                self.close_window()

    def window_ended(self, problem: str) -> None:
        """The window could not be shown, or went away by itself; a sign-in that it has begun goes on."""
        dialogue, self._dialogue = self._dialogue, None
        if dialogue is not None and problem:
            log.warning("%s: %s", dialogue.title, problem)
            self._own.say(wording.said(dialogue.title, problem, key=wording.SIGNING_IN))

    def _leave(self, command: CancelSignIn | SignOut) -> None:
        """End the session, or the sign-in. What the session still tells of it is no news to the person."""
        under_way = self._dialogue is not None and self._dialogue.under_way
        self._leaving = self._leaving or under_way or self.session.state in _ON
        self.signed_in = self.signed_in and not self._leaving
        self._submitted_email = ""
        self._send(command)

    def _forget_email(self) -> None:
        self._submitted_email = ""
        self._quiet.remember_email("")

    def trouble(self, event: Trouble) -> None:
        """Something does not work; where it keeps a sign-in waiting, the window says so."""
        if self._dialogue is not None:
            self._dialogue.trouble(event)

    def tray_appeared(self) -> None:
        """The icon is on the screen."""
        self._open_at_login()
        if self.session.state is State.SIGNED_OUT and self._hints_with_icon:
            self._own.say(wording.SIGNED_OUT)
        self._hints_with_icon = False

    def state(self, event: StateChanged) -> bool:
        """The session's state changed.

        Returns:
            Whether :meth:`follow` is to be called, once the person can see it: not for what they have put an end to.
        """
        if event.state is not self.session.state:
            self._own.take_back(wording.SIGNING_IN)
        self.session = event
        left, self._leaving = self._leaving, self._leaving and event.state in _ON
        self.signed_in = event.state in SIGNED_IN and not self._leaving
        return not left

    def follow(self, before: StateChanged) -> None:
        """Do what follows from the session's state, which was another before."""
        event = self.session
        if _is_well(event) and not _is_well(before):
            self._opens_by = None
            if self._submitted_email and self._remembers:
                self._quiet.remember_email(self._submitted_email)
            self._submitted_email = ""
            # A sign-in that began elsewhere was accepted, or none is needed any more: there is nothing left to ask for.
            if self._dialogue is not None and not self._dialogue.busy:
                self._dialogue.follow(before.state in SIGNED_IN)
        if self._dialogue is not None:
            self._dialogue.state(event)
        if event.state is State.SIGN_IN_NEEDED and before.state in SIGNED_IN:
            self._session_over(event)

    def failed(self, event: SignInFailed) -> None:
        """A sign-in did not work."""
        if self._leaving or (event.session_stays and self._dialogue is None):
            return  # it was called off
        self._submitted_email = ""
        words = _sentence(event, self._other_name)
        if self._dialogue is not None:
            self._dialogue.failed(words)
            return
        self._surface.trouble(Trouble(event.title, words))
        self._ask_or_hint(f"signing in was refused: {words}")
        if event.kind in (SignInFailure.CREDENTIALS, SignInFailure.FORM, SignInFailure.REFUSED):
            self._open_window(words, wording.said(event.title, words, key=wording.SIGNING_IN))

    def _session_over(self, event: StateChanged) -> None:
        """The session has ended under way: the person is needed."""
        if self._dialogue is not None and self._dialogue.under_way:
            self._dialogue.failed(event.reason or _ENDED)
            return
        if not self._surface.opens_windows:
            self._own.say(wording.SIGN_IN_NEEDED)
            self._ask_or_hint(f"the session has ended: {event.reason}", EXIT_ENDED)
        self._open_window(_ENDED, wording.SIGN_IN_BY_CLICK)


class SignInDialogue:
    """One open login window and the sign-in it has started, if any."""

    def __init__(self, windows: Windows, now: Callable[[], float], title: str) -> None:
        """``title`` is that of what is said where the window cannot be shown."""
        self._tell = windows.tell_login
        self._now = now
        self.title = title
        self.under_way = False
        """A sign-in was submitted, and the window has shown neither its failure nor its success."""
        self.session_stays = False
        """The sign-in was submitted beside a session, which goes on whatever becomes of it."""
        self._accepted_at: float | None = None
        self._close_at: float | None = None

    @property
    def succeeded(self) -> bool:
        """It shows its success, and goes in a moment."""
        return self._close_at is not None

    @property
    def busy(self) -> bool:
        """It shows how a sign-in goes, or went."""
        return self.under_way or self.succeeded

    def follow(self, session_stays: bool) -> None:
        """Show how a sign-in goes on; ``session_stays``: it is beside a session, or that session itself."""
        self.under_way = True
        self.session_stays = session_stays
        self._accepted_at = None

    def failed(self, words: str) -> None:
        """The sign-in did not work, or its session has ended; the window stays for another try."""
        self.under_way = False
        self._tell("failure", words)

    def trouble(self, trouble: Trouble) -> None:
        """A trouble after the password was accepted; it is being retried."""
        if self.under_way and self._accepted_at is not None:
            self._tell("words", f"{trouble.message or trouble.title} Trying again…")

    def state(self, event: StateChanged) -> None:
        """The session's state changed."""
        if event.state not in SIGNED_IN:
            self.session_stays = False
        if not self.under_way or event.sign_in_again:
            return
        if event.state in (State.CONNECTING, State.RECONNECTING) and self._accepted_at is None:
            self._accepted_at = self._now()
            self._tell("busy", "Password accepted. Connecting…")
        elif event.state is State.ONLINE:
            self._accepted_at = self._accepted_at or self._now()
            if event.subscribed:
                self.succeed(f"Signed in: {wording.plural(event.organisations, 'organisation')}.")
            elif not event.organisations:
                self.succeed("Signed in. You are in no organisation yet.")
            elif event.refused >= event.organisations:
                self.succeed("Signed in, but Telex refuses notifications for all your organisations.")

    def deadline(self) -> float | None:
        """When the window has said its success long enough, or has waited :data:`WAIT_WITHIN` for it."""
        if self._close_at is not None or self._accepted_at is None or not self.under_way:
            return self._close_at
        return self._accepted_at + WAIT_WITHIN

    def succeed(self, message: str) -> None:
        """Say that it worked; the window goes once that could be read."""
        self.under_way = False
        self._close_at = self._now() + _SHOW_SUCCESS
        self._tell("success", message)


def _sentence(failure: SignInFailed, other_name: str | None) -> str:
    """What a person is told about a failed sign-in: its cause, which may be Telex's own words.

    Args:
        other_name: The environment to try where Telex is not reached, if there is one.
    """
    if failure.kind is SignInFailure.NETWORK and other_name is not None:
        hint = f'If other pages can be reached: Telex is called Zedu too, try environment = "{other_name}".'
        return f"{failure.message} {hint}"
    if failure.kind in _SENTENCES:
        return _SENTENCES[failure.kind]
    if failure.kind is SignInFailure.TELEX and not failure.message.endswith((".", "?")):
        return f"{failure.title}: {failure.message}."  # words of Telex's that make no sentence, like "HTTP 404"
    return failure.message


def _is_well(session: StateChanged) -> bool:
    """Whether there is nothing to sign in for."""
    return session.state in SIGNED_IN and not session.sign_in_again
