"""What the person set at Telex: the calls, and what the backend itself makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from telex_start.sandbox.telex import within
from tests.sandbox.conftest import CHANGE, TEXT, kinds
from tests.sandbox.raw_clients import RawApiClient
from tests.servers import Sandbox


def test_a_muted_channel_is_published_all_the_same(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    path = base + "/channels/notification-preference"
    channel_id = sandbox.message(place, "General")["data"]["data"]["channels_id"]
    sandbox.message(place, "random")
    assert [each["muted"] for each in api.get(path)[1]["data"]] == [False, False]
    sandbox.mute(place, "General")
    assert api.get(path)[1]["data"][0] == {"channels_id": channel_id, "channel_name": "General", "muted": True}
    answer = sandbox.mention(place, "General")
    assert kinds(answer) == [CHANGE, "channel_mention"]
    assert answer["data"]["data"]["thread_count"] == 2
    sandbox.mute(place, "General", False)
    assert kinds(sandbox.message(place, "General")) == [CHANGE, TEXT]


def test_a_channels_own_settings(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    channel_id = sandbox.message(place, "General")["data"]["data"]["channels_id"]
    path = f"/channels/{channel_id}/notification-preference"
    settings = {"muted": False, "at_mentions": True, "at_channel": True}
    assert api.get(path + "?device_type=desktop")[1]["data"] == settings
    changed = {"muted": True, "at_mentions": False, "at_channel": True}
    assert api.call("POST", path, {**changed, "device_type": "desktop"}, api.bearer)[1]["data"] == changed
    assert api.get(path + "?device_type=desktop")[1]["data"] == changed
    assert api.get(path + "?device_type=mobile")[1]["data"] == settings
    assert api.get(base + "/channels/notification-preference")[1]["data"][0]["muted"] is True
    assert kinds(sandbox.message(place, "General")) == [CHANGE]
    assert api.call("POST", path, {"muted": True, "device_type": "fridge"}, api.bearer)[0] == 422
    assert api.get("/channels/elsewhere/notification-preference?device_type=desktop")[0] == 400


def test_what_to_be_told_about(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    path = base + "/notification-preference?device_type=desktop"
    usual = {"notify_about": "all_new_messages", "time_range": "12:00 AM - 11:59 PM", "send_mail": False}
    assert api.get(path)[1]["data"] == usual
    sandbox.preference(place, notify_about="mentions")
    assert api.get(path)[1]["data"] == usual | {"notify_about": "mentions"}
    assert kinds(sandbox.message(place, "General")) == [CHANGE]
    assert kinds(sandbox.mention(place, "General")) == [CHANGE, TEXT, "channel_mention"]
    assert kinds(sandbox.direct(place, "maya")) == [CHANGE, TEXT]
    sandbox.preference(place, notify_about="nothing")
    assert kinds(sandbox.direct(place, "maya")) == [CHANGE]


def test_hours(api: RawApiClient, sandbox: Sandbox, place: int, base: str) -> None:
    in_six_hours = datetime.now(UTC) + timedelta(hours=6)
    around = [in_six_hours + timedelta(hours=hours) for hours in (-1, 1)]
    sandbox.preference(place, time_range=" - ".join(f"{moment:%I:%M %p}" for moment in around))
    assert kinds(sandbox.message(place, "General")) == [CHANGE]
    # POSIX counts the other way round: it is six hours later there.
    sandbox.order("profile", organisation=place, timezone="Etc/GMT-6")
    assert kinds(sandbox.message(place, "General")) == [CHANGE, TEXT]
    sandbox.order("profile", organisation=place, timezone="UTC")
    sandbox.preference(place, time_range="nonsense")
    assert api.get(base + "/notification-preference")[1]["data"]["time_range"] == "nonsense"
    assert kinds(sandbox.message(place, "General")) == [CHANGE, TEXT]


@pytest.mark.parametrize(
    ("time_range", "clock", "inside"),
    [
        ("09:00 AM - 06:00 PM", "09:00", True),
        ("09:00 AM - 06:00 PM", "08:59", False),
        ("09:00 AM - 06:00 PM", "18:00", True),
        ("09:00 AM - 06:00 PM", "18:01", False),
        ("10:00 PM - 06:00 AM", "23:00", True),
        ("10:00 PM - 06:00 AM", "05:00", True),
        ("10:00 PM - 06:00 AM", "12:00", False),
        ("12:00 AM - 11:59 PM", "23:59", True),
        ("", "12:00", True),
        ("always", "12:00", True),
    ],
)
def test_a_moment_in_a_range(time_range: str, clock: str, inside: bool) -> None:
    moment = datetime.fromisoformat(f"2025-03-01T{clock}:59")
    assert within(time_range, moment) is inside


def test_do_not_disturb_and_the_time_zone_of_the_organisation_that_the_token_names(
    api: RawApiClient, sandbox: Sandbox, place: int
) -> None:
    before = api.get("/profile")[1]["data"]
    assert (before["pause_notification"], before["timezone"]) == (False, "UTC")
    sandbox.pause()
    sandbox.order("profile", timezone="Africa/Lagos", status_timeout="2030-01-01T00:00:00Z")
    after = api.get("/profile")[1]["data"]
    assert (after["pause_notification"], after["timezone"]) == (True, "Africa/Lagos")
    assert after["status_timeout"] == "2030-01-01T00:00:00Z"
    assert after["organisation_id"] == sandbox.channel(0).partition("/")[0]
    assert kinds(sandbox.message(0, "General")) == [CHANGE]
    assert kinds(sandbox.message(place, "General")) == [CHANGE, TEXT]
    sandbox.pause(organisation=place)
    assert kinds(sandbox.message(place, "General")) == [CHANGE]
    sandbox.pause(False)
    sandbox.order("profile", timezone="UTC", status_timeout="")
    assert kinds(sandbox.message(0, "General")) == [CHANGE, TEXT]


def test_an_older_backend_has_one_profile_and_names_no_organisation() -> None:
    with Sandbox("--organisations", "2", "--one-profile") as sandbox:
        api = RawApiClient(sandbox)
        api.login()
        sandbox.pause(organisation=1)
        profile = api.get("/profile")[1]["data"]
        assert (profile["organisation_id"], profile["pause_notification"]) == ("", True)
        assert kinds(sandbox.message(0, "General")) == [CHANGE]
