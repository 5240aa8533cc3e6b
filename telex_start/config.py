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


_TIME = r"(?P<hour>[01]?[0-9]|2[0-3]):(?P<minute>[0-5][0-9])"


class Given(NamedTuple):
    """A setting that is given by an environment variable or an option, over what stands in the file."""

    source: str
    """The variable or the option, as it is written: ``TELEX_START_SOUND``, ``--log-level``."""
    value: Any
    """As the file would have it."""


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
    raise ValueError


def _types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise ValueError
    return tuple(value)


def _time(value: Any) -> int:
    """A time of the day, in minutes."""
    found = re.fullmatch(_TIME, value) if isinstance(value, str) else None
    if found is None:
        raise ValueError
    return int(found["hour"]) * 60 + int(found["minute"])


def _days(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(day in DAYS for day in value):
        raise ValueError
    return tuple(day for day in DAYS if day in value)


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
    "remember_email": ("TELEX_START_REMEMBER_EMAIL", _truth, "true or false"),
    "sound": ("TELEX_START_SOUND", _one_of(*SOUNDS), '"desktop", "on" or "off"'),
    "while_client_runs": ("TELEX_START_WHILE_CLIENT_RUNS", _one_of(*WHILE_CLIENT_RUNS), '"notify" or "quiet"'),
    "main_app.click": ("TELEX_START_MAIN_APP_CLICK", _one_of(*CLICKS), '"conversation" or "client"'),
    "main_app.command": ("TELEX_START_MAIN_APP_COMMAND", _text, "the path of the Telex client's executable"),
    "quiet.from": ("TELEX_START_QUIET_FROM", _time, 'a time of the day, as "22:00"'),
    "quiet.to": ("TELEX_START_QUIET_TO", _time, 'a time of the day, as "07:00"'),
    "quiet.days": (
        "TELEX_START_QUIET_DAYS",
        _days,
        'a list of days, as ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] (in a variable: with commas between)',
    ),
}
"""Each setting: its environment variable, what checks a value, and what is allowed, in words."""
_LISTS = ("notification_types", "quiet.days")
"""Settings that a variable spells with commas."""
_SECTIONS = ("main_app", "quiet")
_QUIET = ("quiet.from", "quiet.to", "quiet.days")
_NOTIFY = (_one_of(*LEVELS), '"all", "mentions" or "none"')
"""What checks the value of an organisation's key, and what is allowed, in words."""
_ORGANISATION = r"organisations\.(?P<name>.*)\.notify"


def organisation_key(name: str) -> str:
    """The key that says what an organisation notifies of: ``organisations.NAME.notify``.

    Args:
        name: Its name or id, as it is: not quoted.
    """
    return f"organisations.{name}.notify"


def organisation_of(key: str) -> str | None:
    """The organisation of a key that :func:`organisation_key` makes; ``None`` for any other key."""
    found = re.fullmatch(_ORGANISATION, key, re.DOTALL)
    return found["name"] if found is not None else None


def check(key: str, value: Any) -> str:
    """What is wrong with a value, in words that stand beside its field; empty where nothing is.

    Args:
        key: As in the file, with dots: ``sound``, ``quiet.from``, or one of :func:`organisation_key`.
        value: As the file would have it.
    """
    if key not in _KEYS and organisation_of(key) is None:
        return f"There is no setting {key}."
    check, allowed = _rule(key)
    try:
        check(value)
    except ValueError:
        return f"Allowed is {allowed}."
    return ""


def faults(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with values as a whole: for each key words as of :func:`check`, also where two do not go together.

    Args:
        values: By key, as :meth:`telex_start.config_file.ConfigFile.values` gives them.
    """
    wrong = {key: words for key, value in values.items() if (words := check(key, value))}
    hours = {key: _rule(key)[0](values[key]) for key in _QUIET if key in values and key not in wrong}
    if hours.keys() == values.keys() & set(_QUIET):
        try:
            _quiet(hours, "")
        except ConfigError as error:
            wrong["quiet.to" if "quiet.to" in values else "quiet.from"] = error.message
    return wrong


def given(environ: Mapping[str, str], options: Mapping[str, str | None]) -> dict[str, Given]:
    """The settings that stand over the file, by key. Their values are not checked.

    Args:
        environ, options: As of :func:`resolve`.
    """
    found: dict[str, Given] = {}
    for key, (variable, *_) in _KEYS.items():
        if variable in environ:
            found[key] = Given(variable, _of_variable(key, environ[variable]))
    for key, option in options.items():
        if option is not None:
            found[key] = Given(f"--{key.replace('_', '-')}", option)
    return found


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
    layers: list[dict[str, Any]] = [checked(file, file_name), {}, {}]
    known = {variable: key for key, (variable, _, _) in _KEYS.items()}
    for variable, value in environ.items():
        if variable.startswith("TELEX_START_"):
            if variable not in known:
                raise ConfigError(f"environment: unknown variable {variable}; known are {', '.join(sorted(known))}.")
            key = known[variable]
            layers[1][key] = _checked(key, _of_variable(key, value), f"environment: {variable}")
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
    in_file = not layers[1].keys() & set(_QUIET)
    quiet = _quiet(values, f"{file_name}: " if in_file else "")
    organisations = tuple((name, values[key]) for key in values if (name := organisation_of(key)) is not None)
    named = {key.replace(".", "_"): values[key] for key in _KEYS if key in values and not key.startswith("quiet.")}
    return Config(**named, quiet=quiet, organisations=organisations)


def _quiet(values: Mapping[str, Any], where: str) -> QuietHours | None:
    """The quiet hours.

    Args:
        values: Those that stand, checked.
        where: Begins the message.

    Raises:
        ConfigError: they make none.
    """
    first, last, days = (values.get(f"quiet.{key}") for key in ("from", "to", "days"))
    if first is None and last is None:
        if days is not None:
            raise ConfigError(f"{where}quiet.days is set without quiet.from and quiet.to: set all three, or none.")
        return None
    if first is None or last is None:
        alone, missing = ("quiet.to", "quiet.from") if first is None else ("quiet.from", "quiet.to")
        raise ConfigError(f"{where}{alone} is set without {missing}: set both, or none.")
    if first == last:
        raise ConfigError(
            f'{where}quiet.from and quiet.to are the same; for a whole day write from = "00:00" and to = "23:59".'
        )
    return QuietHours(first, last, DAYS if days is None else days)


def other_name(api_url: str) -> str | None:
    """The environment to try where this API is not reached: Telex goes by another name as well."""
    return next((_RENAMED[name] for name in _RENAMED if ENVIRONMENTS[name].api_url == api_url), None)


def checked(file: Mapping[str, Any], file_name: str) -> dict[str, Any]:
    """What stands in the file, by key with dots, each checked by itself.

    Raises:
        ConfigError: names the file, the key and what is allowed.
    """
    found = flatten(file, file_name)
    return {key: _checked(key, value, f"{file_name}: {_spelled(key)}") for key, value in found.items()}


def flatten(file: Mapping[str, Any], file_name: str) -> dict[str, Any]:
    """What stands in the file, by key with dots, unchecked.

    Raises:
        ConfigError: names a key that is unknown, or a section that is none.
    """
    pairs: dict[str, Any] = {}
    for key, value in file.items():
        if key in _SECTIONS:
            pairs.update((f"{key}.{inner}", item) for inner, item in _section(key, value, file_name))
        elif key == "organisations":
            for name, of_it in _section(key, value, file_name):
                section = _spelled(organisation_key(name)).removesuffix(".notify")
                for inner, item in _section(section, of_it, file_name):
                    if inner != "notify":
                        raise ConfigError(f"{file_name}: unknown key {section}.{inner}; known is notify.")
                    pairs[organisation_key(name)] = item
        else:
            pairs[key] = value
    for key in pairs:
        quoted = key in file and "." in key  # as one word, not as steps
        if quoted or (key not in _KEYS and organisation_of(key) is None):
            raise ConfigError(f"{file_name}: unknown key {_shown(key) if quoted else key}; {_like(key)}")
    return pairs


def _like(key: str) -> str:
    """The key that was probably meant; else all that there are."""
    from difflib import get_close_matches

    if found := get_close_matches(key, _KEYS, 1, cutoff=0.8):
        return f"did you mean {found[0]}?"
    return f"known are {', '.join(_KEYS)}, organisations.NAME.notify."


def _section(name: str, value: Any, file_name: str) -> list[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{file_name}: [{name}] is a section, not a value: write [{name}] and its keys below.")
    return list(value.items())


def _spelled(key: str) -> str:
    """The key as it is written in the file."""
    name = organisation_of(key)
    return key if name is None else f"organisations.{_shown(name)}.notify"


def _of_variable(key: str, value: str) -> Any:
    """The value of a variable, as the file would have it."""
    if key in _LISTS:
        return [word for part in value.split(",") if (word := part.strip())]
    if _KEYS[key][1] is _truth:
        return {"true": True, "false": False}.get(value, value)
    return value


def _rule(key: str) -> tuple[Callable[[Any], Any], str]:
    """What checks a value, and what is allowed, in words."""
    return _KEYS[key][1:] if key in _KEYS else _NOTIFY


def _checked(key: str, value: Any, where: str) -> Any:
    check, allowed = _rule(key)
    try:
        return check(value)
    except ValueError:
        raise ConfigError(f"{where} is {_shown(value)}; allowed is {allowed}.") from None


def _shown(value: Any) -> str:
    """A wrong value for a message, cut, and without what may be a password in an address."""
    import json

    return re.sub(_CREDENTIALS, "//…@", json.dumps(value, ensure_ascii=False, default=str))[:80]
