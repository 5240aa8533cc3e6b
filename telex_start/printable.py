"""Text made fit for one line of a log or a status line. Pure."""

from __future__ import annotations


def printable(text: str, instead: str = "\N{REPLACEMENT CHARACTER}") -> str:
    """The text, with every character that is not printable (line breaks among them) replaced by ``instead``."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else instead for character in text)
