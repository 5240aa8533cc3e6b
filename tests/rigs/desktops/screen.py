"""Looks at a desktop's screen: compares pictures, reads text by tesseract, finds the icon, and waits for changes."""

from __future__ import annotations

import io
import os
import subprocess
import time
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from PIL import Image, ImageChops, ImageOps
from Xlib import X

from tests.process import comes

from .known import SCREEN, Desktop

# What has changed.


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


def difference(one: Image.Image, other: Image.Image) -> tuple[Box | None, int]:
    """The box in which two pictures differ, and how many pixels do."""
    unlike = ImageChops.difference(one, other).convert("L").point(lambda value: 255 if value else 0)
    return unlike.getbbox(), unlike.histogram()[255]


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two colours are about the same."""
    return all(abs(a - b) < 16 for a, b in zip(one, other, strict=True))


# Reading text.


_SCALE = 3
"""Enlarges pictures for tesseract, which reads letters best at some 30 pixels of height; on desktops they have 10."""

_ONE_FOR_ALL, _BY_PLACE = 0, 2
"""How tesseract separates text from background: by one brightness for the whole picture (Otsu), or by the pixels around
(Sauvola). The first reads a menu better, the second a grey toast with white text beside a black panel (GNOME)."""
_LINE = 6
"""Pixels by which the middles of two neighbouring words in one line may differ in height."""


class Word(NamedTuple):
    """One word, and where it is: the middle, in pixels of the picture."""

    text: str
    across: int
    down: int


def words_of(picture: Image.Image, thresholding: int = _ONE_FOR_ALL) -> list[Word]:
    """The words in a picture, in reading order."""
    grey = ImageOps.autocontrast(picture.convert("L"))
    if sum(grey.histogram()[:128]) > grey.width * grey.height // 2:
        grey = ImageOps.invert(grey)  # tesseract reads light on dark less well
    large = ImageOps.expand(grey.resize((grey.width * _SCALE, grey.height * _SCALE), Image.Resampling.LANCZOS), 30, 255)
    file = io.BytesIO()
    large.save(file, "PNG")
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "--psm", "11", "-c", f"thresholding_method={thresholding}", "tsv"],
        input=file.getvalue(),
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        capture_output=True,
        check=True,
    )
    words = []
    for line in done.stdout.decode().splitlines()[1:]:
        *_, left, top, width, height, _, text = line.split("\t")
        if text.strip():
            across, down = int(left) + int(width) // 2 - 30, int(top) + int(height) // 2 - 30
            words.append(Word(text, across // _SCALE, down // _SCALE))
    return words


def lines_of(picture: Image.Image) -> list[Word]:
    """The lines of text, each at the middle of its first word; read in both ways, as by :func:`read`."""
    return [line for way in (_ONE_FOR_ALL, _BY_PLACE) for line in _lines(words_of(picture, way))]


def _lines(words: list[Word]) -> list[Word]:
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.down):
        if lines and word.down - lines[-1][-1].down < _LINE:
            lines[-1].append(word)
        else:
            lines.append([word])
    ordered = [sorted(line, key=lambda word: word.across) for line in lines]
    return [Word(" ".join(word.text for word in line), line[0].across, line[0].down) for line in ordered]


def read(picture: Image.Image) -> str:
    """The text in a picture, read in both ways of thresholding, one after the other; one blank between words."""
    return " ".join(word.text for way in (_ONE_FOR_ALL, _BY_PLACE) for word in words_of(picture, way))


def likeness(wanted: str, seen: str) -> float:
    """How much of the text ``wanted`` is found in ``seen``, from 0 to 1, ignoring blanks and capitals."""
    wanted, seen = (text.replace(" ", "").lower() for text in (wanted, seen))
    blocks = SequenceMatcher(None, wanted, seen, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / max(1, len(wanted))


def is_read(wanted: str, seen: str) -> bool:
    """Whether the text ``wanted`` is in ``seen``; allows for some errors in reading small letters."""
    return likeness(wanted, seen) >= 0.75


# The screen.

STARTED_WITHIN = 60.0
"""Seconds for each step of a desktop's start; it is slow with software rendering on a busy machine."""
APPEARS_WITHIN = 15.0
"""Seconds in which an icon, a menu or a toast appears; it takes less than one."""
IN_PLACE_WITHIN = 3.0
"""Seconds in which something new comes to rest, or never does: in MATE 1.26 a toast with buttons has a running clock
until it goes, after ten seconds."""
SETTLED = 2.0
"""Seconds after which a desktop that drops an icon has dropped it, and windows are in place."""
AN_ICON = 30
"""How many pixels of the tray an icon changes at least; the smallest icons have some 16 by 16."""
A_MENU = 5000
"""How many pixels of the screen a menu or a toast changes at least; a clock changes fewer."""
VIOLET = (110, 80, 240)
"""The colour of the icon while the agent is online."""


class Screen:
    """A screen with a desktop on it.

    Attributes:
        desktop: The desktop.
        empty: A picture of the tray without our icon.
        empty_screen: A picture of the whole screen without it.
    """

    empty: Image.Image
    empty_screen: Image.Image

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self._display: Any = None
        """The connection to the X server."""
        self._icon_at: tuple[int, int] | None = None

    def run(self, *command: str) -> str:
        """Run a command on the desktop to its end; gives its output. For the subclass that has the desktop."""
        raise NotImplementedError

    def screen(self) -> Image.Image:
        """The whole screen."""
        return self._look((0, 0, *SCREEN))

    def icon_pixels(self) -> int:
        """How many pixels of the tray differ from the tray without our icon."""
        return difference(self.empty, self._look(self.desktop.tray))[1]

    def wait_for_online_icon(self, within: float = APPEARS_WITHIN) -> tuple[int, int] | None:
        """Wait for the icon of an agent that is online; gives its middle, or ``None`` if it does not come."""
        self.withdraw_pointer()
        return comes(self.online_icon, within)

    def online_icon(self) -> tuple[int, int] | None:
        """The middle of the violet pixels in the tray; ``None`` if there are too few for an icon."""
        left, top, width, _ = self.desktop.tray
        pixels = list(self._look(self.desktop.tray).getdata())
        places = [n for n, pixel in enumerate(pixels) if alike(pixel, VIOLET)]
        if len(places) < AN_ICON:
            return None
        across, down = sorted(n % width for n in places), sorted(n // width for n in places)
        self._icon_at = left + across[len(places) // 2], top + down[len(places) // 2]
        return self._icon_at

    def wait_for_icon_place(self) -> tuple[int, int] | None:
        """Wait for the icon, whatever state it shows; gives its middle, or ``None``.

        An icon without violet is taken to be where it was last seen online: a change elsewhere in the tray may be the
        bell of the toasts. If it was never online, its place is where the tray has changed.
        """
        self.withdraw_pointer()
        self.wait_until(lambda: self.icon_pixels() >= AN_ICON, APPEARS_WITHIN)
        if (place := self.online_icon() or self._icon_at) is not None:
            return place
        box, count = difference(self.empty, self.tray())
        if box is None or count < AN_ICON:
            return None
        left, top = self.desktop.tray[:2]
        return left + (box[0] + box[2]) // 2, top + (box[1] + box[3]) // 2

    def tray(self) -> Image.Image:
        """A picture of the tray."""
        return self._look(self.desktop.tray)

    def withdraw_pointer(self) -> None:
        """Put the pointer into the middle of the screen: an icon below the pointer gets lighter, and shows a tip."""
        self.run("xdotool", "mousemove", str(SCREEN[0] // 2), str(SCREEN[1] // 2))

    def change(self, before: Image.Image) -> tuple[Box | None, int]:
        """The box in which the screen differs from that picture, and how many pixels do."""
        return difference(before, self.screen())

    def wait_for_change(
        self, before: Image.Image, pixels: int = A_MENU, within: float = APPEARS_WITHIN, beside: Box | None = None
    ) -> tuple[Box | None, int]:
        """Wait until something as large as a menu has come and stands still; gives the same as :meth:`change`.

        Args:
            beside: Changes within this box do not count.
        """

        def change() -> tuple[Box | None, int]:
            now = self.screen()
            if beside is not None:
                now.paste(before.crop(beside), beside)
            return difference(before, now)

        self.wait_until(lambda: change()[1] >= pixels, within)
        self.settle(IN_PLACE_WITHIN)
        return change()

    def wait_for_still(self, before: Image.Image) -> tuple[Image.Image, Box | None, int]:
        """Wait until something has come and stands still; gives its first picture, then what :meth:`change` gives.

        So a toast is in the picture even if it goes soon: GNOME removes it after four seconds.
        """
        deadline = time.monotonic() + APPEARS_WITHIN
        last = self.screen()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            before_that, last = last, self.screen()
            there = difference(before, last)[1] >= A_MENU
            if there and difference(before_that, last)[1] < AN_ICON:  # a toast in MATE has a running clock
                break
        return last, *difference(before, last)

    def settle(self, within: float = APPEARS_WITHIN) -> None:
        """Wait until the screen has looked the same for half a second, or the time is over."""
        last = self.screen()

        def still() -> bool:
            nonlocal last
            time.sleep(0.5)
            before, last = last, self.screen()
            return not difference(before, last)[1]

        self.wait_until(still, within)

    @staticmethod
    def wait_until(condition: Callable[[], bool], within: float) -> bool:
        """Wait, by asking again and again, until the condition holds; gives whether it did within so many seconds."""
        return comes(condition, within)

    def _look(self, part: tuple[int, int, int, int]) -> Image.Image:
        """A picture of a part of the screen: left, top, width and height."""
        raw = self._display.screen().root.get_image(*part, X.ZPixmap, 0xFFFFFFFF).data
        return Image.frombytes("RGB", part[2:], bytes(raw), "raw", "BGRX")

    def _at_rest(self) -> Image.Image:
        """Wait until the tray has looked the same for two seconds; gives its picture."""
        deadline = time.monotonic() + STARTED_WITHIN
        look, since = self._look(self.desktop.tray), time.monotonic()
        while time.monotonic() - since < SETTLED:
            assert time.monotonic() < deadline, "the desktop does not come to rest"
            time.sleep(0.1)
            if (now := self._look(self.desktop.tray)) != look:
                look, since = now, time.monotonic()
        return look
