"""The organisations of a user as they come and go between two look-ups."""

from __future__ import annotations

import pytest

from telex_start.errors import NoNetwork
from telex_start.events import Event, Organisation, OrganisationsChanged
from telex_start.push.channel import Phase
from telex_start.session.organisations import Figures, Organisations


class Api:
    """Gives what the test sets."""

    def __init__(self, *found: str) -> None:
        self.found: tuple[str, ...] | Exception = found
        self.suffix = ""

    def organisations(self, user_id: str) -> tuple[Organisation, ...]:
        if isinstance(self.found, Exception):
            raise self.found
        return tuple(Organisation(name, name.upper() + self.suffix, f"{name}/{user_id}") for name in self.found)


class Looked:
    def __init__(self, *found: str) -> None:
        self.events: list[Event] = []
        self.api = Api(*found)
        self.now = 1000.0
        self.organisations = Organisations("u", lambda: 0.5, self.events.append)

    def look_up(self) -> tuple[list[str], list[str]]:
        added, dropped = self.organisations.look_up(self.api, self.now)  # type: ignore[arg-type]
        return [channel.name for channel in added], [channel.name for channel in dropped]


def test_a_first_look_up_is_told_also_where_there_are_none() -> None:
    looked = Looked()
    assert looked.look_up() == ([], [])
    assert looked.events == [OrganisationsChanged(())]
    assert looked.organisations.known


def test_what_stays_the_same_is_not_told_again_and_keeps_its_channels() -> None:
    looked = Looked("a", "b")
    looked.look_up()
    channels = dict(looked.organisations.channels)
    looked.look_up()
    assert looked.organisations.channels == channels
    assert len(looked.events) == 1


def test_joined_and_left() -> None:
    looked = Looked("a", "b")
    looked.look_up()
    kept = looked.organisations.channels["b/u"]
    looked.api.found = ("b", "c")
    assert looked.look_up() == (["c/u"], ["a/u"])
    assert looked.organisations.channels["b/u"] is kept
    assert [each.name for each in looked.events[-1].organisations] == ["B", "C"]  # type: ignore[attr-defined]


def test_a_new_name_is_told() -> None:
    looked = Looked("a")
    looked.look_up()
    looked.api.suffix = " & Co"
    assert looked.look_up() == ([], [])
    assert looked.organisations.name_of("a/u") == "A & Co"
    assert len(looked.events) == 2


def test_a_look_up_that_fails_changes_nothing() -> None:
    looked = Looked("a")
    looked.look_up()
    looked.api.found = NoNetwork("none")
    with pytest.raises(NoNetwork):
        looked.look_up()
    assert list(looked.organisations.channels) == ["a/u"]
    assert len(looked.events) == 1


def test_the_figures() -> None:
    looked = Looked("a", "b", "c")
    looked.look_up()
    looked.organisations.channels["a/u"].phase = Phase.LIVE
    looked.organisations.channels["b/u"].refuse(0.0, 0.5)
    assert looked.organisations.figures() == Figures(3, 1, 1)


def test_a_name_in_the_log_is_one_printable_line() -> None:
    looked = Looked("a")
    looked.api.suffix = "\n\x1b[2J\ud83d é"
    looked.look_up()
    replaced = "\N{REPLACEMENT CHARACTER}"
    assert looked.organisations.name_of("a/u") == f"A{replaced}{replaced}[2J{replaced} é"


def test_an_unknown_channel_is_named_by_itself() -> None:
    assert Looked().organisations.name_of("x/u") == "x/u"
