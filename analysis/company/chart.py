"""Pictures of the company page as places on a plane of 100 by 100; the template draws them.

Places are per cent of the width and the height, so that words keep their size on a small screen.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Line", "Point", "draw_lines", "place_row", "ticks"]

MOST = 5  # ticks on an axis, about


@dataclass(frozen=True)
class Point:
    """One number over a place on the horizontal axis, with the ends of its interval."""

    x: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """A named line; ``parts`` are drawn apart, so that a gap in the data is a gap in the line."""

    name: str
    parts: tuple[tuple[Point, ...], ...]


def ticks(low: float, high: float, *, most: int = MOST) -> list[float]:
    """Return round numbers from at or below ``low`` to at or above ``high``.

    Examples
    --------
    >>> ticks(0.3, 8.1)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    """
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if span / (power * k) <= most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, max(last, first + 1) + 1)]


def place_row(
    value: float, low: float, high: float, *, axis: Sequence[float]
) -> tuple[float, float, float]:
    """Return where low, value and high lie between the ends of an axis, in per cent."""
    first, last = axis[0], axis[-1]

    def place(x: float) -> float:
        return round(min(max(100 * (x - first) / (last - first), 0.0), 100.0), 1)

    return place(low), place(value), place(high)


def draw_lines(
    lines: Sequence[Line],
    *,
    across: Sequence[tuple[float, str]],
    say: Callable[[float], str],
    zero: bool = False,
) -> dict | None:
    """Return lines with bands as SVG points, with both axes; None if there is nothing to draw.

    Parameters
    ----------
    lines : sequence of Line
    across : sequence of (float, str)
        Marks of the horizontal axis and their names; the first and the last are its ends.
    say : function
        Writes a mark of the vertical axis.
    zero : bool
        Let the vertical axis start at zero.
    """
    points = [point for line in lines for part in line.parts for point in part]
    if not points:
        return None
    least = 0.0 if zero else min(point.low for point in points)
    up = ticks(least, max(point.high for point in points))
    left, right = across[0][0], across[-1][0]
    wide = (right - left) or 1.0

    def spot(x: float, y: float) -> tuple[float, float]:
        return 100 * (x - left) / wide, 100 - 100 * (y - up[0]) / (up[-1] - up[0])

    def path(part: Sequence[Point], end: str) -> list[tuple[float, float]]:
        return [spot(point.x, getattr(point, end)) for point in part]

    return {
        "lines": [
            {
                "name": line.name,
                "parts": [
                    {
                        "line": _text(path(part, "value")),
                        "band": _text(path(part, "high") + path(part, "low")[::-1]),
                        "dot": [round(x, 2) for x in path(part, "value")[0]],
                        "alone": len(part) == 1,
                        "reach": [
                            round(spot(0, part[0].low)[1], 2),
                            round(spot(0, part[0].high)[1], 2),
                        ],
                    }
                    for part in line.parts
                ],
            }
            for line in lines
        ],
        "across": [(round(spot(x, up[0])[0], 2), name) for x, name in across],
        "up": [(round(spot(left, y)[1], 2), say(y)) for y in up],
    }


def _text(points: Sequence[tuple[float, float]]) -> str:
    """Return points as SVG writes them."""
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
