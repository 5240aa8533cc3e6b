"""What is read of the answers to look-ups: rows in any shape, and never more than is needed."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.errors import RateLimited, TelexFailure
from telex_start.events import MESSAGE_FIELDS, ROW_FIELDS
from telex_start.net.https import Answer
from telex_start.session import look_up_answers as answers
from telex_start.session.look_up_answers import NotThere, Reader

HTML = b"<html>Not Found</html>"


def read(got: Answer, make: Callable[[bytes], Any] = answers.conversation, at_once: int = 1000) -> Reader:
    """An answer, of which so many bytes come at once."""
    reader = Reader(make)
    for start in range(0, len(got.body), at_once):
        reader.take(got.body[start : start + at_once])
    reader.end(got.status, ["SECRET"])
    return reader


def answer(data: Any = None, status: int = 200, **outside: Any) -> Answer:
    body = {"status": "success" if status < 400 else "error", "status_code": status, "data": data, **outside}
    return Answer(status, {}, json.dumps(body).encode())


def rows(*data: Any) -> tuple[dict[str, Any], ...]:
    return answers.conversations(read(answer([*data]))).rows


# --- the envelope ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "error"),
    [
        (answer(status=429), RateLimited),
        (answer(status_code=429), RateLimited),
        (answer(status=404), NotThere),
        (answer(status=403), NotThere),
        (answer(status=401), NotThere),
        (answer(status_code=403), NotThere),
        (Answer(404, {}, HTML), NotThere),
        (Answer(200, {}, HTML), NotThere),
        (Answer(200, {}, b""), NotThere),
        (Answer(200, {}, b"[1]"), NotThere),
        (Answer(200, {}, b"{}"), NotThere),
        (Answer(200, {}, b'{"data":'), NotThere),
        (Answer(200, {}, b'{"data":' + b"[" * 100_000), NotThere),
        (Answer(200, {}, b"\xff\xfe"), NotThere),
        (Answer(502, {}, HTML), TelexFailure),
        (Answer(504, {}, b""), TelexFailure),
        (Answer(302, {}, b""), TelexFailure),
        (answer(status=500), TelexFailure),
        (Answer(200, {}, b'{"status":"error","status_code":200,"data":[]}'), TelexFailure),
    ],
)
def test_what_an_answer_means_that_brings_nothing(got: Answer, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(got)


def test_a_secret_that_telex_repeats_is_struck_out() -> None:
    with pytest.raises(NotThere, match=r"^no … here$"):
        read(answer(status=403, message="no SECRET here"))


@pytest.mark.parametrize("body", [b'{"status":"success"}', b'{"status_code":200}', b'{"status_code":200,"data":null}'])
def test_no_data_is_none(body: bytes) -> None:
    assert answers.conversations(read(Answer(200, {}, body))).rows == ()


@pytest.mark.parametrize("data", [{}, "x", 7, True])
def test_data_that_is_no_list_is_nothing_of_the_kind(data: Any) -> None:
    with pytest.raises(NotThere):
        answers.conversations(read(answer(data)))
    with pytest.raises(NotThere):
        answers.muted(read(answer(data), answers.muted_channel))


@given(st.binary(max_size=80) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_answer_raises_anything_else(body: bytes | str) -> None:
    raw = body if isinstance(body, bytes) else body.encode()
    for tell in (answers.conversations, answers.preference, answers.profile, answers.slug):
        for text in (raw, b'{"status":"success","data":' + raw + b"}"):
            with contextlib.suppress(NotThere, TelexFailure):
                tell(read(Answer(200, {}, text)))
            with contextlib.suppress(NotThere, TelexFailure):
                answers.muted(read(Answer(200, {}, text), answers.muted_channel))


# --- conversations --------------------------------------------------------------------------------------------------


def message(**fields: Any) -> dict[str, Any]:
    return {
        "thread_id": "t1",
        "user_id": "u2",
        "username": "ada",
        "full_name": "Ada Lovelace",
        "message": "<p>the build is green</p>",
        "type": "message",
        "created_at": "2024-11-27T11:01:33Z",
        "media": [],
        **fields,
    }


def test_a_row_has_the_fields_that_are_used_and_its_newest_message() -> None:
    there = {
        "channels_id": "c1",
        "name": "General",
        "thread_count": 3,
        "mention_count": 1,
        "last_thread_id": "t1",
        "preview_message": "<p>x</p>",
        "preview_thread": [message(), message(thread_id="older")],
        "owner_id": "unneeded",
        "access": True,
    }
    (row,) = rows(there)
    (newest,) = row.pop("preview_thread")
    assert row == {key: value for key, value in there.items() if key in ROW_FIELDS and key != "preview_thread"}
    assert newest == {key: value for key, value in message().items() if key in MESSAGE_FIELDS}


@pytest.mark.parametrize("nonsense", [None, 7, "x", [], [1], True])
def test_a_row_of_nonsense_costs_no_other(nonsense: Any) -> None:
    good = {"channels_id": "c1", "thread_count": 1}
    assert rows(good, nonsense, {**good, "channels_id": "c2"}) == (good, {**good, "channels_id": "c2"})


@given(
    st.fixed_dictionaries(
        {}, optional={name: st.none() | st.integers() | st.text() | st.lists(st.text()) for name in ROW_FIELDS}
    )
)
@example({"preview_thread": 7, "thread_count": 1})
@example({"preview_thread": [None], "thread_count": 1})
@example({"preview_thread": [], "thread_count": True})
def test_a_row_may_have_fields_of_any_type(there: dict[str, Any]) -> None:
    (row,) = rows(there)
    for name, value in row.items():
        if name != "preview_thread":
            assert value == there[name]


def test_a_row_with_nothing_unread_has_no_previews() -> None:
    quiet = {"channel_id": "c", "username": "Ada", "thread_count": 0}
    assert rows({**quiet, "preview_message": "x", "preview_thread": [message()]}) == (quiet,)
    (mentioned,) = rows({**quiet, "mention_count": 1, "preview_message": "x"})
    assert mentioned["preview_message"] == "x"


def test_what_is_only_suggested_is_no_conversation() -> None:
    assert rows({"channel_id": "c", "is_suggested": True}, {"channel_id": "d", "is_suggested": False}) == (
        {"channel_id": "d"},
    )


def test_a_text_of_megabytes_is_cut() -> None:
    (row,) = rows({"channel_id": "c", "thread_count": 1, "preview_message": "x" * 3_000_000})
    assert len(row["preview_message"]) == 1000  # as many as a notification shows


@pytest.mark.parametrize(
    ("pagination", "pages"),
    [
        ([{"current_page": 1, "total_pages": 7}], 7),
        ({"current_page": 1, "total_pages": 7}, 7),
        ([], None),
        (None, None),
        ("x", None),
        ([{"total_pages": "7"}], None),
        ([{"total_pages": True}], None),
    ],
)
def test_how_many_pages_there_are(pagination: Any, pages: int | None) -> None:
    assert answers.conversations(read(answer([], pagination=pagination))).pages == pages


# --- halves of emoji ------------------------------------------------------------------------------------------------

HALF = "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"a\ud83d", f"a{HALF}"),
        (r"\ude00b", f"{HALF}b"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ud83d\ud83d\ude00", f"{HALF}\U0001f600"),
        (r"\ud83d\ude00\ude00", f"\U0001f600{HALF}"),
        (r"\uD83D\n", f"{HALF}\n"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\\ud83d", f"\\{HALF}"),
        (r"\"\ud83d\"", f'"{HALF}"'),
    ],
)
def test_a_lone_surrogate_is_mended_and_costs_nothing_else(escaped: str, text: str) -> None:
    row = f'{{"channel_id":"c","thread_count":1,"preview_message":"{escaped}"}}'
    body = f'{{"status":"success","data":[{row},{{"channel_id":"d"}}],"note":"\\ud83d"}}'.encode()
    first, second = answers.conversations(read(Answer(200, {}, body))).rows
    assert first["preview_message"] == text
    assert second == {"channel_id": "d"}


def test_what_is_no_utf_8_is_mended() -> None:
    body = b'{"status":"success","data":[{"channel_id":"c","thread_count":1,"name":"a\xff"}]}'
    (row,) = answers.conversations(read(Answer(200, {}, body))).rows
    assert row["name"] == f"a{HALF}"


# --- settings -------------------------------------------------------------------------------------------------------


def test_muted_channels() -> None:
    data: list[Any] = [{"channels_id": "a", "muted": True}, {"channels_id": "b", "muted": False}, None, {"muted": True}]
    data += [{"channels_id": "c", "muted": "true"}, {"channels_id": 7, "muted": True}]
    assert answers.muted(read(answer(data), answers.muted_channel)) == {"a", "7"}
    assert answers.muted(read(answer(None), answers.muted_channel)) == frozenset()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"notify_about": "mentions", "time_range": "09:00 AM - 06:00 PM"}, ("mentions", "09:00 AM - 06:00 PM")),
        ({"notify_about": 7, "time_range": None}, (None, "")),
        ({}, (None, "")),
    ],
)
def test_preference(data: Any, told: tuple[str | None, str]) -> None:
    assert answers.preference(read(answer(data))) == told


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"pause_notification": True, "timezone": "Europe/Berlin"}, (True, "Europe/Berlin", "")),
        ({"pause_notification": True, "organisation_id": "o1"}, (True, "", "o1")),
        ({"pause_notification": "yes", "organisation_id": None}, (False, "", "")),
    ],
)
def test_profile(data: Any, told: tuple[bool, str, str]) -> None:
    assert answers.profile(read(answer(data))) == told


def test_slug() -> None:
    assert answers.slug(read(answer({"organisation_slug": "acme"}))) == "acme"
    assert answers.slug(read(answer({"current_organisation_slug": "old"}))) == "old"
    nothing: list[Any] = [{}, {"organisation_slug": ""}, {"organisation_slug": 7}, None, []]
    for data in nothing:
        with pytest.raises(NotThere):
            answers.slug(read(answer(data)))
