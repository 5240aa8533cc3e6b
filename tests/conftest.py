"""What all tests share."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["tests.desktop_fixtures"]

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("busy", deadline=None)
hypothesis.settings.load_profile("busy")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this project's tests."""
    parser.addoption(
        "--both-histories",
        action="store_true",
        help="play the session's scenarios without and with a history of the personal channels",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """Captured output may hold half an emoji, on purpose, which cannot travel between the processes of a test run."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "replace").decode()) for name, text in report.sections]
    return report
