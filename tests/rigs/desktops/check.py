"""What a check is: a function with a name, in words that a person would use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .stage import Stage


class Wrong(Exception):
    """What a check saw is not as it should be."""


class Check(NamedTuple):
    """One check, the same on all desktops."""

    name: str
    words: str
    """What is so where it passes."""
    make: Callable[[Stage], str]
    """Makes it, and gives what was seen.

    Raises:
        Wrong: it is not so.
    """


class Checks(list[Check]):
    """A list that checks are put into where they are written."""

    def add(self, name: str, words: str) -> Callable[[Callable[[Stage], str]], Callable[[Stage], str]]:
        """For a function that makes a check."""

        def added(make: Callable[[Stage], str]) -> Callable[[Stage], str]:
            self.append(Check(name, words, make))
            return make

        return added


def so(condition: object, seen: str) -> None:
    """What must be so.

    Raises:
        Wrong: it is not; says what was seen.
    """
    if not condition:
        raise Wrong(seen)
