"""Shows the window About (menu Help), in a process of its own."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...config import ENVIRONMENTS
from ..main_app.main_app import open_address
from .process import Parent, check, show

if TYPE_CHECKING:
    from .text_window import TextWindow

LICENCE = "https://opensource.org/license/mit"
_WHAT = "The window About"


def main() -> int:
    """Show About with the agent's data, until it is closed; returns the exit code."""
    return show(_make)


def rows(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The rows of About: a name (empty if the row continues the one before), words, and an address (empty for none).

    Args:
        data: The agent's data: ``status``, the menu's first line, which tells of a pause too; ``muted``, for each mute
            a name and until when, in words; ``web``, the address of the web app.
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
        with suppress(OSError, KeyError):
            return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"


def _make(parent: Parent) -> TextWindow:
    check(_WHAT, "use the command telex-start doctor")
    from .text_window import TextWindow

    told = list(rows(parent.data))
    web = next(address for name, _, address in told if name == "Web page")

    class About(TextWindow):
        def __init__(self) -> None:
            buttons = [
                ("Web page", "Open Telex in the browser", lambda: open_address(web)),
                ("Copy", "Copy all of it (Ctrl+C)", self.copy),
                ("Close", "Close this window (Escape)", self.leave),
            ]
            super().__init__(
                _WHAT, "About Telex Start", "Telex Start", size=(420, 206), columns=(120,), buttons=buttons
            )
            self.subtitle.configure(text="Notifications for Telex, also while its app is closed")
            for number, (name, words, address) in enumerate(told):
                self.write(f"\n{name}\t" if number else f"{name}\t", "quiet")
                self.write(words, "link" if address else "plain", address)

        def copied(self) -> str:
            return "".join(f"{name + ':' if name else '':<15}{words}\n" for name, words, _ in told)

        def come_forward(self, token: str) -> bool:
            """Close instead: the agent opens another window, with what holds then."""
            self.close()
            return False

    return About()
