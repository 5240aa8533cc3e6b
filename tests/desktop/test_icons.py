"""The icon as a person sees it on a light and on a dark panel, and the cache of its pixels."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from telex_start.desktop import icons, pixmaps
from telex_start.desktop.pixmaps import SIZES
from telex_start.states import State
from tests.process import ROOT

PANELS = {"light": (0xF0, 0xF0, 0xF0), "dark": (0x2B, 0x2B, 0x2B)}
RED, QUIET_RED, WHITE = (217, 26, 46), (84, 91, 105), (255, 255, 255)
DARK = (64, 36, 0)
"""What stands in an amber bubble."""
WITH_BADGE = [State.CONNECTING, State.ONLINE, State.RECONNECTING]


def on(panel: str, icon: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", icon.size, (*PANELS[panel], 255))
    ground.alpha_composite(icon)
    return ground.convert("RGB")


def luminance(colour: tuple[int, ...]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """By the Web Content Accessibility Guidelines: 1 is none, 3 is enough for a picture, 4.5 for text."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def pixels(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    return [image.getpixel((x, y)) for y in range(height) for x in range(width)]  # type: ignore[misc]


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", State)
def test_each_state_stands_out_from_the_panel(state: State, size: int, panel: str) -> None:
    icon = icons.draw(state, 0, size)
    assert icon.size == (size, size)
    good = [pixel for pixel in pixels(on(panel, icon)) if contrast(pixel, PANELS[panel]) >= 2.4]
    assert len(good) > 0.15 * size * size


@pytest.mark.parametrize("size", SIZES)
def test_states_differ_also_without_colours(size: int) -> None:
    shown = [State.SIGNED_OUT, State.CONNECTING, State.ONLINE, State.SIGN_IN_NEEDED, State.STOPPED]
    for one, other in combinations(shown, 2):
        grey = [on("light", icons.draw(state, 0, size)).convert("L") for state in (one, other)]
        apart = [value for value in ImageChops.difference(*grey).tobytes() if value > 60]
        assert len(apart) >= size / 2, (one, other)


@pytest.mark.parametrize(
    ("unread", "size", "text"),
    [
        (0, 16, ""),
        (-1, 16, ""),
        (9, 16, "9"),
        (10, 16, "9+"),
        (10, 22, "9+"),
        (10, 24, "10"),
        (99, 24, "99"),
        (100, 64, "99+"),
    ],
)
def test_badge_says_as_much_as_there_is_room_for(unread: int, size: int, text: str) -> None:
    assert icons.badge_text(unread, size) == text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unread", [1, 7, 9, 10, 42, 99, 100])
@pytest.mark.parametrize("quiet", [False, True])
def test_badge_is_readable_whatever_the_panel_and_does_not_shout_in_a_pause(
    unread: int, size: int, quiet: bool
) -> None:
    colour, other = (QUIET_RED, RED) if quiet else (RED, QUIET_RED)
    assert contrast(colour, WHITE) > 4.5
    for panel in PANELS:
        seen = pixels(on(panel, icons.draw(State.ONLINE, unread, size, quiet)))
        # An edge takes some of the panel's colour on; what is within must not.
        assert seen.count(colour) > 0.08 * size * size
        assert seen.count(WHITE) > 0.015 * size * size
        assert other not in seen


@pytest.mark.parametrize("size", [16, 22, 24])
def test_small_digits_are_on_the_pixel_grid(size: int) -> None:
    for unread in range(1, 10):
        icon = icons.draw(State.ONLINE, unread, size)
        corner = on("dark", icon).crop((size - 8, size - 10, size - 2, size - 1))
        # Sharp: what is nearly white is wholly white.
        assert {pixel for pixel in pixels(corner) if min(pixel) > 120} == {(255, 255, 255)}


@pytest.mark.parametrize("size", SIZES)
def test_each_number_has_its_own_badge(size: int) -> None:
    most = 9 if size < 24 else 99
    assert len({icons.draw(State.ONLINE, unread, size).tobytes() for unread in range(most + 2)}) == most + 2


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unread", [0, 1, 42])
@pytest.mark.parametrize("state", WITH_BADGE)
def test_a_pause_is_seen_in_every_state_that_can_tell_anything(
    state: State, unread: int, size: int, panel: str
) -> None:
    """Without colours too, with and without a badge, on light and dark panels."""
    usual, quiet = (on(panel, icons.draw(state, unread, size, quiet)).convert("L") for quiet in (False, True))
    apart = [value for value in ImageChops.difference(usual, quiet).tobytes() if value > 60]
    assert len(apart) >= size / 2
    # Two bars: a row of the mark that is bright, dark, bright (or the other way) where it has them.
    ink = WHITE if state is State.ONLINE else DARK
    picture = on(panel, icons.draw(state, unread, size, quiet=True))
    rows = [[picture.getpixel((x, y)) == ink for x in range(size)] for y in range(size)]
    bars = [sum(1 for left, right in pairwise([False, *row]) if right and not left) for row in rows[: size // 2]]
    assert bars.count(2) >= 3 * size // 16 - 1


@pytest.mark.parametrize("state", [state for state in State if state not in WITH_BADGE])
def test_without_a_good_session_there_is_neither_a_badge_nor_a_pause(state: State) -> None:
    for unread, quiet in ((5, False), (0, True)):
        assert icons.draw(state, unread, 32, quiet).tobytes() == icons.draw(state, 0, 32).tobytes()


def test_the_icon_file_is_written_where_it_is_not_there(tmp_path: Path) -> None:
    """The file was rewritten at every start."""
    with Image.open(io.BytesIO(icons.ico(State.ONLINE))) as file:
        assert file.info["sizes"] == {(size, size) for size in SIZES}
        for size in SIZES:  # each drawn for itself
            file.size = (size, size)  # type: ignore[misc]
            assert file.convert("RGBA").tobytes() == icons.draw(State.ONLINE, 0, size).tobytes()
    path = tmp_path / "cache" / "telex-start.ico"
    assert icons.ico_file(str(path), State.ONLINE) == str(path)
    assert path.read_bytes() == icons.ico(State.ONLINE)
    before = path.stat()
    assert icons.ico_file(str(path), State.ONLINE) == str(path)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    path.write_bytes(path.read_bytes()[:100])
    assert icons.ico_file(str(path), State.ONLINE) == str(path)
    assert path.read_bytes() == icons.ico(State.ONLINE)
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("there", [True, False])
def test_an_icon_file_that_another_program_holds_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    """A mock of Windows, which replaces no file that a program has open. That error ended the agent's start."""

    def held(source: str, target: str) -> None:
        raise PermissionError(13, "Access is denied", source)

    path = tmp_path / "telex-start.ico"
    if there:
        path.write_bytes(b"an older one")
    monkeypatch.setattr(os, "replace", held)
    assert icons.ico_file(str(path), State.ONLINE) == (str(path) if there else None)
    assert list(tmp_path.iterdir()) == ([path] if there else [])


# The cache.


def drawn(unread: int, quiet: bool = False) -> list[pixmaps.Pixmap]:
    return [(size, size, icons.argb32(icons.draw(State.ONLINE, unread, size, quiet))) for size in SIZES]


def test_cached_pixels_are_those_that_were_drawn(tmp_path: Path) -> None:
    for quiet in (True, False, True):
        assert pixmaps.pixmaps(State.ONLINE, 3, tmp_path / "icons", quiet) == drawn(3, quiet)
    assert len(list((tmp_path / "icons").iterdir())) == 2
    signed_out = pixmaps.pixmaps(State.SIGNED_OUT, 0, tmp_path / "icons")
    assert pixmaps.pixmaps(State.SIGNED_OUT, 7, tmp_path / "icons", True) == signed_out
    assert len(list((tmp_path / "icons").iterdir())) == 3
    width, height, argb = signed_out[0]
    rgba = [argb[start + place] for start in range(0, len(argb), 4) for place in (1, 2, 3, 0)]
    assert pixmaps.rgba(signed_out[0]) == (width, height, bytes(rgba))


@pytest.mark.parametrize("cache", ["icons", "file/icons"], ids=["written", "not to be written"])
def test_neither_drawing_nor_reading_brings_pillow(tmp_path: Path, cache: str) -> None:
    """A process that lives for weeks does not hold the megabytes of a drawing that took a moment."""
    (tmp_path / "file").touch()
    code = (
        "import sys\nfrom telex_start.desktop.pixmaps import pixmaps, png\nfrom telex_start.states import State\n"
        f"png(pixmaps(State.ONLINE, 3, {str(tmp_path / cache)!r})[0])\nassert 'PIL' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize("damage", [b"", b"TXP1", b"x" * 40_000])
def test_a_damaged_file_is_drawn_anew(tmp_path: Path, damage: bytes) -> None:
    before = pixmaps.pixmaps(State.ONLINE, 3, tmp_path)
    [file] = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage or whole[:-1])
    assert pixmaps.pixmaps(State.ONLINE, 3, tmp_path) == before
    assert file.read_bytes() == whole


class Painters:
    """Counts the interpreters that are started to draw; each can be replaced by a command that never draws.

    Attributes:
        command: Shell words to run in their place.
    """

    def __init__(self, folder: Path) -> None:
        self.command = f'exec "{sys.executable}" "$@"'
        self.program = folder / "python"
        self._starts = folder / "starts"
        self._starts.touch()
        self.write()

    def write(self) -> None:
        self.program.write_text(f'#!/bin/sh\necho >>"{self._starts}"\n{self.command}\n')
        self.program.chmod(0o755)

    @property
    def started(self) -> int:
        return len(self._starts.read_bytes())


@pytest.fixture
def painters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Painters:
    painters = Painters(tmp_path)
    monkeypatch.setattr(sys, "executable", str(painters.program))
    return painters


def test_where_nothing_can_be_written_each_look_is_drawn_once(tmp_path: Path, painters: Painters) -> None:
    """As on a full disk, or in a read-only home: each message that comes, and each that is read, changes the icon."""
    (tmp_path / "file").touch()
    for unread in (11, 12, 11, 12):
        assert pixmaps.pixmaps(State.ONLINE, unread, tmp_path / "file" / "icons") == drawn(unread)
    assert painters.started == 2


def test_a_painter_that_does_not_end_holds_nothing_up(
    tmp_path: Path, painters: Painters, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "icons"
    for unread in (20, 25):
        pixmaps.pixmaps(State.ONLINE, unread, cache)
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    before = children.read_text()
    painters.command = "exec sleep 20"
    painters.write()
    monkeypatch.setattr(pixmaps, "PAINTED_WITHIN", 0.5)
    assert pixmaps.pixmaps(State.ONLINE, 24, cache) == drawn(25), "the nearest that is there"
    assert children.read_text() == before
    started = painters.started
    assert pixmaps.pixmaps(State.ONLINE, 24, cache) == drawn(24)
    assert painters.started == started


def test_the_cache_stays_small_and_keeps_what_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixmaps, "KEPT_FILES", 3)
    for unread in (1, 2, 3, 1, 4):
        pixmaps.pixmaps(State.ONLINE, unread, tmp_path)
    assert sorted(file.name.split("-")[1] for file in tmp_path.iterdir()) == ["1", "3", "4"]


def test_png_is_the_same_picture() -> None:
    icon = icons.draw(State.ONLINE, 42, 48)
    with Image.open(io.BytesIO(pixmaps.png((48, 48, icons.argb32(icon))))) as file:
        assert (file.mode, file.size, file.tobytes()) == ("RGBA", icon.size, icon.tobytes())
