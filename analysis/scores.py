"""Ways to score one answer. Each keeps a missing answer missing.

A score is a number per answer, so its mean over customers is the published figure: the mean of
:func:`net_promoter` is the Net Promoter Score in points, the mean of :func:`at_least` a top-box
share. One estimator of a mean therefore serves them all, with the right sampling error.
"""

import pandas as pd

__all__ = ["at_least", "at_most", "gap", "net_promoter"]


def at_least(answer: pd.Series, lowest: float) -> pd.Series:
    """Return 1.0 where ``answer >= lowest``, 0.0 below, missing where missing.

    Top box is ``lowest`` = the highest point of the scale, top-two-box one below.

    Examples
    --------
    >>> at_least(pd.Series([10, 8, None]), 9).tolist()
    [1.0, 0.0, nan]
    """
    return (answer >= lowest).astype(float).where(answer.notna())


def at_most(answer: pd.Series, highest: float) -> pd.Series:
    """Return 1.0 where ``answer <= highest``, 0.0 above, missing where missing."""
    return (answer <= highest).astype(float).where(answer.notna())


def net_promoter(answer: pd.Series, *, promoter: float = 9, detractor: float = 6) -> pd.Series:
    """Return +100, 0 or -100 points per answer, so that the mean is the Net Promoter Score.

    Parameters
    ----------
    answer : Series
        Answers on the 0-10 scale (the defaults) or any other.
    promoter : float
        Lowest answer of a promoter.
    detractor : float
        Highest answer of a detractor; must lie below ``promoter``.

    Raises
    ------
    ValueError
        If an answer would fall into two classes.

    References
    ----------
    Reichheld (2003), "The One Number You Need to Grow", Harvard Business Review 81(12).

    Examples
    --------
    >>> net_promoter(pd.Series([10] * 7 + [3] * 3)).mean()
    np.float64(40.0)
    """
    if detractor >= promoter:
        raise ValueError(
            f"expected the classes apart, found detractor <= {detractor} and promoter >= {promoter}"
        )
    return 100 * (at_least(answer, promoter) - at_most(answer, detractor))


def gap(perceived: pd.Series, expected: pd.Series) -> pd.Series:
    """Return perceived minus expected: above zero the promise was beaten (Oliver 1980)."""
    return perceived - expected
