"""The windows of the menu's Help, in processes of their own: About, and Doctor's findings as they come."""

from __future__ import annotations

import logging
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ... import __version__
from ...config import ENVIRONMENTS
from ...errors import TelexStartError
from ..child import Parent
from ..main_app.main_app import open_address

if TYPE_CHECKING:
    from .text_window import TextWindow

log = logging.getLogger(__name__)

LICENCE = "https://opensource.org/license/mit"
_SIGNS = {"ok": ("✓", "good"), "note": ("!", "note"), "missing": ("✗", "bad")}


# --- About ------------------------------------------------------------------------------------------------------------


def about() -> int:
    """Show About with what the agent tells, until it is closed; returns the exit code."""
    return _show(lambda parent: _run_about(parent, parent.data()))


def about_rows(data: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
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
        with suppress(OSError, KeyError):
            return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"


def _run_about(parent: Parent, data: Mapping[str, Any]) -> None:
    from .text_window import Button, Piece, TextWindow

    rows = list(about_rows(data))
    window = TextWindow(
        "The window About",
        "About Telex Start",
        "Telex Start",
        size=(420, 206),
        columns=(120,),
        copied=lambda: "".join(f"{name + ':' if name else '':<15}{words}\n" for name, words, _ in rows),
        open_address=open_address,
    )
    window.subtitle("Notifications for Telex, also while its app is closed")
    for number, (name, words, address) in enumerate(rows):
        pieces = [Piece(f"{name}\t", "quiet"), Piece(words, "link" if address else "plain", address)]
        window.write([*([Piece("\n")] if number else []), *pieces])
    web = next(address for name, _, address in rows if name == "Web page")
    window.buttons(
        [
            Button("web", "Web page", "Open Telex in the browser", lambda: open_address(web)),
            Button("copy", "Copy", "Copy all of it (Ctrl+C)", window.copy),
            Button("close", "Close", "Close this window (Escape)", window.close),
        ]
    )

    def again(token: str) -> bool:
        window.calls.post(window.close)
        return False  # then the agent opens another, which tells what holds then

    _run(window, parent, again)


# --- Doctor -----------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """A finding, in words that are fit to be shown to anybody."""

    mark: str
    """``ok``, ``note`` or ``missing``."""
    subject: str
    found: str
    remedy: str
    """Empty where there is none."""
    text: str
    """All of it as one line, to be copied."""


class Conclusion(NamedTuple):
    """What comes last."""

    words: str
    good: bool


def doctor(look: Callable[[], Iterator[Line | Conclusion]]) -> int:
    """Show what comes of looking, until the window is closed; returns the exit code.

    Args:
        look: Called on a thread, once for each run.
    """

    def make(parent: Parent) -> None:
        parent.data()
        _Doctor(look).run(parent)

    return _show(make)


class _Doctor:
    def __init__(self, look: Callable[[], Iterator[Line | Conclusion]]) -> None:
        from .text_window import Button, TextWindow

        self._look = look
        self._copied: list[str] = []
        self._window = window = TextWindow(
            "Doctor's window",
            "Telex Start – Doctor",
            "Doctor",
            size=(680, 430),
            columns=(24, 160),
            copied=lambda: "".join(f"{line}\n" for line in self._copied),
            open_address=lambda address: None,
        )
        window.buttons(
            [
                Button("again", "Run again", "Look at everything once more", self._begin),
                Button("copy", "Copy", "Copy all of it, to ask somebody (Ctrl+C). Secrets are struck out", window.copy),
                Button("close", "Close", "Close this window (Escape)", window.close),
            ]
        )

    def run(self, parent: Parent) -> None:
        window = self._window
        self._begin()
        _run(window, parent, lambda token: window.calls.post(lambda: window.come_forward(token)).get())

    def _begin(self) -> None:
        window = self._window
        self._copied.clear()
        window.clear()
        window.subtitle("Looking at what works on this machine …")
        window.busy(True)
        window.enable("again", False)
        window.enable("copy", False)
        threading.Thread(target=self._work, name="doctor", daemon=True).start()

    def _work(self) -> None:
        """On the thread."""
        post = self._window.calls.post
        try:
            for found in self._look():
                post(partial(self._show, found))
        except Exception as error:
            log.exception("the doctor failed")
            words = f"Doctor had a problem ({type(error).__name__}); the log tells more."
            post(partial(self._show, Conclusion(words, good=False)))

    def _show(self, found: Line | Conclusion) -> None:
        from .text_window import Piece

        window = self._window
        if isinstance(found, Conclusion):
            self._copied += ["", found.words]
            window.subtitle(found.words, "Good" if found.good else "Bad")
            window.busy(False)
            window.enable("again", True)
            window.enable("copy", True)
            return
        self._copied.append(found.text)
        sign, style = _SIGNS[found.mark]
        pieces = [Piece(f"{sign}\t", style), Piece(f"{found.subject}\t", "bold"), Piece(found.found)]
        if found.remedy:
            pieces.append(Piece(f"\n\t\t→ {found.remedy}", style))
        window.write([*pieces, Piece("\n")])


# --- a window's process -----------------------------------------------------------------------------------------------


def _run(window: TextWindow, parent: Parent, bring_forward: Callable[[str], bool]) -> None:
    """Run the window until it is closed, by the person or by the agent's end."""
    parent.listen(bring_forward, lambda: window.calls.post(window.close))
    window.run()


def _show(make: Callable[[Parent], object]) -> int:
    """Make and run a window.

    Args:
        make: Does it; has what the agent says.

    Returns:
        The exit code. Where a thread is left behind, in a look-up of a name for instance, this ends the process: a
        daemon thread in a library's C code can crash the interpreter's end (CPython 3.11: code -11).
    """
    parent = Parent()
    try:
        make(parent)
    except TelexStartError as error:
        parent.say(failed=error.message)
    if threading.active_count() > 1:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):
                stream.flush()
        os._exit(0)
    return 0
