"""The states of a session and the moves between them.

One table says which move is allowed. The current state is held by :class:`telex_start.session.state.SessionState`.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a session stands. The values are the words that ``--headless --json`` prints."""

    SIGNED_OUT = "signed_out"
    SIGNING_IN = "signing_in"
    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    SIGN_IN_NEEDED = "sign_in_needed"
    STOPPED = "stopped"


_ALWAYS = frozenset({State.SIGNED_OUT, State.SIGN_IN_NEEDED, State.STOPPED})

ALLOWED: dict[State, frozenset[State]] = {
    State.SIGNED_OUT: frozenset({State.SIGNING_IN, State.STOPPED}),
    State.SIGNING_IN: _ALWAYS | {State.CONNECTING},
    State.CONNECTING: _ALWAYS | {State.ONLINE, State.RECONNECTING},
    State.ONLINE: _ALWAYS | {State.RECONNECTING},
    State.RECONNECTING: _ALWAYS | {State.CONNECTING},
    State.SIGN_IN_NEEDED: frozenset({State.SIGNING_IN, State.SIGNED_OUT, State.STOPPED}),
    State.STOPPED: frozenset(),
}

SIGNED_IN = frozenset({State.CONNECTING, State.ONLINE, State.RECONNECTING})
"""The states in which a session is good: the person need not sign in."""


def may_move(origin: State, target: State) -> bool:
    """Whether the table allows the move; staying where one is always is."""
    return origin is target or target in ALLOWED[origin]
