"""Published results: percentages and correlations get the interval that their n allows."""

import math

import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.data import load
from analysis.literature import cited, correlation_of, share_from, share_of

SHARE = {"metric": "percent", "estimate": 30.0, "n": 9900.0}
R = {"metric": "r", "estimate": -0.45, "n": 28.0}


def test_a_percentage_has_the_wilson_interval_of_its_people():
    found = share_of(SHARE, source="test", label="all")
    exact = stats.binomtest(2970, 9900).proportion_ci(method="wilson")
    assert_allclose([found.value, found.low, found.high], [0.3, exact.low, exact.high], rtol=1e-9)
    assert (found.n, found.kind, found.source, found.label) == (9900, "published", "test", "all")


def test_another_base_keeps_the_people_counted():
    found = share_of(SHARE, base=0.6, source="test")
    other = share_from(2970, 5940, source="test")
    assert (found.low, found.high, found.n) == (other.low, other.high, 5940)
    assert found.value == pytest.approx(0.5)


def test_a_share_is_the_printed_one_even_if_people_are_whole():
    found = share_of({"metric": "percent", "estimate": 47.4, "n": 200.0}, source="test")
    assert found.value == 0.474
    assert found.low < 0.474 < found.high


def test_a_correlation_has_fishers_interval():
    found, middle = correlation_of(R, source="test"), math.atanh(-0.45)
    reach = stats.norm.ppf(0.975) / 5  # the root of 28 - 3
    ends = [math.tanh(middle - reach), math.tanh(middle + reach)]
    assert_allclose([found.low, found.high], ends, rtol=1e-9)
    assert correlation_of(R, source="test", n=103).high < found.high


@pytest.mark.parametrize(
    "call",
    [
        lambda: share_of(R, source="test"),
        lambda: share_of({**SHARE, "n": float("nan")}, source="test"),
        lambda: correlation_of(SHARE, source="test"),
        lambda: correlation_of({**R, "n": float("nan")}, source="test"),
    ],
)
def test_what_has_no_interval_is_refused(call):
    with pytest.raises(ValueError, match="test: expected metric"):
        call()


def test_a_study_is_named_by_its_first_author_and_year():
    rows = pd.DataFrame(
        {
            "citation": [
                "Kumar, Petersen and Leone, HBR",
                "Agag et al., JRCS",
                "Dillard and Bates",
            ],
            "year": [2007.0, 2023.0, float("nan")],
        }
    )
    assert cited(rows).tolist() == ["Kumar 2007", "Agag 2023", "Dillard"]


def test_every_row_of_the_table_can_be_named():
    assert cited(load("literature")).str.len().min() >= 3
