"""The exceptions by which the session thread leaves what it is at.

Those that a command raises derive from :class:`BaseException`, so that no ``except Exception`` on their way takes them
for a failure.
"""

from __future__ import annotations

from ..errors import TelexStartError
from ..events import Command


class Interrupt(BaseException):
    """A command ends what the session thread is at. Base of those below."""


class ReconnectAsked(Interrupt):
    """The person asked to reconnect at once (:class:`~telex_start.events.ReconnectNow`)."""


class LeaveAsked(Interrupt):
    """A command asks to end the session, or the sign-in, that is under way.

    Attributes:
        command: What is to be carried out once it has ended.
    """

    def __init__(self, command: Command) -> None:
        super().__init__(type(command).__name__)
        self.command = command


class SignInEnded(Exception):
    """A sign-in attempt has ended without a session.

    Attributes:
        error: Why.
    """

    def __init__(self, error: TelexStartError) -> None:
        super().__init__(error.message)
        self.error = error
