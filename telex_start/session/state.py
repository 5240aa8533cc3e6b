"""Where the session stands, as main hears it: the state, each trouble once, failed sign-ins; and the commands by which
main changes that, which interrupt what is under way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue

from ..errors import (
    CredentialsRefused,
    InvalidForm,
    NoNetwork,
    RateLimited,
    Refused,
    SignInRefused,
    TelexStartError,
)
from ..events import (
    CancelSignIn,
    Command,
    Event,
    Notice,
    SignInFailed,
    SignInFailure,
    SignOut,
    StateChanged,
    Stop,
    ThreadFailed,
    Trouble,
)
from ..states import State
from .organisations import Figures

log = logging.getLogger(__name__)

REFUSALS = (CredentialsRefused, InvalidForm, SignInRefused)
"""A login that failed with one of these fails with the same form likewise: a person is needed for the next try."""
LEAVING = (SignOut, CancelSignIn, Stop)
"""Commands that end what is under way, whatever that is."""
SIGN_IN_AGAIN = (
    "Sign in again to see new organisations",
    "Telex does not say any more which organisations you are in. Notifications from those known go on meanwhile.",
)
"""Title and text of what the person is told where Telex has long refused to say which organisations there are."""

_LOOK_AT_CLOCK = 60.0
"""Seconds of a long wait after which the clock is looked at: a queue's time-out stands still in sleep."""
_MOST_TROUBLES = 50


class ReconnectAsked(BaseException):
    """The person asked to reconnect at once. Like :class:`LeaveAsked` no :class:`Exception`, which somebody on its way
    would take for a failure."""


class LeaveAsked(BaseException):
    """A command asks to end the session, or the sign-in, that is under way.

    Attributes:
        command: What is to be carried out once it has ended.
    """

    def __init__(self, command: Command) -> None:
        super().__init__(type(command).__name__)
        self.command = command


class Commands:
    """The queue of commands to the session thread. Any thread may :meth:`put`; the rest is for the session thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        """``now`` gives seconds on a clock that counts sleep."""
        self._queue: SimpleQueue[Command] = SimpleQueue()
        self._leaving: list[type[Command]] = []  # those put so far: adding one needs no lock
        self._taken_leaving = 0
        self._now = now

    def put(self, command: Command) -> None:
        """Queue a command."""
        self._queue.put(command)
        if isinstance(command, LEAVING):
            self._leaving.append(type(command))

    def leaving(self) -> bool:
        """Whether a command waits that ends what is under way. Any thread."""
        return len(self._leaving) > self._taken_leaving

    def next(self) -> Command:
        """Wait for a command."""
        return self._taken(self._queue.get())

    def until(self, end: float) -> Command | None:
        """Wait for a command until then, on the clock ``now``; ``None`` where none came."""
        while True:
            left = min(end - self._now(), _LOOK_AT_CLOCK)
            try:
                return self._taken(self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait())
            except Empty:
                if end - self._now() <= 0:
                    return None

    def _taken(self, command: Command) -> Command:
        self._taken_leaving += isinstance(command, LEAVING)
        return command


class SessionState:
    """Where the session stands. Owned by the session thread."""

    def __init__(self, dispatch: Callable[[Event], None], figures: Callable[[], Figures]) -> None:
        """``figures`` gives how the organisations stand."""
        self._dispatch = dispatch
        self._figures = figures
        self._last_state = StateChanged(State.SIGNED_OUT)
        self._troubles: set[tuple[str, str]] = set()
        """What was told since the last time that all was well."""
        self._failures: set[str] = set()
        """The types of the unexpected exceptions that were told."""

    @property
    def state(self) -> State:
        """The current one."""
        return self._last_state.state

    def move(self, state: State, reason: str = "") -> None:
        """Go to a state (or stay), log it and tell it, with its figures, where anything changed."""
        figures = Figures() if state in (State.SIGNED_OUT, State.STOPPED) else self._figures()
        if state is not State.ONLINE:
            figures = figures._replace(subscribed=0)
        now = StateChanged(state, reason, *figures)
        if state is not self.state or reason != self._last_state.reason:
            log.info("%s%s", state, f": {reason}" if reason else "")
        if now != self._last_state:
            news = now.sign_in_again and not self._last_state.sign_in_again
            self._last_state = now
            self._dispatch(now)
            if news:
                log.warning("%s: %s", *SIGN_IN_AGAIN)
                self._dispatch(Notice(*SIGN_IN_AGAIN, needs_person=True))

    def well(self) -> None:
        """All is well: every trouble from now on is a new one."""
        self._troubles.clear()

    def report(self, error: TelexStartError) -> None:
        """Tell a trouble once, not once a retry."""
        trouble = (error.title, error.message)
        if trouble not in self._troubles:
            if len(self._troubles) >= _MOST_TROUBLES:
                self._troubles.clear()
            self._troubles.add(trouble)
            log.warning("%s: %s", *trouble)
            self._dispatch(Trouble(*trouble))

    def unexpected(self, error: BaseException) -> None:
        """Log an exception that nobody expected, and tell it once for each kind."""
        kind = type(error).__name__
        log.error("an unexpected error", exc_info=error)
        if kind not in self._failures:
            self._failures.add(kind)
            self._dispatch(ThreadFailed("session", kind))


def reason(error: TelexStartError) -> str:
    """What an error says, fit for the status line: ``Reconnecting: …``."""
    text = error.message.rstrip(".")
    if isinstance(error, Refused):
        return f"Telex says: {text}"
    first, _, _ = text.partition(" ")
    return text[0].lower() + text[1:] if first in ("A", "An", "The", "No") else text


def sign_in_failed(error: TelexStartError, *, session_stays: bool = False) -> SignInFailed:
    """What main is told of a login that did not work."""
    kinds = {
        CredentialsRefused: SignInFailure.CREDENTIALS,
        SignInRefused: SignInFailure.REFUSED,
        InvalidForm: SignInFailure.FORM,
        RateLimited: SignInFailure.RATE_LIMIT,
        NoNetwork: SignInFailure.NETWORK,
    }
    found = (kind for error_type, kind in kinds.items() if isinstance(error, error_type))
    return SignInFailed(error.title, error.message, next(found, SignInFailure.TELEX), session_stays)
