"""Moments of Medicare plans: members' rating against the share who stay; no plan is seen."""

import numpy as np
import pandas as pd
from common import BuildError, Field, Microdata, Table, read_microdata

from analysis.panel import PRODUCTS, SUMS, moments

PLANS = Microdata(
    path="medicare_plans/plans.csv",
    sha256="49f07197ba911abf9711cd43637b7eeecfe5aae8f96f282c509c3998bec4f0f5",
    title="Ratings and voluntary leaving of 870 Medicare contracts, 2007-2021 (CMS Part C and D "
    "performance data, as collected in the R package medicarestars at 64251f9)",
    home="https://github.com/jimurick/medicarestars",
)
COUNTED = {"plan-years": 7205, "plans": 870, "with a rating": 6031}
NUMBERS = ("plan", "care", "service", "survey_year", "leave", "leave_next", "leave_prev")
CARRIED = 2020  # no survey was held: the figures published for it are those of 2019
COPIES = 0.99  # of them at least: one rating of 398 was corrected
LINKS = {"year before": "leave_prev", "same year": "leave", "year after": "leave_next"}
RATINGS = ("plan", "care", "service")
EFFECTS = {
    "none": (),
    "year": ("year",),
    "plan_year": ("contract", "year"),
    "between": (),
    "year_past": ("year",),
}
PAST = ("leave", "leave_prev")  # held fixed beside the means of years in the last of these
# period: first and last year of the survey. Ratings of 2007 are lower and spread wider.
PERIODS = {
    "2007-2021": (2007, 2021),
    "2008-2021": (2008, 2021),
    "2007-2013": (2007, 2013),
    "2014-2021": (2014, 2021),
}
SAMPLES = ("all", "all three years known", "at most half left", "local", "regional")
QUARTERS = 4
LETTERS = {"local": "H", "regional": "R"}  # first of the contract's number, as CMS gives it
WHOLE = next(iter(PERIODS))
CASES = (
    *(("plan", "all", period) for period in PERIODS),
    *(("plan", sample, WHOLE) for sample in SAMPLES[1:]),
    *((rating, "all", WHOLE) for rating in RATINGS[1:]),
)
FEWEST_PLANS = 8  # no row rests on fewer, so that no sum is about one plan
DIGITS = 10  # significant: more differ between machines

LIMITS = (
    "Plans, not people: that plans with happier members lose fewer does not say that the happier "
    "member of a plan stays. A correlation of means is larger than that of persons.",
    "A plan is a contract of an insurer with Medicare, which may hold several products; its size "
    "and state are not known here, so each counts alike.",
    "Left means chose to leave: CMS leaves out those who had no choice, such as members who moved "
    "out of the area. A member who stays may have had no better plan to go to.",
    "The survey is held from February to June, leaving is counted by calendar year: leaving in "
    "the same year lies partly before the survey.",
    "Only members who are still there are asked: those who left cannot lower the rating.",
    "Within a plan the rating moves little, by about two hundredths, is rounded to "
    "hundredths and drawn from a sample: correlations within plans are too near zero.",
    "Where leaving goes before a fall of the rating, comparing each plan-year with the others of "
    "its plan pulls the correlation with later leaving towards the other sign (feedback in a short "
    "panel): near nothing there is not nothing; 'year_past' has no such pull.",
    "No survey was held in 2020; CMS published the ratings of 2019 again, and these copies are "
    "left out. Leaving in 2009 was not published.",
    "To rebuild it the builder needs the plans: give their folder with --microdata.",
)
COMMON = {
    "kind": "derived",
    "sources": (PLANS,),
    "licence": "other",
    "licence_note": "The figures are work of the United States government, in the public domain; "
    "the package that collected them states no licence. Sums and means of ours, over at least "
    "eight plans.",
    "references": (
        "Centers for Medicare & Medicaid Services, Part C and D Performance Data, measures Rating "
        "of Health Plan, Rating of Health Care Quality, Customer Service (CAHPS) and Members "
        "Choosing to Leave the Plan",
    ),
    "limits": LIMITS,
    "builder": "plans.py",
}
TABLES = (
    Table(
        name="medicare_moments",
        path="medicare_moments.csv",
        title="Medicare plans: moments of members' rating against the share who stay",
        description="Second moments of the mean rating by members (x, 0 to 1) and the share who do "
        "not choose to leave (y, 0 to 1) after effects are taken out, with their products within "
        "plans: enough for exact slopes, correlations and errors clustered by plan. One row per "
        "link, rating, sample, period and effects.",
        fields=(
            Field("link", "string", "Year of leaving, from that of the survey.", enum=(*LINKS,)),
            Field("rating", "string", "What members rated.", enum=RATINGS),
            Field(
                "sample",
                "string",
                "All plan-years with the rating; those where leaving is known before, in and after "
                "the year of the survey; those that at most half of the members left; local "
                "plans; regional plans.",
                enum=SAMPLES,
            ),
            Field("period", "string", "Years of the survey.", enum=tuple(PERIODS)),
            Field(
                "effects",
                "string",
                "What is taken out of both columns: nothing but the mean, means of years, of plans "
                "and years; 'between' compares the plans' means of what the means of years leave; "
                "'year_past' holds leaving in the same year and the year before fixed too.",
                enum=tuple(EFFECTS),
            ),
            Field("n", "integer", "Plan-years (plans, if between).", 20),
            Field("missing", "integer", "Plan-years with the rating, leaving not known.", 0),
            Field("plans", "integer", "Plans, the clusters.", FEWEST_PLANS),
            Field("parameters", "integer", "Parameters of the regression of y on x.", 2),
            Field("mean_x", "number", "Mean rating over the plan-years.", 0, 1),
            Field("mean_y", "number", "Mean share who stay over the plan-years.", 0, 1),
            *(Field(name, "number", f"Sum of {name[0]} times {name[1]}.") for name in SUMS),
            *(
                Field(name, "number", f"Sum over plans of a plan's {name.replace('_', ' times ')}.")
                for name in PRODUCTS
            ),
        ),
        reconciliation={"here": COUNTED, "note": "Counted in the plans by their builder."},
        **COMMON,
    ),
    Table(
        name="medicare_quarters",
        path="medicare_quarters.csv",
        title="Medicare plans: the share who stay by quarters of members' rating",
        description="Plan-years sorted by the rating of the plan into quarters within each year "
        "of the survey; equal ratings share their mean rank, so quarters differ a little in size. "
        "Plain means over plan-years.",
        fields=(
            Field("link", "string", "Year of leaving, from that of the survey.", enum=(*LINKS,)),
            Field("quarter", "integer", "Quarter of the rating, 1 lowest.", 1, QUARTERS),
            Field("n", "integer", "Plan-years.", 20),
            Field("plans", "integer", "Plans, the clusters.", FEWEST_PLANS),
            Field("rating", "number", "Mean rating.", 0, 1),
            Field("stay", "number", "Mean share of members who stay.", 0, 1),
            Field("se", "number", "Standard error of that mean, clustered by plan.", 0),
        ),
        **COMMON,
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return both tables."""
    columns = {"contract_id": "text"} | dict.fromkeys(NUMBERS, "number")
    found = read_microdata(files[PLANS.path], PLANS, columns)
    counted = {
        "plan-years": len(found),
        "plans": found["contract_id"].nunique(),
        "with a rating": int(found["plan"].notna().sum()),
    }
    if counted != COUNTED or found.duplicated(["contract_id", "survey_year"]).any():
        raise BuildError(f"plans.csv: expected {COUNTED}, each plan-year once; found {counted}")
    _check(found)
    rows = found[found["survey_year"] != CARRIED]
    rows = rows.rename(columns={"contract_id": "contract", "survey_year": "year"})
    return {
        "medicare_moments": pd.DataFrame(_all_moments(rows)),
        "medicare_quarters": pd.DataFrame(_quarters(rows)),
    }


def _check(found: pd.DataFrame) -> None:
    """Refuse shares beyond 0 and 1, lags of another plan, and a survey in the year without one."""
    shares = found[[*RATINGS, *LINKS.values()]]
    if not (shares.isna() | ((shares >= 0) & (shares <= 1))).all(axis=None):
        raise BuildError("plans.csv: expected ratings and shares from 0 to 1, found others")
    left = found.set_index(["contract_id", "survey_year"])
    for column, step in (("leave_prev", -1), ("leave_next", 1)):
        there = pd.MultiIndex.from_arrays([found["contract_id"], found["survey_year"] + step])
        other = left["leave"].reindex(there).to_numpy()
        both = ~np.isnan(other) & found[column].notna().to_numpy()
        if not np.array_equal(other[both], found[column].to_numpy()[both]):
            raise BuildError(f"plans.csv: expected {column} to be leave of {step:+} year")
    rated = left["plan"].dropna().swaplevel()
    pairs = pd.concat([rated[CARRIED - 1], rated[CARRIED]], axis=1).dropna()
    if (pairs.iloc[:, 0] == pairs.iloc[:, 1]).mean() < COPIES:
        raise BuildError(f"plans.csv: expected the ratings of {CARRIED - 1} again in {CARRIED}")


def _all_moments(rows: pd.DataFrame):
    """Yield one row of the table per specification that rests on enough plans."""
    for link, leave in LINKS.items():
        for rating, sample, period in CASES:
            part = _sample(rows, sample, leave)
            known = part[part["year"].between(*PERIODS[period]) & part[rating].notna()]
            keys = {"link": link, "rating": rating, "sample": sample, "period": period}
            for effects in EFFECTS:
                if effects == "year_past" and link != "year after":
                    continue
                yield from _one(known, keys | {"effects": effects}, rating, leave)


def _one(known: pd.DataFrame, keys: dict, rating: str, leave: str):
    held = list(PAST) if keys["effects"] == "year_past" else []
    pairs = known.dropna(subset=[leave, *held])
    pairs = pairs.assign(x=pairs[rating], y=1 - pairs[leave])
    means = {"mean_x": _rounded(pairs["x"].mean()), "mean_y": _rounded(pairs["y"].mean())}
    missing = len(known) - len(pairs)
    if keys["effects"] == "between":
        both = ["x", "y"]
        pairs[both] -= pairs.groupby("year")[both].transform("mean")
        pairs = pairs.groupby("contract", as_index=False)[both].mean()
    if pairs["contract"].nunique() < FEWEST_PLANS:
        return
    found = moments(pairs, EFFECTS[keys["effects"]], cluster="contract", controls=held)
    counted = {"n": found["n"], "missing": missing, "plans": found["firms"]}
    counted |= {"parameters": found["parameters"]}
    yield keys | counted | means | {k: _rounded(found[k]) for k in (*SUMS, *PRODUCTS)}


def _sample(rows: pd.DataFrame, sample: str, leave: str) -> pd.DataFrame:
    if sample == "all three years known":
        return rows.dropna(subset=[*LINKS.values()])
    if sample == "at most half left":
        return rows[~(rows[leave] > 0.5)]
    if sample in LETTERS:
        return rows[rows["contract"].str.startswith(LETTERS[sample])]
    return rows


def _quarters(rows: pd.DataFrame):
    """Yield the mean share who stay by quarters of the rating within years."""
    for link, leave in LINKS.items():
        pairs = rows.dropna(subset=["plan", leave])
        rank = pairs.groupby("year")["plan"].rank(pct=True)
        quarter = np.ceil((rank * QUARTERS).round(9)).astype(int)
        for number, part in pairs.groupby(quarter):
            stay = 1 - part[leave]
            sums = (stay - stay.mean()).groupby(part["contract"]).sum()
            plans = len(sums)
            yield {
                "link": link,
                "quarter": number,
                "n": len(part),
                "plans": plans,
                "rating": _rounded(part["plan"].mean()),
                "stay": _rounded(stay.mean()),
                "se": _rounded(np.sqrt((sums**2).sum() * plans / (plans - 1)) / len(part)),
            }


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")
