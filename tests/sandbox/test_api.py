"""The Telex API of the sandbox: envelopes, odd status codes, sessions, what the service knows, and faults."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.raw_clients import RawApiClient
from tests.servers import Sandbox

# Signing in, and staying so.


@pytest.mark.parametrize(
    ("body", "status", "message", "wrong"),
    [
        ({"email": "ada@example.org", "password": "wrong"}, 400, "invalid credentials", None),
        ({"email": "no address", "password": "x"}, 422, "Validation failed", {"Email"}),
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


def test_refused_tokens(api: RawApiClient) -> None:
    for body, status in (({}, 422), ({"channel": 5}, 422), ({"channel": "no/where"}, 403), (b"x", 400)):
        assert api.call("POST", "/centrifugo/subscription", body, api.notification)[0] == status
    for headers in ({}, {"Authorization": "Bearer nonsense"}, api.notification):
        assert api.call("GET", "/users/organisations", headers=headers)[0] == 401
    status, body = api.call("GET", "/centrifugo/connection", headers={"X-Notification-Token": "nonsense"})
    assert (status, body["message"]) == (400, "invalid or exipired token")
    assert api.call("GET", "/centrifugo/connection", headers=api.bearer)[0] == 400
    assert api.call("GET", "/nowhere")[0] == 404


# Faults.


# What the service knows.

ORGANISATION_CALLS = (
    *("", "/user-channels", "/dms", "/fetch-bots"),
    *("/channels/notification-preference", "/notification-preference?device_type=desktop"),
)


def rows(api: RawApiClient, path: str) -> list[dict[str, Any]]:
    """The list that a call answers."""
    status, body = api.get(path)
    assert (status, body["status"]) == (200, "success")
    return list(body["data"])


def test_direct_messages_come_in_pages(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    sandbox.order("fill", organisation=place, directs=70, unread=1)
    sandbox.group(place, "Cy Young, Ben Okri", "all of us")
    found: list[dict[str, Any]] = []
    for page in (1, 2):
        _, body = api.get(f"{base}/dms?page={page}&limit=50")
        assert (body["pagination"][0]["current_page"], body["pagination"][0]["total_pages"]) == (page, 2)
        found += body["data"]
    assert [len(found), found[0]["username"], found[69]["username"]] == [72, "person.1", "person.70"]
    assert (found[70]["channel_type"], found[70]["username"]) == ("group_dm", "cy.young, ben.okri, ada")
    assert [each["username"] for each in found if each["is_suggested"]] == ["grace"]
    assert api.get(f"{base}/dms?page=3&limit=50")[1]["data"] == []
    assert len(api.get(f"{base}/dms")[1]["data"]) == 20


@pytest.mark.parametrize("path", [*ORGANISATION_CALLS, "/profile"])
def test_polls_are_for_members_if_there_are_any(api: RawApiClient, sandbox: Sandbox, base: str, path: str) -> None:
    if path != "/profile":
        assert api.get("/organisations/elsewhere" + path)[0] == 403
        path = base + path
    assert api.call("GET", path, headers=api.notification)[0] == 401
    sandbox.look_ups(False)
    assert api.get(path)[0] == 404
    sandbox.look_ups(False, status=403, html=True)
    status, body = api.get(path)
    assert status == 403 and body.startswith("<html>")
    assert api.organisations()[0] == api.connection()[0] == 200
    sandbox.clear_faults()
    assert api.get(path)[0] == 200
