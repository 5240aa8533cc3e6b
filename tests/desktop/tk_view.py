"""What a person sees of a window of Tk: for programs that show one. Its controls are found by their kind and words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

STATES = {f"{name}.TLabel" for name in ("Info", "Quiet", "Good", "Bad")}
"""The styles of labels that tell how something is."""


def controls(widget: Any, kind: str) -> list[Any]:
    """All controls of a kind (Tk's class) in a window, in the order of Tab."""
    return [found for found in _all(widget) if found.winfo_class() == kind]


def buttons(widget: Any) -> dict[str, Any]:
    """All buttons, by what is written on them."""
    return {str(button.cget("text")): button for button in controls(widget, "TButton")}


def labels(widget: Any) -> list[Any]:
    """The labels that tell how something is."""
    return [label for label in controls(widget, "TLabel") if str(label.cget("style")) in STATES]


def name_of(root: Any, named: dict[str, Any]) -> str | None:
    """Which of these has the keyboard."""
    focus = root.focus_get()
    return next((name for name, control in named.items() if control is focus), None)


def enabled(named: dict[str, Any]) -> list[str]:
    """Which of these can be used."""
    return [name for name, control in named.items() if control.instate(["!disabled"])]


def _all(widget: Any) -> Iterator[Any]:
    for child in widget.winfo_children():
        yield child
        yield from _all(child)
