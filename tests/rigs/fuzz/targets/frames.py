"""Frames of the push server, decoded."""

from __future__ import annotations

from typing import ClassVar, get_args

from hypothesis import strategies as st

from telex_start.push import frames

from ..material import dumped, fields, integers, joined, many, nearly, texts, values
from ..target import Case, Target, require

CHANNEL = "o1/u"

publication = fields(data=values, offset=integers)
subscribed = fields(
    expires=st.booleans(),
    ttl=integers,
    recoverable=st.booleans(),
    epoch=texts,
    offset=integers,
    recovered=st.booleans(),
    was_recovering=st.booleans(),
    publications=st.lists(nearly(publication), max_size=4),
)
connected = fields(
    client=texts,
    version=texts,
    expires=st.booleans(),
    ttl=integers,
    ping=integers,
    pong=st.booleans(),
    subs=st.dictionaries(st.sampled_from([CHANNEL, "o2/u", ""]), nearly(subscribed), max_size=2),
)
refreshed = fields(expires=st.booleans(), ttl=integers)
error = fields(code=integers, message=texts, temporary=st.booleans())
push = fields(
    channel=st.just(CHANNEL),
    pub=publication,
    subscribe=subscribed,
    unsubscribe=fields(code=integers, reason=texts),
    refresh=refreshed,
    disconnect=fields(code=integers, reason=texts),
)
message = st.one_of(
    fields(id=integers, error=error, connect=connected, subscribe=subscribed, refresh=refreshed, sub_refresh=refreshed),
    st.fixed_dictionaries({"push": nearly(push)}),
    st.just({}),
    values,
)
lines = st.lists(st.one_of(message.map(dumped), message.map(dumped), texts), min_size=1, max_size=5)
frame = st.tuples(lines.map("\n".join), st.lists(many, max_size=1), st.lists(texts, max_size=1)).map(
    lambda three: [three[0], *three[1], *three[2]]
)


class Frames(Target):
    """A case is a frame, as a list of parts."""

    name = "frames"
    what = "frames of the push server (push/frames.py)"
    cases = frame
    _kinds: ClassVar[tuple[type, ...]] = get_args(frames.Message)

    def run(self, case: Case) -> None:
        received = joined(case)
        messages = list(frames.decode(received))
        require(all(isinstance(each, self._kinds) for each in messages), "something that is no message")
        told = sum(not isinstance(each, frames.Gibberish) for each in messages)
        require(told <= received.count(b"\n") + 1, "more messages than lines")
        require(len(messages) - told <= 1, "gibberish is said more than once")
        for each in messages:
            match each:
                case frames.Reply():
                    require(0 < each.id < 1 << 64, "a reply without a right id")
                case frames.PublicationPush():
                    require(0 <= each.publication.offset < 1 << 64, "an offset that is none")
                case _:
                    pass
