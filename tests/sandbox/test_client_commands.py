"""Reading commands: whatever comes is a command or a ``BadCommand``."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.sandbox.push_protocol import METHODS, BadCommand, ClientCommand, parse_command, split_frame

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 2**65) | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_REQUESTS = st.dictionaries(
    st.sampled_from(["channel", "token", "offset", "epoch", "recover", "subs", "data"]), _VALUES, max_size=4
)


@given(st.dictionaries(st.sampled_from(["id", *METHODS]), _REQUESTS | _VALUES, max_size=3))
def test_any_object(raw: dict[str, object]) -> None:
    try:
        command = parse_command(json.dumps(raw))
    except BadCommand:
        return
    assert isinstance(command, ClientCommand)
    assert command.method in ("", *METHODS)
    assert 0 <= command.number("offset") < 2**64


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        lines = split_frame(text)
    except BadCommand:
        assert text.strip("\n") == ""
        return
    for line in lines:
        with contextlib.suppress(BadCommand):
            parse_command(line)


def test_deep_nesting_is_no_command() -> None:
    with pytest.raises(BadCommand):
        parse_command("[" * 100_000)
