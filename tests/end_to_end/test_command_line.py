"""The command line: what it takes, what it says, and what never appears on it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from telex_start import __version__
from telex_start.command_line import COMMANDS
from tests.agent import Program, headless
from tests.process import ROOT, running
from tests.servers import HISTORY, Sandbox


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0", *HISTORY) as sandbox:
        yield sandbox


def said(folder: Path, *options: str, given: str = "") -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a start that ends by itself."""
    with Program(folder, *options, given=given) as program:
        return program.ended(), "\n".join(program.output), program.errors


def test_the_version(tmp_path: Path) -> None:
    assert said(tmp_path, "--version") == (0, f"telex-start {__version__}", "")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_that_is_listed_is_there(tmp_path: Path, name: str) -> None:
    code, out, errors = said(tmp_path, name, "--help")
    assert (code, errors) == (0, "")
    assert out.startswith(f"usage: telex-start {name} ")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frobnicate"], "unrecognized arguments: --frobnicate; telex-start --help lists the options."),
        (["--headless", "--password-stdin"], "--password-stdin needs --email."),
        (["--headless", "--email", "a@b.c", "--password-stdin"], "standard input holds no password."),
        (["--headless", "--email", ""], 'option --email is ""; allowed is an e-mail address.'),
        (["--config", "/none.toml"], "there is no file /none.toml."),
    ],
)
def test_a_wrong_option_is_one_line_and_code_2(tmp_path: Path, options: list[str], words: str) -> None:
    code, out, errors = said(tmp_path, *options)
    [line] = errors.splitlines()
    assert (code, out) == (2, "")
    assert line.startswith("telex-start: ")
    assert words in line


def test_a_password_on_the_command_line_is_refused_and_not_repeated(tmp_path: Path) -> None:
    code, out, errors = said(tmp_path, "--headless", "--password=hunter2")
    assert (code, out) == (2, "")
    assert errors == "telex-start: a password is never given on the command line: pipe it, with --password-stdin.\n"


def test_a_password_that_is_no_text_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "telex_start", "--headless", "--email", "a@b.c", "--password-stdin"],
        env={**Program(tmp_path).environ, "LC_ALL": "C"},
        cwd=ROOT,
        input=b"\xff\xfe\n",
        capture_output=True,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"telex-start: --password-stdin: the password is not in UTF-8.\n"


def test_without_standard_streams_it_still_tells_by_its_code(tmp_path: Path) -> None:
    """As a desktop may start it: all three closed."""
    command = f'exec "{sys.executable}" -m telex_start --headless <&- >&- 2>&-'
    for option, code in (("", 3), (" --log-level loud", 2)):
        done = subprocess.run(["sh", "-c", command + option], env=Program(tmp_path).environ, cwd=ROOT, timeout=20)
        assert done.returncode == code


@pytest.fixture
def core_dumps() -> Iterator[None]:
    """Programs started now inherit that they may dump core, where this user may at all, and what of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    kept = Path("/proc/self/coredump_filter").read_text()
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    Path("/proc/self/coredump_filter").write_text("0x7f")
    yield
    Path("/proc/self/coredump_filter").write_text(f"0x{kept}")
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def dumps(process: Path) -> tuple[str, str]:
    """How long a core dump of it may be, and what a handler gets that the kernel pipes one to, as core(5) has both."""
    [limit] = [line for line in (process / "limits").read_text().splitlines() if "core file" in line]
    return limit.split()[4], (process / "coredump_filter").read_text().strip()


@pytest.mark.usefixtures("core_dumps")
def test_nobody_else_on_the_machine_sees_the_password(tmp_path: Path, telex: Sandbox) -> None:
    """Neither the command line nor the environment of the process, nor a core dump, which would hold it."""
    with headless(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1)
        process = Path(f"/proc/{agent.process.pid}")
        for name in ("cmdline", "environ"):
            content = (process / name).read_bytes()
            assert telex.email.encode() in content or name == "environ"
            assert telex.password.encode() not in content
        assert dumps(process) == ("0", "00000000")


@pytest.mark.usefixtures("core_dumps")
def test_the_client_dumps_core_as_the_person_has_it(tmp_path: Path, telex: Sandbox) -> None:
    client, told = tmp_path / "client", tmp_path / "told"
    os.mkfifo(told)
    client.write_text(f'#!/bin/sh\ncp -r /proc/$$/limits /proc/$$/coredump_filter "{tmp_path}"\necho >"{told}"\n')
    client.chmod(0o755)
    environ = {**telex.environ, "TELEX_START_MAIN_APP_COMMAND": str(client)}
    options = ("--headless", "--json", "--email", telex.email, "--password-stdin")
    with Program(tmp_path, *options, environ=environ, given=telex.password + "\n") as agent:
        agent.event("state", state="online", subscribed=1)
        with Program(tmp_path, environ=environ) as second:
            assert second.ended() == 0
        told.read_bytes()
    assert dumps(tmp_path) == dumps(Path("/proc/self"))


def test_a_headless_agent_brings_nothing_of_a_desktop(tmp_path: Path, telex: Sandbox) -> None:
    """No Tk, no tray, no drawing, no GTK: neither their modules nor their libraries. Shown from a signed-in agent."""
    report = tmp_path / "imports"
    command = [sys.executable, "-X", "importtime", "-m", "telex_start", "--headless", "--json", "--password-stdin"]
    with (
        report.open("w") as errors,
        running(
            [*command, "--email", telex.email],
            env=Program(tmp_path, environ=telex.environ).environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(telex.password + "\n")
        process.stdin.close()
        telex.message(0, "General")
        assert any('"notification"' in line for line in process.stdout)
        maps = Path(f"/proc/{process.pid}/maps").read_text()
        process.terminate()
        process.stdout.read()
        assert process.wait(30) == 0
    imported = {line.rpartition("|")[2].strip() for line in report.read_text().splitlines() if "|" in line}
    assert {"telex_start.session.session", "telex_start.console"} <= imported, "the report should name what is imported"
    tops = {name.partition(".")[0] for name in imported}
    unwanted = {"tkinter", "_tkinter", "tktooltip", "pystray", "PIL", "gi", "Xlib", "psutil", "asyncio", "unittest"}
    assert tops & unwanted == set()
    of_the_desktop = {"tray.tray", "icons", "login.window"}
    assert not imported & {f"telex_start.desktop.{name}" for name in of_the_desktop}
    for library in ("libtk", "libgtk", "libX11", "libtcl", "_imaging"):
        assert library not in maps


def test_a_start_that_is_ended_at_once_ends_in_order(tmp_path: Path) -> None:
    """A service manager may change its mind before anything is up: while the password is still read, say."""
    with running(
        [sys.executable, "-m", "telex_start", "--headless", "--email", "a@b.c", "--password-stdin"],
        env=Program(tmp_path).environ,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        reads_its_input(process.pid)
        process.terminate()
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def reads_its_input(pid: int) -> None:
    """Wait until a process sleeps in a read of its standard input."""
    read = {"x86_64": "0", "aarch64": "63"}[os.uname().machine]
    while Path(f"/proc/{pid}/syscall").read_text().split()[:2] != [read, "0x0"]:
        pass
