"""``python -m tests.rigs.debian RELEASE [--keep] [ARGS]``; ends as ``make test`` ends there."""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests import roots
from tests.process import ROOT
from tests.roots import NoRoot

USER = "tester"
HOME = f"/home/{USER}"
_AUTHORITIES = "/usr/local/share/ca-certificates/host.pem"
_COMMON = ("ca-certificates", "make", "sudo")
"""What a user's Debian has and the smallest has not."""


class Debian:
    """A Debian below a folder, for as long as the ``with`` block.

    Args:
        release: Its name, e.g. ``trixie``.
        keep: Leave the folder at the end.
    """

    def __init__(self, release: str, keep: bool = False) -> None:
        self._release = release
        self._keep = keep
        self.folder = Path()

    def __enter__(self) -> Self:
        """Make it.

        Raises:
            NoRoot: this machine cannot, or a step failed.
        """
        roots.needs()
        self.folder = Path(tempfile.mkdtemp(prefix=f"telex-start-{self._release}-"))
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._keep:
            print(f"kept: {self.folder}", flush=True)
        else:
            self._remove()

    def run_as_user(self, folder: str, *command: str, network: bool = True) -> int:
        """Run a command inside as :data:`USER` and give its exit code; all that it leaves behind ends with it.

        Args:
            folder: Where.
            command: With its arguments.
            network: Whether it has this machine's network, or a loopback of its own and nothing else. With this
                machine's it would find this machine's X servers: their abstract sockets know no folders.
        """
        environ = {"HOME": HOME, "USER": USER, "LOGNAME": USER, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games"}
        words = ["/usr/bin/env", f"--chdir={folder}", *command]
        as_user = ["/usr/bin/setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", *words]
        return subprocess.run(self._inside(as_user, environ, network), stdin=subprocess.DEVNULL).returncode

    def copy_in(self, checkout: Path, to: str) -> None:
        """Copy a checkout, without what git ignores, and give it to the user."""
        roots.copy_checkout(checkout, self.folder / to.lstrip("/"))
        self._must(["chown", "-R", f"{USER}:{USER}", to])

    # --- making it --------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self._say("Debian")
        roots.bootstrap(self._release, self.folder)
        roots.settle(self._release, self.folder)
        self.folder.chmod(0o755)
        self._say(f"what a user has: {' '.join(_COMMON)}")
        self._must(["apt-get", "-qq", "update"])
        self._must(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *_COMMON])
        self._must(["useradd", "--create-home", "--shell", "/bin/bash", USER])
        (self.folder / "etc/sudoers.d").mkdir(exist_ok=True)
        (self.folder / f"etc/sudoers.d/{USER}").write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
        roots.give_authorities(self.folder, _AUTHORITIES)

    def _inside(self, command: Sequence[str], environ: Mapping[str, str], network: bool = True) -> list[str]:
        settings = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "DEBIAN_FRONTEND": "noninteractive",
            **({"PIP_CERT": _AUTHORITIES} if (self.folder / _AUTHORITIES.lstrip("/")).exists() else {}),
            **environ,
        }
        return roots.enter(self.folder, command, settings, network=network)

    def _must(self, command: Sequence[str]) -> None:
        roots.must(self._inside(command, {}))

    def _say(self, what: str) -> None:
        print(f"{self.folder}: {what}", file=sys.stderr, flush=True)

    def _remove(self) -> None:
        shutil.rmtree(self.folder)


_CHECKOUT = f"{HOME}/telex-start"
_WANTS_REGISTRY = "tests/end_to_end/test_installed.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.debian", description="make test on another Debian.")
    parser.add_argument("release", help="bookworm, trixie, ...")
    parser.add_argument("--keep", action="store_true", help="leave the Debian's folder, to look into it")
    parser.add_argument("arguments", nargs="?", default="", help="more for pytest, in one word")
    given = parser.parse_args()
    # So that the folder is removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Debian(given.release, given.keep) as debian:
            debian.copy_in(ROOT, _CHECKOUT)
            code = debian.run_as_user(_CHECKOUT, "make", "set-up-test")
            if code == 0:  # what is there now is all that the tests need, but for one that installs the package
                more = f"ARGS=--ignore {_WANTS_REGISTRY} {given.arguments}"
                code = debian.run_as_user(_CHECKOUT, "make", "test", more, network=False)
                code = debian.run_as_user(_CHECKOUT, ".venv/bin/python", "-m", "pytest", _WANTS_REGISTRY) or code
            debian.run_as_user(_CHECKOUT, ".venv/bin/python", "-c", _WHAT)
    except NoRoot as missing:
        print(f"tests.rigs.debian: {missing}", file=sys.stderr)
        return 2
    print(f"tests.rigs.debian: make test on {given.release} ended with {code}")
    return code


_WHAT = (
    "import platform, sys; print(platform.freedesktop_os_release()['PRETTY_NAME'], 'Python', sys.version.split()[0])"
)


if __name__ == "__main__":
    sys.exit(main())
