"""The command line: five lines, options, and a clean end."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.raw_clients import RawApiClient
from tests.servers import ANNOUNCED_NAMES, Sandbox

ROOT = Path(__file__).parent.parent.parent
MODULE = [sys.executable, "-m", "telex_start.sandbox"]


def run(*options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MODULE, *options], capture_output=True, text=True, cwd=ROOT, timeout=20, env=env)


def start(*options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*MODULE, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def announced(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    lines = [process.stdout.readline().rstrip("\n") for _ in ANNOUNCED_NAMES]
    return {name: shlex.split(value)[0] for name, _, value in (line.partition("=") for line in lines)}


def test_five_lines_for_the_shell(tmp_path: Path) -> None:
    process = start("--no-story")
    assert process.stdout is not None
    lines = "".join(process.stdout.readline() for _ in ANNOUNCED_NAMES)
    process.terminate()
    rest, complaints = process.communicate(timeout=10)
    assert (process.returncode, rest, complaints) == (0, "", "")
    script = tmp_path / "environment"
    script.write_text(lines)
    names = " ".join(f'"${name}"' for name in ANNOUNCED_NAMES)
    shell = f'set -eu; . "{script}"; printf "%s\\n" {names}'
    values = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout.splitlines()
    assert values[0].startswith("https://127.0.0.1:") and values[0].endswith("/api/v1")
    assert values[1].startswith("wss://127.0.0.1:") and values[1].endswith("/centrifugo/connection/websocket")
    assert values[3:] == ["ada@example.org", "correct horse battery staple"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_and_nothing_stays(number: signal.Signals) -> None:
    process = start()
    ca_file = Path(announced(process)["TELEX_START_CA_FILE"])
    assert ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert ca_file.parent.stat().st_mode & 0o077 == 0
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert not ca_file.parent.exists()


def test_it_ends_with_its_input() -> None:
    process = start("--until-stdin-closes")
    ca_file = Path(announced(process)["TELEX_START_CA_FILE"])
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) == 0
    assert not ca_file.exists()


def test_a_port_of_ones_own() -> None:
    with Sandbox() as first:
        port = first.api_url.split(":")[2].split("/")[0]
        taken = run("--port", port)
        assert taken.returncode == 1
        assert len(taken.stderr.splitlines()) == 1 and "in use" in taken.stderr
    with Sandbox("--port", port) as second:
        assert f":{port}/" in second.api_url
        assert RawApiClient(second).login()[0] == 200


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--nonsense",), "--nonsense"),
        (("surplus",), "surplus"),
        (("--port", "x"), "--port"),
        (("--port", "70000"), "--port"),
        (("--organisations", "-1"), "--organisations"),
        (("--connection-ttl", "0"), "--connection-ttl"),
        (("--burst", "0"), "--burst"),
        (("--rate",), "--rate"),
        (("--rate", "nan"), "--rate"),
        (("--org", "3"), "--org"),
        (("--centrifugo", "/nowhere/centrifugo"), "/nowhere/centrifugo"),
        (("--centrifugo", sys.executable, "--clock-offset", "5"), "--clock-offset"),
        (("--centrifugo", sys.executable, "--honour-subs"), "--honour-subs"),
        (("--centrifugo", sys.executable, "--any-origin"), "--any-origin"),
        (("--centrifugo-config-style", "v6"), "--centrifugo"),
        (("--centrifugo", sys.executable, "--centrifugo-config-style", "v4"), "--centrifugo-config-style"),
        (("--centrifugo", sys.executable, "--ping", "0.5"), "--ping"),
    ],
)
def test_wrong_options(options: tuple[str, ...], word: str) -> None:
    result = run(*options)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("telex-start sandbox: ") and word in result.stderr


def test_help() -> None:
    result = run("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "--organisations" in result.stdout


@pytest.mark.parametrize("module", ["aiohttp", "jwt", "trustme"])
def test_a_missing_extra_is_named(tmp_path: Path, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(f"raise ModuleNotFoundError('no {module}', name={module!r})\n")
    result = run(env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert module in result.stderr and "telex-start[sandbox]" in result.stderr


def test_what_is_no_centrifugo() -> None:
    result = run("--centrifugo", "/bin/true")
    assert result.returncode == 1
    assert result.stderr == "telex-start sandbox: /bin/true is no Centrifugo v5 or v6\n"


def test_personal_channels_keep_no_history_unless_asked_to() -> None:
    with Sandbox() as as_the_service:
        assert as_the_service.publish(0, 1) | {"sent_at": 0} == {"offset": 0, "epoch": "", "sent_at": 0}
    with Sandbox("--history", "2") as other:
        assert other.publish(0, 1, count=3)["offset"] == 3
