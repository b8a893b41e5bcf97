"""A figure's fingerprint: every visible change changes it, the last bit of a processor does not."""

import os
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.fingerprint import take_fingerprint
from tests.test_environment import ROOT

X = np.array([0.1, 0.25, 0.5, 0.8])
Y = np.array([3.0, 5.0, 4.0, 8.0])


@pytest.fixture(autouse=True, scope="module")
def plain_style():
    """The style of matplotlib, whatever other tests set."""
    with plt.style.context("default"):
        yield


@pytest.fixture(autouse=True)
def closed(plain_style):
    yield
    plt.close("all")


def draw(change=None, *, jitter=None):
    """A figure with what the book draws: points, bars, a band, lines, an image, words, a legend."""
    move = (lambda values: np.asarray(values) * jitter(len(values))) if jitter else np.asarray
    figure, ((a, b), (c, d)) = plt.subplots(2, 2, figsize=(6, 4))
    a.plot(move(X), move(Y), "o-", color="#0072B2", label="first", markersize=6)
    a.plot(move(X), move(Y[::-1]), "s--", color="#D55E00", label="second", markersize=6)
    a.fill_between(move(X), move(Y - 1), move(Y + 1), alpha=0.2)
    a.axvline(0.3, color="#888888")
    a.annotate("peak", (0.8, 8.0), (0.3, 7.0), arrowprops={"arrowstyle": "->"})
    a.text(0.2, 0.9, "a note", transform=a.transAxes)
    a.set_xlabel("share")
    a.legend()
    b.bar([0, 1, 2], move([1.0, 3.0, 2.0]), color="#009E73", hatch="//")
    b.set_xticks([0, 1, 2], ["low", "middle", "high"])
    c.scatter(move(X), move(Y), s=30, c="#444444")
    c.hlines([1.0, 2.0], move([0.1, 0.2]), move([0.6, 0.8]), color="#CC79A7")
    c.set_xscale("log")
    d.imshow(np.arange(6).reshape(2, 3))
    figure.suptitle("whole")
    figure.text(0.5, 0.01, "source")
    if change:
        change(figure, a, b, c, d)
    return figure


def printed(figure):
    FigureCanvasAgg(figure).draw()
    return take_fingerprint(figure)


def twin(figure, a, b, c, d):
    a.twinx().plot([0, 1], [0, 1])


def swap_handles(figure, a, b, c, d):
    handles, words = a.get_legend_handles_labels()
    a.legend(handles[::-1], words)


def swap_words(figure, a, b, c, d):
    handles, words = a.get_legend_handles_labels()
    a.legend(handles, words[::-1])


def moved(line, by):
    x, y = line.get_data()
    line.set_data(x, np.r_[y[:1] + by, y[1:]])


VISIBLE = {
    "a row label": lambda f, a, b, c, d: b.set_xticks([0, 1, 2], ["low", "high", "middle"]),
    "an n in a label": lambda f, a, b, c, d: b.set_xticks([0, 1, 2], ["low", "middle", "high (3)"]),
    "swapped words of a legend": swap_words,
    "swapped handles of a legend": swap_handles,
    "the title of a legend": lambda f, a, b, c, d: a.legend(title="groups"),
    "no legend": lambda f, a, b, c, d: a.get_legend().remove(),
    "a log scale": lambda f, a, b, c, d: a.set_yscale("log"),
    "a linear scale": lambda f, a, b, c, d: c.set_xscale("linear"),
    "limits": lambda f, a, b, c, d: a.set_xlim(0, 1),
    "limits by a thousandth": lambda f, a, b, c, d: a.set_ylim(a.get_ylim()[0], 9.41),
    "an axis turned round": lambda f, a, b, c, d: a.invert_yaxis(),
    "a colour of a line": lambda f, a, b, c, d: a.lines[0].set_color("#0072B3"),
    "the colour of bars": lambda f, a, b, c, d: b.patches[1].set_facecolor("#D55E00"),
    "the colour of points": lambda f, a, b, c, d: c.collections[0].set_color("#555555"),
    "alpha": lambda f, a, b, c, d: a.collections[0].set_alpha(0.4),
    "a marker": lambda f, a, b, c, d: a.lines[0].set_marker("^"),
    "the size of a marker": lambda f, a, b, c, d: a.lines[0].set_markersize(7),
    "the size of points": lambda f, a, b, c, d: c.collections[0].set_sizes([40]),
    "a line style": lambda f, a, b, c, d: a.lines[0].set_linestyle(":"),
    "a line width": lambda f, a, b, c, d: a.lines[0].set_linewidth(3),
    "a hatch": lambda f, a, b, c, d: b.patches[0].set_hatch(".."),
    "a point by a five-hundredth": lambda f, a, b, c, d: moved(a.lines[0], 0.0145),
    "a line by a hundredth": lambda f, a, b, c, d: a.lines[2].set_xdata([0.31, 0.31]),
    "the height of a bar": lambda f, a, b, c, d: b.patches[1].set_height(2.98),
    "a label of an axis": lambda f, a, b, c, d: a.set_xlabel("Share"),
    "a title": lambda f, a, b, c, d: a.set_title("panel"),
    "the title of the figure": lambda f, a, b, c, d: f.suptitle("part"),
    "the words of a note": lambda f, a, b, c, d: a.texts[1].set_text("a notes"),
    "the place of a note": lambda f, a, b, c, d: a.texts[1].set_position((0.25, 0.9)),
    "the end of an arrow": lambda f, a, b, c, d: setattr(a.texts[0], "xy", (0.5, 4.0)),
    "the words of the figure": lambda f, a, b, c, d: f.texts[-1].set_text("sources"),
    "an image": lambda f, a, b, c, d: d.images[0].set_data([[0, 1, 2], [3, 5, 4]]),
    "a second scale": twin,
    "a grid": lambda f, a, b, c, d: a.grid(True),
    "ticks": lambda f, a, b, c, d: a.set_xticks([0.2, 0.4]),
    "something hidden": lambda f, a, b, c, d: a.lines[1].set_visible(False),
    "an empty panel": lambda f, a, b, c, d: d.set_axis_off(),
    "a frame": lambda f, a, b, c, d: a.spines["top"].set_visible(False),
    "what lies on top": lambda f, a, b, c, d: a.lines[0].set_zorder(9),
    "the size of the figure": lambda f, a, b, c, d: f.set_size_inches(7, 4),
}


@pytest.fixture(scope="module")
def unchanged(plain_style):
    return printed(draw())


@pytest.mark.parametrize("change", VISIBLE)
def test_what_a_reader_sees_changes_the_fingerprint(change, unchanged):
    assert printed(draw(VISIBLE[change])) != unchanged


def test_years_that_differ_in_the_first_decimal_differ():
    prints = set()
    for year in (2018.1, 2018.4):
        figure, ax = plt.subplots()
        ax.plot([2010, year], [1, 2])
        ax.set_xlim(2009, 2020)
        prints.add(printed(figure))
    assert len(prints) == 2


@pytest.mark.parametrize("seed", range(12))
def test_a_difference_in_the_last_bits_does_not_change_it(seed, unchanged):
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.integers(-16, -12)
    assert printed(draw(jitter=lambda k: 1 + size * rng.uniform(-1, 1, k))) == unchanged


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_round_values_are_not_on_a_tie(scale):
    rng = np.random.default_rng(7)
    for values in (np.arange(1, 41), np.arange(1, 81) / 2, np.arange(1, 401) * 0.05):
        prints = set()
        for size in (0, 1e-15, -1e-15, 1e-13):
            figure, ax = plt.subplots()
            ax.plot(values * (1 + size), values * (1 + size * rng.random(len(values))), "o")
            ax.set(xscale=scale, yscale=scale)
            prints.add(printed(figure))
            plt.close(figure)
        assert len(prints) == 1


def test_the_resolution_of_the_screen_does_not_change_it():
    figure = draw()
    before = printed(figure)
    figure.set_dpi(211)
    assert printed(figure) == before


def test_missing_and_infinite_values_have_a_fingerprint():
    figure, ax = plt.subplots()
    ax.plot([0, 1, 2], [1, np.nan, 3])
    ax.plot([0, 1], np.ma.masked_invalid([np.inf, 2]))
    ax.plot([], [])
    assert len(printed(figure)) == 12


def test_an_artist_that_is_not_known_is_refused():
    figure, ax = plt.subplots()
    ax.add_artist(Strange())
    with pytest.raises(
        TypeError, match="expected an artist that the fingerprint knows, found Stra"
    ):
        take_fingerprint(figure)


class Strange(plt.Artist):
    """An artist of no known class."""


PROFILE = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "X86_V3"}
TELL = """
import warnings; warnings.simplefilter("ignore")
import numpy as np
from tests.test_fingerprint import draw, printed
rng = np.random.default_rng(3)
logs = np.log(rng.random((4, 50)) @ rng.random((50, 4)))
print(printed(draw(jitter=lambda k: np.resize(logs / np.mean(logs), k))))
"""


def test_an_old_processor_leaves_the_same_fingerprint():
    prints = [
        subprocess.run(
            [sys.executable, "-c", TELL],
            env=os.environ | extra,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for extra in ({}, PROFILE, {"PYTHONHASHSEED": "7"})
    ]
    assert len(set(prints)) == 1
