"""A stand-in for the system's resolver, whose answers are held back until the test releases them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAME = "telex.localhost.test"
LIMIT = 10.0
"""Seconds that anything awaited here may take."""


class Resolver:
    """Replaces ``socket.getaddrinfo`` for :data:`NAME`, which is 127.0.0.1; other names are really looked up.

    Attributes:
        asked: How many look-ups of :data:`NAME` came so far.
        answer: Their result instead of 127.0.0.1; an exception is raised.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.answer: list[Any] | Exception | None = None
        self._getaddrinfo = socket.getaddrinfo
        self._changed = threading.Condition()
        self._answered = 0

    def getaddrinfo(self, host: str | bytes, port: int, *args: Any, **options: Any) -> list[Any]:
        if host not in (NAME, NAME.encode()):
            return self._getaddrinfo(host, port, *args, **options)
        with self._changed:
            self.asked += 1
            mine = self.asked
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._answered >= mine)
            answer = self.answer
        if isinstance(answer, Exception):
            raise answer
        return self._getaddrinfo("127.0.0.1", port, *args, **options) if answer is None else answer

    def let_go(self, count: int = 1_000_000) -> None:
        """Release the answers of the first ``count`` look-ups, also of those that are still to come."""
        with self._changed:
            self._answered = count
            self._changed.notify_all()

    def hold(self) -> int:
        """Release the look-ups that came so far, and hold back those that follow; gives how many came."""
        with self._changed:
            self._answered = self.asked
            return self.asked

    def await_asked(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.asked >= count, LIMIT), f"{self.asked} look-ups"


@contextmanager
def resolving() -> Iterator[Resolver]:
    """Put a :class:`Resolver` in place while this lasts; in the end all look-ups are answered, their threads ended."""
    made = Resolver()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", made.getaddrinfo)
        try:
            yield made
        finally:
            made.let_go()
            for thread in threading.enumerate():
                if thread.name == "look-up of a name":
                    while thread.ident is None:
                        time.sleep(0.001)  # a thread can be listed before it can be joined
                    thread.join(LIMIT)
                    assert not thread.is_alive()
