"""A Debian that runs for as long as a ``with`` block, over one that is made once and stays as it is."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests import roots
from tests.roots import Bind

PERSON = "person"
HOME = f"/home/{PERSON}"
_RUNTIME = "/run/person"
_ENVIRON = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "DEBIAN_FRONTEND": "noninteractive",
}
# What belongs to the running system, is dpkg's and apt's own memory of what they have done, or is a cache that any
# program of root's writes that has a window (fontconfig).
_ASIDE = (
    *("/proc", "/sys", "/dev", "/run", "/tmp", "/home"),
    *("/var/log", "/var/cache/apt", "/var/lib/apt", "/var/cache/ldconfig", "/var/cache/fontconfig"),
)


class Machine:
    """The smallest Debian there is, with a person who has a home. Its ``/tmp`` and its network are this machine's: the
    sandbox is there, and the desktop.

    Args:
        suite: The release.
    """

    def __init__(self, suite: str) -> None:
        self._suite = suite

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            NoRoot: this machine cannot.
        """
        root = roots.ROOTS / f"debian-{self._suite}"
        if not root.exists():
            roots.needs()
            root.parent.mkdir(parents=True, exist_ok=True)
            print(f"{root}: Debian", flush=True)
            roots.bootstrap(self._suite, root)
        roots.settle(self._suite, root)
        with ExitStack() as stack:
            binds = [Bind(Path("/tmp"), "/tmp", writable=True)]
            command = roots.enter(root, ["/bin/cat"], _ENVIRON, binds=binds, untouched=True)
            pipe = subprocess.PIPE
            holder = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
            stack.callback(holder.kill)
            assert holder.stdin is not None and holder.stdout is not None
            holder.stdin.write("ready\n")
            holder.stdin.flush()
            assert holder.stdout.readline() == "ready\n", "it cannot be entered"
            [self._pid] = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
            self._stack = stack.pop_all()
        self.must("apt-get", "-qq", "update")
        self.must("useradd", "--create-home", "--shell", "/bin/sh", PERSON)
        self.must("install", "-d", "-o", PERSON, "-m", "700", _RUNTIME)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def words(
        self, command: Sequence[str], environ: Mapping[str, str] | None = None, person: bool = False
    ) -> list[str]:
        """The command line that runs a command on it.

        Args:
            command: Its paths are those on it.
            environ: Beside a bare environment.
            person: By the person; otherwise by root.
        """
        own = {"HOME": HOME, "USER": PERSON, "XDG_RUNTIME_DIR": _RUNTIME} if person else {"HOME": "/root"}
        variables = [f"{name}={value}" for name, value in {**_ENVIRON, **own, **(environ or {})}.items()]
        # It ends with nsenter, which is what a test sees and ends.
        by = ["setpriv", "--pdeathsig", "KILL"]
        by += [f"--reuid={PERSON}", f"--regid={PERSON}", "--init-groups"] if person else []
        into = ["nsenter", "--target", self._pid, "--mount", "--pid", "--ipc", "--uts", "--root", "--wd"]
        return [*into, "/usr/bin/env", "-i", *variables, *by, *command]

    def run(self, *command: str, person: bool = False, **environ: str) -> tuple[int, str]:
        """Run a command: its exit code, and what it said."""
        done = subprocess.run(
            self.words(command, environ, person),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def must(self, *command: str, person: bool = False, **environ: str) -> str:
        """Run a command that must end with 0; what it said."""
        code, said = self.run(*command, person=person, **environ)
        assert code == 0, f"{' '.join(command)} ended with {code}:\n{said[-3000:]}"
        return said

    def install(self, *packages: str) -> str:
        """Install packages, without what they recommend; what apt said."""
        return self.must("apt-get", "-q", "install", "-y", "--no-install-recommends", *packages)

    def files(self) -> set[str]:
        """All files and folders of the system, and for the settings in /etc what is in them."""
        aside = [word for path in _ASIDE for word in ("-path", path, "-prune", "-o")]
        names = set(self.must("find", "/", *aside, "-print").splitlines())
        return names | set(self.must("find", "/etc", "-type", "f", "-exec", "md5sum", "{}", "+").splitlines())
