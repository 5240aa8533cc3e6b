"""Times as HTTP writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.net import http_date


@given(st.datetimes(min_value=datetime(1, 1, 1)))
def test_every_time_is_read(time: datetime) -> None:
    time = time.replace(microsecond=0, tzinfo=UTC)
    assert http_date.seconds(format_datetime(time, usegmt=True)) == time.timestamp()


@pytest.mark.parametrize(
    "text",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_the_three_forms_of_the_specification(text: str) -> None:
    assert http_date.seconds(text) == 784111777


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "Tue, 99 Nov 2026 10:00:00 GMT", "Sun, 29 Feb 2026 10:00:00 GMT"),
        *("Tue, 24 Nov 2026 24:00:00 GMT", "Tue, 24 Nov 2026 10:60:00 GMT", "Tue, 24 Foo 2026 10:00:00 GMT"),
        *("Tue, 24 Nov 99999 10:00:00 GMT", "Tue, 24 Nov 2026 10:00:00 +0100", "Tue, 00 Nov 2026 10:00:00 GMT"),
        "Tue, \u0662\u0664 Nov 2026 10:00:00 GMT",
    ],
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert http_date.seconds(text) is None


@given(st.text(max_size=80))
def test_nothing_that_a_server_says_raises(text: str) -> None:
    http_date.seconds(text)
