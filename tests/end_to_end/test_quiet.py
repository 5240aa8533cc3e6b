"""Pauses and mutes with the program as a person has it: with an icon, a notification daemon, restarts and commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent import Program, headless
from tests.end_to_end.test_tray import Desk
from tests.servers import HISTORY, Sandbox


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path, *HISTORY, "--rate", "0") as desk:
        yield desk


def pause(folder: Path, telex: Sandbox, argument: str) -> str:
    """`telex-start pause`, and what it prints."""
    with Program(folder, "pause", argument, environ=telex.environ) as command:
        assert command.ended() == 0, command.errors
        return "\n".join(command.output)


def state_file(folder: Path) -> Path:
    [file] = (folder / "state" / "telex-start").glob("*.json")
    return file


@pytest.mark.desktop
def test_a_pause_over_a_restart_and_one_summary_at_its_end(desk: Desk) -> None:
    agent = desk.sign_in()
    desk.item("Online: 2 organisations")
    assert pause(desk.folder, desk.telex, "on") == "Notifications are paused."
    desk.item("Online: 2 organisations, paused")
    desk.telex.message(0, "General", "one")
    desk.item("Online: 2 organisations, 1 unread, paused")
    agent.end()
    desk.sign_in()
    # What is unread from before is the past, which is not told now either.
    desk.item("Online: 2 organisations, 1 unread, paused")
    desk.telex.message(0, "General", "two")
    desk.telex.message(1, "Releases", "three")
    desk.item("Online: 2 organisations, 3 unread, paused")
    assert [(toast.summary, toast.body) for toast in desk.daemon.shown] == []
    desk.telex.read(1, "Releases")
    desk.item("Online: 2 organisations, 2 unread, paused")
    assert pause(desk.folder, desk.telex, "off") == "Notifications are resumed."
    assert desk.toast("While paused") == "2 unread in 1 conversation"
    desk.telex.message(1, "Releases", "four")
    desk.daemon.wait_for(2)
    assert desk.daemon.shown[0].summary == "While paused"
    desk.item("Online: 2 organisations, 3 unread")


@pytest.mark.desktop
def test_a_conversation_is_muted_by_its_toast_and_stays_so(desk: Desk) -> None:
    agent = desk.sign_in()
    desk.item("Online: 2 organisations")
    desk.telex.message(0, "General", "one")
    # It may be shown before its text is there, and once more with it.
    desk.daemon.wait_until(lambda: any("one" in toast.body for toast in desk.daemon.shown), "the toast's text")
    desk.item("Online: 2 organisations, 1 unread")
    before = len(desk.daemon.shown)
    desk.daemon.click(desk.daemon.shown[-1].id, "mute-hour")
    desk.item("Online: 2 organisations")
    desk.telex.message(0, "General", "two")
    desk.telex.message(0, "Releases", "three")
    desk.daemon.wait_for(before + 1)
    assert [toast for toast in desk.daemon.shown[before:] if "General" in toast.summary] == []
    agent.end()
    [kept] = json.loads(state_file(desk.folder).read_text())["remembered"]["mutes"]
    assert kept["name"].startswith("# General")
    desk.sign_in()
    desk.item("Online: 2 organisations, 1 unread")
    assert desk.toast("While you were away") == "1 unread in 1 conversation"


@pytest.mark.desktop
def test_what_has_half_an_emoji_for_a_name_can_be_muted_and_all_is_kept(desk: Desk) -> None:
    agent = desk.sign_in()
    desk.item("Online: 2 organisations")
    data = {"username": "Ben \ud83d", "thread_count": 1}
    desk.telex.publish(0, {"notification_type": "unread_thread_change", "section": "dm_channels_section", "data": data})
    [toast] = desk.daemon.wait_for(1)
    desk.daemon.click(toast.id, "mute-hour")
    desk.item("Online: 2 organisations")
    pause(desk.folder, desk.telex, "on")
    desk.item("Online: 2 organisations, paused")
    agent.end()
    kept = json.loads(state_file(desk.folder).read_text())["remembered"]
    assert [mute["conversation"]["ident"] for mute in kept["mutes"]] == ["Ben \ufffd"]
    assert kept["pause"] == {"until": None}


def test_a_pause_without_an_agent_is_noted_for_the_next(tmp_path: Path) -> None:
    with Sandbox("--organisations", "1", "--rate", "0") as telex:
        said = pause(tmp_path, telex, "1h")
        assert said.startswith("Notifications are paused until ")
        assert said.endswith("Telex Start is not running; its next start will know.")
        assert state_file(tmp_path).stat().st_mode & 0o777 == 0o600
        with headless(tmp_path, telex) as agent:
            status = agent.event("quiet", quiet=True)["status"]
            assert f"Notifications are {status}." in said
            agent.event("state", state="online", subscribed=1)
            telex.message(0, "General")
            agent.event("unread", unread=1)
            assert pause(tmp_path, telex, "off") == "Notifications are resumed."
            told = agent.event("notification")
            assert (told["title"], told["body"]) == ("While paused", "1 unread in 1 conversation")
            agent.event("quiet", quiet=False, status="")
            assert len(agent.events("notification")) == 1


def reload(folder: Path, telex: Sandbox, config: str) -> None:
    """The configuration is another, and the agent is told so."""
    file = folder / "config" / "telex-start" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(config)
    with Program(folder, "reload", environ=telex.environ) as command:
        assert command.ended() == 0, command.errors


def test_levels_and_settings_at_telex_are_taken_up_without_a_reconnect(tmp_path: Path) -> None:
    with Sandbox("--organisations", "2", "--rate", "0") as telex:
        reload(tmp_path, telex, "honour_telex_settings = false")
        telex.mute(1, "Releases")
        with headless(tmp_path, telex) as agent:
            agent.event("state", state="online", subscribed=2)
            telex.message(0, "General")
            telex.message(1, "Releases")
            told = [agent.event("notification"), agent.event("notification")]
            [organisation] = [one["organisation"] for one in told if one["channel"] == "General"]
            reload(tmp_path, telex, "")
            agent.event("unread", unread=1)
            reload(tmp_path, telex, f'[organisations."{organisation}"]\nnotify = "none"')
            agent.event("unread", unread=0)
            telex.message(0, "General")
            reload(tmp_path, telex, f'[organisations."{organisation}"]\nnotify = "mentions"')
            agent.event("unread", unread=2)
            telex.message(0, "General")
            telex.mention(0, "Marker")
            agent.event("notification", channel="Marker")
            assert len(agent.events("notification")) == 3
            assert {state["state"] for state in agent.events("state")} <= {"signing_in", "connecting", "online"}


def test_what_is_no_pause(tmp_path: Path) -> None:
    for argument, said in (("2x", "is not one of 30m, 1h"), ("25h", "is too long"), ("", "is not one of")):
        with Program(tmp_path, "pause", argument) as command:
            assert command.ended() == 2
            assert said in command.errors


def test_a_pause_works_whatever_else_is_wrong_in_the_configuration(tmp_path: Path) -> None:
    """It was refused, although what is wrong has no effect."""
    with Sandbox("--organisations", "1") as telex, headless(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1)
        file = tmp_path / "config" / "telex-start" / "config.toml"
        file.parent.mkdir(parents=True)
        file.write_text('sound = "loud"')
        with Program(tmp_path, "pause", "on", environ=telex.environ) as command:
            assert command.ended() == 0
            assert command.output == ["Notifications are paused."]
        agent.event("quiet", quiet=True, status="paused")


def test_a_pause_says_what_it_could_not_read(tmp_path: Path) -> None:
    """It set the file aside without a word, and the next start had nothing to say it of."""
    with Sandbox("--organisations", "1") as telex:
        pause(tmp_path, telex, "on")
        file = state_file(tmp_path)
        file.write_text("{")
        with Program(tmp_path, "pause", "1h", environ=telex.environ) as command:
            assert command.ended() == 0
            assert f"{file} cannot be understood" in command.errors
        assert Path(f"{file}.unreadable").read_text() == "{"
        assert json.loads(file.read_text())["remembered"]["pause"]["until"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reading /proc/self/mem fails with EIO")
def test_a_state_file_that_cannot_be_read_just_now_is_left_alone(tmp_path: Path) -> None:
    with Sandbox("--organisations", "1", "--rate", "0") as telex:
        pause(tmp_path, telex, "on")
        file = state_file(tmp_path)
        file.rename(tmp_path / "good")
        file.symlink_to("/proc/self/mem")
        with Program(tmp_path, "pause", "1h", environ=telex.environ) as command:
            assert command.ended() == 2
            assert f"{file} cannot be read (Input/output error); nothing is changed." in command.errors
        with headless(tmp_path, telex) as agent:
            said = agent.event("error", title="Telex Start cannot read a setting")["message"]
            assert f"{file} cannot be read (Input/output error)" in said
            (tmp_path / "good").replace(file)
            assert pause(tmp_path, telex, "off") == "Notifications are resumed."
            agent.end()
        assert json.loads(file.read_text())["remembered"]["pause"] is None
