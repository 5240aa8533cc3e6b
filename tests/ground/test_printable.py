"""Text of unknown origin made printable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.errors import printable

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Lone surrogates and unassigned characters too."""


@given(ANY_TEXT.filter(str.isprintable))
def test_printable_text_stays_as_it_is(text: str) -> None:
    assert printable(text, "?") == text


@pytest.mark.parametrize(
    "character",
    ["\0", "\n", "\r", "\t", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u200b", "\ufeff", "\ud83d"],
    ids=lambda character: f"U+{ord(character):04X}",
)
def test_each_character_is_replaced_by_one_or_left_out(character: str) -> None:
    assert printable(f"a{character}{character}ö") == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}ö"
    assert printable(f"a{character}{character}ö", " ") == "a  ö"
    assert printable(f"a{character}{character}ö", "") == "aö"


def test_what_is_to_be_kept_is_kept() -> None:
    assert printable("a\n\tb", "", keep="\n") == "a\nb"
