"""Addresses in the web app, and ids that would lead elsewhere."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.news.links import IN_CHANNELS, IN_DIRECT, address, agent_place, call_place, conversation_place
from telex_start.toast import Place

WEB = "https://zedu.chat"
CHANNEL = "org/user"


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Place(CHANNEL), "/acme"),
        (conversation_place(CHANNEL, IN_CHANNELS, "c1"), "/acme/home/channels/c1"),
        (conversation_place(CHANNEL, IN_CHANNELS, "c1", "t1"), "/acme/home/channels/c1?thread_id=t1"),
        (conversation_place(CHANNEL, IN_DIRECT, "d1"), "/acme/dms/d1"),
        (conversation_place(CHANNEL, IN_DIRECT, ""), "/acme"),
        (agent_place(CHANNEL, "r1", "a1"), "/acme/home/agents/r1/a1"),
        (agent_place(CHANNEL, "", "a1"), "/acme"),
        (call_place(CHANNEL, "b1"), "/acme/buzz/b1"),
        (Place(), ""),
        (conversation_place(CHANNEL, IN_CHANNELS, "c 1?#%"), "/acme/home/channels/c%201%3F%23%25"),
    ],
)
def test_each_place_has_its_address(place: Place, path: str) -> None:
    assert address(WEB, "acme", place) == WEB + path
    assert address(WEB + "/", "acme", place) == WEB + path


def test_without_a_slug_it_is_the_web_app_itself() -> None:
    assert address(WEB, "", conversation_place(CHANNEL, IN_CHANNELS, "c1")) == WEB


@pytest.mark.parametrize("bad", [".", "..", "a/b", "/", "..\\evil", "\ud83d"])
def test_an_id_or_slug_that_leads_elsewhere_leads_to_the_root(bad: str) -> None:
    assert address(WEB, "acme", conversation_place(CHANNEL, IN_CHANNELS, bad)) == WEB
    assert address(WEB, bad, Place(CHANNEL)) == WEB
    thread = conversation_place(CHANNEL, IN_CHANNELS, "c1", bad)
    assert address(WEB, "acme", thread) == f"{WEB}/acme/home/channels/c1"


@given(st.text(), st.text(), st.text())
def test_whatever_comes_it_stays_in_the_web_app(slug: str, ident: str, thread: str) -> None:
    url = address(WEB, slug, conversation_place(CHANNEL, IN_DIRECT, ident, thread))
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "zedu.chat", "")
    segments = parts.path.split("/")[1:]
    assert not {".", ".."} & set(segments)
    if parts.path.count("/") == 3:
        assert [unquote(segment) for segment in segments] == [slug, "dms", ident]
    assert url.isascii()
