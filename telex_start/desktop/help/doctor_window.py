"""Doctor's findings in a window, each as soon as it is there. The looking is done on a thread beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from ..parent import Parent
from ..tk.orders import Orders
from .as_child import run, show

log = logging.getLogger(__name__)

_SIGNS = {"ok": ("✓", "good"), "note": ("!", "note"), "missing": ("✗", "bad")}


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


def open_window(look: Callable[[], Iterator[Line | Conclusion]]) -> int:
    """Show what comes of looking, until the window is closed; returns the exit code.

    Args:
        look: Called on a thread, once for each run.
    """

    def make(parent: Parent) -> None:
        parent.data()
        _Doctor(look).run(parent)

    return show(make)


class _Doctor:
    def __init__(self, look: Callable[[], Iterator[Line | Conclusion]]) -> None:
        from .text_window import Button, TextWindow

        self._look = look
        self._orders = Orders()
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
        self._begin()
        run(self._window, self._orders, parent)

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
        try:
            for found in self._look():
                self._orders.give(partial(self._show, found))
        except Exception as error:
            log.exception("the doctor failed")
            words = f"Doctor had a problem ({type(error).__name__}); the log tells more."
            self._orders.give(lambda: self._show(Conclusion(words, good=False)))

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
