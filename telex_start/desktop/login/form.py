"""The check of the login form, before any request. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class InvalidField(NamedTuple):
    """A field that does not hold what it should."""

    message: str
    """What is wrong, in one sentence for the person."""
    field: str
    """``email`` or ``password``."""


def invalid_field(email: str, password: str) -> InvalidField | None:
    """The first field that is wrong; ``None`` where both are right.

    Args:
        email: Without blanks around it.
        password: As it was typed; blanks belong to it.
    """
    if not email:
        return InvalidField("Please enter your e-mail address.", "email")
    if not _EMAIL.fullmatch(email):
        return InvalidField("This does not look like an e-mail address; it should be like ada@example.org.", "email")
    if not password:
        return InvalidField("Please enter your password.", "password")
    return None
