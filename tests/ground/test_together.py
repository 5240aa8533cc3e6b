"""Publications that came together are dispatched together, in their order."""

from __future__ import annotations

from telex_start.events import Event, How, PublicationsReceived
from telex_start.session.together import Together


def live(channel: str, *publications: object) -> PublicationsReceived:
    return PublicationsReceived(channel, publications, How.LIVE)


def test_those_of_one_channel_are_one_event() -> None:
    told: list[Event] = []
    together = Together(told.append)
    together.add(live("a", 1))
    together.add(live("a", 2, 3))
    assert told == []
    together.flush()
    together.flush()
    assert told == [live("a", 1, 2, 3)]


def test_another_channel_and_another_how_are_another_event() -> None:
    told: list[Event] = []
    together = Together(told.append)
    for event in (live("a", 1), live("b", 2), live("a", 3), PublicationsReceived("a", (4,), How.RECOVERED)):
        together.add(event)
    together.flush()
    assert told == [live("a", 1), live("b", 2), live("a", 3), PublicationsReceived("a", (4,), How.RECOVERED)]
