"""The systemd unit of an agent without an icon: as systemd reads it, and as it runs it for a user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from telex_start.setup.headless import NAME
from tests.process import TIMEOUT, Process
from tests.servers import Sandbox

from .installed import Installed
from .manager import USER, UserManager

TOASTS = """
import os, sys
from tests.fake_desktop import FakeNotificationDaemon, PrivateBus
bus = PrivateBus()
bus.address = os.environ["DBUS_SESSION_BUS_ADDRESS"]
with FakeNotificationDaemon(bus) as daemon:
    print("ready", flush=True)
    print(daemon.wait_for(1)[0].summary, flush=True)
    sys.stdin.readline()
"""
"""A notification daemon, which has to be the user's: a session bus lets nobody else in."""
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
    """It was said to start at log-in, and did not: the status said off, without a reason. The password is nowhere but
    with the person."""
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
    # A unit was written that nothing would start, and the start with an icon switched off.
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
    """It was deleted or overwritten, without a word."""
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


@pytest.fixture(scope="module")
def manager() -> Iterator[UserManager]:
    if os.getuid() != 0:
        pytest.skip("only root can be another user")
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


class Set:
    """The unit put there for a Telex, with a password file."""

    def __init__(self, manager: UserManager, program: Installed, telex: Sandbox) -> None:
        self.manager = manager
        own = manager.home / ".config" / "telex-start"
        authority = manager.home / "authority.pem"
        authority.write_bytes(Path(telex.ca_file).read_bytes())
        words = {
            "api_url": telex.environ["TELEX_START_API_URL"],
            "push_url": telex.environ["TELEX_START_PUSH_URL"],
            "ca_file": str(authority),
            "email": telex.email,
        }
        own.mkdir(parents=True, exist_ok=True)
        (own / "config.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in words.items()))
        self.password = own / "password"
        self.password.write_text(f"{telex.password}\n")
        self.password.chmod(0o600)
        subprocess.run(["chown", "-R", f"{USER}:{USER}", manager.home / ".config"], check=True)
        self.said = manager.run(program.script, "autostart", "on", "--headless")

    def start(self) -> None:
        self.manager.run("systemctl", "--user", "start", NAME, ok=False)

    def wait_for(self, **wanted: str) -> None:
        """Wait until systemd says so of the unit."""
        deadline = time.monotonic() + TIMEOUT
        while (found := self.manager.show(NAME, *wanted)) != wanted:
            assert time.monotonic() < deadline, f"{found}\n{self.manager.log.read_text()}"
            time.sleep(0.1)


def test_it_runs_hardened_with_the_password_reaches_the_session_bus_and_starts_again_while_that_helps(
    manager: UserManager, unprivileged: Installed
) -> None:
    """A session that Telex had ended stayed dead, though systemd holds the password."""
    with Sandbox("--organisations", "2") as telex:
        put = Set(manager, unprivileged, telex)
        assert "systemctl --user enable" not in put.said, "that is done"
        assert manager.run("systemctl", "--user", "is-enabled", NAME).strip() == "enabled"
        limit = {"StartLimitBurst": "5", "StartLimitIntervalUSec": "1h"}
        assert manager.show(NAME, *limit) == limit
        sooner = manager.home / f"{UNIT}.d" / "sooner.conf"
        sooner.parent.mkdir()
        sooner.write_text("[Service]\nRestartSec=0\n")
        manager.run("systemctl", "--user", "daemon-reload")
        put.start()
        telex.wait_until(lambda status: status["push_connections"] == 1)
        with Process([*manager.as_user, str(unprivileged.python), "-c", TOASTS], manager.environ) as toasts:
            assert toasts.next_line() == "ready"
            telex.message(0, "General")
            assert toasts.next_line() == "General · Northwind Ops"
            toasts.tell("")
            assert toasts.ended() == 0
        process = Path("/proc") / manager.show(NAME, "MainPID")["MainPID"]
        status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
        assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapBnd"], 16)) == ("1", "2", 0)
        mounts = [line.split(" ") for line in (process / "mountinfo").read_text().splitlines()]
        writable = {fields[4].replace("\\040", " ") for fields in mounts if "rw" in fields[5].split(",")}
        assert str(manager.home / ".local/state/telex-start") in writable
        assert not {"/", "/home", str(manager.home)} & writable
        assert (manager.home / ".local/state/telex-start/log/telex-start.log").exists()
        assert telex.password not in (process / "environ").read_text() + (process / "cmdline").read_text()

        os.kill(int(process.name), signal.SIGKILL)
        telex.wait_until(lambda status: status["logins"] == 2 and status["push_connections"] == 1, TIMEOUT)
        telex.revoke_session()
        telex.kick(3005)
        telex.wait_until(lambda status: status["logins"] == 3 and status["push_connections"] == 1, TIMEOUT)
        assert manager.show(NAME, "NRestarts") == {"NRestarts": "2"}
        put.password.write_text("wrong\n")
        manager.run("systemctl", "--user", "stop", NAME)
        put.start()
        put.wait_for(SubState="failed", ExecMainStatus="3")
        put.password.unlink()
        put.start()
        put.wait_for(SubState="failed", ExecMainStatus="243")

        sooner.unlink()
        sooner.parent.rmdir()
        said = manager.run(unprivileged.script, "autostart", "off")
        assert "The unit without an icon has been stopped and taken away." in said
        assert manager.run("systemctl", "--user", "is-enabled", NAME, ok=False).strip() != "enabled"
        assert not (manager.home / ".config" / "systemd").exists()
