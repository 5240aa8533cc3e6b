"""Sections about long streams, beside centrifuge-python on the same stream: ``decode``, ``headless``."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.process import TIMEOUT, running
from tests.rigs.bench.measuring import PYTHON, cpu_clock
from tests.rigs.bench.payload import channel_push
from tests.rigs.bench.running import AGENT, ROUNDS
from tests.rigs.bench.table import Table
from tests.sandbox.raw_clients import RawApiClient
from tests.servers import Sandbox

COUNT = 20_000
_HERE = Path(__file__).parent


def stream(count: int) -> list[dict[str, object]]:
    """So many news: a thread more each time, in fifty conversations."""
    return [channel_push(number) for number in range(count)]


def headless(folder: str, table: Table) -> None:
    """A process that tells each of 20,000 by a line, as a user runs it, beside a consumer that prints one for each."""
    agent = [*AGENT, "--headless", "--json", "--email", "EMAIL", "--password-stdin"]
    ours, peers = _in_turn(folder, agent, '"event":"unread"', "print")
    row = f"prints each of {COUNT:,}, headless: lines a CPU second"
    table.row(row, ours, peers, peer="centrifuge-python", more_is_better=True)


def decode(folder: str, table: Table) -> None:
    """From the wire to the decision, nothing shown, beside a consumer that does nothing with them."""
    ours, peers = _in_turn(folder, [PYTHON, str(_HERE / "taker.py"), str(COUNT)], "done", "quiet")
    row = "decodes and decides: pushes a CPU second"
    table.row(row, ours, peers, peer="centrifuge-python", more_is_better=True)
    program = str(_HERE / "decoding.py")
    ours, peers = [], []
    for _ in range(ROUNDS):
        for kept, command in ((ours, [PYTHON, program]), (peers, [sys.executable, program, "peer"])):
            kept.append(float(subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout))
    table.row("  the same frames, without a socket", ours, peers, peer="centrifuge-python")


def _in_turn(folder: str, command: list[str], mark: str, peer: str) -> tuple[list[float], list[float]]:
    """Publications a CPU second, ours and the peer's, one after the other and each time with a fresh Telex."""
    ours: list[float] = []
    peers: list[float] = []
    for turn in range(ROUNDS):
        for is_ours in (True, False) if turn % 2 else (False, True):
            with Sandbox("--rate", "0", "--organisations", "1", "--connection-ttl", "600") as telex:
                if is_ours:
                    ours.append(_ours(telex, folder, command, mark))
                else:
                    peers.append(_peers(telex, peer))
    return ours, peers


def _ours(telex: Sandbox, folder: str, command: list[str], mark: str) -> float:
    environ = dict(os.environ) | telex.environ
    environ |= {name: folder for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")}
    command = [telex.email if word == "EMAIL" else word for word in command]
    with _running(command, environ, telex.password + "\n") as (process, lines):
        telex.wait_until(lambda status: sum(status["subscriptions"].values()) == 1)
        return _rate(telex, process, lines, mark)


def _peers(telex: Sandbox, word: str) -> float:
    api = RawApiClient(telex)
    api.login()
    channel = telex.channel()
    environ = os.environ | {
        "PUSH_URL": telex.push_url,
        "CA_FILE": telex.ca_file,
        "CHANNEL": channel,
        "CONNECTION_TOKEN": api.connection()[1]["data"]["token"],
        "SUBSCRIPTION_TOKEN": api.subscription(channel)[1]["data"]["token"],
    }
    command = [sys.executable, str(_HERE / "consumer.py"), word, str(COUNT)]
    with _running(command, environ, "") as (process, lines):
        assert lines.readline() == "ready\n"
        return _rate(telex, process, lines, "done" if word == "quiet" else '"notification_type"')


def _rate(telex: Sandbox, process: subprocess.Popen[str], lines: IO[str], mark: str) -> float:
    """Publications a second of the process's CPU, from the first one sent to the last line that is wanted."""
    time.sleep(2)  # what a start leaves to be done is done; there is no event for that
    before = cpu_clock(process.pid)
    left = 1 if mark == "done" else COUNT
    with running([sys.executable, "-c", _PUBLISH, str(COUNT)], env=os.environ | telex.environ) as order:
        while left:
            left -= mark in _line(lines)
        spent = cpu_clock(process.pid) - before
        assert order.wait(TIMEOUT) == 0
    return COUNT / spent


def _line(lines: IO[str]) -> str:
    line = lines.readline()
    assert line, "it has ended"
    return line


_PUBLISH = """
import os, sys
from tests.rigs.bench.streams import stream
from tests.servers import Sandbox
Sandbox.announced(os.environ).publish_many(0, stream(int(sys.argv[1])), per_second=10_000)
"""


@contextmanager
def _running(
    command: list[str], environ: dict[str, str], given: str
) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, text=True)
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(given)
        process.stdin.close()
        yield process, process.stdout
    finally:
        process.terminate()
        if process.stdout is not None:
            process.stdout.close()
        process.wait(10)
