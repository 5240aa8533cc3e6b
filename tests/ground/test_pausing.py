"""Pauses and mutes in the app: set by menu, icon and command, kept over a restart, ended in time, shown meanwhile."""

from __future__ import annotations

import logging

import pytest

from telex_start import events
from telex_start.menu import MenuItem, Muted, MuteFor, Request
from telex_start.toast import Conversation, Mute, Pause, Remembered
from tests.ground.app_scene import ONE_ORGANISATION, ONLINE, Kept, Scene
from tests.ground.quiet_time import Clocks

GENERAL = Conversation("org/user", "channels_section", "general")
NORTHWIND = Conversation("org/user", "", "")
PAUSE, RESUME = events.MenuClicked(MenuItem.PAUSE), events.MenuClicked(MenuItem.RESUME)


def pause(argument: str) -> events.Requested:
    return events.Requested(Request.PAUSE, argument)


class Machine:
    """A machine on which the program can be started again: clocks and remembered state outlive each start."""

    def __init__(self, memory: Kept | None = None) -> None:
        self.clocks = Clocks()
        self.memory = memory or Kept()
        self.start()

    def start(self) -> None:
        self.scene = Scene(memory=self.memory, clocks=self.clocks)
        self.scene.put(ONLINE, ONE_ORGANISATION)
        self.do(events.MenuOpened())

    def do(self, *events: events.Event) -> str:
        """Handle these events; gives what the status line then says of notifications."""
        self.scene.turn(*events)
        return self.scene.surface.views[-1].quiet_words

    def wait(self, seconds: float) -> str:
        self.clocks.pass_by(seconds)
        return self.do()

    @property
    def muted(self) -> list[str]:
        return [one.label for one in self.scene.surface.views[-1].muted]


@pytest.fixture
def machine() -> Machine:
    return Machine()


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
def test_the_menus_pauses_are_shown_and_kept(machine: Machine, item: MenuItem, words: str) -> None:
    assert machine.do(events.MenuClicked(item, "token")) == words
    assert machine.scene.surface.ended_startups == ["token"]
    view = machine.scene.surface.views[-1]
    assert (view.status, view.quiet, view.resumable) == (f"Online: 1 organisation, {words}", True, True)
    assert machine.memory.kept.pause is not None
    assert machine.do(RESUME) == ""
    view = machine.scene.surface.views[-1]
    assert (view.status, view.quiet, view.resumable) == ("Online: 1 organisation", False, False)
    assert machine.memory.kept == Remembered()


def test_the_middle_button_pauses_until_resumed_and_resumes_whatever_pause_there_is(machine: Machine) -> None:
    assert machine.do(events.IconMiddleClicked()) == "paused"
    assert machine.do(events.IconMiddleClicked()) == ""
    assert machine.do(events.MenuClicked(MenuItem.PAUSE_HOUR), events.IconMiddleClicked()) == ""


def test_the_command(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    assert machine.do(pause("1h")) == "paused until 14:30"
    with caplog.at_level(logging.WARNING):
        assert machine.do(pause("for ever")) == "paused until 14:30"
    assert "a pause is 30m" in caplog.text
    assert machine.do(pause("off")) == ""


def test_a_pause_is_kept_over_a_restart_and_forgotten_when_it_ends(machine: Machine) -> None:
    machine.do(pause("1h"))
    machine.clocks.pass_by(600)
    machine.start()
    assert machine.do() == "paused until 14:30"
    assert machine.wait(2999) == "paused until 14:30"
    due = machine.scene.app.turn()
    assert due == 1
    assert machine.wait(1) == ""
    assert machine.memory.kept == Remembered()


def test_a_start_says_at_once_what_was_kept_and_one_at_which_nothing_is_set_keeps_nothing() -> None:
    for kept in (Remembered(), Remembered(Pause(), (Mute(GENERAL, "# General"),))):
        memory = Kept(kept)
        scene = Scene(memory=memory)
        scene.run()
        assert [(view.quiet_words, len(view.muted)) for view in scene.surface.views] == [("paused", 1)] * bool(
            kept.mutes
        )
        assert memory.saves == 0


def test_a_restart_of_the_machine_is_noted(machine: Machine) -> None:
    machine.do(pause("1h"))
    machine.clocks.reboot(minutes=30)
    machine.start()
    machine.scene.run()
    assert machine.memory.kept.pause is not None
    until = machine.memory.kept.pause.until
    assert until is not None
    assert (until.boot, until.clock) == (machine.clocks.boot, machine.clocks.now + 1800)


def test_waking_ends_what_was_slept_through(machine: Machine) -> None:
    machine.do(pause("tomorrow"))
    machine.clocks.pass_by(20 * 3600)
    assert machine.do(events.MachineWoke()) == ""


def test_the_words_are_looked_at_when_the_menu_opens(machine: Machine) -> None:
    machine.do(pause("1h"))
    machine.clocks.set(2026, 11, 27, 16, 0)
    assert machine.do(events.MenuOpened()) == "paused until 17:00"
    shown = len(machine.scene.surface.views)
    machine.do(events.MenuOpened())
    assert len(machine.scene.surface.views) == shown


def test_midnight_changes_the_words(machine: Machine) -> None:
    machine.clocks.set(2026, 11, 27, 23, 59)
    assert machine.do(pause("tomorrow")) == "paused until Sat 08:00"
    due = machine.scene.app.turn()
    assert due is not None
    assert machine.wait(due) == "paused until 08:00"


def test_muting_and_unmuting(machine: Machine) -> None:
    machine.do(
        events.MuteChosen(GENERAL, MuteFor.HOUR, name="# General"), events.MuteChosen(NORTHWIND, MuteFor.UNTIL_UNMUTED)
    )
    assert machine.scene.surface.views[-1].muted == (
        Muted(GENERAL, "# General", "until 14:30"),
        Muted(NORTHWIND, "Northwind"),
    )
    assert not machine.scene.surface.views[-1].quiet
    machine.start()
    assert machine.muted == ["# General", "Northwind"]
    machine.do(events.MuteChosen(NORTHWIND, None))
    assert machine.muted == ["# General"]
    machine.wait(3600)
    assert machine.muted == []
    assert machine.memory.kept == Remembered()


def test_the_e_mail_address_stands_by_itself() -> None:
    machine = Machine(Kept(Remembered(email="ada@example.org")))
    machine.do(pause("on"))
    assert machine.memory.kept == Remembered(Pause(), email="ada@example.org")
    machine.do(events.MenuClicked(MenuItem.SIGN_OUT))
    assert machine.memory.kept == Remembered(Pause())


def test_what_cannot_be_kept_holds_and_is_told_once(machine: Machine, caplog: pytest.LogCaptureFixture) -> None:
    machine.memory.full = True
    assert (
        machine.do(pause("1h"), pause("4h"), events.MuteChosen(GENERAL, MuteFor.UNTIL_UNMUTED)) == "paused until 17:30"
    )
    [(title, message)] = machine.scene.said
    assert title == "What is paused and muted is not saved"
    assert "No space left on device" in message
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    machine.memory.full = False
    machine.do(RESUME)
    assert [mute.conversation for mute in machine.memory.kept.mutes] == [GENERAL]
    machine.memory.full = True
    machine.do(PAUSE)
    assert len(machine.scene.said) == 2, "it could be kept meanwhile"


def test_what_was_forgotten_is_said() -> None:
    scene = Scene(memory=Kept(problem="state.json cannot be understood."))
    assert scene.run() == 0
    assert scene.said == [("Telex Start has forgotten a setting", "state.json cannot be understood.")]


def test_what_cannot_be_read_is_said_and_not_written_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Kept(Remembered(mutes=(Mute(GENERAL, "# General"),), email="ada@example.org"))

    def failing() -> tuple[Remembered, str]:
        raise OSError(5, "Input/output error", "state.json")

    monkeypatch.setattr(memory, "load", failing)
    scene = Scene(memory=memory)
    scene.run(PAUSE)
    assert scene.said == [
        (
            "Telex Start cannot read a setting",
            "state.json cannot be read (Input/output error). What was paused or muted does not hold until it can be.",
        ),
        (
            "What is paused and muted is not saved",
            "It holds until Telex Start ends, but cannot be kept over a restart: what was remembered before cannot be "
            "read.",
        ),
    ]
    assert (memory.saves, scene.surface.views[-1].muted) == (0, ())


def test_what_needs_the_person_comes_in_a_pause_and_the_rest_when_it_ends(machine: Machine) -> None:
    scene = machine.scene
    scene.turn(
        pause("on"), events.Notice("Some organisations have no room", "…"), events.ThreadFailed("desktop", "ValueError")
    )
    scene.turn(events.TrayMissing("no panel"))
    assert scene.toasts.shown == []
    assert len(scene.surface.troubles) == 3, "a terminal says it at once"
    scene.turn(
        events.Notice("Please sign in again", "…", needs_person=True), events.MenuClicked(MenuItem.TEST_NOTIFICATIONS)
    )
    assert [toast.title for toast in scene.toasts.shown] == ["Please sign in again", "General · Telex"]
    scene.turn(events.Notice("Some organisations have no room", "more", needs_person=True), pause("off"))
    assert [toast.title for toast in scene.toasts.shown[2:]] == [
        "Some organisations have no room",
        "Telex Start had a problem",
        "No tray for the icon",
    ]


def test_what_is_taken_back_in_a_pause_is_never_said(machine: Machine) -> None:
    machine.do(pause("on"), events.TrayMissing("no panel"), events.TrayAppeared(), pause("off"))
    assert machine.scene.toasts.shown == []
