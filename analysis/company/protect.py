"""Disclosure control: what would tell something about a person is masked, and why is said.

The rules are those of official statistics, on unweighted counts. A group is told with all its
numbers or with none: its size, and how many of it came back and how many did not. So what an
attacker can work out of a masked group is bounded by what all masked groups of its margin have
together, and groups are added until that is wide enough. Money has rules of its own, because one
customer may make most of it.

References
----------
Hundepool and others (2012), Statistical Disclosure Control, chapters 4 and 5 (threshold, dominance,
p% rule, complementary suppression, the attacker's interval).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["SUBTRACTED", "THRESHOLD", "differ", "dominated", "is_safe", "protect", "say_unsafe"]

THRESHOLD = 10  # people behind a number that is told
SURE = 30  # in a smaller group a share of 0 or 100% tells what each member did
LARGEST = 0.9  # of the money may come from the two largest customers
REST = 0.1  # of the largest customer's money must come from all but the largest two
FEW = f"fewer than {THRESHOLD} people behind it"
ALL_ALIKE = f"fewer than {SURE} people, who all did the same"
SUBTRACTED = "with it, a masked number could be found by subtraction"


def protect(
    frame: pd.DataFrame,
    by: Sequence[str],
    count: str = "n",
    money: str | None = None,
    *,
    flag: str | None = None,
    within: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the frame with ``masked``: why the numbers of a row must not be told, or "".

    Parameters
    ----------
    frame : DataFrame
        One row per cell of a table. A column ``masked`` that is there already is kept: these
        rows are masked for that reason in any case.
    by : sequence of str
        Columns that make a group.
    count : str
        Column of unweighted counts.
    money : str, optional
        Column of money; with it ``{money}_1`` and ``{money}_2``, the two largest sums of one
        customer. Adds ``masked_money``, which is set wherever ``masked`` is.
    flag : str, optional
        Column of 0 and 1 that splits a group; the group is masked whole.
    within : sequence of str
        Columns of ``by``: the sums over groups alike in these are told, of each value of the flag.

    Returns
    -------
    DataFrame
        The rows as they are, with the new columns.

    Examples
    --------
    >>> cells = pd.DataFrame({"score": [1, 2, 3], "n": [4, 30, 60]})
    >>> protect(cells, ["score"])["masked"].tolist()[1:]
    ['with it, a masked number could be found by subtraction', '']
    """
    by, within = list(by), list(within)
    groups = _parts(frame, by, count, flag)
    parts = [column for column in groups.columns if column not in by]
    reasons = pd.Series("", index=groups.index, dtype=object)
    for place, sizes in enumerate(groups[parts].to_numpy()):
        reasons.iloc[place] = say_unsafe(sizes)
    if "masked" in frame.columns:
        given = frame.groupby(by, sort=True)["masked"].max().to_numpy()
        reasons = reasons.mask(given != "", given)
    number = groups.groupby(within).ngroup() if within else pd.Series(0, groups.index)
    margins = [groups.index[number == margin] for margin in sorted(set(number))]
    for margin in margins:
        reasons[margin] = _complement(groups.loc[margin, parts], reasons[margin])
    place = _places(frame, groups, by)
    found = frame.assign(masked=reasons.to_numpy()[place])
    if money is not None:
        purses = _purses(frame, by, money)
        because = reasons.copy()
        for row, purse in enumerate(purses.itertuples(index=False)):
            because.iloc[row] = because.iloc[row] or dominated(*purse)
        for margin in margins:
            because[margin] = _complement_money(purses.loc[margin], because[margin])
        found["masked_money"] = because.to_numpy()[place]
    return found


def say_unsafe(parts: Sequence[int]) -> str:
    """Return why a group with these parts must not be told, or "".

    A part is a count of people; with two parts, one of which is empty, all did the same.

    Examples
    --------
    >>> say_unsafe([12]), say_unsafe([12, 40]), say_unsafe([12, 4])
    ('', '', 'fewer than 10 people behind it')
    >>> say_unsafe([12, 0]), say_unsafe([40, 0])
    ('fewer than 30 people, who all did the same', '')
    """
    sizes = np.asarray(parts)
    if ((sizes > 0) & (sizes < THRESHOLD)).any() or not sizes.any():
        return FEW
    if len(sizes) > 1 and (sizes > 0).sum() == 1 and sizes.sum() < SURE:
        return ALL_ALIKE
    return ""


def is_safe(counts: pd.Series) -> bool:
    """Return whether every count is zero or at least the threshold."""
    return bool(((counts == 0) | (counts >= THRESHOLD)).all())


def dominated(total: float, first: float, second: float) -> str:
    """Return why a sum of money must not be told, or "".

    Examples
    --------
    >>> dominated(1000, 100, 100), dominated(1000, 800, 150)[:25]
    ('', 'two customers make more t')
    """
    if total <= 0:
        return ""
    if first + second > LARGEST * total:
        return f"two customers make more than {LARGEST:.0%} of the money"
    if total - first - second < REST * first:
        return f"the largest customer's money could be told to within {REST:.0%}"
    return ""


def differ(one: pd.DataFrame | pd.Series, other: pd.DataFrame | pd.Series) -> bool:
    """Return whether two told tables differ by a few people in a group, cell by cell.

    With columns ``n`` and ``hits``, hits are compared where the same people are in both; else they
    are of different people, and their difference is no number of people.
    """
    one, other = (t.to_frame("n") if isinstance(t, pd.Series) else t for t in (one, other))
    a, b = one.align(other, join="inner", axis=0)
    apart = (a["n"] - b["n"]).abs()
    few = (apart > 0) & (apart < THRESHOLD)
    if "hits" in one.columns:
        back = (a["hits"] - b["hits"]).abs()
        few |= (apart == 0) & (back > 0) & (back < THRESHOLD)
    return bool(few.any())


# Small parts ------------------------------------------------------------------------------------


def _parts(frame: pd.DataFrame, by: list[str], count: str, flag: str | None) -> pd.DataFrame:
    """Return a row per group with its counts, one for each value of the flag."""
    if flag is None:
        return frame.groupby(by, as_index=False)[count].sum()
    halves = {f"part {value}": frame[count].where(frame[flag] == value, 0) for value in (0, 1)}
    return frame[by].assign(**halves).groupby(by, as_index=False)[list(halves)].sum()


def _places(frame: pd.DataFrame, groups: pd.DataFrame, by: list[str]) -> np.ndarray:
    """Return for each row of the frame the place of its group."""
    numbered = groups[by].assign(place=np.arange(len(groups)))
    return frame[by].merge(numbered, on=by, how="left")["place"].to_numpy()


def _complement(parts: pd.DataFrame, reasons: pd.Series) -> pd.Series:
    """Return the reasons with more groups masked until the masked ones hide each other.

    Hidden means: two groups or more, with at least the threshold of people in each part together,
    so that what any of them has lies between nothing and that. If all are masked and this does not
    hold, their total must not be told either.
    """
    reasons = reasons.copy()
    sizes = parts.to_numpy()
    order = np.argsort(sizes.sum(axis=1), kind="stable")
    hidden = (reasons != "").to_numpy(copy=True)
    for place in order:
        together = sizes[hidden].sum(axis=0)
        if not hidden.any() or (hidden.sum() > 1 and (together >= THRESHOLD).all()):
            break
        if not hidden[place]:
            hidden[place] = True
            reasons.iloc[place] = SUBTRACTED
    return reasons


def _purses(frame: pd.DataFrame, by: list[str], money: str) -> pd.DataFrame:
    """Return a row per group: its money, and the two largest sums of one customer."""
    tops = pd.concat(
        [frame[by].assign(top=frame[f"{money}_{rank}"]) for rank in (1, 2)]
    ).sort_values("top", ascending=False, kind="stable")
    place = tops.groupby(by).cumcount()
    ranked = [tops[place == rank].set_index(by)["top"] for rank in (0, 1)]
    found = frame.groupby(by)[[money]].sum().assign(first=ranked[0], second=ranked[1])
    return found.reset_index(drop=True).fillna(0)


def _complement_money(purses: pd.DataFrame, reasons: pd.Series) -> pd.Series:
    """Return the reasons with more groups masked until the masked money is safe as one sum."""
    reasons = reasons.copy()
    order = np.argsort(purses.iloc[:, 0].to_numpy(), kind="stable")
    hidden = (reasons != "").to_numpy(copy=True)
    for place in order:
        if not hidden.any() or (hidden.sum() > 1 and not dominated(*together(purses[hidden]))):
            break
        if not hidden[place]:
            hidden[place] = True
            reasons.iloc[place] = SUBTRACTED
    return reasons


def together(purses: pd.DataFrame) -> tuple[float, float, float]:
    """Return money and the two largest sums of one customer of several purses as one."""
    tops = np.sort(purses.iloc[:, 1:].to_numpy().ravel())[::-1]
    first, second = [*tops[:2], 0, 0][:2]
    return float(purses.iloc[:, 0].sum()), float(first), float(second)
