"""Who asks for credentials, and when: at the start, when the person wants it, and when the session ends.

The login window is opened where there can be one; on a terminal it is asked there. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..config import Config, other_name
from ..errors import NobodyToAsk
from ..events import (
    AskForLink,
    CancelSignIn,
    LinkMailed,
    SignIn,
    SignInByLink,
    SignInFailed,
    SignInFailure,
    SignOut,
    StateChanged,
    Trouble,
)
from ..news import wording
from ..news.scheduler import soonest
from ..states import SIGNED_IN, State
from ..toast import Toast
from .app_toasts import AppToasts
from .kept_password import NOT_OPEN, KeptPassword
from .ports import Ports
from .quiet_controller import QuietController
from .sign_in_dialogue import SignInDialogue

log = logging.getLogger(__name__)

EXIT_REFUSED = 3
"""Credentials were refused, or there are none, and nobody can be asked: another start would end likewise."""
EXIT_ENDED = 4
"""The session ended, and nobody can be asked: a start with the same credentials may work."""
TRAY_WITHIN = 15.0
"""Seconds that the window waits for a tray where the desktop starts the program at log-in: the person is to see where
it is."""

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
        self,
        config: Config,
        ports: Ports,
        own: AppToasts,
        quiet: QuietController,
        end: Callable[[int, str], None],
        tell: Callable[[StateChanged], None],
    ) -> None:
        """
        Args:
            own: Says what the program says itself.
            quiet: Remembers the address of the last sign-in by the window.
            end: Ends the program, with an exit code and why.
            tell: See :class:`.kept_password.KeptPassword`.
        """
        self._surface = ports.surface
        self._own = own
        self._windows = ports.windows
        self._quiet = quiet
        self._send = ports.session.send
        self._end = end
        self._now = ports.now
        self.kept = KeptPassword(config, ports, own, quiet, self._sign_in_by_kept, tell)
        self._email = config.email or ""
        self._submitted_email = ""
        """Of the window's sign-in that is under way."""
        self._by_mail = False
        """The last sign-in was by a mailed link."""
        self._asks_for_link = False
        """Telex was asked for a link, and has not answered."""
        self._urls = {"api_url": config.api_url, "web_url": config.web_url}
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
        self._tray_is_there = False
        self.configure(config)

    def begin(self, sign_in: list[SignIn], open_window: bool, at_login: bool, unattended: bool) -> None:
        """The program starts; see :meth:`telex_start.app.app.App.run`."""
        self.kept.begin(unattended)
        if sign_in:
            self._email = sign_in[0].email
            self.kept.begins(sign_in[0])
            self._send(sign_in.pop())
        elif open_window and self._surface.opens_windows:
            self._open_window()
        elif open_window:
            self._ask_or_hint("")
        else:
            self.kept.use(lambda why: self._nobody_at_start(why, at_login))

    def _nobody_at_start(self, why: str, at_login: bool) -> None:
        """Nobody is signed in at the start; ``why``: why what is kept is not to be had, if something is."""
        if self._dialogue is not None:
            return  # the person was quicker
        if at_login and self._surface.opens_windows:
            self._opens_by = self._now() + TRAY_WITHIN
            if self._tray_is_there:
                self._open_at_login()
        elif not why:
            self._ask_or_hint("")
        elif self._surface.opens_windows:
            # After two minutes the person types elsewhere.
            self._open_window(otherwise=wording.SIGNED_OUT_BY_CLICK if why == NOT_OPEN else None)
        else:
            self._surface.trouble(Trouble("The kept password is not to be had", why))
            self._ask_or_hint(f"nobody is signed in. {why} Give --password-stdin, or run it on a terminal")

    def _sign_in_by_kept(self, sign_in: SignIn) -> bool:
        """Sign in by the password that was kept; not where the person is doing it."""
        if self._dialogue is not None and (self._dialogue.typed or self._dialogue.busy):
            return False
        self.close_window()
        self._opens_by, self._by_mail, self._asks_for_link = None, False, False
        self._email = sign_in.email
        self._send(sign_in)
        return True

    def configure(self, config: Config) -> None:
        """Take up whether the e-mail address is remembered, and whether the person stays signed in."""
        self._remembers = config.remember_email
        if not self._remembers:
            self._forget_email()
        self.kept.configure(config)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        of_window = self._dialogue.deadline() if self._dialogue is not None else None
        return soonest(of_window, self._opens_by, self.kept.deadline())

    def tick(self, now: float) -> None:
        """Do what is due."""
        self.kept.tick(now)
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
            email = self._email or (self._quiet.noted.email if self._remembers else "")
            more = {"by_mail": self._by_mail, "stay": self.kept.stays, **self._urls}
            self._windows.open_login(email, asked, message, **more)
            title = "No login window" if otherwise is None else otherwise.title
            self._dialogue = SignInDialogue(self._windows, self._now, title)
        else:
            self._own.say(otherwise)

    def _open_at_login(self) -> None:
        waits, self._opens_by = self._opens_by is not None, None
        if waits and self.session.state is State.SIGNED_OUT:
            self._open_window(otherwise=wording.SIGNED_OUT_BY_CLICK)

    def _ask_or_hint(self, why: str, code: int = EXIT_REFUSED, mailed: bool = False) -> None:
        """Nobody is signed in: ask on the terminal, or say how to sign in, once the icon is there.

        Args:
            why: Why nobody is signed in any more; empty at the start.
            code: The exit code where nobody can be asked.
            mailed: Where it is by mail: a link was asked for already.
        """
        try:
            command = self._surface.ask(self._email, mailed)
        except KeyboardInterrupt:
            self._end(0, "")
            return
        except NobodyToAsk as nobody:
            self._end(code, why or nobody.message)
            return
        if command is not None:
            self._email, self._asks_for_link = command.email, isinstance(command, AskForLink)
            if not isinstance(command, AskForLink):
                self.kept.begins(command)
            self._send(command)
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
        self._email, self._by_mail = "", False
        self._forget_email()
        self.kept.forget()
        self._leave(SignOut())
        if self._dialogue is not None and self._dialogue.busy:
            self.close_window()

    def window_said(self, said: dict[str, Any]) -> None:
        """The person did something in the window: typed, asked for a link, submitted, or closed it."""
        dialogue = self._dialogue
        if dialogue is None:
            return  # it was closed, or opens no more
        match said:
            case {"email": str(email), "password": str(password)} if not dialogue.busy:  # by another sign-in
                self._submit(dialogue, SignIn(email, password), keep=said.get("stay") is True)
            case {"email": str(email), "code": str(code)} if not dialogue.busy:
                self._submit(dialogue, SignInByLink(email, code))
            case {"ask": str(email)} if not dialogue.busy:
                dialogue.typed = True
                self._windows.tell_login("busy", "Asking Telex for a link…")
                self._email, self._asks_for_link = email, True
                self._send(AskForLink(email))
            case {"back": True}:
                self._asks_for_link = False
            case {"typed": True}:
                dialogue.typed = True
            case {"closed": True}:
                if self._asks_for_link or (dialogue.under_way and dialogue.session_stays):
                    self._submitted_email = ""
                    self.kept.called_off()
                    self._send(CancelSignIn(session_stays=True))
                elif dialogue.under_way:
                    self._leave(CancelSignIn())
                self.close_window()

    def _submit(self, dialogue: SignInDialogue, command: SignIn | SignInByLink, keep: bool = False) -> None:
        self._by_mail, self._asks_for_link = isinstance(command, SignInByLink), False
        self.kept.begins(command, keep)
        # There may be a session, whose access token is refused.
        dialogue.follow(self.signed_in, "Link" if self._by_mail else "Password")
        self._windows.tell_login("busy", "Signing in…")
        self._email = self._submitted_email = command.email
        self._send(command)

    def link_mailed(self, event: LinkMailed) -> None:
        """Telex has mailed the link that was asked for."""
        asked, self._asks_for_link = self._asks_for_link, False
        if not self._surface.opens_windows:
            self._ask_or_hint("", mailed=True)
        elif asked and self._dialogue is not None:
            words = f"A link is on its way to {event.email}. Copy it from the mail and paste it here; do not open it."
            self._windows.tell_login("link", words)

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
        self.kept.called_off()
        self._send(command)

    def _forget_email(self) -> None:
        self._submitted_email = ""
        self._quiet.note(email="")

    def trouble(self, event: Trouble) -> None:
        """Something does not work; where it keeps a sign-in waiting, the window says so."""
        if self._dialogue is not None:
            self._dialogue.trouble(event)

    def tray_appeared(self) -> None:
        """The icon is on the screen."""
        self._tray_is_there = True
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
        self.kept.session(event)
        left, self._leaving = self._leaving, self._leaving and event.state in _ON
        self.signed_in = event.state in SIGNED_IN and not self._leaving
        return not left

    def follow(self, before: StateChanged) -> None:
        """Do what follows from the session's state, which was another before."""
        event = self.session
        if _is_well(event) and not _is_well(before):
            self._opens_by = None
            if self._submitted_email and self._remembers:
                self._quiet.note(email=self._submitted_email)
            self._submitted_email = ""
            self.kept.signed_in()
            # A sign-in that began elsewhere was accepted, or none is needed any more: there is nothing left to ask for.
            if self._dialogue is not None and not self._dialogue.busy:
                self._dialogue.follow(before.state in SIGNED_IN)
        if self._dialogue is not None:
            self._dialogue.state(event)
        if event.state is State.SIGN_IN_NEEDED and before.state in SIGNED_IN:
            self._session_over(event)
        elif _is_over_but_connected(event) and not _is_over_but_connected(before):
            self.kept.use(self._say_again)
        elif event.sign_in_again and not event.expired:
            self.kept.session_ended_early()

    def _say_again(self, why: str) -> None:
        """The session's time is up, but for its connection, and it cannot be renewed without the person."""
        self._own.tell(*wording.SIGN_IN_AGAIN)

    def failed(self, event: SignInFailed) -> None:
        """A sign-in did not work, or no link could be mailed for one."""
        asked, self._asks_for_link = self._asks_for_link, False
        by_kept, taken_out = (False, False) if asked else self.kept.failed(event)
        words = _sentence(event, self._other_name)
        if by_kept and event.session_stays and not taken_out:
            self._say_again(words)
            return
        if self._leaving or (event.session_stays and self._dialogue is None and not by_kept):
            return  # it was called off
        self._submitted_email = ""
        if taken_out:
            words = f"{words} It was kept in the system's keyring, and is taken out."
        if self._dialogue is not None:
            self._dialogue.failed(words)
            return
        if asked and self._surface.opens_windows:
            return  # the window is closed
        self._surface.trouble(Trouble(event.title, words))
        why = f"signing in was refused: {words}"
        if event.kind is SignInFailure.NOBODY and not self._surface.opens_windows:
            self._end(EXIT_REFUSED, why)
            return
        self._ask_or_hint(why, mailed=True)
        if by_kept or event.kind in (SignInFailure.CREDENTIALS, SignInFailure.FORM, SignInFailure.REFUSED):
            self._open_window(words, wording.said(event.title, words, key=wording.SIGNING_IN))

    def _session_over(self, event: StateChanged) -> None:
        """The session has ended under way: it goes on by what is kept, or the person is needed."""
        if not event.expired:
            self.kept.session_ended_early()
        if self._dialogue is not None and self._dialogue.under_way:
            self._dialogue.failed(event.reason or _ENDED)
        elif event.expired:
            self.kept.use(lambda why: self._ask_again(event))
        else:
            self._ask_again(event)

    def _ask_again(self, event: StateChanged) -> None:
        if not self._surface.opens_windows:
            self._own.say(wording.SIGN_IN_NEEDED)
            self._ask_or_hint(f"the session has ended: {event.reason}", EXIT_ENDED)
        self._open_window(_ENDED, wording.SIGN_IN_BY_CLICK)


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


def _is_over_but_connected(session: StateChanged) -> bool:
    """Whether the session's time is up, and its connection still brings pushes."""
    return session.state in SIGNED_IN and session.sign_in_again and session.expired
