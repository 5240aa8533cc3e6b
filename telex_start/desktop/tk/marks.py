"""Check boxes and arrows as pictures, drawn for the density of the screen: those of Tk 8.6's theme clam do not grow
with it, and a tick is a cross there. Imports no Tk; needs no Pillow."""

from __future__ import annotations

import math
from itertools import pairwise

from ..pixmaps import Pixmap

Colour = tuple[int, int, int]
_TICK = ((0.24, 0.53), (0.43, 0.71), (0.77, 0.32))
"""The tick's corners, in sides of the box."""
_TICK_HALF = 0.07
_CHEVRON = ((0.18, 0.36), (0.5, 0.67), (0.82, 0.36))
_CHEVRON_HALF = 0.07
_CORNER = 0.22
"""Radius of the box's corners, in sides."""
_LINE = 0.075
"""Width of its border, in sides."""


def colour(code: str) -> Colour:
    """A colour as it is written: ``#rrggbb``."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def check_box(side: int, gap: int, ground: Colour, border: Colour, tick: Colour | None) -> Pixmap:
    """A check box.

    Args:
        side: Of the box, in pixels.
        gap: Pixels that are left free at its right.
        ground, border: Its colours.
        tick: Of the tick; ``None``: it is not ticked.
    """
    pixels = bytearray()
    line = max(1.0, _LINE * side)
    for row in range(side):
        for column in range(side):
            x, y = column + 0.5, row + 0.5
            # Distance to the edge of the box in pixels, from the inside: one pixel's width is drawn softly.
            depth = _depth(x, y, side)
            outer = _covered(depth)
            if not outer:
                pixels += bytes(4)
                continue
            mixed = _mix(border, ground, _covered(depth - line))
            if tick is not None:
                near = min(_to_segment(x / side, y / side, *pair) for pair in pairwise(_TICK))
                mixed = _mix(mixed, tick, _covered((_TICK_HALF - near) * side))
            pixels += bytes((round(outer * 255), *mixed))
        pixels += bytes(4 * gap)
    return side + gap, side, bytes(pixels)


def chevron(side: int, ink: Colour) -> Pixmap:
    """The arrow of a list, pointing down.

    Args:
        side: Of the picture, in pixels.
        ink: Its colour; the ground is clear.
    """
    pixels = bytearray()
    for row in range(side):
        for column in range(side):
            x, y = (column + 0.5) / side, (row + 0.5) / side
            near = min(_to_segment(x, y, *pair) for pair in pairwise(_CHEVRON))
            pixels += bytes((round(_covered((_CHEVRON_HALF - near) * side) * 255), *ink))
    return side, side, bytes(pixels)


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
