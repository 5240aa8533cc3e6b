"""Calls that ring, as they are published."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import published
from tests.sandbox.raw_clients import RawPushClient
from tests.servers import OrderRefused, Sandbox


def own_id(sandbox: Sandbox) -> str:
    return sandbox.channel().partition("/")[2]


def heard(listener: RawPushClient, kind: str) -> dict[str, Any]:
    """The data of the next publication, which is of that type."""
    payload = published(listener)
    assert (payload["notification_type"], payload["section"]) == (kind, "channels_section")
    assert payload["modification_ids"]["channel_id"] == payload["data"]["channel_id"]
    return dict(payload["data"])


def test_a_call_and_its_end(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    buzz_id = sandbox.call(place, "Ben Okri")
    ringing = heard(listener, "direct_call_initiated")
    assert (ringing["buzz_id"], ringing["caller_name"]) == (buzz_id, "ben.okri")
    statuses = {each["username"]: each["join_status"] for each in ringing["participants"]}
    assert statuses == {"ada": "pending", "ben.okri": "accepted"}
    message = sandbox.direct(place, "Ben Okri", new_message="never")
    assert message["data"]["data"]["channel_id"] == ringing["channel_id"]
    published(listener)
    sandbox.cancel()
    ended = heard(listener, "direct_call_canceled")
    assert (ended["buzz_id"], ended["caller_id"]) == (buzz_id, ringing["caller_id"])
    assert "participants" not in ended
    with pytest.raises(OrderRefused):
        sandbox.cancel(buzz_id=buzz_id)


@pytest.mark.parametrize(
    ("answer", "key", "status"),
    [
        ("accept", "user_joined", "accepted"),
        ("decline", "user_rejected", "declined"),
        ("timeout", "user_timeout", "timeout"),
    ],
)
def test_answers(listener: RawPushClient, sandbox: Sandbox, place: int, answer: str, key: str, status: str) -> None:
    sandbox.call(place, "Ben Okri")
    heard(listener, "direct_call_initiated")
    sandbox.answer(answer)
    data = heard(listener, "direct_call_response")
    assert data["join_status"] == answer
    assert {each for each in data if each.startswith("user_")} == {key}
    assert (data[key]["user_id"], data[key]["join_status"]) == (own_id(sandbox), status)


def test_somebody_else_answers_in_a_group(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    answer = sandbox.order("call", organisation=place, members="Cy Young, ben.okri", by="ben.okri")
    ringing = heard(listener, "direct_call_initiated")
    assert ringing["caller_name"] == "ben.okri" and len(ringing["participants"]) == 3
    sandbox.answer(buzz_id=answer["buzz_id"], by="cy.young")
    data = heard(listener, "direct_call_response")
    assert data["user_joined"]["username"] == "cy.young"
    assert {each["join_status"] for each in data["participants"]} == {"accepted", "pending"}


def test_ones_own_call_is_published_to_oneself(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    sandbox.call(place, "Ben Okri", by="ada")
    assert heard(listener, "direct_call_initiated")["caller_id"] == own_id(sandbox)
