"""The commands of ``python -m analysis``: report, run, claims, readme and your-company."""

import argparse
import codecs
import io
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis.claims import load_claims
from analysis.company.command import add_command
from analysis.data import DataError
from analysis.readme import update_readme
from analysis.report import (
    NOTEBOOKS,
    ROOT,
    Chapters,
    Record,
    ReportError,
    build_report,
    collect_verdicts,
    find_chapters,
    read_chapters,
    store_chapters,
    verdicts_csv,
    verdicts_json,
)

PLAIN = "plain signs"
SIGNS = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{RIGHTWARDS ARROW}": ">",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}


def replace_signs(error: UnicodeError) -> tuple[str, int]:
    """Return what a console can show in place of signs that it lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign, "?") for sign in lacking), error.end


codecs.register_error(PLAIN, replace_signs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or another after a message on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console without a sign shows another
            stream.reconfigure(errors=PLAIN)
    options = read_arguments(arguments)
    try:
        return options.command(options) or 0
    except (ReportError, DataError) as error:
        print(error, file=sys.stderr)
        return 1


def read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the command to run and its options."""
    parser = argparse.ArgumentParser(prog="python -m analysis")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--notebooks", type=Path, default=NOTEBOOKS, help=argparse.SUPPRESS)
    workers = argparse.ArgumentParser(add_help=False)
    workers.add_argument("--workers", type=int, default=2, help="chapters run at a time (2)")

    report = commands.add_parser("report", parents=[shared, workers], help="build the HTML report")
    report.add_argument("--out", type=Path, default=ROOT / "reports", help="folder (reports/)")
    report.add_argument("--stored", action="store_true", help="do not run the chapters first")
    report.set_defaults(command=report_command)

    run = commands.add_parser("run", parents=[shared, workers], help="run chapters, store outputs")
    run.add_argument("names", nargs="*", metavar="NAME", help="chapter, such as 02 (all)")
    run.set_defaults(command=run_command)

    claims = commands.add_parser("claims", parents=[shared], help="print claims and verdicts")
    claims.add_argument("--format", choices=["table", "json", "csv"], default="table")
    claims.set_defaults(command=claims_command)

    readme = commands.add_parser("readme", parents=[shared], help="update the summary of README.md")
    readme.add_argument("--file", type=Path, default=ROOT / "README.md", help=argparse.SUPPRESS)
    readme.set_defaults(command=readme_command)
    add_command(commands)
    return parser.parse_args(arguments)


def report_command(options: argparse.Namespace) -> None:
    """Build the report; on failure say that the old one was left alone."""
    try:
        build_report(
            options.out,
            notebooks=options.notebooks,
            stored=options.stored,
            workers=options.workers,
        )
    except ReportError as error:
        raise ReportError(f"{error}\n{options.out.name}/ is as it was.") from None
    print(f"Open {options.out.name}/index.html")


def run_command(options: argparse.Namespace) -> None:
    """Run the named chapters (all without a name) and store what they print."""
    paths = find_chapters(options.notebooks)
    for name in options.names:
        if not any(path.name.startswith(Path(name).name) for path in paths):
            known = ", ".join(path.stem for path in paths)
            raise ReportError(f"expected a chapter of {known}, found {name!r}")
    names = tuple(Path(name).name for name in options.names) or ("",)
    changed = store_chapters(
        [path for path in paths if path.name.startswith(names)], workers=options.workers
    )
    print("\n".join(f"stored {path.name}" for path in changed) or "nothing changed")


def claims_command(options: argparse.Namespace) -> None:
    """Print the register with the verdicts that the stored chapters hold."""
    _, records = read_book(options.notebooks)
    if options.format == "json":
        print(verdicts_json(records), end="")
    elif options.format == "csv":
        print(verdicts_csv(records), end="")
    else:
        for record in records:
            print(f"{record['claim_id']}  {record['verdict']:<14}  {record['statement']}")


def readme_command(options: argparse.Namespace) -> None:
    """Write the computed summary of README.md anew."""
    changed = update_readme(options.file, *read_book(options.notebooks))
    print(f"{options.file.name}: {'updated' if changed else 'nothing changed'}")


def read_book(notebooks: Path) -> tuple[Chapters, list[Record]]:
    """Return the stored chapters and the verdicts in them."""
    chapters = read_chapters(sorted(notebooks.glob("[0-9][0-9]_*.ipynb")))
    return chapters, collect_verdicts(chapters, load_claims())


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):  # `... claims | head` ends quietly
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
