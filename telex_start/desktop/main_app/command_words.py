"""The words of a command line, as each platform quotes them. Pure."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterable

WINDOWS = sys.platform == "win32"


def split(command: str, windows: bool = WINDOWS) -> list[str]:
    """The words of a command line.

    Args:
        command: As a person types it.
        windows: By the rules of Windows, where a backslash is part of a path.

    Raises:
        ValueError: a quotation is not closed.
    """
    return _windows_words(command) if windows else shlex.split(command)


def join(words: Iterable[str], windows: bool = WINDOWS) -> str:
    """The command line that has these words, as one would type it."""
    return subprocess.list2cmdline(words) if windows else shlex.join(words)


def _windows_words(command: str) -> list[str]:
    """By the rules of ``CommandLineToArgvW``: a backslash escapes only where a quotation mark follows.

    Raises:
        ValueError: a quotation is not closed.
    """
    words: list[str] = []
    word: str | None = None
    inside = False
    at = 0
    while at < len(command):
        rest = command[at:]
        if (backslashes := len(rest) - len(rest.lstrip("\\"))) and rest[backslashes : backslashes + 1] == '"':
            word = (word or "") + "\\" * (backslashes // 2) + '"' * (backslashes % 2)
            at += backslashes + backslashes % 2
        elif backslashes:
            word = (word or "") + "\\" * backslashes
            at += backslashes
        elif rest[0] == '"':
            word = word or ""
            if inside and rest[1:2] == '"':  # two of them inside are one
                word += '"'
                at += 1
            else:
                inside = not inside
            at += 1
        elif rest[0] in " \t" and not inside:
            if word is not None:
                words.append(word)
            word = None
            at += 1
        else:
            word = (word or "") + rest[0]
            at += 1
    if inside:
        raise ValueError("a quotation is not closed")
    return words if word is None else [*words, word]
