"""Acts of loyalty: going on with what is paid, renewing and buying anew, side by side.

They are different acts, and the correlations are of different units: of people, or of the means of
plans, which are larger than those of people. Compare them, never pool them.
"""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from analysis import estimate as est
from analysis import panel
from analysis.counts import check_frame
from analysis.estimate import LEVEL, Estimate, TooFewError, Z

__all__ = [
    "compare_acts",
    "playing_on",
    "published_play",
    "renewing",
    "staying_by_quarter",
    "staying_without_complaint",
    "tidy_acts",
]

MEDICARE = "Medicare plans"
STEAM, MANY_GAMES = "Steam, one game", "Steam, 50 games"
TELECOM = "Iranian telecom"
WHOLE_PERIOD = "2007-2021"
LINKS = ("year before", "same year", "year after")
COMPARED = {
    "plans of a year": "year",
    "means of plans": "between",
    "within plans": "plan_year",
    "plans alike so far": "year_past",
}
INTENTION, PLAYING, RENEWING, BUYING = ("say so", "go on", "renew", "buy anew")
# Half a unit of the last digit that these rows print: tenths of a per cent, then whole per cents.
ROUNDING = np.array([0.0005, 0.005, 0.005])
PLAY_ROWS = ("BAS26a", "BAS26b", "BAS26c")  # share recommending; playing on if they do, if not


def renewing(
    moments: pd.DataFrame,
    *,
    link: str = "year after",
    compared: str = "plans of a year",
    rating: str = "plan",
    sample: str = "all",
    period: str = WHOLE_PERIOD,
    label: str = "",
) -> Estimate:
    """Return the correlation over plan-years of members' rating with the share who stay.

    The interval is on Fisher's z with errors clustered by plan. ``n`` counts plan-years (plans, if
    their means are compared), ``missing`` plan-years whose leaving is not known.

    Parameters
    ----------
    moments : DataFrame
        ``load("medicare_moments")``.
    link : {"year before", "same year", "year after"}
        Year in which members stay, from that of the survey. Staying in the year before tells
        whether leaving goes before the rating.
    compared : {"plans of a year", "means of plans", "within plans", "plans alike so far"}
        Means of years are always taken out; then all plan-years are compared, one mean for each
        plan, each plan-year with the others of its plan, or (for the year after) plan-years with
        the same share who stayed in the year of the survey and the one before.
    rating : {"plan", "care", "service"}
        What members rated.
    sample, period : str
        As in the table: parts of the plans, years of the survey.
    label : str
        Label of the estimate.

    Raises
    ------
    KeyError
        If the table lacks a column, or has no such row.
    """
    if compared not in COMPARED:
        raise KeyError(f"expected compared to be one of {[*COMPARED]}, found {compared!r}")
    keys = {"link": link, "rating": rating, "sample": sample, "period": period}
    row = panel.pick(moments, effects=COMPARED[compared], **keys)
    row = row.rename({"plans": "firms"})
    about = {"source": MEDICARE, "kind": "behaviour", "clusters": "plans"}
    return panel.correlation(row, label=label or f"{compared}, {link}", **about)


def staying_by_quarter(quarters: pd.DataFrame, *, link: str = "year after") -> list[Estimate]:
    """Return the mean share of members who stay by quarters of the rating, lowest first.

    Student's intervals on errors clustered by plan; labels are the quarters, 1 to 4.

    Parameters
    ----------
    quarters : DataFrame
        ``load("medicare_quarters")``.
    link : {"year before", "same year", "year after"}
        Year in which members stay, from that of the survey.

    Raises
    ------
    KeyError
        If the table lacks a column, or the link is not in it.
    """
    check_frame(quarters, ["link", "quarter", "n", "plans", "stay", "se"])
    rows = quarters[quarters["link"] == link]
    if rows.empty:
        raise KeyError(f"expected link to be one of {[*LINKS]}, found {link!r}")
    return [_quarter(row) for row in rows.sort_values("quarter").to_dict("records")]


def staying_without_complaint(counts: pd.DataFrame, *, label: str = "no complaint") -> Estimate:
    """Return the correlation of not complaining with staying three months later (phi).

    A complaint is a proxy of dissatisfaction: most of the dissatisfied do not complain.

    Parameters
    ----------
    counts : DataFrame
        ``load("telecom_complaints")``, or its part without ``duplicate`` rows.
    label : str
        Label of the estimate.
    """
    check_frame(counts, ["complained", "churned", "n"])
    counts = counts.assign(silent=1 - counts["complained"], stays=1 - counts["churned"])
    about = {"kind": "behaviour", "source": TELECOM, "label": label}
    return est.correlation(counts, "silent", "stays", **about)


def playing_on(
    counts: pd.DataFrame, *, act: str = "hour_more", label: str = "an hour or more after"
) -> Estimate:
    """Return the correlation of recommending a game with going on playing it (phi).

    Parameters
    ----------
    counts : DataFrame
        ``load("steam_acts")`` or a part of it, such as those who paid.
    act : {"hour_more", "later30"}
        Played an hour or more after the review, or more than 30 days after it.
    label : str
        Label of the estimate.
    """
    return est.correlation(counts, "recommends", act, kind="behaviour", source=STEAM, label=label)


def published_play(literature: pd.DataFrame) -> Estimate:
    """Return the correlation of recommending with playing on that printed shares of 50 games imply.

    The phi coefficient of a two-by-two table follows from the share who recommend and the shares
    who play on in both groups. The interval holds every value that rounds to what is printed, and
    Fisher's error beyond it. That reviews of one game are alike is not in it: it is too narrow.

    Parameters
    ----------
    literature : DataFrame
        ``load("literature")`` with the rows BAS26a to BAS26c.

    Raises
    ------
    KeyError
        If a row is not there, or not there once.

    References
    ----------
    Pearson (1900), Philosophical Transactions A 195:1-47, for phi.
    """
    rows = [panel.pick(literature, study_id=key) for key in PLAY_ROWS]
    shares = np.array([row["estimate"] for row in rows]) / 100
    value = _phi(*shares)
    ends = [_phi(*(shares + ROUNDING * signs)) for signs in product((-1, 1), repeat=3)]
    n = int(rows[0]["n"])
    reach = Z / np.sqrt(n - 3)
    return Estimate(
        value=value,
        low=float(np.tanh(np.arctanh(min(ends)) - reach)),
        high=float(np.tanh(np.arctanh(max(ends)) + reach)),
        n=n,
        kind="published",
        source=MANY_GAMES,
        method="phi from printed shares, interval of rounding and Fisher's z, games not clustered",
        label="an hour or more after",
        scale="correlation",
    )


def compare_acts(
    *,
    surveys: Mapping[str, pd.DataFrame],
    players: pd.DataFrame,
    plans: pd.DataFrame,
    phones: pd.DataFrame,
    bought: Mapping[str, pd.DataFrame],
    published: Sequence[Estimate] = (),
) -> dict[tuple[str, str], list[Estimate]]:
    """Return the correlations of satisfaction with a stated intention and with three acts.

    Parameters
    ----------
    surveys : mapping of str to DataFrame
        Counts with ``satisfaction`` and ``intention`` by label.
    players, plans, phones : DataFrame
        ``load`` of steam_acts, medicare_moments and telecom_complaints.
    bought : mapping of str to DataFrame
        Counts of customers with ``score`` and ``again`` (1 or 0) by label, such as the window.
    published : sequence of Estimate
        Results of others on going on, such as :func:`published_play`.

    Returns
    -------
    dict
        Estimates by act (``say so``, ``go on``, ``renew``, ``buy anew``) and by who acts, in this
        order: the blocks of a figure.

    Raises
    ------
    ValueError
        If there is no survey, or no counts of who bought.
    """
    if not (surveys and bought):
        raise ValueError(f"expected surveys and who bought, found {len(surveys)} and {len(bought)}")
    stated = {"kind": "stated", "source": "surveys"}
    olist = {"kind": "behaviour", "source": "Olist"}
    paid = players[players["paid"] == 1]
    return {
        (INTENTION, "customers in surveys"): [
            est.correlation(counts, "satisfaction", "intention", label=label, **stated)
            for label, counts in surveys.items()
        ],
        (PLAYING, "players of one game"): [
            playing_on(paid),
            playing_on(paid, act="later30", label="more than 30 days after"),
        ],
        **({(PLAYING, "players of many games"): [*published]} if published else {}),
        (RENEWING, "health plans"): [
            renewing(plans),
            renewing(plans, compared="plans alike so far"),
            *(renewing(plans, link=link, compared="within plans") for link in LINKS[::-1]),
        ],
        (RENEWING, "customers of a mobile operator"): [staying_without_complaint(phones)],
        (BUYING, "customers of a marketplace"): [
            est.correlation(counts, "score", "again", label=label, **olist)
            for label, counts in bought.items()
        ],
    }


def tidy_acts(blocks: Mapping[tuple[str, str], Sequence[Estimate]]) -> pd.DataFrame:
    """Return one row per estimate of :func:`compare_acts`, unrounded.

    Columns ``act``, ``who``, ``label``, ``value``, ``low``, ``high`` (correlations, -1 to 1), ``n``
    and ``missing`` (of ``who``; plan-years for plans), ``kind``, ``source`` and ``method``.
    """
    columns = ["label", "value", "low", "high", "n", "missing", "kind", "source", "method"]
    rows = [
        {"act": act, "who": who} | {name: getattr(estimate, name) for name in columns}
        for (act, who), estimates in blocks.items()
        for estimate in estimates
    ]
    if not rows:
        raise ValueError("expected estimates of acts, found none")
    return pd.DataFrame(rows)


def _quarter(row: Mapping) -> Estimate:
    """Return one row of quarters as an estimate."""
    df = row["plans"] - 1
    reach = stats.t.ppf(0.5 + LEVEL / 2, df) * row["se"]
    return Estimate(
        value=row["stay"],
        low=row["stay"] - reach,
        high=row["stay"] + reach,
        n=row["n"],
        kind="behaviour",
        source=MEDICARE,
        method=f"mean over plan-years, Student interval, clustered by {row['plans']} plans",
        label=str(row["quarter"]),
        df=df,
    )


def _phi(share: float, first: float, second: float) -> float:
    """Return phi of a flag that ``share`` have with an act of these shares with and without it."""
    acted = share * first + (1 - share) * second
    if not (0 < share < 1 and 0 < acted < 1):
        raise TooFewError(f"expected shares within 0 and 1, found {share:g} and {acted:g}")
    return float((first - second) * np.sqrt(share * (1 - share) / (acted * (1 - acted))))
