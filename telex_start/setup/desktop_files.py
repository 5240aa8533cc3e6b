"""The two desktop entries, by the Desktop Entry Specification 1.5: the program in the menu, and its start at log-in.

Who may have changed them is the person, and the desktop on the person's behalf: what is not ours stays.
:mod:`telex_start.desktop.main_app.desktop_entry` reads entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..desktop.main_app import desktop_entry
from ..errors import TelexStartError
from .files import NOT_DONE

NAME = "telex-start.desktop"
AT_LOGIN = "--at-login"
"""The option by which an agent knows that nobody has started it just now."""
MAIN = "Desktop Entry"
"""The group that says what the program is."""
SHELL = ["/bin/sh", "-c", 'exec "$0" "$@"']
"""Starts the program that follows, with what follows that."""
_RESERVED = set(" \t\n\"'\\><~|&;$*?#()`")
"""Characters for which an argument must be quoted ("The Exec key")."""
_ESCAPED = set('"`$\\')
"""Characters that a backslash stands before in a quoted argument."""
_ON = {"Hidden": "false", "X-GNOME-Autostart-enabled": "true", "X-MATE-Autostart-enabled": "true"}
"""The keys by which desktops switch an entry off, each with what it says of one that is on."""
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
"""The groups of what the desktop offers beside a start: the label, and what follows the program."""


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
    """An entry that is there, switched on and with this program's command; whatever else it says stays.

    Args:
        text: As it is.
        command: Starts the program.
        option: What belongs behind it.
    """
    values = desktop_entry.parse(text)
    changes: dict[str, str | None] = {key: on for key, on in _ON.items() if key in values and values[key].lower() != on}
    if changes.get("Hidden"):
        changes["Hidden"] = None
    # A command that starts this very program is the person's own matter, with whatever options.
    if not _starts(values, command):
        changes |= _started_by([*command, *([option] if option else [])])
    elif values.get("TryExec", command[0]) != command[0]:
        changes["TryExec"] = _value(command[0])
    for group, (_, options) in _ACTIONS.items():
        text = changed(text, {"Exec": command_value([*command, *options])}, group)
    return changed(text, changes)


def _starts(values: Mapping[str, str], command: Sequence[str]) -> bool:
    """Whether its command starts this program, also with other options or by way of another one (``env A=b …``)."""
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
    """Whether somebody has put something else into the entry than is written here, and than desktops do by themselves.

    Args:
        text: As it is.
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
        name: The group. Only the main one is added where it is missing.
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
                    continue  # it is to go, or stood here before
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
    """What an entry says, in whichever order, but for what switches it."""
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
    word = word.replace("%", "%%")  # what follows a single one is a field code
    if word and not _RESERVED & set(word):
        return word
    return '"' + "".join(f"\\{character}" if character in _ESCAPED else character for character in word) + '"'
