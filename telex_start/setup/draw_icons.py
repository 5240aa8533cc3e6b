"""Draws the program's icons into an icon theme's folder, in a process of its own: whoever asks for them goes on without
Pillow."""

from __future__ import annotations

import os
import subprocess
import sys

from ..errors import TelexStartError
from ..process import itself, paths
from .launch import NOT_DONE

SIZES = (16, 22, 24, 32, 48, 64, 128, 256)
"""Pixels, each drawn for itself: those that the icon theme hicolor 0.17 has folders for, as far as desktops ask for."""


def files(theme: str) -> dict[int, str]:
    """The icons' files by their size.

    Args:
        theme: The theme's folder.
    """
    return {size: os.path.join(theme, f"{size}x{size}", "apps", "telex-start.png") for size in SIZES}


def draw_elsewhere(target: str) -> None:
    """Draw them all. Their folders are there.

    Args:
        target: As for :func:`main`.

    Raises:
        TelexStartError: they cannot be drawn, or not be written.
    """
    words, environ = [*itself.command(__name__), target], {**os.environ, **itself.environment()}
    try:
        done = subprocess.run(words, env=environ, capture_output=True, text=True, check=False)
    except OSError as error:
        raise TelexStartError(f"the icons cannot be drawn ({error.strerror}).", NOT_DONE) from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise TelexStartError(f"the icons cannot be drawn in {target} ({last}).", NOT_DONE)


def main(target: str) -> None:
    """Draw them all, here.

    Args:
        target: The theme's folder; or the path of an ``.ico`` file, for Windows.

    Raises:
        OSError: one cannot be written.
    """
    from ..desktop import icons
    from ..states import State

    if target.endswith(".ico"):
        with open(target, "wb") as file:
            file.write(icons.ico(State.ONLINE))
        return
    for size, path in files(target).items():
        with paths.replacing(path) as file:
            icons.draw(State.ONLINE, 0, size).save(file, "PNG")


if __name__ == "__main__":
    main(sys.argv[1])
