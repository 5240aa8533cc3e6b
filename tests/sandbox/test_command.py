"""The sandbox's command line: the five lines that it prints, its options, and a clean end."""

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

MODULE = [sys.executable, "-m", "telex_start.sandbox"]


def run(*options: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MODULE, *options], capture_output=True, text=True, timeout=20, env=env)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, None], ids=["SIGTERM", "SIGINT", "its input"])
def test_five_lines_for_the_shell_and_a_clean_end(tmp_path: Path, end: signal.Signals | None) -> None:
    pipe = subprocess.PIPE
    options = ("--until-stdin-closes",) if end is None else ("--no-story",)
    process = subprocess.Popen([*MODULE, *options], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout is not None and process.stdin is not None
    lines = [process.stdout.readline() for _ in ANNOUNCED_NAMES]
    values = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    assert list(values) == list(ANNOUNCED_NAMES)
    api, push, ca_file, email, password = values.values()
    assert api.startswith("https://127.0.0.1:") and api.endswith("/api/v1")
    assert push.startswith("wss://127.0.0.1:") and push.endswith("/centrifugo/connection/websocket")
    assert (email, password) == ("ada@example.org", "correct horse battery staple")
    assert Path(ca_file).read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert Path(ca_file).parent.stat().st_mode & 0o077 == 0
    if end is not None:
        process.send_signal(end)
    rest, complaints = process.communicate(timeout=10)
    assert (process.returncode, rest, complaints) == (0, "", "")
    assert not Path(ca_file).parent.exists()


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
        (("--port", "70000"), "--port"),
        (("--connection-ttl", "0"), "--connection-ttl"),
        (("--rate", "nan"), "--rate"),
        (("--org", "3"), "--org"),
        (("--centrifugo", "/nowhere/centrifugo"), "/nowhere/centrifugo"),
        (("--centrifugo", sys.executable, "--clock-offset", "5"), "--clock-offset"),
        (("--centrifugo", sys.executable, "--honour-subs"), "--honour-subs"),
        (("--centrifugo", sys.executable, "--any-origin"), "--any-origin"),
        (("--centrifugo-config-style", "v6"), "--centrifugo"),
        (("--centrifugo", sys.executable, "--ping", "0.5"), "--ping"),
    ],
)
def test_wrong_options(options: tuple[str, ...], word: str) -> None:
    result = run(*options)
    assert (result.returncode, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("telex-start sandbox: ") and word in result.stderr


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
