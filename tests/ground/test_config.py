"""The configuration, from file, environment and options: which of them counts, and what is said about a mistake."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from telex_start.config import ENVIRONMENTS, Config, Given, QuietHours, given, other_name, resolve
from telex_start.config_file import ConfigSource
from telex_start.errors import ConfigError
from telex_start.process import paths

OWN = {"api_url": "https://telex.example/api/v1", "push_url": "wss://telex.example/connection/websocket"}


def resolved(
    file: str = "", environ: Mapping[str, str] | None = None, options: Mapping[str, str | None] | None = None
) -> Config:
    return resolve(tomllib.loads(file), "/home/ada/config.toml", environ or {}, options or {})


def refused(file: str = "", environ: Mapping[str, str] | None = None, **options: str) -> str:
    with pytest.raises(ConfigError) as caught:
        resolved(file, environ, options)
    return caught.value.message


# Which one counts.


def test_variables_count_over_the_file_and_options_over_both() -> None:
    file = 'email = "file@example.org"\nlog_level = "error"\nca_file = "/file.pem"'
    environ = {"TELEX_START_EMAIL": "variable@example.org", "TELEX_START_LOG_LEVEL": "warning"}
    config = resolved(file, environ, {"email": "option@example.org", "log_level": None})
    assert (config.email, config.log_level, config.ca_file) == ("option@example.org", "warning", "/file.pem")


EVERY: dict[str, Any] = {
    "api_url": "https://telex.example/api/v1",
    "push_url": "wss://telex.example/push",
    "web_url": "https://web.example",
    "ca_file": "/ca.pem",
    "email": "ada@example.org",
    "log_level": "debug",
    "notification_types": ["unread_thread_change", "thread_reply"],
    "show_text": False,
    "remember_email": False,
    "sound": "off",
    "while_client_runs": "quiet",
    "honour_telex_settings": False,
    "main_app.command": "/opt/telex/telex",
    "main_app.click": "client",
    "quiet.from": "22:00",
    "quiet.to": "7:05",
    "quiet.days": ["fri", "mon"],
}


def as_variable(value: Any) -> str:
    return ", ".join([*value, ""]) if isinstance(value, list) else str(value).lower() if value is False else value


def test_every_setting_can_be_made_in_the_file_and_by_a_variable() -> None:
    by_file = resolved("\n".join(f"{key} = {json.dumps(value)}" for key, value in EVERY.items()))
    variables = {f"TELEX_START_{key.upper().replace('.', '_')}": as_variable(value) for key, value in EVERY.items()}
    assert by_file == resolved(environ=variables)
    named: dict[str, Any] = {
        key.replace(".", "_"): tuple(value) if isinstance(value, list) else value
        for key, value in EVERY.items()
        if not key.startswith("quiet.")
    }
    assert by_file == Config(**named, quiet=QuietHours(22 * 60, 7 * 60 + 5, ("mon", "fri")))


def test_quiet_hours_are_on_all_days_unless_some_are_named() -> None:
    hours = '[quiet]\nfrom = "09:00"\nto = "17:30"\n'
    assert resolved(hours).quiet == QuietHours(540, 1050, ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
    assert resolved(hours + 'days = ["sun", "sat", "sun"]').quiet == QuietHours(540, 1050, ("sat", "sun"))
    assert resolved("[quiet]").quiet is None
    assert resolved(hours, {"TELEX_START_QUIET_TO": "12:00"}).quiet == QuietHours(540, 720), "over the file's"


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


def test_what_stands_over_the_file_is_known_with_its_source() -> None:
    environ = {"TELEX_START_SOUND": "off", "TELEX_START_QUIET_DAYS": "mon,tue", "TELEX_START_LOG_LEVEL": "info"}
    assert given(environ, {"log_level": "debug", "email": None}) == {
        "sound": Given("TELEX_START_SOUND", "off"),
        "quiet.days": Given("TELEX_START_QUIET_DAYS", ["mon", "tue"]),
        "log_level": Given("--log-level", "debug"),
    }


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
    # An environment in a later source replaces both addresses of an earlier one, and the other way round.
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


# Mistakes.


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("log_level = 3", 'log_level is 3; allowed is "debug", "info", "warning" or "error".'),
        ('email = "ada"', 'email is "ada"; allowed is an e-mail address.'),
        ('email = "ada@exa mple.org"', 'email is "ada@exa mple.org"; allowed is an e-mail address.'),
        ("show_text = 1", "show_text is 1; allowed is true or false."),
        ('web_url = "http://web.example"', 'web_url is "http://web.example"; allowed is an address "https://HOST/…".'),
        ("sound = true", 'sound is true; allowed is "desktop", "on" or "off".'),
        ('while_client_runs = "off"', 'while_client_runs is "off"; allowed is "notify" or "quiet".'),
        ('[quiet]\nfrom = "24:00"', 'quiet.from is "24:00"; allowed is a time of the day, as "22:00".'),
        ("[quiet]\nto = 07:00:00", 'quiet.to is "07:00:00"; allowed is a time of the day, as "07:00".'),
        ('[quiet]\nfrom = "22:00"', "quiet.from is set without quiet.to: set both, or none."),
        ('[quiet]\nto = "22:00"', "quiet.to is set without quiet.from: set both, or none."),
        ('[quiet]\ndays = ["mon"]', "quiet.days is set without quiet.from and quiet.to: set all three, or none."),
        ('[quiet]\nfrom = "9:00"\nto = "09:00"', "quiet.from and quiet.to are the same; for a whole day write from = "),
        ("[quiet]\ndays = []", 'quiet.days is []; allowed is a list of days, as ["mon", "tue", '),
        ('[quiet]\ndays = ["Monday"]', 'quiet.days is ["Monday"]; allowed is a list of days, as ["mon", "tue", '),
        ('organisations."A B".notify = "never"', 'organisations."A B".notify is "never"; allowed is "all", "mentions"'),
        ('main_app.click = "open"', 'main_app.click is "open"; allowed is "conversation" or "client".'),
        ("ca_file = []", "ca_file is []; allowed is the path of a PEM file."),
        ('ca_file = " "', 'ca_file is " "; allowed is the path of a PEM file.'),
        (
            'environment = "test"',
            'environment is "test"; allowed is "production", "staging", "zedu" or "zedu-staging".',
        ),
        (
            'notification_types = "x"',
            'notification_types is "x"; allowed is a list of words, as ["unread_thread_change"]',
        ),
        ("notification_types = [1]", "notification_types is [1]; allowed is a list of words"),
        ('emial = "x"', "unknown key emial; did you mean email?"),
        ("volume = 11", "unknown key volume; known are environment, api_url, push_url, "),
        ("[main_app]\npath = 1", "unknown key main_app.path; known are "),
        ('"quiet.from" = "22:00"', 'unknown key "quiet.from"; did you mean quiet.from?'),
        ('organisations."A B".muted = true', 'unknown key organisations."A B".muted; known is notify.'),
        ("main_app = 1", "[main_app] is a section, not a value"),
        ('[organisations]\n"A B" = "none"', '[organisations."A B"] is a section, not a value'),
    ],
)
def test_what_is_wrong_in_the_file_is_shown_with_what_is_allowed(file: str, words: str) -> None:
    assert refused(file).startswith(f"/home/ada/config.toml: {words}")


def test_an_unknown_variable_is_named_with_those_that_are_known() -> None:
    words = refused(environ={"TELEX_START_EMIAL": "ada@example.org"})
    assert words.startswith("environment: unknown variable TELEX_START_EMIAL; known are TELEX_START_API_URL, ")


@pytest.mark.parametrize(
    "address",
    [
        "http://telex.example/api/v1",
        "HTTPS://telex.example/api/v1",
        "telex.example/api/v1",
        "https:///api/v1",
        "https://:443/api/v1",
        "https://telex.example",
        "https://telex.example:0/api/v1",
        "https://telex.example:65536/api/v1",
        "https://telex.example:https/api/v1",
        "https://[::1/api/v1",
        "https://telex.example/api/v1?x=1",
        "https://telex.example/#/api/v1",
        "https://telex .example/api/v1",
        "https://telex.example\\@evil.example/api/v1",
        "https://te\u0142ex.example/api/v1",
        "https://telex.example/\r\nX-Header: 1/api/v1",
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


# The file.


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of the configuration file, which is not there yet; no variable of ours is set."""
    for name in [name for name in os.environ if name.startswith("TELEX_START_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(paths, "config_file", lambda: str(tmp_path / "config.toml"))
    return tmp_path / "config.toml"


@pytest.mark.usefixtures("file")
def test_no_file_is_no_mistake_unless_it_was_asked_for() -> None:
    assert ConfigSource(None).load() == Config()
    with pytest.raises(ConfigError, match=r"there is no file /none\.toml\."):
        ConfigSource(SimpleNamespace(config="/none.toml")).load()


def test_the_file_is_read_as_people_write_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(file.parent))
    file.write_text('email = "ada@example.org"\nca_file = "~/ca.pem"', encoding="utf-8-sig")
    config = ConfigSource(None).load()
    assert config.email == "ada@example.org", "the mark that Notepad begins a file with is no part of it"
    assert config.ca_file == os.path.expanduser("~/ca.pem") != "~/ca.pem", "no shell looks at a file"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"email = ada@example.org", "is no TOML: Invalid"),
        (b'email = "\xff"', "is no TOML: 'utf-8' codec can't decode"),
        (None, "cannot be read: "),
    ],
    ids=["no TOML", "no UTF-8", "a folder"],
)
def test_a_file_that_cannot_be_used_is_named(file: Path, text: bytes | None, words: str) -> None:
    file.mkdir() if text is None else file.write_bytes(text)
    with pytest.raises(ConfigError) as caught:
        ConfigSource(None).load()
    assert caught.value.message.startswith(f"{file} {words}")


def test_a_file_is_another_once_it_was_written_replaced_made_or_removed(file: Path) -> None:
    settings = ConfigSource(None)
    assert settings.load() == Config()
    assert not settings.changed()
    for change in (
        lambda: file.write_text('sound = "on"'),
        lambda: os.utime(file, ns=(0, 1000)),
        lambda: (file.parent / "new.toml").write_text('sound = "on"') and (file.parent / "new.toml").replace(file),
        file.unlink,
    ):
        change()
        assert settings.changed()
        settings.load()
        assert not settings.changed()


def test_a_mistake_is_looked_at_once_not_whenever_the_menu_opens(file: Path) -> None:
    file.write_text("sound = 1")
    settings = ConfigSource(None)
    with pytest.raises(ConfigError):
        settings.load()
    assert not settings.changed()


def test_which_telex_it_is_is_known_whatever_else_is_wrong(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('environment = "staging"\nsound = 1\nemial = "x"')
    assert ConfigSource(None).load_where().api_url == ENVIRONMENTS["staging"].api_url
    monkeypatch.setenv("TELEX_START_ENVIRONMENT", "zedu")
    monkeypatch.setenv("TELEX_START_SOUND", "loud")
    assert ConfigSource(None).load_where().api_url == ENVIRONMENTS["zedu"].api_url
    assert ConfigSource(SimpleNamespace(environment="production")).load_where().api_url == Config().api_url
    file.write_text("environment = ")
    assert ConfigSource(None).load_where().api_url == ENVIRONMENTS["zedu"].api_url
