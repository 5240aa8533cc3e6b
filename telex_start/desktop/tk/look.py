"""The look of the windows: colours, fonts, distances, and pictures of check boxes and arrows.

Imports no Tk: callers pass the style that it changes. The pictures are drawn here, for the density of the screen and
without Pillow: those of Tk 8.6's theme clam do not grow with the density, and their tick is a cross.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from ..pixmaps import Pixmap

GROUND = "#f6f6fa"
FIELD = "#ffffff"
LINE = "#c6c8d4"
INK = "#20222e"
QUIET = "#5d6072"
ACCENT = "#6242e6"
_ACCENT_LIT = "#7255ee"
_ACCENT_DOWN = "#5236c8"
_ACCENT_FAINT = "#b9abf4"
_TROUGH = "#e3e0f3"
_RAISED = "#ffffff"
_HOVER = "#ebebf3"
BAD = "#b4232f"
GOOD = "#1a7a45"
NOTE = "#8f5b00"
Colour = tuple[int, int, int]
_TICK = ((0.24, 0.53), (0.43, 0.71), (0.77, 0.32))
"""The tick's corners, in sides of the box."""
_TICK_HALF = 0.07
_CHEVRON = ((0.18, 0.36), (0.5, 0.67), (0.82, 0.36))
_CHEVRON_HALF = 0.07
_CORNER = 0.22
"""Radius of the box's corners, in sides."""
_LINE = 0.075
"""Width of the box's border, in sides."""


def dress(style: Any, family: str, scale: float) -> None:
    """Set up the styles that all windows share.

    Args:
        style: The ``ttk.Style`` of the window.
        family: The font of the desktop.
        scale: Pixels for one pixel of a screen of 96 dots an inch.
    """

    def px(length: float) -> int:
        return round(length * scale)

    style.theme_use("clam")
    style.configure(".", background=GROUND, foreground=INK, font=(family, 10), bordercolor=LINE, focuscolor=ACCENT)
    style.configure("Title.TLabel", font=(family, 14, "bold"))
    style.configure("Quiet.TLabel", foreground=QUIET, font=(family, 9))
    style.configure("Field.TLabel", font=(family, 9, "bold"), foreground=INK)
    for name, colour in (("Info", QUIET), ("Bad", BAD), ("Good", GOOD)):
        style.configure(f"{name}.TLabel", foreground=colour, font=(family, 9))
    style.configure("TEntry", fieldbackground=FIELD, padding=(px(8), px(6)), lightcolor=FIELD, darkcolor=FIELD)
    style.configure("TEntry", selectbackground=ACCENT, selectforeground=FIELD)
    style.map(
        "TEntry",
        bordercolor=[("focus", ACCENT), ("!focus", LINE)],
        lightcolor=[("focus", ACCENT), ("disabled", GROUND)],
        darkcolor=[("focus", ACCENT), ("disabled", GROUND)],
        fieldbackground=[("disabled", GROUND)],
        foreground=[("disabled", QUIET)],
    )
    _dress_button(style, "TButton", (_RAISED, _HOVER, LINE, GROUND), (INK, QUIET), LINE, (px(16), px(6)))
    _dress_button(style, "Small.TButton", (_RAISED, _HOVER, LINE, GROUND), (INK, QUIET), LINE, (px(6), px(6)))
    style.configure("Small.TButton", font=(family, 9))
    accents = (ACCENT, _ACCENT_LIT, _ACCENT_DOWN, _ACCENT_FAINT)
    _dress_button(style, "Login.TButton", accents, (FIELD, FIELD), ACCENT, (px(22), px(6)))
    style.configure("Login.TButton", font=(family, 10, "bold"), focuscolor=FIELD)
    style.map("Login.TButton", bordercolor=[("disabled", _ACCENT_FAINT)])
    # The progress bar of Tk 8.6's theme clam cannot be thin.
    for part in ("trough", "pbar"):
        style.element_create(f"Thin.{part}", "from", "default", f"Horizontal.Progressbar.{part}")
    inner = ("Thin.pbar", {"side": "left", "sticky": "ns"})
    style.layout("Thin.Horizontal.TProgressbar", [("Thin.trough", {"sticky": "nswe", "children": [inner]})])
    flat = {"borderwidth": 0, "troughrelief": "flat", "pbarrelief": "flat"}
    sizes = {"thickness": px(4), "barsize": px(90)}
    style.configure("Thin.Horizontal.TProgressbar", background=ACCENT, troughcolor=_TROUGH, **flat, **sizes)


def _dress_button(
    style: Any,
    name: str,
    grounds: tuple[str, str, str, str],
    inks: tuple[str, str],
    border: str,
    padding: tuple[int, int],
) -> None:
    normal, lit, down, off = grounds
    style.configure(
        name,
        background=normal,
        foreground=inks[0],
        bordercolor=border,
        lightcolor=normal,
        darkcolor=normal,
        padding=padding,
        anchor="center",
    )
    changes = [("disabled", off), ("pressed", down), ("active", lit)]
    style.map(
        name,
        background=changes,
        lightcolor=changes,
        darkcolor=changes,
        foreground=[("disabled", inks[1])],
    )


def colour(code: str) -> Colour:
    """Red, green and blue of a colour that is written ``#rrggbb``."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def check_box(side: int, gap: int, ground: Colour, border: Colour, tick: Colour | None) -> Pixmap:
    """A check box.

    Args:
        side: Of the box, in pixels.
        gap: Pixels that are left free at its right.
        ground, border: Colours of the box.
        tick: Colour of the tick; ``None``: the box is not ticked.
    """
    line = max(1.0, _LINE * side)

    def at(x: float, y: float) -> bytes:
        # Distance to the edge of the box in pixels, from the inside: one pixel's width is drawn softly.
        depth = _depth(x, y, side)
        outer = _covered(depth)
        if not outer:
            return bytes(4)
        mixed = _mix(border, ground, _covered(depth - line))
        if tick is not None:
            mixed = _mix(mixed, tick, _stroke(x, y, side, _TICK, _TICK_HALF))
        return bytes((round(outer * 255), *mixed))

    free = bytes(4 * gap)
    rows = [b"".join(at(column + 0.5, row + 0.5) for column in range(side)) + free for row in range(side)]
    return side + gap, side, b"".join(rows)


def chevron(side: int, ink: Colour) -> Pixmap:
    """The arrow of a list, pointing down.

    Args:
        side: Of the picture, in pixels.
        ink: Its colour; the ground is clear.
    """
    centres = [(column + 0.5, row + 0.5) for row in range(side) for column in range(side)]
    covered = [_stroke(x, y, side, _CHEVRON, _CHEVRON_HALF) for x, y in centres]
    return side, side, b"".join(bytes((round(share * 255), *ink)) for share in covered)


def _stroke(x: float, y: float, side: int, corners: tuple[tuple[float, float], ...], half: float) -> float:
    """How much of a pixel a stroke covers."""
    near = min(_to_segment(x / side, y / side, *pair) for pair in pairwise(corners))
    return _covered((half - near) * side)


def _depth(x: float, y: float, side: int) -> float:
    radius, half = _CORNER * side, side / 2
    across, down = abs(x - half) - (half - radius), abs(y - half) - (half - radius)
    outside = math.hypot(max(across, 0.0), max(down, 0.0)) + min(max(across, down), 0.0)
    return radius - outside


def _covered(depth: float) -> float:
    return min(1.0, max(0.0, depth + 0.5))


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _to_segment(x: float, y: float, start: tuple[float, float], end: tuple[float, float]) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = min(1.0, max(0.0, ((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - start[0] - along * dx, y - start[1] - along * dy)
