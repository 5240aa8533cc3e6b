"""Builds the C++ original from its public sources, if these are there, and uses it as a person does: the bench's peer.

Only its two compiled-in addresses and its CMake file are changed (``build_original.sh``). Its sandbox runs with
``--honour-subs`` and ``--any-origin``, without which it receives nothing, without a rate limit, and with tokens that
outlive the run, as it renews none.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.process import TIMEOUT, end, quietly, until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

from .measuring import Corner

PORTS = 41801, 41802
"""The ports of the API and of the push server, which are compiled into it."""
CONCEDED = ("--honour-subs", "--any-origin", "--rate", "0", "--connection-ttl", "86400", "--subscription-ttl", "86400")
"""The sandbox's options that the original needs, beside its ports."""
KEPT = Path(os.environ.get("TELEX_START_PEERS") or Path.home() / ".cache" / "telex-start-test" / "peers").resolve()
"""The folder that holds ``sources/alerter`` (the public repository markessien/alerter) and ``sources/ixwebsocket``
(machinezone/IXWebSocket), and what is built from them."""
_BUILD = Path(__file__).with_name("build_original.sh")
_REPOSITORIES = {"alerter": "markessien/alerter", "ixwebsocket": "machinezone/IXWebSocket"}


class Missing(Exception):
    """The original cannot be built here; says what is lacking."""


def build() -> Path:
    """The original's program; builds it if that was not done yet.

    Raises:
        Missing: its sources or the tools to build them are not there.
    """
    program = KEPT / "build" / "telexstart"
    if program.exists():
        return program
    for name, repository in _REPOSITORIES.items():
        folder = KEPT / "sources" / name
        if not folder.is_dir():
            raise Missing(f"no sources of https://github.com/{repository} in {folder}")
    print(f"bench: building the C++ original in {KEPT}", flush=True)
    done = subprocess.run(["bash", _BUILD, KEPT / "sources", KEPT], capture_output=True, text=True)
    if done.returncode:
        raise Missing(f"it does not build: {done.stderr.strip()[-300:]}")
    return program


def installed_megabytes(program: Path) -> float:
    """MB (10^6 bytes) of the program and of the wxWidgets that it brings, as a desktop has GTK and OpenSSL anyway."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    libraries = {Path(word).resolve() for word in linked.split() if "libwx" in word and word.startswith("/")}
    owners = set()
    for library in libraries:
        told = subprocess.run(["dpkg-query", "--search", library], capture_output=True, text=True)
        owners |= {line.partition(":")[0] for line in told.stdout.splitlines()}
    size = program.stat().st_size
    for owner in owners:
        told = subprocess.run(["dpkg-query", "-W", "-f", "${Installed-Size}", owner], capture_output=True, text=True)
        size += int(told.stdout) * 1024
    return size / 1e6


@contextmanager
def original(desktop: RealDesktop, telex: Sandbox, program: Path) -> Iterator[int]:
    """Run the original on a desktop with xfce4-panel, in a folder of its own that holds its sound, and sign in.

    Gives its process id.

    Args:
        telex: The sandbox, on :data:`PORTS`.
        program: From :func:`build`.
    """
    with tempfile.TemporaryDirectory(prefix="original-") as folder, Corner(desktop.environ) as tray:
        Path(folder, "audio").mkdir()
        # Its own sound is compressed. wxWidgets cannot play that here, and would say so in a window each time.
        with wave.open(str(Path(folder, "audio", "knock.wav")), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
            sound.writeframes(bytes(1600))
        tray.settle()
        environ = desktop.environ | {"SSL_CERT_FILE": telex.ca_file, "HOME": folder}
        process = quietly([str(program)], environ, folder)
        try:
            tray.appears()
            _sign_in(desktop, telex)
            yield process.pid
        finally:
            process.kill()  # SIGTERM does not end it while one of its windows is open
            end(process)


def _sign_in(desktop: RealDesktop, telex: Sandbox) -> None:
    """Sign in by its window, the only way: the third entry of its menu; both fields are filled in again."""
    desktop.right_click_icon()
    desktop.xdotool("key", "Down", "Down", "Down", "Return")
    desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Login$")
    until(lambda: desktop.active_title() == "Login", "its window has not come")
    time.sleep(0.5)  # until its field has the focus; there is no event for that
    for text in (telex.email, telex.password):
        desktop.xdotool("key", "ctrl+a")
        desktop.xdotool("type", "--delay", "5", text)
        desktop.xdotool("key", "Tab")
    desktop.xdotool("key", "Return")
    telex.wait_until(lambda status: sum(status["subscriptions"].values()) == len(status["organisations"]), TIMEOUT)
    # Its message "Login successful!" comes in a window of this name, too.
    until(lambda: desktop.active_title() == "Login", "its word has not come")
    desktop.xdotool("key", "Return")
    until(lambda: desktop.active_title() != "Login", "its word stays")
