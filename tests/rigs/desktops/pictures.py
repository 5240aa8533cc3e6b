"""What is to be seen and read in pictures of a screen; text by the program that reads it, tesseract."""

from __future__ import annotations

import io
import os
import subprocess
from difflib import SequenceMatcher
from typing import NamedTuple

from PIL import Image, ImageChops, ImageOps

# --- what has changed -------------------------------------------------------------------------------------------------


Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""


def difference(one: Image.Image, other: Image.Image) -> tuple[Box | None, int]:
    """Where two pictures are not the same, and by how many pixels."""
    unlike = ImageChops.difference(one, other).convert("L").point(lambda value: 255 if value else 0)
    return unlike.getbbox(), unlike.histogram()[255]


def alike(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two colours are about the same."""
    return all(abs(a - b) < 16 for a, b in zip(one, other, strict=True))


# --- what is to be read -----------------------------------------------------------------------------------------------


_SCALE = 3
"""It reads letters best that are some 30 pixels high; those of desktops have 10."""

_ONE_FOR_ALL, _BY_PLACE = 0, 2
"""How it tells ink from paper: by one brightness for the whole picture (Otsu), or by what is around (Sauvola). The
first reads a menu better, the second a grey toast with white words beside a black panel (GNOME)."""
_LINE = 6
"""Pixels by which the middles of words in one line differ at most."""


class Word(NamedTuple):
    """One word, and where it is: the middle, in pixels of the picture."""

    text: str
    across: int
    down: int


def words_of(picture: Image.Image, thresholding: int = _ONE_FOR_ALL) -> list[Word]:
    """The words, in reading order."""
    grey = ImageOps.autocontrast(picture.convert("L"))
    if sum(grey.histogram()[:128]) > grey.width * grey.height // 2:
        grey = ImageOps.invert(grey)  # light on dark is read less well
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
    """The lines, each with the middle of its first word across, and its own down; in both ways, as :func:`read`."""
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
    """The text, its words apart by one blank: read in both ways, one after the other."""
    return " ".join(word.text for way in (_ONE_FOR_ALL, _BY_PLACE) for word in words_of(picture, way))


def likeness(wanted: str, seen: str) -> float:
    """How much of a text is in what was read, from 0 to 1, blanks and capitals apart."""
    wanted, seen = (text.replace(" ", "").lower() for text in (wanted, seen))
    blocks = SequenceMatcher(None, wanted, seen, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size > 1) / max(1, len(wanted))


def is_read(wanted: str, seen: str) -> bool:
    """Whether a text is in what was read, as well as such small letters are read."""
    return likeness(wanted, seen) >= 0.75
