"""Pins what is installed here: ``packaging/requirements/*.txt``, with the hashes of all files.

``runtime.txt`` has pyproject.toml's dependencies. ``sandbox.txt`` and ``test.txt`` have those too, the extra of their
name and what builds the project: each is all that an environment with this checkout needs. In ``lowest.txt`` each
dependency has the lowest version that pyproject.toml allows. Every other file comes from the ``.in`` beside it. A
package has the same version in all files but ``lowest.txt``. By environment markers, each file holds for all platforms
and all Pythons from 3.11 on. A pin that the bounds allow stays as it is; ``--upgrade`` takes the newest version of all
packages, ``--upgrade-package NAME`` that of one.

Run by `make lock`, with the Python of ``.venv-release``.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path("packaging", "requirements")
"""Relative, as the names of files stand in what is written."""
PROJECT = "pyproject.toml"
EXTRAS = ("sandbox", "test")
OLDEST_PYTHON = "3.11"


def main(options: list[str]) -> None:
    """Lock everything; `options` go to uv."""
    done: list[str] = []
    build_system = tomllib.loads((ROOT / PROJECT).read_text(encoding="utf-8"))["build-system"]["requires"]

    def lock(name: str, *sources: str) -> None:
        """Write the lock of that name: what the sources ask for, in the versions of the locks written before."""
        target = str(REQUIREMENTS / f"{name}.txt")
        # No file names where packages are fetched from: that is for the machine that installs them.
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--universal"]
        command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-emit-index-url"]
        command += ["--no-emit-find-links", "--custom-compile-command", "make lock", *options]
        command += [word for earlier in done for word in ("--constraints", earlier)]
        command += ["--output-file", target, *sources]
        # If a source is "-", uv reads what builds the project from its standard input.
        given = "\n".join(build_system)
        if subprocess.run(command, cwd=ROOT, input=given, text=True, check=False).returncode:
            raise SystemExit(f"lock: {target} was not written")
        done.append(target)

    lock("runtime", PROJECT)
    for source in sorted((ROOT / REQUIREMENTS).glob("*.in")):
        lock(source.stem, str(REQUIREMENTS / source.name))
    for extra in EXTRAS:
        lock(extra, PROJECT, "--extra", extra, "-")
    done.clear()
    lowest = ("--resolution", "lowest-direct", "--upgrade")  # or the pins in the file would stay
    lock("lowest", PROJECT, "--extra", "keyring", *lowest)


if __name__ == "__main__":
    main(sys.argv[1:])
