"""The elements of a list, out of a text that comes in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.net.json_text import Elements, TooLarge

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('"\\[]{},:da ü\ud83d')),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["data", 'x,"data"', "a"]), inner),
    max_leaves=20,
)


def cut(text: bytes, piece: int = 7, most: int = 1000) -> tuple[Elements, list[bytes]]:
    """A text, of which so many bytes come at once."""
    taken: list[bytes] = []
    elements = Elements(most)
    for start in range(0, len(text), piece):
        taken += elements.feed(text[start : start + piece])
    return elements, taken


@given(st.dictionaries(st.sampled_from(["data", "a", 'x,"data"', "b"]), _values), st.integers(1, 9), st.booleans())
def test_what_is_cut_out_and_what_is_left_is_what_came(value: dict[str, Any], piece: int, spaces: bool) -> None:
    text = json.dumps(value, indent=1 if spaces else None, ensure_ascii=False).encode("utf-8", "surrogatepass")
    elements, taken = cut(text, piece, most=len(text))
    listed = value["data"] if isinstance(value.get("data"), list) else []
    assert [json.loads(each.decode("utf-8", "surrogatepass")) for each in taken] == [
        each for each in listed if isinstance(each, dict | list)
    ]
    assert elements.there == len(listed)
    rest = value | ({"data": []} if listed else {})
    assert json.loads(elements.rest.decode("utf-8", "surrogatepass")) == rest


def test_a_large_element_costs_no_other() -> None:
    elements, taken = cut(b'{"data":[{"a":1},{"b":"' + b"x" * 2000 + b'"},{"c":[3]},[]],"more":true}')
    assert taken == [b'{"a":1}', b'{"c":[3]}', b"[]"]
    assert (elements.there, elements.left_out, bytes(elements.rest)) == (4, 1, b'{"data":[],"more":true}')


def test_the_rest_has_a_bound() -> None:
    with pytest.raises(TooLarge):
        cut(b'{"message":"' + b"x" * 2000)


@given(st.binary() | st.text(st.sampled_from('"\\[]{},:')).map(str.encode), st.integers(1, 9))
def test_whatever_comes_is_taken(text: bytes, piece: int) -> None:
    cut(text, piece)
    cut(b'{"data":[' + text, piece)
