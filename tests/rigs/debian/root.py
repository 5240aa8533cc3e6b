"""A Debian in a folder: made by debootstrap, entered as often as wanted, removed at the end."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests import roots

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
