"""What the runner wants of a target, what a target says when it has found something, and what is logged meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, Self

from telex_start.process.logs import LONGEST, RedactingFormatter

from .cases import Case

_LOGGERS = ("telex_start", "websocket", "urllib3")
_MOST_LINES = 1000


class Target:
    """One place where bytes from the network come in.

    Attributes:
        name: Also its folder in the corpus.
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
            NoCase: it is none.
            Exception: any other: a finding.
        """
        raise NotImplementedError


class Log(logging.Handler):
    """What was logged since the case began, in the place of the root's handlers.

    It is looked at as it was told: a secret is not to come as far as the formatter, which would hide it.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._lines: list[str] = []
        self._formatter = RedactingFormatter(lambda: ())
        self._longest = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append(self.format(record))
            self._longest = max(self._longest, len(self._formatter.format(record)))

    def begin(self) -> None:
        """A case begins."""
        self._lines.clear()
        self._longest = 0

    def check(self) -> None:
        """
        Raises:
            AssertionError: an entry is far too long.
        """
        assert self._longest <= LONGEST, f"an entry of {self._longest} characters in the log"

    def hides(self, *secrets: str) -> None:
        """
        Raises:
            AssertionError: one of them was logged.
        """
        for line in self._lines:
            assert not any(secret in line for secret in secrets), "a secret in the log"


@contextmanager
def recorded() -> Iterator[Log]:
    """Everything that the program and the libraries beneath are told to log comes here."""
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
