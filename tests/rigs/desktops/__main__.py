"""``python -m tests.rigs.desktops [DESKTOP …] --starts 20 --only CHECK,…``: runs checks on real desktops.

Without names: on all of them, one after the other. Prints the result of each check, and in the end one table; keeps
results (JSON) and pictures in a folder for each desktop. Ends with 1 if a check failed.

Each has a Debian of its own: made once, below a cache folder, then entered as often as wanted.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import roots
from tests.process import ROOT
from tests.roots import NoRoot
from tests.servers import Sandbox

from .check import Report, read, table
from .checks import NAMES
from .known import CHECKOUT, COMMON, DESKTOPS, SHARE

# Its Debian.


_PYTHON = "/opt/telex-start/bin/python"
_LOCK = "packaging/requirements/runtime.txt"


def made(name: str, share: Path) -> Path:
    """The Debian of a desktop, with its packages and the agent's Python packages; makes or completes it first.

    Raises:
        NoRoot: this machine cannot make it, or a step failed.
    """
    desktop = DESKTOPS[name]
    root = roots.kept(desktop.root or name, desktop.suite, [*COMMON, *desktop.packages])
    locked = (ROOT / _LOCK).read_text(encoding="utf-8")
    stamp = root / "opt/telex-start-python.stamp"
    if not (stamp.exists() and stamp.read_text() == locked):
        print(f"{root}: Python packages", flush=True)
        trusted = ["--cert", roots.AUTHORITIES] if (root / roots.AUTHORITIES.lstrip("/")).exists() else []
        install = ["-m", "pip", "install", "-q", *trusted, "--only-binary", ":all:", "--require-hashes"]
        for command in (
            ["python3", "-m", "venv", "--clear", "/opt/telex-start"],
            [_PYTHON, *install, "-r", f"{CHECKOUT}/{_LOCK}"],
        ):
            roots.must(entering(root, share, command, roots.ENVIRON))
        stamp.write_text(locked)
    return root


def entering(root: Path, share: Path, command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """The command line that runs a command inside; all its processes and mounts end with it.

    Args:
        root: The Debian.
        share: The run's own folder.
        command: The command, with paths as they are inside.
        environ: Its whole environment.
    """
    binds = [roots.Bind(ROOT, CHECKOUT), roots.Bind(share, SHARE, writable=True)]
    # It has this machine's network: the sandbox runs outside.
    return roots.enter(root, command, environ, binds=binds, system=True, scratch=True)


# The command.


RESULTS = ROOT / "build" / "desktops"
"""The folder of results and pictures; below it is a folder for each desktop."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.desktops", description="The agent on real desktops.")
    parser.add_argument("desktops", nargs="*", metavar="desktop", help=f"some of {', '.join(DESKTOPS)} (all)")
    parser.add_argument("--starts", type=int, default=20, help="start the agent so often, and look for its icon")
    parser.add_argument("--only", default="", metavar="CHECK,…", help=f"some of: {', '.join(NAMES)}")
    options = parser.parse_args()
    # Without this, the desktop would go on after a SIGTERM.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for name in options.desktops:
        if name not in DESKTOPS:
            parser.error(f"there is no {name}; there are {', '.join(DESKTOPS)}")
    for name in filter(None, options.only.split(",")):
        if name not in NAMES:
            parser.error(f"there is no check {name!r}; there are: {', '.join(NAMES)}")
    reports = []
    try:
        for name in options.desktops or DESKTOPS:
            reports.append(run(name, options))
    except NoRoot as missing:
        print(f"tests.rigs.desktops: {missing}", file=sys.stderr)
        return 2
    print(table(reports), flush=True)
    return 1 if any(report.failed for report in reports) else 0


def run(name: str, options: argparse.Namespace) -> Report:
    """Run all checks on one desktop.

    Raises:
        NoRoot: its Debian cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="desktop-") as folder, Sandbox("--rate", "0", "--no-story") as telex:
        share = Path(folder)
        root = made(name, share)
        shutil.copy(telex.ca_file, share / "ca.pem")
        environ = telex.environ | {
            "TELEX_START_CA_FILE": f"{SHARE}/ca.pem",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": CHECKOUT,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [_PYTHON, "-m", "tests.rigs.desktops.inside", name, f"--commit={_commit()}"]
        command += [f"--starts={options.starts}", f"--only={options.only}"]
        subprocess.run(entering(root, share, command, environ), stdin=subprocess.DEVNULL, check=False)
        kept = RESULTS / name
        if not options.only:
            shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True, exist_ok=True)
        for picture in [*(share / "pictures").glob("*"), share / "results.json"]:
            shutil.copy(picture, kept)
        return read(kept / "results.json")


def _commit() -> str:
    """The commit that is tried, with ``+`` if files were changed since."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(ROOT), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


if __name__ == "__main__":
    sys.exit(main())
