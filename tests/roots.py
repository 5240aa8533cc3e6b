"""Debians in folders: made by debootstrap, entered in namespaces (mounts and processes) that end with what has entered,
so that nothing has to be unmounted or ended afterwards. Needs root.

Shared by the tests on a Debian of their own (:mod:`tests.rigs.debian`), by desktops (:mod:`tests.rigs.desktops`), and
by the building and the proof of Debian packages. Imports nothing that Python has not.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOTS = Path(os.environ.get("TELEX_START_ROOTS") or Path.home() / ".cache" / "telex-start-test" / "roots")
"""Where those are kept that are made once, a folder each."""
MIRROR = os.environ.get("TELEX_START_DEBIAN_MIRROR", "http://deb.debian.org")
_NEEDED = {"debootstrap": "debootstrap", "unshare": "util-linux", "ip": "iproute2"}

# What is mounted or started here goes with the namespaces. /dev is bound without what is mounted below it: a pty and
# shared memory are mounted for this root alone.
_ENTER = """
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t devpts -o newinstance,ptmxmode=0666,gid=5,mode=620 devpts "$root/dev/pts"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/run"
"""
# libsystemd, by which GNOME 43 finds that it is nobody's unit and then starts XWayland, looks into /sys/fs/cgroup.
_SYSTEM = """
mount -t sysfs -o ro sysfs "$root/sys"
test ! -d /sys/fs/cgroup || mount --bind /sys/fs/cgroup "$root/sys/fs/cgroup"
"""
# In memory: in a container the disk is an overlay itself, which cannot be written over once more.
_OVER = """
mount -t tmpfs tmpfs "$root/mnt"
mkdir "$root/mnt/upper" "$root/mnt/work" "$root/mnt/root"
mount -t overlay -o "lowerdir=$root,upperdir=$root/mnt/upper,workdir=$root/mnt/work" overlay "$root/mnt/root"
root=$root/mnt/root
"""
_BIND = """
mkdir -p "$root$2"
mount --bind "$1" "$root$2"
test "$3" = rw || mount -o remount,bind,ro "$root$2"
shift 3
"""


class NoRoot(Exception):
    """It cannot be made or entered on this machine; says what is missing."""


class Bind(NamedTuple):
    """A folder of this machine that is found inside."""

    folder: Path
    inside: str
    writable: bool = False


def needs() -> None:
    """
    Raises:
        NoRoot: this machine cannot make or enter one.
    """
    if os.geteuid():
        raise NoRoot("only root can make and enter a root: run it with sudo.")
    for command, package in _NEEDED.items():
        if shutil.which(command) is None:
            raise NoRoot(f"{command} is missing: install {package}.")


def bootstrap(suite: str, folder: Path) -> None:
    """Make the smallest Debian there is. A half-made one never has its name.

    Args:
        suite: Its release, e.g. ``trixie``.
        folder: Where; it may be there, and empty.

    Raises:
        NoRoot: it cannot be made.
    """
    half = folder.with_name(folder.name + ".part")
    shutil.rmtree(half, ignore_errors=True)
    try:
        must(["debootstrap", "--variant=minbase", suite, str(half), f"{MIRROR}/debian"])
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    half.rename(folder)


def settle(suite: str, folder: Path) -> None:
    """Give it what it needs to install packages: where they come from, this machine's names, its own authority.

    Args:
        suite: Its release.
        folder: Where it is.
    """
    if suite in ("testing", "unstable", "sid"):
        # What is not released has its updates in itself, and a day by which a mirror that is behind is not taken.
        sources = f"deb [check-valid-until=no] {MIRROR}/debian {suite} main\n"
    else:
        sources = (
            f"deb {MIRROR}/debian {suite} main\n"
            f"deb {MIRROR}/debian {suite}-updates main\n"
            f"deb {MIRROR}/debian-security {suite}-security main\n"
        )
    (folder / "etc/apt/sources.list").write_text(sources)
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    hosts = f"127.0.0.1 localhost {platform.node()}\n::1 localhost ip6-localhost ip6-loopback\n"
    (folder / "etc/hosts").write_text(hosts)
    policy = folder / "usr/sbin/policy-rc.d"  # no package starts a service
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)


AUTHORITIES = "/opt/authorities.pem"
"""Where a Debian that is kept has this machine's own authorities."""
ENVIRON = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "DEBIAN_FRONTEND": "noninteractive",
}
"""Of whoever is root in one."""


def kept(name: str, suite: str, packages: Sequence[str] = ()) -> Path:
    """A Debian that is made once, with packages (without what they recommend); what is missing of it is made.

    Args:
        name: Of its folder below :data:`ROOTS`.
        suite: Its release.
        packages: What it has beside the smallest.

    Raises:
        NoRoot: this machine cannot, or a step failed.
    """
    root = ROOTS / name
    stamp, mark = root / "opt/telex-start.stamp", " ".join(packages)
    if not root.exists():
        needs()
        print(f"{root}: Debian {suite}", flush=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        bootstrap(suite, root)
    settle(suite, root)
    if packages and not (stamp.exists() and stamp.read_text() == mark):
        print(f"{root}: {mark}", flush=True)
        give_authorities(root, AUTHORITIES)
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages], ["clean"]):
            must(enter(root, ["apt-get", "-qq", *command], ENVIRON))
        stamp.write_text(mark)
    return root


def give_authorities(folder: Path, inside: str) -> bool:
    """Copy this machine's own certificate authorities into a root, for a registry behind one; whether there are any.

    Args:
        folder: The root.
        inside: The file there.
    """
    authorities = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    if authorities:
        target = folder / inside.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(authorities, target)
    return bool(authorities)


def enter(
    root: Path,
    command: Sequence[str],
    environ: Mapping[str, str],
    *,
    binds: Sequence[Bind] = (),
    network: bool = True,
    system: bool = False,
    scratch: bool = False,
    untouched: bool = False,
) -> list[str]:
    """The command line that runs a command inside; all that it leaves behind ends with it, but for files.

    Args:
        root: The Debian's folder.
        command: Its paths are those inside.
        environ: Its whole environment.
        binds: Folders of this machine that are found inside.
        network: Whether it has this machine's network, or a loopback of its own and nothing else. With this machine's
            it would find this machine's X servers: their abstract sockets know no folders.
        system: Whether it sees ``/sys``.
        scratch: Whether ``/tmp`` is its own, and gone afterwards.
        untouched: Whether the Debian stays as it is: what is written is in memory, and gone afterwards.
    """
    steps, words = ["set -e", "root=$1; shift"], [str(root)]
    if untouched:
        steps.append(_OVER)
    steps += [_ENTER, *([_SYSTEM] if system else [])]
    if scratch:
        steps.append('mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"')
    for bind in binds:
        steps.append(_BIND)
        words += [str(bind.folder), bind.inside, "rw" if bind.writable else "ro"]
    apart = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"]
    if not network:
        apart.append("--net")
        steps.append("ip link set lo up")
    steps.append('exec chroot "$root" "$@"')
    variables = [f"{name}={value}" for name, value in environ.items()]
    return [*apart, "sh", "-c", "\n".join(steps), "enter", *words, "/usr/bin/env", "-i", *variables, *command]


def copy_checkout(checkout: Path, to: Path) -> None:
    """Copy a checkout as it is, without what git ignores.

    Args:
        checkout: The repository's folder.
        to: Where; it need not be there.
    """
    listed = ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    for name in filter(None, names):
        if (checkout / name).exists():  # not one that is deleted here
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, to / name, follow_symlinks=False)


def must(command: Sequence[str]) -> str:
    """Run a command on this machine; what it has said.

    Raises:
        NoRoot: it has failed; with the end of what it said.
    """
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        raise NoRoot(f"{' '.join(command[-4:])} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout
