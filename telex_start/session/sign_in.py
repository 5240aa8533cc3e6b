"""One sign-in: the login, again and again where nobody could be asked to try again, and what is said when it fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from ..errors import (
    CredentialsRefused,
    InvalidForm,
    NoNetwork,
    RateLimited,
    Refused,
    SignInRefused,
    TelexStartError,
    Temporary,
)
from ..events import SignIn, SignInFailed, SignInFailure
from ..net.pacing import Backoff
from ..states import State
from .interrupts import ReconnectAsked, SignInEnded
from .state import SessionState, reason
from .telex_api import Login, TelexApi

FAILURES = (CredentialsRefused, InvalidForm, SignInRefused, Temporary, Refused)
"""What a login may raise."""
_REFUSALS = (CredentialsRefused, InvalidForm, SignInRefused)
"""Another try with the same form would end likewise."""


def log_in(
    command: SignIn,
    api: TelexApi,
    state: SessionState,
    backoff: Backoff,
    wait: Callable[[float], None],
    wait_for_pacer: Callable[[], None],
) -> Login:
    """Log in.

    Args:
        command: What with; nothing here keeps it.
        api: The call.
        state: Told of each failure while it persists.
        backoff: Between two tries.
        wait: Waits, or looks for a command with 0.
        wait_for_pacer: Waits until a call may be made.

    Raises:
        SignInEnded: it did not work.
        LeaveAsked: a command came meanwhile.
    """
    while True:
        with contextlib.suppress(ReconnectAsked):
            wait_for_pacer()
        try:
            return api.login(command.email, command.password)
        except FAILURES as error:
            with contextlib.suppress(ReconnectAsked):
                wait(0.0)  # a command that came meanwhile outweighs what became of the call
            if not command.persist or isinstance(error, _REFUSALS):
                raise SignInEnded(error) from None
            state.report(error)
            state.move(State.SIGNING_IN, reason(error))
            with contextlib.suppress(ReconnectAsked):
                wait(backoff.next())


def failed(error: TelexStartError, *, session_stays: bool = False) -> SignInFailed:
    """What the main thread is told of a login that did not work."""
    return SignInFailed(error.title, error.message, _kind(error), session_stays)


def refused(error: TelexStartError) -> bool:
    """Whether a person is needed for the next try."""
    return isinstance(error, _REFUSALS)


def _kind(error: TelexStartError) -> SignInFailure:
    if isinstance(error, CredentialsRefused):
        return SignInFailure.CREDENTIALS
    if isinstance(error, SignInRefused):
        return SignInFailure.REFUSED
    if isinstance(error, InvalidForm):
        return SignInFailure.FORM
    if isinstance(error, RateLimited):
        return SignInFailure.RATE_LIMIT
    if isinstance(error, NoNetwork):
        return SignInFailure.NETWORK
    return SignInFailure.TELEX
