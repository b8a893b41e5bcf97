"""One pass of SQL over answers and orders to counts; after it nothing depends on the rows.

The statement is text, so that it can be printed and run in a warehouse that we may not touch. It is
standard SQL but for one thing: a date plus a whole number is a date, and a date less a date a
number of days, as in DuckDB, PostgreSQL and Oracle. It gives one long table, a row per cell of a
frame, whose name stands in ``part``; columns that a frame does not have are empty.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.company.options import CompanyError, Options, Problem
from analysis.company.protect import SUBTRACTED, THRESHOLD, differ, is_safe, protect

__all__ = ["FRAMES", "Counts", "count", "count_sql", "counts_json", "read_counts"]

STEP = 30  # days of a step of the return curve
MOST = 3  # earlier orders that are told apart; 3 means 3 or more
ASKED = 365  # days watched after the reference day, or the longest window that fits
TENURES = (180, 365)  # days since the first order at which a customer has been one for longer
FORMAT = "counts of a company, 1"
# Columns of the long table and their types.
COLUMNS = {
    **dict.fromkeys(["part", "month", "segment"], "VARCHAR"),
    **dict.fromkeys(["window_days", "score", "earlier", "tenure", "again"], "INTEGER"),
    **dict.fromkeys(["answered", "step", "score_b", "again_b"], "INTEGER"),
    **dict.fromkeys(["n", "customers", "events", "cut", "cents"], "BIGINT"),
    **dict.fromkeys(["cents_1", "cents_2", "cents_b"], "BIGINT"),
    **dict.fromkeys(["cents2", "cents_ab"], "DECIMAL(38, 0)"),
}
# Columns of each frame, keys first, by their names in the long table.
FRAMES: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "scores": (["month", "score"], ["n"]),
    "segments": (["segment", "score"], ["n"]),
    "returns": (
        ["window_days", "segment", "score", "earlier", "tenure", "again"],
        ["n", "cents", "cents2", "cents_1", "cents_2"],
    ),
    "curve": (["score", "step"], ["events", "cut"]),
    "asked": (
        ["window_days", "answered", "segment", "earlier", "tenure", "again"],
        ["n", "cents"],
    ),
    "pairs": (
        ["window_days", "score", "score_b", "again", "again_b"],
        ["n", "cents", "cents_b", "cents_ab"],
    ),
    "score_pairs": (["score", "score_b"], ["n"]),
    "watched": (["window_days"], ["n", "customers"]),
}
# What columns are called in a frame, where a word of SQL or a shorter name stands in the way.
NAMES = {"window_days": "window", "step": "day", "cut": "left"}
PAIRED = {"score": "score_a", "again": "again_a", "cents": "cents_a"}
# How fine the frames of a counts file may be, finest first: the keys that stay, or the months or
# steps that are joined.
MONTHS = (1, 3, 12, None)
STEPS = (1, 3, 6, 12)
RETURNS = (
    ("segment", "score", "earlier", "tenure"),
    ("segment", "score"),
    ("score", "earlier", "tenure"),
    ("score",),
)
ASKED_KEYS = (("answered", "earlier", "tenure"), ("answered", "earlier"), ("answered",))


@dataclass(frozen=True, kw_only=True)
class Counts:
    """All that is known of a company once its rows are left behind.

    Attributes
    ----------
    scores : DataFrame
        ``month``, ``score``, ``n``: all answers used.
    segments : DataFrame
        ``segment``, ``score``, ``n``: the same by segment; without one it is "".
    returns : DataFrame
        Answers watched for a whole window: ``window`` (days), ``segment``, ``score``, ``earlier``
        (orders before the answer's clock, 3 for more), ``tenure`` (0 no earlier order, first order
        less than 1: 180 or 2: 365 days before, 3: longer ago), ``again`` (0 or 1), ``n``, ``cents``
        and ``cents2`` (sum and sum of squares of money in the window), ``cents_1``, ``cents_2``
        (the largest two of one customer, for dominance).
    curve : DataFrame
        ``score``, ``day`` (steps of 30 days since the clock started), ``events`` (came back in that
        step), ``left`` (could be watched no longer).
    asked : DataFrame
        Customers with an order before the median day, ``answered`` (1 ever, 0 never), ``earlier``,
        ``tenure``, ``again``, ``n``, ``cents`` in ``window`` days after it.
    pairs, score_pairs : DataFrame
        Ordered pairs of different answers of one customer, for errors clustered by customer; empty
        where each has one answer.
    account : dict
        Rows read by what became of them, and under ``answers`` those used and watched.
    assumed : list of str
        What was read from the data without being told.
    scale : tuple of int
        Lowest and highest score.
    nps : bool
        Whether the question has a Net Promoter Score.
    end : date
        Last day of observation.
    answer, currency : str
        As in the options.
    """

    scores: pd.DataFrame
    segments: pd.DataFrame
    returns: pd.DataFrame
    curve: pd.DataFrame
    asked: pd.DataFrame
    pairs: pd.DataFrame
    score_pairs: pd.DataFrame
    account: dict[str, dict[str, int]]
    assumed: list[str]
    scale: tuple[int, int]
    nps: bool
    end: date
    answer: str = "first"
    currency: str = ""


def count(prepared: Any) -> Counts:
    """Return the counts of the two canonical tables.

    Parameters
    ----------
    prepared : Prepared
        A connection with ``surveys`` and ``orders``, and what was settled about them.
    """
    options = prepared.options
    sql = count_sql(options, end=prepared.end)
    frames = _split(prepared.connection.execute(sql).df())
    return _joined(
        frames,
        options.windows,
        account=prepared.account,
        assumed=list(prepared.assumed),
        scale=tuple(prepared.scale),
        nps=prepared.nps,
        end=prepared.end,
        answer=options.answer,
        currency=options.currency,
    )


# The statement ----------------------------------------------------------------------------------


def count_sql(options: Options, *, end: date | None = None) -> str:
    """Return the one statement that counts, as text.

    It reads ``surveys (customer, starts, answered, score, segment)``, where ``starts`` is the day
    after the answer, one row per answer that counts, and ``orders (customer, ordered, cents)``.

    Parameters
    ----------
    options : Options
        ``windows`` and ``answer`` shape the statement; ``scale``, ``question`` and ``currency`` are
        handed on in its result.
    end : date, optional
        Last day of observation; by default that of the options, or else the last order.
    """
    last = end or options.end
    windows = sorted(options.windows)
    repeated = options.answer == "all"
    steps = {
        "limits": _limits(last),
        "answers": _answers(repeated),
        "followed": _followed(windows),
        "watched": _union(_watched(days) for days in windows),
        "payers": _payers(repeated),
        "largest": _largest(),
        "reference": _reference(windows),
        "histories": _histories(),
    }
    parts = [
        _settings(options),
        _part("scores", "answers", {"month": "SUBSTRING(CAST(answered AS VARCHAR), 1, 7)"}),
        _part("segments", "answers"),
        _returns(),
        _part(
            "curve",
            f"(SELECT score, {_steps()} AS step, next_order FROM followed CROSS JOIN limits "
            "WHERE starts <= last_day) AS followed_until",
            {"events": "COUNT(next_order)", "cut": "COUNT(*) - COUNT(next_order)"},
        ),
        _part("asked", "histories", {"segment": "''", "cents": "SUM(cents)"}),
        _part(
            "watched",
            "watched",
            {"customers": "COUNT(DISTINCT customer)"},
        ),
        *([_pairs(), _score_pairs()] if repeated else []),
    ]
    head = ",\n".join(f"{name} AS (\n{text}\n)" for name, text in steps.items())
    return f"{_comment()}WITH {head}\n{_union(parts)}\n"


def _comment() -> str:
    return (
        "-- surveys (customer, starts, answered, score, segment): a row per answer that counts,\n"
        "--   starts is the day after answered.\n"
        "-- orders (customer, ordered, cents): a row per order.\n"
    )


def _limits(last: date | None) -> str:
    day = f"DATE '{last.isoformat()}' AS last_day" if last else "MAX(ordered) AS last_day"
    return f"  SELECT {day}{'' if last else ' FROM orders'}"


def _answers(repeated: bool) -> str:
    """Return the answers, numbered only where a customer may have several."""
    number = "ROW_NUMBER() OVER (ORDER BY customer, starts, score)" if repeated else "1"
    return (
        f"  SELECT {number} AS number, customer, starts, answered, score,\n"
        "    COALESCE(segment, '') AS segment\n  FROM surveys"
    )


def _followed(windows: Sequence[int]) -> str:
    """Return each answer with the orders before and after its clock started."""
    sums = ",\n".join(
        "    SUM(CASE WHEN ordered >= starts AND ordered < starts + "
        f"{days} THEN cents ELSE 0 END) AS cents_{days}"
        for days in windows
    )
    first = "MIN(CASE WHEN ordered < starts THEN ordered END)"
    return (
        "  SELECT number, a.customer, starts, score, segment,\n"
        f"    {_earlier('ordered < starts')} AS earlier,\n"
        f"    {_tenure(first, 'starts')} AS tenure,\n"
        "    MIN(CASE WHEN ordered >= starts THEN ordered END) AS next_order,\n"
        f"{sums}\n"
        "  FROM answers AS a CROSS JOIN limits\n"
        "  LEFT JOIN orders AS o ON o.customer = a.customer AND o.ordered <= last_day\n"
        "  GROUP BY number, a.customer, starts, score, segment"
    )


def _earlier(condition: str) -> str:
    counted = f"COUNT(CASE WHEN {condition} THEN 1 END)"
    return f"CASE WHEN {counted} > {MOST} THEN {MOST} ELSE {counted} END"


def _tenure(first: str, day: str) -> str:
    short, long = TENURES
    return (
        f"CASE WHEN {first} IS NULL THEN 0\n"
        f"      WHEN {day} - {first} < {short} THEN 1\n"
        f"      WHEN {day} - {first} < {long} THEN 2 ELSE 3 END"
    )


def _watched(days: int) -> str:
    return (
        f"  SELECT {days} AS window_days, number, customer, segment, score, earlier, tenure,\n"
        f"    CASE WHEN next_order < starts + {days} THEN 1 ELSE 0 END AS again,\n"
        f"    COALESCE(cents_{days}, 0) AS cents\n"
        f"  FROM followed CROSS JOIN limits WHERE starts + {days} <= last_day + 1"
    )


def _payers(repeated: bool) -> str:
    """Return what customers who came back spent: one of them once in each cell."""
    keys = ", ".join(FRAMES["returns"][0])
    if not repeated:
        return f"  SELECT {keys}, cents FROM watched WHERE again = 1"
    return (
        f"  SELECT {keys}, MAX(cents) AS cents FROM watched WHERE again = 1\n"
        f"  GROUP BY {keys}, customer"
    )


def _largest() -> str:
    keys = ", ".join(FRAMES["returns"][0])
    return (
        f"  SELECT {keys}, MAX(CASE WHEN place = 1 THEN cents END) AS cents_1,\n"
        "    MAX(CASE WHEN place = 2 THEN cents END) AS cents_2\n"
        f"  FROM (SELECT {keys}, cents, ROW_NUMBER() OVER (PARTITION BY {keys}\n"
        "    ORDER BY cents DESC) AS place FROM payers) AS ranked\n"
        f"  WHERE place <= 2 GROUP BY {keys}"
    )


def _reference(windows: Sequence[int]) -> str:
    """Return the median day on which clocks start, and the days watched after it."""
    days = sorted({*windows, ASKED} if max(windows) >= ASKED else windows, reverse=True)
    first = [ASKED] if ASKED in days else []
    choices = "\n".join(
        f"    WHEN day + {d} <= last_day + 1 THEN {d}"
        for d in [*first, *(d for d in days if d not in first)]
    )
    return (
        f"  SELECT day, CASE\n{choices} END AS window_days\n"
        "  FROM (SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY starts) AS day FROM surveys)\n"
        "    AS median CROSS JOIN limits"
    )


def _histories() -> str:
    """Return every customer with an order before the reference day, who answered or never did."""
    within = "ordered >= day AND ordered < day + window_days"
    first = "MIN(CASE WHEN ordered < day THEN ordered END)"
    return (
        "  SELECT window_days, o.customer,\n"
        "    MAX(CASE WHEN a.customer IS NULL THEN 0 ELSE 1 END) AS answered,\n"
        f"    {_earlier('ordered < day')} AS earlier,\n"
        f"    {_tenure(first, 'day')} AS tenure,\n"
        f"    MAX(CASE WHEN {within} THEN 1 ELSE 0 END) AS again,\n"
        f"    SUM(CASE WHEN {within} THEN cents ELSE 0 END) AS cents\n"
        "  FROM orders AS o CROSS JOIN reference CROSS JOIN limits\n"
        "  LEFT JOIN (SELECT DISTINCT customer FROM surveys) AS a ON a.customer = o.customer\n"
        "  WHERE window_days IS NOT NULL AND ordered <= last_day\n"
        "  GROUP BY window_days, day, o.customer\n"
        "  HAVING MIN(ordered) < day"
    )


def _steps() -> str:
    return f"CAST(FLOOR((COALESCE(next_order, last_day + 1) - starts) / {STEP}.0) AS INTEGER)"


def _returns() -> str:
    keys = FRAMES["returns"][0]
    joined = " AND ".join(f"w.{key} = l.{key}" for key in keys)
    square = "CAST(cents AS DECIMAL(19, 0)) * CAST(cents AS DECIMAL(19, 0))"
    made = {key: f"w.{key}" for key in keys} | {
        "cents": "SUM(cents)",
        "cents2": f"SUM({square})",
        "cents_1": "COALESCE(MAX(cents_1), 0)",
        "cents_2": "COALESCE(MAX(cents_2), 0)",
    }
    return _part("returns", f"watched AS w LEFT JOIN largest AS l ON {joined}", made)


def _pairs() -> str:
    product = "CAST(a.cents AS DECIMAL(19, 0)) * CAST(b.cents AS DECIMAL(19, 0))"
    made = {
        "window_days": "a.window_days",
        "score": "a.score",
        "score_b": "b.score",
        "again": "a.again",
        "again_b": "b.again",
        "cents": "SUM(a.cents)",
        "cents_b": "SUM(b.cents)",
        "cents_ab": f"SUM({product})",
    }
    return _part(
        "pairs",
        "watched AS a JOIN watched AS b ON a.customer = b.customer\n"
        "  AND a.window_days = b.window_days AND a.number <> b.number",
        made,
    )


def _score_pairs() -> str:
    made = {"score": "a.score", "score_b": "b.score"}
    return _part(
        "score_pairs",
        "answers AS a JOIN answers AS b ON a.customer = b.customer AND a.number <> b.number",
        made,
    )


def _settings(options: Options) -> str:
    """Return the rows that carry what the counts do not say: a name as month, a text as segment."""
    low, high = options.scale or (None, None)
    nps = options.question == "recommend" and options.scale == (0, 10)
    known = {
        "answer": options.answer,
        "currency": options.currency,
        "scale_low": low,
        "scale_high": high,
        "nps": int(nps),
        "windows": " ".join(map(str, sorted(options.windows))),
    }
    rows = [(f"'{name}'", _text(value)) for name, value in known.items() if value is not None]
    rows.append(("'end'", "CAST(last_day AS VARCHAR)"))
    return _union(
        f"SELECT {_selected('settings', {'month': name, 'segment': value})}\nFROM limits"
        for name, value in rows
    )


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _part(name: str, source: str, made: Mapping[str, str] | None = None) -> str:
    """Return the rows of one frame: its keys counted over a table."""
    keys, sums = FRAMES[name]
    cells = {key: key for key in keys}
    cells |= {"n": "COUNT(*)"} if "n" in sums else {}
    cells |= made or {}
    grouped = [cells[key] for key in keys if not cells[key].startswith("'")]
    return f"SELECT {_selected(name, cells)}\nFROM {source}\nGROUP BY {', '.join(grouped)}"


def _selected(name: str, cells: Mapping[str, str]) -> str:
    """Return the columns of the long table, those that a frame does not have as NULL."""
    expressions = {"part": f"'{name}'"} | dict(cells)
    return ",\n  ".join(
        f"CAST({expressions.get(column, 'NULL')} AS {kind}) AS {column}"
        for column, kind in COLUMNS.items()
    )


def _union(parts) -> str:
    return "\nUNION ALL\n".join(parts)


# From the long table to frames ------------------------------------------------------------------


def _split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the frames of the long table, keys sorted, whole numbers as int64."""
    frames = {}
    for name, (keys, sums) in FRAMES.items():
        part = table.loc[table["part"] == name, [*keys, *sums]]
        texts = [key for key in keys if COLUMNS[key] == "VARCHAR"]
        whole = [c for c in part.columns if COLUMNS[c] in ("INTEGER", "BIGINT")]
        part = part.assign(**{key: part[key].fillna("").astype(str) for key in texts})
        part = part.astype(
            dict.fromkeys(whole, "int64")
            | {c: "float64" for c in part.columns if c not in (*texts, *whole)}
        )
        part = part.sort_values(list(keys), ignore_index=True)
        names = NAMES | (PAIRED if "score_b" in keys else {})
        frames[name] = part.rename(columns=names)
    return frames


def _joined(
    frames: dict[str, pd.DataFrame], windows: Sequence[int], *, account: Mapping, **about: Any
) -> Counts:
    """Return counts, with the answers used and watched in their account."""
    used = int(frames["scores"]["n"].sum())
    answers = {"used": used}
    watched = frames["watched"].set_index("window")
    for days in sorted(windows):
        n = int(watched["n"].get(days, 0))
        answers |= {f"watched_{days}": n, f"too_recent_{days}": used - n}
        if about["answer"] == "all":
            answers[f"customers_{days}"] = int(watched["customers"].get(days, 0))
    kept = {name: frame for name, frame in frames.items() if name != "watched"}
    account = {file: dict(rows) for file, rows in account.items()} | {"answers": answers}
    return Counts(**kept, account=account, **about)


# A file to share --------------------------------------------------------------------------------


def counts_json(counts: Counts) -> str:
    """Return the counts as JSON that gives no person away.

    Each frame is as fine as it can be with at least ten people behind each cell. Where even the
    coarsest has smaller cells, they are masked with a reason, or the frame is left out.
    """
    frames, left_out = _shareable(counts)
    told = {
        "format": FORMAT,
        "scale": list(counts.scale),
        "nps": counts.nps,
        "end": counts.end.isoformat(),
        "answer": counts.answer,
        "currency": counts.currency,
        "account": counts.account,
        "assumed": counts.assumed,
        "left_out": left_out,
        "frames": {name: _rows(frame) for name, frame in frames.items()},
    }
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _rows(frame: pd.DataFrame) -> dict[str, list]:
    plain = frame.astype(object).where(frame.notna(), None)
    return {"columns": list(frame.columns), "rows": plain.to_numpy().tolist()}


def _shareable(counts: Counts) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the frames that may leave, and what had to stay, in words."""
    left_out: list[str] = []
    scores = _scores_to_share(counts.scores)
    hidden = set(scores.loc[scores["masked"] != "", "score"])
    found = {"scores": scores, "returns": _returns_to_share(counts, hidden, left_out)}
    optional = {
        "segments": [counts.segments],
        "curve": [_join_steps(counts.curve, many) for many in STEPS],
        "asked": [_coarser(counts.asked, ["window", *k, "again"]) for k in ASKED_KEYS],
        "pairs": [counts.pairs],
        "score_pairs": [counts.score_pairs],
    }
    for name, choices in optional.items():
        safe = [choice for choice in choices if _is_clear(choice, name)]
        if not safe and len(choices[0]):
            left_out.append(f"{name}: fewer than {THRESHOLD} people behind a number")
        found[name] = safe[0] if safe else choices[0].iloc[:0]
    totals = counts.scores.groupby("score")["n"].sum()
    ends = found["curve"].groupby("score")[["events", "left"]].sum().sum(axis=1)
    if len(ends) and (hidden or differ(totals, ends)):
        left_out.append(f"curve: with it, fewer than {THRESHOLD} people could be told apart")
        found["curve"] = found["curve"].iloc[:0]
    return {name: found[name] for name in FRAMES if name in found}, left_out


def _is_clear(frame: pd.DataFrame, name: str) -> bool:
    sums = ["events", "left"] if name == "curve" else ["n"]
    values = frame[sums].to_numpy()
    return bool(((values == 0) | (values >= THRESHOLD)).all())


def _scores_to_share(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the scores by the shortest time without a small cell, or of all times, masked."""
    for many in MONTHS:
        joined = _join_months(scores, many)
        if is_safe(joined["n"]):
            break
    masked = protect(joined, ["score"]) if many is None else joined.assign(masked="")
    return masked.assign(n=masked["n"].astype(object).where(masked["masked"] == "", None))


def _join_months(scores: pd.DataFrame, many: int | None) -> pd.DataFrame:
    """Return the scores by so many months together, named by the first; None for all of them."""
    year, month = (scores["month"].str.split("-").str[i].astype("int64") for i in (0, 1))
    if many is None:
        first = scores["month"].min() if len(scores) else ""
        names = pd.Series(first, index=scores.index, dtype=object)
    else:
        start = (month - 1) // many * many + 1
        names = year.astype(str).str.zfill(4) + "-" + start.astype(str).str.zfill(2)
    return scores.assign(month=names).groupby(["month", "score"], as_index=False)["n"].sum()


def _join_steps(curve: pd.DataFrame, many: int) -> pd.DataFrame:
    """Return the curve with so many steps together, each named by its last."""
    day = curve["day"] // many * many + many - 1
    return curve.assign(day=day).groupby(["score", "day"], as_index=False)[["events", "left"]].sum()


def _coarser(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    sums = [c for c in ("n", "cents", "cents2") if c in frame.columns]
    tops = frame.groupby(list(keys), as_index=False)[sums].sum()
    if "cents_1" not in frame.columns:
        return tops
    return tops.merge(largest(frame, keys), on=list(keys))


def largest(frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return the two largest sums of one customer within cells that are joined."""
    stacked = pd.concat(
        [
            frame[[*keys, column]].rename(columns={column: "cents"})
            for column in ("cents_1", "cents_2")
        ]
    ).sort_values("cents", ascending=False)
    place = stacked.groupby(list(keys)).cumcount()
    firsts = stacked[place == 0].rename(columns={"cents": "cents_1"})
    seconds = stacked[place == 1].rename(columns={"cents": "cents_2"})
    return firsts.merge(seconds, on=list(keys))


def _returns_to_share(counts: Counts, hidden: set[int], left_out: list[str]) -> pd.DataFrame:
    """Return the finest returns that are safe and keep every window, or the coarsest, masked.

    Scores that are ``hidden`` among all answers are so here too.
    """
    for keys in RETURNS:
        frame = _coarser(counts.returns, ["window", *keys, "again"])
        frame["masked"] = np.where(frame["score"].isin(hidden), SUBTRACTED, "")
        by = ["window", *keys]
        shared = protect(frame, by, money="cents", flag="again", within=["window"])
        is_clean = (shared[["masked", "masked_money"]] == "").to_numpy().all()
        kept = _windows_apart(shared, list(keys))
        if is_clean and len(kept) == shared["window"].nunique():
            break
    left_out += [
        f"returns within {window} days: differ from those of a longer window by fewer than "
        f"{THRESHOLD} people"
        for window in sorted(set(shared["window"]) - set(kept))
    ]
    shared = shared[shared["window"].isin(kept)].drop(columns=["cents_1", "cents_2"])
    shared = _both_halves(shared, by)
    is_open, has_money = shared["masked"] == "", shared["masked_money"] == ""
    told = {"n": is_open, "cents": has_money, "cents2": has_money}
    return shared.assign(**{c: shared[c].astype(object).where(o, None) for c, o in told.items()})


def _both_halves(shared: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the rows with one for each half of a masked group, so that none tells by lacking."""
    masked = shared[shared["masked"] != ""].drop_duplicates(by)
    whole = pd.concat([shared, *(masked.assign(again=half, n=0, cents=0) for half in (0, 1))])
    return whole.drop_duplicates([*by, "again"]).sort_values([*by, "again"], ignore_index=True)


def _windows_apart(shared: pd.DataFrame, keys: list[str]) -> list[int]:
    """Return the windows, longest first, that differ by nobody or by many from those before."""
    kept: dict[int, pd.DataFrame] = {}
    hits = shared.assign(hits=shared["n"] * shared["again"])
    hits = hits[hits["masked"] == ""]
    for window in sorted(shared["window"].unique(), reverse=True):
        groups = hits[hits["window"] == window].groupby(keys)[["n", "hits"]].sum()
        if not any(differ(groups, other) for other in kept.values()):
            kept[int(window)] = groups
    return list(kept)


def read_counts(path: Path | str) -> Counts:
    """Return counts from a file of :func:`counts_json`, or from the result of the statement as CSV.

    Numbers that are masked in the file stay missing; what rests on them is not computed.

    Raises
    ------
    CompanyError
        If the file is neither.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _from_csv(path) if text.startswith(("part,", '"part"')) else _from_json(text)
    except (OSError, ValueError, KeyError, TypeError) as error:
        expected = "a file that --counts-out wrote, or the result of --show-sql as CSV"
        problem = Problem("--counts-in", expected, ((None, f"{path.name!r}: {_said(error)}"),))
        raise CompanyError([problem]) from None


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror)
    return f"no {error.args[0]}" if isinstance(error, KeyError) else str(error)


def _from_json(text: str) -> Counts:
    told = json.loads(text)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"no line that says {FORMAT!r}")
    frames = {
        name: pd.DataFrame(held["rows"], columns=held["columns"])
        for name, held in told["frames"].items()
    }
    if "cents" in frames["returns"]:  # the file was looked through for dominance
        frames["returns"] = frames["returns"].assign(cents_1=0, cents_2=0)
    return Counts(
        **frames,
        account=told["account"],
        assumed=[*told["assumed"], *told["left_out"]],
        scale=tuple(told["scale"]),
        nps=told["nps"],
        end=date.fromisoformat(told["end"]),
        answer=told["answer"],
        currency=told["currency"],
    )


def _from_csv(path: Path) -> Counts:
    texts = [name for name, kind in COLUMNS.items() if kind == "VARCHAR"]
    table = pd.read_csv(
        path,
        dtype=dict.fromkeys(texts, str),
        keep_default_na=False,
        na_values={name: [""] for name in COLUMNS if name not in texts},
    )
    if lacking := [name for name in COLUMNS if name not in table.columns]:
        raise KeyError(", ".join(lacking))
    rows = table[table["part"] == "settings"]
    settings = dict(zip(rows["month"], rows["segment"], strict=True))
    frames = _split(table)
    scores = frames["scores"]["score"]
    low, high = settings.get("scale_low"), settings.get("scale_high")
    assumed = []
    if low is None or high is None:
        low, high = scores.min(), scores.max()
        assumed.append(f"the scale is {low} to {high}, as far as the answers go")
    used = int(frames["scores"]["n"].sum())
    return _joined(
        frames,
        [int(days) for days in settings["windows"].split(" ")],
        account={"surveys": {"read": used, "used": used}, "orders": {"read": 0, "used": 0}},
        assumed=assumed,
        scale=(int(low), int(high)),
        nps=settings["nps"] == "1",
        end=date.fromisoformat(settings["end"][:10]),
        answer=settings["answer"],
        currency=settings["currency"],
    )
