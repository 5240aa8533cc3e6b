"""The states of a session. The current one is held by :class:`telex_start.session.state.SessionState`."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a session stands. The values are the words that ``--headless --json`` prints."""

    SIGNED_OUT = "signed_out"
    WAITING_FOR_KEYRING = "waiting_for_keyring"
    """Nobody is signed in: the system's keyring, which holds the password, is locked or not there yet."""
    SIGNING_IN = "signing_in"
    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    SIGN_IN_NEEDED = "sign_in_needed"
    STOPPED = "stopped"


SIGNED_IN = frozenset({State.CONNECTING, State.ONLINE, State.RECONNECTING})
"""The states in which a session is good: the person need not sign in."""
