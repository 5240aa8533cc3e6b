"""What is to be seen in pictures of a screen."""

from __future__ import annotations

from PIL import Image, ImageChops

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


def difference(one: Image.Image, other: Image.Image) -> tuple[Box | None, int]:
    """Where two pictures are not the same, and by how many pixels."""
    unlike = ImageChops.difference(one, other).convert("L").point(lambda value: 255 if value else 0)
    return unlike.getbbox(), unlike.histogram()[255]


def lines_of_text(menu: Image.Image) -> list[int]:
    """The middles of a menu's lines of text, from its top: rows that have ink where neither edge nor shadow is."""
    inner = menu.crop((16, 0, menu.width - 16, menu.height))
    inked = [len(set(inner.crop((0, row, inner.width, row + 1)).getdata())) > 1 for row in range(inner.height)]
    lines: list[int] = []
    began = None
    for row, ink in enumerate([*inked, False]):
        if ink and began is None:
            began = row
        elif not ink and began is not None:
            if row - began >= 6:  # a separator is lower
                lines.append((began + row) // 2)
            began = None
    return lines


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two colours are about the same."""
    return all(abs(a - b) < 16 for a, b in zip(one, other, strict=True))
