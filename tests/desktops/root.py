"""A Debian of its own for a desktop: made once, below a cache folder, then entered as often as wanted.

It is entered in namespaces of its own (mounts and processes), so that nothing has to be unmounted or ended afterwards:
both go with the process that has entered.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.process import ROOT

from .desktop import COMMON, Desktop

ROOTS = Path(os.environ.get("TELEX_START_ROOTS") or Path.home() / ".cache" / "telex-start-test" / "roots")
"""Where the Debians are kept, a folder each."""
MIRROR = os.environ.get("TELEX_START_DEBIAN_MIRROR", "http://deb.debian.org")

CHECKOUT = "/telex-start"
"""Where this checkout is found inside, for reading."""
SHARE = "/share"
"""Where the run's own folder is found inside."""
_PYTHON = "/opt/telex-start/bin/python"
_STAMP = "opt/telex-start.stamp"

# The first argument is the root, the second the run's folder, the third the checkout; then the command.
# libsystemd, by which GNOME 43 finds that it is nobody's unit and then starts XWayland, looks into /sys/fs/cgroup.
# /dev is bound without what is mounted below it: what a pty and shared memory need is mounted for this root alone.
_ENTER = f"""
set -e
root=$1 share=$2 checkout=$3; shift 3
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t sysfs -o ro sysfs "$root/sys"
test ! -d /sys/fs/cgroup || mount --bind /sys/fs/cgroup "$root/sys/fs/cgroup"
mount --bind /dev/pts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
mkdir -p "$root{CHECKOUT}" "$root{SHARE}"
mount --bind "$checkout" "$root{CHECKOUT}"
mount -o remount,bind,ro "$root{CHECKOUT}"
mount --bind "$share" "$root{SHARE}"
exec chroot "$root" "$@"
"""


class NoRoot(Exception):
    """The Debian cannot be made or entered on this machine; says what is missing."""


class Root:
    """The Debian of one desktop.

    Args:
        name: Of its folder.
        desktop: What it has to hold.
        checkout: The source that is run inside.
    """

    def __init__(self, name: str, desktop: Desktop, checkout: Path = ROOT) -> None:
        self.folder = ROOTS / name
        self._desktop = desktop
        self._checkout = checkout

    def make(self, share: Path) -> None:
        """Make what is missing of it: Debian, packages, Python packages.

        Raises:
            NoRoot: this machine cannot, or a step failed.
        """
        if os.geteuid():
            raise NoRoot("only root can make and enter a root: run it with sudo.")
        for command, package in (("debootstrap", "debootstrap"), ("unshare", "util-linux")):
            if shutil.which(command) is None:
                raise NoRoot(f"{command} is missing: install {package}.")
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        stamp = self.folder / _STAMP
        done = stamp.read_text().split() if stamp.exists() else []
        for step, marks, work in (
            ("Debian", [self._desktop.suite], self._bootstrap),
            ("packages", [*COMMON, *self._desktop.packages], self._install),
            ("Python packages", self._requirements(), self._install_python),
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
        variables = [f"{name}={value}" for name, value in environ.items()]
        inside = ["/usr/bin/env", "-i", *variables, *command]
        # Loopback is shared: the sandbox is outside.
        apart = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
        return [*apart, "sh", "-c", _ENTER, "enter", str(self.folder), str(share), str(self._checkout), *inside]

    def python(self, *arguments: str) -> list[str]:
        """A command of its Python, with the agent's packages and this checkout."""
        return [_PYTHON, *arguments]

    # --- making it --------------------------------------------------------------------------------------------------

    def _bootstrap(self, share: Path) -> None:
        if (self.folder / "usr/bin/apt-get").exists():
            return  # somebody has made it by hand
        half = self.folder.with_name(self.folder.name + ".part")
        shutil.rmtree(half, ignore_errors=True)
        _run(["debootstrap", "--variant=minbase", self._desktop.suite, str(half), f"{MIRROR}/debian"])
        half.rename(self.folder)

    def _install(self, share: Path) -> None:
        suite = self._desktop.suite
        (self.folder / "etc/apt/sources.list").write_text(
            f"deb {MIRROR}/debian {suite} main\n"
            f"deb {MIRROR}/debian {suite}-updates main\n"
            f"deb {MIRROR}/debian-security {suite}-security main\n"
        )
        shutil.copy("/etc/resolv.conf", self.folder / "etc/resolv.conf")
        # No package starts a service.
        policy = self.folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        self._inside(share, "apt-get", "-qq", "update")
        wanted = [*COMMON, *self._desktop.packages]
        self._inside(share, "apt-get", "-qq", "install", "-y", "--no-install-recommends", *wanted)
        self._inside(share, "apt-get", "clean")

    def _install_python(self, share: Path) -> None:
        authorities = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
        trusted = []
        if authorities:  # a registry behind this machine's own authority
            shutil.copy(authorities, self.folder / "opt/authorities.pem")
            trusted = ["--cert", "/opt/authorities.pem"]
        self._inside(share, "python3", "-m", "venv", "/opt/telex-start")
        self._inside(share, _PYTHON, "-m", "pip", "install", "-q", *trusted, *self._requirements())

    def _requirements(self) -> list[str]:
        project = tomllib.loads((self._checkout / "pyproject.toml").read_text())["project"]
        return list(project["dependencies"])

    def _inside(self, share: Path, *command: str) -> None:
        environ = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root"}
        _run(self.enter(share, command, environ))


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise NoRoot(f"{' '.join(command[-4:])} ended with {done.returncode}:\n{done.stdout[-2000:]}")
