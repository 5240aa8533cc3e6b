"""What cases are made of, and how one is changed into another."""

from __future__ import annotations

import json
import random
from typing import Any

Case = Any
"""Any JSON value. Lone surrogates are allowed in its texts."""
MOST_BYTES = 1 << 20
"""No text of a case becomes longer."""

_INTEGERS = (0, 1, 2, 5, -1, 255, 1 << 31, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 10**40)
_TEXTS = (
    *("", " ", "a", "\0", "\x1b[31m\x07", "\x7f\x9b", "\u202eevil\u2066", "\u2028line\u2029", "\ud83d", "\ude00\ud83d"),
    *("\U0001f469\u200d\U0001f469\u200d\U0001f467", "\u0301" * 40, "\u200b\u2060\ufeff", "\u3164", "<b>&amp;<script>"),
    *("%s{}%(x)s", "ß ﷺ", "x" * 300, "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n", "Date: x\r\n"),
    *("Content-Encoding: gzip\r\n", "Location: http://[\r\n", "Set-Cookie: a=b; expires=Fri, 99 Jan; domain=..\r\n"),
)
_ODD: tuple[Any, ...] = (
    *(None, True, False, [], {}, 0.5, 1e308, float("inf"), float("nan"), [[]], {"": None}),
    *_INTEGERS,
    *_TEXTS,
)
"""Values that stand where another was expected."""
_PIECES = ("null", "{", "}", "[", "]", '"', ",", ":", "\n", "\r\n", "\0", "\ud83d", "\\ud83d", "\\u0000", "1e999", "-")
"""Pieces that are put into a text."""
_MANY = ("[", "{", "\n", "x\n", "{}\n", '{"a":', " ", "\ufffd", "9", '"\\u0000",', "null,", "X-Filler: x\r\n")
_TIMES = (*[100] * 8, *[1100] * 4, 70_000, 1 << 18)


class NoCase(Exception):
    """This JSON value is no case of the target: a change has made nonsense of it."""


def joined(parts: Case) -> bytes:
    """The bytes that a list of parts stands for: each is a text, or ``[text, how many times]``.

    Half a surrogate pair becomes the three bytes that UTF-8 forbids; from U+DC80 to U+DCFF it is the one byte.

    Raises:
        NoCase: it is no list of parts.
    """
    if not isinstance(parts, list):
        raise NoCase
    whole = b""
    for part in parts:
        match part:
            case str():
                whole += _encoded(part)
            case [str() as text, int() as count] if text:
                piece = _encoded(text)
                whole += piece * max(0, min(count, (MOST_BYTES - len(whole)) // len(piece)))
            case _:
                raise NoCase
        if len(whole) > MOST_BYTES:
            raise NoCase
    return whole


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(
            char.encode("utf-8", "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass")
            for char in text
        )


def dumped(value: Any) -> str:
    """JSON text, on one line."""
    return json.dumps(value, separators=(",", ":"))


# --- changing a case ------------------------------------------------------------------------------------------------


def changed(case: Case, chance: random.Random, others: list[Case]) -> Case:
    """A case that differs from this one in one to four places."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        case = _changed_once(case, chance, others)
    return case


def _changed_once(value: Any, chance: random.Random, others: list[Any]) -> Any:
    """One place in the value, at any depth, becomes something else."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        key = chance.choice([*value])
        return value | {key: _changed_once(value[key], chance, others)}
    if isinstance(value, list) and value and chance.random() < 0.75:
        index = chance.randrange(len(value))
        return [*value[:index], _changed_once(value[index], chance, others), *value[index + 1 :]]
    match value:
        case dict():
            return _changed_object(value, chance)
        case list():
            return _changed_list(value, chance, others)
        case str() if chance.random() < 0.9:
            return _changed_text(value, chance, others)
        case bool():
            return not value
        case int() if chance.random() < 0.7:
            return chance.choice((*_INTEGERS, value + 1, value - 1, value * 2, -value))
    if others and chance.random() < 0.2:
        return _somewhere_in(chance.choice(others), chance)
    return chance.choice(_ODD)


def _changed_object(value: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    keys = [*value]
    if not keys or chance.random() < 0.2:
        return value | {chance.choice(_TEXTS): chance.choice(_ODD)}
    gone = chance.choice(keys)
    if chance.random() < 0.7:
        return {key: each for key, each in value.items() if key != gone}
    return value | {chance.choice(keys): value[gone]}


def _changed_list(value: list[Any], chance: random.Random, others: list[Any]) -> list[Any]:
    start, end = sorted((chance.randrange(len(value) + 1), chance.randrange(len(value) + 1)))
    match chance.randrange(6):
        case 0:
            return value[:start] + value[end:]
        case 1:
            return value[:end] + value[start:]  # a stretch twice
        case 2:
            return value[:start] + value[start:end][::-1] + value[end:]
        case 3:
            return [*value[:start], chance.choice(_ODD), *value[start:]]
        case 4:
            return [*value[:start], [chance.choice(_MANY), chance.choice(_TIMES)], *value[start:]]
    other = chance.choice(others) if others else []
    beside = other if isinstance(other, list) else _somewhere_in(other, chance)
    stretch = beside[chance.randrange(len(beside)) :] if isinstance(beside, list) and beside else [beside]
    return [*value[:start], *stretch[: chance.randint(1, 3)], *value[start:]]


def _changed_text(text: str, chance: random.Random, others: list[Any]) -> str:
    if len(text) > 1 and chance.random() < 0.6:
        lines = text.split("\n")
        number = chance.randrange(len(lines))
        try:
            inside = json.loads(lines[number])
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(inside, dict | list):
                lines[number] = dumped(_changed_once(inside, chance, others))
                return "\n".join(lines)
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.choice((0, 1, 1, 2, 8)))
    match chance.randrange(5):
        case 0:
            return text[:start] + text[end:]
        case 1:
            return text[:end] + text[start:]
        case 2:
            return text[:start] + chr(chance.choice((0, 9, 10, 34, 92, 123, 0x1F600, chance.randrange(1, 256))))
        case 3:
            return text[:start] + chance.choice(_TEXTS) + text[end:]
        case _:
            return text[:start] + chance.choice(_PIECES) + text[end:]


def _somewhere_in(value: Any, chance: random.Random) -> Any:
    while isinstance(value, dict | list) and value and chance.random() < 0.8:
        value = chance.choice([*value.values()] if isinstance(value, dict) else value)
    return value
