"""Disclosure control: what an attacker can work out of all that is told, by linear programming."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from analysis.company.count import count, counts_json, read_counts
from analysis.company.protect import (
    ALL_ALIKE,
    FEW,
    REST,
    SUBTRACTED,
    SURE,
    THRESHOLD,
    differ,
    dominated,
    protect,
    say_unsafe,
)
from analysis.company.results import estimate
from tests.test_company_count import make_tables, prepare


def cells(*rows, by=("score",)):
    """Groups as rows of (names..., not back, back)."""
    names = [*by, 0, 1]
    frame = pd.DataFrame(rows, columns=names)
    long = frame.melt(id_vars=list(by), var_name="again", value_name="n")
    return long.sort_values([*by, "again"], ignore_index=True).astype({"again": "int64"})


def reasons(frame, by="score", column="masked"):
    return frame.groupby(by)[column].first().to_dict()


# The rules


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([9], FEW),
        ([10], ""),
        ([0], FEW),
        ([10, 10], ""),
        ([9, 40], FEW),
        ([40, 1], FEW),
        ([0, 29], ALL_ALIKE),
        ([29, 0], ALL_ALIKE),
        ([0, 30], ""),
        ([0, 9], FEW),
        ([0, 0], FEW),
    ],
)
def test_a_group_is_told_with_ten_in_each_part_or_thirty_who_are_alike(parts, reason):
    assert say_unsafe(parts) == reason
    assert SURE == 3 * THRESHOLD == 30


@pytest.mark.parametrize(
    ("purse", "is_safe"),
    [
        ((1000, 450, 450), True),
        ((1000, 451, 450), False),
        ((1000, 899, 1), True),
        ((1000, 900, 1), False),
        ((0, 0, 0), True),
        ((1000, 1000, 0), False),
    ],
)
def test_two_customers_must_not_make_most_of_the_money(purse, is_safe):
    assert (dominated(*purse) == "") == is_safe


def test_a_rest_below_a_tenth_of_the_largest_is_dominance_too():
    assert dominated(1100, 905, 80) == "", "115 are a rest of more than a tenth of 905"
    assert dominated(1000, 899, 12).startswith("two customers")
    assert all(dominated(1000, c, 900 - c) == "" for c in range(450, 900))


def test_groups_that_are_safe_are_left_alone():
    frame = cells((1, 20, 12), (2, 40, 0), (3, 10, 10))
    found = protect(frame, ["score"], flag="again")
    assert (found["masked"] == "").all()
    pd.testing.assert_frame_equal(found.drop(columns="masked"), frame)


def test_a_masked_group_takes_the_smallest_others_with_it():
    frame = cells((1, 20, 3), (2, 40, 12), (3, 90, 60), (4, 30, 30))
    found = reasons(protect(frame, ["score"], flag="again"))
    assert found == {1: FEW, 2: SUBTRACTED, 3: "", 4: ""}


def test_more_are_masked_until_each_part_is_wide():
    frame = cells((1, 50, 3), (2, 50, 4), (3, 60, 60), (4, 90, 90))
    found = reasons(protect(frame, ["score"], flag="again"))
    assert found == {1: FEW, 2: FEW, 3: SUBTRACTED, 4: ""}, "3 + 4 would bound both to 7"


def test_margins_are_hidden_one_by_one():
    rows = [(90, 1, 20, 3), (90, 2, 40, 12), (90, 3, 90, 60)]
    rows += [(180, 1, 20, 12), (180, 2, 40, 20), (180, 3, 90, 70)]
    frame = cells(*rows, by=("window", "score"))
    found = protect(frame, ["window", "score"], flag="again", within=["window"])
    assert (found.loc[found["window"] == 180, "masked"] == "").all()
    assert found.loc[found["window"] == 90, "masked"].ne("").sum() == 4


def test_reasons_that_are_there_stay():
    frame = cells((1, 20, 20), (2, 40, 30), (3, 90, 60)).assign(masked="")
    frame.loc[frame["score"] == 3, "masked"] = "told elsewhere"
    found = reasons(protect(frame, ["score"], flag="again"))
    assert found == {1: SUBTRACTED, 2: "", 3: "told elsewhere"}


def test_money_of_one_large_customer_hides_behind_others():
    frame = cells((1, 20, 20), (2, 40, 30), (3, 90, 60))
    back = frame["again"] == 1
    frame["cents"] = np.where(back, frame["score"].map({1: 10_000, 2: 9_000, 3: 30_000}), 0)
    frame["cents_1"] = np.where(back, frame["score"].map({1: 9_500, 2: 400, 3: 900}), 0)
    frame["cents_2"] = np.where(back, 100, 0)
    found = protect(frame, ["score"], money="cents", flag="again")
    assert (found["masked"] == "").all(), "that is about money only"
    because = reasons(found, column="masked_money")
    assert because[1] == "two customers make more than 90% of the money"
    assert because[2] == SUBTRACTED
    assert because[3] == ""


def test_a_group_that_is_masked_hides_its_money():
    frame = cells((1, 20, 3), (2, 40, 12), (3, 90, 60))
    frame = frame.assign(cents=1000 * frame["n"], cents_1=1000, cents_2=1000)
    found = protect(frame, ["score"], money="cents", flag="again")
    assert found.loc[found["masked"] != "", "masked_money"].ne("").all()


def test_two_tables_must_not_differ_by_a_few_people():
    one = pd.DataFrame({"n": [50, 60], "hits": [20, 20]}, index=[1, 2])
    assert not differ(one, one)
    assert differ(one, one.assign(n=[50, 63])), "three people answered between"
    assert differ(one, one.assign(hits=[20, 24])), "four people came back between"
    assert not differ(one, one.assign(n=[50, 70], hits=[20, 24])), "of different people"
    assert not differ(one, one.assign(hits=[20, 30]))
    assert not differ(one, one.assign(n=51).rename(index={1: 8, 2: 9})), "no group in both"


# The attacker


def reach(size, rows, totals, target):
    """Return the least and the most that a sum of cells can be, given sums that are told."""
    ends = []
    for sign in (1, -1):
        found = linprog(sign * target, A_eq=np.array(rows), b_eq=totals, bounds=[(0, None)] * size)
        assert found.status in (0, 3)
        ends.append(np.inf * sign * -1 if found.status == 3 else sign * found.fun)
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(40))
def test_no_masked_cell_can_be_told_from_the_margins(seed):
    rng = np.random.default_rng(seed)
    groups = int(rng.integers(3, 12))
    share = rng.choice([0.03, 0.1, 0.5, 0.97])
    sizes = rng.geometric(1 / rng.choice([8, 40, 200]), groups)
    back = rng.binomial(sizes, share)
    frame = cells(*zip(range(groups), sizes - back, back, strict=True))
    found = protect(frame, ["score"], flag="again")
    hidden = (found["masked"] != "").to_numpy()
    n = found["n"].to_numpy()
    halves = [(found["again"] == half).to_numpy() for half in (0, 1)]
    if hidden.all() and min(n[half].sum() for half in halves) < THRESHOLD:
        return  # nothing is told, the total neither: see the test of results
    assert (n[~hidden] >= THRESHOLD).sum() + (n[~hidden] == 0).sum() == (~hidden).sum()
    unit = np.eye(len(n))
    rows = [*unit[~hidden], *(half.astype(float) for half in halves)]
    totals = [*n[~hidden], *(n[half].sum() for half in halves)]
    for place in np.flatnonzero(hidden):
        low, high = reach(len(n), rows, totals, unit[place])
        assert low - 1e-6 <= n[place] <= high + 1e-6
        assert high - low >= THRESHOLD - 1e-6, f"cell {place} lies in [{low}, {high}]"


class Attacker:
    """One who has all results of a window and solves for what is masked.

    The unknowns are the answers by segment, score and return.
    """

    def __init__(self, results, counts, days):
        frame = counts.returns[counts.returns["window"] == days]
        keys = ["segment", "score", "again"]
        self.truth = frame.groupby(keys)["n"].sum()
        segments, scores = (sorted(set(frame[key])) for key in keys[:2])
        names = pd.MultiIndex.from_product([segments, scores, [0, 1]], names=keys)
        self.truth = self.truth.reindex(names, fill_value=0).reset_index()
        self.rows, self.totals = [], []
        self.told = [r for r in results if r.window_days == days and r.value is not None]
        low, high = counts.scale
        for r in self.told:
            if r.name == "return_share":
                self._know(self._inside(r), r, r.value)
            elif r.name == "money_per_customer":
                self._know(self._inside(r), r)
            elif r.name == "leak":
                self._know(self.truth["score"] == high, r, 1 - r.value)
            elif r.name == "loyal_unhappy":
                self._know(self.truth["score"] < (low + high) / 2, r, r.value)
            elif r.name == "value_at_risk":
                self._know(self.truth["score"] < (low + high) / 2, r)

    def _inside(self, r):
        inside = pd.Series(True, index=self.truth.index)
        for key in ("segment", "score"):
            if getattr(r, key) is not None:
                inside &= self.truth[key] == getattr(r, key)
        return inside

    def _know(self, inside, r, share=None):
        self.rows.append(inside.to_numpy(float))
        self.totals.append(r.n)
        if share is not None:
            back = inside & (self.truth["again"] == 1)
            self.rows.append(back.to_numpy(float))
            self.totals.append(round(share * r.n))

    def reach(self, key, name, again):
        target = (self.truth[key] == name) & (self.truth["again"] == again)
        value = self.truth.loc[target, "n"].sum()
        low, high = reach(len(target), self.rows, self.totals, target.to_numpy(float))
        assert low - 1e-6 <= value <= high + 1e-6, "what is told is true"
        return low, high


def made_counts(seed, customers, **options):
    tables = make_tables(seed, customers)
    rng = np.random.default_rng(seed)
    surveys = tables[0].assign(
        segment=rng.choice(["a", "b", "c", "d"], len(tables[0]), p=[0.5, 0.3, 0.15, 0.05]),
        score=rng.choice(5, len(tables[0]), p=[0.03, 0.07, 0.2, 0.3, 0.4]) + 1,
    )
    return count(prepare(surveys, tables[1], **options))


@pytest.mark.parametrize(("seed", "customers"), [(1, 80), (2, 200), (3, 400), (4, 900)])
def test_nothing_masked_can_be_told_from_all_results(seed, customers):
    counts = made_counts(seed, customers)
    results = estimate(counts)
    tried = 0
    for days in (90, 180, 365):
        attacker = Attacker(results, counts, days)
        shares = [r for r in results if r.name == "return_share" and r.window_days == days]
        for r in shares:
            key = "score" if r.score is not None else "segment"
            if r.value is not None or getattr(r, key) is None:
                continue
            for again in (0, 1):
                low, high = attacker.reach(key, getattr(r, key), again)
                assert high - low >= THRESHOLD - 1e-6, (days, key, getattr(r, key), again)
                tried += 1
    assert tried, "or nothing was tested"


@pytest.mark.parametrize("customers", [80, 400, 900])
def test_a_result_that_is_masked_says_why_and_nothing_else(customers):
    for r in estimate(made_counts(6, customers)):
        assert (r.value is None) == (r.low is None) == (r.high is None)
        if r.value is None:
            assert r.note
            assert r.n is None
        else:
            assert r.low <= r.value <= r.high
            assert r.n >= THRESHOLD or r.n is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_results_of_two_windows_do_not_differ_by_a_few_people(seed):
    results = estimate(made_counts(seed, 500, windows=(90, 120, 180)))
    told = {}
    for r in results:
        if (
            r.name == "return_share"
            and r.value is not None
            and (r.score, r.segment) != (None, None)
        ):
            told.setdefault((r.score, r.segment), []).append((r.n, round(r.n * r.value)))
    pairs = [(a, b) for many in told.values() for a in many for b in many if a is not b]
    assert pairs
    for (n, hits), (m, others) in pairs:
        assert n == m or abs(n - m) >= THRESHOLD
        assert n != m or hits == others or abs(hits - others) >= THRESHOLD


def test_the_money_of_a_large_customer_cannot_be_told():
    surveys, orders = make_tables(12, 900, segments=("a", "b"))
    whale = surveys[(surveys["score"] == 2) & (surveys["answered"] < "2023-09-01")].iloc[0]
    more = pd.DataFrame(
        {"customer": [whale["customer"]], "ordered": [whale["starts"]], "cents": [10**9]}
    )
    counts = count(prepare(surveys, pd.concat([orders, more])))
    results = estimate(counts)
    money = [r for r in results if r.name in ("money_per_customer", "point_money")]
    overall = [r for r in money if (r.score, r.segment) == (None, None)]
    assert all(r.value is None for r in overall), "it is most of all money"
    assert all("90%" in r.note for r in overall)
    assert not any(r.value is not None for r in results if r.unit.startswith("cents"))
    told = [r for r in results if r.name == "return_share" and r.score is None]
    assert any(r.value is not None for r in told), "who came back is not its secret"


def test_masked_money_together_hides_its_largest():
    surveys, orders = make_tables(12, 1500, segments=("a", "b", "c", "d"))
    whale = surveys[(surveys["segment"] == "c") & (surveys["answered"] < "2023-09-01")].iloc[0]
    usual = orders["cents"].sum()
    more = pd.DataFrame(
        {"customer": [whale["customer"]], "ordered": [whale["starts"]], "cents": [usual // 9]}
    )
    counts = count(prepare(surveys, pd.concat([orders, more]), windows=(90,)))
    results = [r for r in estimate(counts) if r.name == "money_per_customer"]
    hidden = [r.segment for r in results if r.segment is not None and r.value is None]
    if hidden:
        inside = counts.returns[counts.returns["segment"].isin(hidden)]
        tops = sorted([*inside["cents_1"], *inside["cents_2"]], reverse=True)
        rest = inside["cents"].sum() - tops[0] - tops[1]
        assert len(hidden) > 1
        assert rest >= REST * tops[0], "the second largest cannot tell the largest to within 10%"


@pytest.mark.parametrize("customers", [120, 500])
def test_a_shared_file_hides_its_masked_scores_from_its_own_totals(customers, tmp_path):
    counts = made_counts(9, customers)
    (tmp_path / "c.json").write_text(counts_json(counts), encoding="utf-8")
    found = read_counts(tmp_path / "c.json").returns
    truth = counts.returns.groupby(["window", "score", "again"])["n"].sum()
    for days in set(found["window"]):
        part = found[found["window"] == days]
        hidden = sorted(set(part.loc[part["n"].isna(), "score"]))
        if not hidden:
            continue
        for again in (0, 1):
            together = sum(truth.get((days, score, again), 0) for score in hidden)
            whole = set(hidden) == set(part["score"])
            assert whole or (together >= THRESHOLD and len(hidden) > 1)
        both = part[part["score"].isin(hidden)].groupby("score")["again"].nunique()
        assert (both == 2).all(), "a half that lacks would tell that it is empty"
