"""The Telex API of the sandbox: envelopes, odd status codes, sessions and faults."""

from __future__ import annotations

import http.client
import time
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import pytest

from tests.sandbox.raw_clients import RawApiClient
from tests.servers import Sandbox
from tests.stopwatch import Stopwatch


def test_login(sandbox: Sandbox) -> None:
    status, body = RawApiClient(sandbox).login()
    assert status == 200
    assert (body["status"], body["status_code"]) == ("success", 200)
    data = body["data"]
    assert data["access_token"] and data["notification_token"]
    user = data["user"]
    assert user["email"] == sandbox.email
    assert isinstance(user["expires_in"], str)
    assert 6 * 86400 < int(user["expires_in"]) - time.time() <= 7 * 86400


def test_login_takes_the_email_in_any_case(sandbox: Sandbox) -> None:
    assert RawApiClient(sandbox).login(email=sandbox.email.upper())[0] == 200


def test_a_second_account_is_in_the_same_organisations(api: RawApiClient, sandbox: Sandbox) -> None:
    other = RawApiClient(sandbox)
    assert other.login("grace@example.org")[0] == 200
    assert [each["id"] for each in other.organisations()[1]["data"]] == [
        each["id"] for each in api.organisations()[1]["data"]
    ]


@pytest.mark.parametrize(
    ("body", "status", "message", "wrong"),
    [
        ({"email": "ada@example.org", "password": "wrong"}, 400, "invalid credentials", None),
        ({"email": "nobody@example.org", "password": "wrong"}, 400, "invalid credentials", None),
        ({"email": "no address", "password": "x"}, 422, "Validation failed", {"Email"}),
        ({"email": "ada@example.org"}, 422, "Validation failed", {"Password"}),
        ({"email": "ada@example.org", "password": 5}, 422, "Validation failed", {"Password"}),
        ({}, 422, "Validation failed", {"Email", "Password"}),
        (b"no json", 400, "Failed to parse request body", None),
        ([1], 400, "Failed to parse request body", None),
    ],
)
def test_refused_login(sandbox: Sandbox, body: Any, status: int, message: str, wrong: set[str] | None) -> None:
    found, answer = RawApiClient(sandbox).call("POST", "/auth/login", body)
    assert found == status
    assert (answer["status"], answer["status_code"], answer["message"]) == ("error", status, message)
    assert wrong is None or set(answer["error"]) == wrong


def test_organisations(api: RawApiClient) -> None:
    status, body = api.organisations()
    assert status == 200
    assert [each["name"] for each in body["data"]] == ["Northwind Ops", "Blue Harbour Labs", "Fernhill Analytics"]


def test_no_organisations_are_null() -> None:
    with Sandbox("--organisations", "0") as sandbox:
        api = RawApiClient(sandbox)
        assert api.login()[1]["data"]["user"]["current_org"] == ""
        assert api.organisations()[1]["data"] is None


def test_push_tokens_say_what_they_are_for(api: RawApiClient, sandbox: Sandbox) -> None:
    channel = sandbox.channel(1)
    user_id = channel.partition("/")[2]
    for connection, subscription in (
        (api.connection(), api.subscription(channel)),
        (api.connection_by_bearer(), api.subscription_by_bearer(channel)),
    ):
        claims = [
            jwt.decode(body["data"]["token"], options={"verify_signature": False})
            for _, body in (connection, subscription)
        ]
        assert [each["sub"] for each in claims] == [user_id, user_id]
        assert [each.get("channel") for each in claims] == [None, channel]
        assert [each["exp"] - each["iat"] for each in claims] == [120, 300]


def test_lives_of_tokens_are_options() -> None:
    with Sandbox("--connection-ttl", "7", "--subscription-ttl", "9", "--rate", "0") as sandbox:
        api = RawApiClient(sandbox)
        api.login()
        tokens = [api.connection()[1]["data"]["token"], api.subscription(sandbox.channel())[1]["data"]["token"]]
        claims = [jwt.decode(token, options={"verify_signature": False}) for token in tokens]
        assert [each["exp"] - each["iat"] for each in claims] == [7, 9]


def test_the_clock_can_be_ahead() -> None:
    with Sandbox("--clock-offset", "3600") as sandbox:
        api = RawApiClient(sandbox)
        _, login = api.login()
        date = parsedate_to_datetime(api.headers["Date"]).timestamp()
        assert 3590 < date - time.time() < 3610
        assert abs(int(login["data"]["user"]["expires_in"]) - date - 7 * 86400) < 5
        token = api.connection()[1]["data"]["token"]
        assert 3700 < jwt.decode(token, options={"verify_signature": False})["exp"] - time.time() < 3730


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"channel": 5}, 422), ({"channel": "no/where"}, 403), (b"x", 400)]
)
def test_refused_subscription_token(api: RawApiClient, body: Any, status: int) -> None:
    assert api.call("POST", "/centrifugo/subscription", body, api.notification)[0] == status


def test_bad_tokens(api: RawApiClient) -> None:
    bad = "nonsense"
    assert api.call("GET", "/users/organisations")[0] == 401
    assert api.call("GET", "/users/organisations", headers={"Authorization": f"Bearer {bad}"})[0] == 401
    status, body = api.call("GET", "/centrifugo/connection", headers={"X-Notification-Token": bad})
    assert (status, body["message"]) == (400, "invalid or exipired token")
    assert api.call("GET", "/centrifugo/connection", headers=api.bearer)[0] == 400
    assert api.call("GET", "/nowhere")[0] == 404


def test_logout_ends_the_session(api: RawApiClient, sandbox: Sandbox) -> None:
    before = sandbox.status()["logouts"]
    assert api.logout()[0] == 200
    for status, body in (api.organisations(), api.connection(), api.connection_by_bearer(), api.logout()):
        assert (status, body["message"]) == (401, "Session is invalid!")
    assert sandbox.status()["logouts"] == before + 1


def test_revoked_sessions(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.revoke_session()
    for status, body in (api.organisations(), api.connection(), api.subscription(sandbox.channel())):
        assert (status, body["message"]) == (401, "Session is invalid!")
    api.login()
    assert api.organisations()[0] == 200


def test_without_notification_token() -> None:
    with Sandbox("--no-notification-token", "--rate", "0") as sandbox:
        api = RawApiClient(sandbox)
        assert "notification_token" not in api.login()[1]["data"]
        assert api.connection()[0] == 400
        assert api.connection_by_bearer()[0] == 200
        assert api.subscription_by_bearer(sandbox.channel())[0] == 200


def test_one_kind_of_token_can_be_refused(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.refuse_notification_token()
    assert (api.connection()[0], api.connection_by_bearer()[0]) == (401, 200)
    sandbox.refuse_notification_token(False)
    sandbox.refuse_bearer()
    assert (api.connection()[0], api.connection_by_bearer()[0], api.organisations()[0]) == (200, 401, 401)
    sandbox.refuse_bearer(False)
    assert api.organisations()[0] == 200


# --- faults ---------------------------------------------------------------------------------------------------------


def test_a_fault_happens_as_often_as_asked(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("organisations", times=2)
    assert [api.organisations()[0] for _ in range(3)] == [502, 502, 200]


def test_a_fault_lasts_until_it_is_cleared(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("connection", status=503, message="maintenance")
    for _ in range(3):
        status, body = api.connection()
        assert (status, body["status_code"], body["message"]) == (503, 503, "maintenance")
    assert api.connection_by_bearer()[0] == 503
    sandbox.clear_faults()
    assert api.connection()[0] == 200


def test_a_fault_for_one_organisation(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("subscription", organisation=1, status=500)
    assert [api.subscription(sandbox.channel(index))[0] for index in range(3)] == [200, 500, 200]


def test_html_in_the_place_of_json(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("login", html=True)
    status, body = api.login()
    assert status == 502
    assert body.startswith("<html>") and api.headers["Content-Type"].startswith("text/html")


def test_another_status_in_the_body(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("organisations", body_status=401, message="Session is invalid!")
    status, body = api.organisations()
    assert (status, body["status_code"], body["message"]) == (200, 401, "Session is invalid!")


def test_redirect(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("organisations", redirect=True)
    assert api.organisations()[0] == 302
    assert api.headers["Location"].startswith("http://")


def test_delay(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("organisations", delay=0.3)
    started = time.monotonic()
    assert api.organisations()[0] == 200
    assert time.monotonic() - started >= 0.3


def test_truncated_body(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("organisations", truncate=True)
    with pytest.raises(http.client.IncompleteRead):
        api.organisations()


def test_dripping_body(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.fault("organisations", drip=True)
    spent = Stopwatch()
    with pytest.raises(TimeoutError):
        # With a second between two bytes this ends at the first pause; a time-out above that would never end.
        api.call("GET", "/users/organisations", headers=api.bearer, timeout=0.5)
    assert spent.seconds() < 1.5


def test_a_client_that_gives_up_a_dripping_answer_is_no_error(capfd: pytest.CaptureFixture[str]) -> None:
    """The sandbox's standard error is its user's, who reads tracebacks there as news."""
    with Sandbox() as sandbox:
        api = RawApiClient(sandbox)
        sandbox.fault("login", drip=True)
        with pytest.raises(TimeoutError):
            api.call("POST", "/auth/login", body={"email": "a@b.example", "password": "x"}, timeout=0.5)
        time.sleep(1.2)  # the next byte, which meets a connection that is gone
        sandbox.status()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "order", [{"path": "nowhere"}, {}, {"path": "login", "status": "x"}, {"path": "login", "delay": -1}]
)
def test_faults_that_make_no_sense(sandbox: Sandbox, order: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="400"):
        sandbox.order("fault", **order)


@pytest.mark.parametrize("kind", ["other_channel", "other_user", "bad_signature", "expired", "garbage"])
def test_wrong_tokens(api: RawApiClient, sandbox: Sandbox, kind: str) -> None:
    sandbox.wrong_token(1, kind)
    channel = sandbox.channel(1)
    token = api.subscription(channel)[1]["data"]["token"]
    if kind == "garbage":
        with pytest.raises(jwt.DecodeError):
            jwt.decode(token, options={"verify_signature": False})
    else:
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["channel"] == channel) == (kind != "other_channel")
        assert (claims["sub"] == channel.partition("/")[2]) == (kind != "other_user")
        assert (claims["exp"] < time.time()) == (kind == "expired")
    assert jwt.decode(api.subscription(sandbox.channel(0))[1]["data"]["token"], options={"verify_signature": False})


# --- rate limit and organisations -----------------------------------------------------------------------------------


def test_too_many_calls() -> None:
    with Sandbox("--rate", "2", "--burst", "3") as sandbox:
        api = RawApiClient(sandbox)
        answers = [api.login() for _ in range(5)]
        assert [status for status, _ in answers] == [200, 200, 200, 429, 429]
        assert answers[-1][1]["message"] == "Limit exceed"
        assert "Retry-After" not in api.headers
        status = sandbox.wait_until(lambda status: status["uptime"] > status["rate_limited"]["times"][-1] + 0.6)
        assert status["rate_limited"]["count"] == 2
        assert status["requests"]["POST /auth/login"] == {"200": 3, "429": 2}
        assert api.organisations()[0] == 200
        sandbox.rate_limit(0)
        assert {api.organisations()[0] for _ in range(20)} == {200}


def test_organisations_come_and_go(sandbox: Sandbox, api: RawApiClient) -> None:
    added = sandbox.add_organisation("Late Arrivals")
    assert api.organisations()[1]["data"][added["index"]]["name"] == "Late Arrivals"
    assert api.subscription(added["channel"])[0] == 200
    for email in (None, "grace@example.org"):
        sandbox.remove_organisation(added["id"], user=email)
    assert len(api.organisations()[1]["data"]) == added["index"]
    assert api.subscription(added["channel"])[0] == 403


def test_many_organisations() -> None:
    with Sandbox("--organisations", "200") as sandbox:
        api = RawApiClient(sandbox)
        api.login()
        names = [each["name"] for each in api.organisations()[1]["data"]]
        assert len(set(names)) == 200


def test_the_certificate_is_checked_against_the_announced_authority(sandbox: Sandbox) -> None:
    import urllib.request

    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(sandbox.api_url + "/users/organisations")
