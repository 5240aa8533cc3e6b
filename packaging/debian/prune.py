"""Takes out of a folder of libraries what this program never uses: ``prune.py FOLDER``.

What it names must be there, or it fails: a new version of a library may have it elsewhere.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

TESTS = ("*/tests",)
OTHER_SYSTEMS = (
    "plyer/platforms/android",
    "plyer/platforms/ios",
    "plyer/platforms/macosx",
    "plyer/platforms/win",
    "pystray/_darwin.py",
    "pystray/_win32.py",
    *(f"psutil/_ps{name}.py" for name in ("aix", "bsd", "osx", "sunos", "windows")),
)
COMPILED = ("charset_normalizer/*.so",)
"""What is there in Python, too, and never used: requests has it for answers that name no charset."""
FOR_DEVELOPERS = ("**/*.pyi", "**/py.typed", "bin")
PICTURES = ("Bmp", "Ico", "Png")
"""The formats of Pillow's that are written (an ``.ico`` may hold both others)."""


def main(folder: Path) -> None:
    """Take it out."""
    for pattern in (*TESTS, *OTHER_SYSTEMS, *COMPILED, *FOR_DEVELOPERS):
        for path in found(folder, pattern):
            remove(path)
    for plugin in found(folder, "PIL/*ImagePlugin.py"):
        if plugin.name.removesuffix("ImagePlugin.py") not in PICTURES:
            remove(plugin)
    for record in found(folder, "*.dist-info"):
        # What it is, in which version and under which licence; the list of its files would no longer be true.
        for path in list(record.iterdir()):
            if path.name != "METADATA":
                remove(path)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and path.parent != folder:
            mend(path)


def found(folder: Path, pattern: str) -> Iterator[Path]:
    """What a pattern finds; ends the program where that is nothing."""
    paths = sorted(folder.glob(pattern))
    if not paths:
        sys.exit(f"prune: nothing is {pattern}")
    yield from paths


def remove(path: Path) -> None:
    """A file, or a folder with all in it."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def mend(path: Path) -> None:
    """A module is no program: neither a first line that names an interpreter, nor the right to be run."""
    os.chmod(path, 0o644)
    if path.suffix == ".py" and path.read_bytes()[:2] == b"#!":
        text = path.read_bytes()
        path.write_bytes(b"#" + text[text.index(b"\n") :])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
