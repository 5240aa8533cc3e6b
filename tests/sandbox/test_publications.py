"""What is published when people write, answer, read and call, with the service's quirks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from telex_start.sandbox.telex import within
from tests.sandbox.conftest import kinds, published
from tests.sandbox.raw_clients import RawApiClient, RawPushClient
from tests.servers import Sandbox

CHANGE, TEXT, MENTION, REPLY = "unread_thread_change", "new_message", "channel_mention", "thread_reply"


def text_of(answer: dict[str, Any], kind: str = TEXT) -> dict[str, Any]:
    """The data of the answer's one publication of that kind, by default the one that carries the text."""
    (found,) = [each["data"] for each in answer["published"] if each["notification_type"] == kind]
    return dict(found)


@pytest.mark.parametrize(
    ("order", "keys", "expected"),
    [
        ("message", {"name": "General", "new_message": "before"}, [TEXT, CHANGE]),
        ("message", {"name": "General"}, [CHANGE, TEXT]),
        ("message", {"name": "General", "new_message": "never"}, [CHANGE]),
        ("message", {"name": "General", "new_message": "only"}, [TEXT]),
        ("message", {"name": "General", "by": "ada"}, []),
        ("mention", {"name": "General"}, [CHANGE, TEXT, MENTION]),
        ("mention", {"name": "General", "new_message": "never"}, [CHANGE, MENTION]),
        ("reply", {"name": "General", "mention": True}, [CHANGE, TEXT, MENTION, REPLY]),
        ("reply", {"name": "General", "following": False}, [CHANGE, TEXT]),
        ("reply", {"name": "General", "by": "ada"}, [REPLY]),
        ("reply", {"username": "maya"}, [TEXT, REPLY]),
        ("direct", {"username": "maya", "by": "ada"}, []),
        ("new_message", {"name": "General"}, [TEXT]),
        ("unread_change", {"name": "General"}, [CHANGE]),
        ("remind", {"name": "General"}, ["saved_message_remainder"]),
        ("read", {"agent": "Sentinel"}, []),
    ],
)
def test_what_is_published(sandbox: Sandbox, place: int, order: str, keys: dict[str, Any], expected: list[str]) -> None:
    sandbox.message(place, "General"), sandbox.direct(place, "maya"), sandbox.agent(place, "Sentinel")
    assert kinds(sandbox.order(order, organisation=place, **keys)) == expected


def test_a_new_direct_message_names_its_recipient_and_a_read_one_the_other(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.direct(place, "Maya Ibrahim", "Hello & <welcome>")
    data, text = answer["data"]["data"], text_of(answer)
    assert answer["data"]["section"] == "dm_channels_section"
    assert not {"name", "description", "mention_count"} & set(data)
    assert (data["username"], data["participant_email"]) == ("ada", sandbox.email)
    assert data["participants"][0]["username"] == "ada"
    newest = data["preview_thread"][0]
    assert data["participant_id"] == newest["user_id"] == answer["user_id"]
    assert newest["message"] == data["preview_message"] == "<p>Hello &amp; &lt;welcome&gt;</p>"
    assert (text["channel_name"], text["channel_type"]) == ("Maya Ibrahim", "DM")
    for number in range(50):
        sandbox.direct(place, "Maya Ibrahim", f"Number {number}", new_message="never")
    read = sandbox.read(place, username="Maya Ibrahim")["data"]["data"]
    assert (read["username"], read["thread_count"], read["channel_id"]) == ("maya.ibrahim", 0, data["channel_id"])
    assert (len(read["preview_thread"]), read["preview_message"]) == (50, "<p>Number 49</p>")


# Calls that ring.


def test_a_call_and_its_answers(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.order("call", organisation=place, members="Cy Young, ben.okri")
    [ringing] = answer["published"]
    assert (ringing["notification_type"], ringing["section"]) == ("direct_call_initiated", "channels_section")
    assert (ringing["data"]["buzz_id"], ringing["data"]["caller_name"]) == (answer["buzz_id"], "cy.young")
    for how, by, key, status in (
        ("accept", "ben.okri", "user_joined", "accepted"),
        ("decline", "ada", "user_rejected", "declined"),
        ("timeout", "ada", "user_timeout", "timeout"),
    ):
        data = text_of(sandbox.answer(how, by=by), "direct_call_response")
        assert {each for each in data if each.startswith("user_")} == {key}
        assert (data["join_status"], data[key]["username"], data[key]["join_status"]) == (how, by, status)
    ended = text_of(sandbox.cancel(), "direct_call_canceled")
    assert ended["buzz_id"] == answer["buzz_id"] and "participants" not in ended
    own = sandbox.order("call", organisation=place, username="ben.okri", by="ada")
    assert text_of(own, "direct_call_initiated")["caller_name"] == "ada"


def test_the_user_declines_a_call_by_the_api_once(
    api: RawApiClient, sandbox: Sandbox, listener: RawPushClient, place: int
) -> None:
    def respond(buzz_id: str, action: str = "decline") -> tuple[int, Any]:
        return api.call("POST", f"/buzz/{buzz_id}/respond", {"action": action}, api.bearer)

    buzz_id = sandbox.call(place, "Ben Okri")
    assert published(listener)["notification_type"] == "direct_call_initiated"
    status, body = respond(buzz_id)
    statuses = {each["username"]: each["join_status"] for each in body["data"]["participants"]}
    assert (status, body["data"]["buzz_id"], body["data"]["join_status"]) == (200, buzz_id, "declined")
    assert statuses == {"ada": "declined", "ben.okri": "accepted"}
    told = published(listener)
    assert told["notification_type"] == "direct_call_response"
    assert (told["data"]["buzz_id"], told["data"]["user_rejected"]["username"]) == (buzz_id, "ada")
    assert respond(buzz_id)[0] == 400  # nobody is left to take it
    cancelled, group = sandbox.call(place, "Ben Okri"), sandbox.order("call", organisation=place, members="cy, dee")
    assert respond(group["buzz_id"])[0] == respond(group["buzz_id"], "accept")[0] == 200  # dee may still
    sandbox.cancel(buzz_id=cancelled)
    for wrong in (cancelled, "no-uuid", "01936d11-0000-7000-8000-000000000000"):
        assert respond(wrong)[0] == 400
    assert respond(group["buzz_id"], "sing")[0] == 422
    assert api.call("POST", f"/buzz/{buzz_id}/respond", {"action": "decline"}, api.notification)[0] == 401
    assert respond(group["buzz_id"], "cancel")[1]["data"]["join_status"] == "canceled"
    assert respond(group["buzz_id"])[0] == 400


# What the person set.


def test_what_to_be_told_about_and_when(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    path = base + "/notification-preference?device_type=desktop"
    usual = {"notify_about": "all_new_messages", "time_range": "12:00 AM - 11:59 PM", "send_mail": False}
    assert api.get(path)[1]["data"] == usual
    sandbox.preference(place, notify_about="mentions")
    assert api.get(path)[1]["data"] == usual | {"notify_about": "mentions"}
    assert kinds(sandbox.message(place, "General")) == [CHANGE]
    assert kinds(sandbox.mention(place, "General")) == [CHANGE, TEXT, MENTION]
    assert kinds(sandbox.direct(place, "maya")) == [CHANGE, TEXT]
    sandbox.preference(place, notify_about="nothing")
    assert kinds(sandbox.direct(place, "maya")) == [CHANGE]
    in_six_hours = datetime.now(UTC) + timedelta(hours=6)
    around = [in_six_hours + timedelta(hours=hours) for hours in (-1, 1)]
    time_range = " - ".join(f"{moment:%I:%M %p}" for moment in around)
    sandbox.preference(place, notify_about="all_new_messages", time_range=time_range)
    assert kinds(sandbox.message(place, "General")) == [CHANGE]
    # POSIX counts the other way round: it is six hours later there.
    sandbox.order("profile", organisation=place, timezone="Etc/GMT-6")
    assert kinds(sandbox.message(place, "General")) == [CHANGE, TEXT]


@pytest.mark.parametrize(
    ("time_range", "clock", "inside"),
    [
        ("09:00 AM - 06:00 PM", "09:00", True),
        ("09:00 AM - 06:00 PM", "08:59", False),
        ("09:00 AM - 06:00 PM", "18:00", True),
        ("09:00 AM - 06:00 PM", "18:01", False),
        ("10:00 PM - 06:00 AM", "05:00", True),
        ("10:00 PM - 06:00 AM", "12:00", False),
        ("always", "12:00", True),
    ],
)
def test_a_moment_in_a_range(time_range: str, clock: str, inside: bool) -> None:
    assert within(time_range, datetime.fromisoformat(f"2025-03-01T{clock}:59")) is inside


@pytest.mark.parametrize("options", [(), ("--one-profile",)])
def test_do_not_disturb_in_the_organisation_that_the_token_names(options: tuple[str, ...]) -> None:
    with Sandbox("--organisations", "2", "--rate", "0", *options) as sandbox:
        api = RawApiClient(sandbox)
        api.login()
        sandbox.pause()
        sandbox.order("profile", timezone="Africa/Lagos")
        profile = api.get("/profile")[1]["data"]
        assert (profile["pause_notification"], profile["timezone"]) == (True, "Africa/Lagos")
        assert profile["organisation_id"] == ("" if options else sandbox.channel(0).partition("/")[0])
        assert kinds(sandbox.message(0, "General")) == [CHANGE]
        assert kinds(sandbox.message(1, "General")) == ([CHANGE] if options else [CHANGE, TEXT])
