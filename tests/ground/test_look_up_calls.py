"""The calls of the look-ups: what is asked, page by page, and what is never asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from telex_start.errors import RateLimited, TelexFailure
from telex_start.net.https import Answer
from telex_start.net.pacing import Pacer
from telex_start.session.look_up_answers import NotThere
from telex_start.session.look_up_calls import AGENTS, CHANNELS, DIRECT, MOST_PAGES, LookUpCalls
from telex_start.session.shared_pacer import SharedPacer

BASE = "https://telex.test/api/v1"


def answer(data: Any = None, status: int = 200, **envelope: Any) -> Answer:
    return Answer(status, {}, json.dumps({"status_code": status, "data": data, **envelope}).encode())


class Telex:
    """Answers by the path, and remembers what was asked."""

    def __init__(self, reply: Callable[[str], Answer]) -> None:
        self._reply = reply
        self.asked: list[str] = []
        self.leaves = 0
        self.now = 100.0
        self.pacer = SharedPacer(Pacer(), lambda: self.now)
        self.calls = LookUpCalls(BASE, self, lambda: "ACCESS", self.pacer, lambda: self.now, 30.0)  # type: ignore[arg-type]

    def request(self, method: str, url: str, *, headers: Mapping[str, str], json: Any, **bounds: Any) -> Answer:
        assert (method, json, headers) == ("GET", None, {"Authorization": "Bearer ACCESS"})
        assert bounds["deadline"].left() == 30.0
        self.asked.append(url.removeprefix(BASE))
        found = self._reply(self.asked[-1])
        bounds["take"](found.body)
        return found

    def leave(self) -> None:
        self.leaves += 1

    def direct(self) -> tuple[list[Any], bool]:
        rows, whole = self.calls.unread(DIRECT, "o1", self.leave)
        return [row["channel_id"] for row in rows], whole


def page_of(path: str) -> int:
    return int(path.partition("page=")[2].partition("&")[0])


def full(page: int, size: int = 50) -> list[dict[str, Any]]:
    return [{"channel_id": f"{page}-{number}"} for number in range(size)]


# --- the unread -----------------------------------------------------------------------------------------------------


def test_channels_and_agents_are_one_call_each() -> None:
    telex = Telex(lambda _: answer([{"channels_id": "c"}]))
    assert telex.calls.unread(CHANNELS, "o1", telex.leave) == (({"channels_id": "c"},), True)
    assert telex.calls.unread(AGENTS, "o1", telex.leave) == (({"channels_id": "c"},), True)
    assert telex.asked == ["/organisations/o1/user-channels", "/organisations/o1/fetch-bots?limit=1000"]
    assert telex.leaves == 0


def test_as_many_agents_as_were_asked_for_may_not_be_all() -> None:
    telex = Telex(lambda _: answer([{"id": str(number)} for number in range(1000)]))
    rows, whole = telex.calls.unread(AGENTS, "o1", telex.leave)
    assert (len(rows), whole) == (1000, False)


def test_direct_messages_come_page_by_page_each_with_leave() -> None:
    telex = Telex(lambda path: answer(full(page_of(path)), pagination=[{"total_pages": 3}]))
    idents, whole = telex.direct()
    assert (len(idents), whole) == (150, True)
    assert telex.asked == [f"/organisations/o1/dms?page={page}&limit=50" for page in (1, 2, 3)]
    assert telex.leaves == 2, "the first one has leave already"


def test_without_pagination_a_page_that_is_not_full_is_the_last() -> None:
    telex = Telex(lambda path: answer(full(page_of(path), 50 if page_of(path) < 3 else 7)))
    idents, whole = telex.direct()
    assert (len(idents), whole) == (107, True)


def test_a_page_of_nothing_but_suggestions_is_not_the_last() -> None:
    suggested = [{"channel_id": "", "is_suggested": True}] * 50
    pages = {1: full(1), 2: suggested, 3: [{"channel_id": "late"}]}
    telex = Telex(lambda path: answer(pages[page_of(path)], pagination=[{"total_pages": 3}]))
    idents, whole = telex.direct()
    assert (idents[-1], whole) == ("late", True)


def test_twenty_pages_are_enough() -> None:
    telex = Telex(lambda path: answer(full(page_of(path)), pagination=[{"total_pages": 500}]))
    idents, whole = telex.direct()
    assert (len(idents), whole, len(telex.asked)) == (MOST_PAGES * 50, False, MOST_PAGES)


def test_a_server_that_knows_no_pages_is_not_asked_for_twenty() -> None:
    telex = Telex(lambda _: answer(full(1)))
    idents, whole = telex.direct()
    assert (len(idents), whole, len(telex.asked)) == (50, False, 2)


def test_a_conversation_that_moves_between_two_pages_comes_once() -> None:
    telex = Telex(
        lambda path: answer([{"channel_id": "a"}, {"channel_id": path[-10]}], pagination=[{"total_pages": 2}])
    )
    idents, _ = telex.direct()
    assert idents.count("a") == 1


def test_a_page_that_fails_fails_the_section() -> None:
    telex = Telex(lambda path: answer(full(1)) if page_of(path) == 1 else answer(status=500))
    with pytest.raises(TelexFailure):
        telex.direct()


# --- settings and slugs ---------------------------------------------------------------------------------------------


def test_settings_profile_and_slug() -> None:
    telex = Telex(
        {
            "/organisations/o1/channels/notification-preference": answer([{"channels_id": "c", "muted": True}]),
            "/organisations/o1/notification-preference?device_type=desktop": answer({"notify_about": "nothing"}),
            "/profile": answer({"pause_notification": True}),
            "/organisations/o1": answer({"organisation_slug": "acme"}),
        }.__getitem__
    )
    assert telex.calls.muted("o1") == {"c"}
    assert telex.calls.preference("o1") == ("nothing", "")
    assert telex.calls.profile() == (True, "", "")
    assert telex.calls.slug("o1") == "acme"


# --- mark as read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "group", "path"),
    [
        (CHANNELS, False, "/threads/channels/c1?page=1&limit=1"),
        (DIRECT, False, "/dms/channels/c1/threads?page=1&limit=1"),
        (DIRECT, True, "/group-dms/channels/c1/threads?page=1&limit=1"),
    ],
)
def test_marking_as_read_is_one_reading_call(section: str, group: bool, path: str) -> None:
    telex = Telex(lambda _: answer([]))
    telex.calls.mark_as_read(section, "c1", group)
    assert telex.asked == [path]


@pytest.mark.parametrize("section", [AGENTS, "", "x"])
def test_other_conversations_have_no_such_call(section: str) -> None:
    telex = Telex(lambda _: answer([]))
    with pytest.raises(NotThere):
        telex.calls.mark_as_read(section, "c1", False)
    assert telex.asked == []


@pytest.mark.parametrize("ident", ["", ".", "..", "a/b", "/", "..\\x", "../users/switch-org"])
def test_an_id_that_would_lead_elsewhere_is_asked_for_nothing(ident: str) -> None:
    telex = Telex(lambda _: answer([]))
    with pytest.raises(NotThere):
        telex.calls.mark_as_read(CHANNELS, ident, False)
    with pytest.raises(NotThere):
        telex.calls.slug(ident)
    assert telex.asked == []


@pytest.mark.parametrize(("ident", "segment"), [("a b?c#d", "a%20b%3Fc%23d"), ("ä", "%C3%A4"), ("\ud83d", "%3F")])
def test_an_id_is_percent_encoded(ident: str, segment: str) -> None:
    telex = Telex(lambda _: answer([]))
    telex.calls.mark_as_read(CHANNELS, ident, False)
    assert telex.asked == [f"/threads/channels/{segment}?page=1&limit=1"]


# --- the pace -------------------------------------------------------------------------------------------------------


def test_the_pacer_hears_of_a_rate_limit() -> None:
    telex = Telex(lambda _: answer(status=429))
    with pytest.raises(RateLimited):
        telex.calls.profile()
    assert telex.pacer.wait(telex.now) > 0.3
