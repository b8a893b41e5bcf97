"""The fingerprint of a figure: a short hash of all that a reader sees.

It takes every visible text, scale, limit, colour, marker and line, and the drawn data rounded on
the span of their axis, finer than a pixel. So a difference in the last bit of a processor does not
change it, and a difference that can be seen does. Where things stand on the page is left out: that
follows from fonts and layout.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure, SubFigure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Transform

__all__ = ["take_fingerprint"]

GRID = 2000  # steps over an axis: finer than the pixels of the widest figure of the book
# Values that stand on a step for a reason (ends, halves, margins) must not stand on a rounding tie.
OFF_TIE = 0.5 - 1 / np.pi


def take_fingerprint(figure: Figure) -> str:
    """Return twelve hexadecimal digits for what a drawn figure shows.

    Parameters
    ----------
    figure : Figure
        A figure that was drawn, so that its ticks have their labels.

    Raises
    ------
    TypeError
        If the figure holds an artist of a class that is not known here: nothing goes unseen.
    """
    told = "\n".join(_describe(figure))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def _describe(artist: Artist) -> Iterator[str]:
    """Yield one line for each thing that a reader sees, in the order in which it is drawn."""
    if not artist.get_visible():
        return
    name = type(artist).__name__
    if isinstance(artist, Figure | SubFigure):
        yield f"{name} {_numbers(_size(artist))} {_colours(artist.get_facecolor())}"
    elif isinstance(artist, Axes):
        yield f"axes {_colours(artist.get_facecolor())} frame {artist.get_frame_on()}"
        for axis in (artist.xaxis, artist.yaxis):
            yield from _describe_axis(axis)
    elif isinstance(artist, Axis):
        return  # told by its axes
    elif isinstance(artist, Spine):
        yield f"spine {artist.spine_type} {_look(artist)}"
        return
    elif isinstance(artist, Legend):
        yield f"legend {artist.get_title().get_text()!r}"
        for handle, text in zip(artist.legend_handles, artist.get_texts(), strict=True):
            yield f"entry {text.get_text()!r} {_look(handle)}"
        return
    elif isinstance(artist, Text):
        if artist.get_text():
            place = _place(artist, artist.get_unitless_position())
            look = f"{artist.get_size():.1f} {_colours(artist.get_color())} {artist.get_weight()}"
            yield f"text {artist.get_text()!r} {place} {look} {artist.get_rotation():.1f}"
        if isinstance(artist, Annotation):
            arrow = artist.arrow_patch
            look = "" if arrow is None else _look(arrow)
            yield f"at {_place(artist, artist.xy, artist.xycoords)} {look}"
        return
    elif isinstance(artist, Line2D):
        yield f"line {_place(artist, artist.get_xydata())} {_look(artist)}"
        return
    elif isinstance(artist, FancyArrowPatch):
        ends = np.array(artist._posA_posB)
        yield f"arrow {_place(artist, ends)} {_look(artist)}"
        return
    elif isinstance(artist, Patch):
        path = artist.get_patch_transform().transform_path(artist.get_path())
        if artist is not getattr(artist.axes, "patch", None) and artist.axes is not None:
            yield f"patch {_place(artist, path.vertices)} {_look(artist)}"
        return
    elif isinstance(artist, Collection):
        moved = artist.get_offset_transform()
        scattered = artist.axes is not None and moved.contains_branch(artist.axes.transData)
        for path in artist.get_paths():
            if scattered:
                yield f"marker {_numbers(path.vertices)}"
            else:
                yield f"shape {_place(artist, path.vertices)}"
        if scattered:
            yield f"points {_place(artist, artist.get_offsets(), moved)}"
        yield f"collection {_look(artist)}"
        return
    elif isinstance(artist, AxesImage):
        rgba = artist.to_rgba(artist.get_array(), bytes=True)
        pixels = hashlib.sha256(rgba.tobytes()).hexdigest()
        yield f"image {_place(artist, np.reshape(artist.get_extent(), (2, 2)).T, 'data')} {pixels}"
        return
    else:
        raise TypeError(f"expected an artist that the fingerprint knows, found {name}")
    for child in artist.get_children():
        yield from _describe(child)


def _describe_axis(axis: Axis) -> Iterator[str]:
    """Yield the label, scale, limits, ticks with their labels, and grid of one axis."""
    low, high = axis.get_view_interval()
    yield f"{axis.axis_name} axis visible {axis.get_visible()} scale {axis.get_scale()}"
    yield f"limits {_limits(low, high)} inverted {axis.get_inverted()}"
    if not axis.get_visible():
        return
    yield f"label {axis.label.get_text()!r} {_colours(axis.label.get_color())}"
    yield f"offset {axis.get_offset_text().get_text()!r}"
    scaled = axis.get_transform().transform(np.array([low, high], dtype=float))
    for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
        place = axis.get_transform().transform(np.array([tick.get_loc()], dtype=float))
        share = (place - scaled[0]) / (scaled[1] - scaled[0])
        if not -1e-9 <= share[0] <= 1 + 1e-9:
            continue
        parts = [
            f"{label.get_text()!r}" for label in (tick.label1, tick.label2) if label.get_visible()
        ]
        grid = _look(tick.gridline) if tick.gridline.get_visible() else "no grid"
        yield f"tick {_steps(share)} {' '.join(parts)} {grid}"


def _look(artist: Artist) -> str:
    """Return colours, widths, markers and hatches of an artist."""
    parts = [f"alpha {artist.get_alpha()} order {artist.get_zorder():g}"]
    if isinstance(artist, Line2D):
        parts += [
            f"line {artist.get_linestyle()} {artist.get_linewidth():.1f} {artist.get_drawstyle()}",
            _colours(artist.get_color()),
            f"marker {artist.get_marker()!r} {artist.get_markersize():.1f} "
            f"{artist.get_markeredgewidth():.1f} {artist.get_fillstyle()}",
            _colours(artist.get_markerfacecolor()),
            _colours(artist.get_markeredgecolor()),
        ]
    elif isinstance(artist, Patch):
        parts += [
            f"edge {artist.get_linestyle()} {artist.get_linewidth():.1f} {artist.get_hatch()}",
            f"{_colours(artist.get_facecolor())} {_colours(artist.get_edgecolor())}",
            f"filled {artist.get_fill()}",
        ]
    elif isinstance(artist, Collection):
        artist.update_scalarmappable()
        widths = _numbers(artist.get_linewidths(), 1)
        parts += [f"edge {widths} {artist.get_linestyles()} {artist.get_hatch()}"]
        parts += [_colours(artist.get_facecolors()), _colours(artist.get_edgecolors())]
        if hasattr(artist, "get_sizes") and artist.get_sizes() is not None:
            parts.append(f"sizes {_numbers(artist.get_sizes(), 1)}")
    else:  # a container as the handle of a legend
        parts += [_look(child) for child in artist.get_children()]
    return " ".join(parts)


def _place(artist: Artist, points, transform=None) -> str:
    """Return points as steps along the axes they belong to.

    Points given in data stand on the scale of the axis, between its limits; those given in shares
    of the axes or the figure are such steps already; others (points of ink) are rounded.
    """
    points = np.ma.filled(np.ma.asarray(points, dtype=float), np.nan).reshape(-1, 2)
    axes, moved = artist.axes, artist.get_transform() if transform is None else transform
    if axes is None or isinstance(moved, Artist):  # beside another artist
        return _numbers(points, 3)
    if isinstance(moved, Transform):
        in_data = moved.contains_branch_seperately(axes.transData)
    else:  # words, one for both directions or one each
        in_data = [word == "data" for word in ((moved, moved) if isinstance(moved, str) else moved)]
    columns = []
    for values, axis, data in zip(points.T, (axes.xaxis, axes.yaxis), in_data, strict=True):
        if data:
            ends = np.array(axis.get_view_interval(), dtype=float)
            with np.errstate(divide="ignore", invalid="ignore"):
                low, high = axis.get_transform().transform(ends)
                values = (axis.get_transform().transform(values) - low) / (high - low)
        columns.append(_steps(values))
    return " ".join(columns)


def _steps(shares: np.ndarray) -> str:
    """Return shares of an axis as whole steps."""
    steps = np.floor(np.asarray(shares, dtype=float) * GRID + OFF_TIE)
    return ",".join("-" if not np.isfinite(step) else f"{step:.0f}" for step in steps)


def _limits(low: float, high: float) -> str:
    """Return two limits to a hundred-thousandth of their span, and the span."""
    span = abs(high - low) or 1.0
    ends = (np.floor(end / span * 1e5 + OFF_TIE) for end in (low, high))
    return " ".join(f"{x:.0f}" for x in (*ends, np.floor(np.log10(span) * 1e5 + OFF_TIE)))


def _numbers(values, digits: int = 2) -> str:
    flat = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    return ",".join(f"{np.floor(x * 10**digits + OFF_TIE):.0f}" for x in flat)


def _colours(colours) -> str:
    """Return colours to eight bits."""
    if isinstance(colours, str) and colours in ("auto", "none"):
        return colours
    rgba = np.floor(to_rgba_array(colours) * 255 + 0.5).astype(int)
    return " ".join("#" + "".join(f"{channel:02x}" for channel in colour) for colour in rgba)


def _size(figure) -> list[float]:
    return [*figure.get_size_inches()] if isinstance(figure, Figure) else []
