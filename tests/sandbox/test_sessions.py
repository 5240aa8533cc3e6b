"""Sessions of the sandbox's API: signing in by a mailed link, and how a session ends."""

from __future__ import annotations

import urllib.error
import urllib.request
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.sandbox.raw_clients import RawApiClient
from tests.servers import Sandbox

# Signing in by mail.


def ask_link(api: RawApiClient, email: str = "ada@example.org", site: str = "") -> tuple[int, Any]:
    return api.call("POST", "/auth/magick-link", {"email": email}, {"Referer": site} if site else {})


def verify(api: RawApiClient, code: str) -> tuple[int, Any]:
    return api.call("POST", "/auth/magick-link/verify", {"token": code})


def test_a_mailed_link_signs_in_once(sandbox: Sandbox) -> None:
    api, site = RawApiClient(sandbox), "https://telex.example/"
    assert ask_link(api, "Ada@Example.org", site)[0] == 404, "looked up as it is written"
    assert ask_link(api, sandbox.email, site) == ask_link(api)
    first, second = sandbox.mails()["mails"][-2:]
    assert (first["email"], first["link"]) == (sandbox.email, f"{site}auth/login/magic-link?token={first['code']}")
    assert second["link"] == f"auth/login/magic-link?token={second['code']}"  # asked for without Referer
    assert second["code"].isdigit() and len(second["code"]) <= 6
    assert ask_link(api, "grace@example.org")[0] == 200  # another one's link ends nobody's
    status, body = verify(api, second["code"])
    assert (status, body["data"]["user"]["email"]) == (200, sandbox.email)
    api.access_token, api.notification_token = body["data"]["access_token"], body["data"]["notification_token"]
    assert api.organisations()[0] == api.connection()[0] == 200
    for over in (first, second):
        status, body = verify(api, over["code"])
        assert (status, body["message"]) == (401, "invalid or expired token")
    assert [each["unused"] for each in sandbox.mails()["mails"][-3:]] == [False, False, True]


def test_refused_links(sandbox: Sandbox) -> None:
    api, mailed = RawApiClient(sandbox), len(sandbox.mails()["mails"])
    for path, body, status, message in (
        ("", {"email": "nobody@example.org"}, 404, "user not found"),
        ("", {"email": "no address"}, 422, "Validation failed"),
        ("/verify", {}, 422, "Validation failed"),
        ("/verify", {"token": 123456}, 422, "Validation failed"),
        ("/verify", {"token": "1234567"}, 401, "invalid or expired token"),
    ):
        found, answer = api.call("POST", "/auth/magick-link" + path, body)
        assert (found, answer["message"]) == (status, message)
    assert len(sandbox.mails()["mails"]) == mailed


def test_the_terminal_shows_the_mail_and_an_older_deployment_gives_no_notification_token(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with Sandbox("--rate", "0", "--no-notification-token") as sandbox:
        api = RawApiClient(sandbox)
        ask_link(api)
        [mail] = sandbox.mails()["mails"]
        assert capfd.readouterr().err == f"Mail to {sandbox.email}: sign in by {mail['link']}\n"
        data = verify(api, mail["code"])[1]["data"]
        assert "notification_token" not in data
        api.access_token = data["access_token"]
        assert api.get("/token/connection")[0] == 200


# The end of a session.


def ends(api: RawApiClient) -> list[tuple[int, str]]:
    """What the API answers to calls by access token (the first two) and by notification token."""
    answers = [api.get("/token/connection"), api.organisations(), api.connection()]
    return [(status, body["message"]) for status, body in answers]


def test_telex_ends_a_session_before_its_time(api: RawApiClient, sandbox: Sandbox) -> None:
    sandbox.revoke_session()
    assert ends(api) == [(401, "Session is invalid!")] * 3
    assert api.login()[0] == 200
    assert api.organisations()[0] == 200


@pytest.mark.parametrize(("stays", "by_notification"), [(False, 400), (True, 200)])
def test_an_access_token_ends_at_its_time_and_a_link_after_a_quarter(stays: bool, by_notification: int) -> None:
    with Sandbox("--rate", "0") as sandbox:
        sandbox.session_life(seconds=900, notification_token_stays=stays)
        api = RawApiClient(sandbox)
        ask_link(api)
        expires_in = int(api.login()[1]["data"]["user"]["expires_in"])
        sandbox.order("later", seconds=890)
        assert date_of(sandbox) < expires_in
        assert [status for status, _ in ends(api)] == [200] * 3
        sandbox.order("later", seconds=10)
        assert date_of(sandbox) >= expires_in
        by_access, _, by_other = ends(api)
        assert (by_access, by_other[0]) == ((401, "Token is invalid!"), by_notification)
        assert verify(api, sandbox.mails()["mails"][0]["code"])[0] == 401
        sandbox.session_life(seconds=30)
        life = int(api.login()[1]["data"]["user"]["expires_in"]) - date_of(sandbox)
        assert 0 < life <= 30 and api.organisations()[0] == 200


def date_of(sandbox: Sandbox) -> float:
    """The ``Date`` of an answer, as Unix seconds."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(sandbox.api_url + "/profile", context=sandbox.tls)
    with refused.value as answer:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp()
