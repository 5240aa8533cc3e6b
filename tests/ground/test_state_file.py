"""The state file: what is remembered from one start to the next, and what if it is unreadable."""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from telex_start.events import MenuOpened, MuteChosen
from telex_start.menu import MuteFor
from telex_start.process import paths
from telex_start.process.state_file import Memory
from telex_start.toast import Conversation, Mute, Pause, Remembered, Until
from tests.ground.app_scene import Scene

API = "https://api.telex.im/api/v1"
OTHER = "https://api.zedu.chat/api/v1"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "state_folder", lambda: str(tmp_path / "state"))
    return tmp_path / "state"


def test_nothing_was_remembered_yet(folder: Path) -> None:
    assert Memory(API).load() == (Remembered(), "")
    assert not folder.exists()


@pytest.mark.parametrize("until", [None, Until(wall=0.5), Until(wall=3e10, clock=1e9, boot="\u2028 ö")])
def test_what_is_saved_is_loaded(until: Until | None) -> None:
    mutes = (Mute(Conversation("o/u", "", ""), name="Ops", until=until), Mute(Conversation("o/u", "s", "i"), ""))
    for kept in (Remembered(Pause(until), mutes), Remembered(None, mutes, "ada@example.org", "ada", True, ("a", "b"))):
        Memory(API).save(kept)
        assert Memory(API).load() == (kept, "")


def test_it_is_this_users_alone_and_leaves_no_draft(folder: Path) -> None:
    Memory(API).save(Remembered(email="ada@example.org"))
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_each_address_has_its_own() -> None:
    Memory(API).save(Remembered(pause=Pause()))
    assert Memory(OTHER).load() == (Remembered(), "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "cannot be understood"),
        (b"\xff\xfe", "cannot be understood"),
        (b'{"version": 1, "another": ' + b"[" * 50_000, "cannot be understood"),
        (b'{"version": 1, "remembered": {"pause": 3}}', "cannot be understood"),
        (b'{"version": true, "remembered": {}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"mutes": [{}]}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"email": ["ada"]}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"email": "\\ud83d"}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"ended": 1}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"removing": [1]}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"pause": {"until": {"wall": true}}}}', "cannot be understood"),
        (b'{"version": 1, "remembered": {"pause": {"until": {"wall": 1' + b"0" * 400 + b"}}}}", "cannot be understood"),
        (b'{"version": 1, "remembered": {"pause": {"until": {"wall": NaN}}}}', "a time that no clock shows"),
        (b'{"version": 2, "remembered": {}}', "is of version 2"),
        (b'{"version": 1, "remembered": {"pause": {"until": {"wall": 1e300}}}}', "a time that no clock shows"),
        (b'{"version": 1, "remembered": {"pause": {"until": {"wall": 9, "clock": 1e99}}}}', "a time that no clock"),
        (
            b'{"version": 1, "remembered": {"mutes": [{"conversation": {"channel": "", "section": "", "ident": ""},'
            b' "name": "", "until": {"wall": -1e300}}]}}',
            "a time that no clock shows",
        ),
    ],
)
def test_an_unreadable_file_is_set_aside(folder: Path, text: bytes, why: str) -> None:
    Memory(API).save(Remembered(pause=Pause()))
    file = Path(Memory(API).path)
    file.write_bytes(text)
    kept, problem = Memory(API).load()
    assert kept == Remembered()
    assert why in problem
    assert str(file) in problem
    assert Path(f"{file}.unreadable").read_bytes() == text
    assert Memory(API).load() == (Remembered(), ""), "it is said once"


def test_what_is_no_file_is_set_aside(folder: Path) -> None:
    """A folder in the file's place was reported at every start, and nothing could be remembered."""
    file = Path(Memory(API).path)
    file.mkdir(parents=True)
    kept, problem = Memory(API).load()
    assert kept == Remembered()
    why = errno.EACCES if sys.platform == "win32" else errno.EISDIR
    assert f"cannot be read ({os.strerror(why)})" in problem
    assert Path(f"{file}.unreadable").is_dir()
    Memory(API).save(Remembered(pause=Pause()))
    assert Memory(API).load() == (Remembered(pause=Pause()), "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reading /proc/self/mem fails with EIO")
def test_a_file_that_cannot_be_read_just_now_stays_and_counts_once_it_can(folder: Path) -> None:
    general, random = (Conversation("o/u", "channels_section", name) for name in ("general", "random"))
    Memory(API).save(Remembered(mutes=(Mute(general, "# general"),), email="ada@example.org"))
    file, good = Path(Memory(API).path), folder / "good"
    file.rename(good)
    file.symlink_to("/proc/self/mem")
    scene = Scene(memory=Memory(API))
    scene.turn(MuteChosen(random, MuteFor.UNTIL_UNMUTED))
    assert file.is_symlink(), "neither set aside nor written over"
    assert [title for title, _ in scene.said] == ["What is paused and muted is not saved"]
    good.replace(file)
    scene.turn(MenuOpened())
    kept, problem = Memory(API).load()
    assert {mute.conversation for mute in kept.mutes} == {general, random}
    assert (kept.email, problem) == ("ada@example.org", "")
    assert {muted.key[2] for muted in scene.surface.views[-1].muted} == {"general", "random"}


def test_a_failed_write_leaves_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Memory(API).save(Remembered(email="before@example.org"))

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Memory(API).save(Remembered(email="after@example.org"))
    assert Memory(API).load() == (Remembered(email="before@example.org"), "")
    assert len(list(folder.iterdir())) == 1
