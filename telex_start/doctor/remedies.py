"""What a person can do about a finding, in the words of their platform. Pure."""

from __future__ import annotations

import sys


def tk(platform: str = sys.platform) -> str:
    """To have a login window."""
    install = {
        "linux": "install python3-tk (Fedora: python3-tkinter, Arch: tk)",
        "win32": 'install Python with "tcl/tk and IDLE", as the installer of python.org offers it',
        "darwin": "install a Python with Tk, such as python.org's",
    }
    return f"{install.get(platform, install['linux'])}, or sign in by --email NAME --password-stdin"


def main_app(platform: str = sys.platform) -> str:
    """To have Open Main App start a client that was not found."""
    path = {
        "win32": r"'C:\Program Files\Telex\telex.exe'",  # between apostrophes TOML takes a backslash as it is
        "darwin": '"/Applications/Telex.app"',
    }
    return f"set [main_app] command = {path.get(platform, chr(34) + '/path/to/client' + chr(34))} in the configuration"


def log_folder(platform: str = sys.platform) -> str:
    """To have a log."""
    return "see who may write there" if platform in ("win32", "darwin") else "set XDG_STATE_HOME to have one"
