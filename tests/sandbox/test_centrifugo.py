"""A real Centrifugo as the push server: how it is configured, and that none is ever left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from telex_start.sandbox.centrifugo import centrifugo_config
from telex_start.sandbox.push_streams import PushSettings
from telex_start.sandbox.signing import Certificates
from tests.sandbox.conftest import push_server_options
from tests.servers import Sandbox, centrifugo_binary

FILES = Certificates(Path("/ca"), Path("/chain"), Path("/key"))


def test_settings_reach_both_styles() -> None:
    settings = PushSettings(ping_interval=3, expired_close_delay=2, history_size=7, history_ttl=60)
    v6 = centrifugo_config("v6", 1, "secret", "key", FILES, settings)
    v5 = centrifugo_config("v5", 1, "secret", "key", FILES, settings)
    client, channel = v6["client"], v6["channel"]
    assert isinstance(client, dict) and isinstance(channel, dict)
    assert client["ping_interval"] == v5["ping_interval"] == "3000ms"
    assert client["pong_timeout"] == v5["pong_timeout"] == "1500ms"
    assert client["expired_sub_close_delay"] == v5["client_expired_sub_close_delay"] == "2000ms"
    assert client["presence_update_interval"] == v5["client_presence_update_interval"] == "2000ms"
    assert channel["without_namespace"]["history_size"] == v5["history_size"] == 7


def test_without_history_nothing_is_said_of_it() -> None:
    v5 = centrifugo_config("v5", 1, "secret", "key", FILES, PushSettings(history_size=0))
    assert "force_recovery" not in v5


def running(binary: str) -> list[int]:
    """The processes of that binary."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it ended meanwhile
                if os.readlink(entry / "exe") == binary:
                    found.append(int(entry.name))
    return found


@pytest.mark.centrifugo
@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_none_is_left_behind(number: signal.Signals, silent: bool) -> None:
    binary = str(centrifugo_binary("v6"))
    sandbox = Sandbox("--centrifugo", binary).__enter__()
    try:
        assert sandbox.process is not None
        children = Path(f"/proc/{sandbox.process.pid}/task/{sandbox.process.pid}/children").read_text().split()
        (child,) = map(int, children)
        assert child in running(binary)
        if silent:
            sandbox.silent()
        sandbox.process.send_signal(number)
        assert sandbox.process.wait(10) == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        deadline = time.monotonic() + 5
        while child in running(binary):
            assert time.monotonic() < deadline, "Centrifugo outlived its sandbox"
            time.sleep(0.01)
    finally:
        sandbox.stop()
        shutil.rmtree(Path(sandbox.ca_file).parent, ignore_errors=True)  # a killed sandbox could not tidy up


@pytest.mark.centrifugo
def test_a_taken_port_is_said() -> None:
    with Sandbox() as other:
        port = other.push_url.split(":")[2].split("/")[0]
        options = [*push_server_options("v6"), "--push-port", port]
        command = [sys.executable, "-m", "telex_start.sandbox", *options]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert result.returncode == 1
        assert "ended with 1 at its start" in result.stderr
