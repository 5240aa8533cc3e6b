"""Publications to news: the contract's rules one by one, then whatever hypothesis thinks of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.news import unread
from telex_start.news.fields import MOST_COUNT, ident, publication
from telex_start.news.item import UNREAD_CHANGE
from telex_start.news.unread import Counts, Growth, UnreadState
from telex_start.toast import Conversation

CHANNEL = "0193-org/0193-user"
OTHER = "0194-org/0193-user"


def in_channel(ident: str = "c1", section: str = "channels_section", **fields: Any) -> dict[str, Any]:
    return {"notification_type": "unread_thread_change", "section": section, "data": {"channels_id": ident, **fields}}


def counted(ident: str, threads: Any, mentions: Any = 0, **more: Any) -> dict[str, Any]:
    return in_channel(ident, name="General", thread_count=threads, mention_count=mentions) | more


def apply_one(state: UnreadState, channel: str, data: Any) -> Growth | None:
    """What the notifier does with a publication, as far as the counts go."""
    came = publication(data)
    if came is None or came.kind != UNREAD_CHANGE or not state.first_time(came.event):
        return None
    return state.count(Conversation(channel, came.section, ident(came.section, came.fields)), came.fields)


def apply(state: UnreadState, *publications: Any, channel: str = CHANNEL) -> list[Growth | None]:
    return [apply_one(state, channel, one) for one in publications]


def is_news(state: UnreadState, *publications: Any) -> list[bool]:
    return [growth is not None for growth in apply(state, *publications)]


def row(ident: str, threads: Any, mentions: Any = 0, **more: Any) -> dict[str, Any]:
    return {"channels_id": ident, "name": ident.upper(), "thread_count": threads, "mention_count": mentions, **more}


def test_the_contracts_channel_sample_counts() -> None:
    state = UnreadState()
    growth = apply_one(
        state,
        CHANNEL,
        {
            "notification_type": "unread_thread_change",
            "section": "channels_section",
            "notification_id": "0198",
            "data": {"channels_id": "01936d11", "name": "General", "thread_count": 3, "mention_count": 1},
        },
    )
    assert growth == Growth(unread=3, mentions=1, mentioned=True)
    assert state.counts() == Counts(unread=3, mentions=1, conversations=1)
    assert state.unread_of(Conversation(CHANNEL, "channels_section", "01936d11")) == 3


def test_an_agent_is_known_by_its_own_id() -> None:
    state = UnreadState()
    agents = {"notification_type": "unread_thread_change", "section": "agent_channels_section"}
    assert is_news(
        state,
        agents | {"data": {"id": "a1", "channel_id": "r1", "thread_count": 1}},
        agents | {"data": {"id": "a2", "channel_id": "r1", "thread_count": 1}},
    ) == [True, True]
    assert state.unread_agents() == {CHANNEL}


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
    assert apply_one(state, OTHER, counted("x", 1)) is not None
    assert state.counts() == Counts(3, 0, 3)
    named = {"notification_type": "unread_thread_change", "section": "channels_section"}
    by_name = [named | {"data": {"name": name, "thread_count": 1}} for name in ("a", "b", "a")]
    assert is_news(state, *by_name) == [True, True, False]


@pytest.mark.parametrize("key", ["channels_id", "channel_id", "id"])
def test_each_spelling_of_the_id_is_an_id(key: str) -> None:
    state = UnreadState()
    for name in ("old name", "new name"):
        data = {"notification_type": "unread_thread_change", "data": {key: "x", "name": name, "thread_count": 2}}
        apply_one(state, CHANNEL, data)
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


def test_notification_ids_are_remembered_up_to_a_bound() -> None:
    state = UnreadState()
    first = counted("c", 1, notification_id="first")
    apply_one(state, CHANNEL, first)
    for number in range(unread.MOST_EVENTS - 1):
        apply_one(state, CHANNEL, counted("c", number, notification_id=f"n{number}"))
    assert is_news(state, first | {"data": {"id": "c", "name": "x"}}) == [
        False
    ]  # still known, and now the latest again
    for number in range(unread.MOST_EVENTS):
        apply_one(state, CHANNEL, counted("c", 0, notification_id=f"m{number}"))
    assert is_news(state, first) == [True]
    assert len(state._events) == unread.MOST_EVENTS


@pytest.mark.parametrize(
    "data", [None, [], "text", 7, {}, {"thread_count": 2}, {"name": ""}, {"channels_id": None, "name": 5}]
)
def test_no_usable_data_is_news_and_never_stuck_in_the_counts(data: Any) -> None:
    state = UnreadState()
    change = {"notification_type": "unread_thread_change", "section": "channels_section", "data": data}
    assert apply_one(state, CHANNEL, change) == Growth(counted=False)
    assert state.counts() == Counts(0, 0, 0)


def test_a_read_without_an_id_is_no_news() -> None:
    read = {"notification_type": "unread_thread_change", "data": {"thread_count": 0}}
    assert apply_one(UnreadState(), CHANNEL, read) is None


@pytest.mark.parametrize(
    "data", [None, [], "x", 3, {}, {"notification_type": None}, {"notification_type": ["unread_thread_change"]}]
)
def test_what_is_no_publication_is_nothing(data: Any) -> None:
    assert publication(data) is None


def test_after_lost_publications_the_next_count_above_0_is_news() -> None:
    state = UnreadState()
    apply(state, counted("c1", 5), counted("c2", 2))
    apply_one(state, OTHER, counted("c1", 5))
    state.counts_unknown(CHANNEL)
    assert is_news(state, counted("c1", 3), counted("c1", 3), counted("c2", 0)) == [True, False, False]
    assert apply_one(state, OTHER, counted("c1", 5)) is None
    assert state.counts() == Counts(8, 0, 2)


def test_a_left_organisation_is_forgotten_alone() -> None:
    state = UnreadState()
    apply(state, counted("c1", 5, 1), counted("c2", 2))
    apply_one(state, OTHER, counted("c1", 4, 1))
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
    assert state.counts() == Counts(MOST_COUNT + 2, MOST_COUNT, 3)
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


@given(st.lists(st.tuples(st.sampled_from((CHANNEL, OTHER)), PUBLICATIONS), max_size=20))
def test_whatever_comes_the_totals_are_the_sums_and_nothing_raises(items: list[tuple[str, Any]]) -> None:
    state = UnreadState()
    for channel, data in items:
        growth = apply_one(state, channel, data)
        if growth is not None:
            assert growth.counted == (growth.unread > 0)
    known = state._known.values()
    assert all(one.unread > 0 and one.mentions >= 0 for one in known)
    totals = Counts(sum(one.unread for one in known), sum(one.mentions for one in known), len(known))
    assert state.counts() == totals
    state.organisation_left(CHANNEL)
    state.organisation_left(OTHER)
    assert state.counts() == Counts(0, 0, 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4), st.integers(0, 4)), max_size=40))
def test_news_is_exactly_growth_over_the_last_known_counts(updates: list[tuple[str, int, int]]) -> None:
    state = UnreadState()
    known: dict[str, tuple[int, int]] = {}
    for name, threads, mentions in updates:
        before = known.get(name, (0, 0))
        expected = threads > 0 and (threads > before[0] or mentions > before[1])
        assert is_news(state, counted(name, threads, mentions)) == [expected]
        known[name] = (threads, mentions) if threads else (0, 0)
    assert state.counts().unread == sum(threads for threads, _ in known.values())


# --- look-ups ---------------------------------------------------------------------------------------------------------


def looked_up(state: UnreadState, *rows: dict[str, Any], whole: bool = True, channel: str = CHANNEL) -> list[str]:
    """Take in the channels of a look-up; the ids of those that grew."""
    return [one.conversation.ident for one in state.looked_up(channel, "channels_section", rows, whole)]


def test_a_look_up_makes_counts_known_and_an_equal_count_afterwards_is_no_news() -> None:
    state = UnreadState()
    state.look_up_began(CHANNEL)
    assert looked_up(state, row("c1", 3, 1), row("c2", 0), row("c3", 2)) == ["c1", "c3"]
    state.look_up_ended(CHANNEL)
    assert state.counts() == Counts(5, 1, 2)
    assert is_news(state, counted("c1", 3, 1), counted("c3", 2), counted("c3", 3)) == [False, False, True]


def test_a_look_up_that_says_what_is_known_is_no_news_also_after_lost_publications() -> None:
    state = UnreadState()
    apply(state, counted("c1", 3), counted("c2", 2))
    state.counts_unknown(CHANNEL)
    state.look_up_began(CHANNEL)
    assert looked_up(state, row("c1", 3), row("c2", 4)) == ["c2"]
    assert is_news(state, counted("c1", 3)) == [False]


def test_what_is_absent_or_0_in_a_section_that_was_answered_whole_has_been_read() -> None:
    state = UnreadState()
    apply(state, counted("c1", 1), counted("c2", 1), counted("c3", 1))
    apply(state, in_channel("d1", "dm_channels_section", thread_count=1))
    apply_one(state, OTHER, counted("c1", 1))
    state.take_read()
    state.look_up_began(CHANNEL)
    assert looked_up(state, row("c2", 0), row("c3", 1)) == []
    assert {known.ident for known in state.take_read()} == {"c1", "c2"}
    assert state.counts() == Counts(3, 0, 3)


def test_what_is_absent_in_a_section_that_was_answered_in_part_stays() -> None:
    state = UnreadState()
    apply(state, counted("c1", 1), counted("c2", 1))
    state.look_up_began(CHANNEL)
    looked_up(state, row("c2", 0), whole=False)
    assert state.counts() == Counts(1, 0, 1)


def test_a_publication_after_the_request_wins_over_the_row() -> None:
    """A message that came, and one that was read, while the answer was on its way."""
    state = UnreadState()
    apply(state, counted("read", 2), counted("older", 1))
    state.look_up_began(CHANNEL)
    apply(state, counted("read", 0), counted("new", 1), counted("older", 5))
    assert looked_up(state, row("read", 2), row("older", 1)) == []
    assert state.counts() == Counts(6, 0, 2)
    state.look_up_ended(CHANNEL)
    state.look_up_began(CHANNEL)
    assert looked_up(state) == [], "the next look-up is newer than those"
    assert state.counts() == Counts(0, 0, 0)


def test_rows_that_say_nothing_change_nothing() -> None:
    state = UnreadState()
    apply(state, counted("c1", 2))
    state.look_up_began(CHANNEL)
    assert looked_up(state, row("c1", None), row("c2", "3"), {"thread_count": 4}, {}) == []
    assert state.counts() == Counts(2, 0, 1)


def test_an_organisation_that_was_left_during_its_look_up_leaves_nothing() -> None:
    state = UnreadState()
    state.look_up_began(CHANNEL)
    state.organisation_left(CHANNEL)
    state.look_up_ended(CHANNEL)
    assert state._published == {}


IDENTS = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("publication"), IDENTS, st.integers(0, 3)),
    st.tuples(st.just("answer"), st.dictionaries(IDENTS, st.integers(0, 3)), st.booleans()),
    st.tuples(st.just("ask"), st.none(), st.none()),
    st.tuples(st.just("lost"), st.none(), st.none()),
)


@given(st.lists(STEPS, max_size=40))
def test_what_is_known_is_always_the_newest_that_was_said(steps: list[tuple[str, Any, Any]]) -> None:
    state = UnreadState()
    truth: dict[str, int] = {}
    since: set[str] | None = None
    for kind, what, value in steps:
        if kind == "publication":
            apply(state, counted(what, value))
            truth[what] = value
            if since is not None:
                since.add(what)
        elif kind == "ask":
            state.look_up_began(CHANNEL)
            since = set()
        elif kind == "lost":
            state.counts_unknown(CHANNEL)
        elif since is not None:
            before = dict(truth)
            grown = looked_up(state, *(row(name, threads) for name, threads in what.items()), whole=value)
            for name in "abc":
                if name not in since and (name in what or value):
                    truth[name] = what.get(name, 0)
            assert set(grown) == {i for i in truth if truth[i] > before.get(i, 0)}
            state.look_up_ended(CHANNEL)
            since = None
    left = {name: threads for name, threads in truth.items() if threads}
    assert {known.ident: state.unread_of(known) for known in state._known} == left
    assert state.counts() == Counts(sum(left.values()), 0, len(left))


# --- muted channels ---------------------------------------------------------------------------------------------------


def test_a_muted_channel_is_left_out_of_the_counts_and_back_in_them_afterwards() -> None:
    state = UnreadState()
    apply(state, counted("c1", 3, 1), counted("c2", 2))
    state.mute(CHANNEL, frozenset({"c1"}))
    assert state.counts() == Counts(2, 0, 1)
    apply(state, counted("c1", 4, 1), counted("c2", 0))
    assert state.counts() == Counts(0, 0, 0)
    assert state.unread_channels() == frozenset()
    state.mute(CHANNEL, frozenset())
    assert state.counts() == Counts(4, 1, 1)


def test_only_channels_can_be_muted_and_only_in_their_own_organisation() -> None:
    state = UnreadState()
    state.mute(CHANNEL, frozenset({"c1"}))
    apply(state, in_channel("c1", "dm_channels_section", thread_count=1))
    apply_one(state, OTHER, counted("c1", 1))
    assert state.counts() == Counts(2, 0, 2)


@given(
    st.lists(
        st.one_of(
            st.tuples(IDENTS, st.integers(0, 3), st.integers(0, 3)), st.frozensets(IDENTS).map(lambda idents: (idents,))
        ),
        max_size=30,
    )
)
def test_the_totals_are_those_of_what_is_not_muted(steps: list[tuple[Any, ...]]) -> None:
    state = UnreadState()
    for step in steps:
        if len(step) == 1:
            state.mute(CHANNEL, step[0])
        else:
            apply(state, counted(*step))
    told = [known for conversation, known in state._known.items() if not state.is_muted(conversation)]
    assert state.counts() == Counts(sum(one.unread for one in told), sum(one.mentions for one in told), len(told))
