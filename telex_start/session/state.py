"""Where the session stands, and what the main thread is told of it: each change, and each trouble once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..errors import Refused, TelexStartError
from ..events import Event, Notice, StateChanged, ThreadFailed, Trouble
from ..states import State, may_move
from .organisations import Figures

log = logging.getLogger(__name__)

_MOST_TROUBLES = 50

SIGN_IN_AGAIN = (
    "Sign in again to see new organisations",
    "Telex does not say any more which organisations you are in. Notifications from those known go on meanwhile.",
)
"""Title and text of what the person is told where look-ups have been refused for long."""


def reason(error: TelexStartError) -> str:
    """What an error says, fit for the status line: ``Reconnecting: …``."""
    text = error.message.rstrip(".")
    if isinstance(error, Refused):
        return f"Telex says: {text}"
    first, _, _ = text.partition(" ")
    return text[0].lower() + text[1:] if first in ("A", "An", "The", "No") else text


class SessionState:
    """The current state. Owned by the session thread."""

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
        """Where the session stands."""
        return self._last_state.state

    def move(self, state: State, reason: str = "") -> None:
        """Go to a state (or stay), log it and tell it, with its figures, where anything changed."""
        if not may_move(self.state, state):
            log.error("no way from %s to %s", self.state, state)
            return
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
