"""What is to be seen in pictures of a screen."""

from __future__ import annotations

from PIL import Image, ImageChops

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


def difference(one: Image.Image, other: Image.Image) -> tuple[Box | None, int]:
    """Where two pictures are not the same, and by how many pixels."""
    unlike = ImageChops.difference(one, other).convert("L").point(lambda value: 255 if value else 0)
    return unlike.getbbox(), unlike.histogram()[255]


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two colours are about the same."""
    return all(abs(a - b) < 16 for a, b in zip(one, other, strict=True))
