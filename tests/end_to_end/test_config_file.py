"""Changing settings in the configuration file keeps its other bytes, links and rights, and notices changes by hand."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from telex_start.config_file import ConfigFile
from telex_start.errors import ChangedMeanwhile, ConfigError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_what_stands_in_it_is_read_by_key_mistakes_aside(path: Path) -> None:
    path.write_text(
        'sound = "on"\nvolume = 11\n[quiet]\nfrom = "22:00"\nfor = 1\n[organisations."A.b"]\nnotify = "all"\n[x]\n'
    )
    found = {"sound": "on", "quiet.from": "22:00", "organisations.A.b.notify": "all"}
    assert ConfigFile(str(path)).values() == found


def test_a_file_that_is_not_there_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "config" / "telex-start" / "config.toml"
    file = ConfigFile(str(path))
    assert file.values() == {}
    file.write({"sound": "off", "email": None}, {})
    assert path.read_text() == 'sound = "off"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("before", "changes", "base", "after"),
    [
        (
            b'\xef\xbb\xbf# \xc3\xa4\r\nsound = "on"\r\n[main_app]\r\nclick = "client"',
            {"sound": "off", "show_text": False, "main_app.command": "/x"},
            {"sound": "on"},
            b'\xef\xbb\xbf# \xc3\xa4\r\nsound = "off"\r\nshow_text = false\r\n'
            b'[main_app]\r\nclick = "client"\r\ncommand = "/x"\r\n',
        ),
        (
            b'# by hand\nsound = "on" # loud\nshow_text = false\n',
            {"sound": "off", "remember_email": False},
            {"sound": "on"},
            b'# by hand\nsound = "off" # loud\nshow_text = false\nremember_email = false\n',
        ),
        (b"show_text = 1\n", {"show_text": True}, {"show_text": 1}, b"show_text = true\n"),
    ],
    ids=["marks and ends of lines", "changed by hand in other keys", "a value of the wrong kind"],
)
def test_what_is_not_changed_stays(
    path: Path, before: bytes, changes: dict[str, Any], base: dict[str, Any], after: bytes
) -> None:
    path.write_bytes(before)
    path.chmod(0o640)
    ConfigFile(str(path)).write(changes, base)
    assert path.read_bytes() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_lone_carriage_returns_end_lines_as_the_agent_reads_them(path: Path) -> None:
    """As in a file whose line ends were converted more than once."""
    path.write_bytes(b'# mine\r\r\nsound = "on"\r\r\nshow_text = false\r\r\n')
    file = ConfigFile(str(path))
    assert file.values() == {"sound": "on", "show_text": False}
    file.write({"sound": "off"}, file.values())
    assert file.values() == {"sound": "off", "show_text": False}
    assert b"# mine" in path.read_bytes()


def test_a_link_stays_a_link(tmp_path: Path, path: Path) -> None:
    real = tmp_path / "dotfiles" / "telex.toml"
    real.parent.mkdir()
    real.write_text('sound = "on"\n')
    path.symlink_to(Path("dotfiles") / "telex.toml")
    ConfigFile(str(path)).write({"sound": "off"}, {"sound": "on"})
    assert path.is_symlink()
    assert real.read_text() == 'sound = "off"\n'
    assert os.listdir(real.parent) == ["telex.toml"], "nothing is left beside it"


def test_what_was_changed_by_hand_in_the_same_key_is_asked_about(path: Path) -> None:
    by_hand = 'sound = "desktop"\nshow_text = false\n'
    path.write_text(by_hand)
    file = ConfigFile(str(path))
    with pytest.raises(ChangedMeanwhile) as caught:
        file.write({"sound": "off", "show_text": False, "email": "ada@example.org"}, {"sound": "on"})
    assert caught.value.keys == ("sound",), "and not what both want"
    assert path.read_text() == by_hand
    file.write({"sound": "off"}, file.values())  # the person wants theirs all the same
    assert path.read_text() == 'sound = "off"\nshow_text = false\n'


def test_nothing_to_change_writes_nothing(path: Path) -> None:
    path.write_text('sound = "on"\n')
    before = path.stat()
    ConfigFile(str(path)).write({"sound": "on", "email": None}, {"sound": "on"})
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"sound = ", "is no TOML"),
        (b'sound = "\xff"', "is no TOML"),
        (b"[sound]\nx = 1\n", "sound stands there in a way that can only be changed by hand"),
        (b'sound = "on"\n', "cannot be written: it is read-only"),
    ],
)
def test_a_file_that_cannot_be_changed_is_left_alone_with_words(
    path: Path, content: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read-only file was replaced by another one."""
    monkeypatch.setattr(os, "access", lambda place, how: False)  # root may write everything
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        ConfigFile(str(path)).write({"sound": "off"}, {"sound": {"x": 1} if b"[" in content else "on"})
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be"):
        ConfigFile(str(tmp_path / "file" / "config.toml")).write({"sound": "off"}, {})
