"""``python -m tests.rigs.desktops [DESKTOP …] --starts 20 --only CHECK,… --results FOLDER``: checks on real desktops.

Without names on all of them, one after the other. Prints what came of each check, and in the end one table; keeps
results (JSON) and pictures in a folder for each desktop. Ends with 1 where a check failed.

Each has a Debian of its own: made once, below a cache folder, then entered as often as wanted.
"""

from __future__ import annotations

import argparse
import hashlib
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
from .known import CHECKOUT, COMMON, DESKTOPS, SHARE, Desktop

# --- its Debian -------------------------------------------------------------------------------------------------------


_PYTHON = "/opt/telex-start/bin/python"
_LOCK = "packaging/requirements/runtime.txt"
_STAMP = "opt/telex-start.stamp"
_AUTHORITIES = "/opt/authorities.pem"


class Root:
    """The Debian of one desktop.

    Args:
        name: Of its folder.
        desktop: What it has to hold.
        checkout: The source that is run inside.
    """

    def __init__(self, name: str, desktop: Desktop, checkout: Path = ROOT) -> None:
        self.folder = roots.ROOTS / name
        self._desktop = desktop
        self._checkout = checkout

    def make(self, share: Path) -> None:
        """Make what is missing of it: Debian, packages, Python packages.

        Raises:
            NoRoot: this machine cannot, or a step failed.
        """
        roots.needs()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        stamp = self.folder / _STAMP
        done = stamp.read_text().split() if stamp.exists() else []
        locked = (self._checkout / _LOCK).read_text(encoding="utf-8")
        for step, marks, work in (
            ("Debian", [self._desktop.suite], self._bootstrap),
            ("packages", [*COMMON, *self._desktop.packages], self._install),
            ("Python packages", [locked], self._install_python),
        ):
            mark = hashlib.sha256("\n".join(marks).encode()).hexdigest()
            if mark not in done:
                print(f"{self.folder}: {step}", flush=True)
                work(share)
                done.append(mark)
                stamp.write_text("\n".join(done))

    def enter(self, share: Path, command: Sequence[str], environ: Mapping[str, str]) -> list[str]:
        """The command line that runs a command inside; all that it leaves behind ends with it.

        Args:
            share: The run's own folder.
            command: Its paths are those inside.
            environ: Its whole environment.
        """
        binds = [roots.Bind(self._checkout, CHECKOUT), roots.Bind(share, SHARE, writable=True)]
        # Loopback is shared: the sandbox is outside.
        return roots.enter(self.folder, command, environ, binds=binds, system=True, scratch=True)

    def python(self, *arguments: str) -> list[str]:
        """A command of its Python, with the agent's packages and this checkout."""
        return [_PYTHON, *arguments]

    # --- making it --------------------------------------------------------------------------------------------------

    def _bootstrap(self, share: Path) -> None:
        if (self.folder / "usr/bin/apt-get").exists():
            return  # somebody has made it by hand
        roots.bootstrap(self._desktop.suite, self.folder)

    def _install(self, share: Path) -> None:
        roots.settle(self._desktop.suite, self.folder)
        self._inside(share, "apt-get", "-qq", "update")
        wanted = [*COMMON, *self._desktop.packages]
        self._inside(share, "apt-get", "-qq", "install", "-y", "--no-install-recommends", *wanted)
        self._inside(share, "apt-get", "clean")

    def _install_python(self, share: Path) -> None:
        trusted = ["--cert", _AUTHORITIES] if roots.give_authorities(self.folder, _AUTHORITIES) else []
        self._inside(share, "python3", "-m", "venv", "--clear", "/opt/telex-start")
        locked = ["--only-binary", ":all:", "--require-hashes", "-r", f"{CHECKOUT}/{_LOCK}"]
        self._inside(share, _PYTHON, "-m", "pip", "install", "-q", *trusted, *locked)

    def _inside(self, share: Path, *command: str) -> None:
        environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
        roots.must(self.enter(share, command, environ))


# --- the command ------------------------------------------------------------------------------------------------------


RESULTS = ROOT / "build" / "desktops"
"""Where results are kept if nothing else is said: below it a folder for each desktop."""
_PARTS = (
    *("__init__.py", "agent.py", "fake_bus.py", "panel_item.py", "process.py", "roots.py", "servers.py"),
    *("stopwatch.py", "x_windows.py"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.desktops", description="The agent on real desktops.")
    parser.add_argument("desktops", nargs="*", metavar="desktop", help=f"some of {', '.join(DESKTOPS)} (all)")
    parser.add_argument("--starts", type=int, default=20, help="start the agent so often, and look for its icon")
    parser.add_argument("--only", default="", metavar="CHECK,…", help=f"some of: {', '.join(NAMES)}")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for results and pictures (%(default)s)")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the source to run (this one)")
    options = parser.parse_args()
    # Else the desktop would go on without this.
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
    """All checks on one desktop.

    Raises:
        NoRoot: its Debian cannot be made.
    """
    desktop = DESKTOPS[name]
    checkout = options.checkout.resolve()
    root = Root(desktop.root or name, desktop, checkout)
    with tempfile.TemporaryDirectory(prefix="desktop-") as folder, Sandbox("--rate", "0", "--no-story") as telex:
        share = Path(folder)
        root.make(share)
        # What runs inside is this checkout's; what is tried may be another's.
        shutil.copytree(Path(__file__).parent, share / "tests" / "rigs" / "desktops")
        (share / "tests" / "rigs" / "__init__.py").touch()
        for part in _PARTS:
            shutil.copy(ROOT / "tests" / part, share / "tests")
        shutil.copy(telex.ca_file, share / "ca.pem")
        environ = telex.environ | {
            "TELEX_START_CA_FILE": f"{SHARE}/ca.pem",
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games:/usr/sbin:/sbin",
            "LANG": "C.UTF-8",
            "PYTHONPATH": f"{SHARE}:{CHECKOUT}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = root.python("-m", "tests.rigs.desktops.inside", name, f"--commit={_commit(checkout)}")
        command += [f"--starts={options.starts}", f"--only={options.only}"]
        subprocess.run(root.enter(share, command, environ), stdin=subprocess.DEVNULL, check=False)
        kept = options.results / name
        if not options.only:
            shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True, exist_ok=True)
        for picture in [*(share / "pictures").glob("*"), share / "results.json"]:
            shutil.copy(picture, kept)
        return read(kept / "results.json")


def _commit(checkout: Path) -> str:
    """Which source it is."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(checkout), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


if __name__ == "__main__":
    sys.exit(main())
