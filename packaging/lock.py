"""Pins what is installed here: ``packaging/requirements/*.txt``, with the hashes of all files.

``runtime.txt`` comes from pyproject.toml's dependencies; ``sandbox.txt`` and ``test.txt`` have those too, an extra and
what builds the project: each is all that an environment with this checkout needs. Each other one comes from the ``.in``
beside it. What two of them have is of one version, but for ``lowest.txt``: there each dependency is of the lowest
version that pyproject.toml allows. Each holds for all platforms and all Pythons from 3.11 on, by
environment markers. A pin that the bounds allow stays as it is; ``--upgrade`` takes the newest of all,
``--upgrade-package NAME`` the newest of one.

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
        """Write the lock of that name, with what the sources ask for, in the versions of those written before it."""
        target = str(REQUIREMENTS / f"{name}.txt")
        # Where packages are fetched from is the matter of the machine that installs them, and in no file.
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--universal"]
        command += ["--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-emit-index-url"]
        command += ["--no-emit-find-links", "--custom-compile-command", "make lock", *options]
        command += [word for earlier in done for word in ("--constraints", earlier)]
        command += ["--output-file", target, *sources]
        # What builds the project is read from there, where a source is "-".
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
    lowest = ("--resolution", "lowest-direct", "--upgrade")  # or what is there would stay
    lock("lowest", PROJECT, "--extra", "keyring", *lowest)


if __name__ == "__main__":
    main(sys.argv[1:])
