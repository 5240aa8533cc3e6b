"""The e-mail address of the last sign-in by the window, for the next time that it opens. For the main thread alone."""

from __future__ import annotations

from ..config import Config
from .quiet_desk import QuietDesk


class RememberedEmail:
    """Remembers it where the person wants that.

    Args:
        desk: Keeps what is remembered.
    """

    def __init__(self, config: Config, desk: QuietDesk) -> None:
        self._desk = desk
        self._submitted = ""
        self.configure(config)

    @property
    def email(self) -> str:
        """It; empty for none."""
        return self._desk.email if self._wanted else ""

    def submitted(self, email: str) -> None:
        """The window asks to sign in with this one; empty: somebody else does, or it was called off."""
        self._submitted = email

    def accepted(self) -> None:
        """Telex has let the person in."""
        if self._submitted and self._wanted:
            self._desk.remember_email(self._submitted)
        self._submitted = ""

    def forget(self) -> None:
        """The person has signed out."""
        self._submitted = ""
        if self._desk.email:
            self._desk.remember_email("")

    def configure(self, config: Config) -> None:
        """The configuration is another."""
        self._wanted = config.remember_email
        if not self._wanted:
            self.forget()
