"""The program that PyInstaller makes runs its own modules without an interpreter, and what it starts inherits nothing.

``make windows`` proves what the program is made of; here ``sys.frozen`` stands in for PyInstaller.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telex_start import __main__, __version__
from telex_start.process import itself
from telex_start.setup import launch
from telex_start.setup.linux import SIZES
from tests.process import ROOT

START = """\
import sys
from telex_start.__main__ import frozen_main
sys.frozen, sys.executable = True, {program!r}
sys.exit(frozen_main())
"""
"""``packaging/windows/start.py``, in an interpreter."""


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the frozen program with these words."""
    return subprocess.run(
        [sys.executable, "-c", START.format(program=sys.executable), *words],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)


def test_it_is_the_program_and_the_interpreter_of_its_own_modules(tmp_path: Path) -> None:
    assert run("--version").stdout == f"telex-start {__version__}\n"
    assert run("-m", "telex_start", "--version").stdout == f"telex-start {__version__}\n"
    for size in SIZES:
        (tmp_path / f"{size}x{size}" / "apps").mkdir(parents=True)
    drawn = run("-m", "telex_start.setup.linux", str(tmp_path))
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert (tmp_path / "48x48" / "apps" / "telex-start.png").stat().st_size > 500
    for words in (["-m"], ["-m", "http.server"], ["-m", "telex_started"]):
        other = run(*words)
        assert (other.returncode, "unrecognized" in other.stderr) == (2, True), "it runs what is not its own"


@pytest.mark.usefixtures("is_frozen")
def test_a_window_is_the_program_itself_and_the_desktop_starts_it_without_a_console(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``-P -m`` was used, which no interpreter was there to take; and if the program without a console had been
    deleted, the desktop was to run ``telex-start.exe -m telex_start``."""
    console, windowless = tmp_path / "telex-start.exe", tmp_path / "telex-startw.exe"
    monkeypatch.setattr(sys, "executable", str(windowless))
    assert itself.command("telex_start.x") == [str(windowless), "-m", "telex_start.x"]
    assert itself.environment() == {}
    console.touch(0o755)
    assert launch.candidates(str(console), "win32") == [[str(console)]]
    windowless.touch(0o755)
    for program in (console, windowless):
        assert launch.candidates(str(program), "win32")[0] == [str(windowless)]


@pytest.mark.usefixtures("is_frozen")
def test_what_it_comes_without_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A command whose module the program lacks ended in an unexpected error, with a traceback."""
    assert __main__.main(["sandbox"]) == 2
    said = capsys.readouterr().err
    assert said == "telex-start: this program comes without the sandbox: pip install 'telex-start[sandbox]' has it.\n"


def test_what_is_started_from_it_inherits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Telex client looked for its libraries in our folder, and had PyInstaller's variables."""
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", r"C:\Telex Start\telex-startw.exe")
    monkeypatch.setenv("_PYI_PARENT_PROCESS_LEVEL", "1")
    monkeypatch.setattr(sys, "argv", ["telex-startw.exe"])
    monkeypatch.setattr(__main__, "main", lambda: 3)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "_MEIPASS", r"C:\Telex Start\_internal", raising=False)
    asked: list[Any] = []
    kernel32 = SimpleNamespace(SetDllDirectoryW=asked.append)
    monkeypatch.setitem(sys.modules, "ctypes", SimpleNamespace(windll=SimpleNamespace(kernel32=kernel32)))
    monkeypatch.setattr(os, "add_dll_directory", asked.append, raising=False)
    assert __main__.frozen_main() == 3
    assert not [name for name in os.environ if name.startswith("_PYI_")]
    assert asked == [r"C:\Telex Start\_internal", None]
