"""News that is told later, together."""

from __future__ import annotations

import pytest

from telex_start.news import gathering
from telex_start.news.gathering import Gathering, Total, total
from telex_start.news.item import News
from telex_start.toast import Conversation


def news(ident: str = "c", channel: str = "o/u", unread: int = 1, *, before: int = 0, counted: bool = True) -> News:
    conversation = Conversation(channel, "channels_section", ident)
    return News(conversation, ident, message="x" * 8000, unread=unread, before=before, counted=counted)


def test_of_each_conversation_what_is_still_unread_is_told_once() -> None:
    kept = Gathering()
    for one in (news("a", unread=2), news("a", unread=5), news("b", unread=1), news("c", unread=4)):
        kept.add(one)
    unread = {"a": 3, "b": 0, "c": 9}
    assert total(kept.take(lambda conversation: unread[conversation.ident])) == Total(7, 2)
    assert not kept


def test_what_was_unread_before_is_not_told_again() -> None:
    """The summary of a pause counted what had been unread, and told, before the pause."""
    kept = Gathering()
    for one in (news("a", unread=5, before=4), news("a", unread=7, before=5), news("b", unread=3, before=3)):
        kept.add(one)
    kept.add(news("c", unread=9, before=2))
    unread = {"a": 7, "b": 3, "c": 1}
    told = {
        one.news.conversation.ident: one.threads for one in kept.take(lambda conversation: unread[conversation.ident])
    }
    assert told == {"a": 3, "b": 1, "c": 1}, "b: a mention in a thread that was unread; c: most of it was read"


def test_what_is_not_counted_is_told_as_it_came() -> None:
    kept = Gathering()
    kept.add(news("", counted=False))
    kept.add(news("", counted=False), 3)
    assert total(kept.take(lambda _: 0)) == Total(4, 1)


def test_what_is_older_does_not_take_the_place_of_what_is_newer() -> None:
    """What was unread before a sign-in may be told after what has come since."""
    kept = Gathering()
    kept.add(news("a", unread=2))
    kept.add(news("a", unread=1), older=True)
    kept.add(news("b", unread=1), older=True)
    assert total(kept.take(lambda _: 9)) == Total(3, 2)


def test_what_was_read_is_not_told_though_it_is_unread_again() -> None:
    kept = Gathering()
    kept.add(news("a", unread=2))
    kept.read(Conversation("o/u", "channels_section", "a"))
    assert kept.take(lambda _: 9) == []


def test_one_organisation_is_taken_and_the_other_stays() -> None:
    kept = Gathering()
    kept.add(news("a"))
    kept.add(news("a", "p/u"))
    assert kept.channels() == {"o/u", "p/u"}
    assert total(kept.take(lambda _: 1, lambda channel: channel == "o/u")) == Total(1, 1)
    assert kept.channels() == {"p/u"}
    kept.left("p/u")
    assert not kept


def test_memory_is_bounded_and_nothing_is_lost_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_CONVERSATIONS", 10)
    kept = Gathering()
    for number in range(100):
        kept.add(news(f"c{number}"))
    assert len(kept._counted) + len(kept._uncounted) == 11
    told = kept.take(lambda _: 1)
    assert total(told) == Total(100, 11)
    assert all(one.news.message is None for one in told)
