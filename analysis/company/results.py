"""What the counts of a company say: estimates with intervals, masked where they must be.

Every interval is 95%. Where a customer may have several answers, intervals are widened to what
errors clustered by customer make of them.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.company.count import Counts, largest
from analysis.company.protect import (
    FEW,
    SUBTRACTED,
    THRESHOLD,
    differ,
    dominated,
    protect,
    say_unsafe,
)
from analysis.estimate import (
    SCALES,
    Estimate,
    TooFewError,
    Z,
    auc,
    correlation,
    mean,
    mean_money,
    net_promoter_score,
    proportion,
    proportion_difference,
    standardised_difference,
)
from analysis.regression import regression
from analysis.scores import net_promoter
from analysis.survival import returned

__all__ = ["Result", "estimate", "money_slope"]

DIFFERENCE = 0.05  # of the share who return, from the lowest to the highest score: worth knowing
STEP = 30  # days of a step of the return curve
RARE = 10  # answers with a history or segment; rarer ones are held together as one
SEED = 9
KEPT_FINE = "the counts file does not tell"
REPEATED = "customers have several answers, and the counts do not tell how these go together"
MADE = (
    "the data look made: all with one score came back and none with another, which real customers "
    "do not do"
)
NO_NPS = "it belongs to a question of 0 to 10 about recommending"
ABOUT = {"kind": "behaviour", "source": "your company"}
SAID = {"kind": "stated", "source": "your company"}
MONEY = {"kind": "money", "source": "your company"}


@dataclass(frozen=True)
class Result:
    """A number about the company, or why it is not told.

    Attributes
    ----------
    name : str
        What it is.
    window_days : int or None
        Days watched after the answer.
    segment : str or None
        None is everyone.
    score : int or None
        None is all scores.
    value, low, high : float or None
        The estimate and its 95% interval; None where it is masked or was not computed.
    n : int or None
        Answers it rests on; None where that is masked.
    unit : str
        What it is counted in.
    note : str
        Why there is no number, or what must be said beside it.
    """

    name: str
    window_days: int | None
    segment: str | None
    score: int | None
    value: float | None
    low: float | None
    high: float | None
    n: int | None
    unit: str
    note: str = ""


def estimate(counts: Counts, margin: float | None = None) -> list[Result]:
    """Return all results that the counts allow, windows in ascending order.

    Parameters
    ----------
    counts : Counts
        From rows or from a shared file.
    margin : float, optional
        Profit per unit of revenue; with it comes what one point may cost.
    """
    windows: dict[int, list[Result]] = {}
    told: dict[str, list[pd.DataFrame]] = {"score": [], "segment": []}
    warned = False
    names = [name for name in counts.account["answers"] if name.startswith("watched_")]
    for days in sorted((int(name.removeprefix("watched_")) for name in names), reverse=True):
        window = _Window(counts, days, margin)
        windows[days] = [*window.overall(), *window.groups(told)]
        warned = warned or window.looks_made()
    found = _scores(counts)
    for days in sorted(windows):
        found += windows[days]
    found += _asked(counts)
    if warned:
        found.insert(0, Result("warning", None, None, None, None, None, None, None, "", MADE))
    return found


def money_slope(sums: pd.DataFrame) -> tuple[float, float]:
    """Return the slope of money on the score, in cents per point, and its robust error (HC1).

    Least squares on customers, of whom each score gives their number, and the sum and the sum of
    squares of their cents: enough for the very error that their rows would give.

    Parameters
    ----------
    sums : DataFrame
        ``score``, ``n``, ``total`` and ``total_sq``.

    Raises
    ------
    TooFewError
        If scores or money do not vary, or there are fewer than three customers.

    References
    ----------
    White (1980), Econometrica 48:817-838; MacKinnon and White (1985) for HC1.

    Examples
    --------
    >>> sums = pd.DataFrame({"score": [1, 2], "n": 2, "total": [20, 40], "total_sq": [250, 850]})
    >>> slope, error = money_slope(sums)
    >>> float(slope), round(float(error), 3)
    (10.0, 5.0)
    """
    slope, squares, spread, size = _fit(sums)
    return slope, float(np.sqrt(squares.sum() * size / (size - 2)) / spread)


def _fit(sums: pd.DataFrame) -> tuple[float, np.ndarray, float, float]:
    """Return the slope, the squared pulls on it by score, the spread of scores, and customers."""
    score, n, total, total_sq = (
        sums[c].to_numpy(float) for c in ("score", "n", "total", "total_sq")
    )
    size = n.sum()
    if size < 3 or len(score) < 2:
        raise TooFewError(f"expected 3 or more answers of different scores, found {size:.0f}")
    away = score - np.average(score, weights=n)
    spread = float(n @ away**2)
    slope = float(away @ total / spread)
    fitted = total.sum() / size + slope * away
    left = total_sq - 2 * fitted * total + n * fitted**2
    if not left.sum() > 1e-9 * total_sq.sum():
        raise TooFewError("expected money that varies among those of one score, found none")
    return slope, away**2 * np.maximum(left, 0), spread, size


# One window -------------------------------------------------------------------------------------


class _Window:
    """The answers watched for one window, and all that is estimated from them."""

    def __init__(self, counts: Counts, days: int, margin: float | None) -> None:
        """Take the counts of a window apart."""
        self.counts, self.days, self.margin = counts, days, margin
        frame = counts.returns[counts.returns["window"] == days]
        self.hidden = int(frame["n"].isna().sum())
        self.no_money = int(frame["cents"].isna().sum())
        whole = {"n": "int64", "cents": "float64", "cents2": "float64"}
        self.frame = frame.dropna(subset=["n"]).fillna({"cents": 0, "cents2": 0}).astype(whole)
        self.frame = self.frame.assign(total=self.frame["cents"], total_sq=self.frame["cents2"])
        self.n = int(self.frame["n"].sum())
        self.hits = int((self.frame["n"] * self.frame["again"]).sum())
        low, high = counts.scale
        self.lower = self.frame["score"] < (low + high) / 2
        self.pairs = self._pairs()

    def _pairs(self) -> pd.DataFrame | None:
        """Return pairs of answers where errors must be clustered by customer."""
        if self.counts.answer != "all":
            return None
        pairs = self.counts.pairs
        return pairs[pairs["window"] == self.days]

    # What is told of everyone

    def overall(self) -> Iterator[Result]:
        """Yield what is told of all answers together."""
        frame, (share, money) = self.frame, self._whole()
        point = share or self._try(self._point_return)
        point_money = money or self._try(self._point_money)
        yield self._result("return_share", "share", share or self._share(frame))
        yield self._result("return_share_everyone", "share", share or self._everyone())
        for name, unit, estimator in (
            ("return_correlation", "correlation", correlation),
            ("return_auc", "AUC", auc),
        ):
            found = share or self._try(
                lambda make=estimator: self._widened(
                    make(frame, "score", "again", **ABOUT), "again", slope=True
                )
            )
            yield self._result(name, unit, found)
        yield self._result("money_per_customer", "cents", money or self._money(frame))
        yield self._with_size("point_return", "share per point", point)
        yield self._with_size("held_point_return", "share per point", share or self._held())
        yield self._with_size("point_money", "cents per point", point_money)
        yield self._needed(point)
        if self.margin is not None:
            yield self._scaled("break_even", "cents per point", point_money, self.margin)

    def groups(self, told: dict[str, list[pd.DataFrame]]) -> Iterator[Result]:
        """Yield what is told by score and by segment; ``told`` are the tables of longer windows."""
        if self.frame.empty:
            return
        share, money = self._whole()
        if self.hidden:
            share, money = self._unsafe(self.frame), ""
        for key in ("score", "segment"):
            if key not in self.frame or (key == "segment" and len(set(self.frame[key])) < 2):
                continue
            table = self._table(key, told)
            for name, row in table.iterrows():
                because = money or share or row["masked_money"]
                yield from self._group(key, name, share or row["masked"], because)
            if key == "score":
                yield from self._ends(table)

    def _whole(self) -> tuple[str, str]:
        """Return why return and money of all answers must not be told."""
        if self.frame.empty and not self.hidden:
            nobody = f"nobody could be watched for {self.days} days"
            return nobody, nobody
        share = self._guard(self._unsafe(self.frame), self.hidden)
        return share, share or self._guard(dominated(*self._purse(self.frame)), self.no_money)

    def _unsafe(self, part: pd.DataFrame) -> str:
        sizes = part.groupby("again")["n"].sum().reindex([0, 1], fill_value=0)
        return say_unsafe(sizes)

    def _group(self, key: str, name: object, reason: str, because: str) -> Iterator[Result]:
        part = self.frame[self.frame[key] == name]
        where = {key: int(name) if key == "score" else name}
        yield self._result("return_share", "share", reason or self._share(part), **where)
        yield self._result("money_per_customer", "cents", because or self._money(part), **where)
        if key == "segment":
            against = self.frame.assign(inside=(self.frame[key] == name).astype(int))
            found = reason or self._try(
                lambda: self._widened(
                    proportion_difference(against, "again", "inside", 1, 0, **ABOUT), "again"
                )
            )
            yield self._result("return_share_against_rest", "share difference", found, **where)

    def _ends(self, table: pd.DataFrame) -> Iterator[Result]:
        """Yield the leak at the top, the loyal unhappy and what they spend."""
        high, (share, money) = self.counts.scale[1], self._whole()
        top = table["masked"].get(high, FEW)
        gone = self.frame[self.frame["score"] == high].assign(gone=lambda d: 1 - d["again"])
        leak = share or top or self._try(lambda: self._share_of(gone, "gone"))
        yield self._result("leak", "share", leak)
        lower = self.frame[self.lower]
        if lower.empty:
            return
        reason = share or self._unsafe(lower) or self._found_by_halves(table)
        yield self._result("loyal_unhappy", "share", reason or self._share(lower))
        because = money or reason or dominated(*self._purse(lower))
        because = because or self._money_found_by_halves(table) or self._money(lower)
        yield self._scaled("value_at_risk", "cents", because, float(lower["n"].sum()))

    def _found_by_halves(self, table: pd.DataFrame) -> str:
        """Return why the lower half must not be told: masked scores of a half would be found."""
        for _, part in table[table["masked"] != ""].groupby("half"):
            back, gone = part["hits"].sum(), (part["n"] - part["hits"]).sum()
            if len(part) < 2 or min(back, gone) < THRESHOLD:
                return SUBTRACTED
        return ""

    def _money_found_by_halves(self, table: pd.DataFrame) -> str:
        """Return why the money of the lower half must not be told."""
        for _, part in table[table["masked_money"] != ""].groupby("half"):
            inside = self.frame[self.frame["score"].isin(part.index)]
            if len(part) < 2 or dominated(*self._purse(inside)):
                return SUBTRACTED
        return ""

    def _table(self, key: str, told: dict[str, list[pd.DataFrame]]) -> pd.DataFrame:
        """Return each group with why it is masked; of tables that differ by a few, the longer."""
        frame = self.frame.assign(hits=self.frame["n"] * self.frame["again"])
        sizes = frame.groupby(key)[["n", "hits"]].sum()
        close = [
            any(differ(sizes.loc[[name]], other) for other in told[key]) for name in sizes.index
        ]
        reasons = pd.Series(np.where(close, SUBTRACTED, ""), index=sizes.index, dtype=object)
        cells = frame.assign(masked=frame[key].map(reasons).astype(object))
        if key == "score":  # what is told of the lower half is a margin of its own
            cells["half"] = self.lower
            halves = protect(cells, ["half", key], flag="again", within=["half"])
            if _keeps_both(halves):
                cells = halves
        shared = protect(cells, [key], money="cents", flag="again")
        masked = shared.groupby(key)[["masked", "masked_money"]].max()
        table = sizes.join(masked)
        if key == "score":
            table["half"] = cells.groupby(key)["half"].first()
        told[key].append(table.loc[table["masked"] == "", ["n", "hits"]])
        return table

    # Estimates

    def _share(self, part: pd.DataFrame) -> Estimate | str:
        return self._try(lambda: self._share_of(part, "again"))

    def _share_of(self, part: pd.DataFrame, flag: str) -> Estimate:
        return self._widened(proportion(part, flag, **ABOUT), "again")

    def _money(self, part: pd.DataFrame) -> Estimate | str:
        return self._try(lambda: self._widened(mean_money(part, **MONEY), "cents"))

    def _everyone(self) -> Estimate | str:
        """Return the share back by the window's last whole step, from all answers."""
        if self.counts.answer == "all":
            return REPEATED
        steps = self.counts.curve
        if not len(steps):
            return f"{KEPT_FINE} when customers came back"
        day = steps["day"].to_numpy(float)
        left = steps["left"].to_numpy()
        # Those who could be watched no longer count for half of their step.
        rows = [(day + 0.5, 1, steps["events"]), (day + 0.25, 0, left // 2)]
        rows.append((day + 0.75, 0, left - left // 2))
        long = pd.concat(
            [pd.DataFrame({"day": d, "again": e, "n": np.asarray(n)}) for d, e, n in rows]
        )
        by = max(self.days // STEP, 1)
        return self._try(lambda: returned(long, "day", "again", by=by, **ABOUT))

    def _point_return(self) -> Estimate:
        """Return the change of the share who return per point more."""
        found = regression(self.frame, "again ~ score").estimate("score", **ABOUT)
        return self._widened(found, "again", slope=True)

    def _point_money(self) -> Estimate:
        """Return the change of money per customer per point more."""
        sums = self._by_score("cents")
        slope, error = money_slope(sums)
        method = "least squares of money on the score, HC1 interval"
        ends = {"low": slope - Z * error, "high": slope + Z * error}
        found = Estimate(value=slope, **ends, n=self.n, method=method, **MONEY)
        return self._widened(found, "cents", slope=True)

    def _held(self) -> Estimate | str:
        """Return the change per point with earlier orders, tenure and segment held."""
        if self.counts.answer == "all":
            return REPEATED
        if not {"earlier", "tenure"} <= set(self.frame.columns):
            return f"{KEPT_FINE} earlier orders and tenure"
        # No earlier order and no tenure are the same customers: the two make one history.
        held = self.frame.assign(history=4 * self.frame["earlier"] + self.frame["tenure"])
        terms = []
        for name in ("history", "segment"):
            if name in held:
                held[name] = _join_rare(held, name)
                terms += [f"C({name})"] if len(set(held[name])) > 1 else []
        formula = " + ".join(["again ~ score", *terms])
        return self._try(lambda: regression(held, formula).estimate("score", **ABOUT))

    def _by_score(self, what: str) -> pd.DataFrame:
        """Return the sums of an outcome by score, as money_slope takes them."""
        frame = self.frame
        if what == "again":
            hits = frame["n"] * frame["again"]
            frame = frame.assign(total=hits, total_sq=hits)
        sums = frame.groupby("score", as_index=False)[["n", "total", "total_sq"]].sum()
        return sums

    # Errors clustered by customer

    def _widened(self, found: Estimate, what: str, *, slope: bool = False) -> Estimate:
        """Return an estimate with errors clustered by customer; where each has one, as it is."""
        if self.pairs is None:
            return found
        return _widen(found, self._cluster_factor(what, slope=slope))

    def _cluster_factor(self, what: str, *, slope: bool) -> float:
        """Return by how much clustering makes an error longer: CRV1 over HC1.

        References
        ----------
        Liang and Zeger (1986), Biometrika 73:13-22; Cameron and Miller (2015), Journal of Human
        Resources 50:317-372, for the corrections.
        """
        sums, pairs = self._by_score(what), self.pairs
        size = float(sums["n"].sum())
        centre = float(np.average(sums["score"], weights=sums["n"]))
        average = float(sums["total"].sum() / size)
        rate = _fit(sums)[0] if slope else 0.0
        weigh = (lambda s: s - centre) if slope else np.ones_like
        score = sums["score"].to_numpy(float)
        fitted = average + rate * (score - centre)
        n, total, total_sq = (sums[c].to_numpy(float) for c in ("n", "total", "total_sq"))
        own = float(weigh(score) ** 2 @ (total_sq - 2 * fitted * total + n * fitted**2))
        a, b = (pairs[f"score_{side}"].to_numpy(float) for side in "ab")
        many = pairs["n"].to_numpy(float)
        if what == "again":
            ya, yb = (pairs[f"again_{side}"].to_numpy(float) * many for side in "ab")
            yab = ya * pairs["again_b"].to_numpy(float)
        else:
            ya, yb, yab = (pairs[f"cents_{side}"].to_numpy(float) for side in ("a", "b", "ab"))
        fa, fb = (average + rate * (s - centre) for s in (a, b))
        shared = yab - fb * ya - fa * yb + fa * fb * many
        across = float(weigh(a) * weigh(b) @ shared)
        groups = self.counts.account["answers"].get(f"customers_{self.days}", size)
        if groups < 2 or not own > 0:
            raise TooFewError(f"expected answers of 2 or more customers, found {groups:.0f}")
        correction = groups / (groups - 1) * (size - 1) / size
        return float(np.sqrt(max((own + across) / own, 0) * correction))

    # Results

    def _guard(self, reason: str, hidden: int) -> str:
        if hidden:
            return f"{hidden} of the numbers it needs are masked in the counts file"
        if self.pairs is not None and not len(self.pairs) and self._has_repeats():
            return REPEATED
        return reason

    def _has_repeats(self) -> bool:
        customers = self.counts.account["answers"].get(f"customers_{self.days}", 0)
        return customers != self.n

    def _try(self, make: Callable[[], Estimate]) -> Estimate | str:
        try:
            return make()
        except TooFewError as error:
            return f"too few: {error}"

    def _purse(self, part: pd.DataFrame) -> tuple[float, float, float]:
        if part.empty:
            return 0.0, 0.0, 0.0
        tops = largest(part.assign(all=0), ["all"])
        return float(part["cents"].sum()), float(tops["cents_1"][0]), float(tops["cents_2"][0])

    def _result(self, name: str, unit: str, found: Estimate | str, **where) -> Result:
        place = {"segment": None, "score": None} | where
        if isinstance(found, str):
            empty = dict.fromkeys(("value", "low", "high", "n"))
            return Result(name, self.days, **place, **empty, unit=unit, note=found)
        numbers = {"value": found.value, "low": found.low, "high": found.high}
        return Result(name, self.days, **place, **numbers, n=found.n, unit=unit)

    def _with_size(self, name: str, unit: str, found: Estimate | str) -> Result:
        """Return a slope; where it says too little, with how many answers would be enough."""
        result, needed = self._result(name, unit, found), self._enough(found)
        if result.value is None and result.note.startswith(("too few", "fewer", "nobody")):
            return replace(result, note=f"{result.note}; about {needed:,} answers would be enough")
        is_open = result.value is not None and result.low <= 0 <= result.high
        if is_open and name != "point_money" and needed > self.n:
            note = f"too few answers to tell: about {needed:,} would be enough"
            return replace(result, note=note)
        return result

    def _scaled(self, name: str, unit: str, found: Estimate | str, factor: float) -> Result:
        result = self._result(name, unit, found)
        if result.value is None:
            return result
        ends = {end: factor * getattr(result, end) for end in ("value", "low", "high")}
        return replace(result, **ends)

    def _needed(self, point: Estimate | str) -> Result:
        """Return how many watched answers would tell a difference that is worth knowing."""
        if isinstance(point, str) and not point.startswith(("too few", "fewer", "nobody")):
            return self._result("answers_needed", "answers", point)
        ends = dict.fromkeys(("value", "low", "high"), float(self._enough(point)))
        where = {"window_days": self.days, "segment": None, "score": None}
        n = self.n if self.n >= THRESHOLD else None
        return Result("answers_needed", **where, **ends, n=n, unit="answers")

    def _enough(self, found: Estimate | str) -> int:
        """Return the answers at which the interval from the lowest to the highest score is short.

        Its half is then half of the difference worth knowing. Where there is no slope yet, it is
        planned for a share of one half, with the scores spread as they are.
        """
        low, high = self.counts.scale
        if isinstance(found, Estimate) and found.kind != "money":
            reach, n = (found.high - found.low) / 2, found.n
        else:
            sizes = self.frame.groupby("score")["n"].sum()
            away = sizes.index.to_numpy(float)
            n = max(int(sizes.sum()), 1)
            spread = np.sqrt(np.cov(away, fweights=sizes)) if n > 1 and len(away) > 1 else 0
            reach = Z * 0.5 / (float(spread) or (high - low) / 4) / np.sqrt(n)
        return math.ceil(n * (reach * (high - low) / (DIFFERENCE / 2)) ** 2)

    def looks_made(self) -> bool:
        """Return whether all with one score came back and none with another."""
        frame = self.frame.assign(hits=self.frame["n"] * self.frame["again"])
        sizes = frame.groupby("score")[["n", "hits"]].sum()
        sizes = sizes[sizes["n"] >= THRESHOLD]
        return bool((sizes["hits"] == 0).any() and (sizes["hits"] == sizes["n"]).any())


def _widen(found: Estimate, factor: float) -> Estimate:
    """Return an estimate whose interval is longer by a factor, on the scale where it is symmetric.

    A share of 0 or 1 has no such scale; its interval is as long as that of fewer answers.
    """
    there, back = SCALES[found.scale]
    with np.errstate(divide="ignore"):
        middle = there(found.value)
    if not np.isfinite(middle):
        reach = factor**2 * (found.high - found.low)
        low, high = max(found.value - reach, 0.0), min(found.value + reach, 1.0)
    else:
        low, high = (
            float(back(middle + factor * (there(end) - middle))) for end in (found.low, found.high)
        )
    return replace(found, low=low, high=high, method=f"{found.method}, clustered by customer")


def _keeps_both(halves: pd.DataFrame) -> bool:
    """Return whether masking half by half leaves something to tell of each half."""
    return bool(halves.groupby("half")["masked"].agg(lambda reasons: (reasons == "").any()).all())


def _join_rare(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a category whose rare values are one, or are of the most frequent if still too few."""
    sizes = frame.groupby(name)["n"].sum()
    rare = sizes[sizes < RARE]
    group = "rare" if rare.sum() >= RARE else str(sizes.idxmax())
    return frame[name].astype(str).where(~frame[name].isin(rare.index), group)


# All answers ------------------------------------------------------------------------------------


def _scores(counts: Counts) -> list[Result]:
    """Return the mean score and the NPS, of all answers and by segment."""
    scores = counts.scores
    hidden = int(scores["n"].isna().sum())
    scores = scores.dropna(subset=["n"]).astype({"n": "int64"})
    reason = say_unsafe([scores["n"].sum()])
    if hidden:
        reason = f"{hidden} of the numbers it needs are masked in the counts file"
    if counts.answer == "all" and not len(counts.score_pairs) and _repeats(counts):
        reason = REPEATED
    found = _score_results(counts, scores, reason, None)
    segments = counts.segments
    if len(set(segments["segment"])) > 1:
        masked = protect(segments, ["segment"]).groupby("segment")["masked"].max()
        for name, part in segments.groupby("segment"):
            found += _score_results(counts, part, reason or masked[name], name)
    return found


def _repeats(counts: Counts) -> bool:
    return any(
        counts.account["answers"].get(f"customers_{days}") != watched
        for days, watched in counts.returns.groupby("window")["n"].sum().items()
    )


def _score_results(
    counts: Counts, part: pd.DataFrame, reason: str, segment: str | None
) -> list[Result]:
    wanted: dict[str, tuple[str, Callable]] = {
        "mean_score": ("score", lambda: mean(part, "score", **SAID))
    }
    if counts.nps:
        wanted["nps"] = (
            "NPS points",
            lambda: net_promoter_score(part, "score", scale=counts.scale, **SAID),
        )
    found = []
    if not counts.nps and segment is None:
        empty = dict.fromkeys(("segment", "score", "value", "low", "high", "n"))
        found.append(Result("nps", None, **empty, unit="NPS points", note=NO_NPS))
    for name, (unit, make) in wanted.items():
        numbers: Estimate | str = reason
        if not reason:
            try:
                numbers = make()
                if counts.answer == "all":
                    numbers = _widen(numbers, _score_factor(counts, name))
            except TooFewError as error:
                numbers = f"too few: {error}"
        where = {"window_days": None, "segment": segment, "score": None, "unit": unit}
        if isinstance(numbers, str):
            found.append(
                Result(name, **where, **dict.fromkeys(("value", "low", "high", "n")), note=numbers)
            )
        else:
            ends = {end: getattr(numbers, end) for end in ("value", "low", "high", "n")}
            found.append(Result(name, **where, **ends))
    return found


def _score_factor(counts: Counts, name: str) -> float:
    """Return by how much several answers of a customer make the error of a mean longer."""

    def points(scores: pd.Series) -> np.ndarray:
        if name == "nps":
            return net_promoter(scores, scale=counts.scale).to_numpy(float)
        return scores.to_numpy(float)

    scores, pairs = counts.scores, counts.score_pairs
    n = scores["n"].to_numpy(float)
    values = points(scores["score"])
    centre = np.average(values, weights=n)
    own = n @ (values - centre) ** 2
    a, b = (points(pairs[f"score_{side}"]) - centre for side in "ab")
    return float(np.sqrt(max((own + pairs["n"].to_numpy(float) @ (a * b)) / own, 0)))


def _asked(counts: Counts) -> list[Result]:
    """Return how those who answered differ from those who never did, in standard deviations."""
    asked, found = counts.asked, []
    if not len(asked):
        return found
    days = int(asked["window"].iloc[0])
    sizes = asked.groupby("answered")["n"].sum().reindex([0, 1], fill_value=0)
    hits = asked.assign(hits=asked["n"] * asked["again"]).groupby("answered")["hits"].sum()
    words = {"earlier": "earlier orders", "tenure": "tenure", "again": "return"}
    for column, word in words.items():
        where = {"window_days": None, "segment": None, "score": None, "unit": f"SD of {word}"}
        reason = FEW if (sizes < THRESHOLD).any() else ""
        if column == "again":
            where["unit"] += f" within {days} days"
            reason = reason or max(say_unsafe([sizes[a] - hits[a], hits[a]]) for a in (0, 1))
        if column not in asked:
            reason = f"{KEPT_FINE} {word}"
        numbers = dict.fromkeys(("value", "low", "high", "n"))
        if not reason:
            try:
                e = standardised_difference(asked, column, "answered", 1, 0, seed=SEED, **ABOUT)
                numbers = {"value": e.value, "low": e.low, "high": e.high, "n": e.n}
            except TooFewError as error:
                reason = f"too few: {error}"
        found.append(Result("answered_difference", **where, **numbers, note=reason))
    return found
