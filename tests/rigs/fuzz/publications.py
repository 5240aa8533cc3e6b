"""Fuzzes publications, from the notifier to the words of a toast and to the lines on the terminal."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack
from typing import Any, Self

from telex_start import events
from telex_start.config import NEWS_TYPES, Config
from telex_start.console import Console
from telex_start.news import wording
from telex_start.news.notifier import Notifier
from telex_start.news.publications import MOST_COUNT
from telex_start.news.quiet import Quiet
from telex_start.news.scheduler import LIMIT, WINDOW
from telex_start.news.unread import MOST_CONVERSATIONS, Counts
from telex_start.news.wall import Wall
from telex_start.push.frames import read_json
from telex_start.toast import Toast

from .cases import Case, Log, NoCase, Target, dumped

_MOST_STEPS = 60
_ORGANISATIONS = 3
_UNSEEN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ud800-\udfff]")
"""Characters that no toast may hold: controls except line breaks, marks of reading direction, half an emoji."""
_BY_CHOICE = ("channel_mention", "thread_reply", "direct_call_initiated", "saved_message_remainder")
_HOWS = {how.value: how for how in events.How}


class Publications(Target):
    """A case has the ``names`` of three organisations and ``steps``: publications, time that passes, and what is read.

    A long text is written as ``{"*": [text, how many times]}``. The whole case is decoded as JSON from the network is.
    """

    name = "publications"
    what = "publications, from the wire to what is told and printed (news/)"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            # Its thread starts with the first line that it writes.
            self._console = Console(True, stack.enter_context(open(os.devnull, "w")), lambda: None)
            stack.callback(self._console.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, case: Case, log: Log) -> None:
        match read_json(dumped(_whole(case)).encode()):
            case {"names": [str() as one, str() as two, str() as three], "steps": list() as steps}:
                person = Person([one, two, three], self._console)
                if len(steps) > _MOST_STEPS:
                    raise NoCase
                for step in steps:
                    person.take(step)
                person.wait(100.0)
            case _:
                raise NoCase


class Person:
    """A person who sees the toasts and counts of a notifier, and checks each."""

    def __init__(self, names: list[str], console: Console | None = None) -> None:
        self._now = 1000.0
        self._shown: list[float] = []
        self._console = console
        self._organisations = [
            events.Organisation(f"o{index}", name, f"o{index}/u") for index, name in enumerate(names)
        ]
        self._hour = 12
        self._notifier = Notifier(
            Config(notification_types=(*NEWS_TYPES, *_BY_CHOICE)),
            Quiet(Config(), Wall(lambda: 0.0, lambda at: 0.0)),
            show=self._show,
            counts_changed=self._counted,
            read=lambda handle: None,
            watch_agents=lambda channels: None,
            second_of_day=lambda zone: self._hour * 3600.0,
        )
        self._signed_in()

    def _signed_in(self) -> None:
        self._notifier.signed_in(events.SignedIn("7", ("c1", self._organisations[0].name)))
        self._notifier.organisations(events.OrganisationsChanged((*self._organisations,)))

    def take(self, step: Any) -> None:
        """Do one step of a case."""
        notifier, now = self._notifier, self._now
        match step:
            case {"channel": int() as index, "how": str() as how, "come": list() as come} if how in _HOWS:
                notifier.received(events.PublicationsReceived(self._channel(index), (*come,), _HOWS[how]), now)
            case {"wait": int() | float() as seconds} if 0 <= seconds <= 1000:
                self.wait(seconds)
            case {"answered": int() as index}:
                notifier.answered(self._channel(index), now)
            case {"unknown": int() as index}:
                notifier.unknown(self._channel(index))
            case {"left": int() as index}:
                gone = self._channel(index)
                rest = (*(each for each in self._organisations if each.channel != gone),)
                notifier.organisations(events.OrganisationsChanged(rest))
            case {"looked up": int() as index, "section": str() as section, "rows": list() as rows, "whole": whole}:
                channel = self._channel(index)
                notifier.poll_began(channel)
                rows = [row for row in rows if isinstance(row, dict)]
                notifier.polled(events.UnreadSection(channel, section, (*rows,), whole is True), now)
                notifier.poll_ended(channel, now)
            case {"set": int() as index, "muted": list() as muted, "about": str() as about, "hours": str() as hours}:
                idents = frozenset(ident for ident in muted if isinstance(ident, str))
                notifier.settings(events.SettingsPolled(self._channel(index), idents, about, hours), now)
            case {"paused": bool() as paused, "hour": int() as hour} if 0 <= hour < 24:
                self._hour = hour
                notifier.profile(events.ProfilePolled(paused), now)
            case {"signed out": True}:
                notifier.clear()
                assert notifier.counts == Counts(0, 0, 0), "counts are left after signing out"
                self._signed_in()
            case _:
                raise NoCase

    def wait(self, seconds: float) -> None:
        """Let time pass, and do what is due."""
        end = self._now + seconds
        for _ in range(20 + int(seconds)):
            due = self._notifier.deadline()
            if due is None or due > end:
                break
            self._now = max(self._now, due)
            self._notifier.tick(self._now)
        else:
            raise AssertionError("something is due over and over")
        self._now = end

    def _channel(self, index: int) -> str:
        if not 0 <= index < _ORGANISATIONS:
            raise NoCase
        return self._organisations[index].channel

    def _counted(self, counts: Counts) -> None:
        assert all(count >= 0 for count in counts), f"counts below nothing: {counts}"
        assert counts.conversations <= MOST_CONVERSATIONS, "conversations without end"
        assert counts.unread <= counts.conversations * MOST_COUNT, f"more unread than can be: {counts}"
        if self._console is not None:
            self._console.unread(counts)

    def _show(self, toast: Toast) -> None:
        assert 0 < len(toast.title) <= wording.LONGEST_TITLE, f"a title of {len(toast.title)} characters"
        assert len(toast.body) <= wording.LONGEST_BODY, f"a text of {len(toast.body)} characters"
        assert toast.title.strip(), "a title that nobody sees"
        assert "\n" not in toast.title, "a title of two lines"
        line = wording.console_line(toast)
        for text in (toast.title, toast.body, line, toast.organisation or "", toast.channel or ""):
            assert not _UNSEEN.search(text), f"a character that steers: {text!r}"
        assert "\n" not in line, "a line with a line break"
        assert toast.unread >= 0, "fewer unread than none"
        if self._console is not None:
            self._console.toast(toast)
        if toast.silent or toast.urgent or toast.title == wording.PAUSED:
            return  # a replacement, an urgent toast, or the summary of a pause: the flood rule does not count it
        recent = [when for when in self._shown if when > self._now - WINDOW]
        # The summary of the past is always shown; there may be two, the second for channels that answered late.
        assert len(recent) < LIMIT + 2, f"{len(recent) + 1} toasts in {WINDOW:g} s"
        self._shown.append(self._now)


def _whole(value: Any) -> Any:
    """The case with its long texts written out.

    Raises:
        NoCase: a text is far too long.
    """
    match value:
        case {"*": [str() as text, int() as count]}:
            if not 0 <= len(text) * count <= 500_000 or count > 500_000:
                raise NoCase
            return text * count
        case dict():
            return {key: _whole(each) for key, each in value.items()}
        case list():
            return [_whole(each) for each in value]
    return value
