"""Reading a company's files: the messy pair gives the truth, and what is wrong is said."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.company.options import EXAMPLES, CompanyError, Options
from analysis.company.read import ORDER_ROWS, SURVEY_ROWS, prepare
from tests.company_exports import Exports, make_exports

SURVEY_KEYS = ["customer", "answered"]
ORDER_KEYS = ["customer", "ordered", "cents"]


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    return make_exports(tmp_path_factory.mktemp("exports"))


def table(prepared, name: str, columns: list[str], by: list[str]) -> pd.DataFrame:
    rows = prepared.connection.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
    return pd.DataFrame(rows, columns=columns).sort_values(by, ignore_index=True)


def days(frame: pd.DataFrame) -> pd.DataFrame:
    dates = frame.select_dtypes("datetime")
    return frame.assign(**{name: dates[name].dt.date for name in dates})


def test_the_messy_pair_gives_the_truth(exports):
    prepared = prepare(
        Options(exports.surveys, exports.orders, scale=exports.scale, segment=exports.segment)
    )
    columns = ["customer", "starts", "answered", "score", "segment"]
    found = table(prepared, "surveys", columns, SURVEY_KEYS)
    true = days(exports.true_surveys)[columns].sort_values(SURVEY_KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(found, true, check_dtype=False)
    found = table(prepared, "orders", ORDER_KEYS, ORDER_KEYS)
    kept = exports.true_orders[exports.true_orders["ordered"] <= pd.Timestamp(exports.end)]
    true = days(kept)[ORDER_KEYS].sort_values(ORDER_KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(found, true, check_dtype=False)
    assert prepared.account == exports.account
    assert tuple(prepared.account["surveys"]) == SURVEY_ROWS
    assert tuple(prepared.account["orders"]) == ORDER_ROWS
    assert (prepared.end, prepared.scale, prepared.nps) == (exports.end, (1, 5), False)
    for account in prepared.account.values():
        assert account["read"] == sum(many for name, many in account.items() if name != "read")
    left = {name for (name,) in prepared.connection.execute("SHOW TABLES").fetchall()}
    assert left <= {"surveys", "orders", "meant", "fates", "unlike"}


SURVEYS = """customer;answered;recommend
A;2025-01-02;0
B;2025-01-03;10
C;2025-01-04;7
"""
ORDERS = """order;customer;ordered;amount;status
1;A;2025-01-10;12.50;shipped
2;B;2025-01-11;8.00;shipped
3;A;2025-01-12;7.25;shipped
"""


def write(folder, surveys: str | bytes = SURVEYS, orders: str | bytes = ORDERS, **options):
    """Return the options for two small files, good ones unless given."""
    for name, content in (("surveys.csv", surveys), ("orders.csv", orders)):
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    given = {"surveys": folder / "surveys.csv", "orders": folder / "orders.csv"}
    return Options(**(given | options))


def survey(*rows: str, header: str = "customer;answered;recommend") -> dict[str, str]:
    """Return the good answers and further ones."""
    _, *good = SURVEYS.splitlines()
    return {"surveys": "\n".join([header, *good, *rows, ""])}


def order(*rows: str, header: str = "order;customer;ordered;amount;status") -> dict[str, str]:
    _, *good = ORDERS.splitlines()
    return {"orders": "\n".join([header, *good, *rows, ""])}


def scores(*texts: str, **options) -> dict:
    rows = [f"A;2025-01-02;{text}" for text in texts]
    return {"surveys": "\n".join(["customer;answered;score", *rows, ""]), **options}


def dates(*texts: str, **options) -> dict:
    return survey(*(f"A;{text};5" for text in texts)) | options


def amounts(*texts: str, **options) -> dict:
    rows = [f"{place};A;2025-01-02;{text}" for place, text in enumerate(texts)]
    return {"orders": "\n".join(["order;customer;ordered;amount", *rows, ""]), **options}


NO_DATE = "expected a date from 1980-01-01 to 2099-12-31, found "
NO_SCORE = (
    "surveys.csv, row 5, column recommend: expected a whole number or one with a label such as "
    "'5 - very satisfied'; what is no answer is named with --no-answer, found "
)
NO_SCALE = (
    "surveys.csv, column score: expected the scale of the question: tell it with --scale LOW-HIGH, "
    "found "
)
NO_MONEY = "column amount: expected an amount such as 1234.56, below 1e12, found "
NO_CELLS = "surveys.csv, row 5: expected 3 cells between ';', as in the header, found "
BAD = [
    # The file.
    ({"surveys": "nowhere.csv"}, "nowhere.csv: expected a file, found none"),
    ({"surveys": "nowhere.parquet"}, "nowhere.parquet: expected a file, found none"),
    (
        {"surveys": "book.xls"},
        "book.xls: expected a file .csv, .tsv, .txt, .csv.gz, .xlsx or .parquet, found .xls",
    ),
    ({"surveys": 7}, "surveys: expected a path or a frame with one type per column, found "),
    ({"content": b""}, "surveys.csv: expected a table with a header, found an empty file"),
    ({"content": b"\n\n"}, "surveys.csv, row 1: expected several columns between ; , tab or |, "),
    ({"content": b"customer\nA\n"}, "surveys.csv, row 1: expected several columns between ; , "),
    ({"content": b"PK\x03\x04\x00\x00;\n"}, "surveys.csv: expected text, found bytes of zero"),
    (
        {"content": b"customer;answered;recommend\n"},
        "surveys.csv: expected rows under the header, found none",
    ),
    (
        {"content": b"A;2025-01-02;0\nB;2025-01-03;10\n"},
        "surveys.csv, row 1: expected a header with the names of the columns, found '2025-01-02'",
    ),
    (survey("D;2025-01-05"), NO_CELLS + "2 cells"),
    (survey("D;2025-01-05;5;more;6"), NO_CELLS + "5 cells"),
    (
        survey(header="customer;answered;answered"),
        "surveys.csv, row 1: expected each column named once, found 'answered' again",
    ),
    (
        {"content": SURVEYS.encode() + b"\x81\x8d;2025-01-05;5\n"},
        "surveys.csv: expected text in one encoding; save it as UTF-8, found byte 0x81",
    ),
    # The columns.
    (
        survey(header="who;answered;recommend"),
        "surveys.csv: expected one column that is the customer; name it with "
        "--map surveys.customer=COLUMN, found none among who, answered, recommend",
    ),
    (survey(header="customer;x;recommend"), "that is the date; name it with --map surveys.date="),
    (survey(header="customer;answered;x"), "that is the score; name it with --map surveys.score="),
    (
        {
            "surveys": "customer;customer_id;answered;recommend\n"
            "A;A;2025-01-02;0\nB;B;2025-01-02;10\n"
        },
        "found several: customer, customer_id",
    ),
    (
        order(header="order;customer;ordered;x;status"),
        "orders.csv: expected one column that is the amount; name it with "
        "--map orders.amount=COLUMN, found none among order, customer, ordered, x, status",
    ),
    (order(header="order;x;ordered;amount;status"), "the customer; name it with --map orders.cust"),
    (order(header="order;customer;x;amount;status"), "the date; name it with --map orders.date="),
    (order(header="order;customer;ordered;amount;price_paid"), "several: amount, price_paid"),
    (order(header="order;customer;ordered;amount;order_no"), "several: order, order_no"),
    (
        {"columns": {"score": "mark"}},
        "surveys.csv: expected a column mark for score, found customer, answered, recommend",
    ),
    ({"columns": {"customer": "who"}}, ".csv: expected a column who for customer, found "),
    ({"columns": {"orders.date": "when"}}, "orders.csv: expected a column when for date, found "),
    ({"columns": {"sore": "x"}}, "--map: expected a role among amount, customer, date, order, "),
    ({"segment": "region"}, "surveys.csv: expected a column region for segment, found customer, "),
    ({"items": ("q1",)}, "surveys.csv: expected a column q1 for --items, found customer, answ"),
    # Dates.
    (
        {"surveys": f"Report of May\n\n{SURVEYS}\n\nD;soon;5\n\n"},
        f"surveys.csv, row 9, column answered: {NO_DATE}'soon'",
    ),
    (
        dates("03/04/2025"),
        "surveys.csv, row 5, column answered: expected a day above 12 that tells day from month; "
        "say --day-first or --month-first, found '03/04/2025'",
    ),
    (
        dates("13/04/2025", "04/13/2025"),
        "surveys.csv, row 6, column answered: expected one form of dates, day first or month "
        "first; say --day-first or --month-first, found '04/13/2025'",
    ),
    (dates("04/13/2025", day_first=True), f"row 5, column answered: {NO_DATE}'04/13/2025'"),
    (dates("13.04.2025", day_first=False), f"row 5, column answered: {NO_DATE}'13.04.2025'"),
    (dates("soon"), f"surveys.csv, row 5, column answered: {NO_DATE}'soon'"),
    (dates("2025-02-30"), f"row 5, column answered: {NO_DATE}'2025-02-30'"),
    (dates("31/02/2025"), f"row 5, column answered: {NO_DATE}'31/02/2025'"),
    (dates("2025-13-01"), f"row 5, column answered: {NO_DATE}'2025-13-01'"),
    (dates("13/04/25"), f"row 5, column answered: {NO_DATE}'13/04/25'"),
    (dates("1900-01-01"), f"row 5, column answered: {NO_DATE}'1900-01-01'"),
    (dates("9999-12-31"), f"row 5, column answered: {NO_DATE}'9999-12-31'"),
    (dates("45678"), f"row 5, column answered: {NO_DATE}'45678'"),
    (dates("1735776000"), f"row 5, column answered: {NO_DATE}'1735776000'"),
    (order("4;A;12.2025;5.00;shipped"), f"orders.csv, row 5, column ordered: {NO_DATE}'12.2025'"),
    # Scores.
    (survey("D;2025-01-05;good"), NO_SCORE + "'good'"),
    (survey("D;2025-01-05;7.5"), NO_SCORE + "'7.5'"),
    (survey("D;2025-01-05;7/10"), NO_SCORE + "'7/10'"),
    (survey("D;2025-01-05;5 4"), NO_SCORE + "'5 4'"),
    (survey("D;2025-01-05;1e1"), NO_SCORE + "'1e1'"),
    (scores("1", "2", "10"), NO_SCALE + "scores from 1 to 10, which several scales have"),
    (scores("1", "2", "3", "4"), NO_SCALE + "scores from 1 to 4, which several scales have"),
    (scores("0", "5"), NO_SCALE + "scores from 0 to 5, which several scales have"),
    (scores("99", "N/A"), "surveys.csv, column score: expected scores, found none"),
    (
        scores("1", "5", "9", scale=(1, 5)),
        "surveys.csv, row 4, column score: expected scores from 1 to 5, at most one in twenty "
        "outside; see --scale, found '9'",
    ),
    (
        scores("1 - sehr zufrieden", "2", "3", "4", "5 - unzufrieden"),
        "surveys.csv, column score: expected the best answer at the highest score; if the lowest "
        "is the best, say --reversed, found 1 'sehr zufrieden'; 5 'unzufrieden'",
    ),
    (
        scores("1 - blue", "2", "3", "4", "5 - red"),
        "expected labels that tell which end is the best; say --reversed or --not-reversed, found",
    ),
    (
        scores("1 - bad", "2", "3", "4", "5 - good", reversed=True),
        "expected labels with the best answer at the lowest score, as --reversed says, found",
    ),
    (
        scores("1 - good", "2", "3", "4", "5 - bad", reversed=False),
        "expected labels with the best answer at the highest score, as --not-reversed says, found",
    ),
    # Amounts.
    (
        amounts("1,234", "2,345"),
        "orders.csv, row 2, column amount: expected an amount that tells cents from thousands; say "
        "--decimal . or --decimal ,, found '1,234'",
    ),
    (
        amounts("12.50", "12,50"),
        "orders.csv, row 3, column amount: expected one sign before the cents, a point or a comma; "
        "say --decimal . or --decimal ,, found '12,50'",
    ),
    (amounts("12,50", decimal="."), f"orders.csv, row 2, {NO_MONEY}'12,50'"),
    (amounts("12.50", "free"), f"orders.csv, row 3, {NO_MONEY}'free'"),
    (amounts("12.50", "1e5"), f"orders.csv, row 3, {NO_MONEY}'1e5'"),
    (amounts("12.50", "1,23,456.00"), f"orders.csv, row 3, {NO_MONEY}'1,23,456.00'"),
    (amounts("12.50", "12-50"), f"orders.csv, row 3, {NO_MONEY}'12-50'"),
    (amounts("12.50", "9" * 15), f"orders.csv, row 3, {NO_MONEY}'{'9' * 15}'"),
    (amounts("12.50", "=1+1"), f"orders.csv, row 3, {NO_MONEY}'=1+1'"),
    (
        amounts("€ 12.50", "$ 12.50"),
        "orders.csv, column amount: expected one currency, found $, €",
    ),
    (
        order(header="order;customer;ordered;cents;status"),
        "orders.csv, row 2, column cents: expected whole cents, as the name says, found '12.5",
    ),
    # Orders.
    (
        order("1;A;2025-01-10;9.00;shipped"),
        "orders.csv, row 5, column order: expected rows of one order to have one customer, day and "
        "amount; add up the lines of an order, found '1' again",
    ),
    (
        order(*(f"{n};A;2025-01-10;9.00;state {n}" for n in range(10, 61))),
        "orders.csv, column status: expected at most 50 kinds of status; name the column with "
        "--map orders.status=COLUMN, found 52 such as 'shipped'",
    ),
    # Both together.
    (
        {"surveys_text": SURVEYS.replace("A;", "a1;").replace("B;", "b1;").replace("C;", "c1;")},
        "surveys.csv: expected customers named as in orders.csv, such as 'A', found none of 3 in "
        "common, such as 'a1'",
    ),
    (
        {"orders_text": ORDERS.replace("shipped", "cancelled")},
        "orders.csv: expected orders to count, found none: 3 cancelled",
    ),
    (
        {"surveys_text": SURVEYS.replace("2025", "2026")},
        "surveys.csv: expected answers to count, found none: 3 read, 3 after_end",
    ),
    # The options.
    ({"scale": (5, 1)}, "--scale: expected the lowest and the highest whole score, such as 1-5"),
    ({"decimal": ";"}, "--decimal: expected '.' or ',', found ';'"),
    ({"answer": "best"}, "--answer: expected first, last or all, found 'best'"),
    ({"windows": (90, 0)}, "--windows: expected whole numbers of days above 0, found '(90, 0)'"),
    ({"margin": 35}, "--margin: expected a share above 0 up to 1, such as 0.35, found '35'"),
    ({"question": "nps"}, "--question: expected recommend or other, found 'nps'"),
    ({"end": "today"}, "--end: expected a date such as 2025-12-31, found 'today'"),
    (
        {"end": date(2026, 1, 1)},
        "--end: expected a day from 2025-01-10 to 2025-01-12, between the first order and the last",
    ),
]


@pytest.mark.parametrize(("given", "message"), BAD, ids=lambda value: str(value)[:60])
def test_what_is_wrong_is_said(tmp_path, given, message):
    files = {
        "surveys": given.get("content", given.get("surveys_text", SURVEYS)),
        "orders": given.get("orders_text", ORDERS),
    }
    texts = {
        name: text
        for name, text in given.items()
        if name in files and isinstance(text, str) and "\n" in text
    }
    aside = {*texts, "content", "surveys_text", "orders_text"}
    options = write(tmp_path, **(files | texts))
    options = replace(options, **{name: v for name, v in given.items() if name not in aside})
    with pytest.raises(CompanyError, match=re.escape(message)) as raised:
        prepare(options)
    others = [problem for problem in raised.value.problems if message not in str_of(problem)]
    assert not others, f"one thing is wrong, but this is said too: {others}"


def str_of(problem) -> str:
    return "\n".join(problem.lines())


def test_everything_wrong_is_said_at_once_with_twenty_examples_of_a_kind(tmp_path):
    files = survey(*["D;soon;5"] * 30) | amounts("12.50", "free")
    with pytest.raises(CompanyError) as raised:
        prepare(write(tmp_path, **files, margin=None))
    lines = str(raised.value).splitlines()
    assert sum("found 'soon'" in line for line in lines) == EXAMPLES
    assert "surveys.csv, column answered: and 10 more like these" in lines
    assert any("orders.csv, row 3, column amount" in line for line in lines)


def canonical(options: Options) -> tuple:
    prepared = prepare(options)
    query = prepared.connection.execute
    counts = query("SELECT answered, score, count(*) FROM surveys GROUP BY ALL ORDER BY ALL")
    money = (
        counts.fetchall(),
        query(
            "SELECT ordered, sum(cents), count(*), count(DISTINCT customer) FROM orders "
            "GROUP BY ALL ORDER BY ALL"
        ).fetchall(),
    )
    return prepared.account, prepared.end, *money


@pytest.fixture(scope="module")
def truth(exports: Exports) -> tuple:
    return canonical(Options(exports.surveys, exports.orders, scale=(1, 5)))


def shuffled(path: Path, folder: Path, rng, rename) -> Path:
    head, *lines = path.read_bytes().decode("latin-1").splitlines(keepends=True)
    lines = [rename(lines[place]) for place in rng.permutation(len(lines))]
    (folder / path.name).write_bytes("".join([head, *lines]).encode("latin-1"))
    return folder / path.name


@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1), factor=st.integers(1, 999_999).map(lambda n: 2 * n + 1))
def test_order_of_rows_and_names_of_customers_count_for_nothing(
    tmp_path_factory, exports, truth, seed, factor
):
    folder, rng = tmp_path_factory.mktemp("shuffled"), np.random.default_rng(seed)

    def rename(line: str) -> str:  # K000123 to a number of its own
        return re.sub(r"K(\d{6})", lambda k: f"{int(k[1]) * factor}x", line)

    options = Options(exports.surveys, exports.orders, scale=(1, 5))
    again = replace(
        options,
        surveys=shuffled(exports.surveys, folder, rng, rename),
        orders=shuffled(exports.orders, folder, rng, rename),
    )
    assert canonical(again) == truth


def frames(exports: Exports) -> tuple[pd.DataFrame, pd.DataFrame]:
    surveys = exports.true_surveys[["customer", "answered", "score"]]
    orders = exports.true_orders.assign(amount=exports.true_orders["cents"] / 100)
    return surveys, orders[["customer", "ordered", "amount"]]


def written(form: str, frame: pd.DataFrame, folder: Path, name: str):
    path = folder / f"{name}.{form}"
    if form == "pandas":
        return frame
    if form == "arrow":
        return pa.Table.from_pandas(frame, preserve_index=False)
    if form == "duckdb":
        return duckdb.connect().from_arrow(pa.Table.from_pandas(frame, preserve_index=False))
    if form == "parquet":
        frame.to_parquet(path)
    elif form == "folder":
        for part, rows in enumerate((frame[:1000], frame[1000:])):
            place = folder / name / f"part={part}" / "rows.parquet"
            place.parent.mkdir(parents=True)
            rows.to_parquet(place)
        return folder / name
    elif form == "xlsx":
        frame.to_excel(path, index=False)
    elif form == "csv.gz":
        frame.to_csv(path, index=False, sep="\t", encoding="utf-16")
    else:
        frame.to_csv(path, index=False, encoding=form.replace("csv-", ""))
        return path.rename(path.with_suffix(".csv"))
    return path


FORMS = ["pandas", "arrow", "duckdb", "parquet", "folder", "xlsx", "csv.gz", "csv-utf-16"]


@pytest.mark.parametrize("form", FORMS)
def test_any_form_of_file_gives_the_same_tables(exports, tmp_path, form):
    surveys, orders = (frame.drop_duplicates() for frame in frames(exports))
    options = Options(
        written(form, surveys, tmp_path, "surveys"), written(form, orders, tmp_path, "orders")
    )
    prepared = prepare(options)
    found = table(prepared, "surveys", ["customer", "answered", "score"], SURVEY_KEYS)
    true = days(surveys).sort_values(SURVEY_KEYS, ignore_index=True)
    pd.testing.assert_frame_equal(found, true, check_dtype=False)
    found = table(prepared, "orders", ["customer", "ordered", "cents"], ORDER_KEYS)
    kept = orders[orders["ordered"] <= pd.Timestamp(prepared.end)]
    assert len(found) == len(kept)
    assert found["cents"].sum() == round(kept["amount"].sum() * 100)


NAMES = [
    ("customer_id;response_date;nps_score", "order_id;customer_id;order_date;order_total;status"),
    ("Kunden-Nr;Umfragedatum;Bewertung", "Bestellnummer;Kundennummer;Bestelldatum;Betrag;Status"),
    ("Cliente;Data da resposta;Nota", "Pedido;ID Cliente;Data do pedido;Valor total;Situação"),
    ("cliente;fecha de respuesta;puntuación", "pedido;cliente;fecha pedido;importe;estado pedido"),
    ("customerId;submittedAt;rating", "orderId;customerId;purchasedAt;amount_eur;orderStatus"),
    (
        "Customer;Date;How likely are you to recommend us?",
        "Invoice No;Customer;Date;Revenue;Status",
    ),
]


@pytest.mark.parametrize(("survey_names", "order_names"), NAMES)
def test_usual_names_of_columns_are_known(tmp_path, survey_names, order_names):
    prepared = prepare(
        write(tmp_path, **survey(header=survey_names), **order(header=order_names), scale=(0, 10))
    )
    assert prepared.account["orders"]["used"] == 3
    kinds = [line for line in prepared.assumed if " is column " in line]
    assert len(kinds) == 8 - ("estado" in order_names)


@pytest.mark.parametrize(
    ("text", "cents"),
    [("1.234,56", 123456), ("R$ 1.234,56", 123456), ("-1 234,50 €", -123450), ("(0,5)", -50),
     ("1'234,5", 123450), ("12,50-", -1250), ("7", 700), ("EUR 3,00", 300), ("\u22124,00", -400)],
)  # fmt: skip
def test_amounts_are_read_as_written(tmp_path, text, cents):
    header = "order;customer;ordered;amount"
    rows = f"{header}\n1;A;2025-01-10;{text}\n2;A;2025-01-10;1,25\n3;B;2025-01-10;1,25\n"
    prepared = prepare(write(tmp_path, orders=rows))
    sums = prepared.connection.execute("SELECT sum(cents) FROM orders").fetchall()[0][0]
    assert sums - 250 == max(cents, 0)
    assert prepared.account["orders"]["refunded"] == (cents < 0)


@pytest.mark.parametrize(
    ("answer", "expected"), [("first", [3]), ("last", [9]), ("all", [3, 5, 9])]
)
def test_the_answer_that_counts_is_chosen(tmp_path, answer, expected):
    rows = ["A;2025-01-04;5", "A;2025-01-09;9", "A;2025-01-02;3"]
    text = "\n".join(["customer;answered;recommend", *rows])
    prepared = prepare(write(tmp_path, surveys=text, scale=(0, 10), answer=answer))
    rows = prepared.connection.execute("SELECT score FROM surveys ORDER BY answered").fetchall()
    assert [score for (score,) in rows] == expected
    assert prepared.account["surveys"]["second_answers"] == 3 - len(expected)


def test_a_reversed_scale_is_turned(tmp_path):
    texts = scores("1 - sehr zufrieden", "2", "3", "4", "5 - unzufrieden", "weiß nicht", "99")
    prepared = prepare(write(tmp_path, **texts, reversed=True, answer="all"))
    rows = prepared.connection.execute("SELECT score FROM surveys ORDER BY score").fetchall()
    assert [score for (score,) in rows] == [1, 2, 3, 4, 5]
    assert prepared.account["surveys"]["no_answer"] == 2


@pytest.mark.parametrize(
    ("header", "question", "nps"),
    [("recommend", None, True), ("score", None, False), ("score", "recommend", True),
     ("recommend", "other", False)],
)  # fmt: skip
def test_only_a_recommend_question_has_an_nps(tmp_path, header, question, nps):
    files = survey(header=f"customer;answered;{header}")
    assert prepare(write(tmp_path, **files, scale=(0, 10), question=question)).nps is nps


def test_sparse_orders_do_not_end_observation_early(tmp_path):
    lines = [f"{n};A;{date(2024, 1, 1) + timedelta(days=21 * n)};5.00;sent" for n in range(20)]
    text = "\n".join(["order;customer;ordered;amount;status", *lines])
    last = date(2024, 1, 1) + timedelta(days=21 * 19)
    assert (
        prepare(
            write(tmp_path, orders=text, scale=(0, 10), surveys=SURVEYS.replace("2025", "2024"))
        ).end
        == last
    )


def test_orders_without_a_number_are_repeated_only_if_all_their_cells_are(tmp_path):
    files = order(";A;2025-01-12;5.00;shipped", ";A;2025-01-12;5.00;sent", ";B;2025-01-12;5.00;")
    prepared = prepare(write(tmp_path, orders=files["orders"] + ";B;2025-01-12;5.00;\n"))
    assert prepared.account["orders"]["repeated"] == 1
    assert prepared.account["orders"]["used"] == 6


def test_an_order_that_stands_twice_is_cancelled_if_one_of_its_rows_says_so(tmp_path):
    prepared = prepare(write(tmp_path, **order("2;B;2025-01-11;8.00;cancelled")))
    found = {name: many for name, many in prepared.account["orders"].items() if many}
    assert found == {"read": 4, "repeated": 1, "cancelled": 1, "used": 2}
