"""Reading the password from a systemd credential, a file that others must not be able to read."""

from __future__ import annotations

from pathlib import Path

import pytest

from telex_start.errors import ConfigError
from telex_start.process import credentials


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    return tmp_path


def put(folder: Path, content: bytes, mode: int = 0o400) -> None:
    (folder / "telex").write_bytes(content)
    (folder / "telex").chmod(mode)


@pytest.mark.parametrize("content", [b" s3 cret ", b" s3 cret \n", b" s3 cret \r\nand a note\n"])
def test_the_password_is_the_first_line(folder: Path, content: bytes) -> None:
    put(folder, content)
    assert credentials.from_systemd("telex") == " s3 cret ", "blanks belong to it"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o444])
def test_one_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    put(folder, b"s3cret", mode)
    with pytest.raises(ConfigError) as error:
        credentials.from_systemd("telex")
    assert error.value.message == f"{folder}/telex can be read by others: make it yours alone (chmod 600)."


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("telex", None, "name it by LoadCredential=telex:FILE in the unit"),
        ("telex", b"\nsecond\n", "holds no password in its first line"),
        ("telex", b"\xff", "the password is not in UTF-8"),
        ("../telex", b"s3cret", "a credential's name has no folder"),
        ("..", b"s3cret", "a credential's name has no folder"),
        (".", b"s3cret", "a credential's name has no folder"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        put(folder, content)
    with pytest.raises(ConfigError, match=words) as error:
        credentials.from_systemd(name)
    assert "s3cret" not in error.value.message


def test_without_systemd_it_says_who_sets_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigError, match="systemd sets it for a unit with LoadCredential="):
        credentials.from_systemd("telex")
