"""The configuration, from file, environment and options: what counts, and what a person is told about a mistake."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import strategies as st

from telex_start import config_file
from telex_start.config import (
    ENVIRONMENTS,
    Config,
    Given,
    QuietHours,
    check,
    faults,
    given,
    organisation_key,
    other_name,
    resolve,
)
from telex_start.errors import ConfigError
from tests.agent import Program
from tests.servers import Sandbox

OWN = {"api_url": "https://telex.example/api/v1", "push_url": "wss://telex.example/connection/websocket"}


@pytest.fixture(scope="module")
def telex() -> Iterator[Sandbox]:
    with Sandbox("--organisations", "1", "--rate", "0") as sandbox:
        yield sandbox


def resolved(
    file: str = "", environ: Mapping[str, str] | None = None, options: Mapping[str, str | None] | None = None
) -> Config:
    return resolve(tomllib.loads(file), "/home/ada/config.toml", environ or {}, options or {})


def refused(file: str = "", environ: Mapping[str, str] | None = None, **options: str) -> str:
    with pytest.raises(ConfigError) as caught:
        resolved(file, environ, options)
    return caught.value.message


# --- which one counts -----------------------------------------------------------------------------------------------


def test_without_any_it_is_the_real_telex() -> None:
    config = resolved()
    assert (config.api_url, config.push_url, config.web_url) == ENVIRONMENTS["production"]
    assert (config.ca_file, config.email, config.log_level, config.main_app_command) == (None, None, "info", None)
    assert config.notification_types == ("unread_thread_change",)


def test_variables_count_over_the_file_and_options_over_both() -> None:
    file = 'email = "file@example.org"\nlog_level = "error"\nca_file = "/file.pem"'
    environ = {"TELEX_START_EMAIL": "variable@example.org", "TELEX_START_LOG_LEVEL": "warning"}
    config = resolved(file, environ, {"email": "option@example.org", "log_level": None})
    assert (config.email, config.log_level, config.ca_file) == ("option@example.org", "warning", "/file.pem")


def test_every_setting_can_be_made_in_the_file_and_by_a_variable() -> None:
    file = """
        api_url = "https://telex.example/api/v1/"
        push_url = "wss://telex.example/push"
        ca_file = "/ca.pem"
        email = "ada@example.org"
        log_level = "debug"
        notification_types = ["unread_thread_change", "thread_reply"]
        web_url = "https://web.example/"
        show_text = false
        remember_email = false
        sound = "off"
        while_client_runs = "quiet"
        honour_telex_settings = false
        [main_app]
        command = "/opt/telex/telex"
        click = "client"
        [quiet]
        from = "22:00"
        to = "7:05"
        days = ["fri", "mon"]
    """
    by_file = resolved(file)
    by_variables = resolved(
        environ={
            "TELEX_START_API_URL": "https://telex.example/api/v1",
            "TELEX_START_PUSH_URL": "wss://telex.example/push",
            "TELEX_START_CA_FILE": "/ca.pem",
            "TELEX_START_EMAIL": "ada@example.org",
            "TELEX_START_LOG_LEVEL": "debug",
            "TELEX_START_NOTIFICATION_TYPES": "unread_thread_change, thread_reply,",
            "TELEX_START_MAIN_APP_COMMAND": "/opt/telex/telex",
            "TELEX_START_WEB_URL": "https://web.example/",
            "TELEX_START_SHOW_TEXT": "false",
            "TELEX_START_HONOUR_TELEX_SETTINGS": "false",
            "TELEX_START_MAIN_APP_CLICK": "client",
            "TELEX_START_REMEMBER_EMAIL": "false",
            "TELEX_START_SOUND": "off",
            "TELEX_START_WHILE_CLIENT_RUNS": "quiet",
            "TELEX_START_QUIET_FROM": "22:00",
            "TELEX_START_QUIET_TO": "07:05",
            "TELEX_START_QUIET_DAYS": "fri, mon",
        }
    )
    assert by_file == by_variables
    assert by_file == Config(
        api_url="https://telex.example/api/v1",
        push_url="wss://telex.example/push",
        ca_file="/ca.pem",
        email="ada@example.org",
        log_level="debug",
        main_app_command="/opt/telex/telex",
        main_app_click="client",
        notification_types=("unread_thread_change", "thread_reply"),
        web_url="https://web.example/",
        show_text=False,
        honour_telex_settings=False,
        remember_email=False,
        sound="off",
        while_client_runs="quiet",
        quiet=QuietHours(22 * 60, 7 * 60 + 5, ("mon", "fri")),
    )


def test_quiet_hours_are_on_all_days_unless_some_are_named() -> None:
    hours = '[quiet]\nfrom = "09:00"\nto = "17:30"\n'
    assert resolved(hours).quiet == QuietHours(540, 1050, ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    assert resolved(hours + 'days = ["sun", "sat", "sun"]').quiet == QuietHours(540, 1050, ("sat", "sun"))
    assert resolved("[quiet]").quiet is None
    assert resolved(hours, {"TELEX_START_QUIET_TO": "12:00"}).quiet == QuietHours(540, 720), "over the file's"


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ('from = "22:00"', "quiet.from is set without quiet.to: set both, or none."),
        ('to = "22:00"', "quiet.to is set without quiet.from: set both, or none."),
        ('days = ["mon"]', "quiet.days is set without quiet.from and quiet.to: set all three, or none."),
        (
            'from = "9:00"\nto = "09:00"',
            'quiet.from and quiet.to are the same; for a whole day write from = "00:00" and to = "23:59".',
        ),
    ],
)
def test_hours_that_are_none_are_refused(hours: str, words: str) -> None:
    assert refused(f"[quiet]\n{hours}") == f"/home/ada/config.toml: {words}"


def test_organisations_are_told_of_by_name_or_id_whatever_is_in_it() -> None:
    config = resolved("""
        [organisations."Northwind Ops"]
        notify = "none"
        [organisations]
        "0190-12ab".notify = "mentions"
        'a "quoted".notify name'.notify = "all"
        "".notify = "all"
        [organisations."nothing set"]
    """)
    assert dict(config.organisations) == {
        "Northwind Ops": "none",
        "0190-12ab": "mentions",
        'a "quoted".notify name': "all",
        "": "all",
    }


def test_what_is_wrong_is_said_for_beside_the_field() -> None:
    assert check("sound", "on") == check("quiet.days", ["mon"]) == check(organisation_key("a.b"), "none") == ""
    assert check("sound", "loud") == 'Allowed is "desktop", "on" or "off".'
    assert check("quiet.from", "24:00") == 'Allowed is a time of the day, as "22:00".'
    assert check(organisation_key("a.b"), "some") == 'Allowed is "all", "mentions" or "none".'


def test_what_does_not_go_together_is_said_beside_a_field_too() -> None:
    assert faults({"sound": "on", "quiet.from": "22:00", "quiet.to": "7:00"}) == {}
    assert faults({"quiet.from": "7:00", "quiet.to": "07:00"}).keys() == {"quiet.to"}
    assert faults({"quiet.from": "7:00"}) == {"quiet.from": "quiet.from is set without quiet.to: set both, or none."}
    assert faults({"quiet.from": "7:00", "quiet.to": ""}) == {"quiet.to": 'Allowed is a time of the day, as "07:00".'}


def test_what_stands_over_the_file_is_known_with_its_source() -> None:
    environ = {"TELEX_START_SOUND": "off", "TELEX_START_QUIET_DAYS": "mon,tue", "TELEX_START_LOG_LEVEL": "info"}
    assert given(environ, {"log_level": "debug", "email": None}) == {
        "sound": Given("TELEX_START_SOUND", "off"),
        "quiet.days": Given("TELEX_START_QUIET_DAYS", ["mon", "tue"]),
        "log_level": Given("--log-level", "debug"),
    }


@pytest.mark.parametrize("name", ["production", "staging", "zedu", "zedu-staging"])
def test_an_environment_by_name_has_all_its_addresses(name: str) -> None:
    config = resolved(f'environment = "{name}"')
    hosts = [address.split("/")[2] for address in (config.api_url, config.push_url)]
    assert len(set(hosts)) == 1
    web = config.web_url.removeprefix("https://")
    assert hosts[0] == (f"api.{web}" if not web.startswith("staging.") else f"api.staging.{web[8:]}")


def test_the_web_app_of_ones_own_server_is_at_the_apis_host_or_where_it_is_said() -> None:
    assert resolved(options=OWN).web_url == "https://telex.example"
    said = {"TELEX_START_WEB_URL": "https://web.example"}
    assert resolved(environ=said, options=OWN).web_url == "https://web.example"
    assert resolved('environment = "zedu"', options=OWN).web_url == "https://telex.example"
    assert resolved('web_url = "https://web.example"', options={"environment": "zedu"}).web_url == "https://zedu.chat"
    assert resolved('environment = "zedu"\nweb_url = "https://web.example"').web_url == "https://web.example"


@pytest.mark.parametrize(
    ("api", "other"), [("api.telex.im", "zedu"), ("api.staging.telex.im", "zedu-staging"), ("telex.example", None)]
)
def test_where_telex_is_not_reached_its_other_name_is_known(api: str, other: str | None) -> None:
    assert other_name(f"https://{api}/api/v1") == other


def test_an_environment_is_api_and_push_server_together() -> None:
    config = resolved('environment = "staging"')
    assert (config.api_url, config.push_url, config.web_url) == ENVIRONMENTS["staging"]
    # A later source that names one replaces both addresses of an earlier source, and the other way round.
    lines = "\n".join(f'{key} = "{value}"' for key, value in OWN.items())
    config = resolved(lines, {"TELEX_START_ENVIRONMENT": "production"})
    assert (config.api_url, config.push_url, config.web_url) == ENVIRONMENTS["production"]
    config = resolved('environment = "staging"', options=OWN)
    assert (config.api_url, config.push_url) == tuple(OWN.values())


@pytest.mark.parametrize("alone", OWN)
def test_one_address_of_two_is_a_mistake(alone: str) -> None:
    """The original mixed the staging API with the production push server, which can never work."""
    missing = next(key for key in OWN if key != alone)
    words = refused(environ={f"TELEX_START_{alone.upper()}": OWN[alone]})
    assert words == f"{alone} is set without {missing}: set both, or neither and an environment."
    assert alone in refused(f'environment = "staging"\n{alone} = "{OWN[alone]}"')


# --- mistakes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "where", "allowed"),
    [
        ("log_level = 3", "log_level is 3", '"debug", "info", "warning" or "error"'),
        ('log_level = "DEBUG"', 'log_level is "DEBUG"', '"debug"'),
        ("email = true", "email is true", "an e-mail address"),
        ("show_text = 1", "show_text is 1", "true or false"),
        ('web_url = "http://web.example"', 'web_url is "http://web.example"', 'an address "https://HOST/…"'),
        ('remember_email = "yes"', 'remember_email is "yes"', "true or false"),
        ('sound = "loud"', 'sound is "loud"', '"desktop", "on" or "off"'),
        ("sound = true", "sound is true", '"desktop", "on" or "off"'),
        ('while_client_runs = "off"', 'while_client_runs is "off"', '"notify" or "quiet"'),
        ('[quiet]\nfrom = "24:00"', 'quiet.from is "24:00"', 'a time of the day, as "22:00"'),
        ("[quiet]\nto = 07:00:00", 'quiet.to is "07:00:00"', 'a time of the day, as "07:00"'),
        ("[quiet]\ndays = []", "quiet.days is []", 'a list of days, as ["mon", "tue",'),
        ('[quiet]\ndays = ["Monday"]', 'quiet.days is ["Monday"]', 'a list of days, as ["mon", "tue",'),
        (
            '[organisations."Northwind Ops"]\nnotify = "never"',
            'organisations."Northwind Ops".notify is "never"',
            '"all", "mentions" or "none"',
        ),
        ('[main_app]\nclick = "open"', 'main_app.click is "open"', '"conversation" or "client"'),
        ('email = "ada"', 'email is "ada"', "an e-mail address"),
        ('email = "ada@exa mple.org"', "email is", "an e-mail address"),
        ("ca_file = []", "ca_file is []", "the path of a PEM file"),
        ('ca_file = " "', 'ca_file is " "', "the path of a PEM file"),
        ('environment = "test"', 'environment is "test"', '"production", "staging", "zedu" or "zedu-staging"'),
        ('environment = ["staging"]', "environment is", '"production", "staging", "zedu" or "zedu-staging"'),
        (
            'notification_types = "thread_reply"',
            "notification_types is",
            'a list of words, as ["unread_thread_change"]',
        ),
        ("notification_types = [1]", "notification_types is [1]", "a list of words"),
        ("main_app.command = 1979-05-27", 'main_app.command is "1979-05-27"', "executable"),
    ],
)
def test_a_wrong_value_is_shown_with_what_is_allowed(file: str, where: str, allowed: str) -> None:
    words = refused(file)
    assert words.startswith(f"/home/ada/config.toml: {where}")
    assert f"allowed is {allowed}" in words or allowed in words.partition("allowed is ")[2]


@pytest.mark.parametrize(
    "address",
    [
        "http://telex.example/api/v1",
        "HTTPS://telex.example/api/v1",
        "ws://telex.example/api/v1",
        "telex.example/api/v1",
        "https:///api/v1",
        "https://:443/api/v1",
        "https://telex.example",
        "https://telex.example/api/v2",
        "https://telex.example:0/api/v1",
        "https://telex.example:65536/api/v1",
        "https://telex.example:https/api/v1",
        "https://[::1/api/v1",
        "https://telex.example/api/v1?x=1",
        "https://telex.example/#/api/v1",
        "https://telex .example/api/v1",
        "https://telex.example\\@evil.example/api/v1",
        "https://te\u0142ex.example/api/v1",
        "https://telex.example/a\x7fb/api/v1",
        "https://telex.example/\r\nX-Header: 1/api/v1",
        "file:///api/v1",
        "",
    ],
)
def test_only_verified_https_goes_anywhere(address: str) -> None:
    words = refused(environ={"TELEX_START_API_URL": address, "TELEX_START_PUSH_URL": OWN["push_url"]})
    assert words.startswith("environment: TELEX_START_API_URL is ")
    assert words.endswith('allowed is an address "https://HOST/…/api/v1".')


@pytest.mark.parametrize("address", ["ws://telex.example/push", "https://telex.example/push", "wss://"])
def test_only_verified_web_sockets_are_opened(address: str) -> None:
    assert refused(api_url=OWN["api_url"], push_url=address).startswith(f'option --push-url is "{address}"; allowed is')


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:8443/api/v1",
        "https://[::1]:8443/api/v1",
        "https://telex.example/behind/a_proxy/api/v1",
        "https://telex.example:443/api/v1///",
    ],
)
def test_addresses_that_are_fine(address: str) -> None:
    config = resolved(options={"api_url": address, "push_url": OWN["push_url"]})
    assert config.api_url == address.rstrip("/")


def test_credentials_in_an_address_are_refused_and_not_shown() -> None:
    words = refused(api_url="https://ada:hun/ter@2@telex.example/api/v1", push_url=OWN["push_url"])
    assert words.startswith('option --api-url is "https://…@telex.example/api/v1"')
    assert "hun" not in words


def test_an_unknown_key_is_named_with_those_that_are_known() -> None:
    assert refused('emial = "x"') == "/home/ada/config.toml: unknown key emial; did you mean email?"
    words = refused("volume = 11")
    assert words.startswith("/home/ada/config.toml: unknown key volume; known are environment, api_url, push_url, ")
    assert "main_app.command" in words
    assert refused("[main_app]\npath = 1").startswith("/home/ada/config.toml: unknown key main_app.path; known are ")
    assert refused("main_app = 1").startswith("/home/ada/config.toml: [main_app] is a section, not a value")
    assert refused("quiet = 1").startswith("/home/ada/config.toml: [quiet] is a section, not a value")
    assert refused("[quiet]\nhours = 1").startswith("/home/ada/config.toml: unknown key quiet.hours; known are ")
    assert (
        refused('"quiet.from" = "22:00"') == '/home/ada/config.toml: unknown key "quiet.from"; did you mean quiet.from?'
    )
    words = refused('[organisations]\n"Northwind Ops" = "none"')
    assert words.startswith('/home/ada/config.toml: [organisations."Northwind Ops"] is a section, not a value')
    words = refused('[organisations."Northwind Ops"]\nmuted = true')
    assert words == '/home/ada/config.toml: unknown key organisations."Northwind Ops".muted; known is notify.'
    words = refused(environ={"TELEX_START_EMIAL": "ada@example.org"})
    assert words.startswith("environment: unknown variable TELEX_START_EMIAL; known are TELEX_START_API_URL, ")


@hypothesis_given(
    st.dictionaries(
        st.sampled_from(
            ["email", "api_url", "push_url", "environment", "log_level", "ca_file", "main_app", "quiet", "x"]
        )
        | st.just("organisations")
        | st.text(max_size=5),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_whatever_stands_in_the_file_it_is_a_configuration_or_one_line(file: dict[str, Any]) -> None:
    try:
        config = resolve(file, "config.toml", {}, {})
    except ConfigError as error:
        assert error.message.startswith(("config.toml: ", "api_url is set", "push_url is set"))
    else:
        assert config.api_url.startswith("https://")
        assert config.push_url.startswith("wss://")


# --- the file -------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the configuration file, under a home of its own."""
    folder = tmp_path / ".config" / "telex-start"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


def test_no_file_is_no_mistake_unless_it_was_asked_for(home: Path) -> None:
    assert config_file.ConfigSource(None).load() == Config()
    with pytest.raises(ConfigError, match=r"there is no file /none\.toml\."):
        config_file.ConfigSource(SimpleNamespace(config="/none.toml")).load()


def test_the_file_of_the_platforms_folder_is_read(home: Path) -> None:
    (home / "config.toml").write_text('email = "ada@example.org"\nca_file = "~/ca.pem"', encoding="utf-8-sig")
    config = config_file.ConfigSource(None).load()
    assert config.email == "ada@example.org", "the mark that Notepad begins a file with is no part of it"
    assert config.ca_file == str(home.parent.parent / "ca.pem"), "~ is the home: no shell looks at a file"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"email = ada@example.org", "Invalid"),
        (b"[main_app", "end of document"),
        (b'email = "\xff"', "decode"),
        (b"\0", "line 1"),
    ],
)
def test_a_file_that_is_no_toml_is_named(home: Path, text: bytes, words: str) -> None:
    (home / "config.toml").write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        config_file.ConfigSource(None).load()
    assert caught.value.message.startswith(f"{home / 'config.toml'} is no TOML: ")
    assert words in caught.value.message


def test_a_file_that_cannot_be_read_is_named(home: Path) -> None:
    (home / "config.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        config_file.ConfigSource(None).load()


def test_a_file_is_another_once_it_was_written_replaced_made_or_removed(home: Path) -> None:
    file = home / "config.toml"
    settings = config_file.ConfigSource(None)
    assert settings.load() == Config()
    assert not settings.changed()
    for change in (
        lambda: file.write_text('sound = "on"'),
        lambda: os.utime(file, ns=(0, 1)),
        lambda: (home / "new.toml").write_text('sound = "on"') and (home / "new.toml").replace(file),
        file.unlink,
    ):
        change()
        assert settings.changed()
        settings.load()
        assert not settings.changed()


def test_a_mistake_is_looked_at_once_not_whenever_the_menu_opens(home: Path) -> None:
    (home / "config.toml").write_text("sound = 1")
    settings = config_file.ConfigSource(None)
    with pytest.raises(ConfigError):
        settings.load()
    assert not settings.changed()


def test_which_telex_it_is_is_known_whatever_else_is_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('environment = "staging"\nsound = 1\nemial = "x"')
    assert config_file.ConfigSource(None).load_where().api_url == ENVIRONMENTS["staging"].api_url
    monkeypatch.setenv("TELEX_START_ENVIRONMENT", "zedu")
    monkeypatch.setenv("TELEX_START_SOUND", "loud")
    assert config_file.ConfigSource(None).load_where().api_url == ENVIRONMENTS["zedu"].api_url
    assert config_file.ConfigSource(SimpleNamespace(environment="production")).load_where().api_url == Config().api_url
    (home / "config.toml").write_text("environment = ")
    assert config_file.ConfigSource(None).load_where().api_url == ENVIRONMENTS["zedu"].api_url


# --- as a person meets it -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), ("", "cannot be used"), ("-----BEGIN CERTIFICATE-----\ngarbage", "cannot be used")],
    ids=["missing", "empty", "garbage"],
)
def test_a_useless_ca_file_ends_it_before_anything_is_sent(
    tmp_path: Path, telex: Sandbox, content: str | None, words: str
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    environ = {**telex.environ, "TELEX_START_CA_FILE": str(file)}
    before = telex.status()["requests"]
    options = ("--headless", "--email", telex.email, "--password-stdin")
    with Program(tmp_path, *options, environ=environ, given=telex.password + "\n") as agent:
        assert agent.ended() == 2
        [line] = agent.errors.splitlines()
        assert line.startswith(f"telex-start: ca_file {file} cannot be used")
        assert words in line
        assert line.endswith("give the path of a PEM file.")
    assert telex.status()["requests"] == before


def test_a_wrong_authority_is_told_and_the_password_never_leaves(tmp_path: Path, telex: Sandbox) -> None:
    """The certificate of the server is not one that this machine trusts: that is a trouble, not an end."""
    environ = {name: value for name, value in telex.environ.items() if name != "TELEX_START_CA_FILE"}
    before = telex.status()
    options = ("--headless", "--json", "--email", telex.email, "--password-stdin")
    with Program(tmp_path, *options, environ=environ, given=telex.password + "\n") as agent:
        error = agent.event("error")
        assert "certificate could not be verified" in error["message"]
        assert agent.end()[0] == 0
    after = telex.status()
    assert (after["logins"], after["refused_logins"]) == (before["logins"], before["refused_logins"])


def test_a_mistake_is_one_line_and_code_2(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "telex-start"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("log_level = 'loud'")
    with Program(tmp_path, "--headless") as agent:
        assert agent.ended() == 2
        assert agent.errors == (
            f'telex-start: {folder / "config.toml"}: log_level is "loud"; '
            'allowed is "debug", "info", "warning" or "error".\n'
        )
        assert agent.lines == []
    with Program(tmp_path, "--headless", "--json") as agent:
        error = agent.event("error")
        assert agent.ended() == 2
        assert error["title"] == "Telex Start has not started"
        assert 'log_level is "loud"' in error["message"]
