"""The Telex API of the sandbox: envelopes, odd status codes, sessions, what the service knows, and faults."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import published
from tests.sandbox.raw_clients import RawApiClient, RawPushClient
from tests.servers import Sandbox

# --- signing in, and staying so ---------------------------------------------------------------------------------------


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


# --- faults ---------------------------------------------------------------------------------------------------------


# --- what the service knows -------------------------------------------------------------------------------------------

ORGANISATION_CALLS = (
    *("", "/user-channels", "/dms", "/fetch-bots"),
    *("/channels/notification-preference", "/notification-preference?device_type=desktop"),
)


def rows(api: RawApiClient, path: str) -> list[dict[str, Any]]:
    """The list that a call answers."""
    status, body = api.get(path)
    assert (status, body["status"]) == (200, "success")
    return list(body["data"])


def test_channels(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    assert api.get(base + "/user-channels")[1]["data"] is None
    sandbox.message(place, "General", "First", by="Ben Okri")
    last = sandbox.mention(place, "General", "Second <b>", by="Cy Young")
    sandbox.message(place, "cellar", private=True)
    sandbox.message(place, "attic")
    sandbox.order("archive", organisation=place, name="attic")
    general, cellar = rows(api, base + "/user-channels")
    ids = last["data"]["data"]["channels_id"], last["thread_id"]
    assert (general["channels_id"], general["last_thread_id"]) == ids
    assert (general["name"], general["thread_count"], general["mention_count"]) == ("General", 2, 1)
    assert general["preview_message"] == "<p>Second &lt;b&gt;</p>"
    assert [each["full_name"] for each in general["preview_thread"]] == ["Cy Young", "Ben Okri"]
    assert (cellar["name"], cellar["is_private"]) == ("cellar", True)


def test_direct_messages_groups_and_suggestions_come_in_pages(
    api: RawApiClient, sandbox: Sandbox, place: int, base: str
) -> None:
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


def test_agents(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    answer = sandbox.agent(place, "Sentinel")
    sandbox.agent(place, "Watch")
    row = rows(api, base + "/fetch-bots?limit=1000")[0]
    assert (row["id"], row["name"]) == (answer["data"]["data"]["id"], "Sentinel")
    assert (row["thread_count"], row["last_thread_id"]) == (1, answer["thread_id"])
    sandbox.read(place, agent="Sentinel")
    assert [each["thread_count"] for each in rows(api, base + "/fetch-bots?limit=1000")] == [0, 1]
    assert len(rows(api, base + "/fetch-bots?limit=1")) == 1


@pytest.mark.parametrize("path", [*ORGANISATION_CALLS, "/profile"])
def test_look_ups_are_for_members_and_a_deployment_may_have_none(
    api: RawApiClient, sandbox: Sandbox, base: str, path: str
) -> None:
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


# --- marking as read --------------------------------------------------------------------------------------------------

FORMS = {
    "name": "/threads/channels/{}?page=1&limit=1",
    "username": "/dms/channels/{}/threads?page=1&limit=1",
    "members": "/group-dms/channels/{}/threads?page=1&limit=1",
}
"""The reading call by how orders name such a conversation."""


@pytest.mark.parametrize("kind", FORMS)
def test_reading_marks_as_read_and_is_published_and_each_kind_has_a_call_of_its_own(
    api: RawApiClient, listener: RawPushClient, sandbox: Sandbox, place: int, kind: str
) -> None:
    who = {"name": "General", "username": "maya", "members": "maya, cy"}[kind]
    order = {"name": "message", "username": "direct", "members": "group"}[kind]
    written = sandbox.order(order, organisation=place, new_message="never", **{kind: who})["data"]["data"]
    channel_id = written.get("channels_id") or written["channel_id"]
    assert published(listener)["data"]["thread_count"] == 1
    readings, since = sandbox.status()["readings"], sandbox.status()["uptime"]
    for form, path in FORMS.items():
        status, body = api.get(path.format(channel_id))
        assert status == (200 if form == kind else 404)
        assert form != kind or len(body["data"]) == 1
    heard = published(listener)
    assert (heard["notification_type"], heard["data"]["thread_count"]) == ("unread_thread_change", 0)
    assert sandbox.status()["readings"] == [*readings, channel_id]
    calls = sandbox.calls(channel_id, since)
    assert [(each["method"], each["path"], each["status"]) for each in calls] == [
        ("GET", path.format(channel_id), 200 if form == kind else 404) for form, path in FORMS.items()
    ]


def test_agents_have_no_such_call(api: RawApiClient, sandbox: Sandbox, place: int) -> None:
    answer = sandbox.agent(place, "Sentinel", new_message="only")
    [text] = answer["published"]
    assert {api.get(form.format(text["data"]["channel_id"]))[0] for form in FORMS.values()} == {404}
