"""The systemd unit of an agent without an icon: as systemd reads it, and as it runs it for a user."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from telex_start.setup import unit
from tests.servers import Sandbox

from .installed import Installed
from .manager import USER, UserManager

UNIT = f".config/systemd/user/{unit.NAME}"


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
    ours = [line for line in done.stderr.splitlines() if unit.NAME in line]
    assert (done.returncode, ours) == (0, [])


def test_what_is_left_to_do_is_said_and_the_password_is_nowhere_but_with_the_person(program: Installed) -> None:
    _, words = program("autostart", "on", "--headless")
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


def test_off_leaves_nothing_and_one_way_of_starting_takes_the_place_of_the_other(program: Installed) -> None:
    program("autostart", "on")
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


@pytest.fixture(scope="module")
def manager() -> Iterator[UserManager]:
    with UserManager() as found:
        if found.why_not:
            pytest.skip(found.why_not)
        yield found


@pytest.fixture
def unprivileged(manager: UserManager, tmp_path: Path) -> Installed:
    """The program, as that user has installed it in the home."""
    made = Installed(manager.home / "my programs", tmp_path / "unused")
    seen = manager.run(made.script, "--version", ok=False)
    if not seen.startswith("telex-start "):
        pytest.skip(f"another user cannot read this checkout: {seen}")
    return made


def test_it_runs_hardened_with_the_password_and_reaches_the_session_bus(
    manager: UserManager, unprivileged: Installed
) -> None:
    with Sandbox("--organisations", "2") as telex:
        own = manager.home / ".config" / "telex-start"
        authority = manager.home / "authority.pem"
        authority.write_bytes(Path(telex.ca_file).read_bytes())
        words = {
            "api_url": telex.environ["TELEX_START_API_URL"],
            "push_url": telex.environ["TELEX_START_PUSH_URL"],
            "ca_file": str(authority),
            "email": telex.email,
        }
        own.mkdir(parents=True)
        (own / "config.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in words.items()))
        (own / "password").write_text(f"{telex.password}\n")
        (own / "password").chmod(0o600)
        subprocess.run(["chown", "-R", f"{USER}:{USER}", manager.home / ".config"], check=True)
        said = manager.run(unprivileged.script, "autostart", "on", "--headless")
        assert "systemctl --user enable" not in said, "it was enabled"
        assert manager.run("systemctl", "--user", "is-enabled", unit.NAME).strip() == "enabled"
        manager.run("systemctl", "--user", "start", unit.NAME, ok=False)
        telex.wait_until(lambda status: len(status["push_connections"]) == 1)
        print(manager.log.read_text())
        print(manager.run("systemd-analyze", "--user", "--no-pager", "security", unit.NAME, ok=False))
