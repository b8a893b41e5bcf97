"""Reasons in the texts of reviews: how well a codebook finds them, and how often they are given.

A codebook marks every text, a reader codes a random sample of them. The shares that the codebook
finds are corrected by what the reader found among the texts it marked and among those it did not:
a two-phase sample, whose interval holds the error of drawing texts and that of marking them.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from analysis.counts import check_frame, complete, count_by, listed, numeric
from analysis.customers import refuse_rows
from analysis.estimate import (
    LEVEL,
    Estimate,
    TooFewError,
    from_draws,
    make_estimate,
    proportion,
)

__all__ = ["coding_quality", "kappa", "read_share", "reason_difference", "reason_share"]

COMPLAINTS = ("late", "missing", "wrong", "quality", "service", "price")
CODERS = ("machine", "first", "second")
FEWEST = 10  # read texts of a group: fewer tell too little of it
GROUPS = ("these", "others", "none")  # a text names one of a set of reasons, only others, none


def kappa(counts: pd.DataFrame, one: str, two: str, **about: str) -> Estimate:
    """Return Cohen's kappa of two codings of the same texts.

    Parameters
    ----------
    counts : DataFrame
        Columns ``one`` and ``two`` (0 or 1) and ``n`` texts.
    one, two : str
        The codings.
    **about : str
        ``kind``, ``source`` and perhaps ``label`` of the estimate.

    Returns
    -------
    Estimate
        Between -1 and 1, with the interval of its large-sample variance; if the codings agree in
        every text, or in none, that of the exact interval of their agreement.

    Raises
    ------
    TypeError, KeyError, ValueError
        If the counts are not as described.
    TooFewError
        If a coding does not vary, so that agreement says nothing.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20:37-46; Fleiss, Cohen and Everitt
    (1969), Psychological Bulletin 72:323-327.

    Examples
    --------
    >>> codes = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 1, 0, 1], "n": [15, 5, 10, 20]})
    >>> kappa(codes, "a", "b", kind="stated", source="example").text(3)
    '0.400 [0.151, 0.649]'
    """
    kept, missing = complete(counts, [], flags=[one, two])
    pairs = [(kept[one] == i) & (kept[two] == j) for i in (0, 1) for j in (0, 1)]
    table = np.array([int(kept.loc[rows, "n"].sum()) for rows in pairs]).reshape(2, 2)
    n, sides = table.sum(), (table.sum(axis=0), table.sum(axis=1))
    if any(side.max() == n for side in sides):
        raise TooFewError(f"expected {one} and {two} to vary in {n} texts, found one that does not")
    agreed, chance = np.trace(table), (sides[0] @ sides[1]) / n**2
    if agreed in (0, n):  # the large-sample variance is none, or close to it
        ends = proportion_confint(agreed, n, alpha=1 - LEVEL, method="beta")
        value, *ends = ((x - chance) / (1 - chance) for x in (agreed / n, *ends))
        method = "Cohen's kappa, exact interval"
    else:
        found = cohens_kappa(table)
        reach = ndtri(0.5 + LEVEL / 2) * found.std_kappa
        value, ends, method = (
            found.kappa,
            (found.kappa - reach, found.kappa + reach),
            "Cohen's kappa",
        )
    ends = np.clip(ends, -1, 1)
    return make_estimate(value, ends, n, missing, method, about)


def coding_quality(coded: pd.DataFrame, stratum: str, **about: str) -> dict[str, dict]:
    """Return for each reason how well the codebook finds what a reader found, in one stratum.

    Parameters
    ----------
    coded : DataFrame
        One row per text: ``stratum`` and, for each reason, ``<reason>_machine``,
        ``<reason>_first`` and ``<reason>_second`` (0 or 1).
    stratum : str
        The texts to compare, all drawn at one rate.
    **about : str
        ``kind`` and ``source`` of the estimates.

    Returns
    -------
    dict
        By reason: ``texts`` (in which the first reading found it), and the estimates ``precision``
        (share of the texts marked in which the first reading found it), ``recall`` (share of those
        in which it was found that are marked), ``kappa`` (machine against first reading) and
        ``again`` (first against second reading; an upper bound of reliability where one reader
        gave both). None where there is too little to tell.

    Raises
    ------
    TypeError, KeyError, ValueError
        If ``coded`` is not as described or no text is of the stratum.
    """
    check_frame(coded, ["stratum"])
    reasons = [name.removesuffix("_machine") for name in coded if str(name).endswith("_machine")]
    check_frame(coded, [f"{name}_{coder}" for name in reasons for coder in CODERS])
    part = coded[coded["stratum"] == stratum]
    if part.empty:
        names = sorted(map(str, coded["stratum"].dropna().unique()))
        raise ValueError(f"expected a stratum of {names}, found {stratum!r}")
    found = {}
    for name in reasons:
        machine, first, second = (f"{name}_{coder}" for coder in CODERS)
        counts = count_by(part, [machine, first, second])
        measures = {
            "precision": (proportion, counts[counts[machine] == 1], first),
            "recall": (proportion, counts[counts[first] == 1], machine),
            "kappa": (kappa, counts, machine, first),
            "again": (kappa, counts, first, second),
        }
        found[name] = {"texts": int(part[first].sum())}
        for measure, (estimator, *arguments) in measures.items():
            try:
                found[name][measure] = estimator(*arguments, label=name, **about)
            except TooFewError:
                found[name][measure] = None
    return found


def read_share(
    coded: pd.DataFrame, reasons: Sequence[str], *, coder: str = "first", **about: str
) -> Estimate:
    """Return the share naming one of ``reasons`` among bad reviews whose text names any complaint.

    From the texts that were read alone, with Wilson's interval.

    Parameters
    ----------
    coded : DataFrame
        As for :func:`coding_quality`; texts of the stratum ``bad`` count.
    reasons : sequence of str
        Of late, missing, wrong, quality, service, price.
    coder : {"first", "second", "machine"}
        Whose codes.
    **about : str
        ``kind``, ``source`` and perhaps ``label`` of the estimate. Texts without a complaint are
        counted in ``missing``.

    Raises
    ------
    TypeError, KeyError, ValueError
        If ``coded`` is not as described, or a reason or coder is unknown.
    TooFewError
        If no text names a complaint.
    """
    if coder not in CODERS:
        raise ValueError(f"expected a coder of {list(CODERS)}, found {coder!r}")
    kept, hit, given = _read(coded, _known(reasons), [coder])
    flag = pd.DataFrame({"hit": np.where(given[0], hit[0], np.nan), "n": kept["n"]})
    return proportion(flag, "hit", **about)


def reason_share(
    weeks: pd.DataFrame,
    coded: pd.DataFrame,
    reasons: Sequence[str],
    *,
    seed: int,
    draws: int = 2000,
    or_broken: bool = False,
    among: str = "reason",
    **about: str,
) -> Estimate:
    """Return the share of bad reviews that name one of ``reasons``, corrected by texts read.

    The texts fall in three groups by the codebook: those that name a reason of the set, those that
    name others only, those that name none. Within each group the read texts tell the share that
    names one of the set, and the share that gives any reason; these are averaged over the groups
    by the groups' sizes among all texts. Both readings count half. The interval draws whole weeks,
    and, independently, the texts that were read, each with one of its two readings.

    Parameters
    ----------
    weeks : DataFrame
        ``week``, ``broken`` (by its dates; 0, 1 or missing), ``reasons`` (the set, parted by
        spaces), and the numbers of bad reviews ``these``, ``others``, ``none`` and ``silent``.
    coded : DataFrame
        As for :func:`coding_quality`, and ``arrival``; texts of the stratum ``bad`` count.
    reasons : sequence of str
        A set of ``weeks``, in any order.
    seed, draws : int
        Of the bootstrap.
    or_broken : bool
        Also count a review whose order came late or never by its dates, whatever the text says.
    among : {"reason", "all"}
        Among the texts that give a reason (or, with ``or_broken``, are of a broken order), or
        among all bad reviews; a review without a text then names nothing, so the share is a
        lower bound.
    **about : str
        ``kind``, ``source`` and perhaps ``label`` of the estimate. Its ``n`` are the bad reviews
        with a text (or all), its ``missing`` those without, and with an unknown day of arrival.

    Raises
    ------
    TypeError, KeyError, ValueError
        If a table is not as described, or an option or set is unknown.
    TooFewError
        If fewer than ten texts of a group were read.

    References
    ----------
    Tenenbein (1970), Journal of the American Statistical Association 65:1350-1361.
    """
    if among not in ("reason", "all"):
        raise ValueError(f"expected among to be 'reason' or 'all', found {among!r}")
    reasons = _known(reasons)
    sums, n, missing = _weekly(weeks, reasons, or_broken, among)
    kept, hit, given = _read(coded, reasons, CODERS)
    group = np.where(hit[0], 0, np.where(given[0], 1, 2))  # by the machine
    if or_broken:  # of a broken order the dates tell all
        check_frame(coded, ["arrival"])
        on_time = kept["arrival"].eq("on_time").to_numpy()
        group, hit, given = group[on_time], hit[:, on_time], given[:, on_time]
    members = _members(group)

    def share(sums, named, reasoned):
        """Return the share for each row: of sums (see _weekly) and of rates by group."""
        top = (sums[:, :3] * named).sum(axis=1) + sums[:, 3]
        if among == "all":
            return (top + sums[:, 4]) / sums.sum(axis=1)
        return top / ((sums[:, :3] * reasoned).sum(axis=1) + sums[:, 3])

    generator = np.random.default_rng(seed)
    weights = generator.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=draws)
    rates, drawn = [], []  # by group: shares that name one of the reasons, and that give any
    for places in members:
        again = generator.choice(places, size=(draws, len(places)))
        reading = generator.integers(1, 3, size=again.shape)
        rates.append([flags[1:, places].mean() for flags in (hit, given)])
        drawn.append([flags[reading, again].mean(axis=1) for flags in (hit, given)])
    value = share(sums.sum(axis=0, keepdims=True), *np.array(rates).T)[0]
    boot = share(weights @ sums, *np.array(drawn).transpose(1, 2, 0))
    method = f"two-phase share, weeks and {len(group)} read texts drawn"
    return from_draws(value, boot, method=method, n=n, missing=missing, **about)


def reason_difference(
    weeks: pd.DataFrame,
    coded: pd.DataFrame,
    reason: str,
    rivals: Sequence[str],
    *,
    seed: int,
    draws: int = 2000,
    **about: str,
) -> Estimate:
    """Return the share of ``reason`` minus the largest share of a rival among bad reviews.

    Among texts that give a reason; a text may name both. Each share is that of
    :func:`reason_share`. The interval of each difference draws the same weeks and weighs the same
    read texts for both shares (a Bayesian bootstrap, which leaves no group of texts empty), each
    text with one of its two readings. The ends are the least ends over the rivals: the lower one
    holds whichever rival is largest; the upper one is too low at times where two are equal.

    Parameters
    ----------
    weeks, coded : DataFrame
        As for :func:`reason_share`.
    reason : str
        One of late, missing, wrong, quality, service, price.
    rivals : sequence of str
        Others of these, each alone.
    seed, draws : int
        Of the bootstrap.
    **about : str
        ``kind``, ``source`` and perhaps ``label`` of the estimate. Its ``n`` are the bad reviews
        with a text, its ``missing`` those without.

    Returns
    -------
    Estimate
        Between -1 and 1.

    Raises
    ------
    TypeError, KeyError, ValueError
        If a table is not as described, a reason is unknown or not counted, or there is no rival.
    TooFewError
        If fewer than ten texts of a group were read.

    References
    ----------
    Tenenbein (1970), Journal of the American Statistical Association 65:1350-1361; Rubin (1981),
    Annals of Statistics 9:130-134, for the Bayesian bootstrap.
    """
    rivals = _known(rivals)
    if len(_known(reason)) != 1 or reason in rivals:
        raise ValueError(f"expected a reason other than {rivals}, found {reason!r}")
    generator = np.random.default_rng(seed)
    found = {}
    for name in [reason, *rivals]:
        sums, n, missing = _weekly(weeks, [name], False, "reason")
        _, hit, given = _read(coded, [name], CODERS)
        members = _members(np.where(hit[0], 0, np.where(given[0], 1, 2)))
        if not found:  # the same weeks and texts for all
            size, texts = len(sums), np.arange(hit.shape[1])
            drawn = generator.multinomial(size, np.full(size, 1 / size), size=draws)
            weight = generator.standard_exponential((draws, len(texts)))
            reading = generator.integers(1, 3, size=weight.shape)
        sizes = np.vstack([sums.sum(axis=0), drawn @ sums])[:, :3]
        named, reasoned = (
            np.vstack([flags[1:].mean(axis=0), flags[reading, texts]]) for flags in (hit, given)
        )
        weights = np.vstack([np.ones(len(texts)), weight])
        tops, wholes = (
            sum(
                sizes[:, k] * np.average(flags[:, rows], axis=1, weights=weights[:, rows])
                for k, rows in enumerate(members)
            )
            for flags in (named, reasoned)
        )
        found[name] = tops / wholes
    method = f"two-phase difference of shares, weeks and {len(texts)} read texts drawn"
    about = {"method": method, "n": n, "missing": missing} | about
    leads = [found[reason] - found[name] for name in rivals]
    least = [from_draws(lead[0], lead[1:], **about) for lead in leads]
    return dataclasses.replace(
        min(least, key=lambda e: e.value),
        low=min(e.low for e in least),
        high=min(e.high for e in least),
    )


# Small parts ------------------------------------------------------------------------------------


def _known(reasons: Sequence[str]) -> list[str]:
    """Return reasons in the order of the table, or say which is unknown."""
    reasons = listed(reasons)
    odd = [name for name in reasons if name not in COMPLAINTS]
    if odd or not reasons:
        raise ValueError(f"expected reasons among {list(COMPLAINTS)}, found {odd}")
    return [name for name in COMPLAINTS if name in reasons]


def _read(
    coded: pd.DataFrame, reasons: list[str], coders: Sequence[str]
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return the bad texts, and by coder whether they name one of the reasons, and any reason."""
    check_frame(coded, ["stratum"])
    flags = [f"{name}_{coder}" for name in COMPLAINTS for coder in coders]
    kept, gaps = complete(coded[coded["stratum"] == "bad"].assign(n=1), ["stratum"], flags=flags)
    if gaps or kept.empty:
        found = f"{gaps} without" if gaps else "no text"
        raise ValueError(f"expected texts of the stratum bad with all codes, found {found}")
    sets = (reasons, COMPLAINTS)
    hit, given = (
        np.array([kept[[f"{name}_{coder}" for name in names]].any(axis=1) for coder in coders])
        for names in sets
    )
    return kept, hit, given


def _members(group: np.ndarray) -> list[np.ndarray]:
    """Return the places of the read texts by group, or refuse a group with too few."""
    members = [np.flatnonzero(group == k) for k in range(len(GROUPS))]
    if min(sizes := [len(places) for places in members]) < FEWEST:
        raise TooFewError(
            f"expected {FEWEST} or more read texts in each group of {list(GROUPS)}, found {sizes}"
        )
    return members


def _weekly(
    weeks: pd.DataFrame, reasons: list[str], or_broken: bool, among: str
) -> tuple[np.ndarray, int, int]:
    """Return sums by week, the reviews among which the share is, and those left out.

    The sums are texts by group whose dates do not decide, texts whose dates do, and reviews
    without a text whose dates do and do not.
    """
    check_frame(weeks, ["week", "broken", "reasons", *GROUPS, "silent"])
    rows = weeks[weeks["reasons"] == " ".join(reasons)]
    if rows.empty:
        sets = weeks["reasons"].drop_duplicates().tolist()
        raise ValueError(f"expected a set of reasons of {sets}, found {' '.join(reasons)!r}")
    n = np.column_stack([numeric(rows[name]) for name in (*GROUPS, "silent")])
    broken, week = numeric(rows["broken"]), numeric(rows["week"])
    odd = ~((n >= 0) & (n % 1 == 0)).all(axis=1)
    refuse_rows(odd, f"whole numbers >= 0 in {[*GROUPS, 'silent']}", n.sum(axis=1))
    refuse_rows(~np.isin(broken, (0, 1)) & ~np.isnan(broken), "broken to be 0 or 1", broken)
    refuse_rows(np.isnan(week), "a week", week)
    known = ~np.isnan(broken) | (not or_broken)
    dated = ((broken == 1) & or_broken)[:, None]
    texts, silent = n[:, :3], n[:, 3:]
    sure = texts.sum(axis=1, keepdims=True) * dated
    sums = np.hstack([texts * ~dated, sure, silent * dated, silent * ~dated])
    sums = pd.DataFrame(sums[known]).groupby(week[known]).sum().to_numpy()
    total, without = int(n[known].sum()), int(silent[known].sum())
    inside = total if among == "all" else total - without
    return sums, inside, int(n.sum()) - inside
