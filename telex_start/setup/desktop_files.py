"""Makes the text of both desktop entries (Desktop Entry Specification 1.5): in the menu, and for the start at log-in.

The person may have changed an entry, and so may the desktop on the person's behalf: what is not ours stays in it.
:mod:`telex_start.desktop.main_app.desktop_entry` reads entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..desktop.main_app import desktop_entry
from ..errors import TelexStartError
from .files import NOT_DONE

NAME = "telex-start.desktop"
AT_LOGIN = "--at-login"
"""The option that tells an agent that no person has started it just now."""
MAIN = "Desktop Entry"
"""The group that says what the program is."""
SHELL = ["/bin/sh", "-c", 'exec "$0" "$@"']
"""Starts the program that follows, with the arguments that follow it."""
_RESERVED = set(" \t\n\"'\\><~|&;$*?#()`")
"""An argument with one of these characters must be quoted ("The Exec key")."""
_ESCAPED = set('"`$\\')
"""In a quoted argument, these characters need a backslash before them."""
_ON = {"Hidden": "false", "X-GNOME-Autostart-enabled": "true", "X-MATE-Autostart-enabled": "true"}
"""The keys by which desktops switch an entry off, each with its value in an entry that is on."""
_ABOUT = {
    "Type": "Application",
    "Name": "Telex Start",
    "GenericName": "Team chat notifications",
    "Comment": "Shows the notifications of Telex, also while its app is closed",
    "Icon": "telex-start",
    "Terminal": "false",
    "StartupNotify": "false",  # a start brings an icon, and no window that would end the waiting
}
_ACTIONS = {
    "Desktop Action login": ("Login", ["--login"]),
    "Desktop Action pause": ("Pause Notifications for 1 Hour", ["pause", "1h"]),
    "Desktop Action exit": ("Exit", ["--exit"]),
}
"""The groups of further actions that the desktop offers: the label, and the options behind the program."""


def application(command: Sequence[str]) -> str:
    """The entry of the menu of applications, for the command that starts the program."""
    main = {
        **_ABOUT,
        **_started_by(command),
        "Categories": "Network;InstantMessaging;",
        "Keywords": "telex;chat;notifications;",
        "StartupWMClass": "Telex-start",
        "Actions": "login;pause;exit;",
        "X-GNOME-UsesNotifications": "true",
    }
    actions = {
        group: {"Name": label, "Exec": command_value([*command, *options])}
        for group, (label, options) in _ACTIONS.items()
    }
    return _made({MAIN: main, **actions})


def at_login(command: Sequence[str]) -> str:
    """The entry that starts the program at log-in, by the Desktop Application Autostart Specification."""
    return _made({MAIN: {**_ABOUT, **_started_by([*command, AT_LOGIN])}})


def renewed(text: str, command: Sequence[str], option: str = "") -> str:
    """An existing entry, switched on and with this program's command; whatever else it says stays.

    Args:
        text: The existing entry.
        command: Starts the program.
        option: An option to put behind the command.
    """
    values = desktop_entry.parse(text)
    changes: dict[str, str | None] = {key: on for key, on in _ON.items() if key in values and values[key].lower() != on}
    if changes.get("Hidden"):
        changes["Hidden"] = None
    # If the entry's command starts this very program, its options are the person's own matter.
    if not _starts(values, command):
        changes |= _started_by([*command, *([option] if option else [])])
    elif values.get("TryExec", command[0]) != command[0]:
        changes["TryExec"] = _value(command[0])
    for group, (_, options) in _ACTIONS.items():
        text = changed(text, {"Exec": command_value([*command, *options])}, group)
    return changed(text, changes)


def _starts(values: Mapping[str, str], command: Sequence[str]) -> bool:
    """Whether an entry's command starts this program, also with other options or through another (``env A=b …``)."""
    words, count = words_of(values), len(command)
    return any(words[at : at + count] == list(command) for at in range(len(words) - count + 1))


def words_of(values: Mapping[str, str]) -> list[str]:
    """The command of an entry, without the shell that may start it."""
    words = desktop_entry.command_line(values)
    count = len(SHELL)
    return words[count:] if words[:count] == SHELL else words


def off_because(values: Mapping[str, str]) -> str:
    """Which key switches the entry off; empty for none."""
    return next((f"{key}={values[key]}" for key, on in _ON.items() if key in values and values[key].lower() != on), "")


def edited(text: str, written: Callable[[Sequence[str]], str], options: Sequence[str] = ()) -> bool:
    """Whether somebody has changed the entry, apart from the changes that desktops make by themselves.

    Args:
        text: The existing entry.
        written: The entry as it is written here, for the command that starts the program.
        options: What follows the program in its command.
    """
    words = words_of(desktop_entry.parse(text))
    program = words[: len(words) - len(options)]
    if not program or program[1:] not in ([], ["-m", "telex_start"]) or words[len(program) :] != list(options):
        return True
    return _lines(text) != _lines(written(program))


def changed(text: str, values: Mapping[str, str | None], name: str = MAIN) -> str:
    """The entry with some keys of a group set; all else stays as somebody has written it.

    Args:
        text: The entry.
        values: The keys and their values as the file has them; ``None`` takes a key out.
        name: The group. Only the main group is added if it is missing.
    """
    if not values:
        return text
    lines: list[str] = []
    left = {key: value for key, value in values.items() if value is not None}
    group = end = -1
    for raw in text.replace("\r\n", "\n").removesuffix("\n").split("\n"):
        line, bare = raw, raw.strip(desktop_entry.BLANKS)
        if bare.startswith("["):
            group = 0 if bare == f"[{name}]" else 1
        elif group == 0 and "=" in bare and not bare.startswith("#"):
            key = bare.partition("=")[0].strip(desktop_entry.BLANKS)
            if key in values:
                if key not in left:
                    continue  # the key has to go, or this line repeats it
                line = f"{key}={left.pop(key)}"
        lines.append(line)
        if group == 0 and bare:
            end = len(lines)
    if end < 0:
        if name != MAIN:
            return text
        lines.append(f"[{MAIN}]")
        end = len(lines)
    lines[end:end] = [f"{key}={value}" for key, value in left.items()]
    return "\n".join(lines) + "\n"


def command_value(words: Sequence[str]) -> str:
    """The value of ``Exec`` for a command.

    A program whose path has a percent sign, which GLib 2.74 looks for with the sign doubled, or an equal sign, which
    the specification forbids there, is started by :data:`SHELL`.

    Raises:
        TelexStartError: no entry can hold it.
    """
    by = SHELL if set("%=") & set(words[0]) else []
    return _value(" ".join(_argument(word) for word in [*by, *words]))


def _made(groups: Mapping[str, Mapping[str, str]]) -> str:
    """The text of an entry.

    Args:
        groups: The groups by name, each with its keys and values as the file has them.
    """
    return "\n".join(
        "".join([f"[{name}]\n", *(f"{key}={value}\n" for key, value in keys.items())]) for name, keys in groups.items()
    )


def _lines(text: str) -> list[str]:
    """The lines of an entry, sorted, without the keys that switch it on or off."""
    lines = (line.strip() for line in text.splitlines())
    return sorted(line for line in lines if line and line.partition("=")[0].strip() not in _ON)


def _started_by(command: Sequence[str]) -> dict[str, str]:
    return {"TryExec": _value(command[0]), "Exec": command_value(command)}


def _value(text: str) -> str:
    """A value of the type ``string``, with its escapes.

    Raises:
        TelexStartError: no entry can hold it.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        shown = text.encode("utf-8", "replace").decode()
        raise TelexStartError(f"{shown} is not in UTF-8, and so no desktop entry can name it.", NOT_DONE) from None
    for plain, escaped in (("\\", "\\\\"), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(plain, escaped)
    if text.startswith(" "):
        text = f"\\s{text[1:]}"
    return f"{text[:-1]}\\s" if text.endswith(" ") else text


def _argument(word: str) -> str:
    word = word.replace("%", "%%")  # a single percent sign begins a field code
    if word and not _RESERVED & set(word):
        return word
    return '"' + "".join(f"\\{character}" if character in _ESCAPED else character for character in word) + '"'
