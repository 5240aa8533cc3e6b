"""Desktop entries as they are written, by the Desktop Entry Specification 1.5.

:mod:`telex_start.desktop.main_app.desktop_entry` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..desktop.main_app import desktop_entry
from ..errors import TelexStartError

MAIN = "Desktop Entry"
"""The group that says what the program is."""
SHELL = ["/bin/sh", "-c", 'exec "$0" "$@"']
"""Starts the program that follows, with what follows that."""
_RESERVED = set(" \t\n\"'\\><~|&;$*?#()`")
"""Characters for which an argument must be quoted ("The Exec key")."""
_ESCAPED = set('"`$\\')
"""Characters that a backslash stands before in a quoted argument."""


def made(groups: Mapping[str, Mapping[str, str]]) -> str:
    """The text of an entry.

    Args:
        groups: The groups by name, each with its keys and values as the file has them.
    """
    return "\n".join(
        "".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in keys.items())]) for name, keys in groups.items()
    )


def changed(text: str, values: Mapping[str, str | None], name: str = MAIN) -> str:
    """The entry with some keys of a group set; all else stays as somebody has written it.

    Args:
        text: The entry.
        values: The keys and their values as the file has them; ``None`` takes a key out.
        name: The group. Only the main one is added where it is missing.
    """
    if not values:
        return text
    lines: list[str] = []
    left = {key: value for key, value in values.items() if value is not None}
    group = end = -1
    for raw in text.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        line, bare = raw, raw.strip(desktop_entry.BLANKS)
        if bare.startswith("["):
            group = 0 if bare == f"[{name}]" else 1
        elif group == 0 and "=" in bare and not bare.startswith("#"):
            key = bare.partition("=")[0].strip(desktop_entry.BLANKS)
            if key in values:
                if key not in left:
                    continue  # it is to go, or stood here before
                line = f"{key}={left.pop(key)}"
        lines.append(line)
        if group == 0 and bare:
            end = len(lines)
    if end < 0:
        if name != MAIN:
            return text
        lines.append(f"[{MAIN}]")
        end = len(lines)
    lines[end:end] = [f"{key}={value}" for key, value in left.items()]
    return "\n".join(lines) + "\n"


def command_value(words: Sequence[str]) -> str:
    """The value of ``Exec`` for a command.

    A program whose path has a percent sign, which GLib 2.74 looks for with the sign doubled, or an equal sign, which
    the specification forbids there, is started by :data:`SHELL`.

    Raises:
        TelexStartError: no entry can hold it.
    """
    by = SHELL if set("%=") & set(words[0]) else []
    return value(" ".join(_argument(word) for word in [*by, *words]))


def value(text: str) -> str:
    """A value of the type ``string``, with its escapes.

    Raises:
        TelexStartError: no entry can hold it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = text.encode("utf-8", "replace").decode()
        raise TelexStartError(f"{shown} is not in UTF-8, and so no desktop entry can name it.", "Not set up") from None
    for plain, escaped in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    return f"\\s{text[1:]}" if text.startswith(" ") else text


def _argument(word: str) -> str:
    word = word.replace("%", "%%")  # what follows a single one is a field code
    if word and not _RESERVED & set(word):
        return word
    return '"' + "".join(f"\\{character}" if character in _ESCAPED else character for character in word) + '"'
