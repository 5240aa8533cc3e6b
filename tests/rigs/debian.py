"""``python -m tests.rigs.debian RELEASE [ARGS]`` (``make test-debian``): runs ``make test`` on a new Debian.

Each run makes a Debian by debootstrap, copies this checkout into it, and runs ``make test`` there as a user who may
install what is missing by sudo; its exit code is that of ``make test``. Nothing is left behind: mounts and processes
are in namespaces that end with it.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import roots
from tests.process import ROOT
from tests.roots import NoRoot

USER = "tester"
HOME = f"/home/{USER}"
CHECKOUT = f"{HOME}/telex-start"
_AUTHORITIES = "/usr/local/share/ca-certificates/host.pem"
_COMMON = ("ca-certificates", "make", "sudo")
"""The packages of a user's Debian that the smallest Debian does not have."""


class Debian:
    """A new Debian in a folder, with a user who has a copy of this checkout.

    Raises:
        NoRoot: this machine cannot make it, or a step failed.
    """

    def __init__(self, folder: Path, release: str) -> None:
        self._folder = folder
        self._environ = dict(roots.ENVIRON)
        print(f"{folder}: Debian {release}, {' '.join(_COMMON)}", file=sys.stderr, flush=True)
        roots.bootstrap(release, folder)
        roots.settle(release, folder)
        folder.chmod(0o755)
        self._must("apt-get", "-qq", "update")
        self._must("apt-get", "-qq", "install", "-y", "--no-install-recommends", *_COMMON)
        self._must("useradd", "--create-home", "--shell", "/bin/bash", USER)
        (folder / "etc/sudoers.d").mkdir(exist_ok=True)
        (folder / f"etc/sudoers.d/{USER}").write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
        if roots.give_authorities(folder, _AUTHORITIES):
            self._environ["PIP_CERT"] = _AUTHORITIES
        roots.copy_checkout(ROOT, folder / CHECKOUT.lstrip("/"))
        self._must("chown", "-R", f"{USER}:{USER}", CHECKOUT)

    def _must(self, *command: str) -> None:
        roots.must(roots.enter(self._folder, command, self._environ))

    def run(self, *command: str, network: bool = True) -> int:
        """Run a command in the checkout as :data:`USER` and give its exit code.

        Args:
            command: With its arguments.
            network: Whether it has this machine's network, or only a loopback of its own. With this machine's network
                it would also find this machine's X servers, whose abstract sockets belong to no folder.
        """
        mine = {"HOME": HOME, "USER": USER, "LOGNAME": USER, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games"}
        words = ["/usr/bin/env", f"--chdir={CHECKOUT}", *command]
        as_user = ["/usr/bin/setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups", *words]
        inside = roots.enter(self._folder, as_user, self._environ | mine, network=network)
        return subprocess.run(inside, stdin=subprocess.DEVNULL).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.debian", description="make test on another Debian.")
    parser.add_argument("release", help="bookworm, trixie, ...")
    parser.add_argument("arguments", nargs="?", default="", help="more for pytest, in one word")
    given = parser.parse_args()
    # So that the folder is removed after a SIGTERM, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        roots.needs()
        with tempfile.TemporaryDirectory(prefix=f"telex-start-{given.release}-") as folder:
            debian = Debian(Path(folder), given.release)
            code = debian.run("make", "set-up-test")
            if code == 0:  # all that the tests need is installed by then
                code = debian.run("make", "test", f"ARGS={given.arguments}", network=False)
    except NoRoot as missing:
        print(f"tests.rigs.debian: {missing}", file=sys.stderr)
        return 2
    print(f"tests.rigs.debian: make test on {given.release} ended with {code}")
    return code


if __name__ == "__main__":
    sys.exit(main())
