"""What an open login window shows while its sign-in goes on. Used by the main thread alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..events import SignInFailed, SignInFailure, StateChanged, Trouble
from ..face import plural
from ..states import SIGNED_IN, State

WAIT_WITHIN = 10.0
"""Seconds after the password was accepted in which the first organisation should be live."""
_SHOW_SUCCESS = 1.2
"""Seconds that the success stays readable."""

SENTENCES = {
    SignInFailure.CREDENTIALS: "Telex does not know this e-mail address and password. Please check both.",
    SignInFailure.RATE_LIMIT: "Telex gets too many requests just now. Please try again in a minute.",
}
"""What is said for a kind of failure that has one cause. The others have many, and the error knows which it was."""


class Window(Protocol):
    """What a login window can do (see ``desktop.tk.login_window``)."""

    def show(self, what: str, message: str) -> None:
        """Say how the sign-in goes: ``busy``, ``failure``, ``success``, or the ``words`` alone."""

    def come_forward(self) -> None: ...
    def close(self) -> None: ...


def sentence(failure: SignInFailed, other_name: str | None = None) -> str:
    """What a person is told about a failed sign-in: its cause, which may be Telex's own words.

    Args:
        other_name: The environment to try where Telex is not reached, if there is one.
    """
    if failure.kind is SignInFailure.NETWORK and other_name is not None:
        hint = f'If other pages can be reached: Telex is called Zedu too, try environment = "{other_name}".'
        return f"{failure.message} {hint}"
    if failure.kind in SENTENCES:
        return SENTENCES[failure.kind]
    if failure.kind is SignInFailure.TELEX and not failure.message.endswith((".", "?")):
        return f"{failure.title}: {failure.message}."  # words of Telex's that make no sentence, like "HTTP 404"
    return failure.message


class SignInDialogue:
    """One open login window and the sign-in it has started, if any."""

    def __init__(self, window: Window, now: Callable[[], float], other_name: str | None = None) -> None:
        """
        Args:
            other_name: See :func:`sentence`.
        """
        self._window = window
        self._now = now
        self._other_name = other_name
        self.under_way = False
        """A sign-in was submitted, and the window has shown neither its failure nor its success."""
        self.closing = False
        """The window was asked to close: nobody sees it any more."""
        self.session_stays = False
        """The sign-in was submitted beside a session, which goes on whatever becomes of it."""
        self._accepted_at: float | None = None
        self._close_at: float | None = None

    @property
    def succeeded(self) -> bool:
        """It shows its success, and goes in a moment."""
        return self._close_at is not None

    def submitted(self, signed_in: bool = False) -> None:
        """The person pressed Login.

        Args:
            signed_in: There is a session already, whose access token is refused.
        """
        self.under_way = True
        self.session_stays = signed_in
        self._accepted_at = None
        self._window.show("busy", "Signing in…")

    def adopt(self, signed_in: bool = False) -> None:
        """A sign-in that began elsewhere was accepted, or none is needed any more: there is nothing left to ask for, so
        the window shows how that goes on.

        Args:
            signed_in: It is the session that was there before.
        """
        if not (self.under_way or self.closing or self.succeeded):
            self.under_way = True
            self.session_stays = signed_in
            self._accepted_at = None

    def failed(self, failure: SignInFailed) -> None:
        """The sign-in did not work; the window stays for another try."""
        self.under_way = False
        self._window.show("failure", sentence(failure, self._other_name))

    def session_ended(self, message: str) -> None:
        """The session ended while the window still waited for it."""
        if self.under_way:
            self.under_way = False
            self._window.show("failure", message)

    def trouble(self, trouble: Trouble) -> None:
        """A trouble after the password was accepted; it is being retried."""
        if self.under_way and self._accepted_at is not None:
            self._window.show("words", f"{trouble.message or trouble.title} Trying again…")

    def state(self, event: StateChanged) -> None:
        """The session's state changed."""
        if event.state not in SIGNED_IN:
            self.session_stays = False
        if not self.under_way or event.sign_in_again:
            return
        if event.state in (State.CONNECTING, State.RECONNECTING) and self._accepted_at is None:
            self._accepted_at = self._now()
            self._window.show("busy", "Password accepted. Connecting…")
        elif event.state is State.ONLINE:
            self._accepted_at = self._accepted_at or self._now()
            if event.subscribed:
                self._succeed(f"Signed in: {plural(event.organisations, 'organisation')}.")
            elif not event.organisations:
                self._succeed("Signed in. You are in no organisation yet.")
            elif event.refused >= event.organisations:
                self._succeed("Signed in, but Telex refuses notifications for all your organisations.")

    def deadline(self) -> float | None:
        """When :meth:`tick` is due."""
        if self._close_at is not None:
            return self._close_at
        if self.under_way and self._accepted_at is not None:
            return self._accepted_at + WAIT_WITHIN
        return None

    def tick(self, now: float) -> None:
        """Close the window once its success could be read, and end a wait that has lasted :data:`WAIT_WITHIN`."""
        if self._close_at is not None:
            if now >= self._close_at:
                self.close()
        elif (due := self.deadline()) is not None and now >= due:
            self._succeed("Signed in, waiting for Telex.")

    def come_forward(self) -> None:
        """The person asked for the window that is open already."""
        self._window.come_forward()

    def close(self) -> None:
        """Close the window."""
        self.closing = True
        self._window.close()

    def _succeed(self, message: str) -> None:
        self.under_way = False
        self._close_at = self._now() + _SHOW_SUCCESS
        self._window.show("success", message)
