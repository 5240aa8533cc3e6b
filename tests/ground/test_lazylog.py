"""Logging is set up at the first line that is logged, by whichever thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from telex_start.process import lazylog


@pytest.fixture
def nothing_prepared() -> Iterator[None]:
    yield
    lazylog.prepare(lambda: None)
    lazylog.begin()


@pytest.mark.usefixtures("nothing_prepared")
def test_a_line_of_another_thread_waits_until_it_is_known_where_lines_go(caplog: pytest.LogCaptureFixture) -> None:
    """The line went to standard error, as ``logging`` had no handler yet."""
    begun, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def begin() -> None:
        begun.set()
        assert go_on.wait(10)
        order.append("prepared")

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            order.append(record.getMessage())

    lazylog.prepare(begin)
    logger = logging.getLogger("test_lazylog")
    logger.addHandler(noting := Noting())
    try:
        first = threading.Thread(target=lazylog.begin)
        first.start()
        assert begun.wait(10)
        second = threading.Thread(target=lambda: lazylog.Log("test_lazylog").warning("a line"))
        second.start()
        second.join(0.1)  # time in which a defect would show
        go_on.set()
        first.join(10)
        second.join(10)
        assert order == ["prepared", "a line"]
    finally:
        logger.removeHandler(noting)


@pytest.mark.usefixtures("nothing_prepared")
def test_a_line_that_is_logged_while_logging_begins_is_not_waited_for_by_itself() -> None:
    log = lazylog.Log("test_lazylog")
    lazylog.prepare(lambda: log.warning("no log file"))
    thread = threading.Thread(target=lazylog.begin, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
