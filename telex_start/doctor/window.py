"""Doctor's window (menu Help), in a process of its own: shows each finding as soon as it is there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from ..desktop.tk.process import Parent, check, show
from .findings import Finding, Mark, line, verdict

if TYPE_CHECKING:
    from ..desktop.tk.text_window import TextWindow

log = logging.getLogger(__name__)

_WHAT = "Doctor's window"
_SIGNS = {Mark.OK: ("✓", "good"), Mark.NOTE: ("!", "note"), Mark.MISSING: ("✗", "bad")}


def main(look: Callable[[], Iterator[Finding]]) -> int:
    """Show the findings, until the window is closed; returns the exit code.

    Args:
        look: Gives the findings. Called on a thread, once for each run.
    """
    return show(partial(_make, look))


def _make(look: Callable[[], Iterator[Finding]], parent: Parent) -> TextWindow:
    check(_WHAT, "use the command telex-start doctor")
    from ..desktop.tk.text_window import TextWindow

    class Doctor(TextWindow):
        def __init__(self) -> None:
            buttons = [
                ("Run again", "Look at everything once more", self._begin),
                ("Copy", "Copy all of it, to ask somebody (Ctrl+C). Secrets are struck out", self.copy),
                ("Close", "Close this window (Escape)", self.leave),
            ]
            super().__init__(
                _WHAT, "Telex Start – Doctor", "Doctor", size=(680, 430), columns=(24, 160), buttons=buttons
            )
            self._lines: list[str] = []
            self._begin()

        def copied(self) -> str:
            return "".join(f"{text}\n" for text in self._lines)

        def _begin(self) -> None:
            self._lines.clear()
            self.clear()
            self.subtitle.configure(text="Looking at what works on this machine …", style="Quiet.TLabel")
            self._look_on(True)
            threading.Thread(target=self._work, name="doctor", daemon=True).start()

        def _look_on(self, on: bool) -> None:
            self.bar.run(on)
            for label in ("Run again", "Copy"):
                self.pressed[label].state(["disabled" if on else "!disabled"])

        def _work(self) -> None:
            """Get the findings and post them to the window; on the thread."""
            findings: list[Finding] = []
            try:
                for found in look():
                    findings.append(found)
                    self.calls.post(partial(self._show, found))
                words, code = verdict(findings)
            except Exception as error:
                log.exception("the doctor failed")
                words, code = f"Doctor had a problem ({type(error).__name__}); the log tells more.", 1
            self.calls.post(partial(self._conclude, words, "Bad" if code else "Good"))

        def _show(self, found: Finding) -> None:
            self._lines.append(line(found))
            sign, style = _SIGNS[found.mark]
            self.write(f"{sign}\t", style)
            self.write(f"{found.subject}\t", "bold")
            self.write(found.found)
            if found.remedy:
                self.write(f"\n\t\t→ {found.remedy}", style)
            self.write("\n")

        def _conclude(self, words: str, style: str) -> None:
            self._lines += ["", words]
            self.subtitle.configure(text=words, style=f"{style}.TLabel")
            self._look_on(False)

    return Doctor()
