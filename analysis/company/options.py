"""Options of an analyst, and the one error that lists everything wrong with the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from analysis.data import DataError

__all__ = ["EXAMPLES", "ROLES", "CompanyError", "Options", "Problem", "check_options", "map_roles"]

EXAMPLES = 20  # of a kind of problem that are shown
LONGEST = 60  # signs of a cell that are shown
# What a column may be in each file: those that must be there, then those that may.
ROLES = {
    "surveys": (("customer", "date", "score"), ("segment",)),
    "orders": (("customer", "date", "amount"), ("order", "status")),
}


@dataclass(frozen=True)
class Options:
    """What the analyst settles; whatever is left out is read from the data, or asked about.

    Attributes
    ----------
    surveys, orders : path or frame
        CSV, Excel, Parquet, a folder of Parquet, or any frame narwhals takes.
    columns : mapping
        Role to column, such as ``{"score": "q1"}``; ``surveys.date`` names the role of one file.
    scale : tuple of int, optional
        Lowest and highest score of the question.
    reversed : bool, optional
        Whether the lowest score is the best.
    day_first : bool, optional
        Whether 03/04/2025 is the third of April.
    decimal : str, optional
        ``"."`` or ``","``: the sign before the cents.
    no_answer : tuple of str
        Cells that are no answer, besides those known to be (see ``guess.NO_ANSWER``).
    answer : str
        Which answer of a customer counts: ``"first"``, ``"last"`` or ``"all"``.
    end : date, optional
        Last day of observation.
    windows : tuple of int
        Days watched after an answer.
    margin : float, optional
        Profit per unit of revenue, above 0 up to 1.
    segment : str, optional
        Column of the survey to report by.
    items : tuple of str
        Columns of the survey with further questions.
    question : str, optional
        ``"recommend"`` or ``"other"``; only a recommend question of 0 to 10 has an NPS.
    currency : str
        Sign shown before money.
    """

    surveys: Any
    orders: Any
    columns: Mapping[str, str] = field(default_factory=dict)
    scale: tuple[int, int] | None = None
    reversed: bool | None = None
    day_first: bool | None = None
    decimal: str | None = None
    no_answer: tuple[str, ...] = ()
    answer: str = "first"
    end: date | None = None
    windows: tuple[int, ...] = (90, 180, 365)
    margin: float | None = None
    segment: str | None = None
    items: tuple[str, ...] = ()
    question: str | None = None
    currency: str = ""


@dataclass(frozen=True)
class Problem:
    """One kind of thing that is wrong in one place, with some rows that show it.

    Attributes
    ----------
    place : str
        The file or the option.
    expected : str
        What would have been right, and the option that settles it, if there is one.
    examples : tuple of (int or None, str)
        Row, as the file counts it, and what was found there.
    column : str, optional
        Name of the column in the file.
    total : int
        Rows like it, shown or not.
    """

    place: str
    expected: str
    examples: tuple[tuple[int | None, str], ...]
    column: str | None = None
    total: int = 1

    def lines(self) -> list[str]:
        """Return one sentence per example, and one for those not shown."""
        column = "" if self.column is None else f", column {self.column}"
        said = [
            f"{self.place}{'' if row is None else f', row {row}'}{column}: "
            f"expected {self.expected}, found {found}"
            for row, found in self.examples[:EXAMPLES]
        ]
        if (more := self.total - len(said)) > 0:
            said.append(f"{self.place}{column}: and {more} more like these")
        return said


class CompanyError(DataError):
    """The data of a company cannot be taken as they are; the message lists everything wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take the problems in the order in which they shall be told."""
        self.problems = tuple(problems)
        super().__init__("\n".join(line for problem in problems for line in problem.lines()))


def shown(cell: object) -> str:
    """Return a cell as a message shows it: quoted, on one line, and not too long."""
    text = str(cell)
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")


def check_options(options: Options) -> list[Problem]:
    """Return what is wrong with the options themselves."""
    low, high = options.scale or (0, 1)
    margin = options.margin
    rules = [
        (
            "--scale",
            _whole(low) and _whole(high) and low < high and high - low <= 1000,
            "the lowest and the highest whole score, such as 1-5",
            options.scale,
        ),
        ("--decimal", options.decimal in (None, ".", ","), "'.' or ','", options.decimal),
        (
            "--answer",
            options.answer in ("first", "last", "all"),
            "first, last or all",
            options.answer,
        ),
        (
            "--windows",
            bool(options.windows) and all(_whole(days) and days > 0 for days in options.windows),
            "whole numbers of days above 0",
            options.windows,
        ),
        (
            "--margin",
            margin is None or (isinstance(margin, float | int) and 0 < margin <= 1),
            "a share above 0 up to 1, such as 0.35",
            margin,
        ),
        (
            "--question",
            options.question in (None, "recommend", "other"),
            "recommend or other",
            options.question,
        ),
        (
            "--end",
            options.end is None or isinstance(options.end, date),
            "a date such as 2025-12-31",
            options.end,
        ),
    ]
    wrong = [
        Problem(name, rule, ((None, shown(found)),)) for name, ok, rule, found in rules if not ok
    ]
    known = {role for roles in ROLES.values() for part in roles for role in part}
    known |= {f"{file}.{role}" for file, roles in ROLES.items() for part in roles for role in part}
    odd = [role for role in options.columns if role not in known]
    wrong += [
        Problem("--map", f"a role among {', '.join(sorted(known))}", ((None, shown(role)),))
        for role in odd
    ]
    wrong += [
        Problem(f"--{file}", "a file", ((None, "none"),))
        for file in ROLES
        if isinstance(getattr(options, file), Path | str) and not Path(getattr(options, file)).name
    ]
    return wrong


def map_roles(options: Options, file: str) -> dict[str, str]:
    """Return role to column as the analyst named them for one file.

    A role without a file is for both files if both have it; ``file.role`` goes before it.
    """
    roles = [role for part in ROLES[file] for role in part]
    named = {role: options.columns[role] for role in roles if role in options.columns}
    if file == "surveys" and options.segment is not None:
        named["segment"] = options.segment
    own = {role: options.columns.get(f"{file}.{role}") for role in roles}
    return named | {role: column for role, column in own.items() if column is not None}


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
