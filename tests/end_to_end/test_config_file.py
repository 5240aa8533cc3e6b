"""The configuration file when settings are changed in it: bytes, links, rights, and hands that change it meanwhile."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from telex_start.config_file import ConfigFile
from telex_start.errors import ChangedMeanwhile, ConfigError

_NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_what_stands_in_it_is_read_by_key_mistakes_aside(path: Path) -> None:
    path.write_text(
        'sound = "on"\nvolume = 11\n[quiet]\nfrom = "22:00"\nfor = 1\n[organisations."A.b"]\nnotify = "all"\n[x]\n'
    )
    assert ConfigFile(str(path)).values() == {
        "sound": "on",
        "quiet.from": "22:00",
        "organisations.A.b.notify": "all",
    }


def test_a_file_that_is_not_there_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "config" / "telex-start" / "config.toml"
    file = ConfigFile(str(path))
    assert file.values() == {}
    file.write({"sound": "off", "email": None}, {})
    assert path.read_text() == 'sound = "off"\n'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_marks_line_ends_and_rights_stay(path: Path) -> None:
    path.write_bytes(b'\xef\xbb\xbf# \xc3\xa4\r\nsound = "on"\r\n[main_app]\r\nclick = "client"')
    path.chmod(0o640)
    ConfigFile(str(path)).write({"sound": "off", "show_text": False, "main_app.command": "/x"}, {"sound": "on"})
    assert path.read_bytes() == (
        b'\xef\xbb\xbf# \xc3\xa4\r\nsound = "off"\r\nshow_text = false\r\n'
        b'[main_app]\r\nclick = "client"\r\ncommand = "/x"\r\n'
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_lone_carriage_returns_end_lines_as_the_agent_reads_them(path: Path) -> None:
    """A file that was copied as text too often."""
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


def test_a_read_only_file_is_left_alone() -> None:
    """Another one took its place."""
    if sys.platform != "linux":
        pytest.skip("this test needs to be somebody else for a moment")
    with tempfile.TemporaryDirectory() as folder:  # those above pytest's own are closed to other users
        path = Path(folder) / "config.toml"
        path.write_text('sound = "on"\n')
        path.chmod(0o444)
        if os.geteuid() == 0:
            os.chmod(folder, 0o777)
            os.setresuid(_NOBODY, _NOBODY, 0)  # root may write everything
        try:
            with pytest.raises(ConfigError, match=r"config\.toml cannot be written: it is read-only"):
                ConfigFile(str(path)).write({"sound": "off"}, {"sound": "on"})
        finally:
            if os.getresuid()[2] == 0:
                os.setresuid(0, 0, 0)
        assert path.read_text() == 'sound = "on"\n'


def test_what_was_changed_by_hand_in_other_keys_is_merged(path: Path) -> None:
    path.write_text('sound = "on" # loud\n')
    file = ConfigFile(str(path))
    base = file.values()
    path.write_text('# by hand\nsound = "on" # loud\nshow_text = false\n')
    file.write({"sound": "off", "remember_email": False}, base)
    assert path.read_text() == '# by hand\nsound = "off" # loud\nshow_text = false\nremember_email = false\n'


def test_what_was_changed_by_hand_in_the_same_key_is_asked_about(path: Path) -> None:
    path.write_text('sound = "on"\n')
    file = ConfigFile(str(path))
    base = file.values()
    by_hand = 'sound = "desktop"\nshow_text = false\n'
    path.write_text(by_hand)
    with pytest.raises(ChangedMeanwhile) as caught:
        file.write({"sound": "off", "show_text": False, "email": "ada@example.org"}, base)
    assert caught.value.keys == ("sound",), "and not what both want"
    assert path.read_text() == by_hand
    file.write({"sound": "off"}, file.values())  # the person wants theirs all the same
    assert path.read_text() == 'sound = "off"\nshow_text = false\n'


def test_a_value_of_the_wrong_kind_is_not_taken_for_the_right_one(path: Path) -> None:
    path.write_text("show_text = 1\n")
    ConfigFile(str(path)).write({"show_text": True}, {"show_text": 1})
    assert path.read_text() == "show_text = true\n"


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
    ],
)
def test_a_file_that_cannot_be_changed_is_left_alone_with_words(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        ConfigFile(str(path)).write({"sound": "off"}, {"sound": {"x": 1}})
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be"):
        ConfigFile(str(tmp_path / "file" / "config.toml")).write({"sound": "off"}, {})
