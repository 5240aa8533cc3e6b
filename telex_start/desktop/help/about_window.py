"""About: the version, on what it runs, what is paused or muted, and where more is to be found."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ... import __version__
from ...config import ENVIRONMENTS
from ..main_app.main_app import open_address
from ..parent import Parent
from ..tk.orders import Orders
from .as_child import run, show

LICENCE = "https://opensource.org/license/mit"


def main() -> int:
    """Show the window with what the agent tells, until it is closed; returns the exit code."""
    return show(lambda parent: _open(parent, parent.data()))


def rows(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What About says: each with its name, empty where it goes on with the one before, and an address, or none.

    Args:
        data: The agent's: ``status``, as the menu's first line, which tells of a pause too; ``muted``, each a name and
            until when, in words; ``web``, the web app.
    """
    muted = data.get("muted", ())
    yield "Version", f"Telex Start {__version__}", ""
    yield "Status", str(data.get("status") or "Not running"), ""
    for number, (name, until) in enumerate(muted):
        yield "" if number else "Muted", f"{name}, {until}" if until else str(name), ""
    if not muted:
        yield "Muted", "Nothing", ""
    yield "Runs on", f"Python {platform.python_version()}, {_system()}", ""
    web = str(data.get("web") or ENVIRONMENTS["production"].web_url)
    yield "Web page", web, web
    yield "Licence", "MIT", LICENCE


def _system() -> str:
    if sys.platform.startswith("linux"):
        try:
            return platform.freedesktop_os_release()["PRETTY_NAME"]
        except (OSError, KeyError):
            pass
    return f"{platform.system()} {platform.release()}"


def _open(parent: Parent, data: Mapping[str, Any]) -> None:
    from .text_window import Button, Piece, TextWindow

    found = list(rows(data))
    window = TextWindow(
        "The window About",
        "About Telex Start",
        "Telex Start",
        size=(420, 206),
        columns=(120,),
        copied=lambda: "".join(f"{name + ':' if name else '':<15}{words}\n" for name, words, _ in found),
        open_address=open_address,
    )
    window.subtitle("Notifications for Telex, also while its app is closed")
    for number, (name, words, address) in enumerate(found):
        pieces = [Piece(f"{name}\t", "quiet"), Piece(words, "link" if address else "plain", address)]
        window.write([*([Piece("\n")] if number else []), *pieces])
    web = next(address for name, _, address in found if name == "Web page")
    window.buttons(
        [
            Button("web", "Web page", "Open Telex in the browser", lambda: open_address(web)),
            Button("copy", "Copy", "Copy all of it (Ctrl+C)", window.copy),
            Button("close", "Close", "Close this window (Escape)", window.close),
        ]
    )
    run(window, Orders(), parent, anew=True)
