"""One style for every figure; each has alt text, intervals and n.

nbval does not compare images, so :func:`show` prints a fingerprint of the drawn data beside each:
a figure that would show something else turns the run red.
"""

import hashlib
import io
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from analysis.claims import Claim
from analysis.estimate import Estimate

__all__ = ["KIND_STYLE", "PALETTE", "dots", "forest", "set_style", "show"]

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
    """Display a figure with its alt text and a fingerprint of what it draws, then close it.

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
    if len(alt) < 30:
        raise ValueError(f"expected alt text that says what is drawn, found {alt!r}")
    raw, small = io.BytesIO(), io.BytesIO()
    figure.savefig(raw, format="png", dpi=DPI)
    plt.close(figure)
    # A chapter is sent by mail: 128 colours show the same at a third of the size.
    Image.open(raw).convert("RGB").quantize(128).save(small, format="png", optimize=True)
    display(
        {"image/png": small.getvalue(), "text/plain": f"Figure: {alt} [{_fingerprint(figure)}]"},
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
    """
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
        _shade(ax, claim, factor)
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


def _shade(ax: Axes, claim: Claim, factor: float) -> None:
    """Shade the claim; an open end reaches to the edge of the picture."""
    left, right = ax.get_xlim()
    ends = [factor * end for end in (claim.low, claim.high) if np.isfinite(end)]
    margin = 0.05 * (right - left)
    left, right = min(left, *(e - margin for e in ends)), max(right, *(e + margin for e in ends))
    low, high = max(factor * claim.low, left), min(factor * claim.high, right)
    ax.axvspan(low, high, color="#E69F00", alpha=0.18, linewidth=0, label=f"claim {claim.claim_id}")
    for end in ends:
        ax.axvline(end, color="#E69F00", linewidth=1, linestyle="--")
    ax.set_xlim(left, right)


def _fingerprint(figure: Figure) -> str:
    """Return a short hash of the data drawn: lines, points, bars, images and words."""
    drawn = []
    for ax in figure.axes:
        drawn += [ax.get_xlabel(), ax.get_ylabel(), ax.get_title()]
        drawn += [text.get_text() for text in ax.texts]
        drawn += [line.get_xydata() for line in ax.lines]
        drawn += [
            patch.get_patch_transform().transform(patch.get_path().vertices) for patch in ax.patches
        ]
        for collection in ax.collections:
            drawn += [collection.get_offsets(), *(path.vertices for path in collection.get_paths())]
            if collection.get_array() is not None:
                drawn.append(collection.get_array())
    parts = [d if isinstance(d, str) else _digits(d) for d in drawn]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _digits(values) -> str:
    """Return numbers to four significant digits, so that the last bit of a machine is not told."""
    flat = np.ma.filled(np.ma.asarray(values, dtype=float), np.nan).ravel()
    return " ".join(f"{x:.4g}" for x in flat)
