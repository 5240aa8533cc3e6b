"""The systemd unit of an agent without an icon: as systemd reads it, and how it comes and goes."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from telex_start.setup.headless import NAME

from .installed import Installed

SYSTEMD = pytest.mark.skipif(not shutil.which("systemctl"), reason="systemd is not there")
UNIT = f".config/systemd/user/{NAME}"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not there")
def test_systemd_has_nothing_to_say_of_the_unit(program: Installed) -> None:
    code, words = program("autostart", "on", "--headless")
    assert code == 0
    assert f"Telex Start starts when you log in, without an icon, by {program.home}/{UNIT}." in words
    file = program.home / UNIT
    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", file],
        env={**program.environ, "SYSTEMD_LOG_LEVEL": "warning"},
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if NAME in line]
    assert (done.returncode, ours) == (0, [])


@SYSTEMD
def test_where_the_users_systemd_does_not_run_it_is_on_all_the_same_and_what_is_left_to_do_is_said(
    program: Installed,
) -> None:
    """``on`` said that the agent starts at log-in, and it did not; ``status`` said off, without a reason. The program
    writes the password nowhere: that is left to the person."""
    code, words = program("autostart", "on", "--headless")
    assert (code, "systemctl --user enable" in words) == (0, False)
    link = program.home / ".config/systemd/user/default.target.wants" / NAME
    assert link.resolve() == (program.home / UNIT).resolve()
    expected = f"Telex Start starts at log-in, without an icon, by {program.home}/{UNIT}.\n"
    assert program("autostart", "status") == (0, expected)
    password = program.home / ".config" / "telex-start" / "password"
    assert f"cat > {password})" in words
    assert 'email = "you@example.org"' in words
    assert "systemctl --user start telex-start.service" in words
    assert not password.exists()
    password.parent.mkdir(parents=True)
    password.write_text("s3cret")
    password.chmod(0o644)
    _, words = program("autostart", "on", "--headless")
    assert f"Others can read your password: chmod 600 {password}" in words
    password.chmod(0o600)
    _, words = program("autostart", "on", "--headless")
    assert str(password) not in words
    assert "s3cret" not in (program.home / UNIT).read_text()


@SYSTEMD
def test_off_leaves_nothing_and_one_way_of_starting_takes_the_place_of_the_other(program: Installed) -> None:
    program("autostart", "on")
    # Before, a unit was written that nothing would start, and the start with an icon was switched off.
    code, words = program("autostart", "on", "--headless", environ={"PATH": "/nonexistent"})
    assert code == 2
    assert words == "telex-start: --headless needs systemd, which is not there (no systemctl is found).\n"
    assert program("autostart", "status")[0] == 0
    _, words = program("autostart", "on", "--headless")
    assert "The start with an icon is switched off" in words
    assert not (program.home / ".config" / "autostart").exists()
    _, words = program("autostart", "on")
    assert "The unit without an icon has been stopped and taken away" in words
    assert not (program.home / UNIT).exists()
    program("autostart", "on", "--headless")
    program("autostart", "off", "--headless")
    program("autostart", "off")
    assert program.left() == set()


@SYSTEMD
@pytest.mark.parametrize("words", [("off",), ("on", "--headless")])
def test_a_unit_of_ones_own_by_that_name_is_set_aside_and_it_is_said_where(
    program: Installed, words: tuple[str, ...]
) -> None:
    """The unit was deleted or overwritten, without a word."""
    file = program.home / UNIT
    wanted = file.parent / "graphical-session.target.wants" / NAME
    wanted.parent.mkdir(parents=True)
    wanted.symlink_to(file)
    earlier = file.with_name(f"{NAME}.saved")
    earlier.write_text("an earlier one")
    file.write_text("[Service]\nExecStart=/usr/bin/env A=b telex-start --headless\n")
    code, said = program("autostart", *words)
    aside = file.with_name(f"{NAME}.saved1")
    assert (code, str(aside) in said) == (0, True)
    assert aside.read_text() == "[Service]\nExecStart=/usr/bin/env A=b telex-start --headless\n"
    assert earlier.read_text() == "an earlier one"
    assert not wanted.is_symlink()
    assert file.exists() is (words == ("on", "--headless"))


@SYSTEMD
def test_a_unit_that_was_changed_by_hand_is_set_aside_and_another_place_for_the_state_is_no_change(
    program: Installed,
) -> None:
    program("autostart", "on", "--headless")
    assert "taken away" in program("autostart", "off", environ={"XDG_CACHE_HOME": str(program.home / "other")})[1]
    program("autostart", "on", "--headless")
    with (program.home / UNIT).open("a") as file:
        file.write("# mine\n")
    assert f"kept as {program.home}/{UNIT}.saved, since it is yours.\n" in program("autostart", "off")[1]
    assert (program.home / f"{UNIT}.saved").read_text().endswith("# mine\n")
