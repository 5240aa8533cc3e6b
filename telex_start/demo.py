"""``telex-start demo``: the sandbox and the agent in one command."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO

from .command_line import parse_command
from .errors import ConfigError
from .process import itself

_ANNOUNCED_LINES = 5
"""Lines that the sandbox writes once it listens: ``NAME=value``, for the agent's environment and for signing in."""


def main(argv: list[str]) -> int:
    """Run the demo until the agent ends.

    Raises:
        ConfigError: an option is wrong, or the sandbox's extra is not installed.
    """
    options = parse_command("demo", argv)
    display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")) or sys.platform in (
        "win32",
        "darwin",
    )
    headless = options.headless or not display
    if options.toasts and not headless:
        raise ConfigError("demo: --toasts needs --headless.")
    sandbox = subprocess.Popen(
        [*itself.command(), "sandbox", "--until-stdin-closes", "--story-interval", options.story_interval],
        env={**os.environ, **itself.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        return _with_sandbox(sandbox, options, headless)
    finally:
        sandbox.terminate()
        sandbox.wait(10)


def _with_sandbox(sandbox: subprocess.Popen[str], options: argparse.Namespace, headless: bool) -> int:
    assert sandbox.stdout is not None
    announced: dict[str, str] = {}
    for _ in range(_ANNOUNCED_LINES):
        name, equals, value = sandbox.stdout.readline().rstrip("\n").partition("=")
        if not equals:
            raise ConfigError("demo: the sandbox did not start; what it said is above.")
        announced[name] = shlex.split(value)[0]
    email, password = announced.pop("SANDBOX_EMAIL"), announced.pop("SANDBOX_PASSWORD")
    with tempfile.TemporaryDirectory(prefix="telex-start-demo-") as folder:
        # Apart from the user's own agent: its configuration is not read, and one that runs is not in the way.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TELEX_START_")}
        config = os.path.join(folder, "config.toml")
        with open(config, "w", encoding="utf-8") as stream:
            stream.write("# the demo's\n")
        command = [*itself.command(), "--config", config, "--email", email]
        print(f"Signing in to the sandbox as {email}; its password is {password}. Ctrl-C ends the demo.", flush=True)
        command += ["--login"] if options.login and not headless else ["--password-stdin"]
        command += ["--headless"] if headless else []
        agent = subprocess.Popen(
            command,
            env=inherited | announced | itself.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if headless else None,
            text=True,
            encoding="utf-8",
        )
        signal.signal(signal.SIGTERM, lambda *_: agent.terminate())
        assert agent.stdin is not None
        agent.stdin.write(password + "\n")
        agent.stdin.close()
        try:
            if agent.stdout is not None:
                _echo(agent, agent.stdout, options.toasts)
            return agent.wait()
        except KeyboardInterrupt:
            # Ctrl-C reached the agent too: it ends by itself.
            return agent.wait()


def _echo(agent: subprocess.Popen[str], lines: IO[str], toasts: int) -> None:
    """Pass the agent's lines on, and end it after that many toasts; 0 for never."""
    seen = 0
    for line in lines:
        print(line, end="", flush=True)
        if " · " in line or "more in" in line:
            seen += 1
        if toasts and seen == toasts:
            print(f"{seen} toasts: the demo ends.", flush=True)
            threading.Thread(target=agent.terminate, daemon=True).start()
