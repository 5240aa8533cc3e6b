"""A Debian in a folder: made by debootstrap, entered as often as wanted, removed at the end."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

MIRROR = os.environ.get("TELEX_START_DEBIAN_MIRROR", "http://deb.debian.org")
USER = "tester"
HOME = f"/home/{USER}"
_AUTHORITIES = "/usr/local/share/ca-certificates/host.pem"
_COMMON = ("ca-certificates", "make", "sudo")
"""What a user's Debian has and the smallest has not."""

# The first argument is the root; then the command. A pty and shared memory are mounted for this root alone. Everything
# that is mounted or started here goes with the namespaces.
_ENTER = """
set -e
root=$1; shift
ip link set lo up
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t devpts -o newinstance,ptmxmode=0666,gid=5,mode=620 devpts "$root/dev/pts"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/run"
exec chroot "$root" "$@"
"""


class NoDebian(Exception):
    """It cannot be made on this machine; says what is missing."""


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
            NoDebian: this machine cannot, or a step failed.
        """
        if os.geteuid():
            raise NoDebian("only root can make a Debian: run it with sudo.")
        for command, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux"), ("ip", "iproute2")):
            if shutil.which(command) is None:
                raise NoDebian(f"{command} is missing: install {package}.")
        self.folder = Path(tempfile.mkdtemp(prefix=f"telex-start-{self._release}-"))
        try:
            self.folder.chmod(0o755)
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
        listed = ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
        for name in filter(None, names):
            if (checkout / name).exists():  # not one that is deleted here
                target = self.folder / to.lstrip("/") / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(checkout / name, target, follow_symlinks=False)
        self._must(["chown", "-R", f"{USER}:{USER}", to])

    # --- making it --------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        self._say("Debian")
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", self._release, str(self.folder), f"{MIRROR}/debian"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode:
            raise NoDebian(f"debootstrap ended with {made.returncode}:\n{made.stdout[-2000:]}")
        (self.folder / "etc/apt/sources.list").write_text(
            f"deb {MIRROR}/debian {self._release} main\n"
            f"deb {MIRROR}/debian {self._release}-updates main\n"
            f"deb {MIRROR}/debian-security {self._release}-security main\n"
        )
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        hosts = f"127.0.0.1 localhost {platform.node()}\n::1 localhost ip6-localhost ip6-loopback\n"
        (self.folder / "etc/hosts").write_text(hosts)
        policy = self.folder / "usr/sbin/policy-rc.d"  # no package starts a service
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        self._say(f"what a user has: {' '.join(_COMMON)}")
        self._must(["apt-get", "-qq", "update"])
        self._must(["apt-get", "-qq", "install", "-y", "--no-install-recommends", *_COMMON])
        self._must(["useradd", "--create-home", "--shell", "/bin/bash", USER])
        (self.folder / "etc/sudoers.d").mkdir(exist_ok=True)
        (self.folder / f"etc/sudoers.d/{USER}").write_text(f"{USER} ALL=(ALL) NOPASSWD: ALL\n")
        authorities = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
        if authorities:  # a registry behind this machine's own authority
            shutil.copy(authorities, self.folder / _AUTHORITIES.lstrip("/"))

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
        variables = [f"{name}={value}" for name, value in settings.items()]
        apart = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        if not network:
            apart.append("--net")
        return [*apart, "sh", "-c", _ENTER, "enter", str(self.folder), "/usr/bin/env", "-i", *variables, *command]

    def _must(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            self._inside(command, {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise NoDebian(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}")

    def _say(self, what: str) -> None:
        print(f"{self.folder}: {what}", file=sys.stderr, flush=True)

    def _remove(self) -> None:
        shutil.rmtree(self.folder)
