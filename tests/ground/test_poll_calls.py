"""The API calls of the polls: which requests go out, page by page, and what is read of the answers."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.errors import RateLimited, TelexFailure
from telex_start.net.https import Answer
from telex_start.news.publications import AGENTS, CHANNELS, DIRECT
from telex_start.session.poll_calls import MESSAGE_FIELDS, MOST_PAGES, ROW_FIELDS, NotThere
from tests.ground.telex import Telex, envelope

HTML = b"<html>Not Found</html>"
HALF = "\N{REPLACEMENT CHARACTER}"


def answer(data: Any = None, status: int = 200, **outside: Any) -> Answer:
    return envelope(status, data, **outside)


class Calls(Telex):
    """Telex with an organisation whose unread conversations are asked for."""

    leaves = 0

    def leave(self) -> None:
        self.leaves += 1

    def unread(self, section: str = CHANNELS) -> tuple[tuple[dict[str, Any], ...], bool]:
        return self.calls.unread(section, "o1", self.leave)

    def direct(self) -> tuple[list[Any], bool]:
        rows, whole = self.unread(DIRECT)
        return [row["channel_id"] for row in rows], whole


def rows(*data: Any) -> tuple[dict[str, Any], ...]:
    return Calls(answer([*data])).unread()[0]


def page_of(path: str) -> int:
    return int(path.partition("page=")[2].partition("&")[0])


def full(page: int, size: int = 50) -> list[dict[str, Any]]:
    return [{"channel_id": f"{page}-{number}"} for number in range(size)]


@pytest.mark.parametrize(
    ("got", "error"),
    [
        (answer(status=429), RateLimited),
        (answer(status=404), NotThere),
        (answer(inner=403), NotThere),
        (Answer(404, {}, HTML), NotThere),
        (Answer(200, {}, b""), NotThere),
        (Answer(200, {}, b"[1]"), NotThere),
        (Answer(200, {}, b"{}"), NotThere),
        (Answer(200, {}, b'{"data":'), NotThere),
        (Answer(200, {}, b'{"data":' + b"[" * 100_000), NotThere),
        (Answer(200, {}, b'{"data":[],1:2}'), NotThere),
        (Answer(200, {}, b'{"data"7}'), NotThere),
        (Answer(200, {}, b'{"data":[]} and more'), NotThere),
        (answer({}), NotThere),
        (answer(7), NotThere),
        (Answer(502, {}, HTML), TelexFailure),
        (answer(status=500), TelexFailure),
    ],
)
def test_what_an_answer_means_that_brings_nothing(got: Answer, error: type[Exception]) -> None:
    for section in (CHANNELS, DIRECT):
        with pytest.raises(error):
            Calls(got).unread(section)
    with pytest.raises(error):
        Calls(got).calls.muted("o1")


def test_a_token_that_telex_repeats_is_struck_out() -> None:
    with pytest.raises(NotThere, match=r"^no … here$"):
        Calls(answer(status=403, message="no ACCESS here")).unread()


@pytest.mark.parametrize("body", [b'{"status":"success"}', b'{"status_code":200}', b'{"status_code":200,"data":null}'])
def test_no_data_is_none(body: bytes) -> None:
    assert Calls(Answer(200, {}, body)).unread() == ((), True)


def test_the_pacer_hears_of_a_rate_limit() -> None:
    telex = Calls(answer(status=429))
    with pytest.raises(RateLimited):
        telex.calls.profile()
    assert telex.pacer.wait() > 0.3


# Conversations


def test_channels_and_agents_are_one_call_each() -> None:
    telex = Calls(answer([{"channels_id": "c"}]))
    for section in (CHANNELS, AGENTS):
        assert telex.unread(section) == (({"channels_id": "c"},), True)
    assert telex.paths == ["/organisations/o1/user-channels", "/organisations/o1/fetch-bots?limit=1000"]
    assert telex.leaves == 0


def test_as_many_agents_as_were_asked_for_may_not_be_all() -> None:
    found, whole = Calls(answer([{"id": str(number)} for number in range(1000)])).unread(AGENTS)
    assert (len(found), whole) == (1000, False)


SUGGESTED = [{"channel_id": "", "is_suggested": True}] * 50


@pytest.mark.parametrize(
    ("pages", "pagination", "count", "whole", "asked"),
    [
        ([full(1), full(2), full(3)], {"pagination": [{"total_pages": 3}]}, 150, True, 3),
        ([full(1), full(2), full(3)], {"pagination": {"current_page": 1, "total_pages": 3}}, 150, True, 3),
        *(
            ([full(1), full(2), full(3, 7)], {"pagination": pagination}, 107, True, 3)
            for pagination in ([], "x", [{"total_pages": True}])
        ),
        ([full(1), full(2), full(3, 7)], {}, 107, True, 3),
        ([full(1), SUGGESTED, [{"channel_id": "late"}]], {"pagination": [{"total_pages": 3}]}, 51, True, 3),
        ([full(page) for page in range(1, 99)], {"pagination": [{"total_pages": 98}]}, 1000, False, MOST_PAGES),
        ([full(1)] * 20, {}, 50, False, 2),  # a server that knows no pages
        (  # one that moves between two pages
            [[{"channel_id": "a"}, {"channel_id": "b"}], [{"channel_id": "a"}]],
            {"pagination": [{"total_pages": 2}]},
            2,
            True,
            2,
        ),
    ],
)
def test_direct_messages_come_in_pages(pages: list[Any], pagination: Any, count: int, whole: bool, asked: int) -> None:
    telex = Calls(lambda path: answer(pages[page_of(path) - 1], **pagination))
    idents, all_of_them = telex.direct()
    assert (len(idents), len({*idents}), all_of_them) == (count, count, whole)
    assert telex.paths == [f"/organisations/o1/dms?page={page}&limit=50" for page in range(1, asked + 1)]
    assert telex.leaves == asked - 1, "the first one has leave already"


def test_a_page_that_fails_fails_the_section() -> None:
    telex = Calls(lambda path: answer(full(1)) if page_of(path) == 1 else answer(status=500))
    with pytest.raises(TelexFailure):
        telex.direct()


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


def test_a_row_of_nonsense_costs_no_other() -> None:
    good = {"channels_id": "c1", "thread_count": 1}
    assert rows(good, None, 7, "x", [], [1], True, {**good, "channels_id": "c2"}) == (
        good,
        {**good, "channels_id": "c2"},
    )


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from('"\\[]{},:da ü\U0001f600')),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["data", 'x,"data"', "a"]), inner),
    max_leaves=20,
)


@given(
    st.dictionaries(st.sampled_from(["a", 'x,"data"', "b"]), _values),
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(ROW_FIELDS, _values))),
    st.integers(1, 9),
    st.booleans(),
)
@example({}, [{"preview_thread": 7, "thread_count": 1}], 9, False)
@example({}, [{"preview_thread": [None], "thread_count": 1}], 9, False)
def test_in_whatever_pieces_and_of_whatever_types_it_comes_all_rows_are_there(
    around: dict[str, Any], there: list[dict[str, Any]], piece: int, spaces: bool
) -> None:
    text = json.dumps({**around, "data": there, "z": 1}, indent=1 if spaces else None, ensure_ascii=spaces)
    found, whole = Calls(lambda _: Answer(200, {}, text.encode()), piece).unread()
    assert (len(found), whole) == (len(there), True)
    for row, came in zip(found, there, strict=True):
        for name in row.keys() - {"preview_thread"}:
            assert row[name] == came[name]


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


def test_what_is_too_much_is_left_out_and_what_is_far_too_large_is_not_read() -> None:
    found, whole = Calls(answer([{"id": number} for number in range(10_001)])).unread()
    assert (len(found), whole) == (10_000, False)
    large = "x" * 17_000_000
    half = large[:9_000_000]
    answers = [answer([], note=large), answer([{"name": large}]), answer([], one=half, two=half)]
    telex = Calls(lambda _: answers.pop(), 1 << 20)
    while answers:
        with pytest.raises(TelexFailure, match="far too large"):
            telex.unread()


def test_of_forty_megabytes_of_previews_no_more_is_held_than_a_row_and_the_beginning_of_each() -> None:
    """All 40 MB stayed in memory."""
    row = {"channels_id": "c", "thread_count": 1, "preview_message": "x" * 20_000}
    large = Calls(answer([{**row, "preview_thread": [message(message="y" * 20_000)]}] * 1000))
    tracemalloc.start()
    found, whole = large.unread()
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(found), whole) == (1000, True)
    assert held < 5e6 and most < 7e6, f"{held} and {most} bytes"


def test_half_an_emoji_and_a_byte_that_is_no_utf_8_cost_nothing_else() -> None:
    """What each is replaced by is tested in test_frames.py."""
    row = rb'{"channel_id":"c","thread_count":1,"preview_message":"a\ud83d' + b'\xff"}'
    body = b'\xef\xbb\xbf{"status":"success","data":[' + row + b',{"channel_id":"d"}],"note":"\\ud83d"}'
    (first, second), _ = Calls(Answer(200, {}, body)).unread()
    assert first["preview_message"] == f"a{HALF}{HALF}"
    assert second == {"channel_id": "d"}


# Settings and slugs


MUTED: list[Any] = [
    *({"channels_id": ident, "muted": True} for ident in ("a", 7, "", "x" * 129, True, -1, 1 << 64)),
    *({"channels_id": "b", "muted": muted} for muted in (False, "true")),
    {"muted": True},
    None,
]
PREFERENCE = "/organisations/o1/notification-preference?device_type=desktop"


@pytest.mark.parametrize(
    ("call", "path", "data", "told"),
    [
        ("muted", "/organisations/o1/channels/notification-preference", MUTED, {"a", "7"}),
        ("muted", "/organisations/o1/channels/notification-preference", None, set()),
        ("preference", PREFERENCE, {"notify_about": "mentions", "time_range": "09:00 AM"}, ("mentions", "09:00 AM")),
        ("preference", PREFERENCE, {"notify_about": 7, "time_range": None}, (None, "")),
        ("preference", PREFERENCE, {"notify_about": "x" * 300}, ("x" * 256, "")),
        ("profile", "/profile", {"pause_notification": True, "timezone": "Europe/Berlin"}, (True, "Europe/Berlin", "")),
        ("profile", "/profile", {"pause_notification": True, "organisation_id": "o1"}, (True, "", "o1")),
        ("profile", "/profile", {"pause_notification": "yes", "organisation_id": None}, (False, "", "")),
        ("slug", "/organisations/o1", {"organisation_slug": "acme"}, "acme"),
        ("slug", "/organisations/o1", {"organisation_slug": "", "current_organisation_slug": "old"}, "old"),
    ],
)
def test_what_else_telex_says(call: str, path: str, data: Any, told: Any) -> None:
    telex = Calls(answer(data))
    assert getattr(telex.calls, call)(*["o1"] * (call != "profile")) == told
    assert telex.asked == [("GET", path, {"Authorization": "Bearer ACCESS"}, None, 30.0, False)]


def test_what_is_no_slug_is_none() -> None:
    nothing: list[Any] = [{}, {"organisation_slug": 7}, None, []]
    for data in nothing:
        with pytest.raises(NotThere):
            Calls(answer(data)).calls.slug("o1")


# Mark as read


@pytest.mark.parametrize(
    ("section", "group", "path"),
    [
        (CHANNELS, False, "/threads/channels/c1?page=1&limit=1"),
        (DIRECT, False, "/dms/channels/c1/threads?page=1&limit=1"),
        (DIRECT, True, "/group-dms/channels/c1/threads?page=1&limit=1"),
    ],
)
def test_marking_as_read_is_one_reading_call(section: str, group: bool, path: str) -> None:
    telex = Calls(answer([]))
    telex.calls.mark_as_read(section, "c1", group)
    assert telex.paths == [path]


@pytest.mark.parametrize("ident", ["", ".", "..", "a/b", "..\\x"])
def test_an_id_that_would_lead_elsewhere_is_asked_for_nothing(ident: str) -> None:
    telex = Calls(answer([]))
    with pytest.raises(NotThere):
        telex.calls.mark_as_read(CHANNELS, ident, False)
    with pytest.raises(NotThere):
        telex.calls.slug(ident)
    assert telex.paths == []


@pytest.mark.parametrize(("ident", "segment"), [("a b?c#d", "a%20b%3Fc%23d"), ("\ud83d", "%3F")])
def test_an_id_is_percent_encoded(ident: str, segment: str) -> None:
    telex = Calls(answer([]))
    telex.calls.mark_as_read(CHANNELS, ident, False)
    assert telex.paths == [f"/threads/channels/{segment}?page=1&limit=1"]


def test_declining_a_call_is_one_call_that_says_so() -> None:
    telex = Calls(answer({"buzz_id": "b1"}))
    telex.calls.decline("b1")
    [asked] = telex.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/buzz/b1/respond", {"action": "decline"})
