"""How something is that can be switched on and off. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Status(NamedTuple):
    """Whether it is on, and in words what there is to say of it."""

    on: bool
    words: str
    """Where it is, or what keeps it off; a sentence without its full stop."""
