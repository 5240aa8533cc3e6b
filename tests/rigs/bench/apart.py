"""Namespaces of its own for a benchmark: nothing else on this machine has its displays and ports, or hears its bus."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

MARK = "BENCH_APART"
"""In the environment of a run that is apart."""
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1
"""``SIOCGIFFLAGS``, ``SIOCSIFFLAGS`` and ``IFF_UP``: netdevice(7)."""
_SOCKETS = Path("/tmp/.X11-unix")


def go_apart() -> bool:
    """Run this very command again with a network and mounts of its own, where root may.

    Returns:
        Whether this process is apart; where it can be, the first call does not return.
    """
    if os.environ.get(MARK) == "1":
        _raise_loopback()
        _SOCKETS.mkdir(mode=0o1777, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", _SOCKETS], check=True)
        os.environ[MARK] = "2"
    if os.environ.get(MARK) == "2":
        return True
    unshare = shutil.which("unshare")
    if unshare is None or os.geteuid() or subprocess.run([unshare, "-m", "-n", "true"], capture_output=True).returncode:
        return False
    sys.stdout.flush()
    command = [unshare, "-m", "-n", "--", sys.executable, "-m", "tests.rigs.bench", *sys.argv[1:]]
    os.execve(unshare, command, os.environ | {MARK: "1"})


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _GET_FLAGS, asked), 16)
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))
