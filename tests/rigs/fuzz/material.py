"""What hostile input is made of, and how a case is changed into another one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from .target import Case, NoCase

MOST_BYTES = 1 << 20
"""No text of a case becomes longer."""

INTEGERS = (0, 1, 2, 5, -1, 255, 1 << 31, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, 10**40)
TEXTS = (
    "",
    " ",
    "a",
    "\0",
    "\x1b[31m\x07",
    "\x7f\x9b",
    "\u202eevil\u2066",
    "\u2028line\u2029",
    "\ud83d",
    "\ude00\ud83d",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\u0301" * 40,
    "\u200b\u2060\ufeff",
    "\u3164",
    "<b>&amp;<script>",
    "%s{}%(x)s",
    "ß ﷺ",
    "x" * 300,
)
ODD: tuple[Any, ...] = (
    *(None, True, False, [], {}, 0.5, 1e308, float("inf"), float("nan"), [[]], {"": None}),
    *INTEGERS,
    *TEXTS,
)
"""Values that stand where another was expected."""
ODD_TEXT = ("null", "{", "}", "[", "]", '"', ",", ":", "\n", "\r\n", "\0", "\ud83d", "\\ud83d", "\\u0000", "1e999", "-")
"""Pieces that are put into a text."""

texts = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
integers = st.one_of(st.integers(0, 400), st.sampled_from(INTEGERS))
values = st.recursive(
    st.one_of(st.sampled_from(ODD), integers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


def mostly(common: st.SearchStrategy[Any], rare: st.SearchStrategy[Any], times: int) -> st.SearchStrategy[Any]:
    """The common one, so many times as often as the rare one."""
    # `one_of` with the common one several times would take it once.
    return st.integers(0, times).flatmap(lambda number: rare if number == 0 else common)


def nearly(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what it should be."""
    return mostly(right, values, 11)


def fields(**right: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object of which each field may be missing or wrong."""
    return st.fixed_dictionaries({}, optional={name.rstrip("_"): nearly(each) for name, each in right.items()})


# --- texts as parts -------------------------------------------------------------------------------------------------


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


many = st.tuples(
    st.sampled_from(["[", "{", "\n", "x\n", "{}\n", '{"a":', " ", "\ufffd", "9", '"\\u0000",', "null,"]),
    st.sampled_from([*[100] * 8, *[1100] * 4, 70_000, 1 << 18]),
).map(list)
"""A piece that is there many times."""


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
            return _changed_list(value, chance)
        case str() if chance.random() < 0.9:
            return _changed_text(value, chance)
        case bool():
            return not value
        case int() if chance.random() < 0.7:
            return chance.choice((*INTEGERS, value + 1, value - 1, value * 2, -value))
    if others and chance.random() < 0.2:
        return _somewhere_in(chance.choice(others), chance)
    return chance.choice(ODD)


def _changed_object(value: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    keys = [*value]
    if not keys or chance.random() < 0.2:
        return value | {chance.choice(TEXTS): chance.choice(ODD)}
    gone = chance.choice(keys)
    if chance.random() < 0.7:
        return {key: each for key, each in value.items() if key != gone}
    return value | {chance.choice(keys): value[gone]}


def _changed_list(value: list[Any], chance: random.Random) -> list[Any]:
    if not value:
        return [chance.choice(ODD)]
    start, end = sorted((chance.randrange(len(value) + 1), chance.randrange(len(value) + 1)))
    match chance.randrange(4):
        case 0:
            return value[:start] + value[end:]
        case 1:
            return value[:end] + value[start:]  # a stretch twice
        case 2:
            return value[:start] + value[start:end][::-1] + value[end:]
        case _:
            return [*value[:start], chance.choice(ODD), *value[start:]]


def _changed_text(text: str, chance: random.Random) -> str:
    if len(text) > 1 and chance.random() < 0.6:
        lines = text.split("\n")
        number = chance.randrange(len(lines))
        try:
            inside = json.loads(lines[number])
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(inside, dict | list):
                lines[number] = dumped(_changed_once(inside, chance, []))
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
            return text[:start] + chance.choice(TEXTS) + text[end:]
        case _:
            return text[:start] + chance.choice(ODD_TEXT) + text[end:]


def _somewhere_in(value: Any, chance: random.Random) -> Any:
    while isinstance(value, dict | list) and value and chance.random() < 0.8:
        value = chance.choice([*value.values()] if isinstance(value, dict) else value)
    return value


# --- making a case smaller ------------------------------------------------------------------------------------------


def smaller(value: Any) -> Iterator[Any]:
    """Values that are a little simpler than this one, the simplest first."""
    match value:
        case dict():
            for gone in value:
                yield {key: each for key, each in value.items() if key != gone}
            for key, each in value.items():
                yield from (value | {key: less} for less in smaller(each))
        case list():
            size = len(value) // 2
            while size:
                for start in range(0, len(value), size):
                    yield value[:start] + value[start + size :]
                size //= 2
            if len(value) == 1:
                yield []
            for index, each in enumerate(value):
                yield from ([*value[:index], less, *value[index + 1 :]] for less in smaller(each))
        case str() if value:
            size = max(1, len(value) // 2)
            while size:
                for start in range(0, len(value), size):
                    yield value[:start] + value[start + size :]
                size //= 2
        case bool():
            return
        case int() if value:
            yield 0
            yield value // 2
