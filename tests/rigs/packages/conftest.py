"""Builds wheel and sdist for the tests of packages, in a folder that a test chooses, with the locked tools of this
repository's ``.venv-release``; :func:`use` does what a person does who has just installed the program.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.process import ROOT, TIMEOUT, Process, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

TOOLS = ROOT / ".venv-release" / "bin" / "python"
"""The Python that has the locked tools: `make set-up-release`."""

SHARED = (
    "share/man/man1/telex-start.1",
    "share/bash-completion/completions/telex-start",
    "share/zsh/site-functions/_telex-start",
    "share/fish/vendor_completions.d/telex-start.fish",
    "share/applications/telex-start.desktop",
    "share/icons/hicolor/scalable/apps/telex-start.svg",
)
"""The installed files that a desktop needs."""


class Built(NamedTuple):
    """The two built files in ``dist/``."""

    wheel: Path
    sdist: Path


def clone(target: Path) -> Path:
    """Clone the last commit into a folder that does not exist yet."""
    subprocess.run(["git", "clone", "-q", str(ROOT), str(target)], check=True)
    return target


def build(source: Path, environ: Mapping[str, str] | None = None, umask: int = 0o022) -> Built:
    """Build wheel and sdist.

    Args:
        source: Folder with the source.
        environ: Added to this process's environment.
        umask: The umask of the process that builds.
    """
    command = [str(TOOLS), str(source / "packaging" / "wheel.py")]
    whole = {**os.environ, **(environ or {})}
    # From another folder: the build must not depend on the current one.
    subprocess.run(command, env=whole, cwd=source.parent, umask=umask, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = (source / "dist").glob("*.whl")
    (sdist,) = (source / "dist").glob("*.tar.gz")
    return Built(wheel, sdist)


def tracked(source: Path) -> list[str]:
    """The names of all files that git tracks there."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=source, capture_output=True, text=True, check=True)
    return done.stdout.rstrip("\0").split("\0")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit, in a folder of its own."""
    return clone(tmp_path_factory.mktemp("source") / "telex-start")


@pytest.fixture(scope="session")
def built(source: Path) -> Built:
    """Wheel and sdist of the last commit."""
    return build(source)


# Using the installed program.


_WINDOW = "Telex – Preferences"
_VIOLET = (110, 80, 240)
"""The colour of an online agent's icon."""


def use(
    command: Sequence[str],
    within: Callable[[Sequence[str], Mapping[str, str]], list[str]] = lambda words, _: list(words),
) -> None:
    """Use the icon, the menu, a window and a notification in xfce4-panel and dunst, with a sandbox; then Exit.

    Args:
        command: The installed program.
        within: Makes the command line that runs a command, with an environment, where the program is installed.
    """
    with Sandbox("--organisations", "2") as telex, RealDesktop() as desktop:
        environ = {**desktop.environ, **telex.environ, "PATH": "/usr/bin:/bin"}
        for name in ("SANDBOX_EMAIL", "SANDBOX_PASSWORD"):
            del environ[name]
        options = ("--email", telex.email, "--password-stdin")
        with Process(within([*command, *options], environ), environ, telex.password + "\n") as agent:
            item = desktop.wait_for_item()
            until(lambda: item.labels()[0].startswith("Online"), "it does not come online")
            desktop.wait_for_colour(*_VIOLET)
            visible = ["xdotool", "search", "--sync", "--onlyvisible", "--class", "Dunst"]
            with subprocess.Popen(visible, env=desktop.environ, stdout=subprocess.DEVNULL) as toast:
                telex.message(0, "General", "the build is green", by="Ben Okri")
                assert toast.wait(TIMEOUT) == 0
            # The window is a process of its own, which starts differently after each way of installing.
            item.click("Preferences…")
            until(lambda: desktop.active_title() == _WINDOW, "no window for the preferences")
            # It is active a little before it has the keyboard, and there is no event for that.
            until(lambda: desktop.active_title() != _WINDOW or desktop.xdotool("key", "Escape"), "the window stays")
            desktop.right_click_icon()
            desktop.choose("Exit")
            assert agent.ended() == 0
            assert agent.errors == ""
