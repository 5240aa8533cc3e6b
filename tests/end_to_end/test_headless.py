"""`telex-start --headless`, as a script sees it: a process, its exit code and its lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent import Program
from tests.servers import Sandbox


@pytest.fixture
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "2") as sandbox:
        yield sandbox


def signed_in(folder: Path, telex: Sandbox, *options: str) -> Program:
    return Program(
        folder,
        "--headless",
        "--json",
        "--email",
        telex.email,
        "--password-stdin",
        *options,
        environ=telex.environ,
        given=telex.password + "\n",
    )


def test_from_login_to_toast(tmp_path: Path, telex: Sandbox) -> None:
    """Signed in on the command line, each message is one line; Exit takes under 2 s and says stopped."""
    with signed_in(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=2)
        telex.message(organisation=0, name="General")
        toast = agent.event("notification")
        assert toast["title"] == "General · Northwind Ops"
        assert (toast["organisation"], toast["channel"], toast["unread"], toast["summary"]) == (
            "Northwind Ops",
            "General",
            1,
            False,
        )
        assert agent.event("unread") == {"event": "unread", "unread": 1, "mentions": 0, "conversations": 1}
        telex.read(organisation=0, name="General")
        assert agent.event("unread") == {"event": "unread", "unread": 0, "mentions": 0, "conversations": 0}
        code, seconds = agent.end()
        assert (code, agent.errors) == (0, "")
        assert seconds < 2
        agent.event("state", state="stopped")
        assert len(agent.events("notification")) == 1


def test_json_is_utf_8_whatever_the_machine_writes(tmp_path: Path, telex: Sandbox) -> None:
    """As RFC 8259 has it; it was in the encoding of standard output, with question marks for what that lacks."""
    telex.environ["PYTHONIOENCODING"] = "cp1252"
    with signed_in(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=2)
        telex.message(organisation=0, name="Ελληνικά")
        assert agent.event("notification")["title"] == "Ελληνικά · Northwind Ops"


def test_half_an_emoji_in_a_name_costs_no_notification(tmp_path: Path, telex: Sandbox) -> None:
    """Names cut inside an emoji, of an organisation and of a conversation without an id."""
    organisation = telex.add_organisation("Acme \ud83d")["index"]
    with signed_in(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=organisation + 1)
        telex.wait_until(lambda _: len(telex.calls("fetch-bots")) > organisation)
        half = {"section": "dm_channels_section", "data": {"username": "Ben \ud83d", "thread_count": 1}}
        whole = {"section": "channels_section", "data": {"name": "General", "thread_count": 1}}
        telex.publish_many(
            organisation, [{"notification_type": "unread_thread_change", **one} for one in (half, whole)]
        )
        told = agent.event("notification")
        assert (told["channel"], told["organisation"]) == ("Ben \ufffd", "Acme \ufffd")
        assert agent.event("notification")["channel"] == "General"
        agent.event("unread", unread=2)
        assert agent.end()[0] == 0
        assert agent.errors == ""


def test_a_session_that_is_over_is_an_error_and_no_notification(tmp_path: Path, telex: Sandbox) -> None:
    """What the program itself says, with a toast on a desktop, reaches who reads its lines too."""
    with signed_in(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=2)
        telex.revoke_session()
        telex.kick(3005)
        told = agent.event("error", title="Please sign in again")
        assert told["message"] == "Telex has ended the session. Until you sign in, no notifications come."
        assert agent.ended() == 4
        assert len(agent.events("error")) == 1
        assert agent.events("notification") == []


@pytest.fixture
def no_browser(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with neither a Telex client nor a browser."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return {"PATH": str(folder), "TELEX_START_MAIN_APP_COMMAND": str(folder / "telex")}


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "in words"])
def test_what_came_of_opening_the_main_app_is_told(
    tmp_path: Path, telex: Sandbox, no_browser: dict[str, str], as_json: bool
) -> None:
    """A second start, as by a person who clicks in a menu, wants to see something: here there is nothing to open."""
    telex.environ.update(no_browser)
    title = "Telex cannot be opened"
    message = (
        f"{no_browser['TELEX_START_MAIN_APP_COMMAND']} (main_app.command) cannot be started, "
        f"and there is no browser for {telex.api_url.removesuffix('/api/v1')}."
    )
    options = ["--headless", "--json"] if as_json else ["--headless"]
    with Program(
        tmp_path,
        *(*options, "--email", telex.email, "--password-stdin"),
        environ=telex.environ,
        given=telex.password + "\n",
    ) as agent:
        if as_json:
            agent.event("state", state="online", subscribed=2)
        else:
            agent.line(lambda line: line == "Online: 2 organisations")
        with Program(tmp_path, environ=telex.environ) as second:
            assert second.ended() == 0
        if as_json:
            assert agent.event("error") == {"event": "error", "title": title, "message": message}
            assert agent.events("notification") == []
        else:
            assert agent.line(lambda line: title in line) == f"! {title}: {message}"
        assert agent.end()[0] == 0
