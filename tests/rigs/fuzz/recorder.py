"""What is logged while a case is tried, and whether a secret is in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from telex_start.process.logs import LONGEST, RedactingFormatter

from .target import require

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
