"""``python -m tests.rigs.packages.deb [RELEASE…]`` (``make test-packages-deb``): tests the Debian package
of each release.

Builds it twice and compares; then installs, uses, upgrades, removes and purges it on a Debian that is made once and
stays unchanged, as all writing goes to memory. Needs root and debootstrap. Ends with 1 if something is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from telex_start import __version__
from tests import roots
from tests.process import ROOT, Process
from tests.rigs.packages.conftest import use
from tests.roots import Bind, NoRoot
from tests.servers import Sandbox

# The machine.


PERSON = "person"
HOME = f"/home/{PERSON}"
_RUNTIME = "/run/person"
# Paths that are left out of the comparison: those of the running system, the databases and logs of dpkg and apt, and
# fontconfig's cache, which any program with a window writes that root runs.
_ASIDE = (
    *("/proc", "/sys", "/dev", "/run", "/tmp", "/home"),
    *("/var/log", "/var/cache/apt", "/var/lib/apt", "/var/cache/ldconfig", "/var/cache/fontconfig"),
)


class Machine:
    """The smallest Debian there is, with a person who has a home. It shares this machine's ``/tmp`` and network, where
    the sandbox and the desktop are.

    Args:
        suite: The release.
    """

    def __init__(self, suite: str) -> None:
        self._suite = suite

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            NoRoot: this machine cannot start it.
        """
        root = roots.kept(f"debian-{self._suite}", self._suite)
        with ExitStack() as stack:
            binds = [Bind(Path("/tmp"), "/tmp", writable=True)]
            command = roots.enter(root, ["/bin/cat"], roots.ENVIRON, binds=binds, untouched=True)
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
            command: The command, with paths as they are on it.
            environ: Added to a bare environment.
            person: Whether the person runs it; otherwise root does.
        """
        own = {"HOME": HOME, "USER": PERSON, "XDG_RUNTIME_DIR": _RUNTIME} if person else {}
        variables = [f"{name}={value}" for name, value in {**roots.ENVIRON, **own, **(environ or {})}.items()]
        # The command ends with nsenter, which is the process that a test sees and ends.
        by = ["setpriv", "--pdeathsig", "KILL"]
        by += [f"--reuid={PERSON}", f"--regid={PERSON}", "--init-groups"] if person else []
        into = ["nsenter", "--target", self._pid, "--mount", "--pid", "--ipc", "--uts", "--root", "--wd"]
        return [*into, "/usr/bin/env", "-i", *variables, *by, *command]

    def run(self, *command: str, person: bool = False, **environ: str) -> tuple[int, str]:
        """Run a command; gives its exit code and output."""
        done = subprocess.run(
            self.words(command, environ, person),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def must(self, *command: str, person: bool = False, **environ: str) -> str:
        """Run a command that must end with 0; gives its output."""
        code, said = self.run(*command, person=person, **environ)
        assert code == 0, f"{' '.join(command)} ended with {code}:\n{said[-3000:]}"
        return said

    def install(self, *packages: str) -> str:
        """Install packages, without what they recommend; gives the output of apt."""
        return self.must("apt-get", "-q", "install", "-y", "--no-install-recommends", *packages)

    def files(self) -> set[str]:
        """All files and folders of the system, and the checksums of the settings in /etc."""
        aside = [word for path in _ASIDE for word in ("-path", path, "-prune", "-o")]
        names = set(self.must("find", "/", *aside, "-print").splitlines())
        return names | set(self.must("find", "/etc", "-type", "f", "-exec", "md5sum", "{}", "+").splitlines())


# The steps.


OLDER = "0.0.9"
_LIBRARY = "/usr/lib/telex-start"
_SHIPPED = (
    "/usr/bin/telex-start",
    "/usr/share/applications/telex-start.desktop",
    "/usr/share/icons/hicolor/scalable/apps/telex-start.svg",
    "/usr/share/icons/hicolor/48x48/apps/telex-start.png",
    "/usr/share/man/man1/telex-start.1.gz",
    "/usr/share/bash-completion/completions/telex-start",
    "/usr/share/zsh/vendor-completions/_telex-start",
    "/usr/share/fish/vendor_completions.d/telex-start.fish",
    "/usr/share/doc/telex-start/CHANGELOG.md.gz",
    "/usr/share/doc/telex-start/changelog.gz",
    "/usr/share/doc/telex-start/copyright",
)


class Proof(Machine):
    """Tries the package in all steps, on one clean machine.

    Args:
        suite: The release.
        package: The package's file, below ``/tmp``.
    """

    def __init__(self, suite: str, package: Path) -> None:
        super().__init__(suite)
        self._package = package

    def make(self) -> None:
        """Make every step; each builds on the one before.

        Raises:
            AssertionError: something is not as it should be.
        """
        self._dependencies()
        before = self.files()
        older = self._older()
        steps: list[Callable[[], str]] = [
            lambda: self._install_older(older),
            self._upgrade_under_an_agent,
            self._keyring,
            self._at_login,
            self._on_a_desktop,
            lambda: self._remove(before),
        ]
        for step in steps:
            began = time.monotonic()
            print(f"  {step()} ({time.monotonic() - began:.0f} s)", flush=True)

    # The steps.

    def _dependencies(self) -> None:
        """Install what the package needs, so that later only files of the package itself could be left."""
        planned = self.must("apt-get", "-s", "install", "--no-install-recommends", str(self._package))
        needed = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
        self.install(*(name for name in needed if name != "telex-start"))
        # For the windows, and to stay signed in.
        self.install("python3-tk", "python3-keyring", "python3-secretstorage")
        # systemctl fails if no systemd runs; the smallest Debian has no systemctl at all, so put a failing one there.
        self.must("ln", "-s", "/bin/false", "/usr/local/bin/systemctl")

    def _older(self) -> Path:
        """Make the same package with a lower version, and with a module that the newer one does not have."""
        folder = self._package.parent / "older"
        self.must("dpkg-deb", "--raw-extract", str(self._package), str(folder))
        control = folder / "DEBIAN" / "control"
        control.write_text(control.read_text().replace(f"Version: {__version__}+", f"Version: {OLDER}+"))
        package = folder / _LIBRARY.lstrip("/") / "telex_start"
        init = package / "__init__.py"
        init.write_text(init.read_text().replace(f'"{__version__}"', f'"{OLDER}"'))
        (package / "of_old.py").write_text("")
        target = self._package.with_name("older.deb")
        self.must("dpkg-deb", "--root-owner-group", "--build", str(folder), str(target))
        shutil.rmtree(folder)
        return target

    def _install_older(self, older: Path) -> str:
        said = self.install(str(older))
        assert "Traceback" not in said and "rror" not in said, said
        assert self._version() == OLDER
        assert self._exists(f"{_LIBRARY}/telex_start/__pycache__/of_old.*")
        for path in _SHIPPED:
            self.must("test", "-r", path)
        modules = self.must("find", _LIBRARY, "-name", "*.py", "-not", "-path", f"{_LIBRARY}/__main__.py")
        compiled = self.must("find", _LIBRARY, "-name", "*.pyc")
        stems = {line.replace("/__pycache__", "").rpartition(".cpython-")[0] for line in compiled.splitlines()}
        assert {line.removesuffix(".py") for line in modules.splitlines()} <= stems, "not all is byte-compiled"
        return f"installed: {len(stems)} modules, byte-compiled"

    def _upgrade_under_an_agent(self) -> str:
        """Upgrade while an agent runs: it stays the old version until the person exits it; later starts are the new."""
        with Sandbox("--no-story", "--organisations", "2") as telex:
            with self._headless(telex) as agent:
                self.install(str(self._package))
                assert self._version() == __version__
                telex.message(0, "General", "the build is green", by="Ben Okri")
                told = json.loads(agent.line(lambda line: json.loads(line)["event"] == "notification"))
                assert (told["channel"], told["unread"]) == ("General", 1), told
                self._exit(agent, telex)
            with self._headless(telex) as agent:
                self._exit(agent, telex)
        assert not self._exists(f"{_LIBRARY}/telex_start/of_old.py")
        assert not self._exists(f"{_LIBRARY}/telex_start/__pycache__/of_old.*")
        return "upgraded while an agent ran, which went on: it told a message, and the newer ended it"

    def _keyring(self) -> str:
        """The distribution's libraries are found, although no ``.pth`` file is read."""
        _, said = self.run("telex-start", "doctor", person=True)
        assert "there is no session bus, so nobody stays signed in" in said, said
        return "keyring and SecretStorage are the distribution's"

    def _at_login(self) -> str:
        """The entries and the unit name the program in /usr/bin, and switching them off leaves nothing."""
        assert "installed for all users" in self._must("integrate", "on")
        assert "installed for all users" in self._must("integrate", "status")
        self._must("autostart", "on")
        [entry] = self.must("find", f"{HOME}/.config/autostart", "-type", "f").splitlines()
        assert "\nExec=/usr/bin/telex-start --at-login\n" in self.must("cat", entry)
        self._must("autostart", "on", "--headless")
        unit = self.must("cat", f"{HOME}/.config/systemd/user/telex-start.service")
        assert "\nExecStart=/usr/bin/telex-start --headless " in unit, unit
        self._must("autostart", "off")
        left = self.must("find", HOME, "-name", "*telex-start*", "-path", "*config*")
        assert left == "", left
        return "start at log-in, entry and unit by /usr/bin/telex-start"

    def _on_a_desktop(self) -> str:
        # Run by root, as the desktop's session bus takes only the user who runs these tests.
        use(
            ["/usr/bin/telex-start"], lambda command, environ: self.words(command, {**environ, "PATH": "/usr/bin:/bin"})
        )
        return "icon, menu, a notification, a window and Exit in xfce4-panel"

    def _remove(self, before: set[str]) -> str:
        for way in ("remove", "purge"):
            self.must("apt-get", "-q", way, "-y", "telex-start")
            after = self.files()
            assert after == before, f"{way}: left {sorted(after - before)[:20]}; gone {sorted(before - after)[:20]}"
            if way == "remove":  # it has no settings in /etc to purge, so install it again first
                self.install(str(self._package))
        return f"removed, and purged: each time the same {len(before)} files as before"

    # Helpers.

    @contextmanager
    def _headless(self, telex: Sandbox) -> Iterator[Process]:
        """Run a headless agent as the person, until it has signed in."""
        options = ("--headless", "--json", "--email", telex.email, "--password-stdin")
        words = self.words(["telex-start", *options], self._reaching(telex), person=True)
        with Process(words, {"PATH": "/usr/bin:/bin:/usr/sbin"}, telex.password + "\n") as agent:
            agent.line(lambda line: json.loads(line).get("state") == "online")
            yield agent

    def _reaching(self, telex: Sandbox) -> dict[str, str]:
        """The environment by which the person reaches the sandbox; its authority is copied, as its folder is closed."""
        authority = self._package.with_name("authority.pem")
        shutil.copyfile(telex.ca_file, authority)
        return {**telex.environ, "TELEX_START_CA_FILE": str(authority)}

    def _exit(self, agent: Process, telex: Sandbox) -> None:
        """End it by another start."""
        self.must("telex-start", "--exit", person=True, **self._reaching(telex))
        assert agent.ended() == 0 and agent.errors == ""

    def _must(self, *words: str) -> str:
        return self.must("telex-start", *words, person=True)

    def _version(self) -> str:
        return self._must("--version").strip().removeprefix("telex-start ")

    def _exists(self, pattern: str) -> bool:
        return self.run("sh", "-c", f"ls -d {pattern}")[0] == 0


# The command.

SUITES = ("bookworm", "trixie")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.rigs.packages.deb", description="The Debian package, tried.")
    parser.add_argument("suites", nargs="*", metavar="RELEASE", help=f"{', '.join(SUITES)}; left out: all")
    options = parser.parse_args()
    for suite in options.suites or SUITES:
        began = time.monotonic()
        try:
            with tempfile.TemporaryDirectory(prefix="packages-") as folder:
                Path(folder).chmod(0o755)  # apt reads it as another user
                package = built(suite, Path(folder, "first"))
                again = built(suite, Path(folder, "second"))
                assert package.read_bytes() == again.read_bytes(), f"{package.name} differs from build to build"
                print("  built twice: the same bytes", flush=True)
                with Proof(suite, package) as proof:
                    proof.make()
        except (AssertionError, NoRoot) as wrong:
            print(f"tests.rigs.packages.deb: {suite}: {wrong}", file=sys.stderr)
            return 1
        print(f"{suite}: all is right, in {time.monotonic() - began:.0f} s", flush=True)
    return 0


def built(suite: str, output: Path) -> Path:
    """Build the package of the last commit into a folder; gives its file."""
    command = [sys.executable, str(ROOT / "packaging" / "build_deb.py"), suite, "--output", str(output)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, "it cannot be built"
    [package] = output.glob("*.deb")
    return package


if __name__ == "__main__":
    sys.exit(main())
