"""What a WebSocket's reader reads ahead: frames that came whole are cut out, all else is as it would be without."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import pytest

from telex_start.push.read_ahead import AT_ONCE, MOST_GATHERED, ReadAhead


def giving(*reads: bytes) -> Callable[[int], bytes]:
    left = list(reads)

    def recv(size: int) -> bytes:
        assert size == AT_ONCE
        return left.pop(0)

    return recv


def text(payload: bytes, first: int = 0x81) -> bytes:
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload


def test_frames_that_came_together_are_cut_out_one_by_one() -> None:
    payloads = [b"a", b"", b"b" * 125, b"c" * 126, b"d" * 5000]
    ahead = ReadAhead(giving(b"".join(map(text, payloads))))
    ahead.fill()
    assert [ahead.text() for _ in payloads] == payloads
    assert ahead.text() is None


@pytest.mark.parametrize(
    "frame",
    [
        text(b"ping", 0x89),
        text(b"\x03\xe8", 0x88),
        text(b"binary", 0x82),
        text(b"the first of several", 0x01),
        text(b"the last of several", 0x80),
        text(b"with an extension's bit", 0xC1),
        bytes([0x81, 0x81]) + b"maskX",
        bytes([0x81, 127]) + (70_000).to_bytes(8, "big") + b"long",
    ],
)
def test_all_but_a_whole_text_is_left_to_the_reader(frame: bytes) -> None:
    ahead = ReadAhead(giving(frame))
    ahead.fill()
    assert ahead.text() is None
    assert ahead.recv(1000) == frame


@pytest.mark.parametrize("payload", [b"short", b"x" * 300])
def test_a_frame_that_came_in_part_is_left_to_the_reader(payload: bytes) -> None:
    frame = text(payload)
    for there in range(1, len(frame)):
        ahead = ReadAhead(giving(frame[:there], frame[there:]))
        ahead.fill()
        assert ahead.text() is None
        assert ahead.recv(1000) + ahead.recv(1000) == frame


def test_the_reader_gets_no_more_than_it_asks_for_and_no_read_is_made_before_it_must() -> None:
    ahead = ReadAhead(giving(b"abcdef", b"gh"))
    assert [ahead.recv(4), ahead.recv(4), ahead.recv(4)] == [b"abcd", b"ef", b"gh"]


def test_what_gathered_follows_what_is_held() -> None:
    ahead = ReadAhead(giving(text(b"a") + text(b"b")[:2]))
    ahead.fill()
    assert ahead.text() == b"a"
    ahead.gather(Mock(side_effect=[text(b"b")[2:] + text(b"c"), text(b"d"), BlockingIOError()]))
    assert [ahead.text() for _ in range(4)] == [b"b", b"c", b"d", None]


@pytest.mark.parametrize("end", [b"", ConnectionResetError()])
def test_an_end_while_gathering_is_left_to_the_reader(end: bytes | OSError) -> None:
    ahead = ReadAhead(giving(b""))
    reads = Mock(side_effect=[text(b"a"), end])
    ahead.gather(reads)
    assert ahead.text() == b"a"
    assert ahead.recv(1) == b"", "the next reading finds it"


def test_no_more_gathers_than_is_bounded() -> None:
    ahead = ReadAhead(giving())
    reads = Mock(return_value=b"x" * AT_ONCE)
    ahead.gather(reads)
    assert reads.call_count * AT_ONCE == MOST_GATHERED
