"""What clicks, commands and time do to a pause and to mutes, and what is kept of them; and that the agent says so."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from telex_start.app.quiet_desk import QuietDesk
from telex_start.config import Config, QuietHours
from telex_start.events import (
    Event,
    IconMiddleClicked,
    MachineWoke,
    MenuClicked,
    MenuOpened,
    MuteChosen,
    Notice,
    SecondStart,
    StateChanged,
    ThreadFailed,
    TrayAppeared,
    TrayMissing,
)
from telex_start.menu import MenuItem, Muted, MuteFor, Request
from telex_start.news.wall import Wall
from telex_start.remembered import Mute, Pause, Remembered
from telex_start.states import State
from telex_start.toast import Conversation
from tests.ground.quiet_time import Clocks
from tests.ground.test_app import Scene

GENERAL = Conversation("o0/u", "channels_section", "general")
ONLINE = StateChanged(State.ONLINE, organisations=3, subscribed=3)


class Memory:
    """A state file that is none."""

    def __init__(self, kept: Remembered | None = None, problem: str = "") -> None:
        self.kept = kept or Remembered()
        self.problem = problem
        self.full = False
        self.saves = 0

    def load(self) -> tuple[Remembered, str]:
        return self.kept, self.problem

    def save(self, remembered: Remembered) -> None:
        self.saves += 1
        if self.full:
            raise OSError(28, "No space left on device")
        self.kept = remembered


class Subject:
    def __init__(self, memory: Memory | None = None, config: Config | None = None) -> None:
        self.clocks = Clocks()
        self.memory = memory or Memory()
        self.changes = 0
        self.start(config)

    def start(self, config: Config | None = None) -> None:
        """The program starts (anew)."""
        self.desk = QuietDesk(
            config or Config(),
            self.memory,
            self.changed,
            now=lambda: self.clocks.now,
            wall=Wall(lambda: self.clocks.wall, self.clocks.offset),
            boot=self.clocks.boot,
        )
        self.desk.name_of = lambda conversation: f"# {conversation.ident}"
        self.desk.begin()

    def changed(self, now: float) -> None:
        assert now == self.clocks.now
        self.changes += 1

    def handle(self, event: Event) -> bool:
        return self.desk.handle(event, self.clocks.now)

    @property
    def words(self) -> str:
        return self.desk.silence(self.clocks.now).words


@pytest.fixture
def subject() -> Subject:
    return Subject()


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (MenuItem.PAUSE_HALF_HOUR, "paused until 14:00"),
        (MenuItem.PAUSE_HOUR, "paused until 14:30"),
        (MenuItem.PAUSE_FOUR_HOURS, "paused until 17:30"),
        (MenuItem.PAUSE_UNTIL_TOMORROW, "paused until Sat 08:00"),
        (MenuItem.PAUSE, "paused"),
    ],
)
def test_the_menus_pauses(subject: Subject, item: MenuItem, words: str) -> None:
    assert subject.handle(MenuClicked(item))
    assert (subject.words, subject.changes) == (words, 1)
    assert subject.memory.kept.pause is not None
    assert subject.handle(MenuClicked(MenuItem.RESUME))
    assert (subject.words, subject.changes) == ("", 2)
    assert subject.memory.kept == Remembered()


def test_what_is_for_others(subject: Subject) -> None:
    others: list[Event] = [
        MenuClicked(MenuItem.EXIT),
        SecondStart(Request.OPEN),
        MachineWoke(),
        MenuOpened(),
    ]
    assert [subject.handle(event) for event in others] == [False] * 4
    assert (subject.changes, subject.memory.saves) == (0, 0)


def test_the_middle_button_pauses_until_resumed_and_resumes(subject: Subject) -> None:
    subject.handle(IconMiddleClicked())
    assert subject.words == "paused"
    subject.handle(IconMiddleClicked())
    assert subject.words == ""
    subject.handle(MenuClicked(MenuItem.PAUSE_HOUR))
    subject.handle(IconMiddleClicked())
    assert subject.words == "", "it resumes whatever pause there is"


def test_the_command(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    assert subject.handle(SecondStart(Request.PAUSE, "1h"))
    assert subject.words == "paused until 14:30"
    with caplog.at_level(logging.WARNING):
        assert subject.handle(SecondStart(Request.PAUSE, "for ever"))
    assert subject.words == "paused until 14:30"
    assert "a pause is 30m" in caplog.text
    assert subject.handle(SecondStart(Request.PAUSE, "off"))
    assert subject.words == ""


def test_a_pause_is_kept_over_a_restart_and_forgotten_when_it_ends(subject: Subject) -> None:
    subject.desk.pause("1h")
    subject.clocks.pass_by(600)
    subject.start()
    assert (subject.words, subject.changes) == ("paused until 14:30", 2), "it says so at once"
    subject.clocks.pass_by(3000)
    subject.desk.tick(subject.clocks.now)
    assert (subject.words, subject.changes) == ("", 3)
    assert subject.memory.kept == Remembered()


def test_a_start_at_which_nothing_is_set_changes_and_keeps_nothing(subject: Subject) -> None:
    assert (subject.changes, subject.memory.saves) == (0, 0)
    assert subject.desk.deadline() is None


def test_a_restart_of_the_machine_is_noted(subject: Subject) -> None:
    subject.desk.pause("1h")
    subject.clocks.reboot(minutes=30)
    subject.start()
    assert subject.memory.kept.pause is not None
    assert subject.memory.kept.pause.until is not None
    assert subject.memory.kept.pause.until.boot == subject.clocks.boot
    assert subject.memory.kept.pause.until.clock == subject.clocks.now + 1800


def test_waking_ends_what_was_slept_through(subject: Subject) -> None:
    subject.desk.pause("tomorrow")
    subject.clocks.pass_by(20 * 3600)
    assert not subject.handle(MachineWoke()), "others want to know it too"
    assert subject.words == ""
    assert subject.changes == 2


def test_the_words_are_looked_at_when_the_menu_opens(subject: Subject) -> None:
    subject.desk.pause("1h")
    subject.clocks.set(2026, 11, 27, 16, 0)
    subject.handle(MenuOpened())
    assert subject.changes == 2
    assert subject.words == "paused until 17:00"
    subject.handle(MenuOpened())
    assert subject.changes == 2


def test_midnight_changes_the_words(subject: Subject) -> None:
    subject.clocks.set(2026, 11, 27, 23, 59)
    subject.desk.pause("tomorrow")
    assert subject.words == "paused until Sat 08:00"
    due = subject.desk.deadline()
    assert due is not None
    subject.clocks.pass_by(due - subject.clocks.now)
    subject.desk.tick(subject.clocks.now)
    assert (subject.words, subject.changes) == ("paused until 08:00", 2)


def test_muting_and_unmuting(subject: Subject) -> None:
    assert subject.handle(MuteChosen(GENERAL, MuteFor.HOUR))
    assert subject.memory.kept.mutes[0].name == "# general"
    subject.handle(MuteChosen(Conversation("o0/u", "", ""), MuteFor.UNTIL_UNMUTED, name="Northwind Ops"))
    assert [one.label for one in subject.desk.silence(subject.clocks.now).muted] == ["# general", "Northwind Ops"]
    subject.start()
    assert subject.desk.quiet.is_muted(GENERAL)
    subject.handle(MuteChosen(Conversation("o0/u", "", ""), None))
    assert [one.label for one in subject.desk.silence(subject.clocks.now).muted] == ["# general"]
    subject.clocks.pass_by(3600)
    subject.desk.tick(subject.clocks.now)
    assert not subject.desk.quiet.is_muted(GENERAL)
    assert subject.memory.kept == Remembered()


def test_the_e_mail_address_stands_by_itself(subject: Subject) -> None:
    subject.desk.pause("on")
    subject.desk.remember_email("ada@example.org")
    assert subject.memory.kept == Remembered(Pause(), email="ada@example.org")
    subject.start()
    assert subject.desk.email == "ada@example.org"
    subject.desk.resume()
    subject.desk.remember_email("")
    assert subject.memory.kept == Remembered()


def test_what_cannot_be_kept_holds_until_the_end_and_is_logged_once(
    subject: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    subject.memory.full = True
    subject.desk.pause("1h")
    subject.desk.pause("4h")
    assert subject.words == "paused until 17:30"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    subject.memory.full = False
    subject.desk.remember_email("ada@example.org")
    assert subject.memory.kept.pause is not None


def test_other_quiet_hours_count_at_once(subject: Subject) -> None:
    subject.desk.configure(Config(quiet=QuietHours(13 * 60, 14 * 60)))
    assert (subject.words, subject.changes) == ("paused until 14:00", 1)


# --- in the agent ---------------------------------------------------------------------------------------------------


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.turn(ONLINE)
    return scene


def shown(scene: Scene) -> dict[str, Any]:
    face = scene.surface.faces[-1]
    return {"status": face.status, "quiet": face.quiet, "resumable": face.resumable}


def test_what_cannot_be_kept_is_said_once_and_holds() -> None:
    memory = Memory()
    scene = Scene(memory=memory)
    scene.turn(ONLINE)
    memory.full = True
    scene.turn(MenuClicked(MenuItem.PAUSE), MuteChosen(GENERAL, MuteFor.UNTIL_UNMUTED))
    assert [title for title, _ in scene.said] == ["What is paused and muted is not saved"]
    assert "No space left on device" in scene.said[0][1]
    assert scene.surface.faces[-1].quiet
    memory.full = False
    scene.turn(MenuClicked(MenuItem.RESUME))
    assert [mute.conversation for mute in memory.kept.mutes] == [GENERAL]


def test_the_face_says_that_notifications_are_paused(scene: Scene) -> None:
    scene.turn(MenuClicked(MenuItem.PAUSE, "token"))
    assert shown(scene) == {"status": "Online: 3 organisations, paused", "quiet": True, "resumable": True}
    assert scene.surface.ended_startups == ["token"]
    assert scene.surface.faces[-1].title == "Telex: Online: 3 organisations, paused"
    scene.turn(IconMiddleClicked())
    assert shown(scene) == {"status": "Online: 3 organisations", "quiet": False, "resumable": False}


def test_the_face_has_what_is_muted(scene: Scene) -> None:
    scene.turn(MuteChosen(GENERAL, MuteFor.UNTIL_UNMUTED, name="# General"))
    assert scene.surface.faces[-1].muted == (Muted(("o0/u", "channels_section", "general"), "# General"),)
    assert not scene.surface.faces[-1].quiet


def test_what_needs_the_person_comes_in_a_pause_and_the_rest_when_it_ends(scene: Scene) -> None:
    scene.turn(SecondStart(Request.PAUSE, "on"))
    scene.turn(
        Notice("Some organisations have no room", "…"),
        ThreadFailed("desktop", "ValueError"),
        TrayMissing("no panel"),
    )
    assert scene.toasts.shown == []
    assert len(scene.surface.troubles) == 3, "a terminal says it at once"
    scene.turn(Notice("Please sign in again", "…", needs_person=True))
    assert [toast.title for toast in scene.toasts.shown] == ["Please sign in again"]
    scene.turn(SecondStart(Request.PAUSE, "off"))
    assert [toast.title for toast in scene.toasts.shown[1:]] == [
        "Some organisations have no room",
        "Telex Start had a problem",
        "No tray for the icon",
    ]


def test_what_is_taken_back_in_a_pause_is_never_said(scene: Scene) -> None:
    scene.turn(SecondStart(Request.PAUSE, "on"), TrayMissing("no panel"), TrayAppeared())
    scene.turn(SecondStart(Request.PAUSE, "off"))
    assert scene.toasts.shown == []


def test_an_unreadable_state_file_is_said_once() -> None:
    scene = Scene()
    scene.app._quiet.problem = "state.json cannot be understood."
    assert scene.run() == 0
    assert ("Telex Start has forgotten a setting", "state.json cannot be understood.") in scene.said


def test_the_test_notification_was_asked_for(scene: Scene) -> None:
    scene.turn(SecondStart(Request.PAUSE, "on"), MenuClicked(MenuItem.TEST_NOTIFICATIONS))
    assert len(scene.toasts.shown) == 1


def test_mutes_are_told_to_nobody_before_they_are_asked_for() -> None:
    memory = Memory(Remembered(mutes=(Mute(GENERAL, "# General"),)))
    subject = Subject(memory)
    assert subject.changes == 1, "the menu lists them from the start"
    assert memory.saves == 0
