"""A Debian of its own for a desktop: made once, below a cache folder, then entered as often as wanted.

It is entered in namespaces of its own (mounts and processes), so that nothing has to be unmounted or ended afterwards:
both go with the process that has entered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import roots
from tests.process import ROOT

from .desktop import COMMON, Desktop

CHECKOUT = "/telex-start"
"""Where this checkout is found inside, for reading."""
SHARE = "/share"
"""Where the run's own folder is found inside."""
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
