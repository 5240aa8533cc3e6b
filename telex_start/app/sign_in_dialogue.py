"""One open login window, and how the sign-in that it has started goes on. For the main thread."""

from __future__ import annotations

from collections.abc import Callable

from ..events import StateChanged, Trouble
from ..news import wording
from ..states import SIGNED_IN, State
from .ports import Windows

WAIT_WITHIN = 10.0
"""Seconds after the password was accepted in which the first organisation should be live."""
_SHOW_SUCCESS = 1.2
"""Seconds that the success stays readable."""


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
        self.typed = False
        """The person has typed into it, or asked for a link."""
        self._by_what = "Password"
        """What Telex accepts."""
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

    def follow(self, session_stays: bool, by_what: str = "Password") -> None:
        """Show how a sign-in by this goes on; ``session_stays``: it is beside a session, or that session itself."""
        self._by_what = by_what
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
        """When the window has said its success long enough, or has waited :data:`WAIT_WITHIN` for it."""
        if self._close_at is not None or self._accepted_at is None or not self.under_way:
            return self._close_at
        return self._accepted_at + WAIT_WITHIN

    def succeed(self, message: str) -> None:
        """Say that it worked; the window goes once that could be read."""
        self.under_way = False
        self._close_at = self._now() + _SHOW_SUCCESS
        self._tell("success", message)
