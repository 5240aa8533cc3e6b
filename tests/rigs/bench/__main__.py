"""``make bench``: the sections of :func:`main`, on a real panel, with the sandbox over TLS.

Name the sections to run only those: ``make bench ARGS="starts idle"``; ``IDLE=10`` shortens the idle minute,
``MESSAGES=20`` the latency runs, ``ROUNDS=1`` those beside the original. Nothing else on the machine has its displays
and ports, or hears its bus, where root may have namespaces of its own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from . import alone, beside
from .measuring import Table

_BESIDE = (beside.starts, beside.memories, beside.pixels, beside.flood, beside.installed)
BESIDE = {section.__name__: section for section in _BESIDE}
"""The sections that are one table: ours in turn with a peer's of the same run."""
ALONE = {section.__name__: section for section in (alone.idle, alone.texts)}
MARK = "BENCH_APART"
"""In the environment of a run that is apart."""
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
"""``SIOCGIFFLAGS``, ``SIOCSIFFLAGS`` and ``IFF_UP``: netdevice(7)."""


def main(sections: list[str]) -> int:
    known = [*BESIDE, *ALONE]
    if unknown := [name for name in sections if name not in known]:
        print(f"bench: no section {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = sections or known
    # What has to be had from outside is had before nothing outside can be reached.
    if any(name in BESIDE for name in wanted) and not os.environ.get(MARK):
        beside.program()
    where = "in namespaces of its own" if _go_apart() else "beside all else on this machine"
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {load}, {where}", flush=True)
    if besides := [name for name in wanted if name in BESIDE]:
        table = Table()
        for name in besides:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                BESIDE[name](folder, table)
        print(f"not reached: {', '.join(table.missed) or 'none'}", flush=True)
    for name in wanted:
        if name in ALONE:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                ALONE[name](folder)
    return 0


def _go_apart() -> bool:
    """Run this very command again with a network and mounts of its own, where root may.

    Returns:
        Whether this process is apart; where it can be, the first call does not return.
    """
    if os.environ.get(MARK):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # raises the loopback
            asked = struct.pack("16sh14x", b"lo", 0)
            (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _GET_FLAGS, asked), 16)
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))
        sockets = Path("/tmp/.X11-unix")
        sockets.mkdir(mode=0o1777, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", sockets], check=True)
        return True
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() or subprocess.run([unshare, "-m", "-n", "true"], capture_output=True).returncode:
        return False
    sys.stdout.flush()
    command = [unshare, "-m", "-n", "--", sys.executable, "-m", "tests.rigs.bench", *sys.argv[1:]]
    os.execve(unshare, command, os.environ | {MARK: "1"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
