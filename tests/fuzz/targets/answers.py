"""What Telex answers to a login, a look-up and the token calls."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from telex_start.errors import (
    CredentialsRefused,
    InvalidForm,
    NoNetwork,
    Refused,
    SessionOver,
    SignInRefused,
    TelexStartError,
    Temporary,
)
from telex_start.events import Event, OrganisationsChanged
from telex_start.net.https import Answer
from telex_start.net.pacing import Pacer
from telex_start.session import tokens
from telex_start.session.organisations import Organisations
from telex_start.session.telex_api import TelexApi
from telex_start.session.tokens import TokenStore

from ..material import dumped, fields, integers, joined, many, mostly, nearly, texts, values
from ..recorder import Recorder
from ..target import Case, NoCase, Target, require

PASSWORD = "SECRETpasswordSECRET"
EMAIL = "ada@example.org"
_SHORTEST_SECRET = 8
"""Characters; what is shorter may stand in any text by accident."""
_LONGEST_TEXT = 400
"""Characters of an error's text; it goes to a status line, a window and the log."""
_LONGEST_NAME = 256
"""Characters of an organisation's name, which goes to the log with each trouble of it."""
_MOST_CALLS = 12

# Tokens of 30 seconds, for the channels and users that the other calls name; their secret is nobody's.
_CONNECTION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTc5NTUxNDQzMH0.c2lnbmF0dXJl"
_SUBSCRIPTION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImNoYW5uZWwiOiJvMS91MSIsImV4cCI6MTc5NTUxNDQzMH0.c2lnbmF0dXJl"
_token = st.sampled_from([_CONNECTION, _SUBSCRIPTION, "SECRETtokenSECRET", "a.b.c", "x.eyJ9.y", "\xe9", "a b", ""])
_login = fields(
    access_token=st.just("SECRETaccessSECRET"),
    notification_token=st.just("SECRETnotificationSECRET"),
    user=fields(id=st.just("u1"), email=texts, expires_in=texts, current_org=texts),
)
_organisation = fields(id=st.sampled_from(["o1", "o2", "o3", "\xe9", "a b"]), name=texts)
_data = st.one_of(
    _login,
    fields(token=_token),
    st.lists(nearly(_organisation), max_size=4),
    st.none(),
    values,
)
_WORDS = ("invalid credentials", "invalid or exipired token", "Limit exceed", "{} is unknown", "Password '{}' is short")
_words = st.one_of(texts, st.sampled_from(_WORDS))
_status = st.sampled_from([200, 200, 200, 200, 201, 204, 301, 302, 400, 401, 403, 404, 422, 429, 500, 502, 503, 0, 999])
_envelope = fields(
    status=st.sampled_from(["success", "success", "error"]),
    status_code=st.one_of(_status, integers),
    message=_words,
    data=_data,
    error=values,
)
_date = st.sampled_from(
    [
        *["Tue, 24 Nov 2026 10:00:00 GMT"] * 3,
        *("Mon, 01 Jan 0001 00:00:00 +2300", "Fri, 31 Dec 9999 23:59:59 -2300", "Tue, 24 Nov 2026 99:00:00 GMT"),
        *("x", "", "1e999"),
    ]
)
_call = mostly(
    st.fixed_dictionaries(
        {
            "status": _status,
            "headers": st.one_of(st.just({}), st.fixed_dictionaries({"Date": _date})),
            "body": _envelope.map(lambda value: [dumped(value)]),
        }
    ),
    st.one_of(
        st.fixed_dictionaries({"status": _status, "headers": st.just({}), "body": st.tuples(texts, many).map(list)}),
        st.just({"fails": True}),
    ),
    4,
)
_GOOD: list[Any] = [
    {
        "status": 200,
        "headers": {"Date": "Tue, 24 Nov 2026 10:00:00 GMT"},
        "body": [dumped({"status": "success", "status_code": 200, "message": "ok", "data": data})],
    }
    for data in (
        {"access_token": "SECRETaccessSECRET", "notification_token": "SECRETnotificationSECRET", "user": {"id": "u1"}},
        [{"id": "o1", "name": "Northwind Ops"}],
        {"token": _CONNECTION},
        {"token": _SUBSCRIPTION},
        None,
    )
]
"""A session in which all goes well, from the login to the logout."""


def _spoilt(both: tuple[int, list[Any]]) -> list[Any]:
    """The good session up to some call, and then other answers."""
    length, others = both
    return [*_GOOD[:length], *others]


class Answers(Target):
    """A case is a list of answers, one for each call of a session: ``status``, ``headers`` and ``body`` as parts.

    ``{"fails": true}`` stands for no answer, and ``{}`` in a body for what the request carried: the password or the
    token.
    """

    name = "answers"
    what = "the API's answers (session/telex_api.py, session/organisations.py, session/tokens.py)"
    cases = st.tuples(st.integers(0, 4), st.lists(_call, min_size=1, max_size=4)).map(_spoilt)

    def __init__(self) -> None:
        self._recorder = Recorder("telex_start")

    def __enter__(self) -> Answers:
        self._recorder.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._recorder.end()

    def run(self, case: Case) -> None:
        if not isinstance(case, list) or not 0 < len(case) <= _MOST_CALLS:
            raise NoCase
        store = TokenStore()
        with self._recorder.recording([PASSWORD]):
            Caller(store, [_answer(each) for each in case], self._recorder).live()


def _answer(call: Any) -> Answer | None:
    match call:
        case {"fails": True}:
            return None
        case {"status": int() as status, "headers": dict() as headers, "body": parts} if not isinstance(status, bool):
            if not all(isinstance(each, str) for each in headers.values()) or not 0 <= status <= 999:
                raise NoCase
            return Answer(status, headers, joined(parts))
        case _:
            raise NoCase


class Caller:
    """Calls Telex as a session does, from the login to the logout, and looks at what comes of each call."""

    def __init__(self, store: TokenStore, answers: list[Answer | None], recorder: Recorder) -> None:
        self._store = store
        self._answers = answers
        self._recorder = recorder
        self._next = 0
        self._now = 1000.0
        self._api = TelexApi("https://telex.test", self, store, Pacer(), lambda: self._now)  # type: ignore[arg-type]
        self._told: list[Event] = []

    def request(self, method: str, url: str, *, headers: Mapping[str, str], json: Any, **_: Any) -> Answer:
        """As :meth:`telex_start.net.https.Https.request`."""
        require(all(value.isascii() and value.isprintable() for value in headers.values()), "a header that is none")
        answer = self._answers[min(self._next, len(self._answers) - 1)]
        self._next += 1
        self._now += 0.1
        require(self._next < 40, "calls without end")
        if answer is None:
            raise NoNetwork("Telex did not answer in time.")
        carried = json.get("password") if isinstance(json, dict) else None
        carried = carried or next(iter(headers.values()), "").removeprefix("Bearer ")
        return answer._replace(body=bytes(answer.body).replace(b"{}", carried.encode()))

    def live(self) -> None:
        """From the login to the logout."""
        user = "u1"
        if (login := self._call(self._login, SIGN_IN)) is not None:
            user = login.user_id
            require(user.isascii() and user.isprintable(), "an id that is no word")
        else:
            self._store.access, self._store.notification = "SECRETaccessSECRET", "SECRETnotificationSECRET"
        organisations = Organisations(user, lambda: 0.5, self._told.append)
        self._call(lambda: organisations.look_up(self._api, self._now), COMMON)
        for event in self._told:
            if isinstance(event, OrganisationsChanged):
                for each in event.organisations:
                    require(0 < len(each.name) <= _LONGEST_NAME, f"a name of {len(each.name)} characters")
                    require(each.channel.isascii() and " " not in each.channel, "a channel that has no name")
        connection = self._call(self._api.connection_token, TOKENS)
        subscription = self._call(lambda: self._api.subscription_token("o1/u1", 5.0), TOKENS)
        for token in (connection, subscription):
            if token is not None:
                require(token.value not in repr(token), "a token in a repr")
                token.usable(self._now)
        if connection is not None and subscription is not None:
            why = tokens.why_unusable(subscription.value, "o1/u1", connection.value)
            require(why is None or len(why) < 100, "odd words")
        self._call(lambda: self._api.logout(lambda _: None), ())
        self._look_at("\n".join(self._recorder.lines), "the log")

    def _login(self) -> Any:
        return self._api.login(EMAIL, PASSWORD)

    def _call(self, call: Callable[[], Any], declared: tuple[type[TelexStartError], ...]) -> Any:
        """What a call gives; ``None`` where it fails as it may."""
        try:
            return call()
        except declared as error:
            require(0 < len(error.message) <= _LONGEST_TEXT, f"an error of {len(error.message)} characters")
            require(error.message.isprintable() and error.title.isprintable(), f"odd words: {error.message!r}")
            whole = "".join(traceback.format_exception(error))
            self._look_at(f"{error.title} {error.message} {error!r} {whole}", "an error")
            return None

    def _look_at(self, text: str, where: str) -> None:
        """
        Raises:
            Finding: a secret is in the text.
        """
        for secret in (PASSWORD, self._store.access, self._store.notification):
            require(not secret or len(secret) < _SHORTEST_SECRET or secret not in text, f"a secret in {where}")


COMMON: tuple[type[TelexStartError], ...] = (Temporary, Refused)
SIGN_IN = (*COMMON, CredentialsRefused, InvalidForm, SignInRefused)
TOKENS = (*COMMON, SessionOver)
