"""Publications, from what a channel brings to the words of a toast."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from telex_start.config import NEWS_TYPES, Config
from telex_start.events import (
    How,
    Organisation,
    OrganisationsChanged,
    ProfileLookedUp,
    PublicationsReceived,
    SettingsLookedUp,
    SignedIn,
    UnreadSection,
)
from telex_start.news import wording
from telex_start.news.notifier import Notifier
from telex_start.news.publications import MOST_COUNT
from telex_start.news.quiet import Quiet
from telex_start.news.scheduler import LIMIT, WINDOW
from telex_start.news.unread import MOST_CONVERSATIONS, Counts
from telex_start.news.wall import Wall
from telex_start.toast import Toast

from ..material import fields, integers, mostly, nearly, texts, values
from ..target import Case, NoCase, Target, require

_MOST_STEPS = 60
_ORGANISATIONS = 3
_UNSEEN = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u206f\ud800-\udfff]")
"""What no toast may hold: control characters but the line break, what turns the reading direction, half an emoji."""

_SECTIONS = ("channels_section", "dm_channels_section", "agent_channels_section", "thread_message")
_BY_CHOICE = ("channel_mention", "thread_reply", "direct_call_initiated", "saved_message_remainder")
_OTHERS = ("new_message", "direct_call_response", "direct_call_canceled", "status_update")
_HOWS = [each.value for each in How]

_id = st.sampled_from(["c1", "c2", "c3", 7])
_long = st.sampled_from([{"*": ["a\u0301", 100_000]}, {"*": ["\n", 50_000]}, {"*": ["<p>", 30_000]}])
_words = mostly(texts, _long, 9)
_message = fields(
    thread_id=_id, user_id=_id, username=_words, full_name=_words, user_type=st.just("user"), message=_words
)
_data = fields(
    channels_id=_id,
    channel_id=_id,
    id=_id,
    name=_words,
    username=_words,
    description=_words,
    channel_type=st.sampled_from(["dm", "group_dm"]),
    preview_message=_words,
    preview_thread=st.lists(nearly(_message), max_size=3),
    participant_id=_id,
    participants=st.lists(values, max_size=3),
    organisation_id=texts,
    thread_count=integers,
    mention_count=integers,
    last_thread_id=texts,
    is_private=st.booleans(),
    thread_id=_id,
    message_id=_id,
    user_id=_id,
    full_name=_words,
    message=_words,
    media=values,
    buzz_id=_id,
    caller_id=_id,
    caller_name=_words,
    user_joined=values,
    archived=st.booleans(),
)
_publication = nearly(
    fields(
        notification_type=st.sampled_from([*NEWS_TYPES, *NEWS_TYPES, *_BY_CHOICE, *_OTHERS]),
        section=st.sampled_from(_SECTIONS),
        notification_id=st.sampled_from(["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"]),
        data=_data,
    )
)
_channel = st.integers(0, _ORGANISATIONS - 1)
_come = st.fixed_dictionaries(
    {"channel": _channel, "how": st.sampled_from(_HOWS), "come": st.lists(_publication, max_size=4)}
)
_step = st.one_of(
    _come,
    mostly(
        _come,
        st.one_of(
            st.fixed_dictionaries({"answered": _channel}),
            st.fixed_dictionaries({"unknown": _channel}),
            st.fixed_dictionaries({"left": _channel}),
            st.just({"signed out": True}),
        ),
        1,
    ),
    st.fixed_dictionaries({"wait": st.sampled_from([0, 1, 3, 6, 31])}),
    st.fixed_dictionaries(
        {
            "looked up": _channel,
            "section": st.sampled_from(_SECTIONS),
            "rows": st.lists(nearly(_data), max_size=4),
            "whole": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "set": _channel,
            "muted": st.lists(st.sampled_from(["c1", "7"])),
            "about": st.sampled_from(["all_new_messages", "mentions", "nothing", ""]),
            "hours": st.sampled_from(["", "09:00 AM - 06:00 PM", "11:00 PM - 01:00 AM"]),
        }
    ),
    st.fixed_dictionaries({"paused": st.booleans(), "hour": st.integers(0, 23)}),
)


class Publications(Target):
    """A case has the ``names`` of three organisations and ``steps``: what comes, goes by, or is read.

    A long text is ``{"*": [text, how many times]}``.
    """

    name = "publications"
    what = "publications, from the notifier to the words of a toast (news/)"
    cases = st.fixed_dictionaries(
        {
            "names": st.lists(_words, min_size=_ORGANISATIONS, max_size=_ORGANISATIONS),
            "steps": st.lists(_step, max_size=8),
        }
    )

    def run(self, case: Case) -> None:
        match _whole(case):
            case {"names": [str() as one, str() as two, str() as three], "steps": list() as steps}:
                person = Person([one, two, three])
                if len(steps) > _MOST_STEPS:
                    raise NoCase
                for step in steps:
                    person.take(step)
                person.wait(100.0)
            case _:
                raise NoCase


class Person:
    """Somebody who sees the toasts and counts, as they go out of the notifier."""

    def __init__(self, names: list[str]) -> None:
        self._now = 1000.0
        self._shown: list[float] = []
        self._organisations = [Organisation(f"o{index}", name, f"o{index}/u") for index, name in enumerate(names)]
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
        self._notifier.signed_in(SignedIn("7", ("c1", self._organisations[0].name)))
        self._notifier.organisations(OrganisationsChanged((*self._organisations,)))

    def take(self, step: Any) -> None:
        """One step of a case."""
        match step:
            case {"channel": int() as index, "how": str() as how, "come": list() as come}:
                if how not in _HOWS:
                    raise NoCase
                event = PublicationsReceived(self._channel(index), (*come,), How(how))
                self._notifier.received(event, self._now)
            case {"wait": int() | float() as seconds} if 0 <= seconds <= 1000:
                self.wait(seconds)
            case {"answered": int() as index}:
                self._notifier.answered(self._channel(index), self._now)
            case {"unknown": int() as index}:
                self._notifier.unknown(self._channel(index))
            case {"left": int() as index}:
                gone = self._channel(index)
                rest = (*(each for each in self._organisations if each.channel != gone),)
                self._notifier.organisations(OrganisationsChanged(rest))
            case {
                "looked up": int() as index,
                "section": str() as section,
                "rows": list() as rows,
                "whole": bool() as whole,
            }:
                channel = self._channel(index)
                self._notifier.look_up_began(channel)
                rows = [row for row in rows if isinstance(row, dict)]
                self._notifier.looked_up(UnreadSection(channel, section, (*rows,), whole), self._now)
                self._notifier.look_up_ended(channel, self._now)
            case {"set": int() as index, "muted": list() as muted, "about": str() as about, "hours": str() as hours}:
                idents = frozenset(ident for ident in muted if isinstance(ident, str))
                self._notifier.settings(SettingsLookedUp(self._channel(index), idents, about, hours), self._now)
            case {"paused": bool() as paused, "hour": int() as hour} if 0 <= hour < 24:
                self._hour = hour
                self._notifier.profile(ProfileLookedUp(paused), self._now)
            case {"signed out": True}:
                self._notifier.clear()
                require(self._notifier.counts == Counts(0, 0, 0), "counts are left after signing out")
                self._signed_in()
            case _:
                raise NoCase

    def wait(self, seconds: float) -> None:
        """Time goes by."""
        end = self._now + seconds
        for _ in range(20 + int(seconds)):
            due = self._notifier.deadline()
            if due is None or due > end:
                break
            self._now = max(self._now, due)
            self._notifier.tick(self._now)
        else:
            require(False, "something is due over and over")
        self._now = end

    def _channel(self, index: int) -> str:
        if not 0 <= index < _ORGANISATIONS:
            raise NoCase
        return self._organisations[index].channel

    def _counted(self, counts: Counts) -> None:
        require(all(count >= 0 for count in counts), f"counts below nothing: {counts}")
        require(counts.conversations <= MOST_CONVERSATIONS, "conversations without end")
        require(counts.unread <= counts.conversations * MOST_COUNT, f"more unread than can be: {counts}")

    def _show(self, toast: Toast) -> None:
        require(0 < len(toast.title) <= wording.LONGEST_TITLE, f"a title of {len(toast.title)} characters")
        require(len(toast.body) <= wording.LONGEST_BODY, f"a text of {len(toast.body)} characters")
        require(toast.title.strip(), "a title that nobody sees")
        require("\n" not in toast.title, "a title of two lines")
        line = wording.console_line(toast)
        for text in (toast.title, toast.body, line, toast.organisation or "", toast.channel or ""):
            require(not _UNSEEN.search(text), f"a character that steers: {text!r}")
        require("\n" not in line, "a line with a line break")
        require(toast.unread >= 0, "fewer unread than none")
        if toast.silent or toast.urgent or toast.title == wording.PAUSED:
            return  # it takes the place of one, does not wait, or is told when that ends
        recent = [when for when in self._shown if when > self._now - WINDOW]
        # The summary of the past is told whatever else was; two may come, the second for who answered late.
        require(len(recent) < LIMIT + 2, f"{len(recent) + 1} toasts in {WINDOW:g} s")
        self._shown.append(self._now)


def _whole(value: Any) -> Any:
    """The case with its long texts written out.

    Raises:
        NoCase: one is far too long.
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
