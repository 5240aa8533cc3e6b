"""Desktop entries (``.desktop`` files): the command in ``Exec``, and which of several files counts."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telex_start.desktop.main_app import desktop_entry


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/opt/telex/telex %U", ["/opt/telex/telex"]),
        ("telex --start --url=%u", ["telex", "--start", "--url="]),
        ('"/opt/My Apps/telex" --quiet', ["/opt/My Apps/telex", "--quiet"]),
        (r'telex "a \\"quoted\\" \\$word"', ["telex", 'a "quoted" $word']),
        ('telex ""', ["telex", ""]),
        ("telex --share=100%% %i %c", ["telex", "--share=100%", "Telex"]),
        ("env LANG=C telex", ["env", "LANG=C", "telex"]),
    ],
)
def test_command_line_is_what_the_specification_says(line: str, words: list[str]) -> None:
    entry = desktop_entry.parse(f"[Desktop Entry]\nName=Telex\nExec={line}\n")
    assert desktop_entry.command_line(entry) == words


def test_only_the_main_group_counts() -> None:
    text = "# made by hand\n[Desktop Action new]\nExec=wrong\n[Desktop Entry]\nExec = right\n[Other]\nExec=wrong\n"
    assert desktop_entry.command_line(desktop_entry.parse(text)) == ["right"]


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    desktop_entry.command_line(desktop_entry.parse("[Desktop Entry]\nExec=" + text))
    desktop_entry.command_line(desktop_entry.parse(text))


def write(folder: Path, text: str) -> None:
    (folder / "applications").mkdir(parents=True, exist_ok=True)
    (folder / "applications" / "telex.desktop").write_text("[Desktop Entry]\n" + text)


def test_a_persons_own_entry_comes_before_the_systems(tmp_path: Path) -> None:
    own, system = tmp_path / "own", tmp_path / "system"
    environ = {"XDG_DATA_HOME": str(own), "XDG_DATA_DIRS": f"{tmp_path}/none:{system}", "PATH": "/usr/bin"}
    assert desktop_entry.find("telex.desktop", environ) is None
    write(system, "Exec=system\n")
    assert (desktop_entry.find("telex.desktop", environ) or {})["Exec"] == "system"
    write(own, "Exec=own\n")
    assert (desktop_entry.find("telex.desktop", environ) or {})["Exec"] == "own"
    write(own, "Exec=own\nHidden=true\n")
    assert desktop_entry.find("telex.desktop", environ) is None


def test_an_entry_whose_program_is_gone_does_not_count(tmp_path: Path) -> None:
    environ = {"XDG_DATA_HOME": str(tmp_path), "XDG_DATA_DIRS": str(tmp_path / "none"), "PATH": "/usr/bin"}
    write(tmp_path, "Exec=telex\nTryExec=/opt/telex/is/gone\n")
    assert desktop_entry.find("telex.desktop", environ) is None
