"""Draws the tray icon at every size: a speech bubble with a T, a variant for each state, and the unread badge.

Also packs the pixels for StatusNotifier (ARGB32) and as a Windows ``.ico`` file. Only this module imports Pillow. All
geometry is in sixteenths of the icon's width and snapped to whole pixels before it is drawn eight times too large and
scaled down, so that straight edges stay sharp at 16 pixels.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable
from typing import NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFont

from ..process import paths
from ..states import SIGNED_IN, State

_OVER = 8
"""Times that shapes are drawn too large, in width and in height, before they are scaled down."""

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]


_WHITE: Colour = (255, 255, 255)
_BADGE: Colour = (217, 26, 46)
_QUIET_BADGE: Colour = (84, 91, 105)


_ICO_SIZES = (16, 22, 24, 32, 48, 64)
"""Pixels; the sizes that Windows takes from an ``.ico`` file."""


class _Look(NamedTuple):
    """How a state looks; ``glyph`` tells states apart without their colours."""

    top: Colour
    bottom: Colour
    ink: Colour | None
    """The glyph's colour in a filled bubble; ``None`` for an outline."""
    glyph: str


_GREY = _Look((146, 151, 160), (126, 131, 140), None, "T")
_AMBER = _Look((246, 164, 30), (210, 118, 0), (64, 36, 0), "…")
_LOOKS: dict[State, _Look] = {
    State.SIGNED_OUT: _GREY,
    State.WAITING_FOR_KEYRING: _GREY,
    State.SIGNING_IN: _AMBER,
    State.CONNECTING: _AMBER,
    State.ONLINE: _Look((139, 108, 255), (98, 66, 230), _WHITE, "T"),
    State.RECONNECTING: _AMBER,
    State.SIGN_IN_NEEDED: _Look((240, 84, 84), (208, 40, 52), _WHITE, "!"),
    State.STOPPED: _GREY._replace(glyph="■"),
}

# Digits for the sizes at which no font is legible; one string a row, a letter a pixel.
_PIXELS: dict[str, tuple[str, ...]] = {
    "0": (".###.", "##.##", "##.##", "##.##", "##.##", "##.##", ".###."),
    "1": ("..##", ".###", "####", "..##", "..##", "..##", "..##"),
    "2": (".###.", "##.##", "...##", "..##.", ".##..", "##...", "#####"),
    "3": (".###.", "##.##", "...##", "..##.", "...##", "##.##", ".###."),
    "4": ("...##", "..###", ".#.##", "#..##", "#####", "...##", "...##"),
    "5": ("#####", "##...", "####.", "...##", "...##", "##.##", ".###."),
    "6": (".###.", "##...", "####.", "##.##", "##.##", "##.##", ".###."),
    "7": ("#####", "...##", "...##", "..##.", "..##.", ".##..", ".##.."),
    "8": (".###.", "##.##", "##.##", ".###.", "##.##", "##.##", ".###."),
    "9": (".###.", "##.##", "##.##", ".####", "...##", "...##", ".###."),
    "+": ("...", "...", ".#.", "###", ".#.", "...", "..."),
}


def draw(state: State, unread: int, size: int, quiet: bool = False) -> Image.Image:
    """The icon, ``size`` by ``size`` pixels, RGBA with straight alpha on a transparent ground.

    Args:
        state: The state that the icon shows.
        unread: The number on the badge. There is no badge for 0; up to 23 pixels it says ``9+`` for more than 9, from
            24 pixels on ``99+`` for more than 99.
        size: Pixels; anything from 16 up, made for the sizes that panels ask for (see :mod:`.pixmaps`).
        quiet: Notifications are paused. With a good session (:data:`SIGNED_IN`) the icon then has two bars and a grey
            badge.
    """
    look = _LOOKS[state]
    # Only with a good session are the counts worth a badge; in the other states the glyph has the room.
    badge = badge_text(unread, size) if state in SIGNED_IN else ""
    icon = _gradient(look.top, look.bottom, size)
    bubble = _bubble(size, 0.0)
    quiet = quiet and state in SIGNED_IN
    mark = _bars(size, len(badge)) if quiet else _glyph(look.glyph, size, bool(badge))
    if look.ink:
        icon.putalpha(bubble)
        icon.alpha_composite(_flat(look.ink, mark))
    else:
        outline = ImageChops.subtract(bubble, _bubble(size, max(1.0, size / 16 * 1.25)))
        icon.putalpha(ImageChops.lighter(outline, mark))
    if badge:
        _add_badge(icon, badge, _QUIET_BADGE if quiet else _BADGE)
    return icon


def badge_text(unread: int, size: int) -> str:
    """The text on the badge at this size; empty for no badge."""
    most = 9 if size < 24 else 99
    return "" if unread <= 0 else str(unread) if unread <= most else f"{most}+"


class _Mask:
    """A mask drawn too large with coordinates in pixels, and then scaled down."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._image = Image.new("L", (size * _OVER, size * _OVER))
        self._pen = ImageDraw.Draw(self._image)

    def rounded(self, box: Box, radius: float) -> None:
        left, top, right, bottom = (edge * _OVER for edge in box)
        # Pillow counts the last row and column in.
        self._pen.rounded_rectangle((left, top, right - 1, bottom - 1), radius * _OVER, 255)

    def polygon(self, *points: tuple[float, float]) -> None:
        self._pen.polygon([(x * _OVER, y * _OVER) for x, y in points], 255)

    def done(self) -> Image.Image:
        return self._image.resize((self._size, self._size), Image.Resampling.BOX)


def _bubble(size: int, inset: float) -> Image.Image:
    """The speech bubble, made smaller by ``inset`` pixels on each side; its tail is at the left edge."""
    u = size / 16
    left, top, right, bottom = round(u), round(u), size - round(u), round(12.4 * u)
    mask = _Mask(size)
    mask.rounded((left + inset, top + inset, right - inset, bottom - inset), max(3.4 * u - inset, 0.5))
    tip, width = size - round(0.6 * u), 4.4 * u
    slope = (tip - bottom) / width
    tip_inset = inset * (slope + (1 + slope * slope) ** 0.5)
    middle = (top + bottom) / 2
    base = left + inset + (tip - tip_inset - bottom + inset) / slope
    mask.polygon((left + inset, middle), (left + inset, tip - tip_inset), (base, bottom - inset), (base, middle))
    return mask.done()


def _glyph(glyph: str, size: int, beside_badge: bool) -> Image.Image:
    """The glyph in the bubble. Its strokes are an even number of pixels wide, so that it is in the very middle."""
    u = size / 16
    mask = _Mask(size)

    def at(value: float) -> int:
        return round(value * u)

    middle = size // 2
    half = round(1.1 * u)
    if glyph == "T" and not beside_badge:
        top, thick = at(4), max(2, at(2))
        mask.rounded((at(4), top, size - at(4), top + thick), 0.3 * u)
        mask.rounded((middle - half, top, middle + half, at(10)), 0.3 * u)
    elif glyph == "…":
        gap = int(u)
        top = at(3.4) if beside_badge else at(6.6) - half
        for x in (middle - 3 * half - gap, middle - half, middle + half + gap):
            mask.rounded((x, top, x + 2 * half, top + 2 * half), half if size > 16 else 0.5)
    elif glyph == "!":
        mask.rounded((middle - half, at(3), middle + half, at(7.4)), 0.4 * u)
        mask.rounded((middle - half, at(8.4), middle + half, at(8.4) + at(2)), 0.4 * u)
    elif glyph == "■":
        mask.rounded((at(6), at(5), size - at(6), at(5) + size - 2 * at(6)), 0.4 * u)
    return mask.done()


def _bars(size: int, letters: int) -> Image.Image:
    """The two bars of a pause, where a badge of so many letters leaves room for them."""
    u = size / 16
    mask = _Mask(size)
    # Left of a round badge they are of full height; above a wide one they are low, and above any in 16 pixels.
    if not letters:
        middle, top, bottom, thick = 8.0, 4.0, 10.0, 2.0
    elif letters == 1:
        middle, top, bottom, thick = (5.4, 3.0, 8.6, 1.6) if size >= 22 else (7.0, 2.0, 6.0, 1.5)
    else:
        middle, top, bottom, thick = 8.0, 2.2, 6.0, 1.5
    wide = max(2, round(thick * u))
    left = round(middle * u) - wide - (gap := max(1, round(0.8 * u)))
    for x in (left, left + wide + 2 * gap):
        mask.rounded((x, round(top * u), x + wide, round(bottom * u)), 0.3 * u)
    return mask.done()


def _gradient(top: Colour, bottom: Colour, size: int) -> Image.Image:
    image = Image.new("RGB", (1, size))
    for y in range(size):
        part = y / (size - 1)
        image.putpixel((0, y), tuple(round(a + (b - a) * part) for a, b in zip(top, bottom, strict=True)))
    return image.resize((size, size))


def _flat(colour: Colour, mask: Image.Image) -> Image.Image:
    image = Image.new("RGBA", mask.size, (*colour, 0))
    image.putalpha(mask)
    return image


def _add_badge(icon: Image.Image, text: str, colour: Colour) -> None:
    """Put the badge into the lower right corner, with a clear gap around it."""
    size = icon.width
    if size < 32:
        margin = 1 if size < 22 else 2
        side = margin + 1
        words = _pixel_text(text)
    else:
        margin = round(size / 16)
        side = round(size / (9 if len(text) < 3 else 14))
        words = _font_text(text, size, size - 2 * side)
    height = words.height + 2 * margin
    width = max(words.width + 2 * side, height)
    left, top = size - width, size - height
    gap = max(1, round(size / 20))
    clear = _Mask(size)
    clear.rounded((left - gap, top - gap, size + 4 * gap, size + 4 * gap), height / 2 + gap)
    if left - gap < size / 16 * 2.9:
        # A splinter of the bubble left of a wide badge would look like a fault.
        clear.rounded((0, top - gap, size, size), 0)
    icon.putalpha(ImageChops.subtract(icon.getchannel("A"), clear.done()))
    pill = _Mask(size)
    pill.rounded((left, top, size, size), height / 2)
    icon.alpha_composite(_flat(colour, pill.done()))
    icon.alpha_composite(_flat(_WHITE, words), (left + (width - words.width) // 2, top + margin))


def _pixel_text(text: str) -> Image.Image:
    rows = [".".join(_PIXELS[c][y] for c in text) for y in range(7)]
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([255 if pixel == "#" else 0 for row in rows for pixel in row])
    return image


def _font_text(text: str, size: int, widest: int) -> Image.Image:
    height = size * (0.5 if len(text) == 1 else 0.44)
    # Three letters in 32 pixels run together when they are as bold as the others.
    bold = 0.4 if len(text) > 2 and size < 48 else size / 64
    while True:
        font = ImageFont.load_default(height)
        box = font.getbbox(text, stroke_width=bold)
        image = Image.new("L", (round(box[2]) + 2, round(box[3]) + 2))
        ImageDraw.Draw(image).text((1, 0), text, 255, font, stroke_width=bold)
        image = image.crop(image.getbbox())
        if image.width <= widest:
            return image
        height -= 0.5


def argb32(image: Image.Image) -> bytes:
    """The pixels as a StatusNotifierItem wants them: A, R, G, B, one byte each, row by row."""
    red, green, blue, alpha = image.split()
    return Image.merge("RGBA", (alpha, red, green, blue)).tobytes()


def ico(state: State, sizes: Iterable[int] = _ICO_SIZES) -> bytes:
    """A Windows icon file; each of its sizes, in pixels, is drawn separately, not scaled from another."""
    images = [draw(state, 0, size) for size in sizes]
    file = io.BytesIO()
    images[-1].save(file, "ICO", sizes=[image.size for image in images], append_images=images[:-1])
    return file.getvalue()


def ico_file(path: str, state: State) -> str | None:
    """Write a Windows icon file, unless it is there already.

    Args:
        path: The path of the file. Its folder is made.
        state: The state that the icon shows.

    Returns:
        ``path``, also if an older file is there that cannot be replaced; ``None`` if no file can be written.
    """
    wanted, found = ico(state), b""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        found = file.read()
    if found == wanted:
        return path
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with paths.replacing(path) as other:
            other.write(wanted)
    except OSError:  # another program holds it, or the disk is full
        return path if found else None
    return path
