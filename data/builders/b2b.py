"""A survey of business customers from the package mistat: b2b_survey."""

import io

import pandas as pd
from common import BuildError, Field, Member, Package, Table

MISTAT = Package(
    name="mistat",
    version="0.1.17",
    wheel="mistat-0.1.17-py3-none-any.whl",
    sha256="1ce2ee9b11e154bd6c6b58e8fe68c7890803efb62457544da068bbffdbe124e3",
    home="https://github.com/gedeck/mistat",
)
SUMMARY = Member(
    MISTAT,
    "mistat/csvFiles/ABC2.csv.gz",
    "0f86e8841da1e9acfc3399eed170100332380f0c4d7ab7a6f476a8542321ae7f",
)
FULL = Member(
    MISTAT,
    "mistat/csvFiles/ABC.csv.gz",
    "e68c9d82f81bf3aa88afac0d7ebd95baf9e51b1a44517ff869837db6decfdcf1",
)
SENIORITY = "customer seniority (years)"

# Column here -> column of the source, with our words. The names of the source's columns are all
# the documentation there is.
RATINGS = {
    "satisfaction": ("Satisfaction", "Overall satisfaction (question 1)."),
    "recommendation": ("Recommendation", "Would recommend the company (question 4)."),
    "repurchase": ("Repurchase", "Would buy from the company again (question 5)."),
    "equipment": ("Equipment", "Equipment: overall rating (question 11)."),
    "sales_support": ("SalesSup", "Sales support: overall rating (question 17)."),
    "technical_support": ("TechnicalSup", "Technical support: overall rating (question 25)."),
    "suppliers": ("Suppliers", "Supplies and orders, by the name: overall rating (question 38)."),
    "administration": (
        "AdministrativeSup",
        "Administrative support: overall rating (question 57).",
    ),
    "terms": ("TermsCondPrices", "Terms, conditions and prices: overall rating (question 65)."),
}
SCALE = " 1 to 5, high is good."
COUNTRIES = ("Benelux", "France", "Germany", "Israel", "Italy", "UK")

TABLES = (
    Table(
        name="b2b_survey",
        path="b2b_survey.csv",
        title="ABC annual customer satisfaction survey: 266 business customers",
        description="A company called ABC asked its business customers in six countries for their "
        "satisfaction, whether they would recommend and buy again, and for a rating of six "
        "dimensions of service. One row per customer in the order of the source.",
        kind="observed",
        fields=(
            *(
                Field(name, "integer", text + SCALE, 1, 5, required=False)
                for name, (_, text) in RATINGS.items()
            ),
            Field("country", "string", "Country of the customer.", enum=COUNTRIES),
            Field(
                "seniority",
                "integer",
                "Years as a customer, as labelled in the source. Whole years 1 to 5 with a "
                "heap at 5, which probably means five or more; not documented.",
                1,
                5,
                required=False,
            ),
        ),
        sources=(SUMMARY, FULL),
        references=(
            "Kenett and Salini, editors (2012), Modern Analysis of Customer Surveys, chapter 2, "
            "https://doi.org/10.1002/9781119961154",
        ),
        licence="MIT",
        limits=(
            "The wording of the questions is not in the package; meanings follow column names.",
            "The source's longer file holds over a hundred further answers. They are left out: "
            "their wording is not documented, and nobody says what their value 0 means.",
            "Who was asked and how many answered is not documented.",
            "Everything is stated in one sitting: no behaviour.",
        ),
        builder="b2b.py",
        reconciliation={
            "published": {"respondents": 266},
            "here": {"respondents": 266},
            "note": "Count as in the documentation of ABC in the R package mistat.",
        },
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the ratings of the short file with seniority from the long one."""
    short = pd.read_csv(io.BytesIO(files[SUMMARY.path]), compression="gzip")
    full = pd.read_csv(io.BytesIO(files[FULL.path]), compression="gzip")
    same = short["ID"].equals(full["ID"]) and short["Satisfaction"].equals(full["q1"])
    if not same:
        raise BuildError("ABC and ABC2: expected the same customers in the same order")
    columns = {source: name for name, (source, _) in RATINGS.items()}
    table = short[[*columns, "country"]].rename(columns=columns)
    return {"b2b_survey": table.assign(seniority=full[SENIORITY])}
