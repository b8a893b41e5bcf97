"""The tables: whole, described, free of persons, and in agreement with published counts."""

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data import DATA, DESCRIPTOR, DataError, describe, load, sources, table_names

TABLES = table_names()
ACSI = [name for name in TABLES if name.startswith("acsi_2015_")]
MEGABYTES = 8


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return the descriptor of a copy of data/ that a test may damage."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("builders", ".build-*"))
    return folder / DESCRIPTOR.name


# --- whole and described -------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_every_table_loads_with_the_recorded_shape_and_nulls(name: str) -> None:
    table, resource = load(name), describe(name)
    assert len(table) == resource["rows"]
    nulls = table.isna().sum()
    assert {c: int(n) for c, n in nulls.items() if n} == resource["known_nulls"]
    assert (DATA / resource["path"]).stat().st_size == resource["bytes"]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_described_in_words(name: str) -> None:
    resource = describe(name)
    for key in ("title", "description", "class", "builder", "limits", "sources", "licenses"):
        assert resource[key], f"{name} has no {key}"
    assert resource["class"] in {"observed", "derived", "published", "made"}
    for field in resource["schema"]["fields"]:
        assert len(field["description"]) > 5, f"{name}.{field['name']} has no meaning"
    for licence in resource["licenses"]:
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", licence["checked"])


def test_every_file_of_the_folder_has_an_entry() -> None:
    files = {path.name for path in DATA.iterdir() if path.is_file()}
    described = {describe(name)["path"] for name in TABLES} | {DESCRIPTOR.name}
    assert described <= files, "a described file is missing"
    missing = {name for name in files - described if not name.startswith(".")}
    assert not missing, f"describe {missing} in data/builders and run build.py"


def test_types_follow_the_one_rule() -> None:
    orders = load("olist_orders")
    assert orders["score"].dtype == "int64"
    assert orders["seller"].dtype == "float64", "integers with gaps are float64 with NaN"
    assert orders["purchased"].dtype == orders["promised"].dtype == "datetime64[s]"
    assert orders["status"].dtype == "str"
    assert load("cdnow")["in_sample"].dtype == "bool"
    assert load("acsi_2015_intention")["satisfaction"].dtype == "float64"


def test_sources_gives_one_row_per_table() -> None:
    frame = sources(["cdnow", "mobile_ecsi"])
    assert list(frame) == ["table", "rows", "source", "licence", "class", "sha256"]
    assert frame["table"].tolist() == ["cdnow", "mobile_ecsi"]
    assert frame["rows"].tolist() == [69659, 250]
    assert frame["sha256"].str.fullmatch("[0-9a-f]{12}").all()


def test_the_folder_stays_small() -> None:
    size = sum(path.stat().st_size for path in DATA.rglob("*") if path.suffix != ".pyc")
    assert size < MEGABYTES * 1e6


# --- damage --------------------------------------------------------------------------------


def _edit(descriptor: Path, file: str, change) -> None:
    path = descriptor.parent / file
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8", newline="")


def _cell(row: int, column: int, value: str):
    """Return an edit that puts ``value`` into one cell; row 1 is the header."""

    def change(text: str) -> str:
        lines = [line.split(",") for line in text.split("\n")]
        lines[row - 1][column] = value
        return "\n".join(map(",".join, lines))

    return change


DAMAGE = {
    "text in a number": (_cell(17, 3, "high"), r"column cusa1, row 17: expected integer", "'high'"),
    "a fraction": (_cell(2, 0, "7.5"), r"column cuex1, row 2: expected integer", r"'7\.5'"),
    "too high": (_cell(250, 23, "11"), r"column perv2, row 250: .* from 1 to 10", "'11'"),
    "too low": (_cell(9, 0, "0"), r"column cuex1, row 9: .* from 1 to 10", "'0'"),
    "a gap": (_cell(40, 8, ""), r"column cusl2, row 40: .* from 1 to 10", "nothing"),
    "a renamed column": (_cell(1, 3, "cusa"), r"expected columns .*cusa1", "cusa, cusa1"),
    "swapped columns": (
        lambda text: text.replace("cuex1,cuex2", "cuex2,cuex1", 1),
        "expected columns",
        "their order",
    ),
    "a short row": (_cell(3, 0, "10\n10"), r"row 3: expected 24 cells", "found 1"),
    "a row less": (
        lambda text: "\n".join(text.split("\n")[:-2]) + "\n",
        "expected 250 rows with sha256:",
        "found 249 rows",
    ),
    "an empty file": (lambda text: "", "expected columns", r"found \[\]"),
    "one value within range": (_cell(2, 0, "6"), "expected 250 rows with sha256:", "sha256:"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_with_file_place_expected_and_found(kind: str, copy: Path) -> None:
    change, expected, found = DAMAGE[kind]
    _edit(copy, "mobile_ecsi.csv", change)
    with pytest.raises(DataError, match=rf"data/mobile_ecsi\.csv.*{expected}.*{found}") as error:
        load("mobile_ecsi", descriptor=copy)
    assert "make data" in str(error.value)
    assert str(copy.parent.parent) not in str(error.value), "the message shows a machine's path"


def test_a_category_that_is_not_listed_is_named(copy: Path) -> None:
    _edit(copy, "b2b_survey.csv", lambda text: text.replace("Israel", "Isreal", 1))
    message = r"data/b2b_survey\.csv, column country, row \d+: expected one of .*found 'Isreal'"
    with pytest.raises(DataError, match=message):
        load("b2b_survey", descriptor=copy)


@pytest.mark.parametrize("name", TABLES)
def test_one_changed_byte_in_any_table_is_caught(name: str, copy: Path) -> None:
    path = copy.parent / describe(name)["path"]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(f"data/{path.name}")):
        load(name, descriptor=copy)


def test_a_missing_file_and_an_unknown_name_are_named(copy: Path) -> None:
    (copy.parent / "cdnow.parquet").unlink()
    with pytest.raises(DataError, match=r"data/cdnow\.parquet: expected a file, found none"):
        load("cdnow", descriptor=copy)
    with pytest.raises(DataError, match=r"expected a table among mobile_ecsi, .*; found 'cdnw'"):
        load("cdnw", descriptor=copy)


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("cds", [1, 0, 2], r"column cds, row 2: expected integer from 1 to 99, found '0'"),
        ("cents", [1.5, 2.0, 3.0], r"column cents, row 1: expected integer .*'1\.5'"),
        ("customer", [1, None, 3], r"column customer, row 2: expected integer .*found nothing"),
        ("in_sample", ["yes", "no", "no"], r"column in_sample, row 1: expected boolean"),
        (
            "date",
            pd.to_datetime(["1997-01-01", "1997-01-02", "1998-07-01"]),
            r"column date, row 3: expected date from 1997-01-01 to 1998-06-30, found '1998-07-01",
        ),
    ],
)
def test_damage_in_parquet_is_named_too(column: str, values, message: str, copy: Path) -> None:
    table = load("cdnow").head(3).assign(**{column: values})
    path = copy.parent / "cdnow.parquet"
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    with pytest.raises(DataError, match=rf"data/cdnow\.parquet, {message}"):
        load("cdnow", descriptor=copy)


def test_a_file_that_is_no_parquet_is_named(copy: Path) -> None:
    (copy.parent / "cdnow.parquet").write_bytes(b"not a table")
    with pytest.raises(DataError, match=r"data/cdnow\.parquet: expected a readable table"):
        load("cdnow", descriptor=copy)


def test_a_rule_that_the_file_breaks_is_caught_though_the_hash_holds(copy: Path) -> None:
    package = json.loads(copy.read_text(encoding="utf-8"))
    field = package["resources"][0]["schema"]["fields"][0]
    field["constraints"]["maximum"] = 5
    copy.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(DataError, match="column cuex1, row 2: expected integer from 1 to 5"):
        load("mobile_ecsi", descriptor=copy)


# --- persons -------------------------------------------------------------------------------

PERSONAL = re.compile(
    r"zip|post_?code|city|state$|region|comment|message|text|name|mail|phone|birth|^age|gender|"
    r"^sex|race|income|hispanic|educat|order_id|customer_id|unique_id"
)


WORDS = ("claims", "claims_history", "literature", "folklore")  # hand-made: sentences of ours


@pytest.mark.parametrize("name", [name for name in TABLES if name not in WORDS])
def test_no_table_carries_personal_detail(name: str) -> None:
    table = load(name)
    assert not [column for column in table if PERSONAL.search(column)]
    for column in table.select_dtypes("str"):
        values = table[column].dropna().drop_duplicates()
        assert values.str.len().max() < 60, f"{name}.{column} holds free text"
        assert not values.str.fullmatch("[0-9a-f]{16,}").any(), f"{name}.{column} holds keys"


# --- counts from outside -------------------------------------------------------------------


def test_acsi_tables_have_the_published_sizes() -> None:
    published = {"banks": 2505, "internet_providers": 2287, "processed_food": 1968}
    published |= {"airlines": 1479}  # doi 10.1016/j.dib.2023.109123
    assert sum(published.values()) == 8239
    for name in ACSI:
        assert load(name).groupby("industry")["n"].sum().to_dict() == published, name


def test_acsi_tables_agree_on_every_margin_they_share() -> None:
    for column in ("satisfaction", "intention", "quality"):
        margins = [
            load(name).groupby(["industry", column], dropna=False)["n"].sum()
            for name in ACSI
            if column in load(name)
        ]
        assert len(margins) > 1
        for margin in margins[1:]:
            pd.testing.assert_series_equal(margin, margins[0])


def test_acsi_counts_give_the_correlations_of_an_independent_copy() -> None:
    # Computed by others from another copy of the deposit.
    expected = {"airlines": 0.73, "banks": 0.80, "internet_providers": 0.87, "processed_food": 0.67}
    counts = load("acsi_2015_intention").dropna()
    people = counts.loc[counts.index.repeat(counts["n"])]
    by_industry = people.groupby("industry")[["satisfaction", "intention"]].corr()
    found = by_industry["satisfaction"].xs("intention", level=1).round(2).to_dict()
    assert found == expected


def test_acsi_price_question_follows_intention() -> None:
    table = load("acsi_2015_tolerance")
    asked = table["asked"]
    assert (table.loc[asked == "raise", "intention"] >= 6).all()
    assert (table.loc[asked == "cut", "intention"] <= 5).all()
    assert table.loc[asked == "none", "intention"].isna().all()
    assert ((table["tolerance"] == "not_asked") == (asked == "none")).all()


def test_acsi_handling_is_rated_by_complainers_only() -> None:
    table = load("acsi_2015_complaint")
    assert (table.loc[table["handling"].notna(), "complained"] == 1).all()


def test_cdnow_has_the_published_counts() -> None:
    table = load("cdnow")
    assert table["customer"].nunique() == 23570  # Hardie, note 26
    assert len(table) == 69659
    sample = table[table["in_sample"]]
    assert sample["customer"].nunique() == 2357  # R package BTYD, cdnowElog
    assert len(sample) == 6919
    assert len(sample.drop_duplicates(["customer", "date"])) == 6696  # R package CLVTools, cdnow
    first = table.groupby("customer")["date"].min()
    assert first.max() <= pd.Timestamp("1997-03-31"), "a cohort of the first quarter of 1997"


def test_olist_reconciles_with_its_descriptor_and_the_published_counts() -> None:
    table, told = load("olist_orders"), describe("olist_orders")["reconciliation"]
    here, published = told["here"], told["published"]
    assert here["orders"] == len(table) == table["order"].nunique()
    assert here["customers"] == table["customer"].nunique()
    assert here["items"] == table["items"].sum()
    for money in ("price_cents", "freight_cents", "payment_cents"):
        assert here[money] == table[money].sum()
        assert 0.96 < here[money] / published[money] < 1
    assert here["rows_of_the_join"] == published["rows_of_the_join"] == 115609
    lost = published["orders"] - here["orders"]
    assert 0 < lost / published["orders"] < 0.03
    assert lost >= published["orders_without_items"]


def test_olist_orders_are_ordered_and_consistent() -> None:
    table = load("olist_orders")
    assert table["purchased"].is_monotonic_increasing
    first = table.drop_duplicates("customer")
    assert first["customer"].tolist() == list(range(1, len(first) + 1))
    assert (table["delivered"].dropna() >= table["purchased"][table["delivered"].notna()]).all()
    assert (table["seller"].isna() == (table["n_sellers"] > 1)).all()
    assert (table["n_scores"] == 2).sum() == 197
    gap = (table["payment_cents"] - table["price_cents"] - table["freight_cents"]).abs()
    assert (gap <= 1).mean() > 0.99, "payment is price plus freight"
    assert (gap > 100).sum() == 304, "the number told in the limits"


def test_surveys_have_the_documented_sizes() -> None:
    assert load("mobile_ecsi").shape == (250, 24)  # R package seminr, mobi
    reputation = load("mobile_reputation")  # R package seminr, corp_rep_data
    assert reputation["servicetype"].value_counts().to_dict() == {1: 125, 2: 219}
    assert len(load("b2b_survey")) == 266  # R package mistat, ABC
