"""Builds the wheel and the sdist into ``dist/``: the same bytes from the same commit, whenever and wherever.

What git does not know (an editor's file, a folder of caches) is not in them. Run by `make wheel`, with the Python of
``.venv-release``, whose versions of all tools are locked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from this_release import DIST, ROOT, commit_time, wheel_and_sdist


def main() -> None:
    """Build both, have twine look at them, and say how large they are."""
    with tempfile.TemporaryDirectory(prefix="wheel-") as folder:
        environ = {**os.environ, "SOURCE_DATE_EPOCH": commit_time()}
        run("hatchling", "build", "-d", str(DIST), "-t", "sdist", "-t", "wheel", cwd=source(Path(folder)), env=environ)
    files = wheel_and_sdist()
    run("twine", "--no-color", "check", "--strict", *(str(file) for file in files))
    for file in files:
        print(f"{file.relative_to(ROOT)}  {file.stat().st_size / 1e6:.2f} MB")


def source(folder: Path) -> Path:
    """Where to build from: a copy of all tracked files, or the unpacked sdist itself."""
    if not (ROOT / ".git").exists():
        return ROOT
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.rstrip("\0").split("\0"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    return folder


def run(module: str, *arguments: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a tool of ``.venv-release``; ends the program if that fails."""
    if subprocess.run([sys.executable, "-m", module, *arguments], cwd=cwd, env=env, check=False).returncode:
        raise SystemExit(f"wheel: {module} {arguments[0]} failed")


if __name__ == "__main__":
    main()
