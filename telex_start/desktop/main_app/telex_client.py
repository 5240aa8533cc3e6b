"""Finds the installed Telex client: the command that starts it, and how to recognise its processes and windows.

If the client is an executable of its own, its processes are those that run that executable. If it is a script, they are
those whose command line begins with the interpreter and the script. If it is started by an interpreter, shell or
launcher in another way, its processes cannot be told from those of other programs.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from . import desktop_entry, shortcut

_SHARED = re.compile(
    r"(ba|da|z|k|c|tc|fi|a|mk|pdk|rba|elvi)?sh|busybox|toybox|coreutils|env|nohup|nice|setsid|sudo|doas|pkexec|runuser"
    r"|(python|pypy|perl|ruby|lua|luajit|php|tclsh|wish|guile|node|nodejs|java|javaw|mono|wine|electron)[\d.w-]*"
    r"|deno|bun|dotnet|rscript|flatpak|snap|bwrap|firejail|xdg-open|gtk-launch|gio|systemd-run|dbus-run-session|open"
    r"|cmd|powershell|pwsh|cscript|wscript|mshta|rundll32|explorer|msiexec"
    r"|update"  # of Squirrel, which starts the program beside it
)
"""Names of executables that run all kinds of programs, so that a process of one of them may be anything."""


_NAMES = ("telex", "Zedu", "zedu")
"""Executables of the client. Telex has been renamed Zedu, and its newer clients with it."""
_ENTRIES = ("telex.desktop", "com.example.zedu.desktop", "zedu.desktop")


class Client(NamedTuple):
    """The client as it is installed."""

    command: tuple[str, ...]
    """The command line that starts it."""
    folder: str | None
    """The working directory that it wants; ``None`` if it wants none."""
    executable: str | None
    """The file that its processes run, links resolved; ``None`` if they run a shared executable."""
    interpreted: tuple[str, str] | None
    """Interpreter (its name) and script (links resolved) with which its processes' command lines begin."""

    def __str__(self) -> str:
        """The command line, as one would type it."""
        return join_words(self.command)

    @property
    def recognisable(self) -> bool:
        """Whether its processes can be told from others."""
        return self.executable is not None or self.interpreted is not None

    def is_process(self, executable: str, arguments: Iterable[str], folder: Callable[[], str]) -> bool:
        """Whether a process is the client's.

        Args:
            executable: The file it runs.
            arguments: Its command line.
            folder: Called for its working directory, which a script's path may be relative to.
        """
        if self.executable is not None:
            return _same(executable, self.executable)
        if self.interpreted is None:
            return False
        interpreter, script = self.interpreted
        words = list(arguments)
        if len(words) < 2 or _name(words[0]) != interpreter:
            return False
        # Options of the interpreter itself come before the script; what follows one of these is code, no script.
        for word in words[1:]:
            if word in ("-c", "-m", "-e", "--", "-"):
                return False
            if not word.startswith("-"):
                return _same(os.path.join(folder(), word) if not os.path.isabs(word) else word, script)
        return False


def find(command: str | None, environ: Mapping[str, str] = os.environ) -> Client | None:
    """The client, or ``None`` if it is not installed.

    Args:
        command: ``main_app.command`` of the configuration: a path, a name on the search path, or a command line.
        environ: The environment variables.
    """
    if command:
        return _configured(command, environ)
    if sys.platform == "darwin":
        return _bundle()
    if sys.platform == "win32":
        names = [f"{name}.exe" for name in _NAMES]
        return _on_path(names, environ) or _start_menu(environ)
    if (client := _on_path(_NAMES, environ)) is not None:
        return client
    found = (desktop_entry.find(name, environ) for name in _ENTRIES)
    entry = next((entry for entry in found if entry is not None), None)
    return _client(desktop_entry.command_line(entry), entry.get("Path") or None, environ) if entry else None


def window_classes(environ: Mapping[str, str]) -> set[str]:
    """The values that ``WM_CLASS`` of the client's windows may have, in small letters.

    By the Desktop Entry Specification the value is an entry's ``StartupWMClass``, or without that the entry's own name.
    """
    classes = {*_NAMES, *(name.removesuffix(".desktop") for name in _ENTRIES)}
    for name in _ENTRIES:
        if (entry := desktop_entry.find(name, environ)) is not None and entry.get("StartupWMClass"):
            classes.add(entry["StartupWMClass"])
    return {name.lower() for name in classes}


def split_command(command: str, windows: bool = sys.platform == "win32") -> list[str]:
    """The words of a command line.

    Args:
        command: As a person types it.
        windows: By the rules of Windows, where a backslash is part of a path.

    Raises:
        ValueError: a quotation is not closed.
    """
    return _windows_words(command) if windows else shlex.split(command)


def join_words(words: Iterable[str], windows: bool = sys.platform == "win32") -> str:
    """The command line that has these words, as one would type it."""
    return subprocess.list2cmdline(words) if windows else shlex.join(words)


def _windows_words(command: str) -> list[str]:
    """By the rules of ``CommandLineToArgvW``: a backslash escapes only where a quotation mark follows, and two marks
    inside a quotation are one that belongs to the word.

    Raises:
        ValueError: a quotation is not closed.
    """
    words: list[str] = []
    word: str | None = None
    inside = closed = False
    for backslashes, mark, plain in re.findall(r'(\\*)(")|(\\+|.)', command, re.DOTALL):
        if plain in (" ", "\t") and not inside:
            words += [word] if word is not None else []
            word, closed = None, False
            continue
        word = (word or "") + plain + "\\" * (len(backslashes) // 2)
        quotes = bool(mark) and len(backslashes) % 2 == 0
        if mark and (not quotes or (closed and not backslashes)):
            word += '"'
        inside = inside is not quotes
        closed = quotes and not inside
    if inside:
        raise ValueError("a quotation is not closed")
    return words if word is None else [*words, word]


def _on_path(names: Iterable[str], environ: Mapping[str, str]) -> Client | None:
    paths = (shutil.which(name, path=environ.get("PATH")) for name in names)
    path = next((path for path in paths if path is not None), None)
    return _client([path], None, environ) if path is not None else None


def _configured(command: str, environ: Mapping[str, str]) -> Client | None:
    whole = os.path.expanduser(command)
    if sys.platform == "darwin" and whole.endswith(".app"):
        return _bundle(whole)
    if shutil.which(whole, path=environ.get("PATH")):
        return _client([whole], None, environ)
    try:
        words = split_command(command)
    except ValueError:
        return None
    if sys.platform == "win32" and len(words) == 1 and words[0].lower().endswith(".lnk"):
        return _by_shortcut(words[0], environ) if os.path.isfile(words[0]) else None
    return _client([os.path.expanduser(words[0]), *words[1:]], None, environ) if words else None


def _client(words: list[str], folder: str | None, environ: Mapping[str, str]) -> Client | None:
    """The client that a command line starts; ``None`` if there is no such program."""
    program = words[:]
    if program and _name(program[0]) == "env":
        program = program[1:]
        while program and "=" in program[0]:
            program = program[1:]
    found = shutil.which(program[0], path=environ.get("PATH")) if program else None
    if found is None:
        return None
    found, path = os.path.abspath(found), os.path.realpath(found)
    command = tuple(words if words[0] != program[0] else [found, *words[1:]])
    if not _SHARED.fullmatch(_name(path)):
        interpreter = _interpreter(path)
        if interpreter is None:
            return Client(command, folder, path, None)
        return Client(command, folder, None, (interpreter, path))
    # The command names an interpreter: the script is the first word that is no option, if an absolute path of a file.
    script = next((word for word in program[1:] if not word.startswith("-")), "")
    if os.path.isabs(script) and os.path.isfile(script) and not {"-c", "-m", "-e"} & set(program):
        return Client(command, folder, None, (_name(program[0]), os.path.realpath(script)))
    return Client(command, folder, None, None)


def _interpreter(path: str) -> str | None:
    """The name of a script's interpreter; ``None`` if the file is no script."""
    try:
        with open(path, "rb") as file:
            line = file.readline(256)
    except OSError:
        return None
    if not line.startswith(b"#!"):
        return None
    words = line[2:].decode(errors="replace").split()
    if words and _name(words[0]) == "env":
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return _name(words[0]) if words else "sh"


def _bundle(path: str | None = None) -> Client | None:
    """The client as an application bundle of macOS."""
    folders = ["/Applications", os.path.expanduser("~/Applications")]
    bundles = [f"{folder}/{name}.app" for name in ("Telex", "Zedu") for folder in folders]
    path = path or next((bundle for bundle in bundles if os.path.isdir(bundle)), None)
    if path is None or not os.path.isdir(path):
        return None
    import plistlib

    try:
        with open(os.path.join(path, "Contents", "Info.plist"), "rb") as file:
            name = plistlib.load(file)["CFBundleExecutable"]
    except (OSError, KeyError, ValueError):
        name = "Telex"
    executable = os.path.realpath(os.path.join(path, "Contents", "MacOS", name))
    return Client(("/usr/bin/open", "-a", path), None, executable, None)


def _start_menu(environ: Mapping[str, str]) -> Client | None:
    """The client by its shortcut in the Start menu of Windows."""
    for variable in ("APPDATA", "PROGRAMDATA"):
        menu = os.path.join(environ.get(variable, ""), "Microsoft", "Windows", "Start Menu", "Programs")
        for folder, _, files in os.walk(menu):
            for file in files:
                if file.lower() in ("telex.lnk", "zedu.lnk"):
                    return _by_shortcut(os.path.join(folder, file), environ)
    return None


def _by_shortcut(path: str, environ: Mapping[str, str]) -> Client:
    return Client((path,), None, _target(path, environ), None)


def _target(path: str, environ: Mapping[str, str]) -> str | None:
    """The client's own executable that a shortcut opens; ``None`` if it opens no file, or a shared executable."""
    try:
        with open(path, "rb") as file:
            data = file.read(shortcut.LONGEST)
    except OSError:
        return None
    for target in shortcut.targets(data, path, environ, "mbcs" if sys.platform == "win32" else "cp1252"):
        if os.path.isfile(target):
            return None if _SHARED.fullmatch(_name(target)) else os.path.realpath(target)
    return None


def _name(path: str) -> str:
    name = os.path.basename(path).lower()
    return name.removesuffix(".exe") if sys.platform == "win32" else name


def _same(one: str, other: str) -> bool:
    return os.path.normcase(os.path.realpath(one)) == os.path.normcase(os.path.realpath(other))
