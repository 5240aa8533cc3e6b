"""The section ``texts``: how soon a toast is there, and how soon its text, whichever Telex publishes first."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.fake_desktop import Notify
from tests.real_desktop import RealDesktop
from tests.rigs.bench.measuring import eventually, percentile
from tests.rigs.bench.running import APART, MESSAGES, TimedDaemon, agent, environment, say
from tests.servers import Sandbox

WARM_UP = 3
"""Messages that do not count."""
MOST_ORGANISATIONS = 20
"""So many messages, at most, come from an organisation that has not sent any text before."""

_numbers = itertools.count(1)


class _Desk:
    """An agent that is signed in, its Telex, and the daemon that it shows its toasts at."""

    def __init__(self, telex: Sandbox, daemon: TimedDaemon) -> None:
        self._telex = telex
        self._daemon = daemon

    def message(self, organisation: int, new_message: str) -> tuple[str, str, float, Notify]:
        """One in a channel of its own; gives that, the text, and milliseconds from its push to its first toast."""
        number = next(_numbers)
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


def texts(desktop: RealDesktop, folder: str) -> None:
    """From the push server's sending to the notification daemon's receiving, one message at a time."""
    for words, new_message in (("without text", "never"), ("text first", "before"), ("text in the same push", "after")):
        with _desk(desktop, folder, 1) as desk:
            took = []
            for turn in _turns(MESSAGES):
                _, text, first, toast = desk.message(0, new_message)
                if turn >= 0:  # the first text of an organisation is not waited for
                    assert (text in toast.body) is (new_message != "never"), toast.body
                    took.append(first)
        _say(f"push sent -> Notify, {words}", took)
    organisations = min(MESSAGES, MOST_ORGANISATIONS)
    with _desk(desktop, folder, organisations + WARM_UP) as desk:
        _late(desk, "not expected", list(range(organisations + WARM_UP)))
    with _desk(desktop, folder, 1) as desk:
        _late(desk, "waited for in vain", [0] * (MESSAGES + WARM_UP))


def _late(desk: _Desk, words: str, organisations: list[int]) -> None:
    """The text is published once the toast is on the screen, which it then replaces."""
    firsts, replaced = [], []
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
    _say(f"push sent -> Notify, text after, {words}", firsts)
    _say("  its text sent -> the silent replacement", replaced)


@contextmanager
def _desk(desktop: RealDesktop, folder: str, organisations: int) -> Iterator[_Desk]:
    with (
        Sandbox("--rate", "0", "--organisations", str(organisations)) as telex,
        TimedDaemon(desktop.bus) as daemon,
        agent(environment(desktop, telex, folder), telex),
    ):
        yield _Desk(telex, daemon)


def _turns(count: int) -> Iterator[int]:
    """From the warm-up's, which are below 0, apart in time."""
    for turn in range(-WARM_UP, count):
        yield turn
        time.sleep(APART)


def _say(what: str, took: list[float]) -> None:
    figures = f"p50 {percentile(took, 0.5):.1f} ms, p99 {percentile(took, 0.99):.1f} ms, most {max(took):.1f} ms"
    say(f"{what}, {len(took)} messages", figures)
