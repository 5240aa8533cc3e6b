"""Keeps what the program remembers from one start to the next, in a file for each API address.

It is versioned JSON in the state folder, this user's alone, and never half written. A file that makes no
sense is set aside under another name, for whoever wants to look at it; one that cannot be read just now stays.
"""

from __future__ import annotations

import json
import os
from typing import Any, TypeVar

from ..toast import Conversation, Mute, Pause, Remembered, Until
from . import paths
from .instance import name_of

T = TypeVar("T")

VERSION = 1
"""The version of the file's form. A file of another version is set aside."""
_NEVER = 32_000_000_000.0
"""Seconds since the epoch in the year 2984. Some machines' calendars end soon after (Windows: 3000)."""
_MOST = 4_000_000
"""Bytes of the file that are read at most."""


class Memory:
    """What is remembered for one API address.

    Attributes:
        path: The file's path; the file need not exist.
    """

    def __init__(self, api_url: str) -> None:
        """``api_url``: that address."""
        self.path = os.path.join(paths.state_folder(), f"{name_of(api_url)}.json")

    def load(self) -> tuple[Remembered, str]:
        """What was remembered.

        Returns:
            What was remembered, and a sentence that says what is wrong with the file; empty if nothing is.

        Raises:
            OSError: the file cannot be read just now. To save now would lose what it holds.
        """
        try:
            with open(self.path, "rb") as stream:
                text = stream.read(_MOST)
        except FileNotFoundError:
            return Remembered(), ""
        except OSError as error:
            if not os.path.isdir(self.path):
                raise OSError(error.errno, error.strerror, self.path) from None  # an error in reading names no file
            return Remembered(), _set_aside(self.path, f"cannot be read ({error.strerror})")
        try:
            found = json.loads(text)
            version = _a(found["version"], int)
            kept = _remembered(found["remembered"]) if version == VERSION else Remembered()
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            return Remembered(), _set_aside(self.path, "cannot be understood")
        if version != VERSION:
            why = f"is of version {version}, which this program does not know"
            return Remembered(), _set_aside(self.path, why)
        if not all(_is_possible(one.until) for one in (kept.pause, *kept.mutes) if one is not None):
            return Remembered(), _set_aside(self.path, "has a time that no clock shows")
        return kept, ""

    def save(self, remembered: Remembered) -> None:
        """Remember this, in place of what was remembered before.

        Raises:
            OSError: it cannot be written; what was remembered before stays.
        """
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        with paths.replacing(self.path, 0o600, sync=True) as file:
            file.write(json.dumps({"version": VERSION, "remembered": _plain(remembered)}, indent=2).encode() + b"\n")


def _remembered(value: Any) -> Remembered:
    """The content of a file; a missing field counts as nothing remembered.

    Raises:
        KeyError, TypeError, ValueError, OverflowError: the content is not what :meth:`Memory.save` writes.
    """
    pause = _a(value, dict).get("pause")
    return Remembered(
        None if pause is None else Pause(_until(_a(pause, dict).get("until"))),
        tuple(_mute(_a(one, dict)) for one in _a(value.get("mutes", []), list)),
        _text(value.get("email", "")),
        _text(value.get("kept", "")),
        _a(value.get("ended", False), bool),
        tuple(_text(one) for one in _a(value.get("removing", []), list)),
    )


def _mute(value: dict[str, Any]) -> Mute:
    where = _a(value["conversation"], dict)
    conversation = Conversation(*(_text(where[name]) for name in Conversation._fields))
    return Mute(conversation, _text(value["name"]), _until(value.get("until")))


def _until(value: Any) -> Until | None:
    if value is None:
        return None
    clock = _a(value, dict).get("clock")
    return Until(_number(value["wall"]), None if clock is None else _number(clock), _text(value.get("boot", "")))


def _number(value: Any) -> float:
    return float(value) if type(value) is int else _a(value, float)


def _text(value: Any) -> str:
    text = _a(value, str)
    text.encode()  # raises UnicodeEncodeError: half an emoji could be shown nowhere
    return text


def _a(value: Any, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} wanted")
    return value


def _is_possible(until: Until | None) -> bool:
    return until is None or (0 <= until.wall < _NEVER and 0 <= (until.clock or 0) < _NEVER)


def _set_aside(file: str, why: str) -> str:
    """Keep a file under another name; returns a sentence that says so, and why."""
    aside = f"{file}.unreadable"
    try:
        os.replace(file, aside)
    except OSError as error:
        return f"{file} {why}, and cannot be set aside ({error.strerror}). What was paused or muted is forgotten."
    return f"{file} {why}. What was paused or muted is forgotten; the file is kept as {aside}."


def _plain(value: Any) -> Any:
    """A value as JSON has it: each of its parts by name."""
    if hasattr(value, "_asdict"):
        return {name: _plain(part) for name, part in value._asdict().items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
