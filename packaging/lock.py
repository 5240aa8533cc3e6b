"""Pins what a release is made of and with: ``packaging/requirements/*.txt``, with the hashes of all files.

``runtime.txt`` comes from pyproject.toml's dependencies, each other one from the ``.in`` beside it. One file holds for
all platforms and all Pythons from 3.11 on, by environment markers. A pin that the bounds allow stays as it is;
``--upgrade`` takes the newest of all, ``--upgrade-package NAME`` the newest of one.

Run by `make lock`, with the Python of ``.venv-release``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "packaging" / "requirements"
OLDEST_PYTHON = "3.11"


def main(options: list[str]) -> None:
    """Lock everything; `options` go to uv."""
    lock(ROOT / "pyproject.toml", REQUIREMENTS / "runtime.txt", options)
    for source in sorted(REQUIREMENTS.glob("*.in")):
        lock(source, source.with_suffix(".txt"), options)


def lock(source: Path, target: Path, options: list[str]) -> None:
    """Write `target`, with what `source` asks for; ends the program where uv finds no set of versions."""
    # Where packages are fetched from is the matter of the machine that installs them, and in no file.
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--universal"]
    command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--custom-compile-command", "make lock", *options]
    # Relative, as the names of files stand in what is written.
    command += ["--output-file", str(target.relative_to(ROOT)), str(source.relative_to(ROOT))]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode:
        raise SystemExit(f"lock: {target.name} was not written")


if __name__ == "__main__":
    main(sys.argv[1:])
