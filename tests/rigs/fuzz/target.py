"""What the runner wants of a target, what a target says when it has found something, and what is logged meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Self

from hypothesis.strategies import SearchStrategy

from telex_start.process.logs import LONGEST, RedactingFormatter

Case = Any
"""Any JSON value. Lone surrogates are allowed in its texts."""


class Finding(AssertionError):
    """Something that must not be; the text says what."""


class NoCase(Exception):
    """This JSON value is no case of the target: a change has made nonsense of it."""


class Target:
    """One place where bytes from the network come in.

    Attributes:
        name: Also its folder in the corpus.
        what: What is fuzzed, in a few words.
        cases: Makes cases that are nearly right.
        within: Seconds of processor time that a case may take.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    cases: SearchStrategy[Case]
    within: ClassVar[float] = 1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def run(self, case: Case) -> None:
        """Try one case.

        Raises:
            NoCase: it is none.
            Exception: any other: a finding.
        """
        raise NotImplementedError


def require(holds: object, complaint: str) -> None:
    """Something must hold.

    Raises:
        Finding: it does not.
    """
    if not holds:
        raise Finding(complaint)


# --- what is logged ---------------------------------------------------------------------------------------------------


_FORMATTER = RedactingFormatter(lambda: ())


class Recorder(logging.Handler):
    """Takes what some loggers are told, in the place of the root's handlers.

    Args:
        loggers: Their names.
    """

    def __init__(self, *loggers: str) -> None:
        super().__init__(logging.DEBUG)
        self._loggers = [logging.getLogger(name) for name in loggers]
        self._before: list[tuple[int, bool]] = []
        self.lines: list[str] = []
        self._longest = 0

    def begin(self) -> None:
        """Listen."""
        self._before = [(logger.level, logger.propagate) for logger in self._loggers]
        for logger in self._loggers:
            logger.addHandler(self)
            logger.setLevel(logging.DEBUG)
            logger.propagate = False

    def end(self) -> None:
        """Listen no more."""
        for logger, (level, propagate) in zip(self._loggers, self._before, strict=True):
            logger.removeHandler(self)
            logger.setLevel(level)
            logger.propagate = propagate

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        if len(self.lines) < 1000:
            self.lines.append(self.format(record))  # as it is told: a secret is not to come as far as the formatter
            self._longest = max(self._longest, len(_FORMATTER.format(record)))

    @contextmanager
    def recording(self, secrets: Sequence[str]) -> Iterator[None]:
        """Look after a case at what it has logged.

        Raises:
            Finding: a secret is in it, or an entry is far too long.
        """
        self.lines.clear()
        self._longest = 0
        yield
        require(self._longest <= LONGEST, f"an entry of {self._longest} characters in the log")
        for line in self.lines:
            require(not any(secret in line for secret in secrets), "a secret in the log")
