"""The installed program switches its start at log-in on and off, with its desktop entry and icons."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

import pytest

from telex_start.desktop.main_app import desktop_entry
from telex_start.setup import desktop_files
from tests.process import ROOT

from .installed import Installed

ENTRY = ".config/autostart/telex-start.desktop"
MENU = ".local/share/applications/telex-start.desktop"
SAID = """#!/bin/sh
printf '%s\\n' "$0" "$@" >"$HOME/said.part"
mv "$HOME/said.part" "$HOME/said"
"""
"""A program that writes down how it was started."""


def text_of(program: Installed, name: str = ENTRY) -> str:
    return (program.home / name).read_text()


def values_of(program: Installed, name: str = ENTRY) -> dict[str, str]:
    return desktop_entry.parse(text_of(program, name))


def valid(path: Path) -> None:
    """desktop-file-validate, if installed, finds nothing wrong with the file."""
    if shutil.which("desktop-file-validate"):
        done = subprocess.run(["desktop-file-validate", path], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, "")


def test_it_is_switched_on_and_off_again_without_rest(program: Installed) -> None:
    assert program("autostart", "status") == (1, "Telex Start does not start at log-in.\n")
    assert program("autostart", "on") == (0, "Telex Start starts when you log in.\n")
    code, words = program("autostart", "status")
    assert (code, str(program.home / ENTRY) in words) == (0, True)
    assert desktop_files.words_of(values_of(program)) == [str(program.script), "--at-login"]
    valid(program.home / ENTRY)
    assert program("integrate", "status")[0] == 0
    assert program("autostart", "off") == (0, "Telex Start does not start at log-in.\n")
    assert program("autostart", "status")[0] == 1
    assert program.left() == set()


@pytest.mark.skipif(not shutil.which("gio"), reason="gio is not there")
def test_the_entry_really_starts_the_program_from_a_path_that_needs_every_quoting(program: Installed) -> None:
    program("autostart", "on")
    kept = program.script.read_bytes()
    try:
        program.script.write_text(SAID)
        subprocess.run(["gio", "launch", program.home / ENTRY], env=program.environ, check=True, timeout=60)
        said, end = program.home / "said", time.monotonic() + 30
        while not said.exists():  # gio does not wait for what it starts, and tells nobody when it has
            assert time.monotonic() < end
            time.sleep(0.02)
        assert said.read_text().splitlines() == [str(program.script), "--at-login"]
    finally:
        program.script.write_bytes(kept)


@pytest.mark.parametrize("script", [None, "#!/nowhere/python\n"])
def test_without_a_script_that_works_the_interpreter_finds_the_package(program: Installed, script: str | None) -> None:
    """`pip install --user` puts the script elsewhere than beside the interpreter; one that was moved with its
    environment names the interpreter by its old path."""
    kept = program.script.rename(program.script.with_name("kept"))
    try:
        if script is not None:
            program.script.write_text(script)
            program.script.chmod(0o755)
        words = [str(program.python), "-m", "telex_start", "autostart", "on"]
        subprocess.run(words, env=program.environ, cwd=program.home, check=True, capture_output=True)
    finally:
        kept.rename(program.script)
    command = [str(program.python), "-m", "telex_start", "--at-login"]
    assert desktop_files.words_of(values_of(program)) == command


def test_a_checkout_that_the_desktop_could_not_start_is_refused(program: Installed, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    done = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-m", "telex_start", "autostart", "on"],
        env={**program.environ, "PYTHONPATH": f"{ROOT}:{packages}"},
        cwd=program.home,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "install Telex Start (pipx install .)" in done.stderr) == (2, True)
    assert program.left() == set()


@pytest.mark.parametrize("key", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_what_a_desktop_switched_off_is_off_and_on_says_otherwise(program: Installed, key: str) -> None:
    program("autostart", "on")
    (program.home / ENTRY).write_text(text_of(program) + f"{key}\n")
    code, words = program("autostart", "status")
    assert (code, words.endswith(f"says {key}.\n")) == (1, True)
    program("autostart", "on")
    assert program("autostart", "status")[0] == 0
    assert "Hidden" not in values_of(program)
    program("autostart", "off")
    assert program.left() == set()


def test_the_entry_in_the_menu_and_an_icon_with_a_change_of_ones_own_stay_when_the_start_at_log_in_goes(
    program: Installed,
) -> None:
    """Both were deleted, without a word."""
    icon = program.home / ".local/share/icons/hicolor/48x48/apps/telex-start.png"
    program("autostart", "on")
    icon.write_bytes(b"mine")
    assert f"is left as it is: {icon}." in program("autostart", "off")[1]
    assert icon.read_bytes() == b"mine"
    icon.unlink()
    program("autostart", "on")
    mine = text_of(program, MENU).replace("Name=Login", "Name=Sign in")
    (program.home / MENU).write_text(mine)
    assert f"{program.home / MENU} has changes of yours, and is left as it is.\n" in program("autostart", "off")[1]
    assert text_of(program, MENU) == mine


def test_an_entry_with_a_change_of_ones_own_is_switched_off_where_it_is_and_that_is_said(program: Installed) -> None:
    """The entry was deleted, without a word."""
    program("autostart", "on")
    own = (
        text_of(program)
        .replace("--at-login", "--at-login --log-level debug")
        .replace("Name=Telex Start\n", "# mine\nName=Telex Start\nName[de]=Telex\nX-KDE-autostart-after=panel\n")
    )
    (program.home / ENTRY).write_text(own)
    words = program("autostart", "off")[1]
    assert f"{program.home / ENTRY} has changes of yours: it stays, switched off by Hidden=true.\n" in words
    assert text_of(program) == f"{own}Hidden=true\n"
    assert program("autostart", "status")[0] == 1
    program("autostart", "on")
    assert text_of(program) == own
    assert program("autostart", "status")[0] == 0


def test_an_entry_of_an_installation_that_is_gone_is_off_and_mended(program: Installed) -> None:
    program("autostart", "on")
    gone = text_of(program).replace("my programs", "old programs")
    (program.home / ENTRY).write_text(f"{gone}X-Mine=kept\n")
    code, words = program("autostart", "status")
    assert (code, "which is not there" in words) == (1, True)
    program("autostart", "on")
    assert desktop_files.words_of(values_of(program)) == [str(program.script), "--at-login"]
    assert values_of(program)["X-Mine"] == "kept"


def test_one_for_all_users_is_switched_off_for_this_user_alone(program: Installed, tmp_path: Path) -> None:
    program("autostart", "on")
    system = tmp_path / "xdg" / "autostart"
    system.mkdir(parents=True)
    (program.home / ENTRY).rename(system / "telex-start.desktop")
    environ = {"XDG_CONFIG_DIRS": str(tmp_path / "xdg")}
    assert program("autostart", "status", environ=environ)[0] == 0
    program("autostart", "off", environ=environ)
    assert values_of(program)["Hidden"] == "true"
    assert program("autostart", "status", environ=environ)[0] == 1
    program("autostart", "on", environ=environ)
    assert program("autostart", "status", environ=environ)[0] == 0


def test_integrate_on_and_off_leaves_no_file_and_no_folder(program: Installed) -> None:
    mine = program.home / ".local" / "share" / "icons"
    mine.mkdir(parents=True)
    before = program.left()
    assert program("integrate", "on") == (0, "The desktop knows Telex Start by its name and icon.\n")
    assert program("integrate", "status")[0] == 0
    valid(program.home / MENU)
    values = values_of(program, MENU)
    assert (values["Name"], values["Icon"], values["Actions"]) == ("Telex Start", "telex-start", "login;pause;exit;")
    assert desktop_files.words_of(values) == [str(program.script)]
    for size in (16, 22, 24, 32, 48, 64, 128, 256):
        icon = mine / "hicolor" / f"{size}x{size}" / "apps" / "telex-start.png"
        drawn = icon.read_bytes()
        assert drawn.startswith(b"\x89PNG")
        assert [int.from_bytes(drawn[at : at + 4], "big") for at in (16, 20)] == [size, size]
    program("autostart", "on")
    program("autostart", "off")
    assert program("integrate", "status")[0] == 0, "it was asked for by itself"
    assert program("integrate", "off")[0] == 0
    assert program("integrate", "status")[0] == 1
    assert program.left() == before


def test_caches_that_are_there_are_renewed_and_none_is_left_where_none_was(program: Installed) -> None:
    if not shutil.which("update-desktop-database") or not shutil.which("gtk-update-icon-cache"):
        pytest.skip("the desktop's own programs are not there")
    applications, theme = program.home / ".local/share/applications", program.home / ".local/share/icons/hicolor"
    applications.mkdir(parents=True)
    theme.mkdir(parents=True)
    caches = (applications / "mimeinfo.cache", theme / "icon-theme.cache")
    for cache in caches:
        cache.write_text("old")
    program("integrate", "on")
    assert caches[0].read_text().startswith("[MIME Cache]")
    assert b"telex-start" in caches[1].read_bytes()
    program("integrate", "off")
    # The program takes its cache away where there is no icon left.
    assert not caches[1].exists() or b"telex-start" not in caches[1].read_bytes()


def test_a_folder_that_cannot_be_written_is_said_with_its_path(program: Installed) -> None:
    (program.home / ".config").write_text("a file")
    code, words = program("autostart", "on")
    assert code == 2
    assert words.startswith(f"telex-start: {program.home}/.config/autostart")
    assert "Traceback" not in words
