"""`telex-start doctor`: what it finds here, what it finds missing, the remedies, and that it always comes to an end."""

from __future__ import annotations

import io
import os
import re
import socket
import ssl
import threading
from contextlib import ExitStack, redirect_stdout, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import trustme

from telex_start import doctor
from telex_start.config import Config
from telex_start.doctor import network
from telex_start.doctor.findings import Finding, Mark, line, look, missing, note, ok, verdict
from telex_start.errors import ROOM_FOR_ALL
from tests.agent import Program, configure
from tests.fake_desktop import FakeNotificationDaemon, FakePanel, PrivateBus, Xvfb
from tests.process import Stopwatch
from tests.servers import Sandbox

MARKS = {"ok", "missing", "note"}
NOWHERE = {"TELEX_START_API_URL": "https://127.0.0.1:9/api/v1", "TELEX_START_PUSH_URL": "wss://127.0.0.1:9/push"}


def config_of(telex: Sandbox) -> Config:
    ca_file, push_url = (telex.environ[f"TELEX_START_{name}"] for name in ("CA_FILE", "PUSH_URL"))
    return Config(api_url=telex.api_url, push_url=push_url, ca_file=ca_file)


class Report:
    """What the doctor says in an environment."""

    def __init__(self, folder: Path, *options: str, environ: dict[str, str]) -> None:
        whole = Program(folder, environ=environ).environ
        with patch.dict(os.environ, whole, clear=True), redirect_stdout(io.StringIO()) as said:
            self.code = doctor.main([*options])
        self.lines = said.getvalue().splitlines()
        self.verdict = self.lines[-1]
        self.found: dict[str, tuple[str, str]] = {}
        """Mark and words by the subject; of the last one where there are several."""
        for text in self.lines[:-2]:
            mark, subject, words = text[:9].strip(), text[9:29].strip(), text[29:]
            assert mark in MARKS, text
            assert words, text
            self.found[subject] = mark, words

    def says(self, subject: str, mark: str, *words: str) -> None:
        """The finding is there, with that mark and these words."""
        found, text = self.found[subject]
        assert found == mark, f"{subject}: {found} {text}"
        for word in words:
            assert word in text, text


# All is well.


@pytest.mark.desktop
def test_a_desktop_where_everything_works(tmp_path: Path, telex: Sandbox) -> None:
    client = tmp_path / "telex"
    client.write_bytes(b"\x7fELF")
    client.chmod(0o755)
    with ExitStack() as stack:
        xvfb, bus = stack.enter_context(Xvfb()), stack.enter_context(PrivateBus())
        stack.enter_context(FakePanel(bus))
        stack.enter_context(FakeNotificationDaemon(bus))
        environ = {**telex.environ, **xvfb.environ, **bus.environ, "TELEX_START_MAIN_APP_COMMAND": str(client)}
        with Program(tmp_path, "doctor", environ=environ) as command:
            assert (command.ended(50), command.errors, command.output[-1]) == (0, "", "Telex Start works here.")
        report = Report(tmp_path, environ=environ)
    assert report.verdict == command.output[-1]
    for subject in (
        *("Python", "packages", "configuration", "lock", "log", "login window", "display", "session bus", "toasts"),
        *("tray host", "tray", "main app", "running agent", "Telex", "DNS", "TLS", "API", "clock", "push server"),
    ):
        report.says(subject, "ok")
    report.says("display", "ok", f"X11 ({xvfb.display})")
    report.says("toasts", "ok", "fake 1", "body-markup")
    report.says("main app", "ok", str(client))
    report.says("running agent", "ok", "none")
    report.says("TLS", "ok", "TLSv1.3", "verified")
    assert telex.status()["logins"] == telex.status()["push_connections"] == 0, "it signs nobody in"
    assert list((tmp_path / "run" / "telex-start").iterdir()) == [], "no lock"


# Something is missing.


def test_organisations_that_the_agents_log_says_have_no_room_are_named(tmp_path: Path) -> None:
    """That the log says so is shown by session/test_many_organisations."""
    log = tmp_path / "state" / "telex-start" / "log" / "telex-start.log"
    log.parent.mkdir(parents=True)
    left_out = "INFO [session] no room on the connection for 2 organisations: Acme, Blue\n"
    log.write_text(f"before\n{left_out}after\n")
    report = Report(tmp_path, environ=NOWHERE)
    report.says("organisations", "note", "left out 2 organisations: Acme, Blue: those with unread messages go first")
    log.write_text(f"{left_out}INFO [session] {ROOM_FOR_ALL}\n")
    assert "organisations" not in Report(tmp_path, environ=NOWHERE).found


NO_ICON = ("tray", "note", "no icon now", "run telex-start a second time", "--email NAME --password-stdin")


WISHES = {"TELEX_START_SOUND": "on", "TELEX_START_WHILE_CLIENT_RUNS": "quiet"}
NO_SOUND = 'plays no sounds that a program names, so sound = "on" changes nothing'
UNTOLD = "Wayland does not tell which window is in front: notifications come all the same"


@pytest.mark.desktop
@pytest.mark.parametrize(
    ("there", "environ", "verdict", "says"),
    [
        # A server: the agent can do its job, and the doctor says how.
        (
            [],
            {"DBUS_SESSION_BUS_ADDRESS": ""},
            "with --headless only: there is no way to an icon with a menu.",
            [
                ("display", "missing", "neither DISPLAY nor WAYLAND_DISPLAY is set", "--headless"),
                ("session bus", "missing", "--headless"),
                ("tray", "missing", "--headless"),
                ("main app", "note", "not found", "command ="),
            ],
        ),
        # An empty desktop.
        (
            ["display"],
            {},
            "without an icon just now: see tray.",
            [
                ("session bus", "ok"),
                ("toasts", "missing", "no notification daemon answers", "install one: dunst and mako are two"),
                ("desktop entry", "note", "no menu has the program: telex-start integrate on"),
                ("tray host", "missing", "none: No panel here shows icons now"),
                NO_ICON,
            ],
        ),
        # The agent said "No tray for the icon", not what is missing, and the doctor said that all is well.
        (
            ["display"],
            {"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"},
            "see tray.",
            [("tray host", "missing", "GNOME shows icons only with its extension", "extension-appindicator")],
        ),
        (["watcher"], {}, "see tray.", [("tray host", "missing", "none, though something registers icons"), NO_ICON]),
        (
            ["panel"],
            {"WAYLAND_DISPLAY": "wayland-0"},
            "works here.",
            [("display", "note", "without XWayland", "--email NAME --password-stdin"), ("tray", "ok")],
        ),
        (["hangs"], {}, "see tray.", [("toasts", "missing", "no notification daemon answers"), ("push server", "ok")]),
        (
            [],
            {"DISPLAY": ":987"},
            "see tray.",
            [("display", "missing", "the X display :987 cannot be opened"), ("push server", "ok")],
        ),
        # Settings that this desktop cannot carry out.
        (
            ["display", "silent"],
            {"WAYLAND_DISPLAY": "wayland-0", **WISHES},
            "see tray.",
            [("toasts", "note", NO_SOUND), ("quiet", "note", UNTOLD)],
        ),
        (
            ["display", "sounds"],
            WISHES,
            "see tray.",
            [("toasts", "ok", "fake 1 (body, sound)"), ("quiet", "ok", "while the Telex app is in front")],
        ),
    ],
    ids=["server", "empty", "GNOME", "no host", "no XWayland", "a daemon hangs", "no display", "no sound", "sound"],
)
def test_what_a_desktop_has_and_lacks(
    tmp_path: Path, telex: Sandbox, there: list[str], environ: dict[str, str], verdict: str, says: list[tuple[str, ...]]
) -> None:
    with ExitStack() as stack:
        bus = stack.enter_context(PrivateBus())
        environ = {**telex.environ, **bus.environ, **environ}
        if "display" in there:
            environ |= stack.enter_context(Xvfb()).environ
        if {"watcher", "panel"} & set(there):
            stack.enter_context(FakePanel(bus, host="panel" in there))
        if {"hangs", "silent", "sounds"} & set(there):
            can = ("body", "sound") if "sounds" in there else ("body",)
            stack.enter_context(FakeNotificationDaemon(bus, can, "silent" if "hangs" in there else "answer"))
        report = Report(tmp_path, environ=environ)
    for finding in says:
        report.says(*finding)
    assert (report.code, report.verdict.endswith(verdict)) == (0, True), report.verdict


def test_a_mistake_in_the_configuration_is_found_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    report = Report(tmp_path, "--api-url", "http://telex.example/api/v1", environ={})
    assert report.code == 1
    assert report.verdict == "Telex Start cannot do its job here: see configuration."
    report.says("configuration", "missing", 'option --api-url is "http://telex.example/api/v1"; allowed is')
    assert {"Python", "lock", "login window", "tray"} <= report.found.keys()
    assert "API" not in report.found


def test_all_mistakes_in_the_file_are_found_and_what_does_not_count(tmp_path: Path) -> None:
    mistakes = 'sound = "loud"\nshow_text = true\n[quiet]\nfrom = 22\nfor = 1\n[organisations.X]\nnotify = 1\n'
    file = configure(tmp_path, mistakes)
    environ = {**NOWHERE, "TELEX_START_SHOW_TEXT": "false", "TELEX_START_SOUND": "off"}
    report = Report(tmp_path, environ=environ)
    assert report.code == 1
    found = [text[29:] for text in report.lines if text[9:29].strip() == "configuration"]
    assert [words.removeprefix(f"{file}: ").partition(";")[0] for words in found] == [
        "unknown key quiet.for",
        'sound is "loud"',
        "quiet.from is 22",
        'organisations."X".notify is 1',
    ]
    file.write_text('sound = "on"\nshow_text = true\nlog_level = "info"\n')
    report = Report(tmp_path, "--environment", "staging", environ={**environ, "TELEX_START_LOG_LEVEL": "info"})
    assert report.found["configuration"][1].startswith(f"{file}, and over it TELEX_START_")
    does_not_count = ": what stands in the file for it does not count"
    report.says("overridden", "note", f"show_text by TELEX_START_SHOW_TEXT, sound by TELEX_START_SOUND{does_not_count}")


@pytest.mark.parametrize(
    ("config", "says", "see"),
    [
        ({"ca_file": None}, "missing TLS .*certificate.*--ca-file FILE.*API not tried", "TLS, API, push server"),
        ({"ca_file": "/none.pem"}, "missing certificates ca_file /none.pem cannot be used", "certificates"),
        ({"api_url": "https://127.0.0.1:9/api/v1"}, "API not tried, as 127.0.0.1 is not.*ok push server", "TLS, API"),
    ],
)
def test_a_telex_that_is_not_reached(telex: Sandbox, config: dict[str, Any], says: str, see: str) -> None:
    findings = list(network.findings(config_of(telex)._replace(**config)))
    assert re.search(says, " ".join(" ".join(map(line, findings)).split()))
    assert verdict(findings) == (f"Telex Start cannot do its job here: see {see}.", 1)


def test_a_certificate_of_another_host() -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("another.example").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server, authority.cert_pem.tempfile() as ca_file:

        def serve() -> None:
            with suppress(OSError):
                context.wrap_socket(server.accept()[0], server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        [name, secure, *_] = network.findings(config_at(server, ca_file), 0.3)
        thread.join(30)
    assert name.mark is Mark.OK
    assert secure.mark is Mark.MISSING
    assert "IP address mismatch" in secure.found or "not valid for" in secure.found
    assert secure.remedy.startswith("is the address right")


def test_without_a_network_each_finding_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was two: "… is there a network?: is its address right?", "… is not reached: Telex has been renamed …"."""

    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    api = "api.telex.im"
    assert [line(finding)[29:] for finding in network.findings(Config())][:2] == [
        f"{api} could not be looked up: is there a network, and is its address right?",
        f"not tried, as {api} is not reached: since Telex has been renamed Zedu, try it with --environment zedu",
    ]


@pytest.mark.parametrize(
    ("fault", "subject", "fatal", "words"),
    [
        ({"status": 502, "html": True}, "API", True, "HTTP 502, and not in Telex's way: is the address right"),
        ({"redirect": True}, "API", True, "HTTP 302"),
        ({"status": 503, "message": "no \x1b[2J"}, "API", False, "Telex has a problem just now (HTTP 503: no [2J)"),
        ({"status": 429}, "API", False, "429"),
        (None, "push server", True, "HTTP 403"),
    ],
)
def test_a_login_page_or_a_failure_in_the_place_of_telex(
    telex: Sandbox, fault: dict[str, Any] | None, subject: str, fatal: bool, words: str
) -> None:
    if fault is not None:
        telex.fault("login", **fault)
    else:
        telex.refuse_push(403)
    try:
        found = {finding.subject: finding for finding in network.findings(config_of(telex))}[subject]
    finally:
        telex.clear_faults()
        telex.refuse_push(0)
    assert (found.mark, found.fatal) == (Mark.MISSING if fatal else Mark.NOTE, fatal)
    assert words in line(found)


def test_a_clock_that_is_an_hour_off() -> None:
    with Sandbox("--organisations", "1", "--clock-offset", "3600") as telex:
        found = {finding.subject: line(finding) for finding in network.findings(config_of(telex))}["clock"]
    assert found.startswith("note") and "60 minutes behind the server's: set it" in found


def test_no_secret_and_no_address_is_told(tmp_path: Path, telex: Sandbox) -> None:
    environ = {
        **telex.environ,
        "TELEX_START_EMAIL": telex.email,
        "HTTPS_PROXY": "http://ada:hunter2@proxy.example:3128",
        "TELEX_START_API_URL": "https://telex.example/api/v1",
    }
    report = Report(tmp_path, environ=environ)
    text = "\n".join(report.lines)
    assert "hunter2" not in text
    assert telex.email not in text
    report.says("DNS", "ok")  # of the push server, on this machine: that one needs no proxy
    assert "telex.example is looked up by the proxy proxy.example:3128 (by HTTPS_PROXY)" in text


# It comes to an end.


def config_at(server: socket.socket, ca_file: str | None = None) -> Config:
    address = f"127.0.0.1:{server.getsockname()[1]}"
    return Config(api_url=f"https://{address}/api/v1", push_url=f"wss://{address}/push", ca_file=ca_file)


def test_a_server_that_never_answers_costs_seconds(telex: Sandbox) -> None:
    """One server never answers in HTTP, the other one not even in TLS."""
    spent = Stopwatch()
    telex.fault("login", delay=30)
    found = {finding.subject: finding for finding in network.findings(config_of(telex), 0.3)}
    telex.clear_faults()
    assert found["TLS"].mark is Mark.OK and "did not answer in time" in found["API"].found
    with socket.create_server(("127.0.0.1", 0)) as server:  # it takes no call
        found = {finding.subject: finding for finding in network.findings(config_at(server), 0.3)}
    assert spent.seconds() < 3
    assert found["TLS"].mark is Mark.MISSING and "did not answer in time" in found["TLS"].found
    assert found["push server"].fatal


def test_a_look_that_hangs_is_left_behind() -> None:
    """A name look-up has no time-out of its own."""
    release = threading.Event()

    def hang() -> Finding:
        release.wait()
        return ok("DNS", "late")

    spent = Stopwatch()
    found = look("DNS", hang, fatal=True, seconds=0.1)
    assert spent.seconds() < 1
    assert found == missing("DNS", "no answer within 0.1 s", fatal=True)
    [left] = [thread for thread in threading.enumerate() if thread.name == "look at DNS"]
    assert left.daemon, "it never keeps the program from ending"
    release.set()
    left.join(30)


def test_a_look_that_breaks_costs_only_itself() -> None:
    found = look("tray", lambda: ok("tray", os.environ["NO_SUCH_VARIABLE"]))
    assert found == missing("tray", "cannot be looked at (KeyError: 'NO_SUCH_VARIABLE')")


# Words.


def test_a_finding_is_one_aligned_line() -> None:
    findings = [
        ok("Python", "3.11.2"),
        missing("login window", "no Tk", "install python3-tk"),
        note("a subject of 19 char", "x\n\x1b[31my\u202e " + "z" * 1000),
    ]
    lines = [line(finding) for finding in findings]
    assert lines[0] == "ok       Python              3.11.2"
    assert lines[1] == "missing  login window        no Tk: install python3-tk"
    assert lines[2].startswith("note     a subject of 19 charx [31my zzz")
    assert len(lines[2]) < 450
    assert all(text.isprintable() for text in lines)
    assert len({re.search(r"3\.11|no Tk|x \[", text).start() for text in lines}) == 1  # type: ignore[union-attr]


def test_the_verdict() -> None:
    no_tray, bus = missing("tray", "no icon"), ok("session bus", "unix:path=/x")
    for findings, words, code in (
        ([ok("tray", "appindicator"), missing("main app", "not found")], "Telex Start works here.", 0),
        ([bus, no_tray], "Telex Start works here, but without an icon just now: see tray.", 0),
        ([no_tray], "Telex Start works here with --headless only: there is no way to an icon with a menu.", 0),
        ([missing("API", "x", fatal=True)] * 2, "Telex Start cannot do its job here: see API.", 1),
    ):
        assert verdict(findings) == (words, code)
