"""Counts of the ACSI 2015 sample: six tables, computed where the microdata exist."""

import pandas as pd
from common import BuildError, Field, Microdata, Table, read_microdata

SAMPLE = Microdata(
    path="acsi_2015/acsi_2015_clean.parquet",
    sha256="7b9a75232b6f9167badea72dcfcb05600d10adc6de614a4abca954ee1c0ab448",
    title="American Customer Satisfaction Index, 2015 sample of 8,239 respondents",
    home="https://doi.org/10.1016/j.dib.2023.109123",
)
INDUSTRIES = {
    "Airlines": "airlines",
    "Banks": "banks",
    "Internet service providers": "internet_providers",
    "Processed food": "processed_food",
}
PUBLISHED = {
    "respondents": 8239,
    "banks": 2505,
    "internet_providers": 2287,
    "processed_food": 1968,
    "airlines": 1479,
}
NOT_ASKED, NOT_GIVEN = "not_asked", "not_given"
TOLERANCE = (*map(str, range(27)), NOT_GIVEN, NOT_ASKED)
LIKELY = 6  # repurchase likelihood from which a rise was asked about, below it a cut

# Column here -> column of the microdata.
SOURCE = {
    "satisfaction": "SATIS",
    "confirm": "CONFIRM",
    "expectation": "OVERALLX",
    "quality": "OVERALLQ",
    "value": "PQ",
    "complained": "COMP",
    "handling": "HANDLE",
    "intention": "REPUR",
}


def _score(name: str, meaning: str, low: str, high: str) -> Field:
    text = f"{meaning}, 1 ({low}) to 10 ({high}); empty if not answered."
    return Field(name, "integer", text, 1, 10, required=False)


FIELDS = {
    "industry": Field(
        "industry",
        "string",
        "Industry of the company that the respondent rated.",
        enum=tuple(INDUSTRIES.values()),
    ),
    "satisfaction": _score(
        "satisfaction", "Overall satisfaction", "very dissatisfied", "very satisfied"
    ),
    "confirm": _score(
        "confirm", "Experience against expectations, as judged", "falls short", "exceeds"
    ),
    "expectation": _score(
        "expectation", "Expected overall quality, recalled afterwards", "not very high", "very high"
    ),
    "quality": _score("quality", "Overall quality experienced", "not very good", "very good"),
    "value": _score("value", "Price given the quality", "not very good", "very good"),
    "complained": Field(
        "complained", "integer", "Complained: 1 yes, 0 no; empty if not answered.", 0, 1, (), False
    ),
    "handling": _score(
        "handling", "How the complaint was handled (complainers only)", "not very well", "very well"
    ),
    "intention": _score(
        "intention", "Likelihood of buying again, as stated", "not very likely", "very likely"
    ),
    "asked": Field(
        "asked",
        "string",
        "What was asked about the price: the rise that would be tolerated (raise, if intention is "
        "6 or more), the cut that would be needed (cut, if 5 or less), or nothing (none, if "
        "intention is missing). The exact wording is not in the codebook.",
        enum=("raise", "cut", "none"),
    ),
    "tolerance": Field(
        "tolerance",
        "string",
        "Answer in per cent, 0 to 25. 26 is not documented and probably means more than 25. "
        "not_given joins the undocumented code 101 (422 answers, 310 of them at intention 10; "
        "probably never), don't know, refused and blank: our copy of the microdata had "
        "merged them, so they cannot be told apart. not_asked if intention is missing.",
        enum=TOLERANCE,
    ),
    "n": Field("n", "integer", "Number of respondents with this combination of answers.", 1),
}


def _table(name: str, title: str, by: str, *extra_limits: str) -> Table:
    columns = ("industry", *by.split(), "n")
    return Table(
        name=f"acsi_2015_{name}",
        path=f"acsi_2015_{name}.csv",
        title=f"ACSI 2015: {title}",
        description=f"Counts of 8,239 US customers interviewed in 2015 by industry and {title}: "
        "one row per combination of answers that occurs. Missing answers are an empty cell with "
        "their own counts, so every table sums to 8,239.",
        kind="derived",
        fields=tuple(FIELDS[column] for column in columns),
        sources=(SAMPLE,),
        references=(
            "Morgeson, Hult, Sharma and Fornell (2023), The American Customer Satisfaction Index "
            "(ACSI): A sample dataset and description, Data in Brief 48, 109123, "
            "https://doi.org/10.1016/j.dib.2023.109123; deposit Mendeley Data 64xkbj2ry5, v2",
        ),
        licence="CC-BY-4.0",
        licence_note="Believed, not verified, to be the licence of the deposit. The microdata are "
        "not in this project; counts are facts computed from them.",
        limits=(
            *extra_limits,
            "One sitting, stated intentions: no firm, no behaviour, no date.",
            "Counts only. A row may stand for one person, but no field identifies anyone: no age, "
            "sex, income or region.",
            "To rebuild it the builder needs the microdata: give their folder with --microdata.",
        ),
        builder="acsi.py",
        reconciliation={
            "published": PUBLISHED,
            "here": PUBLISHED,
            "note": "Sizes by industry agree in two independent copies of the deposit.",
        },
    )


TABLES = (
    _table("intention", "satisfaction and repurchase intention", "satisfaction intention"),
    _table(
        "tolerance",
        "satisfaction, repurchase intention and price tolerance",
        "satisfaction intention asked tolerance",
        "Rise and cut are different questions put to different people. Rises alone are those of "
        "customers likely to stay; to speak of all customers say what is taken for the others.",
        "Leaving not_given out understates tolerance if 101 means never; taking it for no rise and "
        "for the top code bounds what it can do.",
    ),
    _table(
        "complaint",
        "satisfaction, complaint, its handling and repurchase intention",
        "satisfaction complained handling intention",
        "Satisfaction was asked after complaint and handling: it is not the level before them.",
    ),
    _table(
        "quality",
        "expectation, quality and satisfaction",
        "expectation quality satisfaction",
        "Expectation was asked after the experience and may be coloured by it.",
    ),
    _table(
        "confirm",
        "judged confirmation of expectations, quality and satisfaction",
        "confirm quality satisfaction",
        "The judgement is close in wording to satisfaction itself.",
    ),
    _table(
        "value",
        "value for price, quality, satisfaction and repurchase intention",
        "value quality satisfaction intention",
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the counts, sorted by their columns with missing answers last."""
    columns = dict.fromkeys([*SOURCE.values(), "HIGHPTOL", "LOWPTOL"], "number")
    microdata = read_microdata(files[SAMPLE.path], SAMPLE, columns | {"industry": "text"})
    if strange := sorted(set(microdata["industry"].dropna()) - set(INDUSTRIES)):
        raise BuildError(f"{SAMPLE.path}: expected an industry of {[*INDUSTRIES]}, found {strange}")
    people = microdata.rename(columns={source: name for name, source in SOURCE.items()})
    people = people.assign(industry=people["industry"].map(INDUSTRIES), **_price_question(people))
    return {table.name: _count(people, table) for table in TABLES}


def _price_question(people: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what was asked about the price, and the answer as a category."""
    rise, cut = people["intention"] >= LIKELY, people["intention"] < LIKELY
    if (people["HIGHPTOL"].notna() & ~rise).any() or (people["LOWPTOL"].notna() & ~cut).any():
        raise BuildError("ACSI: expected HIGHPTOL only from REPUR 6 up and LOWPTOL only below")
    asked = pd.Series("none", index=people.index).mask(rise, "raise").mask(cut, "cut")
    answer = people["HIGHPTOL"].fillna(people["LOWPTOL"]).astype("Int64").astype("str")
    given = people["HIGHPTOL"].notna() | people["LOWPTOL"].notna()
    tolerance = answer.where(given, NOT_GIVEN).mask(asked == "none", NOT_ASKED)
    return {"asked": asked, "tolerance": tolerance}


def _count(people: pd.DataFrame, table: Table) -> pd.DataFrame:
    by = [field.name for field in table.fields if field.name != "n"]
    if "tolerance" in by:
        people = people.assign(tolerance=pd.Categorical(people["tolerance"], TOLERANCE))
    counts = people.groupby(by, dropna=False, observed=True).size().rename("n").reset_index()
    if counts["n"].sum() != PUBLISHED["respondents"]:
        raise BuildError(f"{table.name}: expected 8,239 respondents, found {counts['n'].sum()}")
    return counts.sort_values(by, ignore_index=True)
