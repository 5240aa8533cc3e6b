"""What is published when people write, answer, read and call, with the service's quirks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.conftest import CHANGE, TEXT, join, kinds, published
from tests.sandbox.raw_clients import RawPushClient
from tests.servers import OrderRefused, Sandbox

# --- writing and reading ----------------------------------------------------------------------------------------------


def text_of(answer: dict[str, Any], kind: str = TEXT) -> dict[str, Any]:
    """The data of a publication that carries the text."""
    (found,) = [each["data"] for each in answer["published"] if each["notification_type"] == kind]
    return dict(found)


# --- channels -------------------------------------------------------------------------------------------------------


def test_what_is_answered_is_what_is_heard(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    answers = [
        sandbox.message(place, "General", "Good morning"),
        sandbox.direct(place, "maya", "Hello \ud83d"),
        sandbox.read(place, "General"),
    ]
    for answer in answers:
        for payload in answer["published"]:
            assert published(listener) == payload


def test_when_it_was_published(sandbox: Sandbox, place: int) -> None:
    before = time.monotonic()
    sent = sandbox.message(place, "General", "Good morning", new_message="never")["sent_at"]
    late = sandbox.order("new_message", organisation=place, name="General")["sent_at"]
    assert before < sent < late < time.monotonic()
    assert sandbox.message(place, "General", by="ada")["sent_at"] is None, "one's own is not published"


def test_a_channels_count_says_neither_who_nor_what(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.message(place, "General", "Good morning", by="Ben Okri", new_message="never")
    assert kinds(answer) == [CHANGE]
    assert answer["data"]["section"] == "channels_section"
    data = answer["data"]["data"]
    assert data["name"] == "General" and data["description"] == "ada's General channel"
    assert not any("Ben" in str(value) or "morning" in str(value) for value in data.values())
    assert data["last_thread_id"] == answer["thread_id"]


def test_counts_grow_and_fall(sandbox: Sandbox, place: int) -> None:
    answers = [
        sandbox.mention(place, "General", "@ada?"),
        sandbox.message(place, "General"),
        sandbox.message(place, "random", private=True),
        sandbox.read(place, "General"),
    ]
    heard = [answer["data"] for answer in answers]
    counts = [(each["data"]["name"], each["data"]["thread_count"], each["data"]["mention_count"]) for each in heard]
    assert counts == [("General", 1, 1), ("General", 2, 1), ("random", 1, 0), ("General", 0, 0)]
    assert [each["data"]["is_private"] for each in heard] == [False, False, True, False]
    assert len({each["data"]["channels_id"] for each in heard}) == 2
    ids = [each["notification_id"] for answer in answers for each in answer["published"]]
    assert len(set(ids)) == len(ids) and {each[14] for each in ids} == {"7"}


@pytest.mark.parametrize(
    ("when", "expected"),
    [("before", [TEXT, CHANGE]), ("after", [CHANGE, TEXT]), ("never", [CHANGE]), ("only", [TEXT])],
)
def test_new_message_takes_another_way(sandbox: Sandbox, place: int, when: str, expected: list[str]) -> None:
    assert kinds(sandbox.message(place, "General", new_message=when)) == expected


def test_when_new_message_comes_is_an_option_and_an_order() -> None:
    with Sandbox("--new-message", "before") as sandbox:
        assert kinds(sandbox.message(0, "General")) == [TEXT, CHANGE]
        sandbox.order("new_messages", new_message="never")
        assert kinds(sandbox.message(0, "General")) == [CHANGE]
    with Sandbox() as sandbox:
        assert kinds(sandbox.message(0, "General")) == [CHANGE, TEXT]


def test_new_message_says_who_and_what(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.message(place, "General", "a < b &\n1 > 0", by="Ben Okri")
    text, change = text_of(answer), answer["data"]["data"]
    assert (text["full_name"], text["username"], text["user_id"]) == ("Ben Okri", "ben.okri", answer["user_id"])
    assert text["message"] == "<p>a &lt; b &amp;</p><p>1 &gt; 0</p>"
    assert (text["channel_name"], text["channel_type"]) == ("General", "public")
    assert (text["channel_id"], text["thread_id"]) == (change["channels_id"], change["last_thread_id"])
    assert text["org_id"] == change["organisation_id"]
    assert sandbox.message(place, "General", by="ben.okri")["user_id"] == answer["user_id"]
    assert text_of(sandbox.message(place, "cellar", private=True))["channel_type"] == "private"
    assert answer["published"][1]["section"] == "thread_message"


def test_text_and_counts_may_come_late_and_again(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    first = sandbox.message(place, "General", "Late", new_message="never")
    late = sandbox.order("new_message", organisation=place, name="General")
    assert (kinds(late), late["thread_id"]) == ([TEXT], first["thread_id"])
    again = sandbox.order("unread_change", organisation=place, name="General")
    assert again["data"]["data"] == first["data"]["data"]
    assert again["data"]["notification_id"] != first["data"]["notification_id"]
    assert [published(listener)["notification_type"] for _ in range(3)] == [CHANGE, TEXT, CHANGE]


def test_a_mention_is_published_by_itself_too(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.mention(place, "General", html="<p><b>@ada</b> look</p>")
    assert kinds(answer) == [CHANGE, TEXT, "channel_mention"]
    assert text_of(answer, "channel_mention")["message"] == "<p><b>@ada</b> look</p>"
    assert kinds(sandbox.mention(place, "General", new_message="never")) == [CHANGE, "channel_mention"]


def test_files_alone_have_no_text(sandbox: Sandbox, place: int) -> None:
    text = text_of(sandbox.message(place, "General", media=["image", "file"]))
    assert text["message"] == "" and [each["type"] for each in text["media"]] == ["image", "file"]
    direct = sandbox.direct(place, "maya", media="image")["data"]["data"]
    assert direct["preview_message"] == "📷 Photo"
    assert sandbox.direct(place, "maya", media="file")["data"]["data"]["preview_message"] == "📎 File"


# --- replies --------------------------------------------------------------------------------------------------------


def test_a_reply_in_a_channel_is_no_further_thread(sandbox: Sandbox, place: int) -> None:
    first = sandbox.message(place, "General", "Who?")
    answer = sandbox.reply(place, "I.", name="General", by="Cy Young", mention=True)
    assert kinds(answer) == [CHANGE, TEXT, "channel_mention", "thread_reply"]
    data = answer["data"]["data"]
    assert (data["thread_count"], data["mention_count"]) == (1, 1)
    assert answer["thread_id"] == first["thread_id"] and answer["message_id"] != first["message_id"]
    assert {each["section"] for each in answer["published"][1:]} == {"reply_message"}
    assert kinds(sandbox.reply(place, name="General", following=False)) == [CHANGE, TEXT]


def test_a_reply_in_a_direct_message_changes_no_count(sandbox: Sandbox, place: int) -> None:
    sandbox.direct(place, "maya", "Hello")
    answer = sandbox.reply(place, "Are you there?", username="maya")
    assert (kinds(answer), answer["data"]) == ([TEXT, "thread_reply"], None)


def test_ones_own_reply_is_told_as_a_thread_reply(sandbox: Sandbox, place: int) -> None:
    sandbox.message(place, "General")
    answer = sandbox.reply(place, "Mine", name="General", by="ada")
    assert kinds(answer) == ["thread_reply"]
    assert text_of(answer, "thread_reply")["user_id"] == sandbox.channel(place).partition("/")[2]


def test_ones_own_messages_are_not_published(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.direct(place, "maya", "From my phone", by=sandbox.email)
    assert (answer["published"], answer["data"]) == ([], None)
    data = sandbox.direct(place, "maya", "And back")["data"]["data"]
    assert data["thread_count"] == 1
    assert [each["username"] for each in data["preview_thread"]] == ["maya", "ada"]


# --- direct messages and groups -------------------------------------------------------------------------------------


def test_a_new_direct_message_names_its_recipient(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.direct(place, "Maya Ibrahim", "Hello & <welcome>")
    data = answer["data"]["data"]
    assert answer["data"]["section"] == "dm_channels_section" and data["channel_type"] == "dm"
    assert "name" not in data and "description" not in data and "mention_count" not in data
    assert (data["username"], data["participant_email"]) == ("ada", sandbox.email)
    assert data["participants"][0]["username"] == "ada"
    newest = data["preview_thread"][0]
    assert data["participant_id"] == newest["user_id"] == answer["user_id"]
    assert (newest["full_name"], newest["username"], newest["user_type"]) == ("Maya Ibrahim", "maya.ibrahim", "user")
    assert newest["message"] == data["preview_message"] == "<p>Hello &amp; &lt;welcome&gt;</p>"
    text = text_of(answer)
    assert (text["channel_name"], text["channel_type"]) == ("Maya Ibrahim", "DM")
    assert text["channel_id"] == data["channel_id"]


def test_a_read_direct_message_names_the_other_one(sandbox: Sandbox, place: int) -> None:
    new = sandbox.direct(place, "maya", "Hello")["data"]["data"]
    read = sandbox.read(place, username="maya")["data"]["data"]
    assert (read["username"], read["thread_count"]) == ("maya", 0)
    assert read["participants"][0]["username"] == "maya"
    assert (read["channel_id"], read["participant_id"]) == (new["channel_id"], new["participant_id"])


def test_the_newest_fifty_messages_come_whole(sandbox: Sandbox, place: int) -> None:
    for number in range(51):
        data = sandbox.direct(place, "maya", f"Number {number}")["data"]["data"]
    messages = [each["message"] for each in data["preview_thread"]]
    assert (len(messages), messages[0], messages[-1]) == (50, "<p>Number 50</p>", "<p>Number 1</p>")
    assert data["thread_count"] == 51


def test_half_a_pair_of_surrogates_gets_through(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    sandbox.direct(place, "maya", "Hello \ud83d")
    assert published(listener)["data"]["preview_message"] == "<p>Hello \ud83d</p>"


def test_a_group_lists_all_its_members(sandbox: Sandbox, place: int) -> None:
    answer = sandbox.group(place, ["Cy Young", "ben.okri"], "all of us")
    data = answer["data"]["data"]
    assert data["channel_type"] == "group_dm"
    assert data["username"] == "cy.young, ben.okri, ada"
    assert [each["username"] for each in data["participants"]] == ["cy.young", "ben.okri", "ada"]
    assert data["preview_thread"][0]["full_name"] == "Cy Young"
    again = sandbox.group(place, "ben.okri, ada, cy.young", "me too", by="Ben Okri")["data"]["data"]
    assert (again["channel_id"], again["thread_count"]) == (data["channel_id"], 2)
    assert sandbox.read(place, members="ben.okri, cy.young")["data"]["data"]["thread_count"] == 0


# --- agents ---------------------------------------------------------------------------------------------------------


def test_an_agent_is_named_by_its_own_id_and_its_reading_is_not_published(
    listener: RawPushClient, sandbox: Sandbox, place: int
) -> None:
    answer = sandbox.agent(place, "Sentinel", "Stage 2 is slow")
    data, text = answer["data"]["data"], text_of(answer)
    assert answer["data"]["section"] == "agent_channels_section"
    assert (data["name"], data["thread_count"]) == ("Sentinel", 1)
    assert not {"channel_id", "channels_id", "mention_count"} & set(data)
    assert (text["user_id"], text["user_type"], text["channel_name"]) == (data["id"], "bot", "Sentinel")
    assert text["thread_id"] == data["last_thread_id"] and text["channel_id"] != data["id"]
    assert sandbox.read(place, agent="Sentinel")["published"] == []
    sandbox.publish(place, "next")
    heard = [published(listener) for _ in range(3)]
    assert heard[2] == "next"
    assert sandbox.agent(place, "Sentinel")["data"]["data"]["thread_count"] == 1


# --- the rest -------------------------------------------------------------------------------------------------------


def test_a_reminder_has_no_text(sandbox: Sandbox, place: int) -> None:
    message = sandbox.message(place, "General", "Later")
    answer = sandbox.order("remind", organisation=place, name="General")
    (payload,) = answer["published"]
    assert payload["notification_type"] == "saved_message_remainder"
    organisation, _, user = sandbox.channel(place).partition("/")
    assert payload["data"] == {
        "user_id": user,
        "org_id": organisation,
        "thread_id": message["thread_id"],
        "message_id": message["message_id"],
    }


def test_archived_channels_are_published(sandbox: Sandbox, place: int) -> None:
    sandbox.order("archive", organisation=place, name="General")
    data = sandbox.message(place, "General")["data"]["data"]
    assert data["archived"] is True and data["thread_count"] == 1


def test_what_is_filled_in_is_not_published(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    made = sandbox.order("fill", organisation=place, channels=3, directs=2, agents=1, messages=50, unread=4)
    assert made == {"conversations": 6}
    sandbox.message(place, "channel 1", new_message="never")
    data = published(listener)["data"]
    assert (data["name"], data["thread_count"]) == ("channel 1", 5)


def test_organisations_are_apart(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    sandbox.message(2, "General")
    sandbox.message(place, "Quiet")
    push = listener.receive()["push"]
    assert push["channel"] == sandbox.channel(place)
    assert push["pub"]["data"]["data"]["organisation_id"] == sandbox.channel(place).partition("/")[0]


def test_the_second_account_has_channels_of_its_own(listener: RawPushClient, sandbox: Sandbox, place: int) -> None:
    data = sandbox.direct(place, "ada", "Hi Grace", user="grace@example.org")["data"]["data"]
    assert data["username"] == "grace" and data["preview_thread"][0]["full_name"] == "Ada Okafor"
    sandbox.publish(place, "mine")
    assert published(listener) == "mine"


def test_what_happens_while_the_push_server_is_down_is_counted_all_the_same() -> None:
    with Sandbox("--rate", "0") as sandbox:
        sandbox.restart(60)
        assert sandbox.message(0, "General")["data"]["data"]["thread_count"] == 1
        sandbox.restart(0)
        with RawPushClient(sandbox) as peer:
            join(peer, sandbox)
            sandbox.message(0, "General")
            assert published(peer)["data"]["thread_count"] == 2


# --- calls that ring --------------------------------------------------------------------------------------------------


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
