"""The check of the login form, before any request. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Fault(NamedTuple):
    """What is wrong with the form."""

    message: str
    """One sentence for the person."""
    field: str
    """Where: ``email`` or ``password``."""


def fault(email: str, password: str) -> Fault | None:
    """The first thing that is wrong, or ``None``.

    Args:
        email: Without blanks around it.
        password: As it was typed; blanks belong to it.
    """
    if not email:
        return Fault("Please enter your e-mail address.", "email")
    if not _EMAIL.fullmatch(email):
        return Fault("This does not look like an e-mail address; it should be like ada@example.org.", "email")
    if not password:
        return Fault("Please enter your password.", "password")
    return None
