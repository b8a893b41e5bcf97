"""Ways to score one answer. Each keeps a missing answer missing, and refuses what is no number.

A score is a number per answer, so its mean over customers is the published figure: the mean of
:func:`net_promoter` is the Net Promoter Score in points, the mean of :func:`at_least` a top-box
share.
"""

import numbers
from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.counts import called, numeric

__all__ = ["at_least", "at_most", "complaint_group", "gap", "net_promoter", "price_tolerance"]

LEAVERS = ("left out", "no rise", "minus the cut")


def at_least(
    answer: pd.Series, lowest: float, *, scale: tuple[float, float] | None = None
) -> pd.Series:
    """Return 1.0 where ``answer >= lowest``, 0.0 below, missing where missing.

    Top box is ``lowest`` = the highest point of the scale, top-two-box one below.

    Parameters
    ----------
    answer : Series
        Numbers.
    lowest : float
        The cut-off; an answer on it counts.
    scale : tuple of float, optional
        Lowest and highest answer that the question allows; any other is refused.

    Raises
    ------
    TypeError
        If ``answer`` is not a pandas Series.
    ValueError
        If an answer is no number or not on the scale, or the cut-off is neither.

    Examples
    --------
    >>> at_least(pd.Series([10, 9, 8, None]), 9).tolist()
    [1.0, 1.0, 0.0, nan]
    """
    return _recoded(answer, scale, lowest, lambda x: x >= lowest)


def at_most(
    answer: pd.Series, highest: float, *, scale: tuple[float, float] | None = None
) -> pd.Series:
    """Return 1.0 where ``answer <= highest``, 0.0 above, missing where missing.

    Takes and refuses the same as :func:`at_least`.
    """
    return _recoded(answer, scale, highest, lambda x: x <= highest)


def net_promoter(
    answer: pd.Series,
    *,
    scale: tuple[float, float],
    promoter: float = 9,
    detractor: float = 6,
) -> pd.Series:
    """Return +100, 0 or -100 points per answer, so that the mean is the Net Promoter Score.

    Parameters
    ----------
    answer : Series
        Numbers.
    scale : tuple of float
        Lowest and highest answer that the question allows, (0, 10) as published. It must be said:
        codes such as 11 or 99 for "do not know" would be promoters.
    promoter : float
        Lowest answer of a promoter.
    detractor : float
        Highest answer of a detractor; must lie below ``promoter``.

    Raises
    ------
    ValueError
        If an answer is no number or not on the scale, or would fall into two classes.

    References
    ----------
    Reichheld (2003), "The One Number You Need to Grow", Harvard Business Review 81(12).

    Examples
    --------
    >>> net_promoter(pd.Series([10] * 7 + [3] * 3), scale=(0, 10)).mean()
    np.float64(40.0)
    """
    if scale is None:
        raise ValueError("expected a scale, such as (0, 10), found none")
    up, down = (at_least(answer, promoter, scale=scale), at_most(answer, detractor, scale=scale))
    if not detractor < promoter:
        raise ValueError(
            f"expected the classes apart, found detractor <= {detractor} and promoter >= {promoter}"
        )
    return 100 * (up - down)


def gap(perceived: pd.Series, expected: pd.Series) -> pd.Series:
    """Return perceived minus expected: above zero the promise was beaten (Oliver 1980).

    Examples
    --------
    >>> gap(pd.Series([8.0, 5.0]), pd.Series([6.0, 9.0])).tolist()
    [2.0, -4.0]
    """
    found, wanted = numeric(perceived), numeric(expected)
    if not perceived.index.equals(expected.index):
        raise ValueError(
            "expected two answers of the same customers in one order, found other rows"
        )
    return pd.Series(found - wanted, index=perceived.index)


def complaint_group(complained: pd.Series, handling: pd.Series, *, well: float) -> pd.Series:
    """Return "no complaint", "handled well" or "not handled well" per customer.

    One meaning of handled well for all who ask. Missing where the complaint is not answered, or
    was made and its handling is not rated.

    Parameters
    ----------
    complained : Series
        1 or 0.
    handling : Series
        How the complaint was handled, a number; rated by complainers only.
    well : float
        Lowest rating of a complaint handled well.

    Raises
    ------
    ValueError
        If an answer is no number, ``complained`` is not 0 or 1, a customer without a complaint
        rated its handling, or the cut-off is none.

    Examples
    --------
    >>> complained, handling = pd.Series([0, 1, 1, 1]), pd.Series([None, 9, 3, None])
    >>> complaint_group(complained, handling, well=8).tolist()
    ['no complaint', 'handled well', 'not handled well', nan]
    """
    if not complained.index.equals(handling.index):
        raise ValueError(
            "expected two answers of the same customers in one order, found other rows"
        )
    made, rated = numeric(complained), numeric(handling)
    if odd := sorted({x for x in made[~np.isnan(made)].tolist() if x not in (0, 1)}):
        raise ValueError(f"expected {called(complained)} to be 0 or 1, found {odd[0]:g}")
    if stray := int(((made != 1) & ~np.isnan(rated)).sum()):
        raise ValueError(
            f"expected {called(handling)} of complainers only, found {stray} rows of others"
        )
    if not _is_number(well):
        raise ValueError(f"expected a cut-off, found {well!r}")
    groups = np.where(rated >= well, "handled well", "not handled well").astype(object)
    groups[np.isnan(rated)] = np.nan
    groups[made == 0] = "no complaint"
    return pd.Series(groups, index=complained.index, name="group")


def price_tolerance(
    asked: pd.Series, percent: pd.Series, *, leavers: str, unanswered: float | None = None
) -> pd.Series:
    """Return the price rise in per cent that a customer would tolerate, of all customers.

    Those likely to stay are asked which rise they would accept; those likely to leave, which cut
    would keep them. To leave the second out is to select on what satisfaction is meant to do.

    Parameters
    ----------
    asked : Series
        "raise", "cut", or anything else for who was asked neither, which is missing.
    percent : Series
        The rise accepted or the cut needed, >= 0; missing where no figure was given.
    leavers : {"left out", "no rise", "minus the cut"}
        Customers asked for a cut: missing; 0, with or without a figure, as they would not stay at
        the present price; or minus the cut, missing without a figure.
    unanswered : float, optional
        The rise to take for customers asked for one who gave no figure; missing by default. The
        lowest and the highest that the scale allows bound what their silence can do.

    Raises
    ------
    ValueError
        If ``leavers`` is none of these, or a per cent is negative or no number.

    Examples
    --------
    >>> asked, percent = pd.Series(["raise", "raise", "cut"]), pd.Series([10, None, 20])
    >>> price_tolerance(asked, percent, leavers="no rise").tolist()
    [10.0, nan, 0.0]
    >>> price_tolerance(asked, percent, leavers="minus the cut", unanswered=0).tolist()
    [10.0, 0.0, -20.0]
    """
    if leavers not in LEAVERS:
        raise ValueError(f"expected leavers of {list(LEAVERS)}, found {leavers!r}")
    values = numeric(percent)
    if not isinstance(asked, pd.Series) or not asked.index.equals(percent.index):
        raise ValueError(
            "expected two answers of the same customers in one order, found other rows"
        )
    if (bad := values < 0).any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"expected {called(percent)} of 0 or more, found {values[row]:g} in row {row}"
        )
    stays, leaves = (
        (asked == word).to_numpy(dtype=bool, na_value=False) for word in ("raise", "cut")
    )
    rise = values if unanswered is None else np.where(np.isnan(values), unanswered, values)
    other = {"left out": np.nan, "no rise": 0.0, "minus the cut": -values}[leavers]
    return pd.Series(np.where(stays, rise, np.where(leaves, other, np.nan)), index=asked.index)


def _recoded(
    answer: pd.Series, scale: tuple[float, float] | None, cut: float, holds: Callable
) -> pd.Series:
    """Return 1.0 where the condition holds, 0.0 elsewhere, missing where missing."""
    values = numeric(answer)
    if not _is_number(cut):
        raise ValueError(f"expected a cut-off, found {cut!r}")
    if scale is not None:
        ends = scale if isinstance(scale, tuple | list) else [scale]
        if not (len(ends) == 2 and all(map(_is_number, ends)) and ends[0] < ends[1]):
            raise ValueError(f"expected a scale as (lowest, highest), found {scale!r}")
        low, high = ends
        if not low <= cut <= high:
            raise ValueError(f"expected a cut-off of {low:g} to {high:g}, found {cut:g}")
        outside = values[(values < low) | (values > high)]
        if len(outside):
            codes = ", ".join(f"{code:g}" for code in np.unique(outside)[:5])
            raise ValueError(
                f"expected answers of {low:g} to {high:g} in {called(answer)}, "
                f"found {len(outside)} outside: {codes}"
            )
    return pd.Series(np.where(np.isnan(values), np.nan, holds(values)), index=answer.index)


def _is_number(value: object) -> bool:
    """Return whether this is a finite number."""
    return isinstance(value, numbers.Real) and bool(np.isfinite(value))
