"""What the agent tells the preferences window, and does of what that says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from telex_start.app.own_words import OwnWords
from telex_start.app.preferences_desk import PreferencesDesk
from telex_start.events import ChildEnded, ChildSaid, Event, MenuClicked, MuteChosen, Organisation, SecondStart
from telex_start.menu import MenuItem, Muted, Request
from telex_start.toast import Conversation, Toast

MUTED = Muted(("org/user", "channels_section", "General"), "# General", "until 14:30")


class World:
    """A desk, and everything around it in one."""

    def __init__(self, *, headless: bool = False) -> None:
        self.opened: list[tuple[object, object, str]] = []
        self.dispatched: list[Event] = []
        self.said: list[Toast] = []
        own = OwnWords(self, self)  # type: ignore[arg-type]
        organisations = [Organisation("0198aa", "Northwind\u202e Ops", "org/user")]
        self.desk = PreferencesDesk(
            None if headless else self, lambda: organisations, lambda: [MUTED], own, self.dispatched.append
        )

    opens_windows = True

    def open(
        self, organisations: Sequence[tuple[str, str, str]], muted: Sequence[tuple[object, ...]], token: str
    ) -> None:
        self.opened.append((organisations, muted, token))

    def show(self, toast: Toast) -> None:
        self.said.append(toast)

    def trouble(self, trouble: object) -> None:
        pass


@pytest.mark.parametrize(
    ("event", "token"), [(MenuClicked(MenuItem.PREFERENCES, "t"), "t"), (SecondStart(Request.PREFERENCES), "")]
)
def test_it_is_opened_with_what_only_the_agent_knows(event: Event, token: str) -> None:
    world = World()

    assert world.desk.handle(event)
    assert world.opened == [([("0198aa", "Northwind\u202e Ops", "Northwind Ops")], [tuple(MUTED)], token)]


def test_an_agent_without_an_icon_opens_nothing_in_its_place() -> None:
    """It opened Telex in the browser, as for any second start."""
    world = World(headless=True)
    assert world.desk.handle(SecondStart(Request.PREFERENCES))
    assert not world.desk.handle(SecondStart(Request.OPEN))
    assert (world.opened, world.said) == ([], [])


def test_what_was_saved_is_read_anew_and_what_was_unmuted_is_heard_again() -> None:
    world = World()
    world.desk.handle(ChildSaid("preferences", {"saved": True}))
    world.desk.handle(ChildSaid("preferences", {"unmute": list(MUTED.key)}))

    assert world.dispatched == [SecondStart(Request.RELOAD), MuteChosen(Conversation(*MUTED.key), None)]


@pytest.mark.parametrize("said", [{}, {"saved": 1.5}, {"unmute": ["a"]}, {"unmute": [1, 2, 3]}, {"other": True}])
def test_what_makes_no_sense_does_nothing(said: dict[str, object]) -> None:
    world = World()

    assert world.desk.handle(ChildSaid("preferences", said))
    assert world.dispatched == []


def test_a_window_that_cannot_be_shown_is_told() -> None:
    world = World()
    world.desk.handle(ChildEnded("preferences"))
    assert world.said == []
    world.desk.handle(ChildEnded("preferences", "The preferences window needs Tk: install python3-tk."))

    assert [(toast.title, toast.body) for toast in world.said] == [
        ("No preferences window", "The preferences window needs Tk: install python3-tk.")
    ]


def test_other_windows_and_a_terminal_are_not_its_matter() -> None:
    assert not World().desk.handle(ChildEnded("doctor"))
    assert not World(headless=True).desk.handle(MenuClicked(MenuItem.PREFERENCES))
