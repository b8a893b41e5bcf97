"""One style for every figure; each has alt text, intervals and n.

nbval does not compare images, so :func:`show` prints a fingerprint of all that a reader sees beside
each (:mod:`analysis.fingerprint`): a figure that would show something else turns the run red.
"""

import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from analysis.claims import Claim
from analysis.estimate import Estimate, Z
from analysis.fingerprint import take_fingerprint

__all__ = ["KIND_STYLE", "PALETTE", "dots", "forest", "intervals", "set_style", "show", "steps"]

# Okabe and Ito (2008), colour-blind safe; the order also falls apart in grey.
PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#444444"]
KIND_STYLE = {
    "stated": (PALETTE[0], "o"),
    "behaviour": (PALETTE[1], "s"),
    "money": (PALETTE[2], "D"),
    "published": (PALETTE[6], "^"),
    "arithmetic": (PALETTE[3], "P"),
    "simulated": (PALETTE[5], "X"),
}
DPI = 160


def set_style() -> None:
    """Set the style of the book; call it once, in the imports cell."""
    sns.set_theme(
        style="whitegrid",
        palette=PALETTE,
        rc={
            "figure.figsize": (7.2, 4.0),
            "figure.dpi": DPI,
            "font.family": "DejaVu Sans",  # shipped with matplotlib: the same on every machine
            "font.size": 10,
            "axes.labelsize": 10,
            "axes.titlesize": 10,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.fontsize": 9,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#e6e6e6",
            "axes.edgecolor": "#888888",
            "figure.constrained_layout.use": True,
        },
    )


def show(figure: Figure, alt: str) -> None:
    """Display a figure with its alt text and the fingerprint of what it shows, then close it.

    Parameters
    ----------
    figure : Figure
        A matplotlib figure.
    alt : str
        What is drawn and the pattern that a reader would see; at least 30 characters.

    Raises
    ------
    ValueError
        If the alt text is too short to say that.
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"expected a matplotlib figure, found {type(figure).__name__}")
    if len(alt) < 30:
        raise ValueError(f"expected alt text that says what is drawn, found {alt!r}")
    figure.set_dpi(DPI)
    canvas, picture = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()
    plt.close(figure)
    # A chapter is sent by mail: 128 colours show the same at a third of the size.
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    drawn.quantize(128).save(picture, format="png", optimize=True)
    display(
        {
            "image/png": picture.getvalue(),
            "text/plain": f"Figure: {alt} [{take_fingerprint(figure)}]",
        },
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )


def forest(
    estimates: Sequence[Estimate],
    *,
    xlabel: str,
    claim: Claim | None = None,
    zero: bool = False,
    percent: bool = False,
    lines: Mapping[str, float] | None = None,
    xlim: tuple[float | None, float | None] | None = None,
) -> Figure:
    """Return a forest plot: one line per estimate, its interval and n, coloured by kind.

    Parameters
    ----------
    estimates : sequence of Estimate
        Drawn from top to bottom in this order, by label (or source, where there is none).
    xlabel : str
        What the horizontal axis measures, with its unit.
    claim : Claim, optional
        Shades the interval of this claim.
    zero : bool
        Draw a line at zero.
    percent : bool
        Show shares in per cent.
    lines : mapping of str to float, optional
        Reference lines, named above the picture, in the unit of the axis.
    xlim : tuple, optional
        Ends of the axis, in its unit; None leaves an end as it is.
    """
    _check([estimates])
    figure, ax = plt.subplots(figsize=(7.2, 0.9 + 0.34 * len(estimates)))
    factor = 100 if percent else 1
    if zero:
        ax.axvline(0, color="#888888", linewidth=1)
    seen = set()
    for row, estimate in enumerate(estimates):
        colour, marker = KIND_STYLE[estimate.kind]
        ax.plot(
            [factor * estimate.low, factor * estimate.high], [row, row], color=colour, linewidth=2
        )
        ax.plot(
            [factor * estimate.value],
            [row],
            marker,
            color=colour,
            markersize=6.5,
            label=None if estimate.kind in seen else estimate.kind,
        )
        seen.add(estimate.kind)
    ax.set_yticks(
        range(len(estimates)),
        [f"{e.label or e.source}  (n {e.n:,})" for e in estimates],
    )
    ax.set_ylim(len(estimates) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
    if claim is not None:
        _shade(ax, claim, factor, xlim)
    for name, place in (lines or {}).items():
        ax.axvline(place, color="#888888", linewidth=1)
        middle = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        ax.text(place, 1.01, name, color="#555555", fontsize=8.5, **middle)
    if xlim is not None:
        ax.set_xlim(xlim)
    ax.set_xlabel(xlabel)
    if len(seen) > 1 or claim is not None:
        figure.legend(loc="outside upper center", ncols=len(seen) + 1)
    return figure


def dots(
    series: Mapping[str, Sequence[Estimate]],
    *,
    xlabel: str,
    ylabel: str,
    percent: bool = False,
    joined: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """Return points with intervals over an ordered axis, one colour and marker per series.

    The label of each estimate is its place on the horizontal axis (a number, or a category in
    order of appearance); series are set side by side so that intervals do not overlap. The legend
    says how many customers a point of the series rests on. ``joined`` draws a thin line from point
    to point: for an ordered axis only.
    """
    _check(_series(series))
    if ax is None:
        _, ax = plt.subplots()
    factor = 100 if percent else 1
    labels = list(dict.fromkeys(e.label for estimates in series.values() for e in estimates))
    for i, (name, estimates) in enumerate(series.items()):
        shift = 0.12 * (i - (len(series) - 1) / 2)
        place = np.array([labels.index(e.label) for e in estimates]) + shift
        value, low, high = (
            factor * np.array([getattr(e, end) for e in estimates])
            for end in ("value", "low", "high")
        )
        colour, marker = PALETTE[i % len(PALETTE)], "osD^vPX"[i % 7]
        ax.vlines(place, low, high, color=colour, linewidth=1.6)
        least, most = min(e.n for e in estimates), max(e.n for e in estimates)
        told = f"n {least:,}" if least == most else f"n {least:,} to {most:,} each"
        line = ":" if joined else "none"
        ax.plot(place, value, marker, ls=line, lw=0.8, color=colour, label=f"{name} ({told})")
    ax.set_xticks(range(len(labels)), labels)
    ax.grid(axis="x", visible=False)
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    if len(series) > 1:
        ax.legend()
    return ax.figure


def intervals(series: Mapping[str, Sequence[Estimate]], *, xlabel: str) -> Figure:
    """Return horizontal intervals: a row per label, in it one colour and marker per series.

    The label of a row says how many customers its estimates rest on.
    """
    _check(_series(series))
    estimates = [e for found in series.values() for e in found]
    labels = list(dict.fromkeys(e.label for e in estimates))
    figure, ax = plt.subplots(figsize=(7.2, 1 + 0.45 * len(labels)))
    for i, (name, found) in enumerate(series.items()):
        shift = 0.17 * (i - (len(series) - 1) / 2)
        place = [labels.index(e.label) + shift for e in found]
        ax.hlines(place, [e.low for e in found], [e.high for e in found], color=PALETTE[i], lw=1.8)
        ax.plot([e.value for e in found], place, "osD^vPX"[i], color=PALETTE[i], label=name)
    sizes = {k: sorted({e.n for e in estimates if e.label == k}) for k in labels}
    told = {k: dict.fromkeys(f"{n[end]:,}" for end in (0, -1)) for k, n in sizes.items()}
    ax.set_yticks(range(len(labels)), [f"{k}  (n {' to '.join(told[k])})" for k in labels])
    ax.set(xlabel=xlabel, ylim=(len(labels) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    figure.legend(loc="outside upper center", ncols=4)
    return figure


def steps(series: Mapping[str, pd.DataFrame], *, until: float, xlabel: str, ylabel: str) -> Figure:
    """Return shares in per cent that rise over time, with bands, one line style per series.

    Takes rows of :func:`analysis.customers.return_curve`; the last one is drawn on to ``until``.
    """
    if not series:
        raise ValueError("expected curves to draw, found none")
    for name, curve in series.items():
        if lacking := [c for c in ("days", "share", "error") if c not in curve]:
            raise KeyError(
                f"expected columns days, share and error, found no {lacking} in curve {name!r}"
            )
    figure, ax = plt.subplots(figsize=(7.2, 3.8))
    for i, (name, curve) in enumerate(series.items()):
        seen = curve[curve["days"] <= until]
        seen = pd.concat([seen, seen.tail(1).assign(days=until)])
        share, reach = 100 * seen["share"], 100 * Z * seen["error"]
        look = {"color": PALETTE[i % len(PALETTE)], "linestyle": ["-", "--", "-.", ":"][i % 4]}
        ax.step(seen["days"], share, where="post", label=name, **look)
        band = {"color": look["color"], "alpha": 0.15, "linewidth": 0}
        ax.fill_between(seen["days"], share - reach, share + reach, step="post", **band)
    ax.set(xlabel=xlabel, ylabel=ylabel, xlim=(0, until), ylim=(0, None))
    ax.legend(loc="upper left")
    return figure


def _series(series: Mapping[str, Sequence[Estimate]]) -> list[Sequence[Estimate]]:
    if not isinstance(series, Mapping):
        raise TypeError(f"expected series of estimates by name, found {type(series).__name__}")
    return list(series.values())


def _check(found: Sequence[Sequence[Estimate]]) -> None:
    """Refuse what cannot be drawn."""
    for estimates in found:
        if isinstance(estimates, Estimate):
            raise TypeError("expected a sequence of estimates, found Estimate")
        for estimate in estimates:
            if not isinstance(estimate, Estimate):
                raise TypeError(f"expected estimates to draw, found {estimate!r}")
    if not found or not all(len(estimates) for estimates in found):
        raise ValueError("expected estimates to draw, found none")


def _shade(ax: Axes, claim: Claim, factor: float, xlim=None) -> None:
    """Shade the claim; an open end reaches to the edge of the picture."""
    left, right = (
        end if given is None else given
        for end, given in zip(ax.get_xlim(), xlim or (None, None), strict=True)
    )
    ends = [factor * end for end in (claim.low, claim.high) if np.isfinite(end)]
    margin = 0.05 * (right - left)
    left, right = min(left, *(e - margin for e in ends)), max(right, *(e + margin for e in ends))
    low, high = max(factor * claim.low, left), min(factor * claim.high, right)
    ax.axvspan(low, high, color="#E69F00", alpha=0.18, linewidth=0, label=f"claim {claim.claim_id}")
    for end in ends:
        ax.axvline(end, color="#E69F00", linewidth=1, linestyle="--")
    ax.set_xlim(left, right)
