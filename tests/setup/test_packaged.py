"""The program as a distribution's package has it: in a folder with its libraries, which is on no interpreter's path."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from telex_start import __version__
from telex_start.process import itself
from telex_start.setup.linux import SIZES
from tests.process import ROOT


class Packaged:
    """The program in such a folder, with a link to its entry elsewhere, as in ``/usr/bin``."""

    def __init__(self, folder: Path) -> None:
        library, programs, self.home = folder / "lib", folder / "bin", folder / "home"
        for made in (library, programs, self.home):
            made.mkdir()
        (self.home / "run").mkdir(mode=0o700)
        here = next(path for path in sys.path if path.endswith("site-packages"))
        for package in Path(here).iterdir():
            if package.suffix != ".pth" and package.name != "telex_start":
                (library / package.name).symlink_to(package)
        shutil.copytree(ROOT / "telex_start", library / "telex_start", ignore=shutil.ignore_patterns("__pycache__"))
        entry = (ROOT / "packaging/debian/entry.py").read_text()
        first, _, rest = entry.partition("\n")
        self.library, self.flags = library, first.removeprefix("#!/usr/bin/python3 ")
        (library / "__main__.py").write_text(f"#!{sys.executable} {self.flags}\n{rest}")
        (library / "__main__.py").chmod(0o755)
        self.script = programs / "telex-start"
        self.script.symlink_to(library / "__main__.py")
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }

    def run(self, *words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.home, env=self.environ | environ, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )


@pytest.fixture
def packaged(tmp_path: Path) -> Iterator[Packaged]:
    yield Packaged(tmp_path)


def test_nothing_of_the_person_has_a_say_in_what_is_run(packaged: Packaged) -> None:
    for name in ("json", "requests"):  # one of Python's own, and a library
        (packaged.home / f"{name}.py").write_text("raise SystemExit('another program')")
    said = packaged.run(packaged.script, "--version", PYTHONPATH=str(packaged.home), PYTHONHOME="/nowhere")
    assert (said.stdout, said.stderr) == (f"telex-start {__version__}\n", "")


def test_it_runs_its_own_modules_and_leaves_no_variable_for_what_is_opened_from_there(packaged: Packaged) -> None:
    """A window's process, and an editor that it opened, had PYTHONPATH; the doctor's process had not, and failed."""
    probe = "import json; from telex_start.process import itself; print(json.dumps(itself.command('telex_start.x')))"
    asked = f"import sys; sys.path.insert(0, {str(packaged.library)!r}); {probe}; print(itself.environment())"
    said = packaged.run(sys.executable, "-I", "-c", asked)
    words = [sys.executable, packaged.flags, str(packaged.library / "__main__.py"), "-m", "telex_start.x"]
    assert said.stdout.split("\n")[:2] == [str(words).replace("'", '"'), "{}"], said.stderr
    icon = packaged.home / "48x48" / "apps" / "telex-start.png"
    for size in SIZES:
        (packaged.home / f"{size}x{size}" / "apps").mkdir(parents=True)
    drawn = packaged.run(*words[:-1], "telex_start.setup.linux", packaged.home)
    assert (drawn.returncode, drawn.stderr) == (0, "") and icon.stat().st_size > 500
    other = packaged.run(*words[:-1], "http.server", "--help")
    assert "--bind" not in other.stdout, "it runs what is not its own"


def test_where_it_is_not_installed_an_interpreter_is_told_where_it_is() -> None:
    assert itself.command("telex_start.x") == [sys.executable, "-P", "-m", "telex_start.x"]
    assert itself.environment()["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)
