"""The organisations of a user as they come and go between two look-ups."""

from __future__ import annotations

import contextlib

import pytest

from telex_start.errors import NoNetwork, Refused
from telex_start.events import Event, Organisation, OrganisationsChanged
from telex_start.push.channel import Phase
from telex_start.session.state import Figures, Organisations


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

    def fetch(self) -> tuple[list[str], list[str]]:
        added, dropped = self.organisations.fetch(self.api, self.now)  # type: ignore[arg-type]
        return [channel.name for channel in added], [channel.name for channel in dropped]


def test_the_first_are_told_also_where_there_are_none_and_what_stays_the_same_not_again() -> None:
    looked = Looked()
    for _ in range(2):
        assert looked.fetch() == ([], [])
        assert looked.events == [OrganisationsChanged(())]
        assert looked.organisations.known


def test_joined_and_left() -> None:
    looked = Looked("a", "b")
    looked.fetch()
    kept = looked.organisations.channels["b/u"]
    looked.api.found = ("b", "c")
    assert looked.fetch() == (["c/u"], ["a/u"])
    assert looked.organisations.channels["b/u"] is kept
    assert [each.name for each in looked.events[-1].organisations] == ["B", "C"]  # type: ignore[attr-defined]


def test_a_new_name_is_told() -> None:
    looked = Looked("a")
    looked.fetch()
    looked.api.suffix = " & Co"
    assert looked.fetch() == ([], [])
    assert looked.organisations.name_of("a/u") == "A & Co"
    assert len(looked.events) == 2


REFUSED = Refused("Session is invalid!", 401)


def test_look_ups_that_were_refused_for_an_hour_want_a_sign_in_and_one_that_works_ends_that() -> None:
    looked = Looked("a")
    looked.fetch()
    wanted = []
    for answer, seconds in (
        (REFUSED, 900.0),
        (NoNetwork("says nothing of the session"), 900.0),
        (Refused("Forbidden", 403), 900.0),
        (REFUSED, 1799.0),
        (REFUSED, 1.0),
        (("a",), 1.0),
        (REFUSED, 1.0),
    ):
        looked.api.found = answer
        with contextlib.suppress(NoNetwork, Refused):
            looked.fetch()
        wanted.append(looked.organisations.figures().sign_in_again)
        looked.now += seconds
    assert wanted == [False, False, False, False, True, False, False]
    assert list(looked.organisations.channels) == ["a/u"]


def test_first_look_ups_that_are_refused_are_another_matter() -> None:
    looked = Looked()
    looked.api.found = REFUSED
    for _ in range(2):
        with pytest.raises(Refused):
            looked.fetch()
        looked.now += 1e6
    assert not looked.organisations.sign_in_again


def test_who_goes_first_matters_only_where_not_all_have_room() -> None:
    looked = Looked("a", "b", "c", "d")
    looked.fetch()
    channels = looked.organisations.channels
    assert looked.organisations.put_first({"d/u"}) == []
    assert list(channels) == ["a/u", "b/u", "c/u", "d/u"]
    looked.organisations.most = 3
    assert looked.organisations.put_first({"d/u", "b/u"}) == ["c/u"]
    assert list(channels) == ["b/u", "d/u", "a/u", "c/u"]
    assert channels is looked.organisations.channels


def test_the_figures() -> None:
    looked = Looked("a", "b", "c")
    looked.fetch()
    looked.organisations.channels["a/u"].phase = Phase.LIVE
    looked.organisations.channels["b/u"].refuse(0.0, 0.5)
    assert looked.organisations.figures() == Figures(3, 1, 1)


def test_a_name_in_the_log_is_one_printable_line() -> None:
    looked = Looked("a")
    looked.api.suffix = "\n\x1b[2J\ud83d é"
    looked.fetch()
    replaced = "\N{REPLACEMENT CHARACTER}"
    assert looked.organisations.name_of("a/u") == f"A{replaced}{replaced}[2J{replaced} é"
    assert looked.organisations.name_of("x/u") == "x/u", "one that is not known"
