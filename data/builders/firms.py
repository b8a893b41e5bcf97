"""Moments of the ACSI firm panel, computed where the panel is: no score of a firm leaves it."""

from dataclasses import replace

import numpy as np
import pandas as pd
from common import BuildError, Field, Microdata, Table, read_microdata

from analysis.panel import BASE, PRODUCTS, SUMS, TOGETHER, moments

PANEL = Microdata(
    path="acsi_firm_panel/firm_panel.csv",
    sha256="ee255ffa94842b8a003fa84f4b050d015fb0e8388b92a666aecce93cda63643b",
    title="ACSI scores of 214 firms joined to Fortune 500 accounts and share prices, 1994-2018",
    home="https://www.theacsi.org",
)
NUMBERS = (
    *("year", "acsi", "composite", "revenue_musd", "profit_musd", "margin", "price_return"),
    *("spy_price_return", "churn_pct_month"),
)
GROUPS = {
    "utilities": ("Utilities",),
    "telecom and cable": ("Telecom", "Cable/Sat"),
    "banks and brokers": ("Banks", "Brokerage"),
    "insurance": ("Insurance", "Health insurance"),
    "airlines": ("Airlines",),
    "hotels, restaurants, shipping": ("Hotels", "Restaurants", "Shipping"),
    "food, drink, tobacco": ("Food", "Beverages", "Tobacco"),
    "household goods, clothes, cars": ("Household products", "Apparel", "Appliances", "Autos"),
    "electronics, software, internet": ("Electronics", "Software", "Internet"),
    "department and discount stores": ("Department and Discount Stores",),
    "supermarkets, drug stores, fuel": ("Supermarkets", "Drug stores", "Oil"),
    "specialty retail": ("Specialty retail",),
}
MAIN = ("all", "without utilities", "utilities")  # shown by period and with all effects
SAMPLES = ("all", "without utilities", "single brand", *GROUPS)
PERIODS = {"1994-2018": (1994, 2018), "1994-2006": (1994, 2006), "2007-2018": (2007, 2018)}
# link: (predictor, outcome); both are columns of the panel with their lags, see `_with_lags`.
LINKS = {
    "margin, same year": ("acsi", "margin"),
    "margin, next year": ("acsi", "margin_1"),
    "margin, in two years": ("acsi", "margin_2"),
    "growth, next year": ("acsi", "growth_1"),
    "return, next year": ("acsi", "excess_1"),
    "log return, next year": ("acsi", "log_excess_1"),
    "satisfaction, next year": ("margin", "acsi_1"),
    "change: return, same year": ("acsi_change", "excess"),
    "change: margin, next year": ("acsi_change", "margin_change_1"),
    "change: satisfaction, next year": ("margin_change", "acsi_change_1"),
    "change: satisfaction, in two years": ("margin_change", "acsi_change_2"),
}
PRESENT = {"margin, next year": "margin", "satisfaction, next year": "acsi"}
# Changes over so many years against the same years, see `_with_windows`.
YEARS = (1, 2, 3, 5)
WINDOWS = {
    "log excess return": "log_excess_sum",
    "excess return": "excess_sum",
    "growth": "growth_sum",
    "change of margin": "margin_change",
    "log profit growth": "log_profit_change",
}
MARKET = ("log excess return", "excess return", "growth")  # with the change of margin held fixed
# Profit: link: (predictor, outcome, column whose mean is the profit that per cents are of).
PROFITS = {
    "margin, next year": ("acsi", "margin_1", "margin_1"),
    "profit over present sales, next year": ("acsi", "profit_1", "profit_1"),
    "log profit, next year": ("acsi", "log_profit_1", "margin_1"),
} | {
    f"change of margin, {years} year{'s' * (years > 1)}": (
        f"acsi_change_{years}y",
        f"margin_change_{years}y",
        "margin",
    )
    for years in YEARS
}
CLUSTERED = {"firm": ("firm",), "firm and year": ("firm", "year")}
WITHOUT_ELECTRONICS = "without electronics"
EFFECTS = {
    "none": (),
    "year": ("year",),
    "industry-year": ("industry_year",),
    "firm_year": ("firm", "year"),
}
FEWEST_FIRMS = 8  # no row rests on fewer, so that no sum is about one firm
MARGIN = (-0.30, 0.40)  # margins beyond are set to these ends: one-offs
MERGER = 0.4  # log growth beyond this is a merger or a split, and is left out
BINS = 10
DIGITS = 10  # significant: more differ between machines
COUNTED = {"firm-years in the panel": 4210, "with a score": 3307, "with score and revenue": 2894}
MISSING_NOTE = "Firm-years with the predictor whose outcome or lag is not known."

MOMENT_FIELDS = (
    Field("link", "string", "Outcome and its year; 'change' sets changes against changes."),
    Field("sample", "string", "All firms, or a part of them.", enum=SAMPLES),
    Field("period", "string", "Years of the predictor.", enum=tuple(PERIODS)),
    Field(
        "effects",
        "string",
        "What is taken out of both columns: nothing but the mean, means of years, of industries "
        "within years, of firms and years; 'present' also the outcome's value in the predictor's "
        "year; 'between' compares the means of firms.",
        enum=(*EFFECTS, "firm_year_present", "between"),
    ),
    Field("n", "integer", "Firm-years (firms, if between).", 20),
    Field("missing", "integer", MISSING_NOTE, 0),
    Field("firms", "integer", "Firms, the clusters.", FEWEST_FIRMS),
    Field("parameters", "integer", "Parameters of the regression of outcome on predictor.", 2),
    *(Field(name, "number", f"Sum of {name[0]} times {name[1]}.") for name in SUMS),
    *(
        Field(name, "number", f"Sum over firms of a firm's {name.replace('_', ' times its ')}.")
        for name in PRODUCTS
    ),
)
CLUSTER_FIELDS = (
    Field(
        "clustered",
        "string",
        "Within what errors may be related: firms, or firms and also years; then the products are "
        "those within firms plus those within years less those of single firm-years. Groups of "
        "industries are clustered by firm only.",
        enum=tuple(CLUSTERED),
    ),
    Field(
        "clusters",
        "integer",
        "Firms, or the years if they are fewer and clustered by.",
        FEWEST_FIRMS,
    ),
)
WIDER = (*TOGETHER, *GROUPS)
FIELDS = {field.name: field for field in MOMENT_FIELDS}
SHARED = (
    replace(FIELDS["sample"], enum=WIDER),
    replace(FIELDS["period"], description="Years of the predictor; of a change, its last year."),
)
LIMITS = (
    "Fortune 500 firms only; firms that failed or were bought drop out.",
    "Margins are net income over revenue, one-offs included, set to -30% and 40% beyond these.",
    "Growth beyond 0.4 log points either way is left out as a merger or a split.",
    "Share returns are without dividends and of surviving shares only.",
    "Months of the surveys differ by industry; a year is the fiscal year of the accounts.",
    "GM, Yum, AT&T and Comcast have the plain mean of several brands ('single brand' leaves these "
    "and the like out).",
    "To rebuild it the builder needs the panel: give its folder with --microdata.",
)
COMMON = {
    "kind": "derived",
    "sources": (PANEL,),
    "licence": "other",
    "licence_note": "Scores belong to ACSI LLC and lists to Fortune: none is in this table, only "
    "sums over at least eight firms, computed by us.",
    "builder": "firms.py",
}
TABLES = (
    Table(
        name="acsi_firms_moments",
        path="acsi_firms_moments.csv",
        title="Firms: moments of satisfaction against margin, growth and return",
        description="Second moments of satisfaction (0-100) and accounts of firms after effects "
        "are taken out, with their products within firms: enough for exact slopes, correlations "
        "and errors clustered by firm. One row per link, sample, period and effects.",
        fields=MOMENT_FIELDS,
        references=(
            "American Customer Satisfaction Index, published scores as of spring 2020; Fortune "
            "500 lists of 1995 to 2019",
        ),
        limits=LIMITS,
        reconciliation={"here": COUNTED, "note": "Counted in the panel by its builder."},
        **COMMON,
    ),
    Table(
        name="acsi_firms_bins",
        path="acsi_firms_bins.csv",
        title="Firms: next year's margin by tenths of satisfaction",
        description="Firm-years sorted by satisfaction into ten groups of equal size, before and "
        "after the means of firms and years are taken out: means of both columns, for a picture.",
        fields=(
            Field("effects", "string", "As in acsi_firms_moments.", enum=("none", "firm_year")),
            Field("bin", "integer", "Tenth of satisfaction, 1 lowest.", 1, BINS),
            Field("n", "integer", "Firm-years.", 20),
            Field("firms", "integer", "Firms.", FEWEST_FIRMS),
            Field("satisfaction", "number", "Mean score less the mean of all; points."),
            Field("margin", "number", "Mean margin of the next year, as a share of revenue."),
            Field("se", "number", "Standard error of that mean, clustered by firm.", 0),
        ),
        limits=LIMITS,
        **COMMON,
    ),
    Table(
        name="acsi_firms_windows",
        path="acsi_firms_windows.csv",
        title="Firms: change of satisfaction against return and growth of the same years",
        description="Moments as in acsi_firms_moments, of the change of satisfaction over 1, 2, 3 "
        "and 5 years against what the firm earned, sold and returned over the same years. Windows "
        "overlap. One row per outcome, years, sample, period, effects and clusters of the errors.",
        fields=(
            Field(
                "outcome",
                "string",
                "Over the same years: summed log return less the market's, compounded return less "
                "the market's, log growth of sales (missing if a year's is a merger), change of "
                "the margin, log growth of profit (both profits above zero).",
                enum=tuple(WINDOWS),
            ),
            Field("years", "integer", "Length of the window.", enum=YEARS),
            *SHARED,
            Field(
                "effects",
                "string",
                "What is taken out of both columns: the mean, means of years, of industries within "
                "years; 'year_margin': of years, with the change of margin held fixed.",
                enum=("none", "year", "industry-year", "year_margin"),
            ),
            *CLUSTER_FIELDS,
            *MOMENT_FIELDS[4:],
        ),
        limits=LIMITS,
        **COMMON,
    ),
    Table(
        name="acsi_firms_profit",
        path="acsi_firms_profit.csv",
        title="Firms: satisfaction and profit, with the mean that per cents are of",
        description="Moments as in acsi_firms_moments with the mean profit and its products within "
        "firms, so that a slope can be put in per cent of profit, with its error. One row per "
        "link, sample, period, effects and clusters of the errors.",
        fields=(
            Field(
                "link",
                "string",
                "Outcome and its year, of the score of a year; or change of the margin over the "
                "years over which the score changed. Profit over present sales is that of next "
                "year over this year's sales, set to -30% and 40% beyond; log profit is of "
                "profits above zero.",
                enum=tuple(PROFITS),
            ),
            *SHARED,
            Field(
                "effects",
                "string",
                "What is taken out of both columns: means of firms and years; of a change, means "
                "of years.",
                enum=("year", "firm_year"),
            ),
            *CLUSTER_FIELDS,
            *MOMENT_FIELDS[4:],
            Field("base", "number", "Mean profit over sales of the outcome's year.", -1, 1),
            *(
                Field(name, "number", f"Sum of a firm's {what} times its profit less the mean.")
                for name, what in zip(BASE[1:], ("profit less the mean", "xx", "xy"), strict=True)
            ),
        ),
        limits=LIMITS,
        **COMMON,
    ),
    Table(
        name="carrier_churn",
        path="carrier_churn.csv",
        title="Monthly churn that wireless carriers report",
        description="Summary of the carrier-years in the firm panel that report a churn rate.",
        fields=(
            Field("carriers", "integer", "Carriers.", 1),
            Field("n", "integer", "Carrier-years.", 1),
            Field("first_year", "integer", "First year.", 1994),
            Field("last_year", "integer", "Last year.", 1994),
            Field("mean", "number", "Mean share of customers lost in a month.", 0, 1),
            Field("sd", "number", "Standard deviation over carrier-years.", 0, 1),
            Field("low", "number", "Lowest.", 0, 1),
            Field("high", "number", "Highest.", 0, 1),
        ),
        limits=("Definitions of churn differ between carriers.", "Few carriers, years missing."),
        **(COMMON | {"licence_note": "A summary of figures that the carriers report."}),
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the five tables."""
    columns = dict.fromkeys(("firm", "industry"), "text") | dict.fromkeys(NUMBERS, "number")
    panel = read_microdata(files[PANEL.path], PANEL, columns)
    found = {
        "firm-years in the panel": len(panel),
        "with a score": int(panel["acsi"].notna().sum()),
        "with score and revenue": len(panel.dropna(subset=["acsi", "revenue_musd"])),
    }
    if found != COUNTED or panel.duplicated(["firm", "year"]).any():
        raise BuildError(f"firm_panel.csv: expected {COUNTED}, each firm-year once; found {found}")
    rows = with_lags(panel)
    return {
        "acsi_firms_moments": pd.DataFrame(_all_moments(rows)),
        "acsi_firms_bins": pd.concat([_bins(rows, name) for name in ("none", "firm_year")]),
        "acsi_firms_windows": pd.DataFrame(_all_windows(rows)),
        "acsi_firms_profit": pd.DataFrame(_all_profits(rows)),
        "carrier_churn": _churn(panel),
    }


def with_lags(panel: pd.DataFrame) -> pd.DataFrame:
    """Return firm-years with cleaned columns, their changes and their values one and two on."""
    rows = panel[["firm", "industry", "year", "composite", "acsi"]].copy()
    rows["industry_year"] = rows["industry"] + rows["year"].astype(str)
    rows["group"] = rows["industry"].map({i: g for g, names in GROUPS.items() for i in names})
    rows["margin"] = panel["margin"].clip(*MARGIN)
    rows["excess"] = panel["price_return"] - panel["spy_price_return"]
    rows["log_excess"] = np.log1p(panel["price_return"]) - np.log1p(panel["spy_price_return"])
    rows["log_revenue"] = np.log(panel["revenue_musd"].where(panel["revenue_musd"] > 0))
    for column, change in (("acsi", "acsi_change"), ("margin", "margin_change")):
        rows[change] = rows[column] - _shifted(rows, column, -1)
    growth = rows["log_revenue"] - _shifted(rows, "log_revenue", -1)
    rows["growth"] = growth.where(growth.abs() <= MERGER)
    for _, outcome in LINKS.values():
        column, _, years = outcome.rpartition("_")
        if years.isdigit():
            rows[outcome] = _shifted(rows, column, int(years))
    sales, profit = panel["revenue_musd"], panel["profit_musd"]
    rows["log_profit"] = np.log(profit.where(profit > 0))
    later = _shifted(rows.assign(profit=profit), "profit", 1)
    rows["profit_1"] = (later / sales.where(sales > 0)).clip(*MARGIN)
    rows["log_profit_1"] = _shifted(rows, "log_profit", 1)
    rows["log_return"] = np.log1p(panel["price_return"])
    rows["log_market"] = np.log1p(panel["spy_price_return"])
    return rows.assign(**{k: v for years in YEARS for k, v in _window(rows, years).items()})


def _window(rows: pd.DataFrame, years: int) -> dict[str, pd.Series]:
    """Return changes over the years that end with a row's, and sums over the same years."""
    found = {
        f"{name}_change_{years}y": rows[name] - _shifted(rows, name, -years)
        for name in ("acsi", "margin", "log_profit")
    }
    sums = {
        name: sum(_shifted(rows, name, -back) for back in range(years))
        for name in ("log_excess", "growth", "log_return", "log_market")
    }
    sums["excess"] = np.exp(sums.pop("log_return")) - np.exp(sums.pop("log_market"))
    return found | {f"{name}_sum_{years}y": total for name, total in sums.items()}


def _shifted(rows: pd.DataFrame, column: str, years: int) -> pd.Series:
    """Return the value of the same firm so many years later (earlier, if negative)."""
    values = rows.set_index(["firm", "year"])[column]
    wanted = pd.MultiIndex.from_arrays([rows["firm"], rows["year"] + years])
    return pd.Series(values.reindex(wanted).to_numpy(), index=rows.index)


def _all_moments(rows: pd.DataFrame):
    """Yield one row of the table per specification that rests on enough firms."""
    for link, (x, y) in LINKS.items():
        for sample in SAMPLES:
            part = _sample(rows, sample)
            for period, (first, last) in PERIODS.items():
                if sample not in MAIN and period != "1994-2018":
                    continue
                known = part[part["year"].between(first, last) & part[x].notna()]
                for effects in _effects(link, sample):
                    yield from _one(known, link, sample, period, effects, x, y)


def _effects(link: str, sample: str) -> list[str]:
    """Return the effects worth a row: changes need no firm effects, parts of firms only two."""
    if link.startswith("change"):
        return ["none", "year"]
    if sample not in MAIN:
        return ["year", "firm_year"]
    return [*EFFECTS, "between", *(["firm_year_present"] if link in PRESENT else [])]


def _all_windows(rows: pd.DataFrame):
    """Yield one row per window: all periods, effects and clusters for the whole sample only."""
    for outcome, column in WINDOWS.items():
        for years in YEARS:
            x, y = f"acsi_change_{years}y", f"{column}_{years}y"
            control = f"margin_change_{years}y"
            for sample, period, part in _parts(rows, x):
                views = {"year": []}
                if sample == "all":
                    views = {"none": [], "year": [], "industry-year": []}
                    views |= {"year_margin": [control]} if outcome in MARKET else {}
                for effects, controls in views.items():
                    keys = {"outcome": outcome, "years": years, "sample": sample}
                    keys |= {"period": period, "effects": effects}
                    yield from _clustered(part, keys, x, y, controls=controls)


def _all_profits(rows: pd.DataFrame):
    """Yield one row per link to profit, within firms and years or, of changes, within years."""
    for link, (x, y, base) in PROFITS.items():
        effects = "year" if x != "acsi" else "firm_year"
        for sample, period, part in _parts(rows, x):
            keys = {"link": link, "sample": sample, "period": period, "effects": effects}
            yield from _clustered(part, keys, x, y, base=base)


def _parts(rows: pd.DataFrame, x: str):
    """Yield sample, period and rows with x; parts of firms get all years only."""
    for sample in WIDER:
        for period in PERIODS if sample in MAIN else ["1994-2018"]:
            part = _sample(rows, sample)
            yield sample, period, part[part["year"].between(*PERIODS[period]) & part[x].notna()]


def _clustered(known: pd.DataFrame, keys: dict, x: str, y: str, *, controls=(), base=None):
    """Yield the moments of x and y with errors clustered by firm, and by firm and year."""
    needed = list(dict.fromkeys([y, *controls, *([base] if base else [])]))
    pairs = known.dropna(subset=needed)
    pairs = pairs.assign(x=pairs[x], y=pairs[y])
    effects = EFFECTS.get(keys["effects"], ("year",))
    for clustered, cluster in CLUSTERED.items():
        # With few firms or years the square of an error clustered twice may be below zero.
        few = min(pairs[name].nunique() for name in cluster) < FEWEST_FIRMS
        if few or (len(cluster) > 1 and keys["sample"] not in TOGETHER):
            continue
        found = moments(pairs, effects, cluster=cluster, controls=controls, base=base)
        found |= {"missing": len(known) - len(pairs), "clustered": clustered}
        found.setdefault("clusters", found["firms"])
        counts = ("clustered", "clusters", "n", "missing", "firms", "parameters")
        sums = (*SUMS, *PRODUCTS, *(BASE if base else ()))
        yield (
            keys
            | {name: found[name] for name in counts}
            | {name: _rounded(found[name]) for name in sums}
        )


def _one(known: pd.DataFrame, link, sample, period, effects, x, y):
    control = [PRESENT[link]] if effects == "firm_year_present" else []
    pairs = known.dropna(subset=[y, *control])
    pairs = pairs.assign(x=pairs[x], y=pairs[y])
    missing = len(known) - len(pairs)
    if effects == "between":
        pairs = pairs.groupby("firm", as_index=False)[["x", "y"]].mean()
    if pairs["firm"].nunique() < FEWEST_FIRMS:
        return
    columns = EFFECTS.get(effects, ("firm", "year") if control else ())
    found = moments(pairs, columns, cluster="firm", controls=control)
    keys = {"link": link, "sample": sample, "period": period, "effects": effects}
    numbers = {name: _rounded(found[name]) for name in (*SUMS, *PRODUCTS)}
    counted = {"firms": found["firms"], "parameters": found["parameters"]}
    yield keys | {"n": found["n"], "missing": missing} | counted | numbers


def _sample(rows: pd.DataFrame, sample: str) -> pd.DataFrame:
    if sample == "all":
        return rows
    if sample == "without utilities":
        return rows[rows["group"] != "utilities"]
    if sample == "single brand":
        return rows[rows["composite"] == 0]
    if sample == WITHOUT_ELECTRONICS:
        return rows[rows["group"] != "electronics, software, internet"]
    return rows[rows["group"] == sample]


def _bins(rows: pd.DataFrame, effects: str) -> pd.DataFrame:
    """Return means of next year's margin by tenths of satisfaction."""
    pairs = rows.dropna(subset=["acsi", "margin_1"]).sort_values(["firm", "year"])
    both = pairs[["acsi", "margin_1"]].to_numpy(float)
    centre = both.mean(axis=0)
    design = [np.ones(len(pairs))]
    design += [pd.get_dummies(pairs[name], dtype=float).to_numpy() for name in EFFECTS[effects]]
    design = np.column_stack(design)
    left = both - centre
    left = left - design @ np.linalg.lstsq(design, left, rcond=None)[0]
    frame = pd.DataFrame({"firm": pairs["firm"].to_numpy(), "x": left[:, 0].round(9)})
    frame["y"] = left[:, 1] + centre[1]
    frame["bin"] = np.ceil(frame["x"].rank(method="first") / len(frame) * BINS).astype(int)
    return pd.DataFrame([_bin(effects, number, part) for number, part in frame.groupby("bin")])


def _bin(effects: str, number: int, part: pd.DataFrame) -> dict:
    mean = part["y"].mean()
    sums = (part["y"] - mean).groupby(part["firm"]).sum()
    firms = len(sums)
    return {
        "effects": effects,
        "bin": number,
        "n": len(part),
        "firms": firms,
        "satisfaction": _rounded(part["x"].mean()),
        "margin": _rounded(mean),
        "se": _rounded(np.sqrt((sums**2).sum() * firms / (firms - 1)) / len(part)),
    }


def _churn(panel: pd.DataFrame) -> pd.DataFrame:
    known = panel.dropna(subset=["churn_pct_month"])
    share = known["churn_pct_month"] / 100
    row = {
        "carriers": known["firm"].nunique(),
        "n": len(known),
        "first_year": known["year"].min(),
        "last_year": known["year"].max(),
        "mean": _rounded(share.mean()),
        "sd": _rounded(share.std()),
        "low": _rounded(share.min()),
        "high": _rounded(share.max()),
    }
    return pd.DataFrame([row])


def _rounded(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")
