"""Asks for credentials: at the start, when the person wants it, and when the session ends. Leads the login window.

Without windows it asks on the terminal. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from .. import events
from ..config import Config, other_name
from ..errors import NobodyToAsk
from ..events import SignInFailure, SigningIn, StateChanged
from ..news import wording
from ..news.scheduler import soonest
from ..states import SIGNED_IN, State
from ..toast import Toast
from .app_toasts import AppToasts
from .kept_password import NOT_OPEN, KeptPassword
from .ports import Ports, Windows
from .quiet_controller import QuietController

log = logging.getLogger(__name__)

EXIT_REFUSED = 3
"""Credentials were refused or missing, and nobody can be asked: another start would end in the same way."""
EXIT_ENDED = 4
"""The session ended, and nobody can be asked: a start with the same credentials may work."""
TRAY_WITHIN = 15.0
"""Seconds that the login window waits for a tray, if the desktop started the program at log-in: the person should see
where the icon is."""
WAIT_WITHIN = 10.0
"""Seconds after the password was accepted in which the first organisation should be live."""
_SHOW_SUCCESS = 1.2
"""Seconds that the window shows the success before it closes."""

_ENDED = "Your Telex session has ended. Please sign in again."
_ON = SIGNED_IN | {State.SIGNING_IN}
"""The states that Cancel and Sign Out end."""


class SignInDialogue:
    """One open login window, and the sign-in that it shows, if any."""

    def __init__(self, windows: Windows, now: Callable[[], float], title: str) -> None:
        """``title`` is the title of the toast if the window cannot be shown."""
        self._tell = windows.tell_login
        self._now = now
        self.title = title
        self.under_way = False
        """A sign-in goes on, and the window has shown neither its failure nor its success."""
        self.session_stays = False
        """The sign-in was begun beside a running session, which goes on even if the sign-in fails."""
        self.typed = False
        """The person has typed into the window, or asked for a link."""
        self._by_what = "Password"
        """The word for what Telex accepts: ``Password`` or ``Link``."""
        self._accepted_at: float | None = None
        self._close_at: float | None = None

    @property
    def succeeded(self) -> bool:
        """The window shows the success, and closes in a moment."""
        return self._close_at is not None

    @property
    def busy(self) -> bool:
        """The window shows that a sign-in is under way, or that it succeeded."""
        return self.under_way or self.succeeded

    def follow(self, session_stays: bool, by_what: str = "Password") -> None:
        """Show from here on how a sign-in goes; ``session_stays``: a session was there already and goes on."""
        self._by_what = by_what
        self.under_way = True
        self.session_stays = session_stays
        self._accepted_at = None

    def failed(self, words: str) -> None:
        """The sign-in did not work, or its session has ended; the window stays for another try."""
        self.under_way = False
        self._tell("failure", words)

    def trouble(self, trouble: events.Trouble) -> None:
        """Something failed after the password was accepted, and is tried again: say so."""
        if self.under_way and self._accepted_at is not None:
            self._tell("words", f"{trouble.message or trouble.title} Trying again…")

    def state(self, event: StateChanged) -> None:
        """The session's state changed: show it, if a sign-in is under way."""
        if event.state not in SIGNED_IN:
            self.session_stays = False
        if not self.under_way or event.sign_in_again:
            return
        if event.state in (State.CONNECTING, State.RECONNECTING) and self._accepted_at is None:
            self._accepted_at = self._now()
            self._tell("busy", f"{self._by_what} accepted. Connecting…")
        elif event.state is State.ONLINE:
            self._accepted_at = self._accepted_at or self._now()
            if event.subscribed:
                self.succeed(f"Signed in: {wording.plural(event.organisations, 'organisation')}.")
            elif not event.organisations:
                self.succeed("Signed in. You are in no organisation yet.")
            elif event.refused >= event.organisations:
                self.succeed("Signed in, but Telex refuses notifications for all your organisations.")

    def deadline(self) -> float | None:
        """When the window has shown its success long enough, or has waited :data:`WAIT_WITHIN` for it."""
        if self._close_at is not None or self._accepted_at is None or not self.under_way:
            return self._close_at
        return self._accepted_at + WAIT_WITHIN

    def succeed(self, message: str) -> None:
        """Say that the sign-in worked; the window closes after :data:`_SHOW_SUCCESS`."""
        self.under_way = False
        self._close_at = self._now() + _SHOW_SUCCESS
        self._tell("success", message)


class SignInController:
    """Decides when to ask for credentials, leads the login window, and knows if the person wants to be signed in."""

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
            own: Says things by toasts of the program itself.
            quiet: Remembers the e-mail address of the last sign-in by the window.
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
        self._by_mail = self._by_window = False
        """Whether the last sign-in was by a mailed link, and whether it came from the window."""
        self._asks_for_link = False
        """Telex was asked to mail a link, and has not answered yet."""
        self._urls = {"api_url": config.api_url, "web_url": config.web_url}
        self._other_name = other_name(config.api_url)
        self.session = StateChanged(State.SIGNED_OUT)
        """The session's state."""
        self._dialogue: SignInDialogue | None = None
        self.signed_in = False
        """There is a good session, and the person has not cancelled or signed out."""
        self._leaving = False
        """The person has cancelled or signed out, and the session has not said yet that it is over."""
        self._hints_with_icon = False
        self._opens_by: float | None = None
        """When the login window opens that waits for a tray; ``None`` if none waits."""
        self._tray_is_there = False
        self.configure(config)

    def begin(self, sign_in: list[events.SignIn], open_window: bool, at_login: bool, unattended: bool) -> None:
        """The program starts; see :meth:`telex_start.app.app.App.run`."""
        self.kept.begin(unattended)
        if sign_in:
            self._begin(sign_in.pop())
        elif open_window and self._surface.opens_windows:
            self._open_window()
        elif open_window:
            self._ask_or_hint("")
        else:
            self.kept.use(self.session, lambda why: self._nobody_at_start(why, at_login))

    def _nobody_at_start(self, why: str, at_login: bool) -> None:
        """Nobody is signed in at the start; ``why``: why the kept password is not used; may be empty."""
        if self._dialogue is not None:
            return  # the person was quicker
        if at_login and self._surface.opens_windows:
            self._opens_by = self._now() + (0 if self._tray_is_there else TRAY_WITHIN)
        elif not why:
            self._ask_or_hint("")
        elif self._surface.opens_windows:
            # After two minutes the person types elsewhere.
            self._open_window(otherwise=wording.SIGNED_OUT_BY_CLICK if why == NOT_OPEN else None)
        else:
            self._surface.trouble(events.Trouble("The kept password is not to be had", why))
            self._ask_or_hint(f"nobody is signed in. {why} Give --password-stdin, or run it on a terminal")

    def _sign_in_by_kept(self, sign_in: events.SignIn) -> bool:
        """Sign in with the kept password, unless the person is doing so in the window; whether it was begun."""
        if self._dialogue is not None and (self._dialogue.typed or self._dialogue.busy):
            return False
        self.close_window()
        self._opens_by = None
        self._begin(sign_in, by_kept=True)
        return True

    def _begin(self, command: SigningIn, by_window: bool = False, by_kept: bool = False) -> None:
        """Begin a sign-in, or ask Telex to mail a link."""
        self._email, self._asks_for_link = command.email, isinstance(command, events.AskForLink)
        if not self._asks_for_link:
            self._by_mail, self._by_window = isinstance(command, events.SignInByLink), by_window
            self.kept.begins(command, by_kept)
        self._send(command)

    def configure(self, config: Config) -> None:
        """Take up whether the e-mail address is remembered, and whether the person stays signed in."""
        self._remembers = config.remember_email
        if not self._remembers:
            self._quiet.note(email="")
        self.kept.configure(config)

    def deadline(self) -> float | None:
        """When :meth:`tick` is due; ``None`` if nothing is."""
        of_window = self._dialogue.deadline() if self._dialogue is not None else None
        return soonest(of_window, self._opens_by)

    def tick(self, now: float) -> None:
        """Show or close the window, if that is due."""
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
        """Open the login window, or bring it forward if it is open; does nothing on a terminal.

        Args:
            message: Why the window opens, if the person has not asked for it.
            otherwise: ``None`` if the person asked for the window. Else the toast to show instead if the window would
                take the focus.
        """
        if not self._surface.opens_windows:
            return
        asked, self._opens_by = otherwise is None, None
        if self._dialogue is not None and self._dialogue.succeeded:
            self.close_window()  # that window closes in a moment, and the person asks for one
        if self._dialogue is not None:
            if asked:
                self._windows.tell_login("front", "")
        elif otherwise is None or self._surface.may_open_unasked():
            self._own.take_back(wording.SIGNING_IN)  # the window says the same, and the toast might cover it
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
            why: Why nobody is signed in; empty if nobody has tried.
            code: The exit code if nobody can be asked.
            mailed: If the person signs in by a mailed link: one was asked for already.
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
            self._begin(command)
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
        self._quiet.note(email="")
        self.kept.forget()
        self._leave(events.SignOut())
        if self._dialogue is not None and self._dialogue.busy:
            self.close_window()

    def window_said(self, said: dict[str, Any]) -> None:
        """The person did something in the window: typed, asked for a link, submitted, or closed it."""
        dialogue = self._dialogue
        if dialogue is None:
            return  # the window was closed, or could not open
        match said:
            case {"email": str(email), "password": str(password)} if not dialogue.busy:  # busy with another sign-in
                self._submit(dialogue, events.SignIn(email, password), "Password")
            case {"email": str(email), "code": str(code)} if not dialogue.busy:
                self._submit(dialogue, events.SignInByLink(email, code), "Link")
            case {"ask": str(email)} if not dialogue.busy:
                dialogue.typed = True
                self._windows.tell_login("busy", "Asking Telex for a link…")
                self._begin(events.AskForLink(email))
            case {"back": True}:
                self._asks_for_link = False
            case {"typed": True}:
                dialogue.typed = True
            case {"closed": True}:
                if dialogue.under_way or self._asks_for_link:
                    self._leave(events.CancelSignIn(dialogue.session_stays or self._asks_for_link))
                self.close_window()

    def _submit(self, dialogue: SignInDialogue, command: SigningIn, by_what: str) -> None:
        dialogue.follow(self.signed_in, by_what)  # a session may be there, with a refused access token
        self._windows.tell_login("busy", "Signing in…")
        self._begin(command, by_window=True)

    def link_mailed(self, event: events.LinkMailed) -> None:
        """Telex has mailed the link that was asked for."""
        asked, self._asks_for_link = self._asks_for_link, False
        if not self._surface.opens_windows:
            self._ask_or_hint("", mailed=True)
        elif asked and self._dialogue is not None:
            words = f"A link is on its way to {event.email}. Copy it from the mail and paste it here; do not open it."
            self._windows.tell_login("link", words)

    def window_ended(self, problem: str) -> None:
        """The window could not be shown (``problem``), or went away by itself; a sign-in that it began goes on."""
        dialogue, self._dialogue = self._dialogue, None
        if dialogue is not None and problem:
            log.warning("%s: %s", dialogue.title, problem)
            self._own.say(wording.said(dialogue.title, problem, key=wording.SIGNING_IN))

    def _leave(self, command: events.CancelSignIn | events.SignOut) -> None:
        """End the session, or the sign-in. What the session still tells of it is no news to the person."""
        if command != events.CancelSignIn(session_stays=True):
            under_way = self._dialogue is not None and self._dialogue.under_way
            self._leaving = self._leaving or under_way or self.session.state in _ON
            self.signed_in = self.signed_in and not self._leaving
        self.kept.called_off()
        self._send(command)

    def trouble(self, event: events.Trouble) -> None:
        """Something does not work: if a sign-in waits for it, the window says so."""
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
            Whether to call :meth:`follow` once the new state is shown; false if the person has cancelled or signed out.
        """
        if event.state is not self.session.state:
            self._own.take_back(wording.SIGNING_IN)
        self.session = event
        left, self._leaving = self._leaving, self._leaving and event.state in _ON
        self.signed_in = event.state in SIGNED_IN and not self._leaving
        return not left

    def follow(self, before: StateChanged) -> None:
        """Do what follows from the change of the session's state; ``before`` is the state before it."""
        event = self.session
        if _is_well(event) and not _is_well(before):
            self._opens_by = None
            if (email := self.kept.signed_in()) and self._by_window and self._remembers:
                self._quiet.note(email=email)
            # A sign-in that began elsewhere worked, or none is needed any more: the window has nothing left to ask for.
            if self._dialogue is not None and not self._dialogue.busy:
                self._dialogue.follow(before.state in SIGNED_IN)
        if self._dialogue is not None:
            self._dialogue.state(event)
        over = event.state is State.SIGN_IN_NEEDED and before.state in SIGNED_IN
        if over and self._dialogue is not None and self._dialogue.under_way:
            self._dialogue.failed(event.reason or _ENDED)
        if over or (event.state in SIGNED_IN and event.sign_in_again and not before.sign_in_again):
            self.kept.use(event, self._ask_again)

    def failed(self, event: events.SignInFailed) -> None:
        """A sign-in did not work, or Telex could not mail a link."""
        asked, self._asks_for_link = self._asks_for_link, False
        of_kept = None if asked else self.kept.failed(event)
        words = wording.failed_sign_in(event, self._other_name) + (of_kept or "")
        if event.session_stays and of_kept == "":
            self._ask_again(words)
            return
        if self._leaving or (event.session_stays and self._dialogue is None and of_kept is None):
            return  # the person called it off
        if self._dialogue is not None:
            self._dialogue.failed(words)
            return
        if asked and self._surface.opens_windows:
            return  # the window is closed
        self._surface.trouble(events.Trouble(event.title, words))
        why = f"signing in was refused: {words}"
        if event.kind is SignInFailure.NOBODY and not self._surface.opens_windows:
            self._end(EXIT_REFUSED, why)
            return
        self._ask_or_hint(why, mailed=True)
        if of_kept is not None or event.kind in (SignInFailure.CREDENTIALS, SignInFailure.FORM, SignInFailure.REFUSED):
            self._open_window(words, wording.said(event.title, words, key=wording.SIGNING_IN))

    def _ask_again(self, why: str) -> None:
        """Ask to sign in again: the session has ended (its connection may live on), and no kept password helps."""
        if self.session.state in SIGNED_IN:
            self._own.tell(*wording.SIGN_IN_AGAIN)
        elif self._surface.opens_windows:
            self._open_window(_ENDED, wording.SIGN_IN_BY_CLICK)
        else:
            self._own.say(wording.SIGN_IN_NEEDED)
            self._ask_or_hint(f"the session has ended: {self.session.reason}", EXIT_ENDED)


def _is_well(session: StateChanged) -> bool:
    """Whether the session is good, and there is no reason to sign in again."""
    return session.state in SIGNED_IN and not session.sign_in_again
