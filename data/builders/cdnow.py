"""Purchases at a music shop on the web, 1997-98, from the package lifetimes: cdnow."""

import io

import pandas as pd
from common import BuildError, Field, Member, Package, Table, as_cents

LIFETIMES = Package(
    name="lifetimes",
    version="0.11.3",
    wheel="Lifetimes-0.11.3-py3-none-any.whl",
    sha256="261e3dc89977c2b60767ca6728aaa29d429de0c814635070a749c36555895da8",
    home="https://github.com/CamDavidsonPilon/lifetimes",
)
MASTER = Member(
    LIFETIMES,
    "lifetimes/datasets/CDNOW_master.txt",
    "eff6889ed364c5199d6eacbbeb7a6d559971df4406ac876f322c373f00a072ef",
)
SAMPLE = Member(
    LIFETIMES,
    "lifetimes/datasets/CDNOW_sample.txt",
    "6fae10155c0b0ba363c2c386e30f77990d22328220efd862a5edd1443420d94a",
)
COLUMNS = ["customer", "date", "cds", "dollars"]

TABLES = (
    Table(
        name="cdnow",
        path="cdnow.parquet",
        title="CDNOW: 69,659 purchases of 23,570 customers, January 1997 to June 1998",
        description="Every purchase, to the end of June 1998, of all customers who bought from "
        "CDNOW for the first time in the first quarter of 1997. One row per purchase, by customer "
        "and date.",
        kind="observed",
        fields=(
            Field("customer", "integer", "Customer, numbered as in the source.", 1, 23570),
            Field("date", "date", "Day of the purchase.", "1997-01-01", "1998-06-30"),
            Field("cds", "integer", "Number of CDs bought.", 1, 99),
            Field("cents", "integer", "Amount paid, in US cents. 80 purchases cost nothing.", 0),
            Field(
                "in_sample",
                "boolean",
                "True for the 2,357 customers of the one-in-ten sample to which published models "
                "were fitted.",
            ),
        ),
        sources=(MASTER, SAMPLE),
        references=(
            "Fader and Hardie (2001), Forecasting Repeat Sales at CDNOW: A Case Study, Interfaces "
            "31 (3, part 2), S94-S107, https://doi.org/10.1287/inte.31.3s.94.9683",
            "Hardie (2013), Notes on the CDNOW Master Data Set, http://brucehardie.com/notes/026/",
        ),
        licence="MIT",
        licence_note="Licence of the package; the data were made public by Fader and Hardie.",
        limits=(
            "No satisfaction, no margin: purchases and revenue only.",
            "255 rows repeat another row in every value (same customer, day, CDs and amount); they "
            "are kept, as in the published counts.",
            "2,068 rows fall on a day on which the same customer had bought already; published "
            "models merge purchases of one day.",
            "How the one-in-ten sample was drawn is told in Hardie's note; membership is taken "
            "from the sample file.",
        ),
        builder="cdnow.py",
        reconciliation={
            "published": {
                "customers": 23570,
                "purchases": 69659,
                "sample_customers": 2357,
                "sample_purchases": 6919,
                "sample_purchases_one_a_day": 6696,
            },
            "here": {
                "customers": 23570,
                "purchases": 69659,
                "sample_customers": 2357,
                "sample_purchases": 6919,
                "sample_purchases_one_a_day": 6696,
            },
            "note": "Published: Hardie's note 26 (customers); a public copy of the master file "
            "(purchases); the R packages BTYD (sample) and CLVTools (sample, purchases of a day "
            "merged).",
        },
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return all purchases in cents, flagged for the published sample."""
    master = pd.read_csv(
        io.BytesIO(files[MASTER.path]), sep=r"\s+", header=0, names=COLUMNS, dtype="str"
    )
    sample = pd.read_csv(
        io.BytesIO(files[SAMPLE.path]),
        sep=r"\s+",
        names=["customer", "sample_customer", "date", "cds", "dollars"],
        dtype="str",
    )
    flagged = master["customer"].isin(sample["customer"])
    theirs = sample[COLUMNS].sort_values(COLUMNS, ignore_index=True)
    if not master[flagged].sort_values(COLUMNS, ignore_index=True).equals(theirs):
        raise BuildError("CDNOW: expected the purchases of the sample to be those of the master")
    table = pd.DataFrame(
        {
            "customer": master["customer"].astype("int64"),
            "date": pd.to_datetime(master["date"], format="%Y%m%d"),
            "cds": master["cds"].astype("int64"),
            "cents": as_cents(master["dollars"]),
            "in_sample": flagged,
        }
    )
    return {"cdnow": table.sort_values(["customer", "date"], kind="stable", ignore_index=True)}
