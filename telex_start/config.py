"""Makes the configuration from defaults, ``config.toml``, ``TELEX_START_…`` variables and options; later ones override.

Also checks single settings, for the preferences. Pure: the file's content, the environment and the options come in as
arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
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
    # Telex has been renamed Zedu: the same service at other addresses.
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
    """A setting from an environment variable or an option, which overrides the file."""

    source: str
    """The variable or the option, as it is written: ``TELEX_START_SOUND``, ``--log-level``."""
    value: Any
    """As the file would have it."""


class QuietHours(NamedTuple):
    """Hours in which nothing pops up, by this machine's clock; over midnight if the last is before the first."""

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
    client if one is installed, else the conversation."""
    notification_types: tuple[str, ...] = NEWS_TYPES
    """The ``notification_type``s that raise toasts."""
    show_text: bool = True
    """``False``: toasts tell nothing of what was written."""
    honour_telex_settings: bool = True
    """``False``: toasts come whatever the person set at Telex (muted channels, hours, a pause)."""
    remember_email: bool = True
    """The e-mail address of a sign-in by the window is kept for the next start."""
    stay_signed_in: bool = False
    """The password of a sign-in is put into the system's keyring, and the next start signs in with it."""
    sound: str = "desktop"
    """``"on"`` or ``"off"``; ``"desktop"``: as the desktop does by itself."""
    while_client_runs: str = "notify"
    """``"quiet"``: no toasts while the Telex client is in front."""
    quiet: QuietHours | None = None
    organisations: tuple[tuple[str, str], ...] = ()
    """For organisations, by name or id: ``"all"``, ``"mentions"`` or ``"none"``."""


class _Rule(NamedTuple):
    """Which values a setting may have."""

    check: Callable[[Any], Any]
    """Turns a value from the file into the one that the program uses; raises ValueError if it is not allowed."""
    allowed: str
    """The allowed values, in words."""


def _one_of(*words: str) -> _Rule:
    def check(value: Any) -> str:
        if value not in words:
            raise ValueError
        return str(value)

    *most, last = (f'"{word}"' for word in words)
    return _Rule(check, f"{', '.join(most)} or {last}")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return value.strip()


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


_TRUTH = _Rule(_truth, "true or false")
_RULES = {
    "environment": _one_of(*ENVIRONMENTS),
    "api_url": _Rule(_url("https", "/api/v1"), 'an address "https://HOST/…/api/v1"'),
    "push_url": _Rule(_url("wss"), 'an address "wss://HOST/…"'),
    "web_url": _Rule(_url("https"), 'an address "https://HOST/…"'),
    "ca_file": _Rule(_text, "the path of a PEM file"),
    "email": _Rule(_email, "an e-mail address"),
    "log_level": _one_of(*LOG_LEVELS),
    "notification_types": _Rule(
        _types, 'a list of words, as ["unread_thread_change"] (in a variable: words with commas between)'
    ),
    "show_text": _TRUTH,
    "honour_telex_settings": _TRUTH,
    "remember_email": _TRUTH,
    "stay_signed_in": _TRUTH,
    "sound": _one_of(*SOUNDS),
    "while_client_runs": _one_of(*WHILE_CLIENT_RUNS),
    "main_app.click": _one_of(*CLICKS),
    "main_app.command": _Rule(_text, "the path of the Telex client's executable"),
    "quiet.from": _Rule(_time, 'a time of the day, as "22:00"'),
    "quiet.to": _Rule(_time, 'a time of the day, as "07:00"'),
    "quiet.days": _Rule(
        _days,
        'a list of days, as ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] (in a variable: with commas between)',
    ),
}
"""Each setting, by its key with dots."""
_NOTIFY = _one_of(*LEVELS)
"""The rule for an organisation's ``notify``."""
VARIABLES = {f"TELEX_START_{key.upper().replace('.', '_')}": key for key in _RULES}
"""Environment variable -> the key of the setting that it gives."""
_DEPTHS = {"main_app": 2, "quiet": 2, "organisations": 3}
"""Section -> how many steps its keys have, the section included."""
_QUIET = ("quiet.from", "quiet.to", "quiet.days")
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
    """What is wrong with a value, in words that stand beside its field; empty if nothing is.

    Args:
        key: As in the file, with dots: ``sound``, ``quiet.from``, or one that :func:`organisation_key` makes.
        value: As the file would have it.
    """
    rule = _rule(key)
    try:
        rule.check(value)
    except ValueError:
        return f"Allowed is {rule.allowed}."
    return ""


def faults(values: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with several values: by key, words like those of :func:`check`, also if two do not go together.

    Args:
        values: By key, as :meth:`telex_start.config_file.ConfigFile.values` gives them.
    """
    wrong = {key: words for key, value in values.items() if (words := check(key, value))}
    hours = {key: _rule(key).check(values[key]) for key in _QUIET if key in values and key not in wrong}
    if hours.keys() == values.keys() & set(_QUIET):
        try:
            _quiet(hours, "")
        except ConfigError as error:
            wrong["quiet.to" if "quiet.to" in values else "quiet.from"] = error.message
    return wrong


def given(environ: Mapping[str, str], options: Mapping[str, str | None]) -> dict[str, Given]:
    """The settings that override the file, by key. Their values are not checked.

    Args:
        environ, options: As for :func:`resolve`.
    """
    variables, chosen = _over(environ, options)
    return variables | chosen


def _over(environ: Mapping[str, str], options: Mapping[str, str | None]) -> tuple[dict[str, Given], dict[str, Given]]:
    """The settings from variables, and those from options."""
    known = {key: variable for variable, key in VARIABLES.items() if variable in environ}
    variables = {key: Given(variable, _of_variable(key, environ[variable])) for key, variable in known.items()}
    chosen = {key: Given(f"--{key.replace('_', '-')}", value) for key, value in options.items() if value is not None}
    return variables, chosen


def resolve(
    file: Mapping[str, Any], file_name: str, environ: Mapping[str, str], options: Mapping[str, str | None]
) -> Config:
    """The configuration that results from all sources.

    Args:
        file: ``config.toml`` as read; empty if there is none.
        file_name: Its path, for messages.
        environ: The environment variables.
        options: Command-line options that were given, by key (``email``, ``log_level``, …); ``None`` is not given.

    Raises:
        ConfigError: names the source, the key and what is allowed.
    """
    for variable in environ:
        if variable.startswith("TELEX_START_") and variable not in VARIABLES:
            raise ConfigError(f"environment: unknown variable {variable}; known are {', '.join(sorted(VARIABLES))}.")
    variables, chosen = _over(environ, options)
    layers = [
        {key: _checked(key, one, f"{file_name}: {_spelled(key)}") for key, one in flatten(file, file_name).items()},
        {key: _checked(key, one.value, f"environment: {one.source}") for key, one in variables.items()},
        {key: _checked(key, one.value, f"option {one.source}") for key, one in chosen.items()},
    ]
    values: dict[str, Any] = {}
    own: set[str] = set()
    for layer in layers:
        if name := layer.pop("environment", None):
            values.update(ENVIRONMENTS[name]._asdict())
            own.clear()
        own |= layer.keys() & set(Environment._fields)
        values.update(layer)
    ways = own & {"api_url", "push_url"}
    if len(ways) == 1:
        alone = ways.pop()
        missing = "push_url" if alone == "api_url" else "api_url"
        # A staging API with the production push server can never work: the two sign with different keys.
        raise ConfigError(f"{alone} is set without {missing}: set both, or neither and an environment.")
    if ways and "web_url" not in own:
        values["web_url"] = f"https://{values['api_url'].removeprefix('https://').partition('/')[0]}"
    in_file = not layers[1].keys() & set(_QUIET)
    quiet = _quiet(values, f"{file_name}: " if in_file else "")
    organisations = tuple((name, values[key]) for key in values if (name := organisation_of(key)) is not None)
    named = {key.replace(".", "_"): values[key] for key in _RULES if key in values and not key.startswith("quiet.")}
    return Config(**named, quiet=quiet, organisations=organisations)


def _quiet(values: Mapping[str, Any], where: str) -> QuietHours | None:
    """The quiet hours; ``None`` if none are set.

    Args:
        values: The checked settings, by key.
        where: The beginning of an error's message.

    Raises:
        ConfigError: the settings do not go together.
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
    """The environment to try if this API is not reached: Telex goes by another name as well."""
    return next((_RENAMED[name] for name in _RENAMED if ENVIRONMENTS[name].api_url == api_url), None)


def flatten(file: Mapping[str, Any], file_name: str) -> dict[str, Any]:
    """The settings in the file, by key with dots, unchecked.

    Raises:
        ConfigError: names an unknown key, or a value that stands where a section is needed.
    """
    found: dict[str, Any] = {}
    for key, value, wrong in entries(file):
        if wrong:
            raise ConfigError(f"{file_name}: {wrong}")
        found[key] = value
    return found


def mistakes(file: Mapping[str, Any], file_name: str) -> list[str]:
    """What is wrong with each key and each value by itself, a sentence each."""
    found = [wrong or _refusal(key, value, _spelled(key)) for key, value, wrong in entries(file)]
    return [f"{file_name}: {words}" for words in found if words]


def entries(file: Mapping[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """The settings in the file: keys with dots, values, and what is wrong with the key; empty if nothing is."""
    for name, value in file.items():
        for steps, item in _leaves((name,), value, _DEPTHS.get(name, 1)):
            yield ".".join(steps), item, _fault(steps)


def _leaves(steps: tuple[str, ...], value: Any, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    if len(steps) < depth and isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves((*steps, name), item, depth)
    else:
        yield steps, value


def _fault(steps: tuple[str, ...]) -> str:
    """What is wrong with a key, given by its steps; empty if nothing is."""
    key = ".".join(steps)
    if len(steps) < _DEPTHS.get(steps[0], 1):
        section = _spelled(f"{key}.notify").removesuffix(".notify")
        return f"[{section}] is a section, not a value: write [{section}] and its keys below."
    if steps[0] == "organisations":
        section = _spelled(organisation_key(steps[1])).removesuffix(".notify")
        return "" if steps[2] == "notify" else f"unknown key {section}.{steps[2]}; known is notify."
    if len(steps) == 1 and "." in key:  # quoted, as one word
        return f"unknown key {_shown(key)}; {_like(key)}"
    return "" if key in _RULES else f"unknown key {key}; {_like(key)}"


def _like(key: str) -> str:
    """Words that name the key that was probably meant; else all keys that there are."""
    from difflib import get_close_matches

    if found := get_close_matches(key, _RULES, 1, cutoff=0.8):
        return f"did you mean {found[0]}?"
    return f"known are {', '.join(_RULES)}, organisations.NAME.notify."


def _spelled(key: str) -> str:
    """The key as it is written in the file."""
    name = organisation_of(key)
    return key if name is None else f"organisations.{_shown(name)}.notify"


def _of_variable(key: str, value: str) -> Any:
    """The value of a variable, as the file would have it."""
    check = _rule(key).check
    if check in (_types, _days):
        return [word for part in value.split(",") if (word := part.strip())]
    if check is _truth:
        return {"true": True, "false": False}.get(value, value)
    return value


def _rule(key: str) -> _Rule:
    return _RULES.get(key, _NOTIFY)


def _checked(key: str, value: Any, where: str) -> Any:
    if words := _refusal(key, value, where):
        raise ConfigError(words)
    return _rule(key).check(value)


def _refusal(key: str, value: Any, where: str) -> str:
    return f"{where} is {_shown(value)}; allowed is {_rule(key).allowed}." if check(key, value) else ""


def _shown(value: Any) -> str:
    """A wrong value for a message: cut, and without what may be a password in an address."""
    import json

    return re.sub(_CREDENTIALS, "//…@", json.dumps(value, ensure_ascii=False, default=str))[:80]
