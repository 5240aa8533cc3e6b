"""The two desktop entries: the program in the menu of applications, and its start at log-in.

Who may have changed them is the person, and the desktop on the person's behalf: what is not ours stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..desktop.main_app import desktop_entry
from . import entry

NAME = "telex-start.desktop"
AT_LOGIN = "--at-login"
"""The option by which an agent knows that nobody has started it just now."""
_SWITCHES = ("Hidden", "X-GNOME-Autostart-enabled", "X-MATE-Autostart-enabled")
"""By which desktops switch an entry off."""
_ON = {"Hidden": "false", "X-GNOME-Autostart-enabled": "true", "X-MATE-Autostart-enabled": "true"}
_ABOUT = {
    "Type": "Application",
    "Name": "Telex Start",
    "GenericName": "Team chat notifications",
    "Comment": "Shows the notifications of Telex, also while its app is closed",
}
_ACTIONS = {
    "Desktop Action login": ("Login", ["--login"]),
    "Desktop Action pause": ("Pause Notifications for 1 Hour", ["pause", "1h"]),
    "Desktop Action exit": ("Exit", ["--exit"]),
}
"""The groups of what the desktop offers beside a start: the label, and what follows the program."""


def application(command: Sequence[str], *, try_exec: bool = True) -> str:
    """The entry of the menu of applications.

    Args:
        command: Starts the program.
        try_exec: Have it passed over where the program has gone.
    """
    main = {
        **_ABOUT,
        **_started_by(command, command, try_exec),
        "Icon": "telex-start",
        "Terminal": "false",
        "Categories": "Network;InstantMessaging;",
        "Keywords": "telex;chat;notifications;",
        "StartupNotify": "false",  # a start brings an icon, and no window that would end the waiting
        "StartupWMClass": "Telex-start",
        "Actions": "login;pause;exit;",
        "X-GNOME-UsesNotifications": "true",
    }
    actions = {
        group: {"Name": label, "Exec": entry.command_value([*command, *options])}
        for group, (label, options) in _ACTIONS.items()
    }
    return entry.made({entry.MAIN: main, **actions})


def at_login(command: Sequence[str]) -> str:
    """The entry that starts the program at log-in, by the Desktop Application Autostart Specification."""
    main = {
        **_ABOUT,
        **_started_by(command, [*command, AT_LOGIN]),
        "Icon": "telex-start",
        "Terminal": "false",
        "StartupNotify": "false",
    }
    return entry.made({entry.MAIN: main})


def renewed(text: str, values: Mapping[str, str], command: Sequence[str], option: str = "") -> str:
    """An entry that is there, switched on and with this program's command; whatever else it says stays.

    Args:
        text: As it is.
        values: Its keys and values.
        command: Starts the program.
        option: What belongs behind it.
    """
    changes: dict[str, str | None] = {
        key: _ON[key] for key in _SWITCHES if key in values and values[key].lower() != _ON[key]
    }
    if changes.get("Hidden"):
        changes["Hidden"] = None
    # A command that starts this very program is the person's own matter, with whatever options.
    if not starts(values, command):
        changes |= _started_by(command, [*command, *([option] if option else [])])
    elif values.get("TryExec", command[0]) != command[0]:
        changes["TryExec"] = entry.value(command[0])
    for group, (_, options) in _ACTIONS.items():
        text = entry.changed(text, {"Exec": entry.command_value([*command, *options])}, group)
    return entry.changed(text, changes)


def hidden(text: str) -> str:
    """An entry as nobody starts it."""
    return entry.changed(text, {"Hidden": "true"})


def starts(values: Mapping[str, str], command: Sequence[str]) -> bool:
    """Whether its command starts this program, also with other options or by way of another one (``env A=b …``)."""
    words, count = words_of(values), len(command)
    return any(words[at : at + count] == list(command) for at in range(len(words) - count + 1))


def words_of(values: Mapping[str, str]) -> list[str]:
    """The command of an entry, without the shell that may start it."""
    words = desktop_entry.command_line(values)
    count = len(entry.SHELL)
    return words[count:] if words[:count] == entry.SHELL else words


def off_because(values: Mapping[str, str]) -> str:
    """Which key switches the entry off; empty for none."""
    return next((f"{key}={values[key]}" for key in _SWITCHES if key in values and values[key].lower() != _ON[key]), "")


def edited(text: str, made: Callable[[Sequence[str]], str], options: Sequence[str] = ()) -> bool:
    """Whether somebody has put something else into the entry than is written here, and than desktops do by themselves.

    Args:
        text: As it is.
        made: The entry as it is written here, for the command that starts the program.
        options: What follows the program in its command.
    """
    words = words_of(desktop_entry.parse(text))
    program = words[: len(words) - len(options)]
    if not program or program[1:] not in ([], ["-m", "telex_start"]) or words[len(program) :] != list(options):
        return True
    return _lines(text) != _lines(made(program))


def _lines(text: str) -> list[str]:
    """What an entry says, in whichever order, but for what switches it."""
    lines = (line.strip() for line in text.splitlines())
    return sorted(line for line in lines if line and line.partition("=")[0].strip() not in _SWITCHES)


def _started_by(program: Sequence[str], command: Sequence[str], try_exec: bool = True) -> dict[str, str]:
    named = {"TryExec": entry.value(program[0])} if try_exec else {}
    return {**named, "Exec": entry.command_value(command)}
