"""Signals that come while the program starts, before there is anybody to tell.

An exception out of a handler can come anywhere, also into an import, which may swallow it: so a signal is only noted
here, and taken up when :func:`telex_start.process.signals.listen` is there.
"""

from __future__ import annotations

import signal

came: list[int] = []
"""The numbers of those that came."""


def record() -> None:
    """Note SIGTERM and SIGINT from now on. Called by the main thread."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: came.append(received))
