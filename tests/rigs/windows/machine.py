"""Runs a Windows machine for tests: a Wine prefix with a Python for Windows, cleared of what the last test left there.

Also runs a sandbox whose certificates Wine can verify.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.process import ROOT, Process, comes, end, quietly, until
from tests.servers import Sandbox

MACHINE = Path(
    os.environ.get("TELEX_START_WINDOWS") or Path.home() / ".cache" / "telex-start-test" / "windows"
).resolve()
"""The machine's folder; ``set_up.sh`` makes it."""
WITHIN = 60.0
"""Seconds that a process may take; generous, because it is only ever reached by a failing test."""

_WINE = "/usr/lib/wine/wine64"
_SERVER = "/usr/lib/wine/wineserver64"
_PYTHON = str(MACHINE / "python" / "python.exe")
_NAME = "telex-start"
_STAYS = "import ctypes, sys; ctypes.windll.user32.GetDesktopWindow(); print('ready', flush=True); sys.stdin.read()"
"""A program that has Wine start its desktop, as every program with a window or a message does, and stays."""


def set_up() -> int:
    """Make the machine if it is missing; gives an exit code, 0 if all is well."""
    command = [str(Path(__file__).with_name("set_up.sh")), str(MACHINE), sys.executable]
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode


def windows_path(path: str | Path) -> str:
    """A Linux path as Windows writes it: Wine's drive Z is the whole Linux file system."""
    return "Z:" + str(path).replace("/", "\\")


class Windows:
    """The machine, for one test at a time: others wait until it is free.

    Args:
        environ: Added to the bare environment of all its programs: a display, for example.

    Attributes:
        drive: Drive C; this and the other paths are Linux paths.
        local: The person's folder for what stays on the machine.
        roaming: The person's folder for what goes from machine to machine.
        log: The agent's log.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "WINEPREFIX": str(MACHINE / "prefix"),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "PYTHONPATH": windows_path(ROOT),
            "PYTHONPYCACHEPREFIX": windows_path(MACHINE / "bytecode"),
            **(environ or {}),
        }
        self.drive = MACHINE / "prefix" / "drive_c"
        [home] = [folder for folder in (self.drive / "users").iterdir() if folder.name != "Public"]
        self.local, self.roaming = home / "AppData" / "Local", home / "AppData" / "Roaming"
        self.log = self.local / _NAME / "Logs" / "telex-start.log"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            lock = stack.enter_context(open(MACHINE.with_name(f"{MACHINE.name}.lock"), "w"))
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.end_all()
            for folder in (self.local, self.roaming, self.local / "Temp"):
                shutil.rmtree(folder / _NAME, ignore_errors=True)
            stack.callback(self.end_all)
            # The first program that needs them starts the system's own programs, such as explorer. These inherit its
            # streams and keep them open: a reader of its pipes would see no end. So first start a program that stays.
            self.quietly(self.command_of("cmd", "/c", "exit")).wait(WITHIN)
            pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
            staying = subprocess.Popen(
                self.command("-c", _STAYS), env=self.environ, stdin=pipe, stdout=pipe, stderr=quiet
            )
            stack.callback(end, staying)
            assert staying.stdout is not None and staying.stdout.readline().strip() == b"ready"
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def end_all(self) -> None:
        """End every process of the machine, and Wine itself."""
        for option in ("-k", "-w"):
            subprocess.run([_SERVER, option], env=self.environ, stderr=subprocess.DEVNULL)

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait until the condition holds; gives its value."""
        return until(condition, f"waited for {what}", WITHIN)

    def configuration(self, text: str) -> Path:
        """Write the configuration file; gives its path."""
        file = self.roaming / _NAME / "config.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    # Its programs.

    def command_of(self, *words: str) -> list[str]:
        """The command line of a program of Windows, for Linux."""
        return [_WINE, *words]

    def quietly(self, command: list[str]) -> subprocess.Popen[bytes]:
        """Start a process without input or output."""
        return quietly(command, self.environ)

    def command(self, *arguments: str) -> list[str]:
        """The command line of its Python, for Linux."""
        return [_WINE, _PYTHON, *arguments]

    def python(self, code: str, *arguments: str) -> Calls:
        """A process of its Python that runs some code. (Standard streams are pipes: with a write-only file CPython 3.12
        does not start under Wine 8.)"""
        return Calls(self.command("-c", code, *arguments), self.environ)

    def pytest(self, *arguments: str) -> int:
        """Run pytest with its Python, from the repository's folder, and print its output here; gives the exit code."""
        path = {"PYTHONPATH": f"{windows_path(ROOT)};{windows_path(MACHINE / 'for-tests')}"}
        command = self.command("-m", "pytest", "-p", "no:cacheprovider", *arguments)
        with subprocess.Popen(
            command,
            env=self.environ | path,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    print(line.decode(errors="replace").rstrip(), flush=True)
            finally:
                process.kill()
        return process.wait()

    def telex_start(self, *options: str, telex: Sandbox | None = None, given: str | None = None) -> Program:
        """``telex-start`` with some options.

        Args:
            telex: The sandbox to use; ``None`` for none.
            given: Text for its standard input, which is closed after that.
        """
        return Program(self, options, self.of(telex) if telex is not None else {}, given or "")

    def agent(self, telex: Sandbox, *options: str) -> Program:
        """``telex-start`` with some options, which signs in with the password from its standard input."""
        return self.telex_start(
            *options, "--email", telex.email, "--password-stdin", telex=telex, given=telex.password + "\n"
        )

    def says(self, *options: str, telex: Sandbox | None = None) -> tuple[int, list[str], str]:
        """Run ``telex-start`` with some options to its end; gives exit code, lines of output, and standard error."""
        with self.telex_start(*options, telex=telex) as program:
            code = program.ended()
            return code, program.output, program.errors

    def of(self, telex: Sandbox) -> dict[str, str]:
        """The environment for a sandbox, by the name ``localhost``: Wine 8 matches no IP address of a certificate."""
        return {
            "TELEX_START_API_URL": telex.api_url.replace("127.0.0.1", "localhost"),
            "TELEX_START_PUSH_URL": telex.push_url.replace("127.0.0.1", "localhost"),
            "TELEX_START_CA_FILE": windows_path(telex.ca_file),
        }


class Calls(Process):
    """A program that takes a call on each line of its input, and answers each with a line of JSON."""

    def __call__(self, words: str) -> Any:
        self.tell(words)
        return json.loads(self.next_line(WITHIN))


class Program(Process):
    """``telex-start`` on the machine. If it still runs when it is left, it must end by ``--exit``."""

    def __init__(self, machine: Windows, options: tuple[str, ...], environ: Mapping[str, str], given: str) -> None:
        super().__init__(machine.command("-m", "telex_start", *options), {**machine.environ, **environ}, given)
        self._machine = machine

    def ended(self, within: float = WITHIN) -> int:
        """Wait until it has ended; gives the exit code."""
        return super().ended(within)

    def log(self) -> str:
        """The log file's text."""
        return self._machine.log.read_text() if self._machine.log.exists() else ""

    def logs(self, words: str) -> None:
        """Wait until its log has these words."""
        comes(lambda: words in self.log() or self.process.poll() is not None, WITHIN)
        assert words in self.log(), f"not logged: {words}\n{self.log()}"

    def exit(self) -> str:
        """End it by ``--exit``; gives the output of that command."""
        with Process(self._machine.command("-m", "telex_start", "--exit"), self.environ, "") as asking:
            asking.ended(WITHIN)
            return "\n".join([*asking.output, asking.errors]).strip()

    def leave(self) -> None:
        """End it by ``--exit``, as it should."""
        assert self.exit() == "Telex Start has ended."
        assert self.ended() == 0

    def _end(self) -> bool:
        self.exit()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            return False
        return True


# A Telex.


_BYTES = 32
"""Bytes of each of the two numbers in a P-256 signature."""


@contextmanager
def sandbox(*options: str) -> Iterator[Sandbox]:
    """A sandbox without rate limit; started again with new certificates until Wine accepts them.

    Wine 8 takes an ECDSA signature for false (and says ``CERT_E_CHAINING``) if one of its numbers begins with a zero
    byte: one signature in 128.
    """
    while True:
        with Sandbox(*options, "--rate", "0") as telex:
            if _good_for_wine(telex):
                yield telex
                return


def _good_for_wine(telex: Sandbox) -> bool:
    authority = Path(telex.ca_file).read_text()
    servers = {(split.hostname or "", split.port or 0) for split in map(urlsplit, (telex.api_url, telex.push_url))}
    pems = (authority, *map(ssl.get_server_certificate, servers))
    signatures = [x509.load_pem_x509_certificate(pem.encode()).signature for pem in pems]
    numbers = [number for signature in signatures for number in decode_dss_signature(signature)]
    return all(number.bit_length() > 8 * (_BYTES - 1) for number in numbers)
