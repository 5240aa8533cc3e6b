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
from ..events import SignIn, SignInByLink, SignInFailed, StateChanged
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
NOT_OPEN = "The system's keyring was not opened in time."
_MAY_OPEN = ("locked", "away", "refused")
"""Answers after which the keyring may be opened later."""


class KeptPassword:
    """Owns what is done with the keyring, and knows whether the sign-in under way is by what is kept there."""

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
        self._session = StateChanged(State.SIGNED_OUT)
        """The session's own state, and not that the keyring is waited for."""
        self._held: SignIn | None = None
        """The sign-in under way, where its password is to be kept: it is held nowhere else."""
        self._email = ""
        """Whose sign-in is under way, if it is none by what is kept."""
        self._in_use = False
        """The sign-in under way is by what is kept."""
        self._wanted = False
        """It is to be used as soon as it can be had."""
        self._may_prompt = False
        """The system has not asked the person to open it, and may."""
        self._watches = False
        """It is told when the keyring is opened."""
        self._waits = False
        """The person sees that the keyring is waited for."""
        self._unattended = False
        """A service runs it, which has credentials of its own."""
        self._otherwise: Callable[[str], object] | None = None
        self._until: float | None = None

    def begin(self, unattended: bool) -> None:
        """The program starts: what is not to be kept any more goes out of the keyring; a service leaves that alone."""
        self._unattended = unattended
        if unattended:
            return
        if self._quiet.noted.kept and not self.stays:
            self._note_removing()
        for email in self._quiet.noted.removing:
            self._keyring().remove(email)

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

    def session(self, event: StateChanged) -> None:
        """The session's state changed."""
        if event.state is not State.WAITING_FOR_KEYRING:
            self._session = event
            self._waits = False

    # --- using it ---------------------------------------------------------------------------------------------------

    def use(self, otherwise: Callable[[str], object]) -> None:
        """Sign in by what is kept.

        Args:
            otherwise: Called, once, where it cannot be had in time, with a sentence that says why; at once, with an
                empty one, where nothing is kept that may be used.
        """
        noted = self._quiet.noted
        may_be = noted.kept and self.stays and not self._unattended
        if not may_be or self._configured not in ("", noted.kept.lower()):
            otherwise("")
        elif noted.ended:
            otherwise("" if self._surface.opens_windows else _ENDED)
        elif self._until is not None:
            self._otherwise = otherwise  # it is being asked
        else:
            self._wanted, self._otherwise, self._until = True, otherwise, self._now() + ASK_WITHIN
            self._may_prompt = self._surface.opens_windows
            self._keyring().read(noted.kept, self._may_prompt)

    def said(self, request: str, said: dict[str, Any]) -> None:
        """The keyring answers a request, or has changed."""
        email = str(said.get("email", "")).lower()
        match request, said:
            case "keyring", _:
                if self._wanted:
                    self._keyring().read(self._quiet.noted.kept, self._may_prompt)
            case "keyring read", {"keyring": str(word)} if self._wanted and email == self._quiet.noted.kept.lower():
                self._read(word, why(said), said.get("password"))
            case "keyring keep", {"keyring": str(word)}:
                self._kept(email, word, why(said))
            case "keyring remove", {"keyring": "removed"}:
                left = tuple(one for one in self._quiet.noted.removing if one.lower() != email)
                self._quiet.note(removing=left)

    def ended(self, request: str, problem: str) -> None:
        """The process that asked the keyring has ended; ``problem``: why it could not, in words, if so."""
        if problem:
            log.warning("%s: %s", request, problem)
            self.said(request, {"email": self._quiet.noted.kept, "keyring": "failed"})

    def _read(self, word: str, why: str, password: object) -> None:
        if word == "found" and isinstance(password, str):
            self._stop()
            self._in_use = self._sign_in(SignIn(self._quiet.noted.kept, password, persist=True))
            if not self._in_use:
                self._wait_no_more()
            return
        log.info("the keyring: %s", word)
        self._may_prompt = self._may_prompt and word != "locked"
        if word in _MAY_OPEN and self._surface.opens_windows:
            first, self._watches = not self._watches, True
            self._keyring().watch(True)
            if first and word == "away":
                self._keyring().read(self._quiet.noted.kept, self._may_prompt)  # it may have come since
        else:
            self._wanted = False
        if word == "nothing":
            self._quiet.note(kept="")
        asks_nobody = self._session.state in SIGNED_IN or self._otherwise is None
        if word in ("locked", "away") and not asks_nobody and not self._waits:
            self._waits = True
            self._tell(StateChanged(State.WAITING_FOR_KEYRING))
        if word not in ("locked", "away") or not self._surface.opens_windows:
            self._give_up(why)

    def _give_up(self, why: str) -> None:
        """The person is asked. Where the keyring is opened later, and they have done nothing, it still signs in."""
        otherwise, self._otherwise, self._until = self._otherwise, None, None
        self._wait_no_more()
        if otherwise is not None:
            otherwise(why)

    def _stop(self) -> None:
        """What is kept is not wanted any more."""
        if self._watches:
            self._keyring().watch(False)
        self._wanted, self._watches, self._otherwise, self._until = False, False, None, None

    def _wait_no_more(self) -> None:
        if self._waits:
            self._tell(self._session)

    # --- what becomes of sign-ins -----------------------------------------------------------------------------------

    def begins(self, command: SignIn | SignInByLink, keep: bool = False) -> None:
        """A sign-in begins by what was typed or given, which outweighs what the keyring may say yet.

        Args:
            command: By a password, which may be kept, or by a link.
            keep: It is to be kept, whatever the setting is.
        """
        self._stop()
        self.called_off()
        self._email = command.email
        if (self.stays or keep) and isinstance(command, SignIn) and not self._unattended:
            self._held = command

    def signed_in(self) -> None:
        """The sign-in has worked, or none was needed."""
        held, email = self._held, self._email
        self.called_off()
        if not self._unattended:
            self._quiet.note(ended=False)
        if not email:
            return  # it was by what is kept, or Telex takes the session again
        if email.lower() != self._quiet.noted.kept.lower():
            self.forget()
        if held is not None:
            left = tuple(one for one in self._quiet.noted.removing if one.lower() != email.lower())
            self._quiet.note(kept=email, removing=left)
            self._keyring().keep(email, held.password, self._surface.opens_windows)

    def failed(self, event: SignInFailed) -> tuple[bool, bool]:
        """The sign-in did not work.

        Returns:
            Whether it was by what is kept, and whether that was taken out for it.
        """
        in_use = self._in_use
        self.called_off()
        if in_use and event.password_refused:
            self.forget()
        return in_use, in_use and event.password_refused

    def called_off(self) -> None:
        """There is no sign-in under way any more whose password is to be kept, or was."""
        self._held, self._email, self._in_use = None, "", False

    def session_ended_early(self) -> None:
        """Telex has ended the session before its time, or nobody knows: somebody may have wanted that."""
        if self._quiet.noted.kept:
            self._quiet.note(ended=True)

    # --- keeping and forgetting it ----------------------------------------------------------------------------------

    def forget(self) -> None:
        """Take out what is kept; it is used no more from here on."""
        self.called_off()
        self._stop()
        self._wait_no_more()
        if email := self._quiet.noted.kept:
            self._note_removing()
            self._keyring().remove(email)

    def _note_removing(self) -> None:
        noted = self._quiet.noted
        self._quiet.note(kept="", removing=tuple(dict.fromkeys((*noted.removing, noted.kept))))

    def _kept(self, email: str, word: str, why: str) -> None:
        if word == "locked" and self._surface.opens_windows:
            return  # it asks the person, and says more later
        is_current = email == self._quiet.noted.kept.lower()
        if word == "kept" and not is_current:  # it was given up meanwhile, and may be there all the same
            self._quiet.note(removing=tuple(dict.fromkeys((*self._quiet.noted.removing, email))))
            self._keyring().remove(email)
        elif word != "kept" and is_current:
            self._note_removing()  # an earlier one may be there
            words = f"Your password could not be put into the system's keyring, so the next start asks for it. {why}"
            self._own.tell("You do not stay signed in", words)


def why(said: dict[str, Any]) -> str:
    """Why a request came to nothing, by the keyring's answer; a sentence."""
    words = str(
        said.get("words")
        or _ANSWERS.get(str(said.get("keyring")), "the system's keyring cannot be asked; the log tells why")
    )
    return f"{words[0].upper()}{words[1:].rstrip('.')}."
