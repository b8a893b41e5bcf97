"""``your-company``: from two files to a page, a code for a pipeline, and nothing half written."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.company import command, example
from analysis.company.command import BAD_INPUT, WRONG_OPTIONS, read_map
from analysis.company.files import csv_text, safe_cell, write_whole
from analysis.company.options import CompanyError, Options
from analysis.company.read import prepare
from analysis.data import load
from tests.company_exports import make_exports
from tests.test_hostile import check_harmless
from tests.test_report import page_text, parse

NAMES = {
    *("nps", "mean_score", "return_share", "return_correlation", "return_auc"),
    *("money_per_customer", "point_return", "point_money"),
}


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    return make_exports(tmp_path_factory.mktemp("exports"))


@pytest.fixture(scope="module")
def given(exports):
    """The options that settle what the messy exports leave open."""
    low, high = exports.scale
    told = ["--surveys", exports.surveys, "--orders", exports.orders, "--scale", f"{low}-{high}"]
    return [str(option) for option in [*told, "--segment", exports.segment]]


@pytest.fixture(scope="module")
def written(given, tmp_path_factory):
    """What the command writes of the messy exports."""
    folder = tmp_path_factory.mktemp("written")
    out, numbers = folder / "page.html", folder / "numbers.json"
    code = main(["your-company", *given, "--out", str(out), "--json", str(numbers)])
    assert code == 0
    return out.read_text(encoding="utf-8"), json.loads(numbers.read_text(encoding="utf-8"))


@pytest.fixture
def small(tmp_path):
    """Two files that are plain, and the options to read them."""
    surveys, orders = tmp_path / "s.csv", tmp_path / "o.csv"
    days = [f"2024-{1 + i % 6:02d}-{1 + i % 28:02d}" for i in range(200)]
    rows = [f"K{i},{day},{i % 11}" for i, day in enumerate(days)]
    surveys.write_text("customer,answered,score\n" + "\n".join(rows) + "\n")
    later = [f"K{i},2024-{7 + i % 6:02d}-{1 + i % 28:02d},{10 + i}.50" for i in range(0, 200, 2)]
    later += [f"K{i},2023-12-{1 + i % 28:02d},20.00" for i in range(200)]
    orders.write_text("customer,ordered,amount\n" + "\n".join(later) + "\n")
    return ["--surveys", str(surveys), "--orders", str(orders), "--end", "2024-11-01"]


def run(capsys, *arguments):
    """Run the command; return its code, and what it says on both streams."""
    try:
        code = main(["your-company", *map(str, arguments)])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    return code, said.out, said.err


# End to end


def test_the_messy_exports_become_a_page(written):
    page, _ = written
    check_harmless(page)
    text = page_text(parse(page))
    assert "One point more on the scale from 1 to 5 goes with" in text
    assert "By segment" in text


def test_the_numbers_are_written_as_the_issue_names_them(written, exports):
    _, numbers = written
    for file, rows in exports.account.items():
        told = numbers["account"][file]
        assert {name: n for name, n in told.items() if n} == {k: n for k, n in rows.items() if n}
        assert told["read"] == sum(n for name, n in told.items() if name != "read")
    keys = {"name", "window_days", "segment", "score", "value", "low", "high", "n", "unit"}
    assert all(keys <= set(result) for result in numbers["results"])
    assert {result["name"] for result in numbers["results"]} >= NAMES


def test_no_customer_of_the_exports_is_on_the_page_or_in_the_numbers(written, exports):
    page, numbers = written
    told = page + json.dumps(numbers)
    customers = set(exports.true_orders["customer"]) | set(exports.true_surveys["customer"])
    assert not customers & set(re.findall(r"\bK\d{6}\b", told))


def test_nothing_of_the_machine_is_on_the_page(written, given):
    page, numbers = written
    assert str(Path(given[1]).parent) not in page + json.dumps(numbers)


def test_counts_that_were_shared_give_the_page_again(given, written, tmp_path):
    counts, out, numbers = (tmp_path / name for name in ("c.json", "page.html", "n.json"))
    assert main(["your-company", *given, "--counts-out", str(counts)]) == 0
    again = ["--counts-in", str(counts), "--out", str(out), "--json", str(numbers)]
    assert main(["your-company", *again]) == 0
    check_harmless(out.read_text(encoding="utf-8"))
    told = [
        {
            (r["name"], r["window_days"]): r
            for r in found["results"]
            if r["score"] is None and r["segment"] is None and r["name"] != "answered_difference"
        }
        for found in (written[1], json.loads(numbers.read_text(encoding="utf-8")))
    ]
    assert told[1]["mean_score", None]["value"] == told[0]["mean_score", None]["value"]
    for key, result in told[1].items():
        if result["value"] is None:
            assert result["note"], key
        else:
            assert result["value"] == pytest.approx(told[0][key]["value"]), key


def test_the_query_is_printed_and_its_result_goes_in(given, exports, written, capsys, tmp_path):
    end = written[1]["end"]
    code, sql, _ = run(capsys, *given, "--end", end, "--show-sql")
    assert code == 0
    connection = prepare(
        Options(surveys=exports.surveys, orders=exports.orders, scale=exports.scale)
    ).connection
    connection.execute(sql).df().to_csv(tmp_path / "result.csv", index=False)
    numbers = tmp_path / "n.json"
    code, _, error = run(capsys, "--counts-in", tmp_path / "result.csv", "--json", numbers)
    assert (code, error) == (0, "")
    found = json.loads(numbers.read_text(encoding="utf-8"))["results"]
    shares = [
        next(r["value"] for r in results if r["name"] == "return_share" and r["window_days"] == 90)
        for results in (written[1]["results"], found)
    ]
    assert shares[0] == pytest.approx(shares[1])


def test_counts_that_are_none_are_refused(tmp_path, capsys):
    path = tmp_path / "c.json"
    path.write_text("{}")
    code, _, error = run(capsys, "--counts-in", path)
    assert code == WRONG_OPTIONS
    assert "--counts-in: expected a file that --counts-out wrote" in error


def test_a_dry_run_stops_after_the_account(small, tmp_path, capsys):
    code, said, _ = run(capsys, *small, "--dry-run", "--out", tmp_path / "page.html")
    assert code == 0
    assert "surveys: 200 rows read" in said
    assert "Assumed:" in said
    assert not (tmp_path / "page.html").exists()


# Wrong options, bad input


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "--surveys and --orders, or --counts-in, or --example, found none of them"),
        (["--surveys", "s.csv"], "found --surveys"),
        (["--example", "--surveys", "s.csv", "--orders", "o.csv"], "--orders and --example"),
        (["--example", "--scale", "ten"], "two whole scores such as 0-10, found 'ten'"),
        (["--example", "--windows", "90,soon"], "days such as 90,180,365, found '90,soon'"),
        (["--example", "--end", "31.12.2025"], "a day such as 2025-12-31, found '31.12.2025'"),
        (["--example", "--margin", "35"], "--margin: expected a share above 0 up to 1"),
        (["--example", "--margin", "much"], "invalid float value: 'much'"),
        (["--example", "--answer", "best"], "invalid choice: 'best'"),
        (["--example", "--map", "colour=x"], "--map: expected a role among"),
        (["--example", "--map", "no.toml"], "'no.toml': No such file or directory"),
        (["--example", "--out", "a.html", "--json", "a.html"], "--out: expected a file of its own"),
        (["--example", "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_wrong_options_end_with_two(options, told, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "CACHE", tmp_path / "cache")
    code, said, error = run(capsys, *options)
    assert (code, said) == (WRONG_OPTIONS, "")
    assert told in error
    assert not list(tmp_path.glob("*.html"))


def test_the_data_are_not_written_over(small, capsys):
    before = Path(small[1]).read_bytes()
    code, _, error = run(capsys, *small, "--out", small[1])
    assert code == WRONG_OPTIONS
    assert "--out: expected a file of its own, found 's.csv' twice" in error
    assert Path(small[1]).read_bytes() == before


def test_bad_input_ends_with_one_and_leaves_the_old_page_alone(small, tmp_path, capsys):
    out = tmp_path / "page.html"
    out.write_text("old")
    Path(small[3]).write_text("customer,ordered,amount\nK1,31/31/2024,ten\n")
    code, _, error = run(capsys, *small, "--out", out)
    assert code == BAD_INPUT
    assert error.startswith("o.csv")
    assert out.read_text() == "old"
    assert not list(tmp_path.glob(".page*"))


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    code, _, error = run(capsys, "--surveys", tmp_path / "s.csv", "--orders", tmp_path / "o.csv")
    assert code == BAD_INPUT
    assert "s.csv: expected a file, found none" in error
    assert "o.csv: expected a file, found none" in error


def test_a_folder_that_is_not_there_is_not_made(small, tmp_path, capsys):
    code, _, error = run(capsys, *small, "--out", tmp_path / "no" / "page.html")
    assert code == BAD_INPUT
    assert "No such file or directory" in error
    assert not (tmp_path / "no").exists()


# The mapping


def test_roles_are_read_from_pairs_and_files(tmp_path):
    path = tmp_path / "roles.toml"
    path.write_text('score = "How likely?"\n[surveys]\ndate = "answered"\n[orders]\ndate = "day"\n')
    assert read_map([str(path), "orders.date=ordered"]) == {
        "score": "How likely?",
        "surveys.date": "answered",
        "orders.date": "ordered",
    }


@pytest.mark.parametrize("text", ["score = 3\n", "score\n", "\udcff"])
def test_a_mapping_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "roles.toml"
    path.write_text(text, errors="surrogateescape")
    with pytest.raises(CompanyError, match="--map: expected ROLE=COLUMN, or a file"):
        read_map([str(path)])


# Files


def test_all_files_are_written_or_none(tmp_path):
    first, second = tmp_path / "a.html", tmp_path / "no" / "b.json"
    first.write_text("old")
    with pytest.raises(FileNotFoundError):
        write_whole({first: "new", second: "new"})
    assert first.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_a_folder_is_not_replaced_by_a_file(tmp_path):
    with pytest.raises(IsADirectoryError):
        write_whole({tmp_path: "text"})


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text):
    assert safe_cell(text) == f"'{text}"
    shown = csv_text([text, "n"], [[text, -3]])
    cells = pd.read_csv(io.StringIO(shown, newline=""), dtype=str)
    assert list(cells) == [f"'{text}", "n"]
    assert cells.iloc[0].tolist() == [f"'{text}", "-3"]


# The example


def test_the_example_is_the_table_of_the_book(tmp_path):
    surveys, orders = map(pd.read_csv, example.make_example(tmp_path / "cache"))
    olist = load("olist_orders")
    assert len(surveys) == len(orders) == len(olist)
    assert (100 * orders["amount"]).round().sum() == olist["payment_cents"].sum()
    assert surveys["score"].between(*example.SCALE).all()
    assert surveys["goods"].nunique() == 7
    assert "Olist" in example.ABOUT
