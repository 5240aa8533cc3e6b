"""The calls that mark a conversation as read, and the one that ends the session."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import published
from tests.sandbox.raw_clients import RawApiClient, RawPushClient
from tests.servers import Sandbox

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
