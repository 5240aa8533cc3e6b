"""Reads desktop entries: finds the entry of a program, and its command line. By the Desktop Entry Specification.

Pure, except that it reads the files.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping

BLANKS = " \t\r"
"""Blanks that may stand around a line, a key and a value; other blanks of Unicode count as letters."""
_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}


def find(name: str, environ: Mapping[str, str]) -> dict[str, str] | None:
    """The entry of a program, as keys and values; ``None`` if there is none that can be started.

    Args:
        name: The entry's file name, such as ``telex.desktop``.
        environ: The environment variables.
    """
    for folder in _folders(environ):
        path = os.path.join(folder, "applications", name)
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                entry = parse(file.read())
        except OSError:
            continue
        if entry.get("Hidden") == "true":
            return None  # so a person hides a system-wide entry from themselves
        needed = entry.get("TryExec")
        if entry.get("Exec") and (not needed or shutil.which(needed, path=environ.get("PATH"))):
            return entry
    return None


def parse(text: str) -> dict[str, str]:
    """Keys and values of the ``[Desktop Entry]`` group, with their escapes resolved."""
    values: dict[str, str] = {}
    inside = False
    for raw in text.split("\n"):
        line = raw.strip(BLANKS)
        if line.startswith("["):
            inside = line == "[Desktop Entry]"
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            values[key.strip(BLANKS)] = _unescape(value.strip(BLANKS))
    return values


def command_line(entry: Mapping[str, str]) -> list[str]:
    """The arguments to start the program with, without a file or an address; empty if ``Exec`` makes no sense."""
    arguments = []
    for word, quoted in _words(entry.get("Exec", "")):
        # A quoted word must not hold field codes; if one does, it is taken as it stands. Only a doubled percent sign
        # counts there too, as in GLib 2.74 and KDE.
        argument = word.replace("%%", "%") if quoted else _without_codes(word, entry)
        if argument or quoted:
            arguments.append(argument)
    return arguments


def _folders(environ: Mapping[str, str]) -> list[str]:
    home = environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    system = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    return [home, *(folder for folder in system.split(":") if folder)]


def _unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), value, flags=re.DOTALL)


def _words(command: str) -> Iterator[tuple[str, bool]]:
    """The words of a command, and whether each was quoted."""
    word, quoted, inside = "", False, False
    rest = iter(command)
    for character in rest:
        if inside and character == "\\":
            word += next(rest, "")
        elif character == '"':
            inside, quoted = not inside, True
        elif character == " " and not inside:
            if word or quoted:
                yield word, quoted
            word, quoted = "", False
        else:
            word += character
    if word or quoted:
        yield word, quoted


def _without_codes(word: str, entry: Mapping[str, str]) -> str:
    # The other codes stand for files, addresses and icons, of which there are none.
    codes = {"%": "%", "c": entry.get("Name", "")}
    return re.sub("%(.?)", lambda found: codes.get(found[1], ""), word, flags=re.DOTALL)
