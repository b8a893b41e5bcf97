"""Reasons of reviews: shares corrected by texts that were read, held against hand and formula."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from analysis.data import load
from analysis.estimate import TooFewError, proportion
from analysis.reasons import (
    COMPLAINTS,
    coding_quality,
    kappa,
    read_share,
    reason_difference,
    reason_share,
)

ABOUT = {"kind": "stated", "source": "made"}
CODERS = ("machine", "first", "second")
REASONS = (*COMPLAINTS, "praise")
BROKEN = ["late", "missing", "wrong"]


def coded_texts(*rows, stratum="bad", arrival="on_time"):
    """Texts as (machine, first, second) with the reasons of each as words, and how many such."""
    texts = []
    for *codes, times in rows:
        flags = {
            f"{name}_{coder}": int(name in words.split())
            for coder, words in zip(CODERS, codes, strict=True)
            for name in REASONS
        }
        texts += [{"stratum": stratum, "arrival": arrival} | flags] * times
    return pd.DataFrame(texts)


def weekly(named, others, none, no_text=0, broken=0, reasons="late"):
    """Bad reviews by week: each number a list with one entry a week, or the same in all."""
    table = pd.DataFrame({"these": named, "others": others, "none": none})
    return table.assign(week=range(len(table)), broken=broken, reasons=reasons, silent=no_text)


# Of the texts marked late nine of ten are, of those marked otherwise one of five, of the rest 5%
# are late and 15% complain of something else.
READ = coded_texts(
    ("late", "late", "late", 18),
    ("late", "quality", "quality", 2),
    ("quality", "late", "late", 4),
    ("quality", "quality", "quality", 16),
    ("", "late", "late", 1),
    ("", "service", "service", 3),
    ("", "", "", 16),
)
RATES, GIVEN = np.array([0.9, 0.2, 0.05]), np.array([1, 1, 0.2])
WEEKS = weekly([50, 70, 60, 40, 80], [30, 20, 30, 40, 30], [10, 10, 10, 5, 15], no_text=25)
SIZES = np.array([300, 150, 50])


def share(weeks=WEEKS, coded=READ, reasons="late", **options):
    return reason_share(weeks, coded, reasons, **{"seed": 3} | ABOUT | options)


def test_the_share_is_the_groups_mean_by_hand():
    found = share()
    assert found.value == pytest.approx((SIZES @ RATES) / (SIZES @ GIVEN))
    assert (found.n, found.missing) == (500, 125)
    assert found.low < found.value < found.high
    assert found.method == (
        "two-phase share, weeks and 60 read texts drawn, bootstrap interval (2000 draws)"
    )
    assert found == share()  # of the same seed
    assert found.low != share(seed=4).low


def test_among_all_a_review_without_a_text_names_nothing():
    found = share(among="all")
    assert found.value == pytest.approx((SIZES @ RATES) / 625)
    assert (found.n, found.missing) == (625, 0)


def test_an_order_that_broke_its_promise_counts_whatever_the_text_says():
    late = weekly([10, 10], [20, 5], [5, 5], no_text=[15, 5], broken=1)
    unknown = weekly([1], [2], [3], no_text=4, broken=np.nan)
    weeks = pd.concat([WEEKS, late, unknown])
    given = SIZES @ GIVEN
    found = share(weeks, or_broken=True)
    assert found.value == pytest.approx((SIZES @ RATES + 55) / (given + 55))
    assert (found.n, found.missing) == (555, 145 + 10)
    found = share(weeks, or_broken=True, among="all")
    assert found.value == pytest.approx((SIZES @ RATES + 75) / (625 + 75))
    assert (found.n, found.missing) == (700, 10)
    # Texts read of late orders tell nothing of punctual ones; without the dates they count.
    read = pd.concat([READ, coded_texts(("late", "price", "price", 50), arrival="late")])
    assert share(weeks, read, or_broken=True, among="all").value == found.value
    assert share(weeks, read).value < share(weeks).value


def test_without_dates_orders_of_an_unknown_day_count_like_all():
    unknown = weekly([10], [5], [5], broken=np.nan)
    found = share(pd.concat([WEEKS, unknown]))
    sizes = SIZES + np.array([10, 5, 5])
    assert found.value == pytest.approx((sizes @ RATES) / (sizes @ GIVEN))
    assert (found.n, found.missing) == (520, 125)


def test_both_readings_count_half():
    other = coded_texts(
        ("late", "late", "", 20), ("quality", "", "quality", 20), ("", "", "late", 20)
    )
    found = share(coded=other, among="all", weeks=weekly([30, 40], [20, 30], [10, 10]))
    assert found.value == pytest.approx(0.5 * (70 + 20) / 140)


def test_a_set_is_named_by_any_of_its_reasons_in_any_order():
    read = coded_texts(
        ("missing", "wrong", "wrong", 12), ("price", "price", "price", 12), ("", "", "late", 12)
    )
    weeks = weekly([9, 8], [4, 6], [1, 2], reasons="late missing wrong")
    found = share(weeks, read, ["wrong", "late", "missing"])
    assert found.value == pytest.approx((17 + 1.5) / (27 + 1.5))


def simulated(generator, n_weeks=80, n_read=200, spread=0.0):
    """A truth of 45% late among all texts, marked with 85% recall and 10% false marks."""
    lateness = np.clip(0.45 + spread * generator.standard_normal(n_weeks), 0.02, 0.98)
    late = generator.binomial(100, lateness)
    marked = generator.binomial(late, 0.85) + generator.binomial(100 - late, 0.1)
    silent = (100 - marked) // 5
    weeks = weekly(marked, 100 - marked - silent, silent)
    truth = generator.random(n_read) < 0.45
    mark = generator.random(n_read) < np.where(truth, 0.85, 0.1)
    other = generator.random(n_read) < 0.8
    rows = [
        ("late" if m else "quality" if o else "", *["late" if t else "quality"] * 2, 1)
        for t, m, o in zip(truth, mark, other, strict=True)
    ]
    return weeks, coded_texts(*rows)


def test_the_error_is_that_of_double_sampling():
    """Tenenbein (1970): pq/n (1 - K) + pq K / N, K the squared correlation of mark and truth."""
    generator = np.random.default_rng(8)
    found = [share(*simulated(generator), draws=400, among="all") for _ in range(12)]
    errors = [(e.high - e.low) / 2 / 1.96 for e in found]
    p, sensitivity, false = 0.45, 0.85, 0.1
    marked = p * sensitivity + (1 - p) * false
    k = (p * (1 - p) * (sensitivity - false) ** 2) / (marked * (1 - marked))
    formula = np.sqrt(p * (1 - p) * ((1 - k) / 200 + k / 8000))
    assert np.mean(errors) == pytest.approx(formula, rel=0.08)


def test_the_interval_holds_the_truth_where_weeks_differ_and_the_marks_alone_do_not():
    generator, hits, marks = np.random.default_rng(5), 0, 0
    for _ in range(200):
        weeks, coded = simulated(generator, spread=0.15)
        found = share(weeks, coded, draws=200, among="all")
        hits += found.low <= 0.45 <= found.high
        n = pd.DataFrame({"marked": [1, 0], "n": [weeks["these"].sum(), 8000]})
        n.loc[1, "n"] -= n.loc[0, "n"]
        alone = proportion(n, "marked", **ABOUT)
        marks += alone.low <= 0.45 <= alone.high
    assert 0.91 <= hits / 200 <= 0.99
    assert marks / 200 < 0.6


def test_weeks_that_differ_widen_the_interval():
    even = share(weekly([50] * 40, [30] * 40, [20] * 40))
    uneven = share(weekly([90, 10] * 20, [0, 60] * 20, [10, 30] * 20))
    assert even.value == pytest.approx(uneven.value, rel=0.02)
    assert uneven.high - uneven.low > 1.2 * (even.high - even.low)


def test_read_share_is_counted_by_hand():
    found = read_share(READ, ["late"], **ABOUT)
    assert (found.n, found.missing) == (44, 16)
    assert found.value == pytest.approx(23 / 44)
    assert read_share(READ, "late", coder="machine", **ABOUT).value == pytest.approx(20 / 40)


# The difference of two reasons --------------------------------------------------------------------

PAIR = coded_texts(
    ("late", "late", "late", 20),
    ("quality", "quality", "quality", 12),
    ("quality", "late quality", "late quality", 4),
    ("late quality", "late quality", "late quality", 4),
    ("", "late", "late", 2),
    ("", "", "", 10),
)


def difference(weeks, coded, rivals=("quality",), **options):
    return reason_difference(weeks, coded, "late", rivals, **{"seed": 3} | ABOUT | options)


def both_ways(late, quality, both, none, no_text=0):
    """Weekly counts of texts that are marked late, quality, both, or neither."""
    late, quality, both, none = (np.asarray(x) for x in (late, quality, both, none))
    return pd.concat(
        [
            weekly(late + both, quality, none, no_text),
            weekly(quality + both, late, none, no_text, reasons="quality"),
        ]
    )


def test_the_difference_is_that_of_the_two_shares():
    weeks = both_ways([40, 50], [20, 35], [9, 6], [12, 8], no_text=4)
    found = difference(weeks, PAIR)
    one, two = (share(weeks, PAIR, name) for name in ("late", "quality"))
    assert found.value == pytest.approx(one.value - two.value)
    assert (found.n, found.missing) == (180, 8)
    # By hand: marked late 24 of 24 are late; of the 16 others 4; of 12 unmarked 2.
    late = (105 + 55 * 4 / 16 + 20 * 2 / 12) / (105 + 55 + 20 * 2 / 12)
    quality = 70 / (70 + 90 + 20 * 2 / 12)  # marked quality all 20 are, no other is
    assert found.value == pytest.approx(late - quality)


def test_the_rival_named_most_counts_whichever_order_they_come_in():
    weeks = both_ways([40, 50], [20, 35], [9, 6], [12, 8])
    third = weekly([10, 14], [59, 77], [12, 8], reasons="price")
    weeks = pd.concat([weeks, third])
    read = pd.concat([PAIR, coded_texts(("price", "price", "price", 10))])
    alone = difference(weeks, read)
    assert difference(weeks, read, ("price",)).value > alone.value
    found = [
        difference(weeks, read, names) for names in (("quality", "price"), ("price", "quality"))
    ]
    assert found[0] == found[1]
    assert found[0].value == alone.value


def two_reasons(generator, *, rival=0.25, third=None, n_weeks=60, n_read=200):
    """Texts late (45%), else quality (``rival``), price or nothing; one mark in ten is random."""
    rest = third if third is not None else 0.1
    chances = [0.45, rival, rest, 1 - 0.45 - rival - rest]
    names = np.array(["late", "quality", "price", ""])

    def marked(truth):
        off = generator.random(truth.shape) < 0.1
        return np.where(off, generator.integers(0, 4, truth.shape), truth)

    truths = generator.choice(4, size=(n_weeks, 100), p=chances)
    counts = np.array([np.bincount(row, minlength=4) for row in marked(truths)])
    weeks = pd.concat(
        weekly(counts[:, k], counts[:, :3].sum(axis=1) - counts[:, k], counts[:, 3], reasons=name)
        for k, name in enumerate(names[:3])
    )
    truth = generator.choice(4, size=n_read, p=chances)
    pairs = zip(names[marked(truth)], names[truth], strict=True)
    return weeks, coded_texts(*((mark, true, true, 1) for mark, true in pairs))


def test_the_interval_of_a_difference_holds_the_truth():
    """The truth is known: 45% and 25% of all texts, of which 20% give no reason."""
    generator, truth = np.random.default_rng(11), (0.45 - 0.25) / 0.8
    hits = below = 0
    for _ in range(200):
        found = difference(*two_reasons(generator), ("quality", "price"), draws=200)
        hits += found.low <= truth <= found.high
        below += found.high < truth
    assert 0.91 <= hits / 200 <= 0.99, hits
    assert below < 12, below


def test_the_lower_end_holds_where_two_rivals_are_equal():
    generator, truth = np.random.default_rng(12), (0.45 - 0.2) / 0.85
    above = hits = 0
    for _ in range(200):
        weeks, coded = two_reasons(generator, rival=0.2, third=0.2)
        found = difference(weeks, coded, ("quality", "price"), draws=200)
        hits += found.low <= truth <= found.high
        above += found.low > truth
    assert above <= 6, above
    assert hits >= 174, hits


def test_reading_few_texts_costs_width():
    generator = np.random.default_rng(13)
    few, many = (two_reasons(generator, n_read=n) for n in (150, 1500))
    few, many = (difference(*tables) for tables in (few, many))
    assert few.high - few.low > 2 * (many.high - many.low)


def test_shares_that_exclude_each_other_differ_with_more_error_than_two_apart():
    weeks, coded = two_reasons(np.random.default_rng(14))
    found = difference(weeks, coded)
    one, two = (share(weeks, coded, name) for name in ("late", "quality"))
    apart = np.hypot(one.high - one.low, two.high - two.low)
    assert found.high - found.low > apart  # the two shares of one text go against each other


# Codings ----------------------------------------------------------------------------------------


def test_kappa_of_one_coding_with_itself_goes_down_to_the_exact_end_of_agreement():
    counts = pd.DataFrame({"a": [0, 1], "b": [0, 1], "n": [30, 10]})
    found = kappa(counts, "a", "b", **ABOUT)
    chance = 0.75**2 + 0.25**2
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx((beta.ppf(0.025, 40, 1) - chance) / (1 - chance))
    assert found.method == "Cohen's kappa, exact interval"


def test_kappa_of_codings_that_never_agree():
    """By chance 30 in 80 would: 3/4 of one coding are 0, 1/4 of the other."""
    counts = pd.DataFrame({"a": [0, 1], "b": [1, 0], "n": [30, 10]})
    found = kappa(counts, "a", "b", **ABOUT)
    assert found.value == pytest.approx(-0.375 / 0.625)
    assert found.high == pytest.approx((beta.ppf(0.975, 1, 40) - 0.375) / 0.625)


def test_kappa_ends_at_minus_one():
    counts = pd.DataFrame({"a": [0, 1, 0], "b": [1, 0, 0], "n": [5, 5, 1]})
    assert kappa(counts, "a", "b", **ABOUT).low == -1


def test_kappa_has_the_error_of_its_formula():
    """Fleiss, Cohen and Everitt (1969) by hand, for two raters of 100 patients."""
    counts = pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 0, 1, 0], "n": [75, 5, 5, 15]})
    found = kappa(counts, "a", "b", **ABOUT)
    p, chance = 0.90, 0.8 * 0.8 + 0.2 * 0.2
    assert found.value == pytest.approx((p - chance) / (1 - chance))
    k = found.value
    a = sum(p_ii * (1 - 2 * m * (1 - k)) ** 2 for p_ii, m in ((0.75, 0.8), (0.15, 0.2)))
    b = (1 - k) ** 2 * 2 * 0.05 * (0.8 + 0.2) ** 2
    c = (k - chance * (1 - k)) ** 2
    error = np.sqrt(a + b - c) / ((1 - chance) * 10)
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error, rel=1e-6)
    assert found.method == "Cohen's kappa"


def test_kappa_ends_at_one():
    counts = pd.DataFrame({"a": [0, 1, 0], "b": [0, 1, 1], "n": [10, 3, 1]})
    assert kappa(counts, "a", "b", **ABOUT).high == 1


def test_quality_of_the_codebook_by_hand():
    coded = pd.concat(
        [READ, coded_texts(("price", "", "", 5), ("", "price", "price", 5), stratum="other")]
    )
    found = coding_quality(coded, "bad", **ABOUT)
    late = found["late"]
    assert late["texts"] == 23
    assert (late["precision"].value, late["precision"].n) == (0.9, 20)
    assert (late["recall"].value, late["recall"].n) == (pytest.approx(18 / 23), 23)
    assert (late["kappa"].n, late["kappa"].label) == (60, "late")
    assert late["again"].value == 1
    assert found["price"] == {
        "texts": 0, "precision": None, "recall": None, "kappa": None, "again": None,
    }  # fmt: skip
    other = coding_quality(coded, "other", **ABOUT)["price"]
    assert other["precision"].value == other["recall"].value == 0
    assert other["kappa"].value == pytest.approx(-1)


# The book's tables ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tables():
    return {name: load(f"olist_reasons{name}") for name in ("", "_weeks", "_coded")}


def test_the_counts_are_those_of_the_orders(tables):
    counts, orders = tables[""], load("olist_orders")
    scores = counts.groupby("score")["n"].sum()
    assert scores.to_dict() == orders["score"].value_counts().sort_index().to_dict()
    came = orders["delivered"].dt.normalize()
    late = (came > orders["promised"]).sum()
    assert counts.loc[counts["arrival"] == "late", "n"].sum() == late
    flags = counts[list(REASONS)]
    assert not flags[counts["written"] == 0].any(axis=None), "no text, no reason"
    assert counts.groupby(list(REASONS))["n"].sum().min() >= 10, "rare patterns are made coarser"


def test_each_set_of_weeks_holds_all_bad_reviews(tables):
    counts, weeks = tables[""], tables["_weeks"]
    bad = counts[counts["score"] <= 2]
    sums = weeks.groupby("reasons")[["these", "others", "none", "silent"]].sum()
    assert (sums.sum(axis=1) == bad["n"].sum()).all()
    for name in ("late", "missing"):  # flags that no rare pattern loses
        assert sums.loc[name, "these"] == bad.loc[bad[name] == 1, "n"].sum()
    unknown = weeks[weeks["broken"].isna() & (weeks["reasons"] == "late")]
    assert unknown[["these", "others", "none", "silent"]].sum().sum() == 1  # day not known


def test_the_texts_read_are_a_fair_sample_of_those_marked(tables):
    """Marks of the 200 texts read against those of all 10,206: within the noise of drawing."""
    coded, weeks = tables["_coded"], tables["_weeks"]
    coded = coded[coded["stratum"] == "bad"]
    sums = weeks.groupby("reasons")[["these", "others", "none"]].sum()
    for name in COMPLAINTS:
        p = sums.loc[name, "these"] / sums.loc[name].sum()
        z = (coded[f"{name}_machine"].mean() - p) / np.sqrt(p * (1 - p) / len(coded))
        assert abs(z) < 3.3, name


def test_dates_alone_are_a_lower_end(tables):
    """By its dates 40.2% of bad scores follow a broken promise; texts can only add to it."""
    about = {"kind": "stated", "source": "Olist", "seed": 1}
    weeks, coded = tables["_weeks"], tables["_coded"]
    rows = weeks[(weeks["reasons"] == "late") & weeks["broken"].notna()]
    n = rows[["these", "others", "none", "silent"]].sum(axis=1)
    assert n[rows["broken"] == 1].sum() / n.sum() == pytest.approx(0.402, abs=5e-4)
    both = reason_share(weeks, coded, BROKEN, or_broken=True, among="all", **about)
    assert both.low > 0.402
    texts = [reason_share(weeks, coded, names, **about) for names in (["late"], BROKEN)]
    assert texts[0].value < texts[1].value


def test_too_few_read_texts_are_refused(tables):
    with pytest.raises(TooFewError, match=r"found \[2, "):
        reason_share(tables["_weeks"], tables["_coded"], ["price"], seed=1, **ABOUT)
