"""Saving from the preferences window, and what may come in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telex_start.desktop.preferences.model import FROM, Model, Shown
from telex_start.desktop.preferences.saving import Deeds, Saver, Saving
from telex_start.errors import ChangedMeanwhile, ConfigError, TelexStartError
from telex_start.menu import Muted

GENERAL = Muted(("org/user", "channels_section", "General"), "# General")


class FakeFile:
    """As :class:`telex_start.config_file.ConfigFile` behaves, without a file."""

    def __init__(self, **values: Any) -> None:
        self.now = values
        self.fails: Exception | None = None

    def values(self) -> dict[str, Any]:
        return dict(self.now)

    def write(self, changes: Mapping[str, Any | None], base: Mapping[str, Any]) -> None:
        if self.fails is not None:
            raise self.fails
        if keys := tuple(key for key in changes if self.now.get(key) != base.get(key)):
            raise ChangedMeanwhile("changed", keys)
        self.now = {key: value for key, value in {**self.now, **changes}.items() if value is not None}


class World:
    """A model, its file, and what was done."""

    def __init__(self, **values: Any) -> None:
        self.file = FakeFile(**values)
        self.done: list[object] = []
        self.login_fails = False
        self.told = ""
        self.model = Model(self.file.values(), Shown({}, muted=[GENERAL], at_login=False))
        self.saver = Saver(self.model, self.file, Deeds(self._saved, self.done.append, self._start))

    def _saved(self) -> None:
        self.done.append("saved")

    def _start(self, wanted: bool) -> str:
        if self.login_fails:
            raise TelexStartError("The folder autostart cannot be written.")
        self.done.append(wanted)
        return self.told


def test_all_is_saved_and_the_agent_told() -> None:
    world = World(sound="off")
    world.model.set("sound", "on")
    world.model.at_login = True
    world.model.unmute(GENERAL)

    assert world.saver.save() == Saving()
    assert world.file.now == {"sound": "on"}
    assert world.done == ["saved", True, GENERAL.key]
    assert not world.model.is_changed


def test_what_is_to_be_known_of_the_start_at_log_in_is_told_with_all_saved() -> None:
    """A unit or an entry of the person's own, for one, that has been set aside."""
    world = World()
    world.model.at_login = True
    world.told = "A unit of yours was there."
    saving = world.saver.save()
    assert (saving.done, saving.told) == (True, "A unit of yours was there.")


def test_nothing_changed_does_nothing() -> None:
    world = World(sound="off")

    assert world.saver.save().done
    assert world.done == []


def test_what_is_wrong_keeps_all_from_being_saved() -> None:
    world = World()
    world.model.set("sound", "on")
    world.model.switch_hours(True)
    world.model.set(FROM, "late")

    saving = world.saver.save()
    assert not saving.done
    assert list(saving.wrong) == [FROM]
    assert world.file.now == {}
    assert world.done == []


def test_a_file_that_cannot_be_written_says_so_and_nothing_is_lost() -> None:
    world = World()
    world.model.set("sound", "on")
    world.model.unmute(GENERAL)
    world.file.fails = ConfigError("config.toml cannot be written: No space left on device.")
    assert world.saver.save() == Saving(failed="config.toml cannot be written: No space left on device.")
    world.file.fails = UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
    assert "UnicodeEncodeError" in world.saver.save().failed
    assert world.done == []
    assert world.model.is_changed
    world.file.fails = None
    assert world.saver.save().done
    assert world.done == ["saved", GENERAL.key]


def test_where_starting_at_login_fails_the_rest_is_saved_and_it_can_be_tried_again() -> None:
    world = World()
    world.login_fails = True
    world.model.set("sound", "on")
    world.model.at_login = True

    assert world.saver.save() == Saving(failed="The folder autostart cannot be written.")
    assert world.file.now == {"sound": "on"}
    world.login_fails = False
    assert world.saver.save().done
    assert world.done == ["saved", True]


def test_a_file_changed_by_hand_is_asked_about() -> None:
    for theirs, expected in ((True, "off"), (False, "on")):
        world = World(sound="desktop")
        world.model.set("sound", "on")
        world.model.set("show_text", False)
        world.file.now = {"sound": "off", "log_level": "debug"}

        saving = world.saver.save()
        assert saving == Saving(changed_meanwhile=("sound",))
        assert world.file.now == {"sound": "off", "log_level": "debug"}
        assert world.saver.resolve(theirs=theirs, keys=saving.changed_meanwhile).done
        assert world.file.now == {"sound": expected, "log_level": "debug", "show_text": False}
