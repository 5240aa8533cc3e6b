"""The calls that say what the service knows; a deployment without them; and those that do more than they say."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.sandbox.conftest import published
from tests.sandbox.raw_clients import RawApiClient, RawPushClient
from tests.servers import Sandbox

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


def test_a_channels_row(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    assert api.get(base + "/user-channels")[1]["data"] is None
    sandbox.message(place, "General", "First", by="Ben Okri")
    last = sandbox.mention(place, "General", "Second <b>", by="Cy Young")
    sandbox.message(place, "cellar", private=True)
    sandbox.message(place, "attic")
    sandbox.order("archive", organisation=place, name="attic")
    general, cellar = rows(api, base + "/user-channels")
    assert (general["name"], general["description"]) == ("General", "ada's General channel")
    assert (general["channels_id"], general["last_thread_id"]) == (
        last["data"]["data"]["channels_id"],
        last["thread_id"],
    )
    assert (general["thread_count"], general["mention_count"]) == (2, 1)
    assert general["preview_message"] == "<p>Second &lt;b&gt;</p>"
    assert [each["full_name"] for each in general["preview_thread"]] == ["Cy Young", "Ben Okri"]
    assert (cellar["name"], cellar["is_private"]) == ("cellar", True)
    sandbox.read(place, "General")
    after = rows(api, base + "/user-channels")[0]
    assert (after["thread_count"], after["mention_count"]) == (0, 0)
    assert after["last_read_at"] > general["last_read_at"]


def test_direct_messages_come_in_pages(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    sandbox.order("fill", organisation=place, directs=70, unread=1)
    sandbox.group(place, "Cy Young, Ben Okri", "all of us")
    found: list[dict[str, Any]] = []
    for page in (1, 2):
        status, body = api.get(f"{base}/dms?page={page}&limit=50")
        assert status == 200
        assert (body["pagination"][0]["current_page"], body["pagination"][0]["total_pages"]) == (page, 2)
        found += body["data"]
    assert [len(found), found[0]["username"], found[69]["username"]] == [72, "person.1", "person.70"]
    assert api.get(f"{base}/dms?page=3&limit=50")[1]["data"] == []
    assert len(api.get(f"{base}/dms")[1]["data"]) == 20
    group = found[70]
    assert (group["channel_type"], group["username"]) == ("group_dm", "cy.young, ben.okri, ada")
    assert [each["username"] for each in group["participants"]] == ["cy.young", "ben.okri", "ada"]


def test_a_direct_row_names_the_other_one(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    answer = sandbox.direct(place, "Maya Ibrahim", "Hello")
    row, _ = rows(api, base + "/dms")
    assert (row["username"], row["participant_id"]) == ("maya.ibrahim", answer["user_id"])
    assert row["channel_id"] == answer["data"]["data"]["channel_id"]
    assert (row["thread_count"], row["last_thread_id"]) == (1, answer["thread_id"])
    assert row["preview_message"] == row["preview_thread"][0]["message"] == "<p>Hello</p>"


def test_suggestions_are_no_conversations(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    (suggested,) = rows(api, base + "/dms")
    assert suggested["is_suggested"] and suggested["username"] == "grace"
    sandbox.direct(place, "grace")
    (row,) = rows(api, base + "/dms")
    assert not row["is_suggested"] and row["username"] == "grace"


def test_agents_rows(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    answer = sandbox.agent(place, "Sentinel")
    sandbox.agent(place, "Watch")
    row = rows(api, base + "/fetch-bots?limit=1000")[0]
    assert (row["id"], row["name"]) == (answer["data"]["data"]["id"], "Sentinel")
    assert (row["thread_count"], row["last_thread_id"]) == (1, answer["thread_id"])
    sandbox.read(place, agent="Sentinel")
    assert [each["thread_count"] for each in rows(api, base + "/fetch-bots?limit=1000")] == [0, 1]
    assert len(rows(api, base + "/fetch-bots?limit=1")) == 1


def test_slugs_under_either_name_or_none() -> None:
    with Sandbox("--rate", "0") as sandbox:
        api = RawApiClient(sandbox)
        base = "/organisations/" + sandbox.channel(1).partition("/")[0]
        assert api.login()[1]["data"]["user"]["current_organisation_slug"] == "northwind-ops"
        assert api.get(base)[1]["data"]["organisation_slug"] == "blue-harbour-labs"
        sandbox.order("slugs", style="older")
        data = api.get(base)[1]["data"]
        assert data["current_organisation_slug"] == "blue-harbour-labs" and "organisation_slug" not in data
        sandbox.order("slugs", style="none")
        assert not any("slug" in key for key in api.get(base)[1]["data"])
        assert "current_organisation_slug" not in api.login()[1]["data"]["user"]
    with Sandbox("--slugs", "none") as sandbox:
        assert "current_organisation_slug" not in RawApiClient(sandbox).login()[1]["data"]["user"]


@pytest.mark.parametrize("path", ORGANISATION_CALLS)
def test_look_ups_are_for_members_by_access_token(api: RawApiClient, base: str, path: str) -> None:
    assert api.get(base + path)[0] == 200
    assert api.get("/organisations/elsewhere" + path)[0] == 403
    assert api.call("GET", base + path, headers=api.notification)[0] == 401


@pytest.mark.parametrize("path", [*ORGANISATION_CALLS, "/profile"])
def test_a_deployment_without_look_ups(api: RawApiClient, sandbox: Sandbox, base: str, path: str) -> None:
    path = path if path == "/profile" else base + path
    sandbox.look_ups(False)
    assert api.get(path)[0] == 404
    sandbox.look_ups(False, status=403, html=True)
    status, body = api.get(path)
    assert status == 403 and body.startswith("<html>")
    assert api.organisations()[0] == api.connection()[0] == 200
    sandbox.look_ups(True)
    assert api.get(path)[0] == 200
    sandbox.look_ups(False)
    sandbox.clear_faults()
    assert api.get(path)[0] == 200


def test_a_look_up_fails_for_one_organisation(api: RawApiClient, sandbox: Sandbox, base: str) -> None:
    sandbox.fault("user_channels", organisation=base.rpartition("/")[2], status=500)
    assert api.get(base + "/user-channels")[0] == 500
    assert api.get(base + "/dms")[0] == 200
    assert api.get("/organisations/" + sandbox.channel(0).partition("/")[0] + "/user-channels")[0] == 200


@pytest.mark.parametrize(("stale", "count"), [(True, 1), (False, 2)])
def test_a_slow_answer_is_of_the_time_of_asking_or_of_answering(
    api: RawApiClient, sandbox: Sandbox, place: int, base: str, stale: bool, count: int
) -> None:
    sandbox.message(place, "General")
    sandbox.fault("user_channels", times=1, delay=0.5, stale=stale)
    found: list[dict[str, Any]] = []
    asking = threading.Thread(target=lambda: found.extend(rows(api, base + "/user-channels")))
    before = len(sandbox.calls("/user-channels"))
    asking.start()
    sandbox.wait_until(lambda status: status["under_way"] > 0)
    assert len(sandbox.calls("/user-channels")) == before, "it was answered already"
    sandbox.message(place, "General")
    asking.join()
    assert found[0]["thread_count"] == count


def test_who_asked_what_can_be_looked_up(api: RawApiClient, sandbox: Sandbox, base: str) -> None:
    since = sandbox.status()["uptime"]
    api.get(base + "/dms?page=1&limit=50")
    api.get(base + "/fetch-bots")
    calls = sandbox.calls(base, since)
    assert [(each["method"], each["path"], each["status"]) for each in calls] == [
        ("GET", base + "/dms?page=1&limit=50", 200),
        ("GET", base + "/fetch-bots", 200),
    ]
    assert sandbox.status()["requests"]["GET /organisations/{organisation}/dms"]["200"] >= 1


# --- marking as read, and the end of the session ----------------------------------------------------------------------


FORMS = {
    "name": "/threads/channels/{}?page=1&limit=1",
    "username": "/dms/channels/{}/threads?page=1&limit=1",
    "members": "/group-dms/channels/{}/threads?page=1&limit=1",
}
"""The reading call by how orders name such a conversation."""


def written(sandbox: Sandbox, place: int, kind: str) -> tuple[str, dict[str, Any]]:
    """The channel id of a conversation of that kind in which something is unread, and the publication."""
    match kind:
        case "name":
            data = sandbox.mention(place, "General", "Hello", new_message="never")["data"]["data"]
        case "username":
            data = sandbox.direct(place, "maya", "Hello", new_message="never")["data"]["data"]
        case _:
            data = sandbox.group(place, "maya, cy", "Hello", new_message="never")["data"]["data"]
    return data.get("channels_id") or data["channel_id"], data


@pytest.mark.parametrize("kind", FORMS)
def test_it_marks_as_read_and_is_published(
    api: RawApiClient, listener: RawPushClient, sandbox: Sandbox, place: int, kind: str
) -> None:
    channel_id, _ = written(sandbox, place, kind)
    while listener.receive()["push"]["pub"]["data"]["notification_type"] != "unread_thread_change":
        pass
    if kind == "name":
        assert published(listener)["notification_type"] == "channel_mention"
    readings = sandbox.status()["readings"]
    status, body = api.get(FORMS[kind].format(channel_id))
    assert status == 200 and len(body["data"]) == 1
    heard = published(listener)
    assert heard["notification_type"] == "unread_thread_change"
    assert (heard["data"]["thread_count"], heard["data"].get("mention_count", 0)) == (0, 0)
    assert sandbox.status()["readings"] == [*readings, channel_id]


@pytest.mark.parametrize("form", FORMS)
def test_each_kind_of_conversation_has_a_call_of_its_own(
    api: RawApiClient, sandbox: Sandbox, place: int, form: str
) -> None:
    for kind in FORMS:
        channel_id, _ = written(sandbox, place, kind)
        assert api.get(FORMS[form].format(channel_id))[0] == (200 if kind == form else 404)


def test_agents_have_no_such_call(api: RawApiClient, sandbox: Sandbox, place: int) -> None:
    answer = sandbox.agent(place, "Sentinel")
    (text,) = [each for each in answer["published"] if each["notification_type"] == "new_message"]
    for identity in (answer["data"]["data"]["id"], text["data"]["channel_id"]):
        assert {api.get(form.format(identity))[0] for form in FORMS.values()} == {404}


def test_it_can_fail(api: RawApiClient, listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    channel_id, _ = written(sandbox, place, "username")
    sandbox.fault("reading", times=1, status=500)
    assert api.get(FORMS["username"].format(channel_id))[0] == 500
    sandbox.message(place, "General", new_message="never")
    assert [published(listener)["data"]["thread_count"] for _ in range(2)] == [1, 1]
    assert api.call("GET", FORMS["username"].format(channel_id))[0] == 401


def test_look_ups_mark_nothing_as_read(api: RawApiClient, sandbox: Sandbox, place: int) -> None:
    written(sandbox, place, "name"), written(sandbox, place, "username")
    base = "/organisations/" + sandbox.channel(place).partition("/")[0]
    for _ in range(2):
        assert api.get(base + "/user-channels")[1]["data"][0]["thread_count"] == 1
        assert api.get(base + "/dms")[1]["data"][0]["thread_count"] == 1


def test_switching_the_organisation_ends_the_session(api: RawApiClient, sandbox: Sandbox) -> None:
    switched = sandbox.status()["switched_organisations"]
    body = {"org_id": sandbox.channel(1).partition("/")[0]}
    assert api.call("PUT", "/users/switch-org", body, api.bearer)[0] == 200
    for status, answer in (api.organisations(), api.connection()):
        assert (status, answer["message"]) == (401, "Session is invalid!")
    assert sandbox.status()["switched_organisations"] == switched + 1
