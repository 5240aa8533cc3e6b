"""What the icon, its title and the menu say: one immutable value, made from the session's state and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .states import SIGNED_IN, State

if TYPE_CHECKING:
    from .events import StateChanged


class Face(NamedTuple):
    """What the tray shows. Equal faces look the same, so a tray renews nothing when it gets an equal one."""

    state: State
    unread: int
    """The number on the badge; 0 for none."""
    status: str
    """The line at the top of the menu."""

    @property
    def title(self) -> str:
        """The icon's title or tooltip: it says in words what the icon shows. At most 127 characters (Windows)."""
        text = f"Telex: {self.status}"
        return text if len(text) <= 127 else text[:126] + "…"

    @property
    def signed_in(self) -> bool:
        """Sign Out is in the menu and Login is disabled."""
        return self.state in SIGNED_IN or self.state is State.SIGNING_IN

    @property
    def reconnecting(self) -> bool:
        """Reconnect Now is in the menu."""
        return self.state is State.RECONNECTING


SIGNED_OUT = Face(State.SIGNED_OUT, 0, "Signed out")
"""What is shown first."""


def plural(count: int, one: str, many: str | None = None) -> str:
    """``1 organisation``, ``2 organisations``."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def face_of(session: StateChanged, unread: int) -> Face:
    """The face for a session state and a number of unread threads."""
    state = session.state
    if state is State.ONLINE:
        if session.subscribed < session.organisations:
            status = f"Online: {session.subscribed} of {plural(session.organisations, 'organisation')}"
        elif session.organisations:
            status = f"Online: {plural(session.organisations, 'organisation')}"
        else:
            status = "Online: no organisations"
        if unread:
            status += f", {unread} unread"
    else:
        words = {
            State.SIGNED_OUT: "Signed out",
            State.SIGNING_IN: "Signing in",
            State.CONNECTING: "Connecting",
            State.RECONNECTING: "Reconnecting",
            State.SIGN_IN_NEEDED: "Sign in needed",
            State.STOPPED: "Stopped",
        }
        status = words[state]
        if state is State.CONNECTING and session.reason:
            # The next try after a failure: for a person it is one reconnecting, not a blinking between two words.
            state = State.RECONNECTING
            status = words[state]
        if session.reason:
            status += f": {session.reason}"
    return Face(state=state, unread=unread, status=status)
