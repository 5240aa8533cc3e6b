"""``make bench``: the sections of :func:`main`, on a real panel, with the sandbox over TLS.

Name the sections to run only those: ``make bench ARGS="start idle"``; ``IDLE=10`` shortens the idle
minute, ``MESSAGES=20`` the latency runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.real_desktop import RealDesktop
from tests.rigs.bench import apart, beside, measuring, streams
from tests.rigs.bench.conversations import conversations
from tests.rigs.bench.measuring import PYTHON, ROOT, median, percentile, read
from tests.rigs.bench.organisations import organisations
from tests.rigs.bench.preferences import preferences
from tests.rigs.bench.running import (
    AGENT,
    IDLE,
    MESSAGES,
    TimedDaemon,
    agent,
    change,
    environment,
    say,
    signed_in_by_window,
)
from tests.rigs.bench.table import Table
from tests.rigs.bench.texts import texts
from tests.servers import Sandbox

OWN_DAEMON = ("latency", "texts", "window")
"""Sections that bring a notification daemon of their own."""
PEER = [PYTHON, str(ROOT / "tests" / "rigs" / "bench" / "peer_tray.py")]
PEER_NEEDS = {"PYTHONPATH": "/usr/lib/python3/dist-packages"}
"""The peer needs the system's PyGObject, which a lean environment does not see."""


@contextmanager
def peer(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    watch = measuring.IconWatch(environ)
    watch.settle()
    process = subprocess.Popen([*PEER, "--with-network"], env=environ | PEER_NEEDS)
    try:
        watch.appears()
        yield process
    finally:
        watch.close()
        process.terminate()
        process.wait(10)


def start(desktop: RealDesktop, folder: str) -> None:
    """From exec to the icon's pixels, in turn with the peer, after one run of each that does not count."""
    environ = environment(desktop, None, folder)
    ours, peers = [], []
    for turn in range(6):
        our = measuring.seconds_to_icon(AGENT, environ)
        their = measuring.seconds_to_icon(PEER, environ | PEER_NEEDS)
        if turn:
            ours.append(our * 1000)
            peers.append(their * 1000)
    say(f"exec -> icon visible, median of {len(ours)}", f"{median(ours):.0f} ms ({min(ours):.0f} to {max(ours):.0f})")
    say("  peer, pystray's AppIndicator alone", f"{median(peers):.0f} ms;  ratio {median(ours) / median(peers):.2f}")


def idle(desktop: RealDesktop, folder: str) -> None:
    """Signed in with three organisations, and nothing happens."""
    with Sandbox() as telex:
        environ = environment(desktop, telex, folder)
        with agent(environ, telex) as process:
            time.sleep(5)  # what a start leaves to be done is done; there is no event for that
            pings = telex.status()["pongs"]
            first = read(process.pid)
            time.sleep(IDLE)
            last = read(process.pid)
            pings = telex.status()["pongs"] - pings
            names = sorted(measuring.thread_names(process.pid))
        with peer(environ) as other:
            time.sleep(min(IDLE, 10))
            theirs = read(other.pid)
    woken = last.voluntary - first.voluntary
    say(f"PSS, signed in over TLS, 3 organisations, {IDLE:.0f} s idle", f"{last.pss:.1f} MB")
    ratio = f"{theirs.pss:.1f} MB;  ratio {last.pss / theirs.pss:.2f}"
    say("  peer, pystray's AppIndicator and the same network modules, not signed in", ratio)
    say("threads", f"{last.threads} ({', '.join(names)});  peer {theirs.threads}")
    cpu = f"CPU {last.cpu - first.cpu:.2f} s"
    say(f"voluntary switches in {IDLE:.0f} s", f"{woken}, {pings} pings answered among them;  {cpu}")


def latency(desktop: RealDesktop, folder: str) -> None:
    """From the push server's sending to the notification daemon's receiving, one message at a time."""
    took: list[float] = []
    with (
        Sandbox("--rate", "0") as telex,
        TimedDaemon(desktop.bus) as daemon,
        agent(environment(desktop, telex, folder), telex) as process,
    ):
        for turn in range(-5, MESSAGES):
            known = len(daemon.arrivals)
            sent = telex.publish(turn % 3, change(f"c{turn}", 1))["sent_at"]
            arrived = daemon.after(known, limit=40)
            if turn >= 0:
                took.append((arrived - sent) * 1000)
            time.sleep(1.8)  # or the flood rule would hold some of them
        after = read(process.pid)
    figures = f"p50 {percentile(took, 0.5):.1f} ms, p99 {percentile(took, 0.99):.1f} ms"
    say(f"push sent -> Notify, {len(took)} messages", figures)
    say("  PSS after these toasts", f"{after.pss:.1f} MB")


def window(desktop: RealDesktop, folder: str) -> None:
    """What a login through the window and a hundred toasts leave behind."""
    with (
        Sandbox("--rate", "0") as telex,
        TimedDaemon(desktop.bus) as daemon,
        signed_in_by_window(desktop, environment(desktop, telex, folder), telex) as process,
    ):
        item = desktop.wait_for_item()
        # Test Notifications is never held back.
        for _ in range(100):
            known = len(daemon.arrivals)
            item.click("Test Notifications")
            daemon.after(known)
        after = read(process.pid)
    say("PSS after a login through the window and 100 toasts", f"{after.pss:.1f} MB")


def burst(desktop: RealDesktop, folder: str) -> None:
    """A thousand publications at once."""
    with Sandbox("--rate", "0") as telex, agent(environment(desktop, telex, folder), telex) as process:
        telex.publish_many(0, [change(f"warm{n}", 1) for n in range(10)])
        time.sleep(6)
        before = read(process.pid)
        began = time.monotonic()
        telex.publish_many(0, [change(f"c{n % 50}", n // 50 + 1) for n in range(1000)])
        time.sleep(8)  # to the end of the flood rule's window
        after = read(process.pid)
        began = time.monotonic()
    ended = time.monotonic() - began
    growth = f"{after.cpu - before.cpu:.2f} s of CPU, {after.pss - before.pss:+.1f} MB"
    say("1,000 publications at once", f"{growth};  then Exit in {ended:.2f} s")


BESIDE = {
    "starts": beside.starts,
    "memories": beside.memories,
    "pixels": beside.pixels,
    "flood": beside.flood,
    "installed": beside.installed,
    "headless": streams.headless,
    "decode": streams.decode,
}
"""The sections that are one table: ours in turn with a peer's of the same run."""
ALONE = {
    "start": start,
    "idle": idle,
    "conversations": conversations,
    "window": window,
    "preferences": preferences,
    "latency": latency,
    "texts": texts,
    "burst": burst,
    "organisations": organisations,
}
"""The sections that print lines of their own."""


def main(sections: list[str]) -> int:
    known = [*BESIDE, *ALONE]
    if unknown := [name for name in sections if name not in known]:
        print(f"bench: no section {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    wanted = sections or known
    # What has to be had from outside is had before nothing outside can be reached.
    if any(name in BESIDE for name in wanted) and not os.environ.get(apart.MARK):
        beside.program()
    alone = "in namespaces of its own" if apart.go_apart() else "beside all else on this machine"
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {load}, {alone}", flush=True)
    if besides := [name for name in wanted if name in BESIDE]:
        table = Table()
        for name in besides:
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                BESIDE[name](folder, table)
        print(f"not reached: {', '.join(table.missed) or 'none'}", flush=True)
    for name in wanted:
        if name in ALONE:
            with ExitStack() as stack:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
                desktop = stack.enter_context(RealDesktop("xfce4-panel", dunst=name not in OWN_DAEMON))
                Path(folder, "run").mkdir(mode=0o700)
                ALONE[name](desktop, folder)
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
