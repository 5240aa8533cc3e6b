"""Keeps a person signed in: the password of a sign-in that worked goes into the system's keyring, and is read from it
at the next start and when a session's time is up.

What of it may be used is noted first (see :class:`~telex_start.toast.Remembered`), so that what was given up is never
used again, whatever becomes of the keyring. For the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ..config import Config
from ..events import SignIn, SignInFailed, SigningIn, StateChanged
from ..states import SIGNED_IN, State
from .app_toasts import AppToasts
from .ports import Ports
from .quiet_controller import QuietController

log = logging.getLogger(__name__)

ASK_WITHIN = 120.0
"""Seconds that the keyring has to be opened before the person is asked as where nothing is kept."""

_ANSWERS = {
    "locked": "the system's keyring is locked",
    "away": "no keyring service is running",
    "refused": "the system's keyring was not opened",
    "nothing": "the system's keyring holds no password for this address",
}
"""What the keyring's answers say, for a person, where they bring no words of their own."""
_ENDED = "Telex has ended the last session before its time, so the kept password is not used until somebody signs in."
_TAKEN_OUT = " It was kept in the system's keyring, and is taken out."
NOT_OPEN = "The system's keyring was not opened in time."
_MAY_OPEN = ("locked", "away", "refused")
"""Answers after which the keyring may be opened later."""


class KeptPassword:
    """Owns what is done with the keyring, and knows whose sign-in is under way."""

    def __init__(
        self,
        config: Config,
        ports: Ports,
        own: AppToasts,
        quiet: QuietController,
        sign_in: Callable[[SignIn], bool],
        tell: Callable[[StateChanged], None],
    ) -> None:
        """
        Args:
            own: Says what the program says itself.
            quiet: Remembers whose password is kept.
            sign_in: Signs in by the password that was read, unless the person is about to sign in; says whether.
            tell: Takes a state that is not the session's: the keyring is waited for, or is not any more.
        """
        self.stays = config.stay_signed_in
        """The person wants to stay signed in on this computer."""
        self._configured = (config.email or "").lower()
        self._keyring = ports.keyring
        self._surface = ports.surface
        self._now = ports.now
        self._own = own
        self._quiet = quiet
        self._sign_in = sign_in
        self._tell = tell
        self._unattended = False
        """A service runs it, which has credentials of its own."""
        self._email = ""
        """Whose sign-in is under way, if it is none by what is kept."""
        self._password = ""
        """That of this sign-in, where it is to be kept: it is held nowhere else."""
        self._in_use = False
        """The sign-in under way is by what is kept."""
        self._wanted: StateChanged | None = None
        """What is kept is to be used as soon as it can be had: the state of the session that wants it."""
        self._may_prompt = False
        """The system has not asked the person to open it, and may."""
        self._watches = False
        """It is told when the keyring is opened."""
        self._waits = False
        """The person sees that the keyring is waited for, in place of the session's state."""
        self._otherwise: Callable[[str], object] | None = None
        self._until: float | None = None

    def begin(self, unattended: bool) -> None:
        """The program starts: what is not to be kept any more goes out of the keyring; a service leaves that alone."""
        self._unattended = unattended
        if unattended:
            return
        for email in self._quiet.noted.removing:
            self._keyring.remove(email)
        if not self.stays:
            self.forget()

    def configure(self, config: Config) -> None:
        """Take up whether the person wants to stay signed in."""
        before, self.stays = self.stays, config.stay_signed_in
        if before and not self.stays:
            self.forget()

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        return self._until

    def tick(self, now: float) -> None:
        """Do what is due."""
        if self._until is not None and now >= self._until:
            self._give_up(NOT_OPEN)

    def use(self, session: StateChanged, otherwise: Callable[[str], object]) -> None:
        """Sign in by what is kept, unless Telex has ended the session before its time, or nobody knows.

        Args:
            session: The session's state. While that lives nobody sees that the keyring is waited for.
            otherwise: Called, once, where it cannot be had in time, with a sentence that says why; at once, with an
                empty one, where nothing is kept that may be used.
        """
        if self._until is not None and session.expired:  # it is being asked
            self._wanted, self._otherwise = session, otherwise
            return
        self._stop()
        if session.state is not State.SIGNED_OUT and not session.expired and self._quiet.noted.kept:
            self._quiet.note(ended=True)  # somebody may have wanted that
        noted = self._quiet.noted
        may_be = noted.kept and self.stays and not self._unattended
        if not may_be or self._configured not in ("", noted.kept.lower()):
            otherwise("")
        elif noted.ended:
            otherwise("" if self._surface.opens_windows else _ENDED)
        else:
            self._wanted, self._otherwise, self._until = session, otherwise, self._now() + ASK_WITHIN
            self._may_prompt = self._surface.opens_windows
            self._keyring.read(noted.kept, self._may_prompt)

    def said(self, request: str, said: dict[str, Any]) -> None:
        """The keyring answers a request, or has changed."""
        email, kept = str(said.get("email", "")), self._quiet.noted.kept
        is_kept = email.lower() == kept.lower()
        match request, said:
            case "keyring", _ if self._wanted:
                self._keyring.read(kept, self._may_prompt)
            case "keyring read", {"keyring": "found", "password": str(password)} if self._wanted and is_kept:
                if not self._sign_in(SignIn(kept, password, persist=True)):
                    self._stop()
            case "keyring read", {"keyring": str(word)} if self._wanted and is_kept:
                self._not_found(word, why(said))
            case "keyring keep", {"keyring": "kept"} if not is_kept:  # it was given up meanwhile
                self._remove(email)
            case "keyring keep", {"keyring": "kept"}:
                pass
            case "keyring keep", {"keyring": "locked"} if self._surface.opens_windows:
                pass  # it asks the person, and says more later
            case "keyring keep", _ if is_kept:
                self._quiet.note(kept="", removing=(*self._removing_but(email), email))  # an earlier one may be there
                words = "Your password could not be put into the system's keyring, so the next start asks for it."
                self._own.tell("You do not stay signed in", f"{words} {why(said)}")
            case "keyring remove", {"keyring": "removed"}:
                self._quiet.note(removing=self._removing_but(email))

    def ended(self, request: str, problem: str) -> None:
        """The process that asked the keyring has ended; ``problem``: why it could not, in words, if so."""
        if problem:
            log.warning("%s: %s", request, problem)
            self.said(request, {"email": self._quiet.noted.kept, "keyring": "failed"})

    def _not_found(self, word: str, why: str) -> None:
        log.info("the keyring: %s", word)
        self._may_prompt = self._may_prompt and word != "locked"
        if word == "nothing":
            self._quiet.note(kept="")
        if word not in _MAY_OPEN or not self._surface.opens_windows:
            self._give_up(why)
            self._stop()
            return
        first, self._watches = not self._watches, True
        self._keyring.watch(True)
        if first and word == "away":
            self._keyring.read(self._quiet.noted.kept, self._may_prompt)  # it may have come since
        if word == "refused":
            self._give_up(why)
        elif self._otherwise and not self._waits and self._wanted and self._wanted.state not in SIGNED_IN:
            self._waits = True
            self._tell(StateChanged(State.WAITING_FOR_KEYRING))

    def _give_up(self, why: str) -> None:
        """The person is asked. Where the keyring is opened later, and they have done nothing, it still signs in."""
        otherwise, self._otherwise, self._until = self._otherwise, None, None
        self._wait_no_more()
        if otherwise is not None:
            otherwise(why)

    def _stop(self) -> None:
        """What is kept is not wanted any more."""
        if self._watches:
            self._keyring.watch(False)
        self._wait_no_more()
        self._wanted, self._watches, self._otherwise, self._until = None, False, None, None

    def _wait_no_more(self) -> None:
        if self._waits and self._wanted:
            self._waits = False
            self._tell(self._wanted)

    def begins(self, command: SigningIn, in_use: bool) -> None:
        """A sign-in begins, which outweighs what the keyring may say yet.

        Args:
            command: By a password, which may be kept, or by a link.
            in_use: It is by what is kept.
        """
        self._waits = False  # the session says what it does now
        self._stop()
        self._in_use, self._email = in_use, "" if in_use else command.email
        keeps = self.stays and not (in_use or self._unattended)
        self._password = command.password if keeps and isinstance(command, SignIn) else ""

    def signed_in(self) -> str:
        """The sign-in has worked, or none was needed.

        Returns:
            Whose it was; empty where it was by what is kept.
        """
        email, password = self._email, self._password
        self.called_off()
        if email and email.lower() != self._quiet.noted.kept.lower():
            self.forget()
        if not self._unattended:
            self._quiet.note(ended=False)  # also where Telex takes the session again
        if password:
            self._quiet.note(kept=email, removing=self._removing_but(email))
            self._keyring.keep(email, password, self._surface.opens_windows)
        return email

    def failed(self, event: SignInFailed) -> str | None:
        """The sign-in did not work.

        Returns:
            ``None`` where it was not by what is kept. Else what is to be said of that; empty where it stays.
        """
        in_use = self._in_use
        self.called_off()
        if in_use and event.password_refused:
            self.forget()
            return _TAKEN_OUT
        return "" if in_use else None

    def called_off(self) -> None:
        """There is no sign-in under way any more whose password is to be kept, or was."""
        self._email, self._password, self._in_use = "", "", False

    def forget(self) -> None:
        """Take out what is kept; it is used no more from here on."""
        self.called_off()
        self._stop()
        if email := self._quiet.noted.kept:
            self._remove(email, kept="")

    def _remove(self, email: str, **noted: str) -> None:
        self._quiet.note(removing=(*self._removing_but(email), email), **noted)
        self._keyring.remove(email)

    def _removing_but(self, email: str) -> tuple[str, ...]:
        return tuple(one for one in self._quiet.noted.removing if one.lower() != email.lower())


def why(said: dict[str, Any]) -> str:
    """Why a request came to nothing, by the keyring's answer; a sentence."""
    words = str(
        said.get("words")
        or _ANSWERS.get(str(said.get("keyring")), "the system's keyring cannot be asked; the log tells why")
    )
    return f"{words[0].upper()}{words[1:].rstrip('.')}."
