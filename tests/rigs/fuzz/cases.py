"""Defines a target and the log that is checked during a case; makes bytes of cases, and changes cases at random."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, Self

from telex_start.process.logs import LONGEST, RedactingFormatter

Case = Any
"""Any JSON value. Its texts may contain lone surrogates."""
MOST_BYTES = 1 << 20
"""Bytes: no text of a case becomes longer."""

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
"""Values that are put in the place of an expected one."""
_PIECES = ("null", "{", "}", "[", "]", '"', ",", ":", "\n", "\r\n", "\0", "\ud83d", "\\ud83d", "\\u0000", "1e999", "-")
"""Pieces that are inserted into a text."""
_MANY = ("[", "{", "\n", "x\n", "{}\n", '{"a":', " ", "\ufffd", "9", '"\\u0000",', "null,", "X-Filler: x\r\n")
_TIMES = (*[100] * 8, *[1100] * 4, 70_000, 1 << 18)
_LOGGERS = ("telex_start", "websocket", "urllib3")
_MOST_LINES = 1000


class NoCase(Exception):
    """This JSON value is no case of the target: a change has made it meaningless."""


class Target:
    """One place where bytes from the network come in.

    Attributes:
        name: Its name, also that of its folder in the corpus.
        what: What is fuzzed, in a few words.
        within: Seconds of processor time that a case may take.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    within: ClassVar[float] = 3.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def run(self, case: Case, log: Log) -> None:
        """Try one case.

        Raises:
            NoCase: the value is no case.
            Exception: any other exception is a finding.
        """
        raise NotImplementedError


class Log(logging.Handler):
    """Keeps what was logged since the case began; takes the place of the root logger's handlers.

    Lines are checked as the code logs them, because a secret must not even reach the formatter, which would hide it.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lines: list[str] = []
        self._formatter = RedactingFormatter(lambda: ())
        self._longest = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an entry."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append(self.format(record))
            self._longest = max(self._longest, len(self._formatter.format(record)))

    def begin(self) -> None:
        """Begin a case: forget the entries so far."""
        self._lines.clear()
        self._longest = 0

    def check(self) -> None:
        """Check the length of the entries.

        Raises:
            AssertionError: an entry is far too long.
        """
        assert self._longest <= LONGEST, f"an entry of {self._longest} characters in the log"

    def hides(self, *secrets: str) -> None:
        """Check that no secret was logged.

        Raises:
            AssertionError: one of them was.
        """
        for line in self._lines:
            assert not any(secret in line for secret in secrets), "a secret in the log"


@contextmanager
def recorded() -> Iterator[Log]:
    """Record all that the program and the libraries below it log while this lasts."""
    log = Log()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(log)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield log
    finally:
        for logger, (logger.level, logger.propagate) in zip(loggers, before, strict=True):
            logger.removeHandler(log)


# From a case to bytes.


def joined(parts: Case) -> bytes:
    """The bytes that a list of parts stands for; a part is a text, or ``[text, how many times]``.

    Half a surrogate pair becomes the three bytes that UTF-8 forbids; from U+DC80 to U+DCFF it is the one byte.

    Raises:
        NoCase: the value is no list of parts.
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


# Changing a case.


def changed(case: Case, chance: random.Random, others: list[Case]) -> Case:
    """A copy of this case, changed in one to four places."""
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4))):
        case = _changed_once(case, chance, others)
    return case


def _changed_once(value: Any, chance: random.Random, others: list[Any]) -> Any:
    """A copy of the value with one change, at any depth."""
    odd = _somewhere_in(chance.choice(others), chance) if chance.random() < 0.2 else chance.choice(_ODD)
    match value:
        case dict() if value and chance.random() < 0.85:
            key = chance.choice([*value])
            return value | {key: _changed_once(value[key], chance, others)}
        case list() if value and chance.random() < 0.75:
            index = chance.randrange(len(value))
            return [*value[:index], _changed_once(value[index], chance, others), *value[index + 1 :]]
        case dict():
            gone, instead = chance.choice([*value, ""]), chance.choice([*value, *_TEXTS])
            rest = {key: each for key, each in value.items() if key != gone}
            return chance.choice((rest, rest, value | {instead: value.get(gone, odd)}))
        case list():
            other = [chance.choice(_MANY), chance.choice(_TIMES)] if chance.random() < 0.3 else odd
            return _changed_stretch(value, [other], chance)
        case str() if chance.random() < 0.9:
            return _changed_text(value, chance, others)
        case bool():
            return not value
        case int() if chance.random() < 0.7:
            return chance.choice((*_INTEGERS, value + 1, value - 1, value * 2, -value))
    return odd


def _changed_stretch(value: Any, piece: Any, chance: random.Random, longest: int = MOST_BYTES) -> Any:
    """A copy of a text or list in which one stretch is missing, doubled, reversed, or has a piece before it."""
    start = chance.randrange(len(value) + 1)
    end = start + chance.randint(0, min(longest, len(value) - start))
    stretch = value[start:end]
    instead = [piece + stretch, *((stretch[:0], stretch * 2) if stretch else ())]
    if len(stretch) > 1:
        instead.append(stretch[::-1])
    return value[:start] + chance.choice(instead) + value[end:]


def _changed_text(text: str, chance: random.Random, others: list[Any]) -> str:
    if len(text) > 1 and chance.random() < 0.6:
        lines = text.split("\n")
        number = chance.randrange(len(lines))
        with suppress(ValueError, RecursionError):
            inside = json.loads(lines[number])
            if isinstance(inside, dict | list):
                lines[number] = dumped(_changed_once(inside, chance, others))
                return "\n".join(lines)
    byte = chr(chance.choice((0, 9, 10, 34, 92, 123, 0x1F600, chance.randrange(1, 256))))
    piece = chance.choice((byte, chance.choice(_TEXTS), chance.choice(_PIECES)))
    return str(_changed_stretch(text, piece, chance, chance.choice((1, 1, 2, 8))))


def _somewhere_in(value: Any, chance: random.Random) -> Any:
    while isinstance(value, dict | list) and value and chance.random() < 0.8:
        value = chance.choice([*value.values()] if isinstance(value, dict) else value)
    return value
