"""A systemd that manages the services of a user who exists for one test alone. It needs root, and a writable cgroup.

It runs where systemd is not the first process too, as in a container: in a mount namespace of its own, in which the
machine looks as if systemd had booted it, and has this user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.process import TIMEOUT, end

USER = 64_123
"""A number that no user has; a user of systemd needs no name."""
_MANAGER = "/lib/systemd/systemd"
_NAMESPACE = """
mount -t tmpfs tmpfs /run/systemd && mkdir /run/systemd/system &&
mount --bind {home}/passwd /etc/passwd && echo ready && exec sleep infinity
"""
_JOIN = """
for folder in {cgroups}; do echo $$ >"$folder/cgroup.procs" || exit 99; done
exec setpriv --reuid {user} --regid {user} --clear-groups {manager} --user --log-target=console
"""


class UserManager:
    """A ``systemd --user`` with a session bus, and a home.

    Attributes:
        home: The user's, which everybody may read.
        environ: Of the user's programs.
        as_user: What a command begins with, to be the user's.
        why_not: Why there can be none; empty where it runs.
    """

    def __init__(self) -> None:
        self.why_not = ""
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.home = Path(tempfile.mkdtemp(prefix="telex-user-", dir="/home"))
        self.home.chmod(0o755)
        runtime = self.home / "runtime"
        runtime.mkdir(mode=0o700)
        for path in (self.home, runtime):
            os.chown(path, USER, USER)
        self.environ = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus",
            "LANG": "C.UTF-8",
        }
        self.log = self.home / "systemd.log"
        self._cgroups = self._own_cgroups()
        self.why_not = self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self._processes):
            end(process)
        for folder in self._cgroups:
            subprocess.run(["find", folder, "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"], capture_output=True)
        shutil.rmtree(self.home)

    def run(self, *words: str | Path, ok: bool = True) -> str:
        """Run a program as the user, in the home; what it said."""
        done = subprocess.run(
            [*self.as_user, *words],
            env=self.environ,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert not ok or done.returncode == 0, f"{words}: {done.stdout}\n{self.log.read_text()}"
        return done.stdout

    def show(self, unit: str, *names: str) -> dict[str, str]:
        """Properties of a unit."""
        lines = self.run("systemctl", "--user", "show", unit, *(f"--property={name}" for name in names)).splitlines()
        return dict(line.split("=", 1) for line in lines)

    # --- its start --------------------------------------------------------------------------------------------------

    def _begin(self) -> str:
        needed = ("unshare", "nsenter", "setpriv", "dbus-daemon", "systemctl", _MANAGER)
        if lacking := [name for name in needed if not shutil.which(name)]:
            return f"{lacking[0]} is not there"
        if not self._cgroups:
            return "there is no cgroup to write to"
        self.log.touch()
        known = Path("/etc/passwd").read_text()
        (self.home / "passwd").write_text(f"{known}telex-test:x:{USER}:{USER}::{self.home}:/bin/sh\n")
        script = _NAMESPACE.format(home=self.home)
        inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]
        holder = subprocess.Popen(inside, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._processes.append(holder)
        assert holder.stdout is not None
        if (said := holder.stdout.readline()) != b"ready\n":
            return f"no mount namespace: {said.decode()}"
        enter = ["nsenter", f"--mount=/proc/{holder.pid}/ns/mnt"]
        self.as_user = [*enter, "setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
        bus = ["dbus-daemon", "--session", "--nofork", f"--address={self.environ['DBUS_SESSION_BUS_ADDRESS']}"]
        self._start([*self.as_user, *bus])
        folders = " ".join(map(str, self._cgroups))
        join = _JOIN.format(cgroups=folders, user=USER, manager=_MANAGER)
        manager = self._start([*enter, "sh", "-c", join])
        deadline = time.monotonic() + TIMEOUT
        while True:
            # It says so on its own socket; there is nothing to wait at before that.
            state = self.run("systemctl", "--user", "is-system-running", ok=False).strip().rpartition("\n")[2]
            if state in ("running", "degraded"):
                return ""
            if manager.poll() is not None:
                return f"systemd ended with {manager.returncode}: {self.log.read_text()}"
            if time.monotonic() > deadline:
                return f"systemd is {state}: {self.log.read_text()}"
            time.sleep(0.1)

    def _start(self, words: list[str]) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                words, env=self.environ, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._processes.append(process)
        return process

    @staticmethod
    def _own_cgroups() -> list[Path]:
        """A cgroup for the user in each hierarchy that systemd uses."""
        root = Path("/sys/fs/cgroup")
        parents = [root] if (root / "cgroup.procs").exists() else [root / "systemd", root / "unified"]
        made = []
        for parent in parents:
            folder = parent / f"telex-test-{os.getpid()}"
            try:
                folder.mkdir()
                for path in (folder, *folder.iterdir()):
                    os.chown(path, USER, USER)
            except OSError:
                continue
            made.append(folder)
        return made if len(made) == len(parents) else []
