"""Unexpected errors: each is logged, and each cause is told once."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Failures:
    """The causes that were met so far."""

    def __init__(self) -> None:
        self._causes: set[tuple[str, str, int]] = set()

    def log(self, error: Exception) -> bool:
        """Log an error, with its traceback where its cause is a new one.

        Returns:
            Whether the cause is a new one, of which the person should be told.
        """
        cause = _cause(error)
        if cause in self._causes:
            log.error("unexpected error once more: %s in %s, line %d", *cause)
            return False
        self._causes.add(cause)
        log.error("unexpected error", exc_info=error)
        return True


def _cause(error: Exception) -> tuple[str, str, int]:
    """What makes two errors one and the same: the type, and the file and line that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__, "", 0
    return type(error).__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno
