"""`telex-start --headless`, as a script and the machine see it: one agent for the tests here, in their order."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent import Program, headless
from tests.servers import Sandbox

HOSTILE = "\x1b]0;owned\x07\x1b[31m\r\nfake \x9b2J \u202egnp.exe\u2066 \x00\x7fend"
TOLD_AS = "import time:"
"""How lines of ``python -X importtime`` begin."""


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0", "--new-message", "before") as sandbox:
        sandbox.add_organisation("Acme \ud83d")  # cut inside an emoji
        yield sandbox


@pytest.fixture(scope="module")
def core_dumps() -> Iterator[None]:
    """Programs started meanwhile inherit the largest core dump that this user may have, and all of its content."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    kept = Path("/proc/self/coredump_filter").read_text()
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    Path("/proc/self/coredump_filter").write_text("0x7f")
    yield
    Path("/proc/self/coredump_filter").write_text(f"0x{kept}")
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Telex client that writes down how it may dump core, and says so."""
    folder = tmp_path_factory.mktemp("client")
    os.mkfifo(folder / "told")
    (folder / "client").write_text(
        f'#!/bin/sh\n/bin/cp -r /proc/$$/limits /proc/$$/coredump_filter "{folder}"\necho >"{folder}/told"\n'
    )
    (folder / "client").chmod(0o755)
    (folder / "bin").mkdir()
    (folder / "bin" / "setsid").symlink_to(shutil.which("setsid") or "")
    return folder / "client"


@pytest.fixture(scope="module")
def agent(
    tmp_path_factory: pytest.TempPathFactory, telex: Sandbox, core_dumps: None, client: Path
) -> Iterator[Program]:
    """The agent, on a machine without a browser, with an encoding that lacks half of the world's letters."""
    folder = tmp_path_factory.mktemp("agent")
    environ = {"PYTHONIOENCODING": "cp1252", "TELEX_START_MAIN_APP_COMMAND": str(client)}
    environ["PATH"] = str(client.parent / "bin")
    command = (sys.executable, "-X", "importtime", "-m", "telex_start")
    with headless(folder, telex, environ=environ, command=command) as program:
        program.event("state", state="online", subscribed=2)
        # While the agent asks what was unread, a new message may be told with the past; this is the last such call.
        telex.wait_until(lambda _: len(telex.calls("fetch-bots")) >= 2, timeout=30.0)
        yield program


def test_a_message_is_a_line_with_all_that_is_known_of_it(telex: Sandbox, agent: Program) -> None:
    sent = telex.message(0, "General", "the build is green", by="Ben Okri")["data"]["data"]
    told = agent.event("notification")
    assert f"/home/channels/{sent['channels_id']}?thread_id=" in told.pop("url")
    assert told == {
        "event": "notification",
        "title": "General · Northwind Ops",
        "body": "Ben Okri: the build is green",
        "organisation": "Northwind Ops",
        "channel": "General",
        "unread": 1,
        "summary": False,
        "sender": "Ben Okri",
        "text": "the build is green",
        "conversation": sent["channels_id"],
        "section": "channels_section",
    }
    assert agent.event("unread") == {"event": "unread", "unread": 1, "mentions": 0, "conversations": 1}
    telex.read(organisation=0, name="General")
    assert agent.event("unread") == {"event": "unread", "unread": 0, "mentions": 0, "conversations": 0}


def test_names_of_any_kind_are_utf_8_and_printable(telex: Sandbox, agent: Program) -> None:
    """RFC 8259 wants UTF-8; JSON was in the encoding of standard output, with question marks for what that lacks."""
    telex.message(0, f"Ελληνικά {HOSTILE}", HOSTILE)
    told = agent.event("notification")
    assert told["title"].startswith("Ελληνικά ")
    assert "end" in told["title"]
    half = {"section": "dm_channels_section", "data": {"username": "Ben \ud83d", "thread_count": 1}}
    telex.publish(1, {"notification_type": "unread_thread_change", **half})
    told = agent.event("notification")
    assert (told["channel"], told["organisation"]) == ("Ben \ufffd", "Acme \ufffd")


def test_what_came_of_opening_the_main_app_is_told(agent: Program, client: Path) -> None:
    """A second start (a person clicks in a menu) opens the client, which may dump core as the person's programs may."""
    with Program(agent.folder, environ=agent.environ) as second:
        assert second.ended() == 0
    (client.parent / "told").read_bytes()
    assert dumps(client.parent) == dumps(Path("/proc/self"))
    client.unlink()
    with Program(agent.folder, environ=agent.environ) as second:
        assert second.ended() == 0
    web = agent.environ["TELEX_START_API_URL"].removesuffix("/api/v1")
    assert agent.event("error") == {
        "event": "error",
        "title": "Telex cannot be opened",
        "message": f"{client} (main_app.command) cannot be started, and there is no browser for {web}.",
    }


def test_a_pause_is_told(agent: Program) -> None:
    for argument, quiet, words in (("on", True, "paused"), ("off", False, "")):
        with Program(agent.folder, "pause", argument, environ=agent.environ) as command:
            assert command.ended() == 0
        assert agent.event("quiet") == {"event": "quiet", "quiet": quiet, "status": words}


def test_nobody_else_on_the_machine_sees_the_password(telex: Sandbox, agent: Program) -> None:
    """The command line and the environment do not hold it; a core dump would hold it, so none is made."""
    process = Path(f"/proc/{agent.process.pid}")
    assert telex.email.encode() in (process / "cmdline").read_bytes()
    for name in ("cmdline", "environ"):
        assert telex.password.encode() not in (process / name).read_bytes()
    assert dumps(process) == ("0", "00000000")


def dumps(process: Path) -> tuple[str, str]:
    """How long a core dump of the process may be, and which memory a handler piped to by the kernel gets: core(5)."""
    [limit] = [line for line in (process / "limits").read_text().splitlines() if "core file" in line]
    return limit.split()[4], (process / "coredump_filter").read_text().strip()


def test_its_end_is_in_order_and_every_line_was_as_documented(telex: Sandbox, agent: Program) -> None:
    telex.fault("connection", status=500, message=HOSTILE, times=1)
    telex.expire_tokens()
    agent.event("error")
    agent.event("state", state="online", subscribed=2)
    assert agent.end() == 0
    last = json.loads(agent.output[-1])
    assert last == {"event": "state", "state": "stopped", "organisations": 0, "subscribed": 0}
    assert list((agent.folder / "run" / "telex-start").iterdir()) == [], "no lock is left behind"
    fields = {
        "state": {"event", "state", "organisations", "subscribed"},
        "unread": {"event", "unread", "mentions", "conversations"},
        "quiet": {"event", "quiet", "status"},
        "error": {"event", "title", "message"},
        "notification": {"event", "title", "body", "organisation", "channel", "unread", "summary"}
        | {"sender", "text", "url", "conversation", "section"},
    }
    found: list[dict[str, Any]] = [json.loads(line) for line in agent.output]
    assert {event["event"] for event in found} == set(fields)
    for line, event in zip(agent.output, found, strict=True):
        assert set(event) == fields[event["event"]]
        assert line.isprintable()
        for text in event.values():
            assert not isinstance(text, str) or text.replace("\n", " ").isprintable()


def test_nothing_of_a_desktop_was_imported_and_nothing_said_on_standard_error(agent: Program) -> None:
    """No Tk, no tray, no drawing, no GTK."""
    lines = agent.errors.splitlines()
    assert [line for line in lines if not line.startswith(TOLD_AS)] == []
    imported = {line.rpartition("|")[2].strip() for line in lines}
    assert {"telex_start.session.session", "telex_start.console"} <= imported, "the report should name what is imported"
    unwanted = {"tkinter", "_tkinter", "tktooltip", "pystray", "PIL", "gi", "Xlib", "asyncio", "unittest"}
    assert {name.partition(".")[0] for name in imported} & unwanted == set()
    assert not imported & {"telex_start.desktop.tray.tray", "telex_start.desktop.icons"}
