"""``python -m analysis your-company``: options in, account, counts, results, and a page out.

Exit codes for a pipeline: 0 all is well; 1 the data cannot be taken as they are; 2 the options are
wrong. Whatever the code, each file is written whole or left as it was.
"""

import argparse
import dataclasses
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tqdm import tqdm

from analysis.company import example
from analysis.company.count import Counts, count, count_sql, counts_json, read_counts
from analysis.company.files import write_whole
from analysis.company.options import CompanyError, Options, Problem, check_options
from analysis.company.page import Study, render_page
from analysis.company.read import prepare
from analysis.company.results import estimate
from analysis.report import ROOT

__all__ = ["BAD_INPUT", "WRONG_OPTIONS", "add_command", "make_study", "read_map", "run"]

BAD_INPUT, WRONG_OPTIONS = 1, 2
PAGE = Path("your_company.html")
CACHE = ROOT / ".cache" / "company"
HELP = "ask the book's question of your own surveys and orders"
END = """exit codes: 0 fine, 1 bad input, 2 wrong options.
Nothing about a person is written: no key, no name, no number of fewer than ten people."""


def add_command(commands: Any) -> None:
    """Add ``your-company`` to the commands."""
    parser = commands.add_parser("your-company", help=HELP, description=HELP, epilog=END)
    parser.set_defaults(command=run)
    source = parser.add_argument_group("where the data are")
    source.add_argument("--surveys", type=Path, metavar="FILE", help="answers: CSV, Excel, Parquet")
    source.add_argument("--orders", type=Path, metavar="FILE", help="orders: CSV, Excel, Parquet")
    source.add_argument("--counts-in", type=Path, metavar="FILE", help="counts instead of rows")
    source.add_argument("--example", action="store_true", help="the bundled orders of Olist")
    meaning = parser.add_argument_group("what the data mean, where they do not say")
    meaning.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="ROLE=COLUMN",
        help="column of a role (surveys.date=answered), or a .toml file of such lines",
    )
    meaning.add_argument("--scale", type=_scale, metavar="0-10", help="lowest and highest score")
    meaning.add_argument(
        "--reversed", action=argparse.BooleanOptionalAction, help="the lowest score is the best"
    )
    meaning.add_argument(
        "--day-first", action=argparse.BooleanOptionalAction, help="03/04 is the third of April"
    )
    meaning.add_argument("--decimal", choices=[".", ","], help="sign before the cents")
    meaning.add_argument(
        "--no-answer", type=_listed, default=(), metavar="A,B", help="cells that are no answer"
    )
    meaning.add_argument("--question", choices=["recommend", "other"], help="what the score asks")
    meaning.add_argument("--currency", default="", metavar="EUR", help="sign shown before money")
    choice = parser.add_argument_group("what to compute")
    choice.add_argument(
        "--answer", choices=["first", "last", "all"], default="first", help="of a customer (first)"
    )
    choice.add_argument("--end", type=_day, metavar="YYYY-MM-DD", help="last day of observation")
    choice.add_argument(
        "--windows", type=_days, default=(90, 180, 365), metavar="90,180,365", help="days watched"
    )
    choice.add_argument("--margin", type=float, metavar="0.35", help="profit per unit of revenue")
    choice.add_argument("--segment", metavar="COLUMN", help="column of the surveys to report by")
    choice.add_argument("--items", type=_listed, default=(), metavar="Q1,Q2", help="more questions")
    written = parser.add_argument_group("what to write")
    written.add_argument("--out", type=Path, metavar="FILE", help=f"the page ({PAGE})")
    written.add_argument("--json", type=Path, metavar="FILE", help="the numbers")
    written.add_argument("--counts-out", type=Path, metavar="FILE", help="counts to be shared")
    written.add_argument("--dry-run", action="store_true", help="stop after the account of rows")
    written.add_argument("--show-sql", action="store_true", help="print the query for a warehouse")


def read_map(pairs: Sequence[str]) -> dict[str, str]:
    """Return role to column from ``role=column`` and from files of such lines (TOML).

    Raises
    ------
    CompanyError
        If a pair or a file is none.

    Examples
    --------
    >>> read_map(["score=How likely?", "orders.date=day"])
    {'score': 'How likely?', 'orders.date': 'day'}
    """
    found: dict[str, str] = {}
    for pair in pairs:
        role, sign, column = pair.partition("=")
        found |= {role.strip(): column.strip()} if sign else _read_file(Path(pair))
    return found


def _read_file(path: Path) -> dict[str, str]:
    """Return the roles of a file; those under ``[surveys]`` or ``[orders]`` are of that file."""
    expected = 'ROLE=COLUMN, or a file with lines such as score = "column"'
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _wrong("--map", expected, f"{path.name!r}: {reason}") from None
    flat: dict[str, Any] = {}
    for role, column in held.items():
        flat |= (
            {f"{role}.{k}": v for k, v in column.items()}
            if isinstance(column, dict)
            else {role: column}
        )
    if odd := [role for role, column in flat.items() if not isinstance(column, str)]:
        raise _wrong("--map", expected, f"{odd[0]} that is no text in {path.name!r}")
    return flat


def _wrong(option: str, expected: str, found: str) -> CompanyError:
    return CompanyError([Problem(option, expected, ((None, found),))])


def _scale(text: str) -> tuple[int, int]:
    low, sign, high = text.rpartition("-")
    if not sign or not low or not high.isdecimal() or not low.removeprefix("-").isdecimal():
        raise argparse.ArgumentTypeError(f"expected two whole scores such as 0-10, found {text!r}")
    return int(low), int(high)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _days(text: str) -> tuple[int, ...]:
    parts = _listed(text)
    if not parts or not all(part.isdecimal() for part in parts):
        raise argparse.ArgumentTypeError(f"expected days such as 90,180,365, found {text!r}")
    return tuple(sorted({int(part) for part in parts}))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a day such as 2025-12-31, found {text!r}"
        ) from None


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code; what is wrong is told on stderr."""
    try:
        check_paths(arguments)
        options = read_options(arguments)
        if wrong := check_options(options):
            raise CompanyError(wrong)
    except CompanyError as error:
        print(error, file=sys.stderr)
        return WRONG_OPTIONS
    try:
        _answer(arguments, options)
    except CompanyError as error:
        print(error, file=sys.stderr)
        return WRONG_OPTIONS if _is_about_options(error) else BAD_INPUT
    except OSError as error:
        name = Path(error.filename).name if isinstance(error.filename, str) else "a file"
        print(f"{name}: expected a place to write to, found {error.strerror}", file=sys.stderr)
        return BAD_INPUT
    return 0


def check_paths(arguments: argparse.Namespace) -> None:
    """Refuse sources that contradict each other, and files that would be written over.

    Raises
    ------
    CompanyError
        With the option to blame.
    """
    files = arguments.surveys, arguments.orders
    given = [any(files), arguments.counts_in is not None, arguments.example]
    if sum(given) != 1 or (any(files) and not all(files)):
        expected = "--surveys and --orders, or --counts-in, or --example"
        names = ("surveys", "orders", "counts_in", "example")
        found = [f"--{n.replace('_', '-')}" for n in names if getattr(arguments, n)]
        raise _wrong("your-company", expected, " and ".join(found) or "none of them")
    written = [
        (option, path.resolve())
        for option, path in (
            ("--out", arguments.out),
            ("--json", arguments.json),
            ("--counts-out", arguments.counts_out),
        )
        if path is not None
    ]
    taken = [path.resolve() for path in (*files, arguments.counts_in) if path is not None]
    for option, path in written:
        if path in taken or [p for _, p in written].count(path) > 1:
            raise _wrong(option, "a file of its own", f"{path.name!r} twice")


def read_options(arguments: argparse.Namespace) -> Options:
    """Return the options that the modules know; those of the example are fixed.

    Raises
    ------
    CompanyError
        If the mapping cannot be read.
    """
    chosen = {
        "surveys": arguments.surveys,
        "orders": arguments.orders,
        "columns": read_map(arguments.map),
        "scale": arguments.scale,
        "reversed": arguments.reversed,
        "currency": arguments.currency,
        "segment": arguments.segment,
    }
    if arguments.example:
        surveys, orders = example.make_example(CACHE)
        chosen |= {"surveys": surveys, "orders": orders, "scale": example.SCALE}
        chosen |= {"reversed": False, "currency": example.CURRENCY, "segment": example.SEGMENT}
    return Options(
        **chosen,
        day_first=arguments.day_first,
        decimal=arguments.decimal,
        no_answer=arguments.no_answer,
        answer=arguments.answer,
        end=arguments.end,
        windows=arguments.windows,
        margin=arguments.margin,
        items=arguments.items,
        question=arguments.question,
    )


def _answer(arguments: argparse.Namespace, options: Options) -> None:
    """Do what was asked, from rows or from counts, and write all files at the end."""
    if arguments.show_sql:
        print(count_sql(options))
        return
    if options.items:
        print("--items: other questions are not compared yet; the page is without", file=sys.stderr)
    with tqdm(total=4, desc="Your company", unit="step", disable=None) as bar:
        if arguments.counts_in:
            counts = read_counts(arguments.counts_in)
        else:
            prepared = prepare(options)
            bar.update()
            bar.write(tell_account(prepared.account, prepared.assumed))
            if arguments.dry_run:
                return
            counts = count(prepared)
        bar.update()
        about = example.ABOUT if arguments.example else ""
        study = make_study(counts, margin=options.margin, about=about)
        bar.update()
        for warning in (r.note for r in study.results if r.name == "warning"):
            print(f"Warning: {warning}", file=sys.stderr)
        files = {}
        if arguments.out or not (arguments.json or arguments.counts_out):
            files[arguments.out or PAGE] = render_page(study)
        if arguments.json:
            files[arguments.json] = numbers_json(study)
        if arguments.counts_out:
            files[arguments.counts_out] = counts_json(counts)
        write_whole(files)
        bar.update()
        bar.write("\n".join(f"wrote {path.name}" for path in files))


def make_study(counts: Counts, *, margin: float | None = None, about: str = "") -> Study:
    """Return what the page tells, estimated from counts alone."""
    return Study(
        results=estimate(counts, margin=margin),
        account=counts.account,
        assumed=counts.assumed,
        scores=counts.scores,
        curve=counts.curve,
        scale=counts.scale,
        nps=counts.nps,
        end=counts.end,
        answer=counts.answer,
        currency=counts.currency,
        about=about,
    )


def tell_account(account: Mapping[str, Mapping[str, int]], assumed: Sequence[str]) -> str:
    """Return the account of rows and what was assumed, as lines of text."""
    lines = []
    for file, rows in account.items():
        lines += [f"{file}: {rows['read']:,} rows read" if "read" in rows else f"{file}:"]
        lines += [
            f"  {n:>12,}  {name.replace('_', ' ')}" for name, n in rows.items() if name != "read"
        ]
    return "\n".join([*lines, "Assumed:", *(f"  {line}" for line in assumed)])


def numbers_json(study: Study) -> str:
    """Return the account, what was assumed and the results as JSON."""
    told = {
        "account": study.account,
        "assumed": list(study.assumed),
        "scale": list(study.scale),
        "end": study.end.isoformat(),
        "results": [dataclasses.asdict(result) for result in study.results],
    }
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _is_about_options(error: CompanyError) -> bool:
    return all(problem.place.startswith("--") for problem in error.problems)
