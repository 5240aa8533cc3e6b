"""A picture of what the fleet did: connections and calls a second, a panel for each scenario."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .scenarios import SIZE_BEFORE, Result

_SCALE = 2
"""Drawn so many times as large, and made smaller: smooth lines without a library for them."""
_WIDTH, _HEIGHT = 560, 250
_COLUMNS = 2
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 52, 28, 34
_BINS = 240
"""Points of a line at most; each is the worst second of those it stands for."""
_FAINT = "#f3f4f6"
_INK, _GREY, _PALE = "#1f2328", "#6e7781", "#e3e6ea"
_CONNECTS, _CALLS = "#c2410c", "#2563eb"


def draw(results: list[Result], path: Path) -> None:
    """Write it as a PNG."""
    rows = -(-len(results) // _COLUMNS)
    size = (_WIDTH * _COLUMNS, 44 + _HEIGHT * rows)
    image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE), "white")
    pen = _Pen(ImageDraw.Draw(image))
    agents = results[0].size if results else 0
    pen.text(16, 14, f"{agents:,} agents at once: connections and calls a second", _INK, 17)
    pen.legend(size[0] - 300, 18, _CONNECTS, "connections")
    pen.legend(size[0] - 170, 18, _CALLS, "calls of the API")
    for index, result in enumerate(results):
        _panel(pen, result, _WIDTH * (index % _COLUMNS), 44 + _HEIGHT * (index // _COLUMNS))
    image.resize(size, Image.Resampling.LANCZOS).save(path, optimize=True)


class _Pen:
    """Draws in the picture's own pixels."""

    def __init__(self, on: ImageDraw.ImageDraw) -> None:
        self._on = on

    def text(self, x: float, y: float, words: str, colour: str, size: int = 12, anchor: str = "la") -> None:
        font = ImageFont.load_default(size * _SCALE)
        self._on.text((x * _SCALE, y * _SCALE), words, fill=colour, font=font, anchor=anchor)

    def line(self, points: list[tuple[float, float]], colour: str, width: float = 1) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self._on.line(scaled, fill=colour, width=round(width * _SCALE), joint="curve")

    def band(self, left: float, right: float, top: float, bottom: float) -> None:
        """While the server is down."""
        self._on.rectangle([left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE], fill=_FAINT)

    def legend(self, x: float, y: float, colour: str, words: str) -> None:
        self.line([(x, y + 7), (x + 18, y + 7)], colour, 2.5)
        self.text(x + 24, y, words, _GREY)


def _panel(pen: _Pen, result: Result, x: float, y: float) -> None:
    scenario = result.scenario
    left, right = x + _LEFT, x + _WIDTH - _RIGHT
    top, bottom = y + _TOP, y + _HEIGHT - _BOTTOM
    seconds = round(scenario.seconds)
    connects, calls = _per_second(result.connects, seconds), _per_second(result.calls, seconds)
    highest = _round_up(max(*connects, *calls, 1))
    pen.text(left, y + 10, scenario.name, _INK, 14)
    back = " once it is back" if result.counted_from else ""
    words = f"worst second{back}: {result.peak_connects:,} connections; {result.peak_calls:,} calls"
    if result.counted_from:
        pen.band(left, left + (right - left) * result.counted_from / seconds, top, bottom)
    if scenario.before and result.size == SIZE_BEFORE:
        words += f"  (0.1.0: {scenario.before})"
    pen.text(left, y + 29, words, _GREY, 11)
    for step in range(3):
        value = highest * step / 2
        height = bottom - (bottom - top) * step / 2
        pen.line([(left, height), (right, height)], _PALE)
        pen.text(left - 6, height, f"{value:,.0f}", _GREY, 11, "rm")
    for step in range(6):
        across = left + (right - left) * step / 5
        pen.text(across, bottom + 6, f"{seconds * step / 5:,.0f} s", _GREY, 11, "ma")
    wide = -(-seconds // _BINS)
    for counts, colour in ((calls, _CALLS), (connects, _CONNECTS)):
        worst = [max(counts[second : second + wide]) for second in range(0, seconds, wide)]
        points = [
            (left + (right - left) * (index + 0.5) / len(worst), bottom - (bottom - top) * count / highest)
            for index, count in enumerate(worst)
        ]
        pen.line(points, colour, 1.5)


def _per_second(times: list[float], seconds: int) -> list[int]:
    counts = [0] * seconds
    for when in times:
        if 0 <= when < seconds:
            counts[int(when)] += 1
    return counts


def _round_up(value: int) -> float:
    """The next number of which the half is round too."""
    power = 10.0 ** (len(str(value)) - 1)
    return next(power * factor for factor in (1, 2, 3, 4, 6, 8, 10) if power * factor >= value)
