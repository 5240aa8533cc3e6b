"""Fuzzes Telex's answers to the API calls of a session and of its polls, up to the notifier."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import Any

from telex_start.errors import NoNetwork, Refused, SessionOver, SignInRefused, Temporary
from telex_start.events import Event, OrganisationsChanged
from telex_start.net.https import Answer
from telex_start.session.pace import Pacer, Shared
from telex_start.session.poll_calls import MESSAGE_FIELDS, ROW_FIELDS, SECTIONS, NotThere, PollCalls
from telex_start.session.state import Organisations
from telex_start.session.telex_api import TelexApi, why_unusable
from telex_start.session.tokens import TokenStore

from .cases import Case, Log, NoCase, Target, joined
from .publications import Person

_URL = "https://telex.test"
_EMAIL = "ada@example.org"
_PASSWORD = "SECRETpasswordSECRET"
_ACCESS = "SECRETaccessSECRET"
_NOTIFICATION = "SECRETnotificationSECRET"
_SHORTEST_SECRET = 8
"""Characters: a shorter secret may be in any text by accident."""
_LONGEST_WORDS = 400
"""Characters of an error's text, which goes to a status line, a window and the log."""
_LONGEST_NAME = 256
_LONGEST_TEXT = 8000
"""Characters of any text in a row."""
_MOST_ANSWERS = 20
_MOST_REQUESTS = 100

_COMMON: tuple[type[Exception], ...] = (Temporary, Refused)
"""The errors that every call may raise."""
_SIGN_IN = (*_COMMON, SignInRefused)
_TOKENS = (*_COMMON, SessionOver)
_POLLS = (*_COMMON, NotThere)


class Answers(Target):
    """A case is a list of answers, one for each call, from the login to the logout; the last is repeated.

    Each has ``status``, ``headers`` and, as parts, ``body``. ``{"fails": true}`` stands for a call without an answer.
    ``{}`` in a body stands for the secret in the request: the password or the token.
    """

    name = "answers"
    what = "the API's answers (session/telex_api.py, session/state.py, session/poll_calls.py, news/)"

    def run(self, case: Case, log: Log) -> None:
        Caller(Script(case), log).live()


class Script:
    """Stands in for the HTTPS client: gives one answer after the other.

    Raises:
        NoCase: the case is not a list of answers.
    """

    def __init__(self, case: Case) -> None:
        if not isinstance(case, list) or not 0 < len(case) <= _MOST_ANSWERS:
            raise NoCase
        self._answers = [_answer(each) for each in case]
        self._next = 0
        self.now = 1000.0
        """The time in seconds; each request takes a tenth of a second."""

    def request(self, method: str, url: str, *, headers: Mapping[str, str], json: Any, **more: Any) -> Answer:
        """Stands in for :meth:`telex_start.net.https.Https.request`."""
        assert all(value.isascii() and value.isprintable() for value in headers.values()), "a header that is none"
        assert url.isascii() and url.isprintable() and " " not in url, "an address that is none"
        answer = self._answers[min(self._next, len(self._answers) - 1)]
        self._next += 1
        self.now += 0.1
        assert self._next < _MOST_REQUESTS, "calls without end"
        if answer is None:
            raise NoNetwork("Telex did not answer in time.")
        carried = json.get("password") if isinstance(json, dict) else None
        carried = carried or next(iter(headers.values()), "").removeprefix("Bearer ")
        answer = answer._replace(body=answer.body.replace(b"{}", carried.encode()))
        if (take := more.get("take")) is not None:
            take(answer.body)
        return answer


def _answer(told: Any) -> Answer | None:
    match told:
        case {"fails": True}:
            return None
        case {"status": int() as status, "headers": dict() as headers, "body": parts} if not isinstance(status, bool):
            if not all(isinstance(each, str) for each in headers.values()) or not 0 <= status <= 999:
                raise NoCase
            return Answer(status, headers, joined(parts))
        case _:
            raise NoCase


class Caller:
    """Makes every API call that there is, for one organisation, and checks what comes of it."""

    def __init__(self, script: Script, log: Log) -> None:
        def now() -> float:
            return script.now

        https: Any = script
        self._script, self._log = script, log
        self._store = TokenStore()
        self._told: list[Event] = []
        self._shared = Shared(self._store, Pacer(now), self._told.append, now, lambda: 0.5)
        self._api = TelexApi(_URL, https, self._shared)
        self._polls = PollCalls(_URL, https, self._shared)
        self._person = Person(["Northwind Ops", "Blue Harbour Labs", "Telex"])

    def live(self) -> None:
        """Make all calls, from the login to the logout."""
        user = "u1"
        if (login := self._call(lambda: self._api.login(_EMAIL, _PASSWORD), _SIGN_IN)) is not None:
            user = login.user_id
            assert user.isascii() and user.isprintable(), "an id that is no word"
        else:
            self._store.access, self._store.notification = _ACCESS, _NOTIFICATION
        organisations = Organisations(user, self._shared)
        self._call(lambda: organisations.fetch(self._api, self._script.now))
        learnt = [event.organisations for event in self._told if isinstance(event, OrganisationsChanged)]
        for each in chain.from_iterable(learnt):
            assert 0 < len(each.name) <= _LONGEST_NAME, f"a name of {len(each.name)} characters"
            assert each.channel.isascii() and " " not in each.channel, "a channel that has no name"
        self._fetch_tokens()
        self._poll()
        self._call(lambda: self._api.logout(lambda _: None), ())
        self._log.hides(*self._secrets())

    def _fetch_tokens(self) -> None:
        connection = self._call(self._api.connection_token, _TOKENS)
        subscription = self._call(lambda: self._api.subscription_token("o1/u1", 5.0), _TOKENS)
        for token in filter(None, (connection, subscription)):
            assert token.value not in repr(token), "a token in a repr"
            token.usable(self._script.now)
        if connection is not None and subscription is not None:
            why = why_unusable(subscription.value, "o1/u1", connection.value)
            assert why is None or len(why) < 100, "odd words"

    def _poll(self) -> None:
        """Poll what Telex never publishes, and give it to the notifier."""
        if self._store.access is None:
            self._store.access = _ACCESS
        for section in SECTIONS:
            found = self._call(partial(self._polls.unread, section, "o0", lambda: None), _POLLS)
            if found is not None:
                rows, whole = found
                _look_at_rows(rows)
                self._person.take({"looked up": 0, "section": section, "rows": [*rows], "whole": whole})
        muted = self._call(lambda: self._polls.muted("o0"), _POLLS) or frozenset()
        assert all(0 < len(ident) <= _LONGEST_NAME for ident in muted), "an id without end"
        about, hours = self._call(lambda: self._polls.preference("o0"), _POLLS) or (None, "")
        assert len(about or "") <= _LONGEST_NAME and len(hours) <= _LONGEST_NAME, "a setting without end"
        self._person.take({"set": 0, "muted": sorted(muted), "about": about or "", "hours": hours})
        paused, zone, organisation = self._call(self._polls.profile, _POLLS) or (False, "", "")
        assert len(zone) <= _LONGEST_NAME and len(organisation) <= _LONGEST_NAME, "a name without end"
        self._person.take({"paused": paused, "hour": 12})
        slug = self._call(lambda: self._polls.slug("o0"), _POLLS) or "x"
        assert 0 < len(slug) <= _LONGEST_NAME, "a name without end"
        for section in SECTIONS:
            self._call(partial(self._polls.mark_as_read, section, "c1", True), _POLLS)
        self._person.wait(100.0)

    def _call(self, call: Callable[[], Any], declared: tuple[type[Exception], ...] = _COMMON) -> Any:
        """Make a call; gives its result, or ``None`` if it fails with a ``declared`` error, which is checked."""
        try:
            return call()
        except declared as error:
            words, title = getattr(error, "message", str(error)), getattr(error, "title", "")
            assert 0 < len(words) <= _LONGEST_WORDS, f"an error of {len(words)} characters"
            assert words.isprintable() and title.isprintable(), f"odd words: {words!r}"
            whole = f"{title} {error!r} {''.join(traceback.format_exception(error))}"
            assert not any(secret in whole for secret in self._secrets()), "a secret in an error"
            return None

    def _secrets(self) -> list[str]:
        found = (_PASSWORD, self._store.access, self._store.notification)
        return [secret for secret in found if secret and len(secret) >= _SHORTEST_SECRET]


def _look_at_rows(rows: tuple[dict[str, Any], ...]) -> None:
    for row in rows:
        assert row.keys() <= {*ROW_FIELDS}, f"fields that nobody wants: {row.keys()}"
        assert all(len(value) <= _LONGEST_TEXT for value in row.values() if isinstance(value, str)), (
            "a text without end"
        )
        messages = row.get("preview_thread", [])
        assert isinstance(messages, list) and len(messages) <= 1, "more messages than the newest"
        for message in messages:
            assert message.keys() <= {*MESSAGE_FIELDS}, "fields that nobody wants"
