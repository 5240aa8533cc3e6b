"""Decoding frames of the push protocol. ``tests/rigs/fuzz/push.py`` tests that no input makes the decoder raise."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.push import frames
from telex_start.push.websocket import MOST_BYTES

DEEP = "[" * 100_000 + "]" * 100_000
LONG = "1" * 5000
NOBODY = frames.Connected(expires=False, ttl=0, ping=0, pong=False, subs={})


def decoded(frame: str | bytes) -> list[frames.Message]:
    return list(frames.decode(frame if isinstance(frame, bytes) else frame.encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize(
    "line",
    [
        '{"push":{"channel":"c","join":{"info":{}}}}',
        '{"push":{"channel":"c","tomorrow":{}}}',
        '{"push":null}',
        '{"push":{"channel":"c","pub":7}}',
        '{"error":{"code":100}}',
        "[]",
    ],
)
def test_what_is_unknown_is_ignored(line: str) -> None:
    assert decoded(line) == []


@pytest.mark.parametrize("value", ["-1", "true", '"7"', "1.5", "null", "18446744073709551616", "1" * 400])
def test_a_field_of_another_type_counts_as_absent(value: str) -> None:
    assert decoded(f'{{"push":{{"channel":"c","pub":{{"data":1,"offset":{value}}}}}}}') == [
        frames.PublicationPush("c", frames.Publication(1, 0))
    ]


@pytest.mark.parametrize(
    ("fields", "reply"),
    [
        ('"error":7,"connect":7,"subscribe":7,"refresh":7', frames.Reply(1)),
        ('"connect":{"subs":7}', frames.Reply(1, connect=NOBODY)),
        ('"connect":{"subs":{"c":7}}', frames.Reply(1, connect=NOBODY)),
        ('"subscribe":{"publications":7}', frames.Reply(1)),
        ('"subscribe":{"publications":[7]}', frames.Reply(1)),
    ],
)
def test_a_part_of_a_reply_of_another_type_counts_as_absent(fields: str, reply: frames.Reply) -> None:
    assert decoded(f'{{"id":1,{fields}}}') == [reply]


def test_an_epoch_that_could_not_be_sent_back_counts_as_absent() -> None:
    (reply,) = decoded('{"id":1,"subscribe":{"epoch":"\\ud83d","offset":3}}')
    assert reply == frames.Reply(1, subscribe=frames.Subscribed(offset=3))


def test_an_offset_may_be_any_uint64() -> None:
    (push,) = decoded('{"push":{"channel":"c","pub":{"data":1,"offset":18446744073709551615}}}')
    assert push == frames.PublicationPush("c", frames.Publication(1, 2**64 - 1))
    frames.encode(1, "subscribe", {"offset": 2**64 - 1})


@given(st.text(st.characters(exclude_categories=())))
@example("a\ud83d")
@example("\ud83d\ud83d\ude00\ude00")
@example('\\ud83d"\ud83d"\\')
def test_of_a_text_only_lone_surrogates_are_replaced(text: str) -> None:
    (push,) = decoded(json.dumps({"push": {"channel": "c", "pub": {"data": {text: text}}}}))
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    assert push == frames.PublicationPush("c", frames.Publication({whole: whole}))


@pytest.mark.parametrize("data", [DEEP, LONG, '"cut off'])
def test_a_reply_that_no_decoder_takes_counts_as_answered_with_an_error(data: str) -> None:
    (reply,) = decoded(f'{{"id":12,"subscribe":{{"publications":[{{"data":{data}}}]}}}}')
    assert isinstance(reply, frames.Reply)
    assert reply.id == 12
    assert reply.error is not None and reply.error.code == frames.UNREADABLE


@pytest.mark.parametrize("data", [DEEP, LONG, '"cut off'])
def test_a_push_that_no_decoder_takes_is_said_so_and_the_next_line_read(data: str) -> None:
    frame = f'{{"push":{{"channel":"o/u","pub":{{"data":{data}}}}}}}\n{{}}'
    assert decoded(frame) == [frames.Unreadable("o/u"), frames.Ping()]


def test_a_line_that_no_decoder_takes_with_the_id_0_is_a_push() -> None:
    """It was taken for a reply to a command that nobody had sent, so the channel's loss was not reported."""
    assert decoded(f'{{"id":0,"push":{{"channel":"o/u","pub":{{"data":{DEEP}}}}}}}') == [frames.Unreadable("o/u")]


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1, max_size=60), max_size=40
    ),
    st.integers(40, 400),
)
def test_batches_lose_nothing_and_keep_to_the_limit(commands: list[str], limit: int) -> None:
    made = list(frames.batches(commands, limit))
    assert [command for batch in made for command in batch.split("\n")] == commands
    for batch in made:
        assert len(batch.encode()) <= limit or "\n" not in batch


# What is no frame.

HALF_A_MILLION = 500_000


@pytest.mark.parametrize("line", ["x", '{"id":7,', '{"push":{"channel":"o/u",'])
def test_half_a_million_unreadable_lines_are_not_all_read(line: str) -> None:
    read = decoded(f"{line}\n" * HALF_A_MILLION)
    assert len(read) == frames.MOST_UNREADABLE + 2
    assert read[-1] == frames.Gibberish()


@pytest.mark.parametrize("line", ["{}", "", '{"push":{}}'])
def test_half_a_million_useless_lines_are_not_all_read(line: str) -> None:
    read = decoded(f"{line}\n" * HALF_A_MILLION)
    assert len(read) <= frames.MOST_LINES + 1
    assert read[-1] == frames.Gibberish()


def test_no_frame_of_publications_has_too_many_lines() -> None:
    """Each line names a channel (two UUIDs), so even the largest WebSocket message has fewer lines than the limit."""
    shortest = '{"push":{"channel":"%s/%s","pub":{}}}\n' % (("0" * 36,) * 2)
    assert frames.MOST_LINES * len(shortest) > MOST_BYTES


def test_what_is_no_number_is_nothing_and_bytes_that_are_no_utf_8_are_replaced() -> None:
    assert decoded(b'{"push":{"channel":"c","pub":{"data":[NaN,Infinity,-Infinity,1,"\xff"]}}}') == [
        frames.PublicationPush("c", frames.Publication([None, None, None, 1, "\ufffd"]))
    ]
