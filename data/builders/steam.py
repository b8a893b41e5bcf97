"""Counts of the reviewers of one game on Steam: who recommends it, and who plays on."""

import pandas as pd
from common import BuildError, Field, Microdata, Table, read_microdata

from analysis.counts import count_by

REVIEWS = Microdata(
    path="steam_one_game/counts.csv",
    sha256="5d02ee02f4dac63f6f412116f947053b573462985512ef8c2db266eb83de30d2",
    title="Reviewers of one game on Steam, counted (steam-reviews-collection-and-metrics-toolkit "
    "at e0ea8c4)",
    home="https://github.com/ralcarazm/steam-reviews-collection-and-metrics-toolkit",
)
PERIODS = {"2023-2024": (2023, 2024), "2025-2026": (2025, 2026)}
FLAGS = ("paid", "recommends", "hour_more", "later30")
COUNTED = {"reviewers": 1823, "recommend": 1141}

TABLES = (
    Table(
        name="steam_acts",
        path="steam_acts.csv",
        title="Steam: recommending one game, and going on playing it",
        description="Counts of 1,823 reviewers of one game: one row per combination that occurs. "
        "Playing on is going on with what is already paid, not renewing and not buying anew.",
        kind="derived",
        fields=(
            Field("period", "string", "Years of the review.", enum=tuple(PERIODS)),
            Field("paid", "integer", "Bought the game on Steam: 1, 0.", 0, 1),
            Field("recommends", "integer", "The review recommends the game: 1, 0.", 0, 1),
            Field("hour_more", "integer", "Played an hour or more after it: 1, 0.", 0, 1),
            Field("later30", "integer", "Played more than 30 days after it: 1, 0.", 0, 1),
            Field("n", "integer", "Number of reviewers.", 1),
        ),
        sources=(REVIEWS,),
        licence="other",
        licence_note="Reviews belong to their authors and to Valve, the code that collected them "
        "is GPL-3.0; here are counts only, no text and no key of a person.",
        limits=(
            "One game, and only players who wrote a review.",
            "Who plays on had no price to pay: another act than renewing or buying again.",
            "Late reviews were watched for a shorter time: compare within periods too.",
            "Whether a review was written on leaving or led to leaving cannot be told.",
            "A row may stand for one person, but no field identifies anyone.",
            "To rebuild it the builder needs the counts: give their folder with --microdata.",
        ),
        builder="steam.py",
        reconciliation={"here": COUNTED, "note": "Counted by us."},
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the counts, sorted by their columns."""
    columns = ("year", *FLAGS, "n")
    found = read_microdata(files[REVIEWS.path], REVIEWS, dict.fromkeys(columns, "number"))
    counted = {
        "reviewers": int(found["n"].sum()),
        "recommend": int(found.loc[found["recommends"] == 1, "n"].sum()),
    }
    if counted != COUNTED or found[[*columns]].isna().any(axis=None):
        raise BuildError(f"counts.csv: expected {COUNTED}, nothing missing; found {counted}")
    if not found[[*FLAGS]].isin([0, 1]).all(axis=None):
        raise BuildError(f"counts.csv: expected 0 or 1 in {[*FLAGS]}, found others")
    for period, years in PERIODS.items():
        found.loc[found["year"].between(*years), "period"] = period
    return {"steam_acts": count_by(found, ["period", *FLAGS], weights="n")}
