"""Pictures for the bus: raw pixels as they are, and Pillow's images made into such; Pillow itself is not imported."""

from __future__ import annotations

from typing import Any

Pixmap = tuple[int, int, bytes]
"""Width and height in pixels, and the pixels row by row, each as the bytes A, R, G, B, alpha straight: ``(iiay)``."""

SIZES = (16, 22, 24, 32, 48, 64)
"""Pixels; what panels show. An image is given in those that it is large enough for."""


def check(picture: Any) -> None:
    """See whether something can be an icon: one or more :data:`Pixmap`, or an image of Pillow's.

    Raises:
        ValueError: it is neither; says why.
    """
    if picture is None or _is_image(picture):
        return
    if not isinstance(picture, list | tuple):
        raise ValueError(f"an icon is a list of pixmaps or an image, not {type(picture).__name__}")
    for pixmap in picture:
        match pixmap:
            case (int() as width, int() as height, bytes() as pixels):
                if width < 1 or height < 1 or len(pixels) != width * height * 4:
                    raise ValueError(f"{len(pixels)} bytes are not {width} times {height} pixels of 4 bytes")
            case _:
                raise ValueError("a pixmap is a tuple of width, height and bytes")


def pixmaps_of(picture: Any) -> list[Pixmap]:
    """The picture as pixmaps, smallest first: some panels take the first that is large enough."""
    if picture is None:
        return []
    pixmaps = _from_image(picture) if _is_image(picture) else list(picture)
    return sorted(pixmaps, key=lambda pixmap: pixmap[0] * pixmap[1])


def rgba(pixmap: Pixmap) -> bytes:
    """The pixels with their bytes as R, G, B, A."""
    argb = pixmap[2]
    pixels = bytearray(len(argb))
    pixels[0::4], pixels[1::4], pixels[2::4], pixels[3::4] = argb[1::4], argb[2::4], argb[3::4], argb[0::4]
    return bytes(pixels)


def _is_image(picture: Any) -> bool:
    return hasattr(picture, "convert") and hasattr(picture, "resize")


def _from_image(image: Any) -> list[Pixmap]:
    image = image.convert("RGBA")
    largest = max(image.size)
    # Smaller than all of them: as it is.
    sizes = [size for size in SIZES if size <= largest] or [largest]
    return [_scaled(image, size) for size in sizes]


def _scaled(image: Any, size: int) -> Pixmap:
    """The image on a transparent square of this size, its proportions kept."""
    if image.size != (size, size):
        scale = size / max(image.size)
        width, height = (max(1, round(edge * scale)) for edge in image.size)
        scaled = image.resize((width, height), 1)  # Lanczos
        image = image.resize((size, size))
        image.paste((0, 0, 0, 0), (0, 0, size, size))
        image.paste(scaled, ((size - width) // 2, (size - height) // 2))
    pixels = image.tobytes()
    argb = bytearray(len(pixels))
    argb[0::4], argb[1::4], argb[2::4], argb[3::4] = pixels[3::4], pixels[0::4], pixels[1::4], pixels[2::4]
    return size, size, bytes(argb)
