"""The login window as a person sees it."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Mapping

from PIL import Image, ImageColor

from telex_start.desktop.tk import look

_PICTURE_WITHIN = 5.0
"""Seconds."""


def takes_keys(environ: Mapping[str, str], window: str) -> bool:
    """Whether one of its fields has the frame of the focus, as none has while a sign-in is under way.

    Args:
        environ: Of the desktop that it is on.
        window: Its id, as xdotool has it.
    """
    command = ["import", "-silent", "-window", window, "png:-"]
    try:
        taken = subprocess.run(command, env={**os.environ, **environ}, capture_output=True, timeout=_PICTURE_WITHIN)
    except subprocess.TimeoutExpired:
        return False  # the window has gone, and ImageMagick 6.9 waits for a click on another
    if taken.returncode:
        return False
    with Image.open(io.BytesIO(taken.stdout)) as picture:
        width, height = picture.size
        # Between the heading and the buttons nothing else has that colour.
        fields = picture.convert("RGB").crop((0, int(0.3 * height), width, int(0.68 * height)))
    lit = ImageColor.getrgb(look.ACCENT)
    return sum(count for count, colour in fields.getcolors(width * height) or [] if colour == lit) > width
