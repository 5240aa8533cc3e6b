"""A configuration that is changed while the agent runs: taken up by each way, without a reconnect."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agent import Program
from tests.end_to_end.test_terminal import IGNORING_HANGUPS
from tests.end_to_end.test_tray import Desk
from tests.servers import Sandbox


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


class Apart(Program):
    """A program without a controlling terminal, as of a service."""

    def __init__(self, folder: Path, telex: Sandbox, ignores: bool = False) -> None:
        options = ("--headless", "--json", "--email", telex.email, "--password-stdin")
        super().__init__(folder, *options, environ=telex.environ, given=telex.password + "\n")
        self._command = [*(IGNORING_HANGUPS if ignores else []), "setsid", *self._command]


def configure(folder: Path, text: str) -> Path:
    file = folder / "config" / "telex-start" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def by_command(agent: Program) -> None:
    with Program(agent.folder, "reload", environ=agent.environ) as caller:
        assert caller.ended() == 0
        assert (caller.output, caller.errors) == (["Telex Start reads its configuration again."], "")


def by_signal(agent: Program) -> None:
    agent.process.send_signal(signal.SIGHUP)


def without_text(agent: Program, telex: Sandbox, name: str) -> None:
    """Toasts tell nothing of what was written."""
    telex.message(0, name)
    assert not agent.event("notification", channel=name)["text"]


@pytest.mark.parametrize("ask", [by_command, by_signal])
def test_it_counts_at_once_and_without_a_reconnect(
    tmp_path: Path, telex: Sandbox, ask: Callable[[Program], None]
) -> None:
    configure(tmp_path, "show_text = true\n")
    with Apart(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1)
        for name in ("General", "Ops"):  # the agent waits for texts once one has come
            telex.message(0, name)
            told = agent.event("notification", channel=name)
        assert told["text"]
        before = telex.status()
        configure(tmp_path, 'show_text = false\nweb_url = "https://web.example"\nlog_level = "debug"\n')
        ask(agent)
        error = agent.event("error")
        assert error["title"] == "Some settings count at the next start"
        assert error["message"] == "web_url; whatever else was changed counts at once."
        without_text(agent, telex, "Random")
        after = telex.status()
        assert (after["logins"], after["connects"]) == (before["logins"], before["connects"])
        assert agent.end(signal.SIGTERM)[0] == 0
    assert "the configuration was read anew: log_level, show_text" in agent.log()


def test_a_mistake_has_no_effect_and_is_told_by_both(tmp_path: Path, telex: Sandbox) -> None:
    file = configure(tmp_path, "show_text = false\n")
    with Apart(tmp_path, telex) as agent:
        agent.event("state", state="online", subscribed=1)
        file.write_text('show_text = true\nsound = "loud"\n')
        words = f'{file}: sound is "loud"; allowed is "desktop", "on" or "off".'
        with Program(tmp_path, "reload", environ=agent.environ) as caller:
            assert caller.ended() == 2
            assert (caller.output, caller.errors) == ([], f"telex-start: {words}\n")
        error = agent.event("error")
        assert error == {"event": "error", "title": "The configuration stays as it was", "message": words}
        without_text(agent, telex, "General")
        with Program(tmp_path, "doctor", environ=agent.environ) as doctor:
            assert doctor.ended(50) == 1
            [found] = [line for line in doctor.output if "configuration " in line]
            assert found.startswith("missing  configuration")
            assert words.rstrip(".") in found


@pytest.mark.parametrize("address", ["api.elsewhere.example/api/v1", "no address"])
def test_an_agent_whose_address_was_changed_in_the_file_is_found(tmp_path: Path, telex: Sandbox, address: str) -> None:
    """It is known by its address; nothing was asked of it, and no agent was said to run."""
    environ = dict(telex.environ)
    lines = [f'{key} = "{environ.pop(f"TELEX_START_{key.upper()}")}"\n' for key in ("api_url", "push_url", "ca_file")]
    file = configure(tmp_path, "".join(lines))
    options = ("--headless", "--json", "--email", telex.email, "--password-stdin")
    with Program(tmp_path, *options, environ=environ, given=telex.password + "\n") as agent:
        agent.event("state", state="online", subscribed=1)
        file.write_text(f'api_url = "https://{address}"\n' + "".join(lines[1:]))
        with Program(tmp_path, "reload", environ=environ) as caller:
            code = caller.ended()
        error = agent.event("error")
        if address == "no address":
            assert (code, error["title"]) == (2, "The configuration stays as it was")
            assert "api_url" in error["message"]
        else:
            assert (code, caller.output) == (0, ["Telex Start reads its configuration again."])
            assert error["message"] == "api_url and web_url; whatever else was changed counts at once."
        with Program(tmp_path, "reload", "--environment", "staging", environ=environ) as other:
            assert other.ended() == 2 if code else other.output == ["Telex Start is not running."]


def test_where_none_runs_it_says_so(tmp_path: Path, telex: Sandbox) -> None:
    with Program(tmp_path, "reload", environ=telex.environ) as caller:
        assert caller.ended() == 0
        assert (caller.output, caller.errors) == (["Telex Start is not running."], "")


def test_without_a_terminal_a_hangup_that_was_ignored_reloads_too(tmp_path: Path, telex: Sandbox) -> None:
    """Who starts services may ignore it, for a terminal that is not theirs."""
    with Apart(tmp_path, telex, ignores=True) as agent:
        agent.event("state", state="online", subscribed=1)
        configure(tmp_path, "sound = 1\n")
        agent.process.send_signal(signal.SIGHUP)
        assert "sound is 1; allowed is" in agent.event("error")["message"]


@pytest.mark.desktop
def test_it_is_taken_up_when_the_menu_opens_and_a_mistake_is_a_toast(tmp_path: Path) -> None:
    file = configure(tmp_path, "")
    with Desk(tmp_path) as desk:
        desk.sign_in()
        item = desk.item("Online: 2 organisations")
        desk.telex.message(0, "General")
        desk.toast("General · Northwind Ops")  # the agent waits for texts once one has come
        desk.telex.message(0, "Ops", "the build is green")
        assert "the build is green" in desk.toast("Ops · Northwind Ops")
        file.write_text("show_text = nein\n")
        item.menu()
        assert f"{file} is no TOML" in desk.toast("The configuration stays as it was")
        file.write_text("show_text = false\n")
        item.menu()
        desk.daemon.wait_until(lambda: bool(desk.daemon.closed), "the toast to go")
        desk.telex.message(0, "Random")
        assert desk.toast("Random · Northwind Ops") == "New message"
