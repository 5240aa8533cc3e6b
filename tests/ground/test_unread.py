"""Publications to news: the contract's rules one by one, then whatever hypothesis thinks of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telex_start.news import unread
from telex_start.news.unread import Counts, News, UnreadState
from telex_start.toast import Conversation

CHANNEL = "0193-org/0193-user"
OTHER = "0194-org/0193-user"


def in_channel(ident: str = "c1", section: str = "channels_section", **fields: Any) -> dict[str, Any]:
    return {"notification_type": "unread_thread_change", "section": section, "data": {"channels_id": ident, **fields}}


def counted(ident: str, threads: Any, mentions: Any = 0, **more: Any) -> dict[str, Any]:
    return in_channel(ident, name="General", thread_count=threads, mention_count=mentions) | more


def apply(state: UnreadState, *publications: Any, channel: str = CHANNEL) -> list[News | None]:
    return [state.apply(channel, publication) for publication in publications]


def is_news(state: UnreadState, *publications: Any) -> list[bool]:
    return [news is not None for news in apply(state, *publications)]


def test_the_contracts_channel_sample_is_news() -> None:
    state = UnreadState()
    news = state.apply(
        CHANNEL,
        {
            "notification_type": "unread_thread_change",
            "section": "channels_section",
            "notification_id": "0198",
            "data": {
                "channels_id": "01936d11",
                "name": "General",
                "description": "marktest's general channel",
                "topic": "",
                "organisation_id": "01936d11",
                "archived": False,
                "thread_count": 3,
                "mention_count": 1,
            },
        },
    )
    assert news == News(
        conversation=Conversation(CHANNEL, "channels_section", "01936d11"),
        section="channels_section",
        name="General",
        text="marktest's general channel",
        unread=3,
        mentions=1,
    )
    assert state.counts() == Counts(unread=3, mentions=1, conversations=1)
    assert state.unread_of(news.conversation) == 3


def test_a_direct_message_has_its_persons_name_and_preview() -> None:
    news = UnreadState().apply(
        CHANNEL,
        {
            "notification_type": "unread_thread_change",
            "section": "dm_channels_section",
            "data": {
                "channel_id": "d1",
                "username": "ada",
                "channel_type": "dm",
                "thread_count": 1,
                "preview_message": "hi",
            },
        },
    )
    assert news is not None
    assert (news.name, news.text, news.conversation.ident, news.unread, news.mentions) == ("ada", "hi", "d1", 1, 0)


@pytest.mark.parametrize("fields", [{"name": "Robo"}, {"username": "Robo"}, {"name": 3, "username": "Robo"}])
def test_an_agent_is_called_by_name_or_username(fields: dict[str, Any]) -> None:
    data = in_channel("a1", "agent_channels_section", description="your agent", thread_count=2, **fields)
    news = UnreadState().apply(CHANNEL, data)
    assert news is not None
    assert (news.name, news.text) == ("Robo", "your agent")


def test_only_growth_is_news_and_smaller_counts_are_taken_over() -> None:
    state = UnreadState()
    assert is_news(
        state,
        counted("c1", 3),
        counted("c1", 3),  # a repeat
        counted("c1", 2),  # partly read
        counted("c1", 3),  # grown again
        counted("c1", 3, 1),  # a mention in a thread that was unread already
        counted("c1", 3, 1),
        counted("c1", 3, 0),
        counted("c1", 3, 1),
    ) == [True, False, False, True, True, False, False, True]
    assert state.counts() == Counts(3, 1, 1)


def test_a_read_clears_and_is_no_news() -> None:
    state = UnreadState()
    assert is_news(state, counted("c1", 4, 2), counted("c2", 1), counted("c1", 0, 0)) == [True, True, False]
    assert state.counts() == Counts(1, 0, 1)
    assert is_news(state, counted("c1", 1)) == [True]


def test_conversations_are_told_apart_by_channel_section_and_id() -> None:
    state = UnreadState()
    dm = {"notification_type": "unread_thread_change", "section": "dm_channels_section"}
    assert is_news(state, counted("x", 1), dm | {"data": {"channel_id": "x", "thread_count": 1}}) == [True, True]
    assert state.apply(OTHER, counted("x", 1)) is not None
    assert state.counts() == Counts(3, 0, 3)
    named = {"notification_type": "unread_thread_change", "section": "channels_section"}
    by_name = [named | {"data": {"name": name, "thread_count": 1}} for name in ("a", "b", "a")]
    assert is_news(state, *by_name) == [True, True, False]


@pytest.mark.parametrize("key", ["channels_id", "channel_id", "id"])
def test_each_spelling_of_the_id_is_an_id(key: str) -> None:
    state = UnreadState()
    for name in ("old name", "new name"):
        data = {"notification_type": "unread_thread_change", "data": {key: "x", "name": name, "thread_count": 2}}
        state.apply(CHANNEL, data)
    assert state.counts() == Counts(2, 0, 1)


@pytest.mark.parametrize(
    "absent", [{}, {"thread_count": None}, {"thread_count": "3"}, {"thread_count": True}, {"thread_count": 1.5}]
)
def test_without_an_integer_count_it_is_news_and_counts_one_more(absent: dict[str, Any]) -> None:
    state = UnreadState()
    assert is_news(state, in_channel(**absent), in_channel(**absent)) == [True, True]
    assert state.counts() == Counts(2, 0, 1)
    assert is_news(state, counted("c1", 2), counted("c1", 3), counted("c1", 0)) == [False, True, False]


def test_a_negative_count_is_a_read() -> None:
    state = UnreadState()
    assert is_news(state, counted("c1", 2, -5), counted("c1", -1)) == [True, False]
    assert state.counts() == Counts(0, 0, 0)


def test_the_same_notification_id_twice_is_one_event() -> None:
    state = UnreadState()
    twice = in_channel() | {"notification_id": "n1"}
    assert is_news(state, twice, twice, counted("c1", 9, notification_id="n1")) == [True, False, False]
    assert state.counts().unread == 1
    assert is_news(state, in_channel() | {"notification_id": "n2"}) == [True]


def test_an_ignored_type_does_not_use_up_its_notification_id() -> None:
    state = UnreadState()
    other = {"notification_type": "channel_mention", "notification_id": "n1", "data": {"channels_id": "c1"}}
    assert is_news(state, other, counted("c1", 1, notification_id="n1")) == [False, True]


def test_notification_ids_are_remembered_up_to_a_bound() -> None:
    state = UnreadState()
    first = counted("c", 1, notification_id="first")
    state.apply(CHANNEL, first)
    for number in range(unread.MOST_EVENTS - 1):
        state.apply(CHANNEL, counted("c", number, notification_id=f"n{number}"))
    assert is_news(state, first | {"data": {"id": "c", "name": "x"}}) == [
        False
    ]  # still known, and now the latest again
    for number in range(unread.MOST_EVENTS):
        state.apply(CHANNEL, counted("c", 0, notification_id=f"m{number}"))
    assert is_news(state, first) == [True]
    assert len(state._events) == unread.MOST_EVENTS


@pytest.mark.parametrize(
    "data", [None, [], "text", 7, {}, {"thread_count": 2}, {"name": ""}, {"channels_id": None, "name": 5}]
)
def test_no_usable_data_is_one_news_without_a_name_and_never_stuck_in_the_counts(data: Any) -> None:
    state = UnreadState()
    news = state.apply(
        CHANNEL, {"notification_type": "unread_thread_change", "section": "channels_section", "data": data}
    )
    assert news is not None
    assert (news.name, news.text, news.unread, news.counted) == (None, None, 0, False)
    assert state.counts() == Counts(0, 0, 0)


def test_a_read_without_an_id_is_no_news() -> None:
    assert (
        UnreadState().apply(CHANNEL, {"notification_type": "unread_thread_change", "data": {"thread_count": 0}}) is None
    )


@pytest.mark.parametrize(
    "publication", [None, [], "x", 3, {}, {"notification_type": None}, {"notification_type": ["unread_thread_change"]}]
)
def test_what_is_no_publication_of_ours_is_nothing(publication: Any) -> None:
    assert UnreadState().apply(CHANNEL, publication) is None


def test_other_types_are_nothing_unless_a_setting_lists_them() -> None:
    state = UnreadState()
    mention = {"notification_type": "channel_mention", "data": {"channels_id": "c1", "name": "General"}}
    assert state.apply(CHANNEL, mention) is None
    news = state.apply(CHANNEL, mention, types=("channel_mention",))
    assert news is not None
    assert (news.name, news.counted) == ("General", False)
    assert state.counts() == Counts(0, 0, 0)


def test_counts_are_kept_where_the_unread_type_is_no_news() -> None:
    state = UnreadState()
    assert state.apply(CHANNEL, counted("c1", 2), types=("channel_mention",)) is None
    assert state.counts() == Counts(2, 0, 1)


def test_after_lost_publications_the_next_count_above_0_is_news() -> None:
    state = UnreadState()
    apply(state, counted("c1", 5), counted("c2", 2))
    state.apply(OTHER, counted("c1", 5))
    state.counts_unknown(CHANNEL)
    assert is_news(state, counted("c1", 3), counted("c1", 3), counted("c2", 0)) == [True, False, False]
    assert state.apply(OTHER, counted("c1", 5)) is None
    assert state.counts() == Counts(8, 0, 2)


def test_a_left_organisation_is_forgotten_alone() -> None:
    state = UnreadState()
    apply(state, counted("c1", 5, 1), counted("c2", 2))
    state.apply(OTHER, counted("c1", 4, 1))
    state.organisation_left(CHANNEL)
    assert state.counts() == Counts(4, 1, 1)


def test_clear_forgets_counts_and_events() -> None:
    state = UnreadState()
    once = counted("c1", 5, notification_id="n")
    apply(state, once)
    state.clear()
    assert state.counts() == Counts(0, 0, 0)
    assert is_news(state, once) == [True]


def test_a_flood_of_conversations_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "MOST_CONVERSATIONS", 10)
    state = UnreadState()
    apply(state, counted("keep", 1))
    for number in range(50):
        apply(state, counted(f"c{number}", 2, 1), counted("keep", 1))
    assert state.counts() == Counts(19, 9, 10)
    assert is_news(state, counted("keep", 1)) == [False]


def test_hostile_numbers_and_long_ids_do_not_grow_it() -> None:
    state = UnreadState()
    apply(
        state,
        counted("c1", 10**5000, 10**5000),
        in_channel(10**5000, name="n" * 100_000),  # type: ignore[arg-type]
        in_channel("i" * 100_000, "s" * 100_000, name="x") | {"notification_id": "e" * 100_000},
    )
    assert state.counts() == Counts(unread.MOST_COUNT + 2, unread.MOST_COUNT, 3)
    assert not state._events
    assert max(len(conversation.ident + conversation.section) for conversation in state._known) < 1000


def test_deeply_nested_data_is_taken_like_any_other() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    state = UnreadState()
    assert is_news(state, in_channel(name=deep, description={"a": deep}) | {"notification_id": deep}) == [True]
    while isinstance(deep, list):  # taken apart from outside in, or freeing it is the recursion
        deep = deep.pop()


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(st.characters(), max_size=8))
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
)
KEYS = (
    "channels_id",
    "channel_id",
    "id",
    "name",
    "username",
    "description",
    "preview_message",
    "thread_count",
    "mention_count",
)
FIELDS = st.fixed_dictionaries(
    {}, optional={key: st.one_of(JSON, st.integers(-1, 3), st.sampled_from("ab")) for key in KEYS}
)
PUBLICATIONS = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {"notification_type": st.one_of(st.just("unread_thread_change"), JSON)},
        optional={
            "section": st.one_of(st.sampled_from(("channels_section", "dm_channels_section")), JSON),
            "notification_id": st.one_of(st.sampled_from("xyz"), JSON),
            "data": st.one_of(FIELDS, JSON),
        },
    ),
)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from((CHANNEL, OTHER)), PUBLICATIONS), max_size=20))
def test_whatever_comes_the_totals_are_the_sums_and_nothing_raises(items: list[tuple[str, Any]]) -> None:
    state = UnreadState()
    for channel, publication in items:
        news = state.apply(channel, publication)
        if news is not None:
            assert news.counted == (state.unread_of(news.conversation) > 0)
            assert news.unread == state.unread_of(news.conversation)
            assert news.name is None or isinstance(news.name, str)
            assert news.text is None or isinstance(news.text, str)
    known = state._known.values()
    assert all(one.unread > 0 and one.mentions >= 0 for one in known)
    totals = Counts(sum(one.unread for one in known), sum(one.mentions for one in known), len(known))
    assert state.counts() == totals
    state.organisation_left(CHANNEL)
    state.organisation_left(OTHER)
    assert state.counts() == Counts(0, 0, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.integers(0, 4)), max_size=40))
def test_news_is_exactly_growth_over_the_last_known_counts(updates: list[tuple[str, int, int]]) -> None:
    state = UnreadState()
    known: dict[str, tuple[int, int]] = {}
    for ident, threads, mentions in updates:
        before = known.get(ident, (0, 0))
        expected = threads > 0 and (threads > before[0] or mentions > before[1])
        assert is_news(state, counted(ident, threads, mentions)) == [expected]
        known[ident] = (threads, mentions) if threads else (0, 0)
    assert state.counts().unread == sum(threads for threads, _ in known.values())
