"""Configuration as a value: defaults, ``config.toml``, ``TELEX_START_…`` variables, options; later ones override.

Pure: the file's text, the environment and the options come in as arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .errors import ConfigError


class Environment(NamedTuple):
    """The addresses of one Telex."""

    api_url: str
    push_url: str
    web_url: str


def _environment(api_host: str, web_url: str) -> Environment:
    return Environment(f"https://{api_host}/api/v1", f"wss://{api_host}/centrifugo/connection/websocket", web_url)


ENVIRONMENTS: dict[str, Environment] = {
    "production": _environment("api.telex.im", "https://telex.im"),
    "staging": _environment("api.staging.telex.im", "https://staging.telex.im"),
    # Telex has been renamed Zedu: the same service, by other addresses.
    "zedu": _environment("api.zedu.chat", "https://zedu.chat"),
    "zedu-staging": _environment("api.staging.zedu.chat", "https://staging.zedu.chat"),
}
_RENAMED = {"production": "zedu", "staging": "zedu-staging"}
LOG_LEVELS = ("debug", "info", "warning", "error")
NEWS_TYPES = ("unread_thread_change",)
CLICKS = ("conversation", "client")
SOUNDS = ("desktop", "on", "off")
WHILE_CLIENT_RUNS = ("notify", "quiet")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEVELS = ("all", "mentions", "none")

_ADDRESS = r"(?i)(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?:/[a-z0-9._~!$&'()*+,;=:@%/-]*)?"
"""What follows the scheme: host or IPv6 address, port, path; neither credentials nor a query."""
_CREDENTIALS = r"//[^\s\"]*@"


class QuietHours(NamedTuple):
    """Hours in which nothing pops up, by this machine's clock; over midnight where the last is before the first."""

    first: int
    """The minute of the day in which they begin."""
    last: int
    """Their last minute, which they include."""
    days: tuple[str, ...] = DAYS
    """The days on which they begin."""


class Config(NamedTuple):
    """Everything that can be set. Immutable."""

    api_url: str = ENVIRONMENTS["production"].api_url
    """Ends in ``/api/v1``, without a slash after it."""
    push_url: str = ENVIRONMENTS["production"].push_url
    web_url: str = ENVIRONMENTS["production"].web_url
    """The web app."""
    ca_file: str | None = None
    """PEM file of a private certificate authority, trusted beside the system's."""
    email: str | None = None
    log_level: str = "info"
    main_app_command: str | None = None
    """Executable of the Telex desktop client."""
    main_app_click: str | None = None
    """What a click on a toast opens: the ``conversation`` in the web app, or the desktop ``client``; ``None``: the
    client where one is installed, else the conversation."""
    notification_types: tuple[str, ...] = NEWS_TYPES
    """The ``notification_type``s that raise toasts."""
    show_text: bool = True
    """``False``: toasts tell nothing of what was written."""
    honour_telex_settings: bool = True
    """``False``: toasts come whatever the person set at Telex (muted channels, hours, a pause)."""
    remember_email: bool = True
    """The e-mail address of a sign-in by the window is kept for the next start."""
    sound: str = "desktop"
    """``"on"`` or ``"off"``; ``"desktop"``: as the desktop does by itself."""
    while_client_runs: str = "notify"
    """``"quiet"``: no toasts while the Telex client is in front."""
    quiet: QuietHours | None = None
    organisations: tuple[tuple[str, str], ...] = ()
    """For organisations, by name or id: ``"all"``, ``"mentions"`` or ``"none"``."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


def _one_of(*words: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    return check


def _url(scheme: str, ending: str = "") -> Callable[[Any], str]:
    def check(value: Any) -> str:
        text = _text(value)
        if ending:
            text = text.rstrip("/")
        found = re.fullmatch(_ADDRESS, text.removeprefix(f"{scheme}://"))
        if found is None or not text.startswith(f"{scheme}://") or not text.endswith(ending):
            raise ValueError
        if found["port"] and not 0 < int(found["port"]) < 65536:
            raise ValueError
        return text

    return check


def _email(value: Any) -> str:
    text = _text(value)
    name, at, host = text.rpartition("@")
    if not (name and at and host) or not text.isprintable() or " " in text:
        raise ValueError
    return text


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("true", "false"):  # as a variable has it
        raise ValueError
    return bool(value == "true")


def _types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError
    return tuple(value)


_KEYS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "environment": (
        "TELEX_START_ENVIRONMENT",
        _one_of(*ENVIRONMENTS),
        '"production", "staging", "zedu" or "zedu-staging"',
    ),
    "api_url": ("TELEX_START_API_URL", _url("https", "/api/v1"), 'an address "https://HOST/…/api/v1"'),
    "push_url": ("TELEX_START_PUSH_URL", _url("wss"), 'an address "wss://HOST/…"'),
    "web_url": ("TELEX_START_WEB_URL", _url("https"), 'an address "https://HOST/…"'),
    "ca_file": ("TELEX_START_CA_FILE", _text, "the path of a PEM file"),
    "email": ("TELEX_START_EMAIL", _email, "an e-mail address"),
    "log_level": ("TELEX_START_LOG_LEVEL", _one_of(*LOG_LEVELS), '"debug", "info", "warning" or "error"'),
    "notification_types": (
        "TELEX_START_NOTIFICATION_TYPES",
        _types,
        'a list of words, as ["unread_thread_change"] (in a variable: words with commas between)',
    ),
    "show_text": ("TELEX_START_SHOW_TEXT", _truth, "true or false"),
    "honour_telex_settings": ("TELEX_START_HONOUR_TELEX_SETTINGS", _truth, "true or false"),
    "main_app.click": ("TELEX_START_MAIN_APP_CLICK", _one_of(*CLICKS), '"conversation" or "client"'),
    "main_app.command": ("TELEX_START_MAIN_APP_COMMAND", _text, "the path of the Telex client's executable"),
}
"""Each setting: its environment variable, what checks a value, and what is allowed, in words."""
_SECTIONS = ("main_app",)


def settings() -> dict[str, tuple[str, str]]:
    """Each setting by its key: its environment variable, empty for none, and what is allowed, in words."""
    return {key: (variable, allowed) for key, (variable, _, allowed) in _KEYS.items()}


def resolve(
    file: Mapping[str, Any], file_name: str, environ: Mapping[str, str], options: Mapping[str, str | None]
) -> Config:
    """The configuration that the sources add up to.

    Args:
        file: ``config.toml`` as read; empty where there is none.
        file_name: Its path, for messages.
        environ: The environment variables.
        options: Command-line options that were given, by key (``email``, ``log_level``, …); ``None`` is not given.

    Raises:
        ConfigError: names the source, the key and what is allowed.
    """
    values: dict[str, Any] = {}
    layers: list[dict[str, Any]] = [{}, {}, {}]
    for key, value in _flatten(file, file_name):
        layers[0][key] = _checked(key, value, f"{file_name}: {key}")
    known = {variable: key for key, (variable, _, _) in _KEYS.items()}
    for variable, value in environ.items():
        if variable.startswith("TELEX_START_"):
            if variable not in known:
                raise ConfigError(f"environment: unknown variable {variable}; known are {', '.join(sorted(known))}.")
            given: Any = value
            if known[variable] == "notification_types":
                given = [word for part in value.split(",") if (word := part.strip())]
            layers[1][known[variable]] = _checked(known[variable], given, f"environment: {variable}")
    for key, option in options.items():
        if option is not None:
            layers[2][key] = _checked(key, option, f"option --{key.replace('_', '-')}")
    own: set[str] = set()
    own_web = False
    for layer in layers:
        if name := layer.pop("environment", None):
            values.update(ENVIRONMENTS[name]._asdict())
            own.clear()
            own_web = False
        own |= layer.keys() & {"api_url", "push_url"}
        own_web = own_web or "web_url" in layer
        values.update(layer)
    if len(own) == 1:
        alone = own.pop()
        missing = "push_url" if alone == "api_url" else "api_url"
        # A staging API with the production push server can never work: the two sign with different keys.
        raise ConfigError(f"{alone} is set without {missing}: set both, or neither and an environment.")
    if own and not own_web:
        values["web_url"] = f"https://{values['api_url'].removeprefix('https://').partition('/')[0]}"
    return Config(**{key.replace(".", "_"): value for key, value in values.items()})


def other_name(api_url: str) -> str | None:
    """The environment to try where this API is not reached: Telex goes by another name as well."""
    return next((_RENAMED[name] for name in _RENAMED if ENVIRONMENTS[name].api_url == api_url), None)


def _flatten(file: Mapping[str, Any], file_name: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in file.items():
        if key in _SECTIONS:
            if not isinstance(value, Mapping):
                raise ConfigError(f"{file_name}: [{key}] is a section, not a value: write [{key}] and its keys below.")
            pairs += [(f"{key}.{inner}", item) for inner, item in value.items()]
        else:
            pairs.append((key, value))
    for key, _ in pairs:
        if key not in _KEYS:
            raise ConfigError(f"{file_name}: unknown key {key}; known are {', '.join(_KEYS)}.")
    return pairs


def _checked(key: str, value: Any, where: str) -> Any:
    _, check, allowed = _KEYS[key]
    try:
        return check(value)
    except ValueError:
        raise ConfigError(f"{where} is {_shown(value)}; allowed is {allowed}.") from None


def _shown(value: Any) -> str:
    """A wrong value for a message, cut, and without what may be a password in an address."""
    import json

    return re.sub(_CREDENTIALS, "//…@", json.dumps(value, ensure_ascii=False, default=str))[:80]
