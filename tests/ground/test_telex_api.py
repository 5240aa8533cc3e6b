"""Telex's API: what answers mean (envelope, odd status codes), the life of tokens, and which token a call uses."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from telex_start.errors import (
    NoNetwork,
    RateLimited,
    Refused,
    SessionOver,
    SignInRefused,
    TelexFailure,
    TelexStartError,
    Temporary,
)
from telex_start.events import Organisation, SignInFailure
from telex_start.net.https import Answer, NoAnswer
from telex_start.session import telex_api
from telex_start.session.pace import USUAL
from telex_start.session.state import sign_in_failed
from telex_start.session.telex_api import LOGOUT_PAUSE, Login
from telex_start.session.tokens import Token, TokenStore
from tests.ground.telex import Reply, Telex, envelope

CHANNEL = "o1/u1"
INVALID = "invalid or exipired token"


# The envelope


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (envelope(429, message="Limit exceed"), RateLimited),
        (envelope(200, inner=429), RateLimited),
        (Answer(429, {}, b""), RateLimited),
        (Answer(502, {}, b"<html>Bad Gateway</html>"), TelexFailure),
        (Answer(200, {}, b""), TelexFailure),
        (Answer(200, {}, b"[" * 100_000), TelexFailure),
        (Answer(200, {}, b"[]"), TelexFailure),
        (Answer(302, {"Location": "http://portal/"}, b""), TelexFailure),
        (Answer(401, {}, b"<html>proxy</html>"), TelexFailure),
        (envelope(500, message="oops"), TelexFailure),
        (envelope(200, inner=503), TelexFailure),
        (Answer(200, {}, b'{"status":"error","message":"m"}'), TelexFailure),
        (envelope(403, message="no"), Refused),
        (envelope(200, inner=403), Refused),
        (envelope(500, inner=401), Refused),
    ],
)
def test_what_an_answer_means(answer: Reply, error: type[TelexStartError]) -> None:
    telex = Telex(answer)
    telex.store.access = telex.store.notification = "x"
    for _ in range(4):
        with pytest.raises(error):
            telex.api.organisations("u1")
    assert telex.pacer.wait() == pytest.approx(1 / 0.7 if error is RateLimited else 0.16, abs=0.05)


# Tokens

SERVED = "Tue, 24 Nov 2026 10:00:00 GMT"
SERVER_TIME = parsedate_to_datetime(SERVED).timestamp()


def token(payload: Any) -> str:
    parts = [json.dumps(each) for each in ({"alg": "HS256"}, payload)]
    return ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts) + ".c2ln"


def received(value: str, date: str | None = SERVED) -> Token:
    """The token of an answer with this date, received when our clock shows 100 s."""
    headers = {} if date is None else {"date": date}
    return Telex(Answer(200, headers, json.dumps({"data": {"token": value}}).encode())).api.connection_token()


@given(st.text(max_size=40) | st.from_regex(r"\A\w{3}, \d{1,3} (Jan|Feb|Dec) \d{1,5} \d\d:\d\d:\d\d [-+]\d{4}\Z"))
@example(None)
@example("Tue, 99 Nov 2026 10:00:00 GMT")
@example("Mon, 01 Jan 0001 00:00:00 +2300")
@example("Fri, 31 Dec 9999 23:59:59 -2300")
def test_no_date_makes_reading_it_raise(date: str | None) -> None:
    assert received(token({"exp": SERVER_TIME}), date).usable(100.0)


@given(st.integers() | st.floats() | st.text() | st.none() | st.booleans() | st.just(10**400))
def test_no_expiry_makes_reading_it_raise(expiry: Any) -> None:
    made = received(token({"exp": expiry}))
    assert made.expires_at is None or made.expires_at > 100.0


@pytest.mark.parametrize("zone", ["GMT", "-0000"])
def test_the_life_of_a_token_counts_from_its_arrival_by_the_date_of_the_answer(zone: str) -> None:
    """The clock for deadlines knows no time of day, so the token's expiry is compared with the answer's date."""
    made = received(token({"exp": SERVER_TIME + 120}), SERVED.replace("GMT", zone))
    assert (made.expires_at, made.life) == (100.0 + 120, 120)
    assert [made.usable(100.0 + seconds) for seconds in (0, 118, 120)] == [True, True, False]
    assert received(token({"exp": SERVER_TIME + 4})).usable(100.0 + 3), "also a short one to its end"


@pytest.mark.parametrize(
    ("payload", "date"),
    [
        ({"exp": SERVER_TIME + 120}, None),
        ({}, SERVED),
        ({"exp": "soon"}, SERVED),
        ({"exp": True}, SERVED),
        # The server that signs may have another clock than the one that answers: with 6 minutes, nobody got online.
        *(({"exp": SERVER_TIME - ago}, SERVED) for ago in (0, 360, 1e9)),
    ],
)
def test_a_token_is_sent_where_nobody_knows_how_long_it_is_good_for(payload: Any, date: str | None) -> None:
    made = received(token(payload), date)
    assert made.expires_at is None
    assert made.usable(1e9)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a.!.c", "a..c", "a.W10.c", "x" * 10_000, "a.ÿ.c", "a.\ud83d.c"])
def test_what_is_no_token_has_no_claims(text: str) -> None:
    assert telex_api.claims(text) is None
    assert telex_api.claims(token({"sub": "u1", "exp": 7})) == {"sub": "u1", "exp": 7}


OWNER = token({"sub": "u1", "exp": 1})


@pytest.mark.parametrize(
    ("subscription", "fits"),
    [
        (token({"sub": "u1", "channel": CHANNEL}), True),
        ("opaque", True),
        *((token({"sub": sub, "channel": CHANNEL}), False) for sub in ("u2", 1)),
        *((token({"sub": "u1", "channel": channel}), False) for channel in ("o2/u1", [CHANNEL])),
        (token({"sub": "u1"}), False),
        (token({"channel": CHANNEL}), False),
    ],
)
def test_a_token_that_would_close_the_whole_connection_does_not_fit(subscription: str, fits: bool) -> None:
    assert (telex_api.why_unusable(subscription, CHANNEL, OWNER) is None) is fits
    assert telex_api.why_unusable(token({"sub": "u2", "channel": CHANNEL}), CHANNEL, "opaque") is None


def test_no_token_is_in_a_repr() -> None:
    store = TokenStore()
    store.access = store.notification = "SECRET"
    store.connection = store.subscriptions[CHANNEL] = Token("SECRET")
    assert "SECRET" not in repr(store) + repr(store.connection) + str(store.connection)


def test_dropping_the_push_tokens_leaves_the_sessions_own() -> None:
    store = TokenStore()
    store.access, store.notification, store.connection = "a", "n", Token("c")
    store.subscriptions[CHANNEL] = Token("s")
    store.drop_push_tokens()
    assert [store.access, store.notification, store.connection, store.subscriptions] == ["a", "n", None, {}]
    store.clear()
    assert [store.access, store.notification] == [None, None]


# Signing in

USER = {"id": "u1", "email": "ada@example.org"}


def test_signing_in_puts_both_tokens_into_the_store() -> None:
    telex = Telex(envelope(data={"access_token": "A", "notification_token": "N", "user": USER}))
    assert telex.api.login("ada@example.org", "secret").user_id == "u1"
    assert (telex.store.access, telex.store.notification) == ("A", "N")
    assert [asked.body for asked in telex.asked] == [{"email": "ada@example.org", "password": "secret"}]


@pytest.mark.parametrize("notification", [None, "", 7])
def test_without_a_notification_token_the_bearer_calls_serve(notification: Any) -> None:
    telex = Telex(
        {
            "/auth/login": envelope(data={"access_token": "A", "notification_token": notification, "user": USER}),
            "/token/connection": envelope(data={"token": "C"}),
            "/token/subscription": envelope(data={"token": "S"}),
        }
    )
    telex.api.login("a", "b")
    assert telex.api.connection_token().value == "C"
    assert telex.api.subscription_token(CHANNEL, USUAL.call_within).value == "S"
    assert telex.asked[-1].headers == {"Authorization": "Bearer A"}
    assert telex.asked[-1].body == {"channel": CHANNEL}


@pytest.mark.parametrize(
    ("answer", "error", "why", "words"),
    [
        (envelope(400, message="invalid credentials"), SignInRefused, "CREDENTIALS", "Telex does not know this e-mail"),
        (envelope(200, inner=401), SignInRefused, "CREDENTIALS", ""),
        (envelope(422, message="Email must be valid"), SignInRefused, "FORM", "Email must be valid"),
        (envelope(403, message="Suspended."), SignInRefused, "REFUSED", "Telex says: Suspended."),
        (envelope(404, message="no such route"), Refused, "TELEX", "no such route"),
        (envelope(429), RateLimited, "RATE_LIMIT", ""),
        (NoNetwork("x"), NoNetwork, "NETWORK", "x"),
        (envelope(data=None), TelexFailure, "TELEX", "Telex accepted the sign-in but gave no access token."),
        (envelope(data=["A"]), TelexFailure, "TELEX", ""),
        (envelope(data={"access_token": "A"}), TelexFailure, "TELEX", ""),
        (envelope(data={"access_token": 1, "user": USER}), TelexFailure, "TELEX", ""),
    ],
)
def test_a_sign_in_that_does_not_work(answer: Reply, error: type[TelexStartError], why: str, words: str) -> None:
    telex = Telex(answer)
    with pytest.raises(error) as raised:
        telex.api.login("ada@example.org", "hunter2")
    assert sign_in_failed(raised.value).kind is SignInFailure[why]
    assert raised.value.message.startswith(words)
    assert [asked.only_once for asked in telex.asked] == [True]


@pytest.mark.parametrize(
    ("user", "told"),
    [
        (USER, Login("u1", ("ada@example.org",))),
        (
            {**USER, "username": " ada ", "fullname": "Ada", "full_name": "Ada", "current_org": "o1"},
            Login("u1", ("ada", "Ada", "ada@example.org")),
        ),
        (
            {"id": "u1", "username": 7, "current_org": "o1", "current_organisation_slug": "acme"},
            Login("u1", (), "o1", "acme"),
        ),
        ({"id": "u1", "current_org": "", "current_organisation_slug": "acme"}, Login("u1")),
    ],
)
def test_who_has_signed_in(user: Any, told: Login) -> None:
    assert Telex(envelope(data={"access_token": "A", "user": user})).api.login("a", "b") == told


def test_what_telex_says_is_one_line_of_bounded_length() -> None:
    with pytest.raises(Refused) as raised:
        Telex(envelope(403, message="no\n\x1b[31m\u202eway\ud83d" + "x" * 1000)).api.organisations("u1")
    assert raised.value.message.startswith("no  [31m way")
    assert raised.value.message.isprintable()
    assert len(raised.value.message) == 200


@pytest.mark.parametrize(
    ("password", "message", "shown"),
    [
        ("hunter2", "Password 'hunter2' is too short", "Password '…' is too short"),
        ("a.c", "abc is short, and so is a.c", "abc is short, and so is …"),
        ("no", "no is not known", "… is not known"),
        ("x" * 300, "x" * 300, "…"),
    ],
)
def test_a_password_that_telex_repeats_is_not_in_its_words(password: str, message: str, shown: str) -> None:
    """Validators at Telex repeat it; the message goes to the window, to standard error and to the log."""
    for status in (403, 422, 500):
        with pytest.raises(TelexStartError) as raised:
            Telex(envelope(status, message=message)).api.login("ada@example.org", password)
        assert shown.rstrip(".") in raised.value.message
        assert password not in raised.value.message.split()


@pytest.mark.parametrize(
    ("answer", "sure"),
    [
        (envelope(400, message="invalid credentials"), True),
        (envelope(200, message="Invalid credentials.", inner=401), True),
        (envelope(400, message="Invalid email and password supplied"), True),
        (envelope(400, message="invalid request body"), False),
        (envelope(401, message="Session is invalid!"), False),
        (envelope(400), False),
        (envelope(403, message="invalid credentials"), False),
        (envelope(500, message="invalid credentials"), False),
        (NoNetwork("invalid credentials"), False),
    ],
)
def test_a_password_is_refused_for_good_by_telexs_own_sentences_alone(answer: Reply, sure: bool) -> None:
    with pytest.raises(TelexStartError) as raised:
        Telex(answer).api.login("ada@example.org", "hunter2")
    assert sign_in_failed(raised.value).password_refused is sure


IN_A_WEEK = int(SERVER_TIME) + 604_800


@pytest.mark.parametrize(
    ("expires", "headers", "at"),
    [
        (str(IN_A_WEEK), {"date": SERVED}, 100.0 + 604_800 - 60),
        (IN_A_WEEK, {"date": SERVED.replace("GMT", "-0000")}, 100.0 + 604_800 - 60),
        (str(int(SERVER_TIME) + 20), {"date": SERVED}, 100.0 + 17),
        (str(IN_A_WEEK), {}, None),
        *((no, {"date": SERVED}, None) for no in ("", "soon", "604800", "nan", "inf", "9" * 400, 10**400, True, None)),
    ],
)
def test_when_the_sessions_time_is_up_counts_by_the_servers_clock(
    expires: Any, headers: dict[str, str], at: float | None
) -> None:
    """It counts as up a little early, as two clocks drift apart over a week."""
    answer = envelope(data={"access_token": "A", "user": {**USER, "expires_in": expires}})
    assert Telex(answer._replace(headers=headers)).api.login("a", "b").expires_at == at


# Signing in by mail

ASK, VERIFY = "/auth/magick-link", "/auth/magick-link/verify"
LINK_OVER = "The link is over, or was used already. Ask for another."


def by_link(telex: Telex, email: str = "ada@example.org") -> Login:
    return telex.api.login_by_link(email, "123456", no_pause)


def test_a_link_is_asked_for_once_and_leads_to_the_web_app() -> None:
    telex = Telex(envelope(message="Magic link sent to email"))
    telex.api.ask_for_link("ada@example.org", "https://telex.im")
    assert [(asked.method, asked.path) for asked in telex.asked] == [("POST", ASK)]
    assert [asked.body for asked in telex.asked] == [{"email": "ada@example.org"}]
    assert [asked.headers for asked in telex.asked] == [{"Referer": "https://telex.im/"}]
    assert [asked.only_once for asked in telex.asked] == [True]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (envelope(404, message="user not found"), "NOBODY", "Nobody at Telex has this e-mail address."),
        (envelope(422, message="Email must be valid"), "FORM", "Email must be valid"),
        (envelope(403, message="Suspended"), "REFUSED", "Telex says: Suspended."),
        (envelope(429), "RATE_LIMIT", "Telex gets too many requests just now. Please try again in a minute."),
        (NoNetwork("x"), "NETWORK", "x"),
        (NoAnswer("x"), "NETWORK", "x"),
        (envelope(503, message="away"), "TELEX", "Telex's server says: away."),
        (envelope(400, message="oops"), "TELEX", "oops"),
    ],
)
def test_a_link_that_is_not_mailed(answer: Reply, kind: str, words: str) -> None:
    with pytest.raises(TelexStartError) as raised:
        Telex(answer).api.ask_for_link("ada@example.org", "https://telex.im")
    failed = sign_in_failed(raised.value)
    assert failed.kind is SignInFailure[kind]
    assert failed.message.startswith(words)


@pytest.mark.parametrize(("notification", "kept"), [("N", "N"), (None, None)])
def test_the_code_of_a_link_signs_in_as_a_password_does(notification: str | None, kept: str | None) -> None:
    user = {**USER, "email": "Ada@Example.org", "expires_in": str(int(SERVER_TIME) + 600)}
    telex = Telex(envelope(data={"access_token": "A", "notification_token": notification, "user": user}))
    assert by_link(telex) == Login("u1", ("Ada@Example.org",), expires_at=100.0 + 600 - 60)
    assert (telex.store.access, telex.store.notification) == ("A", kept)
    assert [(asked.method, asked.path) for asked in telex.asked] == [("POST", VERIFY)]
    assert [asked.body for asked in telex.asked] == [{"token": "123456"}]
    assert [asked.only_once for asked in telex.asked] == [True]


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (envelope(401, message="invalid or expired token"), "LINK", LINK_OVER),
        (envelope(400, message="invalid credentials"), "LINK", LINK_OVER),
        (envelope(429), "RATE_LIMIT", "Telex gets too many requests"),
        (NoNetwork("No way to Telex."), "NETWORK", "No way to Telex."),
        *(
            (lost, "LINK", "The link may be used up by that: ask for another.")
            for lost in (NoAnswer("x."), Answer(502, {}, b"<html>"), envelope(data=None), envelope(data={"user": USER}))
        ),
        (envelope(422, message="token 123456 must be a number"), "FORM", "token … must be a number"),
        (envelope(403, message="Suspended: 123456"), "REFUSED", "Telex says: Suspended: …."),
    ],
)
def test_a_link_that_does_not_sign_in(answer: Reply, kind: str, words: str) -> None:
    telex = Telex(answer)
    with pytest.raises(TelexStartError) as raised:
        by_link(telex)
    failed = sign_in_failed(raised.value)
    assert (failed.kind, failed.password_refused) == (SignInFailure[kind], False)
    assert words in failed.message
    assert "123456" not in failed.message
    assert telex.paths == [VERIFY], "once, whatever came of it"


@pytest.mark.parametrize("user", [{**USER, "email": "eve@example.org"}, {"id": "u1"}, {"id": "u1", "email": 7}, None])
def test_somebody_elses_link_signs_nobody_in_and_its_session_is_ended_at_once(user: Any) -> None:
    telex = Telex({VERIFY: envelope(data={"access_token": "E", "user": user}), "/auth/logout": envelope()})
    with pytest.raises(SignInRefused, match="mailed to somebody else") as raised:
        by_link(telex)
    assert raised.value.kind is SignInFailure.LINK
    assert telex.paths == [VERIFY, "/auth/logout"]
    assert telex.asked[-1].headers == {"Authorization": "Bearer E"}
    assert (telex.store.access, telex.store.notification) == ("ACCESS", "NOTIFICATION"), "that of the session beside"


def test_a_token_that_telex_repeats_is_not_in_its_words() -> None:
    with pytest.raises(Refused) as raised:
        Telex(envelope(404, message="nobody has the token ACCESS")).api.organisations("u1")
    assert raised.value.message == "nobody has the token …"
    with pytest.raises(Refused) as raised:
        Telex(envelope(404, message="NOTIFICATION?")).api.subscription_token(CHANNEL, 5.0)
    assert raised.value.message == "…?"


# Organisations


def test_organisations() -> None:
    assert Telex(envelope(data=None)).api.organisations("u1") == ()
    data = [
        {"id": "o1", "name": " One "},
        {"id": "o2"},
        {"id": 3},
        None,
        {"id": "o1", "name": "One"},
        {"id": "", "name": "x"},
    ]
    found = Telex(envelope(data=data)).api.organisations("u1")
    assert found == (Organisation("o1", "One", "o1/u1"), Organisation("o2", "Telex", "o2/u1"))
    with pytest.raises(TelexFailure):
        Telex(envelope(data={"o1": "One"})).api.organisations("u1")


def test_a_name_is_as_long_as_a_line_of_the_log_may_be() -> None:
    (found,) = Telex(envelope(data=[{"id": "o1", "name": " " + "x" * 500_000}])).api.organisations("u1")
    assert found.name == "x" * 200


@pytest.mark.parametrize("ident", ["\ud83d", "ö", "a b", "a\n", ""], ids=ascii)
def test_an_id_that_can_be_no_channel_is_left_out(ident: str) -> None:
    assert Telex(envelope(data=[{"id": ident, "name": "x"}])).api.organisations("u1") == ()


# By which token

TOKEN = envelope(data={"token": "T"})
OVER = envelope(401, message="Session is invalid!")


@pytest.mark.parametrize(
    "refusal", [OVER, envelope(400, message=INVALID), envelope(400, message="invalid token"), envelope(200, inner=401)]
)
def test_where_one_token_is_refused_the_other_serves_and_goes_first_from_then_on(refusal: Answer) -> None:
    telex = Telex(lambda path: refusal if "/centrifugo/" in path else TOKEN)
    telex.api.connection_token()
    assert [asked.headers for asked in telex.asked] == [
        {"X-Notification-Token": "NOTIFICATION"},
        {"Authorization": "Bearer ACCESS"},
    ]
    telex.api.subscription_token(CHANNEL, USUAL.call_within)
    assert telex.paths == ["/centrifugo/connection", "/token/connection", "/token/subscription"]
    back = Telex(lambda path: TOKEN if "/centrifugo/" in path else refusal)
    back.api.connection_token()
    assert back.paths == ["/centrifugo/connection"]


def test_both_refused_for_one_organisation_is_that_organisations_alone_while_a_connection_token_is_to_be_had() -> None:
    telex = Telex(lambda path: OVER if "subscription" in path else TOKEN)
    with pytest.raises(Refused) as raised:
        telex.api.subscription_token(CHANNEL, USUAL.call_within)
    assert raised.value.status == 401
    assert not isinstance(raised.value, SessionOver)


def test_the_session_is_over_when_both_are_refused() -> None:
    telex = Telex(OVER)
    with pytest.raises(SessionOver):
        telex.api.connection_token()
    assert len(telex.asked) == 2
    with pytest.raises(SessionOver):
        telex.api.subscription_token(CHANNEL, USUAL.call_within)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (envelope(403), Refused),
        (envelope(400, message="bad channel"), Refused),
        (envelope(503), Temporary),
        (NoNetwork("x"), Temporary),
    ],
)
def test_any_other_failure_concerns_the_call_alone(answer: Reply, error: type[TelexStartError]) -> None:
    telex = Telex(answer)
    with pytest.raises(error):
        telex.api.subscription_token(CHANNEL, USUAL.call_within)
    assert len(telex.asked) == 1


@pytest.mark.parametrize(
    "data", [None, {}, {"token": ""}, {"token": 7}, "T", [], {"token": "\ud83d"}, {"token": "a\r\nb"}]
)
def test_an_answer_without_a_token_is_a_failure_of_telex(data: Any) -> None:
    with pytest.raises(TelexFailure):
        Telex(envelope(data=data)).api.connection_token()


def test_all_calls_for_one_token_together_end_in_time() -> None:
    telex = Telex(OVER)
    telex.took = 2.0
    started = telex.now
    with pytest.raises((NoNetwork, SessionOver)):
        telex.api.subscription_token(CHANNEL, USUAL.call_within)
    assert telex.now - started <= USUAL.call_within + telex.took
    assert [asked.seconds for asked in telex.asked] == [5.0, 3.0, 1.0]


# The pacer


def no_pause(_: float) -> None:
    raise AssertionError("it waited")


def test_signing_out_does_not_wait_and_does_not_fail() -> None:
    for answer in (envelope(), envelope(503), envelope(401), NoNetwork("x"), Answer(204, {}, b"")):
        telex = Telex(answer)
        telex.api.logout(no_pause)
        assert [asked[:2] for asked in telex.asked] == [("POST", "/auth/logout")]
        assert [asked.seconds for asked in telex.asked] == [2.0]
        assert telex.pacer.wait() == 0.0


@pytest.mark.parametrize("limited", [2, 99])
def test_signing_out_that_is_too_much_for_telex_is_asked_again_while_there_is_time(limited: int) -> None:
    """If polls had just used up the rate limit, the session at Telex was not ended."""
    answers = [envelope(429)] * limited + [envelope()]
    telex = Telex(lambda _: answers.pop(0))

    def pause(seconds: float) -> None:
        telex.now += seconds

    telex.api.logout(pause)
    times = min(limited + 1, 7)
    assert [asked.seconds for asked in telex.asked] == pytest.approx(
        [2.0 - number * LOGOUT_PAUSE for number in range(times)]
    )
    assert telex.now <= 102.0 + LOGOUT_PAUSE


def test_signing_out_without_a_session_asks_nothing() -> None:
    telex = Telex(envelope())
    telex.store.clear()
    telex.api.logout(no_pause)
    assert telex.asked == []
