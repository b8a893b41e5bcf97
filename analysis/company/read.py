"""Read answers and orders, type each row and account for it; nothing is repaired unseen.

The two canonical tables that :func:`prepare` leaves in its connection:

``surveys``
    ``customer``, ``starts`` (the first day after the answer), ``answered``, ``score``, ``segment``.
``orders``
    ``customer``, ``ordered``, ``cents``; two orders of a customer on one day are two rows.
"""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import pandas as pd

from analysis.company.guess import Scores, find_fates, find_roles, find_scores
from analysis.company.options import (
    EXAMPLES,
    CompanyError,
    Options,
    Problem,
    check_options,
    shown,
)
from analysis.company.source import Source, open_source
from analysis.company.typed import Column, cell, find_amounts, find_customers, find_dates, quoted
from analysis.customers import last_dense_day

__all__ = ["ORDER_ROWS", "SURVEY_ROWS", "Prepared", "prepare"]

# The names of an account, in the order in which they are told; ``read`` is the sum of the others.
SURVEY_ROWS = (
    "read", "repeated", "no_customer", "out_of_range", "no_answer", "unknown_date",
    "second_answers", "after_end", "used",
)  # fmt: skip
ORDER_ROWS = (
    "read", "repeated", "refunded", "cancelled", "no_customer", "no_amount", "unknown_date",
    "after_end", "used",
)  # fmt: skip
CLOCK = (
    "an answer explains the orders from the next day on, as times of day are not compared; "
    "earlier orders are history"
)


@dataclass(frozen=True)
class Prepared:
    """Two clean tables in a connection, and everything that was done to get there.

    Attributes
    ----------
    connection : DuckDBPyConnection
        Holds ``surveys`` and ``orders``.
    account : dict
        For ``surveys`` and ``orders``: name to number of rows; ``read`` is the sum of the others.
    assumed : list of str
        What was not told but read from the data.
    scale : tuple of int
        Lowest and highest score; the highest is the best, also where the question had it reversed.
    nps : bool
        Whether the question is one of recommending, from 0 to 10.
    end : date
        Last day of observation.
    options : Options
        As given.
    """

    connection: duckdb.DuckDBPyConnection
    account: dict[str, dict[str, int]]
    assumed: list[str]
    scale: tuple[int, int]
    nps: bool
    end: date
    options: Options


def prepare(options: Options, connection: duckdb.DuckDBPyConnection | None = None) -> Prepared:
    """Return the canonical tables of a company, with the account of all rows read.

    Parameters
    ----------
    options : Options
        Where the data are, and what the analyst settles.
    connection : DuckDBPyConnection, optional
        To set limits of memory or threads; a new one in memory if left out.

    Raises
    ------
    CompanyError
        With everything that is wrong, or can be read in several ways, in both files.
    """
    if wrong := check_options(options):
        raise CompanyError(wrong)
    if connection is None:
        connection = duckdb.connect()
        connection.execute(f"SET temp_directory = {quoted([tempfile.gettempdir()])}")
    connection.execute("SET TimeZone = 'UTC'")
    sources, wrong = _open_both(connection, options)
    assumed = [line for source in sources.values() for line in source.assumed]
    scores = None
    for file, source in sources.items():
        others = [name for o in sources.values() if o is not source for name in o.columns]
        roles, odd = find_roles(source, options, file, others)
        assumed += [f"{source.file}: {role} is column {name}" for role, name in roles.items()]
        wrong += odd
        if file == "surveys":
            scores, said, odd = _type_surveys(connection, source, roles, options)
        else:
            said, odd = _type_orders(connection, source, roles, options)
        assumed += said
        wrong += odd
    if wrong or scores is None:
        raise CompanyError(wrong)
    end, said = _find_end(connection, sources["orders"].file, options)
    account = {
        "surveys": _keep_surveys(connection, end, options.answer),
        "orders": _keep_orders(connection, end),
    }
    _forget(connection)
    if many := account["surveys"]["second_answers"]:
        which = f"the {options.answer} answer of a customer counts, of one day the lowest"
        assumed.append(f"{sources['surveys'].file}: {which}; {many} others do not")
    assumed += [said, CLOCK, *_compare(connection, sources, account)]
    return Prepared(connection, account, assumed, scores.scale, scores.nps, end, options)


def _open_both(
    connection: duckdb.DuckDBPyConnection, options: Options
) -> tuple[dict[str, Source], list[Problem]]:
    sources, wrong = {}, []
    for table, origin in (("surveys", options.surveys), ("orders", options.orders)):
        try:
            sources[table] = open_source(connection, origin, table)
        except CompanyError as error:
            wrong += error.problems
    return sources, wrong


def _texts(connection: duckdb.DuckDBPyConnection, source: Source, sql: str) -> dict[str, Any]:
    """Return each different text, with its number of rows and the first of them."""
    query = f"SELECT {sql} AS t, count(*), min(row) FROM {source.table} GROUP BY t ORDER BY t"
    rows = connection.execute(query).fetchall()
    return {text: (many, first) for text, many, first in rows if text is not None}


def _type_surveys(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    roles: Mapping[str, str],
    options: Options,
) -> tuple[Scores | None, list[str], list[Problem]]:
    """Make ``typed_surveys``: a row per row of the file, typed, with why it is set aside."""
    scores, wrong, found, assumed = None, [], {}, []
    if "customer" in roles:
        found["customer"] = find_customers(source, roles["customer"])
    if "date" in roles:
        found["answered"] = find_dates(connection, source, roles["date"], options)
    if "score" in roles:
        text = f"trim(CAST({source.columns[roles['score']]} AS VARCHAR))"
        texts = _texts(connection, source, text)
        scores, wrong = find_scores(texts, options, source.file, roles["score"])
    assumed = [line for column in found.values() for line in column.assumed]
    wrong = [p for column in found.values() for p in column.wrong] + wrong
    if scores is None or wrong or len(found) < 2:
        return None, assumed, wrong
    segment = cell(source, roles["segment"]) if "segment" in roles else "CAST(NULL AS VARCHAR)"
    meant = [(t, n, None) for t, n in scores.known.items()]
    meant += [(t, None, "no_answer") for t in scores.no_answer]
    meant += [(t, None, "out_of_range") for t in scores.outside]
    _keep_map(connection, "meant", meant, "score INTEGER, reason VARCHAR")
    _mark_repeated(connection, source, None)
    connection.execute(
        f"CREATE OR REPLACE TABLE typed_surveys AS SELECT s.row, {found['customer'].sql} AS "
        f"customer, {found['answered'].sql} AS answered, m.score, {segment} AS segment, "
        f"CASE WHEN {_repeated(source)} THEN 'repeated' "
        f"WHEN {found['customer'].sql} IS NULL THEN 'no_customer' "
        "WHEN m.score IS NULL THEN coalesce(m.reason, 'no_answer') "
        f"WHEN {found['answered'].sql} IS NULL THEN 'unknown_date' END AS reason "
        f"FROM {source.table} AS s LEFT JOIN meant AS m ON {text} = m.text "
        f"{found['answered'].join}"
    )
    return scores, assumed + scores.assumed, []


def _type_orders(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    roles: Mapping[str, str],
    options: Options,
) -> tuple[list[str], list[Problem]]:
    """Make ``typed_orders``: a row per row of the file, typed, with why it is set aside."""
    found: dict[str, Column] = {}
    if "customer" in roles:
        found["customer"] = find_customers(source, roles["customer"])
    if "date" in roles:
        found["ordered"] = find_dates(connection, source, roles["date"], options)
    if "amount" in roles:
        found["cents"] = find_amounts(connection, source, roles["amount"], options)
    assumed = [line for column in found.values() for line in column.assumed]
    wrong = [p for column in found.values() for p in column.wrong]
    fates: dict[str, str] = {}
    status = "CAST(NULL AS VARCHAR)"
    if "status" in roles:
        status = cell(source, roles["status"])
        kinds = {text: many for text, (many, _) in _texts(connection, source, status).items()}
        fates, said, odd = find_fates(kinds, source.file, roles["status"])
        assumed += said
        wrong += odd
    if wrong or len(found) < 3:
        return assumed, wrong
    _keep_map(connection, "fates", [(t, fate) for t, fate in fates.items()], "fate VARCHAR")
    order = cell(source, roles["order"]) if "order" in roles else None
    refund = f"coalesce({found['cents'].sql} < 0, false)"
    joins = " ".join(column.join for column in found.values())
    key = order and f"CASE WHEN {order} IS NOT NULL THEN hash({order}, {refund}) END"
    _mark_repeated(connection, source, key, fate=status, joins=joins)
    customer, ordered, cents = (found[name].sql for name in ("customer", "ordered", "cents"))
    connection.execute(
        f"CREATE OR REPLACE TABLE typed_orders AS SELECT s.row, {order or 'NULL'} AS id, "
        f"{customer} AS customer, {ordered} AS ordered, {cents} AS cents, "
        f"CASE WHEN {_repeated(source)} THEN 'repeated' "
        f"WHEN {refund} OR f.fate = 'refunded' THEN 'refunded' "
        f"WHEN f.fate = 'cancelled' THEN 'cancelled' "
        f"WHEN {customer} IS NULL THEN 'no_customer' WHEN {cents} IS NULL THEN 'no_amount' "
        f"WHEN {ordered} IS NULL THEN 'unknown_date' END AS reason "
        f"FROM {source.table} AS s LEFT JOIN fates AS f ON {status} = f.text {joins}"
    )
    return assumed, _unlike(connection, source, roles["order"]) if order else []


def _keep_map(
    connection: duckdb.DuckDBPyConnection, name: str, rows: list[tuple[Any, ...]], columns: str
) -> None:
    connection.execute(f"CREATE OR REPLACE TABLE {name} (text VARCHAR, {columns})")
    for row in rows:
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {name} VALUES ({marks})", row)


def _mark_repeated(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    key: str | None,
    fate: str | None = None,
    joins: str = "",
) -> None:
    """Make a table of the rows that repeat another: all cells the same, or the same order twice.

    Of the rows of one order one that was refunded or cancelled stays, else the first. Only the keys
    of rows that may be repeated are sorted, so that a large file without any costs one pass.
    """
    whole = f"hash({', '.join(source.columns.values())})"
    key = whole if key is None else f"coalesce({key}, {whole})"
    fates = "" if fate is None else f"LEFT JOIN fates AS f ON {fate} = f.text"
    connection.execute(
        f"CREATE OR REPLACE TABLE {source.table}_repeated AS "
        f"WITH keyed AS (SELECT s.row, {key} AS k, {'f.fate IS NULL' if fates else 'true'} AS fine "
        f"FROM {source.table} AS s {fates} {joins}), "
        "twice AS (SELECT k FROM keyed GROUP BY k HAVING count(*) > 1) "
        "SELECT row FROM keyed SEMI JOIN twice USING (k) "
        "QUALIFY row_number() OVER (PARTITION BY k ORDER BY fine, row) > 1"
    )


def _repeated(source: Source) -> str:
    return f"s.row IN (SELECT row FROM {source.table}_repeated)"


def _unlike(connection: duckdb.DuckDBPyConnection, source: Source, column: str) -> list[Problem]:
    """Return the orders that stand twice and not alike: lines of one order, perhaps."""
    connection.execute(
        "CREATE OR REPLACE TABLE unlike AS SELECT id, max(row) AS row FROM typed_orders "
        "WHERE coalesce(cents >= 0, true) AND id IN "
        "(SELECT id FROM typed_orders WHERE reason = 'repeated') "
        "GROUP BY id HAVING count(DISTINCT hash(customer, ordered, cents)) > 1"
    )
    query = f"SELECT row, id FROM unlike ORDER BY row LIMIT {EXAMPLES}"
    found = tuple(
        (row, f"{shown(order)} again") for row, order in connection.execute(query).fetchall()
    )
    (many,) = connection.execute("SELECT count(*) FROM unlike").fetchall()[0]
    rule = "rows of one order to have one customer, day and amount; add up the lines of an order"
    return [Problem(source.file, rule, found, column, many)] if many else []


def _find_end(
    connection: duckdb.DuckDBPyConnection, file: str, options: Options
) -> tuple[date, str]:
    """Return the last day of observation, told or the last of dense data, and a sentence on it."""
    daily = connection.execute(
        "SELECT ordered, count(*) FROM typed_orders WHERE reason IS NULL GROUP BY 1 ORDER BY 1"
    ).fetchall()
    if not daily:
        reasons = connection.execute(
            "SELECT reason, count(*) FROM typed_orders GROUP BY reason ORDER BY reason"
        ).fetchall()
        found = "none: " + ", ".join(f"{many} {reason}" for reason, many in reasons)
        raise CompanyError([Problem(file, "orders to count", ((None, found),))])
    first, last = daily[0][0], daily[-1][0]
    if options.end is None:
        days = pd.to_datetime([day for day, _ in daily])
        counts = pd.Series([many for _, many in daily], index=days)
        end = last_dense_day(counts, closed=_closed(counts)).date()
        late = "" if end == last else f", though a few orders come until {last}"
        return end, f"{file}: observation ends on {end}, the last day of dense data{late}"
    end = date(options.end.year, options.end.month, options.end.day)
    if not first <= end <= last:
        rule = f"a day from {first} to {last}, between the first order and the last"
        raise CompanyError([Problem("--end", rule, ((None, str(end)),))])
    return end, f"{file}: observation ends on {end}, as told; the last order is of {last}"


def _closed(daily: pd.Series) -> int:
    """Return the days on end without orders that do not end observation.

    Two weeks; in a small shop as many as chance leaves empty once in a thousand such books, were
    its orders spread evenly (a gap after each order, exponential).
    """
    orders = int(daily.sum())
    rate = orders / ((daily.index[-1] - daily.index[0]).days + 1)
    return max(14, math.ceil(math.log(1000 * orders) / rate))


def _keep_surveys(connection: duckdb.DuckDBPyConnection, end: date, answer: str) -> dict[str, int]:
    """Make ``surveys`` from the rows that can be used, and return the account of all.

    Of several answers of one customer on one day the lowest counts, in whatever order they stand.
    """
    turn = "DESC" if answer == "last" else "ASC"
    order = f"answered {turn}, score, segment, row"
    one = f"QUALIFY row_number() OVER (PARTITION BY customer ORDER BY {order}) = 1"
    connection.execute(
        "CREATE OR REPLACE TABLE surveys AS "
        "SELECT customer, answered + 1 AS starts, answered, score, segment FROM typed_surveys "
        f"WHERE reason IS NULL AND answered <= DATE '{end}' {'' if answer == 'all' else one}"
    )
    return _account(connection, "surveys", SURVEY_ROWS, f"answered > DATE '{end}'")


def _keep_orders(connection: duckdb.DuckDBPyConnection, end: date) -> dict[str, int]:
    """Make ``orders`` from the rows that can be used, and return the account of all."""
    connection.execute(
        "CREATE OR REPLACE TABLE orders AS SELECT customer, ordered, cents FROM typed_orders "
        f"WHERE reason IS NULL AND ordered <= DATE '{end}'"
    )
    return _account(connection, "orders", ORDER_ROWS, f"ordered > DATE '{end}'")


def _account(
    connection: duckdb.DuckDBPyConnection, table: str, names: tuple[str, ...], late: str
) -> dict[str, int]:
    """Return how many rows were read, set aside for each reason, and used."""
    query = (
        f"SELECT coalesce(reason, CASE WHEN {late} THEN 'after_end' ELSE 'fine' END) AS why, "
        f"count(*) FROM typed_{table} GROUP BY why"
    )
    counted = dict(connection.execute(query).fetchall())
    (used,) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0]
    counted |= {"read": sum(counted.values()), "used": used}
    if "second_answers" in names:
        counted["second_answers"] = counted.get("fine", 0) - used
    connection.execute(f"DROP TABLE typed_{table}")
    return {name: counted.get(name, 0) for name in names}


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the rows as they came; what else they hold of a person goes with them."""
    for kind in ("view", "table"):
        names = (
            f"SELECT {kind}_name FROM duckdb_{kind}s() WHERE starts_with({kind}_name, 'source_')"
        )
        for (name,) in connection.execute(names).fetchall():
            connection.execute(f"DROP {kind} {name}")


def _compare(
    connection: duckdb.DuckDBPyConnection,
    sources: Mapping[str, Source],
    account: Mapping[str, Mapping[str, int]],
) -> list[str]:
    """Say how many of those who answered never ordered; refuse files that share no customer."""
    surveys, orders = sources["surveys"].file, sources["orders"].file
    if not account["surveys"]["used"]:
        rows = account["surveys"].items()
        found = "none: " + ", ".join(f"{many} {name}" for name, many in rows if many)
        raise CompanyError([Problem(surveys, "answers to count", ((None, found),))])
    answered, without = connection.execute(
        "SELECT count(*), count(*) FILTER (customer NOT IN (SELECT customer FROM orders)) "
        "FROM (SELECT DISTINCT customer FROM surveys)"
    ).fetchall()[0]
    if answered == without:
        one, other = (
            connection.execute(f"SELECT coalesce(min(customer), '') FROM {table}").fetchall()[0][0]
            for table in ("surveys", "orders")
        )
        rule = f"customers named as in {orders}, such as {shown(other)}"
        found = f"none of {answered} in common, such as {shown(one)}"
        raise CompanyError([Problem(surveys, rule, ((None, found),))])
    if not without:
        return []
    return [
        f"{surveys}: {without} of {answered} customers who answered have no order up to the end in "
        f"{orders}; they count as not coming back"
    ]
