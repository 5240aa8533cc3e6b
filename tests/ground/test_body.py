"""An answer's body, small and large."""

from __future__ import annotations

import pytest

from telex_start.net.body import Body

MB = 1024 * 1024


@pytest.mark.parametrize("size", [0, 1, MB, MB + 1, 3 * MB])
@pytest.mark.parametrize("piece", [16 * 1024, 700_001])
def test_the_pieces_come_out_as_they_went_in(size: int, piece: int) -> None:
    sent = bytes(range(256)) * (size // 256 + 1)
    sent = sent[:size]
    body = Body(16 * MB)
    for start in range(0, size, piece):
        assert body.add(sent[start : start + piece])
    assert body.whole() == sent


@pytest.mark.parametrize("most", [10, MB, 2 * MB])
def test_more_than_it_may_have_is_not_taken(most: int) -> None:
    body = Body(most)
    assert body.add(b"x" * most)
    assert not body.add(b"x")
    assert len(body.whole()) == most


def test_a_small_one_is_bytes_and_a_large_one_can_be_written_to() -> None:
    small, large = Body(4 * MB), Body(4 * MB)
    small.add(b"x" * MB)
    large.add(b"x" * (MB + 1))
    assert isinstance(small.whole(), bytes)
    view = large.whole()
    assert isinstance(view, memoryview)
    view[0:1] = b"y"
    assert bytes(view[:2]) == b"yx"
