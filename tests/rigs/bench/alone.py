"""Sections that print lines of their own: there is no peer that does the same."""

from __future__ import annotations

import time

from jeepney import Message

from tests.agent import cpu_clock, read, thread_names
from tests.fake_desktop import FakeNotificationDaemon, PrivateBus
from tests.process import until
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox

from .measuring import IDLE, MESSAGES, agent, percentiles, say

APART = 1.8
"""Seconds between two messages, or the flood rule would hold some of them."""
WARM_UP = 3
"""Messages that do not count."""


def idle(folder: str) -> None:
    """Signed in with three organisations, and nothing happens."""
    with RealDesktop() as desktop, Sandbox() as telex, agent(desktop, telex, folder) as pid:
        time.sleep(5)  # what a start leaves to be done is done; there is no event for that
        pings, first, cpu = telex.status()["pongs"], read(pid), cpu_clock(pid)
        time.sleep(IDLE)
        last, spent = read(pid), cpu_clock(pid) - cpu
        pings = telex.status()["pongs"] - pings
        names = thread_names(pid)
    woken = last.voluntary - first.voluntary
    say(f"PSS, signed in over TLS, 3 organisations, {IDLE:.0f} s idle", f"{last.pss:.1f} MB")
    say("threads", f"{last.threads} ({', '.join(names)})")
    say(f"voluntary switches in {IDLE:.0f} s", f"{woken}, {pings} pings answered among them;  CPU {spent:.2f} s")


class TimedDaemon(FakeNotificationDaemon):
    """A notification daemon that also notes when each call came, on the monotonic clock."""

    def __init__(self, bus: PrivateBus) -> None:
        super().__init__(bus)
        self.arrivals: list[float] = []

    def answer(self, call: Message, interface: str, member: str) -> tuple[str, tuple[object, ...]] | str | None:
        if member == "Notify":
            self.arrivals.append(time.monotonic())
        return super().answer(call, interface, member)


def texts(folder: str) -> None:
    """From the push server's sending to the daemon's receiving, one message at a time, whichever way its text comes."""
    for words, new_message in (("without text", "never"), ("text first", "before"), ("text in the same push", "after")):
        took = []
        with (
            RealDesktop(dunst=False) as desktop,
            Sandbox("--rate", "0", "--organisations", "1") as telex,
            TimedDaemon(desktop.bus) as daemon,
            agent(desktop, telex, folder),
        ):
            for turn in range(-WARM_UP, MESSAGES):
                known = len(daemon.shown)
                sent = telex.message(0, f"c{turn}", "the text", new_message=new_message)
                until(lambda known=known: daemon.shown[known:], "no toast")  # type: ignore[misc]
                if turn >= 0:  # the first text of an organisation is not waited for
                    assert ("the text" in daemon.shown[known].body) is (new_message != "never")
                    took.append((daemon.arrivals[known] - sent["sent_at"]) * 1000)
                time.sleep(APART)
        say(f"push sent -> Notify, {words}, {len(took)} messages", percentiles(took))
