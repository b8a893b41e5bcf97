"""Counts of the Iranian telecom sample: complaint, then churn, computed where the microdata are."""

import pandas as pd
from common import BuildError, Field, Microdata, Table, read_microdata

SAMPLE = Microdata(
    path="iranian_telecom/iranian_churn.csv",
    sha256="3849b9accbcb8387a35c76e04e89ccf97995e0c3c60280c6008f86af65529695",
    title="Iranian Churn, 3,150 customers of one mobile operator (UCI dataset 563)",
    home="https://archive.ics.uci.edu/dataset/563/iranian+churn+dataset",
)
PLANS = {1: "prepaid", 2: "contract"}
ACTIVE = {1: 1, 2: 0}  # their 1 is active, their 2 is not
EXPECTED = {"customers": 3150, "churned": 495, "repeated rows": 300}
QUARTERS = (113.80125, 228.48, 788.38875)  # quartiles of customer value over all 3,150 rows
STEPS = 1000  # customer value has at most three decimals: its thousandths are whole numbers
BY = ("complained", "tariff_plan", "active", "churned", "duplicate", "value_band")

TABLES = (
    Table(
        name="telecom_complaints",
        path="telecom_complaints.csv",
        title="Telecom: complaint, plan, customer value and churn three months later",
        description="Counts of 3,150 randomly drawn customers of one Iranian mobile operator: one "
        "row per combination that occurs. Complaint, plan, activity and value are of the first "
        "nine months of a year; churned is the state at the end of month twelve.",
        kind="derived",
        fields=(
            Field("complained", "integer", "Complained in the first nine months: 1, 0.", 0, 1),
            Field(
                "tariff_plan",
                "string",
                "Prepaid (pay as you go) or bound by contract.",
                enum=tuple(PLANS.values()),
            ),
            Field("active", "integer", "Status in the first nine months: 1 active, 0 not.", 0, 1),
            Field("churned", "integer", "Had left at the end of month twelve: 1, 0.", 0, 1),
            Field(
                "duplicate",
                "integer",
                "1 if the row repeats an earlier row exactly, in all 14 columns of the source. "
                "Keep 0 only to count every distinct customer once.",
                0,
                1,
            ),
            Field(
                "value_band",
                "integer",
                "Quarter of customer value, 1 lowest to 4 highest; cut at 113.80125, 228.48 and "
                "788.38875, the quartiles over all rows. A value on a cut is in the lower band.",
                1,
                4,
            ),
            Field("n", "integer", "Number of customers with this combination.", 1),
            Field(
                "total",
                "integer",
                "Sum of customer value, in thousandths of the operator's undocumented unit.",
                0,
            ),
            Field("total_sq", "integer", "Sum of the squares of those thousandths.", 0),
        ),
        sources=(SAMPLE,),
        references=(
            "Jafari-Marandi, Denton, Idris, Smith and Keramati (2020), Optimum profit-driven churn "
            "decision making: innovative artificial neural networks in telecom industry, Neural "
            "Computing and Applications",
        ),
        licence="CC-BY-4.0",
        licence_note="Licence of the deposit. The microdata are not in this project.",
        limits=(
            "300 rows of the source repeat an earlier row exactly. Nothing says whether they are "
            "one customer twice or two alike: show results with and without them.",
            "One operator and one year. What the complaint was about and how it was handled "
            "is not recorded, nor how satisfied the silent customers were.",
            "Customer value is the operator's own formula, driven by use; its unit is not "
            "documented. Compare it, do not read it as money.",
            "Inactive status nearly restates the later churn: do not control for it blindly.",
            "Few customers are bound by contract, fewer of them complained.",
            "A row may stand for one person, but no field identifies anyone.",
            "To rebuild it the builder needs the microdata: give their folder with --microdata.",
        ),
        builder="telecom.py",
        reconciliation={
            "published": {"customers": 3150},
            "here": EXPECTED,
            "note": "The deposit states the number of customers; the rest is counted by us.",
        },
    ),
)


def prepare(files: dict[str, bytes]) -> dict[str, pd.DataFrame]:
    """Return the counts with the sums of customer value, sorted by their columns."""
    columns = ("Complains", "Tariff Plan", "Status", "Churn", "Customer Value")
    rows = read_microdata(files[SAMPLE.path], SAMPLE, dict.fromkeys(columns, "number"))
    value = rows["Customer Value"]
    customers = pd.DataFrame(
        {
            "complained": rows["Complains"],
            "tariff_plan": rows["Tariff Plan"].map(PLANS),
            "active": rows["Status"].map(ACTIVE),
            "churned": rows["Churn"],
            "duplicate": rows.duplicated().astype(int),
            "value_band": 1 + sum((value > cut).astype(int) for cut in QUARTERS),
            "n": 1,
            "total": _whole(value),
            "total_sq": _whole(value) ** 2,
        }
    )
    _check(customers)
    counts = customers.groupby(list(BY), as_index=False).sum()
    return {"telecom_complaints": counts.sort_values(list(BY), ignore_index=True)}


def _whole(value: pd.Series) -> pd.Series:
    """Return customer value in thousandths, or say that one is finer than that."""
    steps = (value * STEPS).round()
    if ((value * STEPS - steps).abs() > 1e-6).any():
        raise BuildError("iranian_churn.csv: expected customer value with at most three decimals")
    return steps.astype("int64")


def _check(customers: pd.DataFrame) -> None:
    found = {
        "customers": len(customers),
        "churned": int(customers["churned"].sum()),
        "repeated rows": int(customers["duplicate"].sum()),
    }
    if found != EXPECTED or customers.isna().any(axis=None):
        raise BuildError(f"iranian_churn.csv: expected {EXPECTED}, nothing missing; found {found}")
