"""Figures: alt text is asked for, the same data give the same bytes, other data another print."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from analysis.estimate import Estimate
from analysis.figures import dots, forest, intervals, set_style, show, steps
from tests.test_claims import CLAIM

ALT = "Three shares with their intervals, rising from left to right."


@pytest.fixture(autouse=True)
def shell(monkeypatch):
    """Displays go to a shell, as in a notebook."""
    InteractiveShell.clear_instance()
    InteractiveShell.instance()
    set_style()
    yield
    InteractiveShell.clear_instance()
    plt.close("all")


def estimates(shift=0.0):
    return [
        Estimate(
            value=value + shift,
            low=value + shift - 0.05,
            high=value + shift + 0.05,
            n=1234,
            kind=kind,
            source="test",
            method="m",
            label=kind,
        )
        for value, kind in ((0.1, "stated"), (0.2, "behaviour"), (0.3, "money"))
    ]


def shown(figure, alt=ALT):
    with capture_output() as captured:
        show(figure, alt)
    (output,) = captured.outputs
    return output


def test_a_figure_without_alt_text_is_refused():
    with pytest.raises(ValueError, match="alt text that says what is drawn, found 'Plot'"):
        show(forest(estimates(), xlabel="share"), "Plot")


def test_alt_text_stands_beside_the_picture():
    output = shown(forest(estimates(), xlabel="share"))
    assert output.metadata["image/png"]["alt"] == ALT
    assert ALT in output.data["text/plain"]


@pytest.mark.parametrize(
    "draw", [forest, lambda e, xlabel: dots({"a": e}, xlabel=xlabel, ylabel="y")]
)
def test_the_same_data_give_the_same_bytes(draw):
    first, second = (shown(draw(estimates(), xlabel="share")) for _ in range(2))
    assert first.data == second.data


def test_other_data_leave_another_fingerprint():
    prints = {
        shown(forest(estimates(shift), xlabel="share")).data["text/plain"]
        for shift in (0, 0.01, 0.02)
    }
    assert len(prints) == 3


def test_bars_and_clouds_are_part_of_the_fingerprint():
    prints = set()
    for height in (1, 2):
        figure, (left, right) = plt.subplots(1, 2)
        left.bar([0, 1], [1, height])
        right.scatter([0, 1], [1, 3])
        prints.add(shown(figure).data["text/plain"])
    assert len(prints) == 2


def test_a_forest_shows_n_the_claim_and_every_kind():
    figure = forest(estimates(), xlabel="share", claim=CLAIM)
    (ax,) = figure.axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "stated  (n 1,234)",
        "behaviour  (n 1,234)",
        "money  (n 1,234)",
    ]
    words = {text.get_text() for text in figure.legends[0].get_texts()}
    assert words == {"stated", "behaviour", "money", "claim C00"}
    left, right = ax.get_xlim()
    assert left < CLAIM.low < CLAIM.high < right


def test_a_forest_names_its_lines_and_keeps_its_ends():
    figure = forest(estimates(), xlabel="share", claim=CLAIM, lines={"even": 0.5}, xlim=(0, None))
    (ax,) = figure.axes
    assert [text.get_text() for text in ax.texts] == ["even"]
    assert ax.get_xlim()[0] == 0
    assert any(line.get_xdata()[0] == 0.5 for line in ax.lines)


def test_intervals_stand_in_the_row_of_their_label():
    figure = intervals({"a": estimates(), "b": estimates(0.1)[:2]}, xlabel="share")
    (ax,) = figure.axes
    first, second = (line.get_ydata() for line in ax.lines)
    assert first.round().tolist() == [0, 1, 2]
    assert second.round().tolist() == [0, 1]
    assert ax.get_yticklabels()[0].get_text() == "stated  (n 1,234)"


def test_steps_reach_the_end_of_the_window():
    curve = pd.DataFrame({"days": [0, 30, 400], "share": [0, 0.1, 0.2], "error": [0, 0.01, 0.02]})
    (ax,) = steps({"all": curve}, until=365, xlabel="days", ylabel="%").axes
    assert ax.lines[0].get_xydata().tolist() == [[0, 0], [30, 10], [365, 10]]


def test_dots_set_series_side_by_side():
    figure = dots({"a": estimates(), "b": estimates(0.1)}, xlabel="x", ylabel="y", percent=True)
    (ax,) = figure.axes
    first, second = (line.get_xydata() for line in ax.lines)
    assert (first[:, 0] < second[:, 0]).all()
    assert first[0, 1] == pytest.approx(10)
