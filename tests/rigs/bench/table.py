"""The table that a run of the benchmarks prints: each figure, ours and the peer's of the same run, ratio and goal."""

from __future__ import annotations

from collections.abc import Sequence

from tests.rigs.bench.measuring import median


class Table:
    """Rows, printed as they come."""

    def __init__(self) -> None:
        self.missed: list[str] = []
        """The figures that did not reach their goal."""
        print(f"{'figure':<58} {'ours':>22} {'peer':>22} {'ratio':>6}  goal", flush=True)

    def row(
        self,
        figure: str,
        ours: Sequence[float],
        peers: Sequence[float] = (),
        *,
        unit: str = "",
        goal: float | None = None,
        most: float | None = None,
        peer: str = "C++",
        more_is_better: bool = False,
    ) -> None:
        """A figure: median, and in parentheses least to most.

        Args:
            figure: What it is.
            ours: One of each round.
            peers: Likewise; empty where the peer cannot be had, or has no such thing.
            unit: Of all of them.
            goal: The ratio of ours to the peer's that is wanted.
            most: What ours is to be at most.
            peer: Who it is.
            more_is_better: The ratio is to be at least ``goal``; else at most.
        """
        own = median(list(ours))
        ratio = own / median(list(peers)) if peers else None
        wanted, reached = "", True
        if goal is not None:
            wanted = f"{'at least' if more_is_better else 'at most'} {goal:g} times {peer}"
            reached = ratio is None or (ratio >= goal if more_is_better else ratio <= goal)
        if most is not None:
            wanted = f"at most {most:g}{unit}"
            reached = own <= most
        if not reached:
            self.missed.append(figure)
        told = f"{ratio:.2f}" if ratio is not None else ""
        print(
            f"{figure:<58} {_spread(ours, unit):>22} {_spread(peers, unit):>22} {told:>6}  "
            f"{wanted}{'' if reached or not wanted else '  MISSED'}",
            flush=True,
        )


def _spread(values: Sequence[float], unit: str) -> str:
    if not values:
        return "-"
    shown = [_short(each) for each in (median(list(values)), min(values), max(values))]
    if len(values) == 1:
        return shown[0] + unit
    return f"{shown[0]}{unit} ({shown[1]}-{shown[2]})"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
