"""Sections that print lines of their own: there is no peer that does the same."""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from telex_start.events import StateChanged, UnreadLookedUp
from telex_start.session.pace import USUAL
from tests.agent import cpu_clock, read, thread_names
from tests.fake_desktop import Notify
from tests.real_desktop import RealDesktop
from tests.servers import Sandbox
from tests.session.agent import Agent

from .measuring import IDLE, MESSAGES, eventually, percentiles, say
from .running import TimedDaemon, agent

APART = 1.8
"""Seconds between two messages, or the flood rule would hold some of them."""
WARM_UP = 3
"""Messages that do not count."""
MOST_ORGANISATIONS = 20
"""So many messages, at most, come from an organisation that has not sent any text before."""
MANY = {"channels": 100, "directs": 80, "agents": 20}
LAST_LOOK_UP = "GET /organisations/{organisation}/fetch-bots"
"""The last of an organisation's three look-ups, as the sandbox counts it."""
COUNT = 40
"""Organisations, where there are many."""
RATES = (6, 1)
"""Requests a second; they are played at the same time, as they wait more than they work."""
LIMIT = 900.0
"""Seconds."""


# --- what the agent weighs ------------------------------------------------------------------------------------------


def idle(desktop: RealDesktop, folder: str) -> None:
    """Signed in with three organisations, and nothing happens."""
    with Sandbox() as telex, agent(desktop, telex, folder) as pid:
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


def conversations(desktop: RealDesktop, folder: str) -> None:
    """Signed in with one organisation, which was looked up, and nothing happens."""
    without = _weigh(desktop, folder, "none", None)
    say("PSS, signed in over TLS, 1 organisation, no conversation", f"{without:.1f} MB")
    for unread, words in ((0, "all read"), (1, "each unread, and told in one summary")):
        weighs = _weigh(desktop, folder, f"unread-{unread}", unread)
        say(f"  {sum(MANY.values())} conversations, {words}", f"{weighs:.1f} MB;  {weighs - without:+.1f} MB")


def _weigh(desktop: RealDesktop, folder: str, name: str, unread: int | None) -> float:
    """MB, with that many unread in each of many conversations, or with none of these."""
    home = Path(folder, name)
    home.mkdir()
    with Sandbox("--rate", "0", "--organisations", "1") as telex:
        if unread is not None:
            telex.order("fill", organisation=0, unread=unread, **MANY)
        with agent(desktop, telex, str(home)) as pid:
            telex.wait_until(lambda status: LAST_LOOK_UP in status["requests"], 60.0)
            time.sleep(IDLE)  # idle is that nothing happens, of which there is no event
            return read(pid).pss


def preferences(desktop: RealDesktop, folder: str) -> None:
    """Opened from the menu, one thing changed, closed; twice, as what the first brings stays."""
    search = ["xdotool", "search", "--onlyvisible", "--name", "^Telex"]

    def is_there() -> bool:
        return subprocess.run(search, env=desktop.environ, capture_output=True, check=False).returncode == 0

    seconds, after = [], []
    with Sandbox() as telex, agent(desktop, telex, folder) as pid:
        time.sleep(5)  # what a start leaves to be done is done; there is no event for that
        item = desktop.wait_for_item()
        before = read(pid)
        for _ in range(2):
            began = time.monotonic()
            item.click("Preferences…")
            desktop.xdotool("search", "--sync", "--onlyvisible", "--name", "^Telex")
            seconds.append((time.monotonic() - began) * 1000)
            eventually(lambda: desktop.active_title().startswith("Telex"))
            time.sleep(0.5)
            desktop.xdotool("key", "alt+w", "Return")
            eventually(lambda: not is_there())
            time.sleep(2)
            after.append(read(pid))
    say("menu click -> preferences window", f"{seconds[1]:.0f} ms (the first time {seconds[0]:.0f})")
    first, second = (one.pss - before.pss for one in after)
    words = f"{first:+.1f} MB after the first time, {second:+.1f} MB after the second, of {before.pss:.1f} MB"
    say("  PSS of the agent after it was closed", f"{words};  threads {before.threads}, then {after[-1].threads}")


# --- how soon a toast is there --------------------------------------------------------------------------------------


class _Desk:
    """An agent that is signed in, its Telex, and the daemon that it shows its toasts at."""

    def __init__(self, telex: Sandbox, daemon: TimedDaemon) -> None:
        self._telex = telex
        self._daemon = daemon
        self._numbers = itertools.count(1)

    def message(self, organisation: int, new_message: str) -> tuple[str, str, float, Notify]:
        """One in a channel of its own; gives that, the text, and milliseconds from its push to its first toast."""
        number = next(self._numbers)
        name, text = f"c{number}", f"the text of {number}"
        known = len(self._daemon.shown)
        sent = self._telex.message(organisation, name, text, new_message=new_message)
        return name, text, *self._toast(known, sent)

    def text(self, organisation: int, name: str) -> tuple[float, Notify]:
        """The text of that channel's message; milliseconds from its push to the toast with it."""
        known = len(self._daemon.shown)
        return self._toast(known, self._telex.order("new_message", organisation=organisation, name=name))

    def _toast(self, known: int, sent: dict[str, Any]) -> tuple[float, Notify]:
        toast: Notify = eventually(lambda: self._daemon.shown[known:], 40.0)[0]
        return (self._daemon.arrivals[known] - sent["sent_at"]) * 1000, toast


@contextmanager
def _desk(desktop: RealDesktop, folder: str, organisations: int) -> Iterator[_Desk]:
    options = ("--rate", "0", "--organisations", str(organisations))
    with Sandbox(*options) as telex, TimedDaemon(desktop.bus) as daemon, agent(desktop, telex, folder):
        yield _Desk(telex, daemon)


def texts(desktop: RealDesktop, folder: str) -> None:
    """From the push server's sending to the daemon's receiving, one message at a time, whichever way its text comes."""
    for words, new_message in (("without text", "never"), ("text first", "before"), ("text in the same push", "after")):
        with _desk(desktop, folder, 1) as desk:
            took = []
            for turn in range(-WARM_UP, MESSAGES):
                _, text, first, toast = desk.message(0, new_message)
                if turn >= 0:  # the first text of an organisation is not waited for
                    assert (text in toast.body) is (new_message != "never"), toast.body
                    took.append(first)
                time.sleep(APART)
        say(f"push sent -> Notify, {words}, {len(took)} messages", percentiles(took))
    few = min(MESSAGES, MOST_ORGANISATIONS) + WARM_UP
    _late(desktop, folder, "not expected", list(range(few)))
    _late(desktop, folder, "waited for in vain", [0] * (MESSAGES + WARM_UP))


def _late(desktop: RealDesktop, folder: str, words: str, organisations: list[int]) -> None:
    """The text is published once the toast is on the screen, which it then replaces."""
    firsts, replaced = [], []
    with _desk(desktop, folder, len(set(organisations))) as desk:
        for turn, organisation in enumerate(organisations):
            if turn:
                time.sleep(APART)
            name, text, first, toast = desk.message(organisation, "never")
            assert text not in toast.body, toast.body
            then, other = desk.text(organisation, name)
            assert (text in other.body, other.replaces_id) == (True, toast.id), other
            assert "suppress-sound" in other.hints
            if turn >= WARM_UP:
                firsts.append(first)
                replaced.append(then)
    say(f"push sent -> Notify, text after, {words}, {len(firsts)} messages", percentiles(firsts))
    say("  its text sent -> the silent replacement", percentiles(replaced))


# --- many organisations ---------------------------------------------------------------------------------------------


def organisations(_desktop: RealDesktop, _folder: str) -> None:
    """From the sign-in until the first is live, all are live, and all were looked up. The session, in this process."""
    with ThreadPoolExecutor(len(RATES)) as players:
        for rate, figures in zip(RATES, players.map(_play, RATES), strict=True):
            say(f"{COUNT} organisations, {rate} requests a second", figures)


def _play(rate: int) -> str:
    options = ("--organisations", str(COUNT), "--rate", str(rate), "--burst", "4")
    with Sandbox(*options) as telex, Agent(telex, timings=USUAL) as session:
        began = time.monotonic()
        session.sign_in()
        session.await_true(lambda: len(_looked_up(session)) == COUNT, LIMIT)
        first, live = (_live(session, count) - began for count in (1, COUNT))
        last = max(_looked_up(session).values()) - began
        refused = telex.status()["rate_limited"]["count"]
    return f"first live {first:.2f} s, all live {live:.2f} s, all looked up {last:.2f} s, {refused} times 429"


def _live(session: Agent, count: int) -> float:
    """When it first told that so many were."""
    told = [(when, event) for when, event in session.events if isinstance(event, StateChanged)]
    return next(when for when, event in told if event.subscribed >= count)


def _looked_up(session: Agent) -> dict[str, float]:
    """When each was first, by channel."""
    found: dict[str, float] = {}
    for when, event in session.events:
        if isinstance(event, UnreadLookedUp):
            found.setdefault(event.channel, when)
    return found
