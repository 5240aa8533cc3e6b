"""Text of unknown origin made printable: on one line, and unable to steer a terminal. Pure.

For logs and for messages of one line. What a toast shows is cleaned by :mod:`.news.text`, which keeps the invisible
characters that emoji and many scripts are written with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def printable(text: str, instead: str | Callable[[str], str] = "\N{REPLACEMENT CHARACTER}", keep: str = "") -> str:
    """The text with every character replaced that Python does not call printable (:meth:`str.isprintable`).

    Line breaks, control characters, characters that turn the reading direction around and lone surrogates are not
    printable.

    Args:
        text: Any text.
        instead: What replaces such a character, or a function that makes the replacement from it.
        keep: Characters that stay although they are not printable.
    """
    if text.isprintable():
        return text
    replacement = instead if callable(instead) else lambda character: instead
    return "".join(
        character if character.isprintable() or character in keep else replacement(character) for character in text
    )
