"""What Telex answers about the unread, the settings and the names of organisations, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import strategies as st

from telex_start.errors import TelexStartError, Temporary
from telex_start.events import MESSAGE_FIELDS, ROW_FIELDS
from telex_start.session.pace import Pacer
from telex_start.session.poll_calls import SECTIONS, NotThere, PollCalls
from telex_start.session.tokens import TokenStore

from ..material import fields, integers, nearly, texts, values
from ..target import Case, Recorder, Target, require
from .publications import Person
from .scripted import ACCESS, Script, call, good

_LONGEST_TEXT = 8000
"""Characters of a text of a row."""
_LONGEST_NAME = 256
_LONGEST_WORDS = 400

_id = st.sampled_from(["c1", "c2", 7, "x" * 200])
_message = fields(user_id=_id, username=texts, full_name=texts, message=texts, media=values, type=texts, thread_id=_id)
_row = fields(
    channels_id=_id,
    channel_id=_id,
    id=_id,
    name=texts,
    username=texts,
    channel_type=st.sampled_from(["dm", "group_dm", "public"]),
    participant_id=_id,
    participants=st.lists(values, max_size=2),
    thread_count=integers,
    mention_count=integers,
    last_thread_id=texts,
    preview_message=texts,
    preview_thread=st.lists(nearly(_message), max_size=3),
    is_suggested=st.booleans(),
    muted=st.booleans(),
)
_object = fields(
    notify_about=st.sampled_from(["all_new_messages", "mentions", "nothing"]),
    time_range=st.sampled_from(["09:00 AM - 06:00 PM", "x", ""]),
    pause_notification=st.booleans(),
    timezone=texts,
    organisation_slug=texts,
    current_organisation_slug=texts,
)
_data = st.one_of(st.lists(nearly(_row), max_size=4), _object, st.none(), values)
_pagination = st.lists(fields(current_page=integers, total_pages=integers), max_size=2)
_CHANNEL = {"channels_id": "c1", "name": "General", "thread_count": 3, "mention_count": 1}
_DIRECT = {"channel_id": "d1", "username": "grace", "channel_type": "dm", "thread_count": 1, "preview_message": "hi"}
_GOOD = [
    good([_CHANNEL]),
    good([_DIRECT], pagination=[{"current_page": 1, "total_pages": 1}]),
    good([{"id": "a1", "name": "Sentinel", "thread_count": 2}]),
    good([{"channels_id": "c1", "channel_name": "General", "muted": True}]),
    good({"notify_about": "mentions", "time_range": "09:00 AM - 06:00 PM"}),
    good({"pause_notification": False, "timezone": "Europe/Berlin"}),
    good({"organisation_slug": "northwind"}),
]
"""Look-ups of which all are answered well, in the order of the calls."""


class LookUps(Target):
    """A case is a list of answers, as :class:`.scripted.Script` has them, one for each call of a look-up."""

    name = "look_ups"
    what = "answers about the unread and the settings (session/poll_calls.py, news/)"
    cases = st.tuples(st.integers(0, 6), st.lists(call(_data, pagination=_pagination), min_size=1, max_size=5)).map(
        lambda both: [*_GOOD[: both[0]], *both[1]]
    )

    def __init__(self) -> None:
        self._recorder = Recorder("telex_start")

    def __enter__(self) -> LookUps:
        self._recorder.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._recorder.end()

    def run(self, case: Case) -> None:
        script = Script(case)
        with self._recorder.recording([ACCESS]):
            Reader(script).look_up()


class Reader:
    """Makes all the calls for one organisation, and tells the notifier what they say."""

    def __init__(self, script: Script) -> None:
        def now() -> float:
            return script.now

        pacer = Pacer(now)
        store = TokenStore()
        store.access = ACCESS
        self._calls = PollCalls("https://telex.test", script, store, pacer, now, 60.0)  # type: ignore[arg-type]
        self._person = Person(["Northwind Ops", "Blue Harbour Labs", "Telex"])

    def look_up(self) -> None:
        """All the calls, in the order of a look-up."""
        for section in SECTIONS:
            found = self._call(partial(self._calls.unread, section, "o0", lambda: None))
            if found is not None:
                rows, whole = found
                self._look_at_rows(rows)
                self._person.take({"looked up": 0, "section": section, "rows": [*rows], "whole": whole})
        muted = self._call(lambda: self._calls.muted("o0")) or frozenset()
        require(all(0 < len(ident) <= _LONGEST_NAME for ident in muted), "an id without end")
        about, hours = self._call(lambda: self._calls.preference("o0")) or (None, "")
        require(len(about or "") <= _LONGEST_NAME and len(hours) <= _LONGEST_NAME, "a setting without end")
        self._person.take({"set": 0, "muted": sorted(muted), "about": about or "", "hours": hours})
        paused, zone, organisation = self._call(self._calls.profile) or (False, "", "")
        require(len(zone) <= _LONGEST_NAME and len(organisation) <= _LONGEST_NAME, "a name without end")
        self._person.take({"paused": paused, "hour": 12})
        slug = self._call(lambda: self._calls.slug("o0")) or "x"
        require(0 < len(slug) <= _LONGEST_NAME, "a name without end")
        for section in SECTIONS:
            self._call(partial(self._calls.mark_as_read, section, "c1", True))
        self._person.wait(100.0)

    @staticmethod
    def _look_at_rows(rows: tuple[dict[str, Any], ...]) -> None:
        for row in rows:
            require(row.keys() <= {*ROW_FIELDS}, f"fields that nobody wants: {row.keys()}")
            texts_of = [value for value in row.values() if isinstance(value, str)]
            require(all(len(value) <= _LONGEST_TEXT for value in texts_of), "a text without end")
            messages = row.get("preview_thread", [])
            require(isinstance(messages, list) and len(messages) <= 1, "more messages than the newest")
            for message in messages:
                require(message.keys() <= {*MESSAGE_FIELDS}, "fields that nobody wants")

    @staticmethod
    def _call(make: Callable[[], Any]) -> Any:
        """What a call gives; ``None`` where it fails as it may."""
        try:
            return make()
        except (Temporary, NotThere) as error:
            words = error.message if isinstance(error, TelexStartError) else str(error)
            require(0 < len(words) <= _LONGEST_WORDS, f"an error of {len(words)} characters")
            require(words.isprintable(), f"odd words: {words!r}")
            require(ACCESS not in words and ACCESS not in repr(error), "a token in an error")
            return None
