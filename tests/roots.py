"""Makes Debian systems in folders (debootstrap, needs root), and runs commands inside them (chroot).

A command runs in namespaces of its own, which end with it: nothing has to be unmounted or killed afterwards. Used for
``make test-debian`` (:mod:`tests.rigs.debian`), for desktops (:mod:`tests.rigs.desktops`), and for building and testing
Debian packages. Imports only the standard library.
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
"""The folder of the Debians that are made once and kept, one below it for each."""
MIRROR = os.environ.get("TELEX_START_DEBIAN_MIRROR", "http://deb.debian.org")
_NEEDED = {"debootstrap": "debootstrap", "unshare": "util-linux", "ip": "iproute2"}

# Mounts and processes end with the namespaces. /dev is bound without the mounts below it: /dev/pts and /dev/shm are
# mounted for this root alone.
_ENTER = """
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t devpts -o newinstance,ptmxmode=0666,gid=5,mode=620 devpts "$root/dev/pts"
mount --bind "$root/dev/pts/ptmx" "$root/dev/ptmx"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/run"
"""
# libsystemd looks into /sys/fs/cgroup. Through it GNOME 43 finds that it is no systemd unit, and then starts XWayland.
_SYSTEM = """
mount -t sysfs -o ro sysfs "$root/sys"
test ! -d /sys/fs/cgroup || mount --bind /sys/fs/cgroup "$root/sys/fs/cgroup"
"""
# In memory: in a container the disk is itself an overlay, which cannot be the upper layer of another.
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
    """A Debian cannot be made or entered on this machine; says what is missing."""


class Bind(NamedTuple):
    """A folder of this machine, and the path at which it is mounted inside the Debian."""

    folder: Path
    inside: str
    writable: bool = False


def needs() -> None:
    """Check that this machine can make and enter a Debian.

    Raises:
        NoRoot: it cannot.
    """
    if os.geteuid():
        raise NoRoot("only root can make and enter a root: run it with sudo.")
    for command, package in _NEEDED.items():
        if shutil.which(command) is None:
            raise NoRoot(f"{command} is missing: install {package}.")


def bootstrap(suite: str, folder: Path) -> None:
    """Make the smallest Debian there is. The folder has its name only once the Debian is complete.

    Args:
        suite: Its release, e.g. ``trixie``.
        folder: Where to make it; may exist already, if it is empty.

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
    """Configure it for installing packages: package sources, name resolution, and that no package starts a service.

    Args:
        suite: Its release.
        folder: The Debian.
    """
    if suite in ("testing", "unstable", "sid"):
        # An unreleased suite has no suites for updates; and its index expires, by which a mirror that lags is refused.
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
"""The file inside a kept Debian with this machine's own certificate authorities."""
ENVIRON = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "DEBIAN_FRONTEND": "noninteractive",
}
"""The environment of commands that root runs inside."""


def kept(name: str, suite: str, packages: Sequence[str] = ()) -> Path:
    """A Debian that is made once and kept, with packages (without what they recommend); makes or completes it first.

    Args:
        name: The name of its folder below :data:`ROOTS`.
        suite: Its release.
        packages: The packages added to the smallest Debian.

    Raises:
        NoRoot: this machine cannot make it, or a step failed.
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
    """Copy this machine's own certificate authorities into a Debian, for a package registry that needs one.

    Args:
        folder: The Debian.
        inside: The path of the copy in it.

    Returns:
        Whether this machine has any (``PIP_CERT`` or ``SSL_CERT_FILE``).
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
    """The command line that runs a command inside; all its processes and mounts end with it.

    Args:
        root: The Debian's folder.
        command: The command, with paths as they are inside.
        environ: Its whole environment.
        binds: Folders of this machine to mount inside.
        network: Whether it has this machine's network, or only a loopback of its own. With this machine's network it
            would also find this machine's X servers, whose abstract sockets belong to no folder.
        system: Whether it sees ``/sys``.
        scratch: Whether it has a ``/tmp`` of its own, gone afterwards.
        untouched: Whether the Debian stays unchanged: what the command writes is kept in memory, and gone afterwards.
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
        to: The copy's folder; need not exist.
    """
    listed = ["git", "-C", str(checkout), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
    for name in filter(None, names):
        if (checkout / name).exists():  # not one that is deleted here
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(checkout / name, to / name, follow_symlinks=False)


def must(command: Sequence[str]) -> str:
    """Run a command on this machine; gives its output.

    Raises:
        NoRoot: it has failed; holds the end of its output.
    """
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if done.returncode:
        raise NoRoot(f"{' '.join(command[-4:])} ended with {done.returncode}:\n{done.stdout[-2000:]}")
    return done.stdout
