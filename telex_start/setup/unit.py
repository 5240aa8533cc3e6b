"""The systemd user unit of an agent without an icon, as text (systemd.service(5), systemd.exec(5)). Pure.

Written for systemd 250 and later, and tried with 252. ``ProtectKernelTunables``, ``ProtectKernelLogs`` and
``PrivateIPC`` are not asked for: in a container a user's manager cannot give them, and the service would not start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

NAME = "telex-start.service"
CREDENTIAL = "telex-password"
"""What the agent knows the password by."""
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


def text(command: Sequence[str], password_file: str, writable: Sequence[str], environ: Mapping[str, str]) -> str:
    """The unit.

    Args:
        command: Starts the agent on a terminal, with absolute paths.
        password_file: Holds the password; it need not exist.
        writable: The folders that the agent writes to.
        environ: Variables that it is to have.
    """
    return _TEXT.format(
        command=" ".join(_argument(word) for word in command),
        environment="".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in sorted(environ.items())),
        credential=CREDENTIAL,
        # What follows the colon is taken to the end of the line, quotation marks and all.
        password_file=password_file.replace("%", "%%"),
        # Where one is not there, it is no reason not to start.
        writable=" ".join(_quoted(f"-{folder}") for folder in writable),
    )


def _quoted(word: str) -> str:
    """A word, with systemd's quoting (systemd.syntax(7)) and its percent signs doubled."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word}"' if not word or set(word) & set(" \t'\"\\") else word


def _argument(word: str) -> str:
    """A word of a command, in which a dollar sign begins a variable."""
    return _quoted(word).replace("$", "$$")
