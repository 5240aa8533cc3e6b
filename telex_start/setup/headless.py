"""Installs and removes the systemd user unit that starts the agent without an icon, and says what is left to do.

The password is in a file of the person's own, which nothing here writes or reads. The unit (systemd.service(5),
systemd.exec(5)) is written for systemd 250 and later, and tried with 252. ``ProtectKernelTunables``,
``ProtectKernelLogs`` and ``PrivateIPC`` are not asked for: in a container a user's manager cannot give them, and the
service would not start.
"""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import stat
from collections.abc import Mapping, Sequence

from ..errors import TelexStartError
from ..process import paths
from . import files, launch
from .files import NOT_DONE, Record, Status

NAME = "telex-start.service"
_CREDENTIAL = "telex-password"
"""The name of the credential that holds the password."""
_TEXT = """\
[Unit]
Description=Telex Start: the notifications of Telex, without an icon
After=dbus.socket
# It is started five times in an hour at most; then: systemctl --user reset-failed telex-start.service
StartLimitIntervalSec=1h
StartLimitBurst=5

[Service]
Type=exec
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
{environment}\
LoadCredential={credential}:{password_file}
Restart=on-failure
RestartSec=30
# 2: a bad option or configuration; 3: the password is refused; 243: the file of LoadCredential is not there.
# With 4 Telex has ended the session: started again, it signs in anew.
RestartPreventExitStatus=2 3 243
# Its lock, and the socket by which telex-start --exit finds it, beside those of an agent for another Telex.
RuntimeDirectory=telex-start
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes

# A user's manager can have file system namespaces, and drop capabilities, in a namespace for users alone.
PrivateUsers=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
# Not tmpfs: the program itself may lie there (pipx), and the session bus lies in $XDG_RUNTIME_DIR, which goes with it.
ProtectHome=read-only
ReadWritePaths={writable}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelModules=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077

[Install]
WantedBy=default.target
"""
_ANSWERED_WITHIN = 60.0
"""Seconds for systemctl."""
_FOLDERS = ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")


def path() -> str:
    """The unit's file."""
    return os.path.join(paths.config_home(), "systemd", "user", NAME)


def password_file() -> str:
    """Where the person puts the password."""
    return os.path.join(os.path.dirname(paths.config_file()), "password")


def status() -> Status:
    """Whether the unit is there, and starts the agent at log-in."""
    if files.read(path()) is None:
        return Status(False, "")
    if not _links():
        return Status(False, f"{path()} is there, and not enabled")
    return Status(True, f"by {path()}")


def turn_on(email: str | None) -> list[str]:
    """Put the unit there, and have it started at log-in.

    Args:
        email: The configured e-mail address.

    Returns:
        What is left to do, a sentence each.

    Raises:
        TelexStartError: it cannot be done, for example without systemd; says why.
    """
    if shutil.which("systemctl") is None:
        raise TelexStartError("--headless needs systemd, which is not there (no systemctl is found).", NOT_DONE)
    text, left = _text(launch.tried()), []
    if files.read(path()) not in (None, text) and not _is_ours(Record()):
        left.append(f"{gone(turn_off() or '')}.")
    record = Record()
    for folder in _writable():
        record.make_folder(folder, 0o700)
    files.write(path(), text, record)
    record.wrote(path())
    left += _left_to_write(email)
    if not _systemctl("daemon-reload") or not _systemctl("enable", NAME):
        _enable(record)
    return [
        *left,
        f"Start it without logging in again: systemctl --user start {NAME}",
        "Have it run also while you are not logged in: loginctl enable-linger",
    ]


def turn_off() -> str | None:
    """Stop the unit and take it away; a unit that the person has written or changed is set aside.

    Returns:
        Where the file is now; empty if it was taken away, and ``None`` if there was none.

    Raises:
        TelexStartError: it cannot be done; says why.
    """
    there, record, kept = files.read(path()) is not None, Record(), None
    if there:
        ours = _is_ours(record)
        _systemctl("disable", "--now", NAME)
        if ours:
            files.remove(path())
            kept = ""
        else:
            kept = files.set_aside(path())
    for link in _links():
        files.remove(link)
    if there:
        _systemctl("daemon-reload")
    record.tidy()
    return kept


def gone(kept: str) -> str:
    """What is said of a unit that :func:`turn_off` has taken away or kept; a sentence without its full stop."""
    done = f"kept as {kept}, since it is yours" if kept else "taken away"
    return f"The unit without an icon has been stopped and {done}"


def secret_is_open() -> str:
    """Why the password in the unit's file is no secret; empty if it is one, or there is no such file."""
    file = password_file()
    try:
        mode = stat.S_IMODE(os.stat(file).st_mode)
    except OSError:
        return ""
    return f"{file} can be read by others (its mode is {mode:04o})" if mode & 0o077 else ""


def unit_text(command: Sequence[str], password_file: str, writable: Sequence[str], environ: Mapping[str, str]) -> str:
    """The unit.

    Args:
        command: Starts the agent on a terminal, with absolute paths.
        password_file: Holds the password; it need not exist.
        writable: The folders that the agent writes to.
        environ: Variables that the agent needs.
    """
    return _TEXT.format(
        # In a command a dollar sign begins a variable.
        command=" ".join(_quoted(word).replace("$", "$$") for word in command),
        environment="".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in sorted(environ.items())),
        credential=_CREDENTIAL,
        # What follows the colon is taken to the end of the line, quotation marks and all.
        password_file=password_file.replace("%", "%%"),
        # The minus sign: a missing folder is no reason not to start.
        writable=" ".join(_quoted(f"-{folder}") for folder in writable),
    )


def _text(program: list[str]) -> str:
    command = [*program, "--headless", "--password-credential", _CREDENTIAL]
    environ = {name: value for name in _FOLDERS if os.path.isabs(value := os.environ.get(name, ""))}
    return unit_text(command, password_file(), _writable(), environ)


def _writable() -> list[str]:
    """The folders that have to be there: within the unit they could not be made."""
    return [paths.state_folder(), paths.cache_folder()]


def _is_ours(record: Record) -> bool:
    """Whether the unit is as it was written here."""
    return record.is_as_written(path()) or files.read(path()) == _text(launch.command())


def _left_to_write(email: str | None) -> list[str]:
    left = []
    if not email:
        left.append(f'Write your e-mail address into {paths.config_file()}: email = "you@example.org"')
    file = shlex.quote(password_file())
    if secret_is_open():
        left.append(f"Others can read your password: chmod 600 {file}")
    elif not os.path.exists(password_file()):
        folder = shlex.quote(os.path.dirname(password_file()))
        write = f"(mkdir -p {folder}; umask 077; cat > {file})"
        left.append(f"Write your password, and nothing else, into a file of your own: {write}")
    return left


def _enable(record: Record) -> None:
    """Do what ``systemctl enable`` does, if this user's systemd does not run: its next start finds the link.

    Raises:
        TelexStartError: it cannot be done.
    """
    link = os.path.join(os.path.dirname(path()), "default.target.wants", NAME)
    record.make_folder(os.path.dirname(link))
    with files.changing(link):
        if not os.path.lexists(link):
            os.symlink(path(), link)


def _links() -> list[str]:
    """The links by which a unit is enabled; a unit of the person's own may be wanted by another target than ours."""
    units = glob.escape(os.path.dirname(path()))
    return [link for by in ("wants", "requires") for link in glob.glob(os.path.join(units, f"*.{by}", NAME))]


def _systemctl(*words: str) -> bool:
    """Ask this user's systemd for something; returns whether it did it."""
    return launch.succeeds(["systemctl", "--user", "--quiet", *words], _ANSWERED_WITHIN)


def _quoted(word: str) -> str:
    """A word, with systemd's quoting (systemd.syntax(7)) and its percent signs doubled."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word}"' if not word or set(word) & set(" \t'\"\\") else word
