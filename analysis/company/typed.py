"""Text to dates, cents and names: expressions of SQL, and passes that find how a file writes them.

A cell that can be read in two ways is read in the one way that all cells of its column allow. If
several ways allow all, or none does, the option that settles it is asked for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import duckdb

from analysis.company.guess import GUESTS, NOTHING, name_parts
from analysis.company.options import EXAMPLES, Options, Problem, shown
from analysis.company.source import Source

__all__ = ["Column", "find_amounts", "find_customers", "find_dates", "quoted"]

FIRST, LAST = "1980-01-01", "2099-12-31"
MOST = 10**12  # of an amount
TIME = (
    r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?"
)
ISO = rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){TIME}$"
PARTS = rf"^(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}}){TIME}$"
CENTS = frozenset({"cent", "cents", "centavos", "centimos"})
MONEY = r"[A-Z]{3}|[A-Z]{0,3}[$€£¥]|zł|kr\.?|Fr\.?"
AMOUNT = rf"^\(?([-+]?) ?(?:{MONEY})? ?([-+]?) ?(\d[\d., ']*|[.,]\d+)(?: ?(?:{MONEY}))? ?-?\)?$"
POINT = r"(?:\d+|[1-9]\d{0,2}(?:[, ']\d{3})+)(?:\.\d+)?|\.\d+"
COMMA = r"(?:\d+|[1-9]\d{0,2}(?:[. ']\d{3})+)(?:,\d+)?|,\d+"


@dataclass(frozen=True)
class Column:
    """A column of the canonical table: the SQL of its value, and what was found out about it.

    ``join`` is what must be joined to the table for ``sql`` to hold; nothing for cells with a type.
    """

    sql: str
    assumed: list[str]
    wrong: list[Problem]
    join: str = ""


def quoted(texts: Iterable[object]) -> str:
    """Return texts as a list of SQL."""
    return ", ".join("'" + str(text).replace("'", "''") + "'" for text in texts)


def cell(source: Source, column: str) -> str:
    """Return the SQL of a cell as text, without blanks around it; NULL where it says nothing."""
    if is_whole(source, column):
        return f"CAST({source.columns[column]} AS VARCHAR)"
    text = f"trim(CAST({source.columns[column]} AS VARCHAR), ' \t\r\n\u00a0')"
    longest = max(map(len, NOTHING))
    says = f"length({text}) > {longest} OR lower({text}) NOT IN ({quoted(NOTHING)})"
    return f"(CASE WHEN {says} THEN {text} END)"


def is_whole(source: Source, column: str) -> bool:
    """Return whether a column holds whole numbers, by its type."""
    return source.types[column].endswith(("INT", "INTEGER"))


def _keep_texts(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, text: str
) -> str:
    """Make a table of the different texts of a column: ``t``, ``many`` rows, the first ``row``."""
    table = f"{source.table}_{source.columns[column]}"
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS "
        f"SELECT {text} AS t, count(*) AS many, min(row) AS row FROM {source.table} GROUP BY t"
    )
    return table


def _keep_values(connection: duckdb.DuckDBPyConnection, table: str, text: str, value: str) -> str:
    """Add the value of each text to their table, and return what joins it to the rows."""
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT *, {value} AS value FROM {table}"
    )
    return f"LEFT JOIN {table} ON {text} = {table}.t"


def find_customers(source: Source, column: str) -> Column:
    """Return the customer as text: a whole number without decimals, NULL for guests."""
    name, text = source.columns[column], cell(source, column)
    if is_whole(source, column):
        return Column(text, [], [])
    if source.types[column] in ("DOUBLE", "FLOAT"):
        whole = f"isfinite({name}) AND {name} = trunc({name}) AND abs({name}) < 9e15"
        text = f"(CASE WHEN {whole} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) "
        text += f"WHEN NOT isnan({name}) THEN CAST({name} AS VARCHAR) END)"
    guest = f"strip_accents(lower({text})) IN ({quoted(GUESTS)})"
    return Column(f"(CASE WHEN NOT {guest} THEN {text} END)", [], [])


def examples(
    connection: duckdb.DuckDBPyConnection, source: Source, text: str, where: str
) -> tuple[tuple[int | None, str], ...]:
    """Return the first rows for which something holds, each with what stands there."""
    query = f"SELECT row, {text} FROM {source.table} WHERE {where} ORDER BY row LIMIT {EXAMPLES}"
    return tuple((row, shown(found)) for row, found in connection.execute(query).fetchall())


def find_dates(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, options: Options
) -> Column:
    """Return the date of a cell; a time of day goes, and so does a time zone, as it is written."""
    if source.types[column].startswith(("DATE", "TIMESTAMP")):
        sql = f"CAST({source.columns[column]} AS DATE)"
        where, rule = f"{sql} IS NOT NULL AND {_odd_date(sql)}", f"a date from {FIRST} to {LAST}"
        return Column(sql, [], _problem(connection, source, column, sql, where, rule))
    text = cell(source, column)
    timed = f"substr({text}, 11, 1) IN ('T', ' ') AND substr({text}, 14, 1) = ':'"
    text = f"(CASE WHEN {timed} THEN left({text}, 10) ELSE {text} END)"
    table = _keep_texts(connection, source, column, text)
    apart = r"regexp_replace(t, '^(\d{4})(\d{2})(\d{2})\b', '\1-\2-\3')"
    year, month, day = (f"regexp_extract({apart}, '{ISO}', {place})" for place in (1, 2, 3))
    part = [f"regexp_extract(t, '{PARTS}', {place})" for place in (1, 2, 3)]
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT t, many, row, "
        f"TRY_CAST(concat_ws('-', {year}, {month}, {day}) AS DATE) AS y, "
        f"TRY_CAST(concat_ws('-', {part[2]}, {part[1]}, {part[0]}) AS DATE) AS d, "
        f"TRY_CAST(concat_ws('-', {part[2]}, {part[0]}, {part[1]}) AS DATE) AS m FROM {table}"
    )
    cases = ("d IS NOT NULL AND m IS NULL", "m IS NOT NULL AND d IS NULL", "d <> m")
    (days, months, either), told = _evidence(connection, table, cases), options.day_first
    wrong = _unsettled(
        source,
        column,
        (days, months, either),
        told,
        "one form of dates, day first or month first; say --day-first or --month-first",
        "a day above 12 that tells day from month; say --day-first or --month-first",
    )
    first = told if told is not None else days[0] > 0
    assumed = []
    if (days[0] or months[0] or either[0]) and not wrong:
        why = "as told" if told is not None else f"as in row {(days if first else months)[1]}"
        order = "day" if first else "month"
        assumed.append(f"{source.file}, column {column}: {order} first, {why}")
    value = "coalesce(y, d, m)" if wrong else f"coalesce(y, {'d' if first else 'm'})"
    join = _keep_values(connection, table, text, value)
    bad = f"t IS NOT NULL AND {_odd_date('value')}"
    rule = f"a date from {FIRST} to {LAST}"
    wrong += _problem_texts(connection, source, column, text, f"FROM {table} WHERE {bad}", rule)
    return Column(f"{table}.value", assumed, wrong, join)


Evidence = tuple[int, int, str]  # rows for which something holds, the first, and its cell


def _evidence(
    connection: duckdb.DuckDBPyConnection, table: str, cases: Sequence[str]
) -> list[Evidence]:
    """Return the evidence for each case among the different texts of a column."""
    parts = ", ".join(
        f"coalesce(sum(many) FILTER ({case}), 0), min(row) FILTER ({case}), "
        f"arg_min(t, row) FILTER ({case})"
        for case in cases
    )
    found = connection.execute(f"SELECT {parts} FROM {table}").fetchall()[0]
    return [found[place : place + 3] for place in range(0, len(found), 3)]


def _unsettled(
    source: Source,
    column: str,
    evidence: Sequence[Evidence],
    told: object,
    mixed: str,
    unclear: str,
) -> list[Problem]:
    """Return what must be told: both readings are needed (mixed), or either would do (unclear)."""
    one, other, either = evidence
    if told is not None:
        return []
    if one[0] and other[0]:
        rows = tuple((row, shown(text)) for _, row, text in (one, other))
        return [Problem(source.file, mixed, rows, column, one[0] + other[0])]
    if either[0] and not one[0] and not other[0]:
        return [Problem(source.file, unclear, ((either[1], shown(either[2])),), column, either[0])]
    return []


def _odd_date(sql: str) -> str:
    return f"coalesce({sql} NOT BETWEEN DATE '{FIRST}' AND DATE '{LAST}', true)"


def _problem_texts(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    column: str,
    text: str,
    bad: str,
    expected: str,
) -> list[Problem]:
    """Return the rows whose text is among the bad ones; without any the rows are not read."""
    if not connection.execute(f"SELECT 1 {bad} LIMIT 1").fetchall():
        return []
    return _problem(connection, source, column, text, f"{text} IN (SELECT t {bad})", expected)


def _problem(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    column: str,
    text: str,
    where: str,
    expected: str,
) -> list[Problem]:
    query = f"SELECT count(*) FROM {source.table} WHERE {where}"
    (many,) = connection.execute(query).fetchall()[0]
    if not many:
        return []
    found = examples(connection, source, text, where)
    return [Problem(source.file, expected, found, column, many)]


def find_amounts(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, options: Options
) -> Column:
    """Return the cents of a cell; a column named for its cents holds them."""
    unit = 1 if CENTS.intersection(name_parts(column)) else 100
    named = [f"{source.file}, column {column}: money in cents, as named"] if unit == 1 else []
    kind = source.types[column]
    if kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")) or is_whole(source, column):
        number = f"CAST({source.columns[column]} AS DOUBLE)"
        value = f"(CASE WHEN NOT isnan({number}) THEN {number} END)"
        where, rule = f"abs({value}) >= {MOST}", _money_rule(options)
        wrong = _problem(connection, source, column, value, where, rule)
        found = Column(value, named, wrong)
        text, table = (
            value,
            f"(SELECT row, 1 AS many, {value} AS t, {value} AS value FROM {source.table})",
        )
    else:
        text, table, found = _amount_of_text(connection, source, column, options)
        value, found = found.sql, replace(found, assumed=named + found.assumed)
    if found.wrong:
        return found
    bad = f"FROM {table} WHERE abs(value * {unit} - round(value * {unit})) > 1e-4"
    (rounded,) = connection.execute(f"SELECT coalesce(sum(many), 0) {bad}").fetchall()[0]
    if rounded and unit == 1:
        rule = "whole cents, as the name says"
        return replace(found, wrong=_problem_texts(connection, source, column, text, bad, rule))
    if rounded:
        said = f"{source.file}, column {column}: {rounded} amounts were rounded to a whole cent"
        found.assumed.append(said)
    return replace(found, sql=f"CAST(round({value} * {unit}) AS BIGINT)")


def _money_rule(options: Options) -> str:
    return f"an amount such as 1234{options.decimal or '.'}56, below 1e12"


def _amount_of_text(
    connection: duckdb.DuckDBPyConnection, source: Source, column: str, options: Options
) -> tuple[str, str, Column]:
    """Return the SQL of a cell of money, the table of all its texts, and the amounts they are."""
    text, usual = cell(source, column), "t"
    for sign, plain in (("\u00a0", " "), ("\u202f", " "), ("’", "''"), ("\u2212", "-")):
        usual = f"replace({usual}, '{sign}', '{plain}')"
    table = _keep_texts(connection, source, column, text)
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT t, many, row, u, "
        f"trim(regexp_extract(u, '{_sql(AMOUNT)}', 3)) AS g, "
        "trim(regexp_replace(u, '[0-9., ''()+-]', '', 'g')) AS c, "
        f"u LIKE '-%' OR u LIKE '%-' OR u LIKE '(%)' "
        f"OR regexp_extract(u, '{_sql(AMOUNT)}', 2) = '-' AS minus "
        f"FROM (SELECT *, {usual} AS u FROM {table})"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {table} AS SELECT *, "
        f"regexp_full_match(g, '{_sql(POINT)}') AS p, regexp_full_match(g, '{_sql(COMMA)}') AS k "
        f"FROM {table}"
    )
    decimal, assumed, wrong = _decimal(connection, source, column, table, options)
    grouped = f"regexp_replace(g, '[{',' if decimal == '.' else '.'} '']', '', 'g')"
    number = f"TRY_CAST(replace({grouped}, ',', '.') AS DECIMAL(24, 8))"
    value = f"CASE WHEN minus THEN -1 ELSE 1 END * {number}"
    join = _keep_values(connection, table, text, value)
    fits = "(p OR k)" if wrong else f"{'p' if decimal == '.' else 'k'} AND abs(value) < {MOST}"
    bad = f"FROM {table} WHERE t IS NOT NULL AND NOT coalesce({fits}, false)"
    wrong += _problem_texts(connection, source, column, text, bad, _money_rule(options))
    return text, table, Column(f"{table}.value", assumed, wrong, join)


def _sql(pattern: str) -> str:
    return pattern.replace("'", "''")


def _decimal(
    connection: duckdb.DuckDBPyConnection,
    source: Source,
    column: str,
    table: str,
    options: Options,
) -> tuple[str, list[str], list[Problem]]:
    """Return the sign before the cents, told or the only one that fits; refuse two currencies."""
    cases = ("p AND NOT k", "k AND NOT p", "p AND k AND regexp_matches(g, '[.,]')")
    (points, commas, either), told = _evidence(connection, table, cases), options.decimal
    wrong = _unsettled(
        source,
        column,
        (points, commas, either),
        told,
        "one sign before the cents, a point or a comma; say --decimal . or --decimal ,",
        "an amount that tells cents from thousands; say --decimal . or --decimal ,",
    )
    query = f"SELECT DISTINCT c FROM {table} WHERE c <> '' AND (p OR k) ORDER BY c"
    coins = [coin for (coin,) in connection.execute(query).fetchall()]
    if len(coins) > 1:
        rule = "one currency"
        wrong.append(Problem(source.file, rule, ((None, ", ".join(coins)),), column))
    sign = told or ("," if commas[0] else ".")
    assumed = []
    if not wrong and (points[0] or commas[0] or either[0]):
        why = "as told" if told else f"as in row {(commas if sign == ',' else points)[1]}"
        word = "comma" if sign == "," else "point"
        assumed = [f"{source.file}, column {column}: a {word} before the cents, {why}"]
    return sign, assumed, wrong
