"""What Telex answers to a login, a look-up and the token calls."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from telex_start.errors import (
    CredentialsRefused,
    InvalidForm,
    Refused,
    SessionOver,
    SignInRefused,
    TelexStartError,
    Temporary,
)
from telex_start.events import Event, OrganisationsChanged
from telex_start.session.pace import Pacer
from telex_start.session.state import Organisations
from telex_start.session.telex_api import TelexApi, why_unusable
from telex_start.session.tokens import TokenStore

from ..material import fields, nearly, texts, values
from ..target import Case, Recorder, Target, require
from .scripted import ACCESS, Script, call, good

PASSWORD = "SECRETpasswordSECRET"
EMAIL = "ada@example.org"
_SHORTEST_SECRET = 8
"""Characters; what is shorter may stand in any text by accident."""
_LONGEST_TEXT = 400
"""Characters of an error's text; it goes to a status line, a window and the log."""
_LONGEST_NAME = 256
"""Characters of an organisation's name, which goes to the log with each trouble of it."""

# Tokens of 30 seconds, for the channels and users that the other calls name; their secret is nobody's.
_CONNECTION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTc5NTUxNDQzMH0.c2lnbmF0dXJl"
_SUBSCRIPTION = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImNoYW5uZWwiOiJvMS91MSIsImV4cCI6MTc5NTUxNDQzMH0.c2lnbmF0dXJl"
_token = st.sampled_from([_CONNECTION, _SUBSCRIPTION, "SECRETtokenSECRET", "a.b.c", "x.eyJ9.y", "\xe9", "a b", ""])
_login = fields(
    access_token=st.just(ACCESS),
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
_GOOD: list[Any] = [
    good({"access_token": ACCESS, "notification_token": "SECRETnotificationSECRET", "user": {"id": "u1"}}),
    good([{"id": "o1", "name": "Northwind Ops"}]),
    good({"token": _CONNECTION}),
    good({"token": _SUBSCRIPTION}),
    good(None),
]
"""A session in which all goes well, from the login to the logout."""


def _spoilt(both: tuple[int, list[Any]]) -> list[Any]:
    """The good session up to some call, and then other answers."""
    length, others = both
    return [*_GOOD[:length], *others]


class Answers(Target):
    """A case is a list of answers, as :class:`.scripted.Script` has them, one for each call of a session."""

    name = "answers"
    what = "the API's answers (session/telex_api.py, session/organisations.py, session/tokens.py)"
    cases = st.tuples(st.integers(0, 4), st.lists(call(_data), min_size=1, max_size=4)).map(_spoilt)

    def __init__(self) -> None:
        self._recorder = Recorder("telex_start")

    def __enter__(self) -> Answers:
        self._recorder.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._recorder.end()

    def run(self, case: Case) -> None:
        store = TokenStore()
        script = Script(case)
        with self._recorder.recording([PASSWORD]):
            Caller(store, script, self._recorder).live()


class Caller:
    """Calls Telex as a session does, from the login to the logout, and looks at what comes of each call."""

    def __init__(self, store: TokenStore, script: Script, recorder: Recorder) -> None:
        self._store = store
        self._script = script
        self._recorder = recorder
        self._api = TelexApi("https://telex.test", script, store, Pacer(lambda: script.now), lambda: script.now)  # type: ignore[arg-type]
        self._told: list[Event] = []

    def live(self) -> None:
        """From the login to the logout."""
        user = "u1"
        if (login := self._call(self._login, SIGN_IN)) is not None:
            user = login.user_id
            require(user.isascii() and user.isprintable(), "an id that is no word")
        else:
            self._store.access, self._store.notification = ACCESS, "SECRETnotificationSECRET"
        organisations = Organisations(user, lambda: 0.5, self._told.append)
        self._call(lambda: organisations.fetch(self._api, self._script.now), COMMON)
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
                token.usable(self._script.now)
        if connection is not None and subscription is not None:
            why = why_unusable(subscription.value, "o1/u1", connection.value)
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
